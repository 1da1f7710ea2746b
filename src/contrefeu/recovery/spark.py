"""Apache Spark, begun for one command: where it runs, the key that its machines share, what it raises."""

import os
import secrets
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import structlog

from contrefeu.base import OperatorError, StorageError
from contrefeu.recovery.splits import KEY_BYTES

FAILURES_MAX = 8  # of one task: an executor that dies takes others' along

log = structlog.get_logger("cluster")


class Cluster(NamedTuple):
    """Where the work is done."""

    master: str  # "local[2]", "spark://HOST:7077"
    key_file: Path | None = None  # the cluster's key, on every machine; None: this machine alone, which draws one


@contextmanager
def key_file_of(cluster: Cluster) -> Iterator[Path]:
    """The cluster's key: the file that is named, or one that is gone with the job."""
    if cluster.key_file is not None:
        yield cluster.key_file.absolute()
        return
    if not cluster.master.startswith("local"):
        raise OperatorError(
            "A cluster of other machines needs a key that they share.",
            safe="Nothing was read.",
            next=f"head -c {KEY_BYTES} /dev/urandom > FILE; chmod 600 FILE; on each machine; --cluster-key FILE",
        )
    with tempfile.TemporaryDirectory(prefix="contrefeu-cluster-") as folder:
        path = Path(folder) / "cluster.key"
        path.touch(mode=0o600)
        path.write_bytes(secrets.token_bytes(KEY_BYTES))
        yield path


@contextmanager
def spark_context(master: str) -> Iterator[Any]:
    """A Spark context on *master*, quiet.

    Raises:
        OperatorError: Spark is not installed, or does not start.
    """
    try:
        from pyspark import SparkConf, SparkContext  # noqa: PLC0415 - an extra: who needs it installs it
    except ImportError:
        raise OperatorError(
            "Apache Spark is not installed here.",
            safe="Nothing was read.",
            next='Install it: pip install "contrefeu[spark]", and Java 17; or leave out --engine spark.',
        ) from None
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    if master.startswith("local"):
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")  # what stays on this machine listens to it alone
    conf = SparkConf().setMaster(master).setAppName("contrefeu")
    for name, value in _SETTINGS.items():
        conf.set(name, value)
    try:
        context = SparkContext(conf=conf)
    except Exception as failed:  # a JVM that is missing, a master that is away: the engine raises whatever it likes
        raise OperatorError(
            f"Spark does not start on this master ({type(failed).__name__}).",
            safe="Nothing was read.",
            next="Is Java 17 installed, and the master's address right (local[2], spark://HOST:7077)?",
        ) from None
    try:
        context.setLogLevel("OFF")
        yield context
    finally:
        context.stop()


_SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.task.maxFailures": str(FAILURES_MAX),
    "spark.eventLog.enabled": "false",
}


def gave_up(failed: BaseException) -> StorageError:
    """What is told of a job that failed; the engine's own words may quote what it choked on."""
    log.error("the cluster gave up", error=type(failed).__name__)
    return StorageError(
        "The cluster gave up: an executor could not read a segment, or too many were lost.",
        safe="The home, its journals and an older export: nothing in them was changed.",
        next="Its own pages name the task; contrefeu journal verify says whether a segment is damaged.",
    )


def failures() -> tuple[type[BaseException], ...]:
    """What the engine raises when a job of it fails."""
    from py4j.protocol import Py4JError  # noqa: PLC0415 - comes with the extra

    return (Py4JError,)
