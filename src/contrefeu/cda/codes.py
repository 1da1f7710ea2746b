"""CD, CE, II, PQ and their kin: CDA's data types as values (HL7 v3 data types R1)."""

import xml.etree.ElementTree as ET

from msgspec import Struct

_NS = {"c": "urn:hl7-org:v3"}


class Number(Struct, frozen=True):
    """II: who gave it, and what it is."""

    root: str
    extension: str
    assigner: str = ""


class Code(Struct, frozen=True):
    """CD: a code, what it was called, and its author's own words."""

    system: str  # OID
    code: str
    display: str
    text: str  # originalText, its reference to the narrative followed
    null: str = ""  # nullFlavor
    others: "list[Code]" = []  # translations


def number_of(element: ET.Element | None) -> Number | None:
    """II -> Number; None when it has no extension: a root alone is nobody's number."""
    if element is None or not element.get("extension", "").strip():
        return None
    extension = element.get("extension", "").strip()
    return Number(element.get("root", ""), extension, element.get("assigningAuthorityName", ""))


def code_of(element: ET.Element | None, ids: dict[str, str] | None = None) -> Code | None:
    """CD -> Code; None when there is nothing in it."""
    if element is None:
        return None
    found = Code(
        system=element.get("codeSystem", ""),
        code=element.get("code", ""),
        display=element.get("displayName", ""),
        text=words_of(element.find("c:originalText", _NS), ids or {}),
        null=element.get("nullFlavor", ""),
        others=[one for part in element.iterfind("c:translation", _NS) if (one := code_of(part, ids))],
    )
    return found if found.code or found.display or found.text or found.others or found.null else None


def words_of(element: ET.Element | None, ids: dict[str, str]) -> str:
    """Text of an element, else of what its reference points at in the narrative."""
    if element is None:
        return ""
    reference = element.find("c:reference", _NS)
    pointed = ids.get(reference.get("value", "").removeprefix("#"), "") if reference is not None else ""
    return pointed or " ".join("".join(element.itertext()).split())
