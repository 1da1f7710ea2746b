"""Reading a chart's resources (FHIR R4 as plain values): the few questions that every block of a page asks.

Rules kept here:
  * Numbers stay decimals, with the digits they came with (F5).
  * What is absent is "" or None, never a made-up value.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contrefeu.base import parse_rfc3339, rfc3339
from contrefeu.chart import Chart, to_bundle

Resource = Mapping[str, Any]

SOURCE_PREFIX = "urn:contrefeu:entry:"
EARLIER = "urn:contrefeu:earlier"  # extension: a value that was replaced


@dataclass(frozen=True, slots=True)
class Heard:
    """A feed, and when it last spoke of a block."""

    source: str
    when: str  # RFC 3339, received


class Sheet:
    """One chart: its resources, by type and by reference."""

    def __init__(self, chart: Chart) -> None:
        self.chart = chart
        resources = [entry["resource"] for entry in to_bundle(chart)["entry"]]
        self._by_type: dict[str, list[Resource]] = {}
        self._by_reference: dict[str, Resource] = {}
        for resource in resources:
            self._by_type.setdefault(resource["resourceType"], []).append(resource)
            self._by_reference[f"{resource['resourceType']}/{resource.get('id', '')}"] = resource

    def all(self, *types: str) -> list[Resource]:
        """Return every resource of these types."""
        return [resource for name in types for resource in self._by_type.get(name, [])]

    def get(self, reference: Any) -> Resource | None:
        """Return the resource that a FHIR Reference names, if the chart has it."""
        if not isinstance(reference, Mapping):
            return None
        return self._by_reference.get(str(reference.get("reference", "")).removeprefix("urn:uuid:"))

    @property
    def patient(self) -> Resource:
        """The patient; an empty resource while no message has said who they are."""
        return next(iter(self.all("Patient")), {"resourceType": "Patient"})

    @property
    def sources(self) -> set[str]:
        """Every entry (journal/sequence) that a line of this chart comes from."""
        known = {ref for resources in self._by_type.values() for found in resources for ref in _sources(found)}
        return known | {unread.ref for unread in self.chart.unread}

    def heard(self, *blocks: str) -> list[Heard]:
        """Return who spoke of these blocks, the latest first; nobody when no feed ever did for this patient (F1)."""
        latest: dict[str, int] = {}
        for block in blocks:
            for source, received_ns in self.chart.heard.get(block, {}).items():
                latest[source] = max(latest.get(source, 0), received_ns)
        order = sorted(latest.items(), key=lambda spoken: (-spoken[1], spoken[0]))
        return [Heard(source, rfc3339(received_ns)) for source, received_ns in order]


def source_of(resource: Resource) -> str:
    """Return the entry that last set *resource*: journal/sequence."""
    source = str((resource.get("meta") or {}).get("source", ""))
    return source.removeprefix(SOURCE_PREFIX).partition("#")[0] if source.startswith(SOURCE_PREFIX) else ""


def earlier(resource: Resource) -> list[tuple[Resource, str]]:
    """Return the versions that *resource* replaced, the newest first: what stands in each, and its entry."""
    versions: list[tuple[Resource, str]] = []
    for extension in reversed(resource.get("extension") or []):
        if extension.get("url") == EARLIER:
            parts = {part.get("url"): part for part in extension.get("extension") or []}
            source = str(parts.get("source", {}).get("valueUri", "")).removeprefix(SOURCE_PREFIX)
            status = str(parts.get("status", {}).get("valueCode", ""))
            versions.append(({**parts.get("value", {}), "status": status}, source))
    return versions


def _sources(resource: Resource) -> list[str]:
    return [ref for ref in (source_of(resource), *(source for _, source in earlier(resource))) if ref]


def concept(value: Any) -> str:
    """Return a CodeableConcept as words: its text, else a display, else a code."""
    if not isinstance(value, Mapping):
        return ""
    if value.get("text"):
        return str(value["text"])
    codings = value.get("coding") or []
    return next((str(found[key]) for key in ("display", "code") for found in codings if found.get(key)), "")


def concepts(values: Any) -> str:
    """Return CodeableConcepts as words."""
    return ", ".join(filter(None, map(concept, values or [])))


def codes(value: Any) -> list[str]:
    """Return the codes of a CodeableConcept."""
    found = value.get("coding", []) if isinstance(value, Mapping) else []
    return [str(coding["code"]) for coding in found if coding.get("code")]


def quantity(value: Any) -> str:
    """Return a Quantity as it was sent."""
    if not isinstance(value, Mapping) or value.get("value") is None:
        return ""
    return f"{value.get('comparator', '')}{value['value']}"


def unit(value: Any) -> str:
    """Return the unit of a Quantity."""
    return str(value.get("unit") or value.get("code") or "") if isinstance(value, Mapping) else ""


def amount(value: Any) -> str:
    """Return a Quantity with its unit."""
    return f"{quantity(value)} {unit(value)}".strip()


def display(reference: Any) -> str:
    """Return the words of a Reference."""
    if not isinstance(reference, Mapping):
        return ""
    if reference.get("display"):
        return str(reference["display"])
    return str((reference.get("identifier") or {}).get("value", ""))


def notes(resource: Resource) -> list[str]:
    """Return the annotations of *resource*."""
    return [str(note["text"]) for note in resource.get("note") or [] if note.get("text")]


def first(resource: Resource, *names: str) -> str:
    """Return the first of these elements that is there, as text; "period.start" goes one level down."""
    for name in names:
        value: Any = resource
        for part in name.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if value:
            return str(value)
    return ""


def instant(text: str) -> int:
    """Return the instant (ns) that a FHIR dateTime names, the first one of a day, month or year; -1 for none.

    Two senders write one moment in two zones: times compare as instants, never as text.
    """
    parts = text.split("-")
    whole = text if len(parts) > 2 else "-".join([*parts, "01", "01"][:3])
    try:
        return parse_rfc3339(whole)
    except ValueError:
        return -1


def newest(resources: Iterable[Resource], *names: str) -> list[Resource]:
    """Return *resources*, the newest first by the first of these elements; those without a time last."""
    return sorted(resources, key=lambda one: (instant(first(one, *names)), str(one.get("id"))), reverse=True)


def status_of(resource: Resource) -> str:
    """Return the clinical or workflow status."""
    status = resource.get("clinicalStatus") or resource.get("status") or ""
    return next(iter(codes(status)), "") if isinstance(status, Mapping) else str(status)


def is_error(resource: Resource) -> bool:
    """Whether its sender took it back."""
    return "entered-in-error" in (*codes(resource.get("verificationStatus")), str(resource.get("status", "")))


def listed(values: Sequence[str]) -> str:
    """Return words without repeats, in order."""
    return ", ".join(dict.fromkeys(filter(None, values)))
