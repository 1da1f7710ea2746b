"""What an executor of a cluster does: open a segment, say what ties its entries, fold those that are tied.

    row = (ties, sealed)      ties: keyed hashes of what an entry names; sealed: the entry, under the job's key

Rules kept here:
  * Nothing clear leaves this module: entries and charts travel under the job's key, names as hashes under it. The
    engine between, its plans, its pages, its shuffle files and its event logs say nothing of anybody.
  * The job's key and the segments' data keys come sealed under the cluster's key, which lies in a file of each machine
    (0600) and is named, never sent.
  * The same segment gives the same ties and the same charts, whoever reads it, however often: a lost executor's work is
    done again.
"""

import secrets
from collections.abc import Iterable, Iterator
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from pickle import dumps, loads
from typing import NamedTuple

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from contrefeu.base import StorageError
from contrefeu.chart import fold_apart, is_everybodys, names_in
from contrefeu.journal import Carried, Entry, JournalFiles, JournalReader, SegmentHeader, unpacked
from contrefeu.mapping import Reading, Rules, read

KEY_BYTES = 32
_NONCE_BYTES = 12
# No kind opens as another
_JOB, _DATA, _ENTRY, _CHART, _ASKED, _SAID = (
    b"job v1", b"data key v1", b"entry v1", b"chart v1", b"asked v1", b"said v1",
)  # fmt: skip

Row = tuple[tuple[int, ...], bytes]


class Split(NamedTuple):
    """One segment."""

    folder: str  # of its journal
    first: int  # its first entry
    last: int
    sealed_key: bytes
    carries: bool  # whether what it carries of other journals is read as theirs


class Job(NamedTuple):
    """What every executor is told: nothing in it is secret without the cluster's key."""

    key_file: str
    sealed_key: bytes
    rules: Rules
    own: str  # begins the names of this node's own journals: no other speaks for them
    at_ns: int | None = None


class Sealer:
    """Seals under one key; each kind opens as itself alone."""

    def __init__(self, key: bytes) -> None:
        self._aead, self._key = AESGCM(key), key

    def seal(self, kind: bytes, clear: bytes) -> bytes:
        """Return *clear* sealed."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, clear, kind)

    def open(self, kind: bytes, sealed: bytes) -> bytes:
        """Return what was sealed.

        Raises:
            StorageError: It was sealed under another key.
        """
        try:
            return self._aead.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], kind)
        except InvalidTag:
            raise StorageError(
                "The cluster's key on this machine is not the one that the job was begun with.",
                safe="Nothing was read.",
                next="Copy the same file to every machine of the cluster, mode 0600.",
            ) from None

    def tie(self, name: str) -> int:
        """Stand for *name*: two that meet by chance are folded together, and their charts are the same all the same."""
        return int.from_bytes(blake2b(name.encode(), digest_size=8, key=self._key).digest(), "big") >> 1


def begin_job(key_file: Path, rules: Rules, own: str, at_ns: int | None) -> tuple[Job, Sealer]:
    """Draw a job's key; returns what executors are told, and what opens what they give back."""
    key = secrets.token_bytes(KEY_BYTES)
    return Job(str(key_file), cluster_sealer(str(key_file)).seal(_JOB, key), rules, own, at_ns), Sealer(key)


def seal_data_key(key_file: Path, data_key: bytes) -> bytes:
    """Seal a segment's data key for the executors."""
    return cluster_sealer(str(key_file)).seal(_DATA, data_key)


@lru_cache(maxsize=4)
def cluster_sealer(key_file: str) -> Sealer:
    """What the file of this machine opens.

    Raises:
        StorageError: It is not there, is not the owner's alone, or holds no key.
    """
    path = Path(key_file)
    try:
        mode, key = path.stat().st_mode, path.read_bytes()
    except OSError:
        mode, key = 0, b""
    if len(key) != KEY_BYTES or mode & 0o077:
        raise StorageError(
            f"{path} is no cluster's key: {KEY_BYTES} bytes that only their owner reads.",
            safe="Nothing was read.",
            next=f"head -c {KEY_BYTES} /dev/urandom > FILE; chmod 600 FILE; the same file on every machine.",
        )
    return Sealer(key)


