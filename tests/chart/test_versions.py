"""Of all that was said of one object, the chart shows what holds, and beside it what was replaced.

Method: results, prescriptions, allergies, documents and appointments as their senders write them, read and folded;
adversarial orders of arrival, by hand and drawn by hypothesis.
"""

from base64 import b64encode
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contrefeu.chart.elements import earlier, is_struck, source_of
from contrefeu.chart.sentences import value_of
from tests.chart.feed import PID, adt, chart, message, only, oru, ras, rde, resources, ts


def potassium(said: str, value: str, status: str, flag: str = "") -> bytes:
    """One result line of one report."""
    return oru(said, f"NM|K^Potassium^L||{value}|mmol/L|3.5-5.0|{flag}|||{status}", report=status)


def shown(*bodies: bytes) -> tuple[str, str, list[tuple[str, str]]]:
    """The only result: status, value, and what it replaced (oldest first)."""
    found = only(chart(*bodies), "Observation")
    return found["status"], value_of(found), [(one["status"], value_of(one)) for one, _ in reversed(earlier(found))]


P = potassium("1124 0800", "5.9", "P")
F = potassium("1124 0900", "6.1", "F", "HH")
C = potassium("1124 1000", "4.2", "C")
BACK = potassium("1124 1100", "6.1", "C", "HH")
D = potassium("1124 1200", "", "D")
W = potassium("1124 1200", "6.1", "W")
LATE_P = potassium("1124 1300", "5.9", "P")


@pytest.mark.req("F7")
@pytest.mark.parametrize(
    ("story", "found"),
    [
        ((P, F), ("final", "6.1 mmol/L", [("preliminary", "5.9 mmol/L")])),
        ((F, P), ("final", "6.1 mmol/L", [("preliminary", "5.9 mmol/L")])),
        ((F, LATE_P), ("final", "6.1 mmol/L", [("preliminary", "5.9 mmol/L")])),
        ((F, C), ("corrected", "4.2 mmol/L", [("final", "6.1 mmol/L")])),
        ((F, C, BACK), ("corrected", "6.1 mmol/L", [("final", "6.1 mmol/L"), ("corrected", "4.2 mmol/L")])),
        ((F, D), ("entered-in-error", "", [("final", "6.1 mmol/L")])),
        ((F, W), ("entered-in-error", "6.1 mmol/L", [])),
        ((F, F, F), ("final", "6.1 mmol/L", [])),
        (
            (F, potassium("1124 0930", "6.1", "F", "HH"), potassium("1124 0945", "6.1", "F")),
            ("final", "6.1 mmol/L", []),
        ),
    ],
    ids=["P F", "F P", "F late P", "F C", "F C back", "F D", "F W", "repeated", "said again"],
)
def test_a_result_shows_what_holds_and_what_it_replaced(story, found):
    """Preliminary, final, corrected, deleted, wrong patient, repeated: the old value stays beside the new one."""
    assert shown(*story) == found


@pytest.mark.req("F7")
@pytest.mark.parametrize("story", [(P, F, C, BACK), (P, F, D), (F, C, LATE_P), (P, F, C, D, LATE_P)])
def test_versions_of_a_result_hold_in_any_order_of_arrival(story):
    """Every permutation gives the same value, status and replaced values."""
    told = shown(*story)
    for order in permutations(story):
        assert shown(*order) == told


@given(
    words=st.lists(
        st.tuples(st.sampled_from("PFCDWXAR"), st.sampled_from(["4.1", "6.2", "<0,5", ""])), min_size=1, max_size=6
    ),
    data=st.data(),
)
def test_any_words_on_a_result_end_alike_in_any_order(words, data):
    """Statuses and values at random: what is shown depends on what was said and when it was said."""
    story = [potassium(f"1124 08{at:02d}", value, status) for at, (status, value) in enumerate(words)]
    assert shown(*data.draw(st.permutations(story))) == shown(*story)


