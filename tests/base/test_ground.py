"""The ground holds: files are whole or not there, one process has a lock, times are read as written, errors speak.

Method: fail each step of a write; two holders of one lock; times and errors against texts written by hand.
"""

import errno
import os
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contrefeu.base import (
    ContrefeuError,
    FileLock,
    ManualClock,
    StorageError,
    SystemClock,
    TamperError,
    durable,
    durable_makedirs,
    is_locked,
    parse_rfc3339,
    redact,
    rfc3339,
    text_file,
    write_file,
)


class Faulty:
    """An `os` whose n-th change fails, having done it or not."""

    def __init__(self, fails_at: int, *, kept: bool) -> None:
        self.calls: list[str] = []
        self._fails_at = fails_at
        self._kept = kept

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        if name not in {"write", "fsync"}:
            return real

        def call(*arguments: Any) -> Any:
            self.calls.append(name)
            if len(self.calls) != self._fails_at:
                return real(*arguments)
            if self._kept:
                real(*arguments)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        return call


@pytest.mark.parametrize("kept", [False, True], ids=["leaving nothing", "having written"])
@pytest.mark.parametrize("step", [1, 2, 3])
def test_a_file_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch, step, kept):
    """Fail at the write, the sync, the folder's sync: the old bytes or the new ones stand there, and nothing beside."""
    path = tmp_path / "checkpoint"
    write_file(path, b"old")
    faulty = Faulty(step, kept=kept)
    monkeypatch.setattr(durable, "os", faulty)
    with pytest.raises(OSError, match="No space"):
        write_file(path, b"new and longer")
    assert faulty.calls == ["write", "fsync", "fsync"][:step]
    assert path.read_bytes() == (b"new and longer" if step == 3 else b"old")
    assert [p.name for p in tmp_path.iterdir()] == ["checkpoint"]


def test_a_file_that_cannot_be_named_leaves_nothing_beside(tmp_path):
    """The rename fails (a folder stands there): what was written beside is taken away."""
    (tmp_path / "x").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_file(tmp_path / "x", b"data")
    assert [p.name for p in tmp_path.iterdir()] == ["x"]


def test_short_writes_are_gone_on_with(tmp_path, monkeypatch):
    """A system may write less than it is given: the file is whole all the same."""

    class Short:
        def __getattr__(self, name: str) -> Any:
            return (lambda fd, data: os.write(fd, data[:3])) if name == "write" else getattr(os, name)

    monkeypatch.setattr(durable, "os", Short())
    write_file(tmp_path / "x", b"0123456789")
    assert (tmp_path / "x").read_bytes() == b"0123456789"


def test_secrets_are_written_for_their_owner_alone(tmp_path):
    """0600 unless told otherwise, from the first byte on; folders 0700."""
    write_file(tmp_path / "seed", b"x")
    durable_makedirs(tmp_path / "a" / "b")
    durable_makedirs(tmp_path / "a" / "b")
    assert (tmp_path / "seed").stat().st_mode & 0o777 == 0o600
    assert {(tmp_path / p).stat().st_mode & 0o777 for p in ("a", "a/b")} == {0o700}


def test_one_holder_of_a_lock_at_a_time(tmp_path):
    """Another process waits, is refused with what to do, and gets it once it is free; a dead one holds nothing."""
    path = tmp_path / "lock"
    assert not is_locked(path)
    held = FileLock(path)
    with held:
        assert is_locked(path)
        with pytest.raises(StorageError) as refused:
            FileLock(path, wait_s=0.05).acquire()
        assert refused.value.exit_status == 14 and "contrefeu status" in refused.value.report()
    assert not is_locked(path)
    code = (
        f"from contrefeu.base import FileLock; import os, sys; FileLock(__import__('pathlib').Path({str(path)!r}))"
        + (".acquire(); print('held', flush=True); sys.stdin.read()")
    )
    other = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert other.stdin is not None and other.stdout is not None
    try:
        assert other.stdout.readline() == b"held\n"
        assert is_locked(path)
    finally:
        other.kill()
        other.wait()
        other.stdin.close()
        other.stdout.close()
    with FileLock(path, wait_s=1):
        assert is_locked(path)


