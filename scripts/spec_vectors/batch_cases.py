"""Frames whose contents are not what a writer seals: the tree and every check in clear are right."""

import struct
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import zstandard

from contrefeu.proof import hash_leaf, root_of
from spec_vectors.built import DATA_KEYS, SEG1, SEG2, Built, Cases, at
from spec_vectors.resealed import resealed

_ZSTD = zstandard.ZstdCompressor(level=1, write_content_size=True)


def add_batches(cases: Cases) -> None:
    """Each sealed with the right key into the last segment's frame; no checkpoint covers it."""
    built = cases.built
    for name, plain, more in (*_bad_batches(built), *_bad_records(built), *_bad_seals(built)):
        where = [at(2, built.frames[SEG2][0][0], 5, 4 + more.get("count", 3), "altered")]
        cases.refuses(f"sealed, {name}", "open", where, *resealed(built, plain, **more), entries=4)
    records = built.batches[2][0]
    cases.opens("sealed anew, as it was", *resealed(built, _ZSTD.compress(_batch(records))))
    best = zstandard.ZstdCompressor(level=19, write_content_size=True, write_checksum=True)
    cases.opens("sealed anew, at another level, with a checksum", *resealed(built, best.compress(_batch(records))))


def _bad_batches(built: Built) -> Iterator[tuple[str, bytes, dict[str, Any]]]:
    """Batches and the zstd frame around them."""
    records = built.batches[2][0]
    joined, plain = _batch(records), _ZSTD.compress(_batch(records))
    yield "with an entry less than its head says", _ZSTD.compress(joined[: -len(records[2]) - 4]), {}
    yield "with an entry more than its head says", _ZSTD.compress(joined), {"count": 2}
    yield "with a record that is cut", _ZSTD.compress(joined[:-1]), {}
    yield "with a record whose length is cut", _ZSTD.compress(joined + b"\0\0"), {}
    yield "with a record longer than what is left", _ZSTD.compress(b"\xff" * 4 + joined[4:]), {}
    yield "with a record of no bytes", _ZSTD.compress(joined + bytes(4)), {}
    yield "with a record without room for its salt", _ZSTD.compress(struct.pack(">I", 15) + joined), {}
    yield "with entries in another order", _ZSTD.compress(_batch(records[::-1])), {}
    resalted = [bytes([r[0] ^ 1]) + r[1:] for r in records]
    yield "with other salts than its root commits to", _ZSTD.compress(_batch(resalted)), {}
    yield "with another root than its entries have", plain, {"root": root_of([hash_leaf(r) for r in records[:2]])}
    yield "with a root without salts", plain, {"root": root_of([hash_leaf(r[16:]) for r in records])}
    yield "with a root of inner hashes", plain, {"root": sha256(b"".join(map(hash_leaf, records))).digest()}
    yield "not compressed", joined, {}
    yield (
        "that does not state its size",
        zstandard.ZstdCompressor(level=1, write_content_size=False).compress(joined),
        {},
    )
    yield "that states 2 GiB", _stated(300_000, 0x7FFFFFFF), {}
    yield "that states a byte above 72 MiB", _stated(300_000, 72 * 2**20 + 1), {}
    yield "that states more than it holds", _stated(300_000, 300_001), {}
    yield "that states less than it holds", _stated(300_000, 299_999), {}
    yield "of 72 MiB of zeros", _ZSTD.compress(bytes(72 * 2**20)), {}
    yield "with bytes behind its zstd frame", plain + b"more", {}
    yield "in two zstd frames", _ZSTD.compress(joined[:40]) + _ZSTD.compress(joined[40:]), {}
    yield "behind a zstd frame to skip", b"\x50\x2a\x4d\x18\x04\0\0\0skip" + plain, {}
    yield "in another compression", b"\x1f\x8b\x08\0" + plain, {}
    yield "cut in its zstd frame", plain[:-3], {}
    yield "with a batch of nothing", _ZSTD.compress(b""), {}


def _bad_records(built: Built) -> Iterator[tuple[str, bytes, dict[str, Any]]]:
    """Entries, under a root that commits to them."""
    records = built.batches[2][0]
    clock = struct.unpack_from(">Q", records[0], 32)[0]

    def altered(which: int, offset: int, data: bytes) -> list[bytes]:
        made = list(records)
        made[which] = made[which][: 16 + offset] + data + made[which][16 + offset + len(data) :]
        return made

    def u64(value: int) -> bytes:
        return value.to_bytes(8, "big")

    source_at = records[1][16 + 24]
    long_body = records[1] + bytes(64 * 2**20)
    for name, made in (
        ("sequence 0", altered(0, 0, u64(0))),
        ("the sequence of the entry before", altered(0, 0, u64(4))),
        ("the same sequence twice", altered(1, 0, u64(5))),
        ("a sequence left out", altered(2, 0, u64(8))),
        ("a first clock that is not the head's", altered(0, 16, u64(clock - 1))),
        ("a last clock that is not the head's", altered(2, 16, u64(clock + 9))),
        ("the same clock twice", altered(1, 16, u64(clock))),
        ("a clock that goes back", altered(1, 16, u64(clock - 5))),
        ("a source longer than the entry", altered(1, 24, b"\xff")),
        ("a source that is not UTF-8", altered(1, 25, b"\xff")),
        ("a media type longer than the entry", altered(1, 25 + source_at, b"\xff")),
        ("a media type that is not UTF-8", altered(1, 26 + source_at, b"\xc3\x28")),
        ("an entry cut in its clock", [*records[:2], records[2][:36]]),
        ("an entry cut before its media type", [*records[:2], records[2][: 16 + 25 + records[2][40]]]),
        ("a body above 64 MiB", [records[0], long_body, records[2]]),
    ):
        root = root_of([hash_leaf(record) for record in made])
        yield f"with {name}", _ZSTD.compress(_batch(made)), {"root": root}


def _bad_seals(built: Built) -> Iterator[tuple[str, bytes, dict[str, Any]]]:
    """The right batch under another key, nonce or associated data."""
    plain = _ZSTD.compress(_batch(built.batches[2][0]))
    yield "with another nonce", plain, {"nonce": b"\x01" * 12}
    yield "with another segment's key", plain, {"data_key": DATA_KEYS[1]}
    yield "with another segment's header", plain, {"aad": sha256(built.notes[SEG1]).digest()}
    yield "with the header note instead of its hash", plain, {"aad": built.notes[SEG2]}
    yield "with a key that its head did not make", plain, {"derived": bytes(84) + b"\x01"}
    yield "with a key of another label", plain, {"derived": built.files[SEG2][:84] + b"\x02"}


def _batch(records: list[bytes]) -> bytes:
    return b"".join(struct.pack(">I", len(r)) + r for r in records)


def _stated(holds: int, states: int) -> bytes:
    """A zstd frame that states another size than it holds."""
    frame = bytearray(_ZSTD.compress(bytes(holds)))
    at = frame.index(struct.pack("<I", holds))
    frame[at : at + 4] = struct.pack("<I", states)
    return bytes(frame)
