"""CDA R2 in: header and narrative, readable in place (HL7 CDA R2; C-CDA 2.1; volets of the French CI-SIS).

Rules kept here:
  * The document is kept whole; its sections are given as the text that its author attested.
  * Coded entries are not charted yet: each section that has some says so in `loss`.
  * XML that declares a DTD or entities is not read: it is kept.
"""

import xml.etree.ElementTree as ET
from base64 import b64encode
from collections.abc import Iterator

from contrefeu.fhir import plain
from contrefeu.fhir.datatypes import (
    Attachment,
    CodeableConcept,
    Coding,
    HumanName,
    Identifier,
    Reference,
)
from contrefeu.fhir.resources import DocumentContent, DocumentReference, Patient
from contrefeu.hl7 import parse_moment
from contrefeu.mapping.reading import FeedRules, Reading, Said, Subject
from contrefeu.mapping.tables.codes import GENDERS, NATIONAL_AUTHORITIES

_NS = {"c": "urn:hl7-org:v3"}
_C = "{urn:hl7-org:v3}"
_BLOCKS = frozenset({"paragraph", "item", "tr", "caption", "title", "list", "table", "br", "thead", "tbody"})


def read_cda(reading: Reading, body: bytes, rules: FeedRules) -> None:
    """Fill *reading* with what the document in *body* says."""
    reading.kind = "CDA"
    if b"<!DOCTYPE" in body[:4096] or b"<!ENTITY" in body:
        reading.lose("", "XML with a DTD or entities is not read")
        return
    root = ET.fromstring(body)  # noqa: S314 - no DTD, no entities: nothing to expand
    role = root.find("c:recordTarget/c:patientRole", _NS)
    if root.tag != f"{_C}ClinicalDocument" or role is None:
        reading.lose("", "no recordTarget: the document names nobody")
        return
    authority = rules.authority or reading.source
    keys, numbers = _numbers(role, authority)
    if not keys:
        reading.lose("recordTarget/patientRole/id", "no local number: the patient cannot be told from others by it")
        return
    reading.subjects = [Subject(keys)]
    reading.understood = True
    reading.patient = _patient(role, numbers)
    reading.said.append(_document(root, body, reading))
    for section in root.iterfind(".//c:section", _NS):
        if section.find("c:entry", _NS) is not None:
            title = section.find("c:code", _NS)
            code = title.get("code", "") if title is not None else ""
            reading.lose(f"section {code}", "its coded entries are kept in the document; its text is shown")


def _numbers(role: ET.Element, authority: str) -> tuple[list[str], list[Identifier]]:
    keys, numbers = [], []
    for id_ in role.iterfind("c:id", _NS):
        root, extension = id_.get("root", ""), id_.get("extension", "")
        if not extension:
            continue
        assigner = id_.get("assigningAuthorityName", "")
        numbers.append(
            Identifier(
                system=f"urn:oid:{root}" if root else f"urn:id:{authority}",
                value=extension,
                assigner=Reference(display=assigner or root or authority),
            )
        )
        if root not in NATIONAL_AUTHORITIES and root != "2.16.840.1.113883.4.1":  # INS; US social security
            keys.append(f"{assigner or root or authority}|{extension}")
    return keys, numbers


def _patient(role: ET.Element, numbers: list[Identifier]) -> dict[str, object]:
    found = Patient(identifier=numbers)
    person = role.find("c:patient", _NS)
    if person is not None:
        found.name = [_name(one) for one in person.iterfind("c:name", _NS)]
        gender = person.find("c:administrativeGenderCode", _NS)
        if gender is not None and gender.get("code"):
            found.gender = GENDERS.get(gender.get("code", "").upper(), "unknown")
        birth = person.find("c:birthTime", _NS)
        moment = parse_moment(birth.get("value", "")[:8]) if birth is not None else None
        found.birthDate = moment.date if moment else ""
    values = plain(found)
    del values["resourceType"]
    return values


def _name(element: ET.Element) -> HumanName:
    families = list(element.iterfind("c:family", _NS))
    birth = next((e for e in families if e.get("qualifier") == "BR"), families[0] if families else None)
    return HumanName(
        use={"L": "official", "P": "nickname"}.get(element.get("use", ""), "official"),
        family=(birth.text or "").strip() if birth is not None else "",
        given=[(e.text or "").strip() for e in element.iterfind("c:given", _NS) if (e.text or "").strip()],
    )


def _document(root: ET.Element, body: bytes, reading: Reading) -> Said:
    id_ = root.find("c:id", _NS)
    name = f"{id_.get('root', '')}|{id_.get('extension', '')}" if id_ is not None else reading.ref
    code = root.find("c:code", _NS)
    title = (root.findtext("c:title", "", _NS) or "").strip()
    when = root.find("c:effectiveTime", _NS)
    raw = when.get("value", "") if when is not None else ""
    moment = parse_moment(raw)
    found = DocumentReference(
        status="current",
        type=CodeableConcept(
            [Coding("http://loinc.org", code.get("code", ""), code.get("displayName", ""))] if code is not None else [],
            title,
        ),
        date=moment.fhir if moment else "",
        author=[Reference(display=words) for words in _authors(root)],
        description=title,
        content=[DocumentContent(one) for one in _bodies(root, body)],
    )
    values = plain(found)
    del values["resourceType"]
    return Said("DocumentReference", name, values)


def _authors(root: ET.Element) -> Iterator[str]:
    for person in root.iterfind("c:author/c:assignedAuthor/c:assignedPerson/c:name", _NS):
        words = " ".join(text.strip() for text in person.itertext() if text.strip())
        if words:
            yield words


def _bodies(root: ET.Element, body: bytes) -> list[Attachment]:
    """The narrative as text, an embedded file as it is, and the document itself."""
    found = []
    raw = root.find("c:component/c:nonXMLBody/c:text", _NS)
    if raw is not None and raw.get("representation") == "B64" and raw.text:
        found.append(Attachment(raw.get("mediaType", "application/octet-stream"), "".join(raw.text.split())))
    parts = []
    for section in root.iterfind(".//c:section", _NS):
        title = (section.findtext("c:title", "", _NS) or "").strip()
        text = section.find("c:text", _NS)
        words = _narrative(text) if text is not None else ""
        if title or words:
            parts.append("\n".join(part for part in (title.upper(), words) if part))
    if parts:
        found.insert(0, Attachment("text/plain; charset=utf-8", b64encode("\n\n".join(parts).encode()).decode()))
    found.append(Attachment("application/cda+xml", b64encode(body).decode(), "CDA"))
    return found


def _narrative(element: ET.Element) -> str:
    """A narrative block as lines of text; cells of a table are parted by bars."""
    lines: list[str] = [""]

    def walk(node: ET.Element) -> None:
        tag = node.tag.removeprefix(_C)
        if tag in _BLOCKS and lines[-1]:
            lines.append("")
        if tag in {"td", "th"} and lines[-1]:
            lines[-1] += " | "
        lines[-1] += " ".join((node.text or "").split())
        for child in node:
            walk(child)
            tail = " ".join((child.tail or "").split())
            if tail:
                lines[-1] += f" {tail}" if lines[-1] and not lines[-1].endswith(" ") else tail
        if tag in _BLOCKS and lines[-1]:
            lines.append("")

    walk(element)
    return "\n".join(line.strip() for line in lines if line.strip())
