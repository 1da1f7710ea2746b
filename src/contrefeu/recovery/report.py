"""The account of every entry of every journal (DESIGN S14).

    entries = present + replayed + merged + set_aside + kept_here + unaccounted

Rules kept here:
  * Every entry up to a journal's head, as it stood when the account began, is counted once; the sum is compared with
    the heads, not with what was read.
  * What nobody compared, what waits, what is in doubt and what was rejected is unaccounted: silence is not presence.
  * What was accepted by a target is replayed, though a later comparison finds it there. What that one does not find is
    unaccounted, until somebody who looked at the target says that it is there, or sets it aside.
  * Whoever lacked something is named, though nothing of theirs is lacking any more: somebody looks, and signs (R7).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal, Protocol, get_args

from msgspec import Struct, field
from msgspec.structs import replace

from contrefeu.acts import AccountDrawn, GapTaken, PathAccount, PatientAccount, WardAccount
from contrefeu.base import parse_rfc3339
from contrefeu.chart import STATION, kind_of
from contrefeu.journal import MEDIA_CARRIED, Entry
from contrefeu.mapping import Rules, read
from contrefeu.recovery.findings import COMPARED, KEPT_HERE, Finding
from contrefeu.recovery.gap import is_own
from contrefeu.recovery.ledger import Ledger
from contrefeu.recovery.scratch import Scratch
from contrefeu.recovery.ward_messages import link_of
from contrefeu.recovery.work import minutes_of

Fate = Literal["present", "replayed", "merged", "set_aside", "kept_here", "unaccounted"]
FATES: tuple[Fate, ...] = get_args(Fate)
FOUND_TABLE = "CREATE TABLE found(entry TEXT PRIMARY KEY, state TEXT, patient TEXT, type TEXT, ward TEXT) WITHOUT ROWID"
PATIENTS_MAX = 20_000  # of an account, in the journal: a large hospital's of a month; 1 MB
BACK: frozenset[Fate] = frozenset({"present", "replayed", "merged"})
_LACKED: frozenset[Fate] = frozenset({"replayed", "set_aside"})
_WITHDRAWN = ("withdrawn by two persons", "the data protection officer")


class Told(Struct, frozen=True):
    """One entry's line in the account."""

    entry: str
    fate: Fate
    why: str
    owner: str = ""
    patient: str = ""
    type: str = ""
    ward: str = ""


class Lines(Protocol):
    """Takes the account, line by line."""

    def write(self, told: Told) -> None:
        """Take one entry's line."""
        ...


class Account(Struct):
    """The account."""

    at: str
    against: str = ""
    compared_at: str = ""
    entries: int = 0  # by the journals' heads
    fates: Counter[str] = field(default_factory=Counter)
    journals: dict[str, Counter[str]] = field(default_factory=dict)  # journal -> fate -> how many
    reasons: dict[str, Counter[str]] = field(default_factory=dict)  # fate -> why -> how many
    owners: Counter[str] = field(default_factory=Counter)  # of what was set aside
    wards: dict[str, Counter[str]] = field(default_factory=dict)  # ward -> type -> unaccounted entries
    patients: int = 0  # who have an unaccounted entry
    written: int = 0  # entries that people wrote here, of patients
    written_back: int = 0  # of these, there again without anybody's typing
    ways: dict[str, PathAccount] = field(default_factory=dict)  # way back -> what was written for it
    of_patients: dict[str, Counter[Fate]] = field(default_factory=dict)  # chart id -> fate -> entries it lacked

    @property
    def counted(self) -> int:
        """Entries that have a fate."""
        return sum(self.fates.values())

    @property
    def sound(self) -> bool:
        """Whether every entry of every journal is accounted for."""
        return self.counted == self.entries and not self.fates["unaccounted"]


