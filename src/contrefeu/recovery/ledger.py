"""What was sent back to whom, and what was set aside: the acts of all stations, folded into a table (decision 0091).

Rules kept here:
  * What a surviving system got live (decision 0225) stays with it: it is not sent to that one again, and it says
    nothing of a restored system, which still gets everything.
  * The journal is the ledger: this table is a view of its acts, filled again by each command.
  * Claimed and not answered is "unanswered": it may have arrived. Accepted stays accepted, whatever is said later.
  * What was accepted is believed to be there until the next comparison has looked (`stands`). What that one does not
    find is there once somebody who looked at the target after it says so.
  * That two numbers are one patient's is told a restored system as long as it stands. Of a number that was given here
    it is told only once something was sent: what goes later goes under the number that stays. One that was told and
    undone since is told too, for a person to part them there.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from contrefeu.acts import (
    ACCEPTED,
    TEMPORARY,
    UNANSWERED,
    Answered,
    EntriesDropped,
    EntriesReleased,
    EntriesSetAside,
    GapTaken,
    IdentitiesLinked,
    MessagesAnswered,
    MessagesClaimed,
    MessagesReleased,
    decode,
)
from contrefeu.journal import MEDIA_ACT, Entry
from contrefeu.recovery.scratch import Scratch

LEDGER_TABLES = (
    "CREATE TABLE sends(entry TEXT, target TEXT, claim TEXT, n INTEGER, code TEXT, sent_as TEXT, gaps INTEGER,"
    " PRIMARY KEY(entry, target)) WITHOUT ROWID",
    "CREATE TABLE tries(entry TEXT, target TEXT, claim TEXT, PRIMARY KEY(entry, target, claim)) WITHOUT ROWID",
    "CREATE TABLE claims(claim TEXT PRIMARY KEY, own INTEGER, target TEXT, address TEXT) WITHOUT ROWID",
    "CREATE INDEX sends_open ON sends(target) WHERE code IS NULL",
    "CREATE TABLE aside(entry TEXT PRIMARY KEY, reason TEXT, owner TEXT) WITHOUT ROWID",
    "CREATE TABLE live(target TEXT PRIMARY KEY) WITHOUT ROWID",  # systems that worked on, and were sent to at once
    "CREATE TABLE released(entry TEXT PRIMARY KEY) WITHOUT ROWID",  # somebody looked at these since
)
LOT = 10_000  # sends that are read at a time: 2 MB
SEEN = "seen"  # instead of MSA-1: somebody saw it in the target
REVIEW = "received between the last clean moment and the detection"
DROPPED = "looked at and dropped: "  # what somebody said stands behind it
Sent = Literal["", "accepted", "rejected", "unanswered"]
_ACCEPTED = "code IN ('AA', 'CA', 'seen')"
_RESTORED = "target NOT IN (SELECT target FROM live)"  # of "any target": those that may be a restored system
_OPEN = f"(code IS NULL OR NOT {_ACCEPTED})"  # what was accepted stays so, whatever is said later
_LINKED = b'{"act":"identities-linked"'
_KINDS = (_LINKED, b'{"act":"messages-', b'{"act":"gap-taken"', b'{"act":"entries-')


class Claim(NamedTuple):
    """Messages that may have been sent, of which no answer is known."""

    claim: str
    entries: dict[int, str]  # by their number in the claim
    own: bool  # whether this station claimed it: what lies beside its journal speaks of no other's


class Aside(NamedTuple):
    """Why an entry was set aside, and who looks at it."""

    reason: str
    owner: str

    @property
    def in_review(self) -> bool:
        """Whether it is to be looked at, and nobody has said what becomes of it."""
        return self.reason == REVIEW

    @property
    def dropped(self) -> bool:
        """Whether somebody looked at it, and said that it does not go back."""
        return self.reason.startswith(DROPPED)


class Standing(NamedTuple):
    """What is known of an entry before it is sent to one target."""

    outcome: Sent
    aside: Aside | None
    stands: bool  # it was accepted, and no comparison has looked since


class Ledger:
    """The sends of every station."""

    def __init__(self, table: Scratch, station: str = "") -> None:
        """*station* names the journal of the station that asks."""
        self._table = table
        self._station = station
        self.gap: GapTaken | None = None  # the last one
        self._gaps = 0  # how many there were so far
        self._accepted = False  # whether any system took anything yet
        self._links: dict[tuple[str, str], tuple[str, str]] = {}  # the pair -> the entry that links, that parts
        self._pairs: dict[str, tuple[str, str]] = {}  # such an entry -> its pair

    def read(self, acts: Iterable[Entry]) -> "Ledger":
        """Take the acts, in the journals' order."""
        for entry in acts:
            if entry.media_type == MEDIA_ACT and entry.body.startswith(_KINDS):
                act = decode(entry.body)
                if isinstance(act, IdentitiesLinked):
                    self._link(entry.ref, act)
                elif isinstance(act, EntriesDropped):
                    self._drop(act, entry.source.removeprefix("user/"))
                else:
                    self.take(act, own=entry.journal == self._station)
        return self

    def tells(self, entry: str) -> bool:
        """Whether the link that *entry* says, or undoes, is to be told a restored system."""
        linked, parted = self._links.get(self._pairs.get(entry, ("", "")), ("", ""))
        return (entry == linked and not parted) or (entry == parted and self.outcome(linked) == "accepted")

    def _link(self, entry: str, act: IdentitiesLinked) -> None:
        ours = act.lost.startswith(f"{TEMPORARY}|") and not self._accepted
        pair = (act.survivor, act.lost)
        if act.undo and pair in self._links:
            self._links[pair] = (self._links[pair][0], entry)
        elif not act.undo and not ours:
            self._links[pair] = (entry, "")
        self._pairs[entry] = pair

    def take(self, act: object, *, own: bool = True) -> None:
        """Take one act, of this station or of another."""
        if isinstance(act, GapTaken):
            self.gap = act
            self._gaps += 1
        elif isinstance(act, MessagesClaimed):
            self._claim(act, own)
        elif isinstance(act, MessagesAnswered):
            self._answer(act.target, act.answers)
        elif isinstance(act, MessagesReleased):
            self._release(act)
        elif isinstance(act, EntriesSetAside):
            for entry in act.entries:
                known = self.aside(entry)
                if known is None or not (known.dropped or known.in_review):  # those are people's to say
                    self._aside(entry, act.reason, act.owner)
        elif isinstance(act, EntriesReleased):
            named = [(entry,) for entry in act.entries]
            self._table.run_each("DELETE FROM aside WHERE entry = ?", named)
            if act.looked_at:
                self._table.run_each("INSERT OR IGNORE INTO released VALUES(?)", named)

    def outcome(self, entry: str, target: str = "") -> Sent:
        """What became of the sending of *entry* to *target*, or to any: accepted by one of them, else the most open."""
        sql = f"SELECT code FROM sends WHERE entry = ? AND (target = ? OR (? = '' AND {_RESTORED}))"  # noqa: S608
        return _outcome([code for (code,) in self._table.rows(sql, (entry, target, target))])

    def standings(self, entries: Sequence[str], target: str) -> list[Standing]:
        """Return how each of *entries* stands with *target*, in one question: a plan has millions."""
        sql = (
            "SELECT named.value, sends.entry IS NOT NULL, code, gaps, reason, owner, live.target"
            " FROM json_each(?) AS named"
            " LEFT JOIN sends ON sends.entry = named.value AND sends.target = ?"
            " LEFT JOIN aside ON aside.entry = named.value LEFT JOIN live ON live.target = sends.target"
        )
        found = {
            entry: Standing(
                _outcome([code] if sent else []),
                None if reason is None else Aside(reason, owner),
                code in ACCEPTED and (gaps == self._gaps or live is not None),
            )
            for entry, sent, code, gaps, reason, owner, live in self._table.rows(sql, (json.dumps(entries), target))
        }
        return [found[entry] for entry in entries]

    def stands(self, entry: str) -> bool:
        """Whether a system accepted *entry*, or somebody saw it there, and no comparison has looked since."""
        sql = f"SELECT 1 FROM sends WHERE entry = ? AND gaps = ? AND {_ACCEPTED} AND {_RESTORED}"  # noqa: S608 - a constant
        return self._table.row(sql, (entry, self._gaps)) is not None

    def tries(self, entry: str, target: str) -> int:
        """Return how often *entry* was sent to *target*, or may have been."""
        row = self._table.row("SELECT count(*) FROM tries WHERE entry = ? AND target = ?", (entry, target))
        return int(row[0]) if row else 0

    def aside(self, entry: str) -> Aside | None:
        """Why *entry* was set aside, and who looks at it."""
        found = self._table.row("SELECT reason, owner FROM aside WHERE entry = ?", (entry,))
        return None if found is None else Aside(*found)

    def released(self, entry: str) -> bool:
        """Whether somebody looked at *entry*, which was set aside, and said that it may be sent."""
        return self._table.row("SELECT 1 FROM released WHERE entry = ?", (entry,)) is not None

    def sent_as(self) -> Iterator[str]:
        """Yield the control ids that we gave to what we sent back."""
        after: tuple[str, ...] = ("", "")
        sql = (
            "SELECT entry, target, sent_as FROM sends WHERE (entry, target) > (?, ?) AND sent_as != ''"
            " ORDER BY entry, target LIMIT ?"
        )
        while some := self._table.rows(sql, (*after, LOT)):
            yield from (control_id for _, _, control_id in some)
            after = some[-1][:2]

    def accepted_as(self, entry: str) -> list[str]:
        """Return the control ids of ours under which *entry* was accepted."""
        sql = f"SELECT sent_as FROM sends WHERE entry = ? AND sent_as != '' AND {_ACCEPTED}"  # noqa: S608 - a constant
        return [control_id for (control_id,) in self._table.rows(sql, (entry,))]

    def open_claims(self, target: str) -> list[Claim]:
        """Return what was claimed for *target* and neither answered nor released."""
        found: dict[str, Claim] = {}
        sql = (
            "SELECT claim, own, n, entry FROM sends JOIN claims USING (claim)"
            " WHERE sends.target = ? AND sends.code IS NULL"
        )
        for claim, own, n, entry in self._table.rows(sql, (target,)):
            found.setdefault(claim, Claim(claim, {}, bool(own))).entries[n] = entry
        return list(found.values())

    def addresses(self) -> dict[str, set[str]]:
        """Return the targets that something was sent to, or may have been, and where each was."""
        sql = (
            "SELECT target, address FROM (SELECT DISTINCT target, address FROM claims) AS used"
            " WHERE EXISTS (SELECT 1 FROM sends WHERE sends.target = used.target)"
        )
        found: dict[str, set[str]] = {}
        for target, address in self._table.rows(sql):
            found.setdefault(target, set()).add(address)
        return found

    def target_of(self, entries: Sequence[str]) -> str:
        """Return a target that one of *entries* was sent to, or may have been; "" when there is none."""
        sql = (
            "SELECT target FROM json_each(?) AS named JOIN sends ON sends.entry = named.value"  # noqa: S608 - constants
            f" WHERE (code IS NULL OR code = '{UNANSWERED}' OR {_ACCEPTED}) AND {_RESTORED} LIMIT 1"
        )
        row = self._table.row(sql, (json.dumps(entries),))
        return row[0] if row else ""

    def doubts(self, target: str) -> int:
        """Return how many messages *target* rejected, or may have, or may not."""
        sql = f"SELECT count(*) FROM sends WHERE target = ? AND {_OPEN}"  # noqa: S608 - a constant
        row = self._table.row(sql, (target,))
        return int(row[0]) if row else 0

    def _drop(self, act: EntriesDropped, by: str) -> None:
        for entry in act.entries:
            self._aside(entry, f"{DROPPED}{act.reason}", by)

    def _aside(self, entry: str, reason: str, owner: str) -> None:
        self._table.run("DELETE FROM released WHERE entry = ?", (entry,))
        self._table.run("INSERT OR REPLACE INTO aside VALUES(?, ?, ?)", (entry, reason, owner))

    def _claim(self, act: MessagesClaimed, own: bool) -> None:
        if act.live:
            self._table.run("INSERT OR IGNORE INTO live VALUES(?)", (act.target,))
        self._table.run("INSERT OR IGNORE INTO claims VALUES(?, ?, ?, ?)", (act.claim, own, act.target, act.address))
        tries = [(entry, act.target, act.claim) for entry in act.entries]
        self._table.run_each("INSERT OR IGNORE INTO tries VALUES(?, ?, ?)", tries)
        self._send(((entry, act.target, act.claim, n, None, "") for n, entry in enumerate(act.entries)))

    def _answer(self, target: str, answers: Sequence[Answered]) -> None:
        if self._table.row("SELECT 1 FROM live WHERE target = ?", (target,)) is None:
            self._accepted = self._accepted or any(answer.code in ACCEPTED for answer in answers)
        self._send((answer.entry, target, "", 0, answer.code, answer.sent_as) for answer in answers)
        again = [(self._gaps, answer.entry, target) for answer in answers if answer.code == SEEN]
        self._table.run_each(f"UPDATE sends SET gaps = ? WHERE entry = ? AND target = ? AND {_ACCEPTED}", again)  # noqa: S608 - a constant

    def _send(self, rows: Iterable[tuple[str, str, str, int, str | None, str]]) -> None:
        sql = (
            f"INSERT INTO sends VALUES(?, ?, ?, ?, ?, ?, {self._gaps}) ON CONFLICT DO UPDATE SET"
            " claim = excluded.claim, n = excluded.n, code = excluded.code, sent_as = excluded.sent_as,"
            f" gaps = excluded.gaps WHERE {_OPEN}"
        )
        self._table.run_each(sql, rows)

    def _release(self, act: MessagesReleased) -> None:
        claimed = [(entry, act.target, act.claim) for entry in act.entries]
        self._table.run_each("DELETE FROM tries WHERE entry = ? AND target = ? AND claim = ?", claimed)
        sql = f"DELETE FROM sends WHERE entry = ? AND target = ? AND {_OPEN}"  # noqa: S608 - a constant
        self._table.run_each(sql, [(entry, act.target) for entry in act.entries])


def _outcome(codes: Sequence[str | None]) -> Sent:
    if not codes:
        return ""
    if any(code in ACCEPTED for code in codes):
        return "accepted"
    return "unanswered" if None in codes or UNANSWERED in codes else "rejected"
