"""Stations meet over TLS: both ends pinned, either may be lying, the line may be cut at any byte.

Method: real sockets on the loopback; honest stations meet, then one end is played by the test, with the right
certificate and the wrong manners. What is held is checked as in the exchange by stick; memory and time are bounded.
"""

import os
import socket
import ssl
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from contrefeu.base import OperatorError
from contrefeu.journal import Expiry, headers
from contrefeu.proof import Signer
from contrefeu.vault import Meeting, PeerAway
from contrefeu.vault.identity import client_context, make_identity, server_context
from contrefeu.vault.wire import MESSAGE_BYTES_MAX, READ_BYTES_MAX, Rate
from tests.drills.proxy import Line
from tests.vault.stations import Station

SOON_S = 20.0


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[Station, Station]]:
    one, other = Station(tmp_path / "a", "na1"), Station(tmp_path / "b", "nb2")
    one.join(other)
    other.join(one)
    yield one, other
    for station in (one, other):
        station.exchange.close()
        station.crash()


@pytest.fixture
def answering(pair: tuple[Station, Station]) -> Iterator[tuple[Meeting, str]]:
    """The other station answers; where."""
    meeting = pair[1].meeting()
    address = meeting.listen("127.0.0.1:0")
    yield meeting, address
    meeting.stop()


def eventually(claim: Callable[[], Any]) -> None:
    deadline = time.monotonic() + SOON_S
    while not claim():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def call(caller: Station, address: str, pinned: bytes) -> ssl.SSLSocket:
    """A connection with the caller's right certificate, for the test to misbehave on."""
    host, _, port = address.rpartition(":")
    plain = socket.create_connection((host, int(port)), 5)
    plain.settimeout(5)
    return client_context(caller.root / "node", [pinned]).wrap_socket(plain)


def say(connection: ssl.SSLSocket, value: Any) -> None:
    data = msgspec.msgpack.encode(value)
    connection.sendall(len(data).to_bytes(4, "big") + data)


def hear(connection: ssl.SSLSocket) -> Any:
    def exactly(count: int) -> bytes:
        data = b""
        while len(data) < count:
            part = connection.recv(count - len(data))
            if not part:
                raise ConnectionError
            data += part
        return data

    return msgspec.msgpack.decode(exactly(int.from_bytes(exactly(4), "big")))


@pytest.mark.req("F42")
def test_what_has_ended_is_said_to_a_late_peer_that_calls(pair, answering):
    """It begins behind it, as with a stick; of what has no such note nothing is said."""
    one, other = pair
    other.segment_bytes = 1
    other.say(3)
    files = other.files()
    header = dict(headers(files))[2]
    expiry = Expiry(other.journal, 1, 1, header.tree.size, header.tree.root(), 396, 0)
    files.segment(1).unlink()
    meeting = one.meeting()
    assert [found.kind for found in meeting.once(f"https://{answering[1]}").found] == ["missing"]
    files.expired.write_bytes(expiry.sign(other.signer, Signer("recovery", bytes(32))))
    assert meeting.once(f"https://{answering[1]}").taken == {other.journal: 3}
    assert one.files(other).segments()[0] == 2


@pytest.mark.req("D9")
def test_one_call_serves_both(pair, answering):
    """Who called and who was called end with both journals, and each is told what the other took."""
    one, other = pair
    one.say(5)
    other.say(3)
    meeting = one.meeting()
    report = meeting.once(f"https://{answering[1]}")
    assert (report.taken, report.given) == ({other.journal: 3}, {one.journal: 5})
    assert one.has_all(other)
    assert other.has_all(one)
    assert meeting.once(f"https://{answering[1]}").taken == {}


def test_who_was_not_joined_gets_nothing(pair, answering, tmp_path):
    """No certificate, another's certificate, or none of TLS: hung up on before a question is read."""
    _one, other = pair
    stranger = Station(tmp_path / "c", "nc3")
    make_identity(stranger.root / "node", "nc3")
    stranger.join(other)
    with pytest.raises((OperatorError, PeerAway)):
        stranger.meeting().once(f"https://{answering[1]}")
    host, _, port = answering[1].rpartition(":")
    for first in (b"GET / HTTP/1.1\r\n\r\n", b"\x00" * 100):
        with socket.create_connection((host, int(port)), 5) as plain:
            plain.settimeout(8)
            plain.sendall(first)
            with pytest.raises(OSError):
                while plain.recv(100):
                    pass
                raise ConnectionError
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with socket.create_connection((host, int(port)), 5) as plain:
        plain.settimeout(8)
        with pytest.raises(OSError), context.wrap_socket(plain) as secure:
            say(secure, ["offers"])
            hear(secure)


