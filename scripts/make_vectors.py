"""Writes docs/spec/vectors/ from fixed keys, salts and times: a journal byte by byte, and what may happen to it.

`--check` writes nothing, names the files that differ, and ends with status 1 if there are any. `--draw` seals the data
keys again, at random: a published version is never drawn again.
"""

import argparse
import base64
import hmac
import json
import struct
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any
from zlib import crc32

import zstandard
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from contrefeu.custody import KeyPair
from contrefeu.journal import commitment_of, pack_head
from contrefeu.journal.entry import Draft, pack_entry
from contrefeu.journal.files import Head
from contrefeu.journal.header import SealedKey, SegmentHeader, pack_header
from contrefeu.journal.segment import SegmentSealer
from contrefeu.proof import Checkpoint, Frontier, Signer, hash_leaf, inclusion_path

VECTORS = Path(__file__).parents[1] / "docs" / "spec" / "vectors"
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


def cases(built: Built) -> list[dict[str, Any]]:  # noqa: PLR0915 (a table)
    """Return what may happen to the journal, and what a reader must do."""
    whole = len(built.entries)
    made: list[dict[str, Any]] = []

    def case(name: str, must: str, *edits: dict[str, Any], entries: int = whole, **more: Any) -> None:
        made.append({"name": name, "must": must, "entries": entries, "edits": list(edits), **more})

    one, two = built.files[SEG1], built.files[SEG2]
    f1, f2 = built.frames[SEG1], built.frames[SEG2]
    end2 = f2[-1][0] + 120 + f2[-1][1]
    cut = [one[at : at + 120 + length] for at, length in f1]
    case("whole", "open")
    case("whole, with the other recipient's key", "open", key="reader/2026-11-24")
    case("no reserved space", "open", _edit(SEG2, end2, RESERVED, b""))
    case("no head", "open", _gone("head"))
    case("torn head", "open", _flip(built, "head", 20))
    case("old head, nobody writes", "open", _edit("head", 0, 40, pack_head(Head(1, f1[1][0], 1, 2))))
    case("no checkpoint", "open", _gone("checkpoint"))
    case("earlier checkpoint", "open", _replace(built, "checkpoint", built.points[3]))
    case("a stranger's cosignature", "open", _insert(built, "checkpoint", STRANGER.signature_line("any\n").encode()))
    behind = built.points[5]  # no checkpoint covers the last frame
    torn = [_replace(built, "checkpoint", behind), _gone("head")]
    case("torn tail: cut in the head", "open", *torn, _edit(SEG2, f2[0][0] + 50, 9999, b""), entries=4, tail=True)
    case("torn tail: cut in the ciphertext", "open", *torn, _edit(SEG2, end2 - 3, 9999, b""), entries=4, tail=True)
    case("torn tail: a sector of zeros", "open", *torn, _edit(SEG2, f2[0][0], 60, bytes(60)), entries=4, tail=True)
    case("torn tail: bytes behind the last frame", "open", _edit(SEG2, end2 + 9, 3, b"CF\x00"), tail=True)
    case(
        "a file without a header at the end",
        "open",
        _new("segments/0000000003.seg", b"CFJ1\x00\x00\x10\x00"),
        tail=True,
    )
    case("segment one, abandoned frame", "open", *_abandoned(built))

    for region, at in (
        ("mark", 1),
        ("length of the header", 7),
        ("origin in the header", 50),
        ("sealed key", 1200),
        ("header signature", len(built.notes[SEG1]) - 10),
        ("last letter of the header signature", len(built.notes[SEG1]) + 8 - 3),
    ):
        case(f"altered: {region}", "refuse", _flip(built, SEG1, at), entries=0)
    at = f1[1][0]
    for what, size in HEAD_FIELDS:
        case(f"altered: {what}", "refuse", _flip(built, SEG1, at + size - 1), entries=1)
        at += size
    case("altered: ciphertext", "refuse", _flip(built, SEG1, at + 5), entries=1)
    case("altered: tag", "refuse", _flip(built, SEG1, f1[2][0] - 1), entries=1)
    case(
        "altered: a frame in the last segment that a checkpoint covers",
        "refuse",
        _flip(built, SEG2, end2 - 1),
        entries=4,
    )
    start, stop = f1[0][0], len(one)
    added = _edit(SEG1, stop, 0, cut[0])
    case("frames that the next header leaves out", "open", added)
    last_one = [_gone(SEG2), _replace(built, "checkpoint", built.points[4]), _gone("head")]
    case("frames added after the closing frame", "refuse", added, *last_one, entries=4)
    for name, order, entries in (
        ("swapped", (1, 0, 2, 3), 0),
        ("repeated", (0, 0, 1, 2, 3), 1),
        ("dropped from the middle", (0, 2, 3), 1),
        ("dropped from the end of a segment", (0, 1), 3),
    ):
        frames = b"".join(cut[i] for i in order)
        case(f"frames {name}", "refuse", _edit(SEG1, start, stop - start, frames), entries=entries)
    case("a frame carried to another segment", "refuse", _edit(SEG2, end2, 0, cut[0]), entries=whole)
    case("a wrong length with a right check", "refuse", _relength(built), entries=1)
    case("truncated in a segment that is not the last", "refuse", _edit(SEG1, f1[2][0] + 30, 9999, b""), entries=3)
    case("truncated below the checkpoint", "refuse", _edit(SEG2, f2[0][0], 9999, b""), entries=4)
    case("first segment missing", "refuse", _gone(SEG1), entries=0)
    case("last segment missing", "refuse", _gone(SEG2), entries=4)
    case("segments exchanged", "refuse", _replace(built, SEG1, two), _replace(built, SEG2, one), entries=0)
    case("a segment twice", "refuse", _new("segments/0000000003.seg", one), entries=whole)
    held = [built.points[-1].decode()]
    case("rolled back, as a copy elsewhere shows", "refuse", *last_one, entries=4, held_elsewhere=held)
    other = Checkpoint(ORIGIN, 5, bytes(32), 4, T0)
    case("forked, as a copy elsewhere shows", "refuse", entries=whole, held_elsewhere=[other.sign(SIGNER).decode()])
    case("checkpoint of another root", "refuse", _replace(built, "checkpoint", other.sign(SIGNER)))
    origin = Checkpoint("drill/other", built_size := len(built.leaves), _root(built), whole, T0)
    case("checkpoint of another origin", "refuse", _replace(built, "checkpoint", origin.sign(SIGNER)))
    more = Checkpoint(ORIGIN, built_size, _root(built), whole + 1, T0)
    case("checkpoint of more entries", "refuse", _replace(built, "checkpoint", more.sign(SIGNER)))
    less = Checkpoint(ORIGIN, built_size, _root(built), whole - 1, T0)
    case("checkpoint of fewer entries", "refuse", _replace(built, "checkpoint", less.sign(SIGNER)))
    case("checkpoint signed by a stranger", "refuse", _replace(built, "checkpoint", STRANGER.sign(_point_text(built))))
    case("rotten checkpoint signature", "refuse", _flip(built, "checkpoint", len(built.points[-1]) - 12))
    case("last letter of the checkpoint signature", "refuse", _flip(built, "checkpoint", len(built.points[-1]) - 3))
    case("checkpoint with zeros before its size", "refuse", _replace(built, "checkpoint", SIGNER.sign(
        _point_text(built).replace(f"\n{built_size}\n", f"\n0{built_size}\n"))))  # fmt: skip
    case("verifier of another key", "refuse", _replace(built, "verifier", f"{STRANGER.verifier}\n".encode()), entries=0)
    case("verifier whose id is not its key's", "refuse", _flip(built, "verifier", len(ORIGIN) + 2), entries=0)
    case("a key that no header names", "refuse", key="reader/peer", entries=0)
    for name, batch, count in _bad_batches(built):
        case(f"sealed, {name}", "refuse", *_resealed(built, batch, count), entries=4)
    other_tree = Frontier(len(built.frames[SEG1]) + 1, [bytes(32)] * 2)
    case("header over another tree", "refuse", *_reheaded(built, SIGNER, tree=other_tree), entries=4)
    case("header signed by a stranger", "refuse", *_reheaded(built, STRANGER), entries=4)
    for line, instead in (
        (b"origin drill/vector-capture", b"origin drill/other"),
        (b"segment 2", b"segment 3"),
        (b"compression zstd", b"compression none"),
        (b"first-sequence 5", b"first-sequence 6"),
        (b"first-sequence 5", b"first-sequence 05"),
        (b"last-hlc", b"last-clock"),
    ):
        name = f"header that says {instead.decode()} for {line.decode()}"
        case(name, "refuse", *_reheaded(built, SIGNER, line, instead), entries=4)
    return made


