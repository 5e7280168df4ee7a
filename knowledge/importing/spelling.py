"""How hospitals spell things, in English, in Chinese and in Excel, and what we call them.

What none of these functions knows comes back as it was, for the vocabulary itself to refuse; only a
time of day is refused here, because Pydantic would read 800 as thirteen minutes past midnight.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import time
from typing import Any, get_args
from unicodedata import normalize

from scheduler.domain import LANGUAGES, WEEKDAYS, Title

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_BETWEEN_PHRASES = re.compile(r"[;；、\n]")
_BETWEEN_IDS = re.compile(r"[;；、,，|/\s]")
_CLOCK = re.compile(
    r"(?P<half>上午|下午|晚上)?(?P<hour>\d{1,2}):(?P<minute>\d\d)(:(?P<second>\d\d)(\.(?P<part>\d+))?)?"
    r" ?(?P<meridiem>[ap]\.?m\.?)?"
)
_TITLES = re.compile(
    r"(?P<associate_chief>副主任|associate[ _-]?chief|(deputy|vice)[ _-]?chief)"
    r"|(?P<chief>主任|chief(?! resident))|(?P<attending>主治|attending)|(?P<resident>住院|resident)"
)
_LANGUAGE_NAMES = {
    "zh": "zh zho chi cmn chinese mandarin putonghua 中文 汉语 普通话 国语 华语",
    "en": "en eng english 英语 英文",
    "yue": "yue cantonese 粤语 广东话",
    "ja": "japanese 日语 日文",
    "ko": "korean 韩语 朝鲜语",
    "fr": "french 法语",
    "de": "german 德语",
    "es": "spanish 西班牙语",
    "ru": "russian 俄语",
    "ar": "arabic 阿拉伯语",
}
_SEXES = {"female": "female f w woman 女 女性", "male": "male m man 男 男性"}
_CHINESE_DAYS = ("一", "二", "三", "四", "五", "六", "日天")
_ENGLISH_DAYS = (
    *("mon monday", "tue tues tuesday", "wed weds wednesday", "thu thur thurs thursday"),
    *("fri friday", "sat saturday", "sun sunday"),
)


def code(value: object) -> str:
    """A coded value without what does not matter: width, case, and space around it."""
    return normalize("NFKC", str(value)).strip().casefold()


def blank(value: object) -> bool:
    """True for what an empty cell, or nothing at all, looks like."""
    return value is None or value == {} or (isinstance(value, str) and not value.strip())


def language_of(text: str) -> str:
    """Chinese where there is any Han character, else English."""
    return "zh" if _HAN.search(text) else "en"


def by_language(value: object) -> object:
    """Texts by language, given one text, a list of them, or already by language."""
    if isinstance(value, str):
        return {language_of(value): value.strip()}
    if isinstance(value, list | tuple):
        texts = [text for text in value if not blank(text)]
        if all(isinstance(text, str) for text in texts):
            return {
                language: [text.strip() for text in texts if language_of(text) == language]
                for language in LANGUAGES
            }
    if isinstance(value, Mapping):
        return {
            language: value[language] for language in LANGUAGES if not blank(value.get(language))
        }
    return value


def words(value: object) -> object:
    """For `Words`; None where there is no text at all."""
    texts = by_language(value)
    if isinstance(texts, Mapping):
        texts = {k: v.strip() if isinstance(v, str) else v for k, v in texts.items()}
    return texts or None


def phrases(value: object) -> object:
    """For `Phrases`; a text is a list separated by semicolons, also full-width, or by 、."""
    if isinstance(value, str):
        value = _parts(_BETWEEN_PHRASES, value)
    texts = by_language(value)
    if isinstance(texts, Mapping):
        return {
            k: _parts(_BETWEEN_PHRASES, v) if isinstance(v, str) else v for k, v in texts.items()
        }
    return texts


def identifier(value: object) -> object:
    """An id; numbers are ids too."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value.strip() if isinstance(value, str) else value


def identifiers(value: object) -> object:
    """A list of ids, or a text that separates them by nearly anything."""
    if isinstance(value, str):
        return _parts(_BETWEEN_IDS, value)
    return [identifier(each) for each in value] if isinstance(value, list | tuple) else value


def skills(value: object) -> object:
    """A list of skills, whose own words may be separated by spaces."""
    if isinstance(value, str):
        value = _parts(_BETWEEN_PHRASES, value)
    if isinstance(value, list | tuple):
        return [re.sub(r"\s+", "_", s.strip()) if isinstance(s, str) else s for s in value]
    return value


def languages(value: object) -> object:
    """A list of languages as codes where they have one; 四川话 stays what it is."""
    found = identifiers(value)
    return [_language(each) for each in found] if isinstance(found, list) else found


def clock(value: object) -> time:
    """A time of day: 8:00, 08:00:00, 8：00, 1:30 PM, 下午1:30. Raises ValueError for others."""
    if isinstance(value, time) and not value.tzinfo:
        return value
    found = _CLOCK.fullmatch(code(value))
    hour = int(found["hour"]) if found else 24
    half = found and (found["half"] or found["meridiem"])
    if half and half[0] in "a上":
        hour = hour % 12 if hour <= 12 else 24
    elif half and hour <= 12:
        hour = hour % 12 + 12
    if not found or hour > 23 or int(found["minute"]) > 59 or int(found["second"] or 0) > 59:
        raise ValueError(f"{str(value)[:40]!r} is not a time of day; write it as 08:00 or 13:30")
    part = int((found["part"] or "0")[:6].ljust(6, "0"))
    return time(hour, int(found["minute"]), int(found["second"] or 0), part)


def title(value: object) -> object:
    """A doctor's rank: 副主任医师 is an associate chief."""
    found = _TITLES.search(code(value))
    return found.lastgroup if found else value


def titles_in(texts: Iterable[str]) -> list[str]:
    """The ranks among `texts`."""
    return [rank for rank in map(title, texts) if rank in get_args(Title)]  # type: ignore[misc]


def _parts(between: re.Pattern[str], text: str) -> list[str]:
    return [part.strip() for part in between.split(text) if part.strip()]


def _language(value: object) -> object:
    subtagged = re.fullmatch(r"([a-z]{2,3})[-_][a-z0-9_-]+", code(value))
    return _language_named(subtagged[1] if subtagged else value)


def _one_of(spellings: Mapping[Any, str]) -> Callable[[object], object]:
    known = {each: ours for ours, theirs in spellings.items() for each in theirs.split()}
    return lambda value: known.get(code(value), value)


_language_named = _one_of(_LANGUAGE_NAMES)
sex = _one_of({**_SEXES, None: "unknown other u 未知 不详 未说明"})
seen_sex = _one_of({**_SEXES, "any": "any all both 不限 男女 全部"})
pregnant = _one_of(
    {"yes": "yes y true 1 是 孕妇", "no": "no n false 0 否 非孕妇", "any": "any all both 不限"}
)
yes_or_no = _one_of({True: "yes y true 1 是 可 能", False: "no n false 0 否 不可 不能"})
place_kind = _one_of(
    {
        "building": "building 楼 大楼 楼栋",
        "floor": "floor level 层 楼层",
        "area": "area zone 区 区域 诊区",
        "room": "room 室 诊室 房间",
    }
)
weekday = _one_of(
    {
        ours: f"{english} " + " ".join(p + day for p in ("周", "星期", "礼拜") for day in chinese)
        for ours, english, chinese in zip(WEEKDAYS, _ENGLISH_DAYS, _CHINESE_DAYS, strict=True)
    }
)
