"""Reading by a second process gives what reading here would give, in order, and never ends early unseen.

Method: real files of many kinds; the second process is killed, or left with nobody to read on.
"""

import os
import signal
import time
from pathlib import Path

import pytest

from contrefeu.base import OperatorError
from contrefeu.capture import Item, Problem, ReadAhead, files_in, read_file
from contrefeu.capture.ahead import READING_BYTES


def _message(number: int, size: int) -> bytes:
    return f"MSH|^~\\&|LAB|CHU|CF|CHU|2026||ORU^R01|{number}|P|2.5\rNTE|1||{'x' * size}\r".encode()


def _folder(folder: Path) -> Path:
    """Many messages in one file, few in others, something that is no message, something that does not open."""
    (folder / "in").mkdir()
    (folder / "in" / "a.hl7").write_bytes(b"".join(_message(n, 700) for n in range(2000)))
    (folder / "in" / "b.hl7").write_bytes(_message(1, 3 * READING_BYTES))
    (folder / "in" / "c.pdf").write_bytes(b"%PDF-1.7 not a real one")
    (folder / "in" / "d.gz").write_bytes(b"\x1f\x8b broken")
    (folder / "in" / "e.hl7").write_bytes(_message(1, 10))
    (folder / "in" / "f").symlink_to(folder / "nowhere")
    return folder / "in"


@pytest.mark.req("C3")
def test_the_same_is_read_in_the_same_order(tmp_path: Path) -> None:
    """Items, problems and the number of files are those of reading in this process."""
    folder = _folder(tmp_path)
    here = [found for file in files_in(folder) for found in read_file(file)]
    with ReadAhead([folder]) as ahead:
        readings = list(ahead)

    assert [item for reading in readings for item in reading.items] == [f for f in here if isinstance(f, Item)]
    assert [p for reading in readings for p in reading.problems] == [f for f in here if isinstance(f, Problem)]
    assert sum(reading.files for reading in readings) == 6
    assert all(len(r.items) == 1 or sum(len(i.body) for i in r.items) <= READING_BYTES for r in readings)


def test_a_reading_that_is_stopped_is_no_end(tmp_path: Path) -> None:
    """The second process is killed (no memory, say): that is an error, which says what to do, never an early end."""
    with ReadAhead([_folder(tmp_path)]) as ahead:
        readings = iter(ahead)
        next(readings)
        assert ahead.pid is not None
        os.kill(ahead.pid, signal.SIGKILL)
        with pytest.raises(OperatorError, match="not be read to their end"):
            list(readings)


def test_nobody_reads_on_behind_an_importer_that_is_gone(tmp_path: Path) -> None:
    """A second process whose parent was killed ends by itself: it holds no file and no lock for long."""
    folder = _folder(tmp_path)
    told, tell = os.pipe()
    parent = os.fork()
    if parent == 0:
        with ReadAhead([folder]) as ahead:
            next(iter(ahead))
            os.write(tell, str(ahead.pid).encode())
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(parent, 0)
    reader = int(os.read(told, 20))
    os.close(told)
    os.close(tell)
    for _ in range(500):
        if not _runs(reader):
            return
        time.sleep(0.01)
    raise AssertionError("it reads on")


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
