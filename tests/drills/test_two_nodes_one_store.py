"""Two joined nodes keep their charts in one store on a server; when the one that writes it is killed, the other does.

Method: two homes joined by their cards, with one key of charts and one server (scripts/postgres.sh), both running (the
command itself, in processes of its own); messages come in and people write on both sides; one is
killed as by a power cut.
"""

import json
import re
import shutil
from pathlib import Path

import httpx
import pytest

from tests.drills import test_two_nodes
from tests.drills.alone import logged_in, send_form, until_said
from tests.drills.node import RunningNode
from tests.drills.test_two_nodes import Commands, admission, eventually, free_port, send

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(600)]


@pytest.fixture
def contrefeu(capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Commands:
    """Commands, which wait for a node that writes on a server."""
    monkeypatch.setattr(test_two_nodes, "SEEN_S", 240.0)  # the other node writes, on a server
    return Commands(capsysbinary)


@pytest.fixture
def homes(contrefeu: Commands, tmp_path: Path, postgres: str) -> tuple[Path, Path]:
    """Two joined homes of one house, whose charts lie in one store."""
    pytest.importorskip("psycopg", reason='psycopg not found: pip install "contrefeu[postgres]" brings it')
    a, b = tmp_path / "a", tmp_path / "b"
    ports = {home: free_port() for home in (a, b)}
    for home, port in ports.items():
        contrefeu.make(home, port)
        settings = home / "contrefeu.toml"
        settings.write_text(f'{settings.read_text()}\n[charts]\nstore = "{postgres}"\n')
    shutil.copy(a / "keys" / "store.key", b / "keys" / "store.key")
    cards = {home: contrefeu.invite(home) for home in (a, b)}
    for one, other, address in ((a, b, ("--address", f"127.0.0.1:{ports[b]}")), (b, a, ())):
        card, fingerprint = cards[other]
        contrefeu(one, "station", "join", str(card), "--fingerprint", fingerprint, "--house", *address)
    return a, b


def test_a_node_that_is_killed_leaves_the_charts_to_the_other(contrefeu: Commands, homes: tuple[Path, Path]) -> None:
    """Both show what either was sent; afterwards the other goes on, and nothing is lost or read twice."""
    a, b = homes

    def knows(home: Path, number: int) -> bool:
        try:
            return bool(contrefeu(home, "find", f"9{number:05d}")["patients"])
        except AssertionError:  # asked in the moment in which it takes over
            return False

    with RunningNode(b) as node_b, RunningNode(a) as node_a:
        send(node_a, admission(1, "AAA"))
        send(node_b, admission(2, "BBB"))
        eventually(lambda: all(knows(home, number) for home in (a, b) for number in (1, 2)), "one lacks a patient")
        assert contrefeu.charts_of(a) == contrefeu.charts_of(b)
        node_b.kill()  # it began first: it writes
        send(node_a, admission(3, "AAA"))
        eventually(lambda: knows(a, 3), "nobody writes the charts any more")
        assert all(knows(a, number) for number in (1, 2, 3))


def test_both_ward_apps_answer_alike(contrefeu: Commands, homes: tuple[Path, Path]) -> None:
    """An account of one opens both; a board is the same; what is written on either, sent twice even, is read on both,
    once; each look is in its node's audit; a session at one goes on when the other, which wrote charts, is killed."""
    a, b = homes
    secret = contrefeu(a, "users", "add", "nadia", "--name", "Nadia", "--role", "nurse", "--ward", "*")["secret"]
    crisis = contrefeu(a, "users", "add", "crise", "--name", "Crise", "--role", "coordinator", "--ward", "*")["secret"]
    with RunningNode(b) as node_b, RunningNode(a) as node_a:
        send(node_b, admission(1, "BBB"))
        eventually(
            lambda: all({"nadia", "crise"} <= people(contrefeu, home) for home in homes), "accounts are not known"
        )
        at_a, at_b = (logged_in(node, "nadia", secret) for node in (node_a, node_b))
        boards = [until_said(lambda at=at: at.get("ward/MED").text, "PATIENT BBB 1") for at in (at_a, at_b)]
        chart, other = (re.findall(r'href="/(patient/[^"]+)"', board)[0] for board in boards)
        assert chart == other, "one patient has one chart"
        coordinator = logged_in(node_a, "crise", crisis)
        declared = send_form(coordinator, "downtime", do="declare", reason="essai", medium="screen")
        assert declared.status_code == 303
        form = chart.replace("patient/", "write/note/")
        for author, reader, text in ((at_a, at_b, "Dort depuis minuit"), (at_b, at_a, "Leve a six heures")):
            until_said(lambda at=author: at.get(chart).text, f'href="/{form}"')
            for _ in range(2):  # pressed twice
                assert send_form(author, form, text=text, kind="nursing", once=text[:1] * 32).status_code == 303
            assert until_said(lambda at=reader: at.get(chart).text, text).count(text) == 1
        assert contrefeu.charts_of(a) == contrefeu.charts_of(b)
        stranger = httpx.get(node_b.ready["web"] + chart, cookies=dict(at_a.cookies))
        assert stranger.status_code == 303, "a session is one node's"
        assert [looked(contrefeu, home, chart) for home in homes] == [{"a"}, {"b"}], "each has its own looks"
        node_b.kill()  # it began first: it writes
        send(node_a, admission(2, "AAA"))
        board = until_said(lambda: at_a.get("ward/MED").text, "PATIENT AAA 2")
        assert "PATIENT BBB 1" in board


def people(contrefeu: Commands, home: Path) -> set[str]:
    """The accounts that *home* knows."""
    return {one["login"] for one in contrefeu(home, "users", "list")["users"]}


def looked(contrefeu: Commands, home: Path, chart: str) -> set[str]:
    """Whose looks at a chart the audit of *home* has: names of the houses of its nodes."""
    out = home.parent / "audit.ndjson"
    contrefeu(home, "audit", "export", "--as", "fhir", "--out", str(out))
    events = [json.loads(line) for line in out.read_text().splitlines()]
    about = f"Patient/{chart.removeprefix('patient/')}"
    return {
        event["source"]["site"]
        for event in events
        if any(one.get("what", {}).get("reference") == about for one in event.get("entity", []))
    }
