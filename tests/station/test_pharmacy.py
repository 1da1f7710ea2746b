"""The pharmacist: a list that only they release, prescriptions chosen from it, opinions that quote, an aid that warns.

Method: forms sent as a browser sends them to a ward in memory; entries read by the real mapping and folded by the real
fold; pages read as words.
"""

import re

import pytest

from contrefeu.acts import AidSwitched, Medicine, MedicinesProposed, MedicinesReleased, encode
from contrefeu.base import OperatorError, rfc3339
from contrefeu.chart import MEDICINE, tall_man, work_line
from contrefeu.journal import MEDIA_ACT, Entry
from contrefeu.station.care import parse_medicines
from contrefeu.station.care.medicines import SUGGESTED_MAX
from tests.chart.feed import adt
from tests.station.folded import at_work, house
from tests.station.living import in_downtime
from tests.station.test_care import form, opened, said
from tests.station.visitors import join, text_of, visitor, wait_for
from tests.station.ward_in_memory import NOW_NS, STATION, Charts, staffed

AT = rfc3339(NOW_NS - 10**9)
AMOXICILLIN = Medicine("Amoxicilline 1 g cp", ["amoxicilline", "pénicilline"], code="3400930000001")
DOBUTAMINE = Medicine("Dobutamine 250 mg/20 mL inj.", ["dobutamine"])
CYTOTOXIC = Medicine("Méthotrexate 2,5 mg cp", ["méthotrexate"], cytotoxic=True)
ORDER = {"dose": "1 g", "route": "orale", "rhythm": "every", "every": "8"}


def acted(charts, act, login="pharma"):
    """Somebody's act stands in the station's journal."""
    number = len(charts.journal) + 200
    charts.journal.append(Entry(STATION, number, NOW_NS - 10**8, number, f"user/{login}", MEDIA_ACT, encode(act)))
    return f"{STATION}/{number}"


@pytest.fixture
def charts():
    """A ward in downtime with a list of three."""
    found = in_downtime()
    acted(found, MedicinesReleased([AMOXICILLIN, DOBUTAMINE, CYTOTOXIC], AT))
    return found


@pytest.mark.req("F13")
def test_a_file_proposes_and_the_pharmacist_releases():
    """What console or a nurse brings is a proposal; a prescriber is offered nothing of it until a pharmacist's act."""
    charts = in_downtime()
    ref = acted(charts, MedicinesProposed([AMOXICILLIN], "liste.csv", AT), "console")
    acted(charts, MedicinesReleased([DOBUTAMINE], AT), "nadia")  # whose role releases nothing
    who = visitor("martin", charts=charts)
    page = text_of(who.get("/write/prescription/p-durand"))
    assert "aucune liste libérée : texte libre (marqué)" in page
    for path in ("/pharmacy/release", "/pharmacy/remove"):
        assert who.post(path, proposal=ref).status_code == 403
    join(who, "pharma")
    page = who.get("/pharmacy")
    assert "Liste proposée : liste.csv" in text_of(page)
    assert who.post("/pharmacy/release", proposal=ref).status_code == 303
    join(who, "martin")
    page = who.get("/write/prescription/p-durand").text
    assert '<option value="Amoxicilline 1 g cp">' in page
    assert "Dobutamine" not in page
    acts = [event for event in who.looks("act") if "medicines" in str(event)]
    assert len(acts) == 1


@pytest.mark.req("F13")
def test_drugs_of_feeds_are_proposals_with_how_many_have_them():
    """The drugs of patients who are here are listed, the commonest first, until released or taken off again."""
    pharmacist = visitor("pharma", charts=in_downtime())
    page = pharmacist.get("/pharmacy")
    assert re.search(r"Furosémide 20 mg/2 mL inj\..*DOBUTamine 250 mg", text_of(page))
    row = {"row": "2", "name-2": "Dobutamine 250 mg/20 mL inj.", "substances-2": "dobutamine / amine"}
    assert pharmacist.post("/pharmacy/release", **row).status_code == 303
    medicine = pharmacist.app.state.house.staff.formulary.get("dobutamine 250 mg/20 ml inj.")
    assert medicine.substances == ["dobutamine", "amine"]
    assert 'name="name-2"' not in pharmacist.get("/pharmacy").text
    assert pharmacist.post("/pharmacy/remove", name=medicine.name).status_code == 303
    assert 'name="name-2"' in pharmacist.get("/pharmacy").text
    nothing = pharmacist.post("/pharmacy/release")
    assert nothing.status_code == 400
    assert "La liste est restée" in text_of(nothing)


