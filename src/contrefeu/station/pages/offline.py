"""What a browser needs to go on while its station is out of reach, and to bring back what was written meanwhile.

Rules kept here:
  * A browser gets keys for a session that is logged in, to hold in memory; none is written on its disk.
  * An act is called synced after it was read back from the journal, by the reader, not by who wrote it (D8).
  * What was looked at meanwhile is journaled as looks, late and marked so (G4).
  * The worker and the page that says "out of reach" hold no word of a patient: they are served to anybody.
"""

from base64 import b64encode
from dataclasses import dataclass, replace
from hashlib import sha256
from urllib.parse import unquote

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from contrefeu.access import queue_keys
from contrefeu.base import rfc3339
from contrefeu.journal import parse_ref
from contrefeu.station.care import FORMS, Typed
from contrefeu.station.care.queued import QUEUED, SETTLE, disagreements, parse_waited, to_settle, written_already
from contrefeu.station.care.scribe import bundle
from contrefeu.station.house import House, OutOfScope
from contrefeu.station.pages.aiding import aids_on_writing, told_of, with_answers
from contrefeu.station.pages.care import CarePages
from contrefeu.station.pages.writing import chosen, is_shown, says, scribe_of, where_written, write_down
from contrefeu.web import FORBIDDEN, NOT_FOUND, Problem, Visit, Words, person, visit_of

LOOKS_MAX = 500  # of one delivery: more than a person opens in an outage; the browser sends the rest after it
LOOK_AGE_MS_MAX = 7 * 86_400_000  # ms; older is no look of this outage
FORM_FIELDS_MAX = 40  # more than any form of a ward has
_WORKER_NAMES = ("keep.js", "offline.js", "live.js", "ward.css", "flame.svg")


@dataclass(frozen=True, slots=True)
class Nothing:
    """Pages whose words are the template's alone."""


