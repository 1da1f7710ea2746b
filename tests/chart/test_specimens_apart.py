"""Values of two specimens are two lines of a chart, and no curve joins them (FIELD F5).

Method: a message in which specimens lead, folded; the chart as a page and as text.
"""

import pytest

from contrefeu.chart import result_name
from contrefeu.chart.sheet import Sheet, results_of
from tests.chart.feeds import Told, admitted, entry, message


@pytest.mark.req("F5")
def test_blood_and_urine_are_two_lines() -> None:
    """One code, one unit; the specimen stands beside the name, unless the name says it."""
    tubes = (
        "SPM|1|||BLD^Sang^HL70487", "OBR|1||F1^LAB|IONO^Ionogramme^L", "OBX|1|NM|NA^Sodium^L||140|mmol/L|||||F",
        "SPM|2|||UR^Urine^HL70487", "OBR|2||F2^LAB|IONOU^Ionogramme^L", "OBX|1|NM|NA^Sodium^L||80|mmol/L|||||F",
    )  # fmt: skip
    told = Told().take(entry(admitted("1", "c1"), 1), entry(message("OUL^R22", "1", control="c2", rest=tubes), 2))
    chart = told.charts.chart("1")
    assert chart is not None
    series = [one for panel in results_of(Sheet(chart)).laboratory for one in panel.series]
    assert sorted((one.name, one.last.value, len(one.values)) for one in series) == [
        ("Sodium · Sang", "140", 1), ("Sodium · Urine", "80", 1),
    ]  # fmt: skip
    assert "Sodium · Sang 140 mmol/L" in told.charts.text("1")


def test_a_name_that_says_its_specimen_says_it_once() -> None:
    """Nor does one without a name become a specimen's."""
    assert result_name({"code": {"text": "Sodium, urine"}, "specimen": {"display": "Urine"}}) == "Sodium, urine"
    assert result_name({"specimen": {"display": "Urine"}}) == ""
