"""What a replay left for the pages: its plan, and what waits for somebody; counted, and a page of it.

Rules kept here:
  * They are read and never written: the plan that a replay goes by is another file, the node's own (cli/recovering.py).
  * Lines keep the order of the file, which is the order in which they are sent.
  * What somebody may not see is not counted for them either.
  * A file is read whole once, and again once it is another: a page is opened by where its lines begin.
"""

import os
from array import array
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec
from msgspec import Struct

DOS = ("send", "again", "hold", "aside", "arrived")  # in which order they are shown
LINES_SHOWN = 100  # a page


class PlanHeader(Struct, frozen=True):
    """Of what it was made, as contrefeu.recovery writes it."""

    at: str
    against: str
    findings: str
    target: str
    profile: str
    ran: str = ""  # when the replay ran that left it, of what waits
    dry: bool = False  # whether that one sent nothing


class PlanLine(Struct, frozen=True):
    """One entry, as contrefeu.recovery writes it."""

    entry: str
    do: str
    patient: str = ""
    type: str = ""
    ward: str = ""
    day: str = ""
    why: str = ""
    owner: str = ""
    turn: str = ""  # whose, of what waits
    behind: str = ""  # the entry of the same patient that it waits for
    code: str = ""  # of a rejection


class Kind(NamedTuple):
    """What lines have in common that are counted together."""

    do: str
    why: str
    owner: str
    turn: str
    ward: str


@dataclass(slots=True)
class Plan:
    """What of it is shown."""

    header: PlanHeader
    reasons: Counter[Kind] = field(default_factory=Counter)  # of no ward: of all that somebody may see
    lines: list[PlanLine] = field(default_factory=list)  # of one page
    number: int = 1  # of that page
    chosen: int = 0  # lines on all its pages
    behind: Counter[str] = field(default_factory=Counter)  # entry -> how many of its patient wait for it

    @property
    def pages(self) -> int:
        """How many there are."""
        return max(1, -(-self.chosen // LINES_SHOWN))

    def groups(self, by: Callable[[Kind], str], order: Iterable[str] = ()) -> list[tuple[str, int, list[Kind]]]:
        """What lines are counted *by*, with how many, and the kinds of these; those of *order* first, and in it."""
        found: dict[str, list[Kind]] = {name: [] for name in order}
        for kind, _ in self.reasons.most_common():
            found.setdefault(by(kind), []).append(kind)
        return [(name, sum(self.reasons[one] for one in kinds), kinds) for name, kinds in found.items() if kinds]


@dataclass(frozen=True, slots=True)
class _Index:
    """Where the lines of a file begin, by kind."""

    header: PlanHeader
    starts: "dict[Kind, array[int]]"  # bytes
    behind: Counter[str]


class Planned:
    """One such file, as often as it is asked for."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._read: tuple[tuple[int, int, int], _Index] | None = None  # of which file

    def page(self, mine: Callable[[str], bool], chosen: Callable[[Kind], bool], number: int) -> Plan | None:
        """Return page *number* of the lines of wards that are *mine*, of those that are *chosen*; None without a file.

        Raises:
            OSError: It may not be read.
            ValueError: It is no such file.
        """
        if self._path is None or not self._path.exists():
            return None
        with self._path.open("rb") as file:
            index = self._index(file)
            plan = Plan(index.header, number=number, behind=index.behind)
            seen = {kind: starts for kind, starts in index.starts.items() if mine(kind.ward)}
            for kind, starts in seen.items():
                plan.reasons[kind._replace(ward="")] += len(starts)
            lines = sorted(chain.from_iterable(starts for kind, starts in seen.items() if chosen(kind)))
            plan.chosen = len(lines)
            for start in lines[(number - 1) * LINES_SHOWN : number * LINES_SHOWN]:
                file.seek(start)
                plan.lines.append(_LINE.decode(file.readline()))
        return plan

    def _index(self, file: BinaryIO) -> _Index:
        said = os.fstat(file.fileno())
        which = (said.st_ino, said.st_mtime_ns, said.st_size)
        if self._read is None or self._read[0] != which:
            self._read = which, _indexed(file)
        return self._read[1]


_LINE = msgspec.json.Decoder(PlanLine)


def _indexed(file: BinaryIO) -> _Index:
    line = next(file, b"")
    header, start = msgspec.json.decode(line, type=PlanHeader), len(line)
    starts: dict[Kind, array[int]] = {}
    behind = Counter[str]()
    for line in file:
        if line.strip():
            one = _LINE.decode(line)
            starts.setdefault(Kind(one.do, one.why, one.owner, one.turn, one.ward), array("Q")).append(start)
            if one.behind:
                behind[one.behind] += 1
        start += len(line)
    return _Index(header, starts, behind)
