"""A FHIR R4 Bundle as a catalogue, written as other systems write them."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from datetime import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from knowledge.catalogue import Catalogue
from knowledge.errors import InvalidCatalogue
from knowledge.importing import read_catalogue
from scheduler.domain import Department, Location, Phrases, Practitioner, WeeklySession, Words

Json = dict[str, Any]
Read = Callable[..., Catalogue]

UUID = "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"


def translation(content: str, language: str = "zh-CN") -> Json:
    parts = [{"url": "lang", "valueCode": language}, {"url": "content", "valueString": content}]
    return {
        "extension": [
            {"url": "http://hl7.org/fhir/StructureDefinition/translation", "extension": parts}
        ]
    }


def hours(start: str, end: str, *days: str) -> Json:
    return {
        "daysOfWeek": list(days),
        "availableStartTime": start,
        "availableEndTime": end,
    }


def refer(reference: str) -> Json:
    return {"reference": reference}


HEART: Json = {
    "resourceType": "HealthcareService",
    "id": "heart",
    "name": "Cardiology",
    "_name": translation("心内科"),
    "specialty": [{"text": "Cardiovascular medicine"}, {"coding": [{"display": "心血管内科"}]}],
    "comment": "Heart and blood pressure",
    "location": [refer("Location/room-1")],
    "availableTime": [hours("09:00:00", "10:00:00", "fri")],
}
SKIN: Json = {"resourceType": "HealthcareService", "id": "skin", "type": [{"text": "皮肤科"}]}
ROOM: Json = {
    "resourceType": "Location",
    "id": "room-1",
    "name": "Room 1",
    "physicalType": {"coding": [{"code": "ro"}]},
    "partOf": refer("Location/house"),
}
HOUSE: Json = {
    "resourceType": "Location",
    "id": "house",
    "name": "门诊楼",
    "description": "Straight through the main entrance",
    "physicalType": {"coding": [{"code": "bu"}]},
}
ZHAO: Json = {
    "resourceType": "Practitioner",
    "id": "zhao",
    "name": [
        {"use": "maiden", "text": "钱弈辰"},
        {"family": "Zhao", "given": ["Yichen"], "prefix": ["Dr"]},
        {"use": "official", "family": "赵", "given": ["弈辰"]},
    ],
    "gender": "male",
    "qualification": [{"code": {"text": "副主任医师"}}],
    "communication": [{"coding": [{"code": "zh-CN"}]}, {"text": "English"}],
}
ROLE: Json = {
    "resourceType": "PractitionerRole",
    "id": "zhao-heart",
    "practitioner": refer("Practitioner/zhao"),
    "healthcareService": [refer("HealthcareService/heart")],
    "location": [refer("Location/room-1")],
    "availableTime": [hours("08:00:00", "12:00:00", "mon", "wed")],
}
BUNDLE = (HEART, SKIN, ROOM, HOUSE, ZHAO, ROLE)


def bundle_of(*resources: Json, **fields: Any) -> Json:
    entries = [r if "fullUrl" in r else {"resource": r} for r in resources]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries, **fields}


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads a Bundle of these resources."""

    def read_bundle(*resources: Json, **fields: Any) -> Catalogue:
        path = tmp_path / "bundle.json"
        path.write_text(json.dumps(bundle_of(*resources, **fields)))
        return read_catalogue(path)

    return read_bundle


def problems_of(read: Read, *resources: Json, **fields: Any) -> list[str]:
    with pytest.raises(InvalidCatalogue) as caught:
        read(*resources, **fields)
    return caught.value.problems


def catalogue_or_problems(path: Path) -> Catalogue | list[str]:
    try:
        return read_catalogue(path)
    except InvalidCatalogue as refusal:
        return refusal.problems


def session(**changes: Any) -> WeeklySession:
    usual: Json = {
        "practitioner": "zhao",
        "department": "heart",
        "weekday": "mon",
        "start": time(8),
        "end": time(12),
        "location": "room-1",
    }
    return WeeklySession(**{**usual, **changes})


@pytest.mark.parametrize("kind", ["collection", "searchset", "transaction"])
def test_a_bundle_is_a_catalogue(read: Read, kind: str) -> None:
    hospital = read(*BUNDLE, {"resourceType": "Organization", "id": "o"}, type=kind)
    assert hospital.departments == (
        Department(
            id="heart",
            names=Words(en="Cardiology", zh="心内科"),
            aliases=Phrases(en=("Cardiovascular medicine",), zh=("心血管内科",)),
            summary=Words(en="Heart and blood pressure"),
            location="room-1",
        ),
        Department(id="skin", names=Words(zh="皮肤科")),
    )
    assert hospital.locations == (
        Location(id="room-1", names=Words(en="Room 1"), part_of="house", kind="room"),
        Location(
            id="house",
            names=Words(zh="门诊楼"),
            kind="building",
            directions=Words(en="Straight through the main entrance"),
        ),
    )
    assert hospital.practitioners == (
        Practitioner(
            id="zhao",
            names=Words(en="Dr Yichen Zhao", zh="赵弈辰"),
            sex="male",
            title="associate_chief",
            departments=("heart",),
            languages=("zh", "en"),
        ),
    )
    assert hospital.schedules == (session(), session(weekday="wed"))


