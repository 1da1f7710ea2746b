"""By which numbers images are found: accession number, Study Instance UID (F17)."""

from contrefeu.chart.elements import Resource, codes

ACCESSION = "ACSN"  # HL7 table 0203
ACCESSION_TYPE = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": ACCESSION}]}
IMAGING = "imaging"  # FHIR observation-category of a report in words
SEVERAL = ", "  # between accession numbers of one study; none has it in itself
_UID = "urn:oid:"


def accession_of(resource: Resource) -> str:
    """Return the accession number on a request, a report or a study; "" when nothing says one, all when several do."""
    found = [one for one in resource.get("identifier") or [] if ACCESSION in codes(one.get("type"))]
    return SEVERAL.join(dict.fromkeys(str(one["value"]) for one in found if one.get("value")))


def study_uid(study: Resource) -> str:
    """Return the Study Instance UID of an ImagingStudy; "" when it has none."""
    numbers = (
        str(one.get("value", "")) for one in study.get("identifier") or [] if one.get("system") == "urn:dicom:uid"
    )
    return next((one.removeprefix(_UID) for one in numbers if one), "")


def images_made(study: Resource) -> bool:
    """Whether somebody says that there are images: an order gives a study its number before one is made."""
    return study.get("status") == "available"
