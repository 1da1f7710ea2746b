"""A verbal order: the nurse enters it, the prescriber is named, what was heard was read back (F12).

It is a prescription like any other, given from at once, and waits for its prescriber's signature until it has one.
"""

from collections.abc import Sequence

from contrefeu.chart import VERBAL
from contrefeu.fhir import Json
from contrefeu.station.care.form import Choice, Field, Form, Target, Typed
from contrefeu.station.care.prescriptions import ALLERGIC, PRESCRIPTION
from contrefeu.station.care.scribe import Scribe
from contrefeu.web import N_


def _fields(target: Target, scribe: Scribe) -> Sequence[Field]:
    known = target.known.prescribers and (Choice("", N_("choisir…")), *target.known.prescribers)
    who = Field(
        "prescriber", N_("Prescripteur"), "choice" if known else "text", choices=known, required=True, plain=True
    )
    return (
        who,
        *PRESCRIPTION.fields(target, scribe),
        Field("readback", N_("L’ordre a été relu au prescripteur, qui l’a confirmé"), "check", required=True),
    )


def _write(target: Target, typed: Typed) -> list[Json]:
    [order] = PRESCRIPTION.write(target, typed)
    login = typed.text("prescriber")
    name = next((one.words for one in target.known.prescribers if one.code == login), login)
    order["requester"] = {"identifier": {"system": "urn:contrefeu:login", "value": login}, "display": name}
    order["recorder"] = typed.scribe.author
    order["extension"] = [{"url": VERBAL, "valueBoolean": True}]
    return [order]


VERBAL_ORDER = Form(
    "verbal", N_("Ordre verbal"), "write", _fields, _write, button=N_("Inscrire l’ordre"), block="treatments",
    doubt=ALLERGIC, function="medicines",
)  # fmt: skip
