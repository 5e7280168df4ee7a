"""The one question worth asking next: the patient's answer would change the urgency or the department.

Each of these may be asked once, in this order: whether a sign of danger is there that the words come
near to, who the patient is where that decides on a danger, which of the hospital's own phrases fits
best where the department is unsure, and who the patient is where that decides on the department.
Whoever answers with more words, which may lead elsewhere, can be shown the hospital's phrases again.
What is tapped is the patient's own statement; like their words it can only raise the urgency.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from knowledge.red_flags import Mention, RedFlags
from knowledge.red_flags.flags import Trait
from knowledge.red_flags.leads import Lead, most_telling
from knowledge.red_flags.leads import leads as leads_of
from knowledge.retrieval import Referral
from scheduler.domain import Language, Needs, Person, Sex, Value, Words

MOST_QUESTIONS = 3
MOST_OPTIONS = 6
CLEAR_FROM = 0.5
"""A department that is more likely right than wrong needs no question."""
UNKNOWN = "unknown"

Subject = Literal["danger", "age", "sex", "pregnant", "complaint"]


class AgeRange(NamedTuple):
    """A range of ages and the one that stands for it, in years: where most dangers begin."""

    starts: float
    stands_for: float


AGES: Mapping[str, AgeRange] = {
    "under_3_months": AgeRange(0, 0.15),
    "under_1": AgeRange(0.25, 0.5),
    "1_to_5": AgeRange(1, 2),
    "6_to_13": AgeRange(6, 8),
    "14_to_17": AgeRange(14, 15),
    "18_to_39": AgeRange(18, 25),
    "40_to_64": AgeRange(40, 60),
    "from_65": AgeRange(65, 80),
}
SEXES: Mapping[str, Sex] = {"female": "female", "male": "male"}
PREGNANT: Mapping[str, bool] = {"yes": True, "no": False}

Refer = Callable[[Needs], Referral]


class Option(Value):
    """An answer that can be tapped. `text` is empty where the page's own messages name it."""

    id: str
    text: Words | None = None


class Question(Value):
    """A question with its options; every question may also be answered by 'I don't know'.

    `quotes` are the patient's words that make it worth asking. Of `several` options more than one
    may hold; 'none of these' is no option but the absence of all.
    """

    subject: Subject
    options: tuple[Option, ...]
    several: bool = False
    quotes: tuple[str, ...] = ()


class Reply(Value):
    """What the patient answered: which of the `offered` options they chose, none if none fits.

    `in_words` says that they told what else they notice instead; those are words like all others.
    """

    subject: Subject
    offered: tuple[str, ...]
    chosen: tuple[str, ...]
    in_words: bool = False

    @property
    def unknown(self) -> bool:
        """True where the patient does not know."""
        return UNKNOWN in self.chosen


def completed(person: Person, replies: Iterable[Reply]) -> Person:
    """What is known of a person with what they answered; what was told otherwise counts more."""
    means: Mapping[str, Mapping[str, object]] = {
        "age": {name: each.stands_for for name, each in AGES.items()},
        "sex": SEXES,
        "pregnant": PREGNANT,
    }
    found: dict[str, object] = {}
    for reply in replies:
        answers = means.get(reply.subject, {})
        for name in reply.chosen:
            if name in answers:
                found[reply.subject] = answers[name]
    return Person.model_validate(found | person.model_dump(exclude_none=True))


def age_range(age: float) -> str:
    """The range that an age in years lies in."""
    return max(
        (name for name, each in AGES.items() if each.starts <= age),
        key=lambda name: AGES[name].starts,
    )


def chosen(replies: Iterable[Reply], subject: Subject) -> tuple[str, ...]:
    """Everything that was chosen in answer to questions of a subject."""
    given = [name for reply in replies if reply.subject == subject for name in reply.chosen]
    return tuple(name for name in given if name != UNKNOWN)


def unclear_danger(
    red_flags: RedFlags,
    mentions: Mapping[str, Sequence[Mention]],
    person: Person,
    replies: Sequence[Reply],
) -> bool:
    """True where the patient could not answer what would have told of a danger."""
    unknown = {reply.subject for reply in replies if reply.unknown}
    if not unknown or "danger" in unknown:
        return bool(unknown)
    return any(lead.trait in unknown for lead in leads_of(red_flags, mentions, person))


