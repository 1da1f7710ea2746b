"""Prescriptions written here, held or stopped here, taken up again here (MedicationRequest).

Rules kept here:
  * Drug, dose and route are the prescriber's words; times are what due doses are counted from, never read out of words.
  * "At these hours" is wall time; "every n hours" is elapsed time (F9). "If needed" has no due time.
  * A medicine of the pharmacist's list is written by its name there and says so; anything else is free text, marked
    where it is shown (F13). A cytotoxic of the list is refused: it has a form of its own (F14).
  * A child's dose stands as it is given, and what it was reckoned from beside it: nothing is computed here (F10).
  * Stopping one that a feed sent is a word about it, with a reason; the feed's later word is a conflict, and does not
    open it again (chart/versions.py). A hold is the same, of one that runs: nothing falls due of it until it is
    resumed, and it stays among what runs, so that nobody forgets it.
"""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from contrefeu.access import ALLERGY
from contrefeu.chart import MEDICINE, Resource, age_of, family, is_modified, runs
from contrefeu.chart.sheet import allergies_of, person_of
from contrefeu.fhir import Json
from contrefeu.mapping import RELEASED
from contrefeu.station.care.allergy_check import known_allergies
from contrefeu.station.care.form import Choice, Field, Form, Target, Typed, concept
from contrefeu.station.care.medicines import ATC, SUGGESTED_MAX, key_of
from contrefeu.station.care.scribe import Scribe, changed
from contrefeu.web import N_

HOURS_MAX = 12  # of a day
UCUM = "http://unitsofmeasure.org"
MEDICINE_CODE = "urn:contrefeu:medicine-code"  # system of the code that the pharmacist's list gives a medicine
_HOUR = re.compile(r"([01]?[0-9]|2[0-3])(?:[:hH]([0-5][0-9])?)?")
_RHYTHMS = (
    Choice("hours", N_("à heures fixes")),
    Choice("every", N_("toutes les … heures")),
    Choice("needed", N_("si besoin")),
    Choice("once", N_("une fois, maintenant")),
)
ROUTES = (N_("orale"), "IV", N_("sous-cutanée"), N_("intramusculaire"), N_("inhalée"), N_("cutanée"), N_("rectale"))
APART = Field("apart", N_("Si besoin : heures au moins entre deux doses"), "number", "h", low="1", high="168")
MOST = Field("most", N_("Si besoin : doses au plus en 24 h"), "number", low="1", high="48")
EVERY = Field("every", N_("Toutes les … heures"), "number", "h", low="1", high="168")
DAYS = Field("days", N_("Pendant … jours"), "number", N_("j"), low="1", high="365")


def _fields(target: Target, scribe: Scribe) -> Sequence[Field]:
    known = target.known.formulary
    names = tuple(one.name for one in known.all()) if len(known) <= SUGGESTED_MAX else ()
    hint = N_("de la liste, ou texte libre (marqué)")
    if not len(known):
        hint = N_("aucune liste libérée : texte libre (marqué)")
    return (
        Field("drug", N_("Médicament, forme et dosage"), required=True, suggested=names, hint=hint),
        Field("dose", N_("Dose par prise"), required=True, hint=N_("1 comprimé ; 40 mg…")),
        *_basis(target, scribe),
        Field("route", N_("Voie"), "choice", choices=tuple(Choice(one, one) for one in ROUTES), required=True,
              value=ROUTES[0]),
        Field("rhythm", N_("Rythme"), "choice", choices=_RHYTHMS, required=True, value="hours"),
        Field("hours", N_("Heures"), hint="08:00 14:00 20:00"),
        EVERY,
        Field("limit", N_("Si besoin : quand, et combien au plus en 24 h")),
        APART,
        MOST,
        DAYS,
        Field("why", N_("Motif")),
    )  # fmt: skip


def _basis(target: Target, scribe: Scribe) -> Sequence[Field]:
    """What a child's dose is reckoned from, beside the weight that the chart has (F10)."""
    whose = person_of(target.sheet)
    age = age_of(whose.birth_date, scribe.now_ns, scribe.zone, whose.birth_time) if whose.age_known else None
    if age is None or not age.child:
        return ()
    if whose.weight is None:
        return (Field("basis", N_("Base de la dose"), hint=N_("15 mg/kg ; poids : non reçu")),)
    hint = f"15 mg/kg × {whose.weight.value} ({whose.weight.when[:10] or '?'})"
    return (Field("basis", N_("Base de la dose"), hint=hint),)


