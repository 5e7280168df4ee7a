"""How urgent it is: red flags first, on the raw words. Deterministic; it can only raise urgency."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from knowledge.red_flags import Mention, MinorAilment, Raised, RedFlag, RedFlags
from knowledge.red_flags.durations import longest_days
from knowledge.red_flags.likeness import ASKED_FROM, RAISED_FROM
from scheduler.domain import Disposition, Person, Value

FROM_WORST = tuple(Disposition)
DUE_HOURS = {1: 0, 2: 0, 3: 24, 4: 7 * 24, 5: 14 * 24}
"""By when a person of each acuity should be seen, in hours."""
FOUR_LEVELS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 4}
"""The level of the Chinese standard (濒危, 危重, 急症, 非急症) for each acuity of the ESI."""


class Urgency(Value):
    """Where a person should go and how soon, with the flags that say so.

    `questions` are flags that the words mention but deny, date back or only fear: somebody has to
    ask. `minor` is a minor ailment that the words describe; advice, and never a reason to refuse.
    """

    disposition: Disposition
    acuity: int
    raised: tuple[Raised, ...] = ()
    questions: tuple[Raised, ...] = ()
    minor: MinorAilment | None = None

    @property
    def level(self) -> int:
        """The level of the Chinese four-level standard, 1 to 4."""
        return FOUR_LEVELS[self.acuity]

    @property
    def due_hours(self) -> int:
        """Within how many hours this person should be seen."""
        return DUE_HOURS[self.acuity]


def assess(
    red_flags: RedFlags,
    text: str,
    person: Person,
    *,
    confirmed: Collection[str] = (),
    denied: Collection[str] = (),
    ticked: Collection[str] = (),
    like_emergency: bool = False,
) -> Urgency:
    """The urgency of these words for this person.

    `confirmed` and `denied` are ids of flags that the patient answered for when asked, `ticked` are
    ids of signs.
    `like_emergency` is what retrieval thinks of the words; it raises a question and nothing else.
    Words that are very like described emergencies count as one; those that are less so are asked
    about.
    """
    mentions = red_flags.mentions(text, ticked)
    found = list(red_flags.raised(mentions, person))
    likeness = red_flags.described.likeness(text)
    if likeness >= RAISED_FROM:
        found.append(Raised(flag=red_flags.similar, strength="affirmed", mentions=()))
    elif likeness >= ASKED_FROM or like_emergency or red_flags.similar.id in confirmed:
        found.append(Raised(flag=red_flags.similar, strength="doubtful", mentions=()))
    raised = [r for r in found if r.strength == "affirmed" or r.flag.id in confirmed]
    known = {r.flag.id for r in raised}
    raised += [
        # A yes holds, even if an age given later speaks against the flag.
        Raised(flag=flag, strength="doubtful", mentions=_any_match(flag, mentions))
        for flag in red_flags.flags
        if flag.id in confirmed and flag.id not in known
    ]
    raised.sort(
        key=lambda r: (FROM_WORST.index(r.flag.disposition), r.flag.acuity, -len(r.mentions))
    )
    questions = [r for r in found if r not in raised and r.flag.id not in denied]
    questions.sort(key=lambda r: r.flag.acuity)
    if raised:
        worst = raised[0].flag
        return Urgency(
            disposition=worst.disposition,
            acuity=min(r.flag.acuity for r in raised),
            raised=tuple(raised),
            questions=() if worst.disposition.is_emergency else tuple(questions),
        )
    minor = red_flags.minor_ailment(mentions, person, longest_days(text)) if not questions else None
    return Urgency(
        disposition=Disposition.SELF_CARE if minor else Disposition.CONSULTATION,
        acuity=5 if minor else 4,
        questions=tuple(questions),
        minor=minor,
    )


def _any_match(flag: RedFlag, mentions: Mapping[str, list[Mention]]) -> tuple[Mention, ...]:
    return next(filter(None, (combination.match(mentions) for combination in flag.when)), ())
