"""What a comparison found of each entry that is not simply present: one JSON line each, kept in the home.

    {"entry": "n1-capture/7", "state": "missing", "patient": "<chart id>", "type": "ORU^R01", ...}

Rules kept here:
  * What is not named here, and was looked at, is present in the restored system.
  * Lines stand in the order of the journals' hybrid clock: the order in which things are sent again.
  * The file is whole or not there, and its digest stands in the journal (GapTaken).
"""

import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from contrefeu.base import TamperError, sync_dir

State = Literal[
    "missing", "different", "unasked", "repeat", "echo", "void", "exercise", "withdrawn", "act", "nobodys", "closed"
]
"""`unasked`: the system was asked by queries, and its answers show nothing of it. `repeat`: the same bytes under the
same control id. `echo`: what we sent back, said to us again. `void`: what it says was taken back by a later entry, or
it takes such a word back, and no resource shows either. `act`: what people did here and who looked at what. `nobodys`:
of nobody's care (honey patients). `closed`: no key here opens it."""

COMPARED: frozenset[State] = frozenset({"missing", "different"})
KEPT_HERE: frozenset[State] = frozenset({"repeat", "void", "exercise", "act", "nobodys"})


class Finding(Struct, frozen=True, omit_defaults=True):
    """One entry."""

    entry: str
    state: State
    patient: str = ""  # chart id; "" when it names nobody whom a chart knows
    type: str = ""  # "ADT^A01", "FHIR Bundle"
    control_id: str = ""
    ward: str = ""
    day: str = ""  # of its receipt, UTC
    sent: str = ""  # what became of it when it was sent before: "accepted", "rejected", "unanswered"
    review: bool = False  # received between the last clean moment of its source and the detection (R5)
    source: str = ""  # whose, of what is reviewed


class LinesFile:
    """Writes lines of JSON to a file that is named once it is whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._beside = path.with_name(f".{path.name}.new")
        self._file = os.fdopen(os.open(self._beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
        self._digest = sha256()

    def add(self, value: Struct) -> None:
        """Write one line."""
        line = msgspec.json.encode(value) + b"\n"
        self._digest.update(line)
        self._file.write(line)

    def close(self) -> str:
        """Name the file; returns its digest."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._beside.replace(self._path)
        sync_dir(self._path.parent)
        return self._digest.hexdigest()

    def drop(self) -> None:
        """Leave what stood there before."""
        self._file.close()
        self._beside.unlink(missing_ok=True)


def findings(path: Path, digest: str) -> Iterator[Finding]:
    """Yield the findings in *path*.

    Raises:
        TamperError: They are not those whose *digest* stands in the journal.
    """
    decoder = msgspec.json.Decoder(Finding)
    seen = sha256()
    with path.open("rb") as file:
        for line in file:
            seen.update(line)
        if seen.hexdigest() != digest:
            raise TamperError(
                "The findings in this home are not those that the journal speaks of.",
                safe="The journals.",
                next="contrefeu gap --against … compares again.",
            )
        file.seek(0)
        for line in file:
            yield decoder.decode(line)
