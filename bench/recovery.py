"""After an attack: comparing journals with a restored system, and sending back what it lacks.

    gap                 entries compared a second of processor (marks, tables, findings; a tenth is missing), against
                        digesting the same bytes once with BLAKE2b: the least that any comparison must do
    gap memory          highest memory of Python objects, with MESSAGES and with a tenth of them: it must not grow
    replay              messages a second to a target on this machine that answers at once, one on its way at a time,
                        against the same socket with nothing but send and wait

Journals are on disk and sealed. Medians of ROUNDS; BENCH_DIR sets where they lie, BENCH_RECOVERY_MESSAGES how many
messages (the claim is for 1,000,000 in two minutes on two cores).
"""

import os
import socket
import statistics
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Any

from contrefeu.acts import Act, encode
from contrefeu.base import SystemClock
from contrefeu.capture import Item
from contrefeu.custody import DataKeys, KeyPair
from contrefeu.hl7 import Framer, acknowledge, frame, peek
from contrefeu.journal import MEDIA_ACT, MEDIA_HL7V2, Draft, Entry, JournalFiles, JournalReader, JournalWriter
from contrefeu.mapping import FeedRules, read
from contrefeu.proof import Signer
from contrefeu.recovery import (
    LEDGER_TABLES,
    TABLES,
    Forward,
    Gap,
    Ledger,
    Line,
    Profile,
    Progress,
    Replay,
    Sources,
    find_gap,
    open_target,
    scratch,
)

MESSAGES = int(os.environ.get("BENCH_RECOVERY_MESSAGES", "20000"))
ROUNDS = 3
LACKING = 10  # of so many one is missing
ORIGIN = "bench-capture"
GAP_SECONDS_MAX = 120.0
GAP_MESSAGES = 1_000_000
REPLAY_RATE = 5_000


