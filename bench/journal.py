"""The sealed journal, streaming: against this machine's own disk, and against restic and borg on the same bytes.

    append one, p50 / p99   an entry durable, against a plain pwrite + fdatasync of the same bytes (lower is better)
    import, CPU a message   reading a file, cutting it into messages, sealing, syncing, in both processes; against 8 us
    two cores               messages a second of the same import, against itself held to one core
    seal                    the same import against `restic backup` and `borg create` of the same file
    verify and open         every hash and proof checked without a key; every entry opened, checked against its frame,
                            and its body written to a file, on every core; against `restic restore`, `borg extract`
    size                    bytes on disk against theirs (lower is better)
    as it grows             CPU a message of the last tenth of the entries, against the first tenth (1 is flat)

Ours and the reference take turns in one run, so that a slow neighbour slows both. Medians of ROUNDS. All on one disk:
BENCH_DIR says where. BENCH_MESSAGES sets how many messages of about 1,200 bytes the file has.
"""

import multiprocessing
import os
import random
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

from bench.peers.backups import Backup
from bench.peers.client import BEFORE, message_after
from bench.peers.rows import at, row
from bench.peers.servers import NotInstalled
from contrefeu.base import SystemClock
from contrefeu.capture import BATCH_DRAFTS, ReadAhead, Reading
from contrefeu.custody import KeyPair
from contrefeu.journal import MEDIA_HL7V2, Draft, JournalFiles, JournalReader, JournalWriter, verify_journal
from contrefeu.proof import Signer

ROUNDS = 3
MESSAGES = int(os.environ.get("BENCH_MESSAGES", "100000"))
SINGLE = 400  # appends of one entry a round
CPU_US_MAX = 8.0  # what an imported message may take
PAIR = KeyPair("recovery", bytes(range(32)))
TARGETS = {"seal": {"restic": ">= 1"}, "open": {"restic": ">= 1.4", "borg": ">= 1.9"}, "size": "<= 1.1"}
STEPS = {"restic": ("restic backup", "restic restore"), "borg": ("borg create", "borg extract")}


def run() -> list[dict[str, Any]]:
    """Measure; one row a claim."""
    with tempfile.TemporaryDirectory(prefix="contrefeu-bench-", dir=os.environ.get("BENCH_DIR")) as folder:
        return _measured(Path(folder))


def _measured(folder: Path) -> list[dict[str, Any]]:
    source = folder / "feed.hl7"
    _write_feed(source)
    rows = _single(folder / "single")
    sealed: dict[str, list[float]] = {"ours": [], "restic": [], "borg": [], "one core": [], "two cores": []}
    opened: dict[str, list[float]] = {"ours": [], "restic": [], "borg": []}
    cpu, growth = [], []
    backups = list(_backups(folder))
    for number in range(ROUNDS):
        journals = folder / f"journals-{number}"
        wall, busy, tenths = _import(source, journals, "bench-capture")
        sealed["ours"].append(wall)
        cpu.append(busy)
        growth.append(tenths)
        opened["ours"].append(_verify_and_open(journals, folder / "opened"))
        for backup in backups:
            sealed[backup.name].append(backup.seal(source))
            opened[backup.name].append(backup.open())
        sealed["one core"].append(_writers(source, folder / "one", 1, 1))
        sealed["two cores"].append(_writers(source, folder / "two", 1, 2))
    ours = {"size": _stored(journals), "seal": _median_rate(source, sealed["ours"])}
    ours["open"] = _median_rate(source, opened["ours"])
    rows.append(
        row("journal: import, CPU a message", statistics.median(cpu) / MESSAGES * 1e6, CPU_US_MAX, "us", target="<= 1")
    )
    first, last = (statistics.median(part) * 1e6 for part in zip(*growth, strict=True))
    rows.append(row(f"journal: CPU a message as it grows to {MESSAGES}", last, first, "us"))
    two, one = (MESSAGES / statistics.median(sealed[name]) for name in ("two cores", "one core"))
    rows.append(row("journal: import on two cores against one", two, one, "messages/s", target=">= 1.8"))
    for name, steps in STEPS.items():
        backup = next((b for b in backups if b.name == name), None)
        for step, what, rates in (("seal", steps[0], sealed), ("open", steps[1], opened)):
            rows.append(
                row(
                    f"journal: {'seal' if step == 'seal' else 'verify and open'} against {what}",
                    ours[step],
                    _median_rate(source, rates[name]) if backup is not None else None,
                    "MB/s",
                    target=TARGETS[step].get(name),
                )
            )
        size = backup.stored_bytes() / 1e6 if backup is not None else None
        rows.append(row(f"journal: size against {name}", ours["size"], size, "MB", target=TARGETS["size"]))
    return rows


def _single(folder: Path) -> list[dict[str, Any]]:
    writer = _writer(folder, "bench-single")
    plain = _Plain(folder / "plain")
    drafts = [_draft(body) for body in islice(_bodies(), SINGLE)]
    taken: dict[str, list[float]] = {"ours": [], "reference": []}
    for _ in range(ROUNDS):
        for draft in drafts:
            taken["ours"].append(_seconds(lambda d=draft: writer.append([d])))
            taken["reference"].append(_seconds(lambda d=draft: plain.append(d.body)))
    writer.close()
    return [
        row(f"journal: append one, p{p}", at(taken["ours"], p) * 1e6, at(taken["reference"], p) * 1e6, "us")
        for p in (50, 99)
    ]


