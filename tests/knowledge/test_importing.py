"""A hospital's own files: what is understood, and what is said of the rest."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.catalogue import REFERENCE_HOSPITAL, Catalogue
from knowledge.errors import InvalidCatalogue
from knowledge.importing import read_catalogue, write_catalogue
from scheduler.domain import (
    WEEKDAYS,
    Clientele,
    Department,
    Location,
    NotHere,
    Passage,
    Phrases,
    Practitioner,
    Sex,
    Title,
    Weekday,
    WeeklySession,
    Words,
)

DEPARTMENTS = "id,name_en,name_zh\ncardiology,Cardiology,心内科\nent,ENT,耳鼻喉科\n"
PEOPLE = "id,name_zh,departments\np1,赵弈辰,cardiology\n"
CLINICS = "practitioner,department,weekday,start,end\np1,cardiology,mon,08:00,12:00\n"

Folder = Callable[..., Path]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Writes files, named by keyword (`departments_csv=…`), and answers with their folder."""

    def write(**files: str | bytes) -> Path:
        for name, content in files.items():
            path = tmp_path / name.replace("_", ".")
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return tmp_path

    return write


def problems_of(source: Path) -> list[str]:
    with pytest.raises(InvalidCatalogue) as caught:
        read_catalogue(source)
    return caught.value.problems


def only_problem_of(source: Path) -> str:
    (problem,) = problems_of(source)
    return problem


def catalogue_or_refusal(path: Path) -> Catalogue | InvalidCatalogue:
    try:
        return read_catalogue(path)
    except InvalidCatalogue as refusal:
        return refusal


# --- the four kinds of source -------------------------------------------------------------------


def test_the_reference_hospital_is_read_and_is_whole() -> None:
    hospital = read_catalogue(REFERENCE_HOSPITAL)
    assert len(hospital.departments) == 40
    assert hospital.by_id["cardiology"].names == Words(en="Cardiology", zh="心血管内科")
    assert hospital.by_id["cardiology"].sees.min_age == 14
    assert all(department.passages for department in hospital.departments)
    assert {session.department for session in hospital.schedules} <= set(hospital.by_id)


def test_a_folder_of_tables_is_a_catalogue(folder: Folder) -> None:
    places = "id,name_en,part_of,kind,wheelchair\nhouse,Main house,,building,否\nr1,Room 1,house,诊室,Yes\n"
    clinics = CLINICS.replace("end\n", "end,location\n").replace("12:00\n", "12:00,r1\n")
    hospital = read_catalogue(
        folder(
            departments_csv=DEPARTMENTS,
            practitioners_csv=PEOPLE,
            locations_csv=places,
            schedules_csv=clinics,
        )
    )
    assert [department.id for department in hospital.departments] == ["cardiology", "ent"]
    assert hospital.people["p1"].departments == ("cardiology",)
    assert hospital.places["r1"].kind == "room"
    assert [place.wheelchair for place in hospital.locations] == [False, True]
    assert hospital.schedules == (
        WeeklySession(
            practitioner="p1",
            department="cardiology",
            weekday="mon",
            start=time(8),
            end=time(12),
            location="r1",
        ),
    )


def test_a_table_of_departments_is_enough(folder: Folder) -> None:
    hospital = read_catalogue(folder(departments_csv=DEPARTMENTS) / "departments.csv")
    assert hospital.by_id["ent"].names == Words(en="ENT", zh="耳鼻喉科")
    assert not hospital.practitioners


def test_every_column_of_a_department_finds_its_field(folder: Folder) -> None:
    table = (
        "id,name,aliases_zh,min_age,max_age,sex,pregnant,visit_minutes,complaints_en,summary_en,bed count\n"
        "obs,产科,产检门诊；孕检、产前,14,50,女,是,30,morning sickness;no movement felt,For mothers,12\n"
    )
    (department,) = read_catalogue(folder(departments_csv=table)).departments
    assert department == Department(
        id="obs",
        names=Words(zh="产科"),
        aliases=Phrases(zh=("产检门诊", "孕检", "产前")),
        summary=Words(en="For mothers"),
        sees=Clientele(min_age=14, max_age=50, sex="female", pregnant="yes"),
        visit_minutes=30,
        complaints=Phrases(en=("morning sickness", "no movement felt")),
    )