def _edit(file: str, at: int, remove: int, insert: bytes) -> dict[str, Any]:
    return {"file": file, "at": at, "remove": remove, "insert": insert.hex()}


def _flip(built: Built, file: str, at: int) -> dict[str, Any]:
    return _edit(file, at, 1, bytes([built.files[file][at] ^ 1]))


def _insert(built: Built, file: str, data: bytes) -> dict[str, Any]:
    return _edit(file, len(built.files[file]), 0, data)


def _replace(built: Built, file: str, data: bytes) -> dict[str, Any]:
    return _edit(file, 0, len(built.files[file]), data)


def _new(file: str, data: bytes) -> dict[str, Any]:
    return _edit(file, 0, 0, data)


def _gone(file: str) -> dict[str, Any]:
    return {"file": file, "delete": True}


def _root(built: Built) -> bytes:
    tree = Frontier()
    for leaf in built.leaves:
        tree.append(leaf)
    return tree.root()


def _point_text(built: Built) -> str:
    return built.points[-1].decode().rpartition("\n\n")[0] + "\n"


def _relength(built: Built) -> dict[str, Any]:
    """One byte less than there is, with the check that fits: only the tag and the next frame tell."""
    at = built.frames[SEG1][1][0]
    prefix = bytearray(built.files[SEG1][at : at + 116])
    struct.pack_into(">I", prefix, 24, struct.unpack_from(">I", prefix, 24)[0] - 1)
    return _edit(SEG1, at, 120, bytes(prefix) + struct.pack(">I", crc32(bytes(prefix))))


