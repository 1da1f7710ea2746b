"""Papers come home in the app: handed in, filed by a person or rejected, ticks confirmed, missing pages declared lost.

Method: a house whose charts are the node's own; acts of issues and of scans as `contrefeu scan` writes them; people of
several wards and roles send what the pages' forms send.
"""

import re

import msgspec
import pytest

from contrefeu.acts import (
    Box,
    Mark,
    MarksAnswered,
    MarksRead,
    PageHandedIn,
    PageScanned,
    PageSettled,
    PagesIssued,
    PagesLost,
    WardCorrected,
    decode,
    encode,
    issue_words,
)
from contrefeu.base import rfc3339
from contrefeu.chart import AIDED
from contrefeu.chart.sheet import Sheet
from contrefeu.journal import MEDIA_ACT
from contrefeu.station.pages.papers import PaperPages
from tests.chart.feed import PID, adt, message, ns, rde
from tests.station.folded import at_work, house
from tests.station.visitors import join, text_of, wait_for
from tests.station.ward_in_memory import STATION

JPEG = b"\xff\xd8\xff\xe0 not a real one"
AT = rfc3339(ns("1124 0130"))
SHEET, NOTE, BLANK = "00000000000000a1", "00000000000000b2", "00000000000000c3"
FORM = "00000000000000d4"


class Papers:
    """A ward with a patient, a prescription, a dose sheet, a note and a blank form that were printed."""

    def __init__(self) -> None:
        self.charts = house()
        self.charts.feed(
            adt("A01", "1123 2000", at="1123 2000", place="CARD^^1"),
            rde("1123 2010", tq1=("TQ1|1||Q6H||||20261123200000",)),
        )
        [hit] = self.charts.told.charts.find("martin")
        self.id = hit.id
        chart = self.charts.chart_now(self.id)
        [self.request] = [one["id"] for one in Sheet(chart).all("MedicationRequest")]
        what = f"MedicationRequest/{self.request}"
        hours = ("1123 2000", "1124 0200", "1124 0201")
        boxes = [Box(1, 80.0, 74.2 + n, 4.2, what, rfc3339(ns(hour))) for n, hour in enumerate(hours)]
        for issue, form, of in ((SHEET, "dose-sheet", chart), (NOTE, "note", chart), (BLANK, "note", None)):
            key = {"chart": of.id, "patient": of.key} if of else {}
            self.say(
                PagesIssued(issue, form, 1, "CARD", AT, "00" * 32, boxes=boxes if of and form != "note" else [], **key)
            )
        self.at = at_work("nadia", self.charts)

    def say(self, act, source="console"):
        """An act is in the station's journal; a moment later it is read."""
        self.charts.clock.advance(seconds=2)
        return self.charts.take(STATION, source, MEDIA_ACT, encode(act))

    def scan(self, state, issue="", marks=(), why="", ward="CARD", chart=""):
        """A picture was read; returns its entry."""
        entry = self.charts.take(STATION, "console", "image/jpeg", JPEG)
        page = 1 if issue else 0
        self.say(PageScanned(state, entry, AT, why, issue, page, chart, ward, "", 1654, 2339, list(marks)))
        return entry

    def done(self, kind):
        """What people did, of a kind."""
        acts = [decode(one.body) for one in self.charts.journal if one.media_type == MEDIA_ACT]
        return [act for act in acts if isinstance(act, kind)]

    def of(self, kind):
        """Resources of the chart."""
        return Sheet(self.charts.chart_now(self.id)).all(kind)


@pytest.fixture
def papers():
    """One."""
    return Papers()


def marks(*states):
    """A mark on each box, in order."""
    return [
        Mark(n, state, "line" if state == "doubtful" else "", 600, 500 + 90 * n, 220, 90)
        for n, state in enumerate(states)
    ]


