"""Every page of the ward app, in both languages: reached, under 60 kB, asking no other host, nothing found by axe.

Method: the pages come from the router (every_page.py). axe-core runs in a real chromium, as pages stand on the screen;
its rules are WCAG 2.2, A and AA, and its own best practices. What it cannot see (sense, order, what a nurse would get
wrong) no test sees.
"""

import re
from importlib.resources import files

import pytest

from contrefeu.web import LANGUAGES
from tests.station.every_page import come_in, every_page, everything, routes
from tests.station.serving import chromium, log_in, serving

PAGE_BYTES_MAX = 60_000  # issue 6: a page that is fetched again each second over a ward's old network
# What depends on words; the rest is one structure and one set of colours in every language, tried in full in French.
OF_WORDS = ["document-title", "html-has-lang", "html-lang-valid", "valid-lang", "label", "select-name", "button-name",
            "link-name", "image-alt", "svg-img-alt", "frame-title", "empty-heading", "empty-table-header",
            "summary-name", "input-button-name", "aria-input-field-name", "label-title-only"]  # fmt: skip
AXE = """async (only) => (await axe.run(document, { resultTypes: ["violations"],
    ...(only.length ? { runOnly: { type: "rule", values: only } } : {}) })).violations
  .map((one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`)"""


def searched(page, url, login):
    """Come in by the door, and search somebody: the answer's page is one of those that are tried."""
    log_in(page, url, login)
    if page.locator("#q").count():
        page.fill("#q", "durand")
        page.press("#q", "Enter")
        page.wait_for_url("**/search/1")


@pytest.fixture(scope="module")
def found():
    """The ward and every page of it."""
    return every_page()


@pytest.mark.req("G5")
def test_no_page_is_forgotten(found):
    """Each route that people read is among the pages that are tried: one that is added is tried, or named here."""
    who, pages = found
    assert {one.path for one in routes(who.app)} - set(pages) == set()


@pytest.mark.req("G5")
@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_are_small_and_stay_at_home(found, language):
    """Under 60 kB each, with the page's own words in its language; nothing on it leads to another host."""
    who, pages = found
    for login in sorted({login for login, _ in pages.values()}):
        come_in(who, login)
        for path in [path for one, path in pages.values() if one == login]:
            page = who.get(path, accept_language=language)
            assert 1000 < len(page.content) < PAGE_BYTES_MAX, (path, len(page.content))
            assert f'<html lang="{language}"' in page.text, path
            assert re.findall(r'(?:src|href|action)="(?!/|#|\?)[^"]*"', page.text) == [], path
    static = who.shell.static
    assert all("://" not in static.text(name).replace("http://www.w3.org/", "") for name in static.names)


@pytest.mark.browser
@pytest.mark.timeout(900)  # seconds: 130 pages, on two slow processors that others use too
@pytest.mark.req("G5")
def test_axe_finds_nothing_on_any_page(found):
    """No violation of WCAG 2.2 A and AA, nor of axe's good practices, on any page in either language."""
    who, pages = found
    axe = files("axe_playwright_python").joinpath("axe.min.js").read_text()
    wrong = []
    with serving(who.charts, **everything()) as served, chromium() as screen:
        for login in sorted({login for login, _ in pages.values()}):
            context, page = screen.window(service_workers="block")
            page.add_init_script(axe)
            if login:
                searched(page, served.url, login)
            for language in LANGUAGES:
                context.add_cookies([{"name": "lang", "value": language, "url": served.url}])
                for path in [path for one, path in pages.values() if one == login]:
                    page.goto(served.url + path)
                    found_here = page.evaluate(AXE, OF_WORDS if language != "fr" else [])
                    wrong += [f"{language} {path} {one}" for one in found_here]
            context.close()
    assert wrong == []
