"""The guides are a click away on every page, in the reader's language, for every role.

Method: the ward app in memory, asked as its people would.
"""

import pytest

from tests.station.visitors import visitor


@pytest.mark.req("G3")
@pytest.mark.parametrize("login", ["nadia", "rssi"])
def test_everybody_finds_the_guide(login):
    """The link stands on each page of every role; the guide opens in either language and leads to the other one."""
    who = visitor(login)
    assert 'href="/guide"' in who.get("/status").text
    french, english = who.get("/guide", accept_language="fr"), who.get("/guide", accept_language="en")
    assert "Une ligne absente ne veut pas dire" in french.text
    assert "A line that is missing does not mean" in english.text
    assert 'href="/guide/recovery"' in french.text
    assert "Account for every entry" not in english.text
    assert "Account for everything" in who.get("/guide/recovery", accept_language="en").text


def test_reading_a_guide_leaves_no_entry_and_another_name_is_no_guide():
    """It names no patient: nothing was looked at. What is no guide is no page, whatever it is called."""
    who = visitor("nadia")
    before = len(who.charts.audited())
    assert who.get("/guide/ward").status_code == 200
    assert len(who.charts.audited()) == before
    assert who.get("/guide/..%2Fapp").status_code == 404
    assert who.get("/guide/other").status_code == 404
