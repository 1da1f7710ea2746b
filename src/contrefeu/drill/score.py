"""Charts against the truth: every line that a chart holds, and no other.

Method: each block of a chart is read out of its FHIR resources into plain lines, the ledger's facts are written as the
same lines, and the two are compared as they are, both ways. A line too many is as bad as one too few.

Rules kept here:
  * Each block of the truth is compared with the same block of the chart (`shown.py`); nothing is passed over.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from contrefeu.drill.charted import Charted, numbers_of
from contrefeu.drill.ledger import NEVER, TruePatient
from contrefeu.drill.shown import (
    Line,
    allergy_line,
    appointment_line,
    denies,
    dispense_line,
    document_line,
    dose_line,
    identity_line,
    none_known,
    order_line,
    prescription_line,
    problem_line,
    report_line,
    report_text_lines,
    result_lines,
    stay_line,
)


class Difference(NamedTuple):
    """One line where a chart is not what it must be."""

    patient: str  # current local number, "authority|value"
    block: str
    how: str  # "missing" from the chart, "too much" in it
    line: Line


class Compared(NamedTuple):
    """What a comparison looked at, and what it found."""

    patients: int
    lines: int
    differences: tuple[Difference, ...]


def compare(truth: Iterable[TruePatient], charts: Iterable[Charted]) -> Compared:
    """Compare every chart with the truth, both ways."""
    by_number: dict[str, list[Charted]] = {}
    unmatched: list[Charted] = []
    true = {patient.number: patient for patient in truth}
    for chart in charts:
        numbers = [number for number in numbers_of(chart.patient) if number in true]
        if numbers:
            by_number.setdefault(numbers[0], []).append(chart)
        else:
            unmatched.append(chart)
    differences = [Difference("", "chart", "too much", numbers_of(chart.patient)) for chart in unmatched]
    lines = 0
    for number, patient in true.items():
        found = by_number.get(number, [])
        if len(found) != 1:
            how = "missing" if not found else "too much"
            differences.append(Difference(number, "chart", how, (len(found), "charts")))
            continue
        for block, wanted, shown in _blocks(patient, found[0]):
            lines += len(wanted)
            must, has = Counter(wanted), Counter(shown)
            differences += [Difference(number, block, "missing", line) for line in (must - has).elements()]
            differences += [Difference(number, block, "too much", line) for line in (has - must).elements()]
    return Compared(len(true), lines, tuple(differences))


def without_source(charts: Iterable[Charted], known: Callable[[str], bool]) -> list[str]:
    """Names of resources that lead to no entry (promise 7): *known* says whether an entry is in a journal."""
    return [
        name
        for chart in charts
        for name, resource in chart.by_id.items()
        if not known(str(resource.get("meta", {}).get("source", "")).removeprefix("urn:contrefeu:entry:"))
    ]


def _blocks(patient: TruePatient, chart: Charted) -> list[tuple[str, list[Line], list[Line]]]:
    """Each block of a patient: the lines it must hold, the lines it holds."""
    true = patient
    return [
        ("identity", [_true_identity(true)], [identity_line(chart)]),
        ("numbers", [(n,) for n in (true.number, *true.old_numbers)], [(n,) for n in numbers_of(chart.patient)]),
        ("stays", [_true_stay(s) for s in true.stays], [stay_line(s) for s in chart.all("Encounter")]),
        (
            "allergies",
            [(a.id, a.code, a.text, a.kind, a.severity, a.reaction, a.removed) for a in true.allergies],
            [allergy_line(a) for a in chart.all("AllergyIntolerance") if not denies(a)],
        ),
        ("no known allergy", [(true.none_known,)], [(none_known(chart),)]),
        (
            "problems",
            [(p.id if p.kind == "problem" else "", p.kind, p.code, p.text, p.status) for p in true.problems],
            [problem_line(c) for c in chart.all("Condition")],
        ),
        (
            "orders",
            [(o.placer, o.code, o.text, o.status, o.ordered_ns) for o in true.orders],
            [order_line(r) for r in chart.all("ServiceRequest")],
        ),
        (
            "prescriptions",
            [
                (
                    p.number,
                    p.code,
                    p.text,
                    p.dose,
                    p.unit if p.dose else "",
                    p.route,
                    p.status,
                    p.start_ns,
                    p.words,
                    p.rate,
                    p.rate_unit,
                    p.steps,
                )
                for p in true.prescriptions
            ],
            [prescription_line(r) for r in chart.all("MedicationRequest")],
        ),
        (
            "dispenses",
            [(d.prescription, d.at_ns, d.amount) for d in true.dispenses],
            [dispense_line(r, chart) for r in chart.all("MedicationDispense")],
        ),
        (
            "doses",
            [
                (d.prescription, d.code, d.text, d.at_ns, d.amount, d.unit if d.amount else "", d.status, d.reason)
                for d in true.doses
            ],
            [dose_line(r, chart) for r in chart.all("MedicationAdministration")],
        ),
        (
            "results",
            [
                (r.filler, r.code, r.text, r.unit, r.flag, r.range, r.status, r.at_ns, tuple(r.earlier))
                for r in true.results
            ],
            result_lines(chart),
        ),
        (
            "reports",
            [(r.filler, r.placer, r.code, r.title, r.section, r.status) for r in true.reports],
            [report_line(r, chart) for r in chart.all("DiagnosticReport")],
        ),
        (
            "report texts",
            [(r.filler, line) for r in true.reports for line in r.text.splitlines() if line],
            report_text_lines(chart, {(r.filler, line) for r in true.reports for line in r.text.splitlines()}),
        ),
        (
            "documents",
            [(d.id, d.code, d.title, d.status, d.written_ns, d.text, d.pdf_sha256, d.replaces) for d in true.documents],
            [document_line(r, chart) for r in chart.all("DocumentReference")],
        ),
        (
            "appointments",
            [(a.id, a.what, a.text, a.room, a.start_ns, a.minutes, a.status) for a in true.appointments],
            [appointment_line(r) for r in chart.all("Appointment")],
        ),
    ]


def _true_identity(true: TruePatient) -> Line:
    i = true.identity
    return (
        i.birth_name, i.used_name, i.given, i.birth_date, i.sex, i.national, i.qualified, i.dead, i.died_ns, i.mother,
    )  # fmt: skip


def _true_stay(stay: Any) -> Line:
    place = stay.place
    where = tuple(part for part in (place.ward, place.room, place.bed) if part) if place is not None else ()
    begun = stay.admitted_ns if stay.status not in {"planned", "cancelled"} else NEVER
    return (stay.visit, stay.status, stay.patient_class, begun, stay.left_ns, where)