@pytest.mark.req("Q2")
def test_missing_pages_stand_on_their_ward_s_page_and_are_declared_lost_by_name(papers):
    """Issued = back + lost + missing; without a reason nothing is declared; another ward's are not shown."""
    papers.scan("filed", NOTE, chart=papers.id)
    page = text_of(papers.at.get("/papers/CARD"))
    assert "imprimées 3 = rendues 1 + perdues 0 + manquantes 2" in page
    assert issue_words(bytes.fromhex(SHEET)) in page
    assert "MARTIN" in page
    assert papers.at.post("/papers/CARD", issue=SHEET, reason="").status_code == 400
    assert papers.at.post("/papers/CARD", issue=NOTE, reason="au feu").status_code == 400
    assert papers.done(PagesLost) == []
    assert papers.at.post("/papers/CARD", issue=SHEET, reason="tombée dans l’eau").status_code == 303
    assert [(act.issue, act.pages, act.reason) for act in papers.done(PagesLost)] == [(SHEET, [1], "tombée dans l’eau")]
    assert "= rendues 1 + perdues 1 + manquantes 1" in text_of(papers.at.get("/papers/CARD"))
    assert "Cardiologie" in text_of(papers.at.get("/papers"))
    join(papers.at, "lucas")
    assert papers.at.get("/papers/CARD").status_code == 403
    assert "Cardiologie" not in text_of(papers.at.get("/papers"))


@pytest.mark.req("Q3")
def test_a_tick_enters_the_chart_when_somebody_confirms_it(papers):
    """Proposed beside its picture: nothing is in the chart. Confirmed: given at the written hour, not given and why."""
    entry = papers.scan("filed", SHEET, marks("ticked", "struck", "doubtful"), chart=papers.id)
    page = papers.at.get(f"/ticks/{SHEET}/1")
    assert page.text.count("<svg") == 3
    assert f'href="/picture/{entry}"' in page.text
    assert 'viewBox="600 500 220 90"' in page.text
    assert "un trait passe sur la case" in text_of(page)
    assert page.text.count(" selected") == 2, "what is doubtful is not chosen beforehand"
    assert papers.of("MedicationAdministration") == []
    wrong = papers.at.post(
        f"/ticks/{SHEET}/1", **{"do-0": "given", "time-0": "20:10", "do-1": "not-given", "time-1": "02:00"}
    )
    assert wrong.status_code == 400
    assert "Pourquoi n’est-elle pas donnée ?" in text_of(wrong)
    assert papers.of("MedicationAdministration") == []
    sent = {
        "do-0": "given",
        "time-0": "20:10",
        "by-0": "NB",
        "do-1": "not-given",
        "time-1": "02:00",
        "reason-1": "vomit",
    }
    assert papers.at.post(f"/ticks/{SHEET}/1", **sent).headers["location"] == f"/ticks/{SHEET}/1"
    doses = {one["status"]: one for one in papers.of("MedicationAdministration")}
    assert sorted(doses) == ["completed", "not-done"]
    given = doses["completed"]
    assert given["effectiveDateTime"].startswith("2026-11-23T20:10")
    assert given["request"]["reference"] == f"MedicationRequest/{papers.request}"
    assert [one["actor"]["display"] for one in given["performer"]] == ["NB", "Nadia Benali"]
    assert issue_words(bytes.fromhex(SHEET)) in given["note"][0]["text"]
    [answered] = papers.done(MarksAnswered)
    assert (answered.issue, answered.page, answered.boxes) == (SHEET, 1, [0, 1])
    assert papers.at.get(f"/ticks/{SHEET}/1").text.count("<svg") == 1
    assert papers.at.post(f"/ticks/{SHEET}/1", **{"do-2": "nothing"}).status_code == 303
    assert papers.at.get(f"/ticks/{SHEET}/1").headers["location"] == "/papers/CARD"
    assert len(papers.of("MedicationAdministration")) == 2


