"""Age, sex, pregnancy and wishes, read from the words by rules, where they are stated plainly."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from scheduler.domain import Detail, Language, PartOfDay, Person, Practitioner, Sex, Wishes

T = TypeVar("T")
P = TypeVar("P")

_CHINESE_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_NUMBER = r"(\d{1,3}+|[零〇一二两三四五六七八九十百]{1,4}+)"
_NOT_NOW = r"(?!\s*(?:时|的时候|那年|开始|起|前|之前|以前))"

_RELATIVES: Mapping[Sex, str] = {
    "female": r"wife|mother|mum|mom|mommy|daughter|sister|grandmother|grandma|granny|girlfriend|aunt",
    "male": r"husband|father|dad|daddy|son|brother|grandfather|grandad|grandpa|boyfriend|uncle",
}
_KIN = "|".join(_RELATIVES.values())

_AGES: tuple[tuple[re.Pattern[str], float], ...] = (
    (
        re.compile(
            r"(?<!was )(?<!were )(?<!since )(?<!from )(?<!at )"
            r"\b(\d{1,3})[\s-]*(?:years?|yrs?|y)[\s/.-]*(?:old|o\b)",
            re.I,
        ),
        1,
    ),
    (re.compile(r"\b(\d{1,3})\s*yo\b", re.I), 1),
    (
        re.compile(r"\b(\d{1,2})[\s-]*(?:months?|mths?|mo)[\s/-]*(?:old|o\b|baby|infant)", re.I),
        1 / 12,
    ),
    (re.compile(r"\b(\d{1,2})[\s-]*(?:weeks?|wks?)[\s/-]*(?:old|o\b|baby|infant)", re.I), 1 / 52),
    (re.compile(r"\b(\d{1,2})[\s-]*days?[\s/-]*old", re.I), 1 / 365),
    (
        re.compile(
            rf"\b(?:i am|i'm|im|(?:she|he|my (?:{_KIN}|partner|baby|child))(?: is|'s)|aged?|age is|age:)"
            r"\s*(\d{1,3})\b"
            r"(?!\s*(?:weeks?|months?|days?|hours?|minutes?|kg|cm|pounds|lbs|ft\b|feet|'|%|/|\.\d"
            r"|years? (?!old)))",
            re.I,
        ),
        1,
    ),
    (re.compile(r"\b(\d{1,2})\s*[MF]\b(?!\w)"), 1),
    (re.compile(_NUMBER + r"\s*(?:周|多)?岁" + _NOT_NOW), 1),
    (re.compile(r"(?:今年|年龄[:：]?)\s*" + _NUMBER + r"(?!\s*[月日年号次个])"), 1),
    (re.compile(_NUMBER + r"\s*个?多?半?月(?:大|的(?:宝宝|孩子|婴儿|小孩|女儿|儿子))"), 1 / 12),
    (
        re.compile(
            r"(?:宝宝|孩子|婴儿|小孩|女儿|儿子)\s*(?:才|刚|现在)?\s*" + _NUMBER + r"\s*个半?月"
        ),
        1 / 12,
    ),
    (re.compile(_NUMBER + r"\s*天大|(?:出生|生下来)(?:才)?" + _NUMBER + r"\s*天"), 1 / 365),
)

_PREGNANT: Mapping[Language, re.Pattern[str]] = {
    "en": re.compile(
        r"(?<!get )(?<!getting )(?<!become )(?<!be )(?<!becoming )(?<!got )\bpregnant\b"
        r"(?!\s*(?:\?|before|last|women|woman))|\b(?:weeks|months) into (?:my|the|her) pregnancy"
        r"|\b(?:third|second|first) trimester\b|\bmy pregnancy\b",
        re.I,
    ),
    "zh": re.compile(
        r"(?<![备没想不未求能准])(?<!没有)(?<!可以)(?<!准备)(?<!不是)(?<!是否)(?<!避免)(?<!担心)怀孕(?!了?吗|前|不了|的话|几率|困难|过)"
        r"|孕\s*\d+\s*[周月]|孕(?:早|中|晚)期|我是孕妇|孕妇一枚|怀着(?:孕|宝宝|孩子)"
    ),
}

_NOT_PREGNANT = re.compile(r"(?:\bnot|n't|\bnever|\bno longer)\s+(?:\w+\s+){0,2}?pregnant", re.I)

_NOT_A_DOCTOR = r"(?!\s*(?:doctor|dr\b|physician|gp))"
_NOT_THE_PATIENT = r"(?!\s+(?:says|said|thinks|thought|told|tells|made|makes|is making|wants|sent))"
_SEX: Mapping[Sex, re.Pattern[str]] = {
    "female": re.compile(
        rf"\b(?:woman|female|girl|lady)\b{_NOT_A_DOCTOR}|\bmy (?:{_RELATIVES['female']})\b{_NOT_THE_PATIENT}"
        r"|\b\d{1,3}\s*y(?:ears?)?[\s/.-]*o(?:ld)?\.?[\s,]*f\b|\b\d{1,2}\s*F\b"
        r"|\bmy (?:period|vagina|womb|uterus)\b"
        r"|女(?:性|士|孩|生|儿|宝)|(?<![\u4e00-\u9fff])我?女(?=[,，\s\d])|妈(?!妈?说)|母亲|老婆|妻子|媳妇|奶奶|外婆"
        r"|姥姥|姐|妹|月经|白带|阴道|子宫|卵巢|例假|大姨妈|怀孕|孕妇",
        re.I,
    ),
    "male": re.compile(
        rf"\b(?:man|male|boy|gentleman)\b{_NOT_A_DOCTOR}|\bmy (?:{_RELATIVES['male']})\b{_NOT_THE_PATIENT}"
        r"|\b\d{1,3}\s*y(?:ears?)?[\s/.-]*o(?:ld)?\.?[\s,]*m\b|\b\d{1,2}\s*M\b"
        r"|\bmy (?:testicles?|penis|prostate|foreskin)\b"
        r"|男(?:性|士|孩|生|宝)|儿子|(?<![\u4e00-\u9fff])我?男(?=[,，\s\d])|爸(?!爸?说)|父亲|老公|丈夫|爷爷|外公|姥爷"
        r"|哥|弟弟|前列腺|睾丸|包皮|阴茎|龟头|阴囊|精索|遗精|早泄|阳痿",
        re.I,
    ),
}

_WISH_SEX: Mapping[Sex, re.Pattern[str]] = {
    "female": re.compile(
        r"\b(?:female|woman|lady)\s+(?:doctor|dr|physician|gp)\b|女(?:医生|大夫|专家)", re.I
    ),
    "male": re.compile(r"\b(?:male|man)\s+(?:doctor|dr|physician|gp)\b|男(?:医生|大夫|专家)", re.I),
}
_WISH_LANGUAGE = re.compile(
    r"\b(?:english[- ]speaking|speaks? english|in english)\b|(?:会|说|讲)英语|英文(?:医生|服务)",
    re.I,
)
_PARTS: Mapping[PartOfDay, tuple[str, str]] = {
    "morning": ("morning", "上午|早上|早晨"),
    "afternoon": ("afternoon", "下午|中午以后"),
    "evening": ("evening|after work", "晚上|夜诊|下班后"),
}
_WHEELCHAIR: Mapping[Language, re.Pattern[str]] = {
    "en": re.compile(
        r"\b(?:in|use|uses|using|with|from|need|needs) (?:an?|my|his|her|their|the) (?:\w+ )?wheel-?chair\b"
        r"|\bwheel-?chair[- ](?:user|bound|access\w*)\b|\bby wheel-?chair\b",
        re.I,
    ),
    "zh": re.compile(
        r"(?<![不没])(?:坐|用|推|靠|借|要|需)着?(?:个|一个|一辆|辆)?轮椅|轮椅(?:通道|能进|方便|进得去)"
    ),
}
_BOOKING = r"(?:appointment|book|come|see (?:a|the|someone)|available|prefer|visit|slot)"
_BOOKING_ZH = r"(?:约|挂|预约|过来|过去|安排|最好|希望|想要|方便|有空)"


class _Read(NamedTuple, Generic[T]):
    """A value, and the words that say so."""

    value: T
    quote: str


def read_person(text: str, language: Language, told: Person) -> tuple[Person, tuple[Detail, ...]]:
    """What the words say of the person, completed by what was `told` elsewhere, which counts more.

    With it come the words for whatever was not told.
    """
    age = _age(text) if told.age is None else None
    pregnant = _pregnant(text, language) if told.pregnant is None else None
    sex = None
    if told.sex is None:
        if told.pregnant:
            sex = _Read[Sex]("female", "")
        else:
            sex = _Read[Sex]("female", pregnant.quote) if pregnant else _sex(text)
    read = {"age": age, "sex": sex, "pregnant": pregnant}
    values = {name: each.value for name, each in read.items() if each}
    person = Person.model_validate(values | told.model_dump(exclude_none=True))
    return person, _details(age=age, sex=sex, pregnant=pregnant)


def read_wishes(
    text: str, language: Language, practitioners: Iterable[Practitioner] = ()
) -> tuple[Wishes, tuple[Detail, ...]]:
    """What the words ask for, and which words: a woman or a man, English, a part of the day, a doctor
    by name."""
    sex = _first(_WISH_SEX, lambda pattern: pattern.search(text))
    part = _first(_PARTS, lambda names: _asks_for_time(text, language, names))
    named = _first({p.id: p for p in practitioners}, lambda p: _names(text, p))
    spoken = _WISH_LANGUAGE.search(text)
    wishes = Wishes(
        sex=sex and sex.value,
        language="en" if language == "en" or spoken else None,
        part_of_day=part and part.value,
        practitioner=named and named.value,
    )
    return wishes, _details(
        wish_sex=sex,
        wish_language=_Read("en", spoken[0]) if spoken and language != "en" else None,
        wish_part_of_day=part,
        wish_practitioner=named,
    )


def read_wheelchair(text: str, language: Language) -> tuple[bool, tuple[Detail, ...]]:
    """Whether the words ask for a room that lets a wheelchair in, and which words."""
    match = _WHEELCHAIR[language].search(text)
    return match is not None, _details(wish_wheelchair=_Read(True, match[0]) if match else None)


def _details(**read: _Read[Any] | None) -> tuple[Detail, ...]:
    return tuple(
        Detail.model_validate({"about": about, "quote": each.quote})
        for about, each in read.items()
        if each and each.quote
    )


def _first(values: Mapping[T, P], search: Callable[[P], re.Match[str] | None]) -> _Read[T] | None:
    """The first value that the words name."""
    for value, pattern in values.items():
        if match := search(pattern):
            return _Read(value, match[0])
    return None


def _age(text: str) -> _Read[float] | None:
    for pattern, unit in _AGES:
        if match := pattern.search(text):
            number = _number(next(group for group in match.groups() if group))
            if number is not None and number * unit <= 125:
                return _Read(number * unit, match[0].strip())
    return None


def _pregnant(text: str, language: Language) -> _Read[bool] | None:
    # What denies it is blanked, so that places in the text stay.
    affirmed = _NOT_PREGNANT.sub(lambda match: " " * len(match[0]), text)
    match = _PREGNANT[language].search(affirmed)
    return _Read(True, text[match.start() : match.end()]) if match else None


def _number(written: str) -> int | None:
    if written.isdigit():
        return int(written)
    if "百" in written:
        return None
    tens, ten, ones = written.rpartition("十")
    if not ten:
        digits = [_CHINESE_DIGITS[c] for c in written]
        return int("".join(map(str, digits)))
    return 10 * (_CHINESE_DIGITS[tens] if tens else 1) + (_CHINESE_DIGITS[ones] if ones else 0)


def _sex(text: str) -> _Read[Sex] | None:
    """The one sex that the words speak of; None where they speak of both or of none."""
    spoken = [
        _Read[Sex](sex, match[0])
        for sex, pattern in _SEX.items()
        if (match := pattern.search(text))
    ]
    return spoken[0] if len(spoken) == 1 else None


def _asks_for_time(text: str, language: Language, names: tuple[str, str]) -> re.Match[str] | None:
    if language == "en":
        return re.search(rf"\b{_BOOKING}\b[^.!?]{{0,40}}\b(?:{names[0]})\b", text, re.I)
    return re.search(
        rf"{_BOOKING_ZH}[^。！？]{{0,8}}(?:{names[1]})|(?:{names[1]})[^。！？，]{{0,4}}(?:的号|能约|有号)",
        text,
    )


def _names(text: str, practitioner: Practitioner) -> re.Match[str] | None:
    zh = practitioner.names.zh
    en = re.sub(r"^(?:dr|prof)\.?\s+", "", practitioner.names.en, flags=re.I)
    found = re.search(re.escape(zh), text) if zh else None
    return found or (re.search(rf"\b{re.escape(en)}\b", text, re.I) if en else None)
