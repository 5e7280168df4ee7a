"""Facts as people read them: a slot, a place, an age, what a reason rests on."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

import segno
from markupsafe import Markup

from assistant.answer import Answer, Ground, Reason
from assistant.explain import spoken_time
from assistant.messages import Messages, messages
from knowledge.catalogue import Catalogue
from scheduler.domain import Language, Person, Slot
from scheduler.records import Booking


@dataclass(frozen=True)
class SlotCard:
    """A slot as a patient reads it."""

    department: str
    doctor: str
    title: str
    when: str
    place: str
    directions: str


def slot_card(slot: Slot, catalogue: Catalogue, language: Language) -> SlotCard:
    """Who, when and where, by their names."""
    department = catalogue.by_id[slot.department]
    person = catalogue.people[slot.practitioner]
    location = slot.location or department.location
    return SlotCard(
        department=department.names.in_language(language),
        doctor=person.names.in_language(language),
        title=messages(language).say(f"title.{person.title}"),
        when=spoken_time(slot.start, language),
        place=place(location, catalogue, language),
        directions=catalogue.directions(location, language),
    )


def place(location: str | None, catalogue: Catalogue, language: Language) -> str:
    """Where something is, without outer parts that the name of an inner one repeats."""
    names = catalogue.where(location, language).split(" · ")
    pairs = zip(names, [*names[1:], ""], strict=True)
    return " · ".join(name for name, inner in pairs if name not in inner)


def spoken_minutes(minutes: int | None, say: Messages) -> str:
    """A stretch of time as people say it; nothing where it is not known."""
    if minutes is None:
        return ""
    days, rest = divmod(minutes, 24 * 60)
    hours, rest = divmod(rest, 60)
    parts = [
        say.say(f"time.{unit}", count=count)
        for unit, count in (("days", days), ("hours", hours), ("minutes", rest))
        if count
    ]
    return " ".join(parts) or say.say("time.minutes", count=0)


def spoken_age(person: Person, say: Messages) -> str:
    """An age as people say it: months for the youngest."""
    if person.age is None:
        return ""
    if person.age < 2:
        return say.say("understood.months", count=round(person.age * 12))
    return say.say("understood.years", count=f"{person.age:g}")


def reasons_by_topic(answer: Answer | None, language: Language) -> list[tuple[str, list[Reason]]]:
    """The reasons of an answer under what they are about."""
    if answer is None:
        return []
    reasons = answer.reasons_in.get(language, answer.reasons)
    return [(topic, list(group)) for topic, group in groupby(reasons, key=lambda r: r.about)]


def in_brief(answer: Answer | None, language: Language) -> list[str]:
    """Why this department, this doctor and this time, in one sentence each."""
    reasons = answer.reasons_in.get(language, answer.reasons) if answer and answer.offers else ()
    found = {reason.about: reason.brief for reason in reversed(reasons) if reason.brief}
    return [found[topic] for topic in ("department", "practitioner", "time") if topic in found]


def rests_on(ground: Ground, say: Messages) -> tuple[str, str]:
    """What kind of thing a reason rests on, and the thing itself."""
    kind = say.say(f"ground.{ground.kind}")
    if ground.kind in ("quote", "answer"):
        return kind, say.say("quote", words=ground.text)
    if ground.kind == "rule":
        return kind, _rule(ground, say)
    return kind, ground.text or ground.id


def ticket_code(booking: Booking) -> Markup:
    """The ticket's number and time as a QR code (SVG). It holds nothing about the patient."""
    content = f"{booking.ticket} {booking.slot.start:%Y-%m-%d %H:%M}"
    code = segno.make(content, error="m", micro=False)
    return Markup(code.svg_inline(border=3, dark="#000", light="#fff", omitsize=True))


def _rule(ground: Ground, say: Messages) -> str:
    name = f"rule.{ground.id.split(':')[0]}"
    return say.say(name, points=ground.text) if name in say.ids() else ground.id
