"""Red flags and minor ailments as reviewed data: what raises them, for whom, and after which source."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from knowledge.errors import InvalidRedFlags
from knowledge.red_flags.likeness import Described
from knowledge.red_flags.mentions import Mention, ScopeReader, ScopeRules, find_mentions
from knowledge.red_flags.patterns import compile_patterns
from scheduler.domain import Disposition, Identifier, Person, Sex, Value, Words

Strength = Literal["affirmed", "doubtful"]
Trait = Literal["age", "sex", "pregnant"]


class Source(Value):
    """The public guidance that a flag follows."""

    title: str
    publisher: str = ""
    url: str = ""
    lang: str = ""


class Limits(Value):
    """Properties of a person. Ages in years, both ends included."""

    min_age: float | None = None
    max_age: float | None = None
    sex: Sex | None = None
    pregnant: bool | None = None

    def known_to_hold(self, person: Person) -> bool:
        """True where everything asked for is known of `person` and is so."""
        if (self.min_age is not None or self.max_age is not None) and person.age is None:
            return False
        if person.age is not None and not self._holds_age(person.age):
            return False
        if self.sex is not None and person.sex != self.sex:
            return False
        return self.pregnant is None or person.pregnant is self.pregnant

    def unknown(self, person: Person) -> tuple[Trait, ...] | None:
        """What would have to be known of `person` to tell; None where what is known speaks against
        it already."""
        unknown: list[Trait] = []
        if self.min_age is not None or self.max_age is not None:
            if person.age is None:
                unknown.append("age")
            elif not self._holds_age(person.age):
                return None
        if self.sex is not None and person.sex is None:
            unknown.append("sex")
        elif self.sex is not None and person.sex != self.sex:
            return None
        if self.pregnant is not None and person.pregnant is None:
            if self.pregnant and not person.may_be_pregnant:
                return None
            unknown.append("pregnant")
        elif self.pregnant is not None and person.pregnant is not self.pregnant:
            return None
        return tuple(unknown)

    def _holds_age(self, age: float) -> bool:
        if self.min_age is not None and age < self.min_age:
            return False
        return self.max_age is None or age <= self.max_age


class Sign(Value):
    """Something that a patient may mention, with the patterns that recognise it.

    `timeless` marks conditions, medicines and circumstances: 'a history of diabetes' is diabetes.
    `says_not` marks signs that are themselves a 'not' ('cannot swallow'); elsewhere a 'not' among
    the words found is a denial. No question names an `unasked` sign: people tell of it unasked, or
    their age does. `asked_of` are the only persons whom a question may name it to.
    """

    names: Words
    timeless: bool = False
    says_not: bool = False
    unasked: bool = False
    asked_of: Limits | None = None
    en: tuple[str, ...] = ()
    zh: tuple[str, ...] = ()

    def may_be_asked_of(self, person: Person) -> bool:
        """True where it makes sense to ask `person` whether they have it."""
        if self.unasked:
            return False
        return self.asked_of is None or self.asked_of.known_to_hold(person)


class Combination(Value):
    """Signs that together mean something: every one of `all`, and one of `any` if there are any."""

    all: tuple[Identifier, ...] = ()
    any: tuple[Identifier, ...] = ()
    only_if: Limits | None = None
    unless: Limits | None = None

    def applies_to(self, person: Person) -> bool:
        """False for persons whom this combination does not concern."""
        if self.unless and self.unless.known_to_hold(person):
            return False
        return self.only_if is None or self.only_if.known_to_hold(person)

    def match(self, mentions: Mapping[str, list[Mention]]) -> tuple[Mention, ...]:
        """A mention for each sign needed, affirmed ones first; empty where a sign is missing."""
        needed = [mentions.get(sign, []) for sign in self.all]
        if self.any:
            needed.append([m for sign in self.any for m in mentions.get(sign, [])])
        if not needed or not all(needed):
            return ()
        return tuple(min(found, key=lambda m: (m.scope != "affirmed", m.start)) for found in needed)


class RedFlag(Value):
    """A danger to be recognised before anything else.

    `usual_share` is how often a desk meets it, against a middling danger's 1. Questions are chosen
    by it, and nothing else is.
    """

    id: Identifier
    names: Words
    disposition: Disposition
    acuity: int = Field(ge=1, le=3)
    usual_share: float = Field(default=1.0, gt=0, le=20)
    sources: tuple[Identifier, ...] = Field(min_length=1)
    when: tuple[Combination, ...] = ()
    advice: Words
    ask: Words


class MinorAilment(Value):
    """Something for which self-care or a pharmacist is a reasonable first answer."""

    id: Identifier
    names: Words
    sources: tuple[Identifier, ...] = ()
    when: tuple[Combination, ...] = Field(min_length=1)
    unless_signs: tuple[Identifier, ...] = ()
    unless: Limits | None = None
    max_days: int | None = None
    advice: Words


class Raised(Value):
    """A flag that the words raise, or that they make worth asking about."""

    flag: RedFlag
    strength: Strength
    mentions: tuple[Mention, ...]


class RedFlags(BaseModel):
    """All flags of a hospital, and the signs that they are made of.

    `similar` is no pattern's: it stands for words that resemble what emergency care sees, or those
    `described` as an emergency.
    """

    model_config = ConfigDict(frozen=True, ignored_types=(cached_property,))

    signs: dict[Identifier, Sign]
    flags: tuple[RedFlag, ...]
    similar: RedFlag
    described: Described = Described()
    minor: tuple[MinorAilment, ...]
    sources: dict[Identifier, Source]
    scopes: ScopeRules

    @cached_property
    def _patterns(self) -> dict[str, list[re.Pattern[str]]]:
        compiled = {
            name: [
                compile_patterns(sign.en, chinese=False),
                compile_patterns(sign.zh, chinese=True),
            ]
            for name, sign in self.signs.items()
        }
        return {name: [p for p in found if p] for name, found in compiled.items()}

    @cached_property
    def _scope_reader(self) -> ScopeReader:
        return ScopeReader(self.scopes)

    def mentions(self, text: str, ticked: Iterable[str] = ()) -> dict[str, list[Mention]]:
        """Every sign that `text` mentions, and how; and those `ticked` in answer to a question."""
        timeless = frozenset(name for name, sign in self.signs.items() if sign.timeless)
        found = {
            sign: [Mention(sign=sign, ticked=self.signs[sign].names)]
            for sign in sorted(self.signs.keys() & set(ticked))
        }
        says_not = frozenset(name for name, sign in self.signs.items() if sign.says_not)
        scopes = self._scope_reader
        for mention in find_mentions(text, self._patterns, scopes, timeless, says_not):
            found.setdefault(mention.sign, []).append(mention)
        return found

    def denies(self, text: str, quote: str) -> bool:
        """True where the words around `quote`, a part of `text`, deny it."""
        start = text.find(quote)
        if start < 0:
            return False
        blanked = self._scope_reader.blanked(text)
        return self._scope_reader.scope(text, blanked, start, start + len(quote)) == "negated"

    def raised(self, mentions: Mapping[str, list[Mention]], person: Person) -> Iterator[Raised]:
        """The flags that these mentions raise for this person, or make worth asking about."""
        for flag in self.flags:
            best: Raised | None = None
            for combination in flag.when:
                if not combination.applies_to(person):
                    continue
                matched = combination.match(mentions)
                if not matched or not _worth_asking(matched):
                    continue
                doubtful = any(mention.scope != "affirmed" for mention in matched)
                if best is None or (best.strength == "doubtful" and not doubtful):
                    strength: Strength = "doubtful" if doubtful else "affirmed"
                    best = Raised(flag=flag, strength=strength, mentions=matched)
            if best:
                yield best

    def minor_ailment(
        self, mentions: Mapping[str, list[Mention]], person: Person, days: float = 0
    ) -> MinorAilment | None:
        """The minor ailment that the words describe, where nothing about them speaks against it.

        `days` is how long it has lasted, 0 where nobody said.
        """
        affirmed = {
            sign: [m for m in found if m.scope == "affirmed"] for sign, found in mentions.items()
        }
        for ailment in self.minor:
            if any(affirmed.get(sign) for sign in ailment.unless_signs):
                continue
            if ailment.max_days is not None and days > ailment.max_days:
                continue
            if ailment.unless and ailment.unless.known_to_hold(person):
                continue
            if any(c.applies_to(person) and c.match(affirmed) for c in ailment.when):
                return ailment
        return None


def load_red_flags(folder: Path) -> RedFlags:
    """Read and check the YAML files of `folder`, each described at its own top.

    Raises:
        InvalidRedFlags: something is malformed or names what does not exist.
    """
    data = {
        "signs": _read(folder / "signs.yaml"),
        "flags": _read(folder / "flags.yaml"),
        "similar": _read(folder / "similar.yaml"),
        "described": _read(folder / "described.yaml"),
        "minor": _read(folder / "self_care.yaml"),
        "sources": _read(folder / "sources.yaml"),
        "scopes": _read(folder / "scopes.yaml"),
    }
    try:
        red_flags = RedFlags.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidRedFlags(f"{folder}: {where}: {first['msg']}") from error
    if unknown := sorted(_unknown_names(red_flags)):
        raise InvalidRedFlags(f"{folder}: named but not defined: {', '.join(unknown)}")
    return red_flags


def _worth_asking(matched: Iterable[Mention]) -> bool:
    """One denied sign is worth a question; of several, one at least must stand undenied."""
    scopes = [mention.scope for mention in matched]
    return len(scopes) == 1 or any(scope != "negated" for scope in scopes)


def _read(path: Path) -> Any:
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except (OSError, yaml.YAMLError) as error:
        raise InvalidRedFlags(f"{path}: {error}") from error


def _unknown_names(red_flags: RedFlags) -> Iterator[str]:
    yield from (f"what raises {flag.id}" for flag in red_flags.flags if not flag.when)
    named = [c for flag in red_flags.flags for c in flag.when]
    named += [c for ailment in red_flags.minor for c in ailment.when]
    signs = {sign for c in named for sign in (*c.all, *c.any)}
    signs |= {sign for ailment in red_flags.minor for sign in ailment.unless_signs}
    yield from signs - red_flags.signs.keys()
    sources = {source for entry in red_flags.flags for source in entry.sources}
    sources |= {source for entry in red_flags.minor for source in entry.sources}
    yield from sources - red_flags.sources.keys()
