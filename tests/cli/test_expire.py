"""`contrefeu keys expire`: what has outlived its time ends in the custodians' hands, calmly; nothing else ever does.

Method: commands in this process on a home with two vaults; time passes by writing the journals under another clock.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contrefeu.base import ManualClock
from contrefeu.cli.node import Node
from contrefeu.custody import expiring
from contrefeu.journal import JournalFiles, open_expiry
from contrefeu.proof import Cosigner, Signer
from contrefeu.vault.vouched import VouchedBy, note_held
from tests.cli.conftest import Commands
from tests.cli.messages import admission
from tests.cli.test_keys import DAY_S, live, shares

KEPT_DAYS = 5
LIVED_DAYS = 9


@pytest.fixture
def home(cli: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Commands:
    """A home that lived for nine days, is to keep five, and is copied twice."""
    monkeypatch.setattr("contrefeu.hospital.parsing.KEPT_DAYS_MIN", 3)
    with (cli.home / "contrefeu.toml").open("a") as settings:
        settings.write(f"[retention]\nfeeds_days = {KEPT_DAYS}\n")
    live(cli.home, LIVED_DAYS)
    for name in "ab":
        cli("vault", "add", f"file://{tmp_path / name}")
    cli.told("vault", "copy")
    return cli


def some(cli: Commands) -> list[Path]:
    return shares(cli.home.parent / "home-shares", 1, 3, 5)


def capture(cli: Commands) -> JournalFiles:
    node = Node.at(cli.home)
    return node.journal_files(node.capture_journal)


def kinds(told: dict[str, Any]) -> list[tuple[str, int, int]]:
    return [(d["kind"], d["first_entry"], d["last_entry"]) for d in told["damage"]]


@pytest.mark.req("C6", "F42")
def test_what_has_outlived_its_time_ends_and_everything_says_so_calmly(home: Commands, tmp_path: Path) -> None:
    """Bytes, sealed keys and grants are gone; the rest verifies, is proved, copied, restored and gone on with."""
    (tmp_path / "first.checkpoint").write_bytes(capture(home).checkpoint.read_bytes())
    [due] = home.told("keys", "expire", status=10)["due"]
    assert (due["segments"], due["last_entry"]) == (4, 4), "five days are lived behind the fourth"
    before = {number: capture(home).segment(number).read_bytes() for number in capture(home).segments()}
    [ended] = home.told("keys", "expire", "--shares", *some(home))["expired"]
    assert (ended["segments"], ended["last_entry"]) == (4, 4)
    assert home.told("keys", "expire") == {"due": [], "expired": []}
    files = capture(home)
    assert files.segments() == [number for number in before if number > 4]
    left = b"".join(path.read_bytes() for path in home.home.rglob("*") if path.is_file())
    assert not [number for number in range(1, 5) if before[number][200:1500] in left], "its sealed keys are nowhere"
    told = home.told("journal", "verify")
    assert told["intact"]
    assert kinds(told) == [("expired", 1, 4)]
    journal = files.verifier().name
    assert [one["seq"] for one in home.told("journal", "show", "--journal", journal)["entries"]] == [5, 6, 7, 8, 9]
    ran = home("journal", "show", "--entry", f"{journal}/2", "--raw", "--shares", *some(home))
    assert (ran.status, "journal-ended" in ran.err) == (14, True)
    assert home.told("journal", "prove", "--entry", f"{journal}/9")["frame_path"]
    assert home.told("journal", "consistency", "--from", tmp_path / "first.checkpoint")
    said = home.told("journal", "show", "--journal", Node.at(home.home).station_journal)["entries"]
    assert said[-1]["source"] == "console"


@pytest.mark.req("C6", "F42")
def test_vaults_old_and_new_take_it_calmly_and_a_restore_does(home: Commands, filed: Callable, tmp_path: Path) -> None:
    """Old copies are whole, repair brings nothing back, a vault that comes later begins behind it; so does a home."""
    home.told("keys", "expire", "--shares", *some(home))
    home.told("import", filed("1.hl7", admission()))
    home("vault", "add", f"file://{tmp_path / 'late'}")
    home.told("vault", "copy")
    for name, expired in (("a", []), ("late", [("expired", 1, 4)])):
        told = home.told("vault", "verify", f"file://{tmp_path / name}")
        assert (told["intact"], kinds(told)) == (True, expired)
    tested = {one["url"]: one["state"] for one in home.told("vault", "selftest")["vaults"]}
    assert set(tested.values()) == {"same"}, "nobody asks a copy for what has ended"
    assert home.told("vault", "repair")["repaired"] == []
    assert 1 not in capture(home).segments()
    restored = home.at(tmp_path / "restored")
    arguments = ("restore", "--from", f"file://{tmp_path / 'late'}", "--to", restored.home, "--shares", *some(home))
    assert home.told(*arguments)["entries"]
    assert kinds(restored.told("journal", "verify")) == [("expired", 1, 4)]
    assert restored.told("find", "B")["patients"]
    whole = home.at(tmp_path / "from a")
    arguments = ("restore", "--from", f"file://{tmp_path / 'a'}", "--to", whole.home, "--shares", *some(home))
    assert home.told(*arguments)["entries"]
    assert kinds(whole.told("journal", "verify")) == [("expired", 1, 4)], "a restore does not bring it back"
    (tmp_path / "late" / "journals" / capture(home).folder.name / "expired").unlink()
    assert home("vault", "verify", f"file://{tmp_path / 'late'}").status == 13, "without the note it is missing"


@pytest.mark.req("C6", "F38", "F42")
def test_nothing_ends_on_an_error_state(home: Commands, tmp_path: Path) -> None:
    """Downtime, a recovery, damage, a vault away, one that lacks it, too few, other shares: nothing is touched."""
    files = capture(home)
    before = {path: path.read_bytes() for path in files.segments_folder.iterdir()}

    def refused(what: str) -> None:
        ran = home("keys", "expire", "--shares", *some(home))
        assert (ran.status, what in ran.err, "Nothing was destroyed" in ran.err) == (14, True, True), ran.err
        assert {path: path.read_bytes() for path in before} == before

    home("downtime", "declare")
    refused("downtime")
    home("downtime", "lift")
    home("keys", "hold", "--reason", "recovery")
    refused("recovery")
    home("keys", "release")
    home("vault", "copy")
    vault = tmp_path / "a"
    vault.rename(tmp_path / "away")
    refused("cannot be checked")
    (tmp_path / "away").rename(vault)
    copied = JournalFiles(vault / "journals" / files.folder.name)
    kept = copied.segment(9).read_bytes()
    copied.segment(2).rename(tmp_path / "gone")
    refused("does not hold")
    (tmp_path / "gone").rename(copied.segment(2))
    assert kept == copied.segment(9).read_bytes()
    text = (home.home / "contrefeu.toml").read_text()
    (home.home / "contrefeu.toml").write_text(text[: text.rindex("[[vaults]]")])
    refused("2 vaults")
    (home.home / "contrefeu.toml").write_text(text)
    damaged = before[files.segment(7)]
    files.segment(7).write_bytes(damaged.replace(b"CF\0\0", b"XF\0\0"))
    ran = home("keys", "expire", "--shares", *some(home))
    assert (ran.status, "not whole" in ran.err) == (14, True)
    files.segment(7).write_bytes(damaged)
    other = tmp_path / "other"
    home.at(other / "home")("init", "--shares-out", other / "shares")
    ran = home("keys", "expire", "--shares", *shares(other / "shares", 1, 2, 3))
    assert (ran.status, "in force" in ran.err) == (14, True)
    assert {path: path.read_bytes() for path in before} == before


def offered_to_a_host(home: Commands, first: str) -> Cosigner:
    """Have in the settings the vault at *first* and a vault host, which is returned."""
    host = Cosigner("vault-b", bytes(32))
    url = f"pull+https://127.0.0.1:2577?key={host.key}"
    text = (home.home / "contrefeu.toml").read_text()
    vaults = "".join(f'[[vaults]]\nurl = "{one}"\n' for one in (first, url))
    (home.home / "contrefeu.toml").write_text(text[: text.index("[[vaults]]")] + vaults)
    return host


def refused(home: Commands) -> str:
    """Why nothing ended; no segment went."""
    before = capture(home).segments()
    ran = home("keys", "expire", "--shares", *some(home))
    assert (ran.status, capture(home).segments()) == (14, before)
    return ran.err


@pytest.mark.req("C6", "F42")
def test_a_vault_that_pulls_counts_by_what_it_cosigned_itself(home: Commands, tmp_path: Path) -> None:
    """What another vault showed, or another host cosigned, is not held by one that never connected (S11)."""
    first = f"file://{tmp_path / 'a'}"
    host = offered_to_a_host(home, first)
    journals, note = Node.at(home.home).paths.journals, capture(home).checkpoint.read_bytes()
    journal = capture(home).verifier().name
    text = note.decode().rpartition("\n\n")[0] + "\n"
    stranger = Cosigner("vault-c", b"c" * 32)
    note_held(journals, first, [note])
    assert VouchedBy(journals, stranger.key).note(journal, note + stranger.cosignature_line(text, 1).encode())
    assert "does not hold" in refused(home)
    assert VouchedBy(journals, host.key).note(journal, note + host.cosignature_line(text, 1).encode())
    assert [one["last_entry"] for one in home.told("keys", "expire", "--shares", *some(home))["expired"]] == [4]


@pytest.mark.req("C6", "F42")
def test_two_addresses_of_one_copy_are_one_vault(home: Commands, tmp_path: Path) -> None:
    """A folder that is reached in two ways is lost once."""
    shutil.rmtree(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    assert "there are 1" in refused(home)


@pytest.mark.req("F38", "F42")
def test_a_clock_that_jumped_ends_nothing(cli: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Years ahead, and back: one day was lived, whatever it is called."""
    monkeypatch.setattr("contrefeu.hospital.parsing.KEPT_DAYS_MIN", 3)
    with (cli.home / "contrefeu.toml").open("a") as settings:
        settings.write("[retention]\nfeeds_days = 5\n")
    live(cli.home, 4)
    node = Node.at(cli.home)
    for years in (20, 0):
        node.clock = ManualClock(Node.at(cli.home).clock.now_ns() + years * 365 * DAY_S * 10**9)
        node.reading_keys().make_ahead(node.clock.now_ns())
        node.writer(node.capture_journal).close()
    assert cli.told("keys", "expire") == {"due": [], "expired": []}


