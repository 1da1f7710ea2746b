"""Writing on a ward: each form gives one entry, the chart says it, and what is wrong is said beside its field.

Method: forms sent as a browser sends them, entries read by the real mapping and folded by the real fold, pages read as
words.
"""

import re
from html import unescape

import msgspec
import pytest
from fhir.resources.R4B import get_fhir_model_class

from contrefeu.acts import DowntimeLifted, encode
from contrefeu.base import ManualClock
from contrefeu.chart import WRITTEN
from contrefeu.chart.boards import courses_of
from contrefeu.chart.fold import apply, new_chart, to_bundle
from contrefeu.chart.versions import CONFLICT, EARLIER, Kept, take
from contrefeu.journal import MEDIA_ACT, Entry
from contrefeu.mapping import FeedRules, Reading, Said, read
from contrefeu.station.care import FORMS
from tests.chart.feed import PID, adt, oru
from tests.station.folded import at_work, house
from tests.station.living import in_downtime
from tests.station.visitors import text_of, visitor, wait_for
from tests.station.ward_in_memory import NOW_NS, STATION, at

TODAY, NOW = "2026-11-24", "03:11"


def form(who, path, **typed):
    """Open a form, fill it in, send it; its day and time are those of the page."""
    page = who.get(path)
    assert page.status_code == 200, page.text
    found = {"day": TODAY} | dict(re.findall(r'name="(once|time)"[^>]*?value="([^"]*)"', page.text))
    return who.post(path, **(found | typed))


def said(charts):
    """The resources of the last entry that somebody wrote."""
    return [one["resource"] for one in msgspec.json.decode(charts.written()[-1].body)["entry"]]


def opened(charts):
    """The chart, as a bundle's resources."""
    return [one["resource"] for one in to_bundle(wait_for(charts.chart("p-durand")))["entry"]]


@pytest.mark.req("D4")
def test_vital_signs_stand_in_the_chart_under_their_author():
    """Numbers with a comma or a point keep their digits; each is an Observation with time, unit, author, station."""
    charts = in_downtime()
    nurse = visitor("nadia", charts=charts)
    sent = form(nurse, "/write/vitals/p-durand", temperature="38,40", pulse="112", systolic="104", diastolic="62")
    assert (sent.status_code, sent.headers["location"]) == (303, "/patient/p-durand#vital")
    page = text_of(nurse.get("/patient/p-durand"))
    assert "Température 38.40 °C" in page.replace("↗ Message d’origine", "").replace("  ", " ")
    found = {one["code"]["coding"][0]["code"]: one for one in said(charts)}
    assert set(found) == {"8310-5", "8867-4", "8480-6", "8462-4"}
    pulse = found["8867-4"]
    assert pulse["performer"][0]["display"] == "Nadia Benali"
    assert pulse["effectiveDateTime"].startswith("2026-11-24T03:11:")
    assert pulse["effectiveDateTime"].endswith("+01:00")
    written = next(one for one in pulse["extension"] if one["url"] == WRITTEN)
    assert written["extension"][0]["valueString"] == "n7f3k2"
    assert charts.written()[-1].source == "user/nadia"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"temperature": "384"}, "Cette valeur n’est pas possible."),
        ({"temperature": "38.4.1"}, "Ce n’est pas un nombre."),
        ({"pulse": "-5"}, "Ce n’est pas un nombre."),
        ({"systolic": "60", "diastolic": "104"}, "La diastolique est plus haute"),
        ({}, "Aucune mesure n’est écrite."),
        ({"pulse": "80", "time": "23:59"}, "Cette heure n’est pas encore venue."),
        ({"pulse": "80", "time": "3 heures"}, "Une heure, comme 03:15."),
        ({"pulse": "80", "note": "x" * 301}, "C’est trop long."),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_nothing_typed_is_lost(typed, words):
    """A slip of the key is refused in words; all that was typed stands there still; nothing is written."""
    charts = in_downtime()
    nurse = visitor("nadia", charts=charts)
    page = form(nurse, "/write/vitals/p-durand", **typed)
    assert page.status_code == 400
    assert words in text_of(page)
    for name, value in typed.items():
        assert f'name="{name}"' in page.text
        assert f'value="{value}"' in page.text
    assert not charts.written()


