"""The ward app on a real socket: uvicorn in a thread, the ward in memory behind it, and a chromium in front.

Rules kept here:
  * A port of the machine's choosing, on the loopback, without TLS.
  * Every request of the browser is written down: a test can say that none left for another host.
"""

import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect, sync_playwright

from contrefeu.access import LocalCa
from tests.station.ward_in_memory import SECRET, Charts, app, staffed

WIDTH, HEIGHT = 1366, 768  # the PC of a ward
START_S = 30.0
PATIENCE_MS = 20_000  # for what a page should show or do: other tests run on the same two processors
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@dataclass
class Served:
    """One running app."""

    url: str
    charts: Charts
    loop: Callable[..., None]  # run something in the server's own loop

    def change(self, do: Callable[[], None]) -> None:
        """Change the ward in memory as its feeds would."""
        self.loop(do)


@contextmanager
def serving(charts: Charts | None = None, tls: LocalCa | None = None, **more: Any) -> Iterator[Served]:
    """Serve a ward in memory; with *tls*, as a node does, under its own certificate."""
    charts = charts or staffed(Charts())
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app(charts, **more), log_config=None, lifespan="on", timeout_graceful_shutdown=1)
    if tls:
        config.ssl_certfile, config.ssl_keyfile = str(tls.server_certificate), str(tls.server_key)
    server = uvicorn.Server(config)
    started, loops = threading.Event(), []

    async def run() -> None:
        import asyncio

        loops.append(asyncio.get_running_loop())
        started.set()
        await server.serve(sockets=[listener])

    def work() -> None:
        import asyncio

        asyncio.run(run())

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    assert started.wait(START_S), "the server's thread did not start"
    try:
        url = f"http{'s' if tls else ''}://127.0.0.1:{listener.getsockname()[1]}"
        yield Served(url, charts, loops[0].call_soon_threadsafe)
    finally:
        server.should_exit = True
        charts.change()
        thread.join(START_S)
        listener.close()


@dataclass
class Screen:
    """A chromium with one window, and what it asked for."""

    browser: Browser
    requests: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)  # console errors and page errors

    def window(self, **more: Any) -> tuple[BrowserContext, Page]:
        """Open a fresh window of a ward PC; French unless told otherwise."""
        options = {"viewport": {"width": WIDTH, "height": HEIGHT}, "locale": "fr-FR", "accept_downloads": True} | more
        context = self.browser.new_context(**options)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()

        def asked(request: Request) -> None:
            self.requests.append(request.url)

        context.on("request", asked)
        page.on("console", lambda message: self.said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.said.append(str(error)))
        return context, page


@contextmanager
def chromium(*flags: str) -> Iterator[Screen]:
    """Start a chromium that talks to nobody of its own accord; *flags*: further ones."""
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*FLAGS, *flags])
        try:
            yield Screen(browser)
        finally:
            browser.close()


def log_in(page: Page, url: str, login: str, secret: str = SECRET) -> None:
    """Come in by the door, as people do."""
    page.goto(f"{url}/login")
    page.fill("#login", login)
    page.fill("#secret", secret)
    page.click("button.main")
    page.wait_for_url(lambda found: "/login" not in found)
