"""Admission of somebody unknown at a ward's PC, in a real chromium: counted in clicks and keys (D3).

Method: a counter in the page adds up what the hand does; the figures are those that docs/howto/admit-and-move.md gives.
"""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from contrefeu.chart import is_number
from tests.station.folded import house
from tests.station.serving import chromium, log_in, serving

pytestmark = pytest.mark.browser
GUIDE = Path(__file__).parents[2] / "docs" / "howto" / "admit-and-move.md"


@pytest.mark.req("D3")
def test_an_unknown_patient_is_in_a_bed_after_as_many_clicks_and_keys_as_the_guide_says():
    """From the ward's board to the chart with its number: nothing scrolls away, no field is below the fold."""
    clicks = keys = 0
    charts = house()
    with serving(charts, clock=charts.clock) as served, chromium() as screen:
        _, page = screen.window()
        log_in(page, served.url, "nadia")
        page.goto(f"{served.url}/ward/CARD")

        def click(name, role="link"):
            nonlocal clicks
            clicks += 1
            page.get_by_role(role, name=name, exact=True).click()

        def press(*pressed):
            nonlocal keys
            for key in pressed:
                keys += 1
                page.keyboard.press(key)

        click("Admettre")
        click("Personne inconnue")
        expect(page.get_by_label("Sexe")).to_be_focused()
        press("h", "Tab", "4", "0", "Tab", "Tab", "2")
        expect(page.get_by_label("Lit")).to_have_value("2")
        button = page.get_by_role("button", name="Admettre", exact=True)
        assert button.bounding_box()["y"] + button.bounding_box()["height"] < 768
        click("Admettre", "button")
        expect(page.get_by_role("heading", name=re.compile("INCONNU"))).to_be_visible()
        assert is_number(page.locator("dd").first.inner_text())
        page.goto(f"{served.url}/ward/CARD")
        expect(page.get_by_role("row").filter(has_text="INCONNU")).to_contain_text("identité provisoire")
        said = [line for line in screen.said if "Content Security Policy" in line or "Error" in line]
        assert said == []
    found = re.search(r"\*\*(\d+) clicks and (\d+) keys\*\*", GUIDE.read_text())
    assert found is not None
    assert (clicks, keys) == (int(found[1]), int(found[2]))
