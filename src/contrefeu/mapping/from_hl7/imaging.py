"""Which images an order or a report is about: accession number and Study Instance UID -> ImagingStudy (F17, F31).

    IPC-1, 3, 5   accession number, Study Instance UID, modality (HL7 v2.5.1, 4.5.6; IHE RAD-4, OMI)
    ZDS-1         Study Instance UID (IHE RAD-4, ORM; senders write it in ORU too)
    OBX-3, 5      113014 or 110180 of DICOM: Study Instance UID (IHE RAD-28)
    OBR-18, 24    accession number, modality (IHE RAD-4)

Rules kept here:
  * OBR-18 is anybody's field (v2-to-FHIR maps it to nothing): it is an accession number in what is about images, or
    where the sender's profile names the field.
  * ZDS is another segment with some senders: what has not the form of a UID is no study, and is counted as not read.
  * An order gives a study its number before an image is made; a report that was made of it says that there are images.
  * What senders write where they have no number ("0", "NA", "9999") is shown, and finds no patient.
"""

import re

from msgspec import Struct

from contrefeu.fhir import CodeableConcept, Coding, Identifier, ImagingStudy, Reference, derived_id, plain
from contrefeu.hl7 import Segment
from contrefeu.mapping.from_hl7.datatypes import Context, concept_of, entity
from contrefeu.mapping.from_hl7.groups import Order
from contrefeu.mapping.from_hl7.orders import request_reference
from contrefeu.mapping.from_hl7.stay import reference
from contrefeu.mapping.reading import Reading, Said
from contrefeu.mapping.tables.codes import ACCESSION, DICOM, DICOM_UIDS, IMAGING_SECTIONS, MODALITIES, STUDY_CODES

UID_CHARS_MAX = 64  # characters of a DICOM UID (PS3.5, 9.1)
HINT = "accession:"
_UID = re.compile(r"[0-2](\.(0|[1-9][0-9]*))+")
_CANCELLED = frozenset({"cancelled", "entered-in-error"})


class Images(Struct, frozen=True):
    """What an order or a report says of its images."""

    accession: str = ""  # key
    number: Identifier | None = None  # the same, as FHIR has it
    studies: tuple[str, ...] = ()  # UIDs
    modality: str = ""

    @property
    def names(self) -> list[str]:
        """The hints that it answers to."""
        return [f"{HINT}{self.accession}"] if self.number and _tells(self.number.value) else []

    @property
    def references(self) -> list[Reference]:
        """Its studies, as a report names them."""
        return [Reference(f"ImagingStudy/{derived_id('ImagingStudy', key_of_study(uid))}") for uid in self.studies]

    def numbered(self, identifiers: list[Identifier]) -> list[Identifier]:
        """Return *identifiers* with the accession number behind."""
        return [*identifiers, *([self.number] if self.number else [])]


NO_IMAGES = Images()


def _tells(number: str) -> bool:
    """Whether a number can be of one examination alone."""
    signs = {sign for sign in number if sign.isalnum()}
    return len(signs) > 1 and any(sign in "123456789" for sign in signs)


def images_of(order: Order, kind: str, context: Context, reading: Reading | None = None) -> Images:
    """Return what *order* says of its images.

    Args:
        order: An order, or a report.
        kind: MSH-9.1.
        context: Of the message.
        reading: Where a ZDS that is none is counted.
    """
    obr = order.obr
    if obr is None:
        return NO_IMAGES
    section = obr.text(24).upper()
    listed = [uid for line in order.lines if line.name == "OBX" and (uid := study_in(line))]
    found, procedure = list(listed), None
    for segment in order.images:
        uid = segment.text(3) if segment.name == "IPC" else segment.text(1)
        if is_uid(uid):
            found.append(uid)
        elif segment.name == "ZDS" and reading is not None:
            reading.lose("ZDS", "kept in the message, not charted")
        if segment.name == "IPC":
            procedure = procedure or segment
    about_images = bool(found or procedure) or kind == "OMI" or section in IMAGING_SECTIONS | MODALITIES
    number = entity(procedure, 1, context.authority) if procedure is not None else None
    if number is None and (about_images or context.accession != ACCESSION):
        number = entity(obr, context.accession, context.authority)
    modality = (procedure.text(5).upper() if procedure is not None else "") or section
    if number is None and not found:
        return NO_IMAGES
    return Images(
        number[0] if number else "",
        _accession(number[1]) if number else None,
        tuple(dict.fromkeys(found)),
        modality if modality in MODALITIES else "",
    )


def study_in(obx: Segment) -> str:
    """Return the Study Instance UID that a result line is; "" when it is another line."""
    if obx.text(3) not in STUDY_CODES and obx.text(3, 4) not in STUDY_CODES:
        return ""
    uid = obx.text(5)
    return uid if is_uid(uid) else ""


def is_uid(text: str) -> bool:
    """Whether *text* has the form of a DICOM UID."""
    return len(text) <= UID_CHARS_MAX and _UID.fullmatch(text) is not None


def key_of_study(uid: str) -> str:
    """What a study is called: the same whoever names it."""
    return f"{DICOM_UIDS}|{uid}"


def studies(
    images: Images, obr: Segment, placer: str, filler: str, visit: str, context: Context, status: str = ""
) -> list[Said]:
    """The studies of an order, or of a report, which then has a *status*."""
    code = concept_of(obr, 4)
    found = []
    for uid in images.studies:
        study = ImagingStudy(
            identifier=images.numbered([Identifier(system=DICOM_UIDS, value=f"urn:oid:{uid}")]),
            status="available" if status and status not in _CANCELLED else "",
            modality=[Coding(DICOM, images.modality)] if images.modality else [],
            encounter=reference(visit),
            started=context.when(obr.text(7)) if status else "",
            basedOn=[request_reference(placer, filler)] if placer or filler else [],
            procedureCode=[code] if code else [],
        )
        values = plain(study)
        del values["resourceType"]
        found.append(Said("ImagingStudy", key_of_study(uid), values, context.sent_ns, "update", images.names))
    return found


def _accession(number: Identifier) -> Identifier:
    kind = CodeableConcept([Coding("http://terminology.hl7.org/CodeSystem/v2-0203", "ACSN")])
    return Identifier(type=kind, system=number.system, value=number.value)