def test_one_json_file_is_a_catalogue_and_what_it_says_besides_is_ignored(folder: Folder) -> None:
    document = {
        "departments": [
            {"id": 12, "names": "心内科", "beds": 40, "sees": {"sex": "F", "floor": 2}},
            {
                "id": "ent",
                "name": "ears",
                "aliases": ["ear clinic", "耳科"],
                "names": {"en": "ENT", "ja": "耳鼻"},
            },
        ],
        "practitioners": [
            {"id": "p1", "name_zh": "张三", "title": "主治医师", "departments": "12、ent"}
        ],
        "schedules": [
            {
                "practitioner": "p1",
                "department": "ent",
                "weekday": "周日",
                "start": "8:00",
                "end": "9:00",
            }
        ],
        "exported_by": "HIS 7",
    }
    hospital = read_catalogue(folder(hospital_json=json.dumps(document)) / "hospital.json")
    assert hospital.by_id["12"] == Department(
        id="12", names=Words(zh="心内科"), sees=Clientele(sex="female")
    )
    assert hospital.by_id["ent"].names == Words(en="ENT")
    assert hospital.by_id["ent"].aliases == Phrases(en=("ear clinic",), zh=("耳科",))
    assert hospital.people["p1"].departments == ("12", "ent")
    assert hospital.schedules[0].weekday == "sun"


def test_a_folder_may_hold_its_departments_as_json(folder: Folder) -> None:
    listed = json.dumps([{"id": "ent", "names": {"en": "ENT"}}])
    assert read_catalogue(folder(departments_json=listed)).by_id["ent"]


def test_in_yaml_no_is_a_word_and_8_00_is_a_time(tmp_path: Path) -> None:
    (tmp_path / "departments").mkdir()
    entry = "id: ent\nnames: {en: ENT}\nsees: {pregnant: no, max_age: null}\n"
    (tmp_path / "departments" / "ent.yml").write_text(entry)
    (tmp_path / "practitioners.yaml").write_text("- {id: p1, name: Zhao, departments: ent}\n")
    clinic = "- {practitioner: p1, department: ent, weekday: mon, start: 8:00, end: 9:30}\n"
    (tmp_path / "schedules.yaml").write_text(clinic)
    hospital = read_catalogue(tmp_path)
    assert hospital.by_id["ent"].sees == Clientele(pregnant="no")
    assert hospital.schedules[0].start == time(8)


GUIDE = (Path(__file__).parents[2] / "docs" / "your-hospital.md").read_text(encoding="utf-8")


def test_the_tables_in_the_guide_are_a_catalogue(folder: Folder) -> None:
    tables = re.findall(r"`(\w+)\.csv`[^`]*```csv\n(.*?)```", GUIDE, re.DOTALL)
    hospital = read_catalogue(folder(**{f"{name}_csv": table for name, table in tables}))
    assert len(hospital.departments) == 3
    assert hospital.people["p1"].title == "associate_chief"
    assert hospital.schedules[0].location == "clinic-2"
    assert hospital.directions("er", "zh") == "医院东门"


@pytest.mark.parametrize("number", [0, 1])
def test_the_documents_in_the_guide_are_catalogues(folder: Folder, number: int) -> None:
    document = re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL)[number]
    hospital = read_catalogue(folder(hospital_json=document) / "hospital.json")
    assert hospital.by_id["cardiology"].names == Words(en="Cardiology", zh="心内科")
    assert hospital.schedules[0].practitioner == "p1"


# --- what Excel and hospital systems do to tables ----------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_excels_encodings_separators_and_line_ends_are_understood(
    folder: Folder, encoding: str, separator: str, line_end: str
) -> None:
    table = DEPARTMENTS.replace(",", separator).replace("\n", line_end)
    hospital = read_catalogue(folder(departments_csv=table.encode(encoding)))
    assert hospital.by_id["ent"].names.zh == "耳鼻喉科"


