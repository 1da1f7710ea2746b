"""The ward app in a real chromium, as a nurse at night meets it: in French, on 1366x768, over a real socket.

Method: one chromium for all; the ward in memory is changed as a feed would change it; every request that the browser
makes is written down and must stay at home.
"""

import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect

from contrefeu.acts import DowntimeDeclared, DowntimeLifted
from tests.station.living import LivingCharts
from tests.station.serving import HEIGHT, WIDTH, chromium, log_in, serving
from tests.station.test_out_of_reach import Running
from tests.station.test_pharmacy import acted
from tests.station.ward_in_memory import SECRET, Charts, at, staffed

pytestmark = pytest.mark.browser
SEEN_S_MAX = 10.0  # beside other tests; W1 asks for 2 s on a quiet machine and is not judged here
GUIDE = Path(__file__).parents[2] / "docs" / "howto" / "enrol-people.md"


@pytest.fixture(scope="module")
def screen():
    """A chromium."""
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def served():
    """The app."""
    with serving() as found:
        yield found


@pytest.fixture
def page(screen, served):
    """A fresh window where Nadia is logged in, in French."""
    context, page = screen.window()
    log_in(page, served.url, "nadia")
    yield page
    context.close()


@pytest.fixture(autouse=True)
def at_home(screen, served):
    """Nothing was asked of another host, and the browser complained of nothing."""
    screen.requests.clear()
    screen.said.clear()
    yield
    away = [
        url
        for url in screen.requests
        if not url.startswith((served.url, "chrome-extension://", "chrome://", "data:", "blob:"))
    ]
    away = [url for url in away if not re.match(r"http://127\.0\.0\.1:\d+/", url)]
    assert away == []
    assert [said for said in screen.said if "Content Security Policy" in said or "Error" in said] == []


@pytest.mark.req("G5")
def test_a_nurse_finds_her_way_at_night(screen, served):
    """Login, board, chart, a PDF in place, the message behind a line, a misspelt name, English, out again."""
    context, page = screen.window()
    page.goto(served.url)
    expect(page.get_by_role("heading", name="Connexion")).to_be_visible()
    page.get_by_label("Identifiant").fill("nadia")
    page.get_by_label("Mot de passe ou code").fill(SECRET)
    page.get_by_role("button", name="Entrer", exact=True).click()

    page.get_by_role("link", name="Cardiologie").click()
    row = page.get_by_role("row").filter(has_text="DURAND")
    expect(row).to_contain_text("Pénicillines : œdème de Quincke")
    expect(row).to_contain_text("en retard")
    row.get_by_role("link", name="DURAND Élodie").click()

    expect(page.get_by_role("heading", name="DURAND ÉLODIE")).to_be_visible()
    expect(page.locator(".asof")).to_contain_text("Lu jusqu’à 03:1")
    page.get_by_text("Scanner thoracique").click()
    frame = page.locator("iframe[title='Scanner thoracique']")
    expect(frame).to_be_visible()
    box = frame.bounding_box()
    assert box["width"] > 300
    assert box["height"] > 300

    potassium = page.get_by_role("row").filter(has_text="Potassium")
    expect(potassium).to_contain_text("6.4")
    expect(potassium).to_contain_text("HH")
    potassium.get_by_role("link", name="Message d’origine").first.click()
    expect(page.get_by_text("2823-3^Potassium^LN")).to_be_visible()
    page.get_by_role("link", name="Retour au dossier").click()

    expect(page.get_by_role("heading", name="DURAND ÉLODIE")).to_be_visible()
    page.wait_for_load_state()
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("durend")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="DURAND Élodie")).to_be_visible()
    assert "durend" not in page.url

    page.get_by_text("Nadia Benali").click()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="Search")).to_be_visible()
    page.get_by_text("Nadia Benali").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    context.close()


def test_from_a_badge_to_the_first_chart_in_as_many_clicks_as_the_guide_says(screen, served):
    """A reader types a number and Enter: nothing is sent, the code is asked for; a click hands the screen over."""
    clicks = 0
    context, page = screen.window()

    def click(name):
        nonlocal clicks
        clicks += 1
        page.get_by_role("link", name=name).last.click()

    page.goto(served.url)
    page.keyboard.type("nadia")
    page.keyboard.press("Enter")
    expect(page.locator("#secret")).to_be_focused()
    page.keyboard.type(SECRET)
    expect(page.locator("#secret")).to_have_value(SECRET)
    page.keyboard.press("Enter")
    click("Cardiologie")
    click("DURAND Élodie")
    expect(page.get_by_role("heading", name="DURAND ÉLODIE")).to_be_visible()
    found = re.search(r"\*\*(\d+) clicks\*\* and the code", GUIDE.read_text())
    assert found is not None
    assert clicks == int(found[1])

    page.get_by_text("Nadia Benali").click()
    page.get_by_role("button", name="Changer de personne").click()
    page.wait_for_url("**/login?next=/patient/p-durand")
    expect(page.locator("#login")).to_be_focused()
    context.close()


