"""Asking every facility of a group at once: how long until all their numbers stand, against the second allowed.

    asked together       seconds from the first question until what all said is checked, merged and written down
    one after another    the same, each asked by itself: what asking together gains
    an answer            CPU of the asker for one facility

FACILITIES facilities answer over TLS from one other process, each with its own key and 60 wards; medians of ROUNDS.
"""

import asyncio
import json
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

from contrefeu.base import rfc3339
from contrefeu.group import (
    Answer,
    DowntimeTold,
    FacilityTold,
    Group,
    GroupAnswers,
    Member,
    WardTold,
    ask_all,
    load_seen,
    merged,
    save_seen,
    signed_told,
    standings,
)
from contrefeu.group.told import AlarmsTold
from contrefeu.proof import Signer

ROUNDS = 5
SYSTEMS = 120  # facilities
ALLOWED_S = 1.0  # for a page of all
WARDS = 60
PATIENCE_S = 30.0  # so that a slow machine is measured, and not cut short


def run() -> list[dict[str, Any]]:
    """Measure; one row a claim."""
    seed = secrets.token_bytes(32)
    command = [sys.executable, __file__, str(SYSTEMS), str(Signer("siege", seed).verifier)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as answering:
        assert answering.stdout is not None
        group = Group([Member(*one) for one in json.loads(answering.stdout.readline())])
        try:
            with tempfile.TemporaryDirectory(prefix="contrefeu-bench-", dir=os.environ.get("BENCH_DIR")) as folder:
                return _rows(group, seed, Path(folder) / "seen.json")
        finally:
            answering.terminate()


def _rows(group: Group, seed: bytes, seen: Path) -> list[dict[str, Any]]:
    together, apart, cpu = [], [], []
    for _ in range(ROUNDS):
        began, worked = time.perf_counter(), time.process_time()
        _stand(group, asyncio.run(ask_all(group.facilities, seed, deadline_s=PATIENCE_S)), seen)
        together.append(time.perf_counter() - began)
        cpu.append(time.process_time() - worked)
        began = time.perf_counter()
        _stand(group, asyncio.run(_one_by_one(group, seed)), seen)
        apart.append(time.perf_counter() - began)
    name, count = f"{len(group.facilities)} facilities", len(group.facilities)
    took, cost = statistics.median(together), statistics.median(cpu) / count
    return [
        {**_row(f"{name} asked together", took, ALLOWED_S, "s"), "target": "<= 1", "met": took <= ALLOWED_S},
        _row("one after another, against together", statistics.median(apart), took, "s"),
        _row("CPU of the asker an answer, against an equal share of the second", cost, ALLOWED_S / count, "s"),
    ]


def _row(name: str, ours: float, reference: float, unit: str) -> dict[str, Any]:
    return {"name": f"group: {name}", "ours": ours, "reference": reference, "ratio": ours / reference, "unit": unit}


async def _one_by_one(group: Group, seed: bytes) -> dict[str, Answer]:
    found: dict[str, Answer] = {}
    for member in group.facilities:
        found |= await ask_all([member], seed, deadline_s=PATIENCE_S)
    return found


def _stand(group: Group, answers: Any, seen: Path) -> None:
    """What `group status` and the page do with answers."""
    now_ns = time.time_ns()
    save_seen(seen, merged(load_seen(seen), answers, now_ns))
    found = standings(group, load_seen(seen), now_ns)
    assert all(one.state == "answers" for one in found), "every facility answered"


async def _answer(count: int, asker: str) -> None:
    """Be *count* facilities."""
    places = []
    for n in range(count):
        name, seed = f"clinique-{n}", secrets.token_bytes(32)
        signer = Signer(name, seed)
        note = signed_told(_told(name), signer)
        host, port = await GroupAnswers(seed, [asker], partial(bytes, note)).listen("127.0.0.1", 0)
        places.append((name, f"{host}:{port}", str(signer.verifier)))
    print(json.dumps(places), flush=True)
    await asyncio.Event().wait()


def _told(name: str) -> FacilityTold:
    now = rfc3339(time.time_ns())
    wards = [WardTold(f"W{n}", f"Unité {n}", 20, 4, 24, 1, "screen") for n in range(WARDS)]
    return FacilityTold(name, name, now, now, [], [], DowntimeTold("normal", "", []), wards, AlarmsTold(0, ""), {})


if __name__ == "__main__":  # those that answer, a process of their own
    asyncio.run(_answer(int(sys.argv[1]), sys.argv[2]))
