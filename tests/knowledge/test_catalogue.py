"""A catalogue as a whole: finding the way in it, its contradictions, and lent knowledge."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from typing import Any

import pytest

from knowledge.catalogue import Catalogue, require_consistent, with_general_knowledge
from knowledge.errors import InvalidCatalogue
from knowledge.importing import read_catalogue, write_catalogue
from scheduler.domain import (
    Clientele,
    Department,
    Location,
    NotHere,
    Passage,
    Phrases,
    Practitioner,
    WeeklySession,
    Words,
)


def department(id: str = "ent", **fields: Any) -> Department:
    return Department(**{"id": id, "names": Words(en=id.upper()), **fields})


def place(id: str, **fields: Any) -> Location:
    return Location(**{"id": id, "names": Words(en=id.title()), **fields})


def session(**fields: Any) -> WeeklySession:
    usual = {
        "practitioner": "p1",
        "department": "ent",
        "weekday": "mon",
        "start": time(8),
        "end": time(9),
    }
    return WeeklySession(**{**usual, **fields})


def catalogue(**fields: Any) -> Catalogue:
    people = (
        Practitioner(id="p1", names=Words(en="Zhao")),
        Practitioner(id="p2", names=Words(en="Li")),
    )
    usual = {
        "departments": (department(),),
        "practitioners": people,
        "locations": (
            place("house", directions=Words(en="Through the main door", zh="进大门")),
            place("room", part_of="house", names=Words(en="Room 1", zh="1诊室")),
        ),
        "schedules": (session(),),
    }
    return Catalogue(**{**usual, **fields})


def problems_of(hospital: Catalogue) -> list[str]:
    with pytest.raises(InvalidCatalogue) as caught:
        require_consistent(hospital, "here")
    return caught.value.problems


# --- the way ------------------------------------------------------------------------------------


def test_a_place_is_named_from_the_outside_in() -> None:
    assert catalogue().where("room", "en") == "House · Room 1"
    assert catalogue().where("room", "zh") == "House · 1诊室"
    assert catalogue().where("nowhere", "en") == catalogue().where(None, "en") == ""


def test_directions_are_the_nearest_there_are() -> None:
    assert catalogue().directions("room", "zh") == "进大门"
    assert catalogue(locations=(place("room"),)).directions("room", "en") == ""


def test_a_circle_of_places_does_not_go_round_for_ever() -> None:
    circle = catalogue(locations=(place("a", part_of="b"), place("b", part_of="a")))
    assert circle.where("a", "en") == "B · A"


def test_a_wheelchair_gets_into_a_room_where_it_or_what_it_lies_in_says_so() -> None:
    said = catalogue(
        locations=(
            place("house", wheelchair=True),
            place("room", part_of="house"),
            place("loft", part_of="house", wheelchair=False),
            place("bed", part_of="loft"),
            place("shed"),
        )
    )
    lets_in = {room.id for room in said.rooms if room.wheelchair}
    assert lets_in == {"house", "room"}
    assert {room.id for room in said.rooms} == {"house", "room", "loft", "bed", "shed"}


def test_where_nothing_is_said_of_wheelchairs_nothing_is_known_of_rooms() -> None:
    assert catalogue().rooms == ()


# --- contradictions -----------------------------------------------------------------------------


def test_a_catalogue_without_contradictions_is_left_alone() -> None:
    require_consistent(catalogue(), "here")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"departments": (), "schedules": ()}, "here: there is no department"),
        (
            {"departments": (department(), department())},
            "id: 'ent' is already used in here: department ent",
        ),
        (
            {"departments": (department(part_of="nose"),)},
            "department ent, part_of: there is no department",
        ),
        ({"departments": (department(location="roof"),)}, "location: there is no location 'roof'"),
        (
            {"departments": (department(not_here=(NotHere(en="x", to="eyes"),)),)},
            "not_here: there is no department 'eyes'",
        ),
        (
            {"departments": (department(sees=Clientele(min_age=18, max_age=2)),)},
            "min_age: 18 is above max_age, 2",
        ),
        (
            {"departments": (department(passages=(Passage(id="a", title=Words(en="A")),) * 2),)},
            "passages: the id 'a' is used 2 times",
        ),
        ({"departments": (department(part_of="ent"),)}, "ent is part of ent, a circle"),
        (
            {"locations": (place("a", part_of="a"),)},
            "location a, part_of: a is part of a, a circle",
        ),
        (
            {"locations": (place("a", part_of="b"),)},
            "location a, part_of: there is no location 'b'",
        ),
        (
            {"practitioners": (Practitioner(id="p1", names=Words(en="Z"), departments=("en",)),)},
            "practitioner p1, departments: there is no department 'en'; the closest known: ent",
        ),
        (
            {"schedules": (session(practitioner="p9"),)},
            "mon 08:00, practitioner: there is no practitioner",
        ),
        (
            {"schedules": (session(department="x"),)},
            "mon 08:00, department: there is no department 'x'",
        ),
        ({"schedules": (session(location="x"),)}, "mon 08:00, location: there is no location 'x'"),
    ],
)
def test_a_contradiction_is_named(fields: dict[str, Any], said: str) -> None:
    (problem,) = problems_of(catalogue(**fields))
    assert problem.startswith("here: ")
    assert said in problem


def test_nobody_can_be_in_two_clinics_at_once_though_one_lies_between() -> None:
    whole_day = session(end=time(17))
    others = (session(start=time(9), end=time(10)), session(start=time(11), end=time(12)))
    assert len(problems_of(catalogue(schedules=(whole_day, *others)))) == 2


def test_clinics_may_follow_each_other_and_be_on_other_days_or_by_other_people() -> None:
    clinics = (
        session(),
        session(start=time(9), end=time(10)),
        session(weekday="tue"),
        session(practitioner="p2"),
    )
    require_consistent(catalogue(schedules=clinics), "here")


def test_a_circle_is_told_once_however_many_lead_into_it() -> None:
    chain = (
        department("a", part_of="b"),
        department("b", part_of="c"),
        department("c", part_of="b"),
    )
    (problem,) = problems_of(catalogue(departments=chain, schedules=()))
    assert "b is part of c is part of b, a circle" in problem


# --- lent knowledge -----------------------------------------------------------------------------

KNOWS = department(
    names=Words(en="Ear, Nose and Throat", zh="耳鼻喉科"),
    aliases=Phrases(en=("ENT clinic",)),
    complaints=Phrases(en=("ringing ears",)),
    sees=Clientele(min_age=3),
    not_here=(NotHere(en="toothache", to="dentist"),),
    passages=(Passage(id="ears", title=Words(en="Ears")),),
)
REFERENCE = Catalogue(departments=(KNOWS, department("dentist")))


@pytest.mark.parametrize(
    "names",
    [
        Words(en="Department of Ear, Nose & Throat"),
        Words(zh="耳鼻喉科门诊"),
        Words(en="Paediatric ENT clinic"),
    ],
)
def test_a_department_that_knows_nothing_borrows_from_its_like(names: Words) -> None:
    own = Catalogue(departments=(department("dept-7", names=names),))
    lent = with_general_knowledge(own, REFERENCE).by_id["dept-7"]
    assert lent.names == names
    assert lent.complaints == KNOWS.complaints
    assert lent.passages == KNOWS.passages
    assert lent.sees == KNOWS.sees
    assert lent.not_here == ()  # there is no dentist here


@pytest.mark.parametrize("name", ["Infusion treatment room", "Parent craft", "药剂科", "Clinic"])
def test_a_department_without_its_like_stays_as_it_is(name: str) -> None:
    own = Catalogue(departments=(department("dept-7", names=Words(en=name)),))
    assert with_general_knowledge(own, REFERENCE) == own


def test_what_a_department_says_of_itself_is_kept() -> None:
    knows = department(complaints=Phrases(en=("hoarse voice",)))
    says = department(
        "x", names=Words(zh="耳鼻喉"), sees=Clientele(), not_here=(NotHere(zh="牙痛", to="ent"),)
    )
    lent = with_general_knowledge(Catalogue(departments=(knows, says)), REFERENCE)
    assert lent.by_id["ent"] == knows
    assert lent.by_id["x"].sees == Clientele()
    assert lent.by_id["x"].not_here == says.not_here
    assert lent.by_id["x"].complaints == KNOWS.complaints


def test_lent_knowledge_is_found_by_id_even_if_the_catalogue_was_used_before() -> None:
    own = Catalogue(departments=(department(names=Words(zh="五官科")),))
    assert not own.by_id["ent"].passages
    assert with_general_knowledge(own, REFERENCE).by_id["ent"].passages


def test_a_catalogue_that_was_used_is_written_and_read_as_the_same(tmp_path: Path) -> None:
    hospital = catalogue()
    assert hospital.by_id
    assert hospital.places
    write_catalogue(hospital, tmp_path / "hospital.json")
    assert read_catalogue(tmp_path / "hospital.json") == hospital
