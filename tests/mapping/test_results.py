"""A result is shown as its laboratory sent it: value, unit, flags, status, range; nothing is bent into a number.

Method: one OBX at a time, in a report of one order.
"""

from decimal import Decimal

import pytest

from contrefeu.fhir import encode
from tests.mapping.messages import bundle, reading, said

PID = "PID|1||123^^^CHU^PI||ESSAI^ADA||19500324|F"
OBR = "OBR|1|P1^EHR|F1^LAB|24320-4^Ionogramme^LN|||20261124080000|||||||||||||||20261124083000||CH|F"


def _line(obx: str) -> dict:
    found = reading("ORU^R01", PID, OBR, obx)
    assert not [loss for loss in found.loss if "gave up" in loss.why]
    (one,) = said(found, "Observation")
    return one


@pytest.mark.req("F5")
@pytest.mark.parametrize(
    ("obx", "value"),
    [
        ("OBX|1|NM|K||6.10|mmol/L", {"valueQuantity": {"value": Decimal("6.10"), "unit": "mmol/L"}}),
        ("OBX|1|NM|K||-0.5", {"valueQuantity": {"value": Decimal("-0.5")}}),
        ("OBX|1|NM|K||4,2|mmol/L", {"valueString": "4,2 mmol/L"}),
        ("OBX|1|NM|K||<0,5|mg/L", {"valueString": "<0,5 mg/L"}),
        ("OBX|1|NM|K||1e3|mg/L", {"valueString": "1e3 mg/L"}),
        ("OBX|1|NM|K||007|mg/L", {"valueString": "007 mg/L"}),
        ("OBX|1|NM|K||٤|mg/L", {"valueString": "٤ mg/L"}),
        ("OBX|1|NM|K||6.1~6.3|mmol/L", {"valueString": "6.1\n6.3 mmol/L"}),
        ("OBX|1|ST|K||5.1|mmol/L", {"valueString": "5.1 mmol/L"}),
        ("OBX|1||K||5.1|mmol/L", {"valueString": "5.1 mmol/L"}),
        ("OBX|1|SN|K||<^5|mg/L", {"valueQuantity": {"value": Decimal(5), "comparator": "<", "unit": "mg/L"}}),
        ("OBX|1|SN|K||^1^:^128", {"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 128}}}),
        ("OBX|1|SN|K||<^1^:^128", {"valueString": "<1:128"}),
        ("OBX|1|SN|K||>^5^-^10|mg/L", {"valueString": ">5-10 mg/L"}),
        ("OBX|1|SN|K||^1^/^2", {"valueString": "1/2"}),
        ("OBX|1|SN|K||^2^+", {"valueString": "2+"}),
        ("OBX|1|SN|K||<^0,5|mg/L", {"valueString": "<0,5 mg/L"}),
        ("OBX|1|TX|K||Culture st\\E\\rile \\T\\ claire", {"valueString": "Culture st\\rile & claire"}),
        ("OBX|1|FT|K||ligne 1\\.br\\ligne 2", {"valueString": "ligne 1\nligne 2"}),
        ("OBX|1|DT|K||20261124", {"valueDateTime": "2026-11-24"}),
        ("OBX|1|TS|K||202611240830", {"valueDateTime": "2026-11-24T08:30:00+01:00"}),
        ("OBX|1|TS|K||hier", {"valueString": "hier"}),
        ("OBX|1|XPN|K||ESSAI^ADA", {"valueString": "ESSAI ADA"}),
        ("OBX|1|NM|K||", {}),
        ('OBX|1|NM|K||""', {}),
    ],
)  # fmt: skip
def test_a_value_is_word_for_word(obx, value):
    """Only a plain decimal is a number, with its digits; all else is text with its unit."""
    found = _line(obx + "|||||F" if obx.count("|") > 5 else obx + "||||||F")
    assert {key: found[key] for key in found if key.startswith("value")} == value
    assert b"e+" not in encode(found).lower()


@pytest.mark.req("F7")
@pytest.mark.parametrize(
    ("sent", "status"),
    [("P", "preliminary"), ("F", "final"), ("C", "corrected"), ("D", "entered-in-error"), ("W", "entered-in-error"),
     ("X", "cancelled"), ("N", "cancelled"), ("I", "registered"), ("", "unknown"), ("?", "unknown")],
)  # fmt: skip
def test_a_status_is_never_better_than_sent(sent, status):
    """OBX-11 as HL7's concept map has it; an unknown or missing one is unknown, not final."""
    assert _line(f"OBX|1|NM|K||4.2||||||{sent}")["status"] == status


def test_flags_stand_as_sent_and_none_is_made():
    """OBX-8, each repetition, a house's own letters too; a missing flag is not "normal"."""
    found = _line("OBX|1|NM|K||6.9|mmol/L|3.5-5.0|HH~*!|||F")
    assert [one["coding"][0]["code"] for one in found["interpretation"]] == ["HH", "*!"]
    assert found["interpretation"][0]["coding"][0]["system"].endswith("v3-ObservationInterpretation")
    assert found["interpretation"][1]["coding"][0]["system"].endswith("v2-0078")
    assert found["referenceRange"] == [
        {
            "text": "3.5-5.0",
            "low": {"value": Decimal("3.5"), "unit": "mmol/L"},
            "high": {"value": Decimal("5.0"), "unit": "mmol/L"},
        }
    ]
    assert "interpretation" not in _line("OBX|1|NM|K||6.9|mmol/L||||||F")


def test_a_range_that_is_no_range_stays_text():
    """ "< 5", "négatif" and "3,5 - 5,0" have no bounds that may be compared."""
    for text in ("< 5", "négatif", "3,5 - 5,0", "-1-1"):
        assert _line(f"OBX|1|NM|K||4|u|{text}||||F")["referenceRange"] == [{"text": text}]


def test_what_was_examined_goes_with_the_result():
    """A culture of cerebrospinal fluid is not one of urine: SPM-4, or OBR-15 before v2.5."""
    found = reading("ORU^R01", PID, OBR, "OBX|1|ST|K||E. coli||||||F", "SPM|1|||CSF^Liquide céphalorachidien^HL70487")
    assert said(found, "Observation")[0]["specimen"] == {"display": "Liquide céphalorachidien"}
    old = OBR.replace("20261124080000||||||||", "20261124080000||||||||UR&Urine&HL70070")
    found = reading("ORU^R01", PID, old, "OBX|1|ST|K||E. coli||||||F")
    assert said(found, "DiagnosticReport")[0]["specimen"] == [{"display": "Urine"}]


def test_a_correction_replaces_and_stays_visible():
    """C after F: the new value holds, the old one stands beside it; a late P changes nothing (DESIGN, section 8)."""
    lines = [("F", "6.1", "20261124083000"), ("C", "4.1", "20261124093000"), ("P", "5.9", "20261124103000")]
    readings = [
        reading(
            "ORU^R01", PID, OBR.replace("20261124083000", at), f"OBX|1|NM|K^Potassium||{value}|mmol/L|||||{status}",
            n=n, time=at, control_id=str(n),
        )
        for n, (status, value, at) in enumerate(lines, 1)
    ]  # fmt: skip
    (found,) = bundle(*readings)["Observation"]
    assert (found["valueQuantity"]["value"], found["status"]) == (Decimal("4.1"), "corrected")
    earlier = [
        next(part["valueQuantity"]["value"] for part in extension["extension"] if part["url"] == "value")
        for extension in found["extension"]
    ]
    assert Decimal("6.1") in earlier


@pytest.mark.req("F31")
def test_a_result_without_a_patient_number_can_be_traced():
    """No PID-3: nothing is charted under a guess; order and visit numbers say how to find the patient."""
    found = reading("ORU^R01", "PID|1||||ESSAI^ADA", "PV1|1|I|||||||||||||||||V1^^^CHU", OBR, "OBX|1|NM|K||4||||||F")
    (subject,) = found.subjects
    assert subject.keys == []
    assert subject.hints == ["visit:CHU|V1", "order:EHR|P1", "order:LAB|F1"]
    assert found.patient is None
    assert "PID[2]-3" in {loss.where for loss in found.loss}


@pytest.mark.req("F31")
def test_several_patients_in_one_message_are_several_readings():
    """Each PID begins a chart of its own: no result crosses to the neighbour."""
    found = reading(
        "ORU^R01", PID, OBR, "OBX|1|NM|K||1||||||F",
        "PID|2||456^^^CHU^PI||AUTRE^BOB", OBR.replace("F1", "F2"), "OBX|1|NM|K||2||||||F",
    )  # fmt: skip
    (other,) = found.also
    assert (found.subjects[0].keys, other.subjects[0].keys) == (["CHU|123"], ["CHU|456"])
    assert [said(one, "Observation")[0]["valueQuantity"]["value"] for one in (found, other)] == [1, 2]


def test_a_result_without_its_order_is_not_lost():
    """A sender that leaves OBR out: its lines are charted all the same."""
    found = reading("ORU^R01", PID, "OBX|1|NM|K^Potassium||6.1|mmol/L|||||F")
    assert said(found, "Observation")[0]["valueQuantity"] == {"value": Decimal("6.1"), "unit": "mmol/L"}


def test_a_measure_without_a_time_has_none():
    """A weight repeated in each admission message was not weighed each time."""
    found = reading("ADT^A08", PID, "PV1|1|I|CARD^101^1", "OBX|1|NM|3141-9^Poids^LN||72.5|kg|||||F")
    (one,) = said(found, "Observation")
    assert "effectiveDateTime" not in one


@pytest.mark.parametrize(
    ("ed", "media", "data"),
    [
        ("^AP^PDF^Base64^JVBERi0x", "application/pdf", "JVBERi0x"),
        ("^IM^PDF^HEX^255044462d31", "application/pdf", "JVBERi0x"),
        ("^TEXT^PLAIN^A^Bonjour", "text/plain", "Qm9uam91cg=="),
        ("^AP^PDF^Base64^JVBE*not base64*", "text/plain; charset=utf-8", "SlZCRSpub3QgYmFzZTY0Kg=="),
        ("^application^vnd.x^Base64^JVBERi0x", "application/vnd.x", "JVBERi0x"),
    ],
)
def test_a_file_in_a_result_is_kept_as_what_it_is(ed, media, data):
    """OBX-5 as ED: base64, hexadecimal, text; what is not what it claims is kept as text, not as a broken PDF."""
    found = reading("ORU^R01", PID, OBR, f"OBX|1|ED|PDF^Compte rendu||{ed}||||||F")
    (report,) = said(found, "DiagnosticReport")
    assert [(one["contentType"], one["data"]) for one in report["presentedForm"]] == [(media, data)]


def test_a_day_is_no_instant():
    """`issued` is an instant in R4: a day stays out of it."""
    found = reading("ORU^R01", PID, OBR.replace("20261124083000", "20261124"), "OBX|1|NM|K||4||||||F", time="20261124")
    assert "issued" not in said(found, "Observation")[0]


@pytest.mark.req("C3")
@pytest.mark.parametrize(
    "code", ["^^^99717-5^Bilan néonatal^LN", "^Bilan néonatal", "99717-5^^LN", "^^^^Bilan néonatal"]
)
def test_a_result_is_charted_by_whichever_name_it_has(code):
    """A code or words, in the first system or in the second alone: none is dropped."""
    found = reading("ORU^R01", PID, OBR, f"OBX|1|TX|{code}||À revoir||||||F")
    (line,) = said(found, "Observation")
    assert line["valueString"] == "À revoir"
    assert found.loss == []


def test_a_numeric_range_is_a_range():
    """NR: both ends as numbers, or words that keep them."""
    (line,) = said(reading("ORU^R01", PID, OBR, "OBX|1|NR|X^Y||1^10|mm|||||F"), "Observation")
    assert (line["valueRange"]["low"]["value"], line["valueRange"]["high"]["value"]) == (1, 10)
    (line,) = said(reading("ORU^R01", PID, OBR, "OBX|1|NR|X^Y||1,5^10|mm|||||F"), "Observation")
    assert line["valueString"] == "1,5 - 10 mm"
