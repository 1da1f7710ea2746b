"""A patient handed back to the record system: who signed what the sheet said, before the ward was lifted (FIELD F4).

Rules kept here: as in act.py; and
  * A signature is of what was shown: once the chart says something else, it is one of before.
  * The last signature of a patient holds; none of an earlier downtime does.
"""

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

    def apply(self, act: object, source: str) -> None:
        """Take one more act; *source* is its entry's."""
        if isinstance(act, HandBackSigned):
            self._last[act.chart] = Signature(act, source.removeprefix("user/"))

    def of(self, chart: str, since: str) -> Signature | None:
        """Return the last signature of *chart*'s sheet, if it is not from before *since* (RFC 3339, UTC)."""
        found = self._last.get(chart)
        return found if found is not None and found.act.at >= since else None