@pytest.mark.req("F13")
def test_a_medicine_of_the_list_is_coded_and_free_text_is_marked(charts):
    """Chosen by its name, whatever its capitals, it stands as the list writes it; other words stay words, marked."""
    doctor = visitor("martin", charts=charts)
    assert form(doctor, "/write/prescription/p-durand", drug="amoxicilline 1 G cp", **ORDER).status_code == 303
    [order] = said(charts)
    assert order["medicationCodeableConcept"] == {
        "text": "Amoxicilline 1 g cp",
        "coding": [
            {"system": MEDICINE, "code": "amoxicilline 1 g cp"},
            {"system": "urn:contrefeu:medicine-code", "code": "3400930000001"},
        ],
    }
    assert "texte libre" not in text_of(doctor.get("/patient/p-durand"))
    assert form(doctor, "/write/prescription/p-durand", drug="Amoxicilline sirop", **ORDER).status_code == 303
    page = text_of(doctor.get("/patient/p-durand"))
    assert page.count("texte libre, hors liste") == 1
    assert re.search(r"Amoxicilline sirop.{0,60}texte libre", page)


@pytest.mark.req("F14")
def test_a_cytotoxic_is_not_ordered_on_the_ordinary_form(charts):
    """It is refused beside its field, and nothing is written."""
    doctor = visitor("martin", charts=charts)
    page = form(doctor, "/write/prescription/p-durand", drug=CYTOTOXIC.name, **ORDER)
    assert page.status_code == 400
    assert "Cytotoxique : il ne se prescrit pas" in text_of(page)
    assert not charts.written()


def test_a_long_list_is_searched_by_words_of_name_or_substance(charts):
    """A page holds no thousand names: one looks for them, and a choice fills the field in."""
    many = [Medicine(f"Essai {n} mg cp", ["essai"]) for n in range(SUGGESTED_MAX)]
    acted(charts, MedicinesReleased(many, AT))
    doctor = visitor("martin", charts=charts)
    page = doctor.get("/write/prescription/p-durand?find=penicilline")
    assert "datalist" not in page.text
    assert 'href="?drug=Amoxicilline%201%20g%20cp"' in page.text
    assert (
        'value="Amoxicilline 1 g cp"' in doctor.get("/write/prescription/p-durand?drug=Amoxicilline%201%20g%20cp").text
    )
    page = doctor.get("/write/prescription/p-durand?find=essai")
    assert "138 autres : écrivez un mot de plus" in text_of(page)
    assert "Rien de tel dans la liste" in text_of(doctor.get("/write/prescription/p-durand?find=zzz"))


@pytest.mark.req("F8")
def test_the_allergy_aid_is_off_until_the_safety_officer_turns_it_on_and_warns_with_its_source(charts):
    """Off: the allergy stands beside the form and nothing is compared. On: one more question, with source; it refuses
    nothing, says what it cannot compare, and free text passes unasked."""
    doctor = visitor("martin", charts=charts)
    sent = form(doctor, "/write/prescription/p-durand", drug=AMOXICILLIN.name, **ORDER)
    assert sent.status_code == 303
    join(doctor, "nadia")
    assert doctor.post("/aids/allergy", on="yes").status_code == 403
    join(doctor, "surete")
    assert "arrêtée" in text_of(doctor.get("/aids"))
    assert doctor.post("/aids/allergy", on="yes").status_code == 303
    assert "Mise en service par Dr Alice Fabre" in text_of(doctor.get("/aids"))
    join(doctor, "martin")
    assert "Ne sont pas comparés : le texte libre" in text_of(doctor.get("/write/prescription/p-durand"))
    page = form(doctor, "/write/prescription/p-durand", drug=AMOXICILLIN.name, **ORDER)
    assert page.status_code == 400
    assert "Une allergie connue nomme une substance de ce médicament : Pénicillines (œdème de Quincke)" in text_of(page)
    assert 'href="/entry/n7f3k2-capture/183003?chart=p-durand"' in page.text
    assert len(charts.written()) == 1
    assert form(doctor, "/write/prescription/p-durand", drug=DOBUTAMINE.name, **ORDER).status_code == 303
    assert form(doctor, "/write/prescription/p-durand", drug="amoxi", **ORDER).status_code == 303
    again = form(doctor, "/write/prescription/p-durand", drug=AMOXICILLIN.name, confirm="yes", **ORDER)
    assert again.status_code == 303