def _write(target: Target, typed: Typed) -> list[Json]:
    rhythm, at = typed.text("rhythm"), typed.scribe.at
    dosage: Json = {"text": "", "route": concept(typed.scribe.say(typed.text("route")))}
    repeat: dict[str, Any] = {}
    words = dose_words(typed)
    days = typed.number(DAYS)
    if rhythm == "hours":
        hours = _hours(typed)
        repeat |= {"frequency": len(hours), "period": 1, "periodUnit": "d", "timeOfDay": [f"{one}:00" for one in hours]}
        words += " · " + " ".join(hours)
    elif rhythm == "every":
        every = typed.number(EVERY)
        if every is None:
            typed.problems.setdefault("every", N_("Toutes les combien d’heures ?"))
        elif every != int(every):
            typed.problems["every"] = N_("Un nombre entier d’heures.")
        else:
            repeat |= {"frequency": 1, "period": int(every), "periodUnit": "h"}
            words += f" · /{int(every)} h"
    elif rhythm == "needed":
        if not typed.text("limit"):
            typed.problems["limit"] = N_("Quand, et combien au plus en 24 h ?")
        dosage["asNeededBoolean"] = True
        words += " · ".join(["", typed.text("limit"), *_spaced(typed, dosage)])
    else:
        dosage["timing"] = {"event": [at]}
    if repeat:
        bounds = {"start": at}
        if days is not None:
            bounds["end"] = _after(typed.scribe, int(days))
        dosage["timing"] = {"repeat": {"boundsPeriod": bounds, **repeat}}
    dosage["text"] = words
    why = typed.text("why")
    found: Json = {
        "resourceType": "MedicationRequest",
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": _drug(target, typed),
        "authoredOn": at,
        "requester": typed.scribe.author,
        "dosageInstruction": [dosage],
    }
    return [found | ({"reasonCode": [concept(why)]} if why else {})]


def _spaced(typed: Typed, dosage: Json) -> list[str]:
    """Say in *dosage* the least time and the most doses of one that is given if needed; returns them in words."""
    apart, most, said = typed.number(APART), typed.number(MOST), []
    for asked, number in ((APART, apart), (MOST, most)):
        if number is not None and number != int(number):
            typed.problems[asked.name] = N_("Un nombre entier.")
    if apart is not None:
        dosage["timing"] = {"repeat": {"frequency": 1, "period": int(apart), "periodUnit": "h"}}
        said.append(f"/{int(apart)} h")
    if most is not None:
        unit = {"value": int(most), "unit": "dose", "system": UCUM, "code": "{dose}"}
        day = {"value": 24, "unit": "h", "system": UCUM, "code": "h"}
        dosage["maxDosePerPeriod"] = {"numerator": unit, "denominator": day}
        said.append(f"≤ {int(most)} / 24 h")
    return said


def dose_words(typed: Typed) -> str:
    """The dose in its prescriber's words, with what it was reckoned from."""
    dose, basis = typed.text("dose"), typed.text("basis")
    return f"{dose} ({basis})" if basis else dose


def _drug(target: Target, typed: Typed) -> Json:
    """The drug: of the list, by the list's own name, or in the prescriber's words."""
    medicine = target.known.formulary.get(typed.text("drug"))
    if medicine is None:
        return concept(typed.text("drug"))
    if medicine.cytotoxic:
        typed.problems["drug"] = N_("Cytotoxique : il ne se prescrit pas sur ce formulaire.")
    if ALLERGY in target.known.aids:
        typed.doubts += [
            f"{one.since}|{one.what}{f' ({one.reaction})' if one.reaction else ''}|{one.source}"
            for one in known_allergies(medicine, allergies_of(target.sheet))
        ]
    codes = [(MEDICINE, key_of(medicine.name))]
    if medicine.code:
        codes.append((MEDICINE_CODE, medicine.code))
    if medicine.atc:
        codes.append((ATC, medicine.atc))
    return concept(medicine.name, *codes)


