"""The ledger: what each chart must hold, kept beside the messages and never read out of them.

Rules kept here:
  * Plain frozen values, independent of everything that reads messages: no import of hl7, mapping, fhir or chart.
  * A fact enters the ledger in the same instant as the message that tells it is sent: a chart cannot hold what nobody
    has said, and must hold all that was.
  * An object (a stay, a prescription, a result) is called by its owner's number, written "authority|value"; what is
    said last of it holds, and what was said before of a result's value is kept beside it.
  * Two numbers that were merged are one patient: facts told under either are that patient's.
  * A time is as exact as its sender wrote it: one that writes minutes has its seconds cut off here too.
"""

from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

from msgspec import Struct

NEVER = -1

Block = Literal[
    "identity",
    "stay",
    "allergy",
    "none-known",
    "problem",
    "order",
    "prescription",
    "dispense",
    "dose",
    "result",
    "report",
    "document",
    "appointment",
]


class TruePlace(Struct, frozen=True):
    """Where a patient lies: PV1-3 components 1 to 3; no room and no bed for whoever waits in the corridor."""

    ward: str
    room: str = ""
    bed: str = ""


class TrueIdentity(Struct, frozen=True):
    """Who somebody is."""

    birth_name: str
    used_name: str
    given: tuple[str, ...]  # all given names, each once, in their order
    birth_date: str  # YYYY-MM-DD
    sex: str  # HL7 table 0001: F, M
    national: str = ""  # INS or national number; "" when none was sent
    qualified: str = ""  # PID-32: VALI, PROV; "" where the style has none
    dead: bool = False
    died_ns: int = NEVER
    mother: str = ""  # her local number, "authority|value"


class TrueStay(Struct, frozen=True):
    """One visit. Of a cancelled one nothing is asserted but that it is."""

    visit: str  # PV1-19, "authority|value"
    status: Literal["planned", "in-progress", "on-leave", "finished", "cancelled"]
    patient_class: str  # HL7 table 0004: E, I; "" when cancelled
    admitted_ns: int = NEVER
    left_ns: int = NEVER
    place: TruePlace | None = None  # where the patient is now; None when planned, gone or cancelled
    unit: str = ""  # responsible unit (ZBE-7), France only


class TrueAllergy(Struct, frozen=True):
    """One allergy, standing or taken back."""

    id: str  # IAM-7 "authority|value"; "" when its sender numbers none (then one code is one allergy)
    code: str  # SNOMED CT
    text: str
    kind: str  # HL7 table 0127
    severity: str  # HL7 table 0128
    reaction: str
    removed: bool = False


class TrueProblem(Struct, frozen=True):
    """One problem (PRB) or diagnosis of a stay (DG1)."""

    id: str  # PRB-4, "authority|value"; "" for a diagnosis: its stay and its code name it
    kind: Literal["problem", "diagnosis"]
    code: str  # ICD-10
    text: str
    status: Literal["active", "resolved", "removed"] = "active"


class TrueOrder(Struct, frozen=True):
    """A request for tests or images."""

    placer: str  # "authority|value"
    code: str
    text: str
    status: Literal["active", "completed", "revoked"]
    ordered_ns: int


class TruePrescription(Struct, frozen=True):
    """A prescription as it stands now."""

    number: str  # placer, "authority|value"
    code: str  # of the house's list of drugs
    text: str
    dose: str  # verbatim; dose and unit are "" when each step has its own (taper)
    unit: str
    route: str  # HL7 table 0162
    status: Literal["active", "stopped"]
    start_ns: int
    words: str  # as the prescriber wrote the schedule
    rate: str = ""  # of an infusion, verbatim
    rate_unit: str = ""
    steps: tuple[tuple[str, str], ...] = ()  # of a taper: dose and unit of each, verbatim, in order


class TrueDispense(Struct, frozen=True):
    """What the pharmacy handed out."""

    prescription: str
    number: int
    at_ns: int
    amount: str


class TrueDose(Struct, frozen=True):
    """One administration."""

    prescription: str  # its placer's number
    number: int  # RXA-2
    code: str
    text: str
    at_ns: int
    amount: str  # verbatim; "" when nothing was given
    unit: str
    status: Literal["given", "part", "refused", "withdrawn"]
    reason: str = ""


class TrueResult(Struct, frozen=True):
    """One result line as it stands now, and the values that it had before."""

    filler: str  # of its report, "authority|value"; "" for a measure outside any order
    panel: str  # OBR-4.1; "" for a measure outside any order
    code: str  # LOINC
    sub: str  # OBX-4
    text: str  # the value verbatim ("<5" for an SN; lines of a text joined by a new line)
    unit: str
    flag: str  # HL7 table 0078, OBX-8
    range: str
    status: str  # HL7 table 0085, OBX-11
    at_ns: int  # when it was measured or taken (OBX-14, else OBR-7)
    earlier: tuple[str, ...] = ()  # other values that were said before, oldest first


