"""The register of controlled drugs: what came, went and was counted, two signatures a line, and nothing changed.

Method: people at the pages of the node's own charts; then the fold alone, with lines that two stations wrote.
"""

import re
from decimal import Decimal

import pytest
from msgspec import structs

from contrefeu.acts import DrugMoved, encode
from contrefeu.journal import MEDIA_ACT, Entry
from contrefeu.station.registers import Registers
from tests.chart.feed import adt
from tests.station.folded import at_work, house
from tests.station.test_care import form
from tests.station.visitors import Visitor, join, text_of, wait_for
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
    assert "depuis sa prescription, au dossier : « Donner »" in empty
    assert ">Donner<" in nurse.get(f"/patient/{id_}").text, "the register names the button as the chart does"
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


@pytest.mark.req("F14")
def test_lines_that_look_alike_are_two(ward):
    """Two losses of one ampoule in a minute; and a page that was gone back to, and sent with another number."""
    _, _, nurse = ward
    typed = {"drug": "Oxycodone 5 mg cp", "day": "2026-11-24", "time": "03:11"} | SIGNED
    before = len(lines(nurse, typed["drug"]))
    for units, once in (("1", "a"), ("1", "b"), ("2", "b"), ("3", ""), ("3", "")):
        assert nurse.post("/register/received/CARD", **typed, units=units, once=once).status_code == 303
    assert [one.units for one in lines(nurse, typed["drug"])][before:] == ["+1", "+1", "+2", "+3", "+3"]


@pytest.mark.req("F14")
def test_a_dose_sent_by_a_page_that_names_no_form_is_a_line_each_time(ward):
    """A dose is in the chart each time; so is its line, whatever browser left the page's own mark out."""
    _, id_, nurse = ward
    path = requests_of(nurse, id_)["morphine"]
    before = len(lines(nurse))
    typed = {"outcome": "completed", "amount": "5 mg", "stock": AMPOULE, "units": "1", "confirm": "yes"} | SIGNED
    for hour in ("03:05", "03:10"):
        assert nurse.post(path, **typed, day="2026-11-24", time=hour).status_code == 303
    assert len(lines(nurse)) == before + 2


@pytest.mark.parametrize(("kind", "status"), [("received", 400), ("wasted", 400), ("counted", 303)])
def test_nothing_may_be_found_and_nothing_else_is_no_line(ward, kind, status):
    """A count of 0 is one; what came or was lost is more than nothing."""
    _, _, nurse = ward
    drug = "Oxycodone 5 mg cp"
    assert form(nurse, f"/register/{kind}/CARD", drug=drug, units="0", reason="x", **SIGNED).status_code == status


def written(*said, united=()):
    """Registers of lines that stations wrote; *united*: names of one ward."""
    registers = Registers(lambda ward: tuple(united) if ward in united else (ward,))
    for place, line in enumerate(said, 1):
        fields = {"key": f"k{place}", "ward": "CARD", "drug": "X", "at": "2026-11-24T03:11:00+01:00"} | line
        journal = fields.pop("journal", "n7f3k2-station")
        ref = Entry(journal, place, NOW_NS, NOW_NS, "user/nadia", MEDIA_ACT, b"")
        registers.apply(DrugMoved(**fields), ref)
    return registers


def test_lines_of_two_stations_meet_in_one_register():
    """More went out than came in: it is said, not hidden; what makes no line is a doubt; an exercise is apart."""
    registers = written(
        {"kind": "received", "units": "2"},
        {"kind": "given", "units": "1", "journal": "nb2-station"},
        {"kind": "given", "units": "1.5"},
        {"kind": "given", "units": "NaN"},
        {"kind": "void", "units": "1", "line": "nowhere/1"},
        {"kind": "received", "units": "7", "world": "T"},
    )
    found = registers.lines("CARD", "X", exercise=False)
    assert [(one.left, one.off) for one in found] == [("2", False), ("1", False), ("−0.5", True)]
    assert [(one.ref, one.why) for one in registers.doubts("CARD", exercise=False)] == [
        ("n7f3k2-station/4", "units"), ("n7f3k2-station/5", "line"),
    ]  # fmt: skip
    assert [one.balance for one in registers.lines("CARD", "X", exercise=True)] == [Decimal(7)]


