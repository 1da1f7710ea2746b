"""The same charts, whatever order journals arrive in, however they are cut into batches, and whenever the reader stops.

Method: hypothesis writes the life of a few patients into three journals (admissions, moves, results with and without
a patient, merges, their undoing, repeats, exercises), with clocks that disagree; the journals are read interleaved and
cut at random, and compared with one reading in order.
"""

from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contrefeu.chart import batches
from contrefeu.journal import Entry
from tests.chart.feeds import T0_NS, Told, admitted, entry, merged, message, resulted

JOURNALS = ("a-capture", "b-capture", "c-station")
NUMBERS = st.sampled_from(("1", "2", "3", "4"))
CONTROLS = st.integers(1, 9).map(str)  # few of them: they are used again, for the same bytes and for others
MINUTES = st.integers(0, 30)
WORLDS = st.sampled_from(("P", "P", "P", "T"))


def _moved(number: str, control: str, minute: int, ward: str) -> bytes:
    pv1 = f"PV1||I|{ward}^9^P|||||||||||||||||V{number}^^^HOSP^VN"
    return message("ADT^A02", number, control=control, minute=minute, pv1=pv1)


BODIES = st.one_of(
    st.builds(admitted, NUMBERS, CONTROLS, minute=MINUTES, world=WORLDS),
    st.builds(_moved, NUMBERS, CONTROLS, MINUTES, st.sampled_from(("CARD", "REA"))),
    st.builds(resulted, NUMBERS, CONTROLS, st.sampled_from(("4.1", "6.0")), minute=MINUTES, world=WORLDS),
    st.builds(resulted, st.sampled_from(("-", "")), CONTROLS, st.sampled_from(("4.1", "6.0")), minute=MINUTES,
              order=NUMBERS.map("O{}".format)),
    st.builds(merged, NUMBERS, NUMBERS, CONTROLS, minute=MINUTES, undo=st.sampled_from((False, False, True))),
    st.sampled_from((b"", b"no message", message("DFT^P03", "1", control="7"), message("ORU^R01", "1", control="8"))),
)  # fmt: skip


@st.composite
def lives(draw: st.DrawFn) -> list[Entry]:
    """Entries of three journals, each journal's clock going forward."""
    found = []
    for journal in JOURNALS:
        clock = 0
        for sequence, body in enumerate(draw(st.lists(BODIES, max_size=5)), 1):
            clock += draw(st.integers(0, 3))
            received = draw(st.integers(0, 20))
            source = draw(st.sampled_from(("ADT@HOSP", "LAB@HOSP")))
            hlc = T0_NS + clock * 10**9 + sequence
            found.append(entry(body, sequence, journal=journal, at=received, hlc=hlc, source=source))
    return found


def _interleaved(entries: list[Entry], picks: list[int], cuts: list[int]) -> list[list[Entry]]:
    """Journals read on in turns that *picks* says, a batch ending where *cuts* says."""
    streams = [[e for e in entries if e.journal == journal] for journal in JOURNALS]
    found: list[list[Entry]] = [[]]
    for at in range(len(entries)):
        left = [stream for stream in streams if stream]
        pick = picks[at % len(picks)] if picks else 0
        found[-1].append(left[pick % len(left)].pop(0))
        if cuts and cuts[at % len(cuts)]:
            found.append([])
    return [batch for batch in found if batch]


def _picture(told: Told) -> tuple[object, ...]:
    """All that a store says."""
    charts = told.charts
    status = charts.status()
    return (
        charts.sha256(),
        status,
        sorted(charts.waiting(), key=lambda one: one.ref),
        sorted(charts.board("", "P").rows, key=lambda row: row.id),
        charts.wards("P"),
        sorted(hit.id for name in ("jean1", "jean2", "1", "4") for hit in charts.find(name, 50)),
    )


@pytest.mark.req("F29", "F31", "F32", "F33", "R1")
@given(entries=lives(), picks=st.lists(st.integers(0, 2), max_size=8), cuts=st.lists(st.booleans(), max_size=5),
       forget=st.booleans())  # fmt: skip
@settings(max_examples=30)
def test_order_of_arrival_changes_nothing(entries, picks, cuts, forget):
    """Charts, accounts, boards, searches and waiting entries are a function of the entries alone."""
    in_order = Told()
    if entries:
        in_order.take(*entries)
    other = Told()
    for batch in _interleaved(entries, picks, cuts):
        other.take(*batch)
        if forget:
            other.reopened()

    assert _picture(other) == _picture(in_order)


@pytest.mark.req("R1")
@given(entries=lives(), folded=st.integers(1, 3), picks=st.lists(st.integers(0, 2), max_size=8))
@settings(max_examples=15)
def test_a_great_batch_folds_as_small_ones_do(entries, folded, picks):
    """Readings are let go every few entries, charts written at the end: they are those of entries taken one by one."""
    one_by_one, at_once = Told(), Told()
    batch = [one for cut in _interleaved(entries, picks, []) for one in cut]
    for one in batch:
        one_by_one.take(one)
    with mock.patch.object(batches, "FOLD_ENTRIES", folded):
        if batch:
            at_once.batches.take(batch)

    assert _picture(at_once) == _picture(one_by_one)


@pytest.mark.req("R1", "F32")
@given(entries=lives(), until=st.integers(0, 20), picks=st.lists(st.integers(0, 2), max_size=8),
       cuts=st.lists(st.booleans(), max_size=5))  # fmt: skip
@settings(max_examples=30)
def test_as_known_then_is_what_a_reader_had_then(entries, until, picks, cuts):
    """Charts at an instant are those of a store that was never told anything received later."""
    until_ns = T0_NS + until * 10**9
    whole, then = Told(), Told()
    for batch in _interleaved(entries, picks, cuts):
        whole.take(*batch)
    received = [e for e in entries if e.received_ns <= until_ns]
    if received:
        then.take(*received)

    assert whole.charts.sha256(until_ns) == then.charts.sha256()


@pytest.mark.req("F29")
@given(entries=lives())
@settings(max_examples=15)
def test_every_entry_is_accounted_for(entries):
    """received = charted + kept_uncharted + duplicates, for each feed and each journal (S8)."""
    told = Told()
    for one in sorted(entries, key=lambda entry: entry.order):
        told.take(one)
        feeds = told.charts.status().feeds
        assert all(f.received == f.charted + f.uncharted + f.duplicates for f in feeds)
    for journal in JOURNALS:
        count = sum(e.journal == journal for e in entries)
        account = told.charts.account(journal, 1, max(count, 1))
        assert account.charted + account.kept_uncharted + account.duplicates == count
