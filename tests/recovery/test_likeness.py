"""Two messages are the same by what follows their header, however their lines end.

Method: the quick way and the slow way of reading one message, and what an engine that sends on changes.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contrefeu.hl7 import peek
from contrefeu.journal import MEDIA_FHIR, MEDIA_HL7V2
from contrefeu.recovery import likeness
from contrefeu.recovery.likeness import Likeness

LIKENESS = Likeness()
ONE = b"MSH|^~\\&|LAB|CHU|CF|CHU|1||ORU^R01|R1|P|2.5\rPID|1||9\rOBX|1|NM|K||6.8\r"


def says(body: bytes, media: str = MEDIA_HL7V2) -> int:
    """What *body* says, as a mark."""
    return LIKENESS.marks(media, body).says


@pytest.mark.req("R2")
@pytest.mark.parametrize(
    "other",
    [
        ONE.replace(b"\r", b"\r\n"),
        ONE.replace(b"\r", b"\n"),
        ONE.rstrip(b"\r"),
        b"\x0b" + ONE,
        ONE.replace(b"6.8\r", b"6.8|||\r"),
        ONE.replace(b"|LAB|CHU|CF|CHU|1|", b"|ENGINE||EHR||2|").replace(b"|R1|P|", b"|E9|P^R|"),
    ],
)
def test_another_header_and_other_line_ends_say_the_same(other: bytes) -> None:
    """What an engine or an editor changes without a change of meaning."""
    assert says(other) == says(ONE)


@pytest.mark.req("R2")
@pytest.mark.parametrize("change", [(b"6.8", b"6.9"), (b"ORU^R01", b"ORU^R30"), (b"PID|1", b"PID|2")])
def test_another_value_or_type_does_not(change: tuple[bytes, bytes]) -> None:
    """One character is another content."""
    assert says(ONE.replace(*change)) != says(ONE)


@given(st.lists(st.sampled_from([b"OBX|1", b"|", b"\r", b"\n", b" ", b"x", b"\x1c", b"\x00"]), max_size=12))
def test_the_quick_way_reads_as_the_slow_one(parts: list[bytes]) -> None:
    """Whatever stands behind the header."""
    body = ONE + b"".join(parts)
    header = peek(body)
    assert header is not None
    quick = likeness._after_header(body, header)
    assert likeness._after_header(b"\n" + body, header) == quick, "a line end before it takes the slow way"


def test_json_says_the_same_in_another_order_and_no_mark_outlives_its_maker() -> None:
    """Resources by their content; digests of two commands do not compare."""
    assert says(b'{"a": 1, "b": [2]}', MEDIA_FHIR) == says(b'{"b":[2],"a":1}', MEDIA_FHIR)
    assert Likeness().marks(MEDIA_HL7V2, ONE).says != says(ONE)
