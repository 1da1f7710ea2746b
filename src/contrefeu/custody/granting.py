"""Giving peers the right to read this station's journals, segment by segment (S2).

    HOME/node/reader.seed    the granting key: signs grants, reading keys and the station's card; the reader process
    HOME/node/witness.seed   cosigns peers' checkpoints; the exchange process
    HOME/node/wards.seed     signs the journals written for wards; the wards process

Rules kept here:
  * A segment is granted to a peer once, to the reading key that the peer last said: the day's, else its newest.
  * Only this station's own journals are granted: what others granted it is not its to pass on.
  * A segment that no key here opens any more is not granted: a peer that joins late reads from the horizon on.
"""

import base64
import contextlib
import secrets
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from contrefeu.base import durable_makedirs, write_file
from contrefeu.custody.home import HomePaths
from contrefeu.custody.opening import DataKeys
from contrefeu.journal import (
    GRANTER,
    WITNESS,
    JournalFiles,
    JournalTampered,
    JournalUnreadable,
    NoJournal,
    Recipient,
    SegmentReader,
    sign_reading_keys,
    ward_prefix,
)
from contrefeu.proof import Cosigner, Signer, Verifier

_SEED_BYTES = 32


def make_station_seeds(paths: HomePaths) -> None:
    """Draw the keys by which peers know this station, unless they are there."""
    for role in ("reader", "witness", "wards"):
        seed = paths.signing_seed(role)
        if not seed.exists():
            write_file(seed, secrets.token_bytes(_SEED_BYTES))


def granter_of(paths: HomePaths, node: str) -> Signer:
    """The key that signs grants."""
    return Signer(f"{node}{GRANTER}", paths.signing_seed("reader").read_bytes())


def cosigner_of(paths: HomePaths, node: str) -> Cosigner:
    """The key that cosigns."""
    return Cosigner(f"{node}{WITNESS}", paths.signing_seed("witness").read_bytes())


def wards_verifier(paths: HomePaths, node: str) -> Verifier:
    """The public key of every journal that this node writes for wards."""
    return Signer(ward_prefix(node), paths.signing_seed("wards").read_bytes()).verifier


def own_reading_keys(keys: Path) -> list[Recipient]:
    """This station's public reading keys, oldest first."""
    found = []
    folder = keys / "public"
    for path in sorted(folder.glob("*.key")) if folder.is_dir() else []:
        with contextlib.suppress(ValueError, FileNotFoundError):
            found.append(Recipient.parse(path.read_text()))
    return found


def reading_keys_note(paths: HomePaths, granter: Signer, days_max: int = 16) -> bytes:
    """The note that tells peers the newest of this station's reading keys: today's, and those made ahead."""
    return sign_reading_keys(granter, own_reading_keys(paths.keys)[-days_max:])


def key_for(keys: Sequence[Recipient], now_ns: int) -> Recipient | None:
    """The key among a peer's to grant to now: the day's, else the newest; None when it has said none."""
    today = datetime.fromtimestamp(now_ns / 1e9, UTC).strftime("reader/%Y-%m-%d")
    by_name = {key.name: key for key in keys}
    return by_name.get(today) or (by_name[max(by_name)] if by_name else None)


def grant_journals(
    journals: Iterable[JournalFiles], key_of: DataKeys, to: Recipient, outbox: Path, granter: Signer, most: int
) -> int:
    """Make the grants of *journals* to one peer that its *outbox* lacks, at most *most*; returns how many."""
    made = 0
    for files in journals:
        folder = outbox / files.folder.name
        there = {path.name[:10] for path in folder.glob("*.grant")} if folder.is_dir() else set()
        for number in files.segments():
            if made >= most:
                return made
            if f"{number:010d}" in there:
                continue
            note = _grant(files, number, key_of, to, granter)
            if note is not None:
                durable_makedirs(folder, mode=0o750)
                write_file(folder / f"{number:010d}.{to.fingerprint[:16]}.grant", note, mode=0o640)
                made += 1
    return made


def _grant(files: JournalFiles, number: int, key_of: DataKeys, to: Recipient, granter: Signer) -> bytes | None:
    """A grant of one segment; None when it has no whole header yet, or no key here opens it."""
    try:
        segment = SegmentReader(files, number, files.verifier())
        segment.close()
        data_key = key_of(segment.header)
    except (JournalTampered, JournalUnreadable, NoJournal, FileNotFoundError):
        return None
    origin = segment.header.origin
    sealed = base64.b64encode(to.seal(data_key, origin, number)).decode()
    text = f"contrefeu grant v1\norigin {origin}\nsegment {number}\nrecipient {to.name} {to.fingerprint} {sealed}\n"
    return granter.sign(text)
