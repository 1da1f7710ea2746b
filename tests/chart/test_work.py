"""What waits for somebody follows its patient through a store: critical, moved, answered, corrected, discharged.

Method: messages and people's entries told to a store in memory, as its reader tells them; the list is asked each time.
"""

import msgspec
import pytest

from contrefeu.chart.views import STATION
from contrefeu.chart.work import ANSWER
from contrefeu.journal import MEDIA_FHIR
from tests.chart.feeds import Told, admitted, entry, message


def potassium(value, control, status="F", flag="HH", minute=5):
    """A result of an order, flagged."""
    lines = (
        "ORC|RE|O1^HIS|FO1^LAB",
        "OBR|1|O1^HIS|FO1^LAB|IONO^Ionogramme^L|||20260921000500",
        f"OBX|1|NM|K^Potassium^L||{value}|mmol/L|3.5-5.0|{flag}|||{status}|||20260921000500",
    )
    return message("ORU^R01", "1", control=control, minute=minute, rest=lines)


def acknowledged(resource, words, sequence, source="user/nadia"):
    """What a person writes who acknowledges a result."""
    body = {
        "resourceType": "Communication",
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{sequence}"}],
        "status": "completed",
        "subject": {"identifier": {"system": "urn:id:HOSP", "value": "1"}},
        "extension": [{"url": "urn:contrefeu:written", "extension": []}],
        "category": [{"coding": [{"system": ANSWER, "code": "acknowledged"}]}],
        "about": [{"reference": resource}],
        "payload": [{"contentString": words}],
    }
    journal = f"n{STATION}" if source.startswith("user/") else "n-capture"
    return entry(msgspec.json.encode(body), sequence, journal=journal, source=source, media=MEDIA_FHIR)


def waits(told):
    """Ward, kind and value of what waits."""
    return [(line.ward, one.kind, one.value) for line in told.store.work.lines("P") for one in line.items]


@pytest.mark.req("D5", "F7")
def test_a_critical_result_waits_wherever_its_patient_is():
    """On the ward, on the next one, and after the discharge; a named person ends it, and no feed does."""
    told = Told()
    told.take(entry(admitted("1", "a"), 1), entry(potassium("6.9", "b"), 2))
    assert waits(told) == [("CARD", "critical", "6.9 mmol/L, HH")]
    moved = message("ADT^A02", "1", control="c", minute=9, pv1="PV1||I|REA^2^F|||||||||||||||||V1^^^HOSP^VN")
    told.take(entry(moved, 3))
    assert waits(told) == [("REA", "critical", "6.9 mmol/L, HH")]
    [line] = told.store.work.lines("P")
    assert (line.family, line.items[0].what, line.items[0].old) == ("DUPONT", "Potassium", False)
    resource = line.items[0].resource
    told.take(acknowledged(resource, "6.9 mmol/L, HH", 4, source="fhir/machine"))
    assert waits(told) == [("REA", "critical", "6.9 mmol/L, HH")]
    left = message("ADT^A03", "1", control="d", minute=20, pv1="PV1||I|REA^2^F|||||||||||||||||V1^^^HOSP^VN")
    told.take(entry(left, 5))
    assert waits(told) == [("", "critical", "6.9 mmol/L, HH")]
    told.take(acknowledged(resource, "6.9 mmol/L, HH", 6))
    assert waits(told) == []
    told.take(entry(potassium("4.1", "e", status="C", flag="N", minute=30), 7))
    assert waits(told) == [("", "corrected", "4.1 mmol/L, N, corrected")]
    told.take(acknowledged(resource, "4.1 mmol/L, N, corrected", 8))
    assert waits(told) == []


@pytest.mark.req("F34")
def test_what_was_old_when_it_came_in_says_so():
    """A result of the day before yesterday, in catch-up: it waits, and is marked as history."""
    told = Told()
    told.take(entry(admitted("1", "a"), 1), entry(potassium("6.9", "b"), 2 * 86_400, at=2 * 86_400))
    [line] = told.store.work.lines("P")
    assert [one.old for one in line.items] == [True]
