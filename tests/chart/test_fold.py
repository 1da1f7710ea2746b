"""A chart is what the readings of one patient say together: merges, allergies, what was not understood, any order.

Method: whole stories as bytes, read and folded; compared with the chart that they must give, and with themselves folded
again.
"""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contrefeu.chart.boards import board_row
from contrefeu.chart.elements import source_of
from contrefeu.chart.fold import Chart, apply, fold, to_bundle
from contrefeu.fhir import decode, encode
from contrefeu.mapping import FeedRules
from tests.chart.feed import PID, adt, chart, chart_of, message, ns, only, oru, ras, rde, readings, resources

OTHER = "PID|||2002^^^IPP^PI||MARTIN^Jane^^^^^L||19480512|F"
THIRD = "PID|||3003^^^IPP^PI||MARTAIN^Jeanne^^^^^L||19480512|F"
PEN = "AL1|1|DA|PEN^Pénicilline^L"
IODINE = "AL1|1|DA|IOD^Iode^L"
NONE = "AL1|1||716186003^No known allergy^SCT"


def a40(said: str, survivor: str, lost: str) -> bytes:
    """A merge."""
    return message("ADT^A40", said, f"EVN||2026{said.replace(' ', '')}00", survivor, f"MRG|{lost}^^^IPP^PI")


STORY = [
    adt("A01", "1124 0800", at="1124 0800", more=[PEN]),
    adt("A02", "1124 0900", at="1124 0900", place="REA^3^B"),
    oru("1124 0930", "NM|K^Potassium^L||6.4|mmol/L|3.5-5.0|HH|||P"),
    oru("1124 1000", "NM|K^Potassium^L||6.1|mmol/L|3.5-5.0|HH|||F"),
    rde("1124 1015"),
    ras("1124 1030", "1124 1020"),
    adt("A08", "1124 1045", more=[IODINE]),
    message("ADT^Z77", "1124 1050", "EVN||20261124105000", PID),
]


def test_same_readings_same_chart_byte_for_byte():
    """Folded twice, and folded from a chart that was written and read back half way: the same bytes."""
    found = readings(STORY)
    whole = fold("IPP|1001", "P", found)
    again = fold("IPP|1001", "P", readings(STORY))
    assert encode(to_bundle(whole)) == encode(to_bundle(again))
    assert decode(encode(to_bundle(whole))) == to_bundle(whole), "what is written is what was meant"


@given(at=st.integers(0, len(STORY)))
def test_a_chart_kept_half_way_goes_on_as_if_it_had_not_been(at):
    """The store writes charts down and takes them up again: nothing is lost between."""
    found = readings(STORY)
    half = fold("IPP|1001", "P", found[:at])
    taken_up = msgspec.convert(decode(encode(half)), Chart)
    for reading in readings(STORY)[at:]:
        apply(taken_up, reading)
    assert encode(to_bundle(taken_up)) == encode(to_bundle(fold("IPP|1001", "P", readings(STORY))))


def test_every_line_names_an_entry_of_the_journal():
    """Promise 7: each resource says which entry set it."""
    made = chart(*STORY)
    assert {source_of(one["resource"]) for one in to_bundle(made)["entry"]} <= {
        f"hopital-capture/{n}" for n in range(1, 9)
    }
    assert source_of(only(made, "Observation")) == "hopital-capture/4"


@pytest.mark.req("C3")
def test_a_message_that_is_not_understood_is_a_line_on_its_chart():
    """An event that no rule knows names this patient: it is on the chart, and moved nobody."""
    made = chart(*STORY)
    assert [(one.kind, one.ref) for one in made.unread] == [("ADT^Z77", "hopital-capture/8")]


def test_billing_is_no_line_of_a_chart():
    """BAR and DFT are kept and counted; an invoice is no message that care is missing."""
    bill = message("DFT^P03", "1124 1100", "EVN||20261124110000", PID, "FT1|1|||20261124||CG|ACT1")
    assert chart(STORY[0], bill).unread == []


@pytest.mark.req("F1")
def test_each_block_says_which_feed_spoke_last():
    """A block that no feed spoke of has no source; the others name theirs."""
    heard = chart(*STORY).heard
    assert {block: sorted(sources) for block, sources in heard.items()} == {
        "identity": ["DPI@CHU", "LABO@CHU", "PHARMA@CHU"],
        "stays": ["DPI@CHU"],
        "allergies": ["DPI@CHU"],
        "results": ["LABO@CHU"],
        "prescriptions": ["PHARMA@CHU"],
        "doses": ["PHARMA@CHU"],
    }


@pytest.mark.req("F6", "F32")
def test_a_merge_unites_the_allergies_of_both():
    """Neither number's allergies are lost, and a "none known" of one beside an allergy of the other is a conflict."""
    made = chart(
        adt("A01", "1124 0800", at="1124 0800", more=[NONE]),
        adt("A04", "1120 0800", at="1120 0800", pid=OTHER, visit="V7", more=[PEN]),
        adt("A03", "1120 1200", at="1120 1200", pid=OTHER, visit="V7"),
        a40("1124 0900", PID, "2002"),
    )
    row = board_row(made, ns("1124 1000"))
    assert row is not None
    assert (row.allergies, row.allergies_state) == (["Pénicilline"], "conflict")


