"""What `journal verify` and `vault verify` report, over one journal or many."""

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from contrefeu.base import OperatorError
from contrefeu.custody import HomePaths, known_recovery_keys
from contrefeu.journal import JournalFiles, NoJournal, Verified, journals_in, keyless_in, verify_journal
from contrefeu.proof import ProofMismatch

VAULTS_S_MAX = 60.0  # who checks a journal waits for a disk that starts to turn, or a store that is far


@dataclass(slots=True)
class Report:
    """The sum over journals: the gravest exit status, all the damage."""

    entries: int = 0
    checkpoint: dict[str, Any] = field(default_factory=dict)
    damage: list[dict[str, Any]] = field(default_factory=list)
    journals: list[dict[str, Any]] = field(default_factory=list)
    witnesses: list[dict[str, Any]] = field(default_factory=list)  # who vouches, up to which entry, since when
    keyless: list[str] = field(default_factory=list)  # folders of journals without their writer's public key
    absent: list[str] = field(default_factory=list)  # journals of a node whose settings are there, and they are not
    intact: bool = True
    exit_status: int = 0


def report_of(found: Iterable[Verified]) -> Report:
    """Put several checks together; `checkpoint` is keyed by journal."""
    report = Report()
    for one in found:
        report.entries += one.entries
        report.intact = report.intact and one.intact
        report.exit_status = gravest(report.exit_status, one.exit_status)
        report.damage += [asdict(d) for d in one.damage]
        report.keyless += [one.journal] if one.keyless else []
        point = one.checkpoint
        if point is not None:
            report.checkpoint[one.journal] = {
                "size": point.size,
                "root": point.root.hex(),
                "entries": point.entries,
            }
        report.journals.append({"journal": one.journal, "entries": one.entries, "intact": one.intact})
    return report


def verify_folder(home: Path, directory: Path | None, key: Path | None, checkpoints: Sequence[Path] = ()) -> Report:
    """Check one journal's folder, or all those in a folder, or a home's; a home's against its vaults too.

    Raises:
        OperatorError: There is no journal there, or a checkpoint is of none of those that are.
    """
    folder = directory or home / "journals"
    journals = [JournalFiles(folder)] if (folder / "segments").is_dir() else _journals_under(folder)
    if not journals and (folder / "journals").is_dir():
        journals = _journals_under(folder / "journals")
    if not journals:
        raise OperatorError(f"There is no journal in {folder}.", next="Name the folder of a journal, or --home.")
    if key is not None:
        _compare_key(journals, key)
    held = {} if directory else _held_elsewhere(home)
    for name, note in _kept(journals, checkpoints):
        held.setdefault(name, []).append(note)
    custodians = [key.authority for key in known_recovery_keys(HomePaths(home).recovery_notes)]
    witnessed = [] if directory else _held_by_witnesses(home, held)
    report = report_of(
        verify_journal(files, held_elsewhere=held.get(files.folder.name, ()), writing=True, custodians=custodians)
        for files in journals
    )
    sound = {journal["journal"]: journal["intact"] for journal in report.journals}
    report.witnesses = [one for one in witnessed if sound.get(one["journal"])]
    return report


def _journals_under(folder: Path) -> list[JournalFiles]:
    """All of them, without their public key too: that is damage."""
    return [*journals_in(folder), *keyless_in(folder)]


def verify_copies(url: str, credentials: Path | None, checkpoints: Sequence[Path] = ()) -> Report:
    """Check the copies in a vault.

    Raises:
        OperatorError: A checkpoint is of none of them.
    """
    from contrefeu.vault import absent_from, copies_in, file_name, newest_settings, open_vault, verify_vault

    vault = open_vault(url, credentials)
    held: dict[str, list[bytes]] = {}
    if checkpoints:
        for folder, note in _kept(copies_in(vault), checkpoints):
            held.setdefault(folder, []).append(note)
    report = report_of(verify_vault(vault, held))
    nodes = [settings for settings, _versions in newest_settings(vault)]
    there = {journal["journal"] for journal in report.journals}
    report.absent = [name for name in absent_from(nodes, there) if file_name(name) not in report.keyless]
    report.exit_status = gravest(report.exit_status, 10 if report.absent else 0)
    return report


