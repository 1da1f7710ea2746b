"""Two nodes that can reach each other, and a third that is reached by stick alone, end with the same charts.

Method: three homes joined by their cards, two of them running (the command itself, in processes of its own) with a line
between them that is cut and mended; messages come in on both sides all the while. What is compared is what a user sees:
the charts' hash, and the entries in the order in which every fold reads them.
"""

import json
import shutil
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contrefeu.cli.main import run
from tests.drills.node import RunningNode
from tests.drills.proxy import Line

SEEN_S = 40.0  # for all of a small journal, on a busy machine; the link itself is asked every second


def admission(number: int, site: str) -> bytes:
    """Somebody arrives at a site."""
    return (
        f"MSH|^~\\&|ADM{site}|CHU|CF|CHU|2026112403{number % 60:02d}00||ADT^A01|{site}{number}|T|2.5\r"
        f"EVN|A01|2026112403{number % 60:02d}00\r"
        f"PID|1||9{number:05d}^^^{site}^PI||ESSAI^PATIENT {site} {number}||19700101|F\r"
        f"PV1|1|I|MED^101^{number}||||||||||||||||S{number}\r"
    ).encode()


def send(node: RunningNode, *messages: bytes) -> None:
    """Send messages and read an acknowledgement for each."""
    with socket.create_connection(node.mllp, 10) as connection:
        for message in messages:
            connection.sendall(b"\x0b" + message + b"\x1c\r")
            data = b""
            while not data.endswith(b"\x1c\r"):
                data += connection.recv(4096)
            assert b"MSA|AA" in data or b"MSA|CA" in data


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class Commands:
    """`contrefeu --home HOME ... --json`, in this process: an interpreter a command would take minutes."""

    def __init__(self, captured: Any) -> None:
        self._captured = captured

    def __call__(self, home: Path, *arguments: str, status: tuple[int, ...] = (0,)) -> dict[str, Any]:
        self._captured.readouterr()
        ended = run(["--home", str(home), *arguments, "--json"])
        out, err = self._captured.readouterr()
        assert ended in status, err.decode()
        return json.loads(out)  # type: ignore[no-any-return]

    def make(self, home: Path, port: int) -> None:
        """A home whose exchange listens on *port*."""
        shares = str(home.parent / f"{home.name}-shares")
        self(home, "init", "--facility", home.name, "--drill", "--shares-out", shares)
        settings = home / "contrefeu.toml"
        settings.write_text(settings.read_text() + f'\n[exchange]\nlisten = "127.0.0.1:{port}"\n')

    def invite(self, home: Path) -> tuple[Path, str]:
        """Its card, and the fingerprint that is read out."""
        card = home.parent / f"{home.name}.card"
        return card, self(home, "station", "invite", "--out", str(card))["fingerprint"]

    def charts_of(self, home: Path) -> str:
        """The hash of all charts, as far as they are read."""
        to = home.parent / f"{home.name}-export"
        shutil.rmtree(to, ignore_errors=True)
        return str(self(home, "export", "--to", str(to))["charts_sha256"])

    def order_of(self, home: Path, journals: set[str]) -> list[str]:
        """Entries of some journals, as every fold reads them."""
        entries = self(home, "journal", "show")["entries"]
        return [f"{e['journal']}/{e['seq']}" for e in entries if e["journal"] in journals]

    def captured(self, home: Path) -> set[str]:
        """The journals of feeds that a home holds."""
        told = self(home, "status", status=(0, 10))
        return {j["id"] for j in told["journals"] if j["id"].endswith("-capture")}


def eventually(claim: Callable[[], Any], what: str) -> None:
    deadline = time.monotonic() + SEEN_S
    while not claim():
        assert time.monotonic() < deadline, what
        time.sleep(0.5)


@pytest.mark.req("D9", "G2")
def test_nodes_with_a_line_and_a_stick_end_with_the_same_charts(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """A line cut in the middle catches up; who is reached by stick alone has the same; the order is one."""
    contrefeu = Commands(capsysbinary)
    charts_of = contrefeu.charts_of
    a, b, c = (tmp_path / name for name in ("a", "b", "c"))
    ports = {home: free_port() for home in (a, b, c)}
    for home, port in ports.items():
        contrefeu.make(home, port)
    cards = {home: contrefeu.invite(home) for home in (a, b, c)}
    line = Line(("127.0.0.1", ports[b]))
    for one in (a, b, c):
        for other in (a, b, c):
            if one != other:
                address = ["--address", line.address] if (one, other) == (a, b) else []
                card, fingerprint = cards[other]
                contrefeu(one, "station", "join", str(card), "--fingerprint", fingerprint, "--house", *address)
    stick = tmp_path / "stick"
    stick.mkdir()
    with RunningNode(a) as node_a, RunningNode(b) as node_b:
        send(node_a, *(admission(n, "AAA") for n in range(5)))
        send(node_b, *(admission(n, "BBB") for n in range(3)))
        eventually(lambda: charts_of(a) == charts_of(b), "the two nodes do not agree")

        line.cut()
        send(node_a, *(admission(n, "AAA") for n in range(5, 12)))
        send(node_b, *(admission(n, "BBB") for n in range(3, 9)))
        time.sleep(2)
        assert charts_of(a) != charts_of(b)
        line.mend()
        eventually(lambda: charts_of(a) == charts_of(b), "they do not catch up after a cut")

        contrefeu(a, "journal", "exchange", str(stick))
        contrefeu(c, "journal", "exchange", str(stick))  # c never met b: its keys go back, b's rights come with a
        contrefeu(a, "journal", "exchange", str(stick))
        eventually(lambda: rights(a, b, c), "b's rights for c do not come over the line")
        contrefeu(a, "journal", "exchange", str(stick))
        contrefeu(c, "journal", "exchange", str(stick))
        assert charts_of(c) == charts_of(a) == charts_of(b)
        told = contrefeu(a, "status", status=(0, 10))
        [peer] = [peer for peer in told["peers"] if peer["state"] == "up-to-date"]
        assert (peer["clock"], told["refused_journals"]) == ("good", [])

    captures = contrefeu.captured(a)
    assert len(captures) == 3
    assert contrefeu.captured(b) == contrefeu.captured(c) == captures
    order = contrefeu.order_of(a, captures)
    assert len(order) == 21
    assert contrefeu.order_of(b, captures) == contrefeu.order_of(c, captures) == order
    assert contrefeu(c, "journal", "verify")["intact"]
    line.close()


def rights(at: Path, of: Path, to: Path) -> bool:
    """Whether a station's rights for another lie at a third, to be passed on."""

    def node(home: Path) -> str:
        line = next(line for line in (home / "contrefeu.toml").read_text().splitlines() if line.startswith("id"))
        return line.split('"')[1].replace("/", "_")

    outbox = at / "exchange" / "relay" / node(to) / f"{node(of)}-capture"
    return outbox.is_dir() and any(outbox.glob("*.grant"))
