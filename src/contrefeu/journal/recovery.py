"""The recovery keys of a hospital, one after the other: public notes, each signed with the key before (S5).

    KEYS/recovery/0001.note, 0002.note, ...          docs/spec/journal-v1.md, "Recovery keys"

    contrefeu recovery key v1
    number N                       from 1, without gaps
    made TIME
    threshold K
    recipient recovery BASE64      the public key that segments are sealed to
    authority VERIFIER             checks what the holders of this key sign
    before FINGERPRINT             of the key before; left out in the first
    share BASE64                   one line a share: SHA-256 of "contrefeu share v1\\n" and its words

Rules kept here:
  * A note counts when its own authority signed it and, save the first, the authority of the key before signed it too:
    who holds a node can make none, for an authority's private key comes out of the recovery secret alone.
  * Notes are read up to the first that does not count; a bad one changes nothing of those before it.
  * Nothing in this module can open or sign.
"""

import base64
import binascii
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from contrefeu.base import parse_rfc3339, rfc3339
from contrefeu.journal.recipients import Recipient
from contrefeu.proof import ProofMismatch, Verifier, open_note

TITLE = "contrefeu recovery key v1"
RECOVERY = "recovery"  # the custodians' key, as headers name it
AUTHORITY = "recovery"  # who signs, as notes name it
KEYS_MAX = 1000  # of one hospital: one a month for a lifetime


@dataclass(frozen=True, slots=True)
class RecoveryKey:
    """What one note says."""

    number: int
    made_ns: int
    threshold: int
    recipient: Recipient
    authority: Verifier
    before: str  # fingerprint of the key before; empty in the first
    shares: tuple[bytes, ...]  # commitments, in order of number

    @property
    def fingerprint(self) -> str:
        """Of the public key."""
        return self.recipient.fingerprint

    def text(self) -> str:
        """The text that is signed."""
        return "".join(
            f"{line}\n"
            for line in (
                TITLE,
                f"number {self.number}",
                f"made {rfc3339(self.made_ns)}",
                f"threshold {self.threshold}",
                f"recipient {self.recipient}",
                f"authority {self.authority}",
                *([f"before {self.before}"] if self.before else []),
                *(f"share {base64.b64encode(share).decode()}" for share in self.shares),
            )
        )


def open_recovery_key(note: bytes, before: RecoveryKey | None) -> RecoveryKey:
    """Check and read the note that follows *before*, or the first.

    Raises:
        ProofMismatch: It does not count.
    """
    cut = note.find(b"\n\n")
    try:
        key = _read(note[: cut + 1].decode())
    except (ValueError, KeyError, IndexError, OverflowError, binascii.Error):
        raise ProofMismatch("the recovery key's note is malformed") from None
    signers = [key.authority] if before is None else [key.authority, before.authority]
    found = open_note(note, signers)
    if found.text != key.text() or set(found.signed_by) != set(signers):
        raise ProofMismatch("the recovery key's note is not signed by both keys")
    expected = (1, "") if before is None else (before.number + 1, before.fingerprint)
    if (key.number, key.before) != expected:
        raise ProofMismatch("the recovery key's note does not follow the one before")
    return key


def recovery_keys(notes: Iterable[bytes]) -> list[RecoveryKey]:
    """The keys that *notes* give, in order, up to the first note that does not count."""
    keys: list[RecoveryKey] = []
    for note in notes:
        try:
            keys.append(open_recovery_key(note, keys[-1] if keys else None))
        except ProofMismatch:
            break
    return keys


def recovery_notes(folder: Path) -> list[bytes]:
    """The notes that lie in *folder*, in order, up to the first number that is not there."""
    notes = []
    for number in range(1, KEYS_MAX + 1):
        try:
            notes.append((folder / note_name(number)).read_bytes())
        except FileNotFoundError:
            break
    return notes


def note_name(number: int) -> str:
    """The name of a note's file."""
    return f"{number:04d}.note"


def rank_of(keys: Sequence[RecoveryKey], fingerprint: str) -> int:
    """Position of a key among *keys*; -1 when it is none of them."""
    return next((at for at, key in enumerate(keys) if key.fingerprint == fingerprint), -1)


def _read(text: str) -> RecoveryKey:
    title, *lines = text[:-1].split("\n")
    if title != TITLE:
        raise ValueError(title)
    pairs = [line.partition(" ")[::2] for line in lines]
    values = dict(pairs[:6])
    key = RecoveryKey(
        number=int(values["number"]),
        made_ns=parse_rfc3339(values["made"]),
        threshold=int(values["threshold"]),
        recipient=Recipient.parse(values["recipient"]),
        authority=Verifier.parse(values["authority"]),
        before=values.get("before", ""),
        shares=tuple(base64.b64decode(value, validate=True) for label, value in pairs if label == "share"),
    )
    if key.recipient.name != RECOVERY or key.authority.name != AUTHORITY or key.text() != text:
        raise ValueError("one way to write it")
    return key
