"""The gap: what the journals hold and a restored system lacks, by patient, type, ward and day (R2).

    entries = present + missing + different
    older   of these missing, how many the restored system has an earlier word of

Rules kept here:
  * Each entry is looked at once, and nothing grows with their number but a sealed table on disk and, in memory, the
    patients of whom something is missing.
  * `entries` are those that a restored system could hold. Acts, audit, repeats, exercises, withdrawn entries, what
    is of nobody's care (F46) and what no key opens are counted apart (`kept_here`), each with its line in the findings.
  * A finding names its entry; it never quotes it.
  * That people, or a rule, said that two numbers are one patient's is an act that a restored system lacks until it was
    told (`Ledger.tells`), or its resources show it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from msgspec import Struct, field

from contrefeu.acts import IdentitiesLinked
from contrefeu.base import rfc3339
from contrefeu.capture import Item
from contrefeu.chart import AUDIT, STATION, Chart, kind_of, place_of, steps_in_force, to_bundle
from contrefeu.fhir import decode
from contrefeu.hl7 import Message, NotHl7
from contrefeu.journal import MEDIA_ACT, MEDIA_CARRIED, MEDIA_FHIR, MEDIA_HL7V2, MEDIA_SEALED, Entry
from contrefeu.mapping import PEOPLE, Reading
from contrefeu.recovery.asked import Asked
from contrefeu.recovery.compared import Compared
from contrefeu.recovery.findings import COMPARED, Finding, LinesFile, State
from contrefeu.recovery.holdings import Listed, Unreadable
from contrefeu.recovery.ledger import Ledger
from contrefeu.recovery.likeness import Likeness, Marks
from contrefeu.recovery.queries import says_anything, shown
from contrefeu.recovery.resources import Resources
from contrefeu.recovery.scratch import Scratch
from contrefeu.recovery.ward_messages import link_of
from contrefeu.recovery.whose import PATIENTS_KEPT, Numbers, Whose

Held = Callable[[], Iterable[Item | Listed | Unreadable]]
_EXTRA = "extra"
_LISTED = ("", "", "", "")  # a control id says nothing of patient, type, ward and day
MERGE = "ADT^A40"  # as what a link is told


class ChartIds(Numbers, Protocol):
    """What the gap asks the charts."""

    def entry(self, ref: str) -> Entry | None:
        """One entry; None when it is withdrawn."""
        ...

    def chart(self, id: str) -> Chart | None:
        """One chart, by its id."""
        ...


class PatientGap(Struct):
    """One patient."""

    id: str  # chart id; "" for entries that name nobody whom a chart knows
    missing: int = 0
    different: int = 0
    extra: int = 0
    types: Counter[str] = field(default_factory=Counter)
    wards: Counter[str] = field(default_factory=Counter)
    days: Counter[str] = field(default_factory=Counter)


class Gap(Struct):
    """What a comparison found."""

    against: str
    since: str
    at: str
    until: dict[str, int]
    entries: int = 0
    present: int = 0
    missing: int = 0
    different: int = 0
    extra: int = 0
    held: int = 0  # messages of the restored system
    kept_here: Counter[str] = field(default_factory=Counter)
    types: dict[str, Counter[str]] = field(default_factory=dict)  # type -> state -> how many
    wards: dict[str, Counter[str]] = field(default_factory=dict)
    days: dict[str, Counter[str]] = field(default_factory=dict)
    patients: list[PatientGap] = field(default_factory=list)
    older: int = 0  # of what is missing: an earlier word stands there; only resources show it
    unasked: int = 0  # that queries show nothing of: neither present nor missing
    unreadable: list[Unreadable] = field(default_factory=list)
    findings: str = ""  # digest of the file that names them


class Sources(Struct, frozen=True):
    """Where a comparison reads."""

    entries: Callable[[], Iterator[Entry]]  # of all journals, in hybrid order
    closed: Callable[[], Iterable[str]]  # entries that no key opened, once all were read
    held: Held
    charts: ChartIds
    ledger: Ledger
    read: Callable[[Entry], Reading]  # what an entry says
    hides: bool  # whether anything is withdrawn
    drill: bool  # whether this home is an exercise's
    nobodies: frozenset[str] = frozenset()  # chart ids of honey patients (F46)
    asked: Asked | None = None  # the same as `held`, where a system is asked by queries
    own_source: str = ""  # who the messages that we write are from, as their readers call it
    doubted: Callable[[Entry], bool] = lambda _: False  # whether an entry is looked at before it goes back (R5)


def find_gap(sources: Sources, gap: Gap, table: Scratch, findings: Path) -> Gap:
    """Fill *gap*, and write the findings to *findings*; *table* was made of `compared.TABLES`."""
    likeness = Likeness()
    compared = Compared(table, likeness, Resources(table, likeness))
    compared.hold(sources.held())
    for control_id in sources.ledger.sent_as():
        compared.sent_as(control_id)
    file = LinesFile(findings)
    try:
        _Walk(sources, gap, compared, file).all()
        gap.findings = file.close()
    except BaseException:
        file.drop()
        raise
    gap.held, gap.unreadable = compared.items, compared.unreadable
    return gap


class _Walk:
    """One pass over the entries."""

    def __init__(self, sources: Sources, gap: Gap, compared: Compared, file: LinesFile) -> None:
        self._sources = sources
        self._gap = gap
        self._compared = compared
        self._file = file
        self._patients: dict[str, PatientGap] = {}
        self._whose = Whose(sources.charts)
        self._ward_of = lru_cache(maxsize=PATIENTS_KEPT)(self._where)

    def all(self) -> None:
        """Look at everything; twice, when the restored system was written out in FHIR."""
        resources = self._compared.resources
        if resources.count:
            for entry in self._sources.entries():
                if not is_own(entry):
                    resources.hear(self._shown(self._sources.read(entry))[0], self._whose.named_by)
        for entry in self._sources.entries():
            self._entry(entry)
        for ref in self._sources.closed():
            self._keep(Finding(ref, "closed"))
        for item in self._compared.unknown(self._sources.held()):
            self._extra(*(self._described(item)[:4] if isinstance(item, Item) else _LISTED))
        for kind, patient, day in resources.unknown():
            self._extra(patient, f"FHIR {kind}", self._ward_of(patient), day)
        self._gap.patients = sorted(self._patients.values(), key=lambda one: (-one.missing - one.different, one.id))

    def _extra(self, patient: str, kind: str, ward: str, day: str) -> None:
        if patient not in self._sources.nobodies:
            self._gap.extra += 1
            self._count(_EXTRA, patient, kind, ward, day)

    def _entry(self, entry: Entry) -> None:
        if is_own(entry):
            self._own(entry)
            return
        if self._is_nobodys(entry):
            self._keep(Finding(entry.ref, "nobodys"))
            return
        state, marks = self._compared.state(entry.media_type, entry.body)
        if entry.media_type == MEDIA_SEALED:
            pass  # its outline is no resource to compare: it is there by its name, or somebody looks
        elif self._sources.asked is not None:
            state = self._by_answers(entry) if state in COMPARED else state
        elif self._compared.resources.count:
            judged = self._compared.resources.judge(self._sources.read(entry))
            state = judged if state in COMPARED else state
        if state is None:
            self._gap.entries += 1
            self._gap.present += 1
        elif state in COMPARED:
            self._lacking(entry, state, marks)
        elif state == "unasked":
            self._unasked(entry)
        else:
            self._keep(Finding(entry.ref, state))

    def _own(self, entry: Entry) -> None:
        """An act: a union is compared, and is there where the other side shows as much (it has no such message)."""
        link = link_of(entry)
        if link is None or not self._sources.ledger.tells(entry.ref):
            self._keep(Finding(entry.ref, "act"))
        elif self._shows(link):
            self._gap.entries += 1
            self._gap.present += 1
        else:
            self._lacking(entry, "missing", Marks(0, 0))

    def _shows(self, link: IdentitiesLinked) -> bool:
        """Whether resources there are of one patient, or of two, as *link* says; answers to queries do not show it."""
        resources, chart = self._compared.resources, self._sources.charts.chart(link.survivor)
        if chart is None or not resources.count or self._sources.asked is not None:
            return False
        patient = to_bundle(chart)["entry"][0]["resource"]
        return resources.united(patient, link.lost, link.survivor) != link.undo

    def _unasked(self, entry: Entry) -> None:
        patient, kind, ward, day, world = self._described(entry)
        if world == "T" and not self._sources.drill:
            self._keep(Finding(entry.ref, "exercise"))
            return
        self._gap.unasked += 1
        self._gap.types.setdefault(kind, Counter())["unasked"] += 1
        self._file.add(Finding(entry.ref, "unasked", patient, kind, ward=ward, day=day))

    def _shown(self, reading: Reading) -> tuple[Reading, bool]:
        """What of a reading the other side can show, and whether that is all."""
        asked = self._sources.asked
        return (reading, True) if asked is None else shown(reading, asked.shows)

    def _by_answers(self, entry: Entry) -> State | None:
        """What answers to queries say of an entry; what they do not show is neither there nor missing."""
        asked, reading = self._sources.asked, self._sources.read(entry)
        part, whole = self._shown(reading)
        state = self._compared.resources.judge(part)
        if asked is None or not asked.answers_for(reading) or not says_anything(part):
            return "unasked"
        return state if state is not None or whole else "unasked"

    def _lacking(self, entry: Entry, state: State, marks: Marks) -> None:
        patient, kind, ward, day, world = self._described(entry)
        if world == "T" and not self._sources.drill:
            self._keep(Finding(entry.ref, "exercise"))
            return
        if self._sources.hides and self._sources.charts.entry(entry.ref) is None:
            self._keep(Finding(entry.ref, "withdrawn"))
            return
        sent = self._sources.ledger.outcome(entry.ref)
        self._gap.entries += 1
        if self._is_there_in_our_words(entry.ref):
            self._gap.present += 1
            return
        if state == "missing":
            self._gap.missing += 1
            self._gap.older += self._is_older(entry)
        else:
            self._gap.different += 1
        self._count(state, patient, kind, ward, day)
        review = self._sources.doubted(entry)
        whose = entry.source if review else ""
        self._file.add(Finding(entry.ref, state, patient, kind, marks.control_id, ward, day, sent, review, whose))

    def _is_older(self, entry: Entry) -> bool:
        """Whether the other side shows an earlier word of what *entry* says; files of messages show no state."""
        resources = self._compared.resources
        return bool(resources.count) and resources.is_older(self._shown(self._sources.read(entry))[0])

    def _is_there_in_our_words(self, ref: str) -> bool:
        """Whether what was written of an entry (`ward_messages`) is there: it says the same in another language."""
        own = self._sources.own_source
        return any(self._compared.holds(own, sent_as) for sent_as in self._sources.ledger.accepted_as(ref))

    def _is_nobodys(self, entry: Entry) -> bool:
        """Whether all whom *entry* names are honey patients."""
        if not self._sources.nobodies:
            return False
        reading = self._sources.read(entry)
        keys = [one.keys[0] for part in (reading, *reading.also) for one in part.subjects if one.keys]
        return bool(keys) and all(self._whose.chart_of(key) in self._sources.nobodies for key in keys)

    def _keep(self, finding: Finding) -> None:
        self._gap.kept_here[finding.state] += 1
        self._file.add(finding)

    def _count(self, state: str, patient: str, kind: str, ward: str, day: str) -> None:
        gap = self._gap
        for table, name in ((gap.types, kind), (gap.wards, ward), (gap.days, day)):
            table.setdefault(name, Counter())[state] += 1
        one = self._patients.setdefault(patient, PatientGap(patient))
        if state == _EXTRA:
            one.extra += 1
            return
        one.missing += state == "missing"
        one.different += state == "different"
        one.types[kind] += 1
        one.wards[ward] += 1
        one.days[day] += 1

    def _described(self, found: Entry | Item) -> tuple[str, str, str, str, str]:
        """Patient, type, ward, day, world."""
        entry = found if isinstance(found, Entry) else Entry("", 0, 0, 0, found.source, found.media_type, found.body)
        reading, link = self._sources.read(entry), link_of(entry)
        patient = self._whose(entry, reading)
        day = rfc3339(entry.received_ns)[:10] if entry.received_ns else ""
        if entry.source.startswith(PEOPLE) or entry.journal.endswith(STATION):
            return patient, MERGE if link else kind_of(reading), self._ward_of(patient), day, reading.world
        return patient, reading.kind, _ward(entry), day, reading.world

    def _where(self, patient: str) -> str:
        """Where somebody lies, or lay last: who types it there."""
        chart = self._sources.charts.chart(patient) if patient else None
        return "" if chart is None else (place_of(chart) or last_place(chart) or [""])[0]


def is_own(entry: Entry) -> bool:
    """Whether *entry* says what people did here or who looked at what, or is another node's to compare.

    No other system ever held the former; what a ward's journal carries stands in the journals of the hospital's node.
    """
    if entry.media_type in {MEDIA_ACT, MEDIA_CARRIED} or entry.journal.endswith(AUDIT):
        return True
    if entry.media_type != MEDIA_FHIR or not entry.journal.endswith(STATION) or b'"AuditEvent"' not in entry.body:
        return False
    resource = decode(entry.body)
    return isinstance(resource, dict) and resource.get("resourceType") == "AuditEvent"


def last_place(chart: Chart) -> list[str]:
    """Where the last step that names a place led."""
    steps = [one.movement for stay in chart.stays.values() for one in steps_in_force(stay) if one.movement.place]
    return max(steps, key=lambda one: one.at_ns).place if steps else []


def _ward(found: Entry) -> str:
    """Where the message says that the patient is (PV1-3); "" when it does not say."""
    if found.media_type != MEDIA_HL7V2:
        return ""
    try:
        return Message.parse(found.body).text("PV1", 3)
    except NotHl7:
        return ""
