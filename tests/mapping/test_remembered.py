"""What a reader remembers of fields and people changes no reading.

Method: the same words in other messages, of other senders, beside other segments; then a reading that its holder
changes.
"""

from contrefeu.fhir import encode
from contrefeu.mapping import FeedRules
from contrefeu.mapping.from_hl7.person import PID_CHARS_MAX
from tests.mapping.messages import reading, said

PID = "PID|1||123^^^CHU^PI||ESSAI^ADA||19500324|F"
NO_AUTHORITY = "PID|1||123^^^^PI||ESSAI^ADA||19500324|F"
DOUBTED = "PID|1||123^^^CHU^PI||ESSAI^ADA||24/03/1950|F"
TWICE = "PID|1||123^^^CHU^PI||ESSAI^ADA||20261025023000|F"
PV1 = "PV1|1|I|CARD^101^1^CHU||||||||||||||||V1^^^CHU"
OBR = "OBR|1|P1|F1|24320-4^Ionogram^LN|||20261124080000|||||||||||||||20261124083000||CH|F"


def test_a_number_without_an_authority_is_its_own_senders():
    """The same PID of two senders names two patients."""
    first, second = (
        reading("ADT^A08", NO_AUTHORITY, PV1, rules=FeedRules(authority=name)).subjects[0].keys for name in ("A", "B")
    )
    assert (first, second) == (["A|123"], ["B|123"])


def test_a_doubt_is_told_each_time():
    """A birth date that nobody can read is a loss of every message that says it, not of the first one alone."""
    losses = [reading("ADT^A08", DOUBTED, PV1, n=n).loss for n in (1, 2, 3)]
    assert losses[0]
    assert losses[0] == losses[1] == losses[2]


def test_a_time_is_read_in_its_own_feeds_zone():
    """The hour that Paris repeats is an hour as any other in Cayenne."""
    doubts = [
        reading("ADT^A08", TWICE, PV1, rules=FeedRules(zone=zone)).loss for zone in ("Europe/Paris", "America/Cayenne")
    ]
    assert doubts[0]
    assert not doubts[1]


def test_who_holds_a_reading_may_change_it():
    """What is taken off or put on one reading of a patient stands in no other."""
    wanted = encode(reading("ADT^A08", PID, PV1))
    held = reading("ADT^A08", PID, PV1)
    assert held.patient is not None
    held.patient["contact"] = [{"name": {"family": "X"}}]
    held.patient.pop("name")
    held.cleared.append("address")
    held.subjects[0].keys.append("CHU|9")
    assert encode(reading("ADT^A08", PID, PV1)) == wanted


def test_contacts_of_one_message_are_not_those_of_the_next():
    """NK1 stands beside PID: the same PID without it says nobody to call."""
    with_contact = reading("ADT^A08", PID, "NK1|1|ESSAI^BOB|SPO^Spouse", PV1).patient
    without = reading("ADT^A08", PID, PV1).patient
    assert with_contact is not None
    assert without is not None
    assert "contact" in with_contact
    assert "contact" not in without


def test_an_allergy_denied_beside_an_equal_code_stays_itself():
    """ "None known" gets its SNOMED code in an allergy, and the same words elsewhere do not."""
    words = "NKA^No known allergies^L"
    allergy = said(reading("ADT^A08", PID, PV1, f"AL1|1|DA|{words}"), "AllergyIntolerance")[0]
    problem = said(reading("PPR^PC1", PID, f"PRB|AD|20261124|{words}|9^CHU"), "Condition")[0]
    again = said(reading("ADT^A08", PID, PV1, f"AL1|1|DA|{words}"), "AllergyIntolerance")[0]
    assert [coding["code"] for coding in allergy["code"]["coding"]] == ["NKA", "716186003"]
    assert [coding["code"] for coding in problem["code"]["coding"]] == ["NKA"]
    assert again == allergy


def test_long_fields_read_as_short_ones_do():
    """What is too long to be remembered is read all the same."""
    name = "A" * (PID_CHARS_MAX + 1)
    long = reading("ADT^A08", f"PID|1||123^^^CHU^PI||{name}^ADA", PV1).patient
    assert long is not None
    assert [called["family"] for called in long["name"]] == [name]
    text = "x" * 1000
    value = said(reading("ORU^R01", PID, OBR, f"OBX|1|CWE|1^C^LN||{text}^{text}y^L||||||F"), "Observation")[0]
    assert value["valueCodeableConcept"]["text"] == f"{text}y"


def test_the_same_bytes_twice_give_one_reading():
    """A laboratory's answer, read again after it was remembered, is the same byte for byte."""
    lines = [
        f"OBX|{n}|NM|{n}-1^Analyte {n}^LN||{n}.50|mmol/L|3.5-5.0|H|||F|||20261124080000||DOC^WHO^ADA" for n in range(9)
    ]
    first, second = (encode(reading("ORU^R01", PID, PV1, OBR, *lines)) for _ in range(2))
    assert first == second
    assert b'"value":1.50' in first


def test_lines_of_one_kind_keep_what_is_their_own():
    """Same code, unit, range and flag: each line has its value, its time and its number, and leaves others alone."""
    lines = [
        f"OBX|{n}|NM|2823-3^Potassium^LN|{n}|{n}.40|mmol/L|3.5-5.0|H|||F|||2026112408{n:02d}00||DOC^WHO^ADA"
        for n in (1, 2)
    ]
    first, second = said(reading("ORU^R01", PID, PV1, OBR, *lines), "Observation")
    assert [str(one["valueQuantity"]["value"]) for one in (first, second)] == ["1.40", "2.40"]
    assert [one["effectiveDateTime"][11:16] for one in (first, second)] == ["08:01", "08:02"]
    first["status"], first["note"] = "amended", [{"text": "x"}]
    again = said(reading("ORU^R01", PID, PV1, OBR, *lines), "Observation")
    assert again[0] == {**second, "valueQuantity": again[0]["valueQuantity"],
                        "effectiveDateTime": again[0]["effectiveDateTime"]}  # fmt: skip


def test_a_short_line_is_not_taken_for_a_longer_one():
    """What stands after the range in one line stands in no line that ends there."""
    whole = "OBX|1|NM|1-1^A^LN||4.0|mmol/L|3.5-5.0|H|||C|||20261124080000||DOC^WHO^ADA|M^Method^L"
    for fields in range(6, 18):
        one = said(reading("ORU^R01", PID, OBR, "|".join(whole.split("|")[:fields])), "Observation")[0]
        expected = {"interpretation": fields > 8, "performer": fields > 16, "method": fields > 17}
        assert {name: name in one for name in expected} == expected
        assert one["status"] == ("corrected" if fields > 11 else "unknown")


def test_kinds_of_messages_are_told_apart():
    """First lines that differ in MSH-9 alone."""
    kinds = [reading(kind, PID, PV1).kind for kind in ("ADT^A08", "ADT^A31", "ADT^A08")]
    assert kinds == ["ADT^A08", "ADT^A31", "ADT^A08"]