def next_question(
    red_flags: RedFlags,
    mentions: Mapping[str, Sequence[Mention]],
    needs: Needs,
    referral: Referral,
    refer: Refer,
    replies: Sequence[Reply],
    *,
    asked: int = 0,
) -> Question | None:
    """What to ask next; None where no answer would change anything, or too much was asked.

    `mentions` are all that the words and the replies make, `refer` tells where other needs would
    lead, `asked` counts what was asked beside that which the replies answer.
    """
    if len(replies) + asked >= MOST_QUESTIONS:
        return None
    subjects = {reply.subject for reply in replies if not reply.in_words}
    leads = tuple(leads_of(red_flags, mentions, needs.person))
    if "danger" not in subjects and (
        question := _danger(red_flags, mentions, leads, needs.language)
    ):
        return question
    wanted = {lead.trait for lead in leads}
    if question := _person(needs.person, subjects, lambda trait, _: trait in wanted):
        return question
    if "complaint" not in subjects and (question := _complaint(needs, referral, refer)):
        return question

    def leads_elsewhere(trait: Trait, persons: Iterable[Person]) -> bool:
        # Without a sign of it nobody likes to be asked about a pregnancy: only a woman is.
        return (trait != "pregnant" or needs.person.sex == "female") and _differ(
            needs, referral, refer, persons
        )

    return _person(needs.person, subjects, leads_elsewhere)


def _danger(
    red_flags: RedFlags,
    mentions: Mapping[str, Sequence[Mention]],
    leads: Sequence[Lead],
    language: Language,
) -> Question | None:
    """Which signs of danger are there that would make something of what was said."""
    signs = most_telling(leads, MOST_OPTIONS)
    if not signs:
        return None
    led = [lead for lead in leads if set(lead.signs) & set(signs)]
    said = [
        mention.said(language)
        for mention in _affirmed(mentions)
        if any(mention.sign in lead.rests_on for lead in led)
    ]
    return Question(
        subject="danger",
        options=tuple(Option(id=sign, text=red_flags.signs[sign].names) for sign in signs),
        several=True,
        quotes=_longest(said),
    )


def _person(
    person: Person, asked: set[Subject], decides: Callable[[Trait, Iterable[Person]], bool]
) -> Question | None:
    """Who the patient is, where a trait `decides`: given it and the persons that they may be."""
    if person.age is None and "age" not in asked:
        ages = [person.model_copy(update={"age": each.stands_for}) for each in AGES.values()]
        if decides("age", ages):
            return Question(subject="age", options=tuple(Option(id=name) for name in AGES))
    if person.sex is None and "sex" not in asked:
        sexes = [person.model_copy(update={"sex": sex}) for sex in SEXES.values()]
        if decides("sex", sexes):
            return Question(subject="sex", options=tuple(Option(id=name) for name in SEXES))
    if person.pregnant is None and person.may_be_pregnant and "pregnant" not in asked:
        states = [person.model_copy(update={"pregnant": state}) for state in PREGNANT.values()]
        if decides("pregnant", states):
            return Question(subject="pregnant", options=tuple(Option(id=name) for name in PREGNANT))
    return None


def _complaint(needs: Needs, referral: Referral, refer: Refer) -> Question | None:
    """Which of the hospital's own phrases fits best, where the words leave the department open."""
    if not referral.candidates or referral.candidates[0].confidence >= CLEAR_FROM:
        return None
    phrases: list[str] = []
    for rank in range(MOST_OPTIONS):  # the nearest of each department, then the second nearest
        for candidate in referral.candidates:
            near = candidate.phrases[rank : rank + 1]
            phrases += [phrase for phrase in near if phrase not in phrases]
    phrases = phrases[:MOST_OPTIONS]
    best = referral.candidates[0].department
    led = {_best(refer(needs.model_copy(update={"chosen": (phrase,)}))) for phrase in phrases}
    if not led - {best}:
        return None
    options = tuple(Option(id=phrase, text=_words(phrase, needs.language)) for phrase in phrases)
    return Question(subject="complaint", options=options)


def _differ(needs: Needs, referral: Referral, refer: Refer, persons: Iterable[Person]) -> bool:
    """Whether these persons would be sent to different departments."""
    best = {_best(refer(needs.model_copy(update={"person": person}))) for person in persons}
    return bool(best - {_best(referral)})


def _best(referral: Referral) -> str | None:
    return referral.candidates[0].department if referral.candidates else None


def _affirmed(mentions: Mapping[str, Sequence[Mention]]) -> list[Mention]:
    found = [m for each in mentions.values() for m in each if m.scope == "affirmed"]
    return sorted(found, key=lambda m: (m.start, -m.end))


def _longest(quotes: Sequence[str]) -> tuple[str, ...]:
    """The quotes that are no part of another one."""
    each = dict.fromkeys(quotes)
    return tuple(q for q in each if not any(q in other for other in each if other != q))


def _words(text: str, language: Language) -> Words:
    return Words(en=text) if language == "en" else Words(zh=text)
