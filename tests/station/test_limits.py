"""A signed limit marks a feed's value that nobody flagged, with who signed; a sender's flag is never taken away.

Method: a ward in memory whose laboratory's list was signed; the chart read as words.
"""

import pytest

from contrefeu.acts import LimitsSigned
from contrefeu.station.care.testlist import shipped_tests
from tests.station.living import in_downtime
from tests.station.test_pharmacy import AT, acted
from tests.station.visitors import text_of, visitor
from tests.station.ward_in_memory import durand, result


def page(*results, signed=True):
    """The chart of somebody with these results."""
    charts = in_downtime()
    charts.charts["p-durand"] = [*durand()[:2], *results]
    if signed:
        acted(charts, LimitsSigned(shipped_tests().digest, AT), "bio")
    return text_of(visitor("nadia", charts=charts).get("/patient/p-durand"))


@pytest.mark.req("F7")
def test_a_value_beyond_a_signed_limit_is_marked_with_who_signed():
    """Potassium 6.4 that its sender called high: beyond 6.2; unsigned, no word of it."""
    high = result("k", "2823-3", "Potassium", "6.4", "mmol/L", -1, "H")
    assert "‼ au-delà de la limite signée Dr Anne Roche" in page(high)
    assert "limite signée" not in page(high, signed=False)
    assert "‼ sous la limite signée" in page(result("k", "2823-3", "Potassium", "2.4", "mmol/L", -1))


@pytest.mark.req("F7")
@pytest.mark.parametrize(
    ("value", "unit", "flag", "stands"),
    [
        ("6.4", "mmol/L", "HH", "‼ HH"),  # its sender says so already
        ("5.9", "mmol/L", "HH", "‼ HH"),  # within the limits: the flag stands all the same
        ("25.0", "mg/dL", "", "25.0"),  # another unit: nothing is compared (F5)
        ("6.2", "mmol/L", "H", "▲ H"),  # on the limit is not beyond it
    ],
)
def test_a_flag_stands_and_nothing_is_compared_across_units(value, unit, flag, stands):
    """The list adds no mark here, and removes none."""
    said = page(result("k", "2823-3", "Potassium", value, unit, -1, flag))
    assert "limite signée" not in said
    assert stands in said
