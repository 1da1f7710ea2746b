"""What the commands of a recovery share: where its files lie, and the journals as far as they stood when it began.

HOME/recovery/gap.jsonl        what the last comparison found (its digest is in the journal)
HOME/recovery/plan.jsonl       what `replay` sends when no plan is named
HOME/run/plan.jsonl            the plan as `replay` last read it, whichever it was: the ward app shows this copy
HOME/run/waiting.jsonl         what waits for somebody, as the last `replay` found it; for the ward app
HOME/recovery/sent-….log       of which message a killed replay is in doubt
"""

import contextlib
import heapq
import shutil
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path

from contrefeu.acts import Act, encode
from contrefeu.base import OperatorError, durable_makedirs, text_file
from contrefeu.chart import Charts, Person, SyncChartsClient
from contrefeu.cli.node import CONSOLE, STATION_SUFFIX, Node
from contrefeu.journal import MEDIA_ACT, Draft, Entry, JournalReader
from contrefeu.recovery import LEDGER_TABLES, Forward, Ledger, LinesFile, Scratch, Waiting, WaitingHeader, scratch

PLAN = "plan.jsonl"
WAITING = "waiting.jsonl"


class Recovery:
    """A recovery on one node."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.folder = node.paths.root / "recovery"
        for folder in (self.folder, node.paths.run):  # a home that was copied from elsewhere may have no run/
            durable_makedirs(folder)
        self.findings = self.folder / "gap.jsonl"
        self.plan = self.folder / PLAN
        self._closed: list[dict[str, object]] = []
        self.heads = {
            files.verifier().name: head.sequence
            for files in node.charted()
            if (head := JournalReader(files, node.data_keys()).head())
        }

    def show(self, plan: Path) -> None:
        """Leave a copy of *plan* for the pages, which see nothing of the folder that plans lie in."""
        from contrefeu.cli.separation import give_said

        with plan.open(encoding="utf-8") as made, text_file(self.node.paths.run / PLAN) as shown:
            shutil.copyfileobj(made, shown)  # piece by piece: a plan may have millions of lines
        give_said(self.node, PLAN)

    @contextlib.contextmanager
    def waiting(self, header: WaitingHeader) -> Iterator[Callable[[Waiting], None]]:
        """Gives what leaves for the pages, in a run's order, what waits for somebody; nothing where it breaks off."""
        from contrefeu.cli.separation import give_said

        file = LinesFile(self.node.paths.run / WAITING)
        try:
            file.add(header)
            yield file.add
        except BaseException:
            file.drop()
            raise
        file.close()
        give_said(self.node, WAITING)

    def progress_file(self, target: str) -> Path:
        """Where a replay notes which message is on its way."""
        return self.folder / f"sent-{sha256(target.encode()).hexdigest()[:16]}.log"

    def entries(self, since_ns: int = 0) -> Iterator[Entry]:
        """Every entry up to the heads, in hybrid order; what no key opens is passed over, and named by `closed`."""
        self._closed.clear()
        for entry in self.node.entries("", since_ns, 1 << 63, beyond=self._closed):
            if entry.sequence <= self.heads.get(entry.journal, 0):
                yield entry

    def closed(self) -> Iterator[str]:
        """The entries that the last reading passed over."""
        for span in self._closed:
            for sequence in range(int(str(span["first_entry"])), int(str(span["last_entry"])) + 1):
                yield f"{span['journal']}/{sequence}"

    @contextlib.contextmanager
    def ledger(self, name: str, *tables: str) -> Iterator[tuple[Scratch, Ledger]]:
        """A table of the command *name*, and in it what was sent and set aside so far, by any station that counts."""
        with scratch(self.folder, name, *LEDGER_TABLES, *tables) as table:
            yield table, Ledger(table, self.node.station_journal).read(self._acts())

    def forward(self) -> Forward:
        """Reads entries by their names."""
        keys = self.node.data_keys()
        known = {files.verifier().name: files for files in self.node.journals()}

        def reader_of(journal: str) -> JournalReader:
            if journal not in known:
                raise ValueError(journal)
            return JournalReader(known[journal], keys)

        return Forward(reader_of)

    def _acts(self) -> Iterator[Entry]:
        node = self.node
        names = [files.verifier().name for files in node.journals()]
        streams = [
            node.entries(name, 0, 1 << 63, beyond=[])
            for name in names
            if name.endswith(STATION_SUFFIX) and node.counts(name)
        ]
        return heapq.merge(*streams, key=lambda entry: entry.order)

    @contextlib.contextmanager
    def recorder(self) -> Iterator[Callable[[Sequence[Act]], None]]:
        """Gives what makes acts durable in the station's journal, for as long as a command goes on."""
        with self.node.station_appender() as journal:

            def record(acts: Sequence[Act]) -> None:
                now_ns = self.node.clock.now_ns()
                journal.append([Draft(CONSOLE, MEDIA_ACT, encode(act), now_ns) for act in acts])

            yield record


def people(node: Node, charts: Charts | SyncChartsClient) -> Iterator[Person]:
    """Yield whom there are charts of: real people, or in a home of exercises those of exercises; never both (F33)."""
    after, world = 0, "T" if node.settings.drill else "P"
    while some := charts.people(after):
        yield from (one for one in some if one.world == world)
        after = some[-1].n


def no_gap() -> OperatorError:
    """Nothing was compared yet."""
    return OperatorError(
        "Nothing was compared with a restored system yet.",
        safe="Nothing was sent.",
        next="contrefeu gap --against … says what it lacks, and writes the plan.",
    )
