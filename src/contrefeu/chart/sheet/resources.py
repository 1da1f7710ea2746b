"""A chart laid out for a page: its resources by type and by reference, and who spoke of each block.

How a resource is read stands in `contrefeu.chart`, where boards and charts in a terminal read it too.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from contrefeu.base import rfc3339
from contrefeu.chart import Chart, Resource, earlier, kept_resources, present_resources, source_of

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Heard:
    """A feed, and when it last spoke of a block."""

    source: str
    when: str  # RFC 3339, received


class Laid:
    """Resources by type and by reference, and what was made of them: once, however often a chart is looked at."""

    def __init__(self, resources: Iterable[Resource], version: str = "", before: "Laid | None" = None) -> None:
        """Lay out *resources*.

        Args:
            resources: Of a chart; nobody changes them.
            version: Of it; "" when nobody can tell it from another.
            before: An earlier version, which may have some of these very objects.
        """
        self.version = version
        self._each: dict[str, dict[int, tuple[Resource, Any]]] = {}
        self._before = before._each if before is not None else {}
        self.by_type: dict[str, list[Resource]] = {}
        self.by_reference: dict[str, Resource] = {}
        self._made: dict[str, Any] = {}
        for resource in resources:
            self.by_type.setdefault(resource["resourceType"], []).append(resource)
            self.by_reference[f"{resource['resourceType']}/{resource.get('id', '')}"] = resource

    def once(self, name: str, make: Callable[[], Made]) -> Made:
        """Return what *make* made of these resources, and of nothing else, under *name*."""
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]  # type: ignore[no-any-return]  # what `make` gave

    def each(self, name: str, resources: Iterable[Resource], make: Callable[[Resource], Made]) -> list[Made]:
        """Return what *make* makes of each of these resources, and of it alone, under *name*.

        What it made of an object that the version before had too, it is not asked for again.
        """
        known, kept, made = self._before.pop(name, {}), {}, []
        for resource in resources:
            found = known.get(id(resource))
            if found is None or found[0] is not resource:
                found = resource, make(resource)
            kept[id(resource)] = found
            made.append(found[1])
        self._each[name] = kept
        return made


class Sheet:
    """One chart: its resources, by type and by reference."""

    minute: int | None = None  # since 1970, for the whole of which it holds; None when for `now_ns` alone

    def __init__(self, chart: Chart, now_ns: int = 0, laid: Laid | None = None) -> None:
        """Lay *chart* out as it stands at *now_ns*; *laid* is what was laid out of it before, the same version."""
        self.chart = chart
        self.now_ns = now_ns
        self.laid = laid or Laid(kept_resources(chart))
        self._present = Laid(present_resources(chart, now_ns))

    def once(self, name: str, make: Callable[[], Made]) -> Made:
        """Return what *make* made of this sheet, and of nothing else, under *name*."""
        return self._present.once(name, make)

    @property
    def present(self) -> Mapping[str, Resource]:
        """The patient and the stays, by reference: what the clock changes."""
        return self._present.by_reference

    def all(self, *types: str) -> list[Resource]:
        """Return every resource of these types."""
        return [one for name in types for laid in (self._present, self.laid) for one in laid.by_type.get(name, ())]

    def everything(self) -> list[Resource]:
        """Return every resource."""
        return list((self._present.by_reference | self.laid.by_reference).values())

    def get(self, reference: Any) -> Resource | None:
        """Return the resource that a FHIR Reference names, if the chart has it."""
        if not isinstance(reference, Mapping):
            return None
        name = str(reference.get("reference", "")).removeprefix("urn:uuid:")
        return self.laid.by_reference.get(name) or self._present.by_reference.get(name)

    @property
    def patient(self) -> Resource:
        """The patient; an empty resource while no message has said who they are."""
        return next(iter(self.all("Patient")), {"resourceType": "Patient"})

    @property
    def sources(self) -> set[str]:
        """Every entry (journal/sequence) that a line of this chart comes from."""
        lists = [*self._present.by_type.values(), *self.laid.by_type.values()]
        known = {ref for resources in lists for found in resources for ref in _sources(found)}
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
