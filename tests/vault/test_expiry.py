"""A vault host keeps for its own number of days, whatever the node says, and lets go only when told, with a record.

Method: a journal of several segments, pulled; times of this host's files are set back; what a hostile node can say is
said; then the host's administrator lets go, and the rest is checked and goes on growing.
"""

import os
import shutil
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from contrefeu.base import ManualClock, OperatorError, SystemClock
from contrefeu.journal import JournalFiles, JournalReader
from contrefeu.vault import NodeSettings, VaultHost, due_in, let_go, let_go_of, verify_vault
from contrefeu.vault.directory import DirectoryVault
from contrefeu.vault.expiry import RECORD
from contrefeu.vault.pull import LinkPuller
from tests.vault.house import FOLDER, PAIR, House
from tests.vault.pulling import made_host, offering

DAY_S = 86_400
COUNT = 24


@pytest.fixture
def house(tmp_path: Path) -> House:
    found = House(tmp_path / "home", segment_bytes=1500)
    found.say(COUNT, size=200)
    return found


@pytest.fixture
def host(house: House, tmp_path: Path) -> VaultHost:
    """A vault host that has pulled all of it."""
    found = made_host(tmp_path)
    found.add(NodeSettings("chu", "pull+https://127.0.0.1:1?key=k"))
    assert pulled(house, found) == COUNT
    return found


def pulled(house: House, host: VaultHost) -> int:
    """Pull what there is; the entries that are there then."""
    with offering(house, host) as node:
        puller = LinkPuller(host, host.settings(), NodeSettings("chu", node.url_at()), SystemClock())
        puller.once()
        return int(puller.described()["entries"])


def node_of(host: VaultHost) -> NodeSettings:
    [node] = host.settings().nodes
    return node


def copy_of(host: VaultHost) -> JournalFiles:
    return JournalFiles(host.copies(node_of(host)) / "journals" / FOLDER)


def age(host: VaultHost, numbers: list[int], days: float) -> None:
    """Let this host have written some segments *days* ago."""
    for number in numbers:
        at = SystemClock().now_ns() - int(days * DAY_S * 1e9)
        os.utime(copy_of(host).segment(number), ns=(at, at))


def found_in(host: VaultHost) -> tuple[bool, int, list[str]]:
    [found] = verify_vault(DirectoryVault("file:///copies", host.copies(node_of(host))))
    return found.intact, found.exit_status, [damage.kind for damage in found.damage]


def test_nothing_that_a_node_says_makes_a_segment_older(house: House, host: VaultHost) -> None:
    """Entries of 1970, settings that name a day: this host wrote it today, and today it stays."""
    house.clock.set(10**9)
    house.settings.write_text(house.settings.read_text() + '\n[[vaults]]\nurl = "file:///x?days=1"\n')
    house.say(COUNT, size=200)
    pulled(house, host)
    assert list(due_in(host, node_of(host), SystemClock())) == []
    assert let_go(host, node_of(host), SystemClock()) == []


def test_what_was_kept_for_its_days_goes_with_a_record(house: House, host: VaultHost) -> None:
    """The oldest first, never the last; what is left is checked and is whole, and the record says what is not there."""
    numbers = copy_of(host).segments()
    whole = {number: copy_of(host).segment(number).read_bytes() for number in numbers}
    age(host, [*numbers[:2], numbers[3]], host.settings().days + 1)  # the third is younger: it keeps the fourth
    done = let_go(host, node_of(host), SystemClock())
    assert [(one.segment, one.sha256, one.bytes) for one in done] == [
        (number, sha256(whole[number]).hexdigest(), len(whole[number])) for number in numbers[:2]
    ]
    assert copy_of(host).segments() == numbers[2:]
    assert let_go_of(copy_of(host)) == done
    assert found_in(host) == (True, 0, ["expired"])
    house.say(3)
    assert pulled(house, host) == COUNT + 3
    assert copy_of(host).segments()[0] == numbers[2], "what was let go is not fetched again"
    age(host, copy_of(host).segments(), host.settings().days + 1)
    let_go(host, node_of(host), SystemClock())
    assert len(copy_of(host).segments()) == 1, "the last one stays, however old"
    assert found_in(host) == (True, 0, ["expired"])


def test_what_is_left_opens(house: House, host: VaultHost) -> None:
    """Each segment carries its own key: the entries behind those that were let go are read."""
    numbers = copy_of(host).segments()
    age(host, numbers[:2], host.settings().days + 1)
    last = let_go(host, node_of(host), SystemClock())[-1].last_entry
    reader = JournalReader(copy_of(host), lambda h: PAIR.open(h.keys[0].sealed, h.origin, h.segment))
    read = [entry.sequence for entries in reader.after(last) for entry in entries]
    assert read == list(range(last + 1, COUNT + 1))


def test_a_segment_that_is_gone_and_not_in_the_record_is_missing(host: VaultHost) -> None:
    """Somebody deleted it, or cut the record: exit status 13."""
    numbers = copy_of(host).segments()
    age(host, numbers[:2], host.settings().days + 1)
    let_go(host, node_of(host), SystemClock())
    copy_of(host).segment(numbers[2]).unlink()
    assert found_in(host)[1] == 13
    shutil.rmtree(host.root)


@pytest.mark.parametrize("harm", ["cut", "changed", "gone"])
def test_a_record_that_was_tampered_with_excuses_nothing(host: VaultHost, harm: str) -> None:
    """Each line names the one before it."""
    numbers = copy_of(host).segments()
    age(host, numbers[:3], host.settings().days + 1)
    let_go(host, node_of(host), SystemClock())
    path = copy_of(host).folder / RECORD
    lines = path.read_bytes().splitlines(keepends=True)
    if harm == "changed":
        said = msgspec.json.decode(lines[0])
        lines[0] = msgspec.json.encode(said | {"sha256": "0" * 64}) + b"\n"
    path.write_bytes(b"" if harm == "gone" else b"".join(lines[1:] if harm == "cut" else lines))
    assert found_in(host)[1] == 13


def test_a_hold_keeps_everything(host: VaultHost) -> None:
    """However old it is."""
    age(host, copy_of(host).segments(), 10_000)
    path = host.root / "vault.toml"
    path.write_text(path.read_text().replace("\n\n[[nodes]]", "\nhold = true\n\n[[nodes]]", 1))
    with pytest.raises(OperatorError, match="hold"):
        let_go(host, node_of(host), SystemClock())
    assert len(copy_of(host).segments()) > 4
    clock = ManualClock(0)
    assert list(due_in(host, node_of(host), clock)) == [], "a clock that went back makes nothing due"
