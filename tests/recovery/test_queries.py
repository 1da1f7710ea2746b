"""What an HL7 v2 system is asked, and what its answers say: of the patient who was asked for, and nothing else.

Method: answers written here; and a good one of which bytes were changed, cut off or put in between.
"""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contrefeu.hl7 import Message, NotHl7
from contrefeu.mapping import Rules
from contrefeu.recovery.queries import SHOWS, Answer, answered, query, resources

HEAD, KEY = "MSH|^~\\&|E||||1||ADR^A19|1|P|2.5", "CHU|1"
LINES = (HEAD, "MSA|AA|1", "PID|1||1^^^CHU||A^B", "PV1|1|I|W||||||||||||||||S1" + "|" * 25 + "20261124", "OBR|1", "")
WHOLE = "\r".join(LINES).encode()


def said(*lines: str, head: str = HEAD) -> Answer:
    """What an answer says."""
    body = "\r".join([head, "MSA|AA|1", *lines, ""]).encode()
    return answered(Message.parse(body), body, KEY)


@pytest.mark.req("R2")
@pytest.mark.parametrize("kind", SHOWS)
def test_queries_name_the_patient_and_nothing_of_a_number_ends_a_field(kind: Any) -> None:
    """The number and its authority stand escaped where the standard has them."""
    body = query(kind, "CHU|8|1^2", "CFQ1", "20261124030000", "2.5", "EHR").decode()
    assert "8\\F\\1\\S\\2" in body
    assert "CHU" in body.split("\r")[1]
    assert body.count("|CFQ1|") >= 1


@pytest.mark.req("R2")
def test_whoever_else_an_answer_names_is_passed_over() -> None:
    """Candidates of a search are not the patient who was asked for; an answer that names nobody is none."""
    mine, other = "PID|1||1^^^CHU||A^B", "PID|1||1^^^AUTRE||C^D"
    assert [b"C^D" in one for one in said(mine, other).messages] == [False]
    assert said(other).messages == ()
    assert said("PV1|1|I|W").refused == "its answer names no patient"


@pytest.mark.req("R2")
def test_an_answer_whose_header_is_cut_short_says_nothing() -> None:
    """It is refused with the reason; the patient is not compared."""
    assert said(LINES[2], head="MSH|^~\\&|E").refused == "its header ends before MSH-9"


@pytest.mark.req("R2", "C3")
@given(
    cut=st.integers(0, len(WHOLE)),
    end=st.integers(0, len(WHOLE)),
    put=st.binary(max_size=20) | st.sampled_from([b"\rPID\r", b"PID^", b"MSH|", b"\r\n", b"\xff\xfe", b"|UNICODE|"]),
)
@example(cut=WHOLE.index(b"|1||1^^^"), end=0, put=b"")
@example(cut=WHOLE.index(b"||1||ADR"), end=WHOLE.index(b"\rMSA"), put=b"")
def test_no_bytes_of_an_answer_end_a_comparison(cut: int, end: int, put: bytes) -> None:
    """Whatever stands in it, it is no HL7, or it says something or why it does not; what it says is FHIR."""
    body = WHOLE[:cut] + put + WHOLE[end:]
    try:
        message = Message.parse(body)
    except NotHl7:
        return
    found = answered(message, body, KEY)
    assert not (found.refused and found.messages)
    assert all(one["resourceType"] for one in resources(found.messages, Rules().of("")))
