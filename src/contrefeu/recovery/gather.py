"""One journal's segments, gathered from whichever vaults hold them whole.

Rules kept here:
  * A segment counts when its writer signed for it: its header, each frame whole, and the tree behind it the one that
    the next header or a checkpoint names, whichever vault those lie in.
  * Of all vaults' signed checkpoints the furthest counts: a short copy does not pass for the whole.
  * A segment is read once from the first vault that holds it good, checked in memory and written under its name; what
    is there already is a copy like any other, and the first one asked. The last segment is asked of all: the one that
    reaches furthest counts.
  * Bytes that differ from the good ones are evidence: the vault that holds them is named, and nothing in it is changed.
  * A vault that is away, before or meanwhile, is named, and passed over.
  * A copy without its writer's public key is looked at with the one that another vault has; if none has it, it is
    damage: a copy that nobody can check is not the same as none.
"""

import contextlib
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from contrefeu.base import ManyFiles, TamperError, durable_makedirs, write_file
from contrefeu.journal import SEGMENT_NAME, Expiry, JournalFiles, open_expiry
from contrefeu.proof import Checkpoint, Frontier, ProofMismatch, Verifier, open_checkpoint
from contrefeu.vault import (
    JOURNALS,
    End,
    Header,
    Vault,
    VaultAway,
    file_name,
    frames_from,
    lies_in,
    reach_of,
    read_header,
)

HERE = "here"  # what an earlier start brought home


@dataclass(frozen=True, slots=True)
class Difference:
    """A vault's segment that is not the good one."""

    journal: str
    segment: int
    vault: str  # whose bytes are others than those that were signed for
    good: str  # where the good ones came from; "" when no vault has them
    offset: int  # first byte that differs; -1 when there are none to compare with


@dataclass(frozen=True, slots=True)
class Keyless:
    """A copy whose writer's public key no vault has."""

    folder: str
    vault: str
    altered: bool  # something else lies in the place of the key


@dataclass(slots=True)
class Findings:
    """What was met on the way."""

    differences: list[Difference] = field(default_factory=list)
    keyless: list[Keyless] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)  # journals that the settings found speak of, and no vault has
    away: dict[str, str] = field(default_factory=dict)  # vault -> what is wrong with it

    @contextlib.contextmanager
    def reaching(self, vault: Vault) -> Iterator[None]:
        """Pass a vault over when it does not answer."""
        try:
            yield
        except VaultAway as away:
            self.passed_over(vault, away)

    def passed_over(self, vault: Vault, away: VaultAway) -> None:
        """Keep that a vault did not answer."""
        self.away.setdefault(vault.url, away.what)