def read_split(job: Job, split: Split) -> Iterator[Row]:
    """Give every entry of a segment that a chart may depend on."""
    sealer = sealer_of(job)
    data_key = cluster_sealer(job.key_file).open(_DATA, split.sealed_key)

    def key_of(_: SegmentHeader) -> bytes:
        return data_key

    reader = JournalReader(JournalFiles(Path(split.folder)), key_of)
    try:
        for frame in reader.after(split.first - 1):
            for found in frame:
                entry = _theirs(job, split, found)
                names = names_in(entry, job.rules)
                if names or is_everybodys(entry):
                    ties = tuple(sorted({sealer.tie(name) for name in names}))
                    yield ties, sealer.seal(_ENTRY, _packed(entry))
            if frame and frame[-1].sequence >= split.last:
                return
    finally:
        reader.close()


def is_for_all(job: Job, row: Row) -> bool:
    """Whether every part must know the entry of *row*."""
    return is_everybodys(_unpacked(sealer_of(job).open(_ENTRY, row[1])))


def tied(rows: Iterable[Row]) -> Iterator[tuple[int, int]]:
    """Of each tie in *rows*, the least that it is tied to here; itself too."""
    parent: dict[int, int] = {}

    def root(tie: int) -> int:
        while parent.setdefault(tie, tie) != tie:
            parent[tie] = tie = parent[parent[tie]]
        return tie

    for ties, _ in rows:
        for tie in ties:
            low, high = sorted((root(ties[0]), root(tie)))
            parent[high] = low
    for tie in parent:
        yield tie, root(tie)


def fold_part(job: Job, for_all: Iterable[bytes], rows: Iterable[bytes]) -> Iterator[tuple[str, bytes]]:
    """Give id and sealed Bundle of every chart of one part."""
    sealer = sealer_of(job)
    entries = dict.fromkeys(sealer.open(_ENTRY, sealed) for sealed in rows)
    if not entries:
        return
    entries |= dict.fromkeys(sealer.open(_ENTRY, sealed) for sealed in for_all)  # some are tied, too: once each
    for id_, bundle in fold_apart(map(_unpacked, entries), job.rules, job.at_ns):
        yield id_, sealer.seal(_CHART, bundle)


def open_chart(sealer: Sealer, sealed: bytes) -> bytes:
    """The Bundle that an executor gave."""
    return sealer.open(_CHART, sealed)


def ask_sealed(sealer: Sealer, entries: Iterable[Entry]) -> bytes:
    """Entries that an executor is to read."""
    return sealer.seal(_ASKED, msgspec.msgpack.encode([_packed(entry) for entry in entries]))


def read_sealed(job: Job, asked: bytes) -> bytes:
    """What an executor gives back for what `ask_sealed` gave."""
    sealer = sealer_of(job)
    entries = map(_unpacked, msgspec.msgpack.decode(sealer.open(_ASKED, asked), type=list[bytes]))
    return sealer.seal(_SAID, dumps([read(entry, job.rules.of(entry.source)) for entry in entries]))


def open_said(sealer: Sealer, said: bytes) -> list[Reading]:
    """The readings that an executor gave; whoever has not the job's key can give none."""
    found: list[Reading] = loads(sealer.open(_SAID, said))  # noqa: S301 - sealed by an executor of this job
    return found


def sealer_of(job: Job) -> Sealer:
    """What seals and opens under the key of *job*, on a machine that has the cluster's."""
    return Sealer(cluster_sealer(job.key_file).open(_JOB, job.sealed_key))


def _theirs(job: Job, split: Split, entry: Entry) -> Entry:
    """What a follower reads in place of *entry* (chart/follow.py)."""
    found = unpacked(entry) if split.carries else entry
    return entry if found.journal.startswith(job.own) else found


def _packed(entry: Entry) -> bytes:
    return msgspec.msgpack.encode((isinstance(entry, Carried), msgspec.structs.astuple(entry)))


def _unpacked(packed: bytes) -> Entry:
    carried, fields = msgspec.msgpack.decode(packed, type=tuple[bool, list[object]])
    return (Carried if carried else Entry)(*fields)  # type: ignore[arg-type]