class TrueReport(Struct, frozen=True):
    """A report of laboratory, microbiology or imaging: the head of its results."""

    filler: str
    placer: str  # "" when nobody ordered it
    code: str
    title: str
    section: str  # HL7 table 0074
    status: str  # HL7 table 0123, OBR-25
    text: str = ""  # of an imaging report or of microbiology: what a reader sees, verbatim


class TrueDocument(Struct, frozen=True):
    """A document (MDM)."""

    id: str  # TXA-12, "authority|value"
    code: str  # LOINC
    title: str
    status: Literal["current", "superseded", "withdrawn"]
    written_ns: int
    text: str = ""  # verbatim; "" when it is a file
    pdf_sha256: str = ""  # hex; "" when it is text
    replaces: str = ""


class TrueAppointment(Struct, frozen=True):
    """A slot in theatre or clinic."""

    id: str  # placer, "authority|value"
    what: str  # local code
    text: str
    room: str  # AIL-3, its components joined by a space
    start_ns: int
    minutes: int
    status: Literal["booked", "fulfilled", "cancelled"]


class TruePatient(Struct, frozen=True):
    """All that one chart must hold."""

    number: str  # current local number, "authority|value": it names the chart
    old_numbers: tuple[str, ...]
    identity: TrueIdentity
    place: TruePlace | None
    stays: tuple[TrueStay, ...]
    allergies: tuple[TrueAllergy, ...]
    none_known: bool  # "no known allergy" was said and not taken back
    problems: tuple[TrueProblem, ...]
    orders: tuple[TrueOrder, ...]
    prescriptions: tuple[TruePrescription, ...]
    dispenses: tuple[TrueDispense, ...]
    doses: tuple[TrueDose, ...]
    results: tuple[TrueResult, ...]
    reports: tuple[TrueReport, ...]
    documents: tuple[TrueDocument, ...]
    appointments: tuple[TrueAppointment, ...]

    @property
    def present(self) -> bool:
        """Whether the patient lies (or waits) in a ward now."""
        return self.place is not None


class Fact(NamedTuple):
    """One statement, with the number it is told under and the name of its object."""

    number: str
    block: Block
    key: str
    value: Any  # the Struct of the block; bool for "none-known"


class Merged(NamedTuple):
    """*lost* is *survivor* from now on."""

    survivor: str
    lost: str


class Ledger:
    """What was told so far."""

    def __init__(self) -> None:
        self._facts: dict[str, dict[str, tuple[str, Any]]] = {}
        self._identities: dict[str, TrueIdentity] = {}
        self._into: dict[str, str] = {}

    def take(self, told: Iterable[Fact | Merged]) -> None:
        """Take what a message tells, in the instant it is sent."""
        for fact in told:
            if isinstance(fact, Merged):
                self._into[fact.lost] = fact.survivor
            elif fact.block == "identity":
                self._identities[fact.number] = fact.value
            else:
                block = self._facts.setdefault(fact.block, {})
                value = fact.value
                if fact.block == "result" and fact.key in block:
                    value = _with_earlier(block[fact.key][1], value)
                block[fact.key] = (fact.number, value)

    def survivor(self, number: str) -> str:
        """The number that answers for *number* today."""
        while number in self._into:
            number = self._into[number]
        return number

    def patients(self) -> tuple[TruePatient, ...]:
        """Every patient, by number."""
        old: dict[str, list[str]] = {}
        for number in self._into:
            old.setdefault(self.survivor(number), []).append(number)
        held: dict[str, dict[str, list[Any]]] = {}
        for block, objects in self._facts.items():
            for number, value in objects.values():
                held.setdefault(self.survivor(number), {}).setdefault(block, []).append(value)
        return tuple(
            _patient(number, tuple(sorted(old.get(number, ()))), self._identities[number], held.get(number, {}))
            for number in sorted(self._identities)
            if number not in self._into
        )


def _patient(number: str, old: tuple[str, ...], identity: TrueIdentity, held: dict[str, list[Any]]) -> TruePatient:
    stays: tuple[TrueStay, ...] = tuple(held.get("stay", ()))
    return TruePatient(
        number=number,
        old_numbers=old,
        identity=identity,
        place=next((stay.place for stay in stays if stay.place is not None), None),
        stays=stays,
        allergies=tuple(held.get("allergy", ())),
        none_known=any(held.get("none-known", ())),
        problems=tuple(held.get("problem", ())),
        orders=tuple(held.get("order", ())),
        prescriptions=tuple(held.get("prescription", ())),
        dispenses=tuple(held.get("dispense", ())),
        doses=tuple(held.get("dose", ())),
        results=tuple(held.get("result", ())),
        reports=tuple(held.get("report", ())),
        documents=tuple(held.get("document", ())),
        appointments=tuple(held.get("appointment", ())),
    )


def _with_earlier(old: TrueResult, new: TrueResult) -> TrueResult:
    earlier = old.earlier if old.text == new.text else (*old.earlier, old.text)
    return TrueResult(
        new.filler,
        new.panel,
        new.code,
        new.sub,
        new.text,
        new.unit,
        new.flag,
        new.range,
        new.status,
        new.at_ns,
        earlier,
    )