def run() -> list[dict[str, Any]]:
    """Measure; one row a claim."""
    with tempfile.TemporaryDirectory(prefix="contrefeu-bench-", dir=os.environ.get("BENCH_DIR")) as folder:
        house = _House(Path(folder), MESSAGES)
        ours = statistics.median(_cpu(house.gap) for _ in range(ROUNDS))
        floor = statistics.median(_cpu(house.digest) for _ in range(ROUNDS))
        rate = statistics.median(house.replay() for _ in range(ROUNDS))
        bare = statistics.median(house.bare() for _ in range(ROUNDS))
        rows = [
            _row("recovery: gap", MESSAGES / ours, MESSAGES / floor, "entries/s of processor")
            | {"target": GAP_MESSAGES / GAP_SECONDS_MAX, "met": MESSAGES / ours >= GAP_MESSAGES / GAP_SECONDS_MAX},
            _row("recovery: replay", rate, bare, "messages/s") | {"target": REPLAY_RATE, "met": rate >= REPLAY_RATE},
        ]
        small = _House(Path(folder) / "small", max(1, MESSAGES // 10))
        rows.append(_row("recovery: gap memory", _peak(house.gap), _peak(small.gap), "bytes"))
    return rows


class _House:
    """A journal, an export that lacks a part of it, and a target."""

    def __init__(self, folder: Path, messages: int) -> None:
        pair, _seed = KeyPair.draw("recovery")
        folder.mkdir(exist_ok=True)
        self._folder, self._messages = folder, messages
        self._writer = JournalWriter(
            folder, Signer("bench-station", bytes(32)), lambda: [pair.recipient], SystemClock()
        )
        with_all = JournalWriter(folder, Signer(ORIGIN, bytes(range(32))), lambda: [pair.recipient], SystemClock())
        for start in range(0, messages, 1000):
            stop = min(start + 1000, messages)
            with_all.append([Draft("LAB@CHU", MEDIA_HL7V2, _message(n), n + 1) for n in range(start, stop)])
        with_all.close()
        self._files, self._keys = JournalFiles.of(folder, ORIGIN), DataKeys(None, recovery=pair)

    def gap(self) -> None:
        """Compare; a part is missing."""
        held = (
            Item(_message(n), MEDIA_HL7V2, "LAB@CHU", "") for n in range(self._messages) if n % LACKING
        )  # made anew each time: that is the export's own cost, and is in the figure
        with scratch(self._folder, "gap", *LEDGER_TABLES, *TABLES) as table:
            asked = iter([held, ()])
            sources = Sources(
                entries=self._entries,
                closed=tuple,
                held=lambda: next(asked),
                charts=_NoCharts(),
                ledger=Ledger(table),
                read=lambda entry: read(entry, FeedRules()),
                hides=False,
                drill=True,
            )
            gap = find_gap(sources, Gap("", "", "", {}), table, self._folder / "gap.jsonl")
        assert gap.missing == -(-self._messages // LACKING)

    def digest(self) -> None:
        """The least that any comparison does: read nothing, digest both sides once."""
        for n in range(self._messages):
            blake2b(_message(n), digest_size=8).digest()
            if n % LACKING:
                blake2b(_message(n), digest_size=8).digest()

    def replay(self) -> float:
        """Messages a second, all of them, claims and answers journaled."""
        lines = [Line(f"{ORIGIN}/{n + 1}", "send", f"p{n % 500}", "ORU^R01") for n in range(self._messages)]
        fetch = Forward(lambda _: JournalReader(self._files, self._keys))

        def record(acts: Sequence[Act]) -> None:
            self._writer.append([Draft("console", MEDIA_ACT, encode(act), 0) for act in acts])

        with _null_target() as port, scratch(self._folder, "replay", *LEDGER_TABLES) as table:
            run = Replay("bench", Profile(), Ledger(table), fetch, SystemClock())
            wire, progress = open_target(f"mllp://127.0.0.1:{port}", 10.0), Progress(self._folder / "sent.log")
            began = time.perf_counter()
            done = run.send(lines, wire, progress, record)
            seconds = time.perf_counter() - began
            progress.close()
            wire.close()
            fetch.close()
        assert done.acknowledged == self._messages
        return self._messages / seconds

    def bare(self) -> float:
        """The same messages over the same kind of connection, and nothing else."""
        with _null_target() as port:
            wire = open_target(f"mllp://127.0.0.1:{port}", 10.0)
            began = time.perf_counter()
            for n in range(self._messages):
                wire.exchange(_message(n), f"R{n}")
            seconds = time.perf_counter() - began
            wire.close()
        return self._messages / seconds

    def _entries(self) -> Iterator[Entry]:
        reader = JournalReader(self._files, self._keys)
        for entries in reader.after(0):
            yield from entries
        reader.close()


class _NoCharts:
    """Charts that know everybody by their number."""

    def numbers(self, id: str) -> list[str]:
        """The number itself."""
        return [id]

    def chart(self, id: str) -> None:
        """Nobody has one."""

    def entry(self, ref: str) -> Entry | None:
        """Nothing is withdrawn here, and nothing is asked."""
        raise AssertionError(ref)


@contextmanager
def _null_target() -> Iterator[int]:
    """A process of its own that answers every frame at once; gives its port."""
    server = socket.create_server(("127.0.0.1", 0))
    child = os.fork()
    if child == 0:
        _answer(server)
        os._exit(0)
    try:
        yield server.getsockname()[1]
    finally:
        server.close()
        os.waitpid(child, 0)


def _answer(server: Any) -> None:
    connection, _ = server.accept()
    framer = Framer(2**20)
    while data := connection.recv(65536):
        for found in framer.receive(data):
            header = peek(found.body)
            connection.sendall(frame(acknowledge(header, "AA", control_id="A", now="20261125000000")))


def _message(n: int) -> bytes:
    return (
        f"MSH|^~\\&|LAB|CHU|CF|CHU|20261124040000||ORU^R01|R{n}|T|2.5\r"
        f"PID|1||9{n % 500:05d}^^^CHU^PI||ESSAI^PATIENT||19700101|F\r"
        f"PV1|1|I|W{n % 20}^101^1||||||||||||||||S{n % 500}\r"
        f"OBR|1|P{n}|F{n}|2823-3^Potassium^LN|||20261124035000\r"
        f"OBX|1|NM|2823-3^Potassium^LN||{n % 70 / 10}|mmol/L|3.5-5.0|N|||F|||20261124035000\r"
    ).encode()


def _cpu(work: Callable[[], None]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _peak(work: Callable[[], None]) -> float:
    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return float(peak)


def _row(name: str, ours: float, reference: float, unit: str) -> dict[str, Any]:
    return {"name": name, "ours": ours, "reference": reference, "ratio": ours / reference, "unit": unit}
