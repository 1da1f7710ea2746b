"""Who left a ward during its downtime: listed when it goes back, with where they went and a sheet of what was done.

Method: a house whose charts are the node's own (folded.py), three hours into a downtime; a patient of CARD with a
prescription and a dose, whom a feed or people here discharge, move, or take back.
"""

import re

import pytest

from contrefeu.acts import DowntimeDeclared, DowntimeLifted, HandBackSigned, encode
from contrefeu.base import rfc3339
from contrefeu.journal import MEDIA_ACT
from tests.chart.feed import PID, adt, message, ras
from tests.station.folded import Folded, at_work
from tests.station.test_care import form
from tests.station.test_handback import SINCE_NS, acts, ward
from tests.station.visitors import text_of
from tests.station.ward_in_memory import NOW_NS, STATION

OTHER = "PID|||1002^^^IPP^PI||DURAND^Luc^^^^^L||19600101|M"
WITHIN = "1124 0300"  # eleven minutes ago: the downtime began at 00:11
TREATED = {"outcome": "completed", "time": "02:05"}


def given(charts: Folded, id_: str, order: str) -> None:
    """A dose, an allergy and a note, written here."""
    nurse = at_work("nadia", charts)
    assert form(nurse, f"/write/dose/{id_}/{order}", **TREATED).status_code == 303
    assert form(nurse, f"/write/allergy/{id_}", what="Latex", certainty="confirmed", told="la fille").status_code == 303
    assert form(nurse, f"/write/note/{id_}", text="Calme.", kind="nursing").status_code == 303


def treated() -> tuple[Folded, str]:
    """A ward in downtime and a patient for whom something was done there."""
    charts, id_, order = ward()
    given(charts, id_, order)
    return charts, id_


def potassium(at: str, value: str, order: str = "L9") -> bytes:
    """A critical result of what was drawn *at*."""
    obr = f"OBR|1|{order}^DPI|F{order}^LAB|IONO^Ionogramme^L|||2026{at.replace(' ', '')}00"
    obx = f"OBX|1|NM|K^Potassium^L||{value}|mmol/L|3.5-5.0|HH|||F"
    return message("ORU^R01", at, PID, f"ORC|RE|{order}^DPI|F{order}^LAB", obr, obx, sender="LABO", control=order)


def section(charts: Folded, login: str = "nadia", ward_id: str = "CARD") -> str:
    """What the page says of those who left."""
    charts.clock.advance(seconds=2)
    return text_of(at_work(login, charts).get(f"/handback/{ward_id}")).partition("Partis pendant la panne")[2]


def signed(charts: Folded, id_: str, ward_id: str = "CARD", login: str = "nadia") -> int:
    """The status of a signature of their sheet, which says what it is."""
    nurse = at_work(login, charts)
    page = nurse.get(f"/handback/{ward_id}/{id_}")
    shown = re.search(r'name="shown" value="([0-9a-f]{64})"', page.text)
    assert shown, page.status_code
    return nurse.post(f"/handback/{ward_id}/{id_}", shown=shown[1]).status_code


def lift(charts: Folded, *wards: str, **typed: str):
    """The crisis cell lifts."""
    charts.clock.advance(seconds=2)
    return at_work("crise", charts).post("/downtime", do="lift", ward=list(wards), **typed)


@pytest.mark.req("F4")
def test_lifting_waits_for_who_was_discharged_during_the_downtime():
    """What was given, changed and left open reaches whoever treats them now: it is listed, read, signed, printed."""
    charts, id_ = treated()
    charts.feed(potassium("1124 0230", "7.1"), adt("A03", WITHIN, place="CARD^^1"))
    found = section(charts)
    assert "MARTIN Jeanne" in found
    assert "IPP 1001" in found, "which of their numbers it is, as of those who lie there"
    assert "03:00 sorti de l’établissement" in found
    assert "‼ 1 résultat à reconnaître ⚠ allergies changées médicaments : 1" in found
    assert "! à signer" in found
    refused = lift(charts, "CARD")
    assert refused.status_code == 409
    assert "CARD : 1 patient (dont 1 parti pendant la panne)" in text_of(refused)
    assert not acts(charts, DowntimeLifted)
    sheet = text_of(at_work("nadia", charts).get(f"/handback/CARD/{id_}"))
    assert "Parti de l’unité Cardiologie 03:00 · sorti de l’établissement. À remettre au médecin du séjour" in sheet
    assert "Paracétamol 1 g" in sheet
    assert "02:05 donnée" in sheet
    assert "À donner" not in sheet, "what is due is for whoever has the patient now"
    assert "Potassium 7.1 mmol/L" in sheet
    assert "Dites ou changées depuis la panne : Latex" in sheet
    assert "1 autre saisie" in sheet
    printed = text_of(at_work("nadia", charts).get("/handback/CARD?print=all"))
    assert "Parti de l’unité Cardiologie 24 nov. 2026 03:00" in printed
    assert "Latex" in printed
    assert "IPP 1001" in printed
    assert [str(one["entity"]) for one in charts.audited() if one["type"]["code"] == "110106" and id_ in str(one)]
    assert signed(charts, id_) == 303
    [(by, act)] = acts(charts, HandBackSigned)
    assert (by, act.chart, act.ward) == ("user/nadia", id_, "CARD")
    assert "✓ signée Nadia Benali" in section(charts)
    assert lift(charts, "CARD").status_code == 303
    [(_, lifted)] = acts(charts, DowntimeLifted)
    assert lifted.unsigned == 0


