"""A tap on a file and on a wire: what passes is journaled, what is missing is told, and the ear can do nothing else.

Method: files written packet by packet; for the wire, a sender and a receiver in two network namespaces, a node and the
real command on the cable between them (root alone makes those).
"""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from contrefeu.hl7 import frame
from contrefeu.watch.memory import Memory
from contrefeu.watch.own import taps_told
from tests.capture.packets import Talk, pcap
from tests.capture.test_mllp_tls import certified, said_in_tls
from tests.cli.conftest import Commands
from tests.cli.messages import admission, potassium
from tests.drills.cut_network import possible
from tests.drills.node import RunningNode, contrefeu

# The two ends: one says a message and waits for its answer; the other answers AA to all, as record systems do.
RECEIVER = """
import socket
server = socket.create_server(("10.99.7.2", 2575)); print("up", flush=True)
while True:
    talk, _ = server.accept()
    while data := talk.recv(65536):
        if data.endswith(b"\\x1c\\r"):
            talk.sendall(b"\\x0bMSH|^~\\\\&|B|B|A|A|2026||ACK|1|P|2.5\\rMSA|AA|1\\r\\x1c\\r")
"""
SENDER = """
import socket, sys
talk = socket.create_connection(("10.99.7.2", 2575), 10)
for one in open(sys.argv[1], "rb").read().split(b"\\x1c\\r")[:-1]:
    talk.sendall(one + b"\\x1c\\r"); assert talk.recv(4096)
"""


@pytest.mark.req("C2")
def test_a_file_of_packets_is_charted_and_its_gaps_are_told(cli: Commands, tmp_path: Path) -> None:
    """As if its sender were connected: found by name; the same sent to the socket later is a repeat, charted once."""
    talk = Talk().open().say(frame(admission())).say(frame(potassium())).close()
    path = tmp_path / "a.pcap"
    path.write_bytes(pcap(talk.packets))
    told = cli.told("capture", "tap", path)
    assert (told["journaled"], told["charted"], told["gap_count"], told["connections"]) == (2, 2, 0, 1)
    assert [one["name"] for one in cli.told("find", "MARTIN")["patients"]]
    sources = {feed["source"] for feed in cli.told("status", status=0)["feeds"]}
    assert all(source.startswith("tap:") for source in sources)
    (tmp_path / "again.hl7").write_bytes(admission() + potassium())
    assert cli.told("import", tmp_path / "again.hl7")["duplicates"] == 2
    assert len(cli.told("find", "MARTIN")["patients"]) == 1


def test_a_gap_ends_with_10_and_names_the_sender(cli: Commands, tmp_path: Path) -> None:
    """Nothing is put together over it; people are told what to do about it; a file that is none says so."""
    body = potassium()
    talk = Talk().open().say(frame(admission())).answer().say(frame(body), 200)
    del talk.packets[-2]
    talk.say(frame(admission())).answer().close()
    path = tmp_path / "a.pcap"
    path.write_bytes(pcap(talk.packets, nano=True))
    ran = cli("capture", "tap", path, "--port", "2575")
    assert ran.status == 10
    assert "a message may be missing" in ran.out.decode()
    told = cli.told("capture", "tap", path, status=10)
    assert told["gaps"][0]["source"].startswith("tap:")
    kept = [e["media_type"] for e in cli.told("journal", "show")["entries"] if e["source"].startswith("tap:")]
    assert kept.count("application/octet-stream") >= 2
    path.write_bytes(b"MSH|^~")
    assert cli("capture", "tap", path).status == 1
    assert "pcap or pcapng" in cli("capture", "tap", path).err
    assert "Interfaces here" in cli("capture", "tap", tmp_path / "none").err


def test_an_interface_needs_a_node(cli: Commands) -> None:
    """What is heard has to be journaled by somebody."""
    ran = cli("capture", "tap", "lo")
    assert ran.status == 1
    assert "contrefeu up" in ran.err


