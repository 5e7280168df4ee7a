"""The vocabulary that every room shares.

Nouns follow FHIR R4 (``Practitioner``, ``Location``, ``Slot``, ``Appointment``; a *department* is a
``HealthcareService``), triage speaks of findings, red flags, acuity and dispositions, and planning of
instances, assignments and plans. Everything here is validated and immutable, does no I/O, and
imports nothing else of ours.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import time, timedelta
from enum import StrEnum
from typing import Annotated, Literal, Self, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NaiveDatetime,
    StringConstraints,
    field_validator,
    model_validator,
)

Identifier = Annotated[str, StringConstraints(pattern=r"^[\w][\w.:\-]{0,63}$")]
Language = Literal["en", "zh"]
Sex = Literal["female", "male"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
FindingStatus = Literal["present", "absent", "unknown"]
DetailKind = Literal[
    "who",
    "age",
    "sex",
    "pregnant",
    "onset",
    "course",
    "severity",
    "place",
    "condition",
    "medicine",
    "allergy",
    "wish_sex",
    "wish_language",
    "wish_part_of_day",
    "wish_practitioner",
    "wish_wheelchair",
]
PartOfDay = Literal["morning", "afternoon", "evening"]
Title = Literal["chief", "associate_chief", "attending", "resident"]

WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LANGUAGES: tuple[Language, ...] = ("en", "zh")
OLDEST = 125
CHILDBEARING = (10, 60)
"""The ages, in years, at which a pregnancy is thought of."""
GRID = timedelta(minutes=10)
"""Appointments start on, and last for, whole multiples of this."""
ELECTIVE = 4
"""From this acuity on, a visit may not count on time reserved for the urgent."""


class Value(BaseModel):
    """A validated value that never changes."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Words(Value):
    """The same text in both languages; at least one of them is given."""

    en: str = ""
    zh: str = ""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.en or self.zh):
            raise ValueError("needs a text in at least one language (en or zh)")
        return self

    def in_language(self, language: Language) -> str:
        """The text in `language`, or in the other one where that is all there is."""
        return (self.en or self.zh) if language == "en" else (self.zh or self.en)


class Phrases(Value):
    """Lists of short texts, one list a language."""

    en: tuple[str, ...] = ()
    zh: tuple[str, ...] = ()

    def everything(self) -> tuple[str, ...]:
        """All phrases of both languages."""
        return self.en + self.zh


# --- people and urgency -------------------------------------------------------------------------


class Person(Value):
    """Who needs care, as far as it is known. Age in years; an infant of three months is 0.25."""

    age: float | None = Field(default=None, ge=0, le=OLDEST)
    sex: Sex | None = None
    pregnant: bool | None = None

    @property
    def may_be_pregnant(self) -> bool:
        """False where what is known speaks against a pregnancy."""
        young_or_old = self.age is not None and not CHILDBEARING[0] <= self.age <= CHILDBEARING[1]
        return self.pregnant is not False and self.sex != "male" and not young_or_old


class Disposition(StrEnum):
    """Where a person should go, from the most urgent to the least."""

    EMERGENCY_AMBULANCE = "emergency_ambulance"
    EMERGENCY = "emergency"
    CONSULTATION_24 = "consultation_24"
    CONSULTATION = "consultation"
    SELF_CARE = "self_care"

    @property
    def is_emergency(self) -> bool:
        """True where nothing is booked and the person goes to emergency care now."""
        return self in (Disposition.EMERGENCY_AMBULANCE, Disposition.EMERGENCY)


class Finding(Value):
    """Something the patient reported, and the verbatim words that it rests on."""

    quote: str = Field(min_length=1)
    status: FindingStatus = "present"


class Wishes(Value):
    """What the patient would like, if it can be had. Each is optional."""

    sex: Sex | None = None
    language: Language | None = None
    part_of_day: PartOfDay | None = None
    practitioner: str | None = None


class Detail(Value):
    """Something else that the patient said, and the verbatim words: what they are `about`."""

    about: DetailKind
    quote: str = Field(min_length=1)


class Item(Value):
    """One thing that was understood: a finding, by its status, or a detail, by what it is about."""

    about: FindingStatus | DetailKind
    quote: str


