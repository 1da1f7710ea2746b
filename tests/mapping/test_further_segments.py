"""Diets, acts, referrals, links of identities, messages in parts: charted, each by its own number, and undone by it.

Method: single messages with one thing changed at a time, through the reader and the fold.
"""

import pytest
from fhir.resources.R4B import get_fhir_model_class

from contrefeu.chart.sentences import sentence
from contrefeu.fhir import encode
from tests.mapping.messages import bundle, reading, said
from tests.mapping.test_admissions import EVN, PID, PV1

OTHER = "PID|1||456^^^CHU^PI||AUTRE^BOB"
ORC = "ORC|{}|D1^EHR|||{}||||20261124080000|||99^DOC"
ODS = "ODS|D|^PETIT DEJEUNER|SSEL^Sans sel^DIET~HACHE^Haché^DIET|à table"


@pytest.mark.req("F19")
def test_a_diet_is_a_line_of_its_own_until_its_order_ends():
    """OMD: codes, meals and words as sent; a discontinuation by the same number strikes it."""
    asked = reading("OMD^O03", PID, PV1, ORC.format("NW", ""), ODS, "ODS|S||HP^Hyperprotéiné^DIET|2 par jour", n=1)
    (diet,) = bundle(asked)["NutritionOrder"]
    assert [code["text"] for code in diet["oralDiet"]["type"]] == ["Sans sel", "Haché"]
    assert diet["oralDiet"]["instruction"] == "PETIT DEJEUNER: à table"
    (beside,) = diet["supplement"]
    assert (beside["type"]["text"], beside["instruction"]) == ("Hyperprotéiné", "2 par jour")
    assert sentence(diet, "fr").startswith("Sans sel, Haché · PETIT DEJEUNER: à table · supplément : Hyperprotéiné")

    over = reading("OMD^O03", PID, PV1, ORC.format("DC", ""), n=2, time="20261124120000")
    assert [one["status"] for one in bundle(asked, over)["NutritionOrder"]] == ["revoked"]


def test_what_was_done_is_told_as_done_only_when_its_time_has_come():
    """PR1: dated before its message it is done; planned for tomorrow, or without a time, that is not said."""

    def status(time: str) -> str:
        (one,) = said(reading("ADT^A08", EVN, PID, PV1, f"PR1|1||HHFA001^Appendicectomie^CCAM||{time}"), "Procedure")
        return one["status"]

    assert [status(time) for time in ("20261124070000", "20261125070000", "")] == ["completed", "unknown", "unknown"]
    numbered = "PR1|1||HHFA001^Appendicectomie||20261124||||||||||||||N1|{}"
    done, gone = (reading("ADT^A08", EVN, PID, PV1, numbered.format(action), n=n) for n, action in enumerate("AD", 1))
    assert [one["status"] for one in bundle(done, gone)["Procedure"]] == ["entered-in-error"]


def test_diets_acts_and_legal_status_are_r4():
    """Structures hold by an independent library, with what R4 requires and nobody said told as unknown."""
    found = bundle(
        reading("OMD^O03", PID, PV1, ORC.format("DC", ""), "ODT|LATE^Plateau tardif||19:00", n=1),
        reading("ADT^A08", EVN, PID, PV1, "PR1|1||A^Acte|||||99^CHIR", "ZFS|1|L1|||INSERT|SPI", "ZFM|8|9", n=2),
    )
    for kind in ("NutritionOrder", "Procedure", "Flag", "Encounter"):
        for one in found[kind]:
            get_fhir_model_class(kind).model_validate_json(encode(one))


def test_a_referral_is_a_request():
    """REF^I12: RF1 by its number."""
    found = reading("REF^I12", "RF1|A^Active|S^Stat|MED^Medical||I^Inpatient|R1^HIS", PID)
    (one,) = said(found, "ServiceRequest")
    assert (one["status"], one["priority"], one["code"]["text"]) == ("active", "stat", "Medical")


@pytest.mark.req("F30")
def test_a_link_is_no_merge_and_both_charts_say_it():
    """A24 leaves two charts, each with the other's number; A37 ends it."""
    first = reading("ADT^A24", EVN, PID, OTHER, n=1)
    assert first.links == []
    charts = [first, *first.also]
    numbers = [one.said[0].resource["code"]["coding"][0]["display"] for one in charts]
    assert numbers == ["CHU 456", "CHU 123"]
    assert sentence({"resourceType": "Flag", **first.said[0].resource}, "en").startswith(
        "another identity is linked to it: CHU 456"
    )
    apart = reading("ADT^A37", EVN, PID, OTHER, n=2, time="20261124090000")
    assert bundle(first, apart)["Flag"][0]["status"] == "inactive"


@pytest.mark.parametrize(("event", "more"), [("A29", ()), ("A43", ("MRG|789^^^CHU^PI",))])
def test_what_was_done_to_numbers_elsewhere_stands_on_the_chart(event, more):
    """A29 and A43 change no chart, and the chart says that they came."""
    found = reading(f"ADT^{event}", EVN, PID, *more)
    (flag,) = said(found, "Flag")
    assert flag["status"] == "active"
    assert found.understood
    assert found.links == []


def test_a_segment_that_goes_on_is_read_whole():
    """ADD within the message: one value (2.10.2)."""
    obr = "OBR|1||F1^LAB|CR^Compte rendu|||20261124"
    found = reading("ORU^R01", PID, obr, "OBX|1|FT|CR^Compte rendu||first half,", "ADD| and the rest||||||F")
    (line,) = said(found, "Observation")
    assert (line["valueString"], line["status"]) == ("first half, and the rest", "final")


@pytest.mark.req("C3")
def test_half_a_value_is_on_no_chart():
    """ADD at the end, DSC: the rest is in another message, and the chart has an unread line instead of half a value."""
    obr = "OBR|1||F1^LAB|CR^Compte rendu|||20261124"
    found = reading("ORU^R01", PID, obr, "OBX|1|NM|K^Potassium||4.", "ADD", "DSC|2|F")
    assert said(found, "Observation") == []
    assert not found.understood
    rest = reading("ORU^R01", "ADD|1|mmol/L|||||F", PID)
    assert said(rest, "Observation") == []
    assert not rest.understood


def test_a_document_without_its_header_is_still_shown():
    """MDM without TXA: the text under the message's own number, and the loss says what lacks."""
    found = reading("MDM^T02", EVN, PID, PV1, "OBX|1|TX|CR^Compte rendu||texte")
    (document,) = said(found, "DocumentReference")
    assert document["description"] == "Compte rendu"
    assert [loss.where for loss in found.loss] == ["TXA"]
