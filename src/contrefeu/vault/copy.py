"""One copy of one journal: bytes go over, step by step, and only as the continuation of what is there.

Rules kept here:
  * A copy grows by frames in their place, under headers that say of the tree before them what the copy says.
    Anything else is refused, and the copy stays as it was.
  * A checkpoint goes over after the bytes it signs for, and only when its root is the one that these bytes give.
  * What is refused may be kept beside, in a branch; what it says is then checked against itself alone.
  * Memory holds the leaves since the last checkpoint, not the journal's.
"""

from functools import partial
from hashlib import sha256

from contrefeu.base import TamperError
from contrefeu.journal import RECOVERY, Head, open_expiry
from contrefeu.proof import Checkpoint, Frontier, ProofMismatch, hash_leaf, open_checkpoint
from contrefeu.vault.place import Vault
from contrefeu.vault.recovery import announced, recovery_chains
from contrefeu.vault.source import Source
from contrefeu.vault.walk import CHUNK_BYTES, End, Frame, Header, Read, chunk, frames_in, reach_of, read_header


class Refused(TamperError):
    """A journal is not the continuation of the copy that a vault holds."""

    kind = "copy-refused"

    def __init__(self, what: str, *, branch_from: int | None = None) -> None:
        super().__init__(
            what,
            safe="The copy in the vault, as it was.",
            next="contrefeu journal verify and contrefeu vault verify URL say which of the two is whole.",
        )
        self.branch_from = branch_from  # first segment to keep beside; None: there is nothing to keep