def test_a_key_is_a_stations_own():
    """Two stations' forms that have one key are two lines; one station's are one; no key is nobody's."""
    said = {"kind": "received", "units": "1", "key": "same"}
    registers = written(said, said, said | {"journal": "nb2-station"}, said | {"key": ""}, said | {"key": ""})
    assert [one.left for one in registers.lines("CARD", "X", exercise=False)] == ["1", "2", "3", "4"]


@pytest.mark.req("F14", "F30")
def test_a_ward_of_two_names_has_one_register():
    """Lines of both names in their order, one balance; a count of one is of all; parted, each has its own again."""
    said = [
        {"kind": "received", "units": "10"},
        {"kind": "given", "units": "1", "ward": "CARDIO"},
        {"kind": "counted", "units": "8"},
        {"kind": "wasted", "units": "2", "ward": "CARDIO"},
        {"kind": "void", "units": "2", "ward": "CARDIO", "line": "n7f3k2-station/4"},
        {"kind": "received", "units": "3", "ward": "CARDIO", "drug": "Y"},
    ]
    one = written(*said, united=("CARD", "CARDIO"))
    for name in ("CARD", "CARDIO"):
        assert one.drugs(name, exercise=False) == ("X", "Y")
        found = one.lines(name, "X", exercise=False)
        assert [line.left for line in found] == ["10", "9", "8", "6", "8"]
        assert found[3].void == found[4]
    apart = written(*said)
    assert [line.left for line in apart.lines("CARD", "X", exercise=False)] == ["10", "8"]
    assert [line.left for line in apart.lines("CARDIO", "X", exercise=False)] == ["−1", "−3", "−1"]
    assert (apart.drugs("CARD", exercise=False), apart.doubts("CARDIO", exercise=False)) == (("X",), [])


@pytest.mark.req("F14", "F30")
def test_the_page_of_a_ward_of_two_names_is_one_register():
    """Under either address: what one name received is given from the other; a line is taken back in its own name."""
    charts = house()
    charts.feed(adt("A01", "1124 0200", place="CARD2^^1"))
    [hit] = charts.told.charts.find("martin")
    admin, nurse = at_work("info", charts), at_work("nadia", charts)
    form(nurse, "/register/received/CARD", drug=AMPOULE, units="10", reason="pharmacie", **SIGNED)
    form(nurse, "/register/received/CARD2", drug=AMPOULE, units="5", reason="pharmacie", **SIGNED)
    assert "Reste : 5" in text_of(nurse.get("/registers/CARD2"))
    assert admin.post("/wards/CARD2", into="CARD").status_code == 303
    nurse = at_work("nadia", charts)
    for name in ("CARD", "CARD2"):
        assert "Reste : 15" in text_of(nurse.get(f"/registers/{name}"))
    of_two = lines(nurse)[-1]
    taken = form(nurse, f"/register/void/CARD?line={of_two.ref}", reason="autre coffre", **SIGNED)
    assert (taken.status_code, lines(nurse)[-1].act.ward, lines(nurse)[-1].left) == (303, "CARD2", "10")
    doctor = at_work("martin", charts)
    form(doctor, f"/write/prescription/{hit.id}", drug="Morphine 5 mg SC", dose="1", route="orale", rhythm="once")
    path = requests_of(nurse, hit.id)["morphine"]
    given = form(nurse, path, outcome="completed", amount="5 mg", stock=AMPOULE, units="1", **SIGNED)
    assert (given.status_code, lines(nurse)[-1].left) == (303, "9")


def test_a_line_that_is_taken_back_and_is_not_here_is_a_doubt_on_the_page(ward):
    """The other station's line has not come: the page says so, and shows the rest."""
    charts, _, nurse = ward
    form(nurse, "/register/received/CARD", drug=AMPOULE, units="10", reason="pharmacie", **SIGNED)
    act = DrugMoved("k", "CARD", "Kétamine 50 mg amp.", "void", "1", "2026-11-24T03:11:00+01:00", "martin",
                    reason="doublon", line="nb2-station/9")  # fmt: skip
    wait_for(charts.append("user/nadia", MEDIA_ACT, encode(act)))
    nurse = at_work("nadia", charts)
    page = text_of(nurse.get("/registers/CARD"))
    assert "la ligne reprise n’est pas ici" in page and "Kétamine" in page and "Reste :" in page
    assert "the line that is taken back is not here" in text_of(nurse.get("/registers/CARD", accept_language="en"))


def lines(who: Visitor, drug: str = AMPOULE):
    """The lines of a drug, as the house has folded them."""
    return who.app.state.house.staff.registers.lines("CARD", drug, exercise=False)
