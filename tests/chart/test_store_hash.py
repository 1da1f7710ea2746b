"""The hash of charts is of their canonical JSON (RFC 8785), however that is made.

Method: the quick way against the reference library, on JSON that hypothesis makes; numbers that tempt.
"""

import json
from decimal import Decimal

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from contrefeu.chart.export import canonical

NUMBERS = st.one_of(
    st.integers(-(2**53) + 1, 2**53 - 1),
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**18), max_value=10**18, places=4),
    st.floats(allow_nan=False, allow_infinity=False).map(repr).map(Decimal),
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=12,
)


def _written(value: object) -> bytes:
    """JSON with numbers as they are, as charts are written."""
    if isinstance(value, dict):
        return b"{" + b",".join(json.dumps(k).encode() + b":" + _written(v) for k, v in value.items()) + b"}"
    if isinstance(value, list):
        return b"[" + b",".join(map(_written, value)) + b"]"
    if isinstance(value, Decimal):
        return str(value).encode()
    return json.dumps(value, ensure_ascii=False).encode()


def _doubles(value: object) -> object:
    if isinstance(value, dict):
        return {key: _doubles(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_doubles(one) for one in value]
    return float(value) if isinstance(value, Decimal) else value


@given(value=VALUES)
def test_the_quick_way_is_the_canonical_one(value):
    """Keys in UTF-16 order, numbers as ECMAScript writes them, strings with as few escapes as may be."""
    assert canonical(_written(value)) == rfc8785.dumps(_doubles(value))


@pytest.mark.parametrize(
    ("sent", "wanted"),
    [
        (b"1.50", b"1.5"),
        (b"4.0", b"4"),
        (b"-0.0", b"0"),
        (b"1e2", b"100"),
        (b"0.0000001", b"1e-7"),
        (b"1E400", b'"1E+400"'),
        (b"12345678901234567890", b"12345678901234567000"),
    ],
)
def test_numbers_are_written_one_way(sent, wanted):
    """What a double holds is written as ECMAScript does; what none holds stands as text, and stops nothing."""
    assert canonical(sent) == wanted
