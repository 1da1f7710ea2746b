"""The beds of the house as others ask for them: a text to read on the telephone, and FHIR Locations (XML: bed_have.py).

Rules kept here:
  * Numbers, and no patient: it may be read aloud, and sent to who coordinates the region.
  * Free beds are those that the ward's own board shows. Of a ward whose beds nobody named nothing is said to be free.
  * The emergency department is who is there, whichever ward shows them; levels stand as they were written.
  * Each answer says how far the messages have been read: its reader knows how old it is.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Literal

from msgspec import Struct

from contrefeu.chart import Board, WardSummary
from contrefeu.fhir import Json

EMERGENCY = "urn:contrefeu:emergency"  # extension of the house: patients, unsorted, unseen, and each level (integers)
BEDS = "urn:contrefeu:beds"  # extension of a Location: parts known, free, patients, coming, leaving (integers)
_WARD = "http://terminology.hl7.org/CodeSystem/location-physical-type"


class WardBeds(Struct, frozen=True):
    """The beds of one ward."""

    id: str
    name: str
    known: int  # 0: nobody named its beds
    free: int
    patients: int
    coming: int  # planned for the next days
    leaving: int  # discharges that were announced
    isolated: int


class EmergencyState(Struct, frozen=True):
    """Who is in the emergency department, in numbers."""

    patients: int
    unsorted: int  # without a triage level
    unseen: int  # for whom no doctor is named yet
    levels: dict[str, int]  # as they were written: scales differ


class BedStatus(Struct, frozen=True):
    """The beds of the house."""

    facility: str
    as_of: str  # RFC 3339: how far the messages have been read
    wards: list[WardBeds]
    exercise: bool = False
    emergency: EmergencyState | None = None  # None: nobody is there

    def total(self, name: str) -> int:
        """The sum of a number over the wards."""
        return sum(getattr(ward, name) for ward in self.wards)


def ward_beds(ward: WardSummary, board: Board) -> WardBeds:
    """Return what a ward's own board says of its beds."""
    return WardBeds(
        id=ward.id,
        name=ward.name,
        known=ward.beds,
        free=len(board.free_beds),
        patients=len(board.rows),
        coming=len(board.coming),
        leaving=sum(bool(row.leaves) for row in board.rows),
        isolated=sum(bool(row.isolation) for row in board.rows),
    )


def bed_status(facility: str, found: Sequence[tuple[WardSummary, Board]]) -> BedStatus:
    """Return the beds of the house, of each ward and its board."""
    boards = [board for _, board in found]
    as_of = min((board.as_of.time for board in boards if board.as_of.time), default="")
    exercise = any(board.world == "T" for board in boards)
    return BedStatus(
        facility, as_of, [ward_beds(ward, board) for ward, board in found], exercise, _emergency_state(boards)
    )


def _emergency_state(boards: Sequence[Board]) -> EmergencyState | None:
    there = [row.emergency for board in boards for row in board.rows if row.stay_class == "EMER"]
    if not there:
        return None
    levels = Counter(one.level for one in there if one is not None and one.level)
    return EmergencyState(
        patients=len(there),
        unsorted=len(there) - levels.total(),
        unseen=sum(one is None or not one.doctor for one in there),
        levels=dict(sorted(levels.items())),
    )


