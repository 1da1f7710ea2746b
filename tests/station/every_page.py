"""Every page of the ward app, by its router and by following links: a new page is in, or a test says that it is not.

Method: a ward in downtime where somebody did one of everything; each role starts at its pages and follows the first
link to each route. Routes that no link leads to are named here; routes that machines ask are left out here.
"""

import asyncio
import re
from html import unescape
from pathlib import Path
from typing import Any
from uuid import UUID

from msgspec import structs
from starlette.routing import Match, Route

from contrefeu.acts import (
    Box,
    ExerciseStarted,
    IncidentNoted,
    IncidentOpened,
    Mark,
    PageScanned,
    PagesIssued,
    TemporaryAccountMade,
    encode,
)
from contrefeu.base import rfc3339
from contrefeu.exercise import PAGES as EXERCISE
from contrefeu.exercise import shipped
from contrefeu.journal import MEDIA_ACT
from tests.declare.pages import mounted
from tests.station.living import LivingCharts, in_downtime
from tests.station.sealed import with_sealed
from tests.station.test_care import form
from tests.station.visitors import Visitor, join, visitor
from tests.station.ward_in_memory import NOW_NS

OF_MACHINES = ("/healthz", "/readyz", "/metrics", "/static/", "/changes", "/worker.js", "/document/", "/raw/", "/fhir/")
OF_MACHINES += ("/beds.json", "/beds.xml", "/picture/", "/opened/")
SHEET = "00000000000000a1"  # issue of a dose sheet that came home
STARTS = {
    "": ["/login", "/away", "/nothing"],
    "martin": ["/", "/patient/p-durand", "/work", "/search", "/search/1", "/arrive?ward=CARD", "/account", "/queue"],
    "nadia": [
        "/round/CARD",
        "/outage/CARD",
        "/agency?ward=CARD",
        "/arrive/new?ward=CARD&s=2",
        "/arrive/newborn/p-durand?ward=CARD",
    ],
    "labo": ["/laboratory", "/write/results/p-durand", "/patient/p-durand"],
    "bio": ["/laboratory"],
    "lucas": ["/glass/p-durand"],
    "crise": ["/downtime", "/review", "/hospital", "/alarms", "/unplaced", "/incidents", "/containment", "/lost-packs"],
    "accueil": ["/identities", "/identity/p-durand", "/arrive/known/p-durand?ward=CARD"],
    "dpo": ["/withdrawals"],
    "pharma": ["/pharmacy", "/pharmacy/stock"],
    "surete": ["/aids"],
    "rssi": ["/honey"],
    "info": ["/wards", "/agency"],
}
# Pages that no link leads to in this ward: their forms, or what says that nothing is there to do.
NO_LINK = {
    "/write/return/{id}": ("martin", "/write/return/p-durand"),
    "/write/cancel/{id}": ("martin", "/write/cancel/p-durand"),
    "/write/lift/{id}": ("martin", "/write/lift/p-durand"),
    "/write/transfer/{id}": ("martin", "/write/transfer/p-durand?ward=CARD"),
    "/write/death/{id}": ("martin", "/write/death/p-durand"),
    "/write/leave/{id}": ("martin", "/write/leave/p-durand"),
    "/write/opinion/{id}/{line:path}": ("pharma", "/write/opinion/p-durand/m1"),
    "/measure/{id}/{series}": ("martin", "/measure/p-durand/324a4f37b97cb8de"),  # a chart of few values unfolds them
    "/write/modify-verbal/{id}/{line:path}": ("nadia", "/write/modify-verbal/p-durand/m2"),
    "/write/triage/{id}": ("nadia", "/write/triage/p-durand"),
    "/surviving": ("crise", "/surviving"),  # linked where the settings name a system
    "/corrections": ("martin", "/corrections"),
    "/ticks/{issue}/{page:int}": ("nadia", f"/ticks/{SHEET}/1"),
}


def lived_in() -> LivingCharts:
    """A ward where an order waits for its prescriber, a task and a request for somebody, a result for its biologist."""
    charts = in_downtime()
    with_sealed(charts)
    nurse, doctor, labo = (visitor(login, charts=charts) for login in ("nadia", "martin", "labo"))
    order = {"drug": "Furosémide 40 mg cp", "dose": "1 cp", "route": "orale", "rhythm": "once", "prescriber": "martin"}
    form(nurse, "/write/verbal/p-durand", **order, readback="yes")
    form(nurse, "/write/task/p-durand", what="Peser")
    form(nurse, "/write/note/p-durand", text="Calme", kind="nursing")
    form(nurse, "/write/appointment/p-durand", what="Écho", day="2026-11-27", time="9:00", minutes="30", place="CHIR")
    for what in ("Kaliémie", "Iono"):
        form(doctor, "/write/request/p-durand", kind="laboratory", what=what, priority="urgent")
    found = re.search(r'href="(/write/answer/[^"]+)"', labo.get("/laboratory").text)
    assert found, "a request can be answered"
    form(labo, found[1], **{"t-2823-3": "4,2", "t-2823-3-again": "4,2"})
    bio = visitor("bio", charts=charts)
    signed = re.search(r'href="(/write/validate/[^"]+)"', bio.get("/laboratory").text)
    assert signed, "a result waits for its biologist"
    form(bio, signed[1], verdict="final")
    form(labo, "/write/results/p-durand", **{"t-2951-2": "131", "t-2951-2-again": "131"})
    doctor.post("/write/stop/p-durand/m1", day="2026-11-24", time="03:11", reason="essai", once="x")
    form(doctor, "/write/request/p-durand", kind="imaging", what="Radio thorax", priority="urgent")
    blood = {"product": "plasma", "count": "1", "priority": "stat", "why": "essai"}
    form(doctor, "/write/transfusion/p-durand", **blood)
    unit = re.search(r'href="(/write/unit/[^"]+)"', nurse.get("/transfusion/p-durand").text)
    assert unit, "a unit can be received"
    form(nurse, unit[1], unit="=0001")
    _papers_home(charts)
    _pack_lost(charts)
    _agency(charts)
    _written_apart(charts, nurse, doctor)
    begun = ExerciseStarted(shipped()["ward"], "CARD", rfc3339(NOW_NS - 240 * 10**9))
    asyncio.run(charts.append("console", MEDIA_ACT, encode(begun)))
    return charts


