"""What a store keeps of a chart while messages come is what a fold of all of them says: objects, board line, words.

Method: a simulated hospital's traffic, cut into batches at random, the reader stopping now and then; every chart of the
store is compared with the same chart folded again from its entries, with its line on the board and with what finds it.
"""

import random
from itertools import product

import pytest

from contrefeu.chart.boards import board_line
from contrefeu.chart.departures import departures_of
from contrefeu.chart.hits import hit_of
from contrefeu.chart.stores import ChartStore
from contrefeu.chart.work import work_line
from contrefeu.drill.hospital import Hospital
from contrefeu.drill.scenario import START_NS
from contrefeu.fhir import encode
from contrefeu.hl7 import peek
from contrefeu.journal import MEDIA_HL7V2, Entry
from tests.chart.feeds import Told, admitted, entry, message

COMPARED = 100  # batches between two comparisons: each folds every chart anew, as dear as sixty batches


def _entries(style: str, seed: int) -> list[Entry]:
    hospital = Hospital.for_drill(seed=seed, beds=5, style=style, now_ns=START_NS)
    bodies = [sent.message for sent in hospital.run(hours=6)]
    found = []
    for n, body in enumerate(bodies, 1):
        header = peek(body)
        at = START_NS + n * 10**9
        found.append(Entry("d-capture", n, at, at, header.source if header else "", MEDIA_HL7V2, body))
    return found


def _lines(store: ChartStore, world: str) -> dict[str, bytes]:
    return {line.row.id: encode(line) for line in store.places.lines(world, "")}


def _compare(told: Told) -> int:
    """Compare every chart of the store with itself folded again; returns how many are on a board."""
    store, folding = told.store, told.batches._folding
    on_board = 0
    lines = {world: _lines(store, world) for world in ("P", "T")}
    work = {world: {one.id: encode(one) for one in store.work.lines(world)} for world in ("P", "T")}
    for root in store.folded.roots():
        fresh, _, _ = folding.again(root)
        kept = store.folded.chart(root)
        assert fresh is not None
        assert kept is not None
        assert list(kept.kept) == list(fresh.kept), "in the order of their first words"
        assert encode(kept) == encode(fresh)
        line = board_line(fresh)
        planned = told.store.places.planned(fresh.world, line.row.ward, line.comes_ns, line.comes_ns) if line else []
        kept = {one.row.id: encode(one) for one in planned} | lines[fresh.world]
        assert kept.get(fresh.id) == (None if line is None else encode(line))
        waits = work_line(fresh)
        assert work[fresh.world].get(fresh.id) == (None if waits is None else encode(waits))
        assert list(store.people.hits([root])) == [hit_of(fresh)]
        assert store.departures.of(root) == departures_of(fresh)
        on_board += line is not None
    return on_board


@pytest.mark.parametrize(("style", "seed", "size"), [("fr", 3, 12), ("intl", 4, 60)])
def test_what_is_kept_of_a_chart_is_what_its_fold_says(style, seed, size, monkeypatch):
    """In batches of any size, charts open or not: nothing of a chart is older than its last message."""
    monkeypatch.setattr("contrefeu.chart.batches.OPEN_LINES_MAX", 150)  # some charts stay open, some do not
    chance = random.Random(seed)
    entries = _entries(style, seed)
    assert len(entries) > 200
    late = sorted(chance.sample(range(len(entries) // 2), 6))  # arrive when much else has been read
    told, batch, batches = Told(), [], 0
    order = [e for n, e in enumerate(entries) if n not in late]
    for one in order:
        batch.append(one)
        if len(batch) >= 1 + chance.randrange(size):
            told.take(*batch)
            batch, batches = [], batches + 1
            if batches % 7 == 0:
                told.reopened()
            if batches % COMPARED == 0:
                _compare(told)
    told.take(*batch)
    assert _compare(told) > 4
    for n in late:
        e = entries[n]
        told.take(Entry("e-capture", n + 1, e.received_ns, e.hlc, e.source, e.media_type, e.body))
    assert _compare(told) > 4
    assert told.store.kept.total() == len(entries)


def test_a_flag_that_is_taken_back_leaves_the_board():
    """A corrected result that is not flagged any more, in a batch of its own, counts no more on the board."""

    def potassium(control: str, minute: int, value: str, flag: str, status: str) -> bytes:
        obx = f"OBX|1|NM|K^Potassium^L||{value}|mmol/L|3.5-5.0|{flag}|||{status}"
        lines = ("ORC|RE|O1^HIS|F1^LAB", "OBR|1|O1^HIS|F1^LAB|IONO^Ionogramme^L|||20260921080000", obx)
        return message("ORU^R01", "1", control=control, minute=minute, rest=lines)

    told = Told().take(entry(admitted("1", "c1", ward="CARD"), 1), entry(potassium("c2", 1, "7.0", "HH", "F"), 2))
    told.take(entry(potassium("c3", 2, "4.1", "N", "P"), 3))  # late and preliminary: changes nothing
    assert [row.critical for row in told.charts.board("CARD", "P").rows] == [1]
    told.take(entry(potassium("c4", 3, "4.1", "N", "C"), 4))
    assert [row.critical for row in told.charts.board("CARD", "P").rows] == [0]
    told.take(entry(potassium("c5", 4, "7.1", "HH", "C"), 5))
    assert [row.critical for row in told.charts.board("CARD", "P").rows] == [1]
    assert _compare(told) == 1


def test_a_result_of_any_flag_and_status_follows_one_of_any_other():
    """Of boards and lists, only what a message can have changed is worked out again: each change that there is."""
    words = list(product(("", "N", "H", "HH", "LL"), "PFCXD"))
    stories = dict(enumerate(product(words, words), 1))

    def result(patient: int, step: int) -> bytes:
        flag, status = stories[patient][step]
        obx = f"OBX|1|NM|K^Potassium^L||{step}.1|mmol/L|3.5-5.0|{flag}|||{status}|||202609210810{step:02}"
        lines = (f"ORC|RE|O{patient}^HIS|F{patient}^LAB", f"OBR|1|O{patient}^HIS|F{patient}^LAB|I^Iono^L", obx)
        return message("ORU^R01", str(patient), control=f"r{step}-{patient}", minute=step, rest=lines)

    told = Told().take(*(entry(admitted(f"{one}", f"a{one}", ward="CARD"), one) for one in stories))
    for step in (0, 1):
        at = (step + 1) * len(stories)
        told.take(*(entry(result(one, step), at + one) for one in stories))
    assert _compare(told) == len(words) ** 2
