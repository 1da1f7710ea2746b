"""What came from a source that could not be trusted: set aside by the comparison, taken up or dropped by people (R5).

Rules kept here:
  * An entry is in doubt when the word about its source says so, or the word about every source.
  * Set aside once: what somebody took up, or dropped, is not set aside again. What is in doubt no longer is released.
"""

from collections.abc import Iterable, Iterator

from contrefeu.acts import EVERY_SOURCE, Act, Doubt, EntriesReleased, EntriesSetAside
from contrefeu.base import parse_rfc3339
from contrefeu.journal import Entry
from contrefeu.recovery.findings import COMPARED, Finding
from contrefeu.recovery.ledger import REVIEW, Ledger

LOT_MAX = 500  # entries an act: one line of the page, and 20 kB in the journal
NO_LONGER = "in doubt no longer: the clean point is another one now"


class Doubted:
    """Whether an entry is in doubt."""

    def __init__(self, doubts: Iterable[Doubt] = ()) -> None:
        self._spans = {
            one.source: (parse_rfc3339(one.clean), parse_rfc3339(one.detected)) for one in doubts if one.clean
        }

    def __call__(self, entry: Entry) -> bool:
        """Whether *entry* was received between the last clean moment of its source and the detection."""
        for source in (entry.source, EVERY_SOURCE):
            clean_ns, detected_ns = self._spans.get(source, (0, 0))
            if clean_ns <= entry.received_ns < detected_ns:
                return True
        return False


def set_aside(found: Iterable[Finding], ledger: Ledger, owner: str, at: str) -> Iterator[Act]:
    """Yield what is to be said of the findings of a comparison: what waits for review, and what does no longer.

    Args:
        found: The findings.
        ledger: What was set aside before.
        owner: Who looks at it.
        at: Now, RFC 3339.
    """
    lots: dict[str, list[str]] = {}
    clear: list[str] = []
    for one in found:
        if one.state not in COMPARED:
            continue
        aside = ledger.aside(one.entry)
        if not one.review and aside is not None and aside[0] == REVIEW:
            clear.append(one.entry)
        elif one.review and aside is None and not one.sent and not ledger.released(one.entry):
            lot = lots.setdefault(one.source, [])
            lot.append(one.entry)
            if len(lot) >= LOT_MAX:
                yield EntriesSetAside(lots.pop(one.source), REVIEW, owner, at, one.source)
    for source, lot in lots.items():
        yield EntriesSetAside(lot, REVIEW, owner, at, source)
    if clear:
        yield EntriesReleased(clear, NO_LONGER, at)
