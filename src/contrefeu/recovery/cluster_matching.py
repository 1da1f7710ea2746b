"""Matching on an Apache Spark cluster: each executor compares some temporary identities with everybody who is known.

Rules kept here:
  * Executors call the matcher that one machine calls, Splink and its weights: what is proposed for one temporary
    identity depends on it and on the known ones alone, so the proposals are the same, in the same order.
  * Identities travel sealed under the job's key, both ways; the tables that they are compared in are in the executors'
    memory alone.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import msgspec

from contrefeu.mapping import Rules
from contrefeu.recovery.identities import Identity
from contrefeu.recovery.matching import Matcher, Proposal
from contrefeu.recovery.spark import Cluster, failures, gave_up, key_file_of, spark_context
from contrefeu.recovery.splits import Job, begin_job, sealer_of

# No kind opens as another
_KNOWN, _TEMPORARY, _PROPOSED = b"known v1", b"temporary v1", b"proposed v1"


def match_on_cluster(cluster: Cluster, known: Iterable[Identity], temporary: Sequence[Identity]) -> Iterator[Proposal]:
    """Yield what is proposed for each of *temporary*, in their order, as `Matcher.match` does.

    Args:
        cluster: Where.
        known: Everybody who is known; read to its end before *temporary* is looked at.
        temporary: The identities that are compared with them.

    Raises:
        OperatorError: Spark is not installed, or its master takes no work.
        StorageError: The cluster gave up.
    """
    with key_file_of(cluster) as key_file, spark_context(cluster.master) as context:
        job, sealer = begin_job(key_file, Rules(), "", None)
        everybody = context.broadcast(sealer.seal(_KNOWN, msgspec.msgpack.encode(list(known))))
        parts = [sealer.seal(_TEMPORARY, part) for part in _parts(temporary, context.defaultParallelism)]
        if not parts:
            return
        try:
            found = context.parallelize(parts, len(parts)).map(partial(_matched, job, everybody)).collect()
        except failures() as failed:
            raise gave_up(failed) from None
    for sealed in found:
        yield from msgspec.msgpack.decode(sealer.open(_PROPOSED, sealed), type=list[Proposal])


def _parts(temporary: Sequence[Identity], count: int) -> Iterator[bytes]:
    """*temporary*, in *count* parts or fewer."""
    size = -(-len(temporary) // count) or 1
    for at in range(0, len(temporary), size):
        yield msgspec.msgpack.encode(temporary[at : at + size])


def _matched(job: Job, everybody: Any, sealed: bytes) -> bytes:
    """What an executor finds for one part."""
    sealer = sealer_of(job)
    matcher = Matcher(msgspec.msgpack.decode(sealer.open(_KNOWN, everybody.value), type=list[Identity]))
    try:
        some = msgspec.msgpack.decode(sealer.open(_TEMPORARY, sealed), type=list[Identity])
        return sealer.seal(_PROPOSED, msgspec.msgpack.encode(list(matcher.match(some))))
    finally:
        matcher.close()
