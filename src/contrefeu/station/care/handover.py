"""The hand-over of one patient (SBAR), with what the chart knows written in beforehand.

Situation, background, assessment, recommendation: the four parts of SBAR. What stands there at first is the chart's, in
its senders' words; whoever hands over corrects it and signs it.
"""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from contrefeu.chart import (
    DueItem,
    Resource,
    WorkItem,
    codes,
    concept,
    first,
    is_error,
    is_struck,
    newest,
    value_of,
    work_items,
)
from contrefeu.chart.sheet import VITAL_CODES, Sheet, allergies_of, story_of
from contrefeu.fhir import Json
from contrefeu.station.care.form import TEXT_MAX, Field, Form, Target, Typed
from contrefeu.station.care.form import concept as coded
from contrefeu.station.care.scribe import Scribe
from contrefeu.web import N_

_OVER = frozenset({"inactive", "resolved", "remission"})
PARTS = (("s", "S", N_("Situation")), ("b", "B", N_("Antécédents et contexte")), ("a", "A", N_("Évaluation")),
         ("r", "R", N_("À faire, à surveiller")))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Facts:
    """What a chart says at a hand-over."""

    problems: tuple[str, ...]
    allergies: tuple[str, ...]
    allergies_state: str
    alerts: tuple[str, ...]
    vitals: tuple[tuple[str, str, str], ...]  # what, value, when: the last of each
    waiting: tuple[WorkItem, ...]  # critical, corrected, unsigned, tasks
    doses: tuple[DueItem, ...]  # not known, late or due

    def of(self, *kinds: str) -> tuple[WorkItem, ...]:
        """What waits, of these kinds."""
        return tuple(one for one in self.waiting if one.kind in kinds)


def facts_of(sheet: Sheet, due: Sequence[DueItem]) -> Facts:
    """Return what a chart says at a hand-over."""
    allergies, story = allergies_of(sheet), story_of(sheet)
    problems = [
        one
        for one in sheet.all("Condition")
        if not is_struck(one) and not _OVER & set(codes(one.get("clinicalStatus")))
    ]
    return Facts(
        problems=tuple(filter(None, (concept(one.get("code")) for one in problems))),
        allergies=tuple(one.what for one in allergies.lines if not one.struck),
        allergies_state=allergies.state,
        alerts=tuple(one.what for one in story.alerts if not one.over and not one.struck),
        vitals=tuple(_vitals(sheet)),
        waiting=tuple(work_items(sheet.chart)),
        doses=tuple(one for one in due if one.state in {"unknown", "late", "due"}),
    )


def _vitals(sheet: Sheet) -> list[tuple[str, str, str]]:
    """The last of each vital sign."""
    found: dict[str, Resource] = {}
    measured = [
        one for one in sheet.all("Observation") if VITAL_CODES & set(codes(one.get("code"))) and not is_error(one)
    ]
    for one in newest(measured, "effectiveDateTime", "issued"):
        found.setdefault(concept(one.get("code")), one)
    return [(what, value_of(one), first(one, "effectiveDateTime", "issued")) for what, one in found.items()]


def _fields(target: Target, scribe: Scribe) -> Sequence[Field]:
    facts, say = facts_of(target.sheet, target.due), scribe.say
    allergies = ", ".join(facts.allergies)
    background = [say(N_("Allergies :")) + f" {allergies}" if allergies else "", *facts.alerts]
    assessment = [f"{what} {value}" for what, value, _ in facts.vitals]
    urgent = [f"‼ {one.what} {one.value}" for one in facts.of("critical", "corrected")]
    unsigned = [say(N_("Ordre verbal non signé :")) + f" {one.what}" for one in facts.of("unsigned")]
    doses = [_due(one, scribe) for one in facts.doses]
    parts = {
        "s": "\n".join(facts.problems),
        "b": "\n".join(filter(None, background)),
        "a": "\n".join([*urgent, ", ".join(assessment)]),
        "r": "\n".join([*unsigned, *doses, *(one.what for one in facts.of("task"))]),
    }
    return tuple(Field(name, words, "area", length_max=TEXT_MAX // 4, value=parts[name]) for name, _, words in PARTS)


def _due(item: DueItem, scribe: Scribe) -> str:
    """A dose that is due, at its hour; one of which nobody knows is to be checked, and never reads as due (F2)."""
    said = scribe.say(N_("Dose à vérifier :") if item.state == "unknown" else N_("Dose due :"))
    at = datetime.fromisoformat(item.at).astimezone(scribe.zone) if item.at else None
    return " ".join(filter(None, (said, f"{at:%H:%M}" if at else "", item.what)))


def _write(_target: Target, typed: Typed) -> list[Json]:
    said = [f"{letter} — {typed.text(name)}" for name, letter, _ in PARTS if typed.text(name)]
    if not said:
        typed.problems[""] = N_("Rien n’est écrit.")
    attachment = {"contentType": "text/plain; charset=utf-8", "data": b64encode("\n".join(said).encode()).decode()}
    return [
        {
            "resourceType": "DocumentReference",
            "status": "current",
            "docStatus": "final",
            "type": coded(typed.scribe.say(N_("Transmission (SBAR)")), ("http://loinc.org", "34746-8")),
            "date": typed.scribe.at,
            "author": [typed.scribe.author],
            "content": [{"attachment": attachment}],
        }
    ]


HANDOVER = Form("handover", N_("Transmission (SBAR)"), "write", _fields, _write, block="reports")
