"""An exchange through a folder: a stick that is carried from one station to another.

Rules kept here:
  * A station writes in its own folder of the stick, and reads those of the others.
  * What lies in its own folder and does not fit, half copied, damaged or tampered with, is set aside on the stick and
    written again: a stick is a means of transport. But a stick that has more of this station's journal than the station
    itself is a witness: it is left as it is, and said.
  * Nothing is written through a link; nothing is read through one.
  * Journals are taken, and what goes with them. Settings, programs, keys and whatever else lies among them or beside
    them under the name of a part of a home is read by nobody, and named.
  * No key goes on a stick: journals, checkpoints, grants (sealed), public keys.
"""

import os
import stat
from pathlib import Path

from contrefeu.base import ContrefeuError, OperatorError, StorageError
from contrefeu.journal import JournalFiles, successions
from contrefeu.proof import ProofMismatch, open_checkpoint
from contrefeu.vault.copy import JournalCopy, Refused
from contrefeu.vault.directory import DirectoryVault
from contrefeu.vault.exchange import Exchange
from contrefeu.vault.peers import file_name
from contrefeu.vault.report import Found, Report
from contrefeu.vault.shelf import STICK_FOLDER, StickShelf, foreign_on, givers_on, pack
from contrefeu.vault.source import HomeSource

ALL_BYTES = 1 << 62
ASIDE_MAX = 1000  # folders set aside on one stick, before somebody must clear it


def exchange_by_stick(exchange: Exchange, stick: Path) -> Report:
    """Give this station's journals to the folder *stick*, and take from it what others gave.

    Raises:
        OperatorError: *stick* is no folder to exchange through.
        StorageError: It cannot be written or read; what was taken counts, and the same command goes on.
    """
    _refuse_what_is_no_stick(exchange, stick)
    report = Report()
    try:
        _take_all(exchange, stick, report)
        _give_all(exchange, stick, report)
    except OSError as refused:
        raise StorageError(
            f"{stick} does not answer: {refused.strerror}.",
            safe="Everything that was taken, and the stick's own files: each is whole or not there.",
            next="Put the stick back and run the same command: it goes on where it was.",
        ) from refused
    return report


def _refuse_what_is_no_stick(exchange: Exchange, stick: Path) -> None:
    home = exchange.journals.parent.resolve()
    place = stick.resolve()
    if not stick.is_dir() or place == home or home in place.parents:
        raise OperatorError(
            f"{stick} is no folder outside the home.",
            safe="Nothing was changed.",
            next="Mount the stick, and name its folder.",
        )
    if (stick / STICK_FOLDER).is_symlink():
        raise OperatorError(
            f"{STICK_FOLDER} on this stick is a link.",
            safe="Nothing was read or written.",
            next="Do not use this stick; have somebody look at where it comes from.",
        )


def _take_all(exchange: Exchange, stick: Path, report: Report) -> None:
    names = givers_on(stick)
    for peer in exchange.peers.joined():
        if file_name(peer.node) in names:
            shelf = StickShelf(stick, peer.node, exchange.node)
            report.more = True
            while report.more:
                report.more = False
                exchange.take(shelf, report)
    known = {file_name(peer.node) for peer in exchange.peers.joined()} | {file_name(exchange.node)}
    for name in names:
        if name not in known and (stick / STICK_FOLDER / name / "journals").is_dir():
            what = f'A station "{name}" that was not joined left journals on this stick; they were not taken.'
            report.found.append(Found("unknown", "", name, what))
    for name in foreign_on(stick):
        what = f"{name} on this stick is no journal: it was not read. Journals alone come from a stick."
        report.found.append(Found("foreign", "", "", what))


def _give_all(exchange: Exchange, stick: Path, report: Report) -> None:
    root = stick / STICK_FOLDER / file_name(exchange.node)
    _set_links_aside(root)
    folder = DirectoryVault(f"file://{root}", root)
    mine = set(exchange.own())
    for offer in exchange.offers():
        own = offer.verifier in mine
        if own or not _is_there(exchange, stick, offer.verifier.name, offer.note):
            _give(exchange, folder, JournalFiles.of(exchange.journals, offer.verifier.name), report)
    peers = exchange.peers.joined()
    journals = {offer.verifier.name: 0 for offer in exchange.offers()}
    for node, note in exchange.reading_keys([exchange.node, *(peer.node for peer in peers)]).items():
        _put(folder, f"reading-keys/{file_name(node)}", note)
    for peer in peers:
        _put(folder, f"grants/{file_name(peer.node)}", pack(list(exchange.grants_to(peer.node, journals))))
        _put(folder, f"cosigned/{file_name(peer.node)}", pack(exchange.cosigned_for(peer)))