class Needs(Value):
    """A patient's words, structured. Every finding and detail quotes those words verbatim.

    `chosen` are phrases of the hospital's knowledge that the patient tapped as fitting, `withdrawn`
    are items that the patient says are not so, `instructions` are sentences to the machine.
    """

    text: str
    language: Language
    person: Person = Person()
    findings: tuple[Finding, ...] = ()
    details: tuple[Detail, ...] = ()
    wishes: Wishes = Wishes()
    wheelchair: bool = False
    chosen: tuple[str, ...] = ()
    withdrawn: tuple[Item, ...] = ()
    instructions: tuple[str, ...] = ()
    read_by: str = "rules"

    @model_validator(mode="after")
    def _quotes_are_verbatim(self) -> Self:
        for item in self.items:
            if item.quote not in self.text:
                raise ValueError(f"not the patient's own words: {item.quote!r}")
        return self

    @property
    def items(self) -> tuple[Item, ...]:
        """Everything that was understood, each with its quote."""
        findings = (Item(about=finding.status, quote=finding.quote) for finding in self.findings)
        details = (Item(about=detail.about, quote=detail.quote) for detail in self.details)
        return (*findings, *details)

    @property
    def counted(self) -> str:
        """The words that speak for a department: without findings that were withdrawn, and without
        sentences to the machine; all words where none are left."""
        findings = get_args(FindingStatus)
        withdrawn = (item.quote for item in self.withdrawn if item.about in findings)
        words = self.text
        for ignored in (*self.instructions, *withdrawn):
            words = words.replace(ignored, " ")
        return words if any(character.isalpha() for character in words) else self.text

    def without(self, withdrawn: Iterable[Item]) -> Needs:
        """What remains where the patient says that some of it is not so."""
        gone = tuple(item for item in withdrawn if item in self.items)
        if not gone:
            return self
        about: set[str] = {item.about for item in gone}
        lost = {name: None for name in Person.model_fields if name in about}
        unwished = {name: None for name in Wishes.model_fields if f"wish_{name}" in about}
        return self.model_copy(
            update={
                "person": self.person.model_copy(update=lost),
                "wishes": self.wishes.model_copy(update=unwished),
                "wheelchair": self.wheelchair and "wish_wheelchair" not in about,
                "findings": tuple(
                    f for f in self.findings if Item(about=f.status, quote=f.quote) not in gone
                ),
                "details": tuple(
                    d for d in self.details if Item(about=d.about, quote=d.quote) not in gone
                ),
                "withdrawn": gone,
            }
        )

    @property
    def present(self) -> tuple[Finding, ...]:
        """The findings that the patient affirmed."""
        return tuple(finding for finding in self.findings if finding.status == "present")


# --- the hospital -------------------------------------------------------------------------------


class Clientele(Value):
    """Whom a department sees. Ages in completed years, both ends included."""

    min_age: float | None = None
    max_age: float | None = None
    sex: Literal["any", "female", "male"] = "any"
    pregnant: Literal["any", "yes", "no"] = "any"

    def refuses(self, person: Person) -> Literal["age", "sex", "pregnancy"] | None:
        """Why this person is not seen here; None where they are, or where too little is known."""
        if person.age is not None:
            if self.min_age is not None and person.age < self.min_age:
                return "age"
            # Nobody has outgrown the children's clinic on the day after their last birthday there.
            if self.max_age is not None and person.age > self.max_age:
                return "age"
        if person.sex and self.sex not in ("any", person.sex):
            return "sex"
        if person.pregnant is True and self.pregnant == "no":
            return "pregnancy"
        if person.pregnant is False and self.pregnant == "yes":
            return "pregnancy"
        return None


class Passage(Value):
    """A piece of the hospital's knowledge that a referral can rest on."""

    id: Identifier
    title: Words
    en: str = ""
    zh: str = ""

    def in_language(self, language: Language) -> str:
        """The text in `language`, or in the other one where that is all there is."""
        return (self.en or self.zh) if language == "en" else (self.zh or self.en)


class NotHere(Value):
    """Something that people wrongly bring to a department, and where it belongs."""

    en: str = ""
    zh: str = ""
    to: Identifier


class Department(Value):
    """A clinic of the hospital (FHIR ``HealthcareService``) and what is known about it.

    `usual_share` is how many outpatients it usually sees, against a middling clinic's 1: of two
    clinics that fit the words as well, the busier one is the likelier.
    """

    id: Identifier
    names: Words
    aliases: Phrases = Phrases()
    summary: Words | None = None
    sees: Clientele = Clientele()
    part_of: Identifier | None = None
    location: Identifier | None = None
    visit_minutes: int = Field(default=20, ge=10, le=240, multiple_of=10)
    usual_share: float = Field(default=1.0, gt=0, le=20)
    complaints: Phrases = Phrases()
    conditions: Phrases = Phrases()
    not_here: tuple[NotHere, ...] = ()
    passages: tuple[Passage, ...] = ()


class Location(Value):
    """A place, inside another where `part_of` is given.

    `wheelchair` says whether one gets in; where nothing is said, what holds for the outer place does.
    """

    id: Identifier
    names: Words
    part_of: Identifier | None = None
    kind: Literal["building", "floor", "area", "room"] = "area"
    wheelchair: bool | None = None
    directions: Words | None = None


class Practitioner(Value):
    """Somebody who sees patients."""

    id: Identifier
    names: Words
    sex: Sex | None = None
    title: Title = "attending"
    departments: tuple[Identifier, ...] = ()
    skills: tuple[Identifier, ...] = ()
    languages: tuple[str, ...] = ("zh",)


class WeeklySession(Value):
    """A clinic that recurs every week; hospital-local times."""

    practitioner: Identifier
    department: Identifier
    weekday: Weekday
    start: time
    end: time
    location: Identifier | None = None

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.end <= self.start:
            raise ValueError("the session ends before it starts")
        return self


# --- planning -----------------------------------------------------------------------------------