@pytest.mark.req("F3")
@pytest.mark.parametrize(
    ("medium", "wards", "words"),
    [("paper", (), "écrit sur papier"), ("screen", ("CHIR",), "n’est pas en panne")],
)
def test_a_ward_that_writes_elsewhere_is_told_so(medium, wards, words):
    """On paper, or not in downtime at all: no form, no button, nothing taken, and why."""
    charts = in_downtime(medium, wards)
    nurse = visitor("nadia", charts=charts)
    assert "/write/vitals" not in nurse.get("/patient/p-durand").text
    page = nurse.get("/write/vitals/p-durand")
    assert page.status_code == 409
    assert words in text_of(page)
    assert nurse.post("/write/vitals/p-durand", pulse="80", day=TODAY, time=NOW).status_code == 409
    assert not charts.written()


@pytest.mark.req("F3")
def test_a_function_written_elsewhere_opens_no_form_of_its_own():
    """The crisis cell puts medicines on paper and requests in the record system: the rest is written here."""
    charts = in_downtime()
    crisis = visitor("crise", charts=charts)
    asked = {"do": "declare", "medium": "screen", "function-medicines": "paper", "function-requests": "record"}
    assert crisis.post("/downtime", **asked).status_code == 303
    said = text_of(crisis.get("/downtime"))
    assert "médicaments : sur papier depuis 03:11, crise" in said
    assert "tout l’hôpital à l’écran , médicaments sur papier , demandes et transfusion dossier habituel" in said
    doctor = visitor("martin", charts=charts)
    chart = doctor.get("/patient/p-durand").text
    shown = {name for name in FORMS if f'href="/write/{name}/p-durand' in chart}
    assert {"vitals", "note", "transfer", "directive"} <= shown
    assert not shown & {"dose", "prescription", "verbal", "stop", "request"}
    for path, words in (("prescription/p-durand", "C’est sur papier"), ("request/p-durand", "C’est dans le dossier")):
        page = doctor.get(f"/write/{path}")
        assert (page.status_code, words in text_of(page)) == (409, True)
    assert doctor.get("/write/vitals/p-durand").status_code == 200
    for path, language, words in (
        ("/round/CARD", "fr", "Médicaments : cette unité les écrit sur papier depuis 03:11. Ici, la liste se lit"),
        ("/round/CARD", "en", "Medicines: since 03:11 this ward writes them on paper."),
        ("/registers/CARD", "fr", "Médicaments : cette unité les écrit sur papier depuis 03:11. Ici, le registre"),
    ):
        assert words in text_of(doctor.get(path, accept_language=language))
    board = text_of(crisis.get("/crisis"))
    assert "Écrit ailleurs : médicaments sur papier 03:11 · demandes et transfusion dossier habituel 03:11" in board


@pytest.mark.req("F3")
def test_whoever_may_not_write_is_not_told_that_the_ward_writes_elsewhere():
    """A pharmacist reads the register of a ward that writes here: no button, and no word of paper."""
    page = visitor("pharma", charts=in_downtime()).get("/registers/CARD")
    assert page.status_code == 200
    assert "notice warn" not in page.text.partition("<main")[2]


@pytest.mark.req("F4")
def test_after_the_cut_over_a_round_names_the_record_system():
    """Nothing is declared: the list says where the ward writes, and since when."""
    charts = in_downtime(at_ns=NOW_NS - 7200 * 10**9)
    lifted = DowntimeLifted([], "fini", at(-1), at(-1))
    charts.journal.append(Entry(STATION, len(charts.journal) + 1, NOW_NS, 0, "user/crise", MEDIA_ACT, encode(lifted)))
    said = text_of(visitor("nadia", charts=charts).get("/round/CARD"))
    assert "Médicaments : cette unité les écrit dans le dossier habituel depuis 02:11." in said


def test_a_form_sent_twice_is_one_act():
    """Two clicks, or an answer that was lost: two entries, one line."""
    charts = in_downtime()
    nurse = visitor("nadia", charts=charts)
    page = nurse.get("/write/note/p-durand")
    typed = dict(re.findall(r'name="(once|time)"[^>]*?value="([^"]*)"', page.text))
    typed |= {"day": TODAY, "kind": "nursing", "text": "Patiente <anxieuse>, famille prévenue."}
    for _ in range(2):
        assert nurse.post("/write/note/p-durand", **typed).status_code == 303
    assert len(charts.written()) == 2
    notes = [one for one in opened(charts) if one["resourceType"] == "DocumentReference" and one["id"] != "doc1"]
    assert len(notes) == 1
    shown = nurse.get("/patient/p-durand")
    assert "Patiente &lt;anxieuse&gt;, famille prévenue." in shown.text


