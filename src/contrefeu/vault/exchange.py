"""Exchange: each station takes its peers' journals and gives what it holds, by stick or over a connection.

    HOME/exchange/keys/<node>              the note of a peer's reading keys
    HOME/exchange/outbox/reading-keys      the note of one's own: made by the reader process, as
    HOME/exchange/outbox/<peer>/<journal>/ grants to a peer
    HOME/exchange/relay/<peer>/<journal>/  grants of others to a peer, to be passed on
    HOME/exchange/refused/                 histories and checkpoints that do not fit what is held (judging.py)
    HOME/exchange/vouched/<journal>        the highest checkpoint of one's own journals that a peer had
    HOME/exchange/witnessed/<journal>/<witness>     one's own checkpoints, as peers cosigned them

Rules kept here:
  * A journal is taken when its writer is on a joined peer's card, whoever carries it; it is nobody else's to name.
  * A history that forks from the one held, or falls behind it, is refused and kept beside; the one held stays.
  * Of one's own journals nothing is taken. That a peer has more of them than is here means a machine put back (S4).
  * What a peer fills is bounded: its journals by its quota, the disk by its reserve.
  * The station of a ward is given the journal that was written for it and no other, whatever it asks for (S2).
"""

import contextlib
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import structlog

from contrefeu.base import Clock, ContrefeuError, StorageError, durable_makedirs, swap_file, write_file
from contrefeu.journal import JournalFiles, journals_in, of_station, open_reading_keys, ward_journal
from contrefeu.proof import Checkpoint, Cosigner, ProofMismatch, Verifier, open_checkpoint, open_note
from contrefeu.vault.held import Held, Incomplete, Mismatch, OutOfRoom, TurnOver
from contrefeu.vault.judging import Judge
from contrefeu.vault.peers import Peer, Peers, file_name
from contrefeu.vault.report import Found, Report
from contrefeu.vault.shelf import NOTE_BYTES_MAX, Offer, Shelf, grant_names

FREE_BYTES_MIN = 256 * 2**20  # four times what acts and audit have for themselves (S11)
TURN_BYTES = 64 * 2**20  # of one journal before the next has its turn
GRANT_BYTES_MAX = 4096  # a note with one sealed key is 1.8 kB
GRANTS_A_SEGMENT_MAX = 4  # of one peer: one is enough, a key may have changed meanwhile

log = structlog.get_logger("exchange")


