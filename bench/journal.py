"""The sealed journal against this machine's own disk and hash: what sealing, proof and order cost.

    append one, p50 / p99    an entry durable, against a plain pwrite + fdatasync of the same bytes (lower is better)
    append 256               messages durable a second in batches of 256, against the same bytes written in the clear
    read                     entries opened and checked a second, against SHA-256 of the same bytes
    verify                   bytes a second checked without a key, against SHA-256 of the same bytes

Ours and the reference take turns in one run, so that a slow neighbour slows both. Medians of ROUNDS.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

from contrefeu.base import SystemClock
from contrefeu.custody import KeyPair
from contrefeu.journal import MEDIA_HL7V2, Draft, JournalFiles, JournalReader, JournalWriter, verify_journal
from contrefeu.proof import Signer

ROUNDS = 5
SINGLE = 400  # appends of one entry a round
BATCH = 256
BATCHES = 40
ORIGIN = "bench-capture"


def run() -> list[dict[str, Any]]:
    """Measure; one row a claim."""
    with tempfile.TemporaryDirectory(prefix="contrefeu-bench-", dir=os.environ.get("BENCH_DIR")) as folder:
        return _measured(Path(folder))


def _measured(folder: Path) -> list[dict[str, Any]]:
    pair, _seed = KeyPair.draw("recovery")
    writer = JournalWriter(folder, Signer(ORIGIN, bytes(range(32))), lambda: [pair.recipient], SystemClock())
    drafts = [Draft("ADM@BENCH", MEDIA_HL7V2, message(n), time.time_ns()) for n in range(BATCH)]
    plain = _Plain(folder / "plain")
    whole = b"".join(draft.body for draft in drafts)
    single: dict[str, list[float]] = {"ours": [], "reference": []}
    batched: dict[str, list[float]] = {"ours": [], "reference": []}
    for _ in range(ROUNDS):
        for n in range(SINGLE):
            draft = drafts[n % BATCH]
            single["ours"].append(_seconds(lambda d=draft: writer.append([d])))
            single["reference"].append(_seconds(lambda d=draft: plain.append(d.body)))
        batched["ours"].append(_seconds(lambda: [writer.append(drafts) for _ in range(BATCHES)]))
        batched["reference"].append(_seconds(lambda: [plain.append(whole) for _ in range(BATCHES)]))
    writer.close()
    rows = [
        _row("journal: append one, p50", *(_at(single[who], 50) * 1e6 for who in ("ours", "reference")), "us"),
        _row("journal: append one, p99", *(_at(single[who], 99) * 1e6 for who in ("ours", "reference")), "us"),
    ]
    rate = [BATCH * BATCHES / statistics.median(batched[who]) for who in ("ours", "reference")]
    rows.append(_row("journal: append 256 at a time", *rate, "messages/s"))
    return rows + _reading(JournalFiles.of(folder, ORIGIN), pair)


def _reading(files: JournalFiles, pair: KeyPair) -> list[dict[str, Any]]:
    data = b"".join(files.segment(number).read_bytes() for number in files.segments())
    entries = 0
    seconds: dict[str, list[float]] = {"read": [], "verify": [], "hash": []}

    def read() -> None:
        nonlocal entries
        reader = JournalReader(files, lambda header: pair.open(header.keys[0].sealed, header.origin, header.segment))
        entries = sum(len(batch) for batch in reader.after(0))
        reader.close()

    for _ in range(ROUNDS):
        seconds["read"].append(_seconds(read))
        seconds["verify"].append(_seconds(lambda: verify_journal(files)))
        seconds["hash"].append(_seconds(lambda: sha256(data).digest()))
    hashed = statistics.median(seconds["hash"])
    return [
        _row(
            "journal: read, opened and checked",
            entries / statistics.median(seconds["read"]),
            entries / hashed,
            "entries/s",
        ),
        _row(
            "journal: verify without a key",
            len(data) / statistics.median(seconds["verify"]) / 1e6,
            len(data) / hashed / 1e6,
            "MB/s",
        ),
    ]


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


def message(n: int) -> bytes:
    """An invented laboratory result of about 1,200 bytes."""
    lines = [
        f"MSH|^~\\&|LAB|BENCH|CONTREFEU|BENCH|20261124{n % 86400:06d}||ORU^R01^ORU_R01|B{n:08d}|T|2.5",
        f"PID|1||{n % 5000:07d}^^^BENCH&1.2.3&ISO^PI||FAMILY{n % 997}^GIVEN{n % 89}||19{n % 90 + 10}0101|F",
        f"PV1|1|I|CARDIO^{n % 60 + 100}^1^BENCH||||||||||||||||S{n % 5000:06d}^^^BENCH^VN",
        f"OBR|1|C{n:07d}^ADM|L{n:07d}^LAB|24320-4^Ionogram^LN|||20261124080000|||||||||||||||20261124083000||CH|F",
    ]
    lines += [
        f"OBX|{i}|NM|{2800 + i}-{i}^Analyte number {i}^LN||{(n * 7 + i * 13) % 900 / 10}|mmol/L|3.5-5.0|N|||F"
        f"|||20261124080000"
        for i in range(1, 11)
    ]
    return "\r".join(lines).encode() + b"\r"


def _seconds(body: Callable[[], Any]) -> float:
    started = time.perf_counter()
    body()
    return time.perf_counter() - started


def _at(samples: list[float], percent: int) -> float:
    return sorted(samples)[min(len(samples) - 1, len(samples) * percent // 100)]


def _row(name: str, ours: float, reference: float, unit: str) -> dict[str, Any]:
    return {"name": name, "ours": ours, "reference": reference, "ratio": ours / reference, "unit": unit}