@pytest.mark.req("W1")
def test_what_a_feed_changed_a_second_ago_is_on_the_board(page, served):
    """No reload: the row changes by itself, is marked, and nothing that was typed is lost."""
    page.goto(f"{served.url}/ward/CARD")
    page.fill("#q", "merc")
    expect(page.locator("html")).not_to_have_attribute("data-live", "-1")
    page.wait_for_timeout(400)
    began = time.perf_counter()
    served.change(lambda: served.charts.set_row("p-bouchard", critical=3, last_change=at(0)))
    row = page.get_by_role("row").filter(has_text="BOUCHARD")
    expect(row).to_contain_text("3 critiques")
    assert time.perf_counter() - began < SEEN_S_MAX
    expect(row.locator("[data-changed]").first).to_be_visible()
    assert page.input_value("#q") == "merc"
    expect(page.locator(".asof")).to_contain_text("184")


def test_a_new_result_stands_on_an_open_chart(page, served):
    """What is unfolded stays unfolded, what is scrolled stays in place, and the new value is there."""
    page.goto(f"{served.url}/patient/p-durand")
    page.get_by_text("1 prescription arrêtée").click()
    page.evaluate("window.scrollTo(0, 400)")
    page.wait_for_timeout(400)

    def worse():
        potassium = next(one for one in served.charts.charts["p-durand"] if one["id"] == "k0")
        potassium["status"] = "corrected"
        potassium["note"] = [{"text": "Contrôlé sur un second tube."}]
        served.charts.change()

    served.change(worse)
    expect(page.get_by_text("Contrôlé sur un second tube.")).to_be_visible()
    expect(page.get_by_text("Spironolactone 25 mg cp")).to_be_visible()
    assert page.evaluate("window.scrollY") == 400


@pytest.mark.req("W1")
def test_a_banner_that_comes_or_goes_takes_nothing_from_who_types(screen):
    """A downtime is declared and lifted while somebody looks for a patient: words, cursor and an open menu stay."""
    charts = LivingCharts()
    staffed(charts)
    with serving(charts, clock=Running()) as served:
        context, page = screen.window()
        log_in(page, served.url, "nadia")
        page.goto(f"{served.url}/ward/CARD")
        page.locator("summary").filter(has_text="Nadia Benali").click()
        page.fill("#q", "merc")
        for act in (DowntimeDeclared([], "essai", at(-1), "screen"), DowntimeLifted([], "fini", at(0), at(0))):
            acted(charts, act, "crise")
            page.wait_for_timeout(1100)  # by then the station reads acts of others anew
            served.change(charts.change)
            declared = isinstance(act, DowntimeDeclared)
            expect(page.locator(".downtime")).to_have_count(1 if declared else 0)
            assert page.input_value("#q") == "merc"
            expect(page.locator("#q")).to_be_focused()
            expect(page.get_by_role("button", name="English")).to_be_visible()
        context.close()


def test_a_board_says_when_nobody_answers(screen):
    """The server is gone: a banner since when, and the rows stay as they were; back again, it goes."""
    charts = staffed(Charts())
    with serving(charts) as own:
        context, page = screen.window()
        log_in(page, own.url, "nadia")
        page.goto(f"{own.url}/ward/CARD")
        page.wait_for_timeout(300)
        own.change(lambda: (setattr(charts, "down", True), charts.change()))
        expect(page.locator("#lost")).to_be_visible(timeout=20_000)
        expect(page.locator("#lost")).to_contain_text("Ce que vous voyez n’est plus à jour")
        expect(page.get_by_role("row").filter(has_text="DURAND")).to_be_visible()
        own.change(lambda: setattr(charts, "down", False))
        expect(page.locator("#lost")).to_be_hidden(timeout=20_000)
        context.close()


