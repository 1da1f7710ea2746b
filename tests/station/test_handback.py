"""A ward goes back to its record system: a sheet a patient, signed by name; a cut-over minute; then it is only read.

Method: a house whose charts are the node's own (folded.py), three hours into a downtime; one patient of CARD with a
prescription every six hours and a dose of it.
"""

import re

import pytest

from contrefeu.access import new_account
from contrefeu.acts import DowntimeLifted, HandBackSigned, PagesIssued, decode, encode
from contrefeu.base import rfc3339
from contrefeu.chart import work_items
from contrefeu.chart.work import ITEMS_MAX
from contrefeu.journal import MEDIA_ACT
from tests.chart.feed import adt, oru, ras, rde
from tests.station.folded import Folded, at_work, house
from tests.station.test_care import form
from tests.station.visitors import text_of
from tests.station.ward_in_memory import NOW_NS, SECRET, STATION

SINCE_NS = NOW_NS - 3 * 3600 * 10**9  # 00:11 in Paris
EVERY_SIX = ("TQ1|1||Q6H||||20261123140000",)


def ward(medium: str = "screen", since_ns: int = SINCE_NS) -> tuple[Folded, str, str]:
    """A house, its patient, their prescription."""
    charts = house(medium=medium, since_ns=since_ns)
    charts.feed(
        adt("A01", "1123 1200", place="CARD^^1"), rde("1123 1201", tq1=EVERY_SIX), ras("1123 2001", "1123 2000")
    )
    bea = new_account("bea", "Béa Roy", "nurse", ["CARD"], secret=SECRET).act
    charts.take(STATION, "console", MEDIA_ACT, encode(bea))
    [hit] = charts.told.charts.find("martin")
    order = next(k.partition("/")[2] for k in charts.chart_now(hit.id).kept if k.startswith("MedicationRequest/"))
    return charts, hit.id, order


def acts(charts: Folded, kind: type) -> list:
    """The acts of a kind, as people wrote them."""
    said = [(entry.source, decode(entry.body)) for entry in charts.journal if entry.media_type == MEDIA_ACT]
    return [(by, act) for by, act in said if isinstance(act, kind)]


def sign(who, id_: str):
    """Read a sheet and sign it."""
    page = who.get(f"/handback/CARD/{id_}")
    shown = re.search(r'name="shown" value="([0-9a-f]{64})"', page.text)
    assert shown, page.text
    return who.post(f"/handback/CARD/{id_}", shown=shown[1])


@pytest.mark.req("F4")
def test_a_sheet_says_what_the_record_system_must_be_told():
    """Last and next dose, what is open, allergies since the declaration, pages that are not back; on one page."""
    charts, id_, _ = ward()
    nurse = at_work("nadia", charts)
    form(nurse, f"/write/allergy/{id_}", what="Latex", certainty="confirmed", told="la fille")
    form(nurse, f"/write/task/{id_}", what="Peser demain")
    of = charts.chart_now(id_)
    issued = PagesIssued("00000000000000a1", "vital-signs", 1, "CARD", rfc3339(SINCE_NS), "00" * 32, id_, of.key)
    charts.take(STATION, "console", MEDIA_ACT, encode(issued))
    assert "/handback/CARD" in nurse.get("/ward/CARD").text
    nurse = at_work("nadia", charts)
    sheet = text_of(nurse.get(f"/handback/CARD/{id_}"))
    assert "Paracétamol 1 g" in sheet
    assert "23 nov. 20:00 donnée" in sheet
    assert "! 02:00 en retard" in sheet
    assert re.search(r"Dites ou changées depuis la panne : Latex", sheet)
    assert "Tâche Peser demain" in sheet
    assert "Feuilles imprimées qui ne sont pas revenues" in sheet
    assert "page 1 · imprimée 00:11" in sheet
    line = text_of(nurse.get("/handback/CARD"))
    assert "⚠ allergies changées ☐ 1 autre chose ouverte ! feuilles non revenues : 1 ! à signer" in line
    printed = text_of(nurse.get("/handback/CARD?print=all"))
    assert "23 nov. 2026 20:00 donnée" in printed, "on paper no date is left out"
    assert "Reporté dans le dossier habituel à" in printed
    looked = [str(event["entity"]) for event in charts.audited() if event["type"]["code"] == "110106"]
    assert [id_ in one for one in looked] == [True], "each sheet that is printed is a look at its patient"