class JournalCopy:
    """A copy in one folder of a vault; a branch is one that begins anywhere."""

    def __init__(self, source: Source, vault: Vault, folder: str, *, branch_from: int | None = None) -> None:
        self.folder = folder
        self.end = End()
        self.alarm = ""  # copied, and something is wrong all the same
        self.unsigned = False  # whether the journal's last checkpoint is none that its writer signed
        self._source = source
        self._vault = vault
        self._branch_from = branch_from
        self._base = Frontier()
        self._leaves: list[bytes] = []  # behind `_base`
        self._held: Checkpoint | None = None
        self._has_verifier = False
        self._closed_before = 0
        self._said_ended = b""
        self._recovery = ""  # fingerprint of the custodians' key in the first segment
        self._sealed_to = ""  # and in the last one that was entered

    @property
    def journal(self) -> str:
        """The journal's id."""
        return self._source.verifier.name

    # Finding where the copy stands.

    def attach(self) -> None:
        """Find how far the copy reaches, and that the journal as it is now continues it.

        Raises:
            Refused: It does not.
            VaultAway: The vault is out of reach.
        """
        self._compare_verifier()
        note = self._vault.read(f"{self.folder}/checkpoint")
        if note:
            self._held = self._open(note)
            if self._held is None:  # the next good one stands in its place; what the frames say still binds
                self._keep_refused("unsigned", note)
                self.alarm = f'The checkpoint in the vault of "{self.journal}" is not one that its writer signed.'
        numbers = self._numbers()
        for number in reversed(numbers):
            self._vault.settle(self._name(number))
            header = read_header(self._reader(number), number, self._source.verifier)
            if header is not None:
                first = read_header(self._reader(numbers[0]), numbers[0], self._source.verifier)
                self._recovery = _recovery_of(first or header)
                self._compare_recovery(header)
                self._stand(header)
                break
        self._compare_held()
        if self.end.segment:
            self._compare_source()
            self._keep_verifier()
            self._close_before(self.end.segment)

    def _stand(self, header: Header) -> None:
        number = header.said.segment
        size = self._vault.size(self._name(number)) or 0
        reach = reach_of(self._reader(number), size, header, self._held.size if self._held is not None else 0)
        self.end = reach.end
        self._base = header.said.tree.copy()
        self._leaves = [hash_leaf(header.note), *reach.leaves]
        if reach.damaged:
            self.alarm = f'The copy of "{self.journal}" is damaged in segment {number} at byte {reach.damaged[0]}.'

    def _compare_verifier(self) -> None:
        kept = self._vault.read(f"{self.folder}/verifier").strip()
        self._has_verifier = bool(kept)
        if kept and kept != str(self._source.verifier).encode():
            raise Refused(
                f'Journal "{self.journal}" is signed by another key than the copy.', branch_from=self._first_of_source()
            )
        if kept:
            self._vault.settle(f"{self.folder}/verifier")

    def _keep_verifier(self) -> None:
        """A copy is a journal once it has its public key."""
        if not self._has_verifier:
            self._vault.put(f"{self.folder}/verifier", f"{self._source.verifier}\n".encode())
            self._has_verifier = True

    def _compare_held(self) -> None:
        """What the vault signed off must still be in it."""
        held = self._held
        if held is None:
            return
        root = self._root_at(held.size)
        if held.size > self.end.tree.size or (root is not None and root != held.root):
            raise Refused(
                f'The copy of "{self.journal}" holds {self.end.tree.size} leaves; '
                f"its checkpoint signs for {held.size}, and for another tree than they make.",
                branch_from=self.end.segment or self._first_of_source(),
            )

    def _compare_source(self) -> None:
        """The journal must hold what the copy holds: its next header says so, or else its bytes do."""
        numbers = self._source.numbers()
        number, size = self.end.segment, self.end.tree.size
        following = self._source.following(number, numbers[-1]) if numbers else None
        if following is not None:
            tree = following.said.tree
            if tree.size == size and tree.peaks == self.end.tree.peaks:
                return
            if tree.size <= size:
                raise self._forked(following.said.segment)
        if number not in numbers:
            if following is not None:
                raise Refused(f'Segment {number} of "{self.journal}" is gone.', branch_from=following.said.segment)
            if numbers:
                self._compare_last(numbers[-1])
            raise self._rolled_back()
        ours = read_header(self._reader(number), number, self._source.verifier)
        theirs = self._source.header(number)
        assert ours is not None, "it was there a moment ago"
        if theirs is None or theirs.note != ours.note:
            raise self._forked(number)
        self._compare_bytes(number, ours.length, self.end.offset)

    def _compare_last(self, number: int) -> None:
        """A journal that ends before the copy does: cut back, or another history."""
        forked = self._forked(number)
        theirs = self._source.header(number)
        if forked.branch_from != number or theirs is None:
            raise forked
        ours = read_header(self._reader(number), number, self._source.verifier)
        if ours is None or ours.note != theirs.note:
            raise forked
        reach = reach_of(partial(self._source.read, number), self._source.size(number), theirs, 0)
        self._compare_bytes(number, theirs.length, reach.end.offset)

    def _compare_bytes(self, number: int, offset: int, stop: int) -> None:
        while offset < stop:
            length = min(CHUNK_BYTES, stop - offset)
            theirs = self._source.read(number, offset, length)
            if theirs != self._vault.read(self._name(number), offset, length):
                at = _first_difference(theirs, self._vault.read(self._name(number), offset, length))
                if not theirs[at:].strip(b"\x00"):
                    raise self._rolled_back()
                raise Refused(
                    f'Segment {number} of "{self.journal}" is not the copied one from byte {offset + at} on.',
                    branch_from=number,
                )
            offset += length

    def _forked(self, number: int) -> Refused:
        for earlier in self._numbers():
            if earlier >= number:
                break
            theirs = self._source.header(earlier) if earlier in self._source.numbers() else None
            ours = read_header(self._reader(earlier), earlier, self._source.verifier)
            if theirs is not None and ours is not None and theirs.note != ours.note:
                number = earlier
                break
        return Refused(
            f'Journal "{self.journal}" does not continue the copy: another history begins at segment {number}.',
            branch_from=number,
        )

    def _rolled_back(self) -> Refused:
        return Refused(
            f'Journal "{self.journal}" was cut back: the copy goes on to entry {self.end.sequence}, '
            f"byte {self.end.offset} of segment {self.end.segment}."
        )

    # Copying.

    def is_ahead_of(self, head: Head) -> bool:
        """Whether the copy goes further than the journal says that it goes itself."""
        return (head.segment, head.offset) < (self.end.segment, self.end.offset)

    def ship(self, head: Head, wanted: int, bytes_max: int) -> bool:
        """Copy what is durable up to *head*; whether all of it is there (else: more than *bytes_max* was left).

        Args:
            head: How far the journal is on disk.
            wanted: Leaves that the journal's checkpoint signs for.
            bytes_max: How much to copy before giving others a turn.

        Raises:
            Refused: What comes is not the continuation.
            VaultAway: The vault is out of reach.
        """
        while bytes_max > 0:
            moved = self._move(head)
            if not moved:
                if self.end.closed:
                    self._close_before(self.end.segment + 1)
                return True
            bytes_max -= moved
            if self.end.tree.size <= wanted:
                self._base, self._leaves = self.end.tree.copy(), []
        return False

    def _move(self, head: Head) -> int:
        """One chunk of the present segment, or the header of the next; returns the bytes."""
        end = self.end
        if not end.segment:
            first = (self._branch_from or 1) - 1
            following = self._source.following(first, head.segment)
            return self._enter(following) if following is not None else 0
        if head.segment < end.segment:
            return 0  # a head from before a crash: the writer computes it again when it starts
        if head.segment == end.segment:
            if head.offset <= end.offset:
                return 0
            return self._take(end.offset, head.offset, head.leaves)
        following = self._source.following(end.segment, head.segment)
        if following is None:
            raise Refused(f'Segment {head.segment} of "{self.journal}" has no header that its writer signed.')
        if end.tree.size < following.said.tree.size:
            try:
                size = self._source.size(end.segment)
                return self._take(end.offset, size, following.said.tree.size)
            except Refused as damaged:
                damaged.branch_from = following.said.segment
                raise
        if end.tree.size != following.said.tree.size or end.tree.peaks != following.said.tree.peaks:
            raise self._forked(following.said.segment)
        return self._enter(following)

    def _take(self, offset: int, stop: int, leaves: int) -> int:
        """Copy frames from *offset* on, until the tree has *leaves*."""
        end = self.end
        number = end.segment
        block = chunk(partial(self._source.read, number), offset, stop)
        taken: list[Frame] = []
        for frame in frames_in(block, end):
            if end.tree.size + len(taken) >= leaves:
                break
            taken.append(frame)
        length = sum(frame.length for frame in taken)
        if not length:
            raise Refused(f'Segment {number} of "{self.journal}" is damaged at byte {offset}: no frame begins there.')
        self._vault.append(self._name(number), offset, block[:length])
        for frame in taken:
            if not frame.whole:
                self.alarm = f'A frame of "{self.journal}", segment {number}, byte {end.offset}, is damaged.'
            end.pass_frame(frame)
            self._leaves.append(frame.leaf)
        return length

    def _enter(self, header: Header) -> int:
        """Begin the next segment."""
        number = header.said.segment
        if not self.end.segment and self._branch_from is None and header.said.tree.size:
            self._begin_behind(header)
        self._keep_verifier()
        self._vault.append(self._name(number), 0, self._source.read(number, 0, header.length))
        self._close_before(number)
        if not self.end.segment:
            self._base, self._leaves = header.said.tree.copy(), []
            self._recovery = _recovery_of(header)
        self._compare_recovery(header)
        self.end.enter(header)
        self._leaves.append(hash_leaf(header.note))
        return header.length

    def _begin_behind(self, header: Header) -> None:
        """Begin with a segment that is not the first: what was before it has ended, and the journal says so."""
        number = header.said.segment
        if (self._ended(self._source.expired()) or 0) < header.said.tree.size:
            what = f'Journal "{self.journal}" begins at segment {number}, behind others.'
            raise Refused(what, branch_from=number)

    def _close_before(self, number: int) -> None:
        """The vault may keep in another way what does not grow any more; said once."""
        if number > self._closed_before:
            self._vault.close_before(f"{self.folder}/segments", number)
            self._closed_before = number

    def _compare_recovery(self, header: Header) -> None:
        """Segments that the custodians' shares will not open are copied all the same, and an alarm says so (S5)."""
        found, before = _recovery_of(header), self._sealed_to or self._recovery
        self._sealed_to = found
        if found == before == self._recovery:
            return
        known = announced([keys for _notes, keys in recovery_chains(self._vault)], self._recovery)
        if found not in known:
            self.alarm = f'Segment {header.said.segment} of "{self.journal}" is sealed to another recovery key.'
        elif before in known and known.index(found) < known.index(before):
            self.alarm = f'Segment {header.said.segment} of "{self.journal}" is sealed to a former recovery key.'

    def say_ended(self) -> None:
        """Keep beside the copy how far the journal has ended: the copy stays, and a restore does not bring it back.

        Raises:
            VaultAway: The vault is out of reach.
        """
        note = self._source.expired()
        if not note or note == self._said_ended:
            return
        name, ended = f"{self.folder}/expired", self._ended(note)
        if ended is not None:
            kept = self._vault.read(name)
            if kept == note:
                self._vault.settle(name)
            elif ended >= (self._ended(kept) or 0):  # one that a journal was put back with comes too late
                self._vault.put(name, note)
            self._said_ended = note

    def _ended(self, note: bytes) -> int | None:
        """How many leaves have ended, as a note says that the writer signed; None when it is none."""
        try:
            return open_expiry(note, self._source.verifier).leaves
        except ProofMismatch:
            return None

    # Checkpoints.

    def sign_off(self, note: bytes) -> None:
        """Keep a new checkpoint, when it signs for what the copy holds.

        Raises:
            Refused: It signs for another tree.
            VaultAway: The vault is out of reach.
        """
        point = self._open(note)
        self.unsigned = point is None
        if point is None:
            self._keep_refused("unsigned", note)
            return
        held = self._held
        if held is not None and point.size < held.size:
            return
        root = self._root_at(point.size)
        if held is not None and point.size == held.size:
            root = held.root
        if root is None:
            return  # beyond what is copied, or older than the segment that was taken up: the next one will do
        if root != point.root:
            self._keep_refused(str(point.size), note)
            if self._branch_from is not None:
                return
            raise Refused(
                f'A checkpoint of "{self.journal}" signs for {point.size} leaves of another history than the copy.',
                branch_from=self.end.segment or None,
            )
        if held is None or point.size > held.size:
            self._keep_verifier()
            self._vault.put(f"{self.folder}/checkpoint", note)
            self._held = point
            self._forget_leaves(point.size)

    def _open(self, note: bytes) -> Checkpoint | None:
        try:
            point = open_checkpoint(note, [self._source.verifier])
        except ProofMismatch:
            return None
        return point if point.origin == self.journal else None

    def _keep_refused(self, what: str, note: bytes) -> None:
        name = f"{self.folder}/aside/{what}.{sha256(note).hexdigest()[:16]}.checkpoint"
        if self._vault.size(name) is None:
            self._vault.put(name, note)

    def _root_at(self, size: int) -> bytes | None:
        """Root of the copy's tree when it had *size* leaves; None when that is not known here."""
        if not self._base.size <= size <= self._base.size + len(self._leaves):
            return None
        return self._grown(size).root()

    def _forget_leaves(self, size: int) -> None:
        if size >= self._base.size:
            base = self._grown(size)
            self._base, self._leaves = base, self._leaves[size - self._base.size :]

    def _grown(self, size: int) -> Frontier:
        tree = self._base.copy()
        for leaf in self._leaves[: size - self._base.size]:
            tree.append(leaf)
        return tree

    # Names.

    def _name(self, number: int) -> str:
        return f"{self.folder}/segments/{number:010d}.seg"

    def _numbers(self) -> list[int]:
        stems = (name.removesuffix(".seg") for name in self._vault.names(f"{self.folder}/segments"))
        return [int(stem) for stem in stems if len(stem) == 10 and stem.isdigit()]

    def _reader(self, number: int) -> Read:
        name = self._name(number)
        return partial(self._vault.read, name)

    def _first_of_source(self) -> int | None:
        return next(iter(self._source.numbers()), None)


def _recovery_of(header: Header) -> str:
    return next((key.fingerprint for key in header.said.keys if key.name == RECOVERY), "")


def _first_difference(one: bytes, other: bytes) -> int:
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