class Interval(Value):
    """From `start` up to but not including `end`; hospital-local times without an offset."""

    start: NaiveDatetime
    end: NaiveDatetime

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.end <= self.start:
            raise ValueError("ends before it starts")
        return self

    def overlaps(self, other: Interval) -> bool:
        """True where the two share any moment."""
        return self.start < other.end and other.start < self.end


class Session(Interval):
    """A clinic on a given day: one practitioner, one department, one room."""

    practitioner: Identifier
    department: Identifier
    location: Identifier | None = None


class Slot(Session):
    """A stretch of a session that one appointment would take."""


class Commitment(Interval):
    """Time of a practitioner that is already promised."""

    practitioner: Identifier


class Room(Value):
    """A place where `capacity` patients can be seen at once. Wheelchairs enter where it says so.

    A session's location that no room describes holds any number, and is not known to let one in.
    """

    id: Identifier
    capacity: int = Field(default=1, ge=0, le=10_000)
    wheelchair: bool = False


class Equipment(Value):
    """Something that visits share; `capacity` of them can use it at once."""

    id: Identifier
    capacity: int = Field(default=1, ge=0, le=10_000)


class Reserve(Interval):
    """Time that a department keeps free for urgent patients, over all of its doctors together."""

    department: Identifier
    minutes: int = Field(ge=0, multiple_of=10)


class DepartmentFit(Value):
    """A department that may serve a request; `fit` is the confidence in it, 0 to 1."""

    department: Identifier
    fit: float = Field(ge=0, le=1)
    minutes: int = Field(default=20, ge=10, le=240, multiple_of=10)


class AppointmentRequest(Value):
    """What one patient needs of the schedule. Acuity runs from 1 (now) to 5.

    Requests of the same `patient` may not overlap. `skills` are the practitioner's to have,
    `equipment` is used for the whole visit, and `wheelchair` asks for a room that lets one in.
    `seen_before` is the doctor who knows the patient. `held` is an appointment that was promised;
    where it is `pinned`, no plan may move it. `group` is the patient group whose waiting is
    compared with the others'.
    """

    id: Identifier
    departments: tuple[DepartmentFit, ...] = Field(min_length=1)
    acuity: int = Field(default=4, ge=1, le=5)
    earliest: NaiveDatetime
    due_by: NaiveDatetime
    wishes: Wishes = Wishes()
    patient: Identifier | None = None
    group: Identifier | None = None
    skills: tuple[Identifier, ...] = ()
    equipment: tuple[Identifier, ...] = ()
    wheelchair: bool = False
    seen_before: Identifier | None = None
    held: Slot | None = None
    pinned: bool = False

    @field_validator("skills", "equipment")
    @classmethod
    def _named_once_in_order(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(sorted(set(names)))

    @model_validator(mode="after")
    def _a_pin_holds_something(self) -> Self:
        if self.pinned and self.held is None:
            raise ValueError("is pinned, but holds no appointment")
        return self

    @property
    def is_emergency(self) -> bool:
        """True for acuity 1: nothing is planned, the person goes to emergency care now."""
        return self.acuity <= 1

    @property
    def is_elective(self) -> bool:
        """True for acuity 4 and 5: such a visit may not count on time reserved for the urgent."""
        return self.acuity >= ELECTIVE


class Assignment(Value):
    """A slot for a request, and what it costs by each rule that prices a slot.

    In an offer, which stands against a plan, the rules that price a whole plan (load, reserve,
    fairness) are there too, with what this slot would add to them.
    """

    request: Identifier
    slot: Slot
    costs: dict[str, int]

    @property
    def cost(self) -> int:
        """The sum over all soft rules."""
        return sum(self.costs.values())


WithoutSlot = Literal[
    "emergency", "no_clinic", "not_eligible", "pin_impossible", "full", "too_dear"
]
"""Why a request has no slot.

`no_clinic`: no session of its departments is long enough and late enough. `not_eligible`: there is
one, but a rule (skill, room, equipment, promise to others) closes all of it. `pin_impossible`: its
pin breaks a hard rule, so that a person must decide. `full`: every slot is another's in this plan.
`too_dear`: a slot is free, but costs more than going without.
"""


class Unassigned(Value):
    """A request without a slot, and why."""

    request: Identifier
    reason: WithoutSlot


class Scarcity(Value):
    """What more time would be worth: points that one more step of the grid saves at most, by the
    relaxation, within this hour of this department (or of this room or equipment)."""

    resource: Identifier
    kind: Literal["department", "room", "equipment"]
    start: NaiveDatetime
    points: int = Field(ge=0)


class Plan(Value):
    """What the solver promises. `objective` less `bound` is what a better plan could save at most."""

    objective: int
    bound: int
    by_rule: dict[str, int]
    assignments: tuple[Assignment, ...] = ()
    unassigned: tuple[Unassigned, ...] = ()
    scarcity: tuple[Scarcity, ...] = ()

    @property
    def gap(self) -> float:
        """How far above the bound the plan is, as a share of the bound; 0 where it is proven best."""
        return (self.objective - self.bound) / max(self.bound, 1)
