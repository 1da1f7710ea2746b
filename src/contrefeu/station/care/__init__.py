"""What people write on a ward: forms that fit one screen, each one entry of FHIR resources."""

from contrefeu.station.care.allergies import ALLERGY
from contrefeu.station.care.doses import DOSE
from contrefeu.station.care.form import Choice, Field, Form, Problems, Target, Typed
from contrefeu.station.care.notes import NOTE
from contrefeu.station.care.prescriptions import PRESCRIPTION, RESUME, STOP
from contrefeu.station.care.requests import REQUEST
from contrefeu.station.care.scribe import Scribe
from contrefeu.station.care.takeback import TAKEBACK, made_by
from contrefeu.station.care.vitals import VITALS

FORMS: dict[str, Form] = {
    form.name: form for form in (VITALS, NOTE, DOSE, ALLERGY, PRESCRIPTION, STOP, RESUME, REQUEST, TAKEBACK)
}

__all__ = ["FORMS", "Choice", "Field", "Form", "Problems", "Scribe", "Target", "Typed", "made_by"]
