"""What a peer offers, wherever it lies: on a stick, or at the other end of a connection.

A shelf is read, never written. Rules kept here:
  * Nothing on a shelf is believed: names are asked for, never taken from it; lengths are ours; every byte is checked by
    who takes it (held.py).
  * On a stick only plain files count: a link, a pipe or a device is as if it were not there.
  * A stick's folder holds one folder a giver, which no other station writes.

    STICK/contrefeu-exchange/<node>/journals/<name>/...    as in a vault
    STICK/contrefeu-exchange/<node>/reading-keys/<peer>    the note of a station's reading keys: its own, and others'
    STICK/contrefeu-exchange/<node>/grants/<peer>          grants to one peer, packed: its own, and others' to pass on
    STICK/contrefeu-exchange/<node>/cosigned/<peer>        its cosignatures of one peer's checkpoints, packed
"""

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from struct import Struct
from typing import NamedTuple, Protocol

from contrefeu.journal import KEYS_BYTES_MAX, SEGMENT_NAME
from contrefeu.proof import ProofMismatch, Verifier
from contrefeu.vault.peers import file_name

STICK_FOLDER = "contrefeu-exchange"
GRANT_TITLE = "contrefeu grant v1"
GIVERS_MAX = 256  # stations on one stick
OFFERS_MAX = 1024  # journals of one giver: each station has a few
SEGMENTS_MAX = 1_000_000  # of one journal: a century of hours
NOTE_BYTES_MAX = 64 * 1024  # a checkpoint with some cosignatures
PACKED_BYTES_MAX = 256 * 2**20  # grants to one peer: 1.7 kB a segment, ten years of two journals
NAMES_MAX = 10_000  # in one folder that are looked at
FOREIGN_MAX = 100  # that are named: more is another kind of stick
PARTS_OF_A_HOME = frozenset(
    {"contrefeu.toml", "laboratory.toml", "regimes", "keys", "node", "ca", "peers", "vault-credentials", "charts"}
)
_OF_A_GIVER = frozenset({"journals", "reading-keys", "grants", "cosigned"})
_OF_A_JOURNAL = frozenset({"verifier", "checkpoint", "expired", "segments", "open"})
_LENGTH = Struct(">I")


class Offer(NamedTuple):
    """A journal that a peer has, as it says."""

    verifier: Verifier
    note: bytes  # its last checkpoint


class Shelf(Protocol):
    """What one peer offers."""

    @property
    def giver(self) -> str:
        """The peer's node."""
        ...

    @property
    def direct(self) -> bool:
        """Whether the peer itself answers now: on a stick lies what it had on some day."""
        ...

    def offers(self) -> Sequence[Offer]:
        """The journals that it has."""
        ...

    def expired(self, journal: str) -> bytes:
        """The note that says how far a journal has ended; nothing when it has not."""
        ...

    def numbers(self, journal: str, after: int) -> Sequence[int]:
        """Segments of a journal above *after*, in order; the first ones when there are many."""
        ...

    def read(self, journal: str, number: int, offset: int, length: int) -> bytes:
        """Bytes of a segment; fewer at its end, none when it is not there."""
        ...

    def reading_keys(self, nodes: Sequence[str]) -> dict[str, bytes]:
        """The notes of the reading keys of *nodes*, of those that it has."""
        ...

    def grants(self, wanted: dict[str, dict[str, int]]) -> Sequence[tuple[str, bytes]]:
        """Grants that it has: for each station, those of each journal above a segment; more when asked again."""
        ...

    def cosigned(self) -> Sequence[bytes]:
        """This station's checkpoints, as the peer cosigned them."""
        ...


class StickShelf:
    """One giver's folder on a stick."""

    direct = False

    def __init__(self, stick: Path, giver: str, me: str) -> None:
        self._root = stick / STICK_FOLDER
        self._giver_folder = file_name(giver)
        self._me = file_name(me)
        self.giver = giver

    def offers(self) -> Sequence[Offer]:
        """The journals that lie there."""
        found = []
        for name in _listed(self._root / self._giver_folder / "journals", OFFERS_MAX):
            try:
                line = self._small("journals", name, "verifier").decode()
                verifier = Verifier.parse(line)
            except (ProofMismatch, UnicodeDecodeError):
                continue
            note = self._small("journals", name, "checkpoint")
            if note and file_name(verifier.name) == name:
                found.append(Offer(verifier, note))
        return found

    def expired(self, journal: str) -> bytes:
        """The note that says how far a journal has ended."""
        return self._small("journals", file_name(journal), "expired")

    def numbers(self, journal: str, after: int) -> Sequence[int]:
        """Segments above *after*."""
        folder = self._root / self._giver_folder / "journals" / file_name(journal) / "segments"
        matches = (SEGMENT_NAME.fullmatch(name) for name in _listed(folder, SEGMENTS_MAX))
        return sorted(number for match in matches if match and (number := int(match[1])) > after)

    def read(self, journal: str, number: int, offset: int, length: int) -> bytes:
        """Bytes of a segment."""
        return self._read(("journals", file_name(journal), "segments", f"{number:010d}.seg"), offset, length)

    def reading_keys(self, nodes: Sequence[str]) -> dict[str, bytes]:
        """The notes of the reading keys of *nodes*."""
        return {
            node: note for node in nodes if (note := self._small("reading-keys", file_name(node), most=KEYS_BYTES_MAX))
        }

    def grants(self, wanted: dict[str, dict[str, int]]) -> Sequence[tuple[str, bytes]]:
        """Grants of each journal above a segment."""
        found = []
        for node, journals in wanted.items():
            for note in unpack(self._read(("grants", file_name(node)), 0, PACKED_BYTES_MAX)):
                journal, segment = grant_names(note)
                if segment > journals.get(journal, segment):
                    found.append((node, note))
        return found

    def cosigned(self) -> Sequence[bytes]:
        """This station's checkpoints, as the peer cosigned them."""
        return unpack(self._read(("cosigned", self._me), 0, PACKED_BYTES_MAX))

    def _small(self, *parts: str, most: int = NOTE_BYTES_MAX) -> bytes:
        return self._read(parts, 0, most)

    def _read(self, parts: Sequence[str], offset: int, length: int) -> bytes:
        try:
            fd = open_plain(self._root, (self._giver_folder, *parts))
        except FileNotFoundError:
            return b""
        try:
            return os.pread(fd, length, offset)
        finally:
            os.close(fd)


