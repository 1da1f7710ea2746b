"""What an intruder does to a node's home and to a journal, for drills and for tests.

Rules kept here:
  * An attacker touches the folders it was given and nothing else, and refuses one that is not an exercise's.
  * Chance is passed in: the same seed strikes the same bytes.
  * Each way to tamper with a journal says what it did, so that a check which misses it is named.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import NamedTuple

from contrefeu.base import OperatorError
from contrefeu.journal import JournalFiles

LOCKED = ".locked"
_NOTE = "Your files are encrypted. (An exercise: nobody asks for money.)\n"
_SPREAD = "update.exe"  # what a worm leaves in each folder
_BLOCK = 1 << 16  # what an encryptor writes at once; the first blocks of a file are enough to ruin it

_WORM = b"MZ (an exercise: nothing runs) ".ljust(_BLOCK, b"\x90")


class Tampering(NamedTuple):
    """One way to change a journal."""

    name: str
    change: Callable[[JournalFiles, Random], None]


def strike(attack: str, home: Path, rng: Random) -> str:
    """Destroy *home* as *attack* does; returns what was done, in words.

    Raises:
        OperatorError: *home* is not an exercise's: its node's name does not begin with "drill/".
    """
    _refuse_real(home)
    files = sorted(path for path in home.rglob("*") if path.is_file() and not path.is_symlink())
    if attack == "wiper":
        for path in files:
            _overwrite(path, bytes(_BLOCK))
            path.unlink()
        shutil.rmtree(home)
        return f"{len(files)} files wiped"
    if attack == "insider":
        return _by_an_insider(home, files, rng)
    if attack == "worm":
        for path in files:
            _overwrite(path, _WORM)  # names and sizes stay: nothing looks broken from outside
        for folder in {path.parent for path in files}:
            (folder / _SPREAD).write_bytes(_WORM)
        return f"{len(files)} files infected, names and sizes unchanged"
    for path in files:
        _overwrite(path, rng.randbytes(_BLOCK))
        path.rename(path.with_name(path.name + LOCKED))
    (home / "README_TO_DECRYPT.txt").write_text(_NOTE)
    return f"{len(files)} files encrypted"


def _by_an_insider(home: Path, files: list[Path], rng: Random) -> str:
    """Somebody with the administrator's password who knows what counts: the past altered, the keys gone, no noise."""
    altered = 0
    for path in files:
        kind = path.relative_to(home).parts[0]
        if kind == "journals" and path.stat().st_size:
            data = bytearray(path.read_bytes())
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
            _write(path, bytes(data))
            altered += 1
        elif kind in {"keys", "charts", "node"}:
            path.unlink()
    return f"{altered} files of journals altered by a bit, keys and charts deleted, all else left as it was"


def tamperings() -> tuple[Tampering, ...]:
    """Every way this attacker knows to change the past of a journal."""
    return (
        Tampering("a byte of a message changed", _change_a_byte),
        Tampering("a byte of a clear header changed", _change_a_header),
        Tampering("an entry taken out of the middle", _take_out),
        Tampering("two batches swapped", _swap),
        Tampering("a batch written twice", _repeat),
        Tampering("the end cut off", _cut),
        Tampering("a whole segment removed", _remove_segment),
    )


def _refuse_real(home: Path) -> None:
    settings = home / "contrefeu.toml"
    if not settings.is_file() or 'id = "drill/' not in settings.read_text():
        raise OperatorError(
            "That home is not an exercise's.", safe="Nothing in it was touched.", next="contrefeu drill makes its own."
        )


def _overwrite(path: Path, block: bytes) -> None:
    size = path.stat().st_size
    path.chmod(0o600)
    with path.open("r+b") as file:
        file.write(block[:size])


def _segment(files: JournalFiles, rng: Random) -> Path:
    """A segment with something in it; large ones are struck more often, as a blind hand would."""
    paths = [files.segment(number) for number in files.segments()]
    full = [path for path in paths if _bounds(path)]
    return rng.choices(full, [path.stat().st_size for path in full])[0]


def _bounds(path: Path) -> list[tuple[int, int]]:
    """Where each batch of a segment begins and ends, told by the frame's mark and length (docs/spec/journal-v1.md)."""
    data = path.read_bytes()
    offset = 8 + int.from_bytes(data[4:8], "big")
    found = []
    while data[offset : offset + 2] == b"CF":
        end = offset + 120 + int.from_bytes(data[offset + 24 : offset + 28], "big")
        if int.from_bytes(data[offset + 20 : offset + 24], "big"):  # the closing frame holds no entry
            found.append((offset, end))
        offset = end
    return found


def _write(path: Path, data: bytes) -> None:
    path.chmod(0o600)
    path.write_bytes(data)


def _change_a_byte(files: JournalFiles, rng: Random) -> None:
    path = _segment(files, rng)
    start, end = rng.choice(_bounds(path))
    data = bytearray(path.read_bytes())
    data[rng.randrange(start + 120, end)] ^= 1 << rng.randrange(8)
    _write(path, bytes(data))


def _change_a_header(files: JournalFiles, rng: Random) -> None:
    path = _segment(files, rng)
    start, _ = rng.choice(_bounds(path))
    data = bytearray(path.read_bytes())
    data[start + rng.randrange(4, 116)] ^= 1 << rng.randrange(8)
    _write(path, bytes(data))


def _take_out(files: JournalFiles, rng: Random) -> None:
    path = _segment(files, rng)
    start, end = rng.choice(_bounds(path)[:-1] or _bounds(path))
    data = path.read_bytes()
    _write(path, data[:start] + data[end:])


def _swap(files: JournalFiles, rng: Random) -> None:
    path = max((files.segment(number) for number in files.segments()), key=lambda p: len(_bounds(p)))
    bounds = _bounds(path)
    at = rng.randrange(len(bounds) - 1)
    (a, b), (_, c) = bounds[at], bounds[at + 1]
    data = path.read_bytes()
    _write(path, data[:a] + data[b:c] + data[a:b] + data[c:])


def _repeat(files: JournalFiles, rng: Random) -> None:
    path = _segment(files, rng)
    start, end = rng.choice(_bounds(path))
    data = path.read_bytes()
    _write(path, data[:end] + data[start:end] + data[end:])


def _cut(files: JournalFiles, rng: Random) -> None:
    """Roll back: the last batches of the last segment that holds any, and all that follows, as if never written."""
    full = [number for number in files.segments() if _bounds(files.segment(number))]
    path = files.segment(full[-1])
    start, _ = rng.choice(_bounds(path))
    _write(path, path.read_bytes()[:start])
    for number in files.segments():
        if number > full[-1]:
            files.segment(number).unlink()


def _remove_segment(files: JournalFiles, rng: Random) -> None:
    _segment(files, rng).unlink()
