"""The custodians' recovery key as the node knows it: who confirmed, when it was tried, what somebody must see to."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from contrefeu.access import Custodians, RecoveryInForce
from contrefeu.acts import RecoveryKeyChanged, RecoveryRehearsed, encode
from contrefeu.base import OperatorError, StorageError, rfc3339
from contrefeu.cli.accounts import station_acts
from contrefeu.cli.node import Node
from contrefeu.cli.shares import read_share
from contrefeu.custody import OpenedRecovery, Rehearsal, known_recovery_keys, recovery_in_force, rehearse, share_number
from contrefeu.journal import Recipient, RecoveryKey, headers


def record_first_key(node: Node, opened: OpenedRecovery, note: bytes) -> None:
    """Leave the entries of a home's first recovery key: what it is, and that its shares, read back, open the home."""
    [key] = known_recovery_keys(node.paths.recovery_notes)
    found = rehearse(node.journals(), node.recovery_keys(opened))
    numbers = list(range(1, len(key.shares) + 1))
    node.record(
        encode(RecoveryKeyChanged(key.number, note.decode())),
        encode(rehearsed_act(node, key, numbers, found)),
    )


def rehearsed_act(node: Node, key: RecoveryKey, shares: list[int], found: Rehearsal) -> RecoveryRehearsed:
    """The entry of one trial."""
    at = rfc3339(node.clock.now_ns())
    return RecoveryRehearsed(key.fingerprint, shares, found.opened, len(found.closed), round(found.seconds, 3), at)


def open_recovery(shares: Sequence[Path]) -> tuple[OpenedRecovery, list[str]]:
    """Put the shares in these files together; returns the key and their words.

    Raises:
        OperatorError: A file holds no share.
        StorageError: They give no recovery key.
    """
    words = [read_share(path) for path in shares]
    return OpenedRecovery.from_shares(words), words


def opened_for(node: Node, shares: Sequence[Path]) -> OpenedRecovery:
    """Put the shares in these files together to open something of *node*.

    Raises:
        OperatorError: A file holds no share.
        StorageError: They give no recovery key, or one that nothing here was sealed to.
    """
    opened, _words = open_recovery(shares)
    fingerprint = opened.pair.fingerprint
    keys = known_recovery_keys(node.paths.recovery_notes)
    if not any(key.fingerprint == fingerprint for key in keys) and not _names(node, fingerprint):
        force = recovery_in_force(node.paths.recovery_notes, node.paths.recovery_public).fingerprint
        raise StorageError(
            f"These shares give a key that nothing here was ever sealed to ({fingerprint[:16]}): they are another "
            "hospital's.",
            safe="Nothing was opened and nothing was changed.",
            next=f"Bring this hospital's: their first lines name the key {force[:16]}, or one that was before it.",
        )
    return opened


def _names(node: Node, fingerprint: str) -> bool:
    """Whether a segment here, of any hospital, is sealed to that key."""
    return any(
        key.fingerprint == fingerprint
        for files in node.journals()
        for _number, header in headers(files)
        for key in header.keys
    )


def numbers_of(key: RecoveryKey, words: Sequence[str]) -> list[int]:
    """Numbers of the shares among *words* that are *key*'s."""
    return sorted({number for number in (share_number(key, one) for one in words) if number is not None})


def key_in_force(node: Node) -> RecoveryKey:
    """The recovery key that is sealed to now, as its note says.

    Raises:
        OperatorError: This home is from before there were notes.
    """
    keys = known_recovery_keys(node.paths.recovery_notes)
    if not keys:
        raise OperatorError(
            "This home does not say which shares its recovery key has: it was made by an earlier version.",
            safe="The archive: its shares open it as before.",
            next="contrefeu keys rotate makes a new key, with custodians that can be confirmed.",
        )
    return keys[-1]


def custodians_of(node: Node) -> Custodians:
    """What custodians have shown, as the journals say."""
    custodians = Custodians()
    for act, entry in station_acts(node):
        custodians.apply(act, entry.received_ns)
    return custodians


def described_recovery(node: Node) -> dict[str, Any]:
    """`recipients[]`, `custodians{}` and `alarms[]` of `keys status`."""
    keys = known_recovery_keys(node.paths.recovery_notes)
    if not keys:
        public = recovery_in_force(node.paths.recovery_notes, node.paths.recovery_public)
        return {"recipients": [_recipient(public, in_force=True)], "custodians": None, "alarms": ["no-notes"]}
    key, custodians, now_ns = keys[-1], custodians_of(node), node.clock.now_ns()
    force = RecoveryInForce(key.fingerprint, key.threshold, len(key.shares))
    rehearsed = custodians.rehearsed(key.fingerprint)
    alarms = custodians.alarms(force, key.made_ns, now_ns)
    if any(one.number not in custodians.announced for one in keys):
        alarms.append("rotation-unfinished")
    return {
        "recipients": [
            _recipient(one.recipient, in_force=one is key) | {"number": one.number, "made": rfc3339(one.made_ns)}
            for one in keys
        ],
        "custodians": {
            "threshold": key.threshold,
            "shares": len(key.shares),
            "confirmed": {str(share): rfc3339(when) for share, when in custodians.confirmed(force, now_ns).items()},
            "rehearsed": rfc3339(rehearsed[0]) if rehearsed else "",
            "rehearsed_segments": rehearsed[1].segments if rehearsed else 0,
        },
        "alarms": alarms,
    }


def _recipient(recipient: Recipient, *, in_force: bool) -> dict[str, Any]:
    return {"name": recipient.name, "fingerprint": recipient.fingerprint, "in_force": in_force}