@dataclass(slots=True)
class JournalCopies:
    """The copies of one journal in several vaults."""

    folder: str
    verifier: Verifier
    findings: Findings
    vaults: list[Vault] = field(default_factory=list)
    holders: dict[int, list[Vault]] = field(default_factory=dict)  # segment -> who has a file of it
    headers: dict[int, Header] = field(default_factory=dict)
    notes: list[bytes] = field(default_factory=list)  # signed checkpoints, each once, the furthest last
    brought: dict[int, End] = field(default_factory=dict)  # segment -> where it ends, as it came home
    sources: dict[int, str] = field(default_factory=dict)  # segment -> the vault that gave it
    size: int = 0  # bytes of all segments, as the vaults say
    ended: list[bytes] = field(default_factory=list)  # notes that say how far the journal has ended
    _ends: tuple[Expiry, bytes] | None = None  # the furthest that counts
    _order: list[int] = field(default_factory=list)  # numbers of `headers`, sorted
    _roots: dict[int, bytes] = field(default_factory=dict)  # of `notes`

    @property
    def journal(self) -> str:
        """The journal's id."""
        return self.verifier.name

    @property
    def numbers(self) -> list[int]:
        """Of the segments that any vault has, in order."""
        return sorted(self.holders)

    def leave_ended(self, custodians: Sequence[Verifier]) -> None:
        """Bring nothing home that has ended, as *custodians* signed."""
        for note in self.ended:
            try:
                expiry = open_expiry(note, self.verifier, custodians)
            except ProofMismatch:
                continue
            if self._ends is None or expiry.segments > self._ends[0].segments:
                self._ends = expiry, note
        if self._ends is not None:
            last = self._ends[0].segments
            self.holders = {number: held for number, held in self.holders.items() if number > last}
            self.headers = {number: header for number, header in self.headers.items() if number > last}

    @property
    def opened_ns(self) -> int:
        """When its last segment was begun, as its writer signed it."""
        return max((header.said.opened_ns for header in self.headers.values()), default=0)

    @property
    def signed(self) -> Checkpoint | None:
        """The furthest checkpoint."""
        return open_checkpoint(self.notes[-1], [self.verifier]) if self.notes else None

    @property
    def end(self) -> End:
        """Where the last segment ends that came home."""
        return self.brought[max(self.brought)] if self.brought else End()

    @property
    def reaches_signed(self) -> bool:
        """Whether the last segment is home, as far as somebody signed for it."""
        if self.is_foreign:
            return False
        signed = self.signed
        last = max(self.headers, default=0)
        return (last in self.brought or not last) and (signed is None or signed.size <= self.end.tree.size)

    @property
    def is_foreign(self) -> bool:
        """Whether there are segments, and its writer signed none of them."""
        return bool(self.holders) and not self.headers

    # Bringing segments home.

    def bring(self, number: int, to: JournalFiles, home: ManyFiles) -> int:
        """Bring segment *number* to its place in *to*, unless it is there; returns how many bytes came.

        *home* puts it there: what it has not put yet is brought again by the next start.
        """
        if number not in self.headers:
            self._headless(number)
            return 0
        good = self._gathered(number, to.segment(number))
        if good is None:
            return 0
        place, data, self.brought[number] = good
        if place == HERE:
            return len(data)
        self.sources[number] = place
        home.put(to.segment(number), data, mode=0o640)
        return len(data)

    def take(self, files: JournalFiles) -> None:
        """Take the journal in *files* for what was brought, by an earlier start."""
        for number in files.segments():
            end = self.reaches(number, files.segment(number).read_bytes())
            if end is not None:
                self.brought[number] = end

    def compare(self, files: JournalFiles, told: Callable[[int], None]) -> None:
        """Compare what came home with each copy that nobody had to read for it."""
        known = {(one.segment, one.vault) for one in self.findings.differences if one.journal == self.journal}
        for number in files.segments():
            good = files.segment(number).read_bytes()
            for vault in self.holders.get(number, ()):
                if vault.url == self.sources.get(number) or (number, vault.url) in known:
                    continue
                data = self._read(vault, self.segment_name(number))
                told(len(data))
                if data and not _continues(good, data):
                    self._differs(number, vault.url, data, good, self.sources.get(number, HERE))

    def bring_rest(self, to: JournalFiles) -> None:
        """Put beside the segments what makes a folder a journal: the furthest checkpoint, and the verifier last."""
        durable_makedirs(to.segments_folder)
        if self.notes:
            write_file(to.checkpoint, self.notes[-1], mode=0o644)
        if self._ends is not None:
            write_file(to.expired, self._ends[1], mode=0o644)
        write_file(to.verifier_file, f"{self.verifier}\n".encode(), mode=0o644)

    def reaches(self, number: int, data: bytes) -> End | None:
        """How far *data* is the segment that was signed for; None when it is damaged or another one.

        Short of what the next header names it may be a copy that lags: what it has is good.
        """
        read = partial(slice_of, data)
        header = read_header(read, number, self.verifier)
        if header is None:
            return None
        following = self._following(number)
        stop = reach_of(read, len(data), header, 0).end.tree.size
        stop = stop if following is None else min(stop, following.size)
        roots = self._signed_roots()
        end = End()
        end.enter(header)
        walked = frames_from(read, header, len(data))
        while _fits(end, roots) and end.tree.size < stop:
            _at, frame, end = next(walked)
            if not frame.whole:
                return None
        if following is not None and end.tree.size == following.size and end.tree.peaks != following.peaks:
            return None
        return end.copy() if _fits(end, roots) else None

    def _following(self, number: int) -> Frontier | None:
        """The tree before the next segment, as its writer signed it."""
        if len(self._order) != len(self.headers):
            self._order = sorted(self.headers)
        at = bisect_right(self._order, number)
        return self.headers[self._order[at]].said.tree if at < len(self._order) else None

    def _gathered(self, number: int, place: Path) -> tuple[str, bytes, End] | None:
        """The good bytes of a segment and where they lie; those that reach furthest."""
        best: tuple[str, bytes, End] | None = None
        met: list[tuple[str, bytes, bool]] = []
        following = self._following(number)
        for url, read in self._places(number, place):
            data = read()
            end = self.reaches(number, data) if data else None
            met.append((url, data, end is not None))
            if end is not None and (best is None or end.tree.size > best[2].tree.size):
                best = url, data[: end.offset], end
                if following is not None and end.tree.size == following.size:
                    break
        short = best is None or (following is not None and best[2].tree.size < following.size)
        for url, data, fits in met:
            if url == HERE or not data:
                continue
            if best is None or (short and _goes_on(best[1], data)):
                self._differs(number, url, data, None if best is None else best[1], "")
            elif not fits or not _continues(best[1], data):
                self._differs(number, url, data, best[1], best[0])
        return best

    def _headless(self, number: int) -> None:
        """No file of segment *number* begins with a header that its writer signed: empty, or written over."""
        for vault in self.holders[number]:
            data = self._read(vault, self.segment_name(number))
            if data.strip(b"\x00"):
                self._differs(number, vault.url, data, None, "")

    def _differs(self, number: int, vault: str, data: bytes, good: bytes | None, source: str) -> None:
        at = -1 if good is None else first_difference(good, data)
        self.findings.differences.append(Difference(self.journal, number, vault, source, at))

    def _places(self, number: int, place: Path) -> Iterator[tuple[str, Callable[[], bytes]]]:
        if place.exists():
            yield HERE, place.read_bytes
        for vault in self.holders[number]:
            yield vault.url, partial(self._read, vault, self.segment_name(number))

    def _read(self, vault: Vault, name: str) -> bytes:
        try:
            return vault.read(name)
        except VaultAway as away:
            self.findings.passed_over(vault, away)
            return b""

    def segment_name(self, number: int) -> str:
        """Its name in every vault."""
        return f"{JOURNALS}/{self.folder}/segments/{number:010d}.seg"

    def _signed_roots(self) -> dict[int, bytes]:
        """The roots that checkpoints sign for, by the size of the tree."""
        if len(self._roots) != len(self.notes):
            points = (open_checkpoint(note, [self.verifier]) for note in self.notes)
            self._roots = {point.size: point.root for point in points}
        return self._roots


