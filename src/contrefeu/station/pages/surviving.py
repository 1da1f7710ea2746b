"""Systems that work on while the record system is down: started and stopped here, and what they did not take (F16).

Rules kept here:
  * Only a system of the settings can be started, and only while a downtime is declared: who runs the node names it,
    the crisis cell starts it, and neither does both.
  * The sending is another process's: this page writes acts, and shows what that process last said.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from contrefeu.access import hour_past
from contrefeu.acts import (
    Act,
    Answered,
    LiveSettled,
    LiveSwitched,
    MessagesAnswered,
    MessagesReleased,
)
from contrefeu.base import parse_rfc3339, rfc3339
from contrefeu.station.deps import LiveSystem
from contrefeu.station.house import House
from contrefeu.web import person, visit_of

REASON_LENGTH_MAX = 300  # characters: two sentences
TWICE_NS = 5 * 10**9  # the live process says each second how things stand: five are enough on a busy machine
_SEEN = "seen"  # contrefeu.acts.ACCEPTED: a person saw it there
_NAME = "system"
_SETTLED_FROM: Mapping[str, tuple[str, ...]] = {  # what may be said of an entry that stands so
    "again": ("refused", "doubt"),
    "arrived": ("doubt", "silent"),
    "aside": ("refused", "doubt", "silent", "held"),
}


@dataclass(frozen=True, slots=True)
class SurvivingPage:
    """Every system of the settings, as it stands."""

    systems: Sequence[LiveSystem]
    declared: bool
    since: str  # of the downtime
    node: str
    names: Mapping[str, str] = field(default_factory=dict)  # chart id -> name
    problem: str = ""
    dropped: str = "looked at and dropped: "


class SurvivingPages:
    """Their handler."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._told_ns: dict[tuple[str, str], int] = {}  # system and entry -> when somebody said what became of it

    def routes(self) -> list[Route]:
        """Return their routes."""
        return [self._house.shell.page("/surviving", self.surviving, "downtime", ("GET", "POST"))]

    async def surviving(self, request: Request) -> Response:
        """Show them; start or stop one; say what became of an entry."""
        house = self._house
        await house.staff.refresh()
        problem = ""
        if request.method == "POST":
            problem = await self._do(request, await request.form())
            if not problem:
                return RedirectResponse("/surviving", 303)
        systems = house.deps.surviving()
        house.shell.look(request, "act", what="surviving systems")
        ids = sorted({one.patient for system in systems for one in system.shown if one.patient})
        hits, account = await house.charts.hits(ids) if ids else [], house.account(request)
        downtime = house.staff.downtime
        page = SurvivingPage(
            systems=systems,
            declared=bool(downtime.declared),
            since=downtime.since,
            node=house.deps.settings.node.id,
            names={id_: hit.name for id_, hit in zip(ids, hits, strict=True) if hit and account.in_scope(hit.ward)},
            problem=problem,
        )
        return await house.shell.render(request, "surviving.html", page, status=409 if problem else 200)

    async def _do(self, request: Request, form: FormData) -> str:
        """Do what the form asks for; returns what is wrong with it."""
        house, now_ns = self._house, self._house.deps.clock.now_ns()
        name, do = str(form.get(_NAME, "")), str(form.get("do", ""))
        found = next((one for one in house.deps.surviving() if one.system == name), None)
        if found is None:
            return "gone"
        at, node = rfc3339(now_ns), house.deps.settings.node.id
        if do == "stop":
            return await self._write(request, name, "stop", LiveSwitched(name, False, at, node))
        if do == "start":
            if not house.staff.downtime.declared:
                return "no-downtime"
            since = self._since(str(form.get("since", "")).strip()[:10], now_ns)
            if not since:
                return "since"
            return await self._write(request, name, "start", LiveSwitched(name, True, at, node, since))
        stuck = next((one for one in found.shown if one.entry == form.get("entry")), None)
        if stuck is None or stuck.state not in _SETTLED_FROM.get(do, ()):
            return "gone"
        if now_ns - self._told_ns.get((name, stuck.entry), -TWICE_NS) < TWICE_NS:
            return "gone"  # two people, or a form sent twice: the process has not said yet what came of the first
        reason = str(form.get("reason", "")).strip()[:REASON_LENGTH_MAX]
        if do == "aside" and not reason:
            return "no-reason"
        act: Act
        if do == "again":
            act = MessagesReleased(found.target, "", [stuck.entry], reason or "sent again: somebody looked", at)
        elif do == "arrived":
            act = MessagesAnswered(found.target, "", [Answered(stuck.entry, _SEEN)], at)
        else:
            act = LiveSettled(name, stuck.entry, at, reason)
        self._told_ns[name, stuck.entry] = now_ns
        return await self._write(request, name, do, act, stuck.entry)

    async def _write(self, request: Request, name: str, what: str, act: Act, entry: str = "") -> str:
        actor, _ = person(request)
        await self._house.staff.write(act, actor.login)
        said = f"surviving system {name}: {what}" + (f" {entry}" if entry else "")
        kind = "export" if what == "start" else "act"  # what is written here leaves the node from now on
        await self._house.shell.audit.write(kind, actor, address=visit_of(request).address, what=said)
        return ""

    def _since(self, typed: str, now_ns: int) -> str:
        """The minute from which on things are sent: not before the downtime, not to come; "" for what is none."""
        begun = self._house.staff.downtime.since
        if not typed:
            return begun
        try:
            asked = hour_past(typed, now_ns, self._house.deps.zone)
        except ValueError:
            return ""
        minute_ns = 60 * 10**9
        if parse_rfc3339(asked) // minute_ns < parse_rfc3339(begun) // minute_ns:
            return ""
        return asked