def test_a_form_gone_back_to_and_filled_in_otherwise_is_another_act():
    """The browser's Back, then the next values: the first ones stay as they were, nothing is written over."""
    charts = in_downtime()
    nurse = visitor("nadia", charts=charts)
    page = nurse.get("/write/vitals/p-durand")
    typed = {"day": TODAY} | dict(re.findall(r'name="(once|time)"[^>]*?value="([^"]*)"', page.text))
    for pulse in ("112", "96"):
        assert nurse.post("/write/vitals/p-durand", **typed, pulse=pulse).status_code == 303
    made = [one for one in opened(charts) if f":{STATION}/" in one["meta"]["source"]]
    assert sorted(str(one["valueQuantity"]["value"]) for one in made) == ["112", "96"]
    assert not any(one["url"] == EARLIER for found in made for one in found["extension"])


@pytest.mark.req("D4", "F2")
def test_a_dose_given_stands_under_its_prescription():
    """Given by whom and when, with the second check; the prescription's words stay its sender's."""
    charts = in_downtime()
    nurse = visitor("nadia", charts=charts)
    page = nurse.get("/write/dose/p-durand/m1")
    assert "Furosémide 20 mg/2 mL inj. · 40 mg à 08:00, 14:00, 20:00" in text_of(page)
    sent = form(nurse, "/write/dose/p-durand/m1", outcome="completed", amount="40 mg", witness="Lucas Petit")
    assert sent.status_code == 303
    assert said(charts)[0]["request"] == {"reference": "MedicationRequest/m1"}
    row = re.search(r'data-mark="doses-MedicationRequest/m1".*?</td>', nurse.get("/patient/p-durand").text, re.DOTALL)
    assert "03:11 40 mg donnée Nadia Benali, Lucas Petit" in text_of(row[0]).replace(" ↗ Message d’origine", "")


@pytest.mark.req("D4")
def test_a_dose_not_given_says_why():
    """Withheld without a reason is not taken; with one it stands as not given."""
    charts = in_downtime()
    nurse = visitor("nadia", charts=charts)
    page = form(nurse, "/write/dose/p-durand/m2", outcome="not-done")
    assert page.status_code == 400
    assert "Pourquoi n’est-elle pas donnée ?" in text_of(page)
    assert form(nurse, "/write/dose/p-durand/m2", outcome="not-done", reason="PA 84/50").status_code == 303
    assert "non donnée (PA 84/50)" in text_of(nurse.get("/patient/p-durand")).replace(" )", ")")


def test_a_second_dose_within_the_hour_is_asked_once_more():
    """Two people may both have given it: the first one is named, and a tick sends the second."""
    charts = in_downtime()
    nurse, other = visitor("nadia", charts=charts), visitor("martin", charts=charts)
    assert form(nurse, "/write/dose/p-durand/m1", outcome="completed").status_code == 303
    page = form(other, "/write/dose/p-durand/m1", outcome="completed", amount="40 mg")
    assert page.status_code == 400
    assert "déjà inscrite : 03:11 Nadia Benali" in text_of(page)
    assert len(charts.written()) == 1
    assert form(other, "/write/dose/p-durand/m1", outcome="completed", confirm="yes").status_code == 303
    assert len(charts.written()) == 2


@pytest.mark.req("D4", "F9")
def test_a_prescription_has_due_times_and_its_prescribers_words():
    """At fixed hours, every n hours, if needed, once: what is due is counted from the times, shown in the words."""
    charts = in_downtime()
    physician = visitor("martin", charts=charts)
    typed = {"drug": "Amoxicilline 1 g cp", "dose": "1 cp", "route": "orale", "rhythm": "hours", "hours": "8 14h 20:00"}
    assert form(physician, "/write/prescription/p-durand", **typed, days="7").status_code == 303
    order = said(charts)[0]
    assert order["requester"]["display"] == "Dr Claire Martin"
    dosage = order["dosageInstruction"][0]
    assert dosage["text"] == "1 cp · 08:00 14:00 20:00"
    assert dosage["timing"]["repeat"]["timeOfDay"] == ["08:00:00", "14:00:00", "20:00:00"]
    assert dosage["timing"]["repeat"]["boundsPeriod"]["end"].startswith("2026-12-01T03:11")
    assert "Amoxicilline 1 g cp" in text_of(physician.get("/patient/p-durand"))