@pytest.mark.req("Q3")
def test_a_sheet_scanned_again_proposes_what_was_ticked_since(papers):
    """The first box was answered; the second scan has it and one more: one is proposed. A repeat is asked once more."""
    papers.scan("filed", SHEET, marks("ticked"), chart=papers.id)
    assert papers.at.post(f"/ticks/{SHEET}/1", **{"do-0": "given", "time-0": "01:30"}).status_code == 303
    papers.scan("filed", SHEET, marks("ticked", "ticked"), chart=papers.id)
    assert papers.at.get(f"/ticks/{SHEET}/1").text.count("<svg") == 1
    asked = papers.at.post(f"/ticks/{SHEET}/1", **{"do-1": "given", "time-1": "02:00"})
    assert asked.status_code == 400
    assert "Une dose de cette prescription est déjà inscrite" in text_of(asked)
    sure = {"do-1": "given", "time-1": "02:00", "sure-1": "yes"}
    assert papers.at.post(f"/ticks/{SHEET}/1", **sure).status_code == 303
    assert len(papers.of("MedicationAdministration")) == 2


@pytest.mark.req("F8", "Q3")
def test_a_dose_read_off_paper_too_close_to_another_is_asked_about_where_the_aid_is_on(papers):
    """Two ticks of one sheet an hour and a half apart: the second is shown with the first, and answered by its tick."""
    join(papers.at, "surete")
    assert papers.at.post("/aids/dose_time", on="yes").status_code == 303
    join(papers.at, "nadia")
    papers.scan("filed", SHEET, marks("ticked", "ticked"), chart=papers.id)
    both = {"do-0": "given", "time-0": "00:30", "do-1": "given", "time-1": "02:00"}
    asked = papers.at.post(f"/ticks/{SHEET}/1", **both)
    assert asked.status_code == 400
    assert "D’après la prescription, une autre dose est trop proche" in text_of(asked)
    assert "1 h 30 avant celle-ci" in text_of(asked)
    assert papers.at.post(f"/ticks/{SHEET}/1", **both, **{"sure-1": "yes"}).status_code == 400
    answer = re.search(r'name="sure-1" value="([0-9a-f]{16})"', asked.text)[1]
    assert papers.at.post(f"/ticks/{SHEET}/1", **both, **{"sure-1": answer}).status_code == 303
    kept = [part["valueString"] for one in papers.of("MedicationAdministration") for extension in one["extension"]
            if extension["url"] == AIDED for part in extension["extension"] if part["url"] == "dose_time"]  # fmt: skip
    assert len(kept) == 1
    assert "confirmé malgré l’avertissement" in kept[0]


@pytest.mark.req("Q4")
def test_ticks_follow_a_patient_who_was_merged(papers):
    """Printed and read under the old number; confirmed on the chart that survived."""
    papers.scan("filed", SHEET, marks("ticked"), chart=papers.id)
    pid = PID.replace("1001", "2002")
    papers.charts.feed(
        adt("A01", "1124 0100", at="1124 0100", place="CARD^^2", visit="V2", pid=pid),
        message("ADT^A40^ADT_A39", "1124 0130", "EVN||20261124013000", pid, "MRG|1001^^^IPP^PI"),
    )
    survivor = papers.charts.told.charts.chart("2002")
    assert papers.charts.told.charts.chart(papers.id).id == survivor.id
    assert "MARTIN" in text_of(papers.at.get(f"/ticks/{SHEET}/1"))
    assert papers.at.post(f"/ticks/{SHEET}/1", **{"do-0": "given", "time-0": "01:30"}).status_code == 303
    doses = Sheet(papers.charts.chart_now(survivor.id)).all("MedicationAdministration")
    assert [one["status"] for one in doses] == ["completed"]


@pytest.mark.req("Q3")
def test_ticks_are_confirmed_by_those_who_write_on_that_ward(papers):
    """Another ward's nurse, a clerk, the crisis cell: none of them."""
    papers.scan("filed", SHEET, marks("ticked"), chart=papers.id)
    for login, status in (("lucas", 303), ("accueil", 403), ("crise", 403)):
        join(papers.at, login)
        answer = papers.at.post(f"/ticks/{SHEET}/1", **{"do-0": "given", "time-0": "01:30"})
        assert answer.status_code == status
        assert "/glass/" in answer.headers.get("location", "/glass/")
    assert papers.of("MedicationAdministration") == []


