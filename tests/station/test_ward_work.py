"""Orders by word of mouth, doses that two sign, the round, the hand-over, tasks and messages; who may do which.

Method: forms sent as a browser sends them to a ward in memory, whose charts read entries with the real mapping and the
real fold.
"""

import re

import pytest

from contrefeu.access import ROLES, may
from contrefeu.base import ManualClock
from contrefeu.chart.views import DueItem
from contrefeu.station.care import FORMS
from tests.station.living import in_downtime
from tests.station.test_care import form, said
from tests.station.test_results import waiting
from tests.station.visitors import enter, join, text_of, visitor, wait_for
from tests.station.ward_in_memory import NOW_NS, SECRET, STAFF, Charts, at, durand, prescription, staffed

ORDER = {"drug": "Furosémide 40 mg cp", "dose": "1 cp", "route": "orale", "rhythm": "once", "prescriber": "martin"}


@pytest.mark.req("F12")
def test_a_verbal_order_waits_for_its_prescriber():
    """Entered by the nurse, the prescriber named, read back; given from at once; unsigned until countersigned."""
    charts = in_downtime()
    nurse, doctor = visitor("nadia", charts=charts), visitor("martin", charts=charts)
    assert "À cocher." in text_of(form(nurse, "/write/verbal/p-durand", **ORDER))
    assert form(nurse, "/write/verbal/p-durand", **ORDER, readback="yes").status_code == 303
    [order] = said(charts)
    assert (order["requester"]["display"], order["recorder"]["display"]) == ("Dr Claire Martin", "Nadia Benali")
    assert "ordre verbal, non signé" in text_of(nurse.get("/patient/p-durand"))
    for page in ("/work", "/handover/CARD"):
        assert "Furosémide 40 mg cp" in text_of(nurse.get(page))
    assert "1 ordre verbal non signé" in text_of(nurse.get("/handover/CARD"))
    path = re.search(r'href="(/write/sign/[^"]+)"', doctor.get("/work").text)[1]
    assert "/write/sign/" not in nurse.get("/work").text
    assert nurse.get(path).status_code == 403
    assert form(doctor, path, verdict="signed").headers["location"] == "/work"
    assert said(charts)[0]["category"][0]["coding"][0]["code"] == "signed"
    assert waiting(charts, "unsigned") == []
    assert "non signé" not in text_of(doctor.get("/patient/p-durand"))


@pytest.mark.req("F12")
def test_a_contested_order_is_stopped_and_stays():
    """Its prescriber says that it is not theirs, and why: it is stopped, in the chart, under both names."""
    charts = in_downtime()
    nurse, doctor = visitor("nadia", charts=charts), visitor("martin", charts=charts)
    form(nurse, "/write/verbal/p-durand", **ORDER, readback="yes")
    path = re.search(r'href="(/write/sign/[^"]+)"', doctor.get("/work").text)[1]
    assert "Pourquoi ?" in text_of(form(doctor, path, verdict="contested"))
    assert form(doctor, path, verdict="contested", reason="20 mg, pas 40").status_code == 303
    assert waiting(charts, "unsigned") == []
    order = wait_for(charts.chart("p-durand")).kept[f"MedicationRequest/{path.rpartition('/')[2]}"].now
    assert (order["status"], order["statusReason"]["text"]) == ("stopped", "20 mg, pas 40")
    assert order["requester"]["display"] == "Dr Claire Martin"


@pytest.mark.req("F12")
def test_signing_in_anothers_place_is_asked_once_more():
    """An order that names somebody else is signed after a tick, and says by whom."""
    charts = in_downtime()
    order = prescription("v1", "Morphine 5 mg SC", "une fois", "SC", -1, requester={"display": "Dr Autre"})
    order["extension"] = [{"url": "urn:contrefeu:verbal", "valueBoolean": True}, {"url": "urn:contrefeu:written"}]
    charts.charts["p-durand"] = [*durand(), order]
    doctor = visitor("martin", charts=charts)
    page = form(doctor, "/write/sign/p-durand/v1", verdict="signed")
    assert page.status_code == 400
    assert "nomme quelqu’un d’autre" in text_of(page)
    assert "Dr Autre" in text_of(page)
    assert form(doctor, "/write/sign/p-durand/v1", verdict="signed", confirm="yes").status_code == 303


def with_insulin():
    """A ward in downtime where an insulin is prescribed."""
    charts = in_downtime()
    charts.charts["p-durand"] = [*durand(), prescription("i1", "Insuline rapide", "4 UI à 08:00", "SC", -70)]
    return charts


