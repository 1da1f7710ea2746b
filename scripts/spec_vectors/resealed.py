"""Parts of the last segment made anew with the right keys: what only a check of contents can refuse."""

import base64
import hmac
import struct
from hashlib import sha256
from typing import Any
from zlib import crc32

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from contrefeu.journal.header import pack_header
from contrefeu.journal.segment import SegmentSealer
from contrefeu.proof import Frontier, Signer
from spec_vectors.built import DATA_KEYS, MS, SEG2, T0, Built, edit, gone, replace


def header_text(built: Built) -> str:
    """The text of the last segment's header."""
    return built.notes[SEG2].rpartition(b"\n\n")[0].decode() + "\n"


def reheaded(
    built: Built, signer: Signer, line: bytes = b"", instead: bytes = b"", tree: Frontier | None = None
) -> list[dict[str, Any]]:
    """The last segment under another header, its frames sealed anew behind it, no checkpoint."""
    said = header_text(built)
    assert line.decode() in said
    if line:
        said = said.replace(line.decode(), instead.decode(), 1)
    if tree is not None:
        peaks = " ".join(["peaks", *(base64.b64encode(peak).decode() for peak in tree.peaks)])
        said = "\n".join(
            f"first-leaf {tree.size}" if old.startswith("first-leaf") else peaks if old.startswith("peaks") else old
            for old in said.split("\n")
        )
    return behind(built, signer.sign(said))


def behind(built: Built, note: bytes, packed: bytes = b"") -> list[dict[str, Any]]:
    """The last segment with *note* for its header, its frame sealed anew behind it, no checkpoint."""
    sealer = SegmentSealer(note, DATA_KEYS[2])
    records = built.batches[2][0]
    hlc = struct.unpack_from(">Q", records[0], 16 + 16)[0]
    frame, _ = sealer.seal(
        [r[16:] for r in records],
        b"".join(r[:16] for r in records),
        first_sequence=5,
        hlc=(hlc, hlc + 2),
        received_ns=T0 + 3_600_000 * MS,
    )
    return [replace(built, SEG2, (packed or pack_header(note)) + frame), gone("checkpoint"), gone("head")]


def resealed(
    built: Built,
    plain: bytes,
    *,
    count: int = 3,
    root: bytes = b"",
    clocks: tuple[int, int] | None = None,
    data_key: bytes = DATA_KEYS[2],
    nonce: bytes = bytes(12),
    aad: bytes = b"",
    derived: bytes = b"",
) -> list[dict[str, Any]]:
    """The last segment with another batch in its frame, no checkpoint: only who opens it can tell."""
    at, length = built.frames[SEG2][0]
    head = bytearray(built.files[SEG2][at : at + 84])
    struct.pack_into(">II", head, 20, count, len(plain) + 16)
    if clocks is not None:
        struct.pack_into(">QQ", head, 28, *clocks)
    if root:
        struct.pack_into(">32s", head, 52, root)
    key = hmac.digest(data_key, derived or bytes(head) + b"\x01", "sha256")
    sealed = AESGCM(key).encrypt(nonce, plain, aad or sha256(built.notes[SEG2]).digest())
    leaf = bytes(head) + sha256(sealed).digest()
    frame = leaf + struct.pack(">I", crc32(leaf)) + sealed
    return [edit(SEG2, at, 120 + length, frame), gone("checkpoint"), gone("head")]
