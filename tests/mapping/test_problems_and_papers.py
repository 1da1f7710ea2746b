"""Allergies, problems, orders, documents, appointments: what is said is said, what is not is not.

Method: one segment at a time, and what the chart holds after a second message that says less.
"""

import base64

import pytest

from tests.mapping.messages import bundle, reading, said

PID = "PID|1||123^^^CHU^PI||ESSAI^ADA||19500324|F"


def _allergy(segment: str) -> dict:
    (one,) = said(reading("ADT^A31", PID, segment), "AllergyIntolerance")
    return one


@pytest.mark.req("F6")
def test_an_allergy_is_not_cleared_by_silence():
    """A later message without AL1 leaves it; IAM with action D takes it back, and it stays to be seen."""
    first = reading("ADT^A31", PID, "AL1|1|DA|PENI^Pénicilline|SV|Choc")
    silent = reading("ADT^A31", PID, n=2, time="20261124093000")
    back = reading("ADT^A60", PID, "IAM|1|DA|PENI^Pénicilline|||D", n=3, time="20261124103000")
    (kept,) = bundle(first, silent)["AllergyIntolerance"]
    assert kept["clinicalStatus"]["coding"][0]["code"] == "active"
    (gone,) = bundle(first, silent, back)["AllergyIntolerance"]
    assert gone["verificationStatus"]["coding"][0]["code"] == "entered-in-error"
    assert gone["code"]["text"] == "Pénicilline"


@pytest.mark.req("F1")
@pytest.mark.parametrize(
    ("al1", "code"),
    [
        ("AL1|1||NKA", "716186003"),
        ("AL1|1||716186003^No known allergy^SCT", "716186003"),
        ("AL1|1||^Aucune allergie connue", "716186003"),
        ("AL1|1||NKDA", "409137002"),
        ("AL1|1||^No known drug allergies", "409137002"),
        ("AL1|1||429625007^No known food allergy^SCT", "429625007"),
    ],
)
def test_none_known_says_of_what(al1, code):
    """No known drug allergy is not no known allergy."""
    assert code in {one["code"] for one in _allergy(al1)["code"]["coding"]}
    assert len({one["code"] for one in _allergy(al1)["code"]["coding"]} & {"716186003", "409137002", "429625007"}) == 1


def test_an_allergen_is_never_read_as_a_denial():
    """Words that merely hold "aucune" or "none" are what they are."""
    for text in ("Nonoxynol", "Aucune sauf pénicilline", "None such"):
        coding = _allergy(f"AL1|1|DA|^{text}")["code"].get("coding", [])
        assert "716186003" not in {one.get("code") for one in coding}


def test_a_severity_alone_is_kept():
    """SV without a reaction: R4 wants what happened, so it is said to be unknown; MO gives no criticality."""
    severe = _allergy("AL1|1|DA|PENI^Pénicilline|SV")
    assert (severe["criticality"], severe["reaction"][0]["severity"]) == ("high", "severe")
    moderate = _allergy("AL1|1|MA|LATEX^Latex|MO|Urticaire")
    assert "criticality" not in moderate
    assert "category" not in moderate
    assert moderate["reaction"] == [{"manifestation": [{"text": "Urticaire"}], "severity": "moderate"}]


def test_an_order_is_the_same_order_in_every_message():
    """Placer's number: asked, accepted, changed, refused; what a message does not say stays."""
    obr = "OBR|1|P1^EHR||24320-4^Ionogramme^LN"
    asked = reading("ORM^O01", PID, "ORC|NW|P1^EHR", obr, "NTE|1||urgent")
    refused = reading("ORR^O02", PID, "ORC|UA|P1^EHR|F1^LAB", n=2, time="20261124093000")
    (order,) = bundle(asked, refused)["ServiceRequest"]
    assert (order["status"], order["code"]["text"], order["note"]) == ("revoked", "Ionogramme", [{"text": "urgent"}])


def test_what_stands_beside_an_order_is_charted_or_told():
    """A weight beside a prescription is a measure; a container is kept and told; a diagnosis is the reason."""
    found = reading(
        "OML^O21", PID, "ORC|NW|P1^EHR", "OBR|1|P1^EHR||K^Potassium", "DG1|1||N17^Insuffisance rénale^I10",
        "OBX|1|NM|3141-9^Poids^LN||72.5|kg|||||F", "SAC|1",
    )  # fmt: skip
    (order,) = said(found, "ServiceRequest")
    assert order["reasonCode"][0]["text"] == "Insuffisance rénale"
    assert said(found, "Observation")[0]["valueQuantity"]["unit"] == "kg"
    assert "SAC" in {loss.where for loss in found.loss}


def _documented(event: str, txa: dict[int, str], *segments: str) -> list[tuple[str, dict]]:
    fields = {1: "1", 2: "CR^Compte rendu", 12: "D1^EHR"} | txa
    segment = "TXA|" + "|".join(fields.get(at, "") for at in range(1, 20))
    found = reading(f"MDM^{event}", PID, "PV1|1|I", segment, *segments)
    return [(one.key, one.resource) for one in found.said]


