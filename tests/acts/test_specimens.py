"""No number of a specimen is given twice, whoever draws, whatever stops, in whatever order acts are read.

Method: acts of two stations, drawn in any interleaving as their journals would order them; told again from nothing.
"""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contrefeu.acts import SpecimenDrawn, SpecimenDraws, decode, encode, printed, same_number

AT = "2026-11-24T02:10:00.000000Z"
PARTS = {"n1": ("00412000", "00412009"), "n2": ("00412010", "00412019")}


def act(station, what, first="", last="", **more):
    """An act of a station, in its own part unless told otherwise."""
    own = PARTS.get(station, ("", ""))
    return SpecimenDrawn(station, what, "", first or own[0], last or own[1], AT, **more)


@pytest.mark.req("F16")
def test_numbers_follow_each_other_and_a_request_has_one():
    """The first, the next, the same again for the same request; none past the last."""
    draws = SpecimenDraws()
    for sequence in range(1, 14):
        draws.apply(act("n1", "again" if sequence in (2, 3) else f"r{sequence}"), "n1-station", sequence)
    numbers = [draws.number("n1-station", sequence) for sequence in range(1, 14)]
    assert numbers[:4] == ["00412000", "00412001", "00412001", "00412002"]
    assert numbers[-3:] == ["00412009", "", ""]
    assert draws.given("again") == "00412001"
    assert (draws.left("", *PARTS["n1"]), draws.left("", *PARTS["n2"])) == (0, 10)


_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["n1", "n2"]),
        st.integers(0, 12),  # the request
        st.booleans(),  # whether what is known elsewhere was seen
        st.sampled_from([(0, 9), (0, 19), (5, 9), (0, 4)]),  # what the settings say of the part by then
    ),
    max_size=60,
)


@pytest.mark.req("F16")
@given(steps=_STEPS, order=st.randoms(use_true_random=False))
def test_no_number_is_given_twice_whatever_happens(steps, order):
    """Any interleaving of two stations, settings that change, forms sent again; told again from the journals alone, in
    any order, all is the same. Each number is in the part that its act names."""
    live, journals, wanted = SpecimenDraws(), {"n1-station": [], "n2-station": []}, {}
    for station, request, seen, (low, high) in steps:
        journal, start = f"{station}-station", 412_000 if station == "n1" else 412_100
        first, last = f"00{start + low}", f"00{start + high}"
        above = live.above("", first, last) if seen else ""
        made = act(station, f"{station}/{request}", first, last, above=above)
        journals[journal].append(made)
        live.apply(made, journal, len(journals[journal]))
        number = live.number(journal, len(journals[journal]))
        if number:
            assert wanted.setdefault(made.what, number) == number
            assert f"00{start}" <= number <= f"00{start + 19}"
    assert len(set(wanted.values())) == len(wanted)
    assert live.twice == []
    entries = [(journal, n, one) for journal, acts in journals.items() for n, one in enumerate(acts, 1)]
    order.shuffle(entries)
    again = SpecimenDraws()
    for journal, sequence, one in entries:
        again.apply(one, journal, sequence)
        again.apply(one, journal, sequence)
    told = [(journal, n) for journal, n, _ in entries]
    assert [again.number(*one) for one in told] == [live.number(*one) for one in told]


@pytest.mark.req("F16")
def test_two_processes_that_know_nothing_of_each_other_share_no_number():
    """Each writes an act with what it remembers; the journal orders them, and its order alone gives numbers."""
    draws, stale = SpecimenDraws(), SpecimenDraws()
    draws.apply(act("n1", "one", above=stale.above("", *PARTS["n1"])), "n1-station", 1)
    draws.apply(act("n1", "two", above=stale.above("", *PARTS["n1"])), "n1-station", 2)
    assert [draws.number("n1-station", n) for n in (1, 2)] == ["00412000", "00412001"]


@pytest.mark.req("F16")
def test_a_journal_begun_in_another_s_place_has_no_part_of_it():
    """What the one before drew last may be lost: its part gives nothing there. A part of its own does."""
    draws = SpecimenDraws()
    draws.apply(act("n1", "a"), "n1.2-station", 1)
    draws.apply(act("n1.2", "a", "00412020", "00412029"), "n1.2-station", 2)
    assert [draws.number("n1.2-station", n) for n in (1, 2)] == ["", "00412020"]


@pytest.mark.req("F16")
def test_two_stations_of_one_part_are_found():
    """Their settings differed, and they could not see each other: the number is named."""
    draws = SpecimenDraws()
    draws.apply(act("n1", "a"), "n1-station", 1)
    draws.apply(act("n2", "b", *PARTS["n1"]), "n2-station", 1)
    assert draws.twice == ["00412000"]
    draws.apply(act("n2", "c", *PARTS["n1"], above=draws.above("", *PARTS["n1"])), "n2-station", 2)
    assert draws.number("n2-station", 2) == "00412001"  # what it can see, it leaves out


@pytest.mark.req("F16")
def test_an_act_is_read_back_and_one_that_says_nonsense_draws_nothing():
    """Frozen as it stands in a journal; bounds of another version stop nothing."""
    body = (
        b'{"act":"specimen-drawn","station":"n1","what":"urn:uuid:1","prefix":"L","first":"01","last":"09",'
        b'"at":"t","above":"","check":"luhn"}'
    )
    found = SpecimenDrawn("n1", "urn:uuid:1", "L", "01", "09", "t", "", "luhn")
    assert (decode(body), encode(found)) == (found, body)
    for wrong in ({"first": "x"}, {"last": "9"}, {"above": "?"}, {"first": "99", "last": "10"}):
        draws = SpecimenDraws()
        draws.apply(msgspec.structs.replace(found, **wrong), "n1-station", 1)
        assert draws.number("n1-station", 1) == ""
    assert draws.number("n9-station", 7) == ""


@pytest.mark.parametrize(
    ("typed", "same"),
    [
        ("00412007", True), ("412007", True), (" 0041 2007 ", True), ("0412007", True),
        ("412070", False), ("4120070", False), ("", False), ("-", False), ("A412007", False),
    ],
)  # fmt: skip
@pytest.mark.req("F16")
def test_zeros_in_front_tell_no_numbers_apart(typed, same):
    """As people type it, or a scanner sends it."""
    assert same_number(typed, "00412007") is same


@given(digits=st.text("0123456789", min_size=1, max_size=18))
def test_a_check_digit_is_luhn_s(digits):
    """The sum of all digits, every second one doubled, is a multiple of ten (ISO/IEC 7812-1, annex B)."""
    number = printed("", digits, "luhn")
    doubled = [int(one) * (1 + n % 2) for n, one in enumerate(reversed(number))]
    assert number[:-1] == digits and sum(one // 10 + one % 10 for one in doubled) % 10 == 0
