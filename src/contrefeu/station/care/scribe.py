"""Who writes, when and where, and what their entry looks like.

Rules kept here:
  * One form sent is one entry: a FHIR collection Bundle whose resources name the patient by the number of the chart.
  * Each resource says which station wrote it and that station's own time, with its offset (S7). Who wrote it is the
    entry's source; the name beside is for readers of the resource alone.
  * A form sent twice (a click too many, an answer that was lost) says the same objects: they are called by the form's
    own number, made when it was shown, and what was typed. Typed otherwise they are others: nothing is written over.
  * An object that the chart holds already is named by its id, and all of it is said again: an entry can be read alone.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any
from uuid import UUID, uuid5

from contrefeu.chart import WRITTEN, Chart
from contrefeu.fhir import Json, encode, exercise
from contrefeu.mapping import OBJECT

OURS = "urn:ietf:rfc:3986"  # system of the identifiers of what was made here: a UUID each
_NAMES = UUID("6e1f3c52-6f0f-5c0a-9a70-0c6d5d1b7a11")  # of objects of forms, among all name-based UUIDs
_NEW = {"url": "id", "valueString": ""}  # of a step that is said for the first time
_OF_A_PATIENT = frozenset({"AllergyIntolerance", "RelatedPerson"})  # whose subject is called so
_SAID_ELSEWHERE = frozenset({"resourceType", "id", "meta", "identifier", "subject", "patient", "extension"})


@dataclass(frozen=True, slots=True)
class Scribe:
    """Somebody who writes at this station, now."""

    login: str
    name: str
    station: str
    now_ns: int
    zone: tzinfo
    say: Callable[[str], str]  # words of the catalogue in the node's language: what an entry says is read by all

    @property
    def now(self) -> datetime:
        """The station's own time."""
        return datetime.fromtimestamp(self.now_ns // 1_000_000_000, UTC).astimezone(self.zone)

    @property
    def at(self) -> str:
        """The same as FHIR writes it."""
        return self.now.isoformat(timespec="seconds")

    @property
    def author(self) -> Json:
        """A Reference to the person."""
        return {"identifier": {"system": "urn:contrefeu:login", "value": self.login}, "display": self.name}


def bundle(chart: Chart, scribe: Scribe, once: str, resources: Sequence[Mapping[str, Any]]) -> bytes:
    """Return the body of the entry that says *resources* of the patient of *chart*.

    Args:
        chart: Of the patient.
        scribe: Who writes.
        once: The number of the form that was filled in, and what was typed.
        resources: Each with its type; without id, meta and subject.
    """
    authority, _, number = chart.key.partition("|")
    subject = {"identifier": {"system": f"urn:id:{authority}", "value": number}}
    made = [_signed(one, scribe, f"{chart.id}/{once}/{place}", subject) for place, one in enumerate(resources)]
    if chart.world == "T":
        made = [exercise(one) for one in made]
    return encode(
        {
            "resourceType": "Bundle",
            "type": "collection",
            "timestamp": scribe.at,
            "entry": [{"resource": one} for one in made],
        }
    )


def changed(resource: Mapping[str, Any], **elements: Any) -> Json:
    """Return an object of a chart with *elements* changed, to be said again."""
    system, _, _ = OBJECT.partition("|")
    kept = {name: value for name, value in resource.items() if name not in _SAID_ELSEWHERE}
    extensions = [one for one in resource.get("extension", []) if not str(one.get("url")).startswith("urn:contrefeu:")]
    more = {"extension": extensions} if extensions else {}
    number = {"system": system, "value": str(resource["id"])}
    return {"resourceType": resource["resourceType"], "identifier": [number], **kept, **more, **elements}


def _signed(one: Mapping[str, Any], scribe: Scribe, name: str, subject: Json) -> Json:
    found = dict(one)
    if found["resourceType"] == "Patient":
        return {"identifier": [subject["identifier"]], **found}  # absent says nothing: an extension would replace all
    if "identifier" not in found:
        found["identifier"] = [{"system": OURS, "value": f"urn:uuid:{uuid5(_NAMES, name)}"}]
    if found["resourceType"] == "Encounter":
        found["extension"] = [_numbered(one, name) for one in found["extension"]]
    parts = [{"url": "station", "valueString": scribe.station}, {"url": "at", "valueDateTime": scribe.at}]
    found["extension"] = [*found.get("extension", []), {"url": WRITTEN, "extension": parts}]
    found.setdefault("patient" if found["resourceType"] in _OF_A_PATIENT else "subject", subject)
    return found


def _numbered(movement: Json, name: str) -> Json:
    """A step of a stay with its id: of one that is new, what the form gives it."""
    parts = [one | {"valueString": f"{uuid5(_NAMES, name)}"} if one == _NEW else one for one in movement["extension"]]
    return movement | {"extension": parts}
