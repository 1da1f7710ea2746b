"""A node asks a vault host for its copy, to try it: all of it comes, nothing else, whatever stands between them.

Method: a real node and a real vault host over TLS on this machine; a proxy that cuts; then the side of the node alone,
given pieces by somebody who lies.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contrefeu.base import FileLock, StorageError
from contrefeu.journal import JournalFiles, verify_journal
from contrefeu.proof import Verifier
from contrefeu.vault import VaultAway, VaultHost, brought_back, public_of
from contrefeu.vault import back as module
from contrefeu.vault.back import ASKED, BACK, LOCK, WISH, Brought, Wish
from contrefeu.vault.link import READ_BYTES_MAX, Give, Wanted
from contrefeu.vault.pace import Pace
from contrefeu.vault.pairing import Pulled
from contrefeu.vault.pulled import GIVE_BYTES_MIN, NodeLink
from tests.vault.house import FOLDER, House
from tests.vault.pulling import Between, copies, made_host, offering, pulling, say_much, until

URL = "pull+https://127.0.0.1:1?key=x"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path / "home")
    house.start()
    yield house
    house.crash()


@pytest.fixture
def host(tmp_path: Path) -> VaultHost:
    return made_host(tmp_path)


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Every file of a copy."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.mark.req("G1", "G3")
def test_the_copy_comes_back_byte_for_byte_and_is_gone_afterwards(house: House, host: VaultHost) -> None:
    """Over the vault host's own connection, while it goes on pulling; what nobody waits for is not asked again."""
    say_much(house, 12, 200_000)
    with offering(house, host) as node, pulling(host, node.url_at()) as puller:
        until(lambda: puller.described()["entries"] == 12)
        with brought_back(node.run, node.url, {FOLDER: (1, 999)}, 4_000_000) as vault:
            assert bytes_of(vault.folder(f"journals/{FOLDER}")) == bytes_of(copies(host).folder(f"journals/{FOLDER}"))
            say_much(house, 1, 1000)
            until(lambda: puller.described()["entries"] == 13)
        node.offers.tidy()
        assert list((node.run / BACK).iterdir()) == []
        assert not (node.run / ASKED / WISH).exists()


@pytest.mark.req("G1")
def test_what_a_node_has_no_more_is_not_brought(house: House, host: VaultHost) -> None:
    """From the first segment that is asked for; of no journal but those."""
    house.crash()
    house.segment_bytes = 300_000
    say_much(house, 9, 200_000)
    with offering(house, host) as node, pulling(host, node.url_at()) as puller:
        until(lambda: puller.described()["entries"] == 9)
        numbers = copies(host).journal(f"journals/{FOLDER}").segments()
        assert len(numbers) > 3
        with brought_back(
            node.run, node.url, {FOLDER: (numbers[2], numbers[-2]), "another": (1, 9)}, 4_000_000
        ) as vault:
            assert JournalFiles(vault.folder(f"journals/{FOLDER}")).segments() == numbers[2:-1]
            assert vault.names("journals") == [FOLDER]


@pytest.mark.req("G1")
def test_what_belongs_to_the_host_stays_there(house: House, host: VaultHost) -> None:
    """Its record of what it let go, what a disk's owner laid beside: the copy comes without it."""
    say_much(house, 2, 1000)
    with offering(house, host) as node, pulling(host, node.url_at()) as puller:
        until(lambda: puller.described()["entries"] == 2)
        folder = copies(host).folder(f"journals/{FOLDER}")
        for name in ("let-go.jsonl", "README.txt", "segments/note.txt", "segments/0000000001.seg.bak"):
            (folder / name).write_bytes(b"of the host")
        with brought_back(node.run, node.url, {FOLDER: (1, 999)}, 4_000_000) as vault:
            assert sorted(bytes_of(vault.folder(f"journals/{FOLDER}"))) == [
                "checkpoint",
                "segments/0000000001.seg",
                "verifier",
            ]


def test_many_small_files_are_not_kept(asked: Callable[..., Brought]) -> None:
    """Each takes a block of the disk, and counts as one."""
    brought = asked(bytes_max=40 * 4096)
    taken = [brought.take(Give("t", "j", f"segments/{number:010d}.seg", 0, b"x")) for number in range(1, 100)]
    assert sum(taken) == 40


