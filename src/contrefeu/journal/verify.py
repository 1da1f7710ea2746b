"""Checking that a journal, or a copy of one, is whole and unaltered, without reading what it holds.

Rules kept here:
  * Public keys only: heads, ciphertext hashes, header signatures and checkpoints suffice (walk.py reads them).
  * A checkpoint that disagrees with what another signature of the same writer vouches for is a fork; one that
    disagrees with frames alone, which nobody signed one by one, is an alteration.
  * What is reported begins behind the last place that was agreed on, and ends where the checkpoint does.
  * A journal without its writer's public key cannot be checked: that is damage, and not nothing.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from contrefeu.journal.damage import Damage, Kind
from contrefeu.journal.errors import NoJournal
from contrefeu.journal.expiry import read_expiry
from contrefeu.journal.files import Head, JournalFiles
from contrefeu.journal.standing import read_checkpoint
from contrefeu.journal.walk import Walk
from contrefeu.proof import Checkpoint, ProofMismatch, Verifier, open_checkpoint

_HARMLESS: frozenset[Kind] = frozenset(["tail", "expired"])
_HEAD_TRIES = 20  # a head is met half written while its writer is at work, for microseconds
_HEAD_AGAIN_S = 0.001


@dataclass(slots=True)
class Verified:
    """What a check found."""

    journal: str
    entries: int = 0
    size: int = 0
    root: bytes = b""
    checkpoint: Checkpoint | None = None
    damage: list[Damage] = field(default_factory=list)
    keyless: bool = False  # without its writer's public key, so that nothing else could be looked at

    @property
    def intact(self) -> bool:
        """Whether nothing that was signed for is lost or changed; a torn tail, or what has ended, is not."""
        return all(d.kind in _HARMLESS for d in self.damage)

    @property
    def exit_status(self) -> int:
        """0 whole, 13 entries missing, 12 tampered."""
        kinds = {d.kind for d in self.damage} - _HARMLESS
        if kinds - {"missing"}:
            return 12
        return 13 if kinds else 0


def verify_journal(
    files: JournalFiles,
    *,
    held_elsewhere: Iterable[bytes] = (),
    writing: bool = False,
    custodians: Iterable[Verifier] = (),
) -> Verified:
    """Check the journal in *files*.

    Args:
        files: The journal, or a copy of it.
        held_elsewhere: Signed checkpoints that others kept: a journal cut back or forked is caught against them.
        writing: Whether its writer may be at work: what lies beyond the published head is then being written.
        custodians: Whose signature makes a beginning that is gone `expired` instead of `missing`.
    """
    try:
        verifier = files.verifier()
    except NoJournal:
        return _keyless(files, "missing")
    except ProofMismatch:
        return _keyless(files, "altered")
    found = Verified(verifier.name)
    points = _Points(files, verifier, held_elsewhere, found)
    head = _published(files) if writing else None
    if head is not None and head.leaves < points.most.size:
        head = None  # it lags behind what was signed for: the writer could not tell its readers
    vouched = max((points.most.size, points.most.entries), (head.leaves, head.sequence) if head is not None else (0, 0))
    ended = read_expiry(files, list(custodians))
    walk = Walk(files, verifier, head, vouched=vouched, sizes=points.sizes, end_kind=points.end_kind, ended=ended)
    walk.run()
    for point in points.others():
        _compare(walk, point, points)
    if head is not None and head.leaves > walk.size and not walk.reported(head.sequence):
        walk.damage.append(_ended(walk, head.sequence, "missing"))
    found.damage += sorted(walk.damage, key=lambda d: (d.segment, d.offset))
    found.entries, found.size, found.root = walk.entries, walk.size, walk.root
    return found


def _keyless(files: JournalFiles, kind: Kind) -> Verified:
    """Its id stands in its public key: what is known is the name of its folder."""
    name = files.folder.name
    return Verified(name, damage=[Damage(name, 0, 0, 1, 0, kind)], keyless=True)


class _Points:
    """The checkpoints to compare with: the journal's own, and those held elsewhere."""

    def __init__(
        self, files: JournalFiles, verifier: Verifier, held_elsewhere: Iterable[bytes], found: Verified
    ) -> None:
        self.journal = verifier.name
        self.own: Checkpoint | None = None
        self.held: list[Checkpoint] = []
        unread = Damage(verifier.name, 0, 0, 1, 0, "altered")
        try:
            self.own = found.checkpoint = read_checkpoint(files, verifier)
        except ProofMismatch:
            found.damage.append(unread)
        for data in held_elsewhere:
            try:
                self.held.append(open_checkpoint(data, [verifier]))
            except ProofMismatch:  # altered where it was kept; it says nothing about this journal
                found.damage.append(unread)

    def others(self) -> list[Checkpoint]:
        """All of them, the smallest first; each once."""
        every = [*self.held, *([self.own] if self.own is not None else [])]
        return sorted({(p.size, p.root, p.entries, p.origin): p for p in every}.values(), key=lambda p: p.size)

    @property
    def most(self) -> Checkpoint:
        """The one that commits to most."""
        mine = [point for point in self.others() if point.origin == self.journal]
        return mine[-1] if mine else Checkpoint(self.journal, 0, b"", 0, 0)

    @property
    def sizes(self) -> set[int]:
        """Sizes of the trees that they commit to."""
        return {point.size for point in self.others()}

    def end_kind(self, leaves: int) -> Kind:
        """What it is called that a journal ends after *leaves*, before the most that was signed for.

        A journal put back with its own older checkpoint is whole by itself; only another place remembers more.
        """
        return "rolled-back" if self.own is not None and self.own.size <= leaves < self.most.size else "missing"


def _compare(walk: Walk, point: Checkpoint, points: _Points) -> None:
    if point.origin != points.journal:
        walk.damage.append(Damage(points.journal, 0, 0, 1, 0, "forked"))
    elif point.size > walk.size:
        if not walk.reported(point.entries):
            walk.damage.append(_ended(walk, point.entries, points.end_kind(walk.size)))
    elif point.size in walk.roots and walk.roots[point.size] != (point.root, point.entries):
        agreed = {0, *(other.size for other in points.others() if _agrees(walk, other))}
        if max(walk.headed, *agreed) >= point.size:
            kind: Kind = "forked"
            places = {size: walk.places[size] for size in agreed}
        else:
            kind = "altered"
            places = {size: walk.places[size] for size in agreed} | walk.headers
        start = places[max(size for size in places if size < max(point.size, 1))]
        damage = Damage(points.journal, start.segment, start.offset, start.entries + 1, point.entries, kind)
        if damage not in walk.damage:
            walk.damage.append(damage)


def _agrees(walk: Walk, point: Checkpoint) -> bool:
    return walk.roots.get(point.size) == (point.root, point.entries)


def _ended(walk: Walk, entries: int, kind: Kind) -> Damage:
    return Damage(walk.journal, walk.end.segment, walk.end.offset, walk.entries + 1, entries, kind)


def _published(files: JournalFiles) -> Head | None:
    """How far the writer at work lets others read; None when nobody writes."""
    for _ in range(_HEAD_TRIES):
        if not files.is_being_written():
            return None
        head = files.read_head()
        if head is not None:
            return head
        time.sleep(_HEAD_AGAIN_S)
    return None
