"""The journal of the vectors, from fixed keys, salts and times, and changes to its files."""

import base64
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from contrefeu.custody import KeyPair
from contrefeu.journal import commitment_of, pack_head
from contrefeu.journal.entry import Draft, pack_entry
from contrefeu.journal.files import Head
from contrefeu.journal.header import SealedKey, SegmentHeader, pack_header
from contrefeu.journal.segment import SegmentSealer
from contrefeu.proof import Checkpoint, Frontier, Signer, hash_leaf

ORIGIN = "drill/vector-capture"
SIGNER = Signer(ORIGIN, bytes(range(32)))
STRANGER = Signer(ORIGIN, bytes(range(1, 33)))
SEEDS = {"recovery": bytes([1]) * 32, "reader/2026-11-24": bytes([2]) * 32, "reader/peer": bytes([3]) * 32}
PAIRS = {name: KeyPair(name, seed) for name, seed in SEEDS.items()}
DATA_KEYS = {1: bytes(range(64, 96)), 2: bytes(range(96, 128))}
T0 = 1_795_482_123_456_789_000  # 2026-11-24T01:02:03.456789Z
MS = 1_000_000
BATCHES = {
    1: (((b"MSH|ADT\r",), 0), ((b"MSH|ORU 1\r", b"MSH|ORU 2\r"), 7), ((bytes(range(256)) * 3,), 20)),
    2: (((b"", b'{"kind":"downtime"}', b"MSH|ACK\r"), 3_600_000),),
}
KINDS = (("ADM@CHU", "x-application/hl7-v2+er7"), ("LABO@CHU", "x-application/hl7-v2+er7"), ("é", "application/x"))
SEG1, SEG2 = "segments/0000000001.seg", "segments/0000000002.seg"
RESERVED = 64  # zeros behind the last frame
HEAD_FIELDS = (
    ("mark", 2),
    ("flags: 1 closes the segment", 2),
    ("number in the segment", 8),
    ("first sequence", 8),
    ("count of entries", 4),
    ("length of the ciphertext", 4),
    ("first hybrid clock", 8),
    ("last hybrid clock", 8),
    ("received", 8),
    ("entries root", 32),
    ("SHA-256 of the ciphertext", 32),
    ("CRC-32 of the 116 bytes before", 4),
)


