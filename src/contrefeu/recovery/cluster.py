"""All charts on an Apache Spark cluster: segments are the splits, what is tied is shuffled together and folded.

Rules kept here:
  * Executors call what one machine calls (splits.py, chart/apart.py): the same charts, the same `charts_sha256`.
  * The home's journals lie where every executor sees them, under the same path; nothing else of the home is read there.
  * What is tied is found by the cluster, a round a step along the ties; no machine holds all names.
  * What fails is said in our words: an engine's own may quote what it choked on.
"""

from collections.abc import Collection, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from contrefeu.base import StorageError
from contrefeu.chart import ExportResult, rules_of, write_bundles
from contrefeu.custody import last_entry_of
from contrefeu.hospital import Settings
from contrefeu.journal import JournalFiles, KeyOf, headers
from contrefeu.recovery.spark import Cluster, failures, gave_up, key_file_of, spark_context
from contrefeu.recovery.splits import (
    Job,
    Row,
    Sealer,
    Split,
    begin_job,
    fold_part,
    is_for_all,
    open_chart,
    read_split,
    seal_data_key,
    tied,
)

PART_ENTRIES = 20_000  # folded at once: an executor's core holds some 200 MB of them
ROUNDS_MAX = 64  # steps along ties; a chain of merges as long as that is a fault, and is named


def export_on_cluster(
    cluster: Cluster,
    journals: Iterable[tuple[JournalFiles, bool]],
    key_of: KeyOf,
    settings: Settings,
    to: Path,
    at_ns: int | None = None,
    without: Collection[str] = (),
) -> ExportResult:
    """Compute all charts on *cluster* and write them under *to*, as `Charts.export` does.

    Args:
        cluster: Where.
        journals: Those that charts are read from; whether what each carries of others is read as theirs.
        key_of: What opens their segments here.
        settings: Of the node.
        to: A folder that is empty or not there, or holds an older export, which is replaced.
        at_ns: As known from what had been received by then; now when None.
        without: Ids of charts that are nobody's (F46).

    Raises:
        OperatorError: Spark is not installed, or its master takes no work.
        StorageError: An executor could not read, or the cluster gave up.
    """
    with key_file_of(cluster) as key_file, spark_context(cluster.master) as context:
        job, sealer = begin_job(key_file, rules_of(settings), f"{settings.node.id}-", at_ns)
        splits = [split for files, carries in journals for split in _splits(files, carries, key_of, key_file)]
        try:
            return write_bundles(_bundles(context, job, sealer, splits, without), to)
        except failures() as failed:
            raise gave_up(failed) from None


def _splits(files: JournalFiles, carries: bool, key_of: KeyOf, key_file: Path) -> Iterator[Split]:
    for number, header in headers(files):
        last = last_entry_of(files, number)
        if last >= header.first_sequence:
            sealed = seal_data_key(key_file, key_of(header))
            yield Split(str(files.folder.absolute()), header.first_sequence, last, sealed, carries)


def _bundles(context: Any, job: Job, sealer: Sealer, splits: list[Split], without: Collection[str]) -> Iterator[bytes]:
    """Every chart's Bundle, in the order of chart ids."""
    from pyspark import StorageLevel  # noqa: PLC0415 - an extra

    if not splits:
        return
    kept = StorageLevel.MEMORY_AND_DISK
    rows = context.parallelize(splits, len(splits)).flatMap(partial(read_split, job)).persist(kept)
    for_all = context.broadcast(rows.filter(partial(is_for_all, job)).map(_sealed).collect())
    count = max(context.defaultParallelism, rows.count() // PART_ENTRIES + 1)
    labels = _labels(rows.filter(_has_ties), count)
    parts = rows.filter(_has_ties).map(_by_tie).join(labels, count).map(_by_label).partitionBy(count)
    charts = parts.mapPartitions(partial(_fold, job, for_all)).persist(kept)
    for id_, sealed in charts.sortByKey(numPartitions=count).toLocalIterator(prefetchPartitions=True):
        if id_ not in without:
            yield open_chart(sealer, sealed)


def _labels(rows: Any, count: int) -> Any:
    """Of each tie, the least of all that it is tied to, over any number of entries: (tie, label)."""
    near = rows.mapPartitions(tied).distinct(count)
    both = near.flatMap(_both_ways).distinct(count).persist()
    labels = both.reduceByKey(min, count).persist()
    for _ in range(ROUNDS_MAX):
        further = both.join(labels, count).map(_passed_on).union(labels).reduceByKey(min, count).persist()
        settled = further.join(labels, count).filter(_differs).isEmpty()
        labels = further
        if settled:
            return labels
    raise StorageError(
        f"Some patients are tied to one another over more than {ROUNDS_MAX} steps.",
        safe="Nothing was written.",
        next="Export without --engine spark, and look at who was merged with whom.",
    )


# What stands between the steps; executors find it here.


def _sealed(row: Row) -> bytes:
    return row[1]


def _has_ties(row: Row) -> bool:
    return bool(row[0])


def _by_tie(row: Row) -> tuple[int, bytes]:
    return row[0][0], row[1]


def _by_label(found: tuple[int, tuple[bytes, int]]) -> tuple[int, bytes]:
    return found[1][1], found[1][0]


def _both_ways(tie: tuple[int, int]) -> list[tuple[int, int]]:
    return [tie, (tie[1], tie[0]), (tie[0], tie[0])]


def _passed_on(found: tuple[int, tuple[int, int]]) -> tuple[int, int]:
    return found[1]


def _differs(found: tuple[int, tuple[int, int]]) -> bool:
    return found[1][0] != found[1][1]


def _fold(job: Job, for_all: Any, rows: Iterable[tuple[int, bytes]]) -> Iterator[tuple[str, bytes]]:
    return fold_part(job, for_all.value, [sealed for _, sealed in rows])
