"""The doors that passkeys come in by, without a browser: what no browser sends, and whose key it is when people leave.

Method: a ward in memory, forms sent by hand.
"""

import json

import pytest

from contrefeu.access import Passkeys
from contrefeu.acts import AccountDisabled, PasskeyAdded, encode
from contrefeu.base import ManualClock
from contrefeu.journal import MEDIA_ACT
from tests.station.visitors import visitor, wait_for
from tests.station.ward_in_memory import NOW_NS, SECRET

ANSWERS = [
    *("", "{}", "[]", "null", "7", '{"id": 3}', '{"id": "a", "rawId": "a", "response": {}}'),
    json.dumps({"id": "QQ", "rawId": "QQ", "response": {"clientDataJSON": "e30", "authenticatorData": "QQ"}}),
]


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("answer", ANSWERS)
def test_what_no_browser_sends_lets_nobody_in(answer, known):
    """Any bytes are refused alike, known key or not, and journaled; nothing of them comes back."""
    who = visitor()
    if known:
        added = PasskeyAdded("nadia", "QQ", "oWFhAQ", "ward.example.org", "x", "2026-11-24T02:10:00.000000Z")
        wait_for(who.charts.append("user/nadia", MEDIA_ACT, encode(added)))
    who.get("/login")
    door = who.client.cookies[who.shell.door_cookie]
    assert who.post("/login/passkey/ask", _csrf=door).json()["userVerification"] == "required"
    refused = who.post("/login/passkey", _csrf=door, answer=answer, next="//evil.example")
    assert (refused.status_code, refused.headers["location"]) == (303, "/login?passkey=refused&next=%2F")
    assert who.looks("110122")[-1]["outcome"] == "4"
    joined = visitor("nadia")
    joined.post("/account/passkey/ask")
    assert joined.post("/account/passkey/add", secret=SECRET, answer=answer, label="x").status_code == 400


def test_no_key_is_asked_for_from_another_sites_page():
    """Each of the doors wants the token of its own page."""
    who = visitor()
    who.get("/login")
    for path in ("/login/passkey/ask", "/login/passkey"):
        assert who.post(path, _csrf="wrong", answer="{}").status_code == 403
    nadia = visitor("nadia")
    for path in ("ask", "add", "remove"):
        assert nadia.post(f"/account/passkey/{path}", _csrf="wrong").status_code == 403


def test_a_page_read_ahead_after_the_session_changes_no_token_of_the_door():
    """What a browser fetches unseen is told that the session is over, and shown no door whose token would take over."""
    who = visitor()
    answer = who.get("/ward/CARD", x_keep="1")
    assert (answer.status_code, answer.headers.get("set-cookie")) == (401, None)


def test_a_disabled_account_has_no_keys_when_it_comes_back():
    """A key lost with its owner's departure does not open the account that is made for them again."""
    who = visitor("info")
    added = PasskeyAdded("nadia", "QQ", "oWFhAQ", "localhost", "x", "2026-11-24T02:10:00.000000Z")
    nadia = next(e for e in who.charts.journal if b'"login":"nadia"' in e.body)
    staff = who.app.state.house.staff
    for act in (encode(added), nadia.body):  # said again by an import of the whole staff, it keeps its key
        wait_for(who.charts.append("console", MEDIA_ACT, act))
    assert wait_for(staff.by_passkey("QQ"))[0].login == "nadia"
    for act in (encode(AccountDisabled("nadia")), nadia.body):
        wait_for(who.charts.append("console", MEDIA_ACT, act))
    who.shell.setting.clock.advance(seconds=2)
    assert wait_for(staff.account("nadia")).passkeys == ()
    assert wait_for(staff.by_passkey("QQ")) is None


def test_one_key_opens_every_station_of_a_domain():
    """With a domain set, a key is bound to it; without, to the station's own name, whatever the port."""
    apart, together = (Passkeys(ManualClock(NOW_NS), "CHU", domain) for domain in ("", "chu.example"))
    assert apart.site("ward-3.chu.example:8443") == "ward-3.chu.example"
    assert together.site("ward-3.chu.example:8443") == "chu.example"
    assert together.site("localhost:8443") == "localhost"
    assert together.site("evilchu.example") == "evilchu.example"
    assert apart.ask("ward-3.chu.example:8443", "asker")["rpId"] == "ward-3.chu.example"
