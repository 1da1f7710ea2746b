"""A chart of strange resources still answers every question, and stops no other chart.

Method: FHIR resources of the right type whose elements hypothesis fills with anything; every question is then asked.
"""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from contrefeu.journal import MEDIA_FHIR
from tests.chart.feeds import Told, admitted, entry

ANY = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2),
        st.dictionaries(
            st.sampled_from(
                [
                    "coding",
                    "text",
                    "code",
                    "display",
                    "reference",
                    "value",
                    "start",
                    "repeat",
                    "timing",
                    "family",
                    "given",
                ]
            ),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=6,
)
ELEMENTS = st.sampled_from(
    [
        "code",
        "status",
        "extension",
        "participant",
        "interpretation",
        "effectiveDateTime",
        "location",
        "period",
        "name",
        "birthDate",
        "identifier",
        "link",
        "dosageInstruction",
        "category",
        "content",
        "request",
        "valueQuantity",
        "result",
    ]
)
TYPES = st.sampled_from(
    ["Observation", "MedicationRequest", "MedicationAdministration", "Encounter", "Appointment", "Flag", "Condition",
     "AllergyIntolerance", "DiagnosticReport", "DocumentReference"]
)  # fmt: skip


@given(
    patient=st.dictionaries(ELEMENTS, ANY, max_size=3),
    resources=st.lists(st.tuples(TYPES, st.dictionaries(ELEMENTS, ANY, max_size=4)), max_size=3),
)
@settings(max_examples=60)
def test_strange_resources_stop_no_question(patient, resources):
    """Whatever a sender put in an element: it is kept, the neighbour is on the board, all charts are hashed."""
    known = {"system": "urn:x", "value": "7", "assigner": {"display": "HOSP"}}
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [
            {"resource": {**patient, "resourceType": "Patient", "id": "p", "identifier": [known]}},
            *(
                {"resource": {**one, "resourceType": kind, "id": f"r{n}", "subject": {"reference": "Patient/p"}}}
                for n, (kind, one) in enumerate(resources)
            ),
        ],
    }
    told = Told().take(entry(admitted("1", "c1"), 1), entry(json.dumps(bundle).encode(), 2, media=MEDIA_FHIR))
    charts = told.charts
    assert [row.room for row in charts.board("CARD").rows] == ["1"]
    assert charts.sha256() == charts.sha256(1 << 62)
    assert charts.entry("n-capture/2").body == json.dumps(bundle).encode()
    assert charts.status().entries == 2
    hits = charts.find("7")
    assert hits or charts.account("n-capture", 2, 2).charted == 0
    for hit in hits:
        assert charts.bundle(hit.id) is not None
        charts.text(hit.id)