@pytest.mark.req("Q1")
def test_a_page_that_waits_is_filed_by_somebody_who_saw_whose_it_is(papers):
    """Its picture, why it waits, who lies there; the person is shown first, and nothing is filed without saying so."""
    entry = papers.scan("queued", BLANK, why="a blank form: whose?")
    assert "un formulaire vierge" in text_of(papers.at.get("/papers/CARD"))
    assert "1 page attend" in text_of(papers.at.get("/ward/CARD"))
    page = papers.at.get(f"/page/{entry}")
    assert f'src="/picture/{entry}"' in page.text
    assert f"?patient={papers.id}" in page.text
    assert papers.at.get(f"/picture/{entry}").content == JPEG
    chosen = papers.at.get(f"/page/{entry}?patient=1001")
    assert "MARTIN" in text_of(chosen)
    assert papers.at.post(f"/page/{entry}", do="file", patient=papers.id).status_code == 400
    assert papers.of("DocumentReference") == []
    assert papers.at.post(f"/page/{entry}", do="file", patient=papers.id, same="yes").status_code == 303
    [document] = papers.of("DocumentReference")
    assert document["content"][0]["attachment"]["contentType"] == "image/jpeg"
    assert document["date"] == AT
    [settled] = papers.done(PageSettled)
    assert (settled.entry, settled.done, settled.chart) == (entry, "filed", papers.id)
    assert papers.at.post(f"/page/{entry}", do="file", patient=papers.id, same="yes").status_code == 400
    assert "Pages à classer (0)" in text_of(papers.at.get("/papers/CARD"))


@pytest.mark.req("Q1", "Q2")
def test_a_page_without_a_code_is_found_by_the_number_below_it(papers):
    """Typed off the paper it names the patient, and the page is missing no more; a made-up one names nobody."""
    entry = papers.scan("unreadable", why="no code was read")
    assert "Aucun dossier ne répond" in text_of(papers.at.get(f"/page/{entry}?patient=0000-0000-00000"))
    number = issue_words(bytes.fromhex(NOTE))
    assert "MARTIN" in text_of(papers.at.get(f"/page/{entry}?patient={number}"))
    assert papers.at.post(f"/page/{entry}", do="file", patient=number, same="yes").status_code == 303
    [settled] = papers.done(PageSettled)
    assert (settled.issue, settled.page) == (NOTE, 1)
    assert number not in text_of(papers.at.get("/papers/CARD"))


@pytest.mark.req("Q3")
def test_boxes_of_a_page_that_was_filed_by_hand_wait_for_a_person(papers):
    """Named by its number: being read, then ticks to confirm; a number of nobody, or of another, files nothing."""
    papers.charts.feed(
        adt("A01", "1123 2100", at="1123 2100", place="CARD^^3", visit="V9", pid=PID.replace("1001", "3003"))
    )
    other = papers.charts.told.charts.chart("3003")
    entry = papers.scan("unreadable", why="no code was read")
    assert "s’il se lit" in text_of(papers.at.get(f"/page/{entry}?patient=1001"))
    number = issue_words(bytes.fromhex(SHEET))
    for patient, wrong, words in (
        (papers.id, "0000-0000-00000", "Aucune page imprimée ici"),
        (other.id, number, "imprimée pour une autre personne"),
    ):
        refused = papers.at.post(f"/page/{entry}", do="file", patient=patient, number=wrong, same="yes")
        assert refused.status_code == 400
        assert words in text_of(refused)
    assert papers.done(PageSettled) == []
    sent = {"do": "file", "patient": papers.id, "number": number, "same": "yes"}
    assert papers.at.post(f"/page/{entry}", **sent).status_code == 303
    assert "en cours de lecture" in text_of(papers.at.get(f"/page/{entry}"))
    papers.say(MarksRead(entry, AT, SHEET, 1, papers.id, True, 1654, 2339, marks("doubtful", "doubtful")))
    page = papers.at.get(f"/page/{entry}")
    assert f"/ticks/{SHEET}/1" in page.text
    assert f"{number} 1/1" in text_of(page)
    asked = papers.at.get(f"/ticks/{SHEET}/1")
    assert asked.text.count("<svg") == 2
    assert " selected" not in asked.text
    assert papers.of("MedicationAdministration") == []