def test_asking_for_a_lock_takes_it_from_nobody(tmp_path):
    """A reader that looks whether a writer is at work neither holds the lock afterwards nor makes the file."""
    assert not is_locked(tmp_path / "none") and list(tmp_path.iterdir()) == []
    with FileLock(tmp_path / "lock"):
        pass
    for _ in range(3):
        assert not is_locked(tmp_path / "lock")
        with FileLock(tmp_path / "lock", wait_s=0):
            pass


@given(st.integers(0, 4_000_000_000_000_000))
def test_times_are_read_as_they_were_written(microseconds):
    """RFC 3339 in UTC with microseconds, there and back."""
    ns = microseconds * 1000
    text = rfc3339(ns)
    assert parse_rfc3339(text) == ns
    assert datetime.fromisoformat(text) == datetime.fromtimestamp(0, UTC) + (
        datetime.fromisoformat(text) - datetime.fromtimestamp(0, UTC)
    )
    assert len(text) == 27 and text.endswith("Z")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01", 0),
        ("1970-01-01T01:00:00+01:00", 0),
        ("2026-10-25T02:30:00+02:00", 1792888200 * 10**9),
        ("1969-12-31T23:59:59.999999Z", -1000),
    ],
)
def test_times_of_others_are_read(text, wanted):
    """With a zone, with none (UTC), a date alone, before 1970."""
    assert parse_rfc3339(text) == wanted


@given(st.text(max_size=40))
def test_what_is_no_time_is_refused(text):
    """ValueError, or a time that can be written again: never another error."""
    try:
        ns = parse_rfc3339(text)
    except ValueError:
        return
    assert isinstance(ns, int)


def test_a_clock_moves_when_told_to():
    """Forward by seconds and hours, to an instant, backwards too; the machine's own is close to the machine's."""
    clock = ManualClock(1000)
    clock.advance(seconds=1.5, hours=1)
    assert clock.now_ns() == 1000 + 3_601_500_000_000
    clock.set(5)
    assert clock.now_ns() == 5
    assert abs(SystemClock().now_ns() / 1e9 - datetime.now(UTC).timestamp()) < 60


def test_an_error_answers_three_questions():
    """What happened, what is safe, what to do next, under its name and status; empty answers are left out."""
    error = TamperError("Segment 412 does not open.\nThe bytes are not the ones that were sealed.", safe="The rest.")
    assert error.report() == (
        "contrefeu: error: tampered (exit status 12)\n"
        "  what  Segment 412 does not open.\n"
        "        The bytes are not the ones that were sealed.\n"
        "  safe  The rest."
    )
    full = ContrefeuError("a", safe="b", next="c\nd")
    assert full.report().split("\n")[1:] == ["  what  a", "  safe  b", "  next  c", "        d"]
    assert str(full) == "a"


def test_a_log_line_withholds_what_it_does_not_know():
    """Values under known keys are said; any other is replaced, whatever it is."""
    said = redact(None, "info", {"event": "kept", "journal": "j", "family": "ESSAI", "body": b"x", "count": 3})
    assert said == {"event": "kept", "journal": "j", "family": "(withheld)", "body": "(withheld)", "count": 3}


def test_a_text_written_line_by_line_is_whole_or_not_there(tmp_path):
    """Whoever opens it finds what stood there before, until the last line is on disk; an error leaves that."""
    path = tmp_path / "list.csv"
    with text_file(path, 0o644) as file:
        file.write("é\n")
        assert not path.exists()
    with pytest.raises(ZeroDivisionError), text_file(path) as file:
        file.write("half")
        raise ZeroDivisionError
    assert path.read_bytes() == "é\n".encode()
    assert [one.name for one in tmp_path.iterdir()] == ["list.csv"]
