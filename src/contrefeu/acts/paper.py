"""Acts about paper: pages issued, handed in, read, settled and declared lost; ticks answered; papers that left.

Rules kept here: as in act.py. A page is known by its issue and its number; whose chart it belongs to is said here, when
it is issued, under the number that the patient had then: merges and their undoing carry it on (Q4). What its boxes
stand for is said when it is issued, never read off the paper; what was ticked is proposed, and a person answers (Q3).
"""

from typing import Literal

from msgspec import Struct


class Box(Struct, frozen=True, array_like=True):
    """A box to tick: where it lies on the page, and what it stands for."""

    page: int  # from 1
    x: float  # of its upper left corner, mm from the left edge of the page
    y: float  # mm from the top
    side: float  # mm
    what: str = ""  # "MedicationRequest/id" of a dose; "" for an answer of a form
    at: str = ""  # RFC 3339: when the dose is due; "" when it has no hour
    said: str = ""  # of a form: the question and this answer, as printed


class Mark(Struct, frozen=True, array_like=True):
    """A box that is not empty, and where it lies in the picture that is kept."""

    box: int  # its place in `boxes` of the issue
    state: Literal["ticked", "struck", "doubtful"]
    why: str  # of what is doubtful
    x: int  # pixels: the box with what is printed and written beside it
    y: int
    width: int
    height: int


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
    ahead: bool = False  # made ahead: most are never printed, and one is missed only once another page of it came back
    boxes: list[Box] = []


class PageScanned(Struct, frozen=True, tag_field="act", tag="page-scanned"):
    """A picture of a page was taken in."""

    state: Literal["filed", "queued", "unreadable"]
    entry: str  # journal/sequence of its picture
    at: str  # RFC 3339
    why: str = ""  # of what is not filed
    issue: str = ""  # "" when its code could not be read
    page: int = 0
    chart: str = ""  # chart id that it was filed on
    ward: str = ""  # whose it is to settle what waits; "" for the house's
    handed_in: str = ""  # journal/sequence of the picture as somebody handed it in; "" from a file
    width: int = 0  # pixels of the picture that is kept
    height: int = 0
    marks: list[Mark] = []  # boxes that are not empty


class PageHandedIn(Struct, frozen=True, tag_field="act", tag="page-handed-in"):
    """Somebody gave a picture of a page, which is to be read."""

    entry: str  # journal/sequence of the picture
    at: str  # RFC 3339
    ward: str = ""


class PageSettled(Struct, frozen=True, tag_field="act", tag="page-settled"):
    """Somebody said what becomes of a page that waited."""

    entry: str  # journal/sequence of its picture
    done: Literal["filed", "rejected"]
    at: str  # RFC 3339
    reason: str = ""  # of what is rejected
    chart: str = ""  # chart id that it was filed on
    document: str = ""  # journal/sequence of what was written there
    issue: str = ""  # as somebody read it off the page
    page: int = 0


class MarksRead(Struct, frozen=True, tag_field="act", tag="marks-read"):
    """The boxes of a page were looked at once somebody had said whose it is, and which."""

    entry: str  # journal/sequence of its picture
    at: str  # RFC 3339
    issue: str
    page: int
    chart: str  # chart id that it was filed on
    found: bool = True  # whether it could be told how the page lies
    width: int = 0  # pixels of the picture
    height: int = 0
    marks: list[Mark] = []  # boxes that are not empty


class MarksAnswered(Struct, frozen=True, tag_field="act", tag="marks-answered"):
    """Somebody looked at ticks of a page and said what each of them is (Q3)."""

    issue: str
    page: int
    at: str  # RFC 3339
    boxes: list[int]  # those that were answered, "nothing" too
    entry: str = ""  # journal/sequence of what was written in the chart; "" when nothing was


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
