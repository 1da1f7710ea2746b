"""What the chart store answers: plain values that a page, a sheet or a command shows.

Rules kept here:
  * Every answer carries `as_of`: how far the journal had been read (STYLE 1).
  * Times are RFC 3339 text with zone, as in the chart; durations in seconds.
  * `world` is "P" for real patients and "T" for exercises (MSH-11, HL7 table 0103): the two never mix (F33).
"""

from typing import Literal

from msgspec import Struct

from contrefeu.chart.disputes import Dispute

World = Literal["P", "T"]
AUDIT = "-audit"  # ends the name of a journal of who looked at what; older homes kept that in the station's
RESTORING = "restoring"  # a store's note of what it lacks (`Restoring`)
STATION = "-station"  # ends the name of a journal in which people act: it holds no feed's word, and no feed an act


# "struck": some were said, and none is in force; "none-known" is what somebody said, and never what is left over
AllergiesState = Literal["listed", "none-known", "no-source", "conflict", "struck"]


class AsOf(Struct, frozen=True):
    """How far a view has read: the last entry of a feed that was folded, and when it was received.

    What people do here (acts, audit) is none: it would make a page look fresh while the feeds are silent.
    """

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
    withdrawn: int = 0  # of the uncharted: hidden by two persons (F41)
    reused: int = 0  # messages whose control id (MSH-10) had been used for other bytes (F29)


class Restoring(Struct, frozen=True):
    """What charts lack whose history is still being restored (partial.py)."""

    since: str  # RFC 3339: what was received from then on is there, of everybody
    read: int  # entries that are there
    of: int  # entries that there are
    present: bool = False  # whether all entries that name the patients who were present are there too


class ChartsStatus(Struct, frozen=True):
    """The chart store at a glance."""

    patients: int
    test_patients: int
    entries: int
    positions: dict[str, int]  # journal -> last sequence folded
    feeds: list[FeedStatus]
    as_of: AsOf
    waiting: int = 0  # entries that somebody's care may depend on and that nobody could be given (F31)
    unread: int = 0  # entries that name nobody and say nothing that a chart holds
    troubles: dict[str, str] = {}  # journal that is not read on -> kind of error
    withdrawn: int = 0  # entries hidden by two persons (F41)
    restoring: Restoring | None = None  # what is not there yet; None: all of it is


class UnplacedEntry(Struct, frozen=True):
    """An entry that stands in no chart: it waits for its patient (F31), or names nobody."""

    ref: str
    source: str
    received: str  # RFC 3339
    why: str
    world: World = "P"  # of whom it speaks, as far as it says so


class WardSummary(Struct, frozen=True):
    """One ward on the hospital's board."""

    id: str
    name: str
    patients: int
    beds: int  # beds known; 0 when none is declared
    alerts: int = 0
    also: list[str] = []  # other names under which feeds speak of it


class WardKnown(Struct, frozen=True):
    """What is known of one name that feeds, lists, settings or people have for a ward, before anybody corrects it."""

    id: str
    patients: int
    listed: str = ""  # its name in the hospital's own list (MFN)
    beds: list[str] = []  # that feeds and the list name
    settled: bool = False  # whether the settings declare it
    settled_name: str = ""
    settled_beds: list[str] = []


class DrugSeen(Struct, frozen=True):
    """A drug that is prescribed to patients who are here, in its sender's words."""

    name: str
    patients: int


class DueItem(Struct, frozen=True):
    """A dose, next due: verbatim wording and when (RFC 3339), never guessed."""

    what: str
    at: str
    state: Literal["due", "late", "coming", "unknown"]
    resource: str  # "MedicationRequest/id"


class Emergency(Struct, frozen=True):
    """What stands of somebody in the emergency department (triage.py)."""

    level: str
    at: str  # RFC 3339
    by: str
    doctor: str = ""
    goes: str = ""


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
    allergies_state: AllergiesState
    alerts: list[str]
    due: list[DueItem]
    critical: int  # results flagged critical in the last 72 h
    abnormal: int
    last_change: str  # RFC 3339 received time of the last entry
    confidential: bool = False
    allergies_struck: int = 0  # allergies that were said and taken back, or are over
    heard: list[str] = []  # blocks that a feed ever spoke of: of any other, "nothing" would be a guess (F1)
    isolation: list[str] = []  # precautions in force, in their author's words; of none, nothing is known
    resuscitation: list[str] = []  # directives and limits of care
    diets: list[str] = []
    left_out: list[str] = []  # foods that the diets that were ordered leave out
    said: list[str] = []  # of isolation, resuscitation, directives, refusal, diet: what somebody spoke of
    to_confirm: list[str] = []  # alerts, as they are worded, whose day of review has come
    deceased: bool = False  # the bed is kept until the departure (F19)
    on_leave: bool = False
    leaves: str = ""  # RFC 3339 time of a discharge that was announced
    comes: str = ""  # RFC 3339 time of a stay that is planned, of who is not there yet
    doubts: list[str] = []  # PID-32 codes that say that the identity is not to be relied on
    dispute: Dispute | None = None  # what people here and a feed say of where the patient lies
    stay_class: str = ""  # FHIR v3-ActCode: EMER is the emergency department
    physician: str = ""  # of the stay
    emergency: Emergency | None = None  # triage level, who sees them, where they go


class Board(Struct, frozen=True):
    """One ward, or the whole hospital when `ward` is empty."""

    ward: str
    name: str
    world: World
    rows: list[BoardRow]
    free_beds: list[str]
    as_of: AsOf
    feeds: list[FeedStatus]
    coming: list[BoardRow] = []  # stays that are planned here, the next one first
    also: list[str] = []  # other names under which feeds speak of the ward


class HoneyChart(Struct, frozen=True):
    """A patient whom nobody has a reason to open, and who is left out of all that is counted (F46)."""

    number: str  # as it was named
    chart: str  # chart id
    ward: str  # where a feed says that they lie; "" for nowhere


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
    leaves: str = ""  # RFC 3339 time of a discharge that was announced


class Person(Struct, frozen=True):
    """Whom a chart is about."""

    n: int  # where it stands among all
    chart: str  # chart id
    key: str  # "authority|value"
    world: World
    patient: bytes  # the FHIR Patient, in JSON


class ExportResult(Struct, frozen=True):
    """What an export wrote."""

    resources: dict[str, int]
    patients: int
    seconds: float
    charts_sha256: str