def _is_there(exchange: Exchange, stick: Path, journal: str, note: bytes) -> bool:
    """Whether the journal of a peer lies on the stick already, from the peer itself or from another: room is scarce."""
    for peer in exchange.peers.joined():
        shelf = StickShelf(stick, peer.node, exchange.node)
        for offer in shelf.offers():
            if offer.verifier.name == journal:
                try:
                    there = open_checkpoint(offer.note, [offer.verifier]).size
                    return there >= open_checkpoint(note, [offer.verifier]).size
                except ProofMismatch:
                    continue
    return False


def _give(exchange: Exchange, folder: DirectoryVault, files: JournalFiles, report: Report) -> None:
    name = f"journals/{files.folder.name}"
    for attempt in (1, 2):
        source = HomeSource(files)
        try:
            note = source.checkpoint()
            head = source.head()
            if head is None or not note:
                return
            copy = JournalCopy(source, folder, name)
            copy.attach()
            before = copy.end.sequence
            if copy.end.segment and copy.is_ahead_of(head) and not exchange.peers.owner(source.verifier):
                raise Refused("ahead")
            copy.ship(head, open_checkpoint(note, [source.verifier]).size, ALL_BYTES)
            copy.sign_off(note)
            copy.say_ended()
            if copy.end.sequence > before:
                report.given[copy.journal] = report.given.get(copy.journal, 0) + copy.end.sequence - before
            return
        except Refused:
            if _is_witness(exchange, folder, files, report) or attempt == 2:
                return
            _set_aside(folder.folder(name))
        except ProofMismatch:
            return  # this station's own checkpoint is damaged: journal verify says so
        finally:
            source.close()


def _is_witness(exchange: Exchange, folder: DirectoryVault, files: JournalFiles, report: Report) -> bool:
    """Whether the stick holds a checkpoint of more than is here: then the journal here was put back (S4).

    Where another journal was begun in its place this is known, and no finding any more.
    """
    verifier = files.verifier()
    try:
        note = folder.read(f"journals/{files.folder.name}/checkpoint")
        there = open_checkpoint(note, [verifier])
        here = open_checkpoint(files.checkpoint.read_bytes(), [verifier])
    except (ProofMismatch, OSError, ContrefeuError):
        return False
    if there.size > here.size:
        exchange.note_own(verifier, there, note)
        if any(one.follows.origin == verifier.name for one in successions(exchange.journals)):
            return True
        what = f'The stick has {there.entries} entries of "{verifier.name}": more than this station itself.'
        report.found.append(Found("rolled-back", verifier.name, exchange.node, what))
        return True
    if there.size == here.size and there.root != here.root:
        what = f'The stick has another history of "{verifier.name}", with its writer\'s signature.'
        report.found.append(Found("forked", verifier.name, exchange.node, what))
        return True
    return False


def _put(folder: DirectoryVault, name: str, data: bytes) -> None:
    if data and folder.read(name) != data:
        folder.put(name, data)


def _set_links_aside(root: Path) -> None:
    """A stick on which this station's own folder holds anything but plain files is not written through."""
    if not root.is_symlink() and not root.exists():
        return
    plain = not root.is_symlink() and root.is_dir()
    if plain:
        for parent, folders, files in os.walk(root):
            kinds = [os.lstat(Path(parent, name)).st_mode for name in (*folders, *files)]
            if not all(stat.S_ISDIR(kind) or stat.S_ISREG(kind) for kind in kinds):
                plain = False
                break
    if not plain:
        _set_aside(root)


def _set_aside(folder: Path) -> None:
    if not folder.exists() and not folder.is_symlink():
        return  # nothing lay there: what was to come is no beginning of a journal
    for number in range(1, ASIDE_MAX):
        beside = folder.with_name(f".{folder.name}.aside.{number}")
        if not beside.exists() and not beside.is_symlink():
            folder.rename(beside)
            return
    raise StorageError(f"{folder.name} on the stick cannot be set aside.", next="Use another stick.")
