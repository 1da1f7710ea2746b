"""`pack`, `forms` and `scan`: from a ward's charts to paper and back, on the right chart.

Method: messages of patients, printed, drawn as a copier would, scanned; what is then on each chart, in the queue and on
the list of what is missing.
"""

import errno
import hashlib
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from contrefeu.acts import PagesIssued, PapersGiven
from contrefeu.cli.accounts import station_acts
from contrefeu.cli.node import Node
from contrefeu.journal import MEDIA_HL7V2, Draft
from tests.cli.conftest import Commands
from tests.cli.messages import IPP, admission, potassium

OTHER = "8005678"
File = Callable[[str, bytes], Path]


def say(cli: Commands, *messages: bytes) -> None:
    """A feed says these now."""
    node = Node.at(cli.home)
    with node.capture_appender() as journal:
        journal.append([Draft("CPAGE@CHU", MEDIA_HL7V2, message, node.clock.now_ns()) for message in messages])


@pytest.fixture
def ward(cli: Commands) -> Commands:
    """Two patients of ward CARDIO."""
    other = admission("A-2", name="ADAM^LUC", number=OTHER).replace(b"^112^3^", b"^112^4^")
    yesterday = datetime.now(UTC) - timedelta(days=1)  # papers show three days
    say(cli, admission(), other, potassium(day=f"{yesterday:%Y%m%d}"))
    return cli


def documents(cli: Commands, number: str) -> list[dict[str, Any]]:
    """The scanned pages of a chart."""
    entries = cli.told("chart", number)["entry"]
    return [e["resource"] for e in entries if e["resource"]["resourceType"] == "DocumentReference"]


def pages(file: Path) -> list[str]:
    """The text of each page."""
    return [page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(file)]


@pytest.mark.req("W3", "W6")
def test_a_ward_s_pack_is_printed(ward: Commands, tmp_path: Path) -> None:
    """Pages, patients and as-of are told; census, index and both patients are in it; a look is audited."""
    told = ward.told("pack", "--ward", "CARDIO", "--out", tmp_path / "p.pdf", "--user", "durand")
    assert (told["patients"], told["pages"]) == (2, 5)
    assert told["as_of"]
    text = pages(tmp_path / "p.pdf")
    assert len(text) == 5
    assert "MARTIN ELOÏSE" in text[0] and "ADAM LUC" in text[0]
    assert "6.8 mmol/L" in text[1]
    acts = [e for e in ward.told("journal", "show")["entries"] if e["source"] == "user/durand"]
    assert len(acts) >= 6  # the audit, and five issues


@pytest.mark.req("W4")
def test_a_pack_is_locked_by_the_first_line_of_a_file(ward: Commands, tmp_path: Path, filed: File) -> None:
    """Without the password it does not open; one that is too short prints nothing."""
    out, secret = tmp_path / "p.pdf", filed("pw.txt", b"orage-bleu-27\nnot this\n")
    ward.told("pack", "--ward", "CARDIO", "--out", out, "--password-file", secret)
    with pytest.raises(pypdfium2.PdfiumError):
        pypdfium2.PdfDocument(out)
    assert len(pypdfium2.PdfDocument(out, password="orage-bleu-27")) == 5
    before = hashlib.sha256(out.read_bytes()).digest()
    assert ward("pack", "--ward", "CARDIO", "--out", out, "--password-file", filed("x", b"short")).status == 1
    assert ward("pack", "--ward", "CARDIO", "--out", out, "--password-file", tmp_path / "none").status == 1
    assert hashlib.sha256(out.read_bytes()).digest() == before


def test_a_ward_that_nobody_named_prints_nothing(ward: Commands, tmp_path: Path) -> None:
    """An error, and no file; so for a patient that nobody knows, and a list of several for one."""
    out = tmp_path / "p.pdf"
    nowhere = ward("pack", "--ward", "NOWHERE", "--out", out)
    assert nowhere.status == 1
    assert "CARDIO" in nowhere.err
    assert ward("forms", "note", "--ward", "NOWHERE", "--out", out).status == 1
    assert ward("forms", "note", "--ward", "CARDIO", "--patient", "0", "--out", out).status == 1
    assert ward("forms", "theatre-list", "--ward", "CARDIO", "--patient", IPP, "--out", out).status == 1
    assert ward("forms", "poem", "--ward", "CARDIO", "--out", out).status == 2
    assert not out.exists()