def test_replaced_values_do_not_grow_with_repeats():
    """A laboratory that sends the same lines for weeks adds nothing to the chart."""
    story = [potassium(f"1124 08{at:02d}", ("5.9", "6.1")[at % 2], "C") for at in range(60)]
    assert len(only(chart(*story), "Observation")["extension"]) <= 2


@pytest.mark.req("F5")
def test_a_replaced_value_keeps_its_unit_and_its_entry():
    """The old value leads to the message that said it."""
    made = chart(F, C)
    (old, ref) = earlier(only(made, "Observation"))[0]
    assert (old["valueQuantity"]["unit"], ref) == ("mmol/L", "hopital-capture/1")
    assert source_of(only(made, "Observation")) == "hopital-capture/2"


def test_a_report_keeps_all_its_lines_whatever_arrives_first():
    """Lines that come in two messages are all in their report, also when the older message is the later one."""
    sodium = oru("1124 0800", "NM|NA^Sodium^L||140|mmol/L|||||F", report="P")
    for order in ((sodium, F), (F, sodium)):
        found = only(chart(*order), "DiagnosticReport")
        assert (found["status"], len(found["result"])) == ("final", 2)


def test_a_late_older_report_never_becomes_preliminary_again():
    """A partial report that was stuck in a queue does not take the final one's status or conclusion."""
    final = oru("1124 1000", "TX|T^Texte^L||Conclusion : normal|||||F", report="F")
    partial = oru("1124 0900", "TX|T^Texte^L||En cours|||||P", report="P")
    for order in ((final, partial), (partial, final)):
        assert only(chart(*order), "DiagnosticReport")["status"] == "final"


NEW = rde("1124 0800")
CHANGED = rde("1124 0900", "XO", amount="2")
STOPPED = rde("1124 1000", "DC")
CANCELLED = rde("1124 1000", "CA")
HELD = rde("1124 0930", "HD")


