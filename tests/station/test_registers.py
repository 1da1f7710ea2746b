"""The register of controlled drugs: what came, went and was counted, two signatures a line, and nothing changed.

Method: people at the pages of the node's own charts; then the fold alone, with lines that two stations wrote.
"""

import re
from decimal import Decimal

import pytest
from msgspec import structs

from contrefeu.acts import DrugMoved
from contrefeu.journal import MEDIA_ACT, Entry
from contrefeu.station.registers import Registers
from tests.chart.feed import adt
from tests.station.folded import at_work, house
from tests.station.test_care import form
from tests.station.visitors import Visitor, join, text_of
from tests.station.ward_in_memory import NOW_NS, SECRET

AMPOULE = "Morphine 10 mg/1 mL amp."
SIGNED = {"second": "martin", "pin": SECRET}


@pytest.fixture(scope="module")
def ward():
    """A ward in downtime whose patient has morphine prescribed, and another drug."""
    charts = house()
    charts.feed(adt("A01", "1124 0200", place="CARD^^1"))
    [hit] = charts.told.charts.find("martin")
    doctor = at_work("martin", charts)
    for drug in ("Morphine 5 mg SC si douleur", "Paracétamol 1 g cp"):
        form(doctor, f"/write/prescription/{hit.id}", drug=drug, dose="1", route="orale", rhythm="once")
    return charts, hit.id, at_work("nadia", charts)


def requests_of(who: Visitor, id_: str) -> dict[str, str]:
    """The dose forms of a chart, by the drug's first word."""
    page = who.get(f"/patient/{id_}").text
    found = {}
    for path in dict.fromkeys(re.findall(r'href="(/write/dose/[^"]+)"', page)):
        found["morphine" if "orphine" in who.get(path).text else "other"] = path
    return found


@pytest.mark.req("F14")
def test_a_dose_is_a_line_of_the_register_with_its_patient_and_what_is_left(ward):
    """Ten come in, signed by two; one is given: patient, dose, prescriber, giver, witness, nine left, in one form."""
    charts, id_, nurse = ward
    empty = text_of(nurse.get("/registers/CARD"))
    assert "Rien dans ce registre" in empty
    paths = requests_of(nurse, id_)
    assert "Unités sorties du coffre" not in nurse.get(paths["morphine"]).text, (
        "a ward without a register gives as before"
    )
    refused = form(
        nurse, "/register/received/CARD", drug=AMPOULE, units="10", reason="pharmacie", second="nadia", pin=SECRET
    )
    assert refused.status_code == 400, "two signatures of one person are one"
    came = form(nurse, "/register/received/CARD", drug=AMPOULE, units="10", reason="pharmacie, bon 12", **SIGNED)
    assert (came.status_code, came.headers["location"]) == (303, "/registers/CARD")
    assert "Unités sorties du coffre" not in nurse.get(paths["other"]).text
    half = form(nurse, paths["morphine"], outcome="completed", amount="5 mg", **SIGNED)
    assert half.status_code == 400 and "De quel produit du registre" in half.text
    given = form(nurse, paths["morphine"], outcome="completed", amount="5 mg", stock=AMPOULE, units="1", **SIGNED)
    assert given.status_code == 303
    page = text_of(nurse.get("/registers/CARD"))
    line = r"Donné MARTIN Jeanne · 1001 · 5 mg · Dr Claire Martin Nadia Benali Dr Claire Martin −1 9 "
    assert re.search(line, page), page
    assert "Reste : 9" in page
    dose = charts.written()[-1].ref
    assert structs.asdict(lines(nurse)[-1].act) | {"key": ""} == structs.asdict(
        DrugMoved("", "CARD", AMPOULE, "given", "1", lines(nurse)[-1].act.at, "martin", id_,
                  lines(nurse)[-1].act.who, "5 mg", "Dr Claire Martin", "", dose)
    )  # fmt: skip


@pytest.mark.req("F14")
def test_a_wrong_line_stays_and_is_taken_back_once(ward):
    """The line, who took it back and why are there; the balance is as if it had not been; no page takes it again."""
    _, _, nurse = ward
    form(nurse, "/register/wasted/CARD", drug=AMPOULE, units="2", reason="cassées", **SIGNED)
    wrong = lines(nurse)[-1]
    assert wrong.balance == 7
    path = f"/register/void/CARD?line={wrong.ref}"
    assert form(nurse, path, reason="une seule cassée", **SIGNED).status_code == 303
    page = text_of(nurse.get("/registers/CARD"))
    assert "reprise : une seule cassée" in page and "cassées" in page
    assert lines(nurse)[-1].balance == 9
    assert nurse.get(path).status_code == 404
    assert nurse.get(f"/register/void/CARD?line={lines(nurse)[-1].ref}").status_code == 404


@pytest.mark.req("F14")
def test_a_count_that_differs_is_shown_to_whoever_reads(ward):
    """Eight are found where nine should be: the difference is said, and the next line goes on from eight."""
    _, _, nurse = ward
    form(nurse, "/register/counted/CARD", drug=AMPOULE, units="8", **SIGNED)
    page = text_of(nurse.get("/registers/CARD"))
    assert "! écart −1" in page and "Reste : 8" in page
    join(nurse, "pharma")
    assert "Reste : 8" in text_of(nurse.get("/registers/CARD")), "the pharmacist reads every ward's"
    assert nurse.get("/register/received/CARD").status_code == 403
    join(nurse, "lucas")
    assert nurse.get("/registers/CARD").status_code == 403, "another ward's nurse"
    join(nurse, "nadia")
    english = text_of(nurse.get("/registers/CARD", accept_language="en"))
    assert "Controlled drugs register" in english and "difference −1" in english


def test_a_form_that_is_sent_twice_is_one_line(ward):
    """A click too many, or an answer that was lost."""
    _, _, nurse = ward
    before = len(lines(nurse))
    typed = {"drug": "Oxycodone 5 mg cp", "units": "0,5", "day": "2026-11-24", "time": "03:11", "once": "same"} | SIGNED
    assert [nurse.post("/register/received/CARD", **typed).status_code for _ in range(2)] == [303, 303]
    assert len(lines(nurse)) == before
    assert [one.left for one in lines(nurse, "Oxycodone 5 mg cp")] == ["0.5"]


def test_lines_of_two_stations_meet_in_one_register():
    """More went out than came in: it is said, not hidden; a strange entry stops nothing; an exercise is apart."""
    registers = Registers()
    for place, said in enumerate(
        [
            {"kind": "received", "units": "2"},
            {"kind": "given", "units": "1", "journal": "nb2-station"},
            {"kind": "given", "units": "1.5"},
            {"kind": "given", "units": "NaN"},
            {"kind": "void", "units": "1", "line": "nowhere/1"},
            {"kind": "received", "units": "7", "world": "T"},
        ]
    ):
        journal = said.pop("journal", "n7f3k2-station")
        act = DrugMoved(key=f"k{place}", ward="CARD", drug="X", at="2026-11-24T03:11:00+01:00", **said)
        registers.apply(act, Entry(journal, place + 1, NOW_NS, NOW_NS, "user/nadia", MEDIA_ACT, b""))
    found = registers.lines("CARD", "X", exercise=False)
    assert [(one.left, one.off) for one in found] == [("2", False), ("1", False), ("−0.5", True)]
    assert [one.balance for one in registers.lines("CARD", "X", exercise=True)] == [Decimal(7)]


def lines(who: Visitor, drug: str = AMPOULE):
    """The lines of a drug, as the house has folded them."""
    return who.app.state.house.staff.registers.lines("CARD", drug, exercise=False)