def _import(source: Path, journals: Path, origin: str) -> tuple[float, float, tuple[float, float]]:
    """Journal *source* as `import` does: seconds, CPU seconds of both processes, and of this one CPU seconds a message
    in the first and in the last tenth."""
    writer = _writer(journals, origin)
    started, busy = time.perf_counter(), _cpu_s()
    marks = [(0, time.process_time())]
    with ReadAhead([source]) as readings:
        for batch in _batches(readings):
            writer.append(batch)
            marks.append((marks[-1][0] + len(batch), time.process_time()))
    taken = time.perf_counter() - started, _cpu_s() - busy
    writer.close()
    assert marks[-1][0] == MESSAGES, "every message is in the journal"
    tenth = max(1, len(marks) // 10)
    return *taken, (_slope(marks[: tenth + 1]), _slope(marks[-tenth - 1 :]))


def _cpu_s() -> float:
    """CPU seconds of this process and of those it waited for."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def _slope(marks: list[tuple[int, float]]) -> float:
    return (marks[-1][1] - marks[0][1]) / (marks[-1][0] - marks[0][0])


def _batches(readings: Iterable[Reading]) -> Iterator[list[Draft]]:
    batch: list[Draft] = []
    for reading in readings:
        for item in reading.items:
            batch.append(Draft(item.source, item.media_type, item.body, time.time_ns()))
            if len(batch) == BATCH_DRAFTS:
                yield batch
                batch = []
    if batch:
        yield batch


def _writers(source: Path, folder: Path, count: int, cores: int) -> float:
    """Seconds until *count* processes on *cores* cores have each journaled *source* in a journal of its own."""
    shutil.rmtree(folder, ignore_errors=True)
    processes = [
        multiprocessing.Process(target=_on_cores, args=(cores, source, folder, f"bench-capture-{n}"))
        for n in range(count)
    ]
    started = time.perf_counter()
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    return time.perf_counter() - started


def _on_cores(cores: int, source: Path, folder: Path, origin: str) -> None:
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    _import(source, folder, origin)


def _verify_and_open(journals: Path, into: Path) -> float:
    into.mkdir(exist_ok=True)
    files = JournalFiles.of(journals, "bench-capture")
    parts = os.cpu_count() or 1
    edges = [MESSAGES * n // parts for n in range(parts + 1)]
    started = time.perf_counter()
    processes = [
        multiprocessing.Process(target=_open, args=(files, first, last, into / str(first)))
        for first, last in pairwise(edges)
    ]
    for process in processes:
        process.start()
    assert verify_journal(files).intact
    for process in processes:
        process.join()
        assert process.exitcode == 0
    return time.perf_counter() - started


def _open(files: JournalFiles, first: int, last: int, into: Path) -> None:
    """Write the bodies of the entries after *first* up to *last*."""
    reader = JournalReader(files, lambda header: PAIR.open(header.keys[0].sealed, header.origin, header.segment))
    count = first
    with into.open("wb") as out:
        for entries in reader.after(first):
            wanted = entries[: last - count]
            out.write(b"".join([entry.body for entry in wanted]))
            count += len(wanted)
            if count == last:
                break
    reader.close()
    assert count == last


def _backups(folder: Path) -> Iterator[Backup]:
    for name in STEPS:
        try:
            yield Backup(name, folder / name)
        except NotInstalled:
            continue


def _stored(journals: Path) -> float:
    return sum(path.stat().st_size for path in journals.rglob("*") if path.is_file()) / 1e6


def _median_rate(source: Path, seconds: list[float]) -> float:
    return source.stat().st_size / statistics.median(seconds) / 1e6


def _writer(folder: Path, origin: str) -> JournalWriter:
    return JournalWriter(folder, Signer(origin, bytes(range(32))), lambda: [PAIR.recipient], SystemClock())


def _draft(body: bytes) -> Draft:
    return Draft("LABO@CHU", MEDIA_HL7V2, body, time.time_ns())


def _bodies() -> Iterator[bytes]:
    chance, number = random.Random(11), 0
    while True:
        number += 1
        yield (BEFORE + b"B%09d" % number + message_after(chance))[1:-2]


def _write_feed(path: Path) -> None:
    with path.open("wb") as out:
        for body in islice(_bodies(), MESSAGES):
            out.write(body)


class _Plain:
    """A file that is appended to and synced, and nothing else; space reserved ahead as ours is."""

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self._end = 0
        self._reserved = 0

    def append(self, data: bytes) -> None:
        """Write and sync."""
        if self._end + len(data) > self._reserved:
            os.posix_fallocate(self._fd, self._reserved, 4 * 2**20)
            self._reserved += 4 * 2**20
        os.pwrite(self._fd, data, self._end)
        os.fdatasync(self._fd)
        self._end += len(data)


def _seconds(body: Callable[[], Any]) -> float:
    started = time.perf_counter()
    body()
    return time.perf_counter() - started
