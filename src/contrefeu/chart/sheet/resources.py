"""A chart laid out for a page: its resources by type and by reference, and who spoke of each block.

How a resource is read stands in `contrefeu.chart`, where boards and charts in a terminal read it too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contrefeu.base import rfc3339
from contrefeu.chart import Chart, Resource, earlier, source_of, to_bundle


@dataclass(frozen=True, slots=True)
class Heard:
    """A feed, and when it last spoke of a block."""

    source: str
    when: str  # RFC 3339, received


class Sheet:
    """One chart: its resources, by type and by reference."""

    def __init__(self, chart: Chart, now_ns: int = 0) -> None:
        self.chart = chart
        self.now_ns = now_ns
        resources = [entry["resource"] for entry in to_bundle(chart, now_ns)["entry"]]
        self._by_type: dict[str, list[Resource]] = {}
        self._by_reference: dict[str, Resource] = {}
        for resource in resources:
            self._by_type.setdefault(resource["resourceType"], []).append(resource)
            self._by_reference[f"{resource['resourceType']}/{resource.get('id', '')}"] = resource

    def all(self, *types: str) -> list[Resource]:
        """Return every resource of these types."""
        return [resource for name in types for resource in self._by_type.get(name, [])]

    def everything(self) -> list[Resource]:
        """Return every resource."""
        return list(self._by_reference.values())

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


def _sources(resource: Resource) -> list[str]:
    return [ref for ref in (source_of(resource), *(source for _, source in earlier(resource))) if ref]