@pytest.mark.req("Q1", "Q2")
def test_written_pages_come_back_to_their_chart(ward: Commands, tmp_path: Path) -> None:
    """Two notes, two patients: each on its own chart, none missing any more; scanned again, nothing doubles."""
    for number, name in ((IPP, "a"), (OTHER, "b")):
        told = ward.told("forms", "note", "--ward", "CARDIO", "--patient", number, "--out", tmp_path / f"{name}.pdf")
        assert (told["pages"], len(told["issues"])) == (1, 1)
    assert len(ward.told("scan", status=10)["missing"]) == 2
    assert len(ward.told("scan", "--ward", "CARDIO", status=10)["missing"]) == 2
    nowhere = ward("scan", "--ward", "CARDOI")
    assert (nowhere.status, "CARDIO" in nowhere.err) == (1, True), "a ward that is none has nothing missing, it seems"
    refused = ward("scan", tmp_path / "a.pdf", tmp_path / "gone.pdf")
    assert (refused.status, "File 2 of those given" in refused.err) == (1, True), refused.err
    assert len(ward.told("scan", status=10)["missing"]) == 2, "nothing of the other one was filed"
    told = ward.told("scan", tmp_path / "a.pdf", tmp_path / "b.pdf")
    assert {name: told[name] for name in ("pages", "filed", "queued", "unreadable", "missing", "queue")} == {
        "pages": 2, "filed": 2, "queued": 0, "unreadable": 0, "missing": [], "queue": [],
    }  # fmt: skip
    for number in (IPP, OTHER):
        [document] = documents(ward, number)
        assert document["content"][0]["attachment"]["contentType"] == "image/jpeg"
    assert ward.told("scan", tmp_path / "a.pdf")["filed"] == 1
    assert len(documents(ward, IPP)) == 1


@pytest.mark.req("Q1")
def test_what_is_doubtful_waits_and_is_kept(ward: Commands, tmp_path: Path, filed: File) -> None:
    """A blank form, a page of another house, a text, a page without code: named, kept byte for byte, on no chart."""
    from PIL import Image

    ward.told("forms", "note", "--ward", "CARDIO", "--out", tmp_path / "blank.pdf")
    Image.new("L", (800, 1100), 255).save(tmp_path / "white.png")
    other = ward.at(tmp_path / "other")
    assert other("init").status == 0
    say(other, admission())
    other.told("forms", "note", "--ward", "CARDIO", "--patient", IPP, "--out", tmp_path / "foreign.pdf")
    note = filed("note.txt", b"K 6.8, call Dr X")
    told = ward.told("scan", tmp_path / "blank.pdf", tmp_path / "foreign.pdf", tmp_path / "white.png", note, status=10)
    assert (told["pages"], told["filed"], told["queued"], told["unreadable"]) == (4, 0, 2, 2)
    whys = [one["why"] for one in told["queue"]]
    assert whys[:3] == ["a blank form: whose?", "an issue that is not known here", "no code was read"]
    assert ward("journal", "show", "--entry", told["queue"][3]["entry"], "--raw").out == note.read_bytes()
    assert documents(ward, IPP) == documents(ward, OTHER) == []