def _written_apart(charts: LivingCharts, *people: Visitor) -> None:
    """A dose of one prescription each; the first one came from another station, later."""
    for at, who in enumerate(people):
        form(who, "/write/dose/p-durand/m2", outcome="completed", **({"confirm": "yes"} if at else {}))
    first = charts.written()[-2]
    place = charts.journal.index(first)
    charts.journal[place] = structs.replace(first, journal="nb2-station", sequence=1)


def _pack_lost(charts: LivingCharts) -> None:
    """A lost pack with somebody on it."""
    at = rfc3339(NOW_NS - 3600 * 10**9)
    opened = asyncio.run(charts.append("user/crise", MEDIA_ACT, encode(IncidentOpened("Support perdu : CARD", at, at))))
    asyncio.run(charts.append("user/crise", MEDIA_ACT, encode(IncidentNoted(opened, f"Dessus : {UUID(int=1)}", at))))


def _agency(charts: LivingCharts) -> None:
    """Somebody whom two people let in for the night."""
    at, until = rfc3339(NOW_NS), rfc3339(NOW_NS + 12 * 3600 * 10**9)
    made = TemporaryAccountMade("k", "roux.482", "Zoé Roux", "nurse", "CARD", "$argon2id$", "martin", at, until)
    asyncio.run(charts.append("user/nadia", MEDIA_ACT, encode(made)))


def _papers_home(charts: LivingCharts) -> None:
    """A dose sheet whose ticks wait for somebody, and a page that nobody could read."""

    def write(media: str, body: bytes) -> str:
        return asyncio.run(charts.append("console", media, body))

    at = rfc3339(NOW_NS - 3600 * 10**9)
    box = Box(1, 80.0, 74.2, 4.2, "MedicationRequest/m2", at)
    of = asyncio.run(charts.chart("p-durand"))
    assert of is not None, "a patient of this ward"
    key = {"chart": str(UUID(int=1)), "patient": of.key}
    write(MEDIA_ACT, encode(PagesIssued(SHEET, "dose-sheet", 1, "CARD", at, "00" * 32, boxes=[box], **key)))
    for state, issue, marks in (("filed", SHEET, [Mark(0, "ticked", "", 600, 500, 220, 90)]), ("unreadable", "", [])):
        page, chart = (1, "p-durand") if issue else (0, "")
        entry = write("image/jpeg", b"\xff\xd8\xff\xe0 not a real one")
        scanned = PageScanned(
            state, entry, at, "" if issue else "no code was read", issue, page, chart, "CARD", "", 1654, 2339, marks
        )
        write(MEDIA_ACT, encode(scanned))


def routes(made: object) -> list[Route]:
    """The routes of pages that people read."""
    found = [one for one in made.routes if isinstance(one, Route) and "GET" in (one.methods or ())]  # type: ignore[attr-defined]
    return [one for one in found if not one.path.startswith(OF_MACHINES)]


def route_of(pages: list[Route], path: str) -> str:
    """The route that a path leads to; "" for none."""
    scope = {"type": "http", "method": "GET", "path": path.partition("?")[0], "root_path": "", "headers": []}
    return next((one.path for one in pages if one.matches(scope)[0] is Match.FULL), "")


def come_in(who: Visitor, login: str) -> None:
    """Begin a session of *login*, with what was searched before its pages are asked for; of nobody for ""."""
    who.client.cookies.clear()
    if login:
        join(who, login)
        session = who.shell.sessions.get(who.token, used=True)
        assert session is not None, "the visitor has just come in"
        session.searched("durand")
        session.searched("12/03/1950|du")  # as the search before an admission leaves it


def walked(who: Visitor) -> dict[str, tuple[str, str]]:
    """Each route that can be walked to, and as whom and where."""
    pages = routes(who.app)
    known, found = {one.path for one in pages} | {"/nothing"}, {}
    for login, starts in STARTS.items():
        come_in(who, login)
        ahead, seen = list(starts), set()
        while ahead:
            path = ahead.pop(0)
            route = route_of(pages, path) or path
            if (route in found and path not in starts) or route in seen:
                continue
            seen.add(route)
            page = who.get(path)
            if page.status_code not in {200, 404, 409}:
                continue
            if route in known:
                found.setdefault(route, (login, path))
            ahead += [unescape(link) for link in re.findall(r'href="(/[^"#]*)', page.text)]
    return NO_LINK | found


def everything() -> dict[str, Any]:
    """What the app is given beside the rest: each page that any home mounts."""
    given: dict[str, Any] = mounted()
    left = {name: Path(__file__).with_name(f"{name}.jsonl") for name in ("plan", "waiting")}  # by a replay
    return {**given, "mounted": (*given["mounted"], EXERCISE), **left}


def every_page() -> tuple[Visitor, dict[str, tuple[str, str]]]:
    """A visitor of the ward, and every page of it."""
    charts = lived_in()
    who = visitor(charts=charts, **everything())
    taken_back = ("nadia", f"/write/takeback/p-durand/{charts.written()[0].ref}")
    return who, {"/write/takeback/{id}/{line:path}": taken_back} | walked(who)