@pytest.mark.req("F10")
@pytest.mark.parametrize("weighed", ["12.4", ""])
def test_a_child_s_dose_stands_beside_what_it_was_reckoned_from(weighed):
    """The form says the weight, or that there is none; an adult's asks for no basis."""
    child = PID.replace("19480512", "20240512")
    charts = house()
    charts.feed(adt("A01", "1123 1200", place="CARD^^1", pid=child))
    if weighed:
        charts.feed(oru("1123 1300", f"NM|29463-7^Poids^LN||{weighed}|kg|||||F").replace(PID.encode(), child.encode()))
    [hit] = charts.told.charts.find("martin")
    doctor = at_work("martin", charts)
    asked = text_of(doctor.get(f"/write/prescription/{hit.id}"))
    assert ("15 mg/kg × 12.4 kg (2026-11-2" if weighed else "15 mg/kg ; poids : non reçu") in asked
    typed = {"drug": "Paracétamol sol. buv.", "dose": "180 mg", "basis": "15 mg/kg, 12,4 kg", "rhythm": "every"}
    assert form(doctor, f"/write/prescription/{hit.id}", **typed, route="orale", every="6").status_code == 303
    assert "180 mg (15 mg/kg, 12,4 kg) · /6 h" in text_of(doctor.get(f"/patient/{hit.id}"))
    adult = visitor("martin", charts=in_downtime())
    assert "Base de la dose" not in adult.get("/write/prescription/p-durand").text


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"rhythm": "hours"}, "À quelles heures ?"),
        ({"rhythm": "hours", "hours": "matin"}, "Des heures, comme 08:00 14:00 20:00."),
        ({"rhythm": "hours", "hours": "25:00"}, "Des heures, comme 08:00 14:00 20:00."),
        ({"rhythm": "every"}, "Toutes les combien d’heures ?"),
        ({"rhythm": "every", "every": "0,5"}, "Cette valeur n’est pas possible."),
        ({"rhythm": "needed"}, "Quand, et combien au plus en 24 h ?"),
        ({"rhythm": "sometimes"}, "Ce n’est pas un des choix."),
        ({"rhythm": "once", "drug": " "}, "À remplir."),
    ],
)
def test_a_prescription_that_says_too_little_is_not_taken(typed, words):
    """What is missing is asked for; nothing is guessed."""
    charts = in_downtime()
    base = {"drug": "Amoxicilline", "dose": "1 cp", "route": "orale"}
    page = form(visitor("martin", charts=charts), "/write/prescription/p-durand", **(base | typed))
    assert page.status_code == 400
    assert words in text_of(page)
    assert not charts.written()


@pytest.mark.req("D4")
def test_a_feed_does_not_open_again_what_the_ward_stopped():
    """Stopped here with a reason; a feed's later "active" is a conflict shown, and the drug stays stopped."""
    charts = in_downtime()
    physician = visitor("martin", charts=charts)
    assert form(physician, "/write/stop/p-durand/m1", reason="Créatinine 214").status_code == 303
    chart = wait_for(charts.chart("p-durand"))
    kept = chart.kept["MedicationRequest/m1"]
    assert (kept.now["status"], kept.now["statusReason"]["text"]) == ("stopped", "Créatinine 214")
    assert kept.now["medicationCodeableConcept"]["text"] == "Furosémide 20 mg/2 mL inj."
    later = Reading("n7f3k2-capture", 9, NOW_NS + 10**9, NOW_NS, "PHARMA@CHU", "RDE^O11", understood=True)
    word = {"status": "active", "medicationCodeableConcept": {"text": "Furosémide"}, "dosageInstruction": []}
    for mode in ("replace", "update"):
        again = msgspec.json.decode(msgspec.json.encode(kept), type=Kept)
        take(
            {"MedicationRequest/m1": again},
            Said("MedicationRequest", "urn:contrefeu:object|m1", word, NOW_NS * 2, mode),
            later,
        )
        assert again.now["status"] == "stopped"
        conflict = next(one for one in again.now["extension"] if one["url"] == CONFLICT)
        assert conflict["extension"][0]["valueCode"] == "active"
    assert form(physician, "/write/resume/p-durand/m1", reason="Œdème").status_code == 303
    assert wait_for(charts.chart("p-durand")).kept["MedicationRequest/m1"].now["status"] == "active"


