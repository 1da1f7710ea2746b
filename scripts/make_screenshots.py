"""Take the pictures of the guides: a demonstration of its own, walked through in a real chromium, in both languages.

    make screenshots          writes docs/guides/img/*-fr.png and *-en.png

The hospital is simulated and always the same (SEED, BEDS); hours are those of the day. No home of this machine is
touched: the demonstration lives in a folder that is gone afterwards. Pictures are 1366x768, a PC of a ward, in few
colours: they are read on slow lines and carried on sticks.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parent.parent
OUT = ROOT / "docs" / "guides" / "img"
WIDTH, HEIGHT = 1366, 768  # the PC of a ward
SEED, BEDS = 1, 40  # enough for full boards, little enough for a small machine
GROWN_UP = "1990"  # whom a stranger may turn out to be was born before
WARD = "CARD"
NURSE = "camille"  # of one ward, as most are
COLOURS = 64  # of a picture: words and flat colours lose nothing
BYTES_MAX = 150_000  # of a picture
SETTLE_MS = 400  # time for a page to lay itself out
CHARTED_MS = 60_000  # until the demonstration's first messages are charted
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
# The demonstration's accounts, which a hospital's login page has not.
WITHOUT_ACCOUNTS = "document.querySelectorAll('.demo').forEach(one => one.remove())"
LANGUAGES = {"fr": "fr-FR", "en": "en-GB"}
REASON = {"fr": "Panne du dossier patient", "en": "The record system is down"}


@dataclass
class Walk:
    """One demonstration, its people's windows, and what was found in it on the way."""

    web: str
    home: Path
    secrets: dict[str, str]
    browser: Browser
    pages: dict[tuple[str, str], Page] = field(default_factory=dict)

    def page(self, who: str, lang: str) -> Page:
        """The window of *who* in *lang*, logged in once."""
        if (who, lang) not in self.pages:
            page = self.browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, locale=LANGUAGES[lang])
            page.goto(f"{self.web}/login")
            page.fill("#login", who)
            page.fill("#secret", self.secrets[who])
            page.click("button.main")
            page.wait_for_load_state()
            self.pages[who, lang] = page
        return self.pages[who, lang]

    def shoot(self, name: str, who: str, path: str, do: Callable[[Page, str], None] | None = None) -> None:
        """Take *path* as *who* sees it, in each language, after *do*."""
        for lang in LANGUAGES:
            page = self.page(who, lang)
            page.goto(f"{self.web}{path}")
            if do is not None:
                do(page, lang)
            self.keep(page, f"{name}-{lang}.png")

    def keep(self, page: Page, name: str) -> None:
        """Keep what *page* shows."""
        page.evaluate(WITHOUT_ACCOUNTS)
        page.wait_for_timeout(SETTLE_MS)
        assert page.locator(".exercise").count() or "/login" in page.url, f"{page.url} shows real patients"
        taken = self.home.parent / name
        page.screenshot(path=taken)
        with Image.open(taken) as picture:
            picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(OUT / name, optimize=True)
        size = (OUT / name).stat().st_size
        assert size <= BYTES_MAX, f"{name}: {size} bytes"
        sys.stderr.write(f"{OUT / name}  {size} bytes\n")


def main() -> int:
    """Take all pictures; returns the exit status."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        sys.stderr.write("No chromium: scripts/install-system.sh brings it.\n")
        return 1
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, demonstration(Path(folder)) as (home, ready):
        secrets = {one["login"]: one["secret"] for one in ready["logins"]}
        secrets[NURSE] = enrolled(home)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            try:
                walk = Walk(ready["web"].rstrip("/"), home, secrets, browser)
                ward(walk)
                recovery(walk)
            finally:
                browser.close()
    return 0


def ward(walk: Walk) -> None:
    """What a nurse sees: before a downtime, while it is declared, and what she writes."""
    login(walk)
    charts = await_board(walk)
    walk.shoot("board", NURSE, f"/ward/{WARD}")
    walk.shoot("chart", NURSE, charts[0])
    walk.shoot("downtime", "crise", "/downtime", to_declare)
    declaring = walk.page("crise", "fr")
    with declaring.expect_navigation():
        declaring.click('button[value="declare"]')
    chart = charts[0].removeprefix("/patient/")
    walk.shoot("vitals", NURSE, f"/write/vitals/{chart}", measured)
    walk.shoot("admit", NURSE, f"/arrive?ward={WARD}")
    walk.shoot("work", NURSE, "/work")
    walk.shoot("papers", NURSE, f"/papers/{WARD}")


def recovery(walk: Walk) -> None:
    """What the crisis cell sees: wards in numbers, identities, and how far the way back is."""
    proposed(walk)
    walk.shoot("crisis", "crise", "/crisis")
    walk.shoot("identities", "reprise", "/identities")
    command(walk.home, "gap", "--against", str(walk.home.parent / "restored"), status=10)
    command(walk.home, "reconcile", "--out", str(walk.home.parent / "account.pdf"), status=13)
    walk.shoot("recovery", "reprise", "/recovery")


def login(walk: Walk) -> None:
    """The door, before anybody is through it."""
    for lang, locale in LANGUAGES.items():
        page = walk.browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, locale=locale)
        page.goto(f"{walk.web}/login")
        walk.keep(page, f"login-{lang}.png")
        page.close()


def await_board(walk: Walk) -> list[str]:
    """Addresses of the ward's charts, those with an allergy first, once the board is full."""
    page = walk.page(NURSE, "fr")
    page.goto(f"{walk.web}/ward/{WARD}")
    page.wait_for_selector("td.who a", timeout=CHARTED_MS)
    page.wait_for_timeout(CHARTED_MS / 6)  # its results and prescriptions follow
    command(walk.home, "export", "--to", str(walk.home.parent / "restored"))
    page.goto(f"{walk.web}/ward/{WARD}")
    rows = page.locator("table.board tbody tr").all()
    rows.sort(key=lambda row: -row.locator(".sign.bad").count())
    return [str(row.locator("td.who a").first.get_attribute("href")) for row in rows]