class Accountant:
    """Gives each entry its fate."""

    def __init__(
        self,
        table: Scratch,
        ledger: Ledger,
        account: Account,
        way_of: Callable[[str], str] = lambda _: "data",
        whose: Callable[[Entry], str] = lambda _: "",
    ) -> None:
        """*way_of* says by which way a kind of entry goes back, *whose* the chart of whom one is about."""
        self._way_of = way_of
        self._whose = whose
        self._table = table
        self._ledger = ledger
        self._gap: GapTaken | None = ledger.gap
        self._account = account
        self._patients: set[str] = set()

    def take_findings(self, found: Iterable[Finding]) -> None:
        """Take what the last comparison found."""
        for one in found:
            row = (one.entry, one.state, one.patient, one.type, one.ward)
            self._table.run("INSERT OR REPLACE INTO found VALUES(?, ?, ?, ?, ?)", row)

    def count(
        self, heads: Mapping[str, int], entries: Iterable[Entry], closed: Callable[[], Iterable[str]],
        lists: Sequence[Lines] = (),
    ) -> Account:  # fmt: skip
        """Count everything; each of *lists* takes each entry's line."""
        account = self._account
        account.entries = sum(heads.values())
        for entry in entries:
            told = self._named(entry, self._fate(entry))
            self._add(entry.ref, told, lists)
            if told.fate != "kept_here" and entry.journal.endswith(STATION):
                account.written += 1
                account.written_back += told.fate in BACK
                self._add_way(entry, told)
        for ref in closed():
            self._add(ref, Told(ref, "unaccounted", "no key here opens it"), lists)
        account.patients = len(self._patients)
        return account

    def _named(self, entry: Entry, told: Told) -> Told:
        """*told* with its patient, where it was lacking once: the last comparison names none of these."""
        lacked = told.fate in _LACKED or (told.fate != "kept_here" and entry.journal.endswith(STATION))
        if told.patient or not lacked or (told.why, told.owner) == _WITHDRAWN:
            return told
        return replace(told, patient=self._whose(entry))

    def _add_way(self, entry: Entry, told: Told) -> None:
        """Count what people wrote by its way back."""
        kind = told.type or kind_of(read(entry, Rules().of(entry.source)))
        way, left = self._way_of(kind), told.fate == "unaccounted"
        before = self._account.ways.get(way, PathAccount(way, 0, 0, 0, 0.0))
        self._account.ways[way] = PathAccount(
            way,
            before.written + 1,
            before.back + (told.fate in BACK),
            before.left + left,
            before.minutes + (minutes_of({kind: 1}) if left else 0.0),
        )

    def _add(self, ref: str, told: Told, lists: Sequence[Lines]) -> None:
        account, journal = self._account, ref.rpartition("/")[0]
        account.fates[told.fate] += 1
        account.journals.setdefault(journal, Counter())[told.fate] += 1
        account.reasons.setdefault(told.fate, Counter())[told.why] += 1
        if told.patient:
            account.of_patients.setdefault(told.patient, Counter())[told.fate] += 1
        if told.fate == "set_aside":
            account.owners[told.owner] += 1
        elif told.fate == "unaccounted":
            account.wards.setdefault(told.ward, Counter())[told.type] += 1
            self._patients |= {told.patient} - {""}
        for one in lists:
            one.write(told)

    def _fate(self, entry: Entry) -> Told:
        ref = entry.ref
        if entry.media_type == MEDIA_CARRIED:
            return Told(ref, "kept_here", "carried here for the ward; the hospital's node accounts for it")
        if is_own(entry) and not (link_of(entry) is not None and self._ledger.tells(ref)):
            return Told(ref, "kept_here", "what people did here, and who looked at what")
        outcome = self._ledger.outcome(ref)
        if outcome == "accepted" and (self._ledger.stands(ref) or not self._lacks(ref)):
            return replace(self._found(ref, outcome), fate="replayed", why="the target accepted it")
        aside = self._ledger.aside(ref)
        if aside is not None:
            return Told(ref, "set_aside", *aside)
        if self._gap is None or entry.sequence > self._gap.until.get(entry.journal, 0):
            return Told(ref, "unaccounted", "not compared: received after the last comparison, or there was none")
        if self._gap.since and entry.received_ns < self._since_ns():
            return Told(ref, "unaccounted", "not compared: the comparison began later")
        return self._found(ref, outcome)

    def _lacks(self, ref: str) -> bool:
        """Whether the last comparison looked for an entry and did not find it as it is."""
        found = self._table.row("SELECT state FROM found WHERE entry = ?", (ref,))
        return found is not None and found[0] in COMPARED

    def _found(self, ref: str, outcome: str) -> Told:
        found = self._table.row("SELECT state, patient, type, ward FROM found WHERE entry = ?", (ref,))
        return Told(ref, "present", "the restored system holds it") if found is None else _told(ref, outcome, *found)

    def _since_ns(self) -> int:
        assert self._gap is not None, "asked for its beginning"
        return parse_rfc3339(self._gap.since)


def _told(ref: str, outcome: str, state: str, patient: str, kind: str, ward: str) -> Told:
    if state == "echo":
        return Told(ref, "merged", "what was sent back, said to us again")
    if state == "withdrawn":
        return Told(ref, "set_aside", *_WITHDRAWN)
    if state in KEPT_HERE:
        return Told(ref, "kept_here", state)
    state = "not compared: the answers to our queries do not show it" if state == "unasked" else state
    why = {
        "accepted": "accepted, and not there",
        "unanswered": "sent, and no answer",
        "rejected": "sent, and rejected",
    }.get(outcome, state)
    return Told(ref, "unaccounted", why, "", patient, kind, ward)


def drawn(account: Account) -> AccountDrawn:
    """Return the act that says *account*."""
    lacking = sorted(account.of_patients.items(), key=lambda one: (-one[1]["unaccounted"], one[0]))
    wards = [
        WardAccount(ward, sum(kinds.values()), minutes_of(kinds), dict(kinds))
        for ward, kinds in sorted(account.wards.items())
    ]
    listed = [
        PatientAccount(chart, fates["unaccounted"], sum(fates[fate] for fate in BACK))
        for chart, fates in lacking[:PATIENTS_MAX]
    ]
    return AccountDrawn(
        account.at,
        account.against,
        account.entries,
        {fate: account.fates[fate] for fate in FATES},
        account.written,
        account.written_back,
        wards,
        listed,
        len(lacking) - len(listed),
        [account.ways[way] for way in sorted(account.ways)],
    )