@pytest.mark.req("G1")
def test_a_cut_line_costs_no_more_than_the_piece_under_way(
    house: House, host: VaultHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut every few pieces, both sides go on where they were, and what came verifies."""
    say_much(house, 30, 150_000)
    with offering(house, host) as node:
        between = Between(node.port)
        with pulling(host, node.url_at(between.port)) as puller:
            until(lambda: puller.described()["entries"] == 30)
            monkeypatch.setattr(module, "LOOK_S", 0.01)
            between.budget = 6_000  # bytes of answers: some eight pieces, each answered with a word
            cut_before = between.connections
            with brought_back(node.run, node.url, {FOLDER: (1, 999)}, 6_000_000) as vault:
                assert between.connections > cut_before or bytes_of(vault.folder(""))
                found = verify_journal(vault.journal(f"journals/{FOLDER}"))
                assert (found.entries, found.exit_status) == (30, 0)
        between.close()


@pytest.mark.req("G1")
def test_a_long_way_there_and_back_does_not_make_pieces_small(host: VaultHost) -> None:
    """What the way takes is no slowness of the line: the pieces grow, and a copy comes in few of them."""
    node = Pulled("127.0.0.1", 1, Verifier("n1", public_of(bytes(32))))
    link = NodeLink(node, host.seed(), Pace(0))
    for _ in range(12):
        link._size_by(0.2 + link.piece_to_give / 100e6, link.piece_to_give)
    assert link.piece_to_give == READ_BYTES_MAX
    for _ in range(12):  # and then the line is as slow as lines get
        link._size_by(0.2 + link.piece_to_give / 20e3, link.piece_to_give)
    assert link.piece_to_give <= 2 * GIVE_BYTES_MIN


@pytest.mark.req("G1")
def test_a_vault_host_that_brings_nothing_is_said(
    house: House, host: VaultHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody connects: an error after a while, and nothing is left of the question."""
    monkeypatch.setattr(module, "QUIET_S", 0.3)
    with offering(house, host) as node:
        with (
            pytest.raises(VaultAway, match="brought nothing"),
            brought_back(node.run, node.url, {FOLDER: (1, 999)}, 1),
        ):
            pass
        assert not (node.run / ASKED / WISH).exists()


def test_two_do_not_ask_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one waits, and is told so in the end; the first one's copy stays."""
    monkeypatch.setattr(module, "OTHERS_S", 0.2)
    monkeypatch.setattr(module, "_wait", lambda *_: None)
    with brought_back(tmp_path, URL, {}, 1):
        asked = (tmp_path / ASKED / WISH).read_bytes()
        with pytest.raises(StorageError, match="locked"), brought_back(tmp_path, URL, {}, 1):
            pass
        assert (tmp_path / ASKED / WISH).read_bytes() == asked


def test_a_full_disk_is_said_before_anything_comes(tmp_path: Path) -> None:
    """The feeds go first."""
    with pytest.raises(VaultAway, match="GB are free"), brought_back(tmp_path, URL, {}, 1 << 62):
        pass
    assert not (tmp_path / ASKED / WISH).exists()


# The node's side alone.


def _ask(run: Path, wish: bytes) -> None:
    (run / ASKED).mkdir(exist_ok=True)
    (run / ASKED / WISH).write_bytes(wish)


@pytest.fixture
def lock(tmp_path: Path) -> Iterator[FileLock]:
    """Held for as long as somebody waits."""
    (tmp_path / ASKED).mkdir()
    lock = FileLock(tmp_path / ASKED / LOCK)
    with lock:
        yield lock


@pytest.fixture
def asked(tmp_path: Path, lock: FileLock) -> Callable[..., Brought]:
    """The side that takes, after somebody asked."""

    def ask(token: str = "t", bytes_max: int = 8_192, url: str = URL) -> Brought:
        wish = Wish(url, Wanted(token, {"j": (1, 9)}), bytes_max)
        _ask(tmp_path, msgspec.json.encode(wish))
        return Brought(tmp_path, URL)

    return ask


@pytest.mark.req("G3")
@pytest.mark.parametrize(
    "piece",
    [
        Give("other", "j", "verifier", 0, b"x"),
        Give("t", "k", "verifier", 0, b"x"),
        Give("t", "..", "verifier", 0, b"x"),
        Give("t", "j", "../../../x", 0, b"x"),
        Give("t", "j", "segments/../../x", 0, b"x"),
        Give("t", "j", "/etc/x", 0, b"x"),
        Give("t", "j", "segments/1.seg", 0, b"x"),
        Give("t", "j", "verifier", 1, b"x"),
        Give("t", "j", "verifier", -1, b"x"),
        Give("t", "j", "verifier", 0, b"x" * 9_000),
        Give("t", "j", "segments/0000000001.seg", 0, b""),
        Give("t", "j", "let-go.jsonl", 0, b"x"),
    ],
)
def test_what_was_not_asked_for_is_not_kept(tmp_path: Path, asked: Callable[..., Brought], piece: Give) -> None:
    """Another token, journal, name, place or amount."""
    brought = asked()
    assert brought.take(piece) is False
    kept = {p.name for p in (tmp_path / BACK).rglob("*") if p.is_file() and p.suffix != ".came"}
    assert kept <= {"contrefeu-vault"}, "but what says that this is a vault"


@given(st.text(max_size=40), st.text(max_size=40), st.integers(-(2**63), 2**63 - 1), st.binary(max_size=200))
def test_nothing_is_ever_written_outside(
    tmp_path_factory: pytest.TempPathFactory, journal: str, name: str, offset: int, data: bytes
) -> None:
    """Whatever a vault host says."""
    run = tmp_path_factory.mktemp("run")
    _ask(run, msgspec.json.encode(Wish(URL, Wanted("t", {"j": (1, 9)}), 8_192)))
    with FileLock(run / ASKED / LOCK):
        Brought(run, URL).take(Give("t", journal, name, offset, data))
    assert {p.name for p in run.iterdir()} <= {ASKED, BACK}


@pytest.mark.parametrize("journal", ["..", "a/b", "/x", "", ".hidden", "x" * 200])
@pytest.mark.usefixtures("lock")
def test_a_question_that_names_no_journal_is_none(tmp_path: Path, journal: str) -> None:
    """Who asks is another user of this machine, and is believed no more than that."""
    _ask(tmp_path, msgspec.json.encode(Wish(URL, Wanted("t", {journal: (1, 9)}), 8_192)))
    assert Brought(tmp_path, URL).wanted() is None


def test_what_nobody_waits_for_is_not_asked_for(tmp_path: Path, asked: Callable[..., Brought], lock: FileLock) -> None:
    """Another vault's, one that is whole; taken away when who asked is gone."""
    assert asked(url="pull+https://127.0.0.1:2?key=y").wanted() is None
    brought = asked()
    assert brought.wanted() == Wanted("t", {"j": (1, 9)})
    assert brought.take(Give("t", "j", "verifier", 0, b"key"))
    assert brought.take(Give("t"))
    assert (brought.wanted(), brought.take(Give("t", "j", "verifier", 3, b"x"))) == (None, False)
    assert Brought(tmp_path, URL).wanted() is None, "started anew it knows that all came"
    [kept] = (tmp_path / BACK).rglob("verifier")
    assert kept.read_bytes() == b"key"
    lock.release()  # who asked was killed
    assert (brought.wanted(), list((tmp_path / BACK).iterdir())) == (None, [])


def test_what_a_process_left_is_not_taken_for_the_next_copy(tmp_path: Path, asked: Callable[..., Brought]) -> None:
    """Killed before it noted what it took: the next question begins with nothing."""
    assert asked().take(Give("t", "j", "segments/0000000001.seg", 0, b"long ago"))
    for came in (tmp_path / BACK).glob("*.came"):
        came.unlink()
    brought = asked("u")
    assert brought.take(Give("u", "j", "segments/0000000001.seg", 0, b"now"))
    [kept] = (tmp_path / BACK).rglob("*.seg")
    assert kept.read_bytes() == b"now"


def test_a_disk_that_refuses_is_told_to_who_waits(tmp_path: Path, asked: Callable[..., Brought]) -> None:
    """A word in its place, and no further piece is taken."""
    brought = asked()
    assert brought.take(Give("t", "j", "verifier", 0, b"key"))
    [folder] = [p for p in (tmp_path / BACK).iterdir() if p.is_dir()]
    (folder / "journals" / "j" / "segments").write_bytes(b"a file where a folder should be")
    assert brought.take(Give("t", "j", "segments/0000000001.seg", 0, b"x")) is False
    [came] = (tmp_path / BACK).glob("*.came")
    assert "disk did not take" in came.read_text()
    assert brought.take(Give("t", "j", "verifier", 0, b"key")) is False
