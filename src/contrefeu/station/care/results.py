"""Results typed in by the laboratory: one screen a panel, each number keyed twice, signed by a biologist (F16).

Rules kept here:
  * A value is written as it was typed (F5): a plain number as a quantity, anything else ("4,2", "<0,5") as words with
    its unit behind.
  * Unit and range are the list's; a test that the list does not have says the unit that was typed for it.
  * Critical is what the signed limits say (HH, LL) or the laboratory marks (AA); where they could not be compared,
    the laboratory is asked once more.
  * Preliminary until a biologist signs; a correction keeps the value it replaces, and says why.
"""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from contrefeu.chart import codes, display, measured_of
from contrefeu.chart import concept as words_of
from contrefeu.fhir import Json
from contrefeu.station.care.form import Choice, Field, Form, Target, Typed, concept, moment_fields
from contrefeu.station.care.scribe import Scribe, changed, made_here, said_anew
from contrefeu.station.care.testlist import Panel, Test
from contrefeu.web import N_

LOINC = "http://loinc.org"
LABORATORY = {
    "coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory"}]
}
INTERPRETATION = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
_PLAIN = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?")
_AGAIN = "-again"
FREE = "free"  # the panel of what no list has


def panel_id(target: Target) -> str:
    """Return which panel is typed in, or that it is a test of no list."""
    panel = _panel(target)
    return panel.id if panel else FREE


def _panel(target: Target) -> Panel | None:
    asked = target.asked.get("panel", "")
    panels = target.known.tests.panels
    return None if asked == FREE else target.known.tests.panel(asked) or (panels[0] if panels else None)


def _fields(target: Target, scribe: Scribe) -> Sequence[Field]:
    panel, language = _panel(target), target.known.language
    tests = panel.tests if panel else []
    asked: list[Field] = []
    for test in tests:
        asked += _twice(f"t-{test.code}", test.name(language), test.unit, test.range)
    if panel is None:
        asked += [
            Field("name", N_("Analyse"), required=True),
            Field("unit", N_("Unité de mesure"), hint=N_("vide si elle n’en a pas")),
            Field("range", N_("Valeurs de référence")),
            *_twice("t-", N_("Résultat"), "", ""),
        ]
    critical = (
        Choice("", N_("aucun")),
        *(Choice(test.code, test.name(language)) for test in tests),
        Choice("all", N_("tous")),
    )
    return (
        *asked,
        *moment_fields(scribe),
        Field("critical", N_("Critique, d’après le laboratoire"), "choice", choices=critical),
        Field("note", N_("Remarque")),
    )


def _twice(name: str, label: str, unit: str, reference: str) -> list[Field]:
    return [
        Field(name, label, unit=unit, length_max=40, plain=name != "t-"),
        Field(name + _AGAIN, N_("encore une fois"), unit=reference, length_max=40),
    ]


def _write(target: Target, typed: Typed) -> list[Json]:
    at, panel = typed.moment(), _panel(target)
    tests = (
        panel.tests
        if panel
        else [Test("", typed.text("name"), typed.text("name"), typed.text("unit"), typed.text("range"))]
    )
    made = [found for test in tests if (found := _observation(target, typed, test, at))]
    if not made and not typed.problems:
        typed.problems[""] = N_("Aucun résultat n’est écrit.")
    if target.line is not None and made:
        made.append(changed(target.line, status="completed"))
    return made


def _observation(target: Target, typed: Typed, test: Test, at: str) -> Json | None:
    name = f"t-{test.code}"
    value = _keyed_twice(typed, name)
    if not value:
        return None
    marked = typed.text("critical") in {test.code or "all", "all"}
    flag = _flag(target, typed, test, value, marked=marked)
    found: Json = {
        "resourceType": "Observation",
        "status": "preliminary",
        "category": [LABORATORY],
        "code": concept(test.fr, (LOINC, test.code)) if test.code else concept(test.fr),
        "effectiveDateTime": at,
        "issued": typed.scribe.at,
        "performer": [typed.scribe.author],
        **_value(value, test.unit),
    }
    if flag:
        found["interpretation"] = [{"coding": [{"system": INTERPRETATION, "code": flag}]}]
    if test.range:
        found["referenceRange"] = [{"text": test.range}]
    if target.line is not None:
        asker = display(target.line.get("requester"))
        found["basedOn"] = [{"reference": f"ServiceRequest/{target.line['id']}", "display": asker}]
    note = typed.text("note")
    return found | ({"note": [{"text": note}]} if note else {})


