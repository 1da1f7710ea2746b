"""Reading entries on an Apache Spark cluster while one process files, folds and writes them: a restore's charts.

Rules kept here:
  * What an entry says depends on its bytes and its sender's rules alone: whoever reads it, the charts are the same.
  * Executors are given entries, sealed under the job's key, and nothing of the home: no journal, no store, no path.
  * A batch is one job; the next is asked for while the one at hand is filed. One that fails is read here.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

import structlog

from contrefeu.chart import Begin
from contrefeu.journal import Entry
from contrefeu.mapping import Reading, Rules, read
from contrefeu.recovery.spark import Cluster, failures, key_file_of, spark_context
from contrefeu.recovery.splits import Job, Sealer, ask_sealed, begin_job, open_said, read_sealed

PART_ENTRIES = 500  # read as one task: an executor starts one in some 10 ms, and reads it in 150

log = structlog.get_logger("cluster")


@contextmanager
def reading_on_cluster(cluster: Cluster) -> Iterator[Begin]:
    """Give what reads ahead on *cluster*; it is begun at once, so that one that does not start is said first.

    Raises:
        OperatorError: Spark is not installed, or its master takes no work.
    """
    with key_file_of(cluster) as key_file, spark_context(cluster.master) as context:
        yield lambda rules: _Readers(context, *begin_job(key_file, rules, "", None), rules)


class _Readers:
    """A batch after another, in the engine's own time."""

    def __init__(self, context: Any, job: Job, sealer: Sealer, rules: Rules) -> None:
        self._context, self._job, self._sealer, self._rules = context, job, sealer, rules
        self._jobs = ThreadPoolExecutor(1)

    def ask(self, entries: Sequence[Entry]) -> Iterator[Reading]:
        """Have *entries* read; what they say is yielded in their order."""
        parts = [entries[at : at + PART_ENTRIES] for at in range(0, len(entries), PART_ENTRIES)]
        return self._readings(parts, self._jobs.submit(self._read, parts))

    def close(self) -> None:
        """Let go; the engine ends with who began it."""
        self._jobs.shutdown(wait=False, cancel_futures=True)

    def _read(self, parts: Sequence[Sequence[Entry]]) -> list[bytes]:
        asked = [ask_sealed(self._sealer, part) for part in parts]
        found: list[bytes] = self._context.parallelize(asked, len(asked)).map(partial(read_sealed, self._job)).collect()
        return found

    def _readings(self, parts: Sequence[Sequence[Entry]], job: "Future[list[bytes]]") -> Iterator[Reading]:
        try:
            said = job.result()
        except failures() as failed:
            log.error("the cluster gave up; a batch is read here", error=type(failed).__name__)
            for part in parts:
                yield from (read(entry, self._rules.of(entry.source)) for entry in part)
            return
        for one in said:
            yield from open_said(self._sealer, one)
