"""A chart as anybody gets it: the resources of an export, by type and by id, and how their elements are read.

Rules kept here:
  * Read from what anybody gets (`contrefeu export`), never from the store: what is compared is what is shown.
"""

import json
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

from contrefeu.base import parse_rfc3339
from contrefeu.drill.ledger import NEVER

Json = dict[str, Any]


class Charted:
    """One chart's resources, by type and by id."""

    def __init__(self, resources: Iterable[Json]) -> None:
        self.by_id: dict[str, Json] = {}
        self.by_type: dict[str, list[Json]] = {}
        for resource in resources:
            self.by_id[f"{resource['resourceType']}/{resource['id']}"] = resource
            self.by_type.setdefault(resource["resourceType"], []).append(resource)

    @property
    def patient(self) -> Json:
        """The Patient."""
        return self.by_type["Patient"][0]

    def all(self, kind: str) -> list[Json]:
        """Every resource of a type."""
        return self.by_type.get(kind, [])

    def number_of(self, reference: str, system: str = "") -> str:
        """The owner's number of the resource that *reference* names; "" when it is in no chart."""
        found = self.by_id.get(reference)
        return number_of(found, system) if found is not None else ""


def read_export(folder: Path) -> list[Charted]:
    """Read what `contrefeu export` wrote, one `Charted` a patient."""
    held: dict[str, list[Json]] = {}
    for path in sorted(folder.glob("*.ndjson")):
        with path.open(encoding="utf-8") as lines:
            for text in lines:
                resource = json.loads(text, parse_float=Decimal)
                held.setdefault(owner_of(resource), []).append(resource)
    return [Charted(resources) for resources in held.values()]


def owner_of(resource: Json) -> str:
    """Id of the patient that a resource is about."""
    if resource["resourceType"] == "Patient":
        return str(resource["id"])
    named = resource.get("subject") or resource.get("patient")
    if named is None:
        actors = (one["actor"].get("reference", "") for one in resource["participant"])
        named = {"reference": next(actor for actor in actors if actor.startswith("Patient/"))}
    return str(named["reference"]).removeprefix("Patient/")


def numbers_of(patient: Json) -> tuple[str, ...]:
    """Local numbers of a Patient."""
    return tuple(called(one) for one in patient.get("identifier", []) if not is_national(one) and type_of(one) != "AN")


def is_national(identifier: Json) -> bool:
    """Whether it is a national number."""
    return type_of(identifier).startswith(("INS", "NI"))


def number_of(resource: Json, system: str = "") -> str:
    """The owner's number of a resource: its first identifier."""
    return next((called(one) for one in resource.get("identifier", []) if system in one.get("system", "")), "")


def filler_of(report: Json) -> str:
    """Its own number: the last one (the placer's goes first)."""
    return called(report["identifier"][-1]) if report.get("identifier") else ""


def called(identifier: Json) -> str:
    """A number as "authority|value"."""
    system = str(identifier.get("system", ""))
    authority = identifier.get("assigner", {}).get("display") or system.removeprefix("urn:id:")
    return f"{authority}|{identifier.get('value', '')}"


def type_of(identifier: Json) -> str:
    """What kind of number it is."""
    return code_of(identifier.get("type"))


def code_of(concept: Json | None) -> str:
    """The first code of a concept; "" for none."""
    return str(((concept or {}).get("coding") or [{}])[0].get("code", ""))


def text_of(concept: Json | None) -> str:
    """The words of a concept; "" for none."""
    return str((concept or {}).get("text", ""))


def ns_of(text: Any) -> int:
    """A time in nanoseconds; NEVER for none."""
    return parse_rfc3339(str(text)) if text else NEVER