@contextlib.contextmanager
def wire() -> Iterator[tuple[str, str, str]]:
    """Two machines, and the name of a cable's end that both pass: sender's and receiver's namespaces, interface."""
    a, b = f"tapa{os.getpid()}", f"tapb{os.getpid()}"
    name = f"tp{os.getpid() % 10**7}"

    def ip(*words: str) -> None:
        subprocess.run(["ip", *words], check=True, capture_output=True)

    try:
        for space in (a, b):
            ip("netns", "add", space)
        ip("link", "add", name, "type", "bridge")
        ip("link", "set", name, "up")
        for n, (space, end) in enumerate(((a, f"{name}x"), (b, f"{name}y")), 1):
            ip("link", "add", end, "type", "veth", "peer", "name", "eth", "netns", space)
            ip("link", "set", end, "master", name, "up")
            ip("-n", space, "address", "add", f"10.99.7.{n}/24", "dev", "eth")
            ip("-n", space, "link", "set", "eth", "up")
        yield a, b, f"{name}x"
    finally:
        for space in (a, b):
            subprocess.run(["ip", "netns", "delete", space], check=False, capture_output=True)
        subprocess.run(["ip", "link", "delete", name], check=False, capture_output=True)


def _tls(home: Path, folder: Path) -> tuple[str, int]:
    """Have the node listen in TLS too; returns where."""
    authority = certified(folder, "ca")
    for name in ("node", "engine"):
        certified(folder, name, authority)
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = free.getsockname()
    files = {"tls_certificate": "node.pem", "tls_key": "node.key", "tls_clients": "ca.pem"}
    lines = [f'{key} = "{folder / name}"' for key, name in files.items()]
    with (home / "contrefeu.toml").open("a") as settings:
        settings.write("\n".join(["\n[capture]", f'mllp_tls = "127.0.0.1:{address[1]}"', *lines, ""]))
    return address


@pytest.mark.req("C2")
def test_a_wire_is_listened_to_by_a_process_without_rights(template: Path, tmp_path: Path) -> None:
    """Neither end knows; the ear is nobody, confined, with no capability and nothing that it could open."""
    if not possible():
        pytest.skip("only root, where the system lets it, makes networks")
    home = tmp_path / "home"
    shutil.copytree(template / "home", home)
    said = tmp_path / "said"
    said.write_bytes(frame(admission()) + frame(potassium()))
    inside = ["ip", "netns", "exec"]
    tls = _tls(home, tmp_path)
    with wire() as (a, b, interface), RunningNode(home) as node:
        receiver = subprocess.Popen([*inside, b, sys.executable, "-c", RECEIVER], stdout=subprocess.PIPE)
        command = [
            sys.executable,
            "-m",
            "contrefeu",
            "--home",
            str(home),
            "capture",
            "tap",
            interface,
            "--port",
            "2575",
        ]
        tap = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=node.log)
        try:
            assert b"MSA|" in asyncio.run(said_in_tls(tls, tmp_path, "engine"))
            assert tap.stdout is not None
            assert receiver.stdout is not None
            ready = json.loads(tap.stdout.readline())
            receiver.stdout.readline()
            status = dict(
                line.split(":\t", 1) for line in Path(f"/proc/{ready['process']}/status").read_text().splitlines()
            )
            limits = Path(f"/proc/{ready['process']}/limits").read_text()
            subprocess.run([*inside, a, sys.executable, "-c", SENDER, str(said)], check=True, timeout=60)
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline:
                told = contrefeu(home, "status")
                feeds = {feed["source"]: feed["received"] for feed in told["feeds"]}
                if sum(feeds.values()) == 3:
                    break
                time.sleep(0.2)
            tap.send_signal(signal.SIGTERM)
            assert tap.wait(30) == 0
            (state,) = contrefeu(home, "status")["taps"]
        finally:
            for process in (tap, receiver):
                process.kill()
                process.wait(30)
    assert sum(count for source, count in feeds.items() if source.startswith("tap:")) == 2
    assert sum(feeds.values()) == 3, "and the one that came in TLS"
    assert (state["journaled"], state["counts"]["acknowledged"], state["counts"]["gaps"]) == (2, 2, 0)
    assert status["CapEff"].strip() == status["CapPrm"].strip() == "0" * 16
    assert (status["NoNewPrivs"].strip(), status["Uid"].split()[0]) == ("1", str(ready["user"]))
    assert ready["user"] != 0
    assert [line.split()[3:5] for line in limits.splitlines() if line.startswith("Max open files")] == [["1", "1"]]


def test_what_a_tap_missed_is_an_alarm() -> None:
    """The watch looks at what taps say: each new gap is told once, a tap that began anew counts anew."""
    memory = Memory()
    told = [
        next((one.bad, one.figure) for one in taps_told([("eth1", since, gaps)], memory, 1.0))
        for since, gaps in (("a", 0), ("a", 2), ("a", 2), ("a", 3), ("b", 1))
    ]
    assert told == [(False, 0.0), (True, 2.0), (False, 0.0), (True, 1.0), (True, 1.0)]