_WORDS: dict[str, tuple[str, str]] = {
    "exercise": ("EXERCICE, EXERCICE, EXERCICE. Ces lits sont fictifs.", "EXERCISE, EXERCISE, EXERCISE. No real beds."),
    "head": (
        "{facility} : lits, d’après ce qui était reçu le {at}.",
        "{facility}: beds, from what had come in by {at}.",
    ),
    "total": ("En tout : lits libres {free} ; patients {patients}.", "In all: beds free {free}; patients {patients}."),
    "ward": (
        "{ward} : libres {free} sur {known} ; patients {patients} ; attendus {coming} ; sorties annoncées {leaving}.",
        "{ward}: free {free} of {known}; patients {patients}; expected {coming}; discharges announced {leaving}.",
    ),
    "unknown": (
        "{ward} : lits non connus ; patients {patients} ; attendus {coming} ; sorties annoncées {leaving}.",
        "{ward}: beds not known; patients {patients}; expected {coming}; discharges announced {leaving}.",
    ),
    "emergency": (
        "Urgences : patients {patients} ; sans médecin encore {unseen} ; sans tri {unsorted}{levels}.",
        "Emergency department: patients {patients}; no doctor yet {unseen}; not triaged {unsorted}{levels}.",
    ),
    "level": (" ; tri {level} : {count}", "; triage {level}: {count}"),
    "end": ("Répétez-moi les nombres, s’il vous plaît.", "Please read the numbers back to me."),
    "nothing": ("rien encore", "nothing yet"),
}


def as_script(status: BedStatus, language: Literal["fr", "en"], moment: Callable[[str], str]) -> str:
    """Return the text to read on the telephone, a line a ward.

    Args:
        status: The beds.
        language: Of the text.
        moment: Says a time as people read it.
    """

    def say(key: str, **values: object) -> str:
        return _WORDS[key][language == "en"].format(**values)

    at = moment(status.as_of) if status.as_of else say("nothing")
    lines = [say("exercise")] if status.exercise else []
    lines.append(say("head", facility=status.facility or "—", at=at))
    lines.append(say("total", free=status.total("free"), patients=status.total("patients")))
    for ward in status.wards:
        values = {name: getattr(ward, name) for name in ("free", "known", "patients", "coming", "leaving")}
        lines.append(say("ward" if ward.known else "unknown", ward=ward.name, **values))
    if (there := status.emergency) is not None:
        levels = "".join(say("level", level=level, count=count) for level, count in there.levels.items())
        lines.append(
            say("emergency", patients=there.patients, unseen=there.unseen, unsorted=there.unsorted, levels=levels)
        )
    return "\n".join([*lines, say("end")]) + "\n"


def as_fhir(status: BedStatus) -> Json:
    """Return a FHIR R4 collection Bundle: a Location for the house and one for each ward, with its numbers.

    R4 has no element for beds in a ward; they stand in an extension of ours, as integers.
    """
    house: Json = {
        "resourceType": "Location", "id": "house", "status": "active", "name": status.facility or "hospital",
        "mode": "instance", "physicalType": {"coding": [{"system": _WARD, "code": "si"}]},
    }  # fmt: skip
    if (there := status.emergency) is not None:
        numbers = {"patients": there.patients, "unsorted": there.unsorted, "unseen": there.unseen}
        levels = {f"level {level}": count for level, count in there.levels.items()}
        house["extension"] = [_counted(EMERGENCY, numbers | levels)]
    found = [house, *(_location(ward) for ward in status.wards)]
    if status.exercise:
        label = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"}
        found = [one | {"meta": {"security": [label]}} for one in found]
    bundle: Json = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in found]}
    return bundle | ({"timestamp": status.as_of} if status.as_of else {})


def _location(ward: WardBeds) -> Json:
    numbers = {"patients": ward.patients, "coming": ward.coming, "leaving": ward.leaving, "isolated": ward.isolated}
    if ward.known:
        numbers |= {"known": ward.known, "free": ward.free}
    return {
        "resourceType": "Location",
        "identifier": [{"system": "urn:contrefeu:ward", "value": ward.id}],
        "status": "active",
        "name": ward.name,
        "mode": "instance",
        "physicalType": {"coding": [{"system": _WARD, "code": "wa"}]},
        "partOf": {"reference": "Location/house"},
        "extension": [_counted(BEDS, numbers)],
    }


def _counted(url: str, numbers: dict[str, int]) -> Json:
    return {"url": url, "extension": [{"url": name, "valueInteger": number} for name, number in numbers.items()]}
