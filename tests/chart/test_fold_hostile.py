"""No message stops a chart, a board, a search or a page: what is out of shape is passed over, the rest is shown.

Method: a FHIR bundle and HL7 messages with any of their parts replaced by something else that can be written there,
through the reader into a chart, and every view of it. A FHIR sender's resources are kept as they came, so that any
element may hold anything.
"""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contrefeu.chart.boards import board_line, board_row, row_at
from contrefeu.chart.elements import cares_of
from contrefeu.chart.fold import Chart, fold, to_bundle
from contrefeu.chart.hits import hit_of, search_words
from contrefeu.chart.sheet import Sheet, story_of
from contrefeu.chart.views import DueItem
from contrefeu.chart.wording import chart_text
from contrefeu.fhir import encode
from contrefeu.journal import Entry
from contrefeu.mapping import WRITTEN, FeedRules, read
from tests.chart.feed import adt, chart_of, ns, oru, ras, rde, readings

QUANTITY = {"value": 6.1, "unit": "mmol/L"}
CONCEPT = {"coding": [{"system": "http://loinc.org", "code": "2823-3", "display": "Potassium"}], "text": "Potassium"}
WARD = {"coding": [{"code": "wa"}]}
PERIOD = {"start": "2026-11-24T08:00:00+01:00", "end": "2026-11-25T08:00:00+01:00"}
SUBJECT = {"reference": "Patient/1"}
REPEAT = {"boundsPeriod": PERIOD, "timeOfDay": ["08:00:00"], "frequency": 1, "period": 1, "periodUnit": "d", "count": 3}
BUNDLE: dict[str, Any] = {
    "resourceType": "Bundle",
    "entry": [
        {"resource": one}
        for one in (
            {
                "resourceType": "Patient",
                "id": "1",
                "identifier": [{"system": "urn:id:IPP", "value": "1001", "type": {"coding": [{"code": "PI"}]}}],
                "name": [{"use": "official", "family": "MARTIN", "given": ["Jeanne"]}],
                "birthDate": "1948-05-12",
                "_birthDate": {"extension": [{"url": "x", "valueDateTime": "1948-05-12T03:00:00+01:00"}]},
                "gender": "female",
                "deceasedBoolean": False,
                "link": [{"other": {"display": "x"}, "type": "seealso"}],
            },
            {"resourceType": "Observation", "id": "2", "subject": SUBJECT, "status": "final", "code": CONCEPT,
             "valueQuantity": QUANTITY, "interpretation": [CONCEPT], "referenceRange": [{"low": QUANTITY}],
             "effectiveDateTime": "2026-11-24T08:00:00+01:00", "note": [{"text": "x"}],
             "component": [{"code": CONCEPT}],
             "meta": {"lastUpdated": "2026-11-24T08:00:00+01:00", "security": [{"code": "R"}]}},
            {"resourceType": "Observation", "id": "3", "subject": SUBJECT, "status": "final", "code": CONCEPT,
             "valueRange": {"low": QUANTITY, "high": QUANTITY}, "extension": [{"url": "urn:contrefeu:earlier"}]},
            {"resourceType": "MedicationRequest", "id": "4", "subject": SUBJECT, "status": "active",
             "medicationCodeableConcept": CONCEPT, "requester": {"display": "x"},
             "dosageInstruction": [{"timing": {"repeat": REPEAT, "code": CONCEPT}, "route": CONCEPT,
                                    "doseAndRate": [{"doseQuantity": QUANTITY}]},
                                   {"timing": {"event": ["2026-11-24T08:00:00+01:00"]}, "asNeededBoolean": False}]},
            {"resourceType": "MedicationAdministration", "id": "5", "subject": SUBJECT, "status": "completed",
             "medicationCodeableConcept": CONCEPT, "request": {"reference": "MedicationRequest/4"},
             "effectivePeriod": PERIOD, "performer": [{"actor": {"display": "x"}}], "dosage": {"dose": QUANTITY},
             "statusReason": [CONCEPT]},
            {"resourceType": "AllergyIntolerance", "id": "6", "patient": SUBJECT, "code": CONCEPT, "category": ["food"],
             "clinicalStatus": CONCEPT, "verificationStatus": CONCEPT, "criticality": "high",
             "reaction": [{"manifestation": [CONCEPT], "severity": "mild"}]},
            {"resourceType": "Encounter", "id": "7", "subject": SUBJECT, "status": "in-progress", "period": PERIOD,
             "class": {"code": "IMP"}, "identifier": [{"value": "V1"}],
             "location": [{"location": {"display": "CARD"}, "status": "active", "physicalType": WARD}],
             "participant": [{"individual": {"display": "x"}}], "type": [CONCEPT]},
            {"resourceType": "Flag", "id": "8", "subject": SUBJECT, "status": "active", "code": CONCEPT,
             "period": PERIOD},
            {"resourceType": "DiagnosticReport", "id": "9", "subject": SUBJECT, "status": "final", "code": CONCEPT,
             "result": [{"reference": "Observation/2"}],
             "presentedForm": [{"contentType": "text/plain", "data": "eA=="}]},
            {"resourceType": "DocumentReference", "id": "10", "subject": SUBJECT, "status": "current", "type": CONCEPT,
             "content": [{"attachment": {"contentType": "text/plain", "data": "eA=="}}]},
            {"resourceType": "Appointment", "id": "11", "status": "booked", "start": "2026-11-24T08:00:00+01:00",
             "participant": [{"actor": SUBJECT}, {"actor": {"display": "x"}}], "serviceType": [CONCEPT]},
            {"resourceType": "Condition", "id": "12", "subject": SUBJECT, "code": CONCEPT, "clinicalStatus": CONCEPT},
            {"resourceType": "Immunization", "id": "13", "patient": SUBJECT, "status": "completed",
             "vaccineCode": CONCEPT,
             "statusReason": CONCEPT, "doseQuantity": QUANTITY},
            {"resourceType": "ServiceRequest", "id": "14", "subject": SUBJECT, "status": "active", "code": CONCEPT,
             "reasonCode": [CONCEPT]},
            {"resourceType": "MedicationDispense", "id": "15", "subject": SUBJECT, "status": "completed",
             "quantity": QUANTITY, "medicationReference": {"display": "x"}},
            {"resourceType": "NutritionOrder", "id": "16", "patient": SUBJECT, "status": "active",
             "excludeFoodModifier": [{"text": "arachide"}],
             "oralDiet": {"type": [{"text": "sans sel"}], "instruction": "assis", "texture":
                          [{"modifier": {"text": "mixé"}, "foodType": {"text": "viande"}}],
                          "fluidConsistencyType": [{"text": "eau gélifiée"}]},
             "supplement": [{"type": {"text": "crème HP"}, "instruction": "à 16 h"}]},
        )
    ],
}  # fmt: skip
TEXTS = ["2026-11-24", "9999-12-31", "0001-01-01T00:00:00+14:00", "24:00", "in-progress", "active", "\x1b[2J"]
ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(-1e9, 1e9)
    | st.text()
    | st.sampled_from(TEXTS),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["coding", "code", "text", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in *value*."""
    found = [path]
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        found += paths(child, (*path, key))
    return found


def with_part(value: Any, path: tuple[Any, ...], part: Any) -> Any:
    """A copy of *value* whose part at *path* is another."""
    copied = deepcopy(value)
    holder = copied
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = part
    return copied


PLACES = [path for path in paths(BUNDLE) if len(path) > 3]


def shows(made: Chart) -> None:
    """Every view of a chart is made."""
    encode(to_bundle(made))
    hit_of(made)
    assert all(isinstance(word, str) and word for word in search_words(made))
    for language in ("fr", "en"):
        assert "\x1b" not in chart_text(made, language)
    line = board_line(made)
    if line is not None:
        for hour in (0, 12, 40):
            encode(row_at(line, ns("1124 0800") + hour * 3600 * 10**9))


def of_bundle(bundle: Any) -> Chart:
    """The chart of a FHIR sender's bundle."""
    entry = Entry("j", 1, ns("1124 0800"), 1 << 16, "FHIR@CHU", "application/fhir+json", encode(bundle))
    reading = read(entry, FeedRules())
    mine = [one for one in (reading, *reading.also) if one.subjects]
    return fold(mine[0].subjects[0].keys[0] if mine else "x", "P", mine[:1])


def test_a_well_shaped_bundle_is_on_the_board():
    """The bundle that is damaged below gives a whole row when it is not."""
    found = board_row(of_bundle(BUNDLE), ns("1124 0830"))
    assert found is not None
    assert (found.ward, found.family, found.allergies) == ("CARD", "MARTIN", ["Potassium"])
    assert [item.at for item in row_due(BUNDLE, "1125 0730")] == ["2026-11-25T07:00:00.000000Z"]


@pytest.mark.req("F19")
def test_texture_drinks_and_what_is_left_out_stand_on_the_board_and_in_the_chart():
    """Who cannot swallow gets no solid tray: all that a diet says is said, and an order that is over says none."""
    made = of_bundle(BUNDLE)
    said = "sans sel, mixé viande, eau gélifiée"
    row = board_row(made, ns("1124 0830"))
    assert (row.diets, row.left_out, row.said) == ([f"{said}, assis, crème HP, à 16 h"], ["arachide"], ["diet"])
    story = story_of(Sheet(made))
    [line] = story.diets
    assert (line.what, line.left_out, line.detail) == (f"{said}, crème HP, à 16 h", "arachide", "assis")
    assert "diet" not in story.unsaid
    assert f"{said} · sans : arachide" in chart_text(made, "fr")
    assert f"{said} · without: arachide" in chart_text(made, "en")
    at = len(BUNDLE["entry"]) - 1
    over = of_bundle(with_part(BUNDLE, ("entry", at, "resource", "status"), "revoked"))
    assert board_row(over, ns("1124 0830")).diets == []
    assert "diet" in story_of(Sheet(over)).unsaid


FLAG_CATEGORY = "http://terminology.hl7.org/CodeSystem/flag-category"


@pytest.mark.req("F18")
@pytest.mark.parametrize("kinds", [["safety", "contact"], ["contact"], ["admin"]])
def test_a_feeds_flag_is_on_the_board_whatever_else_it_is_of(kinds):
    """What stands there to be read in passing is left out only when people here wrote it."""
    category = [{"coding": [{"system": FLAG_CATEGORY, "code": one}]} for one in kinds]
    flag = {"resourceType": "Flag", "id": "17", "subject": {"reference": "Patient/1"}, "status": "active",
            "code": {"text": "isolement contact"}, "category": category}  # fmt: skip
    found = board_row(of_bundle({**BUNDLE, "entry": [*BUNDLE["entry"], {"resource": flag}]}), ns("1124 0830"))
    assert "isolement contact" in found.alerts
    assert found.isolation == (["isolement contact"] if "safety" in kinds else [])


@pytest.mark.req("F18")
@pytest.mark.parametrize(
    ("text", "here", "cares"),
    [
        ("Refus de soins : transfusion", True, ["refusal"]),
        ("Advance directives: seen", True, ["directives"]),
        ("pas de réanimation", True, ["resuscitation"]),
        ("Refus de soins : transfusion", False, ["resuscitation"]),  # a feed's words are its own
    ],
)
def test_a_directive_written_before_it_had_a_code_is_read_as_what_it_is(text, here, cares):
    """Its words say what it is: read as a level of care, that would seem to be recorded, and the refusal not."""
    flag = {"resourceType": "Flag", "status": "active", "code": {"text": text},
            "category": [{"coding": [{"system": FLAG_CATEGORY, "code": "advance-directive"}]}],
            "extension": [{"url": WRITTEN}] if here else []}  # fmt: skip
    assert cares_of(flag) == cares


def row_due(bundle: Any, at: str) -> list[DueItem]:
    """What is due of the patient of a bundle."""
    found = board_row(of_bundle(bundle), ns(at))
    assert found is not None
    return found.due


@pytest.mark.req("C3")
@given(place=st.sampled_from(PLACES), odd=ODD)
def test_no_element_of_a_fhir_resource_stops_a_view(place, odd):
    """Any element holding anything: the chart, the board, the search and the text are made."""
    shows(of_bundle(with_part(BUNDLE, place, odd)))


STORY = [
    adt("A01", "1124 0800", at="1124 0800", zbe="1|INSERT|N", more=["AL1|1|DA|PEN^Pénicilline^L|SV|Urticaire"]),
    oru("1124 0900", "NM|K^Potassium^L||6.1|mmol/L|3.5-5.0|HH|||F"),
    rde("1124 0915", tq1=["TQ1|1|2^g|QD|0800~2000|||20261124080000|20261126"]),
    ras("1124 0930", "1124 0925"),
]


@pytest.mark.req("C3")
@given(
    which=st.integers(0, len(STORY) - 1),
    at=st.floats(0, 1),
    odd=st.sampled_from(
        [b"", b"|", b"^", b"~", b"&", b"\\", b"\r", b"\x1b[2J", b"99999999999999", b"-1", "é".encode(), b'""']
    )
    | st.binary(max_size=6),
    cut=st.integers(0, 12),
)
def test_no_damaged_message_stops_a_view(which, at, odd, cut):
    """Bytes cut out of a message and others put in: every view of its patient is made."""
    body = STORY[which]
    point = int(at * len(body))
    story = [*STORY[:which], body[:point] + odd + body[point + cut :], *STORY[which + 1 :]]
    shows(chart_of(readings(story)))