class OfflinePages:
    """Their handlers."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._care = CarePages(house)

    def routes(self) -> list[Route]:
        """Return their routes."""
        page = self._house.shell.page
        return [
            Route("/worker.js", self.worker, methods=["GET"]),
            Route("/away", self.away, methods=["GET"]),
            page("/queue", self.queue),
            page("/offline/keys", self.keys, methods=("POST",)),
            page("/offline/looks", self.looks, methods=("POST",)),
            page("/offline/kept", self.kept, methods=("POST",)),
            page("/offline/write/{form}/{id}", self.take, methods=("POST",)),
            page("/offline/write/{form}/{id}/{line:path}", self.take, methods=("POST",)),
        ]

    async def worker(self, _request: Request) -> Response:
        """The service worker, which names the files that it keeps."""
        static = self._house.shell.static
        names = msgspec.json.encode([static.url(name) for name in _WORKER_NAMES]).decode()
        body = static.text("worker.js").replace("@KEEP@", static.url("keep.js")).replace('"@FILES@"', names)
        return Response(body, media_type="text/javascript; charset=utf-8", headers={"cache-control": "no-cache"})

    async def away(self, request: Request) -> Response:
        """What a browser shows when nothing is kept here for who asks."""
        return await self._house.shell.render(request, "away.html", Nothing())

    async def queue(self, request: Request) -> Response:
        """The person's acts that wait in this browser; its script fills the list."""
        return await self._house.shell.render(request, "queue.html", Nothing())

    async def keys(self, request: Request) -> Response:
        """Give the keys of this session's pages and of this person's acts, to be held in memory."""
        house, (_, session) = self._house, person(request)
        now_ms = house.deps.clock.now_ns() // 1_000_000
        web = house.deps.settings.web
        return JSONResponse(
            {
                "login": session.login,
                "now": now_ms,
                "zone": house.deps.zone.key,
                "hours": web.offline_hours,
                "idle": web.offline_idle_minutes,
                "forms": sorted(QUEUED),
                "pages": b64encode(session.pages_key).decode(),
                "queue": [b64encode(key).decode() for key in queue_keys(house.account(request))],
            }
        )

    async def looks(self, request: Request) -> Response:
        """Journal what was looked at while the station was out of reach."""
        house, visit = self._house, visit_of(request)
        form = await request.form()
        now_ms = house.deps.clock.now_ns() // 1_000_000
        for path, at_ms in _looks(str(form.get("looks", "")), now_ms):
            patient = _patient(path)
            what = f"{path}, {rfc3339(at_ms * 1_000_000)}, out of reach"
            await house.shell.audit.write("view", visit.actor, address=visit.address, patient=patient, what=what)
        return JSONResponse({"taken": True})

    async def kept(self, request: Request) -> Response:
        """Read an entry back from the journal: whether it is there, its digest, and whether the chart says it.

        Raises:
            Problem: It is nobody's or somebody else's.
        """
        house, (actor, _) = self._house, person(request)
        form = await request.form()
        ref, chart = str(form.get("ref", "")), str(form.get("chart", ""))
        try:
            parse_ref(ref)
        except ValueError:
            raise NOT_FOUND from None
        entry = await house.charts.entry(ref)
        if entry is None or entry.source != f"user/{actor.login}":
            raise NOT_FOUND
        found = await house.charts.chart(chart)
        shown = found is not None and says(found, ref)
        return JSONResponse({"sha256": sha256(entry.body).hexdigest(), "shown": shown})

    async def take(self, request: Request) -> Response:
        """Write an act that waited.

        Raises:
            Problem: It cannot be written: the browser keeps it, and shows why.
        """
        house, clock = self._house, self._house.deps.clock
        form = FORMS.get(request.path_params["form"])
        sent = await request.form()
        waited = parse_waited(str(sent.get("waited", "")), clock.now_ns())
        if form is None or form.name not in QUEUED or waited is None or len(sent) > FORM_FIELDS_MAX:
            raise Problem(400, FORBIDDEN.what)
        if not person(request)[0].may(form.permission):
            raise await house.shell.refusal(request)
        try:
            id_, sheet, whose = await house.open(request, request.path_params["id"], left=True)
        except OutOfScope:
            raise await house.shell.refusal(request) from None
        target = await self._care.target(request, sheet, whose, form)
        scribe = replace(scribe_of(house, request), now_ns=waited.at_ns, queued=waited.parts)
        once = str(sent.get("once", ""))
        fields = form.fields(target, scribe)
        typed = Typed({one.name: str(sent.get(one.name, "")) for one in fields}, scribe)
        resources = form.write(target, typed) if chosen(fields, typed) else []
        if typed.problems:
            return self._refused(visit_of(request), typed)
        said = f"{once}/{sorted(typed.values.items())}"
        body = bundle(sheet.chart, scribe, said, resources)
        ref = written_already(sheet.chart, body)
        if ref:
            entry = await house.charts.entry(ref)
            body = entry.body if entry is not None else body
            return _taken(id_, ref, body)
        written = where_written(house, whose.ward, form.function)
        moved = "" if written.here else written.said(Words(house.deps.settings.node.language, house.deps.zone))
        warned = aids_on_writing(house, form, target, resources, said)
        resources = with_answers(resources, warned, form, typed, scribe.say, {}, target.known.aids)
        found = disagreements(target, typed, waited, body, moved, told_of(warned, scribe.say))
        tasks = to_settle(form, target, scribe, found)
        resources = await house.tubes.labelled(sheet.chart, scribe, said, resources, typed.text("lab"))
        body = bundle(sheet.chart, scribe, said, [*resources, *tasks])
        ref = await write_down(house, scribe, body)
        await is_shown(house, id_, ref)
        return _taken(id_, ref, body)

    def _refused(self, visit: Visit, typed: Typed) -> Response:
        why = [visit.words(text) for text in typed.problems.values()]
        return JSONResponse({"why": " ".join(why)}, 409)


def _taken(chart: str, ref: str, body: bytes) -> Response:
    settle = SETTLE.encode() in body  # its author could not see all: a task waits beside it
    return JSONResponse({"chart": chart, "ref": ref, "sha256": sha256(body).hexdigest(), "settle": settle})


def _looks(said: str, now_ms: int) -> list[tuple[str, int]]:
    """Paths and times (ms) that a browser tells; what is no path of a page, or of another time, is left out."""
    try:
        found = msgspec.json.decode(said.encode(), type=list[tuple[str, int]])
    except msgspec.MsgspecError:
        return []
    recent = range(now_ms - LOOK_AGE_MS_MAX, now_ms + 60_000)
    return [(path[:200], at) for path, at in found[:LOOKS_MAX] if path.startswith("/") and at in recent]


def _patient(path: str) -> str:
    """The chart that a path is about; "" for none."""
    _, kind, *rest = path.partition("?")[0].split("/")
    named = rest[:1] if kind == "patient" else rest[1:2] if kind == "write" else []
    return unquote("".join(named))
