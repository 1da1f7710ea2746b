"""A feed that may set some facts only moves, discharges, identifies and overwrites nobody beyond them (F26).

Method: the same messages by a feed that may set everything, and by one that may set results alone.
"""

import pytest

from contrefeu.mapping import FeedRules
from tests.mapping.messages import reading, said
from tests.mapping.test_admissions import EVN, PID, PV1

LAB = FeedRules(sets=("results",))


@pytest.mark.req("F26")
def test_a_laboratory_moves_and_identifies_nobody():
    """An A03 and an A40 of a feed that has no say in them change nothing, and the loss says so."""
    found = reading("ADT^A03", EVN, PID.replace("ESSAI", '""'), PV1, rules=LAB)
    assert (found.movements, found.identifies, found.cleared) == ([], False, [])
    assert [(loss.where, loss.why) for loss in found.loss] == [
        ("location", "its feed may not set this: it stays in the message")
    ]
    assert reading("ADT^A40", EVN, PID, "MRG|9^^^CHU^PI", rules=LAB).links == []
    assert reading("ADT^A40", EVN, PID, "MRG|9^^^CHU^PI").links != []


def test_a_laboratory_prescribes_nothing_and_gives_results():
    """What it may set is charted as ever."""
    order = ("ORC|NW|P1^EHR", "RXE||AMOX^Amoxicilline|1||g")
    assert said(reading("RDE^O11", PID, *order, rules=LAB), "MedicationRequest") == []
    result = ("OBR|1||F1^LAB|K^Potassium", "OBX|1|NM|K^Potassium||4.2|mmol/L|||||F")
    assert len(said(reading("ORU^R01", PID, *result, rules=LAB), "Observation")) == 1


@pytest.mark.req("F6")
def test_an_allergy_is_added_by_anybody_and_taken_back_by_its_own_feed():
    """Safety goes one way."""
    added, gone = "IAM|1|DA|PENI^Pénicilline|SV||A|N1", "IAM|1|DA|PENI^Pénicilline|SV||D|N1"
    assert len(said(reading("ADT^A60", EVN, PID, added, rules=LAB), "AllergyIntolerance")) == 1
    assert said(reading("ADT^A60", EVN, PID, gone, rules=LAB), "AllergyIntolerance") == []
    assert len(said(reading("ADT^A60", EVN, PID, gone), "AllergyIntolerance")) == 1
