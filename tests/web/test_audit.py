"""No one looks unseen: each look is an entry before it is shown, and what cannot be journaled is not shown.

Method: the whole app on a ward in memory whose journal refuses on demand: an error of the disk, a writer that is gone,
a full disk; and one that keeps the entry and fails all the same.
"""

import asyncio
import errno
import logging

import pytest
import structlog
from fhir.resources.R4B.auditevent import AuditEvent

from contrefeu.base import ManualClock, StorageError
from tests.station.visitors import enter, text_of, visitor, wait_for
from tests.station.ward_in_memory import NOW_NS, Charts, staffed

LOOKS = {
    "/ward/CARD": ("board", "", "ward CARD"),
    "/hospital": ("board", "", "hospital"),
    "/patient/p-durand": ("view", "p-durand", ""),
    "/document/p-durand/DocumentReference/doc1/0": ("document", "p-durand", "DocumentReference/doc1/0"),
    "/entry/n7f3k2-capture/184000?chart=p-durand": ("entry", "p-durand", "n7f3k2-capture/184000"),
    "/raw/n7f3k2-capture/184000": ("entry", "", "n7f3k2-capture/184000"),
}


class Refusing(Charts):
    """A ward in memory whose journal refuses."""

    fault: Exception | None = None
    kept = False

    async def append(self, source, media_type, body):
        """Refuse, having written or not."""
        if self.fault is None:
            return await super().append(source, media_type, body)
        if self.kept:
            await super().append(source, media_type, body)
        raise self.fault


@pytest.fixture
def ward():
    """A nurse in front of a journal that can refuse."""
    return visitor("nadia", charts=staffed(Refusing()), clock=ManualClock(NOW_NS))


def full():
    """What a full disk raises, as it reaches us."""
    found = StorageError("the journal cannot write")
    found.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    return found


@pytest.mark.req("G4")
@pytest.mark.parametrize("path", LOOKS)
def test_every_look_is_an_entry(path):
    """One page, one entry: who, when, from where, at whom or what, as a valid FHIR AuditEvent."""
    nadia = visitor("nadia")
    assert nadia.get(path).status_code == 200
    kind, patient, what = LOOKS[path]
    [event] = nadia.charts.audited()
    AuditEvent.model_validate(event)
    assert event["subtype"] == [{"code": kind}]
    assert event["agent"][0]["who"] == {"identifier": {"value": "nadia"}, "display": "Nadia Benali"}
    assert event["agent"][0]["network"]["address"] == "127.0.0.1"
    assert event["recorded"] == "2026-11-24T02:11:58.000000Z"
    named = [entity["what"] for entity in event["entity"]]
    assert named == [{"reference": f"Patient/{patient}"}] * bool(patient) + [{"display": what}] * bool(what)


FAULTS = {
    "the disk": StorageError("x"),
    "a writer gone": ConnectionRefusedError(),
    "input/output": OSError(errno.EIO, "x"),
}


@pytest.mark.req("G4")
@pytest.mark.parametrize("kept", [False, True], ids=["nothing written", "written all the same"])
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("path", LOOKS)
def test_what_cannot_be_journaled_is_not_shown(ward, path, fault, kept):
    """The appender fails, leaving nothing or having written: the page is refused and says why, without a patient."""
    ward.charts.fault, ward.charts.kept = FAULTS[fault], kept
    for refresh in ({}, {"x_refresh": "1"}, {"x_refresh": "1"}):
        answer = ward.get(path, **refresh)
        assert answer.status_code == 503
        assert "ne peut pas être inscrite au journal" in text_of(answer)
        for secret in ("DURAND", "Furosémide", "100234", "%PDF"):
            assert secret not in answer.text


class Slow(Charts):
    """A ward in memory whose journal waits for its disk, and which is asked who is on it meanwhile."""

    def __init__(self):
        super().__init__()
        self.synced, self.asked = asyncio.Event(), asyncio.Event()

    async def append(self, source, media_type, body):
        """Keep it once the disk has synced."""
        await self.synced.wait()
        return await super().append(source, media_type, body)

    async def board(self, ward="", world=""):
        """The rows of a ward."""
        self.asked.set()
        return await super().board(ward, world)


@pytest.mark.req("G4")
def test_a_page_is_made_while_its_look_is_written_and_sent_after():
    """A slow disk costs a page the longer of both; nothing of it leaves before the entry is there."""
    nadia = visitor("nadia", charts=staffed(Slow()), clock=ManualClock(NOW_NS))

    async def story():
        nadia.charts.asked.clear()
        page = asyncio.ensure_future(nadia.client.get("/ward/CARD"))
        await asyncio.wait_for(nadia.charts.asked.wait(), 10)
        for _ in range(200):
            await asyncio.sleep(0)
        assert not page.done()
        nadia.charts.synced.set()
        return await page

    answer = wait_for(story())
    assert "DURAND" in answer.text
    assert [one["subtype"][0]["code"] for one in nadia.charts.audited()] == ["board"]


