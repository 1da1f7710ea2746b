"""Trying the recovery key on every header, without reading a body (S5).

Rules kept here:
  * A header counts as opened when its data key comes out and fits the commitment in the header.
  * A segment file without a header (a crash while it was made) holds nothing: it is passed over.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass

from contrefeu.custody.opening import DataKeys
from contrefeu.journal import JournalFiles, JournalUnreadable, headers


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a trial found."""

    opened: int
    closed: tuple[tuple[str, int], ...]  # journal and segment of each header that did not open
    seconds: float


def rehearse(journals: Iterable[JournalFiles], key_of: DataKeys) -> Rehearsal:
    """Open every header of *journals* with *key_of*."""
    began = time.monotonic()
    opened, closed = 0, []
    for files in journals:
        journal = files.verifier().name
        for number, header in headers(files):
            try:
                key_of(header)
                opened += 1
            except JournalUnreadable:
                closed.append((journal, number))
    return Rehearsal(opened, tuple(closed), time.monotonic() - began)
