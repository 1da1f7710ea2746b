"""The score sees what it is there to see: a chart that says the truth passes, one wrong line anywhere does not.

Method: two days of a small hospital are folded by the product; then a line of one chart is changed, dropped or added,
as a defect of a reader would, and the comparison must name it.
"""

import json
from collections.abc import Callable
from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest

from contrefeu.chart import to_bundle
from contrefeu.chart.fold import Chart, new_chart
from contrefeu.drill.charted import Charted
from contrefeu.drill.hospital import Hospital
from contrefeu.drill.scenario import START_NS
from contrefeu.drill.score import Difference, compare, without_source
from contrefeu.fhir import encode
from tests.drill.reading import charts_of

TRUTH_SEED = 11


@pytest.fixture(scope="module")
def told() -> tuple[Any, list[list[dict[str, Any]]]]:
    """A hospital's truth, and the resources of each of its charts."""
    hospital = Hospital.for_drill(seed=TRUTH_SEED, beds=10, style="fr", now_ns=START_NS)
    messages = [sent.message for sent in hospital.run(hours=12)]
    charts = [
        [entry["resource"] for entry in json.loads(encode(to_bundle(chart)), parse_float=Decimal)["entry"]]
        for chart in charts_of(messages)
    ]
    return hospital.truth(), charts


def found(
    told: tuple[Any, list[list[dict[str, Any]]]], change: Callable[[list[list[dict[str, Any]]]], None]
) -> tuple[Difference, ...]:
    """The differences after *change* was made to a copy of the charts."""
    truth, charts = told
    changed = deepcopy(charts)
    change(changed)
    return compare(truth, map(Charted, changed)).differences


def first(charts: list[list[dict[str, Any]]], kind: str, **having: Any) -> dict[str, Any]:
    """The first resource of a type that has these elements."""
    return next(
        resource
        for chart in charts
        for resource in chart
        if resource["resourceType"] == kind and all(key in resource for key in having)
    )


def test_true_charts_differ_in_nothing(told):
    """What the product made of the hospital's messages is what the hospital knows."""
    truth, charts = told
    compared = compare(truth, map(Charted, charts))
    assert compared.differences == ()
    assert compared.patients == len(truth) >= 20
    assert compared.lines > 1_000


CHANGES: dict[str, Callable[[list[list[dict[str, Any]]]], Any]] = {
    "identity": lambda c: first(c, "Patient")["name"][0].update(family="AUTRE"),
    "birth date": lambda c: first(c, "Patient").update(birthDate="1901-01-01"),
    "stays": lambda c: first(c, "Encounter").update(status="finished", period={"start": "2026-03-01T00:00:00Z"}),
    "allergies": lambda c: first(c, "AllergyIntolerance")["code"].update(text="Autre"),
    "problems": lambda c: first(c, "Condition")["code"].update(text="Autre"),
    "orders": lambda c: first(c, "ServiceRequest").update(status="draft"),
    "prescriptions": lambda c: first(c, "MedicationRequest").update(status="on-hold"),
    "doses": lambda c: first(c, "MedicationAdministration").update(status="unknown"),
    "results": lambda c: first(c, "Observation", valueQuantity=1)["valueQuantity"].update(value=Decimal("99.9")),
    "units": lambda c: first(c, "Observation", valueQuantity=1)["valueQuantity"].update(unit="kg"),
    "flags": lambda c: first(c, "Observation", interpretation=1).pop("interpretation"),
    "reports": lambda c: first(c, "DiagnosticReport").update(status="unknown"),
    "documents": lambda c: first(c, "DocumentReference").update(description="Autre"),
    "appointments": lambda c: first(c, "Appointment").update(status="noshow"),
}


@pytest.mark.parametrize("block", CHANGES)
def test_a_changed_line_is_seen(told, block):
    """One element of one resource says something else: at least one difference names a chart."""
    differences = found(told, CHANGES[block])
    assert differences
    assert {difference.how for difference in differences} <= {"missing", "too much"}


def test_digits_are_part_of_a_value(told):
    """4.20 is not 4.2: a laboratory's digits say how exact it was."""

    def add_a_zero(charts):
        quantity = first(charts, "Observation", valueQuantity=1)["valueQuantity"]
        quantity["value"] = Decimal(
            f"{quantity['value']}.0" if "." not in str(quantity["value"]) else f"{quantity['value']}0"
        )

    assert found(told, add_a_zero)


def test_a_line_too_many_is_seen(told):
    """A result that was never said is as bad as one that is missing."""

    def say_more(charts):
        chart = next(chart for chart in charts if any(r["resourceType"] == "Observation" for r in chart))
        extra = deepcopy(next(r for r in chart if r["resourceType"] == "Observation"))
        chart.append(extra | {"id": "11111111-1111-5111-8111-111111111111"})

    assert {d.how for d in found(told, say_more)} == {"too much"}


def test_a_missing_or_doubled_chart_is_seen(told):
    """A patient without a chart, and a patient with two, are differences of their own."""
    assert {(d.block, d.how) for d in found(told, lambda charts: charts.pop())} == {("chart", "missing")}
    assert {(d.block, d.how) for d in found(told, lambda charts: charts.append(charts[0]))} == {("chart", "too much")}


def test_a_result_on_the_wrong_patient_is_seen(told):
    """The same lines on another chart are wrong twice."""

    def swap(charts):
        one, other = (chart for chart in [c for c in charts if any(r["resourceType"] == "Observation" for r in c)][:2])
        at = next(i for i, r in enumerate(one) if r["resourceType"] == "Observation")
        other.append(one.pop(at))

    differences = found(told, swap)
    assert {d.how for d in differences} == {"missing", "too much"}


def test_a_line_without_its_message_is_seen(told):
    """Promise 7: a source that names no entry is counted."""
    _, charts = told
    charted = [Charted(chart) for chart in charts]
    assert without_source(charted, bool) == []
    assert without_source(charted[:1], lambda ref: False)


def test_an_empty_chart_is_no_truth():
    """Nothing compared is nothing held."""
    empty: Chart = new_chart("IPP|1", "T")  # a chart of nobody whom the hospital knows
    assert compare((), [Charted([e["resource"] for e in json.loads(encode(to_bundle(empty)))["entry"]])]).differences