def grant_names(note: bytes) -> tuple[str, int]:
    """Journal and segment that a grant names, unchecked; ("", 0) when it is none."""
    title, origin, segment = [*note.split(b"\n", 3), b"", b""][:3]
    number = segment.removeprefix(b"segment ")
    if title.decode("utf-8", "replace") != GRANT_TITLE or not number.isdigit() or len(number) > 10:
        return "", 0
    return origin.removeprefix(b"origin ").decode("utf-8", "replace"), int(number)


def givers_on(stick: Path) -> list[str]:
    """Names of the folders on a stick that stations have written."""
    return _listed(stick / STICK_FOLDER, GIVERS_MAX)


def foreign_on(stick: Path) -> list[str]:
    """Names, from the stick's folder on, of what lies among the journals, or beside them as a part of a home would."""
    found = [name for name in _listed(stick, NAMES_MAX) if name in PARTS_OF_A_HOME]
    for giver in givers_on(stick):
        if giver.startswith("."):
            continue  # set aside by a station that gave (stick.py)
        where = f"{STICK_FOLDER}/{giver}"
        if (stick / where).is_file():
            found.append(where)
        found += _beside(stick, where, _OF_A_GIVER)
        for journal in _listed(stick / where / "journals", OFFERS_MAX):
            at = f"{where}/journals/{journal}"
            if not journal.startswith("."):
                found += _beside(stick, at, _OF_A_JOURNAL)
                segments = _listed(stick / at / "segments", SEGMENTS_MAX)
                found += [
                    f"{at}/segments/{one}" for one in segments if not SEGMENT_NAME.fullmatch(one) and one[0] != "."
                ]
    return found[:FOREIGN_MAX]


def _beside(stick: Path, where: str, known: frozenset[str]) -> list[str]:
    """What lies in a folder and is not *known*; a name that begins with "." is half written, or set aside."""
    names = _listed(stick / where, NAMES_MAX)
    return [f"{where}/{name}" for name in names if name not in known and not name.startswith(".")]


def open_plain(root: Path, parts: Sequence[str]) -> int:
    """Open a plain file under *root* for reading, following no link on the way.

    Raises:
        FileNotFoundError: It is not there, or is no plain file.
        OSError: The stick does not answer.
    """
    folder = -1
    try:
        folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        for part in parts[:-1]:
            flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
            deeper = os.open(part, flags, dir_fd=folder)
            os.close(folder)
            folder = deeper
        # Without O_NONBLOCK the opening of a pipe would wait for ever.
        fd = os.open(parts[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except OSError as refused:
        if refused.errno in {errno.ENOENT, errno.ELOOP, errno.ENOTDIR, errno.ENXIO}:
            raise FileNotFoundError(refused.errno, "no plain file") from None
        raise
    finally:
        if folder >= 0:
            os.close(folder)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise FileNotFoundError(errno.ENOENT, "no plain file")
    return fd


def _listed(folder: Path, most: int) -> list[str]:
    """Names in *folder*, in order, *most* at most; none when it is not a folder."""
    found: list[str] = []
    try:
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return found
    except OSError as refused:
        if refused.errno == errno.ELOOP:
            return found
        raise
    try:
        with os.scandir(fd) as entries:
            for entry in entries:
                found.append(entry.name)
                if len(found) >= most:
                    break
    finally:
        os.close(fd)
    return sorted(found)


def pack(notes: Sequence[bytes]) -> bytes:
    """Put notes behind one another, each after its length (u32)."""
    return b"".join(_LENGTH.pack(len(note)) + note for note in notes)


def unpack(data: bytes) -> list[bytes]:
    """Take them apart; what is cut at the end is left out."""
    return list(_unpacked(data))


def _unpacked(data: bytes) -> Iterator[bytes]:
    at = 0
    while at + _LENGTH.size <= len(data):
        (length,) = _LENGTH.unpack_from(data, at)
        at += _LENGTH.size
        if length > NOTE_BYTES_MAX or at + length > len(data):
            return
        yield data[at : at + length]
        at += length
