"""The self-test: patients restored from a copy, and compared with the charts that wards see (G1).

Rules kept here:
  * Nothing but the copy is read for it: its bytes, through a chart store of its own that is thrown away.
  * Both sides are asked for one instant, which the copy covers: a difference is one, and not a delay. Of a copy that
    was carried here it is the last one that it covers.
  * Half of the patients are those who lie in the wards now, half are drawn from all that the copy knows. A patient whom
    the copy lacks is a difference.
  * What the node's keys do not open at home is not asked of a copy: the horizon has passed it, its time is over, or its
    writer has not granted it. Charts that come from it too are passed over, and both are told: nobody could compare
    them, and red would be for ever.
"""

import random
import secrets
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from contrefeu.base import MissingError
from contrefeu.chart import Board, open_charts
from contrefeu.hospital import Settings
from contrefeu.journal import (
    Entry,
    JournalFiles,
    JournalTampered,
    JournalUnreadable,
    KeyOf,
    SegmentHeader,
    headers,
    parse_ref,
)
from contrefeu.vault import JOURNALS, Vault, copies_in, verify_vault

SETTLED_S = 2.0  # between the instant that is asked for and the last entry: one is committed after it was received
LOOKED_AT_MAX = 2_000  # patients of one half: some have a chart that is older than what the node can open


class Live(Protocol):
    """The charts that wards see."""

    def bundle(self, id: str, at_ns: int | None = None) -> bytes | None:
        """One chart as a FHIR Bundle."""
        ...

    def board(self, ward: str = "", world: str = "") -> Board:
        """Who lies where."""
        ...

    def sources(self, id: str) -> list[str]:
        """The entries that a chart comes from."""
        ...

    def entry(self, ref: str) -> Entry | None:
        """One entry."""
        ...


@dataclass(frozen=True, slots=True)
class Reach:
    """What of a journal a node can read."""

    last: int  # its last entry
    after: int = 0  # the last one that no key of the node opens, or that has ended
    since_ns: int = 0  # when the segment behind it was begun; 0 when there is none, or nothing is left out


def reach_of(files: JournalFiles, key_of: KeyOf) -> Reach | None:
    """What *key_of* opens of a journal, from some entry to its last; None when it holds nothing."""
    head = files.read_head()
    if head is None:
        return None
    found, closed = Reach(head.sequence), True  # what there was before the first segment has ended
    for _number, header in headers(files):
        if closed and header.first_sequence > 1:
            found = Reach(head.sequence, header.first_sequence - 1, header.opened_ns)
        closed = not _opens(header, key_of)
    return Reach(head.sequence, head.sequence) if closed and files.segments() else found


def _opens(header: SegmentHeader, key_of: KeyOf) -> bool:
    try:
        key_of(header)
    except JournalUnreadable:
        return False
    return True


@dataclass(frozen=True, slots=True)
class SelfTest:
    """What a self-test of one copy found."""

    patients: int  # compared
    differing: list[str] = field(default_factory=list)  # chart ids
    seconds: float = 0.0
    beyond: int = 0  # entries that were not read: the node cannot
    passed_over: int = 0  # patients who were drawn, and whose charts come from such entries too
    at_ns: int = 0  # the instant
    lacks: int = 0  # entries that came after what the copy holds, where nobody copies now


