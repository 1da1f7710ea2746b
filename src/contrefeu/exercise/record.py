"""The record of an exercise as a file that an auditor keeps: what was promised, measured, by whom, when; signed.

The format is docs/spec/drill-record-v1.md. Rules kept here:
  * The record is signed by the key that signs the exercise's journals, over one fixed way to write it.
  * Values are strings, whole numbers, booleans and null: every language writes them alike.
  * A record that was changed in any value does not open.
"""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct, field

from contrefeu.base import OperatorError, TamperError
from contrefeu.exercise.score import Player
from contrefeu.journal import journals_in
from contrefeu.proof import ProofMismatch, Signer, Verifier, open_note

FORMAT = "contrefeu.example/drill-record/v1"
RECORD_BYTES_MAX = 2**20  # a day's exercise of ninety injects has a twentieth of it
_NS_PER_S = 1_000_000_000


class Promised(Struct, frozen=True):
    """One promise with its threshold, as it went."""

    id: str
    promise: str
    threshold: str
    measured: str
    held: bool
    per_mille: int | None = None  # measured in thousandths of the threshold; None where that says nothing


class Line(Struct, frozen=True):
    """One line of the time line, in seconds from the beginning."""

    id: str
    what: str
    who: str  # role, or the machine
    from_s: int
    to_s: int | None  # None: never
    within_s: int | None  # None: no limit
    by: str  # login; "" for nobody
    held: bool


class JournalEnd(Struct, frozen=True):
    """A journal of the exercise as it stood: whoever keeps the folder can compare."""

    journal: str
    entries: int
    checkpoint: str  # the signed note; "" when there is none


class Record(Struct, frozen=True, forbid_unknown_fields=True):
    """One exercise."""

    kind: str  # "machine": it plays alone; "ward": people played
    scenario: str
    scenario_sha256: str  # of the file; "" without one
    title: str
    attack: str
    facility: str
    node: str
    version: str  # of Contrefeu
    began: str  # RFC 3339
    ended: str
    speed: str  # minutes of the exercise in a minute, as a decimal
    seed: int
    beds: int
    messages: int  # of the simulated hospital
    led_by: str
    language: str
    held: bool
    promises: list[Promised]
    lines: list[Line]
    players: list[Player] = field(default_factory=list)
    journals: list[JournalEnd] = field(default_factory=list)


class Opened(NamedTuple):
    """A record whose signature is right."""

    record: Record
    signed_by: Verifier
    digest: str  # SHA-256, hex: printed on the report


def canonical(record: Record) -> bytes:
    """The one way to write a record: JSON without spaces, keys in order, UTF-8 as it is."""
    return _written(msgspec.to_builtins(record))


def digest_of_record(record: Record) -> str:
    """Its fingerprint."""
    return sha256(canonical(record)).hexdigest()


def signed(record: Record, signer: Signer) -> bytes:
    """The file: the record, the note that signs it, and the public key."""
    note = signer.sign(f"{FORMAT}\n{digest_of_record(record)}\n").decode()
    value = {
        "format": FORMAT,
        "record": msgspec.to_builtins(record),
        "signature": {"key": str(signer.verifier), "note": note},
    }
    return json.dumps(value, indent=1, ensure_ascii=False).encode() + b"\n"


def open_record(data: bytes, key: str = "") -> Opened:
    """Open a record, and check it against *key*, or against the one that it brings.

    Raises:
        OperatorError: It is no record.
        TamperError: It is not the one that was signed, or by another key.
    """
    try:
        if len(data) > RECORD_BYTES_MAX:
            raise ValueError
        whole: dict[str, Any] = json.loads(data)
        if whole["format"] != FORMAT:
            raise ValueError
        record = msgspec.convert(whole["record"], Record)
        own, note = str(whole["signature"]["key"]), str(whole["signature"]["note"]).encode()
    except (ValueError, KeyError, TypeError, RecursionError):
        raise OperatorError(
            "That file is no record of an exercise.",
            safe="Nothing was changed.",
            next="contrefeu drill --record FILE.json writes one.",
        ) from None
    digest = sha256(_written(whole["record"])).hexdigest()
    try:
        verifier = Verifier.parse(key or own)
        text = open_note(note, [verifier]).text
    except ProofMismatch as wrong:
        raise _altered(f"{wrong}") from None
    if text != f"{FORMAT}\n{digest}\n":
        raise _altered("it was changed after it was signed")
    return Opened(record, verifier, digest)


def signer_at(node: str, seed: Path) -> Signer:
    """What signs the checkpoints of a home's station journal."""
    return Signer(f"{node}-station", seed.read_bytes())


def journal_ends(folder: Path) -> list[JournalEnd]:
    """How the journals under *folder* stand."""
    found = []
    for files in journals_in(folder):
        head = files.read_head()
        note = files.checkpoint.read_text() if files.checkpoint.exists() else ""
        found.append(JournalEnd(files.verifier().name, head.sequence if head else 0, note))
    return found


def per_mille(ratio: float | None) -> int | None:
    """A ratio as a record writes it."""
    return None if ratio is None else round(ratio * 1000)


def second(ns: int) -> str:
    """A moment to the second, RFC 3339."""
    return datetime.fromtimestamp(ns // _NS_PER_S, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def this_version() -> str:
    """Of Contrefeu."""
    try:
        return version("contrefeu")
    except PackageNotFoundError:
        return "0"


def all_held(promises: Iterable[Promised]) -> bool:
    """Whether every promise was held."""
    return all(one.held for one in promises)


def _written(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode(errors="surrogatepass")


def _altered(why: str) -> TamperError:
    return TamperError(
        f"That record is not the one that was signed: {why}.",
        safe="The paper report with its fingerprint, and the journals of the exercise.",
        next="Compare with the paper; ask for the file again where it was made.",
    )