@pytest.mark.req("Q4")
def test_a_page_follows_a_patient_who_was_merged(ward: Commands, tmp_path: Path) -> None:
    """Printed before A40, scanned after it: it is on the chart that survived, found under both numbers."""
    ward.told("forms", "note", "--ward", "CARDIO", "--patient", OTHER, "--out", tmp_path / "a.pdf")
    merge = (
        "MSH|^~\\&|CPAGE|CHU|CF|CHU|20261124050000||ADT^A40^ADT_A39|M-1|P|2.5|||||FRA|UNICODE UTF-8\r"
        "EVN|A40|20261124050000\r"
        f"PID|1||{IPP}^^^CHU&1.2.250.1.71.4.2.2&ISO^PI||MARTIN^ELOÏSE^^^^^L||19610412|F\r"
        f"MRG|{OTHER}^^^CHU&1.2.250.1.71.4.2.2&ISO^PI\r"
    ).encode()
    say(ward, merge)
    assert ward.told("scan", tmp_path / "a.pdf")["filed"] == 1
    [document] = documents(ward, IPP)
    assert documents(ward, OTHER) == [document]


@pytest.mark.req("Q2")
def test_lost_pages_are_declared_by_somebody(ward: Commands, tmp_path: Path) -> None:
    """By name and with a reason; then they are missing no more. Without either, nothing is declared."""
    [issue] = ward.told("forms", "note", "--ward", "CARDIO", "--patient", IPP, "--out", tmp_path / "a.pdf")["issues"]
    assert ward("scan", "--lost", issue, "--reason", "burnt").status == 1
    assert ward("scan", "--lost", "0000-0000-00000", "--reason", "burnt", "--user", "durand").status == 1
    [missing] = ward.told("scan", status=10)["missing"]
    assert (missing["issue"], missing["ward"], missing["pages"]) == (issue, "CARDIO", [1])
    assert ward("scan", "--ward", "REA").status == 1, "there is no such ward: none of its pages can be missing"
    assert ward.told("scan", "--lost", issue, "--reason", "burnt", "--user", "durand")["missing"] == []


def test_an_exercise_s_pages_stay_an_exercise_s(cli: Commands, tmp_path: Path) -> None:
    """Patients of the T world: the page says so, and its document is labelled."""
    say(cli, admission().replace(b"|P|2.5|", b"|T|2.5|"))
    cli.told("forms", "note", "--ward", "CARDIO", "--patient", IPP, "--out", tmp_path / "a.pdf")
    assert "EXERCISE" in pages(tmp_path / "a.pdf")[0]
    assert cli.told("scan", tmp_path / "a.pdf")["filed"] == 1
    [document] = documents(cli, IPP)
    assert "HTEST" in json.dumps(document["meta"])


def test_files_that_are_not_there_file_nothing(ward: Commands, tmp_path: Path) -> None:
    """One name is wrong: an error before any page is taken in."""
    ward.told("forms", "note", "--ward", "CARDIO", "--patient", IPP, "--out", tmp_path / "a.pdf")
    assert ward("scan", tmp_path / "a.pdf", tmp_path / "none.pdf").status == 1
    assert documents(ward, IPP) == []


def test_without_its_parts_scan_says_what_to_install(
    ward: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, filed: File
) -> None:
    """The extra is named; what is missing can be listed all the same."""
    monkeypatch.setitem(sys.modules, "contrefeu.paper.pictures", None)
    ran = ward("scan", filed("a.pdf", b"%PDF-"))
    assert ran.status == 1
    assert "contrefeu[scan]" in ran.err
    assert ward.told("scan")["missing"] == []


@pytest.mark.req("T1")
def test_a_patient_who_leaves_takes_three_things_along(ward: Commands, tmp_path: Path) -> None:
    """IPS document, two-page letter, codes; the journal says who left where with which files; the codes are read."""
    out = tmp_path / "papers"
    told = ward.told("transfer", IPP, "--to", "CH de Dieppe", "--out", out, "--user", "durand")
    assert sorted(Path(one).name for one in told["files"]) == ["code-1-1.svg", "letter.pdf", "summary.json"]
    assert told["pages"] <= 2
    assert json.loads((out / "summary.json").read_text())["type"] == "document"
    node = Node.at(ward.home)
    [given] = [
        act for act, entry in station_acts(node) if isinstance(act, PapersGiven) and entry.source == "user/durand"
    ]
    assert (given.to, sorted(given.files)) == ("CH de Dieppe", ["code-1-1.svg", "letter.pdf", "summary.json"])
    assert given.files["letter.pdf"] == hashlib.sha256((out / "letter.pdf").read_bytes()).hexdigest()
    read = ward.told("transfer", "--read", out / "letter.pdf")
    assert (read["family"], read["state"]) == ("MARTIN", "no-source")
    assert "no source there ever spoke of it" in ward("transfer", "--read", out / "letter.pdf").out.decode()


