"""Which numbers are one patient's, as merges and their undoing said it, in journal order (FIELD F32, F41).

Rules kept here:
  * A merge links and never copies (decision 0012): undone, each entry is back under the number it names.
  * The last statement about a pair of numbers holds.
  * Chains end at the last survivor; of a cycle, the last statement names it; a number merged into one that had itself
    been merged lands on that one's survivor.
  * Values in, values out; the same statements give the same answer, whatever order they were learned in.
"""

from collections.abc import Iterable
from typing import NamedTuple

Order = tuple[int, str, int]
"""Journal order everywhere: hybrid clock, journal, sequence."""


class Said(NamedTuple):
    """One statement: these two are one (or, undone, are not)."""

    order: Order
    n: int  # of several in one entry
    survivor: int
    loser: int
    undo: bool


def survivors(said: Iterable[Said]) -> dict[int, int]:
    """Return, for each number in *said*, the number whose chart it belongs to."""
    statements = sorted(said)
    roots = {node: node for one in statements for node in (one.survivor, one.loser)}
    last = {frozenset((one.survivor, one.loser)): one for one in statements}
    for one in sorted(last.values()):
        if one.undo:
            continue
        kept, gone = roots[one.survivor], roots[one.loser]
        # A cycle: what had survived is said to be the loser now.
        target, source = (one.survivor, kept) if kept == gone == one.loser else (kept, gone)
        for node, root in roots.items():
            if root == source:
                roots[node] = target
    return roots