@pytest.mark.req("F4")
def test_a_sheet_leaves_nothing_out_however_much_is_open_and_however_long_ago():
    """Of a burst the list of what waits shows some; the sheet has each, three weeks later too."""
    charts, id_, _ = ward()
    lines = [f"NM|K{n}^Analyse {n:02}^L||7.{n}|mmol/L|3.5-5.0|HH|||F" for n in range(ITEMS_MAX + 5)]
    charts.feed(oru("1124 0300", *lines))
    charts.clock.advance(seconds=20 * 86_400)
    charts.feed(oru("1214 0300", "NM|CL^Chlore^L||101|mmol/L|95-105||||F", order="L2"))
    assert len(work_items(charts.chart_now(id_))) < ITEMS_MAX, "on the list they are old by then"
    nurse = at_work("nadia", charts)
    for path in (f"/handback/CARD/{id_}", "/handback/CARD?print=all"):
        found = set(re.findall(r"Analyse \d\d", text_of(nurse.get(path))))
        assert len(found) == len(lines)
    printed = nurse.get("/handback/CARD?print=all").text
    assert re.search(r'<table class="own-page"[^>]*><thead><tr><td><h2>MARTIN', printed), "on each page of a long sheet"


@pytest.mark.req("F4")
def test_a_signature_is_of_what_was_shown():
    """It names who and when; a dose that came in afterwards asks for another; what changed while read is not signed."""
    charts, id_, order = ward()
    nurse = at_work("nadia", charts)
    assert sign(nurse, id_).status_code == 303
    [(by, act)] = acts(charts, HandBackSigned)
    assert (by, act.chart, act.ward, len(act.shown)) == ("user/nadia", id_, "CARD", 64)
    assert "✓ signée Nadia Benali, 03:11" in text_of(nurse.get("/handback/CARD"))
    form(nurse, f"/write/dose/{id_}/{order}", outcome="completed", time="02:05")
    assert "! changée depuis la signature Nadia Benali" in text_of(nurse.get("/handback/CARD"))
    stale = nurse.post(f"/handback/CARD/{id_}", shown=act.shown)
    assert stale.status_code == 409
    assert "Le dossier a changé pendant que vous lisiez : rien n’est signé" in text_of(stale)
    assert len(acts(charts, HandBackSigned)) == 1
    assert sign(at_work("martin", charts), id_).status_code == 303
    charts.clock.advance(seconds=2)
    assert "✓ signée Dr Claire Martin" in text_of(nurse.get("/handback/CARD"))
    assert nurse.get("/handback/CARD/nobody").status_code == 404


@pytest.mark.req("F4")
def test_a_ward_is_lifted_once_its_sheets_are_signed():
    """Refused while one lacks, with which ward; a reason goes on without and is counted; signed, it goes through."""
    charts, id_, _ = ward()
    crisis = at_work("crise", charts)
    refused = crisis.post("/downtime", do="lift", ward="CARD")
    assert refused.status_code == 409
    assert "Des feuilles de retour ne sont pas signées. Rien n’est levé. CARD : 1 patient" in text_of(refused)
    wrong = crisis.post("/downtime", do="lift", ward="CARD", cutover="12:00", reason="x")
    assert (wrong.status_code, "au plus 6 heures" in text_of(wrong)) == (409, True)
    early = crisis.post("/downtime", do="lift", ward="CARD", cutover="00:10", reason="x")
    assert early.status_code == 409
    assert not acts(charts, DowntimeLifted)
    sign(at_work("nadia", charts), id_)
    assert at_work("crise", charts).post("/downtime", do="lift", ward="CARD", cutover="04:00").status_code == 303
    [(_, lifted)] = acts(charts, DowntimeLifted)
    assert (lifted.wards, lifted.cutover[:16], lifted.unsigned) == (["CARD"], "2026-11-24T03:00", 0)
    nurse = at_work("nadia", charts)
    assert "La bascule est dite pour 04:00" in text_of(nurse.get("/handback/CARD"))
    assert nurse.get(f"/write/note/{id_}").status_code == 200, "until then the ward writes here"
    charts.clock.advance(seconds=49 * 60)
    nurse = at_work("nadia", charts)
    assert nurse.get(f"/write/note/{id_}").status_code == 409
    house_wide = at_work("crise", charts)
    assert house_wide.post("/downtime", do="lift", reason="").status_code == 303, "nobody lies on the other wards"
    assert house_wide.app.state.house.staff.downtime.state == "normal"


