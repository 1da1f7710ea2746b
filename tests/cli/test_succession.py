"""A home whose journal is damaged, or was put back from a backup, takes its feeds all the same, and says so.

Method: the commands, on a home with a vault beside it.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from contrefeu.cli.node import Node
from contrefeu.cli.separation import _writer_of
from contrefeu.journal import JournalFiles
from contrefeu.proof import Checkpoint, Signer
from tests.cli.conftest import Commands
from tests.cli.messages import admission, potassium

File = Callable[[str, bytes], Path]


def segment(home: Path, journal: str) -> Path:
    """The first segment of a journal."""
    return JournalFiles.of(home / "journals", journal).segment(1)


@pytest.mark.req("C1", "C2")
def test_a_damaged_journal_is_left_and_the_feed_goes_on(cli: Commands, filed: File) -> None:
    """What comes goes to a successor, is charted, and `status` names both until the damaged one is put right."""
    first = Node.at(cli.home).capture_journal
    cli.told("import", filed("1.hl7", admission()))
    path = segment(cli.home, first)
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"CF\0\0", b"XF\0\0"))
    told = cli.told("import", filed("2.hl7", potassium()))
    second = Node.at(cli.home).capture_journal
    assert (second, told["journaled"], told["charted"]) == (first.replace("-capture", ".2-capture"), 1, 1)
    status = cli.told("status", status=10)
    assert status["succeeded"] == {first: second}
    journals = {journal["id"]: journal for journal in status["journals"]}
    assert (journals[second]["follows"], journals[first]["follows"]) == (first, "")
    assert f"{first} is damaged or short; {second} goes on in its place" in cli("status").out.decode()
    path.write_bytes(whole)
    assert cli.told("status")["succeeded"] == {}
    assert cli.told("import", filed("3.hl7", potassium("OTHER")))["journaled"] == 1
    assert Node.at(cli.home).capture_journal == second, "the one that was begun is gone on with"
    assert cli.told("journal", "verify")["intact"]


@pytest.mark.req("C6")
def test_a_home_put_back_from_a_backup_forks_nothing_that_its_vault_holds(
    cli: Commands, filed: File, tmp_path: Path
) -> None:
    """The vault is asked before the first entry is written: the copy stays whole, and takes the successor too."""
    url = f"file://{tmp_path / 'vault'}"
    cli.told("vault", "add", url)
    cli.told("import", filed("1.hl7", admission()))
    cli.told("vault", "copy")
    shutil.copytree(cli.home, tmp_path / "backup")
    cli.told("import", filed("2.hl7", potassium()))
    cli.told("vault", "copy")
    held = cli.told("vault", "verify", url)["entries"]
    shutil.rmtree(cli.home)
    shutil.copytree(tmp_path / "backup", cli.home)
    first = f"{Node.at(cli.home).settings.node.id}-capture"
    cli.told("import", filed("3.hl7", potassium("AFTER")))
    second = Node.at(cli.home).capture_journal
    assert second == first.replace("-capture", ".2-capture")
    cli("vault", "copy")
    kept = cli.told("vault", "verify", url, status=cli("vault", "verify", url).status)
    assert kept["entries"] > held, "both are in the vault"
    assert JournalFiles.of(tmp_path / "vault" / "journals", second).segments() == [1]


@pytest.mark.req("C6")
@pytest.mark.parametrize(
    "kept",
    [
        "exchange/vouched/{folder}",
        "exchange/witnessed/{folder}/a-witness",
        "vouched/vault-b/{folder}.checkpoint",
    ],
)
def test_journals_put_back_are_behind_what_a_peer_a_witness_or_a_vault_had(
    cli: Commands, filed: File, tmp_path: Path, kept: str
) -> None:
    """What others vouched for lies in the home: journals that are put back alone are met by it at the next start."""
    cli.told("import", filed("1.hl7", admission()))
    shutil.copytree(cli.home / "journals", tmp_path / "before")
    cli.told("import", filed("2.hl7", potassium()))
    first = Node.at(cli.home).capture_journal
    files = JournalFiles.of(cli.home / "journals", first)
    place = cli.home / kept.format(folder=files.folder.name)
    place.parent.mkdir(parents=True)
    shutil.copy(files.folder / "checkpoint", place)
    shutil.rmtree(cli.home / "journals")
    shutil.copytree(tmp_path / "before", cli.home / "journals")
    assert cli.told("import", filed("3.hl7", potassium("AFTER")))["journaled"] == 1
    assert Node.at(cli.home).capture_journal == first.replace("-capture", ".2-capture")
    assert {d["kind"] for d in cli.told("journal", "verify", status=12)["damage"]} == {"rolled-back"}


@pytest.mark.req("C6")
def test_a_machine_put_back_whole_meets_what_its_witness_cosigned(cli: Commands, filed: File, tmp_path: Path) -> None:
    """Not a file of the home remembers; the share where the witness answers does, and the next start reads it."""
    box = tmp_path / "box"
    box.mkdir()
    other = cli.at(tmp_path / "other")
    other.told("init", "--facility", "Elsewhere", "--shares-out", tmp_path / "other-shares")
    with (cli.home / "contrefeu.toml").open("a") as settings:
        settings.write(f'[witness]\nfolders = ["{box}", "{tmp_path / "unplugged"}"]\n')
    cli.told("import", filed("1.hl7", admission()))
    shutil.copytree(cli.home, tmp_path / "image")
    cli.told("import", filed("2.hl7", potassium()))
    other.told("journal", "cosign", box)
    cli.told("journal", "witness", box, "--key", next(box.glob("*.witness")))
    other("journal", "cosign", box, *(f"--log={path}" for path in box.glob("*.verifier")))
    cli.told("journal", "witness", box)
    shutil.rmtree(cli.home)
    shutil.copytree(tmp_path / "image", cli.home)
    first = Node.at(cli.home).capture_journal
    assert cli.told("import", filed("3.hl7", potassium("AFTER")))["journaled"] == 1
    assert Node.at(cli.home).capture_journal == first.replace("-capture", ".2-capture")
    assert {d["kind"] for d in cli.told("journal", "verify", status=12)["damage"]} == {"rolled-back"}


def test_what_anybody_lays_somewhere_takes_no_name_and_begins_nothing(cli: Commands, filed: File) -> None:
    """What the journal's key did not sign: the journal is gone on with, and no successor's name is taken."""
    cli.told("import", filed("1.hl7", admission()))
    first = Node.at(cli.home).capture_journal
    second = first.replace("-capture", ".2-capture")
    forger = Signer(first, b"\x01" * 32)
    place = cli.home / "vouched" / "store-x"
    place.mkdir(parents=True)
    for name in (first, second):
        note = Checkpoint(name, 10_000, b"\x02" * 32, 10_000, 1).sign(forger)
        (place / f"{name}.checkpoint").write_bytes(note)
    assert cli.told("import", filed("2.hl7", potassium()))["journaled"] == 1
    assert Node.at(cli.home).capture_journal == first
    files = JournalFiles.of(cli.home / "journals", first)
    last = files.segment(files.segments()[-1])
    last.write_bytes(last.read_bytes().replace(b"CF\0\0", b"XF\0\0"))
    cli.told("import", filed("3.hl7", potassium("AFTER")))
    assert Node.at(cli.home).capture_journal == second


def test_a_vault_that_does_not_answer_holds_up_no_feed(cli: Commands, filed: File, tmp_path: Path) -> None:
    """Unplugged: the journal is written as if there were none."""
    url = f"file://{tmp_path / 'vault'}"
    cli.told("vault", "add", url)
    shutil.rmtree(tmp_path / "vault")
    first = Node.at(cli.home).capture_journal
    assert cli.told("import", filed("1.hl7", admission()))["journaled"] == 1
    assert Node.at(cli.home).capture_journal == first


@pytest.mark.parametrize(
    ("folder", "owner"),
    [
        ("drill_n1-capture", "capture"), ("drill_n1.2-capture", "capture"), ("drill_n1.2-watch", "reader"),
        ("drill_n1.3-audit", "web"), ("drill_n2.2-capture", "exchange"), ("drill_n12-station", "exchange"),
    ],
)  # fmt: skip
def test_a_successor_is_its_writers_as_the_first_was(folder: str, owner: str) -> None:
    """Where each process has a user of its own, whoever wrote the first journal may write the next."""
    assert _writer_of(folder, "drill/n1") == owner