def falls_due(charts):
    """Whether doses of m1 are counted from it."""
    return "MedicationRequest/m1" in {one.resource for one in courses_of(wait_for(charts.chart("p-durand")))}


@pytest.mark.req("D4")
@pytest.mark.parametrize(("language", "words"), [("fr", ["suspendu", "Reprendre"]), ("en", ["on hold", "Resume"])])
def test_a_prescription_on_hold_stays_in_sight_and_nothing_falls_due_of_it(language, words):
    """Held with a reason: marked among what runs, no dose due, none offered; resumed, it is due again."""
    charts = in_downtime()
    physician = visitor("martin", charts=charts)
    physician.client.cookies.set("lang", language, domain="ward.example.org", path="/")
    assert falls_due(charts)
    assert form(physician, "/write/hold/p-durand/m1", reason="à jeun, jusqu’au bloc").status_code == 303
    page = physician.get("/patient/p-durand")
    row = re.search(r'<tr data-key="MedicationRequest/m1">.*?</tr>', page.text, re.S)[0]
    for said in (*words, "à jeun, jusqu’au bloc"):
        assert said in row
    assert "/write/dose/" not in row
    assert not falls_due(charts)
    assert form(physician, "/write/resume/p-durand/m1", reason="mangé").status_code == 303
    assert falls_due(charts)
    assert "/write/hold/p-durand/m1" in physician.get("/patient/p-durand").text


@pytest.mark.req("D4")
def test_a_dose_of_a_held_prescription_is_written_by_who_knows_that_it_is_held():
    """From a page that is older than the hold: said first, written once it is ticked; "not given" needs no tick."""
    charts = in_downtime()
    form(visitor("martin", charts=charts), "/write/hold/p-durand/m1", reason="à jeun")
    nurse = visitor("nadia", charts=charts)
    refused = form(nurse, "/write/dose/p-durand/m1", outcome="completed")
    assert refused.status_code == 400
    assert "La prescription est suspendue" in text_of(refused)
    assert form(nurse, "/write/dose/p-durand/m1", outcome="completed", held="yes").status_code == 303
    assert form(nurse, "/write/dose/p-durand/m1", outcome="not-done", reason="suspendue").status_code == 303


@pytest.mark.req("D4", "F26")
def test_a_feed_does_not_end_a_hold_of_the_ward_and_may_stop_the_drug():
    """Held here: a feed's "active" is a conflict that the chart shows; its "stopped" is heard."""
    charts = in_downtime()
    physician = visitor("martin", charts=charts)
    form(physician, "/write/hold/p-durand/m1", reason="Créatinine 214")
    kept = wait_for(charts.chart("p-durand")).kept["MedicationRequest/m1"]
    later = Reading("n7f3k2-capture", 9, NOW_NS + 10**9, NOW_NS, "PHARMA@CHU", "RDE^O11", understood=True)
    for status, holds in (("active", "on-hold"), ("stopped", "stopped")):
        again = {"MedicationRequest/m1": msgspec.json.decode(msgspec.json.encode(kept), type=Kept)}
        word = {"status": status, "medicationCodeableConcept": {"text": "Furosémide"}}
        take(again, Said("MedicationRequest", "urn:contrefeu:object|m1", word, NOW_NS * 2, "replace"), later)
        now = again["MedicationRequest/m1"].now
        assert now["status"] == holds
        assert any(one["url"] == CONFLICT for one in now.get("extension", [])) is (holds == "on-hold")


