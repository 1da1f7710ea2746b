"""A prescription says how much of what, and nothing that was not sent; no dose is counted twice or lost.

Method: pharmacy messages with one thing changed at a time.
"""

from decimal import Decimal

import pytest

from tests.mapping.messages import bundle, reading, said

PID = "PID|1||123^^^CHU^PI||ESSAI^ADA||19500324|F"
OTHER = "PID|1||456^^^CHU^PI||AUTRE^BOB"
ORC = "ORC|NW|P1^EHR|R1^PHA||||||20261124080000|||99^DOC"


def _prescribed(*segments: str, orc: str = ORC) -> dict:
    (one,) = said(reading("RDE^O11", PID, orc, *segments), "MedicationRequest")
    return one


def _rxe(**fields: str) -> str:
    given = {2: "AMOX^Amoxicilline^UCD"} | {int(key[1:]): value for key, value in fields.items()}
    return "RXE|" + "|".join(given.get(at, "") for at in range(1, 28))


@pytest.mark.req("F9")
@pytest.mark.parametrize(
    ("fields", "dosage"),
    [
        ({"f3": "1.50", "f5": "g"}, {"doseAndRate": [{"doseQuantity": {"value": Decimal("1.50"), "unit": "g"}}]}),
        ({"f3": "0,5", "f5": "g"}, {"text": "0,5 g"}),
        ({"f3": "½", "f5": "cp"}, {"text": "½ cp"}),
        (
            {"f3": "1", "f4": "2", "f5": "cp"},
            {"doseAndRate": [{"doseRange": {"low": {"value": 1, "unit": "cp"}, "high": {"value": 2, "unit": "cp"}}}]},
        ),
        ({"f3": "1", "f4": "qsp", "f5": "mL"}, {"text": "1-qsp mL"}),
        ({"f7": "^à jeun", "f3": "0,5", "f5": "g"}, {"text": "à jeun\n0,5 g"}),
        (
            {"f23": "10", "f24": "mL/h"},
            {"doseAndRate": [{"rateQuantity": {"value": 10, "unit": "mL/h"}}]},
        ),
        ({"f23": "8 à 10", "f24": "mL/h"}, {"text": "8 à 10 mL/h"}),
    ],
)
def test_an_amount_is_never_dropped(fields, dosage):
    """A plain decimal is a quantity, a range is a range, anything else stands in the words."""
    (found,) = _prescribed(_rxe(**fields))["dosageInstruction"]
    assert found == dosage


def test_form_strength_and_components_are_never_left_out():
    """A drip of saline with potassium is not saline; one tablet of 500 mg is not one of 1 g."""
    found = _prescribed(
        _rxe(f6="COMPRIME^comprimé", f25="500", f26="mg"), "RXC|B|NACL^NaCl 0,9 %|1000|mL", "RXC|A|KCL^KCl|20|mmol"
    )
    assert [note["text"] for note in found["note"]] == ["comprimé 500 mg", "+ NaCl 0,9 % 1000 mL", "+ KCl 20 mmol"]


@pytest.mark.req("F9")
@pytest.mark.parametrize(
    ("tq1", "timing"),
    [
        ("TQ1|1||BID", {"repeat": {"frequency": 2, "period": Decimal(1), "periodUnit": "d"}, "code": {"text": "BID"}}),
        ("TQ1|1||Q6H", {"repeat": {"frequency": 1, "period": Decimal(6), "periodUnit": "h"}, "code": {"text": "Q6H"}}),
        ("TQ1|1||Q²H", {"code": {"text": "Q²H"}}),
        ("TQ1|1||Q0H", {"code": {"text": "Q0H"}}),
        ("TQ1|1||MATIN ET SOIR", {"code": {"text": "MATIN ET SOIR"}}),
        ("TQ1|1||BID~QHS", {"code": {"text": "BID, QHS"}}),
        ("TQ1|1||QD|0800~2000", {"repeat": {"timeOfDay": ["08:00:00", "20:00:00"]}, "code": {"text": "QD"}}),
    ],
)
def test_a_pattern_is_computed_only_when_it_is_sure(tq1, timing):
    """Table 0335's patterns are read; two together, or words of the house, stay words."""
    (found,) = _prescribed(_rxe(f3="1", f5="g"), tq1)["dosageInstruction"]
    assert found["timing"] == timing


