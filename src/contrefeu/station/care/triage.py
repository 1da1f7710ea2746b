"""The emergency department's word on a patient: triage level, who sees them, where they go next (a Flag)."""

from collections.abc import Sequence

from contrefeu.chart import TRIAGE, is_level
from contrefeu.fhir import Json
from contrefeu.station.care.form import Choice, Field, Form, Target, Typed, concept
from contrefeu.station.care.scribe import Scribe, changed, made_here
from contrefeu.web import N_

LEVELS = ("1", "2", "3A", "3B", "4", "5")  # of the French scale (FRENCH, SFMU); other scales use some of them


_CHOOSE = Choice("", N_("choisir…"))  # no level stands there at first: one is chosen


def _fields(_target: Target, _scribe: Scribe) -> Sequence[Field]:
    return (
        Field("level", N_("Tri"), "choice", choices=(_CHOOSE, *(Choice(one, one) for one in LEVELS)), required=True),
        Field("doctor", N_("Médecin qui le voit")),
        Field("goes", N_("Où il va ensuite"), hint=N_("scanner, box 4, lit demandé en cardiologie, sortie…")),
    )  # fmt: skip


def _write(target: Target, typed: Typed) -> list[Json]:
    before = [
        dict(one) for one in target.sheet.all("Flag")
        if is_level("Flag", one) and made_here(one) and one.get("status") == "active"
    ]  # fmt: skip
    parts = [{"url": name, "valueString": typed.text(name)} for name in ("doctor", "goes") if typed.text(name)]
    said: Json = {
        "resourceType": "Flag",
        "status": "active",
        "category": [concept("urgences", (TRIAGE, "triage"))],
        "code": concept(typed.text("level"), (TRIAGE, typed.text("level"))),
        "period": {"start": typed.scribe.at},
        "author": typed.scribe.author,
    }
    if parts:
        said["extension"] = [{"url": TRIAGE, "extension": parts}]
    return [*(changed(one, status="inactive") for one in before), said]


TRIAGE_FORM = Form("triage", N_("Tri aux urgences"), "write", _fields, _write, function="observations", then="/flow")
