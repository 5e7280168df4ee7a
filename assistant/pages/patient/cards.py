"""What stands below the conversation: the answer, as HTML.

The templates beside this file escape everything that they are given; nothing here builds HTML itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from assistant.answer import Answer
from assistant.dialogue import AGES, chosen
from assistant.messages import Messages, messages
from assistant.pages.drawing import templates
from assistant.pages.patient.questions import allows_none, asked, named
from assistant.pages.patient.visit import Visit
from assistant.pages.understanding import understood
from assistant.pages.wording import (
    SlotCard,
    in_brief,
    place,
    reasons_by_topic,
    rests_on,
    slot_card,
    spoken_age,
    spoken_minutes,
    ticket_code,
)
from assistant.settings import Settings
from assistant.words import MAX_CHARACTERS
from knowledge.catalogue import EMERGENCY, Catalogue
from scheduler.domain import LANGUAGES, Disposition, Language, Person
from scheduler.online import Difference, Offer

GUIDANCE_DESK = "guidance-desk"
ROOM = Path(__file__).parent


class Cards:
    """Draws the answer to a visit, in the language of the visit."""

    def __init__(self, catalogue: Catalogue, settings: Settings) -> None:
        self._catalogue = catalogue
        self._phone = settings.emergency_phone
        self._templates = templates(ROOM)

    def panel(self, visit: Visit) -> str:
        """The card for what the visit has come to; nothing while an answer is being prepared."""
        name = card_name(visit)
        return self._draw(f"{name}.html", visit) if name else ""

    def draw(self, name: str, visit: Visit, **facts: object) -> str:
        """A part of the page that is no card: a file of `templates` by name."""
        return self._draw(f"{name}.html", visit, **facts)

    def _desk(self, language: Language) -> str:
        """What the desk is called."""
        desk = self._catalogue.places.get(GUIDANCE_DESK)
        return desk.names.in_language(language) if desk else messages(language).say("notice.desk")

    def _draw(self, template: str, visit: Visit, **facts: object) -> str:
        say = messages(visit.language)
        return self._templates.get_template(template).render(
            self._facts(visit, say) | facts, say=say.say, visit=visit, card=card_name(visit)
        )

    def _facts(self, visit: Visit, say: Messages) -> dict[str, object]:
        language, answer = visit.language, visit.answer
        emergency = self._catalogue.by_id.get(EMERGENCY)
        return {
            "answer": answer,
            "language": language,
            "phone": self._phone,
            "limit": MAX_CHARACTERS,
            "other_language": [
                (each, messages(each).say("unreadable.other_language")) for each in LANGUAGES
            ],
            "emergency_in": [(each, messages(each).say("hero.emergency")) for each in LANGUAGES],
            "words": lambda words: words.in_language(language),
            "understood": understood(answer, _age(visit, say), say) if answer else [],
            "option": lambda option: visit.question and named(visit.question, option, language),
            "ask": visit.question and asked(visit.question).in_language(language),
            "allows_none": visit.question is not None and allows_none(visit.question),
            "quotes": lambda quotes: _quotes(quotes, say),
            "said": lambda raised: [m.said(language) for m in raised.mentions],
            "ambulance": _needs_ambulance(answer),
            "desk": self._desk(language),
            "desk_place": place(GUIDANCE_DESK, self._catalogue, language),
            "desk_directions": self._catalogue.directions(GUIDANCE_DESK, language),
            "emergency": emergency and emergency.names.in_language(language),
            "emergency_place": emergency and place(emergency.location, self._catalogue, language),
            "emergency_directions": emergency
            and self._catalogue.directions(emergency.location, language),
            "offers": list(self._offers(answer, language, say)),
            "departments": list(self._departments(answer, language)),
            "reasons": reasons_by_topic(answer, language),
            "wait": spoken_minutes(visit.minutes_left, say),
            "brief": in_brief(answer, language),
            "ground": lambda ground: rests_on(ground, say),
            "slot": lambda slot: slot_card(slot, self._catalogue, language),
            "qr": ticket_code,
        }

    def _offers(
        self, answer: Answer | None, language: Language, say: Messages
    ) -> Iterator[tuple[Offer, SlotCard, str]]:
        for offer in answer.offers if answer else ():
            card = slot_card(offer.assignment.slot, self._catalogue, language)
            differs = self._differs(offer, card, say) if offer.difference else ""
            yield offer, card, differs

    def _differs(self, offer: Offer, card: SlotCard, say: Messages) -> str:
        assert offer.difference is not None
        person = self._catalogue.people[offer.assignment.slot.practitioner]
        woman_or_man = {"female": "woman", "male": "man"}.get(person.sex or "", "doctor")
        parts = []
        if offer.difference.practitioner:
            named = woman_or_man if offer.difference.sex else "doctor"
            parts.append(say.say(f"differs.{named}"))
        else:
            parts.append(say.say("differs.same_doctor"))
        if offer.difference.department:
            parts.append(say.say("differs.department", department=card.department))
        return spoken_difference(offer.difference, say.say("list.separator").join(parts), say)

    def _departments(
        self, answer: Answer | None, language: Language
    ) -> Iterator[tuple[str, str, str]]:
        """Name, place and directions of each department that was considered, best first."""
        for candidate in answer.referral.candidates if answer and answer.referral else ():
            department = self._catalogue.by_id[candidate.department]
            yield (
                department.names.in_language(language),
                place(department.location, self._catalogue, language),
                self._catalogue.directions(department.location, language),
            )


def card_name(visit: Visit) -> str:
    """Which card a visit is at; empty where there is none."""
    if visit.is_emergency:
        return "emergency"
    if visit.working or visit.answer is None:
        return ""
    if visit.booking:
        return "ticket"
    if visit.answer.outcome == "offer" and visit.chosen is not None:
        return "confirm"
    return visit.answer.outcome


def spoken_difference(difference: Difference, rest: str, say: Messages) -> str:
    """How an alternative differs, such as '40 minutes later, but with a woman doctor'."""
    minutes = difference.minutes_later
    if minutes == 0:
        time = say.say("differs.same_time")
    else:
        time = say.say(f"differs.{'later' if minutes > 0 else 'earlier'}", span=_span(minutes, say))
    joined = "differs.but" if minutes > 0 and difference.practitioner else "differs.and"
    text = say.say(joined, time=time, rest=rest)
    return text[:1].upper() + text[1:]


def _span(minutes: int, say: Messages) -> str:
    minutes = abs(minutes)
    if minutes < 60:
        return say.say("span.minutes", count=minutes)
    hours, rest = divmod(minutes, 60)
    if hours < 24:
        if rest == 0:
            return say.say("span.hours", count=hours)
        return say.say("span.hours_minutes", hours=hours, minutes=rest)
    days = round(hours / 24)
    return say.say("span.day") if days == 1 else say.say("span.days", count=days)


def _age(visit: Visit, say: Messages) -> str:
    """The patient's age as it was told: the range, where a range was chosen."""
    person = visit.answer.needs.person if visit.answer and visit.answer.needs else Person()
    for band in chosen(visit.told.replies, "age"):
        if band in AGES and person.age == AGES[band].stands_for:
            return say.say(f"age.{band}")
    return spoken_age(person, say)


def _quotes(quotes: Iterable[str], say: Messages) -> str:
    each = dict.fromkeys(say.say("quote", words=quote) for quote in quotes)
    return say.say("list.separator").join(each)


def _needs_ambulance(answer: Answer | None) -> bool:
    return answer is not None and answer.urgency.disposition is Disposition.EMERGENCY_AMBULANCE
