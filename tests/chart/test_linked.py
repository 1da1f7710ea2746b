"""Who people say is who: linked as an A40 links, undone byte for byte, and never by a feed.

Method: hypothesis writes the life of a few patients, then a station's act links two of them, and another undoes it.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contrefeu.acts import IdentitiesLinked, encode
from contrefeu.chart import to_bundle
from contrefeu.journal import MEDIA_ACT, Entry
from tests.chart.feeds import Told, admitted, entry, message, resulted

AT = "2026-09-21T12:00:00Z"
ONE, TWO = "HOSP|1", "HOSP|2"
SAID = st.one_of(
    st.builds(admitted, st.sampled_from("123"), st.uuids().map(str), minute=st.integers(0, 30)),
    st.builds(resulted, st.sampled_from("123"), st.uuids().map(str), st.sampled_from(("4.1", "6.0"))),
    st.builds(resulted, st.just("-"), st.uuids().map(str), st.just("5.5"), order=st.sampled_from(("O1", "O2"))),
)


def linked(sequence: int, *, undo: bool = False, journal: str = "n-station", at: int = 1000) -> Entry:
    """Somebody says that 2 is 1, or is not."""
    act = IdentitiesLinked(ONE, TWO, AT, undo=undo)
    return entry(encode(act), sequence, journal=journal, at=at + sequence, source="user/ada", media=MEDIA_ACT)


@pytest.mark.req("R6", "F32")
@given(bodies=st.lists(SAID, max_size=8), later=st.lists(SAID, max_size=3), late=st.booleans())
@settings(max_examples=25)
def test_undone_both_charts_are_what_they_were_byte_for_byte(bodies, later, late):
    """All charts hash to what they would be had nobody linked anybody, with what came in meanwhile."""
    feed = [entry(body, n) for n, body in enumerate(bodies, 1)]
    meanwhile = [entry(body, len(feed) + n, at=1001 + n) for n, body in enumerate(later, 1)]
    never = Told().take(*feed, *meanwhile)
    joined = Told()
    if late:
        joined.take(linked(1), *feed)
    else:
        joined.take(*feed).take(linked(1))
    if {b"|1^^^HOSP^PI|" in body for body in bodies} and any(b"|2^^^HOSP" in body for body in bodies):
        assert joined.charts.numbers(TWO)[1:] == [f"P {ONE}", f"P {TWO}"]
    joined.take(*meanwhile)
    joined.take(linked(2, undo=True, at=2000))

    assert joined.charts.sha256() == never.charts.sha256()
    assert joined.charts.status().patients == never.charts.status().patients


@pytest.mark.req("R6")
def test_only_a_station_links():
    """The same act in a feed's journal, or an import's, says nothing."""
    told = Told().take(entry(admitted("1", "a"), 1), entry(admitted("2", "b"), 2))
    told.take(linked(3, journal="n-capture"))
    assert told.charts.status().patients == 2
    told.take(linked(1))
    assert told.charts.status().patients == 1
    chart = told.charts.chart(TWO)
    assert chart is not None
    assert (chart.key, chart.entries) == (ONE, 2)


@pytest.mark.req("R6", "F22")
@pytest.mark.parametrize("other_first", [True, False], ids=["the temporary one first", "the known one first"])
def test_a_link_never_raises_how_well_an_identity_was_checked(other_first):
    """QUAL of the number that was merged is not said of the survivor, which never had it."""
    qualified = admitted("2", "b").replace(b"|19500312|M", b"|19500312|M" + b"|" * 24 + b"QUAL")
    known, other = entry(admitted("1", "a"), 2), entry(qualified, 1 if other_first else 3)
    told = Told().take(known, other)
    assert "QUAL" in str(to_bundle(told.charts.chart(TWO)))
    told.take(linked(1))
    assert "QUAL" not in str(to_bundle(told.charts.chart(ONE)))


def test_a_number_that_nobody_has_yet_may_be_linked():
    """The patient's first message comes in under the old number, and lands on the survivor."""
    told = Told().take(entry(admitted("1", "a"), 1), linked(1)).take(entry(message("ADT^A08", "2", control="c"), 2))
    assert told.charts.status().patients == 1
