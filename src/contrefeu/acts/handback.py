"""A patient handed back to the record system: who signed what the sheet said, before the ward was lifted (FIELD F4).

Rules kept here: as in act.py; and
  * A signature is of what was shown: once the chart says something else, it is one of before.
  * The last signature of a patient holds; none of an earlier downtime does. Of who left a ward, the last that was given
    there goes before one of the ward that they went to.
"""

from collections.abc import Iterable

from msgspec import Struct


class HandBackSigned(Struct, frozen=True, tag_field="act", tag="hand-back-signed"):
    """Somebody read a patient's hand-back sheet and signs it; who it was is the entry's source."""

    chart: str  # chart id
    ward: str  # where the patient lay
    shown: str  # SHA-256 of what the sheet said (decision 0196), hex
    at: str  # RFC 3339


class Signature(Struct, frozen=True):
    """The last signature of one patient's sheet."""

    act: HandBackSigned
    by: str  # login


class HandBacks:
    """Every patient's last signature, from acts in journal order."""

    def __init__(self) -> None:
        self._last: dict[str, Signature] = {}
        self._there: dict[tuple[str, str], Signature] = {}

    def apply(self, act: object, source: str) -> None:
        """Take one more act; *source* is its entry's."""
        if isinstance(act, HandBackSigned):
            found = Signature(act, source.removeprefix("user/"))
            self._last[act.chart] = self._there[act.chart, act.ward] = found

    def of(self, chart: str, since: str, ward: Iterable[str] = ()) -> Signature | None:
        """Return the last signature of *chart*'s sheet, if it is not from before *since*.

        Args:
            chart: Whose.
            since: RFC 3339, UTC.
            ward: Every name of a ward whose own signature goes first.
        """
        there = [found for name in ward if (found := self._there.get((chart, name))) and found.act.at >= since]
        found = max(there, key=lambda one: one.act.at, default=self._last.get(chart))
        return found if found is not None and found.act.at >= since else None
