"""Nothing that other people's systems wrote defeats the reader, and what it makes of them is FHIR R4.

Method: every message, resource and document in tests/data/ through `read`, then through the fold; the resources are
checked by fhir.resources' R4B models, which this project does not use itself.
"""

from collections import Counter, defaultdict

import pytest
from fhir.resources.R4B import get_fhir_model_class
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from contrefeu.chart.fold import fold, to_bundle
from contrefeu.fhir import encode
from contrefeu.mapping import FeedRules, Reading, read
from tests.mapping.messages import entry, hl7
from tests.real import Real, hl7_messages, real

RULES = FeedRules()


def _readings(messages: list[Real] | tuple[Real, ...]) -> list[tuple[str, Reading]]:
    return [
        (one.name, read(entry(one.body, one.media_type, n, one.source or "import"), RULES))
        for n, one in enumerate(messages, 1)
    ]


@pytest.fixture(scope="module")
def everything() -> list[tuple[str, Reading]]:
    """Every twentieth message of the long streams, and all the rest."""
    return _readings([*hl7_messages(every=20), *real("fhir"), *real("cda")])


@pytest.mark.req("C3")
def test_the_reader_never_gives_up(everything):
    """Hostile, odd and broken ones included: what is not understood is told for a reason, not for a failure of ours."""
    defeated = [(name, loss.why) for name, one in everything for loss in one.loss if "gave up" in loss.why]
    assert defeated == []
    assert len(everything) > 1500


def test_what_is_not_understood_says_why(everything):
    """A reading that puts nothing on a chart names the place and the reason."""
    silent = [
        name
        for name, one in everything
        if not (
            one.patient or one.said or one.movements or one.links or one.audit or one.loss or one.also or one.listed
        )
    ]
    assert silent == []


def test_losses_quote_no_content(everything):
    """A reason is a fixed text: it is the same for every patient."""
    reasons = {loss.why for _, one in everything for part in (one, *one.also) for loss in part.loss}
    assert len(reasons) < 60, reasons


def test_every_kind_that_a_hospital_lives_by_is_understood(everything):
    """Admissions, orders, prescriptions, results, reports, appointments, vaccines: counted, so that none drops out."""
    kinds = Counter(one.kind.split("^")[0] for _, one in everything if one.understood)
    for kind, least in {
        "ADT": 400,
        "ORM": 40,
        "OML": 40,
        "RDE": 20,
        "ORU": 300,
        "MDM": 6,
        "SIU": 3,
        "VXU": 80,
    }.items():
        assert kinds[kind] >= least, (kind, kinds)


def test_a_chart_of_real_messages_is_fhir(everything):
    """Each resource that the fold gives from HL7 v2 and CDA is structurally valid R4."""
    charts: dict[tuple[str, str], list[Reading]] = defaultdict(list)
    for name, one in everything:
        if not name.startswith("fhir/"):
            for part in (one, *one.also):
                if part.subjects and part.subjects[0].keys and not part.audit:
                    charts[part.world, part.subjects[0].keys[0]].append(part)
    checked: Counter[str] = Counter()
    wrong = []
    for (world, key), readings in charts.items():
        for part in to_bundle(fold(key, world, readings))["entry"]:
            resource = part["resource"]
            kind = resource["resourceType"]
            if checked[kind] >= 250:
                continue  # a few hundred of a kind show every shape
            checked[kind] += 1
            try:
                get_fhir_model_class(kind).model_validate_json(encode(resource))
            except ValidationError as found:
                wrong.append((kind, [(error["loc"], error["msg"]) for error in found.errors()][:2]))
    assert wrong == []
    seen = "AllergyIntolerance Appointment Condition DiagnosticReport DocumentReference Encounter Immunization "
    seen += "MedicationRequest MedicationStatement Observation Patient"
    assert set(seen.split()) <= set(checked)


def test_reading_twice_gives_the_same(everything):
    """The same bytes give the same reading: what a chart is folded from does not depend on when it is read."""
    again = _readings(hl7_messages(every=20)[:150])
    assert [one for _, one in again] == [one for _, one in everything[:150]]


SEGMENTS = st.sampled_from(
    [
        "PID",
        "PV1",
        "PV2",
        "PD1",
        "NK1",
        "ZBE",
        "MRG",
        "AL1",
        "IAM",
        "DG1",
        "PRB",
        "OBR",
        "OBX",
        "ORC",
        "RXE",
        "RXO",
        "RXA",
        "RXD",
        "RXG",
        "RXR",
        "RXC",
        "TQ1",
        "NTE",
        "SPM",
        "TXA",
        "SCH",
        "AIS",
        "AIP",
        "EVN",
        "ROL",
        "ZFD",
        "ZFM",
        "ZFS",
        "ZFV",
        "ODS",
        "ODT",
        "PR1",
        "RF1",
        "MRG",
        "ADD",
        "DSC",
    ]
)
FIELD = st.text(alphabet='0123456789ABCDNQHR^~&\\.-+²٤é "', max_size=14)
SEGMENT = st.tuples(SEGMENTS, st.lists(FIELD, max_size=26)).map(lambda part: "|".join([part[0], *part[1]]))
EVENTS = st.sampled_from(
    [
        "ADT^A01",
        "ADT^A08",
        "ADT^A17",
        "ADT^A24",
        "ADT^A29",
        "ADT^A37",
        "ADT^A43",
        "OMD^O03",
        "ADT^A40",
        "ADT^A44",
        "ADT^A50",
        "ADT^Z99",
        "ORM^O01",
        "OML^O21",
        "RDE^O11",
        "RDS^O13",
        "RAS^O17",
        "RGV^O15",
        "ORU^R01",
        "OUL^R22",
        "MDM^T02",
        "MDM^T10",
        "SIU^S12",
        "VXU^V04",
        "PPR^PC1",
        "REF^I12",
        "BAR^P01",
        "ORR^O02",
    ]
)


@pytest.mark.req("C3")
@settings(max_examples=300)
@given(kind=EVENTS, segments=st.lists(SEGMENT, min_size=1, max_size=12))
def test_no_message_defeats_the_translators(kind, segments):
    """Any segments in any order, any fields in them: a reading, and a chart that is FHIR."""
    found = read(entry(hl7(kind, *segments)), RULES)
    assert not [loss for loss in found.loss if "gave up" in loss.why]
    for part in (found, *found.also):
        if part.subjects and part.subjects[0].keys:
            key = part.subjects[0].keys[0]
            for one in to_bundle(fold(key, part.world, [part]))["entry"]:
                encode(one["resource"])
