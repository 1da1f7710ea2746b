"""From a segment's header to its data key: by the node's own key, by a grant, or by the recovery key.

A grant is a further right to read: the data key of one segment, sealed to one more recipient, in a file of its own
(S2): GRANTS/<journal>/<segment>.<first 16 digits of the fingerprint>.grant, a note signed by the granting node
(docs/spec/journal-v1.md, "Grants"):

    contrefeu grant v1
    origin ORIGIN
    segment NUMBER
    recipient NAME FINGERPRINT BASE64

Rules kept here:
  * A header is never rewritten to let somebody in.
  * A data key counts only if it fits the commitment in the header; the reader checks that too.
  * What does not open, or is not signed by a node that may grant, is passed over: another key may open.
"""

import base64
import contextlib
import itertools
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from contrefeu.base import ManyFiles, durable_makedirs
from contrefeu.custody.horizon import ReadingKeys
from contrefeu.custody.keypair import KeyPair
from contrefeu.journal import (
    RECOVERY,
    JournalFiles,
    JournalReader,
    JournalTampered,
    JournalUnreadable,
    KeyOf,
    Recipient,
    SegmentHeader,
    SegmentReader,
    commitment_of,
)
from contrefeu.proof import ProofMismatch, Signer, Verifier, open_note

_TITLE = "contrefeu grant v1"


class BeyondHorizon(JournalUnreadable):
    """A segment that this node may not open (any more)."""

    kind = "beyond-horizon"

    def __init__(self, what: str, *, safe: str, next: str, header: SegmentHeader) -> None:
        super().__init__(what, safe=safe, next=next)
        self.journal = header.origin
        self.segment = header.segment
        self.first_entry = header.first_sequence


class DataKeys:
    """Finds data keys with whatever keys are at hand; given to a JournalReader."""

    def __init__(
        self,
        reading: ReadingKeys | None,
        *,
        grants: Path | None = None,
        granted_by: Iterable[Verifier] = (),
        recovery: KeyPair | None = None,
    ) -> None:
        self._reading = reading
        self._grants = grants
        self._granted_by = granted_by  # asked each time: a peer may be joined while the node runs
        self._recovery = recovery

    def __call__(self, header: SegmentHeader) -> bytes:
        """Return the data key of the segment.

        Raises:
            JournalUnreadable: No key at hand opens it.
        """
        for name, fingerprint, sealed in itertools.chain(_keys(header), self._granted(header)):
            pair = self._pair(name, fingerprint)
            if pair is None:
                continue
            with contextlib.suppress(JournalUnreadable):
                data_key = pair.open(sealed, header.origin, header.segment)
                if commitment_of(data_key) == header.commitment:
                    return data_key
        if self._recovery is not None:
            raise self._another_set(header)
        raise BeyondHorizon(
            f'No key here opens segment {header.segment} of journal "{header.origin}".',
            safe="The segment is whole; it is only closed to this node (beyond its horizon, or never granted).",
            next="The custodians open it: the same command with --shares FILE..., or contrefeu restore.",
            header=header,
        )

    def _another_set(self, header: SegmentHeader) -> BeyondHorizon:
        """The custodians are here, and theirs is not the key that was in force when this was written."""
        assert self._recovery is not None, "without them the custodians are asked for"
        given = self._recovery.fingerprint[:16]
        wanted = next((key.fingerprint[:16] for key in header.keys if key.name == RECOVERY), "-")
        return BeyondHorizon(
            f'The custodians\' shares give another key than segment {header.segment} of journal "{header.origin}" '
            "was sealed to.",
            safe="The segment is whole; nothing of it was shown.",
            next=f"Bring the shares whose first lines name the key {wanted}; these name {given}.",
            header=header,
        )

    def _pair(self, name: str, fingerprint: str) -> KeyPair | None:
        if self._recovery is not None and self._recovery.fingerprint == fingerprint:
            return self._recovery
        pair = self._reading.pair(name) if self._reading is not None else None
        return pair if pair is not None and pair.fingerprint == fingerprint else None

    def _granted(self, header: SegmentHeader) -> Iterator[tuple[str, str, bytes]]:
        if self._grants is None:
            return
        folder = _grants_folder(self._grants, header.origin)
        for path in sorted(folder.glob(f"{header.segment:010d}.*.grant")):
            with contextlib.suppress(ProofMismatch, ValueError):
                yield _read_grant(open_note(path.read_bytes(), self._granted_by).text, header)


def _read_grant(text: str, header: SegmentHeader) -> tuple[str, str, bytes]:
    *lines, line = text[:-1].split("\n")
    label, name, fingerprint, sealed = line.split(" ")
    if lines != [_TITLE, f"origin {header.origin}", f"segment {header.segment}"] or label != "recipient":
        raise ValueError("not a grant of this segment")
    return name, fingerprint, base64.b64decode(sealed, validate=True)


def grant_segments(
    files: JournalFiles,
    key_of: KeyOf,
    to: Recipient,
    grants: Path,
    signer: Signer,
    told: Callable[[int], None] = lambda _: None,
) -> int:
    """Let *to* read every segment of a journal that *key_of* opens; returns how many were not granted before.

    *told* is called with 1 before each segment.
    """
    verifier = files.verifier()
    folder = _grants_folder(grants, verifier.name)
    granted = 0
    with ManyFiles() as notes:
        for number in files.segments():
            told(1)
            path = folder / f"{number:010d}.{to.fingerprint[:16]}.grant"
            if path.exists():
                continue
            try:
                segment = SegmentReader(files, number, verifier)
                segment.close()
                if any(key.fingerprint == to.fingerprint for key in segment.header.keys):
                    continue
                data_key = key_of(segment.header)
            except (JournalTampered, JournalUnreadable):
                continue  # no header, or beyond the horizon of who grants
            if not granted:
                durable_makedirs(folder, mode=0o750)
            notes.put(path, signer.sign(_grant(verifier.name, number, to, data_key)), mode=0o640)
            granted += 1
    return granted


def _grant(origin: str, number: int, to: Recipient, data_key: bytes) -> str:
    sealed = base64.b64encode(to.seal(data_key, origin, number)).decode()
    return f"{_TITLE}\norigin {origin}\nsegment {number}\nrecipient {to.name} {to.fingerprint} {sealed}\n"


def last_entry_of(files: JournalFiles, number: int) -> int:
    """Sequence of the last entry of a segment, which nobody here can open."""
    verifier = files.verifier()
    for later in files.segments():
        if later > number:
            with contextlib.suppress(JournalTampered):
                segment = SegmentReader(files, later, verifier)
                segment.close()
                return segment.header.first_sequence - 1
    reader = JournalReader(files, DataKeys(None))
    head = reader.head()
    reader.close()
    return head.sequence if head is not None else 0


def _keys(header: SegmentHeader) -> list[tuple[str, str, bytes]]:
    return [(k.name, k.fingerprint, k.sealed) for k in header.keys]


def _grants_folder(grants: Path, origin: str) -> Path:
    return grants / origin.replace("/", "_")