def test_the_app_works_without_script(screen, served):
    """JavaScript off: login, board, chart, search, language and logout are plain links and forms."""
    context, page = screen.window(java_script_enabled=False)
    log_in(page, served.url, "nadia")
    page.click("text=Cardiologie")
    page.click("text=DURAND")
    expect(page.get_by_role("heading", name="DURAND ÉLODIE")).to_be_visible()
    page.click("text=1 prescription arrêtée")
    expect(page.get_by_text("Spironolactone")).to_be_visible()
    page.fill("#q", "nguyen")
    page.click(".find button")
    expect(page.get_by_role("link", name="NGUYEN")).to_be_visible()
    page.click("text=Nadia Benali")
    page.click("text=English")
    expect(page.get_by_role("heading", name="Search")).to_be_visible()
    page.click("text=Nadia Benali")
    page.click("text=Log out")
    page.wait_for_url("**/login")
    context.close()


@pytest.mark.req("G5")
@pytest.mark.parametrize("locale", ["fr-FR", "en-GB"])
def test_no_page_scrolls_sideways_or_cuts_a_word(screen, served, locale):
    """At 1366x768 every page stands in its window, and no clinical word is clipped, in both languages."""
    context, page = screen.window(locale=locale)
    log_in(page, served.url, "crise")
    assert (WIDTH, HEIGHT) == (1366, 768)
    for path in (
        "/",
        "/ward/CARD",
        "/hospital",
        "/patient/p-durand",
        "/status",
        "/downtime",
        "/review",
        "/account",
        "/search",
    ):
        page.goto(served.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= WIDTH, path
        clipped = page.evaluate(
            """() => [...document.querySelectorAll("main td *, main .sign, main li, .person *")].filter(e =>
                 !e.closest("svg, .unseen, iframe") && e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0
                 && getComputedStyle(e).display !== "inline").map(e => e.outerHTML.slice(0, 90))"""
        )
        assert clipped == [], path
    context.close()


CONTRAST = """() => {
  const rgb = (text) => { const m = text.match(/[\\d.]+/g).map(Number); return m.length < 4 ? [...m, 1] : m; };
  const light = ([r, g, b]) => { const f = (c) => (c /= 255) <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4;
    return .2126 * f(r) + .7152 * f(g) + .0722 * f(b); };
  const over = (a, b) => a.slice(0, 3).map((c, i) => c * a[3] + b[i] * (1 - a[3]));
  const ground = (e) => { const chain = []; for (let at = e; at; at = at.parentElement) chain.unshift(at);
    return chain.reduce((under, at) => over(rgb(getComputedStyle(at).backgroundColor), under), [255, 255, 255]); };
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), bad = [];
  for (let node; (node = walk.nextNode());) {
    const e = node.parentElement, style = getComputedStyle(e);
    if (!node.textContent.trim() || !e.getClientRects().length || e.closest(".unseen, .skip, .exercise, option")) {
      continue;
    }
    const under = ground(e), ink = over(rgb(style.color), under);
    const [a, b] = [light(ink), light(under)].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05);
    if (ratio < 4.5) bad.push(`${ratio.toFixed(2)} ${node.textContent.trim().slice(0, 40)}`);
  }
  return [...new Set(bad)];
}"""


@pytest.mark.parametrize("theme", ["light", "night"])
def test_every_word_can_be_read(page, served, theme):
    """Contrast is 4.5 to 1 at least, by day and by night (WCAG 2.1, 1.4.3)."""
    csrf = page.locator("input[name=csrf]").first.input_value()
    page.request.post(f"{served.url}/choose", form={"csrf": csrf, "theme": theme}, headers={"origin": served.url})
    for path in ("/", "/ward/CARD", "/patient/p-durand", "/status", "/search", "/entry/n7f3k2-capture/184000"):
        page.goto(served.url + path)
        assert page.locator("html").get_attribute("data-theme") == theme
        assert page.evaluate(CONTRAST) == [], path


def test_the_keyboard_is_enough(page, served):
    """The first stop of Tab leads to the content, and what has the focus is seen to have it."""
    page.goto(f"{served.url}/ward/CARD")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "live"
    page.keyboard.press("Tab")
    found = page.evaluate("(e => [e.tagName, getComputedStyle(e).outlineStyle])(document.activeElement)")
    assert found[0] == "A"
    assert found[1] == "solid"


def test_a_document_is_shown_as_a_document(page, served):
    """The browser takes the bytes for a PDF and nothing else: our policy does not stand in its way."""
    with page.expect_response("**/document/p-durand/DocumentReference/doc1/0") as seen:
        page.goto(f"{served.url}/patient/p-durand")
        page.get_by_text("Scanner thoracique").click()
    assert seen.value.status == 200
    assert seen.value.headers["content-type"] == "application/pdf"
