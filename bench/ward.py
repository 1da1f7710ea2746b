"""The ward app at work: a board of 40 beds and a chart of 5,000 results, while messages come in.

    page, p50 | p99              milliseconds from a request to the last byte, at RATE requests a second on kept
                                 connections, half of them the board, half the great chart; against 50 ms
    processor a request          milliseconds of processor of the web process, and of the reading process, less what
                                 each takes while nobody asks; both together against the bare page's
    ... against a bare page      the same load on a Starlette page of as many bytes, on the same core, in the same run
    after a change, processor    what the first look at the great chart costs after a message about that patient
    first contentful paint       of board and chart in chromium over loopback, best of five, against 300 ms
    messages                     acknowledged a second while the pages were asked for, against MESSAGES

A node of its own, everything on, held to one core (BENCH_WARD_CORE) as is the bare page; its senders and askers have
the rest of the machine. Search among a million is `bench search`. Requests are sent when they are due, whether or not
the one before was answered: a slow answer delays none that follows, and counts from when it was due.
"""

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

from playwright.sync_api import sync_playwright

from bench.invented.ward import BEDS, GREAT, WARD, admissions, great_chart, results_of_others
from bench.peers.processes import children, cpu_s
from bench.peers.rows import at, row

RATE, MESSAGES = int(os.environ.get("BENCH_WARD_RATE", "100")), 200  # a second
SECONDS = float(os.environ.get("BENCH_WARD_SECONDS", "30"))
CORE = int(os.environ.get("BENCH_WARD_CORE", "0"))
LIMIT_MS, PAINT_MS = 50.0, 300.0
HISTORY = 6_000  # messages before: a node at work has learnt its dictionaries (stores/store.py), once and for a second
CONNECTIONS = 8  # of the askers: more would wait for each other in the one core
ROOT = Path(__file__).parents[1]
_ON_ONE_CORE = ("taskset", "-c", str(CORE))


def run() -> list[dict[str, Any]]:
    """Measure; one row a claim."""
    with tempfile.TemporaryDirectory(prefix="contrefeu-bench-", dir=os.environ.get("BENCH_DIR")) as folder:
        with _node(Path(folder)) as node:
            board, chart = _pages(node)
            sizes = {path: len(node.get(path)) for path in (board, chart)}
            ours = asyncio.run(_loaded(node, sizes))
            changed_ms = _changed_ms(node, chart)
            paints = _paints(node, (board, chart))
        with _bare(Path(folder), sizes) as bare:
            theirs = asyncio.run(_loaded(bare, sizes))
    return [*_rows(ours, theirs, dict(zip(sizes, ("board", "great chart"), strict=True))), *_single(changed_ms, paints)]


@dataclass
class Serving:
    """Something that serves pages, and the processes that do it."""

    url: tuple[str, int]
    pids: list[int]
    mllp: tuple[str, int] | None = None
    cookie: str = ""

    def get(self, path: str) -> bytes:
        """Return a page."""
        host, port = self.url
        asked = Request(f"http://{host}:{port}{path}", headers={"cookie": self.cookie})
        return bytes(build_opener().open(asked, timeout=60).read())

    def cpu_s(self) -> list[float]:
        """Seconds of processor so far, of each process."""
        return list(map(cpu_s, self.pids))


@dataclass
class Loaded:
    """What a load showed."""

    waited_ms: dict[str, list[float]] = field(default_factory=dict)
    cpu_ms: list[float] = field(default_factory=list)  # a request, of each process
    acknowledged: float = 0.0  # messages a second


# The load.


async def _loaded(serving: Serving, sizes: dict[str, int]) -> Loaded:
    """Ask for the pages in turn, RATE a second, while messages come in."""
    found = Loaded({path: [] for path in sizes})
    idle_s = [0.0] * len(serving.pids)
    feed = None
    if serving.mllp is not None:
        feed = asyncio.create_task(_feed(serving.mllp, SECONDS * 1.5))
        await asyncio.sleep(1)
        idle_s = await _cpu_while_idle(serving)
    due: asyncio.Queue[tuple[float, str]] = asyncio.Queue()
    askers = [asyncio.create_task(_asker(serving, due, found)) for _ in range(CONNECTIONS)]
    began, before = time.perf_counter(), serving.cpu_s()
    paths, count = list(sizes), int(RATE * SECONDS)
    for n in range(count):
        when = began + n / RATE
        await asyncio.sleep(max(0.0, when - time.perf_counter()))
        due.put_nowait((when, paths[n % len(paths)]))
    joined = asyncio.create_task(due.join())
    await asyncio.wait([joined, *askers], return_when=asyncio.FIRST_COMPLETED)
    for asker in askers:
        if asker.done():
            asker.result()  # what went wrong
    took = time.perf_counter() - began
    spent = zip(serving.cpu_s(), before, idle_s, strict=True)
    found.cpu_ms = [1000 * (now - then - idle * took) / count for now, then, idle in spent]
    for asker in askers:
        asker.cancel()
    if feed is not None:
        found.acknowledged = await feed
    return found


