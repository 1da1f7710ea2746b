"""Tags of a pack: what reads its pages aloud is told whose they are, in which order, and what to pass over.

Each section (census, one patient's chart, one dose sheet) is a Sect with a title; each of its pages is one paragraph of
it, foot and number included (ISO 32000-1, 14.7 and 14.8). Codes are artifacts. Tables are not told apart: tags of their
own would cost a pack a third of its time and many times its bytes; who needs them opens the page for browsers, whose
tables have heads (decision 157).
"""

from collections.abc import Sequence

import pikepdf
from pikepdf import Array, Dictionary, Name

BEGIN = b"/P <</MCID 0>> BDC\n"  # before what a page says
END = b"\nEMC\n"


def tag(document: pikepdf.Pdf, sections: Sequence[tuple[str, int]], language: str) -> None:
    """Tell what the pages of *document* are, each of which says it between BEGIN and END.

    Args:
        document: Its pages have no tags yet.
        sections: Title and count of pages of each, in order.
        language: "fr" or "en".
    """
    root = document.make_indirect(Dictionary(Type=Name.StructTreeRoot))
    whole = document.make_indirect(Dictionary(Type=Name.StructElem, S=Name.Document, P=root))
    left, parts = iter(document.pages), []
    paragraphs: list[pikepdf.Object] = []
    for title, count in sections:
        part = document.make_indirect(Dictionary(Type=Name.StructElem, S=Name.Sect, P=whole, T=title))
        mine = []
        for page in (next(left) for _ in range(count)):
            said = Dictionary(Type=Name.StructElem, S=Name.P, P=part, Pg=page.obj, K=0)
            mine.append(document.make_indirect(said))
            page.obj.StructParents = len(paragraphs) + len(mine) - 1
            page.obj.Tabs = Name.S
        part.K = Array(mine)
        parts.append(part)
        paragraphs += mine
    whole.K = Array(parts)
    root.K = whole
    numbers = [value for n, one in enumerate(paragraphs) for value in (n, Array([one]))]
    root.ParentTree = document.make_indirect(Dictionary(Nums=Array(numbers)))
    root.ParentTreeNextKey = len(paragraphs)
    document.Root.StructTreeRoot = root
    document.Root.MarkInfo = Dictionary(Marked=True)
    document.Root.Lang = language
    document.Root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
