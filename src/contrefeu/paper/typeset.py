"""Values and a template into a PDF, and how many pages each of its sections has.

Rules kept here:
  * What a message holds reaches a template as a value, never as markup: it can lay out nothing and read no file.
  * Fonts are those inside the typesetter, so that every node prints the same page.
  * Printed pages carry no tags: they cost twelve times the bytes, and nobody reads them by machine (FINDINGS, 2f).
"""

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import msgspec
import typst
from msgspec import Struct

from contrefeu.typeset import cleaned

_SHARED = ("house.typ", "patient.typ")  # what templates import


class Typeset(Struct, frozen=True):
    """A document without its codes."""

    pdf: bytes
    pages: list[int]  # of each section: each page's code says of how many it is


def typeset(template: str, values: Any, pictures: Mapping[str, bytes] | None = None) -> Typeset:
    """Return what *template* makes of *values*.

    Args:
        template: Name of a file in templates/.
        values: What it shows; strings are cleaned of what would act unseen.
        pictures: Files that it shows, by name.
    """
    folder = files("contrefeu.paper").joinpath("templates")
    sources = {name: folder.joinpath(name).read_bytes() for name in _SHARED}
    sources |= {"main.typ": folder.joinpath(template).read_bytes(), "values.json": cleaned(values), **(pictures or {})}
    made: bytes = typst.compile(sources, ignore_system_fonts=True, pdf_tags=False)  # type: ignore[call-overload]
    # The typesetter remembers what it has just set: the question costs a hundredth of the document.
    found = typst.query(sources, "<pages>", field="value", one=True, ignore_system_fonts=True)  # type: ignore[type-var]
    return Typeset(made, msgspec.json.decode(found, type=list[int]))
