"""A small hospital for tests of the pages: three departments, two doctors, two red flags."""

from __future__ import annotations

from datetime import datetime, timedelta

from assistant.triage import Urgency
from knowledge.catalogue import Catalogue
from knowledge.red_flags import MinorAilment, Raised, RedFlag
from knowledge.red_flags.mentions import Mention
from scheduler.domain import (
    Assignment,
    Department,
    Disposition,
    Location,
    Practitioner,
    Slot,
    Words,
)
from scheduler.online import Difference, Offer

MONDAY = datetime(2031, 3, 3, 8, 40)


def both(en: str, zh: str) -> Words:
    """A text in two languages."""
    return Words(en=en, zh=zh)


CATALOGUE = Catalogue(
    departments=(
        Department(id="emergency", names=both("Emergency", "急诊科"), location="emergency-clinic"),
        Department(
            id="gastroenterology", names=both("Gastroenterology", "消化内科"), location="gi"
        ),
        Department(id="general_surgery", names=both("General Surgery", "普通外科"), location="gi"),
    ),
    practitioners=(
        Practitioner(
            id="p1",
            names=both("Dr Li Wenjing", "李文静"),
            sex="female",
            title="chief",
            departments=("gastroenterology",),
        ),
        Practitioner(
            id="p2",
            names=both("Dr Guo Haoran", "郭浩然"),
            sex="male",
            title="attending",
            departments=("gastroenterology",),
        ),
    ),
    locations=(
        Location(id="house", names=both("Outpatient Building", "门诊楼"), kind="building"),
        Location(id="f2", names=both("Outpatient Building, Floor 2", "门诊楼2楼"), part_of="house"),
        Location(
            id="gi",
            names=both("Gastroenterology Clinic", "消化内科门诊"),
            part_of="f2",
            directions=both(
                "From the main hall take lift B to floor 2, turn left.",
                "从门诊大厅乘B梯到2楼，出电梯左转。",
            ),
        ),
        Location(
            id="gi-r1",
            names=both("Gastroenterology Consulting Room 1", "消化内科1诊室"),
            part_of="gi",
            kind="room",
        ),
        Location(
            id="guidance-desk",
            names=both("Guidance Desk", "导诊台"),
            part_of="house",
            directions=both(
                "In the middle of the main hall, facing the main entrance.",
                "门诊大厅中央，正对大门。",
            ),
        ),
        Location(
            id="emergency-clinic",
            names=both("Emergency Building, ground floor", "急诊楼1楼"),
            directions=both(
                "Leave by the main entrance, turn left and follow the red signs.",
                "出门诊楼大门左转，沿红色标识前行。",
            ),
        ),
    ),
)


def flag(name: str, names: Words, disposition: Disposition, ask: Words) -> RedFlag:
    """A red flag of the tests."""
    return RedFlag.model_validate(
        {
            "id": name,
            "names": names,
            "disposition": disposition,
            "acuity": 1,
            "sources": ["nhs"],
            "when": [{"any": ["sign"]}],
            "advice": both(
                "Sit down and do not walk any further. Tell the nearest member of staff.",
                "请坐下，不要再走动，并告诉最近的医护人员。",
            ),
            "ask": ask,
        }
    )


HEART = flag(
    "heart_attack",
    both("Possible heart attack", "可能是心肌梗死"),
    Disposition.EMERGENCY_AMBULANCE,
    both("Do you have crushing pain or pressure in the chest now?", "您现在胸口有压榨样疼痛吗？"),
)
NECK = flag(
    "meningitis",
    both("Possible meningitis", "可能是脑膜炎"),
    Disposition.EMERGENCY,
    both(
        "Is your neck stiff, so that you cannot bring your chin to your chest?",
        "您的脖子是否僵硬，下巴无法碰到胸口？",
    ),
)
MINOR = MinorAilment.model_validate(
    {
        "id": "cold",
        "names": both("a common cold", "普通感冒"),
        "when": [{"any": ["sign"]}],
        "advice": both(
            "Rest and drink enough. A pharmacist can help with a blocked nose.",
            "多休息、多喝水。鼻塞可咨询药师。",
        ),
    }
)
CALM = Urgency(disposition=Disposition.CONSULTATION, acuity=4)


def mention(quote: str) -> Mention:
    """A mention with a quote; where it stands does not matter to the page."""
    return Mention(sign="sign", quote=quote, start=0, end=len(quote), scope="affirmed")


def slot(minutes: int, practitioner: str) -> Slot:
    """A slot so many minutes after the first one."""
    start = MONDAY + timedelta(minutes=minutes)
    return Slot(
        start=start,
        end=start + timedelta(minutes=20),
        practitioner=practitioner,
        department="gastroenterology",
        location="gi-r1",
    )


def offers() -> tuple[Offer, ...]:
    """The best offer and two others."""
    costs = {"waiting": 12, "load": 7}

    def offer(minutes: int, who: str, kind: str, difference: Difference | None) -> Offer:
        assignment = Assignment(request="r", slot=slot(minutes, who), costs=costs)
        return Offer.model_validate(
            {"assignment": assignment, "kind": kind, "difference": difference}
        )

    later = Difference(minutes_later=40, practitioner=True, department=False, sex=True, cost=5)
    next_day = Difference(
        minutes_later=1460, practitioner=False, department=False, sex=False, cost=9
    )
    return (
        offer(0, "p2", "best", None),
        offer(40, "p1", "other_practitioner", later),
        offer(1460, "p2", "other_time", next_day),
    )


def urgent(raised: RedFlag, quote: str) -> Urgency:
    """The urgency of an affirmed flag."""
    found = Raised(flag=raised, strength="affirmed", mentions=(mention(quote),))
    return Urgency(disposition=raised.disposition, acuity=1, raised=(found,))


def doubtful(*flags: RedFlag, quote: str) -> Urgency:
    """The urgency of flags that have to be asked about."""
    asked = tuple(Raised(flag=f, strength="doubtful", mentions=(mention(quote),)) for f in flags)
    return CALM.model_copy(update={"questions": asked})