def test_the_answering_end_must_be_the_one_that_was_pinned(pair, tmp_path):
    """Whoever took its address without its key is not asked a single question."""
    one, other = pair
    impostor = Station(tmp_path / "x", "nx9")
    make_identity(impostor.root / "node", "nx9")
    impostor.join(one)
    meeting = impostor.meeting()
    address = meeting.listen("127.0.0.1:0")
    one.join(other, address=address)
    with pytest.raises(PeerAway):
        one.meeting().once(f"https://{address}")
    meeting.stop()


@pytest.mark.parametrize(
    "question",
    [
        ["read", "../../etc/passwd", 1, 0, 100],
        ["read", "nb2-capture/../../node/exchange", 1, 0, 100],
        ["read", "nb2-capture", "1", 0, 100],
        ["read", "nb2-capture", -1, 0, 100],
        ["read", "nb2-capture", 1, -5, 100],
        ["read", "nb2-capture", 1, 2**62, 100],
        ["read", "nb2-capture", 1, 0, READ_BYTES_MAX + 1],
        ["read", "nb2-capture", 2**63, 0, 10],
        ["read"],
        ["numbers", "..", 0],
        ["numbers", ["nb2-capture"], 0],
        ["grants", {"../x": {"nb2-capture": 0}}],
        ["grants", {"na1": {"../nb2-capture": 0}}],
        ["grants", 7],
        ["reading-keys", "na1"],
        ["reading-keys", ["../../node/witness.seed"]],
        ["exchange"],
        [],
        [["turn"]],
        {"a": 1},
        7,
    ],
)
def test_a_hostile_question_gets_no_more_than_what_is_given(pair, answering, question):
    """Whatever is asked: an empty answer, or a connection that ends; the next peer is answered as before."""
    one, other = pair
    other.say(2)
    (other.root / "node" / "witness.seed").write_bytes(b"secret")
    one.say(1)
    connection = call(one, answering[1], other.card.certificate)
    try:
        say(connection, ["offers"])
        hear(connection)
        say(connection, question)
        assert hear(connection) in (b"", [], {})
    except (ConnectionError, OSError):
        pass
    finally:
        connection.close()
    assert one.meeting().once(f"https://{answering[1]}").taken == {other.journal: 2}


def test_a_message_without_end_costs_no_memory(pair, answering):
    """A length above the greatest ends the connection before a byte of it is read."""
    one, other = pair
    connection = call(one, answering[1], other.card.certificate)
    connection.sendall((MESSAGE_BYTES_MAX + 1).to_bytes(4, "big"))
    with pytest.raises(OSError):
        hear(connection)
    connection.close()


def test_a_peer_that_hangs_holds_up_no_other(pair, answering, tmp_path):
    """Connections that shake no hands, and a peer that asks nothing: another one is served meanwhile."""
    one, other = pair
    third = Station(tmp_path / "c", "nc3")
    third.join(other)
    other.join(third)
    host, _, port = answering[1].rpartition(":")
    idle = [socket.create_connection((host, int(port)), 5) for _ in range(8)]
    silent = call(one, answering[1], other.card.certificate)
    other.say(2)
    began = time.monotonic()
    assert third.meeting().once(f"https://{answering[1]}").taken == {other.journal: 2}
    assert time.monotonic() - began < 5
    for connection in (*idle, silent):
        connection.close()
    third.exchange.close()


def test_a_flood_of_calls_is_bounded_and_passes(pair, answering):
    """A hundred connections that say nothing: threads are counted, and when they are gone the next call is answered."""
    one, other = pair
    other.say(1)
    host, _, port = answering[1].rpartition(":")
    before = threading.active_count()
    flood = [socket.create_connection((host, int(port)), 5) for _ in range(100)]
    time.sleep(0.3)
    assert threading.active_count() - before <= 40
    for connection in flood:
        connection.close()
    eventually(lambda: _taken(one, answering[1]) == {other.journal: 1})


