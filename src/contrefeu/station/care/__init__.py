"""What people write on a ward: forms that fit one screen, each one entry of FHIR resources."""

from contrefeu.station.care.allergies import ALLERGY
from contrefeu.station.care.answers import ACKNOWLEDGE, SIGN
from contrefeu.station.care.appointments import APPOINTMENT_FORMS
from contrefeu.station.care.blood import BLOOD_FORMS
from contrefeu.station.care.dispensary import parse_extract
from contrefeu.station.care.doses import DOSE
from contrefeu.station.care.ends import CANCEL, DEATH
from contrefeu.station.care.form import Bed, Choice, Field, Form, Known, Problems, Target, Typed
from contrefeu.station.care.handover import HANDOVER
from contrefeu.station.care.imaging import IMAGING_ANSWER, IMAGING_REPORT
from contrefeu.station.care.medicines import Formulary, parse_medicines
from contrefeu.station.care.modifying import MODIFY, MODIFY_VERBAL
from contrefeu.station.care.moves import DISCHARGE, LEAVE, RETURN, TRANSFER
from contrefeu.station.care.notes import NOTE
from contrefeu.station.care.opinions import OPINION
from contrefeu.station.care.precautions import DIRECTIVE, LIFT, PRECAUTION, SATURATION
from contrefeu.station.care.prescriptions import HOLD, PRESCRIPTION, RESUME, STOP
from contrefeu.station.care.requests import REQUEST
from contrefeu.station.care.results import CORRECT, RESULTS, RESULTS_OF, VALIDATE
from contrefeu.station.care.scribe import Scribe
from contrefeu.station.care.settling import CLASH, SETTLE
from contrefeu.station.care.takeback import TAKEBACK, made_by
from contrefeu.station.care.tasks import TASK, TASK_DONE
from contrefeu.station.care.testlist import TestList, parse_tests
from contrefeu.station.care.triage import TRIAGE_FORM
from contrefeu.station.care.verbal import VERBAL_ORDER
from contrefeu.station.care.vitals import VITALS

FORMS: dict[str, Form] = {
    form.name: form
    for form in (
        *(VITALS, NOTE, DOSE, ALLERGY, PRESCRIPTION, MODIFY, MODIFY_VERBAL, HOLD, STOP, RESUME, REQUEST, TAKEBACK),
        *(ACKNOWLEDGE, SIGN, VERBAL_ORDER, TASK, TASK_DONE, HANDOVER, OPINION, SETTLE),
        *(RESULTS, RESULTS_OF, VALIDATE, CORRECT, IMAGING_REPORT, IMAGING_ANSWER),
    )
}
FORMS |= {form.name: form for form in (TRANSFER, DISCHARGE, LEAVE, RETURN, DEATH, CANCEL)}
FORMS |= {form.name: form for form in (*BLOOD_FORMS, *APPOINTMENT_FORMS)}
FORMS |= {form.name: form for form in (PRECAUTION, DIRECTIVE, SATURATION, LIFT, TRIAGE_FORM)}

__all__ = [
    "CLASH",
    "FORMS",
    "Bed",
    "Choice",
    "Field",
    "Form",
    "Formulary",
    "Known",
    "Problems",
    "Scribe",
    "Target",
    "TestList",
    "Typed",
    "made_by",
    "parse_extract",
    "parse_medicines",
    "parse_tests",
]
