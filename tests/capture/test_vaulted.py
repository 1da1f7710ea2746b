"""`ack = "vault"`: an answer means that a vault gave the entry back, or that the settings say to go on without one.

Method: the real intake and writer, the real copies to a folder that can be taken away; answers are watched.
"""

import asyncio
import os
import statistics
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from contrefeu.base import SystemClock
from contrefeu.capture import CopiesFile, VaultIntake
from contrefeu.capture.vaulted import NO_VAULT_S
from contrefeu.hospital import parse_settings
from contrefeu.journal import MEDIA_HL7V2, Draft
from contrefeu.vault import Vault, follow, make_vault
from tests.vault.house import FOLDER, JOURNAL, House


@pytest.fixture
def house(tmp_path: Path) -> House:
    found = House(tmp_path / "home", clock=SystemClock())  # type: ignore[arg-type]
    found.start()
    return found


@pytest.fixture
def vault(house: House, tmp_path: Path) -> Vault:
    made = make_vault(f"file://{tmp_path}/vault", outside=house.root)
    text = f'[capture]\nack = "vault"\n[[vaults]]\nurl = "{made.url}"\n'
    house.settings.write_text(house.settings.read_text() + text)
    return made


@pytest.fixture
def states(house: House, vault: Vault) -> Iterator[Path]:
    """The copies process's file, while it runs."""
    path = house.root / "copies.json"
    stop = threading.Event()
    thread = threading.Thread(target=follow, args=(house, path, stop.is_set))
    thread.start()
    yield path
    stop.set()
    thread.join()


def intake_of(house: House, states: Path, feeds: str = "", **more: object) -> VaultIntake:
    copies = CopiesFile(states, JOURNAL, house.clock)
    said = {"ack": "vault", "when_no_vault": "wait"} | more
    lines = "".join(f"{key} = {msgspec.json.encode(value).decode()}\n" for key, value in said.items())
    settings = parse_settings(f'[node]\nid = "drill/test"\n[capture]\n{lines}{feeds}')
    return VaultIntake(house.start(), house.clock, copies, settings.ack_rule)


def draft(source: str = "LAB@CHU") -> Draft:
    return Draft(source, MEDIA_HL7V2, b"MSH|...", time.time_ns())


async def offered(intake: VaultIntake, source: str = "LAB@CHU", wait_s: float = 10) -> str | None:
    """What a sender is told, or "no answer"."""
    done: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
    intake.offer(draft(source), done.set_result)
    try:
        return await asyncio.wait_for(asyncio.shield(done), wait_s)
    except TimeoutError:
        return "no answer"


@pytest.mark.req("C1", "D8")
def test_whoever_is_answered_is_in_a_vault(house: House, vault: Vault, states: Path) -> None:
    """At the instant of each answer the vault holds the entry; how long that takes is measured and bounded."""

    async def story() -> list[float]:
        intake = intake_of(house, states)
        took = []
        for number in range(1, 41):
            began = time.monotonic()
            assert await offered(intake) == f"{JOURNAL}/{number}"
            took.append(time.monotonic() - began)
            held = vault.read(f"journals/{FOLDER}/segments/0000000001.seg")
            ours = house.files.segment(1).read_bytes()
            assert ours[: house.files.read_head().offset] == held[: house.files.read_head().offset]  # type: ignore[union-attr]
        assert (intake.waiting, intake.without_vault) == (0, 0)
        return took

    took = asyncio.run(story())
    assert statistics.median(took) < 1


@pytest.mark.req("C1")
def test_without_a_vault_a_sender_waits(house: House, vault: Vault, states: Path, tmp_path: Path) -> None:
    """`when_no_vault = "wait"`: no answer while it is away, one as soon as it is back; nothing is lost in between."""

    async def story() -> None:
        intake = intake_of(house, states)
        assert await offered(intake)
        place = vault.folder("")
        place.rename(tmp_path / "away")
        waiting = asyncio.create_task(offered(intake, wait_s=30))
        await asyncio.sleep(4)
        assert (waiting.done(), intake.no_vault, intake.waiting) == (False, True, 1)
        (tmp_path / "away").rename(place)
        assert await waiting == f"{JOURNAL}/2"
        assert (intake.no_vault, intake.without_vault) == (False, 0)

    asyncio.run(story())


def test_without_a_vault_a_sender_may_be_told_to_go_on(
    house: House, vault: Vault, states: Path, tmp_path: Path
) -> None:
    """`when_no_vault = "disk"`, save for the exceptions: counted, and one sender holds up no other."""

    async def story() -> None:
        intake = intake_of(house, states, when_no_vault="disk", no_vault_exceptions=["ADT@CHU"])
        assert await offered(intake)
        vault.folder("").rename(tmp_path / "away")
        await asyncio.sleep(0.5)
        strict = asyncio.create_task(offered(intake, "ADT@CHU", wait_s=30))
        await asyncio.sleep(0)
        assert await offered(intake, "LAB@CHU") == f"{JOURNAL}/3"
        assert (strict.done(), intake.without_vault, intake.no_vault) == (False, 1, True)
        (tmp_path / "away").rename(vault.folder(""))
        assert await strict == f"{JOURNAL}/2"

    asyncio.run(story())


