"""The pharmacy makes a ward's doses ready, counts what comes back, and sees cabinets as their system last said them.

Method: a ward in memory with prescriptions of a feed and of people here; forms sent as a browser sends them; the clock
stands at 03:11.
"""

import re
from zoneinfo import ZoneInfo

import pytest

from contrefeu.acts import CabinetsExtracted, MedicinesReleased, encode
from contrefeu.base import OperatorError, rfc3339
from contrefeu.journal import MEDIA_ACT, Entry
from contrefeu.station.care import parse_extract
from contrefeu.station.care.dispensary import same_drug
from tests.station.living import in_downtime
from tests.station.test_care import form
from tests.station.test_pharmacy import AMOXICILLIN, acted
from tests.station.visitors import text_of, visitor
from tests.station.ward_in_memory import NOW_NS, STATION, at, durand, prescription

ZONE = ZoneInfo("Europe/Paris")
EXTRACT = "cabinet;drug;quantity;date\nCARD;PARACETAMOL 1G CP;40;2026-11-24 00:10\n"
EXTRACT += "CARD;Amiodarone 200 mg cp;12,5;2026-11-23\n"


def timed(id_, drug, times, **more):
    """A prescription at hours of the day."""
    repeat = {"timeOfDay": times, "frequency": len(times), "period": 1, "periodUnit": "d"}
    dosage = {"text": "1 cp", "timing": {"repeat": repeat}, "route": {"text": "orale"}}
    return prescription(id_, drug, "", "", -30, dosageInstruction=[dosage], **more)


@pytest.fixture
def charts():
    """CARD in downtime: two hours a day, no hour, if needed, on hold; one more written here in words of its own."""
    found = in_downtime()
    patient = [one for one in durand() if one["resourceType"] != "MedicationRequest"]
    if_needed = {"text": "1 g si douleur", "asNeededBoolean": True}
    found.charts["p-durand"] = [
        *patient,
        timed("x1", "Ramipril 5 mg cp", ["08:00:00", "20:00:00"]),
        timed("x2", "Furosémide 40 mg cp", ["08:00:00"], status="on-hold"),
        prescription("x3", "Prednisone 20 mg cp", "selon protocole", "orale", -30),
        prescription("x4", "Paracétamol 1 g cp", "", "", -30, dosageInstruction=[if_needed]),
    ]
    return found


@pytest.mark.req("F13")
def test_a_ward_list_counts_what_has_hours_and_says_what_has_none(charts):
    """Doses of the next 24 hours by prescription and in all; on hold, no hour and if needed are no number."""
    free = {"drug": "Sirop maison", "dose": "10 mL", "route": "orale", "rhythm": "every", "every": "8"}
    form(visitor("martin", charts=charts), "/write/prescription/p-durand", **free)
    pharmacist = visitor("pharma", charts=charts)
    assert 'href="/pharmacy/ward/CARD"' in pharmacist.get("/pharmacy").text
    page = pharmacist.get("/pharmacy/ward/CARD")
    words = text_of(page)
    assert re.search(r"Délivrance — Cardiologie du 24 nov\. (2026 )?03:11 au 25 nov\. (2026 )?03:11", words)
    assert re.search(r"Ramipril 5 mg cp .{0,30}orale 2 08:00 · 20:00", words), words
    assert re.search(r"Furosémide 40 mg cp suspendu.{0,40} 0 suspendue : rien à préparer", words)
    assert re.search(r"selon protocole · orale \? heures non dites", words)
    assert re.search(r"Paracétamol 1 g cp.{0,60}si besoin —", words)
    assert "Sirop maison hors liste" in words
    totals = words.partition("À prendre au rayon")[2]
    assert "2 × Ramipril 5 mg cp" in totals and "Furosémide" not in totals and "Paracétamol" not in totals
    assert "n’a pas d’heure qui se calcule" in totals or "n’ont pas d’heure qui se calcule" in totals
    assert [one for one in charts.journal if b"dispensing CARD" in one.body], "who looked is written down"


