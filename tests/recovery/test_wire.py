"""An answer counts when it is this message's; anything else leaves the message in doubt and the connection unused.

Method: a real listener that answers as real ones do on bad days; and the bytes of a marked message, field by field.
"""

import pytest

from contrefeu.base import OperatorError
from contrefeu.hl7 import peek
from contrefeu.journal import MEDIA_HL7V2, Entry
from contrefeu.recovery import MllpTarget, NotReached, Profile, open_target, read_profile
from contrefeu.recovery.forms import Unsendable, own_control_id, sendable
from tests.recovery.hospital import result
from tests.recovery.targets import Receiver


def target_of(receiver: Receiver, answer_s: float = 0.3) -> MllpTarget:
    """The target that *receiver* is."""
    return open_target(receiver.url, answer_s)


def said(target: MllpTarget, number: int) -> str:
    """Send one message; returns its code."""
    return target.exchange(result(number, "4.1"), f"R{number}-4.1").code


@pytest.mark.req("R3")
@pytest.mark.parametrize("code", ["AA", "CA", "AE", "AR", "CE", "CR"])
def test_each_code_of_table_0008_is_given_as_it_came(code: str) -> None:
    """Accepted or rejected, in either mode, and the connection goes on."""
    receiver = Receiver(code)
    target = target_of(receiver)
    assert (said(target, 0), said(target, 1), receiver.connections) == (code, "AA", 1)
    target.close()
    receiver.close()


@pytest.mark.req("R3")
@pytest.mark.parametrize(
    ("behaviour", "code"), [("CA, then AA", "AA"), ("CA, then AE", "AE"), ("CA, then AR", "AR"), ("CA", "")]
)
def test_that_it_arrived_is_no_answer_of_the_application(behaviour: str, code: str) -> None:
    """MSH-15 and MSH-16 ask for both: the second one counts, and without it the message is in doubt."""
    receiver = Receiver(behaviour)
    target = target_of(receiver, answer_s=2.0 if code else 0.3)
    body = result(0, "4.1").replace(b"|2.5\r", b"|2.5|||AL|AL\r", 1)
    assert b"|AL|AL\r" in body
    assert target.exchange(body, "R0-4.1").code == code
    assert said(target, 1) == "AA"
    target.close()
    receiver.close()


@pytest.mark.req("R3")
@pytest.mark.parametrize(
    ("behaviour", "why"),
    [
        ("nothing", "no answer in time"),
        ("garbage", "what came back is no answer to it"),
        ("another's", "what came back is no answer to it"),
        ("hang up", "the target hung up"),
        ("late", "no answer in time"),
    ],
)
def test_what_is_no_answer_is_none_and_the_next_message_has_a_connection_of_its_own(behaviour: str, why: str) -> None:
    """Silence, nonsense, somebody else's answer, a closed door, an answer too late: never taken for a yes or a no."""
    receiver = Receiver(behaviour)
    target = target_of(receiver)
    outcome = target.exchange(result(0, "4.1"), "R0-4.1")
    assert (outcome.code, outcome.accepted, outcome.why) == ("", False, why)
    assert said(target, 1) == "AA"
    assert (receiver.control_ids, receiver.connections) == (["R0-4.1", "R1-4.1"], 2)
    target.close()
    receiver.close()


@pytest.mark.req("R3")
def test_an_answer_said_twice_is_not_taken_for_the_next_ones() -> None:
    """The second answer to the message before is passed over: a rejection that follows it is seen as one."""
    receiver = Receiver("twice", "AE")
    target = target_of(receiver)
    assert (said(target, 0), said(target, 1), said(target, 2)) == ("AA", "AE", "AA")
    assert receiver.control_ids == ["R0-4.1", "R1-4.1", "R2-4.1"]
    target.close()
    receiver.close()


def test_one_control_id_twice_in_a_row_is_sent_over_two_connections() -> None:
    """A late answer to the first could not be told from the second's."""
    receiver = Receiver()
    target = target_of(receiver)
    assert (said(target, 0), said(target, 0), receiver.connections) == ("AA", "AA", 2)
    target.close()
    receiver.close()


def test_a_target_that_was_restarted_is_found_again_and_one_that_is_gone_is_not_reached() -> None:
    """A connection that the other side closed meanwhile is not sent into: nothing is in doubt."""
    receiver = Receiver()
    target = target_of(receiver)
    assert said(target, 0) == "AA"
    receiver.close()
    with pytest.raises(NotReached):
        said(target, 1)
    again = Receiver(port=receiver.port)
    assert (said(target, 1), again.control_ids) == ("AA", ["R1-4.1"])
    target.close()
    again.close()