@pytest.mark.parametrize(
    ("second", "pin", "words"),
    [
        ("", "", "Une seconde personne signe cette dose"),
        ("martin", "wrong-secret", "pas une autre personne qui soigne"),
        ("nadia", SECRET, "pas une autre personne qui soigne"),
        ("accueil", SECRET, "pas une autre personne qui soigne"),
    ],
)
def test_a_dose_on_the_list_is_not_written_without_a_second_person(second, pin, words):
    """Nobody, a wrong code, oneself, or somebody who gives no care: nothing is written, and no code is shown again."""
    charts = with_insulin()
    nurse = visitor("nadia", charts=charts)
    page = form(nurse, "/write/dose/p-durand/i1", outcome="completed", second=second, pin=pin)
    assert page.status_code == 400
    assert words in text_of(page)
    assert not pin or pin not in page.text
    assert not charts.written()


def test_two_persons_sign_a_dose_with_their_own_codes():
    """Both names stand on the dose; a dose that is not given needs no second person."""
    charts = with_insulin()
    nurse = visitor("nadia", charts=charts)
    sent = form(nurse, "/write/dose/p-durand/i1", outcome="completed", amount="4 UI", second="martin", pin=SECRET)
    assert sent.status_code == 303
    giver, verifier = said(charts)[0]["performer"]
    assert (giver["actor"]["display"], verifier["actor"]["display"]) == ("Nadia Benali", "Dr Claire Martin")
    assert verifier["function"]["coding"][0]["code"] == "verifier"
    assert SECRET.encode() not in charts.written()[-1].body
    withheld = form(nurse, "/write/dose/p-durand/i1", outcome="not-done", reason="glycémie 0,6 g/L")
    assert withheld.status_code == 303


def ward_of_six():
    """Six patients of a ward in downtime, each with a dose due; one chart a patient."""
    charts = in_downtime(at_ns=NOW_NS - 3600 * 10**9)
    patient, stay = durand()[:2]
    charts.rows, charts.charts = charts.rows[:6], {}
    for number, row in enumerate(charts.rows):
        named = patient | {"id": row.id, "identifier": [{"system": "urn:id:CHU", "value": f"77{number}"}]}
        charts.charts[row.id] = [named, stay, prescription(f"r{number}", "Paracétamol 1 g", "1 g à 03:00", "IV", -70)]
        charts.set_row(row.id, due=[DueItem("Paracétamol 1 g IV", at(-0.2), "due", f"MedicationRequest/r{number}")])
    return charts


@pytest.mark.req("D4", "F2")
def test_six_patients_take_seven_clicks():
    """Six ticks and one signature: an entry a patient, under the giver's name; what is not ticked is not written."""
    charts = ward_of_six()
    nurse = visitor("nadia", charts=charts)
    page = nurse.get("/round/CARD")
    boxes = re.findall(r'name="give" value="([^"]+)"', page.text)
    assert len(boxes) == 6
    assert " checked" not in page.text
    once = re.search(r'name="once" value="([^"]+)"', page.text)[1]
    for _ in range(2):  # a click too many
        sent = nurse.post("/round/CARD", give=boxes[:5], once=once)
    assert sent.status_code == 303
    assert len({one.body for one in charts.written()}) == 5
    shown = text_of(nurse.get("/round/CARD?given=5&left=0"))
    assert "5 doses inscrites" in shown
    doses = [one["resourceType"] for one in said(charts)]
    assert doses == ["MedicationAdministration"]


@pytest.mark.req("F2")
def test_the_round_leaves_out_what_must_be_asked():
    """A dose that may have been given, one that two sign, one given within the hour: none is ticked away."""
    charts = ward_of_six()
    first, second, third = charts.rows[:3]
    charts.set_row(first.id, due=[DueItem("Insuline 4 UI", at(-0.2), "due", "MedicationRequest/r0")])
    charts.set_row(second.id, due=[DueItem("Paracétamol 1 g IV", at(-2), "late", "MedicationRequest/r1")])
    nurse = visitor("nadia", charts=charts)
    page = nurse.get("/round/CARD")
    boxes = re.findall(r'name="give" value="([^"]+)"', page.text)
    assert {box.partition("|")[0] for box in boxes} == {row.id for row in charts.rows[2:]}
    assert "À deux" in text_of(page)
    assert "donnée ? non connu" in text_of(page)
    assert form(nurse, f"/write/dose/{third.id}/r2", outcome="completed").status_code == 303
    sent = nurse.post("/round/CARD", give=[boxes[0], f"{first.id}|MedicationRequest/r0|{at(-0.2)}"], once="x")
    assert sent.headers["location"] == "/round/CARD?given=0&left=2"
    assert "2 doses cochées ne sont pas inscrites" in text_of(nurse.get(sent.headers["location"]))