def test_headings_may_differ_in_case_and_spaces_and_empty_rows_do_not_count(folder: Folder) -> None:
    table = " ID , Name EN,NAME_ZH,Visit-Minutes\n,,,\nent, ENT ,NULL,３０\n"
    with pytest.raises(InvalidCatalogue, match="row 3, visit_minutes"):
        read_catalogue(folder(departments_csv=table))
    (department,) = read_catalogue(folder(departments_csv=table.replace("３０", "30"))).departments
    assert department == Department(id="ent", names=Words(en="ENT"), visit_minutes=30)


@pytest.mark.parametrize(
    ("given_as", "weekday"),
    [
        ("mon", "mon"),
        ("Monday", "mon"),
        ("周一", "mon"),
        ("星期一", "mon"),
        ("礼拜天", "sun"),
        ("Thurs", "thu"),
    ],
)
def test_weekdays_go_by_many_names(folder: Folder, given_as: str, weekday: str) -> None:
    clinics = CLINICS.replace("mon", given_as)
    hospital = read_catalogue(
        folder(departments_csv=DEPARTMENTS, practitioners_csv=PEOPLE, schedules_csv=clinics)
    )
    assert hospital.schedules[0].weekday == weekday


@pytest.mark.parametrize("given_as", ["8:00", "08:00", "08:00:00", "8：00", "8:00 AM", "上午8:00"])
def test_times_are_written_in_many_ways(folder: Folder, given_as: str) -> None:
    clinics = CLINICS.replace("08:00", given_as)
    hospital = read_catalogue(
        folder(departments_csv=DEPARTMENTS, practitioners_csv=PEOPLE, schedules_csv=clinics)
    )
    assert hospital.schedules[0].start == time(8)


@pytest.mark.parametrize("given_as", ["800", "8", "25:00", "8:75", "0.333", "morning", "08:00Z"])
def test_what_is_no_time_is_refused(folder: Folder, given_as: str) -> None:
    clinics = CLINICS.replace("08:00", given_as)
    source = folder(departments_csv=DEPARTMENTS, practitioners_csv=PEOPLE, schedules_csv=clinics)
    assert only_problem_of(source) == (
        f"schedules.csv, row 2, start: {given_as!r} is not a time of day; write it as 08:00 or 13:30"
    )


@pytest.mark.parametrize(
    ("given_as", "title"),
    [
        ("主任医师", "chief"),
        ("副主任医师", "associate_chief"),
        ("主治医师", "attending"),
        ("住院医师", "resident"),
        ("Associate chief physician", "associate_chief"),
        ("chief", "chief"),
    ],
)
def test_titles_are_understood(folder: Folder, given_as: str, title: Title) -> None:
    people = f"id,name,title\np1,赵弈辰,{given_as}\n"
    hospital = read_catalogue(folder(departments_csv=DEPARTMENTS, practitioners_csv=people))
    assert hospital.people["p1"].title == title


def test_an_unknown_title_or_weekday_is_refused_with_the_ones_there_are(folder: Folder) -> None:
    people = "id,name,title\np1,赵弈辰,科长\n"
    clinics = CLINICS.replace("mon", "someday")
    source = folder(departments_csv=DEPARTMENTS, practitioners_csv=people, schedules_csv=clinics)
    title, weekday = problems_of(source)
    assert title.startswith(
        "practitioners.csv, row 2, title: '科长' is not known here; write 'chief'"
    )
    assert weekday.startswith(
        "schedules.csv, row 2, weekday: 'someday' is not known here; write 'mon'"
    )


@pytest.mark.parametrize(
    ("given_as", "sex"), [("F", "female"), ("女", "female"), ("male", "male"), ("未知", None)]
)
def test_sex_is_understood(folder: Folder, given_as: str, sex: Sex | None) -> None:
    people = f"id,name,sex\np1,赵弈辰,{given_as}\n"
    hospital = read_catalogue(folder(departments_csv=DEPARTMENTS, practitioners_csv=people))
    assert hospital.people["p1"].sex == sex


def test_languages_have_names_codes_and_dialects(folder: Folder) -> None:
    people = "id,name,languages\np1,赵弈辰,中文/English；zh-CN、粤语;四川话\n"
    hospital = read_catalogue(folder(departments_csv=DEPARTMENTS, practitioners_csv=people))
    assert hospital.people["p1"].languages == ("zh", "en", "zh", "yue", "四川话")


# --- problems -----------------------------------------------------------------------------------


