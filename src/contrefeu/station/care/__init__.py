"""What people write on a ward: forms that fit one screen, each one entry of FHIR resources."""

from contrefeu.station.care.allergies import ALLERGY
from contrefeu.station.care.doses import DOSE
from contrefeu.station.care.ends import CANCEL, DEATH
from contrefeu.station.care.form import Bed, Choice, Field, Form, Problems, Target, Typed
from contrefeu.station.care.moves import DISCHARGE, LEAVE, RETURN, TRANSFER
from contrefeu.station.care.notes import NOTE
from contrefeu.station.care.precautions import DIRECTIVE, LIFT, PRECAUTION
from contrefeu.station.care.prescriptions import PRESCRIPTION, RESUME, STOP
from contrefeu.station.care.requests import REQUEST
from contrefeu.station.care.scribe import Scribe
from contrefeu.station.care.takeback import TAKEBACK, made_by
from contrefeu.station.care.vitals import VITALS

FORMS: dict[str, Form] = {
    form.name: form for form in (VITALS, NOTE, DOSE, ALLERGY, PRESCRIPTION, STOP, RESUME, REQUEST, TAKEBACK)
}
FORMS |= {form.name: form for form in (TRANSFER, DISCHARGE, LEAVE, RETURN, DEATH, CANCEL, PRECAUTION, DIRECTIVE, LIFT)}

__all__ = ["FORMS", "Bed", "Choice", "Field", "Form", "Problems", "Scribe", "Target", "Typed", "made_by"]