class Exchange:
    """One home's side of every exchange; safe to use from several threads."""

    def __init__(
        self,
        root: Path,
        node: str,
        own: Callable[[], Sequence[Verifier]],
        clock: Clock,
        *,
        cosigner: Cosigner | None = None,
        free_bytes_min: int = FREE_BYTES_MIN,
    ) -> None:
        """Stand ready; nothing is opened yet.

        Args:
            root: The home.
            node: This station's id.
            own: The public keys of its own writers.
            clock: For cosignatures.
            cosigner: This station's witness key; None: its peers' checkpoints are checked and not cosigned.
            free_bytes_min: What is left of the disk when nothing is taken any more.
        """
        self.node = node
        self.journals = root / "journals"
        self.grants = root / "grants"
        self.folder = root / "exchange"
        self.peers = Peers(root / "peers")
        self.own = own
        self._clock = clock
        self._cosigner = cosigner
        self._free_bytes_min = free_bytes_min
        self._held: dict[str, Held] = {}
        self._busy: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()
        self._judge = Judge(self.folder / "refused")
        self._grants_after: dict[tuple[str, str], int] = {}  # (station, journal) -> last segment granted

    def close(self) -> None:
        """Let every journal go."""
        with self._guard:
            for held in self._held.values():
                held.close()
            self._held.clear()

    # Taking.

    def take(self, shelf: Shelf, report: Report) -> None:
        """Take from *shelf* what its giver has of the journals that are taken here.

        Raises:
            StorageError: This station's own disk, or the way to the peer, is in trouble: what was taken counts.
        """
        giver = self.peers.get(shelf.giver)
        if giver is None or giver.decided.revoked:
            report.found.append(Found("unknown", "", shelf.giver, f'"{shelf.giver}" is not a peer that was joined.'))
            return
        self._take_reading_keys(shelf)
        mine = {verifier.name: verifier for verifier in self.own()}
        for offer in self._meant(shelf, giver):
            if offer.verifier.name in mine:
                self._compare_own(mine[offer.verifier.name], offer.note, shelf, report)
                continue
            owner = self.peers.owner(offer.verifier)
            if owner is None:
                if shelf.giver == giver.node and of_station(offer.verifier.name, giver.node):
                    report.found.append(_not_pinned(offer, giver))
                continue
            with self._one(offer.verifier.name) as free:
                if free:
                    self._take_journal(shelf, offer, owner, report)
        self._take_grants(shelf, giver)
        self._take_cosigned(shelf, giver, mine)

    def _meant(self, shelf: Shelf, giver: Peer) -> list[Offer]:
        """What of an offer is taken: of who writes a journal for this station's ward, that one and what it carries."""
        offers = list(shelf.offers())
        ours = ward_journal(giver.node, self.node)
        if all(offer.verifier.name != ours for offer in offers):
            return offers
        return [one for one in offers if one.verifier.name == ours or not of_station(one.verifier.name, giver.node)]

    @contextlib.contextmanager
    def _one(self, journal: str) -> Iterator[bool]:
        """One source at a time for a journal: who comes second has its turn in a second."""
        with self._guard:
            lock = self._busy.setdefault(journal, threading.Lock())
        free = lock.acquire(blocking=False)
        try:
            yield free
        finally:
            if free:
                lock.release()

    def _take_journal(self, shelf: Shelf, offer: Offer, owner: Peer, report: Report) -> None:
        journal = offer.verifier.name
        before = 0
        try:
            held = self._hold(offer.verifier)
            before = held.end.sequence
            found = self._take_on(held, shelf, offer.note, owner, report)
        except Mismatch as refused:  # what lies here is signed by another key
            found = Found("forked", journal, shelf.giver, refused.what)
        if found is not None:
            self._tell(found, report)
            return
        self._judge.forget(journal, shelf.giver)
        if held.end.sequence > before:
            report.taken[journal] = report.taken.get(journal, 0) + held.end.sequence - before
        self._cosign(held, owner)

    def _take_on(self, held: Held, shelf: Shelf, note: bytes, owner: Peer, report: Report) -> Found | None:
        journal, peer = held.journal, shelf.giver
        standing = self._judge.standing(journal, peer)
        if shelf.direct and standing is not None:
            return standing
        try:
            point = held.open_note(note)
        except ProofMismatch:
            return Found("damaged", journal, peer, f'The checkpoint of "{journal}" is not one that its writer signed.')
        if held.point is not None:
            if point.size == held.point.size and point.root != held.point.root:
                return self._judge.judge(held, shelf, note)
            if point.size < held.point.size:
                if shelf.direct and owner.node == peer:
                    self._judge.keep_note(journal, point.size, note)
                    what = f'"{journal}" was cut back: {held.point.entries} entries are held, its writer has fewer.'
                    return Found("rolled-back", journal, peer, what)
                return None
        if point.size <= held.end.tree.size and held.point is not None:
            return None
        try:
            self._refuse_without_room(owner)
            held.take(shelf, note, TURN_BYTES)
            report.more = report.more or held.end.tree.size < point.size
        except Mismatch:
            return self._judge.judge(held, shelf, note)
        except Incomplete as lacking:
            return Found("missing", journal, peer, lacking.what)
        except TurnOver:
            report.more = True
        except OutOfRoom as full:
            return Found("no-room", journal, peer, full.what)
        return None

    def _hold(self, verifier: Verifier) -> Held:
        with self._guard:
            held = self._held.get(verifier.name)
            if held is None:
                held = Held(JournalFiles.of(self.journals, verifier.name), verifier)
                self._held[verifier.name] = held
            return held

    def _refuse_without_room(self, owner: Peer) -> None:
        used = sum(held.size_bytes for held in list(self._held.values()) if owner.card.writes(held.verifier))
        if used >= owner.decided.quota_bytes:
            raise OutOfRoom(
                f'The journals of "{owner.node}" take {used} bytes, which is their quota.',
                safe="Everything that is held of them.",
                next="contrefeu station join --quota-bytes gives them more, if they are what they should be.",
            )
        if shutil.disk_usage(self.journals).free < self._free_bytes_min:
            raise OutOfRoom(
                "The disk is nearly full: nothing more is taken from peers.",
                safe="This station's own journals, and what is held of others.",
                next="Give the disk space; the exchange goes on by itself.",
            )

    # This station's own journals.

    def note_own(self, verifier: Verifier, point: Checkpoint, note: bytes) -> None:
        """Keep how far others hold a journal of this station: its writer begins another rather than write it again."""
        kept = self.folder / "vouched" / JournalFiles.of(self.journals, verifier.name).folder.name
        with contextlib.suppress(FileNotFoundError, ProofMismatch):
            if open_checkpoint(kept.read_bytes(), [verifier]).size >= point.size:
                return
        durable_makedirs(kept.parent)
        write_file(kept, note)

    def _compare_own(self, verifier: Verifier, note: bytes, shelf: Shelf, report: Report) -> None:
        """A peer that has more of this station's own journal than is here: it was put back from an older state (S4)."""
        try:
            point = open_checkpoint(note, [verifier])
        except ProofMismatch:
            return
        self.note_own(verifier, point, note)
        files = JournalFiles.of(self.journals, verifier.name)
        head, own = files.read_head(), None
        with contextlib.suppress(FileNotFoundError, ProofMismatch):
            own = open_checkpoint(files.checkpoint.read_bytes(), [verifier])
        size = max(head.leaves if head is not None else 0, own.size if own is not None else 0)
        if point.size > size:
            what = f'"{shelf.giver}" has {point.entries} entries of "{verifier.name}": more than this station itself.'
            self._tell(Found("rolled-back", verifier.name, shelf.giver, what), report)
        elif own is not None and own.size == point.size and own.root != point.root:
            what = f'"{shelf.giver}" has another history of "{verifier.name}", with this station\'s signature.'
            self._tell(Found("forked", verifier.name, shelf.giver, what), report)

    def _tell(self, found: Found, report: Report) -> None:
        log.error("the exchange found something", kind=found.kind, journal=found.journal, peer=found.peer)
        report.found.append(found)

    # What goes with the journals.

    def _take_reading_keys(self, shelf: Shelf) -> None:
        """Keep the keys to which peers want their grants sealed, whoever brings them; an older note changes nothing."""
        peers = {peer.node: peer for peer in self.peers.joined()}
        for node, note in shelf.reading_keys(list(peers)).items():
            kept = self.folder / "keys" / file_name(node)
            if node in peers and note != _read(kept):
                granter = peers[node].card.granter
                if _newest_key(note, granter) > _newest_key(_read(kept), granter):
                    durable_makedirs(kept.parent, mode=0o750)
                    write_file(kept, note, mode=0o640)

    def _take_grants(self, shelf: Shelf, giver: Peer) -> None:
        """Take the rights that were given to this station, and those given to others, to pass them on."""
        held = {name: one for name, one in list(self._held.items()) if self.peers.owner(one.verifier) is not None}
        others = [peer.node for peer in self.peers.joined() if peer.node != giver.node]
        wanted = {
            node: {name: self._granted_up_to(node, one.files.folder.name) for name, one in held.items()}
            for node in (self.node, *others)
        }
        for node, note in shelf.grants(wanted):
            journal, segment = grant_names(note)
            one = held.get(journal)
            if node not in wanted or one is None or not wanted[node][journal] < segment <= one.end.segment:
                continue
            owner = self.peers.owner(one.verifier)
            if owner is not None and owner.node != node and (node != self.node or owner.decided.charts):
                self._keep_grant(node, one, segment, note, owner.card.granter)

    def _keep_grant(self, node: str, one: Held, segment: int, note: bytes, granter: Verifier) -> None:
        fingerprint = _grant_to(note, granter)
        if not fingerprint:
            return
        name = one.files.folder.name
        folder = self._grants_folder(node, name)
        path = folder / f"{segment:010d}.{fingerprint[:16]}.grant"
        if not path.exists() and len(list(folder.glob(f"{segment:010d}.*"))) < GRANTS_A_SEGMENT_MAX:
            durable_makedirs(folder, mode=0o750)
            write_file(path, note, mode=0o640)
        self._grants_after[node, name] = max(segment, self._grants_after.get((node, name), 0))

    def _granted_up_to(self, node: str, name: str) -> int:
        if (node, name) not in self._grants_after:
            names = (path.name[:10] for path in self._grants_folder(node, name).glob("*.grant"))
            numbers = [int(number) for number in names if number.isdigit()]
            self._grants_after[node, name] = max(numbers, default=0)
        return self._grants_after[node, name]

    def _grants_folder(self, node: str, name: str) -> Path:
        return self.grants / name if node == self.node else self.folder / "relay" / file_name(node) / name

    def _cosign(self, held: Held, owner: Peer) -> None:
        """Cosign the last checkpoint of a peer: it was found consistent with every one before (C2SP tlog-witness)."""
        if self._cosigner is None or held.point is None:
            return
        kept = self.folder / "cosigned" / file_name(owner.node) / held.files.folder.name
        note = held.files.checkpoint.read_bytes()
        with contextlib.suppress(FileNotFoundError):
            if kept.read_bytes().startswith(note):
                return
        line = self._cosigner.cosignature_line(held.point.text(), self._clock.now_ns() // 1_000_000_000)
        durable_makedirs(kept.parent)
        _put(kept, note + line.encode())

    def _take_cosigned(self, shelf: Shelf, giver: Peer, mine: dict[str, Verifier]) -> None:
        for note in shelf.cosigned():
            name = note[: note.find(b"\n")].decode("utf-8", "replace")
            verifier = mine.get(name)
            if verifier is None:
                continue
            kept = self.folder / "witnessed" / file_name(name) / file_name(giver.card.witness.name)
            try:
                signed_by = open_note(note, [verifier, giver.card.witness]).signed_by
                size = open_checkpoint(note, [verifier]).size
                if len(signed_by) == 2 and size > _size_of(kept, verifier):
                    durable_makedirs(kept.parent)
                    write_file(kept, note)
            except ProofMismatch:
                continue

    # Giving: what peers ask for (connection.py), and what goes on a stick (stick.py).

    def offers(self, to: Sequence[Peer] | None = None) -> list[Offer]:
        """The journals that are given to *to*, or to all: this station's own, and those of its peers."""
        whom = self.peers.joined() if to is None else to
        wards = {ward_journal(self.node, peer.node) for peer in whom}
        if whom and all(peer.decided.wards for peer in whom):
            return [offer for offer in self._offers() if offer.verifier.name in wards]
        return self._offers()

    def _offers(self) -> list[Offer]:
        mine = set(self.own())
        found = []
        for files in journals_in(self.journals):
            try:
                verifier = files.verifier()
                if verifier not in mine and self.peers.owner(verifier) is None:
                    continue
                found.append(Offer(verifier, files.checkpoint.read_bytes()[:NOTE_BYTES_MAX]))
            except (OSError, ContrefeuError):
                continue  # it is being made, or has no checkpoint yet
        return found

    def reading_keys(self, nodes: Sequence[str]) -> dict[str, bytes]:
        """The notes of reading keys that are here, of *nodes*: this station's own among them."""
        known = {peer.node for peer in self.peers.joined()}
        notes = {node: _read(self.folder / "keys" / file_name(node)) for node in nodes if node in known}
        if self.node in nodes:
            notes[self.node] = _read(self.folder / "outbox" / "reading-keys")
        return {node: note for node, note in notes.items() if note}

    def grants_to(self, node: str, journals: dict[str, int]) -> Iterator[bytes]:
        """Grants to a peer that are here, of each of *journals* above a segment, in order."""
        peer = self.peers.get(node)
        if peer is None or peer.decided.revoked:
            return
        mine = {verifier.name for verifier in self.own()}
        for journal, after in journals.items():
            if journal in mine and not peer.decided.grants:
                continue
            way = "outbox" if journal in mine else "relay"
            folder = self.folder / way / file_name(node) / file_name(journal)
            names = sorted(path.name for path in folder.glob("*.grant")) if folder.is_dir() else []
            yield from (_read(folder / name) for name in names if int(name[:10]) > after)

    def cosigned_for(self, peer: Peer) -> list[bytes]:
        """The checkpoints of *peer* that were cosigned here."""
        folder = self.folder / "cosigned" / file_name(peer.node)
        return [_read(path) for path in sorted(folder.iterdir())] if folder.is_dir() else []


def _not_pinned(offer: Offer, giver: Peer) -> Found:
    what = f'"{giver.node}" shows a journal "{offer.verifier.name}" whose key is not on the card that was joined.'
    return Found("unknown", offer.verifier.name, giver.node, what)


def _grant_to(note: bytes, granter: Verifier) -> str:
    """The recipient's fingerprint of a grant that *granter* signed; "" when it is none."""
    try:
        if len(note) > GRANT_BYTES_MAX:
            return ""
        _title, _origin, _segment, recipient = open_note(note, [granter]).text[:-1].split("\n")
        _label, _name, fingerprint, _sealed = recipient.split(" ")
        return fingerprint if len(bytes.fromhex(fingerprint)) == 32 else ""
    except (ProofMismatch, ValueError):
        return ""


def _newest_key(note: bytes, granter: Verifier) -> str:
    """The name of the newest key in a note; "" when it is none that *granter* signed."""
    try:
        return max((key.name for key in open_reading_keys(note, [granter])), default="") if note else ""
    except ProofMismatch:
        return ""


def _size_of(path: Path, verifier: Verifier) -> int:
    try:
        return open_checkpoint(path.read_bytes(), [verifier]).size
    except (FileNotFoundError, ProofMismatch):
        return -1


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def _put(path: Path, data: bytes) -> None:
    """Replace a file that can be made again: whole, and not synced beside the journals."""
    try:
        swap_file(path, data)
    except OSError as refused:
        raise StorageError(
            f"The exchange cannot write: {refused.strerror}.",
            safe="The journals, and what was exchanged before.",
            next="See to the disk; the exchange goes on by itself.",
        ) from refused
