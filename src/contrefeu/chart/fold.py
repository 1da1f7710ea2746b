"""(chart, reading) -> chart: the one function that makes charts (docs/spec/charts-v1.md).

Rules kept here:
  * Pure: the same readings in the same order give the same chart, byte for byte. No clock, no chance, no store.
  * Readings are applied in the order (hybrid clock, journal, sequence). A caller that meets an earlier one folds the
    chart again from its readings (`follow`).
  * A merged patient is one fold over the readings of all linked numbers, under the key of the survivor: nothing is
    copied, so an undo is a fold without the link.
  * Every resource says which entry set it last; earlier versions that were corrected stay beside it.
"""

from collections.abc import Iterable

from msgspec import Struct, field
from msgspec.structs import replace

from contrefeu.chart.patient import Identity, patient_resource, take_identity
from contrefeu.chart.shapes import well_shaped
from contrefeu.chart.stays import encounter, take_movement, take_stay
from contrefeu.chart.steps import StayState, taken_up
from contrefeu.chart.versions import Kept, take
from contrefeu.fhir import Json, collection, completed, derived_id, exercise
from contrefeu.mapping import PEOPLE, Reading

# Which block of a chart a resource stands in: what each block's "as of" is counted by (F1).
BLOCKS = {
    "AllergyIntolerance": "allergies",
    "Condition": "problems",
    "MedicationRequest": "prescriptions",
    "MedicationAdministration": "doses",
    "MedicationDispense": "prescriptions",
    "MedicationStatement": "prescriptions",
    "NutritionOrder": "diets",
    "ServiceRequest": "requests",
    "Observation": "results",
    "DiagnosticReport": "results",
    "ImagingStudy": "results",
    "DocumentReference": "documents",
    "Appointment": "appointments",
    "Immunization": "procedures",
    "Procedure": "procedures",
    "Flag": "alerts",
    "Communication": "communications",
    "Task": "tasks",
}
# Kept and counted as any message, and no line of a chart: nobody cares for a patient by an invoice.
_BILLING = frozenset({"BAR", "DFT"})


class Unread(Struct, frozen=True):
    """A message that names this patient, and that no rule understands."""

    ref: str
    kind: str
    source: str
    received_ns: int


class Chart(Struct):
    """One patient's chart: plain data, serialisable with `contrefeu.fhir.encode`."""

    id: str
    key: str
    world: str
    identity: Identity = field(default_factory=Identity)
    stays: dict[str, StayState] = field(default_factory=dict)
    kept: dict[str, Kept] = field(default_factory=dict)  # "Type/id"
    unread: list[Unread] = field(default_factory=list)
    heard: dict[str, dict[str, int]] = field(default_factory=dict)  # block -> source -> received (ns) of its last word
    entries: int = 0
    last: tuple[int, str, int] = (0, "", 0)
    last_received_ns: int = 0


def chart_id(key: str, world: str) -> str:
    """Return the id of the chart of *key*."""
    return derived_id("chart", world, key)


def new_chart(key: str, world: str) -> Chart:
    """Return an empty chart."""
    return Chart(chart_id(key, world), key, world)


def apply(chart: Chart, reading: Reading) -> Chart:
    """Take one reading into *chart*, which is changed and returned.

    Args:
        chart: As it stood before.
        reading: About this patient; later than all that the chart has seen.
    """
    assert reading.order >= chart.last, "readings come in order; one message may speak of a patient twice"
    chart.entries += 1
    chart.last = reading.order
    chart.last_received_ns = max(chart.last_received_ns, reading.received_ns)
    own = not reading.subjects or chart.key in reading.subjects[0].keys
    if reading.kind.startswith("FHIR"):
        _shape(reading)
    if reading.patient is not None:
        take_identity(chart.identity, reading, own=own)
        _hear(chart, "identity", reading)
    for stay in reading.stays:
        take_stay(chart.stays, stay, reading)
    for movement in reading.movements:
        take_movement(chart.stays, movement, reading)
        _hear(chart, "stays", reading)
    for said in reading.said:
        take(chart.kept, said, reading)
        _hear(chart, BLOCKS.get(said.kind, "other"), reading)
    says = reading.patient or reading.stays or reading.movements or reading.said or reading.links
    if not says or (not reading.understood and reading.kind[:3] not in _BILLING):
        chart.unread.append(Unread(reading.ref, reading.kind, reading.source, reading.received_ns))
    return chart


def fold(key: str, world: str, readings: Iterable[Reading]) -> Chart:
    """Return the chart of *readings*, which are in order."""
    chart = new_chart(key, world)
    for reading in readings:
        apply(chart, reading)
    return chart


def to_bundle(chart: Chart, now_ns: int = 0) -> Json:
    """Return the chart as a FHIR collection Bundle: the patient, the stays, then all else by type and id.

    An exercise's resources are labelled (HTEST), so that no reader of theirs takes them for a patient's (F33).

    Args:
        chart: The chart.
        now_ns: Now, for a discharge that was announced; the last entry's time when 0, as charts are compared.
    """
    return collection([*present_resources(chart, now_ns), *kept_resources(chart)])


def present_resources(chart: Chart, now_ns: int = 0) -> list[Json]:
    """Return the patient and the stays, which the clock changes; the arguments are those of `to_bundle`."""
    known_ns = max(now_ns, chart.last_received_ns)
    subject = {"reference": f"Patient/{chart.id}"}
    over = taken_up(chart.stays)
    stays = [encounter(one, subject, known_ns, taken_up=one.visit in over) for one in chart.stays.values()]
    stays.sort(key=lambda stay: stay["id"])
    return _said(chart, [patient_resource(chart.identity, chart.id), *stays])


def kept_resources(chart: Chart) -> list[Json]:
    """Return all else of the chart, which only an entry changes, by type and id."""
    return [kept_resource(chart, chart.kept[name]) for name in sorted(chart.kept)]


def kept_resource(chart: Chart, kept: Kept) -> Json:
    """Return one object of the chart: with what R4 asks for, and labelled where it is an exercise's."""
    found = kept.resource({"reference": f"Patient/{chart.id}"})
    return completed(exercise(found) if chart.world == "T" else found)


def _said(chart: Chart, resources: Iterable[Json]) -> list[Json]:
    """What a chart says: with what R4 asks for, and labelled where it is an exercise's."""
    return [completed(exercise(one) if chart.world == "T" else one) for one in resources]


def _shape(reading: Reading) -> None:
    """Leave out what a FHIR sender wrote out of shape."""
    people = reading.source.startswith(PEOPLE)
    if reading.patient is not None:
        reading.patient = well_shaped("Patient", reading.patient)
    reading.said = [
        replace(said, resource=well_shaped(said.kind, said.resource, people=people)) for said in reading.said
    ]


def _hear(chart: Chart, block: str, reading: Reading) -> None:
    sources = chart.heard.setdefault(block, {})
    sources[reading.source] = max(sources.get(reading.source, 0), reading.received_ns)