def _hours(typed: Typed) -> list[str]:
    """The hours in a field: "8 14h 20:00"."""
    found = []
    for word in re.split(r"[\s,;]+", typed.text("hours")):
        matched = _HOUR.fullmatch(word)
        if matched:
            found.append(f"{int(matched[1]):02}:{matched[2] or '00'}")
        elif word:
            typed.problems["hours"] = N_("Des heures, comme 08:00 14:00 20:00.")
    if not found:
        typed.problems.setdefault("hours", N_("À quelles heures ?"))
    if len(found) > HOURS_MAX:
        typed.problems["hours"] = N_("Des heures, comme 08:00 14:00 20:00.")
    return sorted(set(found))


def _after(scribe: Scribe, days: int) -> str:
    return (scribe.now + timedelta(days=days)).isoformat(timespec="seconds")


def _reason(_target: Target, _scribe: Scribe) -> Sequence[Field]:
    return (Field("reason", N_("Motif"), required=True),)


def _stop(target: Target, typed: Typed) -> list[Json]:
    return [_again(target, typed, "stopped")]


def _hold(target: Target, typed: Typed) -> list[Json]:
    if target.line is not None and target.line.get("status") != "active":
        typed.problems[""] = N_("Elle n’est pas en cours : elle ne se suspend pas.")
    return [_again(target, typed, "on-hold")]


def _until(_target: Target, _scribe: Scribe) -> Sequence[Field]:
    return (Field("reason", N_("Motif"), required=True, hint=N_("et jusqu’à quand, ou à quelle condition")),)


def _resume(target: Target, typed: Typed) -> list[Json]:
    assert target.line is not None, "there is a prescription to resume"
    if _runs_in_its_place(target, target.line):
        typed.problems[""] = N_("Une autre l’a remplacée et court : arrêtez d’abord celle-là.")
    again = _again(target, typed, "active")
    if target.line.get("status") == "on-hold":
        again["extension"] = [*again.get("extension", []), {"url": RELEASED, "valueBoolean": True}]
    return [again]


def _runs_in_its_place(target: Target, line: Resource, gone: Sequence[Resource] = ()) -> bool:
    """Whether one that came of the same prescription, not one of *gone*, is in force or held."""
    requests = {f"MedicationRequest/{one['id']}": one for one in target.sheet.all("MedicationRequest")}
    ended = [one["id"] for one in gone]
    others = (requests[name] for name in family(requests, f"MedicationRequest/{line['id']}"))
    return any(runs(one) and one["id"] not in ended for one in others)


def put_back(target: Target, gone: Sequence[Resource], reason: str) -> list[Json]:
    """The prescriptions that *gone* took the place of, in force again: a drug is never lost with its change.

    One that somebody stopped otherwise stays so, and one that another change goes on from.
    """
    before = (target.sheet.get(one.get("priorPrescription")) for one in gone)
    return [
        changed(one, status="active", statusReason=concept(reason))
        for one in before
        if one is not None
        and one.get("status") == "stopped"
        and is_modified(one)
        and not _runs_in_its_place(target, one, gone)
    ]


def _again(target: Target, typed: Typed, status: str) -> Json:
    assert target.line is not None, "there is a prescription to change"
    return changed(target.line, status=status, statusReason=concept(typed.text("reason")))


ALLERGIC = (
    N_("Rien n’est encore écrit. Une allergie connue nomme une substance de ce médicament :"),
    N_("Je le prescris malgré cette allergie."),
)
PRESCRIPTION = Form(
    "prescription", N_("Prescription"), "prescribe", _fields, _write, button=N_("Prescrire"), block="treatments",
    doubt=ALLERGIC, function="medicines",
)  # fmt: skip
STOP = Form("stop", N_("Arrêter la prescription"), "prescribe", _reason, _stop, "MedicationRequest", N_("Arrêter"),
            function="medicines")  # fmt: skip
HOLD = Form("hold", N_("Suspendre la prescription"), "prescribe", _until, _hold, "MedicationRequest", N_("Suspendre"),
            function="medicines")  # fmt: skip
RESUME = Form(
    "resume",
    N_("Reprendre la prescription"),
    "prescribe",
    _reason,
    _resume,
    "MedicationRequest",
    N_("Reprendre"),
    function="medicines",
)