def test_boxes_that_could_not_be_read_are_said(papers):
    """The picture shows no marks: the person is told to write what is ticked."""
    papers.say(PagesIssued(FORM, "admission", 2, "CARD", AT, "00" * 32, boxes=[Box(1, 40, 80, 3.6, said="Urgence")]))
    entry = papers.scan("queued", FORM, why="a blank form: whose?")
    assert papers.at.post(f"/page/{entry}", do="file", patient=papers.id, same="yes").status_code == 303
    papers.say(MarksRead(entry, AT, FORM, 1, papers.id, found=False))
    assert "n’ont pas pu être lues" in text_of(papers.at.get(f"/page/{entry}"))
    again = papers.scan("unreadable", why="no code was read")
    sent = {"do": "file", "patient": papers.id, "number": issue_words(bytes.fromhex(FORM)), "same": "yes"}
    assert "puis /2" in text_of(papers.at.post(f"/page/{again}", **sent))
    assert papers.at.post(f"/page/{again}", **sent | {"number": f"{sent['number']}/2"}).status_code == 303


def test_a_page_that_is_nobody_s_is_rejected_with_a_reason(papers):
    """It waits no more and is on no chart; the picture stays."""
    entry = papers.scan("unreadable", why="no code was read")
    assert papers.at.post(f"/page/{entry}", do="reject", reason=" ").status_code == 400
    assert papers.at.post(f"/page/{entry}", do="reject", reason="menu de la cantine").status_code == 303
    [settled] = papers.done(PageSettled)
    assert (settled.done, settled.reason) == ("rejected", "menu de la cantine")
    assert papers.of("DocumentReference") == []
    assert "menu de la cantine" in text_of(papers.at.get(f"/page/{entry}"))
    assert papers.at.get(f"/picture/{entry}").status_code == 200


def test_pages_of_other_wards_stay_closed(papers):
    """A page of CARD, for a nurse of CHIR; one that names no ward, for somebody bound to one."""
    of_card, of_nobody = papers.scan("queued", BLANK), papers.scan("unreadable", ward="")
    join(papers.at, "lucas")
    for entry in (of_card, of_nobody):
        assert papers.at.get(f"/page/{entry}").status_code == 403
        assert papers.at.get(f"/picture/{entry}").status_code == 403
        assert papers.at.post(f"/page/{entry}", do="reject", reason="pas à moi").status_code == 403
    assert papers.at.get("/page/n7f3k2-station/999").status_code == 404
    join(papers.at, "nadia")
    assert papers.at.get("/papers/-").status_code == 200


@pytest.mark.req("Q1")
def test_a_photograph_is_kept_before_it_is_read(papers):
    """It is in the journal with who gave it; the page says that it is being read. What is no picture is not taken."""
    files = {"picture": ("p.jpg", JPEG, "image/heic")}
    send = papers.at.client.post
    assert wait_for(send("/hand-in/CARD", data={"csrf": "x"}, files=files)).status_code == 403
    answer = wait_for(send("/hand-in/CARD", data={"csrf": papers.at.csrf}, files=files))
    assert answer.status_code == 303
    [handed] = papers.done(PageHandedIn)
    assert (handed.ward, answer.headers["location"]) == ("CARD", f"/page/{handed.entry}")
    entry = wait_for(papers.charts.entry(handed.entry))
    assert (entry.source, entry.media_type, entry.body) == ("user/nadia", "image/jpeg", JPEG)
    assert "en cours de lecture" in text_of(papers.at.get(f"/page/{handed.entry}"))
    words = {"picture": ("p.jpg", b"hello", "image/jpeg")}
    assert wait_for(send("/hand-in/CARD", data={"csrf": papers.at.csrf}, files=words)).status_code == 400
    large = {"picture": ("p.jpg", JPEG + bytes(21 * 2**20), "image/jpeg")}
    assert wait_for(send("/hand-in/CARD", data={"csrf": papers.at.csrf}, files=large)).status_code == 413
    assert len(papers.done(PageHandedIn)) == 1


