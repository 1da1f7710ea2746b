"""Which message of the last claim was on its way, so that a killed process leaves one in doubt and not the whole claim.

    boot BOOT-ID            written before the first claim
    claim CLAIM             begins anew with each claim
    > N                     message N of the claim: its first byte may be on the wire
    < N CODE                its answer

Rules kept here:
  * Written before the send, not synced: it outlives this process, not a power cut. So it is believed only within the
    boot that it names; else every message of an open claim is in doubt.
  * A claim of this station that a believed file does not name had not begun. Of other stations' claims it says nothing.
"""

import os
from pathlib import Path

from msgspec import Struct

from contrefeu.base import open_file

_BOOT = Path("/proc/sys/kernel/random/boot_id")  # Linux, random(4)


class Left(Struct):
    """What a process that ended left of one claim."""

    on_the_way: set[int]  # sent perhaps, and not answered
    codes: dict[int, str]


class Progress:
    """The file of one target; its one writer holds the target's lock."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd = -1

    def left(self, claim: str) -> Left | None:
        """What is known of *claim*, which this station made; None when all of it is in doubt."""
        try:
            lines = self._path.read_text().splitlines()
        except OSError:
            return None
        if not _boot_id() or lines[:1] != [f"boot {_boot_id()}"]:
            return None
        found = Left(set(), {})
        if lines[1:2] != [f"claim {claim}"]:
            return found
        for line in lines[2:]:
            sign, number, *code = line.split(" ")
            if sign == ">":
                found.on_the_way.add(int(number))
            else:
                found.on_the_way.discard(int(number))
                found.codes[int(number)] = code[0]
        return found

    def open(self) -> None:
        """Begin, again if need be: what was left there has been settled."""
        self.close()
        self._fd = open_file(self._path, 0o600)
        self._again(f"boot {_boot_id()}\n")

    def begin(self, claim: str) -> None:
        """From now on messages of *claim* are sent."""
        self._again(f"boot {_boot_id()}\nclaim {claim}\n")

    def sending(self, number: int) -> None:
        """Message *number* is about to be sent."""
        os.write(self._fd, f"> {number}\n".encode())

    def answered(self, number: int, code: str) -> None:
        """Message *number* was answered."""
        os.write(self._fd, f"< {number} {code}\n".encode())

    def close(self) -> None:
        """Let the file go."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _again(self, text: str) -> None:
        """Replace the file whole: one that was cut short would speak of no claim at all."""
        beside = self._path.with_name(f".{self._path.name}.new")
        fd = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
        os.write(fd, text.encode())
        beside.replace(self._path)
        os.close(self._fd)
        self._fd = fd


def _boot_id() -> str:
    try:
        return _BOOT.read_text().strip()
    except OSError:
        return ""
