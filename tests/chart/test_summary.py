"""A summary is an International Patient Summary: what stands, and what nobody spoke of, in a document that others read.

Method: charts of messages written here, their summaries read by fhir.resources (R4B), which we did not write.
"""

import pytest
from fhir.resources.R4B import get_fhir_model_class

from contrefeu.chart import summary
from contrefeu.fhir import encode
from tests.chart.feed import adt, chart, oru, rde

AL1 = ["AL1|1|DA|PENI^Pénicilline|SV|Choc"]


def _sections(bundle: dict) -> dict[str, dict]:
    return {one["code"]["coding"][0]["code"]: one for one in bundle["entry"][0]["resource"]["section"]}


def test_a_summary_is_a_document_of_what_stands():
    """Composition first, each reference in the Bundle, only what is in force; the same for the same entries."""
    made = chart(
        adt("A01", "1124 0800", at="1124 0800", more=AL1),
        rde("1124 0900"),
        rde("1124 0910", number="P2", drug="AMOX^Amoxicilline^LISTE"),
        rde("1124 0920", "DC", number="P2", drug="AMOX^Amoxicilline^LISTE"),
        oru("1124 1000", "NM|K^Potassium||4,2|mmol/L|3.5-5.0||||F"),
    )
    bundle = summary(made, "Hôpital Saint-Exemple", "fr")
    get_fhir_model_class("Bundle").model_validate_json(encode(bundle))

    assert (bundle["type"], bundle["entry"][0]["resource"]["resourceType"]) == ("document", "Composition")
    names = {f"{one['resource']['resourceType']}/{one['resource']['id']}" for one in bundle["entry"]}
    sections = _sections(bundle)
    assert {one["reference"] for section in sections.values() for one in section.get("entry", [])} <= names
    assert "Paracétamol" in sections["10160-0"]["text"]["div"]
    assert "Amoxicilline" not in sections["10160-0"]["text"]["div"]
    assert "4,2 mmol/L" in sections["30954-2"]["text"]["div"]
    assert summary(made, "Hôpital Saint-Exemple", "fr") == bundle


@pytest.mark.req("F1")
def test_what_nobody_spoke_of_is_unavailable_and_never_none():
    """The three sections that each summary has, empty with a reason in the reader's language."""
    sections = _sections(summary(chart(adt("A01", "1124 0800", at="1124 0800")), "CHU", "en"))
    assert set(sections) == {"10160-0", "48765-2", "11450-4"}
    assert {one["emptyReason"]["coding"][0]["code"] for one in sections.values()} == {"unavailable"}
    assert {one["emptyReason"]["text"] for one in sections.values()} == {"no source here"}
