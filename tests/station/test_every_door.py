"""Every role at every door of the ward app: who comes in, who is refused, and that no door stands open by mistake.

Method: every page that the router knows (every_page.py), asked for and posted to as each role. Which permission a page
asks for is the page's own word; the pages that ask for none are named here, so that a new one is not open unseen.
"""

import msgspec
import pytest

from contrefeu.access import ROLES, may, new_account
from contrefeu.acts import encode
from contrefeu.journal import MEDIA_ACT, Entry
from tests.station.every_page import every_page, routes
from tests.station.visitors import enter, join
from tests.station.ward_in_memory import NOW_NS, SECRET, STATION

FOR_EVERYBODY = {
    *("/guide", "/guide/{name}"),  # the program's own words, which name nobody
    *("/", "/logout", "/account", "/changes", "/queue"),  # "/" sends whoever sees no ward to their own page
    *("/account/passkey/ask", "/account/passkey/add", "/account/passkey/remove"),  # a person's own, and nobody else's
    *("/offline/keys", "/offline/looks", "/offline/kept"),  # a person's own, and nobody else's
    *("/offline/write/{form}/{id}", "/offline/write/{form}/{id}/{line:path}"),  # the form's permission is asked inside
}


@pytest.fixture(scope="module")
def house():
    """Every page, and an account of each role for every ward."""
    who, pages = every_page()
    first = new_account("x", "X", "nurse", ["*"], secret=SECRET).act
    for number, role in enumerate(ROLES, 900):
        act = msgspec.structs.replace(first, login=f"a-{role}", name=role, role=role)
        who.charts.journal.append(Entry(STATION, number, NOW_NS, number, "console", MEDIA_ACT, encode(act)))
    who.shell.setting.clock.advance(seconds=90)  # the door reads the acts anew
    return who, pages


@pytest.mark.req("G3", "G4")
@pytest.mark.parametrize("role", sorted(set(ROLES) - {"system"}))
def test_each_role_comes_in_where_its_row_says(house, role):
    """A page for those who may, a 403 and an entry of the audit for all others, whether they look or send."""
    who, pages = house
    who.client.cookies.clear()
    join(who, f"a-{role}")
    written = len(who.charts.written())
    for path, permission in who.shell.doors.items():
        if path in FOR_EVERYBODY or path not in pages:
            continue
        address = pages[path][1]
        if permission and not may(role, permission):
            assert who.get(address).status_code == 403, (role, path)
            assert who.post(address, do="name", once="x").status_code in {403, 405}, (role, path)
        else:
            assert who.get(address).status_code != 403, (role, path)
    assert len(who.charts.written()) == written


@pytest.mark.req("G3")
def test_no_door_stands_open_by_mistake(house):
    """A page that asks for no permission is one of those that are for everybody; without a login none opens."""
    who, pages = house
    assert {path for path, permission in who.shell.doors.items() if not permission} == FOR_EVERYBODY
    who.client.cookies.clear()
    for path in {one.path for one in routes(who.app)} - {"/login", "/away"}:
        answer = who.get(pages[path][1])
        assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/login"), path


@pytest.mark.req("G3")
def test_a_session_that_was_planted_is_nobodys(house):
    """A cookie laid in a browser before the login is not what the login makes a session of (session fixation)."""
    who, _ = house
    who.client.cookies.clear()
    planted = "p" * 43
    who.client.cookies.set(who.shell.cookie, planted, domain="ward.example.org", path="/")
    answer = enter(who, "nadia")
    assert answer.status_code == 303
    assert planted not in answer.headers["set-cookie"]
    assert who.shell.sessions.get(planted, used=True) is None


def test_a_session_outlives_no_login_of_another(house):
    """Whoever logs in where somebody else was ends their session: two people at one screen share nothing."""
    who, _ = house
    who.client.cookies.clear()
    join(who, "martin")
    before = who.token
    assert enter(who, "nadia").status_code == 303
    assert who.shell.sessions.get(before, used=True) is None
