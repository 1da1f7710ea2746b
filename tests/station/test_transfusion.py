"""Blood products: asked for, delivered, checked at the bed by two, begun, ended, a reaction; a group nowhere.

Method: people at the pages of the node's own charts, one unit after the other.
"""

import re

import pytest

from tests.chart.feed import PID, adt
from tests.station.folded import at_work, house
from tests.station.test_care import form
from tests.station.visitors import Visitor, text_of
from tests.station.ward_in_memory import SECRET

SIGNED = {"second": "martin", "pin": SECRET, "identity": "yes", "card": "yes"}
GROUP = (
    "MSH|^~\\&|LABO|CHU|CF|CHU|20261124030000||ORU^R01^ORU_R01|G1|P|2.5\r" + PID + "\r"
    "ORC|RE|P1^CHU|F1^LABO\r"
    "OBR|1|P1^CHU|F1^LABO|34532-2^Groupage^LN|||20261124020000|||||||||||||||20261124030000||LAB|F\r"
    "OBX|1|ST|882-1^Groupe ABO Rh^LN||A-POSITIF|||||F\r"
)


@pytest.fixture(scope="module")
def ward():
    """A ward in downtime; its patient has a group that the laboratory sent, and two units asked for."""
    charts = house()
    charts.feed(adt("A01", "1124 0200", place="CARD^^1"), GROUP.encode())
    [hit] = charts.told.charts.find("martin")
    doctor = at_work("martin", charts)
    asked = form(
        doctor, f"/write/transfusion/{hit.id}", product="red-cells", count="2", priority="urgent", why="Hb 68 g/L"
    )
    assert asked.status_code == 303
    return hit.id, at_work("nadia", charts)


def link(who: Visitor, id_: str, name: str) -> str:
    """The first form of a kind that the patient's page leads to; "" for none."""
    found = re.search(rf'href="(/write/{name}/[^"?]+)', who.get(f"/transfusion/{id_}").text)
    return found[1] if found else ""


@pytest.mark.req("F11")
def test_a_unit_goes_from_its_delivery_to_its_end(ward):
    """Received by its number; checked by two who type the number again; begun; ended with its reaction."""
    id_, nurse = ward
    came = form(nurse, link(nurse, id_, "unit"), unit="=0001 23 4567", **{"from": "dépôt, 88"})
    assert came.status_code == 303
    again = form(nurse, link(nurse, id_, "unit"), unit="=0001234567")
    assert again.status_code == 400 and "déjà inscrite" in again.text, "a bag is entered once"
    bedside = link(nurse, id_, "bedside")
    assert "=0001" not in nurse.get(bedside).text, "the number is read on the bag"
    other = form(nurse, bedside, unit="=0009", **SIGNED)
    assert other.status_code == 400 and "ne pas transfuser" in other.text
    alone = form(nurse, bedside, unit="=0001234567", **SIGNED | {"second": "nadia"})
    assert alone.status_code == 400 and "autre personne" in alone.text
    assert "en cours" not in text_of(nurse.get(f"/transfusion/{id_}"))
    begun = form(nurse, bedside, unit="=0001234567", **SIGNED)
    assert begun.status_code == 303
    assert form(nurse, bedside, unit="=0001234567", **SIGNED).status_code == 400, "it is begun once"
    ended = link(nurse, id_, "ended")
    silent = form(nurse, ended, outcome="stopped")
    assert silent.status_code == 400 and "Dites la réaction" in silent.text
    assert form(nurse, ended, outcome="stopped", volume="120 mL", reaction="Frissons, 39,1 °C").status_code == 303
    page = text_of(nurse.get(f"/transfusion/{id_}"))
    line = r"rouges · =0001234567 arrêtée avant la fin .*dépôt, 88 · Nadia Benali .*Nadia Benali \+ Dr Claire Martin"
    assert re.search(line, page), page
    assert "120 mL ‼ Réaction : Frissons, 39,1 °C" in page
    assert "Réaction : Frissons" in text_of(nurse.get(f"/patient/{id_}")), "the chart says it too"


@pytest.mark.req("F11")
def test_a_unit_that_is_returned_was_never_begun(ward):
    """It is entered and given back; nothing says that it was given."""
    id_, nurse = ward
    form(nurse, link(nurse, id_, "unit"), unit="=0002")
    ended = link(nurse, id_, "ended")
    assert form(nurse, ended, outcome="completed", none="yes").status_code == 400
    assert form(nurse, ended, outcome="not-done").status_code == 303
    assert re.search(r"=0002 non passée, rendue", text_of(nurse.get(f"/transfusion/{id_}")))


@pytest.mark.req("F11")
def test_no_page_of_the_chart_shows_a_group(ward):
    """It is said to be received, and where to read it; the document itself, one click away, shows it as it was sent."""
    id_, nurse = ward
    for path in (f"/patient/{id_}", f"/transfusion/{id_}"):
        assert "A-POSITIF" not in nurse.get(path).text, path
    page = text_of(nurse.get(f"/patient/{id_}"))
    assert "Groupe ABO Rh" in page and "non valable pour transfusion" in page
    english = text_of(nurse.get(f"/transfusion/{id_}", accept_language="en"))
    assert "nothing else is valid for transfusion" in english
