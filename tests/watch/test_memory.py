"""What a watch wrote down is known again by the versions that come after it.

Method: a memory as it was written before rules had a budget of chance, field by field, and the list of every field that
was ever written.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec
import pytest
from msgspec import Struct

from contrefeu.base import write_file
from contrefeu.watch import Watch
from contrefeu.watch.memory import Memory, MemoryFile
from tests.watch.test_feeds import DAY, HOUR, NOW, START, heard
from tests.watch.test_people import look

COUNT = {
    "slot": int(NOW // 600) - 1, "here": 3, "hours": {int(NOW // HOUR) - 1: 60}, "peak_slot": 12.0, "peak_day": 1450.0,
    "first": ["c/9"], "first_at": NOW - 500,
}  # fmt: skip
MERGES = COUNT | {"hours": {int(NOW // HOUR) - 3: 2}, "peak_day": 20.0}
FEED = {
    "first": START, "last": NOW - 60, "last_ref": "c/9", "hours": [60.0] * 168, "hour": int(NOW // HOUR), "here": 1,
    "recent": [60, 61, 59], "shares": [1.0, 1.02, 0.98], "owed": 0.5, "owed_until": NOW - 30, "worst_missed": 2.5,
    "longest": 150.0, "messages": 30_000, "counts": {"": COUNT, "merge": MERGES},
    "kinds": {"ADT^A01": START, "ADT^A40": START}, "new_kinds": {"ADT^A47": [NOW - 60]}, "shapes": {"2.5": START},
    "new_shapes": {"2.3": [NOW - 60]}, "lag": 0.5, "ahead": 1, "lags": [[NOW - 60, 1300.0]], "documents": 7,
    "bad_share": 0.01, "bad": [[NOW - 60, "c/8", "broken"]], "texts": {"d": [NOW - 60, ["p"]]}, "same_peak": 4,
    "doubt": NOW - DAY, "doubted_from": 0.0, "marks": [{"at": NOW - HOUR, "ref": "c/1", "messages": 9, "documents": 7}],
}  # fmt: skip
PERSON = {
    "role": "nurse", "day": 20_610, "days": 40, "looks": 800, "nights": 2, "hour": {"p": NOW - 60},
    "first_hour": ["a/1"], "peak_hour": 12.0, "busiest": 3.0, "gone": ["p"],
    "alarmed": False, "own": 5, "usual_own": 20.0, "usual_gone": 1.0,
    "spread_gone": 0.5, "sum_gone": 1.0, "sum_since": NOW - DAY, "night": ["p"], "night_from": NOW - DAY,
    "exported": NOW - DAY, "glasses": [NOW - 60], "glass_peak": 1, "glass_most": 1, "many": False, "famous": {"p": NOW},
    "relatives": [NOW - DAY], "refused": COUNT,
}  # fmt: skip
FORMER: dict[str, Any] = {
    "version": 1,
    "positions": {"n1-capture": 9},
    "state": {
        "now": NOW - 1, "first": START, "looked": NOW - 20, "feeds": {"A@H": FEED}, "open": {"export n1": NOW - DAY},
        "people": {
            "first": START, "persons": {"n1": PERSON},
            "roles": {"nurse": {"peak_hour": 14.0, "usual_gone": 1.0, "days": 90}},
            "glasses": COUNT, "refused": COUNT, "famous": {"p": {"n1": NOW - 60}},
        },
        "bad": {"copy-late s3://copies": NOW - 60},
        "pins": [{"rule": "merges", "subject": "A@H", "since": NOW - DAY, "at": NOW - DAY}],
    },
    "desk": {"accounts": {"n1": {"role": "nurse", "wards": ["CARD"], "family": "exemple"}}},
    "files": {"contrefeu.toml": [1, 2, 3]},
    "canaries": {"/mnt/a.doc": "digest@1"},
}  # fmt: skip
GONE = {"shares"}  # of the hours before, as shares: `lately` has the figures themselves


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    """What is known after an upgrade."""
    file = MemoryFile(tmp_path / "state", b"seed")
    file.save(Memory())
    nonce = b"n" * 12
    write_file(tmp_path / "state", nonce + file._aead.encrypt(nonce, msgspec.msgpack.encode(FORMER), None))
    return file.load()


def kept(former: Any, now: Any) -> Iterator[str]:
    """Paths of what is not known any more."""
    if isinstance(former, dict):
        for name, value in former.items():
            if name not in GONE:
                yield from (f"{name}.{path}" for path in kept(value, now.get(name)))
    elif msgspec.to_builtins(now) != former:
        yield f"{now!r} for {former!r}"


def test_a_memory_of_an_older_version_is_kept(memory: Memory) -> None:
    """Every field but those of another kind now: habits, what is held back, positions, people."""
    assert list(kept(FORMER, msgspec.msgpack.decode(msgspec.msgpack.encode(memory)))) == []


def test_what_an_older_version_did_not_learn_is_learned_before_it_is_judged(memory: Memory) -> None:
    """Three charts of nobody who is here, five merges in twenty minutes: no habit of these is known yet; others are."""
    watch = Watch(memory.state)
    looks = [look(NOW + n * 600, f"t{n}", "gone") for n in range(3)]
    merges = [heard(NOW + n * 300, kind="ADT^A40", group="merge") for n in range(6)]
    assert [s.rule for one in sorted([*looks, *merges], key=lambda one: one.at) for s in watch.take(one)] == []
    burst = [heard(NOW + 1501 + n / 10) for n in range(600)]
    assert "feed-burst" in [s.rule for one in burst for s in watch.take(one)]


def _structs(of: Any) -> Iterator[type[Struct]]:
    for one in get_args(of) or [of]:
        if isinstance(one, type) and issubclass(one, Struct):
            yield one
            for inner in get_type_hints(one).values():
                yield from _structs(inner)
        elif get_args(one):
            yield from _structs(one)


def _name(kind: Any) -> str:
    return re.sub(r"contrefeu[a-z_.]*[.]", "", str(kind)) if get_args(kind) else kind.__name__


def test_a_field_keeps_its_type() -> None:
    """Every one is listed as it is, none stands there with two types, or an upgrade would throw all away."""
    lines = (Path(__file__).parent / "memory-layout.txt").read_text().splitlines()[1:]
    names = [line.partition(":")[0] for line in lines]
    assert len(set(names)) == len(names)
    now = {
        f"{struct.__name__}.{name}: {_name(kind)}"
        for struct in _structs(Memory)
        for name, kind in get_type_hints(struct).items()
    }
    assert sorted(now - set(lines)) == []
