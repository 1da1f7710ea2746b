"""A chart never shows what no message said, and no damaged message is lost: a few thousand here, a million by hand.

Method: `fuzz.run` on two thousand damaged real messages (`make mutate` takes a million), every real message as it is,
and the oracle itself on charts that say more than their message.
"""

import pytest

from contrefeu.fhir import decode, encode
from tests.mapping.fuzz import bodies, faults, run
from tests.mapping.messages import bundle, hl7, reading
from tests.mapping.tracing import Said, untraced

PID = "PID|1||123^^^CHU^PI||ESSAI^ADA||19500324|F"
OBR = "OBR|1||F1^LAB|CBC^Formule|||202611240700"
OBX = "OBX|1|NM|K^Potassium||4.20|mmol/L|3.5-5.0|H|||F"


@pytest.mark.req("C3")
def test_damaged_messages_crash_nothing_and_charts_show_what_was_said():
    """Each is received, accounted for, and traced."""
    assert list(run(2_000, seed=1)) == []


def test_charts_of_real_messages_show_what_was_said():
    """As they are, one by one."""
    assert [fault for body in bodies()[::4] for fault in faults(body)] == []


@pytest.mark.parametrize(
    ("said", "shown"),
    [("4.20", "4.2"), ("4.20", "14.20"), ("mmol/L", "mg/L"), ("Potassium", "Sodium"), ("T07:00", "T08:00")],
)
def test_the_oracle_finds_what_was_not_said(said, shown):
    """One value of a chart changed: a digit, a unit, a name, an hour."""
    body = hl7("ORU^R01", PID, OBR, OBX)
    (line,) = bundle(reading("ORU^R01", PID, OBR, OBX))["Observation"]
    assert untraced(line, Said(body)) == []
    changed = decode(encode(line).replace(said.encode(), shown.encode()))
    assert untraced(changed, Said(body)) != []