def test_every_problem_of_every_file_is_told_at_once(folder: Folder) -> None:
    problems = problems_of(
        folder(
            departments_csv="id,name,min_age,part_of\nent,ENT,x,\nent,ENT 2,,nowhere\n",
            practitioners_csv="id,name,departments\np1,Zhao,entt\n,Li,ent\n",
            schedules_csv=CLINICS.replace("p1", "p9"),
        )
    )
    assert [problem.split(":")[0] for problem in problems] == [
        "departments.csv, row 2, min_age",
        "practitioners.csv, row 3, id",
        "departments.csv, row 3, id",
        "departments.csv, row 3, part_of",
        "practitioners.csv, row 2, departments",
        "schedules.csv, row 2, practitioner",
        "schedules.csv, row 2, department",
    ]
    assert "there is no department 'entt'; the closest known: ent" in problems[4]


def test_an_entry_with_one_field_wrong_is_still_there_for_the_others(folder: Folder) -> None:
    source = folder(
        departments_csv=DEPARTMENTS,
        practitioners_csv="id,name,title\np1,Zhao,boss\n",
        schedules_csv=CLINICS,
    )
    assert only_problem_of(source).startswith("practitioners.csv, row 2, title: 'boss'")


def test_what_does_not_fit_together_is_only_looked_for_where_all_could_be_read(
    folder: Folder,
) -> None:
    source = folder(departments_csv="code,title\n", practitioners_csv=PEOPLE, schedules_csv=CLINICS)
    assert problems_of(source) == [
        "departments.csv, row 1: there is no column id; the first row has to name the columns, and they "
        "are code, title",
        "departments.csv, row 1: there is no column name_en or name_zh; the first row has to name the "
        "columns, and they are code, title",
    ]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("", "the file is empty"),
        ("\n\n", "the file is empty"),
        ("id,name\n", "there is no department"),
        ("id,name,id\na,A,b\n", "the column id is there 2 times"),
        ('id,name\na,"Ear, nose\n', "line 2: the table cannot be read on from here"),
        ("id,name\na,Ear, nose\n", "row 2: there are 3 cells, but 2 columns"),
        ("id,name\nEar nose,ENT\n", "'Ear nose' cannot be an id"),
        ("id,name\na,\n", "row 2, names: there is no name"),
        ("id,name,visit_minutes\na,A,15\n", "'15' does not fit: it should be a multiple of 10"),
        ("id,name,min_age,max_age\na,A,18,14\n", "min_age: 18 is above max_age, 14"),
        ("id,name,min_age\na,A,-1\n", "min_age: -1 is no age in years"),
        ("id,name,min_age\na,A,nan\n", "min_age: nan is no age in years"),
        ("id,name,part_of\na,A,b\nb,B,a\n", "a is part of b is part of a, a circle"),
        ("id,name,location\na,A,2F\n", "there is no location '2F'; no location is listed at all"),
        (b"PK\x03\x04rest", "this is an Excel workbook"),
        (b"id,name\na,\xff\xff\n", "neither UTF-8 nor GB18030"),
    ],
)
def test_a_table_that_cannot_be_used_says_why(
    folder: Folder, table: str | bytes, said: str
) -> None:
    assert said in only_problem_of(folder(departments_csv=table))


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("", "the file is empty"),
        ('{"departments": [', "line 1: this is not JSON"),
        ("[" * 100_000, "nested more than 50 deep"),
        ('[{"id":' * 60 + "1" + "}]" * 60, "nested more than 50 deep"),
        ("{}", "there are no departments"),
        ("3", "there are no departments"),
        ('{"departments": []}', "there is no department"),
        ('{"departments": {"id": "a"}}', "departments: this should be a list"),
        ('{"departments": ["ENT"]}', "departments, entry 1: this should be an entry with fields"),
        ('{"departments": [{"id": "a"}]}', "departments, entry 1 (a), names: there is no name"),
        ('{"departments": [{"id": "a", "names": {"en": ""}}]}', "there is no name"),
        ('[{"id": "a", "name": "A", "sees": {"min_age": NaN}}]', "NaN is not a number in JSON"),
        (r'[{"id": "a", "name": "\ud83d"}]', "half of a character"),
        ('[{"id": "a", "name": "A", "passages": 5}]', "entry 1 (a), passages: 5 does not fit"),
        ('[{"id": "a", "name": "A", "not_here": [{"en": "x", "to": "b"}]}]', "no department 'b'"),
    ],
)
def test_a_document_that_cannot_be_used_says_why(folder: Folder, document: str, said: str) -> None:
    assert said in only_problem_of(folder(hospital_json=document) / "hospital.json")