async def _cpu_while_idle(serving: Serving) -> list[float]:
    """Seconds of processor a second, of each process, while messages come in and nobody asks."""
    before, began = serving.cpu_s(), time.perf_counter()
    await asyncio.sleep(SECONDS / 4)
    took = time.perf_counter() - began
    return [(now - then) / took for now, then in zip(serving.cpu_s(), before, strict=True)]


async def _asker(serving: Serving, due: "asyncio.Queue[tuple[float, str]]", found: Loaded) -> None:
    reader, writer = await asyncio.open_connection(*serving.url)
    while True:
        when, path = await due.get()
        writer.write(f"GET {path} HTTP/1.1\r\nhost: bench\r\ncookie: {serving.cookie}\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head[:200]
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        assert length, "a page says how long it is"
        await reader.readexactly(int(length[1]))
        found.waited_ms[path].append(1000 * (time.perf_counter() - when))
        due.task_done()


async def _feed(mllp: tuple[str, int], seconds: float) -> float:
    """Send MESSAGES a second, one in flight on each of four connections; returns the rate that was acknowledged."""
    bodies = results_of_others(int(seconds * MESSAGES))
    began, acknowledged = time.perf_counter(), 0

    async def sender(first: int) -> None:
        nonlocal acknowledged
        reader, writer = await asyncio.open_connection(*mllp)
        for n in range(first, len(bodies), 4):
            await asyncio.sleep(max(0.0, began + n / MESSAGES - time.perf_counter()))
            writer.write(b"\x0b" + bodies[n] + b"\x1c\r")
            assert b"MSA|AA" in await reader.readuntil(b"\x1c\r")
            acknowledged += 1
        writer.close()

    await asyncio.gather(*map(sender, range(4)))
    return acknowledged / (time.perf_counter() - began)


def _changed_ms(node: Serving, chart: str) -> float:
    """Processor of one look after one message about the patient, less that of the same look again; mean of five."""
    taken = []
    for n in range(5):
        asyncio.run(_send(node, great_chart(1, first=10_000 + n)[0]))
        time.sleep(1)  # until it is folded, which is not what is measured
        costs = []
        for _ in range(2):
            before = sum(node.cpu_s())
            node.get(chart)
            costs.append(1000 * (sum(node.cpu_s()) - before))
        taken.append(costs[0] - costs[1])
    return sum(taken) / len(taken)


async def _send(node: Serving, body: bytes) -> None:
    assert node.mllp is not None
    reader, writer = await asyncio.open_connection(*node.mllp)
    writer.write(b"\x0b" + body + b"\x1c\r")
    assert b"MSA|AA" in await reader.readuntil(b"\x1c\r")
    writer.close()


# What is served.


@contextlib.contextmanager
def _node(folder: Path) -> Iterator[Serving]:
    """A node with a full ward, somebody logged in."""
    home = folder / "home"
    _contrefeu(home, "init", "--shares-out", str(folder / "shares"))
    secret = _contrefeu(home, "users", "add", "nadia", "--name", "Nadia", "--role", "nurse", "--ward", "*")["secret"]
    messages = folder / "ward.hl7"
    messages.write_bytes(b"\r\n".join([*admissions(), *great_chart(), *results_of_others(HISTORY, first=50_000)]))
    _contrefeu(home, "import", str(messages), "--source", "DPI@CHU")
    command = [*_ON_ONE_CORE, sys.executable, "-m", "contrefeu", "--home", str(home), "up", "--insecure-http"]
    command += ["--mllp", "127.0.0.1:0", "--web", "127.0.0.1:0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=_environment())
    try:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        started = children(ready["pid"])
        parts = [next(pid for pid in started if name in _command_of(pid)) for name in ("web", "reader")]
        mllp = _address(ready["mllp"])
        serving = Serving(_address(ready["web"].removeprefix("http://").strip("/")), parts, mllp)
        serving.cookie = _logged_in(ready["web"].rstrip("/"), secret)
        yield serving
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


@contextlib.contextmanager
def _bare(folder: Path, sizes: dict[str, int]) -> Iterator[Serving]:
    """Starlette and uvicorn alone, on pages of the same length."""
    program = folder / "bare.py"
    program.write_text(BARE.format(sizes=sizes))
    process = subprocess.Popen([*_ON_ONE_CORE, sys.executable, program], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        yield Serving(("127.0.0.1", port), [process.pid])
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


BARE = """
import socket, uvicorn
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

PAGES = {{path: "x" * size for path, size in {sizes}.items()}}

async def page(request):
    return HTMLResponse(PAGES[request.url.path])

listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen()
print(listener.getsockname()[1], flush=True)
app = Starlette(routes=[Route(path, page) for path in PAGES])
uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False)).run(sockets=[listener])
"""


def _logged_in(url: str, secret: str) -> str:
    """Log in as a browser without scripts does; returns the cookie."""
    cookies = HTTPCookieProcessor()
    opener = build_opener(cookies)
    form = opener.open(f"{url}/login", timeout=60).read().decode()
    csrf = re.search(r'action="/login">\s*<input type="hidden" name="csrf" value="([^"]+)"', form)
    assert csrf, "the login page has a token"
    sent = urlencode({"csrf": csrf[1], "login": "nadia", "secret": secret, "next": "/status"}).encode()
    with contextlib.suppress(HTTPError):
        opener.open(f"{url}/login", sent, timeout=60)
    return "; ".join(f"{one.name}={one.value}" for one in cookies.cookiejar)


def _pages(node: Serving) -> tuple[str, str]:
    """The board, and the chart of the patient in its first bed."""
    board = f"/ward/{WARD}"
    for _ in range(600):  # the reader may still be at the import
        rows = re.findall(rb'href="(/patient/[^"]+)">\s*(\w+)', node.get(board))
        great = next((path.decode() for path, name in rows if name.decode() == GREAT), "")
        if len(rows) >= BEDS and great and b"/measure/" in node.get(great):
            return board, great
        time.sleep(0.2)
    raise AssertionError("the ward is not charted")


def _paints(node: Serving, paths: tuple[str, str]) -> list[float] | None:
    """First contentful paint of each page, in ms; None where there is no chromium."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        return None
    name, _, value = node.cookie.partition("=")
    url = f"http://{node.url[0]}:{node.url[1]}"
    script = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        context = browser.new_context(viewport={"width": 1366, "height": 768})
        context.add_cookies([{"name": name, "value": value.partition(";")[0], "url": url}])
        page = context.new_page()
        best = []
        for path in paths:
            seen = []
            for _ in range(5):
                page.goto(url + path)
                page.wait_for_function(f"() => {script} !== undefined")
                seen.append(float(page.evaluate(script)))
            best.append(min(seen))
        browser.close()
    return best


def _contrefeu(home: Path, *arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "contrefeu", "--home", str(home), *arguments, "--json"]
    found: dict[str, Any] = json.loads(
        subprocess.run(command, check=True, capture_output=True, env=_environment()).stdout
    )
    return found


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), *sys.path])}


def _command_of(pid: int) -> set[str]:
    return set(Path(f"/proc/{pid}/cmdline").read_text().split("\0"))


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host, int(port)


# The rows.


def _rows(ours: Loaded, theirs: Loaded, names: dict[str, str]) -> list[dict[str, Any]]:
    rows = []
    for path, name in names.items():
        for p in (50, 99):
            waited, bare = at(ours.waited_ms[path], p), at(theirs.waited_ms[path], p)
            target = "<= 1" if p == 99 else None
            rows.append(row(f"ward: {name}, {RATE} requests/s, p{p}", waited, LIMIT_MS, "ms", target=target))
            rows.append(row(f"ward: {name}, p{p}, against a bare page", waited, bare, "ms"))
    web_ms, bare_ms = ours.cpu_ms[0], theirs.cpu_ms[0]
    rows.append(row("ward: processor a request in the web process", web_ms, 1000 / RATE, "ms", target="<= 1"))
    if bare_ms:  # else the load was so short that the bare page took less than the tick in which processes are counted
        rows.append(row("ward: the same, against a bare page", web_ms, bare_ms, "ms"))
    return [*rows, row("ward: messages meanwhile", ours.acknowledged, MESSAGES, "messages/s", target=">= 0.99")]


def _single(changed_ms: float, paints: list[float] | None) -> list[dict[str, Any]]:
    rows = [row("ward: great chart after a change, processor of one look", changed_ms, LIMIT_MS, "ms", target="<= 1")]
    names = ("board", "great chart")
    for name, paint in zip(names, paints or (None, None), strict=True):
        label = f"ward: {name}, first contentful paint"
        found = row(label, 0.0, None, "ms") if paint is None else row(label, paint, PAINT_MS, "ms", target="<= 1")
        rows.append(found)
    return rows