@pytest.mark.req("F4")
def test_a_reason_lifts_without_signatures():
    """Why, and how many sheets lacked, stand in the act and on the ward's page."""
    charts, _, _ = ward()
    crisis = at_work("crise", charts)
    assert crisis.post("/downtime", do="lift", reason="évacuation").status_code == 303
    [(_, lifted)] = acts(charts, DowntimeLifted)
    assert (lifted.wards, lifted.unsigned, lifted.reason, lifted.cutover) == ([], 1, "évacuation", "")
    assert "1 feuille n’était pas signée : évacuation" in text_of(crisis.get("/handback/CARD"))


@pytest.mark.req("F3", "F4")
def test_after_the_cut_over_the_ward_is_read_and_what_was_typed_is_shown():
    """No form opens; one that was open shows what was typed, to be copied, and writes nothing."""
    charts, id_, order = ward()
    nurse = at_work("nadia", charts)
    at_work("crise", charts).post("/downtime", do="lift", ward="CARD", reason="essai")
    written = len(charts.written())
    nurse = at_work("nadia", charts)
    sent = nurse.post(f"/write/vitals/{id_}", day="2026-11-24", time="03:10", temperature="38,4", once="x")
    assert sent.status_code == 409
    page = text_of(sent)
    assert "L’unité CARD est revenue au dossier habituel : bascule 03:11. Écrivez-y" in page
    assert re.search(r"Voici ce que vous aviez tapé, à recopier : .*Température : 38,4", page)
    dose = text_of(nurse.post(f"/write/dose/{id_}/{order}", outcome="not-done", reason="à jeun", pin="secret-1234"))
    assert "Dose : non donnée" in dose
    assert "Motif, si elle n’est pas donnée : à jeun" in dose
    assert "secret-1234" not in dose
    assert len(charts.written()) == written
    assert nurse.get(f"/patient/{id_}").status_code == 200


@pytest.mark.req("F3", "F4")
def test_what_was_done_after_the_cut_over_waits_to_be_settled():
    """On the ward's page and the chart, until somebody says what is decided; what was done before it does not wait."""
    charts, id_, order = ward()
    nurse = at_work("nadia", charts)
    form(nurse, f"/write/dose/{id_}/{order}", outcome="completed", time="02:30")
    form(nurse, f"/write/vitals/{id_}", time="02:59", temperature="37,2")
    form(nurse, f"/write/vitals/{id_}", time="03:05", temperature="38,4")
    at_work("crise", charts).post("/downtime", do="lift", ward="CARD", cutover="03:00", reason="essai")
    nurse = at_work("nadia", charts)
    page = nurse.get("/handback/CARD")
    assert "Écrit ici après la bascule, à départager (1)" in text_of(page)
    assert re.search(r"Mesure Température[^·]* · 03:05 · Nadia Benali", text_of(page))
    assert "Écrit ici après la bascule de l’unité" in text_of(nurse.get(f"/patient/{id_}"))
    assert "à départager (1)" in text_of(at_work("bea", charts).get("/work"))
    settle = re.search(r'href="(/write/settle/[^"]+)"', page.text)
    assert settle
    assert form(nurse, settle[1], decision="recopiée dans le dossier").status_code == 303
    assert "à départager" not in text_of(nurse.get("/handback/CARD"))


