"""Take the pictures of the documents from a running node, with a real chromium, as a ward's PC shows them.

    python scripts/make_pictures.py --web http://127.0.0.1:8080 --login nadia --secret-file FILE

writes docs/img/ward-board.png and docs/img/chart.png, 1366x768. The board is the fullest ward that has something due or
critical, the chart the one with most to say on it. Over TLS the node's own CA is not asked about: the pictures are of
synthetic patients, and a node whose pages do not say EXERCICE gives none.
"""

import argparse
import re
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parent.parent
WIDTH, HEIGHT = 1366, 768  # the PC of a ward
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
WARDS_MAX = 8  # wards looked at for the fullest board
SETTLE_MS = 400  # time for a page to lay itself out


def main() -> int:
    """Take the pictures; returns the exit status."""
    parser = argparse.ArgumentParser(description="Take the pictures of the documents from a running node.")
    parser.add_argument("--web", required=True, help="address of the ward app")
    parser.add_argument("--login", required=True, help="an account that reads charts")
    secret = parser.add_mutually_exclusive_group(required=True)
    secret.add_argument(
        "--secret", help="its password, of a demo: arguments can be read by other people of this machine"
    )
    secret.add_argument("--secret-file", type=Path, help="a file that holds its password")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "img", help="folder of the pictures")
    parser.add_argument("--lang", choices=("fr", "en"), default="en", help="language of the screens")
    given = parser.parse_args()
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        sys.stderr.write("No chromium: scripts/install-system.sh brings it.\n")
        return 1
    given.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page(
            viewport={"width": WIDTH, "height": HEIGHT},
            locale="fr-FR" if given.lang == "fr" else "en-GB",
            ignore_https_errors=True,
        )
        try:
            return take(
                page,
                given.web.rstrip("/"),
                given.login,
                given.secret or given.secret_file.read_text().strip(),
                given.out,
            )
        finally:
            browser.close()


def take(page: Page, web: str, login: str, secret: str, out: Path) -> int:
    """Log in, find the board and the chart that say most, and keep how they look."""
    page.goto(f"{web}/login")
    page.fill("#login", login)
    page.fill("#secret", secret)
    page.click("button.main")
    page.wait_for_load_state()
    if "/login" in page.url:
        sys.stderr.write("The node does not let this account in.\n")
        return 1
    if not page.locator(".exercise").count():
        sys.stderr.write("This node shows real patients: no picture of it is taken.\n")
        return 1
    wards = [link.get_attribute("href") for link in page.locator("a.ward").all()][:WARDS_MAX]
    if not wards:
        sys.stderr.write("No ward yet: wait until the feeds have spoken.\n")
        return 1
    board = max(wards, key=lambda ward: _weight(page, f"{web}{ward}"))
    page.goto(f"{web}{board}")
    page.wait_for_timeout(SETTLE_MS)
    page.screenshot(path=out / "ward-board.png")
    charts = sorted({str(link.get_attribute("href")) for link in page.locator("td.who a").all()})
    if not charts:
        sys.stderr.write("Nobody lies there: no chart to take.\n")
        return 1
    chart = max(charts, key=lambda address: _blocks(page, f"{web}{address}"))
    page.goto(f"{web}{chart}")
    page.wait_for_timeout(SETTLE_MS)
    page.screenshot(path=out / "chart.png")
    for name in ("ward-board.png", "chart.png"):
        sys.stderr.write(f"{out / name}\n")
    return 0


def _weight(page: Page, address: str) -> int:
    """How much a board has to say: rows, and three times what is critical, due or an allergy."""
    page.goto(address)
    return page.locator("tbody tr").count() + 3 * page.locator(".sign.bad, .due .late, .due .now").count()


def _blocks(page: Page, address: str) -> int:
    """How much a chart has to say: blocks with lines in them, values with a trend, reports."""
    page.goto(address)
    silent = len(re.findall(r'class="none', page.content()))
    return 4 * page.locator("svg.spark").count() + page.locator("main tr").count() - 6 * silent


if __name__ == "__main__":
    sys.exit(main())
