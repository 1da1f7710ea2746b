"""Objects of a chart in rows and in parts: whatever is written in whichever order, the last of each holds.

Method: a chart and a plain dict are written side by side, with limits so low that parts are made, taken up and tidied
all the time; then what the store gives back is what the dict holds.
"""

from unittest import mock

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contrefeu.chart import WRITTEN, kept_resources, pieces
from contrefeu.chart.fold import new_chart
from contrefeu.chart.pieces import Gathered
from contrefeu.chart.stores import ChartStore, parts, place_of
from contrefeu.chart.versions import Kept
from contrefeu.fhir import derived_id, encode

KIND = "Task"
NAMES = [derived_id(KIND, str(n)) for n in range(12)]
ROOT = 7
# What a message says: objects by their number, and whether each waits for somebody, as boards need to know
WORDS = st.lists(st.tuples(st.integers(0, len(NAMES) - 1), st.booleans()), max_size=6)
OURS = [{"url": WRITTEN}]  # a task that people here wrote waits; a feed's does not


@pytest.fixture
def store():
    """A store in memory, with one chart to come."""
    found = ChartStore(place_of(None, bytes(32)))
    yield found
    found.close()


def _task(name: str, n: int, *, waits: bool) -> Kept:
    now = {"status": "requested", "description": f"word {n}"} | ({"extension": OURS} if waits else {})
    return Kept(KIND, name, now, f"n/{n}", n, n, (n, "n", n))


def _said(chart, model: dict[str, bytes], words: list[tuple[int, bool]], n: int) -> None:
    """Say some words about a chart, and the same to the dict."""
    for number, waits in words:
        name = f"{KIND}/{NAMES[number]}"
        fresh = _task(NAMES[number], n, waits=waits)
        found = chart.kept.get(name)
        if found is None:
            chart.kept[name] = fresh
        else:
            assert encode(found) == model[name], "what is folded on is the last that was said"
            found.now, found.ref, found.order = fresh.now, fresh.ref, fresh.order
            found.received_ns, found.at_ns = fresh.received_ns, fresh.at_ns
        model[name] = encode(fresh)


@given(
    messages=st.lists(st.tuples(WORDS, st.booleans()), max_size=30),
    rows=st.integers(0, 4),
    size=st.integers(1, 6),
    stamps=st.integers(0, 6),
)
@settings(deadline=None, max_examples=60)
def test_the_last_of_each_object_holds(messages, rows, size, stamps):
    """Whether the chart stays open or is opened again for each message, and however small its parts are."""
    limits = mock.patch.multiple(parts, ROWS_MAX=rows, PART_OBJECTS=size, PART_BITS=5)
    with limits, mock.patch.object(pieces, "STAMPS_MAX", stamps):
        store = ChartStore(place_of(None, bytes(32)))
        chart, model, gathered = new_chart("key", "P"), {}, None
        for n, (words, again) in enumerate(messages, 1):
            _said(chart, model, words, n)
            with store.transaction():
                store.folded.keep(ROOT, chart)
            whole = store.folded.chart(ROOT)
            assert [(name, encode(kept)) for name, kept in whole.kept.items()] == list(model.items())
            gathered = _gathered(store, gathered)
            opened = store.folded.opened(ROOT)
            assert opened.kept.count == len(model)
            assert {name: encode(kept) for name, kept in opened.kept.items()} == {
                name: json for name, json in model.items() if WRITTEN.encode() in json
            }
            assert opened.kept.shelf.copies() <= 2 * len(model) + size, "what does not hold any more is let go"
            if again:
                chart = opened
        store.close()


def _gathered(store: ChartStore, before: Gathered | None) -> Gathered:
    """The chart of pieces, those of them that were read before not again: it is the chart that the store reads."""
    found = store.folded.lately(ROOT, "", before.stamps if before else ())
    gathered, chart = Gathered(found, before), store.folded.chart(ROOT)
    assert gathered.chart == chart
    assert list(gathered.chart.kept) == list(chart.kept)
    assert gathered.resources == kept_resources(chart)
    anew = store.folded.lately(ROOT, "", ())
    assert gathered.bytes == len(anew.head) + sum(len(piece.body) for piece in anew.pieces)
    known = {piece.stamp for piece in anew.pieces} & {*(before.stamps if before else ())}
    assert {piece.stamp for piece in found.pieces if piece.body is None} == known
    return gathered


