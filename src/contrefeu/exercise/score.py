"""An exercise scored from the entries of its journals: when each inject was answered, by whom, on which patient.

Rules kept here:
  * What the journal can show, the journal says; a tick answers only what leaves no other trace.
  * An answer counts from the moment when its inject was said; one entry answers one inject.
  * What was written on another patient than the one that was named is counted, whoever wrote it: the worst error.
  * Times are received times, in seconds of the exercise's own clock.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from contrefeu.acts import (
    ROLE_OF,
    AccountAdded,
    DowntimeDeclared,
    ExerciseEnded,
    ExerciseStarted,
    ExerciseTicked,
    IncidentOpened,
    Papers,
    TemporaryAccountMade,
    decode,
)
from contrefeu.base import parse_rfc3339
from contrefeu.exercise.script import Inject, Measure, Script
from contrefeu.journal import MEDIA_ACT, MEDIA_FHIR, Entry

PEOPLE = "user/"
NS_PER_S = 1_000_000_000
TICKED = frozenset(["tick", "first-pack"])  # nothing else shows them
WRITTEN = frozenset(["vitals", "note"])  # a line in a chart: on which one?
_VITAL = b'"vital-signs"'
_ACKNOWLEDGED = b'"acknowledged"'


class Step(Struct, frozen=True):
    """One inject and its answer, in seconds of the exercise from its beginning."""

    inject: str
    role: str
    measure: Measure
    at_s: int
    within_s: int
    done_s: int | None  # None: never
    by: str  # login; "" for nobody
    on_other: int  # entries on another patient than the one that was named
    held: bool


class Player(Struct, frozen=True):
    """Somebody who answered."""

    login: str
    name: str
    role: str


class Pages(Struct, frozen=True):
    """The ward's pages at the end (Q2)."""

    issued: int = 0
    back: int = 0
    lost: int = 0
    missing: int = 0


class Scored(Struct, frozen=True):
    """What an exercise gave."""

    steps: list[Step]
    pages: Pages
    players: list[Player]
    lasted_s: int
    injects_in_time: int

    def first(self, measure: Measure) -> Step | None:
        """The first inject of a measure; None when the scenario has none."""
        return next((step for step in self.steps if step.measure == measure), None)

    @property
    def on_other(self) -> int:
        """Entries on a patient who was not the one named."""
        return sum(step.on_other for step in self.steps)


class _Answer(NamedTuple):
    """What an entry may answer."""

    measure: str
    at_s: float
    by: str
    numbers: frozenset[str] = frozenset()
    inject: str = ""  # of a tick


class _Open:
    """An inject that was said, while it waits."""

    def __init__(self, inject: Inject, numbers: frozenset[str]) -> None:
        self.inject, self.numbers = inject, numbers
        self.done: _Answer | None = None
        self.on_other = 0

    def said_by(self, at_s: float) -> bool:
        return self.done is None and self.inject.at_minute * 60 <= at_s

    def is_answered_by(self, answer: _Answer) -> bool:
        if self.inject.measure in TICKED:
            return answer.measure == "tick" and answer.inject == self.inject.id
        return self.inject.measure == answer.measure and (not self.numbers or bool(self.numbers & answer.numbers))

    def step(self) -> Step:
        inject, done = self.inject, self.done
        at_s, within_s = round(inject.at_minute * 60), round(inject.within_minutes * 60)
        done_s = None if done is None else max(at_s, round(done.at_s))
        held = done_s is not None and done_s - at_s <= within_s and not self.on_other
        by = done.by if done is not None else ""
        return Step(inject.id, inject.role, inject.measure, at_s, within_s, done_s, by, self.on_other, held)


def score(script: Script, ref: str, started: ExerciseStarted, entries: Iterable[Entry], now_ns: int) -> Scored:
    """Score one exercise.

    Args:
        script: What was played.
        ref: Entry that began it.
        started: The act that began it.
        entries: Of every journal of the exercise's home, in the order in which they were received.
        now_ns: When it is scored: an exercise that nobody ended ends then.
    """
    clock = _Clock(started)
    told = list(entries)
    until_s = clock.end_s(script, ref, told, now_ns)
    letters = {letter: frozenset(one.numbers) for letter, one in started.patients.items()}
    waiting = [_Open(inject, letters.get(inject.patient, frozenset())) for inject in script.in_order()]
    papers, pages = Papers(), Pages()
    for entry in told:
        at_s = clock.seconds(entry.received_ns)
        act = decode(entry.body) if entry.media_type == MEDIA_ACT else None
        if act is not None:
            papers.apply(act, entry.source)
        if at_s > until_s:
            continue
        pages = _pages(papers, started.ward) if act is not None else pages
        for answer in _answers(entry, act, ref, at_s, pages):
            _take(waiting, answer)
    _count_pages(waiting, pages)
    steps = [one.step() for one in waiting]
    return Scored(steps, pages, _players(told, steps), round(until_s), sum(step.held for step in steps))