def test_only_a_role_that_may_turns_an_aid_on():
    """A journal that carries somebody else's switch turns nothing on."""
    charts = staffed(Charts())
    acted(charts, AidSwitched("allergy", True, AT), "nadia")
    acted(charts, AidSwitched("unheard-of", True, AT), "surete")
    who = visitor("surete", charts=charts)
    who.get("/aids")
    assert who.app.state.house.staff.aids.on == {}


@pytest.mark.req("F13")
def test_an_opinion_quotes_the_order_and_waits_again_when_it_changes(charts):
    """A new order waits; an opinion answers it; stopped, it waits again; a remark is the prescriber's task."""
    who = visitor("martin", charts=charts)
    form(who, "/write/prescription/p-durand", drug=AMOXICILLIN.name, **ORDER)
    [order] = [one for one in opened(charts) if (one["resourceType"] == "MedicationRequest" and one["id"] > "m9") or
               one.get("medicationCodeableConcept", {}).get("text") == AMOXICILLIN.name]  # fmt: skip
    name = f"MedicationRequest/{order['id']}"

    def states():
        line = work_line(wait_for(charts.chart("p-durand")))
        return [(one.state, one.resource) for one in line.items if one.kind == "opinion"]

    assert states() == [("new", name)]
    join(who, "pharma")
    assert re.search(r"nouvelle Amoxicilline 1 g cp 1 g · /8 h", text_of(who.get("/pharmacy")))
    path = f"/write/opinion/p-durand/{order['id']}"
    assert form(who, path, opinion="remark").status_code == 400
    sent = form(who, path, opinion="against", remark="clairance basse : 500 mg ?")
    assert (sent.status_code, sent.headers["location"]) == (303, "/pharmacy")
    assert states() == []
    join(who, "martin")
    page = text_of(who.get("/patient/p-durand"))
    assert "‼ Pharmacie : avis défavorable : à revoir avant de donner, clairance basse : 500 mg ? Paul Girard" in page
    assert re.search(r"Tâches.*Amoxicilline 1 g cp.*clairance basse.*Dr Claire Martin", page)
    assert form(who, f"/write/stop/p-durand/{order['id']}", reason="dose").status_code == 303
    assert states() == [("stopped", name)]


@pytest.mark.req("F13")
def test_drugs_of_those_who_are_here_are_counted_by_the_charts():
    """The node's own charts say which drugs run, of whom: who has left counts no more."""
    charts = house()
    charts.feed(adt("A01", "1124 0200", place="CARD^^1"))
    doctor = at_work("martin", charts)
    [hit] = charts.told.charts.find("martin")
    form(doctor, f"/write/prescription/{hit.id}", drug="Dopamine 200 mg", **ORDER)
    assert [(one.name, one.patients) for one in charts.told.charts.drugs()] == [("Dopamine 200 mg", 1)]
    board = text_of(doctor.get("/ward/CARD"))
    assert "DOPamine 200 mg" in board


def test_look_alike_names_are_told_apart_in_capitals_and_nothing_else_changes():
    """Accents, strength and other words stay; a word that merely begins alike is not touched."""
    assert tall_man("PRÉDNISONE 20 mg, puis prednisolone") == "prédniSONE 20 mg, puis prednisoLONE"
    assert tall_man("Dopaminergique, morphine") == "Dopaminergique, morphine"
    assert tall_man("Furosémide 40 mg").casefold() == "furosémide 40 mg"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("nom;substances\nx;y", "does not name a column name"),
        ("name;dose\nx;y", "no column is called 'dose'"),
        ("name\nA\na", "a second time"),
        ("name;code\n;12", "line 2 has no name"),
        ("name\n", "it names 0 medicines"),
    ],
)
def test_a_wrong_list_proposes_nothing(text, why):
    """The message names the line or the column, what is safe and what to do."""
    with pytest.raises(OperatorError, match=re.escape(why)) as found:
        parse_medicines(text)
    assert found.value.safe
    assert "name, substances" in found.value.next


def test_a_list_is_read_from_csv_and_from_toml():
    """Both say the same; several substances stand in one field."""
    csv = "name,substances,cytotoxic\nAmoxicilline 1 g cp,amoxicilline/pénicilline,\nMéthotrexate,méthotrexate,oui\n"
    toml = (
        '[[medicine]]\nname = "Amoxicilline 1 g cp"\nsubstances = ["amoxicilline", "pénicilline"]\n'
        '[[medicine]]\nname = "Méthotrexate"\nsubstances = "méthotrexate"\ncytotoxic = true\n'
    )
    assert parse_medicines(csv) == parse_medicines(toml, toml=True)
    assert parse_medicines(csv)[1] == Medicine("Méthotrexate", ["méthotrexate"], cytotoxic=True)