@pytest.mark.req("F9")
def test_conditions_of_a_step_are_said():
    """TQ1-10 (condition) and TQ1-11 (words) stand beside RXE-7, and PRN is as needed."""
    (found,) = _prescribed(_rxe(f7="^avaler"), "TQ1|1||PRNQ4H||||||PRN|si douleur > 3|max 4 par jour")[
        "dosageInstruction"
    ]
    assert found["text"] == "avaler\nsi douleur > 3\nmax 4 par jour"
    assert found["asNeededBoolean"] is True


@pytest.mark.req("F9")
def test_a_taper_keeps_its_steps_in_order():
    """Each TQ1 is a step with its own amount and its own bounds."""
    steps = ["TQ1|1|20&mg|QD||||20261124|20261126", "TQ1|2|10&mg|QD||||20261127|20261129"]
    found = _prescribed(_rxe(), *(step.replace("&", "^") for step in steps))["dosageInstruction"]
    assert [one["sequence"] for one in found] == [1, 2]
    assert [one["doseAndRate"][0]["doseQuantity"]["value"] for one in found] == [20, 10]


@pytest.mark.parametrize(
    ("control", "status"),
    [("NW", "active"), ("XO", "active"), ("CA", "cancelled"), ("DC", "stopped"), ("OD", "stopped"), ("HD", "on-hold"),
     ("RL", "active"), ("UA", "cancelled"), ("SC", None)],
)  # fmt: skip
@pytest.mark.req("F30")
def test_a_prescription_follows_its_order_control(control, status):
    """ORC-1 as table 0119 says; a code that gives no status leaves the one before."""
    assert _prescribed(_rxe(), orc=ORC.replace("NW", control)).get("status") == status


def test_a_stop_says_what_stops_and_keeps_the_rest():
    """A DC of the same placer number: the drug and the dose stay to be read, and it is stopped."""
    start = reading("RDE^O11", PID, ORC, _rxe(f3="1", f5="g"))
    stop = reading("RDE^O11", PID, ORC.replace("NW", "DC"), n=2, time="20261124093000")
    (found,) = bundle(start, stop)["MedicationRequest"]
    assert (found["status"], found["medicationCodeableConcept"]["text"]) == ("stopped", "Amoxicilline")


def test_a_prescription_without_a_number_is_shown():
    """New and unnumbered: it has its message's name; a stop without a number changes nothing, and says so."""
    bare = ORC.replace("P1^EHR|R1^PHA", "|")
    assert _prescribed(_rxe(), orc=bare)["medicationCodeableConcept"]["text"] == "Amoxicilline"
    stop = reading("RDE^O11", PID, bare.replace("NW", "DC"), _rxe())
    assert said(stop, "MedicationRequest") == []
    assert "ORC" in {loss.where for loss in stop.loss}


def _given(*fields: str, pid: str = PID, orc: str = ORC, kind: str = "RAS^O17") -> tuple[str, dict]:
    found = reading(kind, pid, orc, "RXA|" + "|".join(fields))
    (one,) = found.said
    return one.key, one.resource


GIVEN = ["0", "1", "20261124080000", "", "AMOX^Amoxicilline", "1.0", "g", "", "", "7^INF"]


@pytest.mark.parametrize(
    ("completion", "action", "status"),
    [("", "", "completed"), ("CP", "A", "completed"), ("RE", "", "not-done"), ("NA", "", "not-done"),
     ("CP", "D", "entered-in-error")],
)  # fmt: skip
def test_a_dose_is_given_refused_or_taken_back(completion, action, status):
    """RXA-20 and RXA-21."""
    _, found = _given(*GIVEN, *[""] * 9, completion, action)
    assert found["status"] == status
    assert found["dosage"]["dose"] == {"value": Decimal("1.0"), "unit": "g"}


def test_an_unknown_amount_is_not_999():
    """RXA-6 is required: senders write 999 for "not known"."""
    _, found = _given("0", "1", "20261124080000", "", "AMOX^Amoxicilline", "999")
    assert "dose" not in found["dosage"]


def test_two_patients_never_share_a_dose():
    """Without an order's number, the same drug at the same minute is two doses of two patients."""
    bare = "ORC|RE"
    assert _given(*GIVEN, orc=bare)[0] != _given(*GIVEN, orc=bare, pid=OTHER)[0]
    assert _given(*GIVEN, orc=bare)[0] == _given(*GIVEN, orc=bare)[0]