def survey(vaults: Sequence[Vault], findings: Findings) -> list[JournalCopies]:
    """Every journal that any of *vaults* holds: headers and checkpoints are read, no segment is.

    Raises:
        TamperError: Two vaults hold a journal of one name that different keys signed.
    """
    found: dict[str, JournalCopies] = {}
    keyless: list[tuple[Vault, str]] = []
    for vault in vaults:
        with findings.reaching(vault):
            vault.identity()
            for name in vault.names(JOURNALS):
                verifier = _verifier_in(vault, name)
                if verifier is None:
                    keyless.append((vault, name))
                    continue
                copies = found.setdefault(name, JournalCopies(name, verifier, findings))
                if copies.verifier != verifier:
                    raise _two_keys(verifier.name, copies.vaults[0].url, vault.url)
                _look(vault, copies)
    for vault, name in keyless:
        with findings.reaching(vault):
            if lies_in(vault, name):
                _look_without_key(vault, name, found.get(name), findings)
    for copies in found.values():
        copies.notes.sort(key=lambda note, by=copies.verifier: open_checkpoint(note, [by]).size)  # type: ignore[misc]
    return [found[name] for name in sorted(found)]


def _verifier_in(vault: Vault, name: str) -> Verifier | None:
    """The public key of the journal in folder *name*; None when a vault has none that is of that journal."""
    try:
        verifier = Verifier.parse(vault.read(f"{JOURNALS}/{name}/verifier").decode())
    except (ProofMismatch, UnicodeDecodeError):
        return None
    return verifier if file_name(verifier.name) == name else None