@pytest.mark.parametrize(
    "reference",
    [
        "HealthcareService/heart",
        "HealthcareService/heart/_history/3",
        "https://fhir.hospital.cn/r4/HealthcareService/heart",
        "#heart",
        UUID,
    ],
)
def test_references_are_followed_however_they_are_written(read: Read, reference: str) -> None:
    heart = {"resourceType": "HealthcareService", "id": "heart", "name": "Cardiology"}
    role: Json = {**ROLE, "healthcareService": [refer(reference)], "location": []}
    del role["location"]
    if reference.startswith("#"):
        role = {**role, "contained": [heart]}
        hospital = read(role, ZHAO)
    elif reference == UUID:
        hospital = read({"fullUrl": UUID, "resource": {**heart, "id": ""}}, role, ZHAO)
    else:
        hospital = read(
            {"fullUrl": "https://fhir.hospital.cn/r4/HealthcareService/heart", "resource": heart},
            role,
            ZHAO,
        )
    (department,) = hospital.departments
    assert department.id in ("heart", "zhao-heart.heart", UUID.removeprefix("urn:uuid:"))
    assert hospital.people["zhao"].departments == (department.id,)


def test_a_reference_to_nothing_names_who_refers_and_the_closest_there_is(read: Read) -> None:
    role = {**ROLE, "healthcareService": [refer("HealthcareService/hart")]}
    assert problems_of(read, HEART, ROOM, HOUSE, ZHAO, role) == [
        "bundle.json, PractitionerRole/zhao-heart, healthcareService: there is no "
        "'HealthcareService/hart' in the Bundle; the closest there: HealthcareService/heart"
    ]


def test_a_reference_to_the_wrong_kind_or_in_words_only_is_a_problem(read: Read) -> None:
    wrong = {
        **ROLE,
        "practitioner": refer("Location/house"),
        "healthcareService": [{"display": "Heart"}],
    }
    assert problems_of(read, *BUNDLE[:5], wrong) == [
        "bundle.json, PractitionerRole/zhao-heart, practitioner: 'Location/house' is a Location; this "
        "should be a Practitioner",
        "bundle.json, PractitionerRole/zhao-heart, healthcareService: there is no reference (Heart); "
        "add 'reference'",
    ]


def test_what_is_out_of_use_is_left_out_and_nobody_is_sent_there(read: Read) -> None:
    closed = {**HEART, "active": False}
    hospital = read(closed, SKIN, {**ROOM, "status": "inactive"}, HOUSE, ZHAO, ROLE)
    assert [department.id for department in hospital.departments] == ["skin"]
    assert hospital.people["zhao"].departments == ()
    assert hospital.schedules == ()
    assert read(*BUNDLE[:5], {**ROLE, "active": False}).schedules == ()


# --- schedules ----------------------------------------------------------------------------------


def schedule(*actors: str) -> Json:
    horizon = {"start": "2026-01-01", "end": "2026-02-01"}
    return {
        "resourceType": "Schedule",
        "id": "s",
        "actor": [refer(actor) for actor in actors],
        "planningHorizon": horizon,
    }


def test_a_schedule_chooses_the_room_and_the_service_of_a_role(read: Read) -> None:
    role = {
        **ROLE,
        "healthcareService": [refer("HealthcareService/heart"), refer("HealthcareService/skin")],
    }
    plain = read(*BUNDLE[:5], role)
    assert {s.department for s in plain.schedules} == {"heart"}
    chosen = read(
        *BUNDLE[:5],
        role,
        schedule("PractitionerRole/zhao-heart", "HealthcareService/skin", "Location/house"),
    )
    assert chosen.schedules == tuple(
        session(department="skin", weekday=day, location="house") for day in ("mon", "wed")
    )
    assert set(chosen.people["zhao"].departments) == {"heart", "skin"}


def test_a_schedule_puts_a_practitioner_into_a_services_hours(read: Read) -> None:
    assert read(HEART, ROOM, HOUSE, ZHAO).schedules == ()
    hospital = read(
        HEART, ROOM, HOUSE, ZHAO, schedule("Practitioner/zhao", "HealthcareService/heart")
    )
    assert hospital.schedules == (
        session(weekday="fri", start=time(9), end=time(10), location=None),
    )
    assert hospital.people["zhao"].departments == ("heart",)


def test_a_schedule_adds_no_hours_to_a_role_that_has_its_own(read: Read) -> None:
    hospital = read(*BUNDLE, schedule("Practitioner/zhao", "HealthcareService/heart"))
    assert hospital.schedules == (session(), session(weekday="wed"))


def test_a_schedule_of_a_room_alone_changes_nothing(read: Read) -> None:
    assert read(*BUNDLE, schedule("Location/house")) == read(*BUNDLE)


def test_a_schedule_with_nobody_in_it_is_a_problem(read: Read) -> None:
    (problem,) = problems_of(read, *BUNDLE, {"resourceType": "Schedule", "id": "s"})
    assert problem.startswith("bundle.json, Schedule/s, actor: this is missing")


