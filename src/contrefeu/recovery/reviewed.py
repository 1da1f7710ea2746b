"""What came from a source that could not be trusted: set aside by the comparison, taken up or dropped by people (R5).

Rules kept here:
  * An entry is in doubt when the word about its source says so, or the word about every source.
  * Set aside once: what somebody took up, or dropped, is not set aside again. What is in doubt no longer is released,
    and set aside again when it is in doubt again: nobody looked at it.
"""

from collections.abc import Iterable, Iterator

from contrefeu.acts import ENTRIES_MAX, EVERY_SOURCE, NO_LONGER, Act, Doubt, EntriesReleased, EntriesSetAside
from contrefeu.base import parse_rfc3339
from contrefeu.journal import Entry
from contrefeu.recovery.findings import COMPARED, Finding
from contrefeu.recovery.ledger import REVIEW, Ledger


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
    lots: dict[str | None, list[str]] = {}  # whose wait for review; None: those that do no longer

    def said(whose: str | None) -> Act:
        lot = lots.pop(whose)
        return EntriesReleased(lot, NO_LONGER, at) if whose is None else EntriesSetAside(lot, REVIEW, owner, at, whose)

    for one in found:
        if one.state not in COMPARED:
            continue
        aside = ledger.aside(one.entry)
        if not one.review and aside is not None and aside[0] == REVIEW:
            whose = None
        elif one.review and aside is None and not one.sent and not ledger.released(one.entry):
            whose = one.source
        else:
            continue
        lots.setdefault(whose, []).append(one.entry)
        if len(lots[whose]) >= ENTRIES_MAX:
            yield said(whose)
    for whose in list(lots):
        yield said(whose)