def prescription(*bodies: bytes) -> tuple[str, str]:
    """The only prescription: status and dose."""
    found = only(chart(*bodies), "MedicationRequest")
    dose = found["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]["value"]
    return found["status"], str(dose)


@pytest.mark.req("F26")
@pytest.mark.parametrize(
    ("story", "found"),
    [
        ((NEW, CHANGED), ("active", "2")),
        ((NEW, CHANGED, STOPPED), ("stopped", "1")),  # RXE of the stop says the dose again
        ((NEW, HELD), ("on-hold", "1")),
        ((NEW, CANCELLED), ("cancelled", "1")),
    ],
    ids=["changed", "stopped", "held", "cancelled"],
)
def test_a_prescription_is_never_reopened_by_an_older_message(story, found):
    """New, changed, held, stopped: each order of arrival ends where the last word by its sender's clock ends."""
    for order in permutations(story):
        assert prescription(*order) == found


@pytest.mark.req("F26")
def test_what_a_stop_leaves_out_is_the_last_that_was_said():
    """A stop without RXE: the dose is the changed one's, though the stop came first and the first order after it."""
    stop = message("RDE^O11", "1124 1000", PID, f"ORC|DC|P1^DPI|P1F^PHARMA||||||{ts('1124 1000')}", sender="PHARMA")
    for order in permutations((NEW, CHANGED, stop)):
        assert prescription(*order) == ("stopped", "2")


@pytest.mark.req("F26")
def test_of_two_words_of_one_second_the_one_that_ends_an_order_holds():
    """A stop and a repeat of the order that bear the same second: the prescription is stopped, in either order."""
    stop, again = rde("1124 1000", "DC"), rde("1124 1000", "NW")
    assert prescription(NEW, stop, again)[0] == prescription(NEW, again, stop)[0] == "stopped"


@given(
    words=st.lists(
        st.tuples(st.sampled_from(["NW", "XO", "DC", "CA", "HD", "SC", "RL"]), st.integers(1, 4)), max_size=6
    ),
    data=st.data(),
)
def test_words_on_a_prescription_end_alike_in_any_order(words, data):
    """A word without a status (SC) leaves it to the last word that had one, whatever came between."""
    story = [
        rde(f"1124 08{at:02d}", control, amount=str(dose)) for at, (control, dose) in enumerate([("NW", 1), *words])
    ]
    assert prescription(*data.draw(st.permutations(story))) == prescription(*story)


@pytest.mark.req("F30")
def test_a_refused_request_shows_refused():
    """ORR and ORL act on the order: UA (unable to accept) ends it; an older ORM does not open it again."""
    asked = message("ORM^O01", "1124 0800", PID, "ORC|NW|B7^DPI||||||||20261124080000", "OBR|1|B7^DPI||IRM^IRM^L")
    refused = message("ORR^O02", "1124 0830", PID, "ORC|UA|B7^DPI", "OBR|1|B7^DPI||IRM^IRM^L")
    for order in ((asked, refused), (refused, asked)):
        assert only(chart(*order), "ServiceRequest")["status"] == "revoked"


def test_a_dose_taken_back_stays_taken_back():
    """RXA-21 = D of a dose; the older message that gave it arrives once more under another control id."""
    given_, withdrawn = ras("1124 0812", "1124 0805"), ras("1124 0900", "1124 0805", action="D")
    again = given_.replace(b"RAS^O171124 0812", b"OTHER")
    for order in ((given_, withdrawn), (withdrawn, given_), (given_, withdrawn, again)):
        assert only(chart(*order), "MedicationAdministration")["status"] == "entered-in-error"


def test_a_corrected_dose_shows_the_dose_that_was_said_before():
    """RXA-21 = U with another amount: the first amount stays beside it, with its entry."""
    first = ras("1124 0812", "1124 0805")
    second = ras("1124 0900", "1124 0805", action="U").replace(b"LISTE|1|g", b"LISTE|2|g")
    for order in ((first, second), (second, first)):
        found = only(chart(*order), "MedicationAdministration")
        assert str(found["dosage"]["dose"]["value"]) == "2"
        assert [value_of(old) for old, _ in earlier(found)] == ["1 g"]


PEN = "AL1|1|DA|PEN^Pénicilline^L|SV|Urticaire"
DELETED = message("ADT^A60", "1124 0900", "EVN||20261124090000", PID, "IAM|1|DA|PEN^Pénicilline^L|SV||D")


def allergies(*bodies: bytes) -> list[tuple[str, bool]]:
    """Each allergy: words, whether it is struck."""
    return [(one["code"]["text"], is_struck(one)) for one in resources(chart(*bodies), "AllergyIntolerance")]


@pytest.mark.req("F6")
def test_absence_never_removes_an_allergy():
    """Snapshots without AL1 follow: the allergy stands."""
    known = adt("A01", "1124 0800", more=[PEN])
    assert allergies(known, adt("A08", "1124 0900"), adt("A08", "1124 1000")) == [("Pénicilline", False)]


@pytest.mark.req("F6")
def test_an_explicit_deletion_strikes_an_allergy_through():
    """IAM-6 = D: the line stays, struck, in whatever order the two messages arrive."""
    known = adt("A01", "1124 0800", more=[PEN])
    for order in ((known, DELETED), (DELETED, known)):
        assert allergies(*order) == [("Pénicilline", True)]
        found = only(chart(*order), "AllergyIntolerance")
        assert "clinicalStatus" not in found, "FHIR ait-2: what was entered in error has no clinical status"
        assert found["reaction"], "what had been said of it stays"


@pytest.mark.req("F6")
def test_an_allergy_said_again_after_its_deletion_stands_again():
    """A later snapshot lists the allergy: better an allergy too many than one too few."""
    known, again = adt("A01", "1124 0800", more=[PEN]), adt("A08", "1124 1000", more=[PEN])
    for order in permutations((known, DELETED, again)):
        assert allergies(*order) == [("Pénicilline", False)]


def test_a_problem_taken_back_stays_visible_and_struck():
    """PRB-1 = DE."""
    said = message("PPR^PC1", "1124 0800", PID, "PRB|AD|20261124080000|I10^Hypertension^I10|77^DPI")
    gone = message("PPR^PC3", "1124 0900", PID, "PRB|DE|20261124090000|I10^Hypertension^I10|77^DPI")
    for order in ((said, gone), (gone, said)):
        found = only(chart(*order), "Condition")
        assert found["verificationStatus"]["coding"][0]["code"] == "entered-in-error"
        assert "clinicalStatus" not in found


def mdm(event: str, said: str, number: str, text: str = "", parent: str = "", status: str = "LA") -> bytes:
    """One document."""
    txa = f"TXA|1|CR^Compte rendu^L|TX||{ts('1124 0700')}|{ts('1124 0700')}||||||{number}^DOCS|{parent}||||{status}"
    lines = [f"OBX|1|TX|CR^Compte rendu^L||{text}||||||F"] if text else []
    return message(f"MDM^{event}", said, f"EVN||{ts(said)}", PID, txa, *lines, sender="DOCS")


def documents(*bodies: bytes) -> list[tuple[str, str, str]]:
    """Each document's number, status, text."""
    return sorted(
        (
            one["identifier"][0]["value"] if one.get("identifier") else "",
            one["status"],
            one["content"][0]["attachment"]["data"] if one.get("content") else "",
        )
        for one in resources(chart(*bodies), "DocumentReference")
    )


def b64(text: str) -> str:
    """Text as an attachment holds it."""
    return b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("story", "found"),
    [
        ((mdm("T02", "1124 0800", "1", "un"), mdm("T08", "1124 0900", "1", "deux")), [("1", "current", b64("deux"))]),
        (
            (mdm("T02", "1124 0800", "1", "un"), mdm("T10", "1124 0900", "2", "deux", "1^DOCS")),
            [("1", "superseded", b64("un")), ("2", "current", b64("deux"))],
        ),
        (
            (mdm("T02", "1124 0800", "1", "un"), mdm("T11", "1124 0900", "1", status="CA")),
            [("1", "entered-in-error", b64("un"))],
        ),
    ],
    ids=["T08 edits", "T10 replaces", "T11 cancels"],
)
def test_a_document_edited_replaced_or_cancelled_says_so_in_any_order(story, found):
    """The newest text holds; what was replaced or cancelled stays, never made current again by an older message."""
    for order in permutations(story):
        assert documents(*order) == found


