"""An imaging report typed in here: who read the images, what they saw, and whether somebody must be told at once (F17).

Rules kept here:
  * A box says that a finding is urgent; then it waits for a named person as a critical result of the laboratory does
    (D5): flagged AA (HL7 table 0078), in the same list, with the same delay. How urgent the request was says nothing.
  * The accession number is kept as it was typed, and that of the request stands there at first.
"""

from collections.abc import Sequence

from contrefeu.chart import ACCESSION_TYPE, IMAGING, accession_of, display
from contrefeu.chart import concept as words_of
from contrefeu.fhir import Json
from contrefeu.station.care.form import Field, Form, Target, Typed, concept, moment_fields
from contrefeu.station.care.results import INTERPRETATION, LOINC
from contrefeu.station.care.scribe import Scribe, changed, made_here
from contrefeu.web import N_

REPORT_LENGTH_MAX = 10_000  # characters: four pages
ACCESSION_LENGTH_MAX = 64  # characters: DICOM has 16, HL7's ST in OBR-18 60
_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
_STUDY = "18748-4"  # LOINC, Diagnostic imaging study


def _fields(target: Target, scribe: Scribe) -> Sequence[Field]:
    asked = target.line or {}
    return (
        Field("name", N_("Examen"), required=True, value=words_of(asked.get("code")), hint=N_("TDM cérébrale, radio…")),
        Field("accession", N_("N° d’examen"), value=accession_of(asked), length_max=ACCESSION_LENGTH_MAX,
              hint=N_("« accession number », sur l’étiquette ou l’image ; vide s’il n’y en a pas")),
        Field("reader", N_("Radiologue qui a lu les images"), required=True),
        Field("text", N_("Compte rendu"), "area", required=True, length_max=REPORT_LENGTH_MAX),
        Field("urgent", N_("Résultat urgent : quelqu’un doit être prévenu maintenant"), "check"),
        *moment_fields(scribe),
    )  # fmt: skip


def _write(target: Target, typed: Typed) -> list[Json]:
    line = target.line
    found: Json = {
        "resourceType": "Observation",
        "status": "final",
        "category": [{"coding": [{"system": _CATEGORY, "code": IMAGING}]}],
        "code": concept(typed.text("name"), (LOINC, _STUDY)),
        "effectiveDateTime": typed.moment(),
        "issued": typed.scribe.at,
        "performer": [{"display": typed.text("reader")}, typed.scribe.author],
        "valueString": typed.text("text"),
    }
    number = " ".join(typed.text("accession").split())
    if number:
        found["identifier"] = [{"type": ACCESSION_TYPE, "system": "urn:contrefeu:accession", "value": number}]
    if typed.text("urgent"):
        found["interpretation"] = [{"coding": [{"system": INTERPRETATION, "code": "AA"}]}]
    if line is None:
        return [found]
    found["basedOn"] = [{"reference": f"ServiceRequest/{line['id']}", "display": display(line.get("requester"))}]
    return [found, *([changed(line, status="completed")] if made_here(line) else [])]


IMAGING_REPORT = Form("imaging", N_("Compte rendu d’imagerie"), "write", _fields, _write, block="reports", house=True,
                      function="requests")  # fmt: skip
IMAGING_ANSWER = Form("imaging-answer", N_("Compte rendu de cette demande d’imagerie"), "write", _fields, _write,
                      "ServiceRequest", block="reports", house=True, function="requests")  # fmt: skip