def _abandoned(built: Built) -> list[dict[str, Any]]:
    """A frame after the closing one's place, that the next header leaves out: its sync had failed."""
    closing = built.frames[SEG1][3][0]
    note = built.notes[SEG1]
    tree = Frontier()
    for leaf in built.leaves[:4]:
        tree.append(leaf)
    sealer = SegmentSealer(note, DATA_KEYS[1])
    sealer._frames = 3
    lost = pack_entry(Draft("ADM@CHU", "x/lost", b"never acknowledged", T0), 5, built_hlc := T0 // MS + 99 << 16)
    frame, _ = sealer.seal([lost], bytes(16), first_sequence=5, hlc=(built_hlc, built_hlc), received_ns=T0)
    return [_edit(SEG1, closing, 136, frame), *_reheaded(built, SIGNER, b"", b"", tree)]


def _bad_batches(built: Built) -> Iterator[tuple[str, bytes, int]]:
    """Batches of the right key that a writer never makes."""
    records = built.batches[2][0]
    joined = b"".join(struct.pack(">I", len(r)) + r for r in records)
    compressor = zstandard.ZstdCompressor(level=1, write_content_size=True)
    yield "with an entry less than its head says", compressor.compress(joined[: -len(records[2]) - 4]), 3
    yield "with a record that is cut", compressor.compress(joined[:-1]), 3
    yield (
        "with entries in another order",
        compressor.compress(b"".join(struct.pack(">I", len(r)) + r for r in reversed(records))),
        3,
    )
    resalted = b"".join(struct.pack(">I", len(r)) + bytes([r[0] ^ 1]) + r[1:] for r in records)
    yield "with other salts than its root commits to", compressor.compress(resalted), 3
    yield "not compressed", joined, 3
    yield (
        "that does not state its size",
        zstandard.ZstdCompressor(level=1, write_content_size=False).compress(joined),
        3,
    )
    bomb = bytearray(compressor.compress(bytes(300_000)))
    at = bomb.index(struct.pack("<I", 300_000))  # its content size
    bomb[at : at + 4] = struct.pack("<I", 0x7FFFFFFF)
    yield "that states 2 GiB", bytes(bomb), 3


def _resealed(built: Built, plain: bytes, count: int) -> list[dict[str, Any]]:
    """The last segment with another batch in its frame, no checkpoint: only who opens it can tell."""
    at, length = built.frames[SEG2][0]
    head = bytearray(built.files[SEG2][at : at + 84])
    struct.pack_into(">II", head, 20, count, len(plain) + 16)
    key = hmac.digest(DATA_KEYS[2], bytes(head) + b"\x01", "sha256")
    sealed = AESGCM(key).encrypt(bytes(12), plain, sha256(built.notes[SEG2]).digest())
    leaf = bytes(head) + sha256(sealed).digest()
    frame = leaf + struct.pack(">I", crc32(leaf)) + sealed
    return [_edit(SEG2, at, 120 + length, frame), _gone("checkpoint"), _gone("head")]


def _reheaded(
    built: Built, signer: Signer, line: bytes = b"", instead: bytes = b"", tree: Frontier | None = None
) -> list[dict[str, Any]]:
    """The last segment under another header, its frames sealed anew behind it, no checkpoint."""
    text_of = built.notes[SEG2].rpartition(b"\n\n")[0].decode() + "\n"
    assert line.decode() in text_of
    said = text_of.replace(line.decode(), instead.decode(), 1) if line else text_of
    if tree is not None:
        peaks = " ".join(["peaks", *(base64.b64encode(peak).decode() for peak in tree.peaks)])
        said = "\n".join(
            f"first-leaf {tree.size}" if old.startswith("first-leaf") else peaks if old.startswith("peaks") else old
            for old in said.split("\n")
        )
    note = signer.sign(said)
    sealer = SegmentSealer(note, DATA_KEYS[2])
    records = built.batches[2][0]
    at = T0 + 3_600_000 * MS
    hlc = struct.unpack_from(">Q", records[0], 16 + 16)[0]
    frame, _ = sealer.seal(
        [r[16:] for r in records],
        b"".join(r[:16] for r in records),
        first_sequence=5,
        hlc=(hlc, hlc + 2),
        received_ns=at,
    )
    return [_replace(built, SEG2, pack_header(note) + frame), _gone("checkpoint"), _gone("head")]


def proof(built: Built) -> dict[str, Any]:
    """Return a proof of entry 3: the second of the second frame."""
    at, _length = built.frames[SEG1][1]
    prefix = built.files[SEG1][at : at + 116]
    records = built.batches[1][1]
    return {
        "entry": built.entries[2].hex(),
        "entry_index": 1,
        "salt": records[1][:16].hex(),
        "entry_path": [h.hex() for h in inclusion_path([hash_leaf(r) for r in records], 1)],
        "frame_header": prefix[:84].hex(),
        "ciphertext_sha256": prefix[84:].hex(),
        "frame_index": 2,
        "frame_path": [h.hex() for h in inclusion_path(built.leaves, 2)],
        "checkpoint": built.points[-1].decode(),
    }


def journal(built: Built, sealed: dict[str, str]) -> dict[str, Any]:
    """Return journal-v1.json."""
    peer = PAIRS["reader/peer"]
    grant = (
        f"contrefeu grant v1\norigin {ORIGIN}\nsegment 1\n"
        f"recipient {peer.recipient.name} {peer.fingerprint} {sealed['1 reader/peer']}\n"
    )
    return {
        "origin": ORIGIN,
        "signing_seed": bytes(range(32)).hex(),
        "seeds": {name: seed.hex() for name, seed in SEEDS.items()},
        "data_keys": {str(number): key.hex() for number, key in DATA_KEYS.items()},
        "entries": [entry.hex() for entry in built.entries],
        "roots": [base64.b64decode(point.split(b"\n")[2]).hex() for point in built.points],
        "proof": proof(built),
        "grant": {"key": "reader/peer", "segment": 1, "note": SIGNER.sign(grant).decode()},
        "cases": cases(built),
    }


def draw() -> dict[str, str]:
    """Seal the data keys, at random."""
    whom = [(1, "recovery"), (1, "reader/2026-11-24"), (2, "recovery"), (2, "reader/2026-11-24"), (1, "reader/peer")]
    return {
        f"{number} {who}": base64.b64encode(PAIRS[who].recipient.seal(DATA_KEYS[number], ORIGIN, number)).decode()
        for number, who in whom
    }


def main() -> int:
    """Write the vectors, or compare them; returns the exit status."""
    parser = argparse.ArgumentParser(description="Write the journal's vectors again.")
    parser.add_argument("--check", action="store_true", help="write nothing; name the files that differ")
    parser.add_argument("--draw", action="store_true", help="seal the data keys again, at random")
    asked = parser.parse_args()
    keys = VECTORS / "sealed-keys.json"
    if asked.draw:
        keys.write_text(json.dumps(draw(), indent=1) + "\n")
    sealed = json.loads(keys.read_text())
    built = Built(sealed)
    wanted = {
        "journal-v1.txt": text(built),
        "journal-v1.json": json.dumps(journal(built, sealed), indent=1) + "\n",
    }
    status = 0
    for name, content in wanted.items():
        path = VECTORS / name
        if asked.check and (not path.is_file() or path.read_text() != content):
            sys.stdout.write(f"{name}\n")
            status = 1
        elif not asked.check:
            path.write_text(content)
    return status


if __name__ == "__main__":
    sys.exit(main())