@pytest.mark.parametrize("event", ["T01", "T02", "T03", "T04", "T07", "T08"])
def test_a_document_is_said_again_by_its_number(event):
    """Notification, status change, edit: one document, TXA-12."""
    ((key, found),) = _documented(event, {6: "20261124080000", 17: "LA"}, "OBX|1|TX|||Ligne 1", "OBX|2|TX|||Ligne 2")
    assert key == "EHR|D1"
    assert (found["status"], found["docStatus"], found["date"]) == ("current", "final", "2026-11-24T08:00:00+01:00")
    assert base64.b64decode(found["content"][0]["attachment"]["data"]).decode() == "Ligne 1\nLigne 2"


def test_addenda_replacements_and_cancellations_name_what_they_touch():
    """T05 adds to its parent, T09 replaces it, T11 takes the document back; all stay to be read."""
    ((_, addendum),) = _documented("T06", {13: "D0^EHR"})
    assert addendum["relatesTo"][0]["code"] == "appends"
    (parent, before), (_, after) = _documented("T10", {13: "D0^EHR"})
    assert (parent, before) == ("EHR|D0", {"status": "superseded"})
    assert after["relatesTo"][0]["code"] == "replaces"
    ((_, cancelled),) = _documented("T11", {})
    assert cancelled["status"] == "entered-in-error"


def test_a_document_is_as_secret_as_its_sender_says():
    """TXA-18 R or V is a security label; TXA-19 CA is an error, OB is superseded."""
    ((_, found),) = _documented("T02", {18: "V", 19: "OB"})
    assert found["meta"]["security"][0]["code"] == "V"
    assert found["status"] == "superseded"


def test_a_document_dated_by_a_day_keeps_its_day():
    """R4's date is an instant: a day stands in the context's period, not at midnight."""
    ((_, found),) = _documented("T02", {6: "20261124"})
    assert "date" not in found
    assert found["context"]["period"] == {"start": "2026-11-24"}


@pytest.mark.parametrize(
    ("event", "status"),
    [("S12", "booked"), ("S13", "booked"), ("S14", "booked"), ("S15", "cancelled"), ("S16", "cancelled"),
     ("S17", "entered-in-error"), ("S18", "booked"), ("S22", "booked"), ("S26", "noshow")],
)  # fmt: skip
def test_an_appointment_follows_its_event(event, status):
    """SIU: booked, moved, cancelled, deleted, missed; the place and the words go with it."""
    found = reading(
        f"SIU^{event}",
        "SCH|P1^EHR|F1^RDV||||MED^Absence du médecin|CS^Consultation||30|MIN|^^30^20261124140000^20261124143000",
        "NTE|1||à jeun", PID, "AIL|1||BLOC^S2",
    )  # fmt: skip
    (one,) = said(found, "Appointment")
    assert (one["status"], one["start"], one["end"]) == (
        status, "2026-11-24T14:00:00+01:00", "2026-11-24T14:30:00+01:00",
    )  # fmt: skip
    assert "à jeun" in one["comment"]
    assert one["participant"][0]["actor"]["display"] == "BLOC S2"


def test_an_appointment_on_a_day_has_no_hour():
    """A day without an hour is a requested period, never midnight; TQ1-7 is where v2.6 says when."""
    found = reading("SIU^S12", "SCH|P1^EHR||||||||||^^^20261124", PID)
    (one,) = said(found, "Appointment")
    assert "start" not in one
    assert one["requestedPeriod"] == [{"start": "2026-11-24"}]
    late = reading("SIU^S12", "SCH|P1^EHR", "TQ1|1||||||20261124140000", PID)
    assert said(late, "Appointment")[0]["start"] == "2026-11-24T14:00:00+01:00"


@pytest.mark.parametrize("kind", ["BAR^P01", "DFT^P03"])
def test_billing_is_kept_and_counted(kind):
    """A bill is nobody's care: kept, told, never charted."""
    found = reading(kind, PID, "DG1|1||N17^Insuffisance rénale^I10", "FT1|1")
    assert found.said == []
    assert not found.understood


def test_referrals_and_care_plans_keep_their_results_and_orders():
    """REF carries results, PPR carries orders: each is read as what it is."""
    ref = reading("REF^I12", "RF1|A", PID, "OBR|1||F1^LAB|K^Potassium", "OBX|1|NM|K^Potassium||4|mmol/L|||||F")
    assert [one.kind for one in ref.said] == ["DiagnosticReport", "Observation"]
    ppr = reading("PPR^PC1", PID, "PRB|AD|20261124|I10^HTA", "ORC|NW|P1^EHR", "OBR|1|P1^EHR||K^Potassium")
    assert {one.kind for one in ppr.said} == {"Condition", "ServiceRequest"}