@pytest.mark.req("F13")
def test_a_dose_that_was_given_early_is_not_made_ready_again(charts):
    """Half an hour before its time, or refused then: it is answered, in its line and in the total; the others stay."""
    charts.charts["p-durand"] += [
        timed("x5", "Bisoprolol 5 mg cp", ["03:30:00", "20:00:00"]),
        timed("x6", "Captopril 25 mg cp", ["03:30:00", "20:00:00"]),
    ]
    nurse = visitor("nadia", charts=charts)
    given = {"day": "2026-11-24", "time": "03:05"}
    assert form(nurse, "/write/dose/p-durand/x5", outcome="completed", **given).status_code == 303
    assert form(nurse, "/write/dose/p-durand/x6", outcome="not-done", reason="à jeun", **given).status_code == 303
    words = text_of(visitor("pharma", charts=charts).get("/pharmacy/ward/CARD"))
    for drug in ("Bisoprolol 5 mg cp", "Captopril 25 mg cp"):
        assert re.search(rf"{drug} .{{0,30}}orale 1 20:00", words), words
        assert f"1 × {drug}" in words.partition("À prendre au rayon")[2]
    assert re.search(r"Ramipril 5 mg cp .{0,30}orale 2 08:00 · 20:00", words)


def repeat(**how):
    """An instruction: 1 tablet, by such a rhythm."""
    return {"text": "1 cp", "timing": {"repeat": how}}


DAILY = {"timeOfDay": ["08:00:00", "20:00:00"], "frequency": 2, "period": 1, "periodUnit": "d"}


@pytest.mark.req("F13")
@pytest.mark.parametrize(
    ("instructions", "number"),
    [
        ([repeat(**DAILY), {"text": "1 cp si douleur", "asNeededBoolean": True}], "?"),
        ([repeat(**DAILY), {"text": "selon protocole"}], "?"),
        ([repeat(**DAILY), {"text": "500 mL", "doseAndRate": [{"rateQuantity": {"value": 40, "unit": "mL/h"}}]}], "?"),
        ([repeat(**DAILY), repeat(frequency=1, period=6, periodUnit="h")], "?"),  # nobody knows when that began
        ([repeat(**DAILY, count=1)], "1"),
        ([repeat(**DAILY, boundsPeriod={"end": "2026-11-24T12:00:00+01:00"}),
          repeat(**DAILY | {"timeOfDay": ["20:00:00"], "frequency": 1},
                 boundsPeriod={"start": "2026-11-24T12:00:00+01:00"})], "2"),  # a taper
        ([repeat(frequency=1, period=36, periodUnit="h", boundsPeriod={"start": "2026-11-23T20:00:00+01:00"})], "0"),
    ],
    ids=["and if needed", "and words", "and an infusion", "and an unknown start", "so many", "taper", "each 36 h"],
)  # fmt: skip
def test_a_number_is_of_the_whole_prescription_or_is_none(charts, instructions, number):
    """Two hours a day and something beside it that nobody can count: "?", in no total, and said below the totals."""
    charts.charts["p-durand"] = [
        *(one for one in durand() if one["resourceType"] != "MedicationRequest"),
        prescription("x9", "Ramipril 5 mg cp", "", "", -30, dosageInstruction=instructions),
    ]
    words = text_of(visitor("pharma", charts=charts).get("/pharmacy/ward/CARD"))
    shown = re.search(
        r"Ramipril 5 mg cp 1 cp.*? (\?|\d+) (?:\d\d:\d\d|24 nov|25 nov|heures non dites|rien dans)", words
    )
    assert shown and shown[1] == number, words
    assert ("n’a pas d’heure qui se calcule" in words) == (number == "?")
    assert "204 P BOUCHARD Henri" in words, "the bed of somebody without a line has its room too"
    assert ("× Ramipril" in words) == (number not in {"?", "0"})