def entry(body: bytes) -> Entry:
    """An entry of a feed."""
    return Entry("n1-capture", 7, 0, 0, "LAB@CHU", MEDIA_HL7V2, body)


@pytest.mark.req("R3", "F33")
def test_a_raw_message_is_sent_byte_for_byte() -> None:
    """Without a profile nothing of it is changed, and its own control id must be answered."""
    body = result(1, "4.1") + b"\r\n"
    assert sendable(entry(body), Profile(), "ehr").body == body
    assert sendable(entry(body), Profile(), "ehr").control_id == "R1-4.1"


@pytest.mark.parametrize("asked", ["ER", "SU"])
def test_what_is_answered_in_some_cases_only_is_not_sent_as_it_was(asked: str) -> None:
    """Silence would mean a yes or a no."""
    body = result(1, "4.1").replace(b"|2.5\r", f"|2.5|||AL|{asked}\r".encode(), 1)
    with pytest.raises(Unsendable, match="MSH-16"):
        sendable(entry(body), Profile(), "ehr")
    assert sendable(entry(body), Profile(form="marked"), "ehr").sent_as


@pytest.mark.req("R3", "F33")
def test_a_marked_message_differs_in_its_header_alone() -> None:
    """MSH-10 is ours, MSH-11.2 is R; sequence number and answers asked for are empty; all else is as it was."""
    body = b"MSH|^~\\&|LAB|CHU|CF|CHU|20261124040000||ORU^R01|R1|P^T|2.5|17||NE|NE||8859/1\rOBX|1|TX|x||\xe9|\r"
    made = sendable(entry(body), Profile(form="marked"), "ehr")
    own = own_control_id("n1-capture/7", "ehr")
    assert made.body == (
        b"MSH|^~\\&|LAB|CHU|CF|CHU|20261124040000||ORU^R01|"
        + own.encode()
        + b"|P^R|2.5||||||8859/1\rOBX|1|TX|x||\xe9|\r"
    )
    assert (made.control_id, made.sent_as, len(own)) == (own, own, 20)
    assert own != own_control_id("n1-capture/7", "another") != own_control_id("n1-capture/8", "another")
    short = sendable(entry(b"MSH|^~\\&|LAB|CHU\rPID|1\r"), Profile(form="marked", mark="I"), "ehr")
    header = peek(short.body)
    assert header is not None
    assert (header.control_id, header.processing_id) == (short.control_id, "P")
    assert b"|P^I|" in short.body


def test_a_message_in_two_byte_characters_is_not_rewritten() -> None:
    """Its header cannot be changed byte by byte: a person decides."""
    with pytest.raises(Unsendable, match="not one HL7 v2 message"):
        sendable(entry(result(1, "4.1").decode().encode("utf-16")), Profile(form="marked"), "ehr")


@pytest.mark.req("R4", "F33")
def test_orders_and_bills_wait_unless_the_target_honours_the_mark() -> None:
    """Nothing is assumed suppressed: only a marked message to a target that says so in its profile goes by itself."""
    assert Profile().holds("ORM^O01")
    assert Profile(form="marked").holds("DFT^P03")
    assert Profile(honours_mark=True).holds("RDE^O11"), "a raw message has no mark"
    assert not Profile(form="marked", honours_mark=True).holds("ORM^O01")
    assert not Profile().holds("ORU^R01")
    assert not Profile().holds("RAS^O17"), "a dose that was given asks nobody to do anything"


@pytest.mark.parametrize("text", ["form = 'both'", "unknown = 1", "hold", "tries = 0", 'owner = ""'])
def test_a_profile_with_a_mistake_sends_nothing(tmp_path, text: str) -> None:  # type: ignore[no-untyped-def]
    """A wrong or unknown key is named, and nothing is done with half a profile."""
    path = tmp_path / "ehr.toml"
    path.write_text(text)
    with pytest.raises(OperatorError) as refused:
        read_profile(path)
    assert "ehr.toml" in refused.value.what
    assert refused.value.safe == "Nothing was sent."


@pytest.mark.parametrize("url", ["ftp://ehr/fhir", "mllp://ehr", "ehr:2575", "mllp://ehr:port"])
def test_what_is_no_target_is_said(url: str) -> None:
    """Before anything is read."""
    with pytest.raises(OperatorError):
        open_target(url, 1.0)
