"""A pack as one file: patients' pages, set some at a time, and what is laid over them once they are counted.

Rules kept here:
  * What every page has alike (corner marks, what it says of its age) is set once and shared by all.
  * Pages are numbered when they were counted, with the numbers of the census and of each page's section: a page that
    was left out would be seen.
  * Memory is that of a few patients, however large the ward.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from io import BytesIO
from itertools import accumulate

import msgspec
import pikepdf
from msgspec import Struct

from contrefeu.acts import Box
from contrefeu.paper.code import issue_words
from contrefeu.paper.issue import Issuer, Whose
from contrefeu.paper.pack import Printed, WardPack
from contrefeu.paper.stamp import APART, encryption, qr_drawn
from contrefeu.paper.tags import BEGIN, END, tag
from contrefeu.paper.typeset import Typeset, forget, typeset

PATIENTS_MAX = 10  # set at once: some thirty pages, of which the typesetter holds a megabyte and a half each


class Laid(Struct, frozen=True):
    """A pack whose pages are set and counted, without its codes."""

    cover: Typeset
    parts: list[Typeset]
    language: str
    titles: list[str]  # of each section

    @property
    def pages(self) -> list[int]:
        """Of each section: the census, then each patient's chart and dose sheet."""
        return [*self.cover.pages, *(pages for part in self.parts for pages in part.pages)]

    @property
    def boxes(self) -> list[list[Box]]:
        """Of each section."""
        return [*self.cover.boxes, *(boxes for part in self.parts for boxes in part.boxes)]


def laid(pack: WardPack, issues: Sequence[str]) -> Laid:
    """Set *pack*, whose sections have these numbers of issue."""
    values = msgspec.to_builtins(pack)
    said = {name: values[name] for name in ("lang", "title", "words")}
    patients = values.pop("patients")
    parts = []
    for at in range(0, len(patients), PATIENTS_MAX):
        some = patients[at : at + PATIENTS_MAX]
        numbers = issues[1 + 2 * at : 1 + 2 * (at + len(some))]
        parts.append(typeset("pack.typ", said | {"patients": some, "issues": numbers}, bound=True))
        forget()
    counts = [pages for part in parts for pages in part.pages]
    begun = [0, *accumulate(counts)]
    values |= {"issue": issues[0], "firsts": [1 + pages for pages in begun[:-1:2]]}
    values["counts"] = [f"{page} / {pages}" for pages in counts for page in range(1, pages + 1)]
    return Laid(typeset("cover.typ", values, tagged=False), parts, pack.lang, _titles(pack))


def _titles(pack: WardPack) -> list[str]:
    found = [f"{pack.title} · {pack.foot.ward}"]
    for one in pack.patients:
        name = f"{one.pages.who.family} {one.pages.who.given}".strip()
        found += [name, f"{name} · {one.doses.title}"]
    return found


def bound(pack: Laid, texts: Sequence[str], password: str = "") -> bytes:
    """Return the file of *pack*, with a code on each page, behind *password* where there is one (AES-256, PDF 2.0)."""
    out = BytesIO()
    with ExitStack() as stack:
        document = stack.enter_context(pikepdf.open(BytesIO(pack.cover.pdf)))
        census = pack.cover.pages[0]
        frame, *numbers = [page.as_form_xobject() for page in document.pages[census:]]
        del document.pages[census:]
        for part in pack.parts:
            document.pages.extend(stack.enter_context(pikepdf.open(BytesIO(part.pdf))).pages)
        over: list[list[pikepdf.Object]] = [[]] * census + [[frame, number] for number in numbers]
        for page, text, shared in zip(document.pages, texts, over, strict=True):  # strict: each page was counted
            names = [str(page.add_resource(one, pikepdf.Name.XObject)) for one in shared]
            drawn = "".join(f"q {name} Do Q\n" for name in names).encode()
            page.contents_add(pikepdf.Stream(document, BEGIN), prepend=True)
            page.contents_add(pikepdf.Stream(document, APART + drawn + END + qr_drawn(text, page.mediabox)))
        tag(document, [*zip(pack.titles, pack.pages, strict=True)], pack.language)
        document.save(out, encryption=encryption(password))
    return out.getvalue()


def print_pack(pack: WardPack, whose: Sequence[Whose], issuer: Issuer, password: str = "") -> Printed:
    """Set *pack*, with a code on each page, behind *password* where there is one."""
    parts = sections_of(whose)
    numbers = [issuer.number() for _ in parts]
    made = laid(pack, [*map(issue_words, numbers)])
    issues = [
        issuer.issue(form, pages, chart, number, boxes)
        for (form, chart), pages, number, boxes in zip(parts, made.pages, numbers, made.boxes, strict=True)
    ]
    pdf = bound(made, [text for one in issues for text in one.texts], password)
    return Printed(pdf, sum(made.pages), issues)


def sections_of(whose: Sequence[Whose]) -> list[tuple[str, Whose | None]]:
    """Return the sections of a pack in order: which form, and whose."""
    parts: list[tuple[str, Whose | None]] = [("census", None)]
    for one in whose:
        parts += [("chart", one), ("dose-sheet", one)]
    return parts