@pytest.mark.req("F32")
def test_chains_of_merges_end_on_the_last_survivor():
    """3003 into 2002, 2002 into 1001: what came under any of the three is on one chart, under each number."""
    story = [
        adt("A01", "1124 0800", at="1124 0800"),
        adt("A04", "1120 0800", at="1120 0800", pid=OTHER, visit="V7", more=[PEN]),
        adt("A04", "1119 0800", at="1119 0800", pid=THIRD, visit="V6", more=[IODINE]),
        a40("1124 0900", OTHER, "3003"),
        a40("1124 0901", PID, "2002"),
    ]
    made = {key: chart(*story, key=f"IPP|{key}") for key in ("1001", "2002", "3003")}
    assert {one.key for one in made.values()} == {"IPP|1001"}
    assert len(resources(made["3003"], "AllergyIntolerance")) == 2
    assert len(resources(made["3003"], "Encounter")) == 3


@pytest.mark.req("F32")
def test_the_survivor_says_who_the_patient_is_and_old_numbers_still_find():
    """Identity is the surviving number's, whichever was said last; the lost number stays, marked old."""
    late = adt("A31", "1124 1200", pid=OTHER, visit="")
    made = chart(adt("A01", "1124 0800", at="1124 0800"), a40("1124 0900", PID, "2002"), late)
    patient = only(made, "Patient")
    assert patient["name"][0]["given"] == ["Jeanne"]
    assert [(n["value"], n.get("use", "")) for n in patient["identifier"]] == [("1001", ""), ("2002", "old")]


@pytest.mark.req("F32")
def test_a_result_under_the_lost_number_lands_on_the_survivor():
    """The laboratory goes on with the old number: its result is on the chart that is read."""
    late = oru("1124 1000", "NM|K^Potassium^L||6.1|mmol/L|3.5-5.0|HH|||F").replace(b"1001^^^IPP", b"2002^^^IPP")
    made = chart(
        adt("A01", "1124 0800", at="1124 0800"),
        adt("A04", "1120 0800", at="1120 0800", pid=OTHER, visit="V7"),
        a40("1124 0900", PID, "2002"),
        late,
    )
    assert [one["code"]["text"] for one in resources(made, "Observation")] == ["Potassium"]
    assert board_row(made, ns("1124 1100")).critical == 1


@pytest.mark.req("F33")
def test_an_exercise_message_is_marked_by_the_reader():
    """MSH-11 = T: the reading belongs to the other world, and never to this chart."""
    (drill,) = readings([adt("A01", "1124 0800").replace(b"|P|2.5", b"|T|2.5")])
    assert drill.world == "T"


@pytest.mark.req("F31", "F34")
def test_results_before_the_admission_are_on_the_same_chart():
    """Across feeds no order is assumed: ORU first, A01 later."""
    result, admission = STORY[3], STORY[0]
    for order in ((result, admission), (admission, result)):
        made = chart(*order)
        assert len(resources(made, "Observation")) == 1
        assert board_row(made, ns("1124 1100")).critical == 1


@given(data=st.data())
def test_arrival_changes_neither_place_nor_values_nor_orders(data):
    """A whole story in any order of arrival: the same place, results, prescriptions and allergies."""
    told = chart(*STORY)
    found = chart(*data.draw(st.permutations(STORY)))
    kinds = ("Encounter", "Observation", "MedicationRequest", "MedicationAdministration", "AllergyIntolerance")

    def plain(made: Chart) -> list[dict]:
        every = [{**one, "meta": 0, "extension": 0} for kind in kinds for one in resources(made, kind)]
        return sorted(every, key=lambda one: (one["resourceType"], one["id"]))

    assert plain(found) == plain(told)
    now = ns("1124 1100")
    rows = [board_row(made, now) for made in (told, found)]
    assert rows[0].due == rows[1].due
    assert (
        (rows[0].ward, rows[0].bed, rows[0].critical)
        == (rows[1].ward, rows[1].bed, rows[1].critical)
        == ("REA", "B", 1)
    )


@pytest.mark.req("F23")
def test_a_feeds_own_numbers_keep_their_zeros_and_their_sender():
    """00123 and 123 are two patients, and so are 1001 of two authorities (F23)."""
    zeros = PID.replace("1001^", "001001^")
    elsewhere = PID.replace("IPP", "AUTRE")
    found = readings(
        [adt("A01", "1124 0800"), adt("A01", "1124 0801", pid=zeros), adt("A01", "1124 0802", pid=elsewhere)]
    )
    keys = {one.subjects[0].keys[0] for one in found}
    assert keys == {"IPP|1001", "IPP|001001", "AUTRE|1001"}
    assert chart_of(found).entries == 1


@pytest.mark.req("F34")
def test_a_feeds_zone_gives_its_times_their_offset():
    """The same wall time said by a feed of another zone is another instant."""
    (paris,), (cayenne,) = (
        readings([adt("A01", "1124 0800", at="1124 0800")], FeedRules(zone=zone))
        for zone in ("Europe/Paris", "America/Cayenne")
    )
    assert cayenne.movements[0].at_ns - paris.movements[0].at_ns == 4 * 3600 * 10**9
