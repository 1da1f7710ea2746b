"""What an exercise with people promises: requirement, threshold, and how what was measured is said, in both languages.

The thresholds are the scenario's own; the ids are those of docs/requirements.md, and WHO is the worst error of all.
"""

from collections.abc import Iterator

from msgspec import Struct

from contrefeu.exercise.score import Scored, Step
from contrefeu.exercise.script import Measure


class Measured(Struct, frozen=True):
    """One promise, its threshold, and what was measured."""

    id: str
    promise: str
    threshold: str
    held: bool
    measured: str
    ratio: float | None = None  # measured divided by threshold, for a bar; None when it is no such figure


# measure -> (requirement, promise in French, promise in English)
_TIMED: dict[Measure, tuple[str, str, str]] = {
    "downtime": ("D2", "La panne est déclarée", "Downtime is declared"),
    "first-pack": ("W4", "Le dossier papier de l’unité est en main", "The ward’s paper pack is at hand"),
    "admission": ("D3", "La première admission est écrite", "The first admission is written"),
    "critical": ("D5", "Le résultat critique est reconnu", "The critical result is acknowledged"),
    "incident": ("L1", "L’incident est ouvert", "The incident is opened"),
}


def measured(scored: Scored, language: str) -> list[Measured]:
    """Every promise of the scenario, as it went."""
    return list(_measured(scored, language == "en"))


def _measured(scored: Scored, en: bool) -> Iterator[Measured]:
    for measure, (id_, promise_fr, promise_en) in _TIMED.items():
        step = scored.first(measure)
        if step is not None:
            yield _timed(id_, promise_en if en else promise_fr, step, en)
    yield _whose(scored, en)
    if scored.first("pages") is not None:
        yield _pages(scored, en)
    count, held, lasted = len(scored.steps), scored.injects_in_time, span(scored.lasted_s)
    yield Measured(
        "G2",
        "Every inject is answered in time" if en else "Chaque message reçoit sa réponse à temps",
        f"{count} of {count}" if en else f"{count} sur {count}",
        held == count,
        f"{held} of {count}, {lasted}" if en else f"{held} sur {count}, {lasted}",
    )


def _timed(id_: str, promise: str, step: Step, en: bool) -> Measured:
    if step.done_s is None:
        return Measured(id_, promise, span(step.within_s), False, "never" if en else "jamais")
    took = step.done_s - step.at_s
    said = f"{span(took)}, {step.by}" if step.by else span(took)
    return Measured(id_, promise, span(step.within_s), step.held, said, took / step.within_s)


def _whose(scored: Scored, en: bool) -> Measured:
    wrong = scored.on_other
    return Measured(
        "WHO",
        "Nothing is written on a wrong patient" if en else "Rien n’est écrit sur un autre patient",
        "0",
        wrong == 0,
        f"{wrong} on another patient than the one named" if en else f"{wrong} sur un autre patient que celui nommé",
    )


def _pages(scored: Scored, en: bool) -> Measured:
    pages = scored.pages
    said = (
        f"{pages.issued} issued = {pages.back} back + {pages.lost} lost + {pages.missing} missing"
        if en
        else f"{pages.issued} imprimées = {pages.back} rendues + {pages.lost} perdues + {pages.missing} manquantes"
    )
    return Measured(
        "Q2",
        "Every page that was printed is accounted for" if en else "Chaque page imprimée est comptée",
        "0 missing" if en else "0 manquante",
        pages.issued > 0 and pages.missing == 0,
        said,
    )


def span(seconds: float) -> str:
    """A span of time as it is read: 48 s, 3 min 20 s.

    >>> span(48), span(200)
    ('48 s', '3 min 20 s')
    """
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{rest} s"
    return f"{minutes} min {rest:02} s" if rest else f"{minutes} min"
