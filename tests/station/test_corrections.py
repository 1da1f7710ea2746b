"""Whoever looked at a value that its laboratory corrects is told, and nobody else (F7).

Method: results told to a real chart store, pages read as people read them, the audit's entries taken in as a node's
reader takes them; what each page says to each person.
"""

import pytest

from tests.chart.feed import adt, message
from tests.station.folded import Folded, at_work, house
from tests.station.visitors import text_of
from tests.station.ward_in_memory import CAPTURE

SEEN = "CORRIGÉ DEPUIS QUE VOUS L’AVEZ VU"


def potassium(value, status, minute):
    """A result of one order."""
    return message(
        "ORU^R01", f"1124 02{minute:02}", "PID|||1001^^^IPP^PI||MARTIN^Jeanne^^^^^L||19480512|F",
        "OBR|1|O1^DPI|F1^LABO|IONO^Ionogramme^L|||20261124020000",
        f"OBX|1|NM|K^Potassium^L||{value}|mmol/L|3.5-5.0||||{status}|||20261124020000", sender="LABO",
        control=f"{value}{status}",
    )  # fmt: skip


def ward() -> tuple[Folded, str]:
    """Jeanne Martin in CARD, with a potassium."""
    charts = house(wards=["CHIR"])  # her ward is not in downtime: no alarm of the ward's stands in the way
    charts.feed(adt("A01", "1124 0200", place="CARD^^1"), potassium("4.9", "F", 3))
    [hit] = charts.told.charts.find("martin")
    return charts, hit.id


def told(who):
    """What a page says that was corrected."""
    page = text_of(who.get("/"))
    return page.partition(SEEN)[2].partition(" Vu ")[0].strip() if SEEN in page else ""


@pytest.mark.req("F7")
def test_who_saw_the_old_value_is_told_on_every_page_until_they_say_seen():
    """The nurse who opened the chart before the correction: old and new; the physician who did not: nothing."""
    charts, id_ = ward()
    nurse, doctor = at_work("nadia", charts), at_work("martin", charts)
    nurse.get(f"/patient/{id_}")
    assert told(nurse) == ""
    charts.feed(potassium("6.9", "C", 9))
    doctor.get(f"/patient/{id_}")  # sees the new value alone
    said = told(nurse)
    assert said.startswith("MARTIN Jeanne — Potassium 4.9 mmol/L → 6.9 mmol/L")
    assert told(doctor) == ""
    page = nurse.get("/corrections")
    assert "Résultats corrigés que vous aviez vus (1)" in text_of(page)
    entry = f"{CAPTURE}/3"
    resource = next(name for name in charts.chart_now(id_).kept if name.startswith("Observation/"))
    assert nurse.post("/corrections", resource=resource, entry="n/1", next="/").status_code == 303
    assert told(nurse) == said  # not that one
    done = nurse.post("/corrections", resource=resource, entry=entry, next="//elsewhere.example")
    assert done.headers["location"] == "/"
    assert told(nurse) == ""
    charts.feed(potassium("7.4", "C", 12))  # again: the nurse has seen 6.9 nowhere but in the alert
    doctor_told = told(doctor)
    assert doctor_told.startswith("MARTIN Jeanne — Potassium 6.9 mmol/L → 7.4 mmol/L")


@pytest.mark.req("F7")
def test_a_value_that_was_wrong_or_deleted_is_told_too():
    """OBX-11 W and D: what was seen is not there any more."""
    for status in ("W", "D"):
        charts, id_ = ward()
        nurse = at_work("nadia", charts)
        nurse.get(f"/patient/{id_}")
        charts.feed(potassium("4.9" if status == "D" else "5.9", status, 9))
        assert "Potassium 4.9 mmol/L →" in told(nurse), status


def test_a_look_that_was_refused_is_no_look():
    """Another ward's nurse met the glass: nothing was shown, nothing is told."""
    charts, id_ = ward()
    lucas = at_work("lucas", charts)
    assert lucas.get(f"/patient/{id_}").status_code in {303, 403}
    charts.feed(potassium("6.9", "C", 9))
    assert told(lucas) == ""