class _Clock:
    """The exercise's own."""

    def __init__(self, started: ExerciseStarted) -> None:
        self._from_ns, self._speed = parse_rfc3339(started.at), started.speed

    def seconds(self, at_ns: int) -> float:
        return (at_ns - self._from_ns) / NS_PER_S * self._speed

    def end_s(self, script: Script, ref: str, entries: list[Entry], now_ns: int) -> float:
        """When it ended: as somebody said, else when its time was over, else now."""
        for entry in entries:
            act = decode(entry.body) if entry.media_type == MEDIA_ACT else None
            if isinstance(act, ExerciseEnded) and act.exercise == ref:
                return min(script.minutes * 60, self.seconds(entry.received_ns))
        return min(script.minutes * 60, self.seconds(now_ns))


def _take(waiting: list[_Open], answer: _Answer) -> None:
    """Give *answer* to the first inject that it answers; else see whether it went astray."""
    said = [one for one in waiting if one.said_by(answer.at_s)]
    found = next((one for one in said if one.is_answered_by(answer)), None)
    if found is not None:
        found.done = answer
    elif answer.measure in WRITTEN and (astray := [one for one in said if one.inject.measure == answer.measure]):
        astray[0].on_other += 1


def _answers(entry: Entry, act: object, ref: str, at_s: float, pages: Pages) -> Iterator[_Answer]:
    """What an entry may answer."""
    by = entry.source.removeprefix(PEOPLE)
    match act:
        case ExerciseTicked() if act.exercise == ref:
            yield _Answer("tick", at_s, by, inject=act.inject)
        case DowntimeDeclared():
            yield _Answer("downtime", at_s, by)
        case IncidentOpened():
            yield _Answer("incident", at_s, by)
        case None:
            if entry.media_type == MEDIA_FHIR and entry.source.startswith(PEOPLE) and b'"Bundle"' in entry.body[:80]:
                yield from _written(entry, at_s, by)
            return
        case _:
            pass
    if pages.issued and not pages.missing:
        yield _Answer("pages", at_s, by)


def _written(entry: Entry, at_s: float, by: str) -> Iterator[_Answer]:
    """What somebody wrote in a chart."""
    resources = [one["resource"] for one in msgspec.json.decode(entry.body).get("entry", [])]
    numbers = frozenset(number for one in resources for number in _numbers(one))
    kinds = {one["resourceType"] for one in resources}
    if {"Patient", "Encounter"} <= kinds:
        yield _Answer("admission", at_s, by, numbers)
    if "Observation" in kinds and _VITAL in entry.body:
        yield _Answer("vitals", at_s, by, numbers)
    if "Communication" in kinds and _ACKNOWLEDGED in entry.body:
        yield _Answer("critical", at_s, by, numbers)
    if "DocumentReference" in kinds:
        yield _Answer("note", at_s, by, numbers)


def _numbers(resource: dict[str, Any]) -> Iterator[str]:
    for named in ("subject", "patient"):
        number = (resource.get(named) or {}).get("identifier") or {}
        if "value" in number:
            yield str(number["value"])


def _pages(papers: Papers, ward: str) -> Pages:
    counts = papers.counts().get(ward)
    return Pages(**counts) if counts else Pages()


def _count_pages(waiting: list[_Open], pages: Pages) -> None:
    """Pages that were whole when asked for need no act; a page that is missing at the end undoes the answer."""
    for one in waiting:
        if one.inject.measure != "pages":
            continue
        if not pages.issued or pages.missing:
            one.done = None
        elif one.done is None:
            one.done = _Answer("pages", one.inject.at_minute * 60, "")


def _players(entries: list[Entry], steps: list[Step]) -> list[Player]:
    """Who answered, by their accounts."""
    acts = (decode(entry.body) for entry in entries if entry.media_type == MEDIA_ACT)
    known = {}
    for act in acts:
        if isinstance(act, AccountAdded):
            known[act.login] = Player(act.login, act.name, act.role)
        elif isinstance(act, TemporaryAccountMade):
            known.setdefault(act.login, Player(act.login, act.name, ROLE_OF[act.profession]))
    answered = sorted({step.by for step in steps} - {""})
    return [known.get(login) or Player(login, login, "") for login in answered]
