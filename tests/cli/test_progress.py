"""Long work shows how far it is on a terminal, and nothing anywhere else.

Method: a terminal's other end is read; the same with a pipe.
"""

import io
import os
import pty

from contrefeu.cli.progress import Progress


def said_on_a_terminal(counts: list[int], total: int, phase: str = "fold") -> str:
    """What a person sees while *counts* are told, one after the other."""
    other, terminal = pty.openpty()
    try:
        with os.fdopen(terminal, "w", encoding="utf-8") as stream, Progress(stream) as bar:
            bar.phase(phase, total)
            for count in counts:
                bar.told(count)
        return b"".join(iter(lambda: _read(other), b"")).decode()
    finally:
        os.close(other)


def _read(terminal: int) -> bytes:
    """What has come to the other end; nothing once the last of it was read."""
    try:
        return os.read(terminal, 65536)
    except OSError:  # EIO: nobody writes there any more
        return b""


def test_a_terminal_shows_what_how_much_how_fast_and_how_long():
    """Words, a count of how many, a rate, and the time left."""
    seen = said_on_a_terminal([250, 250, 250], 1000)
    assert "Charts" in seen
    assert "750/1000" in seen
    assert "/s" in seen
    assert ":" in seen.rpartition("750/1000")[2]


def test_bytes_are_told_as_bytes():
    """What is read from disks is counted in their unit."""
    seen = said_on_a_terminal([250_000, 250_000], 1_000_000, "bring")
    assert "0.5/1.0 MB" in seen
    assert "MB/s" in seen


def test_elsewhere_nothing_is_written():
    """A log, a pipe, `--json`: not one byte."""
    stream = io.StringIO()
    with Progress(stream) as bar:
        bar.phase("import", 0)
        bar.told(10)
    assert stream.getvalue() == ""
