"""Copies follow within a second while the node runs, and never hold up whoever writes.

Method: the real loop in a thread, as `contrefeu up` runs it, beside a writer that appends without pause; what a vault
holds is asked of the vault, and what is said of it is read from the state file.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from contrefeu.vault import DirectoryVault, Vault, follow, make_vault
from tests.vault.house import FOLDER, House, copy_of

LAG_S = 1.0  # C5


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path / "home", segment_bytes=64 << 20)
    house.start()
    yield house
    house.crash()


def add_vault(house: House, name: str) -> Vault:
    """As `contrefeu vault add` does."""
    vault = make_vault(f"file://{house.root.parent}/{name}", outside=house.root)
    house.settings.write_text(house.settings.read_text() + f'\n[[vaults]]\nurl = "{vault.url}"\n')
    return vault


@contextmanager
def following(house: House) -> Iterator[Path]:
    """The loop, until the test is done with it."""
    stop = threading.Event()
    states = house.root / "copies.json"
    thread = threading.Thread(target=follow, args=(house, states, stop.is_set))
    thread.start()
    try:
        yield states
    finally:
        stop.set()
        thread.join(20)
        assert not thread.is_alive()


def said(states: Path) -> list[dict[str, object]]:
    """What the state file says now."""
    return json.loads(states.read_bytes()) if states.exists() else []


def until(claim: Callable[[], bool], seconds: float = 60) -> float:
    """Wait for *claim*; returns how long it took."""
    began = time.monotonic()
    while not claim():
        assert time.monotonic() - began < seconds, "it did not come true"
        time.sleep(0.02)
    return time.monotonic() - began


@pytest.mark.req("C5")
def test_copies_lag_less_than_a_second_behind_a_busy_writer(house: House) -> None:
    """Hundreds of entries in four seconds: at every instant the vault holds all that is a second old."""
    vault = add_vault(house, "vault")
    written: list[tuple[float, int]] = []  # when a byte of the segment was durable
    lags: list[float] = []
    segment = f"journals/{FOLDER}/segments/0000000001.seg"
    with following(house):
        began = time.monotonic()
        while time.monotonic() - began < 4:
            house.say(5, size=200)
            head = house.files.read_head()
            assert head is not None
            written.append((time.monotonic(), head.offset))
            held = vault.size(segment) or 0
            overdue = [at for at, offset in written if offset > held]
            lags.append(time.monotonic() - overdue[0] if overdue else 0.0)
            written = [(at, offset) for at, offset in written if offset > held]
            time.sleep(0.002)
        said_by_then = house.said
    lags.sort()
    assert said_by_then > 100, "it was not busy"
    assert lags[int(len(lags) * 0.99)] < LAG_S
    assert copy_of(vault).entries == house.said


def test_the_state_file_says_what_the_commands_show(house: House) -> None:
    """url, entries, lag_seconds, state, problem: of each vault, and soon after it changed."""
    vault = add_vault(house, "vault")
    house.say(3)
    with following(house) as states:
        until(lambda: [s["entries"] for s in said(states)] == [3])
        [state] = said(states)
        assert {**state, "lag_seconds": 0} == {
            "url": vault.url,
            "entries": 3,
            "lag_seconds": 0,
            "state": "up-to-date",
            "problem": "",
            "positions": {FOLDER: 3},
        }
        assert 0 <= float(str(state["lag_seconds"])) < LAG_S
        house.say(1)
        assert until(lambda: said(states)[0]["entries"] == 4) < 2


def test_a_vault_added_meanwhile_is_taken_up(house: House) -> None:
    """And one that is taken out of the settings is left: no restart."""
    house.say(3)
    before = house.settings.read_text()
    with following(house) as states:
        until(lambda: states.exists() and said(states) == [])
        one = add_vault(house, "one")
        until(lambda: [s["state"] for s in said(states)] == ["up-to-date"])
        two = add_vault(house, "two")
        until(lambda: [s["entries"] for s in said(states)] == [3, 3])
        house.settings.write_text("not TOML [")
        house.say(1)
        until(lambda: [s["entries"] for s in said(states)] == [4, 4])
        house.settings.write_text(before)
        until(lambda: said(states) == [])
    assert copy_of(one).entries == copy_of(two).entries == 4


def test_a_vault_that_is_away_says_since_when(house: House) -> None:
    """Its lag grows while it is away; when it is back it catches up by itself. The other vault is not held up."""
    vault, other = add_vault(house, "vault"), add_vault(house, "other")
    house.say(3)
    place = vault.folder("")
    with following(house) as states:
        until(lambda: [s["entries"] for s in said(states)] == [3, 3])
        place.rename(place.with_name("away"))
        house.say(2)
        until(lambda: [s["state"] for s in said(states)] == ["unreachable", "up-to-date"])
        until(lambda: float(str(said(states)[0]["lag_seconds"])) > 1.5)
        assert "out of reach" in str(said(states)[0]["problem"])
        assert [s["entries"] for s in said(states)] == [3, 5]
        place.with_name("away").rename(place)
        until(lambda: [(s["state"], s["entries"]) for s in said(states)] == [("up-to-date", 5)] * 2)
        assert float(str(said(states)[0]["lag_seconds"])) < LAG_S
    assert copy_of(vault).entries == copy_of(other).entries == 5


def test_a_disk_that_hangs_hangs_nothing_else(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """One vault never answers: the writer writes, the other vault follows, and the loop ends when it is told to."""
    stuck, other = add_vault(house, "stuck"), add_vault(house, "other")
    hanging = threading.Event()
    real = DirectoryVault.identity

    def identity(self: DirectoryVault) -> str:
        if self.url == stuck.url:
            hanging.wait(30)
        return real(self)

    monkeypatch.setattr(DirectoryVault, "identity", identity)
    began = time.monotonic()
    with following(house) as states:
        house.say(20)
        until(lambda: [s["entries"] for s in said(states)] == [0, 20])
        until(lambda: float(str(said(states)[0]["lag_seconds"])) > 1)
    assert time.monotonic() - began < 15
    hanging.set()
    assert copy_of(other).entries == 20


def test_an_address_that_is_none_is_said(house: House) -> None:
    """A typing mistake in the settings shows as a vault out of reach, not as a silence."""
    house.settings.write_text(house.settings.read_text() + '\n[[vaults]]\nurl = "gopher://bucket"\n')
    with following(house) as states:
        until(lambda: [s["state"] for s in said(states)] == ["unreachable"])
        assert "no address" in str(said(states)[0]["problem"])


@pytest.mark.req("C4")
def test_a_refusal_stays_in_the_states(house: House, tmp_path: Path) -> None:
    """`contrefeu status` ends with 10 for as long as it is so."""
    vault = add_vault(house, "vault")
    house.say(3)
    then = house.snapshot(tmp_path / "then")
    house.say(3)
    with following(house) as states:
        until(lambda: [s["entries"] for s in said(states)] == [6])
        house.roll_back(then)
        house.say(1)
        until(lambda: [s["state"] for s in said(states)] == ["refused"])
        house.say(1)
        # A look at the folder while it was being put back finds nothing to keep; the next one, RECHECK_S later, does.
        until(lambda: vault.names("branches") == [f"{FOLDER}.1"])
        [state] = said(states)
        assert (state["state"], state["entries"]) == ("refused", 6)
    assert copy_of(vault).entries == 6


def test_a_defect_of_ours_is_seen_and_survived(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Something nobody foresaw: the states name its kind, and copying begins again."""
    add_vault(house, "vault")
    house.say(2)
    broken = threading.Event()
    broken.set()
    real = DirectoryVault.identity

    def identity(self: DirectoryVault) -> str:
        if broken.is_set():
            raise ZeroDivisionError("with contents that nobody may see")
        return real(self)

    monkeypatch.setattr(DirectoryVault, "identity", identity)
    with following(house) as states:
        until(lambda: [s["problem"] for s in said(states)] == ["ZeroDivisionError"])
        broken.clear()
        until(lambda: [(s["state"], s["entries"]) for s in said(states)] == [("up-to-date", 2)])