@pytest.mark.req("F13")
def test_returns_are_counted_by_drug_and_taken_back_by_a_line(charts):
    """Two returns of a drug are one number; a wrong one stays, struck, and counts no more; a form sent twice is one."""
    pharmacist = visitor("pharma", charts=charts)
    path = "/pharmacy/returns"
    for units, once in (("10", "a"), ("2,5", "b"), ("10", "a")):
        sent = pharmacist.post(path, ward="CARD", drug="Ramipril 5 mg cp", units=units, reason="arrêt", once=once)
        assert sent.status_code == 303
    words = text_of(pharmacist.get(path))
    assert "Cardiologie Ramipril 5 mg cp 12.5" in words
    line = re.findall(r'name="line" value="([^"]+)"', pharmacist.get(path).text)[0]
    assert pharmacist.post(f"{path}/void", line=line, reason="").status_code == 400
    assert pharmacist.post(f"{path}/void", line=line, reason="autre boîte").status_code == 303
    words = text_of(pharmacist.get(path))
    assert "Cardiologie Ramipril 5 mg cp 10" in words
    assert "reprise autre boîte" in words
    assert pharmacist.post(f"{path}/void", line=line, reason="encore").status_code == 404
    assert [one for one in pharmacist.looks("act") if "returns CARD" in str(one)]


@pytest.mark.req("F13")
@pytest.mark.parametrize(
    "wrong", [{"ward": "NULLE-PART"}, {"drug": ""}, {"units": "deux"}, {"units": "0"}, {"units": "-1"}]
)
def test_a_return_that_cannot_be_is_marked_and_nothing_is_lost(charts, wrong):
    """What was typed stays beside what is wrong."""
    pharmacist = visitor("pharma", charts=charts)
    sent = {"ward": "CARD", "drug": "Ramipril 5 mg cp", "units": "3", "reason": "refus du patient"} | wrong
    page = pharmacist.post("/pharmacy/returns", **sent)
    assert page.status_code == 400
    assert 'value="refus du patient"' in page.text
    assert "Aucun retour n’est inscrit." in text_of(page)


@pytest.mark.req("F13")
def test_a_cabinet_is_shown_as_it_was_with_what_was_given_since_beside(charts):
    """The extract's number stays, doses since are counted beside it; an old extract is red, and loses to a newer."""

    def brought(text, hours):
        act = CabinetsExtracted(parse_extract(text, ZONE, NOW_NS), "armoires.csv", at(hours))
        number = len(charts.journal) + 300
        charts.journal.append(Entry(STATION, number, NOW_NS - 10**8, number, "console", MEDIA_ACT, encode(act)))

    pharmacist = visitor("pharma", charts=charts)
    assert "Aucun extrait n’a été apporté" in text_of(pharmacist.get("/pharmacy/stock"))
    brought(EXTRACT, -1)
    nurse = visitor("nadia", charts=charts)
    form(
        nurse,
        "/write/dose/p-durand/x4",
        day="2026-11-24",
        time="02:30",
        status="completed",
        dose="1 g",
        outcome="given",
    )
    pharmacist = visitor("pharma", charts=charts)
    page = pharmacist.get("/pharmacy/stock")
    words = text_of(page)
    assert re.search(r"PARACETAMOL 1G CP 40 [01]", words), words
    assert "12.5" in words and "n’est retiré de rien" in words
    assert "Extrait de plus de" in words, "a line of a day alone counts from its start"
    brought(EXTRACT.replace("2026-11-23\n", "2026-11-24 03:00\n"), -0.5)
    brought(EXTRACT.replace("2026-11-2", "2026-11-1").replace(";40;", ";99;"), -0.1)
    words = text_of(visitor("pharma", charts=charts).get("/pharmacy/stock"))
    assert "99" not in words and "Extrait de plus de" not in words


