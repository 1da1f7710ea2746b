"""The beds of the house as EDXL-HAVE 2.0, the OASIS document that emergency coordinators exchange (T2).

Rules kept here:
  * The same numbers as the boards, and no patient. What nobody knows is left out, never written as 0; whether a ward
    takes patients (HAVE's availability, its colours) is for people to say, and not read off its beds.
  * A triage level is said as it was written, in words: HAVE counts by colours, and no scale is turned into another.
  * Names of elements and their order are those of the schema of the standard's own editor (decision 0173).
"""

import re
import xml.etree.ElementTree as ET

from contrefeu.station.bed_status import BedStatus, EmergencyState, WardBeds

HAVE = "urn:oasis:names:tc:emergency:edxl:have:2.0"
ORGANISATION = "urn:oasis:names:tc:emergency:edxl:ciq:1.0:xnl"  # names, as EDXL's profile of OASIS CIQ has them
WARDS = "urn:contrefeu:ward"  # our own list of services: the wards of this house
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_.-]")

ET.register_namespace("have", HAVE)
ET.register_namespace("n", ORGANISATION)


def as_have(status: BedStatus) -> bytes:
    """Return the document."""
    name = status.facility or "hospital"
    root = ET.Element(_have("HAVE"))
    _named(_add(root, "organizationInformation"), name)
    _add(root, "reportComment", _comment(status))
    facility = _add(root, "facility")
    about = _add(facility, "facilityInformation")
    _add(about, "facilityID", "H-" + _NOT_IN_A_NAME.sub("-", name))  # xs:ID: begins with a letter, holds no blank
    _add(about, "facilityName", name)
    _named(_add(about, "facilityDetails"), name)
    _add(about, "facilityKind", "Hospital")
    if status.emergency is not None:
        traffic = _add(_add(about, "emergencyDepartmentStatus"), "emsTraffic")
        _add(traffic, "commentText", _emergency(status.emergency))
    services = _add(facility, "serviceList")
    _add(services, "taxonomyURI", WARDS)
    _add(services, "taxonomyName", "Contrefeu")
    for ward in status.wards:
        _service(_add(services, "serviceListItem"), ward)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _service(item: ET.Element, ward: WardBeds) -> None:
    _add(item, "serviceTaxonomyKeyValue", ward.id)
    _add(item, "serviceName", ward.name)
    if ward.known:
        beds = _add(item, "serviceBedCapacity")
        _add(beds, "availableCount", str(ward.free))
        _add(beds, "baselineCount", str(ward.known))
    numbers = {"patients": ward.patients, "expected": ward.coming, "discharges announced": ward.leaving}
    _add(item, "comment", "; ".join(f"{name} {n}" for name, n in (numbers | {"isolated": ward.isolated}).items()))


def _comment(status: BedStatus) -> str:
    """How old it is; and that it is no exercise's, or is one's."""
    said = f"as of {status.as_of}" if status.as_of else "nothing read yet"
    return f"EXERCISE, EXERCISE, EXERCISE; {said}" if status.exercise else said


def _emergency(found: EmergencyState) -> str:
    levels = "".join(f"; level {level}: {count}" for level, count in found.levels.items())
    return (
        f"patients {found.patients}; not seen by a doctor yet {found.unseen}; without a level {found.unsorted}{levels}"
    )


def _named(element: ET.Element, name: str) -> None:
    said = ET.SubElement(
        ET.SubElement(element, f"{{{ORGANISATION}}}OrganisationName"), f"{{{ORGANISATION}}}NameElement"
    )
    said.text = name


def _add(parent: ET.Element, name: str, text: str | None = None) -> ET.Element:
    found = ET.SubElement(parent, _have(name))
    found.text = text
    return found


def _have(name: str) -> str:
    return f"{{{HAVE}}}{name}"
