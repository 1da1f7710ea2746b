"""Taking back what was written by mistake: the lines of one entry, struck and still there (FHIR "entered-in-error").

Rules kept here:
  * Only what an entry made is taken back; what it said of a line that was there (a stop, a hold) is answered by another
    word (resume). A prescription that replaced another one goes with that word: the other one is in force again.
  * Whoever may write may take back: the one who sees the mistake is not always the one who made it. Both names stay.
"""

from collections.abc import Sequence

from contrefeu.chart import WRITTEN, Resource, is_error, source_of
from contrefeu.chart.sheet import Sheet
from contrefeu.fhir import Json
from contrefeu.station.care.form import Field, Form, Target, Typed
from contrefeu.station.care.prescriptions import put_back
from contrefeu.station.care.scribe import OURS, Scribe, because, changed
from contrefeu.web import N_

_ENDED = frozenset({"stopped", "revoked", "cancelled", "completed"})
_ORDERS = frozenset({"MedicationRequest", "ServiceRequest"})
_TAKEN_BACK = {
    "coding": [
        {
            "system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification",
            "code": "entered-in-error",
        }
    ]
}


def made_by(sheet: Sheet, ref: str) -> list[Resource]:
    """Return the lines that entry *ref* made, and that nothing was said of since."""
    return [one for one in sheet.everything() if source_of(one) == ref and _was_made(one) and not is_error(one)]


def _was_made(one: Resource) -> bool:
    here = any(extension.get("url") == WRITTEN for extension in one.get("extension") or [])
    ours = any(number.get("system") == OURS for number in one.get("identifier") or [])
    spoken_of = one.get("status") in _ENDED or "statusReason" in one  # since it was made
    return here and ours and not (one["resourceType"] in _ORDERS and spoken_of)


def _fields(_target: Target, _scribe: Scribe) -> Sequence[Field]:
    return (Field("reason", N_("Motif"), required=True, hint=N_("erreur de patient, faute de frappe…")),)


def _write(target: Target, typed: Typed) -> list[Json]:
    note = [{"text": typed.text("reason")}]
    return [*(_taken_back(one, note) for one in target.said), *put_back(target, target.said, typed.text("reason"))]


def _taken_back(one: Resource, note: list[Json]) -> Json:
    match one["resourceType"]:
        case "AllergyIntolerance":
            found = changed(one, verificationStatus=_TAKEN_BACK)
            found.pop("clinicalStatus", None)  # FHIR ait-2
        case "DocumentReference":
            found = changed(one, status="entered-in-error", description=note[0]["text"])
            found.pop("docStatus", None)
            return found
        case "Appointment":
            return changed(one, status="entered-in-error", comment=because(note[0]["text"], one))
        case _:
            found = changed(one, status="entered-in-error")
    return found | {"note": [*one.get("note", []), *note]}


TAKEBACK = Form(
    "takeback", N_("Retirer ce qui a été écrit"), "write", _fields, _write, "entry", N_("Retirer"), function=""
)
