"""Pages come back by themselves: handed in, out of a copier's folder, by mail; their ticks are proposed, and no more.

Method: a home of one ward with a prescription; its pack printed, marked with a pen of the tests, put where a copier, a
mail server or the ward app would put it; what `scan --waiting` makes of it.
"""

import os
from email.message import EmailMessage
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from contrefeu.acts import PageHandedIn, PageScanned, PageSettled, PagesIssued, Papers, encode, issue_words
from contrefeu.cli.accounts import station_acts
from contrefeu.cli.incoming import TAKEN
from contrefeu.cli.node import Node
from contrefeu.journal import MEDIA_ACT, MEDIA_HL7V2, Draft
from contrefeu.paper.pictures import pages_in
from tests.cli.conftest import Commands
from tests.cli.messages import IPP, admission
from tests.paper.pens import DPI, Hand, Pen

MM = DPI / 25.4  # pixels
PRESCRIPTION = (
    "MSH|^~\\&|PHARMA|CHU|CF|CHU|20261124040000||RDE^O11^RDE_O11|P-1|P|2.5|||||FRA|UNICODE UTF-8\r"
    f"PID|1||{IPP}^^^CHU&1.2.250.1.71.4.2.2&ISO^PI||MARTIN^ELOÏSE^^^^^L||19610412|F\r"
    "ORC|NW|P1^DPI|P1F^PHARMA||||||20261124040000\rRXE||PARA^Paracétamol 1 g^LISTE|1||g\r"
    "TQ1|1||Q6H||||20261124080000\rRXR|PO^Per os^HL70162\r"
).encode()


def papers(cli: Commands) -> Papers:
    """What the journal says of every page."""
    found = Papers()
    for act, entry in station_acts(Node.at(cli.home)):
        found.apply(act, entry.source)
    return found


def append(node: Node, *said: tuple[str, str, bytes]) -> str:
    """Somebody writes into the station's journal; returns the last entry."""
    with node.station_appender() as journal:
        written = journal.append([Draft(source, media, body, node.clock.now_ns()) for source, media, body in said])
    return f"{node.station_journal}/{written[-1]}"


@pytest.fixture
def ward(cli: Commands, tmp_path: Path) -> Commands:
    """A patient with a prescription; folders of a copier and of a mail server; and a dose sheet with two ticks."""
    node = Node.at(cli.home)
    for name in ("copier", "mails"):
        (tmp_path / name).mkdir()
    folders = f'folders = ["{tmp_path}/copier", "{tmp_path}/gone"]\nmails = ["{tmp_path}/mails"]\n'
    node.paths.settings.write_text(f"{node.paths.settings.read_text()}\n[scan]\n{folders}")
    with node.capture_appender() as journal:
        journal.append([Draft("X@CHU", MEDIA_HL7V2, one, node.clock.now_ns()) for one in (admission(), PRESCRIPTION)])
    cli.told("pack", "--ward", "CARDIO", "--out", tmp_path / "pack.pdf")
    [sheet] = [a for a, _ in station_acts(node) if isinstance(a, PagesIssued) and a.form == "dose-sheet"]
    page = list(pages_in((tmp_path / "pack.pdf").read_bytes()))[2]
    pen = Pen(ImageDraw.Draw(page), Hand(3))
    pen.mark("tick", sheet.boxes[0])
    pen.mark("struck", sheet.boxes[1])
    page.save(tmp_path / "sheet.jpg", quality=60)
    return cli


def settled(path: Path) -> None:
    """Nobody writes on it any more."""
    os.utime(path, (0, 0))


@pytest.mark.req("Q1", "Q3")
def test_a_copier_s_folder_is_emptied_and_ticks_are_proposed(ward: Commands, tmp_path: Path) -> None:
    """A file that is being written stays; then it is filed, its ticks are proposed, and no dose is in the chart."""
    file = tmp_path / "copier" / "scan1.jpg"
    file.write_bytes((tmp_path / "sheet.jpg").read_bytes())
    told = ward.told("scan", "--waiting", status=10)
    assert (told["pages"], told["problems"]) == (0, [f"{tmp_path}/gone"])
    settled(file)
    told = ward.told("scan", "--waiting", status=10)
    assert (told["pages"], told["filed"], told["missing"]) == (1, 1, [])
    assert [one.name for one in (tmp_path / "copier").iterdir()] == [TAKEN]
    [found] = papers(ward).proposals()
    assert [(one.box, one.state) for one in found.marks] == [(0, "ticked"), (1, "struck")]
    assert found.issued.boxes[0].what.startswith("MedicationRequest/")
    types = {e["resource"]["resourceType"] for e in ward.told("chart", IPP)["entry"]}
    assert "DocumentReference" in types
    assert "MedicationAdministration" not in types
    assert ward.told("scan", "--waiting", status=10)["pages"] == 0


def test_a_mail_s_pictures_are_pages_and_a_mail_without_one_waits(ward: Commands, tmp_path: Path) -> None:
    """The sheet as an attachment; a mail of words is kept and unreadable."""
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "nadia@example.org", "feuille"
    mail.set_content("ci-joint")
    bare = mail.as_bytes()
    mail.add_attachment((tmp_path / "sheet.jpg").read_bytes(), maintype="image", subtype="jpeg", filename="a.jpg")
    for name, data in (("1.eml", mail.as_bytes()), ("2.eml", bare)):
        (tmp_path / "mails" / name).write_bytes(data)
        settled(tmp_path / "mails" / name)
    told = ward.told("scan", "--waiting", status=10)
    assert (told["filed"], told["unreadable"]) == (1, 1)
    assert ward("journal", "show", "--entry", told["queue"][0]["entry"], "--raw").out == bare