class Built:
    """The journal of the vectors, and where its parts lie."""

    def __init__(self, sealed: dict[str, str]) -> None:
        self.sealed = sealed  # "SEGMENT RECIPIENT": the data key, sealed
        self.files: dict[str, bytes] = {"verifier": f"{SIGNER.verifier}\n".encode()}
        self.entries: list[bytes] = []
        self.frames: dict[str, list[tuple[int, int]]] = {}  # file: (offset, length of the ciphertext)
        self.notes: dict[str, bytes] = {}
        self.batches: dict[int, list[list[bytes]]] = {}
        self.leaves: list[bytes] = []
        self.points: list[bytes] = []
        self._sequence, self._hlc, self._tree = 0, 0, Frontier()
        for number in BATCHES:
            self._segment(number, sealed)
        self.files["checkpoint"] = self.points[-1]
        self.files["head"] = pack_head(Head(2, len(self.files[SEG2]) - RESERVED, self._sequence, self._tree.size))

    def _segment(self, number: int, sealed: dict[str, str]) -> None:
        name = f"segments/{number:010d}.seg"
        keys = tuple(
            SealedKey(who, PAIRS[who].fingerprint, base64.b64decode(sealed[f"{number} {who}"]))
            for who in ("recovery", "reader/2026-11-24")
        )
        opened = T0 + BATCHES[number][0][1] * MS
        header = SegmentHeader(
            ORIGIN, number, opened, self._sequence + 1, self._tree, self._hlc, commitment_of(DATA_KEYS[number]), keys
        )
        self.notes[name] = header.sign(SIGNER)
        self.files[name] = pack_header(self.notes[name])
        self.frames[name], self.batches[number] = [], []
        self._grow(hash_leaf(self.notes[name]))
        sealer = SegmentSealer(self.notes[name], DATA_KEYS[number])
        for bodies, after_ms in BATCHES[number]:
            at = T0 + after_ms * MS
            hlc = max(self._hlc + 1, at // MS << 16)
            entries = [
                pack_entry(Draft(*KINDS[(self._sequence + i) % 3], body, at - 250_000), self._sequence + 1 + i, hlc + i)
                for i, body in enumerate(bodies)
            ]
            salts = b"".join(sha256(b"salt" + entry).digest()[:16] for entry in entries)
            last = hlc + len(entries) - 1
            frame = sealer.seal(entries, salts, first_sequence=self._sequence + 1, hlc=(hlc, last), received_ns=at)
            self.batches[number].append([salts[16 * i : 16 * i + 16] + entry for i, entry in enumerate(entries)])
            self.entries += entries
            self._sequence, self._hlc = self._sequence + len(entries), last
            self._frame(name, *frame)
        if number == 1:
            self._frame(
                name,
                *sealer.close(
                    next_sequence=self._sequence + 1, hlc=self._hlc, received_ns=T0 + 60_000 * MS, fresh=bytes([9]) * 32
                ),
            )
        else:
            self.files[name] += bytes(RESERVED)

    def _frame(self, name: str, frame: bytes, leaf: bytes) -> None:
        self.frames[name].append((len(self.files[name]), len(frame) - 120))
        self.files[name] += frame
        self._grow(leaf)

    def _grow(self, leaf: bytes) -> None:
        self._tree.append(leaf)
        self.leaves.append(leaf)
        point = Checkpoint(ORIGIN, self._tree.size, self._tree.root(), self._sequence, T0 + 7_200_000 * MS)
        self.points.append(point.sign(SIGNER))


def text(built: Built) -> str:
    """Return journal-v1.txt."""
    lines: list[str] = []
    for name, data in built.files.items():
        lines += ["", f"== {name}"]
        lines += [f"{part.hex()}  # {what}" for part, what in _fields(built, name, data)]
    return "\n".join(lines[1:]) + "\n"


def _fields(built: Built, name: str, data: bytes) -> Iterator[tuple[bytes, str]]:
    if name not in built.frames:
        if name == "head":
            yield from _cut(
                data, (("mark", 4), ("segment", 8), ("offset", 8), ("sequence", 8), ("leaves", 8), ("CRC", 4))
            )
        else:
            for line in data.split(b"\n")[:-1]:
                yield line + b"\n", line.decode()
        return
    yield data[:4], "mark"
    yield data[4:8], "length of the header note"
    for line in built.notes[name].split(b"\n")[:-1]:
        yield line + b"\n", line.decode() if len(line) < 120 else f"{line[:100].decode()}..."
    for offset, length in built.frames[name]:
        yield from _cut(data[offset : offset + 120], HEAD_FIELDS)
        yield data[offset + 120 : offset + 120 + length], "ciphertext and tag"
    rest = data[built.frames[name][-1][0] + 120 + built.frames[name][-1][1] :]
    if rest:
        yield rest, "reserved"


def _cut(data: bytes, fields: tuple[tuple[str, int], ...]) -> Iterator[tuple[bytes, str]]:
    at = 0
    for what, size in fields:
        yield data[at : at + size], what
        at += size


def edit(file: str, at: int, remove: int, insert: bytes) -> dict[str, Any]:
    return {"file": file, "at": at, "remove": remove, "insert": insert.hex()}


def flip(built: Built, file: str, at: int) -> dict[str, Any]:
    return edit(file, at, 1, bytes([built.files[file][at] ^ 1]))


def insert(built: Built, file: str, data: bytes) -> dict[str, Any]:
    return edit(file, len(built.files[file]), 0, data)


def replace(built: Built, file: str, data: bytes) -> dict[str, Any]:
    return edit(file, 0, len(built.files[file]), data)


def new(file: str, data: bytes) -> dict[str, Any]:
    return edit(file, 0, 0, data)


def gone(file: str) -> dict[str, Any]:
    return {"file": file, "delete": True}


def root(built: Built) -> bytes:
    tree = Frontier()
    for leaf in built.leaves:
        tree.append(leaf)
    return tree.root()


def point_text(built: Built) -> str:
    return built.points[-1].decode().rpartition("\n\n")[0] + "\n"


def at(segment: int, offset: int, first: int, last: int, kind: str) -> dict[str, Any]:
    """Where a case's damage is, and what it is called; *last* below *first* when no entry is touched."""
    return {"segment": segment, "offset": offset, "first_entry": first, "last_entry": last, "kind": kind}


class Cases:
    """The cases, as they are written down."""

    def __init__(self, built: Built) -> None:
        self.built = built
        self.made: list[dict[str, Any]] = []

    def opens(self, name: str, *edits: dict[str, Any], entries: int | None = None, **more: Any) -> None:
        """A reader gives so many entries."""
        self.made.append({"name": name, "must": "open", "entries": self._count(entries), "edits": list(edits), **more})

    def refuses(
        self,
        name: str,
        check: str,
        where: list[dict[str, Any]],
        *edits: dict[str, Any],
        entries: int | None = None,
        **more: Any,
    ) -> None:
        """The check that must refuse it, and where it lies; so many entries come before."""
        case = {"name": name, "must": "refuse", "check": check, "where": where, "entries": self._count(entries)}
        self.made.append({**case, "edits": list(edits), **more})

    def _count(self, entries: int | None) -> int:
        return len(self.built.entries) if entries is None else entries