def _keyed_twice(typed: Typed, name: str) -> str:
    """The value of a test, when both times say the same."""
    value, again = typed.text(name), typed.text(name + _AGAIN)
    if value != again:
        typed.problems[name + _AGAIN] = N_("Les deux frappes diffèrent.")
        return ""
    return value


def _flag(target: Target, typed: Typed, test: Test, value: str, *, marked: bool) -> str:
    beyond = test.beyond(value) if target.known.limits else ""
    if beyond is None and not marked and (test.critical_below or test.critical_above):
        typed.doubts.append(f"|{test.name(target.known.language)} {value}")
    return beyond or ("AA" if marked else "")


def _value(value: str, unit: str) -> dict[str, Any]:
    if not _PLAIN.fullmatch(value):
        return {"valueString": f"{value} {unit}".strip()}
    return {"valueQuantity": {"value": Decimal(value)} | ({"unit": unit} if unit else {})}


def _no_fields(_target: Target, _scribe: Scribe) -> Sequence[Field]:
    return (Field("note", N_("Remarque du biologiste")),)


def _validate(target: Target, typed: Typed) -> list[Json]:
    note = [{"text": typed.text("note"), "authorString": typed.scribe.name}] if typed.text("note") else []
    made = [_signed(one, typed.scribe, note) for one in target.said if one.get("status") == "preliminary"]
    if not made:
        typed.problems[""] = N_("Rien n’attend de signature ici.")
    return made


def _signed(one: Any, scribe: Scribe, note: list[Json]) -> Json:
    more = {"note": [*one.get("note", []), *note]} if note else {}
    return changed(one, status="final", performer=[*one.get("performer", []), scribe.author], **more)


def _correct_fields(target: Target, _scribe: Scribe) -> Sequence[Field]:
    assert target.line is not None, "a result is corrected"
    _, unit = measured_of(target.line)
    flags = (Choice("", N_("non")), Choice("yes", N_("oui")))
    return (
        *_twice("t-", N_("Résultat"), unit, ""),
        Field("critical", N_("Critique, d’après le laboratoire"), "choice", choices=flags),
        Field("reason", N_("Motif"), required=True, hint=N_("erreur de tube, interversion…")),
    )


def _correct(target: Target, typed: Typed) -> list[Json]:
    line = target.line
    assert line is not None, "a result is corrected"
    code = next(iter(codes(line.get("code"))), "")
    name = words_of(line.get("code"))
    test = target.known.tests.test(code) or Test(code, name, name, measured_of(line)[1])
    value = _keyed_twice(typed, "t-")
    if not value and not typed.problems:
        typed.problems["t-"] = N_("À remplir.")
    flag = _flag(target, typed, test, value, marked=typed.text("critical") == "yes") if value else ""
    if not made_here(line):
        typed.problems[""] = N_("Ce résultat vient d’un flux : son laboratoire le corrige, ou écrivez-en un autre.")
    found = said_anew(
        line,
        status="corrected",
        effectiveDateTime=line.get("effectiveDateTime"),
        issued=typed.scribe.at,
        performer=[typed.scribe.author],
        note=[{"text": typed.text("reason"), "authorString": typed.scribe.name}],
        **_value(value, test.unit),
    )
    if flag:
        found["interpretation"] = [{"coding": [{"system": INTERPRETATION, "code": flag}]}]
    if test.range:
        found["referenceRange"] = [{"text": test.range}]
    return [found]


_UNCOMPARED = (
    N_("Rien n’est encore écrit. Ces valeurs ne se comparent pas aux limites critiques :"),
    N_("Le laboratoire les a jugées : elles ne sont pas critiques."),
)
RESULTS = Form("results", N_("Résultats de laboratoire"), "results", _fields, _write, house=True, function="requests",
               doubt=_UNCOMPARED, then="/laboratory")  # fmt: skip
RESULTS_OF = Form("answer", N_("Résultats de cette demande"), "results", _fields, _write, "ServiceRequest", house=True,
                  function="requests",
                  doubt=_UNCOMPARED, then="/laboratory")  # fmt: skip
VALIDATE = Form("validate", N_("Validation par le biologiste"), "validate", _no_fields, _validate, "entry",
                N_("Valider et signer"), house=True, function="requests", then="/laboratory")  # fmt: skip
CORRECT = Form("correct", N_("Corriger un résultat"), "results", _correct_fields, _correct, "Observation",
               N_("Corriger"), house=True, function="requests", doubt=_UNCOMPARED, then="/laboratory")  # fmt: skip
