"""A FHIR R4 Bundle as a catalogue.

HealthcareService → department, Practitioner with its PractitionerRoles → practitioner, Location →
location, availableTime → weekly sessions (`hours.py`). Second languages come from the translation
extension, or for people from a second name. Resources out of use are left out.

Not looked at: notAvailable, availabilityExceptions, period and planningHorizon, because a catalogue
says what recurs every week; second and further locations; everything about organisations and contacts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from knowledge.importing.bundle import Bundle, Resource
from knowledge.importing.draft import Draft
from knowledge.importing.hours import Duty, add_sessions, duties_of
from knowledge.importing.spelling import by_language, language_of, titles_in

_TRANSLATION = "http://hl7.org/fhir/StructureDefinition/translation"
_PLACES = {"bu": "building", "lvl": "floor", "ro": "room"}


def read_bundle(document: Mapping[str, Any], name: str, draft: Draft) -> None:
    """Add everything in a Bundle to `draft`. Raises `InvalidCatalogue` where it is none."""
    bundle = Bundle(document, name, draft)
    duties = duties_of(bundle)
    for service in bundle.of("HealthcareService"):
        draft.add("departments", service.where, _department(service, bundle))
    for person in bundle.of("Practitioner"):
        held = [duty for duty in duties if duty.person is person]
        draft.add("practitioners", person.where, _practitioner(person, held))
    for place in bundle.of("Location"):
        draft.add("locations", place.where, _location(place, bundle))
    add_sessions(duties, draft)


def _department(service: Resource, bundle: Bundle) -> dict[str, object]:
    content = service.content
    kinds = [*_texts(content.specialty), *_texts(content.type)]
    places = _followed(bundle, service, "location", content.location, "Location")
    return {
        "id": service.id,
        "names": _words(content, "name") or by_language(kinds[0] if kinds else None),
        "aliases": list(dict.fromkeys(_texts(content.specialty))),
        "summary": _words(content, "comment"),
        "location": places[0].id if places else None,
    }


def _practitioner(person: Resource, held: list[Duty]) -> dict[str, object]:
    content = person.content
    ranks = [q.code for q in content.qualification or []]
    ranks += [code for duty in held for code in duty.codes]
    spoken = [
        next((c.code for c in s.coding or [] if c.code), s.text)
        for s in content.communication or []
    ]
    return {
        "id": person.id,
        "names": _names(content.name or []),
        "sex": content.gender,
        "title": next(iter(titles_in(_texts(ranks))), None),
        "departments": list(
            dict.fromkeys(service.id for duty in held for service in duty.services)
        ),
        "languages": list(dict.fromkeys(filter(None, spoken))) or None,
    }


def _location(place: Resource, bundle: Bundle) -> dict[str, object]:
    content = place.content
    kinds = (content.physicalType and content.physicalType.coding) or []
    outer = _followed(
        bundle, place, "partOf", [content.partOf] if content.partOf else [], "Location"
    )
    return {
        "id": place.id,
        "names": _words(content, "name"),
        "part_of": outer[0].id if outer else None,
        "kind": next((_PLACES[kind.code] for kind in kinds if kind.code in _PLACES), None),
        "directions": _words(content, "description"),
    }


def _followed(
    bundle: Bundle, source: Resource, field: str, references: Any, kind: str
) -> list[Resource]:
    found = [bundle.follow(source, field, reference, kind) for reference in references or []]
    return [resource for resource in found if resource]


def _words(element: Any, field: str) -> dict[str, str]:
    """A text and its translations."""
    texts = dict(_translations(getattr(element, f"{field}__ext")))
    if text := getattr(element, field):
        texts.setdefault(language_of(text), text)
    return texts


def _translations(primitive: Any) -> Iterator[tuple[str, str]]:
    for extension in (primitive and primitive.extension) or []:
        parts = {part.url: part for part in extension.extension or []}
        if extension.url == _TRANSLATION and {"lang", "content"} <= set(parts):
            language, content = parts["lang"].valueCode, parts["content"]
            if text := content.valueString or content.valueMarkdown:
                yield str(language)[:2], text


def _names(names: list[Any]) -> dict[str, str]:
    """A person's names in both languages: the official one first, former ones never."""
    texts: dict[str, str] = {}
    for name in sorted(names, key=lambda n: n.use != "official"):
        if name.use not in ("old", "maiden", "anonymous"):
            texts = {**dict(_translations(name.text__ext)), **texts}
            if text := name.text or _assembled(name):
                texts.setdefault(language_of(text), text)
    return texts


def _assembled(name: Any) -> str:
    given = [part for part in name.given or [] if part]
    if language_of(name.family or "".join(given)) == "zh":
        return "".join([name.family or "", *given])
    return " ".join(filter(None, [*(name.prefix or []), *given, name.family]))


def _texts(concepts: Any) -> list[str]:
    return [
        text
        for concept in filter(None, concepts or [])
        for text in [concept.text, *(coding.display for coding in concept.coding or [])]
        if text
    ]