def test_what_was_read_of_a_chart_is_not_read_again(store):
    """A message about one of a thousand objects: a screen is given that object, and keeps all others as they are."""
    chart = new_chart("key", "P")
    names = [derived_id(KIND, f"one {n}") for n in range(1_000)]
    with store.transaction():
        for name in names:
            chart.kept[f"{KIND}/{name}"] = _task(name, 1, waits=False)
            store.folded.keep(ROOT, chart)
    before = _gathered(store, None)
    with store.transaction():
        chart.kept.get(f"{KIND}/{names[500]}").now["description"] = "another word"
        store.folded.keep(ROOT, chart)
    given = store.folded.lately(ROOT, "", before.stamps)
    assert sum(len(piece.body) for piece in given.pieces if piece.body) < before.bytes // 20
    after = _gathered(store, before)
    kept = {id(one) for one in before.resources}
    assert sum(id(one) not in kept for one in after.resources) <= parts.ROWS_MAX + 1
    changed = [one for one in after.resources if one["description"] == "another word"]
    assert [one["id"] for one in changed] == [names[500]]


def test_pieces_of_a_chart_under_another_number_name_its_patient(store):
    """Two charts were joined: what was read of one is another patient's now."""
    chart = new_chart("key", "P")
    chart.kept[f"{KIND}/{NAMES[0]}"] = _task(NAMES[0], 1, waits=False)
    with store.transaction():
        store.folded.keep(ROOT, chart)
    before = _gathered(store, None)
    given = store.folded.lately(ROOT, "", before.stamps)
    chart.id = new_chart("other", "P").id
    other = msgspec.structs.replace(given, head=encode(msgspec.structs.replace(chart, kept={})))
    assert [one["for"]["reference"] for one in Gathered(other, before).resources] == [f"Patient/{chart.id}"]


def test_a_chart_that_grows_is_read_in_few_pieces(store):
    """Five thousand results, each in a message of its own: some tens of parts, and a message writes a few rows."""
    chart, model = new_chart("key", "P"), {}
    written = 0
    real = store.folded._parts._packer.pack

    def pack(body: bytes, *at: int | bytes) -> bytes:
        nonlocal written
        written += len(body)
        return real(body, *at)

    with mock.patch.object(store.folded._parts._packer, "pack", pack), store.transaction():
        for n in range(5_000):
            name = derived_id(KIND, f"result {n}")
            chart.kept[f"{KIND}/{name}"] = kept = _task(name, n, waits=False)
            model[name] = len(encode(kept))
            store.folded.keep(ROOT, chart)
    shelf = store.folded.opened(ROOT).kept.shelf
    assert len(shelf.parts) <= 2 + 5_000 // (parts.PART_OBJECTS // 2)
    heads = 5_000 * len(encode(new_chart("key", "P")))
    assert written - heads < 7 * sum(model.values()), "an object is written a few times, whatever else is said"


@pytest.mark.parametrize("first", [0, 65_000, 70_000])
def test_places_are_kept_however_many_objects_a_chart_has(store, first):
    """A chart of more than 65,536 objects is read in the order of their first words too."""
    chart = new_chart("key", "P")
    with store.transaction():
        store.folded.keep(ROOT, chart)
        chart.kept.count = first
        names = [f"{KIND}/{derived_id(KIND, f'one {n}')}" for n in range(600)]
        for name in names:
            chart.kept[name] = _task(name.partition("/")[2], 1, waits=False)
        store.folded.keep(ROOT, chart)
    assert list(store.folded.chart(ROOT).kept) == names


def test_a_part_teaches_as_rows_do(store):
    """What a dictionary is trained on are single objects, wherever they lie."""
    chart = new_chart("key", "P")
    for n in range(40):
        name = derived_id(KIND, f"one {n}")
        chart.kept[f"{KIND}/{name}"] = _task(name, n, waits=bool(n % 2))
    with store.transaction():
        store.folded.keep(ROOT, chart)
        chart.kept.get(f"{KIND}/{derived_id(KIND, 'one 3')}")
        store.folded.keep(ROOT, chart)
    seen = list(store.folded.samples(4_000))
    assert set(seen) == {encode(kept) for kept in store.folded.chart(ROOT).kept.values()}