def test_only_what_runs_is_held_and_no_word_about_it_takes_it_away():
    """A stopped drug is not held; taking back the entry that resumed one does not strike the drug itself."""
    charts = in_downtime()
    physician = visitor("martin", charts=charts)
    typed = {"drug": "Nicardipine 20 mg", "dose": "1 cp", "route": "orale", "rhythm": "every", "every": "8"}
    assert form(physician, "/write/prescription/p-durand", **typed).status_code == 303
    kept = wait_for(charts.chart("p-durand")).kept
    [mine] = [name for name, one in kept.items() if "Nicardipine" in str(one.now)]
    line = mine.removeprefix("MedicationRequest/")
    for what in ("hold", "resume", "stop"):
        assert form(physician, f"/write/{what}/p-durand/{line}", reason="x").status_code == 303
        assert physician.get(f"/write/takeback/p-durand/{charts.written()[-1].ref}").status_code == 404
    assert form(physician, f"/write/hold/p-durand/{line}", reason="x").status_code == 400
    assert form(physician, f"/write/resume/p-durand/{line}", reason="x").status_code == 303


@pytest.mark.req("G5")
def test_units_beds_and_colons_are_english_in_english():
    """What stands beside a field, and what a bed is said to be, are words of whoever reads, not of the node."""
    charts = in_downtime()
    nurse = visitor("nadia", charts=charts)
    for language, said in (("en", ("years", "207P · taken: ROUX")), ("fr", ("ans", "207P · pris : ROUX"))):
        nurse.client.cookies.set("lang", language, domain="ward.example.org", path="/")
        page = text_of(nurse.get("/arrive/unknown?ward=CARD"))
        assert [word for word in said if word not in page] == []


def test_no_feed_speaks_of_an_object_by_its_id():
    """What names an object of a chart by its id is people's way of speaking: from a feed it is another object."""
    body = msgspec.json.encode(
        {
            "resourceType": "MedicationRequest",
            "identifier": [{"system": "urn:contrefeu:object", "value": "m1"}],
            "subject": {"identifier": {"system": "urn:id:CHU", "value": "0100234"}},
            "status": "stopped",
        }
    )
    ours, theirs = (
        read(Entry(STATION, 1, NOW_NS, 1, source, "application/fhir+json", body), FeedRules()).said[0]
        for source in ("user/martin", "fhir/machine")
    )
    assert (ours.key, ours.mode) == ("urn:contrefeu:object|m1", "update")
    assert theirs.key.startswith("fhir/machine|")
    assert theirs.mode == "replace"


def test_no_feed_claims_that_people_here_wrote_it():
    """An extension that says so, or that the fold made it, is left out of a feed's words; people's stay."""
    word = {"status": "stopped", "extension": [{"url": WRITTEN}, {"url": CONFLICT}, {"url": "urn:theirs"}]}
    kept = {}
    for source in ("fhir/machine", "user/martin"):
        reading = Reading("n7f3k2-station", 1, NOW_NS, NOW_NS, source, "FHIR Bundle", understood=True)
        reading.said = [Said("MedicationRequest", f"{source}|1", dict(word))]
        [kept[source]] = apply(new_chart("CHU|1", "P"), reading).kept.values()
    urls = {source: [one["url"] for one in found.now["extension"]] for source, found in kept.items()}
    assert urls == {"fhir/machine": ["urn:theirs"], "user/martin": [WRITTEN, "urn:theirs"]}


@pytest.mark.req("F6")
def test_an_allergy_told_on_the_ward_stands_beside_the_feeds():
    """It is listed above every line at once, unconfirmed until somebody checks it; theirs stay."""
    charts = in_downtime()
    nurse = visitor("nadia", charts=charts)
    typed = {"what": "Kétoprofène", "reaction": "bronchospasme", "severity": "severe", "certainty": "unconfirmed"}
    assert form(nurse, "/write/allergy/p-durand", **typed, told="sa fille").status_code == 303
    head = text_of(re.search(r'<header class="person".*?</header>', nurse.get("/patient/p-durand").text, re.DOTALL)[0])
    assert "Kétoprofène (bronchospasme, sévère)" in head
    assert "Pénicillines" in head


def test_a_request_waits_in_the_chart():
    """To the laboratory, with its priority and why."""
    charts = in_downtime()
    physician = visitor("martin", charts=charts)
    sent = form(
        physician, "/write/request/p-durand", kind="laboratory", what="Ionogramme", priority="urgent", why="K 6,4"
    )
    assert sent.status_code == 303
    assert "Ionogramme" in text_of(physician.get("/patient/p-durand"))
    assert said(charts)[0]["priority"] == "urgent"


