"""Reading a journal: one entry of a great one, following it live, and what that costs in bytes and memory.

    entry at random               p50 and p99, against a pread of as many bytes at random there; in a journal with a
                                  message a frame, as a quiet feed writes it, and in one of ten times the size that
                                  holds documents of 1 MB between messages, 64 a frame, as an import writes them
    bytes read for one entry      of the journal's files, mean, against the bytes of the segment before the entry
    follow, p50 / p99             from an entry's sync to a follower that has opened it, at RATE messages a second,
                                  against the 50 ms that it may take
    memory of a full read         highest, of a journal read from end to end, against one of its segments

BENCH_READING_MB sets the size of the larger one (default 256; the claim is for 10,000), BENCH_DIR where they lie.
"""

import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from contrefeu.base import SystemClock
from contrefeu.custody import KeyPair
from contrefeu.journal import MEDIA_HL7V2, Draft, HeadWatch, JournalFiles, JournalReader, JournalWriter
from contrefeu.journal import files as files_module
from contrefeu.journal import reader as reader_module
from contrefeu.journal import scan as scan_module
from contrefeu.journal import seek as seek_module
from contrefeu.proof import Signer

ORIGIN = "bench-reading"
SIZE_BYTES = int(os.environ.get("BENCH_READING_MB", "256")) * 10**6
BODY_BYTES = 1_200  # that do not compress: the journal is as long as what was put in
LOOK_MAX_US = 5_000
LOOKS = 1_000
RATE = 200  # messages a second: a large hospital's busiest minute
FOLLOWED = 1_000
FOLLOW_MAX_MS = 50.0