def test_papers_that_cannot_be_written_are_not_said_to_be_given(ward: Commands, tmp_path: Path) -> None:
    """A file stands where the folder should be: an error that says so, and no entry."""
    (tmp_path / "taken").write_text("")
    ran = ward("transfer", IPP, "--to", "CH de Dieppe", "--out", tmp_path / "taken")
    assert (ran.status, "Nothing can be written" in ran.err) == (14, True)
    assert not [act for act, _ in station_acts(Node.at(ward.home)) if isinstance(act, PapersGiven)]


def test_paper_that_cannot_be_written_is_not_issued(ward: Commands, tmp_path: Path, monkeypatch: Any) -> None:
    """No such folder, a folder in the file's place: an error that says what is safe, no issue; a full disk: lost."""
    note, node = ("forms", "note", "--ward", "CARDIO", "--patient", IPP), Node.at(ward.home)
    for command in (note, ("pack", "--ward", "CARDIO"), ("chart", IPP, "--as", "pdf")):
        for out in (tmp_path / "none" / "a.pdf", tmp_path):
            ran = ward(*command, "--out", out)
            assert ran.status == 14, command
            assert "safe" in ran.err and "next  Name a" in ran.err
    assert not [act for act, _ in station_acts(node) if isinstance(act, PagesIssued)]

    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "")

    monkeypatch.setattr("contrefeu.cli.printing.write_file", full)
    ran = ward(*note, "--out", tmp_path / "a.pdf")
    assert (ran.status, "declared lost" in ran.err) == (14, True)
    assert [act for act, _ in station_acts(node) if isinstance(act, PagesIssued)]
    assert ward.told("scan")["missing"] == []


def test_a_transfer_that_is_not_told_enough_gives_nothing(ward: Commands, tmp_path: Path) -> None:
    """No house, no such patient, no code to read: an error each, and no file."""
    assert ward("transfer", IPP, "--out", tmp_path / "x").status == 1
    assert ward("transfer", "nobody", "--to", "CH", "--out", tmp_path / "x").status == 1
    assert not (tmp_path / "x").exists()
    ward.told("forms", "note", "--ward", "CARDIO", "--out", tmp_path / "a.pdf")
    assert "No summary was read" in ward("transfer", "--read", tmp_path / "a.pdf").err


@pytest.mark.req("F25")
def test_wristbands_are_a_patient_s(ward: Commands, tmp_path: Path) -> None:
    """With a patient, sheets that nobody misses; without one, an error and no file."""
    out = tmp_path / "b.pdf"
    told = ward.told("forms", "wristband", "--ward", "CARDIO", "--patient", IPP, "--count", "2", "--out", out)
    assert (told["pages"], len(told["issues"])) == (2, 2)
    assert ward.told("scan")["missing"] == []
    assert ward("forms", "labels", "--ward", "CARDIO", "--out", tmp_path / "none.pdf").status == 1
    assert not (tmp_path / "none.pdf").exists()


def test_a_chart_is_printed(ward: Commands, tmp_path: Path) -> None:
    """`chart --as pdf`: the patient's pages; they are issued before they are there."""
    assert ward("chart", IPP, "--as", "pdf", "--out", tmp_path / "c.pdf").status == 0
    assert "6.8 mmol/L" in "".join(pages(tmp_path / "c.pdf"))
    issued = [act for act, _ in station_acts(Node.at(ward.home)) if isinstance(act, PagesIssued)]
    assert [one.form for one in issued] == ["chart"]
