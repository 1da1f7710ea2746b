"""The account of every entry of every journal (DESIGN S14).

    entries = present + replayed + merged + set_aside + kept_here + unaccounted

Rules kept here:
  * Every entry up to a journal's head, as it stood when the account began, is counted once; the sum is compared with
    the heads, not with what was read.
  * What nobody compared, what waits, what is in doubt and what was rejected is unaccounted: silence is not presence.
  * What was accepted by a target is replayed, though a later comparison finds it there.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Literal, Protocol, get_args

from msgspec import Struct, field

from contrefeu.acts import GapTaken
from contrefeu.base import parse_rfc3339
from contrefeu.journal import Entry
from contrefeu.recovery.findings import KEPT_HERE, Finding
from contrefeu.recovery.gap import is_own
from contrefeu.recovery.ledger import Ledger
from contrefeu.recovery.scratch import Scratch

Fate = Literal["present", "replayed", "merged", "set_aside", "kept_here", "unaccounted"]
FATES: tuple[Fate, ...] = get_args(Fate)
FOUND_TABLE = "CREATE TABLE found(entry TEXT PRIMARY KEY, state TEXT, patient TEXT, type TEXT, ward TEXT) WITHOUT ROWID"
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

    def __init__(self, table: Scratch, ledger: Ledger, account: Account) -> None:
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
        write: Lines | None,
    ) -> Account:  # fmt: skip
        """Count everything; *write* takes each entry's line."""
        account = self._account
        account.entries = sum(heads.values())
        for entry in entries:
            self._add(entry.ref, self._fate(entry), write)
        for ref in closed():
            self._add(ref, Told(ref, "unaccounted", "no key here opens it"), write)
        account.patients = len(self._patients)
        return account

    def _add(self, ref: str, told: Told, write: Lines | None) -> None:
        account, journal = self._account, ref.rpartition("/")[0]
        account.fates[told.fate] += 1
        account.journals.setdefault(journal, Counter())[told.fate] += 1
        account.reasons.setdefault(told.fate, Counter())[told.why] += 1
        if told.fate == "set_aside":
            account.owners[told.owner] += 1
        elif told.fate == "unaccounted":
            account.wards.setdefault(told.ward, Counter())[told.type] += 1
            self._patients |= {told.patient} - {""}
        if write is not None:
            write.write(told)

    def _fate(self, entry: Entry) -> Told:
        ref = entry.ref
        if is_own(entry):
            return Told(ref, "kept_here", "what people did here, and who looked at what")
        outcome = self._ledger.outcome(ref)
        if outcome == "accepted":
            return Told(ref, "replayed", "the target accepted it")
        aside = self._ledger.aside(ref)
        if aside is not None:
            return Told(ref, "set_aside", *aside)
        if self._gap is None or entry.sequence > self._gap.until.get(entry.journal, 0):
            return Told(ref, "unaccounted", "not compared: received after the last comparison, or there was none")
        if self._gap.since and entry.received_ns < self._since_ns():
            return Told(ref, "unaccounted", "not compared: the comparison began later")
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
    why = {"unanswered": "sent, and no answer", "rejected": "sent, and rejected"}.get(outcome, state)
    return Told(ref, "unaccounted", why, "", patient, kind, ward)
