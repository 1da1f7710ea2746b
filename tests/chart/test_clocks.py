"""What two stations' clocks allow to be said of the order of two acts, and what they do not.

Method: entries stamped by clocks that are off by known amounts, with and without measurements between them; the answer
is compared with the true order, which it may decline to give and never reverse.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contrefeu.acts import ClockMeasured
from contrefeu.base import ClockOffset, Span, corrected, next_hybrid, order_of, physical_ns
from contrefeu.base.hybrid import AHEAD_NS_MAX
from contrefeu.chart import Clocks
from contrefeu.journal import Entry

S, MS = 1_000_000_000, 1_000_000
T0 = 1_790_000_000 * S


def act(station: str, at_ns: int, sequence: int = 1) -> Entry:
    return Entry(f"{station}-station", sequence, at_ns, at_ns // MS << 16, "user/nadia", "x/y", b"")


def met(clocks: Clocks, by: str, of: str, at_ns: int, offset_ms: int, uncertainty_ms: int = 5) -> None:
    clocks.apply(ClockMeasured(of, offset_ms, uncertainty_ms, ""), act(by, at_ns))


@pytest.mark.req("D9")
def test_a_ward_pc_ten_minutes_late_does_not_mislead():
    """By its clock the dose on the late PC came first; corrected, it came second: and that is what is said."""
    clocks = Clocks()
    met(clocks, "na", "nb", T0, offset_ms=-600_000)
    first, second = act("na", T0 + 10 * S), act("nb", T0 + 70 * S - 600 * S)
    assert second.received_ns < first.received_ns
    assert (clocks.order(first, second), clocks.order(second, first)) == ("before", "after")


@pytest.mark.req("D9")
def test_what_cannot_be_told_is_not_told():
    """Two acts within the uncertainty, and two stations that never met: order uncertain."""
    clocks = Clocks()
    assert clocks.order(act("na", T0), act("nb", T0 + 60 * S)) == "uncertain"
    assert clocks.order(act("na", T0), act("nb", T0 + 16 * 60 * S)) == "before"
    met(clocks, "na", "nb", T0, offset_ms=0, uncertainty_ms=2_000)
    assert clocks.order(act("na", T0), act("nb", T0 + 1 * S)) == "uncertain"
    assert clocks.order(act("na", T0), act("nb", T0 + 60 * S)) == "before"


def test_an_old_measurement_says_less():
    """A month after they met, two quartz clocks may be minutes apart."""
    month = 30 * 86_400 * S
    clocks = Clocks()
    met(clocks, "na", "nb", T0, offset_ms=0)
    assert clocks.order(act("na", T0 + month), act("nb", T0 + month + 60 * S)) == "uncertain"
    met(clocks, "nb", "na", T0 + month, offset_ms=0)
    assert clocks.order(act("na", T0 + month), act("nb", T0 + month + 60 * S)) == "before"


@pytest.mark.req("D9")
@given(
    true_ns=st.tuples(st.integers(0, 3600 * S), st.integers(0, 3600 * S)),
    off_ms=st.integers(-(10**9), 10**9),
    error_ms=st.integers(-50, 50),
    by=st.sampled_from(["na", "nb"]),
)
def test_the_order_that_is_told_is_the_true_one(true_ns, off_ms, error_ms, by):
    """Whatever the offset, and whoever measured it within its uncertainty: certain answers are right ones."""
    clocks = Clocks()
    sign = 1 if by == "na" else -1
    measured_at = T0 if by == "na" else T0 + off_ms * MS
    met(clocks, by, "nb" if by == "na" else "na", measured_at, sign * off_ms + error_ms, 50)
    here, there = act("na", T0 + true_ns[0]), act("nb", T0 + true_ns[1] + off_ms * MS)
    told = clocks.order(here, there)
    if told != "uncertain":
        assert told == ("before" if true_ns[0] < true_ns[1] else "after")
    elif true_ns[0] != true_ns[1]:
        assert abs(true_ns[0] - true_ns[1]) < 2 * S  # an hour of drift, and the measurement


def test_within_one_station_order_is_certain():
    """Its hybrid clock goes on, whatever was done to the machine's."""
    one, other = act("na", T0), act("na", T0 - 3600 * S, 2)
    other = Entry(other.journal, 2, other.received_ns, one.hlc + 1, other.source, other.media_type, b"")
    assert Clocks().order(one, other) == "before"


@given(own=st.integers(0, 2**62), heard=st.integers(0, 2**62), now_ns=st.integers(0, 2**62))
def test_the_next_hybrid_clock_is_beyond_own_and_heard_and_never_far_ahead_for_others(own, heard, now_ns):
    """It grows; it is behind what was heard only if that is far ahead; others do not carry it beyond 15 minutes."""
    found = next_hybrid(own, heard, now_ns)
    assert found > own
    assert found > heard or physical_ns(heard) > now_ns + AHEAD_NS_MAX
    assert found == own + 1 or physical_ns(found) <= now_ns + AHEAD_NS_MAX + MS


def test_spans_that_touch_are_uncertain():
    """Touching spans are uncertain; an offset that was never measured corrects nothing."""
    assert order_of(Span(0, 5), Span(6, 9)) == "before"
    assert order_of(Span(6, 9), Span(0, 5)) == "after"
    assert order_of(Span(0, 6), Span(6, 9)) == "uncertain"
    assert corrected(7, None) == Span(7, 7)
    assert corrected(700, ClockOffset(600, 5)) == Span(95, 105)
    assert ClockOffset(AHEAD_NS_MAX + 2, 1).is_far_ahead
    assert not ClockOffset(AHEAD_NS_MAX, 1).is_far_ahead