def to_declare(page: Page, lang: str) -> None:
    """The whole hospital, which goes on on the screen."""
    page.check("#m-screen")
    page.fill("#reason", REASON[lang])


def measured(page: Page, _lang: str) -> None:
    """Some values, one of which cannot be."""
    page.fill("input[name=temperature]", "384")
    page.fill("input[name=pulse]", "112")
    with page.expect_navigation():
        page.keyboard.press("Enter")


def proposed(walk: Walk) -> None:
    """Somebody unknown comes, and a nurse says whom they turned out to be: two people will decide."""
    page = walk.page(NURSE, "fr")
    page.goto(f"{walk.web}/arrive/unknown?ward={WARD}")
    page.click("main form button.main")
    page.wait_for_url("**/patient/*")
    walk.shoot("stranger", NURSE, page.url.removeprefix(walk.web))
    page.goto(page.url.replace("/patient/", "/identity/"))
    for name, value in known(walk).items():
        page.fill(f"input[name={name}]", value)
    with page.expect_navigation():
        page.click('button[value="look"]')
    page.fill('input[name="reason"]', "Carte d’identité, vue au lit")
    with page.expect_navigation():
        page.locator('form:has(input[value="propose"]) button').first.click()


def known(walk: Walk) -> dict[str, str]:
    """Whom the hospital knows and who is not here: a name and a birth date of somebody of another ward."""
    export = walk.home.parent / "restored" / "Patient.ndjson"
    people = map(json.loads, export.read_text().splitlines())
    one = next(person for person in people if person.get("birthDate", "9") < GROWN_UP and "given" in person["name"][0])
    year, month, day = one["birthDate"].split("-")
    name = one["name"][0]
    return {"family": name["family"], "given": name["given"][0], "born": f"{day}/{month}/{year}"}


@contextlib.contextmanager
def demonstration(folder: Path) -> Iterator[tuple[Path, dict[str, object]]]:
    """A node fed by a simulated hospital, on ports that the system gives; its home, and what it said when ready."""
    home = folder / "home"
    command(home, "init", "--drill", "--facility", "Hôpital Saint-Exemple", "--shares-out", str(folder / "shares"))
    up = [*program(home), "up", "--demo", "--insecure-http", "--beds", str(BEDS), "--seed", str(SEED)]
    up += ["--mllp", "127.0.0.1:0", "--web", "127.0.0.1:0"]
    with (folder / "log").open("wb") as log, subprocess.Popen(up, stdout=subprocess.PIPE, stderr=log) as running:
        try:
            assert running.stdout is not None
            yield home, json.loads(running.stdout.readline())
        finally:
            running.terminate()


def enrolled(home: Path) -> str:
    """Make the nurse of one ward; her secret."""
    asked = ["users", "add", NURSE, "--name", "Camille Roy", "--role", "nurse", "--ward", WARD, "--json"]
    return str(json.loads(command(home, *asked))["secret"])


def command(home: Path, *words: str, status: int = 0) -> str:
    """Run contrefeu on *home*; what it said."""
    ran = subprocess.run([*program(home), *words], capture_output=True, text=True, check=False)
    assert ran.returncode == status, ran.stderr
    return ran.stdout


def program(home: Path) -> list[str]:
    """The program that is installed here, in French."""
    return [sys.executable, "-m", "contrefeu", "--lang", "fr", "--home", str(home)]


if __name__ == "__main__":
    os.environ["PYTHONPATH"] = str(ROOT / "src")
    sys.exit(main())