def test_each_feed_has_its_own_rule(house: House, vault: Vault, states: Path, tmp_path: Path) -> None:
    """One is answered from the disk at once, one waits for a vault, one goes on without: whatever `[capture]` says."""
    feeds = """
[feeds.labo]
senders = ["LAB@CHU"]
ack = "disk"
[feeds.adt]
senders = ["ADT@CHU"]
when_no_vault = "wait"
[feeds.images]
senders = ["PACS@CHU"]
when_no_vault = "disk"
"""

    async def story() -> None:
        intake = intake_of(house, states, feeds, when_no_vault="disk", no_vault_exceptions=["PACS@CHU"])
        assert await offered(intake, "ADT@CHU") == f"{JOURNAL}/1"
        vault.folder("").rename(tmp_path / "away")
        await asyncio.sleep(0.5)
        strict = asyncio.create_task(offered(intake, "ADT@CHU", wait_s=30))
        await asyncio.sleep(0)
        assert await offered(intake, "LAB@CHU", wait_s=1) == f"{JOURNAL}/3"
        assert await offered(intake, "PACS@CHU") == f"{JOURNAL}/4"
        assert (strict.done(), intake.without_vault, intake.waiting, intake.no_vault) == (False, 1, 1, True)
        (tmp_path / "away").rename(vault.folder(""))
        assert await strict == f"{JOURNAL}/2"
        assert intake.no_vault is False

    asyncio.run(story())


def test_one_feed_alone_may_wait_for_a_vault(house: House, vault: Vault, states: Path) -> None:
    """`[capture]` says disk, one feed says vault; what was refused is answered in its turn, behind what waits."""

    async def story() -> None:
        feeds = '[feeds.adt]\nsenders = ["ADT@CHU"]\nack = "vault"\n'
        intake = intake_of(house, states, feeds, ack="disk")
        told: list[str | None] = []
        intake.offer(draft("ADT@CHU"), told.append)
        intake.follow(told.append)
        intake.offer(draft("LAB@CHU"), told.append)
        deadline = time.monotonic() + 10
        while len(told) < 3 and time.monotonic() < deadline:
            await asyncio.sleep(0.005)
        assert told == [f"{JOURNAL}/2", f"{JOURNAL}/1", ""]
        held = vault.read(f"journals/{FOLDER}/segments/0000000001.seg")
        assert len(held) >= house.files.read_head().offset  # type: ignore[union-attr]

    asyncio.run(story())


def test_a_copies_process_that_says_nothing_is_no_vault(house: House, tmp_path: Path) -> None:
    """No file, or an old one: what it says is not believed."""
    copies = CopiesFile(tmp_path / "copies.json", JOURNAL, house.clock)
    assert (copies.standing().sequence, copies.standing().there) == (0, False)
    (tmp_path / "copies.json").write_text(f'[{{"state": "up-to-date", "positions": {{"{FOLDER}": 7}}}}]')
    assert (copies.standing().sequence, copies.standing().there) == (7, True)
    os.utime(tmp_path / "copies.json", (time.time() - 60, time.time() - 60))
    assert copies.standing().there is False


@pytest.mark.parametrize("state", ["up-to-date", "catching-up"])
def test_a_vault_that_hangs_or_is_hours_behind_stops_no_feed(house: House, tmp_path: Path, state: str) -> None:
    """Its state says that it is there; who may go on does, after one wait and not one a message, and it is counted."""
    states = tmp_path / "copies.json"

    def say(lag_s: float) -> None:
        states.write_text(f'[{{"state": "{state}", "lag_seconds": {lag_s}, "positions": {{"{FOLDER}": 0}}}}]')

    async def story() -> None:
        intake = intake_of(house, states, when_no_vault="disk", no_vault_exceptions=["ADT@CHU"])
        say(0.4)
        assert await offered(intake, wait_s=4) == "no answer"  # it is near: it is waited for
        say(24.7)
        strict = asyncio.create_task(offered(intake, "ADT@CHU", wait_s=30))
        await asyncio.sleep(0)
        answers = [await offered(intake, wait_s=20) for _ in range(20)]
        assert answers == [f"{JOURNAL}/{number}" for number in range(3, 23)]
        assert (strict.done(), intake.without_vault, intake.no_vault) == (False, 21, True)
        states.write_text(f'[{{"state": "{state}", "lag_seconds": 1.0, "positions": {{"{FOLDER}": 30}}}}]')
        assert await strict == f"{JOURNAL}/2"

    began = time.monotonic()
    asyncio.run(story())
    assert time.monotonic() - began < 20 * NO_VAULT_S  # one wait for each of twenty messages


def test_a_refused_journal_is_answered_by_no_vault(house: House, tmp_path: Path) -> None:
    """A vault that holds another history of the journal holds nothing of this one."""
    (tmp_path / "copies.json").write_text('[{"state": "refused", "positions": {}}]')
    standing = CopiesFile(tmp_path / "copies.json", JOURNAL, house.clock).standing()
    assert (standing.sequence, standing.there) == (0, False)


def test_who_still_waits_when_the_node_stops_is_not_answered(house: House, tmp_path: Path) -> None:
    """Its message is on disk; it sends it again, and that is a repeat."""

    async def story() -> list[str | None]:
        intake = intake_of(house, tmp_path / "none.json")
        told: list[str | None] = []
        intake.offer(draft(), told.append)
        intake.follow(told.append)
        await asyncio.sleep(0.05)
        assert told == []
        house.writer = None
        intake.close()
        return told

    assert asyncio.run(story()) == [None, None]