def self_test(
    vault: Vault,
    live: Live,
    key_of: KeyOf,
    settings: Settings,
    *,
    at_ns: int,
    patients: int,
    wanted: Mapping[str, Reach],
    carried: bool = False,
    seen: Mapping[str, int] | None = None,
    counts: Callable[[str], bool] = lambda _: True,
    scratch: Path | None = None,
    seed: int | None = None,
) -> SelfTest:
    """Restore charts from the copy in *vault* and compare *patients* of them with *live*, as of *at_ns*.

    Args:
        vault: Holds the copy.
        live: The charts to compare with.
        key_of: What opens the journals' segments; the node's own reading keys.
        settings: Of the node.
        at_ns: The instant, which the copy covers.
        patients: How many to compare; all, when there are fewer.
        wanted: What of each journal the copy must hold.
        carried: The copy was made some time ago: it must hold all that there was then.
        seen: Nobody copies now: up to which entry of each journal it was last seen to hold; it must hold that, and
            is compared as of then. None: it must hold all of *wanted*.
        counts: Whether a journal's declarations count here, as for `open_charts`.
        scratch: Where a chart store may lie for as long as the test lasts.
        seed: Draws the same patients again.

    Raises:
        VaultAway: The vault is out of reach.
        MissingError: The copy lacks entries.
        JournalTampered: The copy does not open.
    """
    began = time.monotonic()
    if carried:
        _refuse_what_is_damaged(vault)
    folders = [vault.folder(f"{JOURNALS}/{files.folder.name}") for files in copies_in(vault)]
    after = {journal: reach.after for journal, reach in wanted.items() if reach.after}
    drawing = _Drawing(live, wanted, random.Random(seed))  # noqa: S311 - which patients is no secret
    with (
        tempfile.TemporaryDirectory(dir=scratch, prefix="selftest-") as store,
        open_charts(
            Path(store) / "charts.db",
            secrets.token_bytes(32),
            folders[0].parent,
            key_of,
            settings,
            counts=counts,
            after=after,
        ) as charts,
    ):
        positions = charts.status().positions
        lacks = 0
        if not carried:
            held = {journal: reach.last for journal, reach in wanted.items()}
            if seen is not None:
                lacks = sum(
                    max(0, last - max(seen.get(name, 0), positions.get(name, 0))) for name, last in held.items()
                )
                held = {name: min(last, seen.get(name, 0)) for name, last in held.items()}
            _refuse_what_is_missing(positions, held)
        if carried or lacks:
            at_ns = min([at_ns, *_lacked_since(positions, wanted, live)])
        known = [chart.id for chart in charts.all(at_ns)]
        chosen = drawing.draw([row.id for row in live.board().rows], patients // 2)
        chosen += drawing.draw(set(known) - set(chosen), patients - len(chosen))
        pairs = [(id_, charts.bundle(id_, at_ns), live.bundle(id_, at_ns)) for id_ in chosen]
    there = [pair for pair in pairs if pair[1:] != (None, None)]  # the others were admitted a moment ago
    if carried and not there:
        raise MissingError("The copy that was carried here holds no patient who could be compared.")
    if lacks and not there:
        raise MissingError(
            f"The copy lacks {lacks} entries, and holds no patient who could be compared.",
            safe="The journals of this home.",
            next="contrefeu vault copy brings it up to date, then contrefeu vault selftest.",
        )
    differing = [id_ for id_, ours, theirs in there if ours != theirs]
    seconds = time.monotonic() - began
    return SelfTest(len(there), differing, seconds, sum(after.values()), len(drawing.passed_over), at_ns, lacks)


class _Drawing:
    """Draws patients whose charts come from what a node can read alone."""

    def __init__(self, live: Live, wanted: Mapping[str, Reach], draw: random.Random) -> None:
        self._live = live
        self._wanted = wanted
        self._draw = draw
        self._since_ns = max((reach.since_ns for reach in wanted.values()), default=0)
        self._whole = not any(reach.after for reach in wanted.values())
        self.passed_over: set[str] = set()

    def draw(self, ids: Iterable[str], count: int) -> list[str]:
        unique = sorted(set(ids) - {""} - self.passed_over)
        chosen: list[str] = []
        for id_ in self._draw.sample(unique, min(len(unique), LOOKED_AT_MAX)):
            if len(chosen) == count:
                break
            if self._whole or not any(map(self._is_beyond, self._live.sources(id_))):
                chosen.append(id_)
            else:
                self.passed_over.add(id_)
        return chosen

    def _is_beyond(self, ref: str) -> bool:
        journal, sequence = parse_ref(ref)
        reach = self._wanted.get(journal)
        if reach is not None:
            return sequence <= reach.after
        carried = self._live.entry(ref)  # by a ward's journal, under other numbers: its time tells
        return carried is None or carried.received_ns < self._since_ns


def _refuse_what_is_damaged(vault: Vault) -> None:
    """An older copy may lack what came later, and nothing before: only its signatures tell which it is."""
    for found in verify_vault(vault):
        if found.exit_status:
            raise JournalTampered(
                f'The copy of "{found.journal}" that was carried here is damaged.',
                safe="The disk, as it was.",
                next="contrefeu vault verify file:///FOLDER says where.",
            )


def _lacked_since(positions: dict[str, int], wanted: Mapping[str, Reach], live: Live) -> Iterator[int]:
    """When the first entry of each journal came that a copy lacks."""
    for journal, reach in wanted.items():
        last = max(positions.get(journal, 0), reach.after)
        if last < reach.last:
            first = live.entry(f"{journal}/{last + 1}")
            if first is not None:
                yield first.received_ns - 1 - int(SETTLED_S * 1e9)


def _refuse_what_is_missing(positions: dict[str, int], held: Mapping[str, int]) -> None:
    for journal, last in held.items():
        if positions.get(journal, 0) < last:
            raise MissingError(
                f'The copy of "{journal}" was read up to entry {positions.get(journal, 0)}; {last} were there.',
                safe="The journal itself.",
                next="contrefeu vault verify URL says what is wrong with the copy.",
            )
