"""A ward's work on a machine that has nothing but its loopback: run inside a network namespace of its own.

    python -m tests.drills.alone FOLDER      prints one JSON object: what worked

Rules kept here:
  * First it is shown that nothing is there: no route, no name service.
"""

import json
import re
import socket
import sys
import time
from html import unescape
from pathlib import Path
from typing import Any

import httpx

from tests.drills.node import RunningNode, contrefeu

SHOWN_S = 60.0  # a busy machine folds one message in less
PATIENT = (
    "MSH|^~\\&|DPI|CHU|CF|CF|{now}||ADT^A01^ADT_A01|1|P|2.5|||||FRA|UNICODE UTF-8\rEVN||{now}\r"
    "PID|1||4711^^^CHU^PI||DURAND^ELODIE^^^^^L||19420312|F\r"
    "PV1|1|I|CARD^1^1||||||||||||||||V1^^^CHU^VN|||||||||||||||||||||||||{now}\r"
)


def main(folder: Path) -> dict[str, Any]:
    """Do a ward's work; returns what worked."""
    done: dict[str, Any] = {"nothing_there": _nothing_there()}
    home = folder / "home"
    contrefeu(home, "init", "--shares-out", str(folder / "shares"))
    people = {
        login: contrefeu(home, "users", "add", login, "--name", login, "--role", role, "--ward", "*")["secret"]
        for login, role in (("nadia", "nurse"), ("crise", "coordinator"))
    }
    message = folder / "one.hl7"
    message.write_text(PATIENT.format(now=time.strftime("%Y%m%d%H%M%S")))
    contrefeu(home, "import", str(message), "--source", "DPI@CHU")
    with RunningNode(home) as node:
        coordinator, nurse = (logged_in(node, login, people[login]) for login in ("crise", "nadia"))
        board = until_said(lambda: nurse.get("ward/CARD").text, "DURAND")
        done["board"] = "DURAND" in board
        done["declared"] = send_form(coordinator, "downtime", do="declare", reason="essai", medium="screen").status_code
        chart = re.findall(r'href="/(patient/[^"]+)"', board)[0]
        form = chart.replace("patient/", "write/note/")
        until_said(lambda: nurse.get(chart).text, f'href="/{form}"')
        done["written"] = send_form(nurse, form, text="Dort depuis minuit", kind="nursing").status_code
        done["read"] = "Dort depuis minuit" in until_said(lambda: nurse.get(chart).text, "Dort depuis minuit")
        done["found"] = "DURAND" in send_form(nurse, "search", page="", q="durand", follow=True).text
        sheet = folder / "pack.pdf"
        done["printed"] = contrefeu(home, "pack", "--ward", "CARD", "--out", str(sheet))["patients"]
        done["pdf"] = sheet.read_bytes()[:5].decode()
    return done


def _nothing_there() -> bool:
    try:
        socket.create_connection(("192.0.2.1", 53), timeout=2)  # RFC 5737: nobody's address
    except OSError as found:
        unreachable = "unreachable" in str(found)
    try:
        socket.getaddrinfo("example.org", 443)
    except socket.gaierror:
        return unreachable
    return False


def logged_in(node: RunningNode, login: str, secret: str) -> httpx.Client:
    """Somebody at the ward app of *node*."""
    client = httpx.Client(base_url=node.ready["web"], timeout=60)
    assert send_form(client, "login", login=login, secret=secret).status_code == 303
    return client


def send_form(client: httpx.Client, path: str, *, page: str | None = None, follow: bool = False, **typed: str) -> Any:
    """Fill in the form of a page that is sent to *path*, as a browser without scripts does."""
    html = client.get(path if page is None else page or "/").text
    forms = re.findall(r"<form.*?</form>", html, re.DOTALL)
    own = [one for one in forms if " action=" not in one.partition(">")[0]]  # sent to where its page is
    form = next((one for one in forms if f'action="/{path}"' in one), own[-1] if own else "")
    inputs = [tag for tag in re.findall(r"<input[^>]*>", form) if not re.search(r'type="(checkbox|radio)"', tag)]
    names = {_said(tag, "name"): unescape(_said(tag, "value")) for tag in inputs}
    if day := re.search(r'<select[^>]*name="day".*?value="([^"]+)"', form, re.DOTALL):
        names["day"] = day[1]
    return client.post(path, data={name: text for name, text in names.items() if name} | typed, follow_redirects=follow)


def _said(tag: str, attribute: str) -> str:
    found = re.search(rf'{attribute}="([^"]*)"', tag)
    return found[1] if found else ""


def until_said(look: Any, words: str) -> str:
    """Look until a page has *words* in it; returns the page."""
    began = time.monotonic()
    while time.monotonic() - began < SHOWN_S:
        page = str(look())
        if words in page:
            return page
        time.sleep(0.2)
    text = re.sub(r"<[^>]+>|\s+", " ", page)
    raise AssertionError(f"no page says {words!r}: {text[:3000]}")


if __name__ == "__main__":
    json.dump(main(Path(sys.argv[1])), sys.stdout)
