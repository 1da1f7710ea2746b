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

# In what is kept: the type of the document that this one replaces, and where the patient is known
_SAYS_WHAT = frozenset(f"{C}{name}" for name in ("providerOrganization", "code", "text", "title"))


def outline_of(body: bytes) -> bytes:
    """Return *body* without its type, title, authors, places and content.

    Raises:
        NotCda: It is no CDA document, or may not be read.
    """
    root = parse(body)
    for child in list(root):
        if child.tag not in _KEPT:
            root.remove(child)
    for parent in root.iter():
        parent.text = parent.text if len(parent) == 0 else None
        parent.tail = None
        for child in [one for one in parent if one.tag in _SAYS_WHAT]:
            parent.remove(child)
    root.text = None
    found: bytes = ET.tostring(root, "utf-8")
    return found
