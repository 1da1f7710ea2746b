"""What of a document says no more than that there is one: whose, when, under which number (CDA R2, 4.2)."""

import xml.etree.ElementTree as ET

from contrefeu.cda.tree import C, parse

_KEPT = frozenset(
    f"{C}{name}"
    for name in (
        "typeId", "id", "effectiveTime", "confidentialityCode", "languageCode", "setId", "versionNumber",
        "recordTarget", "relatedDocument",
    )
)  # fmt: skip


def outline_of(body: bytes) -> bytes:
    """Return *body* without its type, title, authors, places and content.

    Raises:
        NotCda: It is no CDA document, or may not be read.
    """
    root = parse(body)
    for child in list(root):
        if child.tag not in _KEPT:
            root.remove(child)
    found: bytes = ET.tostring(root, "utf-8")
    return found