@pytest.mark.parametrize(
    ("given_hours", "said"),
    [
        (
            {"availableStartTime": "08:00:00", "availableEndTime": "09:00:00"},
            "there are no daysOfWeek",
        ),
        ({"daysOfWeek": ["mon"], "availableStartTime": "08:00:00"}, "give availableStartTime and"),
        (hours("12:00:00", "08:00:00", "mon"), "the session ends before it starts"),
        (hours("8:00", "09:00:00", "mon"), "availableTime.0.availableStartTime: Time value string"),
        (hours("08:00:00", "09:00:00", "montag"), "weekday: 'montag' is not known here"),
    ],
)
def test_hours_that_cannot_be_used_say_why(read: Read, given_hours: Json, said: str) -> None:
    (problem,) = problems_of(read, *BUNDLE[:5], {**ROLE, "availableTime": [given_hours]})
    assert problem.startswith("bundle.json, PractitionerRole/zhao-heart, availableTime")
    assert said in problem


def test_all_day_lasts_until_the_last_minute(read: Read) -> None:
    hospital = read(
        *BUNDLE[:5], {**ROLE, "availableTime": [{"daysOfWeek": ["sun"], "allDay": True}]}
    )
    assert hospital.schedules == (session(weekday="sun", start=time(0), end=time(23, 59)),)


# --- problems -----------------------------------------------------------------------------------


def test_a_slip_in_what_is_not_read_keeps_nobody_from_the_rest(read: Read) -> None:
    odd = {
        **HEART,
        "providedBy": 5,
        "vendorField": {},
        "id": "heart_1",
        "location": [{"odd": 1, **refer("Location/room-1")}],
    }
    assert read(odd, ROOM, HOUSE).by_id["heart_1"].location == "room-1"


def test_a_slip_in_what_is_read_is_named_with_its_resource(read: Read) -> None:
    problems = problems_of(
        read, {**HEART, "name": 3, "specialty": "heart"}, ROOM, HOUSE, {**ZHAO, "id": 5}
    )
    assert "bundle.json, HealthcareService/heart, name: 3 does not fit" in problems[0]
    assert "bundle.json, HealthcareService/heart, specialty: 'heart' does not fit" in problems[1]
    assert any("bundle.json, entry 4 (Practitioner), id" in problem for problem in problems)


@pytest.mark.parametrize(
    ("resources", "fields", "said"),
    [
        ((), {}, "there is no department"),
        ((ROOM, HOUSE), {}, "there is no department"),
        (
            (HEART, HEART, ROOM, HOUSE),
            {},
            "id: 'heart' is already used in bundle.json, HealthcareService/heart",
        ),
        (
            ({**HOUSE, "partOf": refer("Location/house")}, SKIN),
            {},
            "house is part of house, a circle",
        ),
        (({**SKIN, "type": []},), {}, "HealthcareService/skin, names: there is no name"),
        ((SKIN,), {"type": "history"}, "type: 'history' cannot be read; use collection"),
        ((SKIN,), {"resourceType": "HealthcareService"}, "put it into a Bundle"),
        ((SKIN,), {"link": [{"relation": "next", "url": "x"}]}, "more pages follow"),
        ((SKIN,), {"entry": 5}, "there is no department"),
    ],
)
def test_a_bundle_that_cannot_be_used_says_why(
    read: Read, resources: tuple[Json, ...], fields: Json, said: str
) -> None:
    problems = problems_of(read, *resources, **fields)
    assert any(said in problem for problem in problems)


def places_in(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path to every part of a document."""
    for key, inside in value.items() if isinstance(value, dict) else enumerate(value):
        yield (*path, key)
        if isinstance(inside, dict | list):
            yield from places_in(inside, (*path, key))


WHOLE = bundle_of(
    *BUNDLE, schedule("Practitioner/zhao", "HealthcareService/heart", "Location/house")
)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(list(places_in(WHOLE))),
            st.sampled_from(
                [None, 5, "", "x", {}, [None], [{"a": 1}], {"extension": [{"url": 5}]}]
            ),
        ),
        min_size=1,
        max_size=3,
    )
)
@example([(("entry", 5, "resource", "availableTime", 0, "availableStartTime"), 5)])
@example([(("entry", 4, "resource", "qualification", 0, "code"), None)])
@settings(max_examples=150, deadline=None)
def test_a_mangled_bundle_is_a_catalogue_or_refused_in_words(
    changes: list[tuple[tuple[Any, ...], Any]],
) -> None:
    document = copy.deepcopy(WHOLE)
    # The deepest first, so that no change takes away the place of another.
    for path, put in sorted(changes, key=lambda change: -len(change[0])):
        inside: Any = document
        for step in path[:-1]:
            inside = inside[step]
        inside[path[-1]] = put
    with TemporaryDirectory() as folder:
        (Path(folder) / "bundle.json").write_text(json.dumps(document))
        found = catalogue_or_problems(Path(folder) / "bundle.json")
    if isinstance(found, Catalogue):
        assert found.departments
    else:
        assert found
        assert all(problem.startswith("bundle.json") for problem in found)
