"""What one facility says of itself to its group: a signed note of numbers (docs/spec/facility-status-v1.md).

    note = "contrefeu/facility-status/v1\\n" JSON "\\n" "\\n" signature          (C2SP signed-note)

Rules kept here:
  * Numbers, names of systems, of wards and of places of copies; no patient, no account, no address inside the house.
  * Who signed it says it: a note is believed for the facility whose key is in the group's file, wherever it came from.
  * It has a greatest size, whatever the house holds: what is left out is counted.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct, field

from contrefeu.base import rfc3339
from contrefeu.chart import Board, ChartsStatus, WardSummary, of_feeds, silent_feeds
from contrefeu.proof import ProofMismatch, Signer, Verifier, open_note

HEADER = "contrefeu/facility-status/v1"
TOLD_BYTES_MAX = 512 * 1024  # the lists below when they are full, twice over
FEEDS_MAX = 500  # the newest heard; a large hospital has some hundred
WARDS_MAX = 500  # a hospital of 2,500 beds has about a hundred
NAME_CHARS_MAX = 80  # of a ward or a system: a line of the page


class FeedTold(Struct, frozen=True):
    """One feed."""

    source: str
    received: int
    last: str  # RFC 3339
    silent: bool  # for longer than a board takes for fresh


class CopyTold(Struct, frozen=True):
    """One place of copies."""

    place: str  # without what opens it
    state: str
    entries: int
    lag_seconds: float | None  # None: not known


class WardTold(Struct, frozen=True):
    """One ward: for diversion."""

    id: str
    name: str
    patients: int
    free: int
    beds: int  # known; 0 when none is, and then nothing is said of free ones
    coming: int
    medium: str  # where it writes in a downtime: "paper", "screen"; "" when there is none
    elsewhere: dict[str, str] = field(default_factory=dict)  # functions that it writes elsewhere -> where: "record" too


class DowntimeTold(Struct, frozen=True):
    """Whether the house works without its systems."""

    state: str  # "normal", "declared"
    since: str
    wards: list[str]  # []: the whole house (or none)


class AlarmsTold(Struct, frozen=True):
    """What the watch raised and nobody has answered."""

    open: int
    gravest: str


class FacilityTold(Struct, frozen=True):
    """All of it."""

    facility: str
    node: str
    time: str  # RFC 3339, of the facility's clock
    as_of: str  # RFC 3339: of the last message that the numbers know
    feeds: list[FeedTold]
    copies: list[CopyTold]
    downtime: DowntimeTold
    wards: list[WardTold]
    alarms: AlarmsTold
    troubles: dict[str, str]  # journal -> why it is not read on
    left_out: int = 0  # feeds and wards beyond what a note holds

    def total(self, name: str) -> int:
        """The sum of a column of the wards."""
        return sum(getattr(ward, name) for ward in self.wards)


class Declared(Protocol):
    """A fold of downtime declarations; `acts.Downtime` has these names."""

    @property
    def state(self) -> str:
        """ "normal" or "declared"."""
        ...

    @property
    def since(self) -> str:
        """RFC 3339."""
        ...

    @property
    def wards(self) -> list[str]:
        """Those named."""
        ...

    def of(self, ward: str) -> Any:
        """The declaration in force on a ward; it has a `medium`, and what is `elsewhere`."""
        ...


def told_of(
    facility: str,
    node: str,
    now_ns: int,
    status: ChartsStatus,
    wards: Sequence[tuple[WardSummary, Board]],
    copies: Sequence[Mapping[str, Any]],
    downtime: Declared,
    alarms: tuple[int, str],
) -> FacilityTold:
    """What is said of a house.

    Args:
        facility: Its name.
        node: The id of the node that says it.
        now_ns: When.
        status: Of its charts.
        wards: Each with its board.
        copies: As `status` says them: `url`, `state`, `entries`, `lag_seconds`.
        downtime: What was declared.
        alarms: How many are open, and how grave the gravest is.
    """
    heard = sorted(of_feeds(status.feeds), key=lambda feed: feed.last, reverse=True)
    silent = {feed.source for feed in silent_feeds(heard, now_ns)}
    return FacilityTold(
        facility=facility,
        node=node,
        time=rfc3339(now_ns),
        as_of=status.as_of.time,
        feeds=[
            FeedTold(_line(feed.source), feed.received, feed.last, feed.source in silent) for feed in heard[:FEEDS_MAX]
        ],
        copies=[
            CopyTold(place_only(copy["url"]), copy["state"], copy["entries"], copy["lag_seconds"]) for copy in copies
        ],
        downtime=DowntimeTold(downtime.state, downtime.since, [_line(ward) for ward in downtime.wards[:WARDS_MAX]]),
        wards=[_ward(summary, board, downtime) for summary, board in wards[:WARDS_MAX]],
        alarms=AlarmsTold(*alarms),
        troubles=dict(status.troubles),
        left_out=max(0, len(heard) - FEEDS_MAX) + max(0, len(wards) - WARDS_MAX),
    )


def place_only(url: str) -> str:
    """Where copies lie, without keys, paths below the place, and what is shown to it.

    >>> place_only("s3://charts/chu?endpoint=https%3A%2F%2Fstore&lock=compliance")
    's3://charts'
    """
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2] or '…'}"


def signed_told(told: FacilityTold, signer: Signer) -> bytes:
    """The note of *told*."""
    return signer.sign(f"{HEADER}\n{msgspec.json.encode(told).decode()}\n")


def open_told(note: bytes, key: Verifier) -> FacilityTold:
    """What *key* signed.

    Raises:
        ProofMismatch: It did not sign this, or this says something else.
    """
    if len(note) > TOLD_BYTES_MAX:
        raise ProofMismatch("the note is too long")
    header, _, said = open_note(note, [key]).text.partition("\n")
    if header != HEADER:
        raise ProofMismatch("the note is no facility's status")
    try:
        return msgspec.json.decode(said, type=FacilityTold)
    except msgspec.MsgspecError:
        raise ProofMismatch("the note is no facility's status") from None


def _ward(summary: WardSummary, board: Board, downtime: Declared) -> WardTold:
    declared = downtime.of(summary.id)
    return WardTold(
        id=_line(summary.id),
        name=_line(board.name or summary.name),
        patients=len(board.rows),
        free=len(board.free_beds),
        beds=summary.beds,
        coming=len(board.coming),
        medium=declared.medium if declared else "",
        elsewhere={one: now.medium for one, now in declared.elsewhere.items()} if declared else {},
    )


def _line(text: str) -> str:
    return text[:NAME_CHARS_MAX]
