"""Every role at every door of admissions and movements: who comes in, who is refused.

Method: one account a role, each route asked for and posted to; a refusal is a 403 and writes nothing but itself.
"""

import msgspec
import pytest

from contrefeu.access import ROLES, may, new_account
from contrefeu.acts import encode
from contrefeu.journal import MEDIA_ACT
from contrefeu.station.care import FORMS
from tests.chart.feed import adt
from tests.station.folded import at_work, house
from tests.station.visitors import join
from tests.station.ward_in_memory import SECRET, STATION

WARD = "?ward=CARD"
OWN = {
    f"/arrive{WARD}": "move",
    f"/arrive/unknown{WARD}": "move",
    f"/arrive/many{WARD}": "move",
    f"/arrive/known/{{}}{WARD}": "move",
    f"/arrive/newborn/{{}}{WARD}": "write",
    "/identity/{}": "move",
    "/crisis": "board",
    "/beds": "board",
    "/flow": "board",
    "/pharmacy": "pharmacy",
    "/pharmacy/ward/CARD": "pharmacy",
    "/pharmacy/returns": "pharmacy",
    "/pharmacy/stock": "pharmacy",
    "/aids": "aids",
    "/surviving": "downtime",
    "/outage/CARD": "open",
}
LOOKED_AT = frozenset(
    {"/beds", "/flow", "/crisis", "/pharmacy", "/pharmacy/ward/CARD", "/pharmacy/stock", "/aids"}
)  # pages that take no form
MOVES = ("transfer", "discharge", "leave", "return", "death", "cancel", "precaution", "directive", "lift",
         "appointment")  # fmt: skip


@pytest.fixture(scope="module")
def staffed_house():
    """A house with an account of each role for every ward, and one patient in CARD."""
    charts = house()
    first = new_account("x", "X", "nurse", ["*"], secret=SECRET).act
    for role in ROLES:
        act = msgspec.structs.replace(first, login=f"a-{role}", name=role, role=role)
        charts.take(STATION, "console", MEDIA_ACT, encode(act))
    charts.feed(adt("A01", "1124 0200", place="CARD^^1"))
    [hit] = charts.told.charts.find("martin")
    return charts, at_work("nadia", charts), hit.id


@pytest.mark.req("G3")
@pytest.mark.parametrize("role", sorted(ROLES))
def test_each_role_opens_the_doors_that_its_row_gives(staffed_house, role):
    """A page for those who may; a 403 for all others, whether they look or send."""
    charts, who, id_ = staffed_house
    join(who, f"a-{role}")
    asked = OWN | {f"/write/{name}/{{}}{WARD if name == 'transfer' else ''}": FORMS[name].permission for name in MOVES}
    for path, permission in asked.items():
        answer = who.get(path.format(id_))
        expected = {200, 404} if may(role, permission) else {403}
        assert answer.status_code in expected, (path, role)
        if not may(role, permission):
            written = len(charts.written())
            assert who.post(path.format(id_), do="name").status_code in {403, 405}
            assert len(charts.written()) == written


def test_no_form_is_taken_without_its_sessions_token(staffed_house):
    """Another site's form does nothing at any of these doors."""
    charts, who, id_ = staffed_house
    join(who, "nadia")
    written = len(charts.written())
    for path in (*OWN, *(f"/write/{name}/{{}}" for name in MOVES)):
        if path not in LOOKED_AT:
            assert who.post(path.format(id_), _csrf="wrong", count="3", do="name").status_code == 403, path
    assert len(charts.written()) == written
