"""A CDA R2 document: header, sections, embedded file (HL7 CDA R2; C-CDA 2.1; volets of the French CI-SIS).

Rules kept here:
  * What is not there is "" or empty; nothing is guessed from what stands beside it.
  * Numbers are (root, extension); a root alone numbers nobody.
  * A section's text stands for the section; coded entries stand beside it, never instead.
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterator

from msgspec import Struct

from contrefeu.cda.codes import Code, Number, code_of, number_of
from contrefeu.cda.entries import Entry, entries_of
from contrefeu.cda.narrative import by_id, narrative
from contrefeu.cda.tree import C, NotCda, parse

_NS = {"c": "urn:hl7-org:v3"}


class PersonName(Struct, frozen=True):
    """A name of the patient."""

    use: str
    family: str
    given: list[str]


class Author(Struct, frozen=True):
    """Who wrote it."""

    name: str


class File(Struct, frozen=True):
    """A file inside: the whole body, or an image or a PDF of a section."""

    media_type: str
    base64: str


class Section(Struct, frozen=True):
    """A section: its text, and the coded entries that were understood."""

    code: str
    title: str
    text: str
    entries: list[Entry]
    unread: int  # coded entries that no rule reads


class Document(Struct, frozen=True):
    """One document."""

    number: Number | None
    code: Code | None
    title: str
    time: str  # as it stands: HL7 TS
    confidentiality: str
    replaces: Number | None
    patient_numbers: list[Number]
    patient_names: list[PersonName]
    gender: str
    birth_time: str
    authors: list[Author]
    sections: list[Section]
    files: list[File]


def read_document(body: bytes) -> Document:
    """Read *body*.

    Raises:
        NotCda: It is no CDA document, or may not be read (DTD, depth).
    """
    root = parse(body)
    if root.tag != f"{C}ClinicalDocument":
        raise NotCda("the root element is no ClinicalDocument")
    role = root.find("c:recordTarget/c:patientRole", _NS)
    if role is None:
        raise NotCda("no recordTarget: the document names nobody")
    person = role.find("c:patient", _NS)
    parent = root.find("c:relatedDocument[@typeCode='RPLC']/c:parentDocument/c:id", _NS)
    return Document(
        number=number_of(root.find("c:id", _NS)),
        code=code_of(root.find("c:code", _NS)),
        title=_text(root.find("c:title", _NS)),
        time=_value(root.find("c:effectiveTime", _NS)),
        confidentiality=_attribute(root.find("c:confidentialityCode", _NS), "code"),
        replaces=number_of(parent),
        patient_numbers=[number for id_ in role.iterfind("c:id", _NS) if (number := number_of(id_))],
        patient_names=[_name(one) for one in (person.iterfind("c:name", _NS) if person is not None else [])],
        gender=_attribute(person.find("c:administrativeGenderCode", _NS), "code") if person is not None else "",
        birth_time=_value(person.find("c:birthTime", _NS)) if person is not None else "",
        authors=list(_authors(root)),
        sections=list(_sections(root)),
        files=list(_files(root)),
    )


def _files(root: ET.Element) -> Iterator[File]:
    """nonXMLBody, and observationMedia wherever it stands (4.3.6)."""
    whole = root.find("c:component/c:nonXMLBody/c:text", _NS)
    values = [one.find("c:value", _NS) for one in root.iter(f"{C}observationMedia")]
    for element in (whole, *values):
        if element is not None and element.get("representation") == "B64" and element.text:
            yield File(element.get("mediaType") or "application/octet-stream", "".join(element.text.split()))


def _sections(root: ET.Element) -> Iterator[Section]:
    for section in root.iter(f"{C}section"):
        text = section.find("c:text", _NS)
        ids = by_id(text) if text is not None else {}
        code = _attribute(section.find("c:code", _NS), "code")
        raw = section.findall("c:entry", _NS)
        entries = [found for entry in raw for found in entries_of(entry, code, ids)]
        read = sum(1 for entry in raw if any(True for _ in entries_of(entry, code, ids)))
        yield Section(
            code=code,
            title=_text(section.find("c:title", _NS)),
            text=narrative(text) if text is not None else "",
            entries=entries,
            unread=len(raw) - read,
        )


def _name(element: ET.Element) -> PersonName:
    families = list(element.iterfind("c:family", _NS))
    birth = next((one for one in families if one.get("qualifier") == "BR"), families[0] if families else None)
    given = [text for one in element.iterfind("c:given", _NS) if (text := _text(one))]
    return PersonName(element.get("use", ""), _text(birth), given)


def _authors(root: ET.Element) -> Iterator[Author]:
    for person in root.iterfind("c:author/c:assignedAuthor/c:assignedPerson/c:name", _NS):
        words = " ".join(text.strip() for text in person.itertext() if text.strip())
        if words:
            yield Author(words)


def _text(element: ET.Element | None) -> str:
    return " ".join("".join(element.itertext()).split()) if element is not None else ""


def _attribute(element: ET.Element | None, name: str) -> str:
    return element.get(name, "") if element is not None else ""


def _value(element: ET.Element | None) -> str:
    return _attribute(element, "value")
