"""Writes docs/spec/vectors/cosignature-v1.json: checkpoints and what witnesses say of them, right and wrong.

Every byte follows from constants: made again, the file is the same, and a test compares. `--check` writes nothing and
ends with status 1 when the file differs.
"""

import argparse
import base64
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from contrefeu.proof import (
    AddCheckpoint,
    Checkpoint,
    Cosigner,
    Signer,
    WitnessKey,
    consistency_path,
    hash_leaf,
    root_of,
)

PAGE = Path(__file__).parents[1] / "docs" / "spec" / "vectors" / "cosignature-v1.json"
WRITER = Signer("example.com/log", bytes([1]) * 32)  # printed in a page: never real keys
WITNESS = Cosigner("witness.example.com/w1", bytes([2]) * 32)
SECOND = Cosigner("witness.example.com/w2", bytes([3]) * 32)
TIME_S = 1_679_315_147
LEAVES = [hash_leaf(f"leaf {number}".encode()) for number in range(13)]


def checkpoint(size: int) -> tuple[str, bytes]:
    """The text of the checkpoint of *size* leaves, and the note."""
    point = Checkpoint(WRITER.verifier.name, size, root_of(LEAVES[:size]), size, TIME_S * 10**9)
    return point.text(), point.sign(WRITER)


def line_of(text: str, witness: Cosigner = WITNESS, time_s: int = TIME_S) -> str:
    """A witness's line."""
    return witness.cosignature_line(text, time_s)


def changed(line: str, at: int) -> str:
    """The line with one bit of its blob changed."""
    start, _, encoded = line.rstrip("\n").rpartition(" ")
    blob = bytearray(base64.b64decode(encoded))
    blob[at] ^= 1
    return f"{start} {base64.b64encode(bytes(blob)).decode()}\n"


def notes() -> Iterator[dict[str, Any]]:
    """Notes: what they hold, and which witnesses a reader must find on each, or that it must refuse it."""
    text, note = checkpoint(5)
    other, _ = checkpoint(6)
    first, second = line_of(text), line_of(text, SECOND)
    as_writer = Signer(WITNESS.key.name, bytes([2]) * 32).signature_line(text)
    yield row("no witness", note, [])
    yield row("one witness", note + first.encode(), [WITNESS.key.name])
    yield row("two witnesses", note + first.encode() + second.encode(), [WITNESS.key.name, SECOND.key.name])
    yield row("the witness before the writer", _before(note, first), [WITNESS.key.name])
    unknown = line_of(text, Cosigner("witness.example.com/unknown", bytes([9]) * 32))
    yield row("a witness that is not known is passed over", note + unknown.encode(), [])
    yield row("the same key as an ordinary signature is another key id: passed over", note + as_writer.encode(), [])
    yield row("the greatest time", note + line_of(text, WITNESS, 2**63 - 1).encode(), [WITNESS.key.name])
    yield row("a time beyond 2^63 - 1", note + line_of(text, WITNESS, 2**63).encode(), None)
    yield row("a cosignature of another checkpoint", note + line_of(other).encode(), None)
    yield row("a bit of the time changed", note + changed(first, 11).encode(), None)
    yield row("a bit of the signature changed", note + changed(first, 12).encode(), None)
    yield row("the last bit of the signature changed", note + changed(first, 75).encode(), None)
    yield row("a bit of the key id changed: nobody's that is known", note + changed(first, 0).encode(), [])
    yield row("a signature that is cut", note + _cut(first).encode(), None)
    yield row("an ordinary signature under the witness's key id", note + _plain(as_writer).encode(), None)
    yield row("cosigned, and not signed by the writer", text.encode() + b"\n" + first.encode(), None)
    yield row("no empty line before the signatures", note.replace(b"\n\n", b"\n") + first.encode(), None)
    yield row("a line without its newline", note + first.encode().rstrip(b"\n"), None)


