"""Reasons in the patient's language. Every sentence names what it rests on; none is made up here.

A sentence is a message of the catalogue, filled with facts that were recomputed: a finding's quote, a
passage of the hospital's knowledge, a red flag and its source, or a rule's price.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from babel.dates import format_datetime

from assistant.answer import Answer, Ground, Reason
from assistant.messages import Messages, messages
from assistant.triage import Urgency
from knowledge.catalogue import Catalogue
from knowledge.red_flags import Raised, RedFlags
from knowledge.retrieval import Candidate
from scheduler.domain import Assignment, Language
from scheduler.reasons import WhySlot

LOCALES: dict[Language, str] = {"en": "en_GB", "zh": "zh_CN"}
MOST_QUOTES = 3
WISHES = ("practitioner", "sex", "language", "part_of_day")


def explain(
    answer: Answer, catalogue: Catalogue, red_flags: RedFlags, facts: WhySlot | None
) -> Iterator[Reason]:
    """Why this urgency, this department, this doctor and this time."""
    say = messages(answer.language)
    for raised in answer.urgency.raised:
        yield _urgency(raised, answer.words, answer.language, say, red_flags)
    if minor := answer.urgency.minor:
        yield Reason(
            about="urgency",
            text=say.say("why.minor", ailment=minor.names.in_language(answer.language)),
            evidence=(Ground(kind="rule", id=f"self_care:{minor.id}"),),
        )
    yield _level(answer.urgency, say)
    if answer.referral and answer.outcome != "emergency":
        yield from _department(answer, catalogue, say)
    if answer.offers and facts:
        best = answer.offers[0].assignment
        yield _practitioner(best, answer, catalogue, say, facts)
        yield from _wishes(answer, say, facts)
        if answer.needs and answer.needs.wheelchair:
            yield _wheelchair(best, catalogue, say)
        yield _time(best, answer, say, facts)


def spoken_time(moment: datetime, language: Language) -> str:
    """A moment as people say it, with the weekday."""
    pattern = "EEEE d MMMM, HH:mm" if language == "en" else "M月d日EEEE HH:mm"
    return str(format_datetime(moment, pattern, locale=LOCALES[language]))


def spoken_day(day: date, language: Language) -> str:
    """A day as people say it."""
    moment = datetime(day.year, day.month, day.day)
    pattern = "EEEE d MMMM" if language == "en" else "M月d日EEEE"
    return str(format_datetime(moment, pattern, locale=LOCALES[language]))


def _urgency(
    raised: Raised, words: str, language: Language, say: Messages, red_flags: RedFlags
) -> Reason:
    quotes = list(dict.fromkeys(m.said(language) for m in raised.mentions)) or [words]
    sources = [red_flags.sources[name] for name in raised.flag.sources]
    evidence = [
        Ground(kind="answer" if m.ticked else "quote", id=m.sign, text=m.said(language))
        for m in raised.mentions
    ]
    evidence.append(Ground(kind="red_flag", id=raised.flag.id))
    evidence += [
        Ground(kind="source", id=name, text=source.url)
        for name, source in zip(raised.flag.sources, sources, strict=True)
    ]
    # A doubtful flag is raised only by the patient's yes to its question.
    how = ".confirmed" if raised.strength == "doubtful" else ""
    if not how and raised.flag.id == red_flags.similar.id:
        how = ".alike"
    return Reason(
        about="urgency",
        text=say.say(
            f"why.urgency{how}",
            quotes=_quoted(quotes, say),
            flag=raised.flag.names.in_language(language),
            source=say.say("list.separator").join(source.title for source in sources),
        ),
        evidence=tuple(evidence),
    )


def _level(urgency: Urgency, say: Messages) -> Reason:
    return Reason(
        about="urgency",
        text=say.say(f"why.level.{urgency.acuity}"),
        evidence=(
            Ground(kind="rule", id=f"acuity:{urgency.acuity}", text=f"level {urgency.level}"),
        ),
    )


def _department(answer: Answer, catalogue: Catalogue, say: Messages) -> Iterator[Reason]:
    assert answer.referral is not None
    language = answer.language
    for excluded in answer.referral.excluded:
        name = catalogue.by_id[excluded.department].names.in_language(language)
        yield Reason(
            about="department",
            text=say.say(f"why.excluded.{excluded.rule}", department=name),
            evidence=(Ground(kind="rule", id=f"sees:{excluded.department}:{excluded.rule}"),),
        )
    if answer.referral.candidates:
        chosen = answer.offers[0].assignment.slot.department if answer.offers else None
        candidates = answer.referral.candidates
        best = next((c for c in candidates if c.department == chosen), candidates[0])
        yield _fit(best, answer, catalogue, say)


def _fit(candidate: Candidate, answer: Answer, catalogue: Catalogue, say: Messages) -> Reason:
    name = catalogue.by_id[candidate.department].names.in_language(answer.language)
    quotes = [finding.quote for finding in (answer.needs.present if answer.needs else ())]
    quotes = quotes[:MOST_QUOTES] or [answer.words]
    evidence = [Ground(kind="quote", id=f"finding:{i}", text=q) for i, q in enumerate(quotes)]
    tapped = answer.needs.chosen if answer.needs else ()
    evidence += [Ground(kind="answer", id=f"chosen:{i}", text=t) for i, t in enumerate(tapped)]
    phrase = next((e for e in candidate.evidence if e.kind != "passage"), None)
    if phrase:
        evidence.append(Ground(kind="phrase", id=candidate.department, text=phrase.text))
    evidence += [
        Ground(kind="passage", id=e.passage, text=e.text) for e in candidate.evidence if e.passage
    ]
    return Reason(
        about="department",
        text=say.say(
            "why.department" if phrase else "why.department.plain",
            quotes=_quoted(quotes, say),
            department=name,
            phrase=phrase.text if phrase else "",
            percent=round(100 * candidate.confidence),
        ),
        brief=say.say(
            "brief.department" if phrase else "brief.department.plain",
            department=name,
            phrase=phrase.text if phrase else "",
        ),
        evidence=tuple(evidence),
    )


def _practitioner(
    best: Assignment, answer: Answer, catalogue: Catalogue, say: Messages, facts: WhySlot
) -> Reason:
    person = catalogue.people[best.slot.practitioner]
    department = catalogue.by_id[best.slot.department].names.in_language(answer.language)
    name, percent = person.names.in_language(answer.language), round(100 * facts.load)
    return Reason(
        about="practitioner",
        text=say.say(
            "why.practitioner",
            practitioner=name,
            title=say.say(f"title.{person.title}"),
            department=department,
            percent=percent,
        ),
        brief=say.say("brief.practitioner", practitioner=name, percent=percent),
        evidence=(
            Ground(kind="timetable", id=person.id),
            Ground(kind="rule", id="load", text=str(best.costs["load"])),
        ),
    )


def _wishes(answer: Answer, say: Messages, facts: WhySlot) -> Iterator[Reason]:
    assert answer.needs is not None
    points = {reason.rule: reason for reason in facts.reasons}
    for wish in WISHES:
        wanted = getattr(answer.needs.wishes, wish)
        if wanted is None:
            continue
        rule = points[f"wish_{wish}"]
        met = "met" if rule.points == 0 else "unmet" if rule.satisfied else "outweighed"
        # Nobody asks for their own language aloud; it is what they spoke.
        kind = "language" if wish == "language" else "wish"
        named = "wish.practitioner" if wish == "practitioner" else f"understood.wish.{wanted}"
        yield Reason(
            about="time" if wish == "part_of_day" else "practitioner",
            text=say.say(f"why.{kind}.{met}", wish=say.say(named)),
            evidence=(Ground(kind="rule", id=rule.rule, text=str(rule.points)),),
        )


def _wheelchair(best: Assignment, catalogue: Catalogue, say: Messages) -> Reason:
    promised = any(room.wheelchair and room.id == best.slot.location for room in catalogue.rooms)
    return Reason(
        about="practitioner",
        text=say.say("why.wheelchair.met" if promised else "why.wheelchair.unknown"),
        evidence=(Ground(kind="timetable", id=best.slot.location or best.slot.department),),
    )


def _time(best: Assignment, answer: Answer, say: Messages, facts: WhySlot) -> Reason:
    late = best.costs["lateness"] > 0
    evidence = [Ground(kind="rule", id=r, text=str(best.costs[r])) for r in ("waiting", "lateness")]
    if facts.earlier_slots == 0:
        message = "why.time.earliest"
    else:
        message = "why.time.passed_over"
        evidence += [
            Ground(kind="rule", id=rule, text=str(points))
            for rule, points in best.costs.items()
            if rule.startswith(("wish", "department", "load")) and points == 0
        ]
    text = say.say(message, open=facts.open_slots, earlier=facts.earlier_slots)
    due = say.say(f"within.{answer.urgency.due_hours}")
    brief = text
    text += say.say("why.time.late" if late else "why.time.in_time", due=due)
    return Reason(about="time", text=text, brief=brief, evidence=tuple(evidence))


def _quoted(quotes: list[str], say: Messages) -> str:
    return say.say("list.separator").join(say.say("quote", words=quote) for quote in quotes)
