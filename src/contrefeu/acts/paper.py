"""Acts about paper: pages issued, pages that came back, pages declared lost, papers that left with a patient.

Rules kept here: as in act.py. A page is known by its issue and its number; whose chart it belongs to is said here, when
it is issued, under the number that the patient had then: merges and their undoing carry it on (Q4).
"""

from typing import Literal

from msgspec import Struct


class PagesIssued(Struct, frozen=True, tag_field="act", tag="pages-issued"):
    """Pages of one form were made, for one patient or blank."""

    issue: str  # 16 hex digits
    form: str  # its name in docs/spec/form-code-v1.md
    pages: int
    ward: str
    at: str  # RFC 3339
    signed_by: str  # Ed25519 public key, hex: the codes of these pages verify with it
    chart: str = ""  # chart id; "" for a blank form
    patient: str = ""  # "authority|number" that the chart stood under; "" for a blank form
    returns: bool = True  # whether it is written on, and missed until it comes back (Q2)


class PageScanned(Struct, frozen=True, tag_field="act", tag="page-scanned"):
    """A picture of a page was taken in."""

    state: Literal["filed", "queued", "unreadable"]
    entry: str  # journal/sequence of its picture
    at: str  # RFC 3339
    why: str = ""  # of what is not filed
    issue: str = ""  # "" when its code could not be read
    page: int = 0
    chart: str = ""  # chart id that it was filed on


class PagesLost(Struct, frozen=True, tag_field="act", tag="pages-lost"):
    """Somebody says that these pages will not come back, and why (Q2)."""

    issue: str
    pages: list[int]
    reason: str
    at: str  # RFC 3339


class PapersGiven(Struct, frozen=True, tag_field="act", tag="papers-given"):
    """A patient's papers were made for another house: who leaves, where to, with what (T1)."""

    chart: str  # chart id
    patient: str  # "authority|number" that the chart stood under
    to: str  # the other house, as it was named
    at: str  # RFC 3339
    files: dict[str, str]  # name -> SHA-256 of its bytes, hex