def requests() -> Iterator[dict[str, Any]]:
    """Requests to a witness that has cosigned the tree of 5 leaves, and the status of its answer (tlog-witness)."""
    _, seen = checkpoint(5)
    _, note = checkpoint(13)
    proof = tuple(consistency_path(LEAVES, 5))
    yield {"what": "the same again", "body": _b64(AddCheckpoint(5, (), seen).pack()), "status": 200}
    yield {
        "what": "older than what was seen",
        "body": _b64(AddCheckpoint(5, (), checkpoint(4)[1]).pack()),
        "status": 400,
    }
    yield {"what": "from another size", "body": _b64(AddCheckpoint(0, (), note).pack()), "status": 409}
    yield {"what": "a proof in another order", "body": _b64(AddCheckpoint(5, proof[::-1], note).pack()), "status": 422}
    yield {"what": "a proof that is too short", "body": _b64(AddCheckpoint(5, proof[:-1], note).pack()), "status": 422}
    yield {
        "what": "a proof that is too long",
        "body": _b64(AddCheckpoint(5, (*proof, bytes(32)), note).pack()),
        "status": 422,
    }
    forged = Signer(WRITER.verifier.name, bytes([8]) * 32).sign(checkpoint(13)[0])
    yield {
        "what": "signed by another key of that name",
        "body": _b64(AddCheckpoint(5, proof, forged).pack()),
        "status": 403,
    }
    unknown = Checkpoint("example.com/other", 1, LEAVES[0], 1, 0).sign(Signer("example.com/other", bytes([7]) * 32))
    yield {"what": "a log that is not witnessed", "body": _b64(AddCheckpoint(0, (), unknown).pack()), "status": 404}
    yield {"what": "a size with a leading zero", "body": _b64(b"old 05\n\n" + seen), "status": 400}
    yield {"what": "no old size", "body": _b64(b"\n" + seen), "status": 400}
    yield {"what": "the continuation", "body": _b64(AddCheckpoint(5, proof, note).pack()), "status": 200}
    yield {"what": "what was cosigned before it", "body": _b64(AddCheckpoint(5, (), seen).pack()), "status": 409}


def row(what: str, note: bytes, witnesses: list[str] | None) -> dict[str, Any]:
    """A note, and the witnesses found on it; None: it must be refused."""
    return {"what": what, "note": _b64(note), "witnesses": witnesses}


def _before(note: bytes, line: str) -> bytes:
    text, _, signatures = note.partition(b"\n\n")
    return text + b"\n\n" + line.encode() + signatures


def _cut(line: str) -> str:
    start, _, encoded = line.rstrip("\n").rpartition(" ")
    return f"{start} {base64.b64encode(base64.b64decode(encoded)[:-1]).decode()}\n"


def _plain(line: str) -> str:
    start, _, encoded = line.rstrip("\n").rpartition(" ")
    blob = WITNESS.key.key_id + base64.b64decode(encoded)[4:]
    return f"{start} {base64.b64encode(blob).decode()}\n"


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def page() -> str:
    """The file."""
    keys: list[WitnessKey] = [WITNESS.key, SECOND.key]
    told = {
        "source": "c2sp.org/tlog-cosignature, c2sp.org/tlog-witness; made by scripts/make_cosignature_vectors.py",
        "writer": str(WRITER.verifier),
        "witnesses": [str(key) for key in keys],
        "time_s": TIME_S,
        "notes": list(notes()),
        "seen": _b64(checkpoint(5)[1]),
        "requests": list(requests()),
    }
    return json.dumps(told, indent=1) + "\n"


def main() -> int:
    """Write or compare; returns the exit status."""
    parser = argparse.ArgumentParser(description="Write the vectors of cosignatures again.")
    parser.add_argument("--check", action="store_true", help="write nothing; end with 1 when the file differs")
    made = page()
    if parser.parse_args().check:
        return 0 if PAGE.is_file() and PAGE.read_text() == made else 1
    PAGE.write_text(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
