"""A tiny bilingual hospital and its red flags, built in code."""

from __future__ import annotations

from datetime import datetime, time
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from knowledge.catalogue import Catalogue
from knowledge.red_flags import RedFlags
from scheduler.domain import WEEKDAYS

SCOPES = Path(__file__).parent.parent / "knowledge" / "red_flags" / "scopes.yaml"
MONDAY = datetime(2031, 3, 3, 8, 40)


def both(en: str, zh: str) -> dict[str, str]:
    """A text in both languages."""
    return {"en": en, "zh": zh}


def a_department(name: str, en: str, zh: str, **more: Any) -> dict[str, Any]:
    """A department as data."""
    return {"id": name, "names": both(en, zh), "location": "floor-2", **more}


def a_passage(name: str, en: str, zh: str) -> dict[str, Any]:
    """A passage as data."""
    return {"id": name, "title": both("What we see", "诊疗范围"), "en": en, "zh": zh}


def a_session(practitioner: str, department: str, weekday: str, **more: Any) -> dict[str, Any]:
    """A weekly session as data, from 9 to 11 in the morning."""
    return {
        "practitioner": practitioner,
        "department": department,
        "weekday": weekday,
        "start": time(9),
        "end": time(11),
        "location": "floor-2",
        **more,
    }


def a_practitioner(name: str, en: str, zh: str, department: str, **more: Any) -> dict[str, Any]:
    """A practitioner as data."""
    return {"id": name, "names": both(en, zh), "departments": [department], **more}


DEPARTMENTS = (
    a_department(
        "emergency",
        "Emergency",
        "急诊科",
        location="emergency-room",
        complaints={"en": ["unconscious after an accident"], "zh": ["车祸昏迷"]},
    ),
    a_department(
        "general_medicine",
        "General Medicine",
        "全科医学科",
        complaints={
            "en": [
                "a cold with a runny nose and sneezing, and I feel tired",
                "I am worried about my blood pressure and would like to be checked",
                "no energy for some weeks, not sure what it is",
            ],
            "zh": ["感冒流鼻涕", "浑身没劲", "想做体检"],
        },
    ),
    a_department(
        "gastroenterology",
        "Gastroenterology",
        "消化内科",
        complaints={
            "en": ["stomach ache after meals", "heartburn and bloating", "belly pain"],
            "zh": ["饭后胃痛", "反酸烧心", "肚子胀"],
        },
        conditions={"en": ["gastritis", "reflux"], "zh": ["胃炎", "胃溃疡"]},
        passages=[
            a_passage("stomach", "We see stomach ache and bloating.", "接诊胃痛、腹胀、反酸。")
        ],
    ),
    a_department(
        "dermatology",
        "Dermatology",
        "皮肤科",
        complaints={
            "en": ["itchy red rash on the arms", "a mole that changed", "acne on my face"],
            "zh": ["胳膊起红疹很痒", "脸上长痘", "皮肤脱皮"],
        },
        conditions={"en": ["eczema", "psoriasis"], "zh": ["湿疹", "银屑病"]},
        passages=[a_passage("skin", "We see rashes and moles.", "接诊皮疹、痘痘、痣。")],
    ),
    a_department(
        "gynaecology",
        "Gynaecology",
        "妇科",
        sees={"sex": "female"},
        complaints={
            "en": ["my period is late", "painful periods", "vaginal discharge"],
            "zh": ["月经推迟", "痛经", "白带异常"],
        },
    ),
    a_department(
        "paediatrics",
        "Paediatrics",
        "儿科",
        sees={"max_age": 14},
        complaints={
            "en": ["my child has a cough and a fever", "the baby is not feeding"],
            "zh": ["孩子咳嗽发烧", "宝宝不吃奶"],
        },
    ),
)
PRACTITIONERS = (
    a_practitioner(
        "li", "Dr Li Na", "李娜", "gastroenterology", sex="female", languages=["zh", "en"]
    ),
    a_practitioner("guo", "Dr Guo Hao", "郭浩", "gastroenterology", sex="male"),
    a_practitioner("sun", "Dr Sun Yi", "孙毅", "general_medicine", sex="male"),
    a_practitioner("xu", "Dr Xu Lin", "徐琳", "dermatology", sex="female"),
    a_practitioner("ma", "Dr Ma Jun", "马军", "gynaecology", sex="male"),
    a_practitioner("he", "Dr He Yan", "何燕", "paediatrics", sex="female"),
)
LOCATIONS = (
    {"id": "house", "names": both("Outpatient Building", "门诊楼"), "kind": "building"},
    {
        "id": "floor-2",
        "names": both("Floor 2", "2楼"),
        "part_of": "house",
        "kind": "floor",
        "directions": both("Take lift B to floor 2.", "乘B梯到2楼。"),
    },
    {"id": "emergency-room", "names": both("Emergency Building", "急诊楼")},
)