@pytest.mark.req("C4", "F42")
def test_a_writer_alone_can_end_nothing(home: Commands) -> None:
    """A machine that was taken over deletes, and signs that it may: `missing`, and the custodians did not."""
    home.told("keys", "expire", "--shares", *some(home))
    files, node = capture(home), Node.at(home.home)
    note, verifier = files.expired.read_bytes(), files.verifier()
    expiry = open_expiry(note, verifier, node.custodians())
    seed = node.paths.signing_seed("capture").read_bytes()
    files.expired.write_bytes(expiry.sign(Signer(verifier.name, seed), Signer("recovery", bytes(32))))
    assert kinds(home.told("journal", "verify", status=13)) == [("missing", 1, 4)]
    files.expired.write_bytes(note)
    gone = files.segments()[0]
    files.segment(gone).unlink()
    assert kinds(home.told("journal", "verify", status=13)) == [("missing", 1, gone)], "more is gone than was signed"


@pytest.mark.req("F42")
@pytest.mark.parametrize("stop_at", [0, 3, 4, 5, 6, 8, 9, 11, 12])
def test_interrupted_anywhere_it_is_done_again(home: Commands, monkeypatch: pytest.MonkeyPatch, stop_at: int) -> None:
    """Killed behind any step: verify finds a whole journal or a calm end, and the same command finishes."""
    steps = 0

    def stopping(name: str) -> None:
        real = getattr(expiring, name)

        def step(*given: object, **named: object) -> object:
            nonlocal steps
            if steps == stop_at:
                raise KeyboardInterrupt
            steps += 1
            return real(*given, **named)

        monkeypatch.setattr(expiring, name, step)

    with monkeypatch.context():
        for name in ("write_file", "_set_out_of_use", "erase"):
            stopping(name)
        home("keys", "expire", "--shares", *some(home))
    assert steps == stop_at, "it was interrupted"
    monkeypatch.undo()
    monkeypatch.setattr("contrefeu.hospital.parsing.KEPT_DAYS_MIN", 3)
    told = home.told("journal", "verify")
    assert {d["kind"] for d in told["damage"]} <= {"expired"}
    home.told("keys", "expire", "--shares", *some(home))
    assert kinds(home.told("journal", "verify")) == [("expired", 1, 4)]
    assert not list(capture(home).segments_folder.glob("*.ended"))


def test_what_is_kept_too_shortly_is_no_setting(cli: Commands) -> None:
    """Thirteen months at least, or for ever."""
    with (cli.home / "contrefeu.toml").open("a") as settings:
        settings.write("[retention]\naudit_days = 395\n")
    ran = cli("status")
    assert ran.status != 0
    assert "retention.audit_days" in ran.err
    shutil.rmtree(cli.home)
