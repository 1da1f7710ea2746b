"""What the chart store answers: plain values that a page, a sheet or a command shows.

Rules kept here:
  * Every answer carries `as_of`: how far the journal had been read (STYLE 1).
  * Times are RFC 3339 text with zone, as in the chart; durations in seconds.
  * `world` is "P" for real patients and "T" for exercises (MSH-11, HL7 table 0103): the two never mix (F33).
"""

from typing import Literal

from msgspec import Struct

World = Literal["P", "T"]


class AsOf(Struct, frozen=True):
    """How far a view has read: the last entry folded, and when it was received."""

    time: str = ""  # RFC 3339; empty before the first entry
    entry: str = ""  # journal/sequence


class FeedStatus(Struct, frozen=True):
    """One sender, as its entries show it."""

    source: str
    received: int
    last: str  # RFC 3339 time of its last entry
    charted: int = 0
    uncharted: int = 0
    duplicates: int = 0


class ChartsStatus(Struct, frozen=True):
    """The chart store at a glance."""

    patients: int
    test_patients: int
    entries: int
    positions: dict[str, int]  # journal -> last sequence folded
    feeds: list[FeedStatus]
    as_of: AsOf


class WardSummary(Struct, frozen=True):
    """One ward on the hospital's board."""

    id: str
    name: str
    patients: int
    beds: int  # beds known; 0 when none is declared
    alerts: int = 0


class DueItem(Struct, frozen=True):
    """A dose, next due: verbatim wording and when (RFC 3339), never guessed."""

    what: str
    at: str
    state: Literal["due", "late", "coming", "unknown"]
    resource: str  # "MedicationRequest/id"


class BoardRow(Struct, frozen=True):
    """One patient on a ward's board."""

    id: str  # chart id
    bed: str
    room: str
    ward: str
    family: str  # birth name first (F25)
    given: str
    used: str  # used name when it differs
    birth_date: str
    sex: str  # FHIR administrative gender
    identifiers: list[str]
    admitted: str
    allergies: list[str]  # wording, verbatim
    allergies_state: Literal["listed", "none-known", "no-source", "conflict"]
    alerts: list[str]
    due: list[DueItem]
    critical: int  # results flagged critical in the last 72 h
    abnormal: int
    last_change: str  # RFC 3339 received time of the last entry
    confidential: bool = False


class Board(Struct, frozen=True):
    """One ward, or the whole hospital when `ward` is empty."""

    ward: str
    name: str
    world: World
    rows: list[BoardRow]
    free_beds: list[str]
    as_of: AsOf
    feeds: list[FeedStatus]


class PatientHit(Struct, frozen=True, rename={"birth_date": "birthDate"}):
    """One patient found by a search."""

    id: str
    name: str
    birth_date: str
    identifiers: list[str]
    ward: str
    bed: str
    sex: str = ""
    world: World = "P"
    state: str = ""  # "in", "left", "deceased", ""


class ExportResult(Struct, frozen=True):
    """What an export wrote."""

    resources: dict[str, int]
    patients: int
    seconds: float
    charts_sha256: str