@pytest.mark.req("F3", "F4")
def test_an_appointment_of_after_the_cut_over_waits_too():
    """It is in no other list of what the record system lacks."""
    charts, id_, _ = ward()
    nurse = at_work("nadia", charts)
    what = {"what": "Scanner", "day": "2026-11-25", "time": "09:00", "place": "Radio"}
    sent = form(nurse, f"/write/appointment/{id_}", **what)
    assert sent.status_code == 303, text_of(sent)
    at_work("crise", charts).post("/downtime", do="lift", ward="CARD", cutover="03:00", reason="essai")
    assert "Rendez-vous Scanner" in text_of(at_work("nadia", charts).get("/handback/CARD"))


@pytest.mark.req("F4")
def test_who_hands_back_and_in_which_language():
    """Nurses and physicians of the ward and the crisis cell; in English the page speaks English."""
    charts, id_, _ = ward()
    for login, status in (("nadia", 200), ("crise", 200), ("pharma", 403), ("accueil", 403), ("lucas", 403)):
        assert at_work(login, charts).get("/handback/CARD").status_code == status, login
    page = text_of(at_work("nadia", charts).get(f"/handback/CARD/{id_}", accept_language="en"))
    assert "Medicines: last dose, next dose" in page
    assert "Signing means: I have read this sheet" in page


@pytest.mark.req("F2")
@pytest.mark.parametrize(
    ("typed", "status", "by"),
    [
        ({"outcome": "completed", "time": "02:10", "told": "N. Petit"}, "completed", ["N. Petit", "Nadia Benali"]),
        ({"outcome": "unknown", "reason": "équipe partie"}, "unknown", ["Nadia Benali"]),
    ],
)
def test_a_dose_that_nobody_knows_of_is_answered_by_name(typed, status, by):
    """Given at its hour as somebody told, or never to be known: the question ends, and the chart says who answered."""
    charts, id_, order = ward(since_ns=NOW_NS - 10**9)
    nurse = at_work("nadia", charts)
    waits = at_work("bea", charts).get("/work")
    assert "Doses : données ? non connu (1)" in text_of(waits)
    assert f"/write/dose/{id_}/{order}" in waits.text
    page = nurse.get(f"/write/dose/{id_}/{order}")
    assert "on ne le saura pas" in page.text
    assert form(nurse, f"/write/dose/{id_}/{order}").status_code == 400, "nothing is chosen for anybody"
    assert form(nurse, f"/write/dose/{id_}/{order}", **typed).status_code == 303
    [dose] = [k.now for k in charts.chart_now(id_).kept.values() if k.kind == "MedicationAdministration"][1:]
    assert dose["status"] == status
    assert [one["actor"]["display"] for one in dose["performer"]] == by
    assert "on ne le saura pas" not in nurse.get(f"/write/dose/{id_}/{order}").text
    assert "données ? non connu" not in text_of(at_work("bea", charts).get("/work"))
    assert [one.state for one in charts.told.charts.row(id_).due] in ([], ["coming"])


@pytest.mark.req("F2", "F3")
@pytest.mark.parametrize(("medium", "words"), [("paper", "sur la feuille"), ("record", "dossier habituel")])
def test_a_dose_that_nobody_knows_of_says_where_it_is_answered(medium, words):
    """Doses are written on paper, or in the record system still: what waits names the place, and has no button."""
    charts, id_, order = ward(since_ns=NOW_NS - 10**9)
    asked = {"do": "declare", "medium": "screen", "function-medicines": medium}
    assert at_work("crise", charts).post("/downtime", **asked).status_code == 303
    waits = at_work("bea", charts).get("/work")
    assert words in text_of(waits).partition("Doses : données ? non connu (1)")[2].partition("Tâches")[0]
    assert f"/write/dose/{id_}/{order}" not in waits.text
