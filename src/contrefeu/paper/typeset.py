"""Values and a template into a PDF; a code into a picture; a password around it all.

Rules kept here:
  * What a message holds reaches a template as a value, never as markup: it can lay out nothing and read no file.
  * Fonts are those inside the typesetter, so that every node prints the same page.
  * Printed pages carry no tags: they cost twelve times the bytes, and nobody reads them by machine (FINDINGS, 2f).
"""

from collections.abc import Iterable, Iterator
from importlib.resources import files
from io import BytesIO
from itertools import groupby
from secrets import token_bytes
from typing import Any

import msgspec
import pikepdf
import segno
import typst

from contrefeu.typeset import cleaned

QR_ERROR = "m"  # a level more costs 8 modules a side: larger modules survive a fax better than more redundancy
QR_VERSION = 6  # 41 modules: 154 alphanumeric characters at level M, and a code has 148


def section_pages(template: str, values: Any) -> list[int]:
    """Return how many pages each section of the document has: each page's code says of how many it is."""
    sources = _sources(template, values, {})
    found = typst.query(sources, "<section-end>", field="value", ignore_system_fonts=True)  # type: ignore[type-var]
    return msgspec.json.decode(found, type=list[int])


def typeset(template: str, values: Any, pictures: dict[str, bytes]) -> bytes:
    """Return the PDF that *template* makes of *values*.

    Args:
        template: Name of a file in templates/.
        values: What it shows; strings are cleaned of what would act unseen.
        pictures: Files that it shows, by name.
    """
    made: bytes = typst.compile(  # type: ignore[call-overload]  # its stubs do not know sources in memory
        _sources(template, values, pictures), ignore_system_fonts=True, pdf_tags=False
    )
    return made


def _sources(template: str, values: Any, pictures: dict[str, bytes]) -> dict[str, bytes]:
    folder = files("contrefeu.paper").joinpath("templates")
    house, main = (folder.joinpath(name).read_bytes() for name in ("house.typ", template))
    return {"main.typ": main, "house.typ": house, "values.json": cleaned(values), **pictures}


def qr_svg(text: str) -> bytes:
    """Return *text* as a QR code, one unit a module, without its quiet zone."""
    made = segno.make_qr(text, error=QR_ERROR, version=QR_VERSION, mode="alphanumeric", boost_error=False)
    path = "".join(f"M{x} {y}h{n}v1h-{n}z" for y, row in enumerate(made.matrix) for x, n in _runs(row))
    size = len(made.matrix)
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


def locked(pdf: bytes, password: str) -> bytes:
    """Return *pdf* behind *password* (AES-256, PDF 2.0); nobody needs the owner's password, and nobody has it."""
    out = BytesIO()
    with pikepdf.open(BytesIO(pdf)) as document:
        document.save(out, encryption=pikepdf.Encryption(user=password, owner=token_bytes(24).hex(), R=6))
    return out.getvalue()