def say_lost(keyless: Sequence[str], absent: Sequence[str]) -> None:
    """What cannot be checked, and what is not there at all."""
    from contrefeu.cli.door import say

    for folder in keyless:
        say(f"  no public key: {folder}/verifier is missing or altered, so nothing of this journal can be checked")
    if keyless:
        say("  Put that file back from a home, a station or a vault that has the journal: a false one opens nothing.")
    for journal in absent:
        say(f"  ABSENT: {journal} is not in this vault, and its node's settings are")


def _kept(journals: list[JournalFiles], checkpoints: Sequence[Path]) -> Iterator[tuple[str, bytes]]:
    """The checkpoints in these files, each with the folder of the journal that it names."""
    folders = {}
    for files in journals:
        with contextlib.suppress(NoJournal, ProofMismatch):  # the check will say so
            folders[files.verifier().name] = files.folder.name
    for path in checkpoints:
        try:
            note = path.read_bytes()
        except (FileNotFoundError, IsADirectoryError):
            raise OperatorError(f"There is no checkpoint {path.name}.", safe="Nothing was checked.") from None
        origin = note.split(b"\n", 1)[0].decode("utf-8", "replace")
        # One journal alone is held against whatever is given: an altered first line must not excuse it.
        folder = folders.get(origin) or (journals[0].folder.name if len(journals) == 1 else None)
        if folder is None:
            raise OperatorError(
                f"The checkpoint in {path.name} is of no journal here.",
                safe="Nothing was checked.",
                next="Name the folder of one journal, and the checkpoints kept of it.",
            )
        yield folder, note


def _held_elsewhere(home: Path) -> dict[str, list[bytes]]:
    """Signed checkpoints that vaults and peers hold of the home's journals; who is out of reach says nothing."""
    from contrefeu.cli.held import held_elsewhere
    from contrefeu.cli.node import Node

    if not (home / "contrefeu.toml").is_file():
        return {}
    node = Node.at(home)
    return held_elsewhere(node.paths, node.settings, VAULTS_S_MAX)


def _held_by_witnesses(home: Path, held: dict[str, list[bytes]]) -> list[dict[str, Any]]:
    """What witnesses cosigned of the home's own journals: added to *held*."""
    from contrefeu.base import rfc3339
    from contrefeu.cli.node import Node
    from contrefeu.cli.witness import known_witnesses
    from contrefeu.proof import open_checkpoint
    from contrefeu.vault import file_name, vouched_for

    if not (home / "contrefeu.toml").is_file():
        return []
    node = Node.at(home)
    found = []
    for verifier in node.own_verifiers():
        folder = file_name(verifier.name)
        for note, name, when_s in vouched_for(home / "exchange" / "witnessed", verifier, known_witnesses(node)):
            held.setdefault(folder, []).append(note)
            point = open_checkpoint(note, [verifier])
            found.append(
                {
                    "journal": verifier.name,
                    "witness": name,
                    "entries": point.entries,
                    "size": point.size,
                    "time": rfc3339(when_s * 1_000_000_000),
                }
            )
    return found


def _compare_key(journals: list[JournalFiles], key: Path) -> None:
    wanted = key.read_text().strip()
    for files in journals:
        if files.verifier_file.is_file() and files.verifier_file.read_text().strip() != wanted:
            raise OperatorError(
                f'The key in {key.name} is not the one of the journal in "{files.folder.name}".',
                safe="Nothing was checked.",
                next="Name one journal, and its own key.",
            )


def gravest(one: int, other: int) -> int:
    """The exit status that counts of two: 12 before 13, 14, 10 and 0 (SURFACE)."""
    order = (12, 13, 14, 10, 0)
    return min(one, other, key=order.index)
