"""A ward opens its own downtime, at any hour and without anybody of the crisis cell (D2).

Method: a ward in memory; then a real chromium, whose clicks are those that docs/howto/declare-downtime.md gives.
"""

import re
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import expect

from contrefeu.acts import DowntimeDeclared, decode
from contrefeu.journal import MEDIA_ACT
from tests.station.serving import chromium, log_in, serving
from tests.station.test_every_page import AXE
from tests.station.visitors import join, text_of, visitor

GUIDE = Path(__file__).parents[2] / "docs" / "howto" / "declare-downtime.md"
pytestmark = pytest.mark.req("D2")
WORDS = {
    "fr-FR": ("Déclarer la panne", "Déclarer la panne de cette unité", "La panne est déclarée"),
    "en-GB": ("Declare downtime", "Declare downtime of this ward", "Downtime is declared"),
}


def declared(who):
    """Who declared what."""
    found = [(one.source, decode(one.body)) for one in who.charts.journal if one.media_type == MEDIA_ACT]
    return [(by, act) for by, act in found if isinstance(act, DowntimeDeclared)]


@pytest.mark.parametrize("login", ["nadia", "martin"])
def test_whoever_cares_on_a_ward_declares_its_downtime(login):
    """From the board: what it changes, one button; then it is in force, on every page, and said once."""
    who = visitor(login)
    assert 'href="/outage/CARD"' in who.get("/ward/CARD").text
    assert "Déclarer la panne de cette unité" in text_of(who.get("/outage/CARD"))
    for _ in range(2):  # the button pressed twice
        answer = who.post("/outage/CARD", medium="screen", reason="  le dossier ne répond plus ")
        assert (answer.status_code, answer.headers["location"]) == (303, "/outage/CARD")
    [(by, act)] = declared(who)
    assert (by, act.wards, act.medium, act.reason) == (
        f"user/{login}",
        ["CARD"],
        "screen",
        "le dossier ne répond plus",
    )
    page = text_of(who.get("/outage/CARD"))
    assert "La panne est déclarée" in page
    assert "Déclarer la panne de cette unité" not in page
    assert "PANNE DÉCLARÉE" in text_of(who.get("/ward/CARD"))
    assert 'href="/outage/CARD"' not in who.get("/ward/CARD").text
    join(who, "crise")
    assert "CARD" in text_of(who.get("/downtime"))


def test_it_is_paper_unless_the_screen_is_chosen():
    """As everywhere: a ward that chose nothing writes on paper."""
    who = visitor("nadia")
    who.post("/outage/CARD", medium="record")
    assert declared(who)[0][1].medium == "paper"


def test_of_another_ward_or_of_the_whole_house_it_is_refused():
    """Another's ward is its own people's; the hospital's downtime is the crisis cell's."""
    who = visitor("lucas")  # works in CHIR
    assert 'href="/outage/CARD"' not in who.get("/ward/CARD").text
    assert who.get("/outage/CARD").status_code == 403
    for path in ("/outage/CARD", "/outage/", "/outage/NOWHERE"):
        assert who.post(path, medium="screen").status_code in {403, 404}
    join(who, "nadia")
    assert who.get("/outage/NOWHERE").status_code == 404
    assert who.post("/outage/").status_code == 404
    assert declared(who) == []


@pytest.mark.parametrize("whole", [True, False])
def test_where_a_ward_in_downtime_writes_is_not_changed_here(whole):
    """What the crisis cell said stands; the page says who said it and that it alone changes it."""
    who = visitor("crise")
    who.post("/downtime", do="declare", medium="screen", reason="rançongiciel", **({} if whole else {"ward": "CARD"}))
    join(who, "nadia")
    assert who.post("/outage/CARD", medium="paper").status_code == 303
    assert len(declared(who)) == 1
    page = text_of(who.get("/outage/CARD"))
    assert "crise" in page
    assert "ici, à l’écran" in page


def test_who_is_told_that_nothing_is_written_here_may_declare_it():
    """A form that is refused because the ward is in no downtime leads there; for who may not, it does not."""
    who = visitor("nadia")
    assert 'href="/outage/CARD"' in who.get("/write/vitals/p-durand").text
    join(who, "lucas")
    assert 'href="/outage/CARD"' not in who.get("/ward/CARD").text


@pytest.mark.browser
@pytest.mark.parametrize("locale", ["fr-FR", "en-GB"])
def test_a_ward_is_in_downtime_after_as_many_clicks_as_the_guide_says(locale):
    """From the board, all on one screen, with nothing to type; axe-core finds nothing."""
    words = WORDS[locale]
    with serving() as served, chromium() as screen:
        _, page = screen.window(locale=locale)
        page.add_init_script(files("axe_playwright_python").joinpath("axe.min.js").read_text())
        log_in(page, served.url, "nadia")
        page.goto(f"{served.url}/ward/CARD")
        page.get_by_role("link", name=words[0], exact=True).click()
        button = page.get_by_role("button", name=words[1], exact=True)
        box = button.bounding_box()
        assert box["y"] + box["height"] < 768
        assert page.evaluate(AXE, []) == []
        button.click()
        expect(page.get_by_text(words[2])).to_be_visible()
        assert page.evaluate(AXE, []) == []
    found = re.search(r"\*\*(\d+) clicks\*\*", GUIDE.read_text())
    assert found is not None
    assert int(found[1]) == 2