@pytest.mark.parametrize(
    "text", ["a: [", "a: b: c", "[" * 100_000, "{a: " * 60 + "1" + "}" * 60, "\x01", "&a [*a]"]
)
def test_what_is_no_yaml_says_so(tmp_path: Path, text: str) -> None:
    (tmp_path / "departments").mkdir()
    (tmp_path / "departments" / "ent.yaml").write_text(text)
    assert problems_of(tmp_path)[0].startswith("departments/ent.yaml")


def test_a_source_that_is_not_there_or_of_no_known_kind_says_what_would_do(folder: Folder) -> None:
    empty = folder(notes_txt="hello", book_xlsx=b"PK\x03\x04")
    assert "there is no such file" in only_problem_of(empty / "nothing.csv")
    assert "there is no such file" in only_problem_of(empty / "nul\0")
    assert "cannot be read" in only_problem_of(empty / ("x" * 300 + ".csv"))
    assert "there are no departments in it" in only_problem_of(empty)
    assert "not known; give a folder" in only_problem_of(empty / "notes.txt")
    assert "save as 'CSV UTF-8'" in only_problem_of(empty / "book.xlsx")


def test_departments_in_two_files_are_not_guessed_between(folder: Folder) -> None:
    source = folder(departments_csv=DEPARTMENTS, departments_json="[]")
    assert "departments are there twice (departments.csv and departments.json)" in only_problem_of(
        source
    )


def test_a_doctor_cannot_be_in_two_clinics_at_once(folder: Folder) -> None:
    later = CLINICS + "p1,ent,Monday,12:00,13:00\n"
    files = {"departments_csv": DEPARTMENTS, "practitioners_csv": PEOPLE}
    assert len(read_catalogue(folder(**files, schedules_csv=later)).schedules) == 2
    overlapping = CLINICS + "p1,ent,Monday,11:30,13:00\n"
    problem = only_problem_of(folder(**files, schedules_csv=overlapping))
    assert problem.startswith(
        "schedules.csv, row 3, start: p1 would be in two sessions at once on mon"
    )
    assert problem.endswith("schedules.csv, row 2")


# --- writing, and properties --------------------------------------------------------------------

texts = st.text(
    st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1, max_size=12
).filter(lambda text: text == text.strip() != "")
identifiers = st.from_regex(r"[a-z0-9心科][a-z0-9_.:\-]{0,8}", fullmatch=True)
both = st.builds(Words, en=texts, zh=texts) | st.builds(Words, zh=texts)
phrases = st.builds(Phrases, en=st.tuples(texts), zh=st.tuples(texts, texts)) | st.just(Phrases())


@st.composite
def catalogues(draw: st.DrawFn) -> Catalogue:
    departments = draw(st.lists(identifiers, min_size=1, max_size=3, unique=True))
    places = draw(st.lists(identifiers, max_size=3, unique=True))
    people = draw(st.lists(identifiers, max_size=3, unique=True))
    known, somewhere = st.sampled_from(departments), st.sampled_from([None, *places])
    clientele = st.builds(
        Clientele,
        min_age=st.none() | st.integers(0, 40).map(float),
        max_age=st.none() | st.integers(40, 90).map(float),
        sex=st.sampled_from(["any", "female", "male"]),
        pregnant=st.sampled_from(["any", "yes", "no"]),
    )
    return Catalogue(
        departments=tuple(
            Department(
                id=each,
                names=draw(both),
                aliases=draw(phrases),
                summary=draw(st.none() | both),
                sees=draw(clientele),
                location=draw(somewhere),
                visit_minutes=draw(st.sampled_from([10, 20, 240])),
                complaints=draw(phrases),
                not_here=draw(st.just(()) | st.tuples(st.builds(NotHere, en=texts, to=known))),
                passages=draw(
                    st.just(())
                    | st.tuples(st.builds(Passage, id=identifiers, title=both, zh=texts))
                ),
            )
            for each in departments
        ),
        locations=tuple(
            Location(
                id=each,
                names=draw(both),
                part_of=outer,
                directions=draw(st.none() | both),
                wheelchair=draw(st.sampled_from([None, True, False])),
            )
            for each, outer in zip(places, [None, *places], strict=False)
        ),
        practitioners=tuple(
            Practitioner(
                id=each,
                names=draw(both),
                sex=draw(st.sampled_from([None, "female", "male"])),
                title=draw(st.sampled_from(["chief", "attending"])),
                departments=draw(st.tuples(known)),
                skills=draw(st.tuples(identifiers)),
            )
            for each in people
        ),
        schedules=tuple(
            WeeklySession(
                practitioner=each,
                department=draw(known),
                weekday=draw(st.sampled_from(WEEKDAYS)),
                start=time(draw(st.integers(0, 11)), draw(st.integers(0, 59))),
                end=time(draw(st.integers(12, 23)), draw(st.integers(0, 59))),
                location=draw(somewhere),
            )
            for each in people
        ),
    )


