"""The kitchen's sheet: a plate a patient, with what is said of diet and of allergies to food, and nothing of illness.

Method: a ward in memory; diets written by a nurse, allergies as a feed sends them.
"""

import pytest

from tests.chart.feed import PID, adt, message
from tests.station.folded import at_work, house
from tests.station.test_care import form
from tests.station.visitors import text_of, visitor
from tests.station.ward_in_memory import Charts, at, resource, staffed

SECRET = "PID|1||7^^^CHU^PI||SECRET^Alice^^^^^L||19600101|F" + "|" * 24 + "ANOM"
FOOD = ("AL1|1|FA|PEANUT^Arachide^L", "AL1|2|DA|PENI^Pénicilline^L", "AL1|3||LATEX^Latex^L")

TAKEN_BACK = ("IAM|1|FA|PEANUT^Arachide^L|||D", "IAM|2|DA|PENI^Pénicilline^L|||D", "IAM|3||LATEX^Latex^L|||D")


def ward():
    """Two patients of CARD, and the chart id of the first."""
    charts = house()
    charts.feed(
        adt("A01", "1123 1200", place="CARD^^1", more=FOOD),
        adt("A01", "1123 1210", place="CARD^^2", pid=SECRET, visit="V7"),
    )
    [hit] = charts.told.charts.find("martin")
    return charts, hit.id


@pytest.mark.req("F19", "F24")
def test_the_kitchen_knows_diets_and_what_is_not_eaten_and_nothing_else():
    """Food allergies, and those whose kind nobody said; a diet that nobody said is asked for; who is hidden a bed."""
    charts, id_ = ward()
    nurse = at_work("nadia", charts)
    for what in ("sans sel, mixé", "à jeun dès minuit"):
        assert form(nurse, f"/write/precaution/{id_}", kind="diet", what=what, day="2026-11-25").status_code == 303
    assert 'href="/kitchen/CARD"' in nurse.get("/ward/CARD").text
    page = text_of(nurse.get("/kitchen/CARD"))
    assert "Feuille de cuisine — Cardiologie — petit-déjeuner 24 nov. 2026" in page, "the next meal at 03:11"
    assert "⚠ Arachide" in page and "? Latex (aliment ou non : pas dit)" in page
    assert "Pénicilline" not in page
    assert "sans sel, mixé" in page and "à jeun dès minuit" in page
    assert "Identité protégée ? non renseigné : demander à l’unité ? aucune source ici" in page
    assert "SECRET" not in page
    assert "1 × régime non renseigné" in page
    assert "Kitchen sheet — Cardiologie — dinner" in text_of(
        nurse.get("/kitchen/CARD?meal=dinner", accept_language="en")
    )
    assert at_work("lucas", charts).get("/kitchen/CARD").status_code == 403


@pytest.mark.req("F1", "F19")
def test_what_was_taken_back_or_cannot_be_read_is_never_none(monkeypatch):
    """Allergies that were struck are said to be; of a chart that does not open nothing is known."""
    charts, _ = ward()
    charts.feed(message("ADT^A60", "1124 0200", PID, *TAKEN_BACK))
    row = text_of(at_work("nadia", charts).get("/kitchen/CARD")).partition("MARTIN")[2].partition("Identité")[0]
    assert "aucune alimentaire ici" not in row and "?" in row.partition("demander à l’unité")[2], row
    listed, _ = ward()
    nurse = at_work("nadia", listed)

    async def unknown(*_args):
        return None

    monkeypatch.setattr("contrefeu.station.lately.LatelyOpened.open", unknown)
    page = text_of(nurse.get("/kitchen/CARD"))
    assert "aucune alimentaire ici" not in page
    assert page.count("aucune source ici") == 2


@pytest.mark.req("F19")
def test_who_is_on_leave_or_dead_gets_no_plate():
    """Leave is said on the line and counts no plate; who died is not on the sheet, and keeps the bed."""
    charts, id_ = ward()
    nurse = at_work("nadia", charts)
    assert form(nurse, f"/write/leave/{id_}", time="03:00").status_code == 303
    page = text_of(at_work("nadia", charts).get("/kitchen/CARD"))
    assert "en permission : pas de repas" in page
    assert "1 × régime non renseigné" in page
    charts.feed(adt("A08", "1124 0300", place="CARD^^1", pid=f"{PID}{'|' * 21}20261124025000|Y"))
    assert "MARTIN" not in text_of(at_work("nadia", charts).get("/kitchen/CARD"))


@pytest.mark.req("F19")
@pytest.mark.parametrize(("language", "without"), [("fr", "sans :"), ("en", "without:")])
def test_what_a_diet_leaves_out_is_said_in_its_readers_language(language, without):
    """On the board, on the kitchen's sheet, beside the plates and in the chart."""
    charts = staffed(Charts())
    charts.set_row("p-durand", diets=["hyposodé"], left_out=["arachide"], said=["diet"])
    order = {"status": "active", "intent": "order", "excludeFoodModifier": [{"text": "arachide"}]}
    charts.charts["p-durand"].append(resource("NutritionOrder", "n1", 183_800, dateTime=at(-3), **order))
    nurse = visitor("nadia", charts=charts)
    sheet = text_of(nurse.get("/kitchen/CARD", accept_language=language))
    assert sheet.count(f"hyposodé · {without} arachide") == 2
    assert f", {without} arachide" in text_of(nurse.get("/ward/CARD", accept_language=language))
    chart = text_of(nurse.get("/patient/p-durand", accept_language=language))
    assert f"{without} arachide" in chart and f"? {without}" not in chart
