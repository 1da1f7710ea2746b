"""The page of an exercise in the ward app: what this person is told now, what comes next, what is done.

Rules kept here:
  * A role sees its own injects, each from its minute on and not before; who has none (who leads it) sees them all.
  * A tick is an act under the person's name; it is not asked again.
  * The exercise that was begun last is the one that is shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from jinja2 import PackageLoader
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from contrefeu.acts import Act, ExerciseEnded, ExerciseStarted, ExerciseTicked
from contrefeu.base import parse_rfc3339, rfc3339
from contrefeu.exercise.roles import ROLES
from contrefeu.exercise.script import Inject, Script, parse_script
from contrefeu.journal import Entry
from contrefeu.web import N_, Link, Mounted, Site, person, visit_of

NS_PER_MINUTE = 60 * 1_000_000_000
_PLAYED_BY = {"biologist": "laboratory"}  # roles of accounts that play another's part


@dataclass(frozen=True, slots=True)
class Told:
    """One inject as somebody sees it."""

    id: str
    minute: str
    said_at: str  # RFC 3339
    due: str  # RFC 3339
    role: str
    said: str
    expected: str
    done_at: str = ""  # RFC 3339
    done_by: str = ""


@dataclass(frozen=True, slots=True)
class ExercisePage:
    """The exercise now; `title` is "" when none was begun."""

    title: str = ""
    minute: int = 0
    minutes: str = ""
    over: bool = False
    leads: bool = False  # it is shown whole
    now: Sequence[Told] = ()
    done: Sequence[Told] = ()
    next_in: str = ""  # RFC 3339 of what comes next; "" for nothing
    later: Sequence[Told] = ()  # for who leads it


class _Running:
    """The exercise that was begun last, and its ticks."""

    def __init__(self, acts: Sequence[tuple[Entry, Act]]) -> None:
        begun: list[tuple[str, ExerciseStarted]] = [
            (entry.ref, act) for entry, act in acts if isinstance(act, ExerciseStarted)
        ]
        self.ref = begun[-1][0] if begun else ""
        self.started = begun[-1][1] if begun else None
        self.ended = any(isinstance(act, ExerciseEnded) and act.exercise == self.ref for _, act in acts)
        self.ticks: dict[str, tuple[str, str]] = {}
        for entry, act in acts:
            if isinstance(act, ExerciseTicked) and act.exercise == self.ref:
                self.ticks.setdefault(act.inject, (act.at, entry.source.removeprefix("user/")))

    @property
    def script(self) -> Script:
        """What is played."""
        assert self.started is not None, "somebody began it"
        return parse_script(self.started.scenario, "the scenario of the exercise")

    def at(self, minute: float) -> str:
        """When a minute of the exercise is, RFC 3339."""
        assert self.started is not None, "somebody began it"
        return rfc3339(parse_rfc3339(self.started.at) + round(minute / self.started.speed * NS_PER_MINUTE))

    def minute(self, now_ns: int) -> float:
        """Which minute it is."""
        assert self.started is not None, "somebody began it"
        return (now_ns - parse_rfc3339(self.started.at)) / NS_PER_MINUTE * self.started.speed

    def told(self, one: Inject, language: str) -> Told:
        """An inject in words."""
        assert self.started is not None, "somebody began it"
        patients = {letter: patient.words for letter, patient in self.started.patients.items()}
        done_at, done_by = self.ticks.get(one.id, ("", ""))
        return Told(
            one.id,
            f"{one.at_minute:g}",
            self.at(one.at_minute),
            self.at(one.at_minute + one.within_minutes),
            ROLES[one.role].name(language),
            one.text("said", language, patients),
            one.text("expected", language, patients),
            done_at,
            done_by,
        )


class _Pages:
    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        return [self._site.shell.page("/drill", self.drill, "status", ("GET", "POST"))]

    async def drill(self, request: Request) -> Response:
        """Show the exercise; tick what is done."""
        running = _Running(await self._site.acts())
        if request.method == "POST":
            await self._tick(request, running)
            return RedirectResponse("/drill", 303)
        self._site.shell.look(request, "act", what="drill")
        return await self._site.shell.render(request, "exercise.html", self._page(request, running))

    async def _tick(self, request: Request, running: _Running) -> None:
        """Write that an inject was answered, once, by somebody whom it concerns."""
        named = str((await request.form()).get("inject", ""))
        if running.started is None or running.ended or named in running.ticks:
            return
        now_ns = self._site.clock.now_ns()
        seen, _ = _shown(request, running.script)
        if any(one.id == named and one.at_minute <= running.minute(now_ns) for one in seen):
            actor, _ = person(request)
            await self._site.write(ExerciseTicked(running.ref, named, rfc3339(now_ns)), actor.login)

    def _page(self, request: Request, running: _Running) -> ExercisePage:
        if running.started is None:
            return ExercisePage()
        script, language = running.script, visit_of(request).words.language
        minute = running.minute(self._site.clock.now_ns())
        seen, leads = _shown(request, script)
        told = [(one, running.told(one, language)) for one in seen]
        coming = [(one, said) for one, said in told if one.at_minute > minute and not said.done_at]
        return ExercisePage(
            title=script.title.of(language),
            minute=min(int(minute), int(script.minutes)),
            minutes=f"{script.minutes:g}",
            over=running.ended or minute >= script.minutes,
            leads=leads,
            now=[said for one, said in told if one.at_minute <= minute and not said.done_at],
            done=[said for _, said in told if said.done_at],
            next_in=coming[0][1].said_at if coming else "",
            later=[said for _, said in coming] if leads else (),
        )


def _shown(request: Request, script: Script) -> tuple[list[Inject], bool]:
    """The injects that this person sees, and whether it is all of them."""
    actor, _ = person(request)
    mine = script.of_role(_PLAYED_BY.get(actor.role, actor.role))
    return (mine, False) if mine else (script.in_order(), True)


PAGES = Mounted(
    lambda site: _Pages(site).routes(),
    PackageLoader("contrefeu.exercise", "templates"),
    Link("/drill", N_("Exercice"), "status"),
)
