"""Codes onto pages, once it is known how many there are; and a password around it all.

Rules kept here:
  * A document is set once. Its codes are drawn over it at the place that every page keeps free (templates/house.typ).
  * Nobody needs the password that an owner would have, and nobody has it: it is drawn and forgotten.
"""

import re
from collections.abc import Sequence
from io import BytesIO
from secrets import token_bytes

import pikepdf
import segno

from contrefeu.paper.qr import QR_ERROR, QR_MASK, SIZE, qr

_POINTS = 72 / 25.4  # in a millimetre
SIDE_MM = 28.0  # of a code
# Before what is added to a page: CUPS (cups-filters 1.28) joins its parts without a space, and `Q` and `q` were `Qq`.
APART = b"\n"
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
                page.contents_add(pikepdf.Stream(document, APART + qr_drawn(text, page.mediabox)))
        document.save(out, encryption=encryption(password))
    return out.getvalue()


def locked(pdf: bytes, password: str) -> bytes:
    """Return *pdf* behind *password* (AES-256, PDF 2.0)."""
    out = BytesIO()
    with pikepdf.open(BytesIO(pdf)) as document:
        document.save(out, encryption=encryption(password))
    return out.getvalue()


def encryption(password: str) -> pikepdf.Encryption | None:
    """Return the lock that *password* opens (AES-256); None when there is none."""
    return pikepdf.Encryption(user=password, owner=token_bytes(24).hex(), R=6) if password else None


def qr_drawn(text: str, box: pikepdf.Array) -> bytes:
    """Return what draws *text* as a QR code on a page of the size of *box*: one rectangle a run of dark modules."""
    module = SIDE_MM * _POINTS / SIZE
    left = float(box[2]) - (RIGHT_MM + SIDE_MM) * _POINTS
    top = float(box[3]) - TOP_MM * _POINTS
    runs = "".join([_AT[one.start()] + _LONG[one.end() - one.start()] for one in _DARK.finditer(b"\0".join(qr(text)))])
    # Lines of modules count down from the top.
    # An artifact (ISO 32000-1, 14.8.2.2): what reads a tagged page aloud passes it over.
    return f"/Artifact BMC q 0 g {module:.4f} 0 0 {-module:.4f} {left:.3f} {top:.3f} cm\n{runs}f Q EMC".encode()


def qr_svg(text: str) -> bytes:
    """Return alphanumeric *text* as a QR code of the size that it needs: a picture for a template."""
    modules = segno.make_qr(text, error=QR_ERROR, mode="alphanumeric", boost_error=False, mask=QR_MASK).matrix
    rows = [bytes(row) for row in modules]
    runs = [(*one.span(), y) for y, row in enumerate(rows) for one in _DARK.finditer(row)]
    path = "".join(f"M{start} {y}H{end}v1H{start}z" for start, end, y in runs)
    size = len(rows)
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}"><path d="{path}"/></svg>'
    return svg.encode()


_DARK = re.compile(b"\x01+")  # a run of dark modules
# What draws a run, by where it begins among lines that a light module parts, and by how many modules it has.
_AT = [f"{at % (SIZE + 1)} {at // (SIZE + 1)} " for at in range(SIZE * (SIZE + 1))]
_LONG = [f"{n} 1 re\n" for n in range(SIZE + 1)]