@pytest.mark.req("Q1")
def test_what_a_nurse_hands_in_is_read_once(ward: Commands, tmp_path: Path) -> None:
    """A photograph of the sheet, and one of nothing: the first is filed as hers, the second waits on her ward."""
    node, blank = Node.at(ward.home), tmp_path / "blank.png"
    picture = append(node, ("user/nadia", "image/jpeg", (tmp_path / "sheet.jpg").read_bytes()))
    Image.new("L", (300, 400), 255).save(blank)
    nothing = append(node, ("user/nadia", "image/png", blank.read_bytes()))
    handed = [PageHandedIn(one, "2026-11-24T05:00:00Z", "CARDIO") for one in (picture, nothing)]
    append(node, *(("user/nadia", MEDIA_ACT, encode(act)) for act in handed))
    assert [act for act, _ in papers(ward).unread()] == handed
    told = ward.told("scan", "--waiting", status=10)
    assert (told["filed"], told["unreadable"]) == (1, 1)
    after = papers(ward)
    assert after.unread() == []
    [waits] = after.waiting()
    assert (waits.state, waits.ward, waits.handed_in) == ("unreadable", "CARDIO", nothing)
    assert [p.scan.handed_in for p in after.proposals()] == [picture]
    authors = [e["resource"]["author"] for e in ward.told("chart", IPP)["entry"] if "author" in e["resource"]]
    assert authors == [[{"display": "nadia"}]]
    assert ward.told("scan", "--waiting", status=10)["pages"] == 0


@pytest.mark.req("Q3")
def test_boxes_of_pages_that_somebody_filed_are_looked_at(ward: Commands, tmp_path: Path) -> None:
    """A blank form, a sheet without its code named by its number, the same filed on a wrong chart.

    The form's tick is proposed as it is read; the sheet's are asked, as no code said which page it is; the last is not
    looked at. Each once.
    """
    node = Node.at(ward.home)
    told = ward.told("forms", "admission", "--ward", "CARDIO", "--out", tmp_path / "blank.pdf")
    [blank] = [a for a, _ in station_acts(node) if isinstance(a, PagesIssued) and a.form == "admission"]
    form = next(pages_in((tmp_path / "blank.pdf").read_bytes()))
    Pen(ImageDraw.Draw(form), Hand(4)).mark("tick", blank.boxes[1])
    torn = Image.open(tmp_path / "sheet.jpg")
    ImageDraw.Draw(torn).rectangle([(165 * MM, 14 * MM), (194 * MM, 42 * MM)], fill=255)
    [sheet] = [a for a, _ in station_acts(node) if isinstance(a, PagesIssued) and a.form == "dose-sheet"]
    for name, page in (("1", form), ("2", torn.rotate(180)), ("3", Image.new("L", (300, 400), 255))):
        page.save(tmp_path / "copier" / f"{name}.png")
        settled(tmp_path / "copier" / f"{name}.png")
    queue = ward.told("scan", "--waiting", status=10)["queue"]
    assert [one["why"] for one in queue] == ["a blank form: whose?", "no code was read", "no code was read"]
    entries, at = [one["entry"] for one in queue], "2026-11-24T05:00:00Z"
    acts = [
        PageSettled(entries[0], "filed", at, "", sheet.chart, entries[0]),
        PageSettled(entries[1], "filed", at, "", sheet.chart, entries[1], sheet.issue, 1),
        PageSettled(entries[2], "filed", at, "", "00000000-0000-4000-8000-000000000000", "", sheet.issue, 1),
    ]
    append(node, *(("user/nadia", MEDIA_ACT, encode(act)) for act in acts))
    assert [one.named for one in papers(ward).to_look_at()] == [False, True, True]
    ward.told("scan", "--waiting", status=10)
    after = papers(ward)
    assert after.to_look_at() == []
    found = [after.marks_read(entry) for entry in entries]
    marks = [[(one.box, one.state, one.why) for one in read.marks] for read in found if read is not None]
    assert marks == [[(1, "ticked", "")], [(0, "doubtful", "named"), (1, "doubtful", "named")], []]
    assert [read.found for read in found if read is not None] == [True, True, False]
    assert {p.issued.issue: len(p.marks) for p in after.proposals()} == {blank.issue: 1, sheet.issue: 2}
    assert told["issues"] == [issue_words(bytes.fromhex(blank.issue))]


def test_what_was_taken_goes_when_it_is_old(ward: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A week later `taken/` is empty; what a copier leaves then stays."""
    file = tmp_path / "copier" / "scan1.jpg"
    file.write_bytes((tmp_path / "sheet.jpg").read_bytes())
    settled(file)
    ward.told("scan", "--waiting", status=10)
    [kept] = (tmp_path / "copier" / TAKEN).iterdir()
    later = Node.at(ward.home).clock.now_ns() + 8 * 86_400 * 10**9
    monkeypatch.setattr("contrefeu.base.SystemClock.now_ns", lambda _: later)
    ward("scan", "--waiting")
    assert not kept.exists()
    assert [a.state for a, _ in station_acts(Node.at(ward.home)) if isinstance(a, PageScanned)] == ["filed"]
