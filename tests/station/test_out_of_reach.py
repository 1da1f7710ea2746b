"""A browser whose station is out of reach: its last pages can be read, acts wait, none is lost or told twice (D6, D8).

Method: a real chromium before a line that is cut and mended; what its disk would hold is read from its own database.
"""

import re
import time
from base64 import b64encode

import pytest
from playwright.sync_api import expect

from contrefeu.acts import AidSwitched
from tests.drills.proxy import Line
from tests.station.living import in_downtime
from tests.station.serving import chromium, log_in, serving
from tests.station.test_pharmacy import AT, acted
from tests.station.ward_in_memory import NOW_NS

SEALED = """async () => {
  const found = {};
  const database = await new Promise((done) => { const asked = indexedDB.open("contrefeu", 1);
    asked.onsuccess = () => done(asked.result); });
  for (const store of database.objectStoreNames) {
    const rows = await new Promise((done) => { const asked = database.transaction(store).objectStore(store).getAll();
      asked.onsuccess = () => done(asked.result); });
    found[store] = rows.map((row) => Object.values(row).map((one) => one instanceof ArrayBuffer
      ? new TextDecoder("latin1").decode(one) : String(one)).join(" "));
  }
  database.close();
  return found;
}"""

EMPTIED = """async () => {
  const database = await new Promise((done) => { const asked = indexedDB.open("contrefeu", 1);
    asked.onsuccess = () => done(asked.result); });
  await new Promise((done) => { const asked = database.transaction("pages", "readwrite").objectStore("pages").clear();
    asked.onsuccess = done; });
  database.close();
}"""


class Running:
    """A clock that runs from the ward's night on: how far a device is off is measured."""

    def __init__(self):
        self._began_ns = time.monotonic_ns()

    def now_ns(self):
        return NOW_NS + 10**9 + time.monotonic_ns() - self._began_ns


@pytest.fixture(scope="module")
def screen():
    """A chromium."""
    with chromium() as found:
        yield found


@pytest.fixture
def ward(screen):
    """A ward in downtime behind a line that can be cut."""
    charts = in_downtime()
    charts.rows = [row for row in charts.rows if row.id == "p-durand"]
    with serving(charts, clock=Running()) as served:
        line = Line(("127.0.0.1", int(served.url.rpartition(":")[2])))
        yield charts, line, f"http://{line.address}"
        line.close()


def sealed(page, store):
    """What the browser's database holds in a store, as bytes would be read on its disk."""
    return page.evaluate(SEALED)[store]


def on_ward(page, url, login="nadia", form="/write/dose/p-durand/m1"):
    """Log in, open the ward, and wait until its charts and forms are kept."""
    log_in(page, url, login)
    page.goto(f"{url}/ward/CARD")
    for _ in range(240):
        kept = " ".join(sealed(page, "pages"))
        if form in kept and "/write/vitals/p-durand" in kept and "/queue" in kept:
            return
        page.wait_for_timeout(250)
    raise AssertionError(f"the ward was not kept: {kept[:500]}")


@pytest.mark.browser
@pytest.mark.req("D6", "D8")
def test_a_ward_is_read_and_written_on_without_its_station(screen, ward):
    """The board, a chart that nobody opened, a dose: kept, said to wait, sent once, read back; looks are told after."""
    charts, line, url = ward
    context, page = screen.window()
    on_ward(page, url)
    assert {event["subtype"][0]["code"] for event in charts.audited()} >= {"keep"}
    line.cut()
    page.goto(f"{url}/ward/CARD")
    expect(page.locator("#kept")).to_contain_text("page gardée")
    page.get_by_role("link", name="DURAND Élodie", exact=True).click()
    expect(page.get_by_role("heading", name="DURAND ÉLODIE")).to_be_visible()
    expect(page.get_by_text("Pénicillines").first).to_be_visible()

    page.goto(f"{url}/write/vitals/p-durand")
    page.fill("[name=pulse]", "113")
    page.get_by_role("button", name="Écrire").click()
    expect(page.locator("#queue li")).to_contain_text("Pas encore au journal")
    expect(page.locator("#queue li")).to_contain_text("113")
    expect(page.locator("#waiting")).to_contain_text("1")
    page.goto(f"{url}/round/CARD")
    page.check("[name=give]")
    page.get_by_role("button", name="Signer les doses cochées").click()
    expect(page.locator("#queue li")).to_have_count(2)
    assert charts.written() == []
    disk = page.evaluate(SEALED)
    assert disk["acts"]
    assert not any(name in row for rows in disk.values() for row in rows for name in ("DURAND", "pulse", "Pénic"))

    line.mend()
    page.goto(f"{url}/queue")
    expect(page.locator("#queue .state", has_text="Au journal, relu.")).to_have_count(2, timeout=60_000)
    entry, dose = charts.written()
    assert b"MedicationAdministration" in dose.body
    assert b'"queued"' in entry.body
    assert entry.source == "user/nadia"
    page.wait_for_timeout(500)
    looks = [event for event in charts.audited() if "out of reach" in str(event.get("entity"))]
    assert any("p-durand" in str(event["entity"]) for event in looks)
    context.close()


