"""The narrative of a section as lines of text: what its author attested (HL7 CDA R2, 4.3.5).

Rules kept here:
  * Every word is kept, in its order. Blocks begin a line; the cells of a table's row are parted by bars.
  * What the author struck out (`revised="delete"`) is marked as such, not dropped.
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterator

from contrefeu.cda.tree import C

_BLOCKS = frozenset({"paragraph", "item", "tr", "caption", "title", "list", "table", "br", "thead", "tbody", "tfoot"})
_CELLS = frozenset({"td", "th"})


def narrative(element: ET.Element) -> str:
    """Return a narrative block as lines of text."""
    lines: list[list[str]] = [[]]
    for kind, text in _pieces(element):
        if kind == "break":
            if lines[-1]:
                lines.append([])
        elif kind == "cell":
            if lines[-1]:
                lines[-1].append(" | ")
        else:
            lines[-1].append(text)
    joined = ("".join(line) for line in lines)
    return "\n".join(text for line in joined if (text := " ".join(line.split()).strip(" |")))


def by_id(element: ET.Element) -> dict[str, str]:
    """Return the text of each part of a narrative that has an ID: entries refer to it."""
    return {one.get("ID", ""): narrative(one) for one in element.iter() if one.get("ID")}


def _pieces(node: ET.Element) -> Iterator[tuple[str, str]]:
    tag = node.tag.removeprefix(C)
    if tag in _BLOCKS:
        yield "break", ""
    elif tag in _CELLS:
        yield "cell", ""
    deleted = node.get("revised") == "delete"
    if deleted:
        yield "text", " [deleted: "
    if node.text:
        yield "text", node.text
    for child in node:
        yield from _pieces(child)
        if child.tail:
            yield "text", child.tail
    if deleted:
        yield "text", "] "
    if tag in _BLOCKS:
        yield "break", ""