@given(catalogues())
@settings(max_examples=40, deadline=None)
def test_what_was_written_is_read_again(catalogue: Catalogue) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "catalogue.json"
        write_catalogue(catalogue, path)
        assert read_catalogue(path) == catalogue
        assert [each.name for each in Path(folder).iterdir()] == ["catalogue.json"]


def test_writing_over_a_catalogue_replaces_it_and_keeps_what_was_left_unsaid(
    tmp_path: Path,
) -> None:
    path = tmp_path / "catalogue.json"
    path.write_text("old")
    write_catalogue(Catalogue(departments=(Department(id="ent", names=Words(en="ENT")),)), path)
    (department,) = read_catalogue(path).departments
    assert department.model_fields_set == {"id", "names"}


def test_a_catalogue_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    (tmp_path / "catalogue.json").mkdir()
    with pytest.raises(OSError, match=r"catalogue\.json"):
        write_catalogue(
            Catalogue(departments=(Department(id="ent", names=Words(en="ENT")),)),
            tmp_path / "catalogue.json",
        )
    assert [each.name for each in tmp_path.iterdir()] == ["catalogue.json"]


@given(st.data())
@settings(max_examples=80, deadline=None)
def test_a_mangled_table_is_a_catalogue_or_refused_in_words(data: st.DataObject) -> None:
    content = bytearray(DEPARTMENTS.encode(data.draw(st.sampled_from(["utf-8-sig", "gb18030"]))))
    for _ in range(data.draw(st.integers(1, 4))):
        here = data.draw(st.integers(0, len(content)))
        content[here : here + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "departments.csv"
        path.write_bytes(content)
        match catalogue_or_refusal(path):
            case Catalogue(departments=departments):
                assert departments
            case refusal:
                assert all(problem.startswith("departments.csv") for problem in refusal.problems)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "en", "zh", "to", "title", "sex"]), inner, max_size=3
        )
    ),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from([*Department.model_fields, "name", "min_age"]), json_values))
@settings(max_examples=80, deadline=None)
def test_whatever_a_department_holds_it_is_read_or_refused_in_words(
    entry: dict[str, object],
) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "hospital.json"
        path.write_text(json.dumps({"departments": [{"id": "a", "names": "A", **entry}]}))
        match catalogue_or_refusal(path):
            case Catalogue(departments=departments):
                assert len(departments) == 1
            case refusal:
                assert all(problem.startswith("hospital.json") for problem in refusal.problems)


def test_every_weekday_has_its_chinese_name(folder: Folder) -> None:
    chinese: list[tuple[str, Weekday]] = list(zip("一二三四五六日", WEEKDAYS, strict=True))
    rows = [f"p1,cardiology,周{day},8:00,9:00" for day, _ in chinese]
    clinics = "\n".join(["practitioner,department,weekday,start,end", *rows])
    hospital = read_catalogue(
        folder(departments_csv=DEPARTMENTS, practitioners_csv=PEOPLE, schedules_csv=clinics)
    )
    assert [session.weekday for session in hospital.schedules] == [day for _, day in chinese]