def test_an_edited_document_leads_to_the_entry_of_its_old_text():
    """T08: the text before is in its message, one click away."""
    made = only(chart(mdm("T02", "1124 0800", "1", "un"), mdm("T08", "1124 0900", "1", "deux")), "DocumentReference")
    assert [ref for _, ref in earlier(made)] == ["hopital-capture/1"]


def siu(event: str, said: str, start: str) -> bytes:
    """One slot."""
    sch = f"SCH|55^BLOC|55F^BLOC|||||Cataracte||30|min|^^^{ts(start)}"
    return message(f"SIU^{event}", said, sch, PID, "AIS|1||CAT^Cataracte^L", sender="BLOC")


@pytest.mark.parametrize(
    ("story", "found"),
    [
        ((siu("S12", "1124 0800", "1127 0900"), siu("S15", "1124 0900", "1127 0900")), ("cancelled", "2026-11-27T09")),
        ((siu("S12", "1124 0800", "1127 0900"), siu("S13", "1124 0900", "1128 1000")), ("booked", "2026-11-28T10")),
        (
            (
                siu("S12", "1124 0800", "1127 0900"),
                siu("S13", "1124 0900", "1128 1000"),
                siu("S15", "1124 1000", "1128 1000"),
            ),
            ("cancelled", "2026-11-28T10"),
        ),
    ],
    ids=["cancelled", "moved", "moved and cancelled"],
)
def test_an_appointment_moved_or_cancelled_stays_so_in_any_order(story, found):
    """A late S12 never books again what was cancelled, nor moves back what was moved."""
    for order in permutations(story):
        slot = only(chart(*order), "Appointment")
        assert (slot["status"], slot["start"][:13]) == found
