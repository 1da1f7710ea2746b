"""Who waits in the emergency department, who is expected, who leaves: from boards, in one page.

Method: feeds and people speak to the node's own charts; the page is read as words.
"""

import re

import pytest

from tests.chart.feed import adt
from tests.station.folded import at_work, house
from tests.station.test_care import form
from tests.station.visitors import join, text_of


@pytest.fixture(scope="module")
def emergency():
    """Two patients came to the emergency department, one after the other; a third lies in CARD."""

    def pid(number, name):
        return f"PID|1||{number}^^^CHU^PI||{name}||19500101|M"

    charts = house()
    charts.feed(
        adt("A01", "1124 0100", place="URG^^B1", inside="E", visit="V1", pid=pid(11, "PREMIER^Anne")),
        adt("A01", "1124 0200", place="URG^^B2", inside="E", visit="V2", pid=pid(22, "SECOND^Paul")),
        adt("A01", "1123 0200", place="CARD^^1", visit="V3", pid=pid(33, "COUCHE^Luc")),
    )  # fmt: skip
    return charts, at_work("martin", charts)


@pytest.mark.req("F19")
def test_who_has_no_level_stands_first_and_the_gravest_after(emergency):
    """A patient whom nobody sorted is marked; sorted, the level, the doctor and the next place are there."""
    charts, who = emergency
    page = text_of(who.get("/flow"))
    assert "! 2 patients sans tri" in page
    assert re.search(r"Aux urgences \(2\).*PREMIER.*SECOND", page)
    assert "COUCHE" not in page
    [second] = charts.told.charts.find("second")
    sent = form(who, f"/write/triage/{second.id}", level="2", doctor="Dr Roy", goes="scanner")
    assert (sent.status_code, sent.headers["location"]) == (303, "/flow")
    page = text_of(who.get("/flow"))
    assert re.search(r"\? non dit URG B1 PREMIER.*2 03:11 URG B2 SECOND.*Dr Roy scanner", page)
    [first] = charts.told.charts.find("premier")
    form(who, f"/write/triage/{first.id}", level="4")
    form(who, f"/write/triage/{second.id}", level="1", goes="bloc")
    page = text_of(who.get("/flow"))
    assert re.search(r"1 03:11 URG B2 SECOND.*bloc.*4 03:11 URG B1 PREMIER", page)
    assert "Dr Roy" not in page
    assert "⚑" not in text_of(who.get("/ward/URG")), "a level is no alert"


@pytest.mark.req("F19")
def test_a_role_without_charts_sees_who_waits_and_no_triage(emergency):
    """Admissions see names and hours; level, doctor and next place are for care."""
    _, who = emergency
    join(who, "accueil")
    page = text_of(who.get("/flow"))
    assert "SECOND" in page
    assert "bloc" not in page
    join(who, "martin")


def test_who_leaves_is_listed_with_the_hour(emergency):
    """A discharge that was announced stands here until its hour."""
    charts, who = emergency
    charts.feed(adt("A03", "1124 0300", happened="1124 1400", place="CARD^^1", visit="V3",
                    pid="PID|1||33^^^CHU^PI||COUCHE^Luc||19500101|M"))  # fmt: skip
    assert re.search(r"Sorties annoncées \(1\).*14:00 CARD 1 COUCHE", text_of(who.get("/flow")))
