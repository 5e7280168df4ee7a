"""Age, sex, pregnancy and wishes, where the words state them plainly."""

from __future__ import annotations

import pytest

from assistant.particulars import read_person, read_wheelchair, read_wishes
from assistant.words import language_of
from knowledge.catalogue import Catalogue
from scheduler.domain import Person, Wishes

NOBODY = Person()


def person(text: str, told: Person = NOBODY) -> Person:
    """What a text says of a person."""
    return read_person(text, language_of(text, "en"), told)[0]


def quoted(text: str, told: Person = NOBODY) -> dict[str, str]:
    """The words for what a text says of a person and of wishes."""
    language = language_of(text, "en")
    details = read_person(text, language, told)[1] + read_wishes(text, language)[1]
    return {detail.about: detail.quote for detail in details}


def wishes(text: str) -> Wishes:
    """What a text asks for."""
    return read_wishes(text, language_of(text, "en"))[0]


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("I am 48 years old", 48),
        ("I'm 48", 48),
        ("I am 48. My chest hurts", 48),
        ("48-year-old man", 48),
        ("48 y/o f with a cough", 48),
        ("48yo m", 48),
        ("48 yrs old", 48),
        ("age: 7", 7),
        ("aged 81", 81),
        ("my son, 4 years old, has a cough", 4),
        ("45F with headache", 45),
        ("8 month old baby", 8 / 12),
        ("my 3-month-old", 0.25),
        ("6 weeks old", 6 / 52),
        ("she is 10 days old", 10 / 365),
        ("my mother is 70, she coughs", 70),
        ("my daughter's 6 and coughs", 6),
        ("我今年48", 48),
        ("48岁", 48),
        ("４８岁", 48),
        ("四十八岁", 48),
        ("十岁", 10),
        ("二十岁", 20),
        ("六十五岁男", 65),
        ("年龄：60", 60),
        ("3周岁", 3),
        ("宝宝8个月", 8 / 12),
        ("三个月大的宝宝", 0.25),
        ("宝宝出生12天", 12 / 365),
    ],
)
def test_an_age_is_read(text: str, age: float) -> None:
    assert person(text).age == pytest.approx(age)


@pytest.mark.parametrize(
    "text",
    [
        "3岁时得过肺炎",
        "12岁的时候摔过",
        "5岁起就有哮喘",
        "为期3年",
        "疼了3年",
        "今年3月开始",
        "今年12月开始",
        "今年十二月开始",
        "300岁",
        "when I was 12 years old",
        "asthma since 8 years old",
        "I am 12 weeks pregnant",
        "I'm 3 days post op",
        "I'm 2 hours late",
        "I am 5'4 and 80 kg",
        "I am 80 kg",
        "my pain is 7/10",
        "for 3 years",
        "I am fine",
        "39.5 degrees",
    ],
)
def test_what_is_no_age_of_today_is_not_taken_for_one(text: str) -> None:
    assert person(text).age is None


@pytest.mark.parametrize(
    ("text", "sex"),
    [
        ("48 y/o f", "female"),
        ("48 y/o m", "male"),
        ("a 30 year old woman", "female"),
        ("an old gentleman", "male"),
        ("my daughter has a cough", "female"),
        ("my dad fell", "male"),
        ("my period is late", "female"),
        ("my testicle hurts", "male"),
        ("45M", "male"),
        ("女，30岁", "female"),
        ("男性，65岁", "male"),
        ("我妈妈头晕", "female"),
        ("我爸爸头晕", "male"),
        ("月经推迟", "female"),
        ("前列腺炎", "male"),
        ("my head hurts", None),
        ("头疼", None),
        ("I want a woman doctor", None),
        ("想找女医生", None),
        ("my wife says I should come", None),
        ("my mother and my father both have it", None),
    ],
)
def test_a_sex_is_read_where_the_words_speak_of_one(text: str, sex: str | None) -> None:
    assert person(text).sex == sex


@pytest.mark.parametrize(
    "text",
    [
        "I am pregnant",
        "I'm 12 weeks pregnant",
        "20 weeks into my pregnancy",
        "third trimester",
        "我怀孕了",
        "怀孕三个月",
        "孕12周",
        "孕晚期头疼",
        "我是孕妇",
    ],
)
def test_a_pregnancy_is_read_and_makes_a_woman(text: str) -> None:
    assert person(text).pregnant is True
    assert person(text).sex == "female"