def _taken(station: Station, address: str) -> dict[str, int]:
    try:
        return station.meeting().once(f"https://{address}").taken
    except (PeerAway, OperatorError):
        return {}


class Impostor(threading.Thread):
    """The answering end, with the right certificate: gives to each question what the test says."""

    def __init__(self, station: Station, peer: Station, answers: dict[str, Callable[..., Any]]) -> None:
        super().__init__(daemon=True)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._context = server_context(station.root / "node", [peer.card.certificate])
        self._answers = {
            "clock": station.clock.now_ns,
            "reading-keys": lambda nodes: {},
            "offers": list,
            "numbers": lambda journal, after: [],
            "read": lambda *question: b"",
            "grants": lambda wanted: [],
            "cosigned": list,
        } | answers
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.asked = 0
        self.start()

    def run(self) -> None:
        """Answer one caller after another."""
        while True:
            try:
                plain, _ = self._listener.accept()
                connection = self._context.wrap_socket(plain, server_side=True)
                while True:
                    name, *arguments = hear(connection)
                    self.asked += 1
                    if name == "turn":
                        say(connection, True)
                        say(connection, ["turn", {}])
                        hear(connection)
                    else:
                        say(connection, self._answers[name](*arguments))
            except (OSError, ConnectionError, msgspec.MsgspecError):
                if self._listener.fileno() < 0:
                    return

    def close(self) -> None:
        """Go away."""
        self._listener.close()


@pytest.mark.parametrize(
    "answers",
    [
        {"offers": lambda: 7},
        {"offers": lambda: [("x", b"y")] * 2000},
        {"offers": lambda: [("x" * 100_000, b"y")]},
        {"clock": lambda: "noon"},
        {"clock": lambda: 2**63},
        {"reading-keys": lambda nodes: {"../../evil": b"x", nodes[0]: b"x" * 100_000}},
        {"cosigned": lambda: [b"", b"\n", b"\xff" * 70_000, b"na1-capture\n"]},
        {"grants": lambda wanted: [("../../evil", b"contrefeu grant v1\norigin x\nsegment 1\n"), ("na1", b"\xff\n\n")]},
    ],
)
def test_a_peer_that_answers_nonsense_changes_nothing(pair, answers):
    """Each kind of answer, of the wrong kind: an error that says so, or nothing taken; no file is written anywhere."""
    one, other = pair
    impostor = Impostor(other, one, answers)
    one.join(other, address=impostor.address)
    before = {path for path in one.root.rglob("*") if path.is_file()}
    try:
        report = one.meeting().once(f"https://{impostor.address}")
        assert report.taken == {}
    except PeerAway:
        pass
    assert {path for path in one.root.rglob("*") if path.is_file()} == before
    assert not (one.root.parent / "evil").exists()
    impostor.close()


def test_an_infected_peer_cannot_stuff_anothers_journal(pair, tmp_path):
    """It carries a third station's journal with frames of its own behind: nothing of them is taken."""
    one, other = pair
    third = Station(tmp_path / "c", "nc3")
    one.join(third)
    third.say(3)
    signed = third.files().checkpoint.read_bytes()
    third.say(4, sign=False)  # as forged frames would be: well formed, and signed for by nobody
    segment = third.files().segment(1).read_bytes()
    impostor = Impostor(
        other,
        one,
        {
            "offers": lambda: [(str(third.signer.verifier), signed)],
            "numbers": lambda journal, after: [1] if after < 1 else [],
            "read": lambda journal, number, offset, length: segment[offset : offset + length],
        },
    )
    one.join(other, address=impostor.address)
    assert one.meeting().once(f"https://{impostor.address}").taken == {third.journal: 3}
    assert one.check(third).entries == 3
    impostor.close()


