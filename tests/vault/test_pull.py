"""A vault host that pulls keeps what any vault keeps, over a link that anybody may cut, and from a node that may lie.

Method: the claims of every kind (tests/suites/copy_suite.py) through a real node and a real vault host over TLS on
this machine; then keys that are not the ones, a proxy that cuts and one that changes bytes, a node put back, a full
quota, and the real processes, killed.
"""

import shutil
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from contrefeu.base import SystemClock
from contrefeu.cli.held import noted
from contrefeu.proof import Cosigner, ProofMismatch, Verifier, WitnessKey
from contrefeu.vault import VaultHost, pull_once, verify_vault
from contrefeu.vault.host import NodeSettings
from contrefeu.vault.link import (
    READ_BYTES_MAX,
    Answered,
    Asked,
    Bytes,
    Journal,
    Look,
    Noted,
    Read,
    ReadSettings,
    Seen,
    Vouch,
    receive_answer,
    send_message,
)
from contrefeu.vault.pace import Pace
from contrefeu.vault.pairing import Pulled, parse_pulled
from contrefeu.vault.pins import tls_context
from contrefeu.vault.pull import LinkPuller
from contrefeu.vault.pulled import OPENING_BYTES, OPENINGS_HELD, NodeLink, PulledSource
from contrefeu.vault.quota import QuotaVault
from tests.suites import copy_suite
from tests.suites.copy_suite import CopyClaims
from tests.vault.house import FOLDER, JOURNAL, House, copy_of, frames_of, tree_of
from tests.vault.places import HostPlace
from tests.vault.pulling import GIB, Between, PulledSteps, copies, made_host, offering, pulling, say_much, until


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path / "home")
    house.start()
    yield house
    house.crash()


@pytest.fixture
def host(tmp_path: Path) -> VaultHost:
    return made_host(tmp_path)


