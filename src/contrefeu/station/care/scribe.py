"""Who writes, when and where, and what their entry looks like.

Rules kept here:
  * One form sent is one entry: a FHIR collection Bundle whose resources name the patient by the number of the chart.
  * Each resource says which station wrote it, that station's own time with its offset (S7), and the last act of each
    station that its author's chart held: what was written elsewhere meanwhile is found by it (chart/clashes.py). Who
    wrote it is the entry's source; the name beside is for readers of the resource alone.
  * A form sent twice (a click too many, an answer that was lost) says the same objects: they are called by the form's
    own number, made when it was shown, and what was typed. Typed otherwise they are others: nothing is written over.
  * An object that the chart holds already is named by its id, and all of it is said again: an entry can be read alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any
from uuid import UUID, uuid5

from contrefeu.chart import ACCESSION_TYPE, CONFLICT, EARLIER, SPECIMEN, WRITTEN, Chart, seen_by
from contrefeu.fhir import Json, encode, exercise
from contrefeu.mapping import OBJECT, RELEASED, SEEN
from contrefeu.web import Words

OURS = "urn:ietf:rfc:3986"  # system of the identifiers of what was made here: a UUID each
_NAMES = UUID("6e1f3c52-6f0f-5c0a-9a70-0c6d5d1b7a11")  # of objects of forms, among all name-based UUIDs
_SAID_ELSEWHERE = frozenset({"resourceType", "id", "meta", "identifier", "subject", "patient", "for", "extension"})
_FOLDS = frozenset({CONFLICT, EARLIER, RELEASED, WRITTEN})  # the fold and this module say them anew
_SUBJECTS = {
    "AllergyIntolerance": "patient",
    "RelatedPerson": "patient",
    "Task": "for",
}  # how R4 calls the patient, else "subject"
_LABEL = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no letter that is read as another or as a digit
_LABEL_LENGTH = 9  # characters, 45 bits: two of a hospital's 10,000 labels are alike once in 700,000 outages
_NEW = {"url": "id", "valueString": ""}  # of a step that is said for the first time


@dataclass(frozen=True, slots=True)
class Scribe:
    """Somebody who writes at this station, now."""

    login: str
    name: str
    station: str
    now_ns: int
    zone: tzinfo
    say: Words  # words of the catalogue in the node's language: what an entry says is read by all
    queued: tuple[Json, ...] = ()  # parts of WRITTEN that say that it waited in a browser (care/queued.py)

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
    seen = seen_by(chart)
    made = [_signed(one, scribe, _name(chart, once, place), subject, seen) for place, one in enumerate(resources)]
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


def object_number(chart: Chart, once: str, place: int) -> UUID:
    """Return the number of what is new at *place* among the resources of a form, as `bundle` gives it."""
    return uuid5(_NAMES, _name(chart, once, place))


def _name(chart: Chart, once: str, place: int) -> str:
    return f"{chart.id}/{once}/{place}"


def changed(resource: Mapping[str, Any], **elements: Any) -> Json:
    """Return an object of a chart with *elements* changed, to be said again."""
    system, _, _ = OBJECT.partition("|")
    kept = {name: value for name, value in resource.items() if name not in _SAID_ELSEWHERE}
    extensions = [one for one in resource.get("extension", []) if one.get("url") not in _FOLDS]
    more = {"extension": extensions} if extensions else {}
    number = {"system": system, "value": str(resource["id"])}
    return {"resourceType": resource["resourceType"], "identifier": [number], **kept, **more, **elements}


def said_anew(resource: Mapping[str, Any], **elements: Any) -> Json:
    """Return an object that was made here, to be said whole again: what *elements* do not say is not there any more."""
    kept = {name: resource[name] for name in ("identifier", "category", "code", "subject") if name in resource}
    return {"resourceType": resource["resourceType"], **kept, **elements}


def because(reason: str, resource: Mapping[str, Any]) -> str:
    """Return the remarks of an appointment with why it was changed first (to_hl7/appointments.py reads it there)."""
    return "\n".join(filter(None, (" ".join(reason.split()), str(resource.get("comment", "")))))


def made_here(resource: Mapping[str, Any]) -> bool:
    """Whether an object was made here, not by a feed."""
    return any(number.get("system") == OURS for number in resource.get("identifier") or [])


def _signed(one: Mapping[str, Any], scribe: Scribe, name: str, subject: Json, seen: str) -> Json:
    found = dict(one)
    if found["resourceType"] == "Patient":
        return {"identifier": [subject["identifier"]], **found}  # absent says nothing: an extension would replace all
    given = found.get("identifier", [])
    if all(
        one["system"] == SPECIMEN or one.get("type") == ACCESSION_TYPE for one in given
    ):  # it is new: nothing says yet which one it is
        number = uuid5(_NAMES, name)
        labels = [
            one | {"value": one["value"] or label_of(number)} if one["system"] == SPECIMEN else one for one in given
        ]
        found["identifier"] = [{"system": OURS, "value": f"urn:uuid:{number}"}, *labels]
    if found["resourceType"] == "Encounter":
        found["extension"] = [_numbered(one, name) for one in found["extension"]]
    parts = [
        {"url": "station", "valueString": scribe.station},
        {"url": "at", "valueDateTime": scribe.at},
        *([{"url": SEEN, "valueString": seen}] if seen else []),
        *scribe.queued,
    ]
    found["extension"] = [*found.get("extension", []), {"url": WRITTEN, "extension": parts}]
    if found["resourceType"] == "Appointment":  # names its patient among those who take part
        others = [one for one in found["participant"] if "Patient/" not in str(one["actor"].get("reference", ""))]
        return found | {"participant": [_taking_part({"type": "Patient", **subject}), *others]}
    whom = _SUBJECTS.get(found["resourceType"], "subject")
    if "identifier" not in found.get(whom, {}):  # a chart's id is no number of anybody's
        found[whom] = subject
    return found


def taking_part(kind: str, words: str) -> Json:
    """Return a participant of an appointment who is words alone: a "Location", a "Practitioner"."""
    return _taking_part({"type": kind, "display": words})


def _taking_part(actor: Json) -> Json:
    return {"actor": actor, "status": "accepted"}


def label_of(number: UUID) -> str:
    """Return what is written on the label of a specimen: nine characters, the last one a check of the others."""
    rest, signs = number.int, []
    for _ in range(_LABEL_LENGTH):
        rest, at = divmod(rest, len(_LABEL))
        signs.append(at)
    check = sum((place + 2) * at for place, at in enumerate(signs)) % 31  # a wrong or swapped character is seen
    text = "".join(_LABEL[at] for at in (*signs, check))
    return f"{text[:5]}-{text[5:]}"


def _numbered(movement: Json, name: str) -> Json:
    """A step of a stay with its id: of one that is new, what the form gives it."""
    parts = [one | {"valueString": f"{uuid5(_NAMES, name)}"} if one == _NEW else one for one in movement["extension"]]
    return movement | {"extension": parts}
