"""What people here say of who somebody is and where they lie: FHIR of theirs that no feed may say.

    Encounter   identifier  urn:contrefeu:stay | key of the stay
                extension   urn:contrefeu:movement { id, kind, action, at }
    Patient     identifier  the number that names the chart; one of use "temp" is new, and stays
                link        replaced-by: both numbers are one patient
                extension   urn:contrefeu:parted { valueIdentifier }: they are not after all
                extension   urn:contrefeu:cleared { valueString }: nothing is said of this element any more

Rules kept here:
  * Only entries of people are read so (source "user/..."); from a feed these elements mean nothing.
  * A movement of theirs is one step of a stay, beside those of feeds: none is written over (FIELD F26).
"""

from collections.abc import Callable, Iterator
from typing import Any

from contrefeu.base import parse_rfc3339
from contrefeu.fhir import Json
from contrefeu.mapping.reading import SEEN, WRITTEN, Link, Movement, Stay

STAY = "urn:contrefeu:stay"
MOVEMENT = "urn:contrefeu:movement"
PARTED = "urn:contrefeu:parted"
CLEARED = "urn:contrefeu:cleared"
_PARTS = {"wa": 0, "ro": 1, "bd": 2}
_OF_MOVEMENTS = frozenset({"identifier", "extension", "status", "class", "period", "location"})
_OF_ENTRIES = frozenset({"resourceType", "id", "meta", "subject"})
_KEPT_BY_LINKS = frozenset({"resourceType", "id", "meta", "link", "identifier"})


def movement_of(encounter: Json, by: str) -> tuple[Movement, Stay] | None:
    """Return the movement that an Encounter of people says, and what it says of the stay beside; None for any other."""
    parts = _parts(encounter, MOVEMENT)
    visit = next((str(one["value"]) for one in encounter.get("identifier") or [] if one.get("system") == STAY), "")
    if not parts or not visit:
        return None
    at = str(parts["at"]["valueDateTime"])
    movement = Movement(
        visit,
        str(parts["id"]["valueString"]),
        "cancel" if parts["action"]["valueCode"] == "cancel" else "insert",
        str(parts["kind"]["valueCode"]),
        parse_rfc3339(at),
        at,
        place=_place(encounter),
        patient_class=str((encounter.get("class") or {}).get("code", "")),
        by=by,
        seen=str(_parts(encounter, WRITTEN).get(SEEN, {}).get("valueString", "")),
    )
    beside = encounter.keys() - _OF_MOVEMENTS - _OF_ENTRIES
    return movement, Stay(visit, {name: value for name, value in encounter.items() if name in beside})


def person_of(patient: Json) -> Json:
    """Return what people say of a patient, without what names the chart: they give a number only to somebody new."""
    found = {name: value for name, value in patient.items() if name not in _KEPT_BY_LINKS}
    told = [one for one in found.pop("extension", []) if one.get("url") not in {PARTED, CLEARED}]
    given = [one for one in patient.get("identifier") or [] if one.get("use") == "temp"]
    return found | ({"extension": told} if told else {}) | ({"identifier": given} if given else {})


def cleared(patient: Json) -> list[str]:
    """Return the elements that people take back."""
    return [str(one["valueString"]) for one in patient.get("extension") or [] if one.get("url") == CLEARED]


def parted(patient: Json, keys_of: Callable[[Json], list[str]]) -> Iterator[Link]:
    """Yield which numbers people say are two patients after all."""
    for one in patient.get("extension") or []:
        if one.get("url") == PARTED:
            [own], [other] = keys_of(patient)[:1], keys_of({"identifier": [one["valueIdentifier"]]})[:1]
            yield Link("unmerge", other, own)


def _parts(resource: Json, url: str) -> dict[str, Json]:
    for one in resource.get("extension") or []:
        if one.get("url") == url:
            return {part["url"]: part for part in one.get("extension") or []}
    return {}


def _place(encounter: Json) -> list[str]:
    """Ward, room, bed; [] when the movement goes nowhere else."""
    place = ["", "", ""]
    for one in encounter.get("location") or []:
        kind: Any = one["physicalType"]["coding"][0]["code"]
        place[_PARTS[kind]] = str(one["location"]["display"])
    return place if any(place) else []
