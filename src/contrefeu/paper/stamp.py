"""Codes onto pages, once it is known how many there are; and a password around it all.

Rules kept here:
  * A document is set once. Its codes are drawn over it at the place that every page keeps free (templates/house.typ).
  * Nobody needs the password that an owner would have, and nobody has it: it is drawn and forgotten.
"""

from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from itertools import groupby
from secrets import token_bytes

import pikepdf
import segno

QR_ERROR = "m"  # a level more costs 8 modules a side: larger modules survive a fax better than more redundancy
QR_VERSION = 6  # 41 modules: 154 alphanumeric characters at level M, and a code has 148
QR_MASK = 3  # any will do, as what it masks is a signature and looks random; trying all eight costs four times as much
_POINTS = 72 / 25.4  # in a millimetre
SIDE_MM = 28.0  # of a code
RIGHT_MM, TOP_MM = 16.5, 14.0  # from the edges of the page to the code


def stamped(pdf: bytes, texts: Sequence[str], password: str = "") -> bytes:
    """Return *pdf* with a code on each page, behind *password* where there is one (AES-256, PDF 2.0).

    Args:
        pdf: As it was set.
        texts: Of the code of each page; "" on a page that has none.
        password: Who reads must know it.
    """
    out = BytesIO()
    with pikepdf.open(BytesIO(pdf)) as document:
        assert len(document.pages) == len(texts), "each page was counted"
        for page, text in zip(document.pages, texts, strict=True):
            if text:
                page.contents_add(pikepdf.Stream(document, _drawn(text, page.mediabox)))
        document.save(out, encryption=_encryption(password))
    return out.getvalue()


def locked(pdf: bytes, password: str) -> bytes:
    """Return *pdf* behind *password* (AES-256, PDF 2.0)."""
    out = BytesIO()
    with pikepdf.open(BytesIO(pdf)) as document:
        document.save(out, encryption=_encryption(password))
    return out.getvalue()


def _encryption(password: str) -> pikepdf.Encryption | None:
    return pikepdf.Encryption(user=password, owner=token_bytes(24).hex(), R=6) if password else None


def _drawn(text: str, box: pikepdf.Array) -> bytes:
    """What draws *text* as a QR code: one rectangle a run of dark modules."""
    rows = qr(text)
    module = SIDE_MM * _POINTS / len(rows)
    left = float(box[2]) - (RIGHT_MM + SIDE_MM) * _POINTS
    top = float(box[3]) - TOP_MM * _POINTS
    runs = "\n".join(f"{x} {y} {n} 1 re" for y, row in enumerate(rows) for x, n in _runs(row))
    # Lines of modules count down from the top.
    return f"q 0 g {module:.4f} 0 0 {-module:.4f} {left:.3f} {top:.3f} cm\n{runs}\nf Q".encode()


def qr(text: str) -> Sequence[Sequence[int]]:
    """Return the modules of *text* as a QR code, line by line, without its quiet zone."""
    made = segno.make_qr(text, error=QR_ERROR, version=QR_VERSION, mode="alphanumeric", boost_error=False, mask=QR_MASK)
    rows: Sequence[Sequence[int]] = made.matrix
    return rows


def qr_svg(text: str) -> bytes:
    """Return alphanumeric *text* as a QR code of the size that it needs: a picture for a template."""
    rows = segno.make_qr(text, error=QR_ERROR, mode="alphanumeric", boost_error=False, mask=QR_MASK).matrix
    path = "".join(f"M{x} {y}h{n}v1h-{n}z" for y, row in enumerate(rows) for x, n in _runs(row))
    size = len(rows)
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}"><path d="{path}"/></svg>'
    return svg.encode()


def _runs(row: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Where dark modules begin, and how many follow."""
    at = 0
    for dark, modules in groupby(row):
        count = len(list(modules))
        if dark:
            yield at, count
        at += count