def run() -> list[dict[str, Any]]:
    """Measure; one row a claim."""
    rows: list[dict[str, Any]] = []
    for count, size in ((1, SIZE_BYTES // 10), (64, SIZE_BYTES)):
        with tempfile.TemporaryDirectory(prefix="contrefeu-bench-", dir=os.environ.get("BENCH_DIR")) as folder:
            pair, _seed = KeyPair.draw("recovery")
            files = _write(Path(folder), pair, count, size)
            rows += _random_access(files, pair, count)
            if count == 1:
                rows.append(_bytes_read(files, pair))
                rows.append(_memory(files, pair))
    with tempfile.TemporaryDirectory(prefix="contrefeu-bench-", dir=os.environ.get("BENCH_DIR")) as folder:
        rows += _followed(Path(folder))
    return rows


def _write(folder: Path, pair: KeyPair, count: int, size: int) -> JournalFiles:
    """A journal of *size* bytes, *count* messages a frame; not synced, which reading cannot see."""
    noise = random.Random(7).randbytes(10**6)
    real = os.fdatasync
    os.fdatasync = int
    try:
        writer = JournalWriter(folder, Signer(ORIGIN, bytes(range(32))), lambda: [pair.recipient], SystemClock())
        written, n = 0, 0
        while written < size:
            n += 1
            start = n * 4_099 % (len(noise) - 64 * BODY_BYTES)
            bodies = [noise[i : i + BODY_BYTES] for i in range(start, start + count * BODY_BYTES, BODY_BYTES)]
            if count > 1 and n % 16:
                bodies = [noise[n % 1_000 :]]  # a document among the messages
            writer.append([Draft("LAB@BENCH", MEDIA_HL7V2, body, n) for body in bodies])
            written += sum(map(len, bodies))
        writer.close()
    finally:
        os.fdatasync = real
    return JournalFiles.of(folder, ORIGIN)


def _reader(files: JournalFiles, pair: KeyPair) -> JournalReader:
    return JournalReader(files, lambda header: pair.open(header.keys[0].sealed, header.origin, header.segment))


def _random_access(files: JournalFiles, pair: KeyPair, count: int) -> list[dict[str, Any]]:
    reader, chance = _reader(files, pair), random.Random(11)
    head = reader.head()
    assert head is not None
    paths = [files.segment(number) for number in files.segments()]
    whole = sum(path.stat().st_size for path in paths)
    ours, cpu, plain = [], [], []
    for _ in range(LOOKS):
        sequence = chance.randint(1, head.sequence)
        began, worked = time.perf_counter(), time.process_time()
        entry = reader.entry(sequence)
        ours.append(time.perf_counter() - began)
        cpu.append(time.process_time() - worked)
        assert entry is not None
        assert entry.sequence == sequence
        began = time.perf_counter()
        _plain(chance.choice(paths), len(entry.body), chance)
        plain.append(time.perf_counter() - began)
    size = f"{whole / 1e9:.2f} GB"
    name = f"reading: entry at random, {count} a frame, {{}} ({size})"
    rows = [_row(name.format(f"p{at}"), _at(ours, at) * 1e6, _at(plain, at) * 1e6, "us") for at in (50, 99)]
    # On a machine that others use too, the time that was ours; against the 5 ms that a look may take.
    return [*rows, _row(name.format("p99 of its CPU"), _at(cpu, 99) * 1e6, LOOK_MAX_US, "us")]


def _plain(path: Path, length: int, chance: random.Random) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.pread(fd, length, chance.randrange(max(os.fstat(fd).st_size - length, 1)))
    finally:
        os.close(fd)


class _Counting:
    """The `os` of the reading modules: counts bytes."""

    def __init__(self) -> None:
        self.read = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def pread(self, fd: int, length: int, offset: int) -> bytes:
        """Read, and count."""
        data = os.pread(fd, length, offset)
        self.read += len(data)
        return data


def _bytes_read(files: JournalFiles, pair: KeyPair) -> dict[str, Any]:
    reader, chance, counting = _reader(files, pair), random.Random(13), _Counting()
    head = reader.head()
    assert head is not None
    modules: list[Any] = [files_module, reader_module, scan_module, seek_module]
    for module in modules:
        module.os = counting
    try:
        for _ in range(100):
            reader.entry(chance.randint(1, head.sequence))
    finally:
        for module in modules:
            module.os = os
    before = statistics.mean(files.segment(number).stat().st_size for number in files.segments()) / 2
    return _row("reading: bytes read for one entry", counting.read / 100, before, "bytes")


def _memory(files: JournalFiles, pair: KeyPair) -> dict[str, Any]:
    reader = _reader(files, pair)
    tracemalloc.start()
    for _entries in reader.after(0):
        pass
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return _row("reading: memory of a full read", peak / 1e6, files.segment(1).stat().st_size / 1e6, "MB")


def _followed(folder: Path) -> list[dict[str, Any]]:
    """Lag of a follower in another process than the writer: the body says when its append returned."""
    pair, seed = KeyPair.draw("recovery")
    feed = subprocess.Popen([sys.executable, __file__, str(folder), str(FOLLOWED), str(RATE)], stdin=subprocess.PIPE)
    assert feed.stdin is not None
    try:
        feed.stdin.write(seed)
        feed.stdin.close()
        lags = list(_lags(JournalFiles.of(folder, ORIGIN), pair))
    finally:
        feed.wait(FOLLOWED / RATE + 60)
    return [
        _row(f"reading: follow, {RATE} messages/s, p{at}", _at(lags, at) * 1e3, FOLLOW_MAX_MS, "ms") for at in (50, 99)
    ]


def _feed(folder: Path, count: int, rate: int) -> None:
    """Write *count* messages, one a frame; each holds the time when the one before it was durable."""
    pair = KeyPair("recovery", sys.stdin.buffer.read())
    writer = JournalWriter(folder, Signer(ORIGIN, bytes(range(32))), lambda: [pair.recipient], SystemClock())
    durable = time.monotonic_ns()
    for n in range(count + 1):
        writer.append([Draft("LAB@BENCH", MEDIA_HL7V2, durable.to_bytes(8, "big") + bytes(1_000), n)])
        durable = time.monotonic_ns()
        time.sleep(1 / rate)
    writer.close()


def _lags(files: JournalFiles, pair: KeyPair) -> Iterator[float]:
    while not files.verifier_file.exists() or not files.segments():
        time.sleep(0.01)
    reader, watch, seen, last = _reader(files, pair), HeadWatch(), 0, 0
    watch.add(files.folder)
    while last <= FOLLOWED:
        moved = False
        for entries in reader.after(last):
            opened = time.monotonic_ns()
            for entry in entries:
                if seen:
                    yield max(0, seen - int.from_bytes(entry.body[:8], "big")) / 1e9
                last = entry.sequence
            seen, moved = opened, True
        if not moved:
            watch.wait(FOLLOW_MAX_MS / 1e3)
    watch.close()


def _at(samples: list[float], percent: int) -> float:
    return sorted(samples)[min(len(samples) - 1, len(samples) * percent // 100)]


def _row(name: str, ours: float, reference: float, unit: str) -> dict[str, Any]:
    return {"name": name, "ours": ours, "reference": reference, "ratio": ours / reference, "unit": unit}


if __name__ == "__main__":  # the writer that is followed, a process of its own
    _feed(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
