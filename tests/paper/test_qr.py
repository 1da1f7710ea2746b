"""A page's code is the QR code that segno makes of the same text, module by module.

Method: segno as the other maker, for texts of every length that there is, the letters drawn.
"""

import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st

from contrefeu.paper.qr import qr

LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


def segno_s(text):
    """The same, as segno makes it."""
    how = {"error": "m", "version": 6, "mode": "alphanumeric", "boost_error": False, "mask": 3}
    return [bytes(row) for row in segno.make_qr(text, **how).matrix]


@given(st.text(alphabet=LETTERS, min_size=148, max_size=148))
def test_a_page_s_code_is_what_another_maker_draws(text):
    """148 characters, as every code of a page."""
    assert qr(text) == segno_s(text)


@pytest.mark.parametrize("length", [1, 2, 152, 153, 154])
def test_shorter_and_longer_texts_end_where_the_standard_says(length):
    """One character, an odd number, no room for a terminator."""
    text = (LETTERS * 4)[:length]
    assert qr(text) == segno_s(text)


def test_a_text_that_is_too_long_is_no_code():
    """155 characters: refused, not cut."""
    with pytest.raises(AssertionError, match="one length"):
        qr("A" * 155)
