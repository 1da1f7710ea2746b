"""The self-test: patients restored from a copy, and compared with the charts that wards see (G1).

Rules kept here:
  * Nothing but the copy is read for it: its bytes, through a chart store of its own that is thrown away.
  * Both sides are asked for one instant, which the copy covers: a difference is one, and not a delay.
  * Half of the patients are those who lie in the wards now, half are drawn from all that the copy knows. A patient whom
    the copy lacks is a difference.
"""

import random
import secrets
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from contrefeu.base import MissingError
from contrefeu.chart import Board, open_charts
from contrefeu.hospital import Settings
from contrefeu.journal import KeyOf
from contrefeu.vault import JOURNALS, Vault, copies_in

SETTLED_S = 2.0  # between the instant that is asked for and the last entry: one is committed after it was received


class Live(Protocol):
    """The charts that wards see."""

    def bundle(self, id: str, at_ns: int | None = None) -> bytes | None:
        """One chart as a FHIR Bundle."""
        ...

    def board(self, ward: str = "", world: str = "") -> Board:
        """Who lies where."""
        ...


@dataclass(frozen=True, slots=True)
class SelfTest:
    """What a self-test of one copy found."""

    patients: int  # compared
    differing: list[str] = field(default_factory=list)  # chart ids
    seconds: float = 0.0


def self_test(
    vault: Vault,
    live: Live,
    key_of: KeyOf,
    settings: Settings,
    *,
    at_ns: int,
    patients: int,
    wanted: dict[str, int],
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
        wanted: The last entry of each journal that the copy must hold.
        scratch: Where a chart store may lie for as long as the test lasts.
        seed: Draws the same patients again.

    Raises:
        VaultAway: The vault is out of reach.
        MissingError: The copy lacks entries.
        JournalTampered: The copy does not open.
    """
    began = time.monotonic()
    draw = random.Random(seed)  # noqa: S311 - which patients is no secret
    folders = [vault.folder(f"{JOURNALS}/{files.folder.name}") for files in copies_in(vault)]
    with (
        tempfile.TemporaryDirectory(dir=scratch, prefix="selftest-") as store,
        open_charts(Path(store) / "charts.db", secrets.token_bytes(32), folders[0].parent, key_of, settings) as charts,
    ):
        _refuse_what_is_missing(charts.status().positions, wanted)
        known = [chart.id for chart in charts.all(at_ns)]
        chosen = _drawn([row.id for row in live.board().rows], patients // 2, draw)
        chosen += _drawn([id_ for id_ in known if id_ not in set(chosen)], patients - len(chosen), draw)
        pairs = [(id_, charts.bundle(id_, at_ns), live.bundle(id_, at_ns)) for id_ in chosen]
    there = [pair for pair in pairs if pair[1:] != (None, None)]  # the others were admitted a moment ago
    differing = [id_ for id_, ours, theirs in there if ours != theirs]
    return SelfTest(len(there), differing, time.monotonic() - began)


def _drawn(ids: Sequence[str], count: int, draw: random.Random) -> list[str]:
    unique = sorted({id_ for id_ in ids if id_})
    return draw.sample(unique, min(count, len(unique)))


def _refuse_what_is_missing(positions: dict[str, int], wanted: dict[str, int]) -> None:
    for journal, sequence in wanted.items():
        if positions.get(journal, 0) < sequence:
            raise MissingError(
                f'The copy of "{journal}" was read up to entry {positions.get(journal, 0)}; {sequence} were there.',
                safe="The journal itself.",
                next="contrefeu vault verify URL says what is wrong with the copy.",
            )
