"""Real errors of a real kernel: what was confirmed is there once, the rest was refused, and writing resumes by itself.

Method: a process of its own appends (appender.py), under strace that makes one system call fail, once or from then on;
or on a small ext4 of the test's own that is filled up, or that the kernel makes read-only.
"""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journal.appender import body_of
from tests.journal.desk import Desk

IMAGE_BYTES = 24 * 2**20


class Appender:
    """The process."""

    def __init__(self, folder: Path, *before: str) -> None:
        command = [*before, sys.executable, "-m", "tests.journal.appender", str(folder)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self.process.stdout is not None
        self.ready = self.process.stdout.readline().strip() == "ready"
        self.kept: list[tuple[int, int]] = []
        self.refused: list[int] = []

    def say(self, line: str) -> str:
        """One command, and its answer; nothing when the process has ended."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def append(self, number: int, length: int = 300) -> bool:
        """Append a message; whether it was confirmed."""
        kept = self.say(f"append {number} {length}") == f"kept {number}"
        if kept:
            self.kept.append((number, length))
        else:
            self.refused.append(number)
        return kept

    def close(self) -> None:
        """End it."""
        if self.process.poll() is None:
            self.say("close")
        self.process.wait(30)

    def __enter__(self) -> "Appender":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(BrokenPipeError):
                if pipe is not None:
                    pipe.close()


def check(folder: Path, *appenders: Appender) -> list[bytes]:
    """What was confirmed is there, once, in order; what was refused is not there twice; nothing is damaged."""
    desk = Desk(folder)
    bodies = desk.bodies()
    confirmed = [body_of(*one) for appender in appenders for one in appender.kept]
    assert [body for body in bodies if body in confirmed] == confirmed
    assert len(set(bodies)) == len(bodies)
    assert desk.verify().intact
    return bodies


@pytest.mark.req("F28", "F29")
@pytest.mark.system("strace")
@pytest.mark.parametrize(("error", "when"), [("EIO", "once"), ("EIO", "ever"), ("EIO", "six"), ("ENOSPC", "ever")])
@pytest.mark.parametrize("call", ["fdatasync", "fsync", "pwrite64", "fallocate", "/^rename"])
def test_a_system_call_that_fails_costs_nothing_confirmed(tmp_path: Path, call: str, when: str, error: str) -> None:
    """Write, sync, reservation and rename: each refused by the kernel, then the process is killed and started again."""
    first = 12 if call == "fsync" else 3  # a start alone syncs folders and names: past that
    calls = {"once": f"{first}", "ever": f"{first}+", "six": f"{first}..{first + 5}"}[when]
    inject = f"inject={call}:error={error}:when={calls}"
    with Appender(tmp_path, "strace", "-f", "-qq", "-o", os.devnull, "-e", f"trace={call}", "-e", inject) as failing:
        for number in range(12):
            failing.append(number)
            if number % 4 == 3:
                failing.say("sign")
        if when == "once":
            assert len(failing.kept) == 12, "one failure is made good in another segment"
        if when == "six":
            assert failing.append(100), "and it writes again by itself"
    with Appender(tmp_path) as after:
        assert after.ready
        assert after.append(200)
        assert after.say("sign") == "signed"
        after.close()
    assert body_of(200, 300) == check(tmp_path, failing, after)[-1]


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """An ext4 of 24 MiB."""
    image, folder = tmp_path / "image", tmp_path / "small"
    folder.mkdir()
    with image.open("wb") as file:
        file.truncate(IMAGE_BYTES)
    made = (
        shutil.which("mkfs.ext4") and subprocess.run(["mkfs.ext4", "-q", "-m", "0", image], check=False).returncode == 0
    )
    options = "loop,errors=remount-ro"
    if not made or subprocess.run(["mount", "-o", options, image, folder], capture_output=True, check=False).returncode:
        pytest.skip("a small ext4 cannot be mounted here")
    yield folder
    subprocess.run(["umount", "-l", folder], check=False)


@pytest.mark.req("F28")
def test_an_ext4_with_room_again_is_written_again(small: Path) -> None:
    """Something else filled the disk and is taken away while the process runs."""
    ballast = small / "ballast"
    with Appender(small / "journals") as appender:
        assert appender.append(1)
        with ballast.open("wb") as file:
            try:
                while True:
                    file.write(bytes(1 << 16))
                    file.flush()
            except OSError:
                pass
        number = 2
        while appender.append(number, 400_000):  # what was reserved is used up first
            number += 1
        assert appender.say("tend") == "full"
        ballast.unlink()
        os.sync()
        assert appender.say("tend") == "well", "nobody sent anything"
        assert appender.append(1000)
        appender.close()
    check(small / "journals", appender)


@pytest.mark.req("F28")
def test_an_ext4_that_the_kernel_made_read_only_is_told(small: Path) -> None:
    """errors=remount-ro, as servers mount it: no confirmation from then on, and all that was confirmed is there."""
    device = subprocess.run(
        ["findmnt", "-n", "-o", "SOURCE", small], capture_output=True, text=True, check=True
    ).stdout.strip()
    trigger = Path("/sys/fs/ext4") / Path(device).name / "trigger_fs_error"
    if not trigger.exists():
        pytest.skip("this kernel has no trigger_fs_error")
    with Appender(small / "journals") as appender:
        assert appender.append(1) and appender.append(2)
        trigger.write_text("1")
        assert not appender.append(3)
        assert appender.say("tend") == "read-only"
        assert not appender.append(4)
        if subprocess.run(["mount", "-o", "remount,rw", small], capture_output=True, check=False).returncode == 0:
            assert appender.say("tend") == "well"
            assert appender.append(5)
        appender.close()
    check(small / "journals", appender)