def test_a_round_is_for_those_who_care_for_the_ward():
    """Another ward's nurse signs nothing there; where the ward writes on paper nothing is signed either."""
    charts = ward_of_six()
    lucas = visitor("lucas", charts=charts)
    assert lucas.get("/round/CARD").status_code == 403
    assert lucas.get("/handover/CARD").status_code == 403
    paper = visitor("nadia", charts=in_downtime("paper"))
    assert 'name="give"' not in paper.get("/round/CARD").text
    assert paper.post("/round/CARD", give="x", once="y").status_code == 409
    assert not paper.charts.written()


@pytest.mark.req("F3")
def test_doses_ticked_where_the_ward_writes_them_elsewhere_by_now_are_shown():
    """Medicines go to paper between the page and its signature: nothing is written, and each tick is named."""
    charts = ward_of_six()
    nurse = visitor("nadia", charts=charts)
    boxes = re.findall(r'name="give" value="([^"]+)"', nurse.get("/round/CARD").text)
    join(nurse, "crise")
    asked = {"do": "declare", "medium": "screen", "function-medicines": "paper"}
    assert nurse.post("/downtime", **asked).status_code == 303
    join(nurse, "nadia")
    sent = nurse.post("/round/CARD", give=boxes[:2], once="x")
    assert sent.status_code == 409
    assert "2 doses cochées ne sont pas inscrites : elles sont marquées." in text_of(sent)
    assert sent.text.count("cochée, non inscrite") == 2
    assert not charts.written()


@pytest.mark.req("F12")
def test_a_hand_over_has_written_in_what_the_chart_knows():
    """Criticals, doses not known, tasks and the last vital signs stand there; what is signed is a document."""
    charts = in_downtime()
    nurse = visitor("nadia", charts=charts)
    form(nurse, "/write/task/p-durand", what="Rappeler la famille", to="équipe de nuit")
    page = nurse.get("/write/handover/p-durand")
    words = text_of(page)
    for found in (
        "Insuffisance rénale aiguë",
        "‼ Potassium 6.4 mmol/L, HH",
        "Rappeler la famille",
        "Température 38.4",
    ):
        assert found in words
    assert "Dose à vérifier : 01:59 Furosémide" in words
    assert "Dose due : 03:17 Paracétamol" in words, "what is due is not what nobody knows"
    assert form(nurse, "/write/handover/p-durand", s="OAP", r="K à 6 h").status_code == 303
    sheet = text_of(nurse.get("/handover/CARD"))
    assert "S — OAP R — K à 6 h" in sheet
    assert "équipe de nuit" in sheet
    assert "Hand-over sheet" in text_of(nurse.get("/handover/CARD", accept_language="en"))


@pytest.mark.req("D4")
def test_a_task_is_done_by_somebody():
    """It waits in the chart and on the list until somebody says that it is done, and who."""
    charts = in_downtime()
    nurse, doctor = visitor("nadia", charts=charts), visitor("martin", charts=charts)
    form(nurse, "/write/task/p-durand", what="ECG de contrôle", to="interne")
    assert "ECG de contrôle → interne" in text_of(doctor.get("/patient/p-durand"))
    path = re.search(r'href="(/write/done/[^"]+)"', doctor.get("/work").text)[1]
    assert form(doctor, path, note="sinusal").headers["location"] == "/work"
    [task] = said(charts)
    assert (task["status"], task["note"][0]["authorString"]) == ("completed", "Dr Claire Martin")
    assert waiting(charts, "task") == []