def test_a_peer_that_gives_endless_bytes_is_given_up_in_bounded_memory(pair, tmp_path):
    """Random bytes for ever, a megabyte an answer: refused, with a few megabytes of memory and nothing on the disk."""
    one, other = pair
    other.say(1)
    note, data = other.files().checkpoint.read_bytes(), other.files().segment(1).read_bytes().rstrip(b"\x00")
    impostor = Impostor(
        other,
        one,
        {
            "offers": lambda: [(str(other.signer.verifier), note)],
            "numbers": lambda journal, after: list(range(after + 1, after + 4000)),
            "read": lambda j, n, offset, length: (
                (data + b"\xff" * 10)[offset : offset + length] if n == 1 else os.urandom(length)
            ),
        },
    )
    one.join(other, address=impostor.address)
    tracemalloc.start()
    report = one.meeting().once(f"https://{impostor.address}")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    impostor.close()
    assert [found.kind for found in report.found] == ["damaged"]
    assert peak < 40 * 2**20
    assert sum(p.stat().st_size for p in one.journals.rglob("*") if p.is_file()) < 2**20


@pytest.mark.req("C4")
def test_a_writer_that_answers_with_less_than_it_had_was_rolled_back(pair, answering, tmp_path):
    """Asked directly, a journal's own writer has fewer entries than are held: said with status 12, nothing is lost."""
    one, other = pair
    other.say(2)
    snapshot = other.snapshot(tmp_path / "snapshot")
    other.say(3)
    one.meeting().once(f"https://{answering[1]}")
    other.roll_back(snapshot)

    report = one.meeting().once(f"https://{answering[1]}")
    assert ([found.kind for found in report.found], report.exit_status) == (["rolled-back"], 12)
    assert one.check(other).entries == 5


def test_a_revoked_peer_is_hung_up_on(pair, answering):
    """In the middle of a connection, at its next question."""
    one, other = pair
    other.say(1)
    connection = call(one, answering[1], other.card.certificate)
    say(connection, ["offers"])
    assert hear(connection)
    other.exchange.peers.revoke(one.name)
    with pytest.raises(OSError):
        say(connection, ["offers"])
        hear(connection)
    connection.close()
    with pytest.raises((OperatorError, PeerAway)):
        one.meeting().once(f"https://{answering[1]}")


@pytest.mark.req("D9")
def test_a_line_that_is_cut_again_and_again_is_caught_up_with(pair, answering):
    """Cut twenty times in the middle of a transfer, the journal arrives whole; when the line holds, it follows."""
    one, other = pair
    other.segment_bytes = 64 * 1024
    line = Line(_address(answering[1]))
    one.join(other, address=line.address)
    meeting = one.meeting(every_s=0.05)
    other.say(60, size=2000)
    meeting.follow()
    for _ in range(20):
        time.sleep(0.05)
        line.cut()
        other.say(1)
        line.mend()
    eventually(lambda: one.files(other).checkpoint.exists() and one.has_all(other))
    other.say(1)
    began = time.monotonic()
    eventually(lambda: one.has_all(other))
    assert time.monotonic() - began < 5
    assert meeting.states[other.name].state in {"up-to-date", "catching-up"}
    line.close()
    eventually(lambda: meeting.states[other.name].state == "unreachable")
    meeting.stop()


def test_a_peers_clock_is_measured_at_each_contact(pair, answering):
    """Offset and uncertainty, from both ends; a clock 20 minutes ahead is flagged."""
    one, other = pair
    other.clock.advance(seconds=1200)
    meeting = one.meeting()
    meeting.once(f"https://{answering[1]}")
    offset = meeting.states[other.name].offset
    assert offset is not None
    assert abs(offset.offset_ns - 1200 * 10**9) <= offset.uncertainty_ns
    assert offset.is_far_ahead
    back = answering[0].states[one.name].offset
    assert back is not None
    assert abs(back.offset_ns + 1200 * 10**9) <= back.uncertainty_ns


def test_a_rate_is_kept():
    """What passes in a time is what was said, and a second's worth may be used late."""
    waited = 0.0

    def wait(seconds: float) -> None:
        nonlocal waited
        waited = seconds

    rate = Rate(1_000_000)
    rate.spend(1_000_000, wait)
    rate.spend(3_000_000, wait)
    assert 2.5 < waited <= 4.1


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host, int(port)
