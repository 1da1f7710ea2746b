"""The plan of a replay, as the node left it for the pages: what is done with each entry, counted, and a page of it.

Rules kept here:
  * It is read and never written: the plan that a replay goes by is another file, the node's own (cli/recovering.py).
  * The lines keep the order of the plan, in which they are sent.
  * What somebody may not see is not counted for them either.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from msgspec import Struct

DOS = ("send", "again", "hold", "aside", "arrived")  # in which order they are shown
LINES_SHOWN = 100  # a page


class PlanHeader(Struct, frozen=True):
    """Of what it was made, as contrefeu.recovery.plan writes it."""

    at: str
    against: str
    findings: str
    target: str
    profile: str


class PlanLine(Struct, frozen=True):
    """One entry, as contrefeu.recovery.plan writes it."""

    entry: str
    do: str
    patient: str = ""
    type: str = ""
    ward: str = ""
    day: str = ""
    why: str = ""
    owner: str = ""


@dataclass(slots=True)
class Plan:
    """What of it is shown."""

    header: PlanHeader
    counts: Counter[str] = field(default_factory=Counter)  # by what is done
    reasons: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # by that, why and owner
    lines: list[PlanLine] = field(default_factory=list)  # of one page
    number: int = 1  # of that page
    chosen: int = 0  # lines on all its pages

    @property
    def pages(self) -> int:
        """How many there are."""
        return max(1, -(-self.chosen // LINES_SHOWN))

    @property
    def groups(self) -> list[tuple[str, int, list[tuple[str, str, int]]]]:
        """What is done, with how many, and of these why, whose and how many."""
        return [
            (
                do,
                self.counts[do],
                [(why, owner, n) for (of, why, owner), n in self.reasons.most_common() if of == do and why],
            )
            for do in DOS
            if self.counts[do]
        ]


def read_plan(path: Path, mine: Callable[[str], bool], do: str = "", number: int = 1) -> Plan:
    """Return page *number* of the lines of wards that are *mine*, of those with which *do* is done ("" for all).

    Raises:
        OSError: It is not there, or may not be read.
        msgspec.MsgspecError: It is no plan.
    """
    header, line = msgspec.json.Decoder(PlanHeader), msgspec.json.Decoder(PlanLine)
    with path.open("rb") as file:
        plan = Plan(header.decode(next(file, b"")), number=number)
        for one in map(line.decode, filter(bytes.strip, file)):
            if mine(one.ward):
                plan.counts[one.do] += 1
                plan.reasons[one.do, one.why, one.owner] += 1
                if do in ("", one.do):
                    if plan.chosen // LINES_SHOWN == number - 1:
                        plan.lines.append(one)
                    plan.chosen += 1
    return plan
