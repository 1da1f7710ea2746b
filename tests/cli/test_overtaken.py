"""A writer that runs learns that its journal is ahead elsewhere, and goes on in a successor: no restart, nothing lost.

Method: the real intake on a home's real journal; what others hold is laid into the home, as copies and exchange do.
"""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from contrefeu.capture import CopiesFile, Intake, VaultIntake
from contrefeu.cli.node import Node
from contrefeu.cli.overtaken import Overtaken
from contrefeu.hospital import AckRule
from contrefeu.journal import MEDIA_HL7V2, JournalFailed, JournalFiles
from contrefeu.proof import Checkpoint, Signer, open_checkpoint
from tests.cli.conftest import Commands
from tests.cli.messages import admission, potassium

Act = Callable[[Node, Intake, Overtaken], Awaitable[None]]
HL7 = ("LAB@CHU", MEDIA_HL7V2)


def running(home: Path, act: Act) -> None:
    """Run *act* beside an intake of the capture journal, as the capture process has it."""

    async def story() -> None:
        node = Node.at(home)
        intake = Intake(node.writer(node.capture_journal), node.clock)
        overtaken = Overtaken(node, intake, lambda held: node.writer(node.capture_journal, held=held))
        try:
            await act(node, intake, overtaken)
        finally:
            intake.close()

    asyncio.run(story())


def future_of(home: Path, elsewhere: Path, more: int) -> bytes:
    """A checkpoint of the capture journal's life that this home forgot: *more* entries, on a copy of it."""
    shutil.copytree(home, elsewhere)

    async def lived(_node: Node, intake: Intake, _overtaken: Overtaken) -> None:
        for number in range(more):
            await intake.append(*HL7, b"lost %d" % number)
        intake.sign()

    running(elsewhere, lived)
    node = Node.at(elsewhere)
    return JournalFiles.of(node.paths.journals, node.capture_journal).checkpoint.read_bytes()


def lay(home: Path, note: bytes, kept: str) -> None:
    """As the processes do that learn it."""
    origin = note.partition(b"\n")[0].decode()
    path = home / kept.format(folder=origin.replace("/", "_"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(note)


@pytest.mark.req("C1", "C2")
@pytest.mark.parametrize(
    "kept",
    ["exchange/vouched/{folder}", "exchange/witnessed/{folder}/w", "vouched/store-x/{folder}.checkpoint"],
)
def test_a_writer_that_is_behind_goes_on_in_a_successor(cli: Commands, tmp_path: Path, kept: str) -> None:
    """What was acknowledged before stays under its reference; what comes next is in the successor, that names it."""
    note = future_of(cli.home, tmp_path / "elsewhere", 5)

    async def story(node: Node, intake: Intake, overtaken: Overtaken) -> None:
        first = node.capture_journal
        assert await intake.append(*HL7, admission()) == f"{first}/1"
        assert not await overtaken.look()
        lay(cli.home, note, kept)
        assert await overtaken.look()
        second = first.replace("-capture", ".2-capture")
        assert await intake.append(*HL7, potassium()) == f"{second}/1"
        assert not await overtaken.look(), "once is enough"
        intake.sign()
        assert [node.entry(ref).body for ref in (f"{first}/1", f"{second}/1")] == [admission(), potassium()]
        files = node.journal_files(second)
        follows = open_checkpoint(files.checkpoint.read_bytes(), [files.verifier()]).follows
        assert follows is not None
        assert follows.origin == first

    running(cli.home, story)


@pytest.mark.parametrize("restarted", [False, True])
def test_another_history_of_what_is_here_is_met_too(cli: Commands, tmp_path: Path, restarted: bool) -> None:
    """The other life is no longer than this one: its root differs at a size that this journal has passed."""
    note = future_of(cli.home, tmp_path / "elsewhere", 3)

    async def lived(_node: Node, intake: Intake, _overtaken: Overtaken) -> None:
        for number in range(8):
            await intake.append(*HL7, b"kept %d" % number)
            intake.sign()

    async def met(node: Node, intake: Intake, overtaken: Overtaken) -> None:
        if not restarted:
            await lived(node, intake, overtaken)
        lay(cli.home, note, "exchange/vouched/{folder}")
        assert await overtaken.look()
        assert ".2-" in intake.journal

    if restarted:
        running(cli.home, lived)
    running(cli.home, met)


def test_what_a_vault_confirms_changes_nothing(cli: Commands) -> None:
    """Each checkpoint that this writer signed, also before it was started again; and any that it did not sign."""

    async def story(node: Node, intake: Intake, overtaken: Overtaken) -> None:
        journal, files = intake.journal, node.journal_files(node.capture_journal)
        for number in range(3):
            await intake.append(*HL7, b"kept %d" % number)
            intake.sign()
            lay(cli.home, files.checkpoint.read_bytes(), "vouched/v/{folder}.checkpoint")
            assert not await overtaken.look()
        forged = Checkpoint(journal, 10_000, b"\1" * 32, 10_000, 1).sign(Signer(journal, b"\1" * 32))
        lay(cli.home, forged, "exchange/vouched/{folder}")
        assert not await overtaken.look()
        assert intake.journal == journal

    async def started_again(_node: Node, intake: Intake, overtaken: Overtaken) -> None:
        assert intake.signed(intake.size) is None
        assert not await overtaken.look()

    running(cli.home, story)
    running(cli.home, started_again)


def test_a_process_without_a_writer_ends(cli: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No successor can be begun on this disk: nothing more is taken, and the supervisor starts the process again."""
    note = future_of(cli.home, tmp_path / "elsewhere", 5)
    monkeypatch.setattr("contrefeu.cli.overtaken.LOOK_S", 0.001)

    def refuses(_held: object) -> None:
        raise OSError(28, "No space left on device")

    async def story() -> None:
        node = Node.at(cli.home)
        intake = Intake(node.writer(node.capture_journal), node.clock)
        stop = asyncio.Event()
        lay(cli.home, note, "exchange/vouched/{folder}")
        await Overtaken(node, intake, refuses).watch(stop)  # type: ignore[arg-type]
        assert stop.is_set()
        told: list[str | None] = []
        intake.follow(told.append)
        assert told == [None]

    asyncio.run(story())


@pytest.mark.req("C1")
def test_who_waits_for_a_vault_is_not_answered_from_the_journal_before(cli: Commands, tmp_path: Path) -> None:
    """Vaults do not take it any more: its senders lose their connection, send again, and are in the successor."""
    note = future_of(cli.home, tmp_path / "elsewhere", 5)

    async def story() -> None:
        node = Node.at(cli.home)
        copies = CopiesFile(tmp_path / "copies.json", node.capture_journal, node.clock)
        waits = AckRule(vault=True, waits=True)
        intake = VaultIntake(node.writer(node.capture_journal), node.clock, copies, lambda _source: waits)
        overtaken = Overtaken(node, intake, lambda held: node.writer(node.capture_journal, held=held))
        waiting = asyncio.ensure_future(intake.append(*HL7, potassium()))
        await asyncio.sleep(0.05)
        assert intake.waiting == 1
        lay(cli.home, note, "exchange/vouched/{folder}")
        assert await overtaken.look()
        with pytest.raises(JournalFailed):
            await waiting
        again = asyncio.ensure_future(intake.append(*HL7, potassium()))
        await asyncio.sleep(0.05)
        folder = intake.journal.replace("/", "_")
        (tmp_path / "copies.json").write_text(f'[{{"state": "up-to-date", "positions": {{"{folder}": 1}}}}]')
        assert await asyncio.wait_for(again, 5) == f"{intake.journal}/1"
        intake.close()

    asyncio.run(story())