def test_a_photograph_that_was_read_leads_to_its_chart(papers):
    """Filed: the page says so, and where its ticks are confirmed."""
    entry = papers.charts.take(STATION, "user/nadia", "image/jpeg", JPEG)
    papers.say(PageHandedIn(entry, AT, "CARD"), "user/nadia")
    scan = PageScanned("filed", entry, AT, "", SHEET, 1, papers.id, "CARD", entry, 1654, 2339, marks("ticked"))
    papers.say(scan)
    page = papers.at.get(f"/page/{entry}")
    assert f"/ticks/{SHEET}/1" in page.text
    assert f"/patient/{papers.id}#reports" in page.text


def test_papers_speak_english(papers):
    """Every word of the four pages."""
    papers.at.client.cookies.set("lang", "en", domain="ward.example.org", path="/")
    entry = papers.scan("queued", BLANK, why="a blank form: whose?")
    papers.scan("filed", SHEET, marks("doubtful"), chart=papers.id)
    for path, words in (
        ("/papers", "Pages printed to be written on"),
        ("/papers/CARD", "a blank form: whose is it?"),
        (f"/page/{entry}", "Whose is it?"),
        (f"/ticks/{SHEET}/1", "a line runs over the box"),
    ):
        page = text_of(papers.at.get(path))
        assert words in page
        assert not {"Papiers", "Feuille", "imprimée"} & set(page.split()), path


def test_acts_of_pages_are_read_back():
    """As any act of the journal, whatever an older version left out."""
    for act in (
        PageHandedIn("n/1", "t", "CARD"),
        PageSettled("n/1", "filed", "t", "", "c", "n/2", SHEET, 1),
        MarksAnswered(SHEET, 1, "t", [0, 3], "n/3"),
        MarksRead("n/1", "t", SHEET, 1, "c", marks=marks("ticked")),
        PageScanned("filed", "n/1", "t", marks=marks("ticked")),
    ):
        assert decode(encode(act)) == act
    old = msgspec.json.encode({"act": "page-scanned", "state": "queued", "entry": "n/1", "at": "t"})
    assert decode(old) == PageScanned("queued", "n/1", "t")


@pytest.mark.req("F30", "Q2")
def test_papers_of_a_ward_of_two_names_are_one_ward_s():
    """Whatever was printed, handed in or lost under the other name is counted, listed and settled with the rest."""
    papers = Papers()
    papers.say(PagesIssued("00000000000000e5", "note", 1, "CARD2", AT, "00" * 32))
    papers.scan("queued", ward="CARD2", why="no-code")
    papers.say(WardCorrected("CARD2", AT, into="CARD"), "user/info")
    for name in ("CARD", "CARD2"):
        page = text_of(papers.at.get(f"/papers/{name}"))
        assert issue_words(bytes.fromhex("00000000000000e5")) in page
    counted = {one.ward: one for one in wait_for(_counts(papers.at))}
    assert "CARD2" not in counted
    assert (counted["CARD"].issued, counted["CARD"].waiting) == (4, 1)
    lost = papers.at.post("/papers/CARD2", issue="00000000000000e5", reason="déchirée")
    assert (lost.status_code, papers.done(PagesLost)[-1].issue) == (303, "00000000000000e5")


async def _counts(at):
    """Each ward's papers, as the house counts them."""
    return PaperPages(at.app.state.house)._counted({})
