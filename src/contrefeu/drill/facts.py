"""What the house knows of its patients: registrations, stays, orders, prescriptions, reports.

The simulator's own state. Speakers write it down as messages, the ledger writes it down as truth; neither reads the
other's words.
"""

from dataclasses import dataclass, field

from contrefeu.drill.clinical import Drug, Panel, Test
from contrefeu.drill.patients import Person
from contrefeu.drill.rooms import Place, Worker

NEVER = -1


@dataclass(slots=True, eq=False)
class Registration:
    """One local number (IPP, MRN) and the person it was given to."""

    number: str
    person: Person
    status: str  # PID-32 in France: PROV, VALI
    merged_into: "Registration | None" = None
    mother: "Registration | None" = None
    birth_order: int = 0
    dead_ns: int = NEVER

    def survivor(self) -> "Registration":
        """The registration that answers for this one today."""
        return self.merged_into.survivor() if self.merged_into else self


@dataclass(slots=True)
class Movement:
    """One step of a stay (ZBE-1)."""

    number: str
    event: str
    at_ns: int
    place: Place
    unit: str


@dataclass(slots=True, eq=False)
class Stay:
    """One visit."""

    visit: str
    account: str
    registration: Registration
    kind: str  # emergency, inpatient
    place: Place
    doctor: Worker
    reason: str
    diagnosis: tuple[str, str]  # ICD-10 code and text
    status: str = "planned"  # planned, in-progress, finished, cancelled
    expected_ns: int = NEVER
    admitted_ns: int = NEVER
    left_ns: int = NEVER
    died: bool = False
    movements: list[Movement] = field(default_factory=list)
    prescriptions: "list[Prescription]" = field(default_factory=list)
    orders: "list[Order]" = field(default_factory=list)
    documents: "list[Document]" = field(default_factory=list)
    allergies: "list[Allergy]" = field(default_factory=list)
    none_known: bool = False
    problems: "list[Problem]" = field(default_factory=list)
    weight: str = ""
    epoch: int = 0  # grows when the stay ends: care that was planned before knows that it is off

    @property
    def ward(self) -> str:
        """Code of the ward."""
        return self.place.ward


@dataclass(slots=True, eq=False)
class Allergy:
    """One allergy, with the number that its owner gave it (IAM-7)."""

    number: str
    code: str
    text: str
    text_en: str
    kind: str  # HL7 table 0127: DA, FA, EA
    severity: str  # HL7 table 0128: SV, MO, MI
    reaction: str
    at_ns: int


@dataclass(slots=True, eq=False)
class Problem:
    """One problem (PRB-4)."""

    number: str
    code: str
    text: str
    at_ns: int
    resolved: bool = False


@dataclass(slots=True)
class Value:
    """One result line."""

    test: Test
    text: str  # as it is written: never a float
    kind: str  # HL7 table 0125: NM, ST, SN, TX, CE
    flag: str
    status: str  # HL7 table 0085: P, F, C, X, W
    sub: str = ""
    at_ns: int = NEVER

    @property
    def unit(self) -> str:
        """OBX-6: a sentence in the place of a number has none."""
        return "" if self.kind == "ST" else self.test.unit

    @property
    def range(self) -> str:
        """OBX-7: the same."""
        return "" if self.kind == "ST" else self.test.range


@dataclass(slots=True, eq=False)
class Order:
    """A request for tests or images, and what came of it."""

    placer: str
    filler: str
    panel: Panel
    stay: Stay
    registration: Registration  # as it was when ordered: the laboratory keeps it (F32)
    person: Person  # the same: the laboratory's spelling may be old
    place: Place  # the same: PV1-3 of results is often stale
    ordered_ns: int
    doctor: Worker
    collected_ns: int = NEVER
    status: str = ""  # of the report, HL7 table 0123
    values: list[Value] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Prescription:
    """A drug, how much, how and when."""

    number: str
    drug: Drug
    stay: Stay
    doctor: Worker
    dose: str
    schedule: "Schedule"
    start_ns: int
    end_ns: int = NEVER
    status: str = "active"  # FHIR medicationrequest-status
    pharmacy_number: str = ""
    given: int = 0


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a drug is given. One kind only is filled in."""

    kind: str  # times, every, as-needed, once, infusion, taper
    times: tuple[str, ...] = ()  # wall time, HHMM
    every_hours: int = 0
    rate: str = ""
    rate_unit: str = ""
    steps: tuple[tuple[str, int], ...] = ()  # taper: dose, days
    text: str = ""  # as the prescriber wrote it


@dataclass(slots=True, eq=False)
class Dose:
    """One administration: given, refused, in part, or withdrawn."""

    prescription: Prescription
    number: int
    at_ns: int
    amount: str
    status: str  # RXA-20, HL7 table 0322: CP, RE, PA, NA
    reason: str = ""
    nurse: Worker | None = None


@dataclass(slots=True, eq=False)
class Document:
    """A report."""

    number: str
    code: str
    title: str
    stay: Stay
    author: Worker
    written_ns: int
    text: str
    pdf: bytes = b""
    parent: "Document | None" = None
    status: str = "current"


@dataclass(slots=True, eq=False)
class Appointment:
    """A slot in theatre or in clinic."""

    number: str
    stay: Stay
    what: tuple[str, str]
    room: str
    start_ns: int
    minutes: int
    doctor: Worker
    status: str = "booked"