@pytest.mark.browser
@pytest.mark.req("D8", "R5")
@pytest.mark.parametrize("kept", [True, False], ids=["the list is kept", "nothing is kept yet"])
def test_an_admission_that_the_station_did_not_answer_is_said_to_be_nowhere_and_perhaps_written(screen, ward, kept):
    """It waits on no PC; part of it may be in the journal: to paper, and look before it is done again. No page says
    beside it that nothing is lost, or that all is in the journal."""
    _, line, url = ward
    context, page = screen.window()
    on_ward(page, url)
    page.goto(f"{url}/arrive/many?ward=CARD")
    page.fill("#count", "12")
    page.wait_for_timeout(1_000)
    if not kept:
        page.evaluate(EMPTIED)
    line.cut()
    page.get_by_role("button", name="Admettre").click()
    expect(page.locator("#no")).to_contain_text("n’attend pas sur ce poste")
    expect(page.locator("#no")).to_contain_text("regardez l’unité et le dossier avant de le refaire")
    page.wait_for_timeout(1_000)
    expect(page.get_by_text("Rien n’attend")).to_be_hidden()
    expect(page.get_by_text("Rien n’est perdu")).to_be_hidden()
    context.close()


@pytest.mark.browser
@pytest.mark.req("D6")
def test_two_devices_apart_on_one_patient(screen, ward):
    """Two nurses give one dose, neither sees the other: both are in the journal, and a task waits for a person."""
    charts, line, url = ward
    windows = []
    for login in ("nadia", "martin"):
        context, page = screen.window()
        on_ward(page, url, login)
        windows.append((context, page))
    line.cut()
    for _, page in windows:
        page.goto(f"{url}/write/dose/p-durand/m1")
        page.get_by_role("button", name="Écrire").click()
        expect(page.locator("#f-outcome:invalid")).to_be_visible()  # nothing incomplete waits: nobody would hear of it
        page.locator("#f-outcome").select_option("completed")
        page.get_by_role("button", name="Écrire").click()
        expect(page.locator("#queue li")).to_contain_text("Pas encore au journal")
    line.mend()
    said = []
    for _, page in windows:
        page.goto(f"{url}/queue")
        expect(page.locator("#queue li")).to_contain_text("relu", timeout=60_000)
        said.append(page.locator("#queue li").inner_text())
    assert len(charts.written()) == 2
    assert ["À départager" in one for one in said].count(True) == 1  # of whichever came second
    page = windows[0][1]
    page.goto(f"{url}/work")
    expect(page.get_by_text("À départager : Dose « Furosémide 20 mg/2 mL inj. »").first).to_be_visible()
    for context, _ in windows:
        context.close()


@pytest.mark.browser
@pytest.mark.req("G4")
def test_nothing_can_be_read_after_a_logout_out_of_reach(screen, ward):
    """Logged out while the station is away: no page opens, the database holds none; what waits goes with its author."""
    charts, line, url = ward
    context, page = screen.window()
    on_ward(page, url)
    line.cut()
    page.goto(f"{url}/write/note/p-durand")
    page.fill("textarea", "Chute sans gravité")
    page.get_by_role("button", name="Écrire").click()
    expect(page.locator("#queue li")).to_contain_text("Pas encore au journal")
    page.get_by_text("Nadia Benali").click()
    page.get_by_role("button", name="Se déconnecter").click()
    for path in ("/ward/CARD", "/patient/p-durand", "/queue"):
        page.goto(url + path)
        expect(page.get_by_role("heading", name="n’est pas gardée ici")).to_be_visible()
        assert "DURAND" not in page.content()
    assert sealed(page, "pages") == []
    assert len(sealed(page, "acts")) == 1
    line.mend()
    page.goto(f"{url}/ward/CARD")
    expect(page).to_have_url(f"{url}/login?next=/ward/CARD")
    expect(page.locator("#waiting")).to_contain_text("1 (nadia)")
    log_in(page, url, "nadia")
    page.goto(f"{url}/queue")
    expect(page.locator("#queue li")).to_contain_text("relu", timeout=60_000)
    assert b64encode(b"Chute sans gravit")[:16] in charts.written()[0].body
    context.close()


@pytest.mark.browser
def test_what_is_kept_ends(screen, ward):
    """Past its hours nothing opens, though nobody logged out; the keys are gone from every window."""
    _, line, url = ward
    context, page = screen.window()
    page.clock.install()
    on_ward(page, url)
    line.cut()
    page.goto(f"{url}/ward/CARD")
    expect(page.locator("#kept")).to_be_visible()
    page.clock.fast_forward(9 * 3600 * 1000)
    expect(page.get_by_role("heading", name="n’est pas gardée ici")).to_be_visible(timeout=60_000)
    page.goto(f"{url}/patient/p-durand")
    assert "DURAND" not in page.content()
    context.close()


@pytest.mark.browser
@pytest.mark.req("D6", "F8")
def test_an_act_that_waits_says_what_was_typed_and_not_the_sign_of_a_warning(screen, ward):
    """A warning was read and confirmed, then the station fell silent: the line that waits has the drug and the dose."""
    charts, line, url = ward
    acted(charts, AidSwitched("duplicate", True, AT), "surete")
    _, page = screen.window()
    on_ward(page, url, "martin", "/patient/p-durand")
    page.goto(f"{url}/write/prescription/p-durand")
    for field, text in (("drug", "Bisoprolol 5 mg cp"), ("dose", "1 cp"), ("hours", "08:00")):
        page.fill(f"[name={field}]", text)
    page.get_by_role("button", name="Prescrire").click()
    page.get_by_role("checkbox", name="prescri").check()
    line.cut()
    page.get_by_role("button", name="Prescrire").click()
    expect(page.locator("#queue .typed")).to_have_text(re.compile("^Bisoprolol 5 mg cp · 1 cp · "))