@pytest.mark.req("F2", "F3")
def test_doses_from_before_the_screen_was_in_force_are_not_known():
    """What had fallen due before the ward began to write here reads "given? not known"; what falls due since is due."""
    clock = ManualClock(NOW_NS)
    early = visitor("nadia", charts=in_downtime(at_ns=NOW_NS - 1800 * 10**9), clock=clock).get("/ward/CARD")
    paper = visitor("nadia", charts=in_downtime("paper", at_ns=NOW_NS - 7200 * 10**9), clock=clock).get("/ward/CARD")
    screen = visitor("nadia", charts=in_downtime(at_ns=NOW_NS - 7200 * 10**9), clock=clock).get("/ward/CARD")
    late = "en retard"
    assert late not in text_of(early)  # due 72 min ago, before the screen was in force
    assert late not in text_of(paper)
    assert late in text_of(screen)


def test_who_may_write_what():
    """A nurse does not prescribe, a clerk writes no care, nobody writes in another ward's chart."""
    charts = in_downtime()
    assert visitor("nadia", charts=charts).get("/write/prescription/p-durand").status_code == 403
    assert visitor("nadia", charts=charts).post("/write/stop/p-durand/m1", reason="x").status_code == 403
    assert visitor("accueil", charts=charts).get("/write/note/p-durand").status_code == 403
    elsewhere = visitor("lucas", charts=charts).get("/write/vitals/p-durand")
    assert (elsewhere.status_code, elsewhere.headers["location"]) == (303, "/glass/p-durand")
    assert visitor("nadia", charts=charts).get("/write/dose/p-durand/nothing").status_code == 404
    assert visitor("nadia", charts=charts).post("/write/vitals/p-durand", _csrf="wrong", pulse="80").status_code == 403
    assert not charts.written()


@pytest.mark.parametrize(
    ("login", "path", "typed"),
    [
        ("nadia", "vitals/p-durand", {"pulse": "80", "note": "couchée"}),
        ("nadia", "note/p-durand", {"kind": "medical", "text": "Vue."}),
        ("nadia", "dose/p-durand/m1", {"outcome": "not-done", "reason": "à jeun"}),
        ("nadia", "dose/p-durand/m2", {"outcome": "completed", "amount": "1 cp", "witness": "L. Petit"}),
        ("nadia", "allergy/p-durand", {"what": "Iode", "reaction": "urticaire", "severity": "mild",
                                       "certainty": "confirmed", "told": "patient"}),
        ("martin", "prescription/p-durand", {"drug": "A", "dose": "1", "route": "IV", "rhythm": "every", "every": "6"}),
        ("martin", "prescription/p-durand", {"drug": "A", "dose": "1", "route": "IV", "rhythm": "once"}),
        ("martin", "prescription/p-durand", {"drug": "A", "dose": "1", "route": "IV", "rhythm": "needed",
                                             "limit": "si douleur, 4 par jour"}),
        ("martin", "stop/p-durand/m1", {"reason": "x"}),
        ("martin", "request/p-durand", {"kind": "imaging", "what": "Scanner", "priority": "stat", "why": ""}),
    ],
)  # fmt: skip
def test_what_is_written_is_fhir(login, path, typed):
    """Each resource is valid R4, by a library that is not ours."""
    charts = in_downtime()
    sent = form(visitor(login, charts=charts), f"/write/{path}", **typed)
    assert sent.status_code == 303, unescape(text_of(sent))
    for one in said(charts):
        get_fhir_model_class(one["resourceType"]).model_validate(one)
    assert len(said(charts)) >= 1


def test_what_the_chart_does_not_say_yet_is_told_as_kept():
    """A reader that is behind: the entry is in the journal, and the page says not to write it twice."""
    charts = in_downtime()
    nurse = visitor("nadia", charts=charts)
    written, charts.written = charts.written, list
    sent = form(nurse, "/write/vitals/p-durand", pulse="80")
    assert sent.headers["location"].startswith("/patient/p-durand?kept=n7f3k2-station/")
    assert "Ne l’écrivez pas deux fois." in text_of(nurse.get(sent.headers["location"]))
    charts.written = written
    assert "Ne l’écrivez pas deux fois." not in text_of(nurse.get(sent.headers["location"]))


