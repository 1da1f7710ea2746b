"""Issuing pages: a number, signed codes, and the act that says so.

Rules kept here:
  * Pages MUST be in the journal before a file of them exists: a page that comes back is always known.
  * An issue has one form, one patient or none, and as many pages as were set; its number is drawn, so that two
    stations that cannot talk never print the same one.
"""

from collections.abc import Callable, Sequence
from secrets import token_bytes
from uuid import UUID

from msgspec import Struct

from contrefeu.acts import Box, PagesIssued
from contrefeu.chart import Chart
from contrefeu.paper.code import BLANK, Code, PageKey, issue_words
from contrefeu.paper.kinds import FORMS

ISSUE_BYTES = 8  # 2**64 numbers: among a million issues a day, for a year, a repeat is unlikely by 1 to 270


class Whose(Struct, frozen=True):
    """Of whose chart pages are, when the chart itself is no longer at hand."""

    id: str
    key: str


class Issue(Struct, frozen=True):
    """Pages that are about to be printed."""

    act: PagesIssued
    texts: list[str]  # of the code of each page

    @property
    def number(self) -> str:
        """As it is printed."""
        return issue_words(bytes.fromhex(self.act.issue))


class Issuer:
    """Issues pages of one ward, at one minute."""

    def __init__(self, key: PageKey, ward: str, at: str, draw: Callable[[int], bytes] = token_bytes) -> None:
        self._key, self._ward, self._at, self._draw = key, ward, at, draw

    def number(self) -> bytes:
        """Draw a number for an issue whose pages are not counted yet."""
        return self._draw(ISSUE_BYTES)

    def issue(
        self, form: str, pages: int, chart: Chart | Whose | None = None, number: bytes = b"", boxes: Sequence[Box] = ()
    ) -> Issue:
        """Return an issue of *pages* pages of *form*, for *chart* or blank, under *number* or a new one."""
        kind, number = FORMS[form], number or self.number()
        patient = UUID(chart.id) if chart is not None else BLANK
        act = PagesIssued(
            issue=number.hex(),
            form=form,
            pages=pages,
            ward=self._ward,
            at=self._at,
            signed_by=self._key.public.hex(),
            chart=chart.id if chart is not None else "",
            patient=chart.key if chart is not None else "",
            returns=kind.returns,
            boxes=list(boxes),
        )
        codes = [Code(kind.number, page, pages, number, patient) for page in range(1, pages + 1)]
        return Issue(act, [self._key.text(code) for code in codes])
