"""FHIR as values: numbers keep their digits, ids are derived, and what R4 requires is told as unknown.

Method: JSON there and back; the ids against Python's own UUID version 5; R4B models on completed resources.
"""

from decimal import Decimal
from uuid import uuid5

import pytest
from fhir.resources.R4B import get_fhir_model_class
from hypothesis import given
from hypothesis import strategies as st

from contrefeu.fhir import collection, completed, decode, derived_id, encode, outcome, plain, searchset
from contrefeu.fhir.codec import NAMESPACE
from contrefeu.fhir.datatypes import CodeableConcept, Coding, Quantity
from contrefeu.fhir.resources import Observation


@pytest.mark.req("F5")
@given(
    value=st.decimals(-(10**12), 10**12, places=4) | st.sampled_from([Decimal("1.50"), Decimal("0.000"), Decimal("-7")])
)
def test_a_decimal_keeps_its_digits(value):
    """What was sent as 1.50 is written as 1.50 and read back as the same Decimal, never a float."""
    body = encode({"value": value})
    back = decode(body)["value"]
    assert not isinstance(back, float)
    assert str(Decimal(back)) == str(value)


@given(names=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), min_size=1, max_size=4))
def test_ids_are_uuids_of_what_things_are_called(names):
    """The same names give the same id anywhere: UUID version 5 of RFC 4122."""
    assert derived_id(*names) == str(uuid5(NAMESPACE, "\x1f".join(names)))


def test_absent_elements_are_not_written():
    """A struct writes what it says; "" and nothing are the same silence."""
    found = Observation(
        status="final", code=CodeableConcept([Coding(code="K")]), valueQuantity=Quantity(Decimal("4.0"))
    )
    assert plain(found) == {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"code": "K"}]},
        "valueQuantity": {"value": Decimal("4.0")},
    }


REQUIRED = ["DiagnosticReport", "DocumentReference", "Encounter", "Flag", "Immunization", "MedicationAdministration",
            "MedicationDispense", "MedicationRequest", "MedicationStatement", "Observation", "Procedure",
            "ServiceRequest"]  # fmt: skip


@pytest.mark.parametrize("kind", REQUIRED)
def test_what_nobody_said_is_told_as_unknown(kind):
    """A resource of which nothing is known is valid R4, and says "unknown" where R4 wants a word."""
    subject = "patient" if kind == "Immunization" else "subject"
    found = completed({"resourceType": kind, "id": "a", subject: {"reference": "Patient/p"}})
    get_fhir_model_class(kind).model_validate_json(encode(found))
    said = {"resourceType": kind, "id": "a", "status": "on-hold", "medicationReference": {"display": "x"}}
    kept = completed(said)
    assert {name: kept[name] for name in said} == said
    assert "medicationCodeableConcept" not in kept


def test_bundles_are_what_they_say():
    """Collections, answers and outcomes are valid R4."""
    one = {"resourceType": "Patient", "id": "a"}
    for found in (collection([one], "2026-11-24T08:30:00Z"), searchset([one], 1, "http://example.org/fhir")):
        get_fhir_model_class("Bundle").model_validate_json(encode(found))
    failure = outcome("error", "not-found", "No such patient.")
    get_fhir_model_class("OperationOutcome").model_validate_json(encode(failure))