@pytest.mark.req("D4")
def test_a_message_reaches_its_wards_until_somebody_has_done_it():
    """To some wards or to all; the others do not read it; who did it, and when, stands beside."""
    charts = in_downtime()
    cell, lucas, nadia = (visitor(who, charts=charts) for who in ("crise", "lucas", "nadia"))
    assert cell.post("/messages", text=" ").status_code == 400
    assert cell.post("/messages", text="Les repas arrivent à 13 h <b>", ward="CARD").status_code == 303
    assert cell.post("/messages", text="Le fax 4512 répond").status_code == 303
    other = visitor("lucas", charts=charts)
    assert "Le fax 4512 répond" in text_of(other.get("/messages"))
    assert "Les repas" not in text_of(other.get("/messages"))
    page = visitor("nadia", charts=charts)
    assert "à 13 h <b>" in text_of(page.get("/messages")).replace("&lt;", "<")
    assert "<b>" not in re.search(r"13 h .{8}", page.get("/messages").text)[0]
    done = re.search(r'name="done" value="([^"]+)"', page.get("/messages").text)[1]
    assert page.post("/messages", done=done).status_code == 303
    assert "✓ fait 03:11 · Nadia Benali" in text_of(page.get("/messages"))
    assert nadia.post("/messages", done="x/1").status_code == 404
    assert lucas.charts is cell.charts


LINES = {"MedicationRequest": "/m1", "Observation": "/k0", "ServiceRequest": "/sr1", "Task": "/t1", "entry": "/x/1",
         "clash": "/x/1", "Procedure": "/none", "Appointment": "/none"}  # fmt: skip
PAGES = {
    "/work": "chart",
    "/laboratory": "results",
    "/messages": "board",
    "/round/CARD": "write",
    "/handover/CARD": "chart",
} | {f"/write/{one.name}/p-durand{LINES.get(one.line, '')}": one.permission for one in FORMS.values()}
TAKES = {path for path in PAGES if path.startswith(("/write/", "/round/", "/messages"))} | {"/laboratory/limits"}


@pytest.mark.req("G5")
@pytest.mark.parametrize(("login", "role"), [(login, role) for login, _, role, _ in STAFF if login != "lucas"])
def test_each_role_opens_what_its_row_says_and_nothing_else(login, role):
    """Every role on every page of care: refused or not by its permission alone, and no form of another's is taken."""
    charts = in_downtime()
    who = visitor(login, charts=charts)
    for path, permission in PAGES.items():
        assert (who.get(path).status_code != 403) is may(role, permission), path
    for path in TAKES:
        permission = PAGES.get(path, "validate")
        if not may(role, permission):
            assert who.post(path).status_code == 403, path
        assert who.post(path, _csrf="wrong").status_code == 403, path
    assert not charts.written()
    assert {one.permission for one in FORMS.values()} <= {p for row in ROLES.values() for p in row.permissions}


def test_a_page_without_downtime_writes_nothing():
    """Every form refuses while the record system is in use."""
    nurse = visitor("nadia", charts=staffed(Charts()))
    for name in ("verbal", "task", "handover"):
        assert nurse.get(f"/write/{name}/p-durand").status_code == 409


@pytest.mark.req("D8")
def test_what_was_typed_comes_back_after_the_session_ended():
    """Called away for a quarter of an hour: nothing is written, and after the login the form stands as it was typed."""
    charts, clock = in_downtime(), ManualClock(NOW_NS)
    nurse = visitor("nadia", charts=charts, clock=clock)
    typed = {
        "day": "2026-11-24",
        "time": "03:11",
        "once": "f" * 32,
        "kind": "nursing",
        "text": "Famille <prévenue> à 3 h",
    }
    csrf = nurse.csrf
    clock.advance(seconds=16 * 60)
    sent = nurse.post("/write/note/p-durand", _csrf=csrf, **typed)
    assert sent.headers["location"] == "/login?next=/write/note/p-durand&ended=kept"
    assert not charts.written()
    assert "Famille" not in sent.headers["location"] + sent.headers["set-cookie"]
    assert "ce que vous aviez tapé revient" in text_of(nurse.get(sent.headers["location"]))
    join(nurse, "martin")
    assert "Famille" not in nurse.get("/write/note/p-durand").text
    assert enter(nurse, "nadia", next="/write/note/p-durand").headers["location"] == "/write/note/p-durand"
    assert "Famille" not in nurse.get("/write/vitals/p-durand").text
    page = nurse.get("/write/note/p-durand")
    assert "Votre session avait expiré" in text_of(page)
    assert "Famille &lt;prévenue&gt; à 3 h" in page.text
    assert f'value="{"f" * 32}"' in page.text
    assert "Famille" not in nurse.get("/write/note/p-durand").text, "once"
    stranger = visitor(charts=charts, clock=clock)
    assert "ended=kept" not in stranger.post("/write/note/p-durand", **typed).headers["location"]