@pytest.mark.req("G4")
def test_a_search_is_journaled_before_its_answer(ward):
    """Found or not, what was searched is in the entry; when it cannot be, nobody is named."""
    ward.post("/search", q="durand")
    ward.charts.fault = StorageError("x")
    answer = ward.get("/search/1")
    assert answer.status_code == 503
    assert "DURAND" not in answer.text
    ward.charts.fault = None
    assert "DURAND" in ward.get("/search/1").text
    [event] = ward.looks("search")
    assert event["entity"] == [
        {"role": {"system": "http://terminology.hl7.org/CodeSystem/object-role", "code": "24"}, "query": "ZHVyYW5k"}
    ]


@pytest.mark.req("G4")
def test_nobody_comes_in_unseen(ward):
    """A login that cannot be journaled lets nobody in; one refused is refused all the same."""
    ward.charts.fault = StorageError("x")
    ward.client.cookies.clear()
    assert enter(ward, "nadia").status_code == 503
    assert ward.shell.cookie not in ward.client.cookies
    assert enter(ward, "nadia", "wrong-secret-1").status_code == 401


def test_somebody_always_gets_out(ward):
    """A logout ends the session whatever the journal does."""
    ward.charts.fault = StorageError("x")
    assert ward.post("/logout").status_code == 303
    assert ward.shell.sessions.get(ward.token, used=False) is None


@pytest.mark.req("G4")
def test_no_act_is_done_unseen(ward):
    """Breaking the glass, declaring downtime: what the journal refuses was not done."""
    lucas = visitor("lucas", charts=ward.charts, clock=ManualClock(NOW_NS))
    lucas.get("/")
    ward.charts.fault = StorageError("x")
    answer = lucas.post("/glass/p-durand", reason="urgence vitale")
    assert answer.status_code == 503
    assert "rien n’a été fait" in text_of(answer)
    ward.charts.fault = None
    assert lucas.get("/patient/p-durand").headers["location"] == "/glass/p-durand"


def test_a_full_disk_closes_no_chart(ward):
    """Charts stay readable (S11); every page says how many looks wait, and they are entries once there is room."""
    ward.charts.fault = full()
    page = ward.get("/patient/p-durand")
    assert page.status_code == 200
    assert "1 consultation attend d’être inscrite au journal" in text_of(page)
    assert "2 consultations attendent" in text_of(ward.get("/ward/CARD"))
    assert ward.charts.audited() == []
    ward.charts.fault = None
    ward.get("/hospital")
    assert [event["subtype"][0]["code"] for event in ward.charts.audited()] == ["view", "board", "board"]
    assert "contrefeu_audit_gap_total 2.0" in ward.get("/metrics").text


def test_a_page_that_refreshes_itself_is_one_look():
    """Looked at for an hour, a page is journaled every ten minutes, not every second; another page at once."""
    clock = ManualClock(NOW_NS)
    nadia = visitor("nadia", clock=clock)
    nadia.get("/ward/MED")
    for _ in range(60):
        clock.advance(seconds=60)
        nadia.get("/ward/MED?active=1", x_refresh="1")
        nadia.shell.sessions.get(nadia.token, used=True)
    assert len(nadia.looks("board")) == 7
    nadia.get("/patient/p-durand", x_refresh="1")
    assert len(nadia.looks("view")) == 1


@pytest.mark.req("G4")
def test_a_refusal_is_an_entry_too():
    """Who asks for what their role does not give leaves a trace, and the page says that it does."""
    nadia, dpo = visitor("nadia"), visitor("dpo")
    for who, path in ((nadia, "/downtime"), (dpo, "/patient/p-durand"), (dpo, "/entry/n7f3k2-capture/1")):
        answer = who.get(path)
        assert answer.status_code == 403
        assert "inscrite au journal" in answer.text
    assert [event["outcome"] for event in nadia.looks("act") + dpo.looks("act")] == ["4"] * 3


@pytest.mark.parametrize("path", ["/entry/n7f3k2-capture/184000", "/entry/n7f3k2-capture/184000?chart=p-durand"])
def test_an_entry_outside_ones_wards_is_refused_and_seen(path):
    """A nurse of another ward reads no source message of a chart whose glass she did not break."""
    lucas = visitor("lucas")
    assert lucas.get(path).status_code == 403
    [event] = lucas.looks("act")
    assert event["outcome"] == "4"


def test_logs_and_metrics_hold_no_patient(caplog, capsys):
    """Names, numbers and searched words stay in the journal: no log line and no figure has them."""
    nadia = visitor("nadia")
    with caplog.at_level(logging.DEBUG), structlog.testing.capture_logs() as lines:
        for path in LOOKS:
            nadia.get(path)
        nadia.post("/search", q="durand")
        nadia.get("/search/1")
        nadia.charts.find = None  # a failure that nobody foresaw
        assert nadia.get("/search/1").status_code == 500
    ours = [record.getMessage() for record in caplog.records if record.name != "httpx"]  # the visitor's own log
    said = f"{ours}{lines}{''.join(capsys.readouterr())}{nadia.get('/metrics').text}"
    assert "page failed" in said
    for secret in ("DURAND", "durand", "100234", "184000"):
        assert secret not in said


def test_addresses_hold_no_patient():
    """What a browser keeps of a night is opaque: ids and numbers of searches, no name and no number of a person."""
    nadia = visitor("nadia")
    answer = nadia.post("/search", q="DURAND 12/03/1942")
    assert answer.headers["location"] == "/search/1"
    page = nadia.get("/search/1").text
    assert 'action="/search"' in page
    assert 'method="get"' not in page
    assert "q=" not in page
