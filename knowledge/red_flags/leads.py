"""What one more fact would make a danger: the leads that a question to the patient follows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from math import sqrt

from knowledge.red_flags.flags import Combination, RedFlag, RedFlags, Trait
from knowledge.red_flags.mentions import Mention
from scheduler.domain import Person, Value

URGENT = {1: 4.0, 2: 3.0, 3: 1.0}
"""What it is worth to hear of a danger, by its acuity."""
LEFT = 0.7
"""What is left of a danger's worth once a question names its most typical sign."""


class Lead(Value):
    """A flag that one more fact would raise: any one of `signs`, or else the person's `trait`.

    `rests_on` are the signs that are there already.
    """

    flag: RedFlag
    rests_on: tuple[str, ...]
    signs: tuple[str, ...] = ()
    trait: Trait | None = None


def leads(
    red_flags: RedFlags, mentions: Mapping[str, Sequence[Mention]], person: Person
) -> Iterator[Lead]:
    """The flags that these mentions come near to, with the fact that each lacks.

    Only signs that nobody mentioned yet are sought, and only of persons who can have them.
    """
    affirmed = frozenset(
        sign for sign, found in mentions.items() if any(m.scope == "affirmed" for m in found)
    )
    sought = frozenset(
        sign
        for sign, about in red_flags.signs.items()
        if sign not in mentions and about.may_be_asked_of(person)
    )
    for flag in red_flags.flags:
        for combination in flag.when:
            if (lead := _lead(flag, combination, affirmed, sought, person)) is not None:
                yield lead


def _lead(
    flag: RedFlag,
    combination: Combination,
    affirmed: frozenset[str],
    sought: frozenset[str],
    person: Person,
) -> Lead | None:
    unknown = combination.only_if.unknown(person) if combination.only_if else ()
    if unknown is None or (combination.unless and combination.unless.known_to_hold(person)):
        return None
    groups = [frozenset([sign]) for sign in combination.all]
    groups += [frozenset(combination.any)] if combination.any else []
    missing = [group for group in groups if not group & affirmed]
    if len(missing) + len(unknown) != 1 or len(missing) == len(groups):
        return None
    there = tuple(sign for sign in (*combination.all, *combination.any) if sign in affirmed)
    if unknown:
        return Lead(flag=flag, rests_on=there, trait=unknown[0])
    lacking = missing[0] & sought
    signs = tuple(sign for sign in (*combination.all, *combination.any) if sign in lacking)
    return Lead(flag=flag, rests_on=there, signs=signs) if signs else None


def most_telling(found: Sequence[Lead], most: int) -> tuple[str, ...]:
    """At most `most` signs, the most telling first.

    A sign is worth the dangers that it would tell of, the urgent and the usual ones more, and more
    where it is typical of a danger or a sign of many. Each sign chosen takes from the worth of what
    it tells already, so that the next looks elsewhere.
    """
    worth = {lead.flag.id: URGENT[lead.flag.acuity] * lead.flag.usual_share for lead in found}
    tells: dict[str, dict[str, float]] = defaultdict(dict)
    for lead in found:
        for rank, sign in enumerate(lead.signs):
            typical = 1 / sqrt(1 + rank)
            tells[sign][lead.flag.id] = max(tells[sign].get(lead.flag.id, 0.0), typical)
    chosen: list[str] = []
    while len(chosen) < most and (left := [sign for sign in tells if sign not in chosen]):
        # The first of equals: the order of the flags is the order of a nurse's concern.
        best = max(left, key=lambda sign: sum(worth[f] * t for f, t in tells[sign].items()))
        chosen.append(best)
        for flag, typical in tells[best].items():
            worth[flag] *= 1 - (1 - LEFT) * typical
    return tuple(chosen)