@pytest.mark.parametrize(
    "text",
    [
        "trying to get pregnant",
        "I want to become pregnant",
        "could I be pregnant",
        "I am not pregnant",
        "I'm not currently pregnant",
        "she isn't pregnant",
        "never been pregnant",
        "am I pregnant?",
        "备孕半年",
        "没有怀孕",
        "没怀孕",
        "未怀孕",
        "不是怀孕",
        "想怀孕",
        "准备怀孕",
        "我怀孕了吗",
        "一直怀不上孕",
        "头疼",
    ],
)
def test_a_pregnancy_wished_for_denied_or_asked_about_is_none(text: str) -> None:
    assert person(text).pregnant is None


def test_what_was_told_elsewhere_counts_more_than_the_words() -> None:
    told = Person(age=30, sex="male", pregnant=False)
    assert person("my daughter, 4 years old, is pregnant", told) == told


def test_what_was_not_told_is_completed_by_the_words() -> None:
    assert person("4 years old girl", Person(age=5)) == Person(age=5, sex="female")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I would like a female doctor", {"sex": "female"}),
        ("a male doctor please", {"sex": "male"}),
        ("can I book an appointment for the afternoon", {"part_of_day": "afternoon"}),
        ("I can come in the morning", {"part_of_day": "morning"}),
        ("想找女医生看", {"sex": "female"}),
        ("希望是男医生", {"sex": "male"}),
        ("想约下午", {"part_of_day": "afternoon"}),
        ("最好晚上", {"part_of_day": "evening"}),
        ("要会说英语的医生", {"language": "en"}),
    ],
)
def test_a_wish_is_read(text: str, expected: dict[str, str]) -> None:
    for wish, value in expected.items():
        assert getattr(wishes(text), wish) == value


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("my mother is in a wheelchair and has a cough", "in a wheelchair"),
        ("knee pain. I use an electric wheelchair", "use an electric wheelchair"),
        ("he is wheelchair bound", "wheelchair bound"),
        ("I need a wheelchair accessible room", "need a wheelchair"),
        ("咳嗽一周，坐轮椅来的", "坐轮椅"),
        ("老人推着轮椅过来，膝盖疼", "推着轮椅"),
        ("不坐轮椅", ""),
        ("my wheelchair broke last year and I sold it", ""),
        ("knee pain", ""),
    ],
)
def test_a_wheelchair_is_heard_of(text: str, quote: str) -> None:
    asked, details = read_wheelchair(text, language_of(text, "en"))
    assert asked == bool(quote)
    assert [detail.quote for detail in details] == [quote] * asked


@pytest.mark.parametrize(
    "text", ["it hurts in the morning", "早上起来头疼", "晚上咳嗽", "a woman fell", "医生说是胃炎"]
)
def test_what_is_no_wish_is_none(text: str) -> None:
    found = wishes(text)
    assert (found.sex, found.part_of_day, found.practitioner) == (None, None, None)


def test_english_words_wish_for_english() -> None:
    assert wishes("my head hurts").language == "en"
    assert wishes("头疼").language is None


@pytest.mark.parametrize("text", ["I want to see Dr Li Na", "li na please", "想挂李娜的号"])
def test_a_doctor_is_wished_for_by_name(text: str, tiny_catalogue: Catalogue) -> None:
    found, _ = read_wishes(text, language_of(text, "en"), tiny_catalogue.practitioners)
    assert found.practitioner == "li"


@pytest.mark.parametrize("text", ["I feel linar pain", "想挂号"])
def test_but_not_by_a_part_of_another_word(text: str, tiny_catalogue: Catalogue) -> None:
    found, _ = read_wishes(text, language_of(text, "en"), tiny_catalogue.practitioners)
    assert found.practitioner is None


@pytest.mark.parametrize(
    ("text", "quotes"),
    [
        ("my father is 80, he fell", {"age": "my father is 80", "sex": "my father"}),
        ("my mother, 70 years old, fell", {"age": "70 years old", "sex": "my mother"}),
        ("I am pregnant and itchy", {"pregnant": "pregnant", "sex": "pregnant"}),
        ("a cough", {}),
        ("a rash, a female doctor please", {"wish_sex": "female doctor"}),
        ("我女儿6岁，想看女医生，最好下午", {
            "age": "6岁", "sex": "女儿", "wish_sex": "女医生", "wish_part_of_day": "最好下午",
        }),
        ("想找讲英语的医生", {"wish_language": "讲英语"}),
    ],
)  # fmt: skip
def test_each_particular_comes_with_its_words(text: str, quotes: dict[str, str]) -> None:
    found = quoted(text)
    assert found == quotes
    assert all(quote in text for quote in found.values())


def test_what_was_told_needs_no_words() -> None:
    told = Person(age=40, sex="male", pregnant=None)
    assert quoted("my mother is 70 years old", told) == {}
    assert quoted("itchy", Person(pregnant=True)) == {}