@pytest.mark.req("F13")
def test_two_drawers_of_one_drug_are_each_shown_and_what_was_given_is_counted_once(charts):
    """A drug in two drawers, under one name or two: each with its units, their sum, one number of doses."""
    text = "cabinet;drug;quantity;date\nCARD;PARACETAMOL 1G CP;40;2026-11-24 00:10\n"
    text += "CARD;Amiodarone 200 mg cp;12;2026-11-24 00:10\nCARD;Paracétamol 1 g cp;7,5;2026-11-24 00:10\n"
    act = CabinetsExtracted(parse_extract(text, ZONE, NOW_NS), "armoires.csv", at(-1))
    charts.journal.append(Entry(STATION, 400, NOW_NS - 10**8, 400, "console", MEDIA_ACT, encode(act)))
    typed = {"day": "2026-11-24", "time": "02:30", "dose": "1 g", "outcome": "completed"}
    assert form(visitor("nadia", charts=charts), "/write/dose/p-durand/x4", **typed).status_code == 303
    page = visitor("pharma", charts=charts).get("/pharmacy/stock")
    words = text_of(page).partition("Doses données depuis")[2]
    assert re.search(r"PARACETAMOL 1G CP 40 \+ 7\.5 = 47\.5 \(2 emplacements\) 1", words), words
    assert "Paracétamol 1 g cp" not in words, "one row a drug: a dose stands beside one number"
    assert re.search(r"Amiodarone 200 mg cp 12 0", words), words
    assert "La même unité a aussi" not in words
    second = parse_extract(
        "cabinet;drug;quantity;date;ward\nCARD-2;PARACETAMOL 1G CP;3;2026-11-24;CARD\n", ZONE, NOW_NS
    )
    act = CabinetsExtracted(second, "armoires.csv", at(-1))
    charts.journal.append(Entry(STATION, 401, NOW_NS - 10**8, 401, "console", MEDIA_ACT, encode(act)))
    words = text_of(visitor("pharma", charts=charts).get("/pharmacy/stock?cabinet=CARD-2"))
    assert "La même unité a aussi : CARD. Les doses données sont celles de l’unité" in words


@pytest.mark.req("F13")
@pytest.mark.parametrize(
    "text",
    ["", "cabinet;drug;quantity\nA;B;1\n", "cabinet;drug;quantity;date\nA;B;x;2026-11-24\n",
     "cabinet;drug;quantity;date\nA;B;1;hier\n", "cabinet;drug;quantity;date\n;B;1;2026-11-24\n",
     "cabinet;drug;quantity;date;lot\nA;B;1;2026-11-24;7\n", "cabinet;drug;quantity;date\nA;B;1;2036-11-24\n"],
)  # fmt: skip
def test_an_extract_that_cannot_be_is_refused_whole(text):
    """With what is wrong; half a cabinet is no stock."""
    with pytest.raises(OperatorError):
        parse_extract(text, ZONE, NOW_NS)


def test_two_systems_write_a_drug_alike():
    """Accents, capitals and blanks tell no drug from another; a strength does."""
    assert same_drug("PARACETAMOL 1G CP") == same_drug("Paracétamol 1 g, cp") != same_drug("Paracétamol 500 mg cp")


@pytest.mark.req("F13")
def test_only_the_pharmacy_sees_them(charts):
    """A nurse, a physician, a clerk are refused, on reading and on writing."""
    acted(charts, MedicinesReleased([AMOXICILLIN], rfc3339(NOW_NS)))
    for login in ("nadia", "martin", "accueil"):
        who = visitor(login, charts=charts)
        for path in ("/pharmacy/ward/CARD", "/pharmacy/returns", "/pharmacy/stock"):
            assert who.get(path).status_code == 403
        assert who.post("/pharmacy/returns", ward="CARD", drug="X", units="1").status_code == 403
        assert who.post("/pharmacy/returns/void", line="x", reason="y").status_code == 403
