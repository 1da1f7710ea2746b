"""A rotation of the recovery key, wired: old shares in, new shares out, the running writers waited for."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from contrefeu.acts import RecoveryKeyChanged, encode
from contrefeu.base import FileLock, OperatorError, StorageError
from contrefeu.cli.node import FOLLOW_S, Node, listens
from contrefeu.cli.progress import Progress
from contrefeu.cli.rehearsing import custodians_of, open_recovery
from contrefeu.cli.sealing import role_acts
from contrefeu.cli.shares import refuse_shares_folder, write_shares
from contrefeu.custody import (
    KeyPair,
    OpenedRecovery,
    Rotation,
    copies_for,
    known_recovery_keys,
    recovery_in_force,
    split_secret,
)

WRITERS_S = 3 * FOLLOW_S  # until every writer that runs has seen the new key, and what it had begun is on disk


@dataclass(frozen=True, slots=True)
class Rotated:
    """What a rotation left."""

    fingerprint: str  # of the key in force
    number: int
    shares: list[Path]  # none when a rotation that was interrupted was finished
    granted: int


def rotate_key(node: Node, shares: Sequence[Path], out: Path, custodians: int, threshold: int) -> Rotated:
    """Rotate, or finish a rotation that the old shares began.

    Raises:
        OperatorError: The new shares have no place, or their numbers make no sense.
        StorageError: The old shares are not this hospital's.
    """
    with FileLock(node.paths.run / "rotate.lock"), Progress() as bar:
        bar.phase("rotate", 2 * sum(len(files.segments()) for files in node.journals()))  # once more when all follow
        return _rotate(node, shares, out, custodians, threshold, bar.told)


def _rotate(
    node: Node, shares: Sequence[Path], out: Path, custodians: int, threshold: int, told: Callable[[int], None]
) -> Rotated:
    old, _words = open_recovery(shares)
    rotation = Rotation(node.paths, old, told=told)
    former = [key.fingerprint for key in known_recovery_keys(node.paths.recovery_notes)[:-1]]
    written: list[Path] = []
    if old.pair.fingerprint not in former:
        force = recovery_in_force(node.paths.recovery_notes, node.paths.recovery_public)
        if old.pair.fingerprint != force.fingerprint:
            raise _foreign(old.pair.fingerprint, force.fingerprint)
        written = _begin(node, rotation, out, custodians, threshold)
    rotation.finish(
        lambda number, note: node.record(encode(RecoveryKeyChanged(number, note.decode()))),
        custodians_of(node).announced,
        lambda: _wait_for_writers(node),
    )
    last = known_recovery_keys(node.paths.recovery_notes)[-1]
    node.record(*map(encode, copies_for(role_acts(node), old.pair, last.recipient)))
    return Rotated(last.fingerprint, last.number, written, rotation.granted)


def _begin(node: Node, rotation: Rotation, out: Path, custodians: int, threshold: int) -> list[Path]:
    folder = out.absolute()
    refuse_shares_folder(node.paths.root, folder)
    _pair, seed = KeyPair.draw("recovery")
    new, mnemonics = OpenedRecovery.of(seed, threshold), split_secret(seed, threshold, custodians)
    written: list[Path] = []

    def keep_shares() -> None:
        facility, fingerprint = node.settings.node.facility, new.pair.fingerprint
        written.extend(write_shares(folder, mnemonics, threshold, node.settings.node.id, facility, fingerprint))
        read_back, _words = open_recovery(written)
        if read_back.pair.fingerprint != fingerprint:
            raise OperatorError("The new shares do not read back.", safe="The old shares stay in force.")

    rotation.begin(new, mnemonics, keep_shares, node.clock.now_ns())
    return written


def _wait_for_writers(node: Node) -> None:
    if any(listens(path) for path in (node.capture_socket, node.station_socket)):
        time.sleep(WRITERS_S)


def _foreign(given: str, force: str) -> StorageError:
    return StorageError(
        f"These shares give key {given[:16]}, which this hospital never sealed to; the one in force is {force[:16]}.",
        safe="Nothing was changed.",
        next="Bring shares of the set that names that key on its first lines. Those of a rotation that was interrupted "
        "before it took hold open nothing: destroy them.",
    )
