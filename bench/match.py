"""Temporary identities against known ones: how long, how right, how many are left to people.

    match: precision            of the pairs that are joined by a rule, those that are right, against 0.9999 (R6)
    match: recall               of the known people who came in, those who are found without anybody, against all
    match: left to people       of all who came in
    match: seconds              of processor for BENCH_TEMPORARY (default 10,000) against BENCH_KNOWN (default 100,000);
                                against 100,000 in 600 s of two cores, with 1 M known

People are the labelled set's (contrefeu.drill.labelled): twins, namesakes and elders among them.
"""

import os
import time
from typing import Any

from contrefeu.drill.labelled import labelled
from contrefeu.recovery import Matcher

KNOWN = int(os.environ.get("BENCH_KNOWN", "100000"))
PATIENTS = int(os.environ.get("BENCH_TEMPORARY", "10000"))  # who came in
SEED = int(os.environ.get("BENCH_SEED", "101"))  # none that the model was set by


def run() -> list[dict[str, Any]]:
    """Measure; one row a claim."""
    found = measure(SEED, KNOWN, PATIENTS)
    return [
        _row("precision", found["precision"], 0.9999, "share", met=found["precision"] >= 0.9999),
        _row("recall", found["recall"], 1.0, "share"),
        _row("left to people", found["review"] / PATIENTS, 1.0, "share"),
        _row("seconds", found["seconds"], 1_200.0 * PATIENTS / 100_000, "s"),
    ]


def measure(seed: int, known: int, temporary: int) -> dict[str, float]:
    """Match one labelled set; what came of it."""
    people = labelled(seed, known, temporary)
    started = time.process_time()
    matcher = Matcher(people.known)
    proposals = list(matcher.match(people.temporary))
    seconds = time.process_time() - started
    matcher.close()
    joined = [one for one in proposals if one.automatic]
    wrong = sum(one.pairs[0].known != people.truth[one.temporary.key] for one in joined)
    waiting = [one for one in proposals if one.pairs and not one.automatic]
    right = sum(map(bool, people.truth.values()))
    shown = sum(any(pair.known == people.truth[one.temporary.key] for pair in one.pairs) for one in waiting)
    return {
        "temporary": len(proposals), "known_again": right, "joined": len(joined), "wrong": wrong,
        "precision": (len(joined) - wrong) / max(len(joined), 1), "recall": (len(joined) - wrong) / max(right, 1),
        "review": len(waiting), "review_right": shown,
        "lost": sum(1 for one in proposals if not one.pairs and people.truth[one.temporary.key]), "seconds": seconds,
    }  # fmt: skip


def _row(name: str, ours: float, reference: float, unit: str, *, met: bool | None = None) -> dict[str, Any]:
    row = {"name": f"match: {name}", "ours": ours, "reference": reference, "ratio": ours / reference, "unit": unit}
    return row if met is None else row | {"target": reference, "met": met}