@lru_cache(maxsize=1)
def tiny_catalogue() -> Catalogue:
    """Six departments, six doctors with a session every day, three places."""
    schedules = [
        a_session(doctor["id"], doctor["departments"][0], weekday)
        for doctor in PRACTITIONERS
        for weekday in WEEKDAYS
    ]
    return Catalogue.model_validate(
        {
            "departments": DEPARTMENTS,
            "practitioners": PRACTITIONERS,
            "locations": LOCATIONS,
            "schedules": schedules,
        }
    )


def a_sign(en: list[str], zh: list[str], **more: Any) -> dict[str, Any]:
    """A sign as data."""
    return {"names": both(en[0], zh[0]), "en": en, "zh": zh, **more}


SIGNS = {
    "crushing_chest_pain": a_sign(["crushing chest pain"], ["压榨样胸痛", "胸口压榨"]),
    "chest_pain": a_sign(["chest ... (pain|hurts)"], ["胸(口|部|)...(疼|痛)"]),
    "sweating": a_sign(["sweat*"], ["出汗", "冷汗"]),
    "face_droop": a_sign(["(face|mouth) ... droop*"], ["嘴歪", "口角歪斜"]),
    "high_fever": a_sign(["high fever", "(39|40|41) degrees"], ["高烧", "(39|40|41)度"]),
    "fever": a_sign(["fever*"], ["发烧", "发热"]),
    "stiff_neck": a_sign(["stiff neck", "neck ... stiff"], ["脖子...(僵硬|发硬)"]),
    "hypertension": a_sign(["high blood pressure", "hypertension"], ["高血压"], timeless=True),
    "late_pregnancy": a_sign(["third trimester"], ["孕晚期"], timeless=True),
    "dog_bite": a_sign(["[a|the] dog ... bit"], ["被狗咬"]),
    "runny_nose": a_sign(["runny nose"], ["流鼻涕"]),
    "sneezing": a_sign(["sneez*"], ["打喷嚏"]),
    "diabetes": a_sign(["diabetes"], ["糖尿病"], timeless=True),
}


def a_flag(
    name: str, disposition: str, acuity: int, when: list[Any], **more: Any
) -> dict[str, Any]:
    """A red flag as data."""
    return {
        "id": name,
        "names": both(f"Possible {name}", f"疑似{name}"),
        "disposition": disposition,
        "acuity": acuity,
        "sources": ["guide"],
        "when": when,
        "advice": both(f"What to do about {name}.", f"{name}怎么办。"),
        "ask": both(f"Is it {name} now?", f"现在是{name}吗？"),
        **more,
    }


FLAGS = (
    a_flag(
        "heart",
        "emergency_ambulance",
        1,
        [
            {"all": ["crushing_chest_pain"]},
            {"all": ["chest_pain"], "any": ["sweating"], "unless": {"max_age": 25}},
        ],
    ),
    a_flag("stroke", "emergency_ambulance", 1, [{"all": ["face_droop"]}]),
    a_flag("meningitis", "emergency", 2, [{"all": ["high_fever", "stiff_neck"]}]),
    a_flag("preeclampsia", "emergency", 2, [{"all": ["hypertension", "late_pregnancy"]}]),
    a_flag("infant", "emergency", 2, [{"all": ["fever"], "only_if": {"max_age": 0.25}}]),
    a_flag("bite", "consultation_24", 3, [{"all": ["dog_bite"]}]),
)
MINOR = (
    {
        "id": "cold",
        "names": both("a common cold", "普通感冒"),
        "when": [{"all": ["runny_nose"], "any": ["sneezing"]}],
        "unless_signs": ["high_fever"],
        "unless": {"max_age": 1},
        "advice": both("Rest and drink.", "多休息多喝水。"),
    },
)


def red_flag_data(**changes: Any) -> dict[str, Any]:
    """The tiny red flags as data, with the cues of the real ones."""
    return {
        "signs": SIGNS,
        "flags": FLAGS,
        "similar": a_flag("similar", "emergency", 2, []),
        "described": {},
        "minor": MINOR,
        "sources": {"guide": {"title": "The Guide", "url": "https://example.org/guide"}},
        "scopes": yaml.safe_load(SCOPES.read_text(encoding="utf-8")),
        **changes,
    }


@lru_cache(maxsize=1)
def tiny_red_flags() -> RedFlags:
    """Six flags, one of each kind."""
    return RedFlags.model_validate(red_flag_data())
