"""A death, and taking back what was said of somebody's stay.

Date and time of death: LOINC 81956-5 (loinc.org; the VRDR guide of HL7).

Rules kept here:
  * A death is two words of one entry: when, which ends what is due, and who established it. The bed is kept until the
    departure is written (FIELD F19).
  * The last step that people here said is taken back first; what stood before it stands again. A feed's step is not
    taken back here: another step answers it.
"""

from collections.abc import Sequence

from contrefeu.chart import WRITTEN, codes, is_error, where
from contrefeu.chart.sheet import person_of
from contrefeu.fhir import Json
from contrefeu.station.care.form import Choice, Field, Form, Target, Typed, concept, moment_fields
from contrefeu.station.care.scribe import Scribe, changed
from contrefeu.station.care.stay import last_step, step
from contrefeu.station.labels import LABELS
from contrefeu.web import N_

_LOINC, _DEATH = "http://loinc.org", "81956-5"
_ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
_NOWHERE = {"extension": [{"url": _ABSENT, "valueCode": "not-applicable"}]}  # instead of the destination that was said
STEP, DEATH_SAID = "step", "death"


def _death_fields(_target: Target, scribe: Scribe) -> Sequence[Field]:
    return (
        *moment_fields(scribe),
        Field("by", N_("Constaté par"), required=True, hint=N_("nom du médecin")),
    )


def _death(target: Target, typed: Typed) -> list[Json]:
    at, by = typed.moment(), typed.text("by")
    if person_of(target.sheet).deceased:
        typed.problems[""] = N_("Le décès est déjà inscrit.")
    if not at:
        return []
    found: Json = {
        "resourceType": "Observation",
        "status": "final",
        "code": concept(typed.scribe.say(N_("Décès, date et heure")), (_LOINC, _DEATH)),
        "effectiveDateTime": at,
        "valueDateTime": at,
        "performer": [{"display": by}, typed.scribe.author],
    }
    return [{"resourceType": "Patient", "deceasedDateTime": at}, found]


def _told(target: Target, scribe: Scribe) -> list[Choice]:
    """What people here said that can be taken back: the last step, a death."""
    found = []
    last = last_step(target.sheet.chart)
    if last is not None:
        movement = last[1].movement
        day, hour = movement.at[:10], movement.at[11:16]
        words = [
            scribe.say(LABELS["movement"].get(movement.kind, movement.kind)),
            *where(movement.place),
            f"{day} {hour}",
        ]
        found.append(Choice(STEP, " · ".join(filter(None, words))))
    if _deaths(target):
        found.append(Choice(DEATH_SAID, N_("décès")))
    return found


def _deaths(target: Target) -> list[Json]:
    ours = [dict(one) for one in target.sheet.all("Observation") if _DEATH in codes(one.get("code"))]
    return [one for one in ours if not is_error(one) and any(e.get("url") == WRITTEN for e in one.get("extension", []))]


def _cancel_fields(target: Target, scribe: Scribe) -> Sequence[Field]:
    choices = tuple(_told(target, scribe))
    return (
        Field("what", N_("Ce qui est annulé"), "choice", choices=choices or (Choice("", N_("rien à annuler")),),
              required=True, value=choices[0].code if choices else ""),
        Field("reason", N_("Motif"), required=True, hint=N_("erreur de patient, faute de frappe…")),
    )  # fmt: skip


def _cancel(target: Target, typed: Typed) -> list[Json]:
    note, last = [{"text": typed.text("reason")}], last_step(target.sheet.chart)
    if typed.text("what") == DEATH_SAID:
        gone = [changed(one, status="entered-in-error", note=note) for one in _deaths(target)]
        return [{"resourceType": "Patient", "deceasedBoolean": False}, *gone]
    if last is None:
        typed.problems[""] = N_("Rien de ce qui est écrit ici ne peut être annulé.")
        return []
    stay, done = last
    taken_back = step(stay.visit, done.movement.kind, done.movement.at, cancels=done.movement.id)
    return [taken_back | ({"hospitalization": _NOWHERE} if done.movement.kind == "discharge" else {})]


DEATH = Form("death", N_("Décès"), "write", _death_fields, _death, button=N_("Inscrire le décès"), block="stays",
             function="movements")  # fmt: skip
CANCEL = Form(
    "cancel",
    N_("Annuler un mouvement"),
    "move",
    _cancel_fields,
    _cancel,
    button=N_("Annuler"),
    block="stays",
    left=True,
    function="movements",
)
