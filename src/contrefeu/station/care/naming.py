"""Somebody who was unknown has a name, or is somebody who has a chart: what is written, and what bears the old name.

Rules kept here:
  * A name is given by one person and taken back by one. That two charts are one patient's takes two persons, and is an
    act that links (acts/matching.py): neither chart is copied, and undone, each has its own again.
  * What bears the old name is listed when it is left, each by its own name: bands, pages, requests, specimens (F25).
  * A name that is given stays provisional: it is qualified elsewhere, with a document in hand.
"""

from collections.abc import Iterable
from typing import Any

from contrefeu.acts import NameLeft, OldName, PagesIssued
from contrefeu.chart import PROVISIONAL, TEMPORARY, concept
from contrefeu.chart.sheet import Sheet
from contrefeu.fhir import Json
from contrefeu.mapping import CLEARED
from contrefeu.station.care.arrivals import capitals, reliability
from contrefeu.station.care.form import Typed, typed_day

_CHANGED = ("name", "birthDate", "gender", "extension")
_OPEN = frozenset({"active", "draft", "on-hold", "available", ""})
_KINDS = {"ServiceRequest": "request", "Specimen": "specimen"}


def temporary_number(sheet: Sheet) -> str:
    """Return the temporary number of a patient; "" when they never had one here."""
    found = [one for one in sheet.patient.get("identifier") or [] if one.get("system") == TEMPORARY]
    return str(found[0]["value"]) if found else ""


def given_name(typed: Typed) -> list[Json]:
    """Return what gives a name to somebody who had none."""
    found: Json = {
        "resourceType": "Patient",
        "name": [
            {"use": "official", "family": capitals(typed.text("family")), "given": [capitals(typed.text("given"))]}
        ],
        "birthDate": typed_day(typed.text("born")),
        "gender": typed.text("sex"),
        "extension": [reliability(PROVISIONAL)],
    }
    return [found]


def taken_back(left: NameLeft) -> list[Json]:
    """Return what gives the old name back."""
    gone = [name for name in _CHANGED if name not in left.before]
    told = [*left.before.get("extension", []), *({"url": CLEARED, "valueString": name} for name in gone)]
    return [{"resourceType": "Patient", **left.before, "extension": told}]


def left_by(sheet: Sheet, number: str, name: str, at: str, pages: Iterable[PagesIssued]) -> NameLeft:
    """Return the act that says that a name is left, with all that bears it."""
    before: dict[str, Any] = {one: sheet.patient[one] for one in _CHANGED if one in sheet.patient}
    return NameLeft(number, name, at, before, [OldName("band", number, name), *_of_pages(pages), *_of_lines(sheet)])


def _of_pages(pages: Iterable[PagesIssued]) -> list[OldName]:
    return [OldName("pages", one.issue, one.form) for one in pages]


def _of_lines(sheet: Sheet) -> list[OldName]:
    return [
        OldName(kind, f"{type_}/{one['id']}", concept(one.get("code") or one.get("type")) or "?")
        for type_, kind in _KINDS.items()
        for one in sheet.all(type_)
        if str(one.get("status", "")) in _OPEN
    ]
