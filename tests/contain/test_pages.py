"""A published plan is seen by the crisis cell and by nobody on a ward, with the words that nothing was cut.

Method: visitors of the ward app on a ward in memory, with the plan of tests/contain in its journal.
"""

import pytest

from contrefeu.acts import ContainmentPlanned, encode
from contrefeu.journal import MEDIA_ACT, Entry
from tests.contain.test_plan import PLAN
from tests.declare.pages import mounted
from tests.station.visitors import join, text_of, visitor
from tests.station.ward_in_memory import NOW_NS, STATION, Charts, staffed


def planned() -> Charts:
    """A ward whose crisis cell was shown the plan."""
    charts = staffed(Charts())
    act = ContainmentPlanned(
        "2026-11-24T02:00:00Z", "essai", PLAN.suspects, PLAN.cut, PLAN.lost_functions, PLAN.at_risk_functions,
        PLAN.kept_functions, PLAN.restart, PLAN.proven, PLAN.compared.courses, PLAN.compared.hours,
    )  # fmt: skip
    charts.journal.append(Entry(STATION, 99, NOW_NS, 99, "console", MEDIA_ACT, encode(act)))
    return charts


@pytest.mark.req("A2")
def test_the_crisis_cell_sees_the_plan():
    """What to cut, what the wards lose and what takes over, the order of restart; a nurse is shown none of it."""
    at = visitor("crise", planned(), **mounted())
    words = text_of(at.get("/containment"))
    for wanted in ("Conseil seulement", "pc, files", "tous → files smb (tcp 445)", "svc-backup", "Documents · ER",
                   "documents et comptes rendus", "Résultats", "refaire à neuf"):  # fmt: skip
        assert wanted in words
    for row in ("ce plan", "ne rien faire", "tout éteindre 7 0"):  # all seven systems off, none struck
        assert row in words
    assert "ER — Documents" in words or "ER Documents" in words
    assert "Systèmes atteints en 24 h" in words
    assert at.looks("act")
    join(at, "nadia")
    assert at.get("/containment").status_code == 403
    assert "Confinement" not in text_of(at.get("/"))


def test_without_a_plan_the_page_says_how_one_is_made():
    """And shows the link to those whose work it is."""
    at = visitor("crise", **mounted())
    assert "contrefeu contain plan --publish" in text_of(at.get("/containment"))
    assert "Confinement" in text_of(at.get("/"))
