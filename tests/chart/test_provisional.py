"""Temporary numbers are unlike each other by construction, and a slip of the key is seen.

Method: hypothesis over stations, sequences and slips; all the numbers of a shift; the standard's own example.
"""

import re
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from contrefeu.chart.provisional import NAMES, UNKNOWN, check_of, is_number, number_of, spoken

STATIONS = st.from_regex(r"(drill/)?[a-z0-9][a-z0-9-]{1,62}(\.[2-9])?-station", fullmatch=True)
DRAWN = st.from_regex(r"n[0-9a-f]{8}(\.[2-9])?-station", fullmatch=True)  # as `init` names nodes, and successors
SEQUENCES = st.integers(1, 10**15)


def test_the_check_is_that_of_the_standard():
    """MOD 37-2 of an example that other implementations publish."""
    assert check_of("G123489654321") == "Y"


@pytest.mark.req("D3", "F22")
@given(STATIONS, SEQUENCES, STATIONS, SEQUENCES)
def test_no_two_stations_give_one_number(one, first, other, second):
    """Other station or other entry: another number; no station can write into another's space."""
    assume((one, first) != (other, second))
    numbers = [number_of(f"{one}/{first}"), number_of(f"{other}/{second}")]
    assert not all(numbers) or numbers[0] != numbers[1]


@given(DRAWN, SEQUENCES, DRAWN, SEQUENCES)
def test_typed_without_signs_two_stations_still_differ(one, first, other, second):
    """Who leaves the hyphens out names no other patient: an entry begins with digits, a station with a letter."""
    assume("." not in one + other)
    assume((one, first) != (other, second))
    bare = [re.sub(r"\W", "", number_of(f"{name}/{at}")) for name, at in ((one, first), (other, second))]
    assert not all(bare) or bare[0] != bare[1]


@given(STATIONS, SEQUENCES, st.data())
def test_one_slip_is_no_number(station, sequence, data):
    """One character mistyped, or two neighbours exchanged: refused, wherever it happens."""
    number = number_of(f"{station}/{sequence}")
    assume(number)
    assert is_number(number)
    places = [n for n, sign in enumerate(number) if sign.isalnum()]
    at = data.draw(st.sampled_from(places))
    sign = data.draw(st.sampled_from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    assume(sign != number[at])
    assert not is_number(number[:at] + sign + number[at + 1 :])
    n = data.draw(st.integers(0, len(places) - 2))
    a, b = places[n], places[n + 1]
    swapped = list(number)
    swapped[a], swapped[b] = number[b], number[a]
    assume(number[a] != number[b])
    assert not is_number("".join(swapped))


@given(STATIONS, SEQUENCES)
def test_numbers_never_end(station, sequence):
    """Of three entries on end two differ in one digit, so one gives a number: drawing ends when the journal does."""
    assert any(number_of(f"{station}/{sequence + n}") for n in range(3))


def test_a_shift_has_no_name_twice():
    """The unknown of one station have other names, both words at once, until all names were used."""
    numbers = [number_of(f"n1a2b3c4d-station/{n}") for n in range(1, NAMES + 1)]
    names = [spoken(number) for number in numbers if number]
    assert len(set(names)) == len(names) > NAMES * 0.95
    assert all(re.fullmatch(rf"{UNKNOWN} [A-Z]+ [A-Z]+", name) for name in names)
    for one, after in pairwise(names):
        assert one.split()[1] != after.split()[1]
        assert one.split()[2] != after.split()[2]
