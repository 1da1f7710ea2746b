"""Damaged real messages by the million: nothing crashes, every one is accounted for, no chart shows what none said.

    python -m tests.mapping.fuzz --messages 1000000 --seed 1      names the seed of each message that fails

Method: each message is made from its own seed (`mutations`), read, folded into a chart by itself and traced
(`tracing`); then all of a batch go into a store together, which must account for each.
"""

import argparse
import sys
from collections.abc import Iterator
from random import Random
from time import process_time

from contrefeu.chart.fold import fold, to_bundle
from contrefeu.mapping import FeedRules, read
from tests.chart.feeds import Told
from tests.chart.feeds import entry as stored
from tests.mapping.messages import entry
from tests.mapping.mutations import mutated
from tests.mapping.tracing import Said, untraced
from tests.real import hl7_messages

RULES = FeedRules()
BATCH = 500  # messages of one store: enough to meet each other's patients
BODY_BYTES_MAX = 20_000  # of a message that is damaged: a scanned page only makes it slow


def bodies() -> list[bytes]:
    """The messages that are damaged: each twentieth of the long streams, and all the rest."""
    return [one.body for one in hl7_messages(every=20) if 8 < len(one.body) <= BODY_BYTES_MAX]


def faults(body: bytes) -> Iterator[str]:
    """What is wrong with how *body* is read and charted."""
    reading = read(entry(body), RULES)
    said: Said | None = None
    for part in (reading, *reading.also):
        for loss in part.loss:
            if "gave up" in loss.why:
                yield loss.why
        if part.subjects and part.subjects[0].keys:
            said = said or Said(body)
            key = part.subjects[0].keys[0]
            for one in to_bundle(fold(key, part.world, [part]))["entry"]:
                for path, value in untraced(one["resource"], said):
                    yield f"{one['resource']['resourceType']}{path} shows {value!r}, which the message does not say"


def run(count: int, seed: int) -> Iterator[str]:
    """Damage *count* messages; what is wrong, with the seed that shows it."""
    originals = bodies()
    for start in range(seed, seed + count, BATCH):
        batch = [mutated(originals, Random(n)) for n in range(start, min(start + BATCH, seed + count))]
        for n, body in enumerate(batch, start):
            for fault in faults(body):
                yield f"seed {n}: {fault}"
        yield from _unaccounted(batch, start)


def _unaccounted(batch: list[bytes], start: int) -> Iterator[str]:
    told = Told().take(*(stored(body, n, source="FUZZ") for n, body in enumerate(batch, 1)))
    account = told.charts.account("n-capture", 1, len(batch))
    total = account.charted + account.kept_uncharted + account.duplicates
    told.charts.close()
    if total != len(batch):
        yield f"seeds {start} to {start + len(batch) - 1}: {len(batch)} received, {total} accounted for"


def main() -> None:
    """Run, and say how it went."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    began, wrong = process_time(), 0
    for fault in run(asked.messages, asked.seed):
        wrong += 1
        sys.stdout.write(f"{fault}\n")
    sys.stdout.write(
        f"{asked.messages} messages from seed {asked.seed}: {wrong} faults, {process_time() - began:.0f} s of CPU\n"
    )
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
