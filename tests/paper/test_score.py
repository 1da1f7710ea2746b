"""NEWS2 on paper: nothing while it is off; its sum with its parts, or why there is none, once it is on."""

import pytest

from contrefeu.chart.sheet import Sheet
from contrefeu.paper.measured import results_for
from contrefeu.paper.setting import Setting
from tests.chart.test_news2 import WHOLE, measured
from tests.station.ward_in_memory import NOW_NS, chart_of, durand


def notes(language, *observations, on=True):
    """What stands under the results of a printed chart."""
    sheet = Sheet(chart_of([durand()[0], *observations]), NOW_NS)
    return results_for(sheet, Setting(language, "Europe/Paris", NOW_NS, on)).notes


@pytest.mark.req("F8")
def test_a_printed_chart_says_the_score_where_it_is_on():
    """With its time and its parts; incomplete, what is missing; off, no word of it."""
    assert notes("fr", *measured(-1, **WHOLE), on=False) == []
    assert notes("fr", *measured(-1, **WHOLE)) == [
        "NEWS2\u00a0: 10 (24/11 02:11)\u00a0: respiration 2, PA systolique 1, pouls 2, température 1, SpO2 2, "
        "air ou oxygène 2, conscience 0."
    ]
    part = {name: value for name, value in WHOLE.items() if name != "awake"}
    assert notes("en", *measured(-1, **part)) == ["NEWS2 not computed: incomplete measurements; missing: consciousness"]