class TestPulled(HostPlace, CopyClaims):
    """What any vault must do, a vault that pulls does."""

    @pytest.fixture(autouse=True)
    def by_pulling(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        """The suite's steps go over the link."""
        monkeypatch.setattr(PulledSteps, "running", [], raising=False)
        monkeypatch.setattr(copy_suite, "Shipper", PulledSteps)
        yield
        for node in PulledSteps.running:
            node.offers.close()


# Who may connect.


def handshake(port: int, seed: bytes, peer: bytes) -> str:
    """What a connection under the key of *seed* to whoever holds *peer* comes to: "open", or "refused"."""
    context = tls_context(seed, [peer], server=False)
    try:
        with context.wrap_socket(socket.create_connection(("127.0.0.1", port), 5)) as connection:
            send_message(connection, Look("", 0))
            receive_answer(connection, wait_s=5)
    except Exception:
        return "refused"
    return "open"


def test_only_the_pinned_key_gets_an_answer(house: House, host: VaultHost) -> None:
    """Another key, a certificate of no key that is known, TLS 1.2, plain text: each gets nothing but a closed line."""
    house.say(3)
    with offering(house, host) as node:
        ours = parse_pulled(node.url_at()).node.public
        assert handshake(node.port, host.seed(), ours) == "open"
        assert handshake(node.port, b"\x01" * 32, ours) == "refused"
        nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        nobody.check_hostname, nobody.verify_mode = False, ssl.CERT_NONE
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode, old.maximum_version = False, ssl.CERT_NONE, ssl.TLSVersion.TLSv1_2
        for context in (nobody, old):
            with pytest.raises(OSError), context.wrap_socket(socket.create_connection(("127.0.0.1", node.port))) as tls:
                assert tls.recv(1) == b"nothing"
        with socket.create_connection(("127.0.0.1", node.port), 5) as plain:
            plain.sendall(b"GET / HTTP/1.1\r\n\r\n")
            plain.settimeout(5)
            said = plain.recv(4096)
        assert b"HTTP" not in said
        assert handshake(node.port, host.seed(), ours) == "open"


def test_a_node_with_another_key_is_not_pulled_from(house: House, host: VaultHost) -> None:
    """Somebody answers at the node's address: nothing is asked, nothing is written, and it is said."""
    house.say(3)
    with offering(house, host) as node:
        stranger = f"n1{node.key[2:]}"
        other = str(type(parse_pulled(node.url_at()).node)("n1", Cosigner("x", b"\x05" * 32).key.public))
        assert stranger == node.key
        with pulling(host, node.url_at(key=other)) as puller:
            until(lambda: puller.described()["state"] == "unreachable")
            assert "does not hold the node's key" in puller.described()["problem"]
    assert copies(host).names("journals") == []


def test_strangers_who_say_nothing_do_not_keep_the_vault_host_out(house: House, host: VaultHost) -> None:
    """Open connections that show no key are few, and do not count against who is connected."""
    house.say(3)
    with offering(house, host) as node, pulling(host, node.url_at()) as puller:
        until(lambda: puller.described()["entries"] == 3)
        strangers = [socket.create_connection(("127.0.0.1", node.port), 5) for _ in range(40)]
        house.say(2)
        until(lambda: puller.described()["entries"] == 5)
        for stranger in strangers:
            stranger.close()


def test_a_line_on_the_wrong_side_is_refused(house: House, host: VaultHost) -> None:
    """The key of a node and the key of a vault host look different."""
    from contrefeu.base import OperatorError
    from contrefeu.vault import parse_offered

    with offering(house, host) as node:
        with pytest.raises(OperatorError, match="vault host's key"):
            parse_offered(node.url_at())
        with pytest.raises(OperatorError, match="a node's key"):
            parse_pulled(node.url)
    for url in ("pull+https://host", "pull+https://h:1", "pull+https://h:1?k=2", "pull+https://h:99999?key=x"):
        with pytest.raises(OperatorError):
            parse_pulled(url)


# What is vouched for.


@pytest.mark.req("C5", "D8")
def test_the_vault_vouches_for_what_it_read_back(house: House, host: VaultHost) -> None:
    """Its cosignature is on the node's own checkpoint, for entries that are in the copy; the node keeps it."""
    house.say(30)
    with offering(house, host) as node, pulling(host, node.url_at()):
        until(lambda: node.offers.vouched(node.url) == {JOURNAL: 30})
        house.say(2, sign=False)
        until(lambda: copy_of(copies(host)).entries == 32)
        assert node.offers.vouched(node.url) == {JOURNAL: 30}, "nobody signed for the last two"
        house.start().checkpoint()
        until(lambda: node.offers.vouched(node.url) == {JOURNAL: 32})
    [(folder, note)] = noted(house.root)
    assert folder == FOLDER
    assert note.startswith(house.files.checkpoint.read_bytes())
    assert host.cosigner().key.time_of(note) > 1_700_000_000
    with pytest.raises(ProofMismatch):
        WitnessKey("vault-b", b"\x00" * 32).time_of(note)


def test_a_hostile_vault_host_makes_the_node_note_nothing(house: House, host: VaultHost) -> None:
    """Checkpoints the node never signed, of other journals, without its cosignature, too long, or names of files."""
    house.say(3)
    note = house.files.checkpoint.read_bytes()
    cosigner = host.cosigner()
    text = note.replace(b"entries 3", b"entries 9")
    with offering(house, host) as node:
        link = NodeLink(parse_pulled(node.url_at()), host.seed(), Pace(0))
        before = tree_of(house.root)
        for journal, said in [
            (JOURNAL, note),
            (JOURNAL, cosigner.cosign(text, 1)),
            (JOURNAL, note + cosigner.cosign(text, 1).splitlines(keepends=True)[-1]),
            (JOURNAL, cosigner.cosign(note, 1) + b"x" * 70_000),
            ("drill/other", cosigner.cosign(note, 1)),
            ("../../contrefeu.toml", cosigner.cosign(note, 1)),
            (FOLDER, cosigner.cosign(note, 1)),
        ]:
            assert isinstance(link.ask(Vouch(journal, said)), Noted)
        assert tree_of(house.root) == before
        assert node.offers.vouched(node.url) == {}
        for journal, segment in [("../journals", 1), ("..", 1), (JOURNAL, -1), (JOURNAL, 0), (JOURNAL, 99)]:
            assert type(link.ask(Read(journal, segment, 0, 100))).__name__ == "Gone"
        link.close()


def test_only_public_things_are_in_reach(house: House, host: VaultHost) -> None:
    """Everything that can be asked for, asked for: sealed segments, signed notes, the settings; no seed, no entry."""
    house.say(20, size=300)
    with offering(house, host) as node:
        between = Between(node.port)
        link = NodeLink(parse_pulled(node.url_at()), host.seed(), Pace(0))
        seen = link.ask(Look("", 0))
        assert isinstance(seen, Seen)
        got = b"".join(
            [
                repr(seen).encode(),
                *link.read(JOURNAL, 1, 0, 500_000),
                repr(link.ask(ReadSettings())).encode(),
            ]
        )
        link.close()
        between.close()
    assert b"entry 7" not in got
    assert node.seed_file.read_bytes() not in got
    assert b"drill/test" in got


# Cuts, lies, limits.


@pytest.mark.req("C5")
def test_a_copy_goes_on_after_every_cut(house: House, host: VaultHost) -> None:
    """The line is cut after each 150 kB, in the middle of whatever is said: in the end all is there, once."""
    house.segment_bytes = 400_000
    say_much(house, 100, 30_000)
    size = 100 * 30_000
    with offering(house, host) as node:
        between = Between(node.port)
        between.budget = 150_000
        with pulling(host, node.url_at(between.port)) as puller:
            until(lambda: puller.described()["entries"] == 100, 60)
        assert between.connections >= size // 150_000
        assert len(between.passed) < 2 * size, "what came before a cut is not asked for again"
        between.close()
    [found] = verify_vault(copies(host))
    assert (found.intact, found.entries) == (True, 100)
    frames_of(house, copies(host))


def test_bytes_changed_on_the_way_are_not_kept(house: House, host: VaultHost) -> None:
    """One bit flipped between the machines, anywhere: TLS ends the connection, and the copy is the journal's prefix."""
    say_much(house, 30, 20_000)
    with offering(house, host) as node:
        between = Between(node.port)
        count = 0

        def flip(data: bytes) -> bytes:
            nonlocal count
            count += 1
            return data if count % 7 else bytes([*data[:-1], data[-1] ^ 1])

        between.change = flip
        with pulling(host, node.url_at(between.port)) as puller:
            until(lambda: between.connections >= 3)
            between.change = lambda data: data
            until(lambda: puller.described()["entries"] == 30)
        between.close()
    [found] = verify_vault(copies(host))
    assert (found.intact, found.entries, copies(host).names("branches")) == (True, 30, [])


@pytest.mark.req("C4")
def test_a_node_put_back_while_it_is_pulled_from_is_refused(house: House, host: VaultHost, tmp_path: Path) -> None:
    """The node is shown `refused`, nothing more is vouched for, and when it goes on both histories are kept."""
    house.say(5)
    then = house.snapshot(tmp_path / "then")
    house.say(5)
    with offering(house, host) as node, pulling(host, node.url_at()) as puller:
        until(lambda: node.offers.vouched(node.url) == {JOURNAL: 10})
        before = tree_of(copies(host).folder("journals"))
        house.roll_back(then)
        house.say(20)
        until(lambda: puller.described()["state"] == "refused" and node.told()["state"] == "refused")
        until(lambda: copies(host).names("branches") == [f"{FOLDER}.1"])
        assert node.offers.vouched(node.url) == {JOURNAL: 10}
        assert node.told()["problem"]
    assert tree_of(copies(host).folder("journals")) == before
    [found] = verify_vault(copies(host))
    assert (found.entries, [d.kind for d in found.damage]) == (10, ["forked"])
    # What was vouched for outlives the refusal: the node's own check finds that its journal was put back.
    from contrefeu.journal import verify_journal

    held = [note for folder, note in noted(house.root) if folder == FOLDER]
    assert verify_journal(house.files, held_elsewhere=held, writing=True).exit_status == 12


def test_a_journal_that_is_no_more_offered_is_told(house: House, host: VaultHost) -> None:
    """Somebody deleted it on the node: an alarm, not a silence; the copy stays."""
    house.say(5)
    with offering(house, host) as node, pulling(host, node.url_at()) as puller:
        until(lambda: puller.described()["entries"] == 5)
        house.crash()
        shutil.rmtree(house.files.folder)
        until(lambda: puller.described()["state"] == "alarm")
        assert FOLDER in puller.described()["problem"]
    assert copy_of(copies(host)).entries == 5


def test_a_node_fills_no_more_than_its_quota(house: House, host: VaultHost) -> None:
    """Past it nothing is written and nothing deleted; it is said here and on the node; more room, and it goes on."""
    say_much(house, 40, 9000)
    with offering(house, host) as node:
        with pulling(host, node.url_at(), quota_gib=0.0002) as puller:
            until(lambda: puller.described()["state"] == "full")
            until(lambda: node.told()["state"] == "alarm")
            assert "bytes that it was given" in str(node.told()["problem"])
            used = sum(p.stat().st_size for p in copies(host).folder("").rglob("*") if p.is_file())
            assert used <= 0.0002 * GIB
        with pulling(host, node.url_at()) as puller:
            until(lambda: puller.described()["entries"] == 40)
    assert copy_of(copies(host)).intact


def test_the_link_is_not_filled(house: House, host: VaultHost) -> None:
    """At most so many bytes a second, over more than a burst."""
    say_much(house, 60, 9000)
    size = 60 * 9000
    with offering(house, host) as node, pulling(host, node.url_at(), bytes_per_second_max=size // 2) as puller:
        took = until(lambda: puller.described()["entries"] == 60)
    assert took > 1.0


@pytest.mark.req("C5")
def test_many_segments_cost_few_round_trips(house: House, host: VaultHost, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line is not idle for each of them: a quiet night's eight at a time, long ones in pieces."""
    for _ in range(40):
        say_much(house, 2, 400)
        house.stop()
    say_much(house, 3, READ_BYTES_MAX)
    idle: list[str] = []  # questions that were asked while no other was under way: each costs a round trip
    under_way = [0]
    send, receive = NodeLink._send, NodeLink._receive

    def sends(self: NodeLink, question: Asked) -> None:
        if not under_way[0]:
            idle.append(type(question).__name__)
        under_way[0] += 1
        send(self, question)

    def receives(self: NodeLink, wait_s: float) -> Answered:
        under_way[0] -= 1
        return receive(self, wait_s)

    monkeypatch.setattr(NodeLink, "_send", sends)
    monkeypatch.setattr(NodeLink, "_receive", receives)
    with offering(house, host) as node:
        host.add(NodeSettings("chu", node.url_at()))
        puller = LinkPuller(host, host.settings(), host.settings().nodes[0], SystemClock())
        puller.once()
    [found] = verify_vault(copies(host))
    assert (found.intact, found.entries) == (True, 83)
    assert idle.count("Read") <= 20, idle  # 6 for forty openings, the rest for the segment that grows


def test_a_node_with_many_journals_fills_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beginnings are asked for ahead in each journal; of all of them together no more are held than one number says."""
    key = Verifier("n1", Cosigner("x", b"\x05" * 32).key.public)
    link = NodeLink(Pulled("127.0.0.1", 1, key), bytes(32), Pace(0))
    monkeypatch.setattr(link, "numbers", lambda _journal: list(range(1, 31)))

    def reads(questions: Iterator[Read]) -> Iterator[tuple[Read, Bytes]]:
        for question in questions:
            yield question, Bytes(bytes(question.length), OPENING_BYTES)

    monkeypatch.setattr(link, "reads", reads)
    sources = [PulledSource(link, Verifier(f"n{number}", bytes(32))) for number in range(20)]
    for source in sources:
        source.update(Journal("", (30, 0, 0, 0), "", b""))
        assert source.following(1, 30) is None, "no segment here has a header"
    held = link.openings
    assert len(held._held) == OPENINGS_HELD
    assert held.of("n19", 29) is not None
    sources[19].close()
    assert {journal for journal, _ in held._held} == {"n17", "n18"}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a name of a file", "../../evil+{id}+{key}"),
        ("an absolute one", "/etc/passwd"),
        ("a long one", "a" * 200),
        ("an empty one", ""),
        ("a folder", "."),
    ],
)
def test_a_hostile_node_names_no_path(house: House, host: VaultHost, name: str, said: str, tmp_path: Path) -> None:
    """Journals whose name cannot be one are passed over: nothing is written anywhere for them."""
    from contrefeu.proof import Signer
    from contrefeu.vault.link import Journal
    from contrefeu.vault.pull import NodeShipper

    vault = QuotaVault("file:///x", tmp_path / "v", GIB)
    vault.make()
    with offering(house, host) as node:
        link = NodeLink(parse_pulled(node.url_at()), host.seed(), Pace(0))
        shipper = NodeShipper(link, vault, tmp_path / "rights")
        signer = Signer("../../evil", b"\x03" * 32).verifier
        line = said.format(id=signer.key_id.hex(), key=str(signer).rpartition("+")[2])
        before = tree_of(tmp_path / "v")
        shipper.take(Seen("m", [Journal(line, (1, 100, 1, 1), "f", b"")], ""))
        shipper.pull(1 << 30)
        link.close()
    assert tree_of(tmp_path / "v") == before


def test_a_node_that_says_nonsense_is_left(host: VaultHost, tmp_path: Path) -> None:
    """Answers of 4 GiB, of another kind, of noise, or none at all: cut, within the time allowed."""
    from contrefeu.vault.link import LinkCut

    seed = b"\x09" * 32
    from contrefeu.proof import Verifier
    from contrefeu.vault.pins import public_of

    context = tls_context(seed, [host.cosigner().key.public], server=True)
    answers = iter([b"\xff\xff\xff\xff", b"\x00\x00\x00\x03abc", b"\x00\x00\x00\x01\xc0", b""])
    server = socket.create_server(("127.0.0.1", 0))

    def lie() -> None:
        for answer in answers:
            connection, _ = server.accept()
            with context.wrap_socket(connection, server_side=True) as tls:
                tls.recv(4096)
                tls.sendall(answer)

    import threading

    thread = threading.Thread(target=lie, daemon=True)
    thread.start()
    key = Verifier("n1", public_of(seed))
    link = NodeLink(parse_pulled(f"pull+https://127.0.0.1:{server.getsockname()[1]}?key={key}"), host.seed(), Pace(0))
    for _ in range(4):
        with pytest.raises(LinkCut):
            link.look("", 0)
    thread.join(10)
    server.close()


def test_pulling_once_says_how_each_node_stands(house: House, host: VaultHost) -> None:
    """What `vault pull --once` prints."""
    house.say(7)
    with offering(house, host) as node:
        host.add(NodeSettings("chu", node.url_at()))
        [state] = pull_once(host, SystemClock())
    assert (state["node"], state["state"], state["entries"], state["journals"]) == ("chu", "up-to-date", 7, {FOLDER: 7})
