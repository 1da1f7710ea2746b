"""Files of a one-way copy: what a node drops on its side of a data diode, and a vault host finds on the other.

    file     = "CFO1" || length of the manifest u32 || manifest (JSON) || parts || SHA-256 of all before (32)
    name     = STREAM-NUMBER.cfo, and the same bytes again as STREAM-NUMBER.2.cfo
    part     = bytes of one segment of one journal, in the order of the manifest

Rules kept here:
  * Each file says by itself what it is, which number it has and what came before it; nothing is ever asked back.
  * Numbers of a stream begin at 1 and have no gap. A node begins a stream at each start and names the last number of
    the one before: a file that was lost is seen, whichever it was.
  * A file that is not whole is none: it is waited for, or its repeat is taken.
"""

import re
from hashlib import sha256
from struct import Struct as Packing

import msgspec

MAGIC = b"CFO1"
GRANTS_MAX = 200  # in one file: half a megabyte
PARTS_BYTES_MAX = 4 * 2**20  # of one file: half a minute on a line of 1 Mbit/s
MANIFEST_BYTES_MAX = 2 * 2**20  # a thousand journals, each with its checkpoint
FILE_BYTES_MAX = PARTS_BYTES_MAX + MANIFEST_BYTES_MAX + 64  # both at their largest, mark, length and digest
STREAM_LENGTH = 16
_LENGTH = Packing(">I")
DIGEST_BYTES = 32
_NAME = re.compile(r"([0-9a-f]{16})-(\d{10})(?:\.2)?\.cfo")


class Part(msgspec.Struct, frozen=True, array_like=True):
    """Where bytes belong."""

    journal: str
    segment: int
    offset: int
    length: int


class Said(msgspec.Struct, frozen=True, array_like=True):
    """How far a journal goes once this file is in."""

    verifier: str
    head: tuple[int, int, int, int] | None
    checkpoint: str
    expired: str = ""  # its writer's note of how far it has ended


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a file says of itself."""

    stream: str
    nth: int  # which stream of its node it is, from 1
    number: int
    follows: tuple[str, int] | None  # the stream before this one, its last number; none: this is the beginning
    complete: bool  # whether nothing was left to send when it was made
    journals: list[Said]
    parts: list[Part]
    settings: str = ""  # contrefeu.toml, when it or the notes changed
    notes: list[bytes] = msgspec.field(default_factory=list)  # the custodians' public keys, with the settings
    grants: list[tuple[str, str, bytes]] = msgspec.field(default_factory=list)  # new ones: folder, name, bytes


def pack_file(manifest: Manifest, data: bytes) -> bytes:
    """The bytes of a file; *data* is its parts, joined."""
    said = msgspec.json.encode(manifest)
    packed = MAGIC + _LENGTH.pack(len(said)) + said + data
    return packed + sha256(packed).digest()


def unpack_file(packed: bytes) -> tuple[Manifest, bytes] | None:
    """Manifest and joined parts, or None when the file is not whole."""
    start = len(MAGIC) + _LENGTH.size
    if len(packed) < start + DIGEST_BYTES or packed[: len(MAGIC)] != MAGIC or len(packed) > FILE_BYTES_MAX:
        return None
    body, digest = packed[:-DIGEST_BYTES], packed[-DIGEST_BYTES:]
    if sha256(body).digest() != digest:
        return None
    (length,) = _LENGTH.unpack_from(packed, len(MAGIC))
    try:
        manifest = msgspec.json.decode(body[start : start + length], type=Manifest)
    except msgspec.MsgspecError:
        return None
    data = body[start + length :]
    whole = length <= MANIFEST_BYTES_MAX and sum(part.length for part in manifest.parts) == len(data)
    sound = all(part.length >= 0 and part.offset >= 0 and 1 <= part.segment < 10**10 for part in manifest.parts)
    return (manifest, data) if whole and sound else None


def file_name(stream: str, number: int, *, repeat: bool = False) -> str:
    """The name of a file, or of its repeat."""
    return f"{stream}-{number:010d}{'.2' if repeat else ''}.cfo"


def read_name(name: str) -> tuple[str, int] | None:
    """Stream and number of a file, or None when it is none of ours."""
    found = _NAME.fullmatch(name)
    return (found[1], int(found[2])) if found else None


def ranges_text(stream: str, numbers: list[tuple[int, int]]) -> str:
    """Missing files as people carry them to the node: "STREAM:17-18,20"."""
    return f"{stream}:" + ",".join(f"{a}-{b}" if b > a else f"{a}" for a, b in numbers)


def parse_ranges(text: str) -> tuple[str, list[tuple[int, int]]]:
    """Read what `ranges_text` wrote.

    Raises:
        ValueError: It is not that.
    """
    stream, _, listed = text.strip().partition(":")
    if not re.fullmatch(r"[0-9a-f]{16}", stream):
        raise ValueError("stream")
    found = []
    for one in listed.split(","):
        first, _, last = one.partition("-")
        a, b = int(first), int(last or first)
        if not 1 <= a <= b < 10**10:
            raise ValueError("numbers")
        found.append((a, b))
    return stream, found
