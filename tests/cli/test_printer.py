"""Printing through a real CUPS: pages arrive whole, and a queue that prints nothing says why before pages are issued.

Method: a scheduler of the tests' own whose printers are folders (tests/suites/cups.py); queues that are missing,
stopped, closed, full and out of paper; a pack, a form, and a ward's pack in a downtime.
"""

import threading
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pytest

from contrefeu.acts import PagesIssued, PagesLost
from contrefeu.cli import checkup
from contrefeu.cli.accounts import station_acts
from contrefeu.cli.node import Node
from contrefeu.cli.spool import Sent, send, trouble_of, waits
from contrefeu.cli.standing import every_quarter
from contrefeu.journal import MEDIA_HL7V2, Draft
from tests.cli.conftest import Commands
from tests.cli.messages import IPP, admission
from tests.suites.cups import JOBS_MAX, Spool, spool

pytestmark = pytest.mark.system("cupsd", "lp")


@pytest.fixture(scope="module")
def cups() -> Iterator[Spool]:
    """One CUPS for all of them; each test has queues of its own."""
    with spool() as found:
        yield found


@pytest.fixture(autouse=True)
def _its_server(cups: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUPS_SERVER", cups.server)


@pytest.fixture
def ward(cli: Commands, tmp_path: Path) -> Commands:
    """One patient of ward CARDIO; packs are made ahead, and its printer is "second-floor"."""
    node = Node.at(cli.home)
    said = f'\n[packs]\nfolders = ["{tmp_path}"]\n[packs.printers]\nCARDIO = "second-floor"\n'
    node.paths.settings.write_text(node.paths.settings.read_text() + said)
    with node.capture_appender() as journal:
        journal.append([Draft("CPAGE@CHU", MEDIA_HL7V2, admission(), node.clock.now_ns())])
    return cli


def acts(cli: Commands, kind: type) -> list[object]:
    """What the journal says of that kind."""
    return [act for act, _ in station_acts(Node.at(cli.home)) if isinstance(act, kind)]


def text(pdf: bytes) -> str:
    """What its pages say."""
    return "".join(page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(pdf))


def test_a_job_arrives_whole(cups: Spool) -> None:
    """Five million bytes, the same on the other side."""
    cups.add("whole")
    pdf = b"%PDF-1.7\n" + bytes(range(256)) * 20_000
    sent = send("whole", "a long one", pdf)
    assert sent == Sent(job="whole-1") or sent.job.startswith("whole-")
    assert cups.printed("whole", 1) == [("a long one", pdf)]
    assert not waits("whole", sent.job)


@pytest.mark.req("W4", "Q2")
def test_a_pack_and_a_form_come_out_of_a_printer(ward: Commands, cups: Spool) -> None:
    """Both whole, with the pages that were told; what is written on is missed until it comes back."""
    cups.add("desk")
    pack = ward.told("pack", "--ward", "CARDIO", "--printer", "desk")
    note = ward.told("forms", "note", "--ward", "CARDIO", "--patient", IPP, "--printer", "desk")
    (_, first), (title, second) = cups.printed("desk", 2)
    assert (pack["printer"], len(pypdfium2.PdfDocument(first))) == ("desk", pack["pages"])
    assert "MARTIN" in text(first)
    assert title == "note CARDIO"
    assert note["issues"][0] in text(second)
    assert {one["form"] for one in ward.told("scan", status=10)["missing"]} == {"dose-sheet", "note"}


def test_each_trouble_of_a_queue_is_named_before_a_page_is_issued(ward: Commands, cups: Spool) -> None:
    """Missing, stopped, closed: what, why, and no issue in the journal."""
    for queue in ("stopped", "closed"):
        cups.add(queue)
    cups.run("cupsdisable", "-r", "no toner", "stopped")
    cups.run("cupsreject", "-r", "moved to the third floor", "closed")
    said = {
        "gone": "is unknown to CUPS here",
        "stopped": "is stopped (no toner)",
        "closed": "takes no jobs (moved to the third floor)",
    }
    assert {queue: trouble_of(queue) for queue in said} == said
    for queue, trouble in said.items():
        ran = ward("forms", "note", "--ward", "CARDIO", "--printer", queue)
        assert ran.status == 14
        assert f"The printer {queue} {trouble}." in ran.err
        assert "no page was issued" in ran.err
    assert acts(ward, PagesIssued) == []
    for wrong in ((), ("--printer", "desk", "--out", "x.pdf")):
        assert ward("forms", "note", "--ward", "CARDIO", *wrong).status == 1


@pytest.mark.req("Q2")
def test_a_full_queue_refuses_and_its_pages_are_lost_aloud(ward: Commands, cups: Spool) -> None:
    """It looks ready; what it then refuses is declared lost, and missed by nobody."""
    cups.add("full")
    for _ in range(JOBS_MAX):
        cups.run("lp", "-d", "full", "-H", "hold", "-", data=b"%PDF-1.7 held")
    ran = ward("forms", "note", "--ward", "CARDIO", "--printer", "full")
    assert ran.status == 14
    assert "The printer full is full: it takes no more jobs." in ran.err
    assert [one.reason for one in acts(ward, PagesLost)] == ["the printer full is full: it takes no more jobs"]
    assert ward.told("scan")["missing"] == []


def test_no_server_is_said_as_such(ward: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    """CUPS that does not run, and CUPS that is not installed."""
    monkeypatch.setenv("CUPS_SERVER", "/nowhere/socket")
    assert trouble_of("desk") == "cannot be reached: CUPS does not answer"
    assert send("desk", "x", b"%PDF") == Sent(problem="cannot be reached: CUPS does not answer")
    monkeypatch.setenv("PATH", "/nowhere")
    assert trouble_of("desk") == "cannot be reached: CUPS is not installed here"


@pytest.mark.req("Q2", "W2")
def test_a_declared_downtime_prints_the_ward_s_pack_once(ward: Commands, cups: Spool) -> None:
    """A queue that is stopped, then out of paper: `status` says so each time; then the pack comes out, once."""
    assert [one.what for one in checkup.printers(Node.at(ward.home))] == [
        "The printer second-floor of ward CARDIO is unknown to CUPS here."
    ]
    cups.add("second-floor")
    cups.run("cupsdisable", "-r", "drum worn", "second-floor")
    ward.told("packs", "make", "--ward", "CARDIO")
    assert [one["printer"] for one in ward.told("status")["packs"]] == [""]
    ward.told("downtime", "declare", "--reason", "drill of the test")
    ahead = len(acts(ward, PagesIssued))
    ward.told("packs", "make", "--ward", "CARDIO")
    assert len(acts(ward, PagesIssued)) == ahead
    assert [one["printer"] for one in ward.told("status", status=10)["packs"]] == [
        "second-floor is stopped (drum worn)"
    ]
    assert "NOT PRINTED: the printer second-floor is stopped" in ward("packs", "list").out.decode()
    cups.jam("second-floor")
    cups.run("cupsenable", "second-floor")
    ward.told("packs", "make", "--ward", "CARDIO")
    cups.stopped("second-floor")
    ward.told("packs", "make", "--ward", "CARDIO")
    [said] = [one["printer"] for one in ward.told("packs", "list", status=10)["packs"]]
    assert said.startswith("second-floor is stopped")
    assert "its pages wait as second-floor-" in said
    cups.mend("second-floor")
    [(title, pdf)] = cups.printed("second-floor", 1)
    assert (title, "MARTIN" in text(pdf)) == ("pack CARDIO", True)
    for _ in range(2):
        ward.told("packs", "make", "--ward", "CARDIO")
    assert ward.told("packs", "list")["packs"][0]["printer"] == ""
    assert len(cups.printed("second-floor", 1)) == 1
    assert [one["form"] for one in ward.told("scan", status=10)["missing"]] == ["dose-sheet"]


@pytest.mark.req("F39")
def test_a_station_that_makes_none_ahead_prints_its_ward_s_pack(ward: Commands, cups: Spool) -> None:
    """A crisis stick of a ward names a printer and no folder: nothing ever looked at that printer."""
    settings = Node.at(ward.home).paths.settings
    kept = [line for line in settings.read_text().splitlines() if not line.startswith("folders =")]
    settings.write_text("\n".join(kept).replace("second-floor", "beside") + "\n")
    rounds: list[tuple[str, ...]] = []
    stop = threading.Event()

    def once(_node: Node, _identity: object, _stop: object, command: tuple[str, ...], **_how: object) -> None:
        rounds.append(command)
        stop.set()

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("contrefeu.cli.standing.LOOK_S", 0.01)
        patched.setattr("contrefeu.cli.standing.run_apart", once)
        every_quarter(Node.at(ward.home), None, stop)
    assert rounds == [("packs", "make")]
    ward.told("downtime", "declare", "--reason", "drill of the test")
    assert ward.told("packs", "make")["made"] == []
    assert ward.told("status", status=10)["packs"][0]["printer"] == "beside is unknown to CUPS here"
    cups.add("beside")
    for _ in range(2):
        assert ward.told("packs", "make")["made"] == []
    [(title, pdf)] = cups.printed("beside", 1)
    assert (title, "MARTIN" in text(pdf)) == ("pack CARDIO", True)
    assert ward.told("status")["packs"] == []
    assert ward("packs", "make", "--now").status == 1


@pytest.mark.req("G1")
def test_a_ward_whose_printer_is_stopped_is_not_ready(ward: Commands, cups: Spool) -> None:
    """A queue that would print is no finding; unknown, and stopped, it is, with CUPS's own reason."""
    ward.told("users", "add", "nadia", "--name", "N", "--role", "nurse", "--ward", "CARDIO")
    ward.told("packs", "make")

    def lacks(status: int) -> list[str]:
        [found] = ward.told("ready", status=status)["wards"]
        return [one["what"] for one in found["lacks"]]

    settings = Node.at(ward.home).paths.settings
    settings.write_text(settings.read_text().replace("second-floor", "night"))
    assert lacks(10) == ["The printer night is unknown to CUPS here."]
    cups.add("night")
    assert lacks(0) == []
    cups.run("cupsdisable", "-r", "toner low", "night")
    assert lacks(10) == ["The printer night is stopped (toner low)."]
    cups.run("cupsenable", "night")
    assert lacks(0) == []
