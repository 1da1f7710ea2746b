"""What a message says, once it was read: the only thing that the fold sees of it.

Rules kept here:
  * A reading names who it is about by keys ("authority|value"), best first; when it names no patient it may say by
    which visit or order one can be found (`hints`).
  * What a message says and we cannot chart is in `loss`, by place, never by content.
  * Nothing here is a decision about a chart: which of two statements holds is the fold's (docs/spec/charts-v1.md).
"""

from typing import Literal

from msgspec import Struct, field

from contrefeu.fhir import Json
from contrefeu.hospital import feed_of
from contrefeu.mapping.loss import Loss

OBJECT = "urn:contrefeu:object|"
SPECIMEN = "urn:contrefeu:specimen"  # system of the number on a specimen's label
WRITTEN = "urn:contrefeu:written"  # extension: people here wrote it; at which station, by that station's clock
RELEASED = "urn:contrefeu:released"  # extension: this entry ends a hold; what is said of the line later leaves it out
SEALED_TO = "urn:contrefeu:sealed-to"  # extension: this document is opened by the words of the role it names (F45)
SEEN = "seen"  # part of WRITTEN: the last act of each station that its author's chart held
"""Begins the key of a `Said` about an object that the chart holds already: its id stands behind."""

PEOPLE = "user/"  # begins the source of what people do here; no feed's begins so

Ensemble = Literal["replace", "update"]
"""Whether a statement is all of its object (a result line), or what changed of it (an order's status)."""


class Subject(Struct, frozen=True):
    """One patient that a message is about."""

    keys: list[str]  # identity keys, the local number first; the first one names the chart
    hints: list[str] = []  # "visit:...", "order:...": how to find the patient when there is no key


class Link(Struct, frozen=True):
    """Two numbers that are one patient, or are not after all."""

    kind: Literal["merge", "unmerge"]
    survivor: str
    lost: str


class Said(Struct, frozen=True):
    """One object of a chart, as this message states it."""

    kind: str  # FHIR resource type
    key: str  # what the object is called by its owner: the id is derived from it
    resource: Json  # without id and meta
    at_ns: int = 0  # when its owner says it was so; 0 when nothing is said
    mode: Ensemble = "replace"
    names: list[str] = []  # hints that this object answers to from now on


class Movement(Struct, frozen=True):
    """One step of a stay (ADT; IHE PAM ZBE)."""

    visit: str  # key of the stay
    id: str  # of the movement
    action: Literal["insert", "update", "cancel"]
    kind: str  # "plan", "admit", "transfer", "leave", "return", "discharge", "class", "delete"
    at_ns: int
    at: str  # the same as FHIR writes it
    historic: bool = False
    cancels: str = ""  # the kind of movement that this one voids ("transfer"...), when it names no id
    place: list[str] = []  # ward, room, bed, facility; empty when not said
    unit: str = ""  # responsible unit
    patient_class: str = ""
    announced: bool = False  # its time is after that of the message: the fold says so
    by: str = ""  # who said it, of people here ("user/<login>"); "" for a feed
    seen: str = ""  # of people here: up to which entry of each journal they had read, "journal/sequence ..."


class Stay(Struct, frozen=True):
    """What a message says of a stay, beside where the patient is."""

    visit: str
    resource: Json  # Encounter without status, class, period, location


class Listed(Struct, frozen=True):
    """A line of one of the hospital's own lists (MFN): a ward, a bed, or somebody who works there."""

    place: list[str] = []  # ward, room, bed; empty for a person
    number: str = ""  # of a person
    name: str = ""  # as people say it; "" when it is not said
    open: bool = True  # False: taken off the list, or out of use


class Reading(Struct):
    """One message, read."""

    journal: str
    sequence: int
    received_ns: int
    hlc: int
    source: str
    kind: str  # "ADT^A01", "FHIR Bundle", "CDA"
    control_id: str = ""
    world: Literal["P", "T"] = "P"
    understood: bool = False
    audit: bool = False  # an act or an audit entry: kept here, never charted
    subjects: list[Subject] = []
    links: list[Link] = []
    at_ns: int = 0  # when the event happened, as its sender says
    said_at_ns: int = 0  # when the message was made
    patient: Json | None = None  # Patient, the elements that were sent
    cleared: list[str] = []  # elements of Patient that were sent as null
    identifies: bool = False  # whether its sender may set the identity (ADT)
    movements: list[Movement] = field(default_factory=list)
    stays: list[Stay] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    loss: list[Loss] = field(default_factory=list)
    listed: list[Listed] = field(default_factory=list)  # of nobody's chart
    also: "list[Reading]" = field(default_factory=list)  # the same message about further patients: charts of their own

    @property
    def ref(self) -> str:
        """The entry."""
        return f"{self.journal}/{self.sequence}"

    @property
    def order(self) -> tuple[int, str, int]:
        """Where it stands among all readings of all journals."""
        return (self.hlc, self.journal, self.sequence)

    def lose(self, where: str, why: str) -> None:
        """Note something that no chart will show."""
        self.loss.append(Loss(where, why))


FACTS = ("allergies", "identity", "location", "prescriptions", "results")
"""What a feed may be declared to set (FIELD F26)."""


class FeedRules(Struct, frozen=True):
    """What is known of a sender beforehand."""

    zone: str = "Europe/Paris"
    authority: str = ""  # of numbers that name none; the sender itself when empty
    charset: str = ""  # instead of MSH-18
    sets: tuple[str, ...] = FACTS  # facts that it may set, in their order
    survivor: Literal["PID", "MRG"] = "PID"  # whose number stays in its merges
    accession: str = "OBR-18"  # where it writes accession numbers, when IPC-1 says none
    daily: bool = False  # whether its control ids begin again each day


class Rules(Struct, frozen=True):
    """What is known of every sender beforehand."""

    default: FeedRules = FeedRules()
    senders: dict[str, FeedRules] = {}

    def of(self, source: str) -> FeedRules:
        """Return what is known of the sender *source*."""
        return self.senders.get(feed_of(source), self.default)