def _look_without_key(vault: Vault, name: str, copies: JournalCopies | None, findings: Findings) -> None:
    if copies is None:
        altered = vault.size(f"{JOURNALS}/{name}/verifier") is not None
        findings.keyless.append(Keyless(name, vault.url, altered))
        return
    findings.differences.append(Difference(copies.journal, 0, vault.url, copies.vaults[0].url, -1))
    _look(vault, copies)


def _look(vault: Vault, copies: JournalCopies) -> None:
    name, verifier, findings = copies.folder, copies.verifier, copies.findings
    copies.vaults.append(vault)
    note = vault.read(f"{JOURNALS}/{name}/checkpoint")
    if note and note not in copies.notes:
        try:
            open_checkpoint(note, [verifier])
            copies.notes.append(note)
        except ProofMismatch:  # nobody signed it: it vouches for nothing
            findings.differences.append(Difference(verifier.name, 0, vault.url, "", -1))
    ended = vault.read(f"{JOURNALS}/{name}/expired")
    if ended:
        copies.ended.append(ended)
    for child in vault.names(f"{JOURNALS}/{name}/segments"):
        match = SEGMENT_NAME.fullmatch(child)
        if match is None:
            continue
        number = int(match[1])
        copies.holders.setdefault(number, []).append(vault)
        if number not in copies.headers:
            header = read_header(partial(vault.read, copies.segment_name(number)), number, verifier)
            if header is not None:
                copies.headers[number] = header
                copies.size += vault.size(copies.segment_name(number)) or 0


def first_difference(good: bytes, other: bytes) -> int:
    """Where *other* first differs from *good*, or is at its end."""
    for at in range(0, len(good), 4096):
        if good[at : at + 4096] != other[at : at + 4096]:
            pairs = zip(good[at : at + 4096], other[at : at + 4096], strict=False)
            return next((at + n for n, (a, b) in enumerate(pairs) if a != b), min(len(good), len(other)))
    return len(good)


def _continues(one: bytes, other: bytes) -> bool:
    """Whether one of two copies of a segment begins as the other does: neither has other bytes."""
    return one.startswith(other.rstrip(b"\x00")) or other.startswith(one)


def _goes_on(good: bytes, other: bytes) -> bool:
    """Whether something stands in *other* behind what is good of it, where more was signed for."""
    return other.startswith(good) and bool(other[len(good) :].strip(b"\x00"))


def _fits(end: End, roots: dict[int, bytes]) -> bool:
    root = roots.get(end.tree.size)
    return root is None or root == end.tree.root()


def slice_of(data: bytes, offset: int, length: int) -> bytes:
    """Read bytes at hand as a file is read."""
    return data[offset : offset + length]


def _two_keys(journal: str, one: str, other: str) -> TamperError:
    return TamperError(
        f'Two keys signed a journal of the name "{journal}": the one in {one} is not the one in {other}.',
        safe="Nothing was made, and nothing in a vault was changed.",
        next="Find out which is the hospital's; then restore from the vaults that hold that one.",
    )