@pytest.mark.req("F4")
def test_nothing_is_asked_of_whom_nothing_was_done_of_nor_of_who_left_before():
    """The first is listed with nothing to sign, the second is not listed; nobody else is waited for."""
    charts, id_, _ = ward()
    charts.feed(
        adt("A01", "1123 1000", place="CARD^^2", pid=OTHER, visit="V2"),
        adt("A03", "1123 2300", place="CARD^^2", pid=OTHER, visit="V2"),
        adt("A03", WITHIN, place="CARD^^1"),
    )
    found = section(charts)
    assert "MARTIN Jeanne" in found
    assert "rien à signer" in found
    assert "DURAND" not in found
    page = at_work("nadia", charts).get(f"/handback/CARD/{id_}")
    assert "cette feuille n’est pas à signer" in text_of(page)
    assert "Signer la feuille" not in page.text
    assert lift(charts, "CARD").status_code == 303


@pytest.mark.req("F4")
def test_who_went_to_a_ward_in_downtime_has_one_sheet_there():
    """The ward that they left says so and waits for nothing; the other one does, and what was done before is on it."""
    charts, id_ = treated()
    charts.feed(adt("A02", WITHIN, place="CHIR^^11"))
    found = section(charts)
    assert "→ CHIR" in found
    assert "dit sur la feuille de CHIR → à signer là-bas" in found
    assert f"/handback/CARD/{id_}" not in at_work("nadia", charts).get("/handback/CARD").text
    assert at_work("nadia", charts).get(f"/handback/CARD/{id_}").status_code == 303
    assert lift(charts, "CARD").status_code == 303
    there = lift(charts, "CHIR")
    assert (there.status_code, "CHIR : 1 patient" in text_of(there)) == (409, True)
    charts.clock.advance(seconds=2)
    sheet = text_of(at_work("crise", charts).get(f"/handback/CHIR/{id_}"))
    assert "Paracétamol 1 g" in sheet


@pytest.mark.req("F4")
def test_who_went_to_a_ward_that_is_in_no_downtime_has_a_sheet_for_it():
    """That ward writes in the record system: it is the one to be told."""
    charts, id_ = treated()
    assert lift(charts, "CHIR").status_code == 303
    charts.feed(adt("A02", "1124 0311", place="CHIR^^11"))
    charts.clock.advance(seconds=60)
    found = section(charts)
    assert "→ CHIR" in found
    assert "! à signer" in found
    assert lift(charts, "CARD").status_code == 409
    assert signed(charts, id_) == 303
    assert "À remettre à l’unité CHIR" in text_of(at_work("nadia", charts).get(f"/handback/CARD/{id_}"))
    assert lift(charts, "CARD").status_code == 303


@pytest.mark.req("F4")
def test_a_ward_whose_downtime_began_later_signs_for_nobody_else():
    """What was done before its own downtime is not on its sheets: both wards have one, each of its own time."""
    charts, id_ = treated()
    charts.feed(adt("A02", WITHIN, place="CHIR^^11"))
    assert lift(charts, "CHIR", reason="essai").status_code == 303
    charts.clock.advance(seconds=60)
    again = DowntimeDeclared(["CHIR"], "imprimante", rfc3339(charts.clock.now_ns()), "screen")
    charts.take(STATION, "user/crise", MEDIA_ACT, encode(again))
    assert "! à signer" in section(charts)
    assert signed(charts, id_) == 303
    assert signed(charts, id_, "CHIR", "crise") == 303
    assert "✓ signée" in section(charts), "a signature of the other ward's sheet takes none away"


@pytest.mark.req("F4")
def test_their_sheet_was_signed_in_a_ward_that_went_back_meanwhile():
    """Lifted with all signatures, it has said all of it; the ward that they had left asks for no second one."""
    charts, id_ = treated()
    charts.feed(adt("A02", WITHIN, place="URG^^"))
    assert lift(charts, "URG").status_code == 409
    assert signed(charts, id_, "URG", "crise") == 303
    assert lift(charts, "URG").status_code == 303
    assert "✓ signée là-bas" in section(charts)
    assert lift(charts, "CARD").status_code == 303


@pytest.mark.req("F4")
def test_who_came_back_has_the_sheet_of_who_lies_there():
    """Gone to theatre and back, discharged and admitted again: one line, in their bed."""
    charts, _ = treated()
    charts.feed(adt("A02", "1124 0200", place="CHIR^^11"), adt("A02", WITHIN, place="CARD^^3"))
    assert section(charts) == ""
    charts.feed(adt("A03", "1124 0302", place="CARD^^3"), adt("A01", "1124 0305", place="CARD^^3", visit="V9"))
    assert section(charts) == ""
    assert "MARTIN" in text_of(at_work("nadia", charts).get("/handback/CARD"))