@pytest.mark.parametrize("written", ["3:05", "0305", "03h05", "03 : 05"])
def test_an_hour_is_read_as_people_write_it(written):
    """With a colon, an h, a point or nothing between; always shown with two digits."""
    charts = in_downtime()
    assert form(visitor("nadia", charts=charts), "/write/vitals/p-durand", pulse="80", time=written).status_code == 303
    assert said(charts)[0]["effectiveDateTime"] == "2026-11-24T03:05:00+01:00"


def test_days_are_said_in_words():
    """Today and the six days before, each with the month in letters: no browser's own way of writing dates."""
    page = visitor("nadia", charts=in_downtime()).get("/write/vitals/p-durand").text
    assert re.findall(r'<option value="2026-11-[0-9]+"[^>]*>([^<]*)', page)[:2] == ["24 nov. 2026", "23 nov. 2026"]
    assert 'type="date"' not in page


def test_an_hour_of_yesterday_is_an_hour_of_yesterday():
    """Back-entry within the night: the day is beside the hour."""
    charts = in_downtime()
    assert (
        form(
            visitor("nadia", charts=charts), "/write/vitals/p-durand", pulse="80", day="2026-11-23", time="23:50"
        ).status_code
        == 303
    )
    assert said(charts)[0]["effectiveDateTime"] == "2026-11-23T23:50:00+01:00"
    assert at(-3.36).startswith("2026-11-23T23:50")


@pytest.mark.parametrize(
    ("login", "path", "typed", "struck"),
    [
        ("nadia", "vitals/p-durand", {"temperature": "38,3", "pulse": "211"}, 2),
        ("nadia", "note/p-durand", {"kind": "nursing", "text": "Autre patiente."}, 1),
        ("nadia", "dose/p-durand/m1", {"outcome": "completed"}, 1),
        ("nadia", "allergy/p-durand", {"what": "Iode", "certainty": "unconfirmed"}, 1),
        ("martin", "request/p-durand", {"kind": "imaging", "what": "Scanner", "priority": "stat"}, 1),
        ("martin", "prescription/p-durand", {"drug": "A", "dose": "1", "route": "IV", "rhythm": "once"}, 1),
    ],
)
@pytest.mark.req("D4")
def test_what_was_written_by_mistake_is_taken_back_and_stays_seen(login, path, typed, struck):
    """From the entry behind a line, by whoever may write; each of its lines is struck, with why, valid R4."""
    charts = in_downtime()
    who = visitor(login, charts=charts)
    assert form(who, f"/write/{path}", **typed).status_code == 303
    ref = charts.written()[-1].ref
    entry = who.get(f"/entry/{ref}?chart=p-durand")
    assert f"/write/takeback/p-durand/{ref}" in entry.text
    page = form(who, f"/write/takeback/p-durand/{ref}")
    assert page.status_code == 400
    assert "À remplir." in text_of(page)
    assert form(who, f"/write/takeback/p-durand/{ref}", reason="mauvaise patiente").status_code == 303
    for one in said(charts):
        get_fhir_model_class(one["resourceType"]).model_validate(one)
    made = [one for one in opened(charts) if one["meta"]["source"].endswith(charts.written()[-1].ref)]
    assert len(made) == struck
    for one in made:
        verification = one.get("verificationStatus", {}).get("coding", [{}])[0].get("code")
        assert "entered-in-error" in (one.get("status"), verification)
        assert "mauvaise patiente" in str(one)
    assert who.get(f"/write/takeback/p-durand/{ref}").status_code == 404


def test_only_what_an_entry_made_can_be_taken_back():
    """Not a feed's line, not the stop of a feed's prescription: that one is resumed."""
    charts = in_downtime()
    physician = visitor("martin", charts=charts)
    assert form(physician, "/write/stop/p-durand/m1", reason="x").status_code == 303
    stop = charts.written()[-1].ref
    assert physician.get(f"/write/takeback/p-durand/{stop}").status_code == 404
    assert physician.get("/write/takeback/p-durand/n7f3k2-capture/184000").status_code == 404
    assert "Retirer" not in text_of(physician.get("/entry/n7f3k2-capture/184000?chart=p-durand"))
