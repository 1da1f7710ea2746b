"""What a table surely lacks is never something that was put into it."""

from hypothesis import given
from hypothesis import strategies as st

from contrefeu.chart.stores.seen import BITS, Seen

KEYS = st.sets(st.integers(-(2**63), 2**63 - 1), max_size=50)


@given(put=KEYS, asked=KEYS)
def test_what_was_put_in_is_never_called_lacking(put, asked):
    """A key that collides with none is lacking, one that was put in never is."""
    seen = Seen(empty=True)
    for key in put:
        seen.add(key)
    taken = {key % BITS for key in put}
    assert {key for key in put | asked if seen.lacks(key)} == {key for key in asked if key % BITS not in taken}


def test_of_a_table_that_held_something_nothing_is_known():
    """It is asked, whatever was put in since."""
    seen = Seen(empty=False)
    seen.add(1)
    assert not seen.lacks(1)
    assert not seen.lacks(2)