@pytest.mark.req("F4")
@pytest.mark.parametrize(
    ("event", "words"), [("A11", "admission annulée"), ("A23", "admission annulée")], ids=["cancelled", "deleted"]
)
def test_an_admission_that_was_taken_back_leaves_what_was_done(event, words):
    """Doses that were written under it are somebody's: it stays listed until they are signed."""
    charts, _ = treated()
    charts.feed(adt(event, WITHIN, place="CARD^^1"))
    found = section(charts)
    assert words in found
    assert "! à signer" in found
    assert lift(charts, "CARD").status_code == 409


@pytest.mark.req("F4")
def test_a_discharge_that_was_cancelled_is_none_and_one_that_is_announced_not_yet():
    """Until its hour they lie there."""
    charts, _ = treated()
    charts.feed(adt("A03", "1124 0255", place="CARD^^1"), adt("A13", WITHIN, place="CARD^^1"))
    assert section(charts) == ""
    charts.feed(adt("A03", "1124 0305", happened="1124 0330", place="CARD^^1"))
    assert section(charts) == ""
    charts.clock.advance(seconds=20 * 60)
    assert "MARTIN Jeanne" in section(charts)


@pytest.mark.req("F4", "F19")
def test_who_died_is_listed_once_they_left():
    """The bed is kept until then, with its ordinary sheet."""
    dead = "PID|||1001^^^IPP^PI||MARTIN^Jeanne^^^^^L||19480512|F|||||||||||||||||||||20261124024500|Y"
    charts, _ = treated()
    charts.feed(adt("A08", "1124 0250", place="CARD^^1", pid=dead))
    assert section(charts) == ""
    charts.feed(adt("A03", WITHIN, place="CARD^^1", pid=dead))
    assert "† décès" in section(charts)


@pytest.mark.req("F4", "F22")
def test_a_temporary_identity_that_was_united_is_listed_under_the_one_that_stands():
    """What was done of the temporary chart is on the sheet of the patient whom it turned out to be; once."""
    temporary = "PID|||T77^^^IPP^PI||INCONNU^Un^^^^^L|||M"
    charts, _, _ = ward()
    charts.feed(adt("A01", "1124 0100", place="CARD^^2", pid=temporary, visit="V7"))
    [hit] = charts.told.charts.find("inconnu")
    assert (
        form(at_work("nadia", charts), f"/write/note/{hit.id}", text="Trouvé inconscient.", kind="nursing").status_code
        == 303
    )
    charts.feed(adt("A03", "1124 0250", place="CARD^^2", pid=temporary, visit="V7"))
    assert "INCONNU" in section(charts)
    charts.feed(message("ADT^A40", WITHIN, f"EVN||2026{WITHIN.replace(' ', '')}00", OTHER, "MRG|T77^^^IPP^PI"))
    found = section(charts)
    assert "DURAND Luc" in found
    assert "INCONNU" not in found
    assert "1 autre saisie" in found


@pytest.mark.req("F4")
def test_what_came_in_after_they_left_asks_for_no_new_signature():
    """A result of what was measured in the next house, a dose of the next ward: others', and not of this sheet."""
    charts, id_ = treated()
    charts.feed(adt("A03", "1124 0250", place="CARD^^1"))
    charts.clock.advance(seconds=2)
    assert signed(charts, id_) == 303
    charts.feed(potassium("1124 0309", "7.9"), ras("1124 0310", "1124 0309"))
    assert "✓ signée" in section(charts)
    charts.feed(potassium("1124 0249", "7.2", "L7"))
    assert "! changée depuis la signature" in section(charts), "what was drawn here and came late is of this sheet"


@pytest.mark.req("F4")
def test_who_sees_them_and_in_which_language():
    """The ward's nurses and physicians and the crisis cell, without breaking a glass; others are refused."""
    charts, id_ = treated()
    charts.feed(adt("A03", WITHIN, place="CARD^^1"))
    for login, status in (("nadia", 200), ("crise", 200), ("pharma", 403), ("accueil", 403), ("lucas", 403)):
        charts.clock.advance(seconds=2)
        assert at_work(login, charts).get(f"/handback/CARD/{id_}").status_code == status, login
    page = text_of(at_work("nadia", charts).get(f"/handback/CARD/{id_}", accept_language="en"))
    assert "Left Cardiologie" in page
    assert "out of the hospital" in page
    listed = text_of(at_work("nadia", charts).get("/handback/CARD", accept_language="en"))
    assert "Left during the downtime (1 · 1 to sign)" in listed
    assert charts.told.charts.left("CARD", NOW_NS + 3600 * 10**9) == []
    assert [one.how for one in charts.told.charts.left("CARD", SINCE_NS)] == ["left"]