def test_no_vaccine_is_no_vaccine():
    """CVX 998 says that none was given; 9999 in ORC-3 is nobody's number."""
    none = ["0", "1", "20261124", "", "998^no vaccine administered^CVX", "999"]
    key, found = _given(*none, kind="VXU^V04", orc="ORC|RE||9999^CDC")
    assert found["status"] == "not-done"
    other, _ = _given("0", "1", "20261124", "", "08^Hep B^CVX", "1", kind="VXU^V04", orc="ORC|RE||9999^CDC")
    assert key != other


def test_a_dose_to_come_is_no_dose():
    """RGV announces a dose: nothing is charted as given, and the prescription keeps its posology."""
    found = reading("RGV^O15", PID, ORC, "RXG|1|1|^BID|AMOX^Amoxicilline|1||g")
    assert said(found, "MedicationAdministration") == []
    (give,) = said(found, "MedicationRequest")
    (ordered,) = said(reading("RDE^O11", PID, ORC, "RXE||AMOX^Amoxicilline|1||g"), "MedicationRequest")
    assert (give["intent"], ordered["intent"]) == ("instance-order", "order")
    chart = bundle(
        reading("RDE^O11", PID, ORC, "RXE||AMOX^Amoxicilline|2||g", "TQ1|1||QD", n=1),
        reading("RGV^O15", PID, ORC, "RXG|1|1|^BID|AMOX^Amoxicilline|1||g", n=2),
    )["MedicationRequest"]
    (kept,) = [one for one in chart if one["intent"] == "order"]
    (added,) = [one for one in chart if one["intent"] == "instance-order"]
    assert kept["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]["value"] == 2
    assert added["basedOn"] == [{"reference": f"MedicationRequest/{kept['id']}"}]
    assert added["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]["value"] == 1


@pytest.mark.req("F9")
def test_the_timing_of_an_old_sender_is_never_dropped():
    """ORC-7 (until v2.5), where RXE-1 says nothing and no TQ1 follows: each repetition is a step, with its words."""
    orc = "ORC|NW|P1^EHR|R1^PHA||||2&cp^BID^^20261124080000^20261126^^si fièvre^au repas~1&cp^QD||20261124080000"
    first, second = _prescribed("RXO|PARA^Paracétamol", orc=orc)["dosageInstruction"]
    assert first["doseAndRate"] == [{"doseQuantity": {"value": 2, "unit": "cp"}}]
    assert (first["timing"]["repeat"]["frequency"], first["text"]) == (2, "si fièvre\nau repas")
    assert first["timing"]["repeat"]["boundsPeriod"] == {"start": "2026-11-24T08:00:00+01:00", "end": "2026-11-26"}
    assert (second["sequence"], second["timing"]["repeat"]["frequency"]) == (2, 1)


def test_when_and_how_urgent_a_request_is():
    """TQ1, before it ORC-7; OBR goes before both."""

    def asked(orc: str, obr: str, *more: str) -> tuple[str, str]:
        (one,) = said(reading("OML^O21", PID, orc, *more[:1], obr), "ServiceRequest")
        return one.get("occurrenceDateTime", ""), one.get("priority", "")

    orc = "ORC|NW|P1^EHR||||||"
    at = "2026-11-24T08:00:00+01:00"
    assert asked(orc, "OBR|1|P1^EHR||K^Potassium", "TQ1|1||||||20261124080000||S") == (at, "stat")
    assert asked(orc[:-1] + "^^^20261124080000^^S", "OBR|1|P1^EHR||K^Potassium") == (at, "stat")
    assert asked(orc, "OBR|1|P1^EHR||K^Potassium|R", "TQ1|1||||||20261124080000||S") == (at, "routine")


def test_a_note_is_of_the_line_that_it_follows():
    """OML: what follows an OBX is of that OBX, what precedes it of the order."""
    found = reading(
        "OML^O21", PID, "ORC|NW|P1^EHR", "OBR|1|P1^EHR||K^Potassium", "NTE|1||de la demande",
        "OBX|1|NM|W^Poids||62|kg|||||F", "NTE|1||habillé",
    )  # fmt: skip
    assert said(found, "ServiceRequest")[0]["note"] == [{"text": "de la demande"}]
    assert said(found, "Observation")[0]["note"] == [{"text": "habillé"}]
