"""The resources of a FHIR R4 Bundle that a catalogue needs, and what refers to what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from fhir.resources.R4B.domainresource import DomainResource
from fhir.resources.R4B.healthcareservice import HealthcareService
from fhir.resources.R4B.location import Location
from fhir.resources.R4B.practitioner import Practitioner
from fhir.resources.R4B.practitionerrole import PractitionerRole
from fhir.resources.R4B.schedule import Schedule

from knowledge.errors import InvalidCatalogue
from knowledge.importing.draft import Draft
from knowledge.importing.validating import validated

_BUNDLES = ("collection", "searchset", "transaction", "batch", "document")
# R4B and R4 agree on all of these elements. The others are not looked at, so that a slip in one of them
# keeps nobody from using the rest.
_READ: Mapping[str, tuple[type[DomainResource], tuple[str, ...]]] = {
    "HealthcareService": (
        HealthcareService,
        (
            "active",
            "name",
            "_name",
            "comment",
            "_comment",
            "type",
            "specialty",
            "location",
            "availableTime",
        ),
    ),
    "Location": (
        Location,
        ("status", "name", "_name", "description", "_description", "physicalType", "partOf"),
    ),
    "Practitioner": (Practitioner, ("active", "name", "gender", "qualification", "communication")),
    "PractitionerRole": (
        PractitionerRole,
        ("active", "practitioner", "healthcareService", "location", "code", "availableTime"),
    ),
    "Schedule": (Schedule, ("active", "actor")),
}


@dataclass(frozen=True, eq=False)
class Resource:
    """A resource as far as it is read: its id in the catalogue, and where problems say it is."""

    type: str
    id: str
    where: str
    content: Any
    container: str

    @property
    def in_use(self) -> bool:
        """False where the hospital itself says that this is no longer so."""
        if self.type == "Location":
            return bool(self.content.status != "inactive")
        return self.content.active is not False


class Bundle:
    """Finds resources by kind and by reference; every problem goes to `draft`."""

    def __init__(self, document: Mapping[str, Any], name: str, draft: Draft) -> None:
        self._draft = draft
        self._known: dict[str, Resource] = {}
        self._resources: list[Resource] = []
        for number, (full_url, raw) in enumerate(_entries(document, name), start=1):
            kind, local = _kind_and_id(raw)
            own = local or full_url.rpartition(":")[2].rpartition("/")[2]
            where = f"{name}, {kind}/{local}" if local else f"{name}, entry {number} ({kind})"
            container = own or f"entry-{number}"
            self._add(raw, own, where, container, [full_url, f"{kind}/{local}" if local else ""])
            for part in _mappings(raw.get("contained")):
                kind, local = _kind_and_id(part)
                inside = f"{where}, contained {kind}/{local}"
                self._add(part, f"{container}.{local}", inside, container, [f"{container}#{local}"])

    def of(self, kind: str) -> list[Resource]:
        """The resources of a kind that are in use, as they come."""
        return [each for each in self._resources if each.type == kind and each.in_use]

    def follow(self, source: Resource, field: str, reference: Any, *kinds: str) -> Resource | None:
        """What `reference`, found in `field` of `source`, points to; None where that is out of use.

        None, with a problem noted, where it points to nothing or to something of another kind.
        """
        where = f"{source.where}, {field}"
        if not reference.reference:
            shown = f" ({reference.display})" if reference.display else ""
            self._draft.problems.append(f"{where}: there is no reference{shown}; add 'reference'")
            return None
        found = self._find(source, reference.reference)
        if not found:
            close = get_close_matches(reference.reference, self._known, n=2)
            advice = f"the closest there: {', '.join(close)}" if close else "add it to the Bundle"
            self._draft.problems.append(
                f"{where}: there is no {reference.reference[:200]!r} in the Bundle; {advice}"
            )
        elif found.type not in kinds:
            self._draft.problems.append(
                f"{where}: {reference.reference!r} is a {found.type}; this should be a {' or '.join(kinds)}"
            )
        else:
            return found if found.in_use else None
        return None

    def _find(self, source: Resource, reference: str) -> Resource | None:
        if reference.startswith("#"):
            return self._known.get(source.container + reference)
        unversioned = reference.split("/_history/")[0]
        return self._known.get(unversioned) or self._known.get(
            "/".join(unversioned.split("/")[-2:])
        )

    def _add(
        self, raw: Mapping[str, Any], own_id: str, where: str, container: str, references: list[str]
    ) -> None:
        kind, _ = _kind_and_id(raw)
        if kind not in _READ:
            return
        model, elements = _READ[kind]
        content, problems = validated(model, {each: raw[each] for each in elements if each in raw})
        self._draft.problems += [where + problem for problem in problems]
        if content:
            resource = Resource(kind, own_id, where, content, container)
            self._resources.append(resource)
            for reference in filter(None, references):
                self._known.setdefault(reference, resource)


def _kind_and_id(raw: Mapping[str, Any]) -> tuple[str, str]:
    kind, local = raw.get("resourceType"), raw.get("id")
    return str(kind) if kind else "", local if isinstance(local, str) else ""


def _entries(document: Mapping[str, Any], name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if document.get("resourceType") != "Bundle":
        given = document.get("resourceType")
        raise InvalidCatalogue(
            [f"{name}, resourceType: this is {given!r:.60}; put it into a Bundle"]
        )
    if document.get("type") not in _BUNDLES:
        given = document.get("type")
        raise InvalidCatalogue(
            [f"{name}, type: {given!r:.60} cannot be read; use {', '.join(_BUNDLES)}"]
        )
    if any(link.get("relation") == "next" for link in _mappings(document.get("link"))):
        raise InvalidCatalogue(
            [f"{name}, link: more pages follow; put all entries into one Bundle"]
        )
    for entry in _mappings(document.get("entry")):
        full_url, resource = entry.get("fullUrl"), entry.get("resource")
        yield (
            full_url if isinstance(full_url, str) else "",
            resource if isinstance(resource, Mapping) else {},
        )


def _mappings(value: object) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []
