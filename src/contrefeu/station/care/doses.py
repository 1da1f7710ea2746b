"""A dose: given, or not given and why (MedicationAdministration), or what became of one before the downtime (F2).

Rules kept here:
  * The prescription is copied as it was sent; the dose that is written is what was given, in the giver's words.
  * Of a dose that fell due while nobody told this screen, a person says what became of it, from whom they have it, or
    that nobody will know: that is an answer too, and the chart goes on saying "not known" of it.
  * A dose of a prescription on hold is written once its giver says that they know; one that waited in a browser is a
    fact, and is shown to somebody instead (queued.py).
  * A dose of the same prescription within the hour is asked once more: two people may both have given it.
"""

from collections.abc import Sequence
from datetime import timedelta

from contrefeu.base import parse_rfc3339, rfc3339
from contrefeu.chart import Resource, display, drug_said, first, instruction_of
from contrefeu.fhir import Json
from contrefeu.station.care.form import Choice, Field, Form, Known, Target, Typed, concept, moment_fields
from contrefeu.station.care.scribe import Scribe
from contrefeu.web import N_

TWICE = timedelta(minutes=60)  # between two doses of one prescription that are asked about; ours to choose
_TWO = (
    Field("second", N_("Seconde personne : son identifiant"), hint=N_("ce médicament se vérifie à deux")),
    Field("pin", N_("Son mot de passe ou code"), "secret"),
)
_UNITS = Field(
    "units", N_("Unités sorties du coffre"), "number", low="0.001", hint=N_("ampoules, comprimés, dispositifs")
)
_TOLD = Field("told", N_("Dit par, si ce n’est pas vous"), hint=N_("qui l’a donnée, ou sur quelle feuille c’est écrit"))
_HELD = Field("held", N_("La prescription est suspendue ; la dose a été donnée tout de même"), "check")
_CHOOSE = Choice("", N_("choisir…"))
_NEVER = Choice("unknown", N_("on ne le saura pas"))
_OUTCOMES = (Choice("completed", N_("donnée")), Choice("not-done", N_("non donnée")))


def _fields(target: Target, scribe: Scribe) -> Sequence[Field]:
    assert target.line is not None, "a dose is one of a prescription's"
    instructions, asked = target.line.get("dosageInstruction") or [], _not_known(target)
    choices = (_CHOOSE, *_OUTCOMES, _NEVER) if asked else _OUTCOMES
    return (
        Field("outcome", N_("Dose"), "choice", choices=choices, required=True, value="" if asked else "completed"),
        Field("amount", N_("Quantité donnée"), hint=" / ".join(filter(None, map(instruction_of, instructions)))),
        *(_stock(target.known) if in_register(target.line, target.known) else ()),
        Field("reason", N_("Motif, si elle n’est pas donnée")),
        *moment_fields(scribe),
        *((_TOLD,) if asked else ()),
        *((_HELD,) if target.line.get("status") == "on-hold" else ()),
        *(_TWO if takes_two(target.line, target.known) else (Field("witness", N_("Seconde vérification par")),)),
    )


def _not_known(target: Target) -> bool:
    """Whether a dose of this prescription fell due of which nobody knows what became (F2)."""
    assert target.line is not None, "a dose is one of a prescription's"
    mine = f"MedicationRequest/{target.line['id']}"
    return any(one.state == "unknown" and one.at and one.resource == mine for one in target.due)


def in_register(request: Resource, known: Known) -> bool:
    """Whether the doses of a prescription are taken out of the ward's register, which has lines (F14)."""
    drug = drug_said(request).casefold()
    return bool(known.stock) and any(one.casefold() in drug for one in known.controlled)


def _stock(known: Known) -> Sequence[Field]:
    choices = (_CHOOSE, *(Choice(one, one) for one in known.stock))
    return (Field("stock", N_("Sorti du registre des stupéfiants"), "choice", choices=choices, plain=True), _UNITS)


def _taken_out(typed: Typed) -> None:
    """Note what a dose that goes through the register lacks."""
    if not typed.text("stock"):
        typed.problems["stock"] = N_("De quel produit du registre ?")
    if typed.number(_UNITS) is None:
        typed.problems.setdefault("units", N_("À remplir."))


def takes_two(request: Resource, known: Known) -> bool:
    """Whether a second person signs each dose of a prescription: its drug is on the hospital's list."""
    drug = drug_said(request).casefold()
    return any(one.casefold() in drug for one in known.second_check)


def _write(target: Target, typed: Typed) -> list[Json]:
    line, at, outcome = target.line, typed.moment(), typed.text("outcome")
    assert line is not None, "a dose is one of a prescription's"
    reason, amount, witness = typed.text("reason"), typed.text("amount"), typed.text("witness")
    if outcome == "not-done" and not reason:
        typed.problems["reason"] = N_("Pourquoi n’est-elle pas donnée ?")
    if at and outcome == "completed":
        typed.doubts += _twice(target, at)
    if outcome == "completed" and line.get("status") == "on-hold" and not (typed.text("held") or typed.scribe.queued):
        typed.problems["held"] = N_("Suspendue : cochez si la dose a bien été donnée.")
    if outcome == "completed" and in_register(line, target.known):
        _taken_out(typed)
    performers: list[Json] = [{"actor": typed.scribe.author}]
    if told := typed.text("told"):
        wrote = {"text": typed.scribe.say(N_("inscrit par"))}
        performers = [{"actor": {"display": told}}, {"function": wrote, **performers[0]}]
    second = typed.second or ({"display": witness} if witness else None)
    if takes_two(line, target.known) and outcome == "completed" and typed.second is None:
        typed.problems.setdefault("pin", N_("Une seconde personne signe cette dose, avec son propre code."))
    if second:
        verifier = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/med-admin-perform-function",
                                "code": "verifier"}]}  # fmt: skip
        performers.append({"function": verifier, "actor": second})
    found: Json = {
        "resourceType": "MedicationAdministration",
        "status": outcome,
        "medicationCodeableConcept": line.get("medicationCodeableConcept") or concept(drug_said(line)),
        "effectiveDateTime": at,
        "performer": performers,
        "request": {"reference": f"MedicationRequest/{line['id']}"},
    }
    if reason:
        found["statusReason"] = [concept(reason)]
    if amount and outcome == "completed":
        found["dosage"] = {"text": amount}
    return [found]


def asked_about(target: Target, at: str) -> frozenset[str]:
    """The doses ("MedicationAdministration/id") that the form asks about anyway, of one given at *at*."""
    return frozenset(f"MedicationAdministration/{one['id']}" for one, _, _ in _near(target, at))


def _twice(target: Target, at: str) -> list[str]:
    """Who gave a dose of this prescription about *at*, and when."""
    return [f"{rfc3339(parse_rfc3339(when))}|{by}" for _, when, by in _near(target, at)]


def _near(target: Target, at: str) -> list[tuple[Resource, str, str]]:
    """The doses of this prescription within the hour of *at*: each, when, by whom."""
    assert target.line is not None, "a dose is one of a prescription's"
    mine, at_ns, found = f"MedicationRequest/{target.line['id']}", parse_rfc3339(at), []
    for one in target.sheet.all("MedicationAdministration"):
        request = str((one.get("request") or {}).get("reference", ""))
        when = first(one, "effectiveDateTime", "effectivePeriod.start")
        if request != mine or one.get("status") not in {"completed", "in-progress"} or "T" not in when:
            continue
        apart_ns = abs(at_ns - parse_rfc3339(when))
        if apart_ns <= TWICE.total_seconds() * 1e9:
            by = next((display(done.get("actor")) for done in one.get("performer") or []), "")
            found.append((one, when, by))
    return found


DOSE = Form("dose", N_("Dose"), "write", _fields, _write, line="MedicationRequest", block="treatments",
            function="medicines")  # fmt: skip
