"""Files read by a second process while this one writes what they held: one core cuts messages, another seals them.

Rules kept here:
  * What is read, and its order, are the same as if this process read (`files_in`, `read_file`).
  * The second process is started before any key or lock is taken, opens no journal, and ends with its parent.
  * It is at most about PIPE_BYTES ahead: memory stays flat, however large the files.
  * A reading that stops before its end is an error: it never looks like an end.
"""

import contextlib
import fcntl
import multiprocessing
import os
import signal
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection
from pathlib import Path

from msgspec import Struct
from msgspec.msgpack import Decoder, Encoder

from contrefeu.base import OperatorError
from contrefeu.capture.files import Item, Problem, files_in, read_file

READING_BYTES = 2**18  # what is handed over at once; a longer item alone
PIPE_BYTES = 2**20  # what may wait to be taken: the most that Linux gives without being asked by root


class Reading(Struct, array_like=True):
    """What came next: some items, in order, and what could not be taken."""

    files: int = 0  # begun in it
    items: list[Item] = []
    problems: list[Problem] = []
    last: bool = False


class ReadAhead:
    """A second process that reads *paths*, as long as the block lasts."""

    def __init__(self, paths: Sequence[Path]) -> None:
        receiving, sending = multiprocessing.Pipe(duplex=False)
        with contextlib.suppress(OSError):  # a system with smaller pipes is slower, not wrong
            fcntl.fcntl(sending.fileno(), fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        self._receiving = receiving
        self._process = multiprocessing.get_context("fork").Process(
            target=_send, args=(paths, sending, receiving), daemon=True
        )
        self._process.start()
        sending.close()

    @property
    def pid(self) -> int | None:
        """Of the second process."""
        return self._process.pid

    def __enter__(self) -> "ReadAhead":
        return self

    def __exit__(self, *_: object) -> None:
        self._receiving.close()
        self._process.terminate()
        self._process.join()

    def __iter__(self) -> Iterator[Reading]:
        """Yield what is read, to the end.

        Raises:
            OperatorError: The second process ended before its files did.
        """
        decoder = Decoder(Reading)
        while True:
            try:
                reading = decoder.decode(self._receiving.recv_bytes())
            except (EOFError, OSError):
                raise OperatorError(
                    "The files could not be read to their end: the process that read them was stopped.",
                    safe="What was journaled before that stays, and the files are as they were.",
                    next="Import the same files again: what is there already is charted once.",
                ) from None
            yield reading
            if reading.last:
                return


def _send(paths: Sequence[Path], sending: Connection, receiving: Connection) -> None:
    receiving.close()  # else a parent that is gone would not be noticed
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches both; the parent ends this one
    encoder = Encoder()
    try:
        for reading in _readings(paths):
            sending.send_bytes(encoder.encode(reading))
    except BrokenPipeError:
        os._exit(0)  # nobody reads on


def _readings(paths: Sequence[Path]) -> Iterator[Reading]:
    reading, size = Reading(), 0
    for file in (file for path in paths for file in files_in(path)):
        reading.files += 1
        for found in read_file(file):
            if not isinstance(found, Item):
                reading.problems.append(found)
                continue
            if reading.items and size + len(found.body) > READING_BYTES:
                yield reading
                reading, size = Reading(), 0
            reading.items.append(found)
            size += len(found.body)
    reading.last = True
    yield reading
