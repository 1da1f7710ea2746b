"""Vital signs over time: curves with their gaps, each value in the table beside, and NEWS2 once it is on.

Method: charts made by hand, drawn; a ward in memory, its pages read as words.
"""

import re

import pytest

from contrefeu.acts import AidSwitched
from contrefeu.chart.sheet import Sheet, results_of
from contrefeu.station.curves import curve_of
from tests.station.living import in_downtime
from tests.station.test_care import form, said
from tests.station.test_pharmacy import AT, acted
from tests.station.visitors import join, text_of, visitor
from tests.station.ward_in_memory import NOW_NS, chart_of, durand, result

HOUR_NS = 3600 * 10**9


def curve(*values, hours=72):
    """The curve of one measurement."""
    sheet = Sheet(chart_of([durand()[0], *values]), NOW_NS)
    [panel] = results_of(sheet).vital
    [series] = panel.series
    return curve_of(series, NOW_NS - hours * HOUR_NS, NOW_NS, "Pouls")


def pulse(id_, value, hours, **more):
    return result(id_, "8867-4", "Pouls", value, "/min", hours, category="vital-signs", **more)


@pytest.mark.req("F5")
def test_a_gap_is_not_drawn_over():
    """Nine hours without a value break the line; a value that is no plain number breaks it too."""
    whole = curve(pulse("a", "80", -1), pulse("b", "90", -5), pulse("c", "95", -9))
    assert (whole.drawing.count("<polyline"), whole.gaps) == (1, 0)
    broken = curve(pulse("a", "80", -1), pulse("b", "90", -10.5), pulse("c", "95", -12))
    assert (broken.drawing.count("<polyline"), broken.gaps) == (2, 1)
    odd = pulse("b", "90", -5)
    odd["valueQuantity"]["comparator"] = ">"
    assert curve(pulse("a", "80", -1), odd, pulse("c", "95", -6)).gaps == 1


def test_what_lies_before_the_time_shown_is_counted():
    """The drawing begins where it says; nothing is hidden without a number."""
    found = curve(pulse("a", "80", -1), pulse("b", "90", -30), hours=24)
    assert ([one.value for one in found.values], found.older) == (["80"], 1)
    assert curve(pulse("b", "90", -30), hours=24) is None


def test_a_value_taken_back_is_struck_and_not_drawn():
    """It stays in the table."""
    found = curve(pulse("a", "80", -1), pulse("b", "250", -2, status="entered-in-error"), pulse("c", "82", -3))
    assert len(found.values) == 3
    assert found.drawing.count("<circle") == 2


@pytest.mark.req("F8")
def test_news2_stands_nowhere_until_it_is_on_and_then_says_what_it_lacks():
    """Off: no word of it. On: not computed, and why; with the nurse's round: the sum, its time and its parts."""
    charts = in_downtime()
    who = visitor("nadia", charts=charts)
    assert "NEWS2" not in text_of(who.get("/vitals/p-durand")) + text_of(who.get("/patient/p-durand"))
    acted(charts, AidSwitched("news2", True, AT), "surete")
    who = visitor("nadia", charts=charts)
    page = text_of(who.get("/vitals/p-durand"))
    assert "NEWS2 non calculé : mesures incomplètes ; manque : respiration, air ou oxygène, conscience" in page
    typed = {"breaths": "22", "saturation": "93", "oxygen": "2", "systolic": "104", "pulse": "112",
             "temperature": "38,4", "consciousness": "A"}  # fmt: skip
    assert form(who, "/write/vitals/p-durand", **typed).status_code == 303
    awake = said(charts)[-1]
    assert awake["valueCodeableConcept"] == {
        "text": "A : alerte",
        "coding": [{"system": "urn:contrefeu:acvpu", "code": "A"}],
    }
    page = text_of(who.get("/vitals/p-durand"))
    assert re.search(r"NEWS2 : 10 ‼ seuil 7 atteint · 03:11", page)
    assert "Mis en service par Dr Alice Fabre" in page
    assert "NEWS2 : 10" in text_of(who.get("/patient/p-durand"))
    join(who, "martin")
    assert form(who, "/write/saturation/p-durand", target="88-92", day="2026-11-25").status_code == 303
    assert "NEWS2 : 9" in text_of(who.get("/vitals/p-durand?hours=0"))
    assert "Cible de SpO2 : 88 à 92" in text_of(who.get("/patient/p-durand"))
    assert form(who, "/write/saturation/p-durand", target="94-98", day="2026-11-25").status_code == 303
    assert "NEWS2 : 10" in text_of(who.get("/vitals/p-durand"))


def test_the_page_holds_every_value_of_its_curves_in_words():
    """What the drawing shows stands in the table beside: the newest eight, and the rest below."""
    nurse = visitor("nadia", charts=in_downtime())
    page = nurse.get("/vitals/p-durand")
    words = text_of(page)
    assert page.text.count('<svg class="curve"') == 4
    assert re.search(r"Fréquence cardiaque \(/min\).{0,80}112.{0,60}98.{0,60}91.{0,60}88", words)
    assert len(page.content) < 60_000
    looks = nurse.looks("view")
    assert "vitals" in str(looks[-1])
