"""A running node sees an attack, tells others, and says until when its sources can be trusted.

Method: one real node; what an attacker sends comes over MLLP, and a canary on a share is written over.
"""

import base64
import json
import os
import socket
import time
from pathlib import Path

import pytest

from contrefeu.acts import Alarm, AlarmRaised
from contrefeu.cli.door import speak
from contrefeu.cli.watch import _for_people, described_alarm
from contrefeu.hl7 import frame
from contrefeu.watch import RULES
from tests.drills.node import RunningNode, contrefeu

SEEN_S_MAX = 60.0  # a busy machine; the rules themselves fire at once


def _looked(home: Path, after: float = 0.0) -> None:
    """Wait until the watch has written down what it knows, after a time."""
    deadline = time.monotonic() + SEEN_S_MAX
    clean = home / "watch" / "clean.json"
    while not clean.exists() or clean.stat().st_mtime <= after:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _linked(home: Path, source: str) -> None:
    """Wait until the capture process says that *source* has a connection open."""
    deadline = time.monotonic() + SEEN_S_MAX
    while source not in json.loads((home / "run" / "links.json").read_bytes())["senders"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _message(kind: str, control: str, *segments: str) -> bytes:
    now = time.strftime("%Y%m%d%H%M%S+0000", time.gmtime())
    head = f"MSH|^~\\&|DPI|CHU|X|Y|{now}||{kind}|{control}|P|2.5"
    return frame("\r".join([head, f"PID|||{control}^^^CHU||DURAND^JEAN", *segments, ""]).encode())


@pytest.mark.req("A1")
def test_an_attack_is_seen_told_and_dated(tmp_path):
    """Merges, sealed documents, a canary, a honey patient opened: an alarm each, told; no clean point after."""
    home, canary = tmp_path / "home", tmp_path / "canary.doc"
    canary.write_text("nobody needs this")
    contrefeu(home, "init", "--drill", "--facility", "CHU", "--shares-out", str(tmp_path / "shares"))
    collector = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    collector.bind(("127.0.0.1", 0))
    collector.settimeout(SEEN_S_MAX)
    settings = home / "contrefeu.toml"
    port = collector.getsockname()[1]
    settings.write_text(f'{settings.read_text()}[watch]\nsyslog = "udp://127.0.0.1:{port}"\ncanaries = ["{canary}"]\n')
    with RunningNode(home) as node:
        _looked(home)  # at the canary too
        canary.write_text("encrypted")
        with socket.create_connection(node.mllp) as sender:
            sender.sendall(_message("ADT^A08^ADT_A01", "L0"))
            sender.recv(4096)
            _linked(home, "DPI@CHU")
            for n in range(40):
                sender.sendall(_message("ADT^A40^ADT_A39", f"A{n}", f"MRG|B{n}^^^CHU"))
                sender.recv(4096)
            for n in range(4):
                sealed = base64.b64encode(os.urandom(3000)).decode()
                sender.sendall(_message("MDM^T02", f"D{n}", f"OBX|1|ED|||^AP^PDF^Base64^{sealed}"))
                sender.recv(4096)
        secret = tmp_path / "rssi.secret"
        secret.write_text("secret of rssi")
        who = ("--secret-file", str(secret))
        contrefeu(home, "users", "add", "rssi", "--name", "R", "--role", "security", *who)
        contrefeu(home, "honey", "name", "D0", "--as", "rssi", *who)
        contrefeu(home, "find", "D0")  # found as any other, and no alarm
        contrefeu(home, "chart", "D0", "--as", "fhir")
        sent: set[bytes] = set()
        while not sent >= {b"merges", b"documents-sealed", b"honey"}:
            sent.add(collector.recv(4096).split()[5])
        told = contrefeu(home, "watch", status=10)
        status = contrefeu(home, "status", status=10)
    collector.close()

    # The node looks at canaries each half minute: on a busy machine that alarm is there already.
    seen = {alarm["rule"] for alarm in told["alarms"]}  # type: ignore[index,union-attr]
    assert seen - {"canary"} == {"merges", "documents-sealed", "honey"}
    assert sent - {b"canary"} == {b"merges", b"documents-sealed", b"honey"}
    assert {alarm["severity"] for alarm in told["alarms"]} == {"attack"}  # type: ignore[index,union-attr]
    assert all(alarm["entry"].startswith(f"{node.ready['node']}-watch/") for alarm in told["alarms"])  # type: ignore[index,union-attr]
    assert "DURAND" not in json.dumps(told)
    assert status["alarms"]["gravest"] == "attack"  # type: ignore[index]
    assert status["alarms"]["open"] >= 3  # type: ignore[index]
    assert "rule/merges" not in {feed["source"] for feed in status["feeds"]}

    stopped = time.time()
    with RunningNode(home):  # started again it goes on, and raises nothing twice
        _looked(home, stopped)
        again = contrefeu(home, "watch", status=10)
    rules = [alarm["rule"] for alarm in again["alarms"]]  # type: ignore[union-attr]
    assert sorted(rules) == ["canary", "documents-sealed", "honey", "merges"]
    held = again["clean_point"]
    assert isinstance(held, dict)
    assert held["DPI@CHU"]["at"] == ""


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        ("fr", ["fusionne des identités en masse", "en dix minutes 25"]),
        ("en", [RULES["merges"].sees, "in_ten_minutes 25"]),
    ],
)
def test_an_alarm_is_said_in_words(language, lines, capsys):
    """Beside its rule's name: who is called at night knows what was seen."""
    raised = AlarmRaised("merges", "CPAGE@CHU", "attack", "2026-11-24T02:10:00Z", "2026-11-24T02:09:00Z",
                         {"in_ten_minutes": 25.0})  # fmt: skip
    point = {"source": "CPAGE@CHU", "at": "", "held_by": "merges"}
    told = {"alarms": [described_alarm(Alarm("n1-watch/1", raised))], "clean_point": {"CPAGE@CHU": point}}
    _for_people(told, language)
    said = capsys.readouterr().out
    for line in lines:
        assert line in said


@pytest.mark.parametrize("seen", [{}, {"documents": 2.0}])
@pytest.mark.parametrize(
    ("severity", "word"), [("look", "À REGARDER"), ("act", "À TRAITER "), ("attack", "ATTAQUE   ")]
)
def test_how_grave_it_is_stands_in_french(severity, word, seen, capsys):
    """With figures and without: a canary has none, and is an attack all the same."""
    at = "2026-11-24T02:10:00Z"
    raised = AlarmRaised("canary", "/mnt/wards/zz.docx", severity, at, at, seen)
    point = {"source": "CPAGE@CHU", "at": "", "held_by": "canary"}
    told = {"alarms": [described_alarm(Alarm("n1-watch/1", raised))], "clean_point": {"CPAGE@CHU": point}}
    try:
        speak("fr")
        _for_people(told, "fr")
    finally:
        speak("en")
    assert capsys.readouterr().out.splitlines()[0] == f"{at}  {word}  canary  /mnt/wards/zz.docx"
