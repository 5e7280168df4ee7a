"""What was understood, as the patient sees it: each item with its quote, to be taken out or put back."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple, get_args

from assistant.answer import Answer
from assistant.messages import Messages
from scheduler.domain import DetailKind, FindingStatus, Item, Needs

KINDS = (*get_args(FindingStatus), *get_args(DetailKind))


class Chip(NamedTuple):
    """One item. It can be tapped by its `number` among all that was read; None is no tap's.

    `quote` is empty where `text` is the quote itself.
    """

    text: str
    quote: str = ""
    number: int | None = None
    withdrawn: bool = False


def understood(answer: Answer, age: str, say: Messages) -> list[tuple[str, list[Chip]]]:
    """The items under a label each, in a fixed order. `age` is what the patient's is called."""
    if answer.needs is None:
        return []
    found = sorted(_chips(answer, age, say), key=lambda each: KINDS.index(each[0]))
    labelled = groupby(found, key=lambda each: kind_name(each[0], say))
    return [(label, [chip for _, chip in chips]) for label, chips in labelled]


def kind_name(kind: str, say: Messages) -> str:
    """What a kind of finding or detail is called."""
    return say.say("understood.wishes" if kind.startswith("wish_") else f"understood.{kind}")


def _chips(answer: Answer, age: str, say: Messages) -> Iterator[tuple[str, Chip]]:
    needs, read = answer.needs, answer.reading or answer.needs
    assert needs is not None
    assert read is not None
    values = dict(_values(needs, age, say))
    for number, item in enumerate(read.items):
        if item in needs.withdrawn:
            yield item.about, Chip(item.quote, number=number, withdrawn=True)
        elif value := values.pop(item.about, ""):
            yield item.about, Chip(value, item.quote, number)
        else:
            yield item.about, Chip(item.quote, number=number)
    # What is left was told elsewhere: nobody can have misread it.
    yield from ((kind, Chip(value)) for kind, value in values.items())


def _values(needs: Needs, age: str, say: Messages) -> Iterator[tuple[str, str]]:
    """What is known by a value of its own, and what it is called."""
    person, wishes = needs.person, needs.wishes
    if person.age is not None:
        yield "age", age
    if person.sex:
        yield "sex", say.say(f"sex.{person.sex}")
    if person.pregnant is not None:
        yield "pregnant", say.say("pregnant.yes" if person.pregnant else "pregnant.no")
    for kind in ("sex", "language", "part_of_day"):
        if wish := getattr(wishes, kind):
            yield f"wish_{kind}", say.say(f"understood.wish.{wish}")
    if wishes.practitioner:
        yield "wish_practitioner", say.say("wish.practitioner")
    if needs.wheelchair:
        yield "wish_wheelchair", say.say("understood.wish.wheelchair")


def item_at(answer: Answer, number: str) -> Item | None:
    """The item that a chip's number stands for; None where there is none."""
    items = answer.reading.items if answer.reading else ()
    return {str(index): item for index, item in enumerate(items)}.get(number)
