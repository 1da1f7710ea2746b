"""No blood group outside its source document (F11): not on a list, a page, a text or an acknowledgement.

Method: a group that its laboratory corrects, so that every list of what waits has it; each page read as people read it.
"""

import pytest

from contrefeu.chart import work_items
from contrefeu.chart.wording import chart_text
from tests.chart.feed import adt, message
from tests.station.folded import at_work, house
from tests.station.test_care import form
from tests.station.visitors import text_of
from tests.station.ward_in_memory import CAPTURE

pytestmark = pytest.mark.req("F11")
PAGES = ("/", "/ward/CARD", "/hospital", "/work", "/corrections", "/handover/CARD", "/handback/CARD", "/patient/{}",
         "/handback/CARD/{}", "/crisis")  # fmt: skip


def group(value, status, minute):
    """A group of one order."""
    return message(
        "ORU^R01", f"1124 02{minute:02}", "PID|||1001^^^IPP^PI||MARTIN^Jeanne^^^^^L||19480512|F",
        "OBR|1|O1^DPI|F1^LABO|GRP^Groupe^L|||20261124020000",
        f"OBX|1|ST|882-1^Groupe ABO Rh^LN||{value}|||HH|||{status}|||20261124020000", sender="LABO",
        control=f"{value}{status}",
    )  # fmt: skip


@pytest.fixture
def ward():
    """Jeanne Martin in CARD, whose group was looked at and corrected since."""
    charts = house(wards=["CARD"])
    charts.feed(adt("A01", "1124 0200", place="CARD^^1"), group("A-POSITIF", "F", 3))
    [hit] = charts.told.charts.find("martin")
    nurse = at_work("nadia", charts)
    nurse.get(f"/patient/{hit.id}")
    charts.feed(group("O-NEGATIF", "C", 9))
    return charts, nurse, hit.id


@pytest.mark.parametrize("language", ["fr", "en"])
def test_no_page_says_it(ward, language):
    """That one was received and corrected stands on each list, to be read in its document."""
    _, nurse, id_ = ward
    for path in PAGES:
        page = nurse.get(path.format(id_), accept_language=language)
        assert page.status_code == 200, path
        for said in ("A-POSITIF", "O-NEGATIF"):
            assert said not in page.text, path
    asked = text_of(nurse.get("/work", accept_language=language))
    assert "Groupe ABO Rh" in asked
    assert ("groupe sanguin non affiché" if language == "fr" else "blood group not shown") in asked
    assert "O-NEGATIF" in nurse.get(f"/raw/{CAPTURE}/3").text, "its source document"


def test_who_acknowledged_one_value_is_asked_for_the_next(ward):
    """The acknowledgement quotes no group, and answers that value alone."""
    charts, nurse, id_ = ward
    [name] = [one for one in charts.chart_now(id_).kept if one.startswith("Observation/")]
    address = f"/write/acknowledge/{id_}/{name.partition('/')[2]}"
    assert "NEGATIF" not in nurse.get(address).text
    assert form(nurse, address, to="moi", readback="yes", **{"from": "le laboratoire"}).status_code == 303
    assert "à reconnaître (0)" in text_of(nurse.get("/work"))
    kept = charts.chart_now(id_).kept.values()
    assert not any("NEGATIF" in str(one.now) for one in kept if one.kind == "Communication")
    charts.feed(group("B-NEGATIF", "C", 12))
    assert [one.value for one in work_items(charts.chart_now(id_))] == ["groupe sanguin non affiché, corrected"]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_chart_in_words_says_that_one_was_received(ward, language):
    """`contrefeu chart` in words, and whatever is made of them: the value and the one before it are not there."""
    charts, _, id_ = ward
    said = chart_text(charts.chart_now(id_), language, "Europe/Paris")
    assert "POSITIF" not in said
    assert "NEGATIF" not in said
    assert ("non affiché ici" if language == "fr" else "not shown here") in said
