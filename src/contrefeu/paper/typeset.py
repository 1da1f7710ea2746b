"""Values and a template into a PDF, and how many pages each of its sections has.

Rules kept here:
  * What a message holds reaches a template as a value, never as markup: it can lay out nothing and read no file.
  * Fonts are those inside the typesetter, so that every node prints the same page.
  * Forms, letters, bands and single charts are PDF/UA-1, for who has pages read aloud: the typesetter refuses what is
    not (decision 157). The pages of packs and kits are set without tags: there these cost many times the bytes and a
    third of the time, and a pack is made again each quarter of an hour (FINDINGS, 2f). A pack gets its own (tags.py).
"""

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

import msgspec
import typst
from msgspec import Struct

from contrefeu.acts import Box
from contrefeu.typeset import cleaned

REMEMBERED = 11  # settings: typst-py lets its cache go after ten (comemo), which were a ward of 400 patients
_SHARED = ("house.typ", "patient.typ")  # what templates import


class Typeset(Struct, frozen=True):
    """A document without its codes."""

    pdf: bytes
    pages: list[int]  # of each section: each page's code says of how many it is
    boxes: list[list[Box]]  # of each section: what can be ticked, and where


class _Ticked(Struct):
    """A box, as the template notes it: its page counts from the first of the document."""

    page: int
    x: float
    y: float
    size: float
    what: str
    at: str
    said: str


class _Counted(Struct):
    pages: list[int]
    boxes: list[_Ticked]


def typeset(
    template: str,
    values: Any,
    pictures: Mapping[str, bytes] | None = None,
    *,
    tagged: bool = True,
    bound: bool = False,
) -> Typeset:
    """Return what *template* makes of *values*.

    Args:
        template: Name of a file in templates/.
        values: What it shows; strings are cleaned of what would act unseen.
        pictures: Files that it shows, by name.
        tagged: Whether it is PDF/UA-1: it says what is a heading, a table, a picture of what to who cannot see it.
        bound: Whether its pages go into a pack, which lays over them what all have alike; they carry no tags.
    """
    folder = files("contrefeu.paper").joinpath("templates")
    sources = {name: folder.joinpath(name).read_bytes() for name in _SHARED}
    sources |= {"main.typ": folder.joinpath(template).read_bytes(), "values.json": cleaned(values), **(pictures or {})}
    how: dict[str, Any] = {"font_paths": _fonts(), "sys_inputs": {"bound": "yes"} if bound else {}}
    # The standard is what asks for tags; without it there are none.
    standard: dict[str, Any] = {"pdf_standards": "ua-1"} if tagged and not bound else {"pdf_tags": False}
    made: bytes = typst.compile(sources, **standard, **how)
    # The typesetter remembers what it has just set: the question costs a hundredth of the document.
    found = typst.query(sources, "<pages>", field="value", one=True, **how)
    counted = msgspec.json.decode(found, type=_Counted)
    return Typeset(made, counted.pages, _by_section(counted))


def forget() -> None:
    """Let the typesetter forget what it set: it keeps what any of its last REMEMBERED settings used."""
    for _ in range(REMEMBERED):
        _nothing().compile(input=b"")


@lru_cache(1)
def _fonts() -> typst.Fonts:
    """Those inside the typesetter, read once."""
    return typst.Fonts(include_system_fonts=False)


@lru_cache(1)
def _nothing() -> typst.Compiler:
    """What sets an empty page: one that is kept is ready in half the time."""
    return typst.Compiler(b"", font_paths=_fonts())


def _by_section(counted: _Counted) -> list[list[Box]]:
    """The boxes of each section, their pages counted from its first."""
    found, before = [], 0
    for pages in counted.pages:
        mine = [one for one in counted.boxes if before < one.page <= before + pages]
        found.append([_box(one, one.page - before) for one in mine])
        before += pages
    return found


def _box(one: _Ticked, page: int) -> Box:
    return Box(page, round(one.x, 1), round(one.y, 1), round(one.size, 1), one.what, one.at, one.said)
