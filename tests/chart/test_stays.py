"""A stay says where a patient is as its movements' own times say, whatever the order in which they arrive.

Method: bytes of ADT messages through the reader into a chart; then the same messages in every order of arrival, and in
orders that hypothesis draws, compared with what the feed's order gave.
"""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contrefeu.chart.boards import board_row, place_of
from contrefeu.chart.fold import Chart, to_bundle
from contrefeu.chart.hits import hit_at, hit_of
from tests.chart.feed import PID, adt, chart, message, ns, only, oru, resources

A01 = adt("A01", "1124 0800", at="1124 0800")
A02 = adt("A02", "1124 0930", at="1124 0930", place="REA^3^B")
A02_LATER = adt("A02", "1124 1100", at="1124 1100", place="CHIR^7^C")
A03 = adt("A03", "1124 1200", at="1124 1200", place="CHIR^7^C")
A08 = adt("A08", "1124 1300", place="CARD^1^Z")

# The same story with movements that have numbers (IHE PAM France)
Z01 = adt("A01", "1124 0800", at="1124 0800", zbe="1|INSERT|N")
Z02 = adt("A02", "1124 0930", at="1124 0930", zbe="2|INSERT|N", place="REA^3^B")
Z02_MOVED = adt("Z99", "1124 0945", at="1124 0920", zbe="2|UPDATE|Y|A02", place="REA^5^D")
Z03 = adt("A03", "1124 1200", at="1124 1200", zbe="3|INSERT|N", place="REA^5^D")
Z13 = adt("A13", "1124 1210", at="1124 1200", zbe="3|CANCEL|N|A03", place="REA^5^D")


def now(made: Chart) -> tuple[str, str]:
    """Status of the only stay, and where the patient lies."""
    return only(made, "Encounter")["status"], "^".join(place_of(made)[:3])


def test_a_discharge_that_is_announced_ends_no_stay_before_its_hour():
    """Sent at 10:00 for 14:00: in bed until then, with the hour said; left from then on, message or not."""
    made = chart(A01, adt("A03", "1124 1000", at="1124 1400"))

    assert now(made) == ("in-progress", "CARD^12^A")
    assert only(made, "Encounter")["period"]["end"] == "2026-11-24T14:00:00+01:00"
    assert board_row(made, ns("1124 1359")).bed == "A"
    assert board_row(made, ns("1124 1400")) is None
    assert (hit_of(made).bed, hit_at(hit_of(made), ns("1124 1400")).state) == ("12 A", "left")
    assert place_of(made, ns("1124 1400")) == []
    (known,) = [one["resource"] for one in to_bundle(made, ns("1124 1400"))["entry"] if "period" in one["resource"]]
    assert known["status"] == "finished"
    made.last_received_ns = ns("1124 1401")  # an entry of after that hour says what time it is
    assert now(made) == ("finished", "")
    called_off = chart(A01, adt("A03", "1124 1000", at="1124 1400"), adt("A13", "1124 1100"))
    assert "end" not in only(called_off, "Encounter")["period"]


@pytest.mark.req("F26")
@pytest.mark.parametrize(
    ("story", "found"),
    [
        ([A01], ("in-progress", "CARD^12^A")),
        ([A01, A02], ("in-progress", "REA^3^B")),
        ([A01, A02, A03], ("finished", "")),
        ([A01, A02, A03, A08], ("finished", "")),
        ([A01, A02, adt("A12", "1124 0940", happened="1124 0930")], ("in-progress", "CARD^12^A")),
        ([A01, A02, adt("A12", "1124 0940")], ("in-progress", "CARD^12^A")),
        ([A01, adt("A11", "1124 0810", happened="1124 0800")], ("cancelled", "")),
        ([A01, A02, adt("A11", "1124 0950")], ("cancelled", "")),
        ([A01, A02, A03, adt("A13", "1124 1205", happened="1124 1200")], ("in-progress", "REA^3^B")),
        ([A01, adt("A21", "1124 0900", at="1124 0900")], ("onleave", "CARD^12^A")),
        ([A01, adt("A21", "1124 0900", at="1124 0900"), adt("A22", "1124 1000")], ("in-progress", "CARD^12^A")),
        ([A01, adt("A21", "1124 0900", at="1124 0900"), adt("A52", "1124 0910")], ("in-progress", "CARD^12^A")),
        ([adt("A05", "1120 1000", at="1125 0800")], ("planned", "")),
        ([adt("A05", "1120 1000", at="1125 0800"), adt("A38", "1121 1000")], ("cancelled", "")),
        ([adt("A05", "1120 1000", at="1124 0700", place="CARD^1^1"), A01], ("in-progress", "CARD^12^A")),
        ([adt("A04", "1124 0800", at="1124 0800", place="URG^B3", inside="E")], ("in-progress", "URG^B3^")),
        (
            [adt("A04", "1124 0800", at="1124 0800", place="URG^B3", inside="E"), adt("A06", "1124 0900")],
            ("in-progress", "CARD^12^A"),
        ),
        ([A01, adt("A07", "1124 0900", place="CONS", inside="O")], ("in-progress", "CONS^^")),
        ([A01, adt("A28", "1124 0900", place="REA^3^B"), adt("A31", "1124 0910", place="REA^3^B")], now(chart(A01))),
        ([A01, adt("Z99", "1124 0900", place="REA^3^B")], ("in-progress", "CARD^12^A")),
        ([A01, adt("A20", "1124 0900", place="REA^3^B")], ("in-progress", "CARD^12^A")),
        ([A01, adt("A08", "1124 0900", place="REA^3^B")], ("in-progress", "CARD^12^A")),
    ],
)
def test_each_event_does_what_its_table_says(story, found):
    """Admission, transfer, discharge, leave, their cancellations, planned stays, outpatients; the rest moves nobody."""
    assert now(chart(*story)) == found


@pytest.mark.req("F26")
@pytest.mark.parametrize(
    "story",
    [
        (A01, A02, A02_LATER, A03),
        (A01, A02, adt("A12", "1124 0940", happened="1124 0930")),
        (A01, A02, A03, adt("A13", "1124 1205", happened="1124 1200")),
        (A01, adt("A11", "1124 0810", happened="1124 0800"), adt("A01", "1124 0815", at="1124 0800")),
        (A01, adt("A21", "1124 0900", at="1124 0900"), adt("A22", "1124 1000", at="1124 1000")),
        (A01, A03, adt("A13", "1124 1205"), adt("A03", "1124 1230", at="1124 1230")),
        (Z01, Z02, Z02_MOVED, Z03),
        (Z01, Z02, Z02_MOVED, Z03, Z13),
        (Z01, adt("A11", "1124 0805", at="1124 0800", zbe="1|CANCEL|N|A01"), A08),
        (adt("A05", "1120 1000", at="1124 0700"), A01, A03, A08),
    ],
    ids=[
        "transfers",
        "A12",
        "A13",
        "A11 and again",
        "leave",
        "two discharges",
        "Z99",
        "ZBE A13",
        "ZBE A11",
        "late A08",
    ],
)
def test_any_order_of_arrival_gives_the_same_place(story):
    """Every permutation of a story, as networks and catching up make them, ends where the story ends."""
    told = only(chart(*story), "Encounter")
    for order in permutations(story):
        found = only(chart(*order), "Encounter")
        assert {**found, "meta": None} == {**told, "meta": None}


@pytest.mark.req("F27")
@given(
    moves=st.lists(
        st.tuples(
            st.integers(1, 4),  # movement id
            st.sampled_from(["INSERT", "UPDATE", "CANCEL"]),
            st.sampled_from(["A01", "A02", "A03", "A21", "A22"]),
            st.integers(0, 50),  # its time, in minutes
            st.booleans(),  # historic
            st.sampled_from(["CARD^12^A", "REA^3^B", "CHIR^7^C", ""]),
        ),
        min_size=1,
        max_size=7,
    ),
    data=st.data(),
)
def test_numbered_movements_end_alike_in_any_order(moves, data):
    """Inserted, updated, cancelled, historic, said twice: what was said and when decides, not arrival."""
    story = [
        adt(
            event,
            f"1124 10{said:02d}",
            at=f"1124 08{minute:02d}",
            place=place,
            zbe=f"{id_}|{action}|{'Y' if historic else 'N'}|{event}",
        )
        for said, (id_, action, event, minute, historic, place) in enumerate(moves)
    ]
    shuffled = data.draw(st.permutations(story))
    told, found = (only(chart(*order), "Encounter") for order in (story, shuffled))
    assert {**found, "meta": None} == {**told, "meta": None}
    assert place_of(chart(*story)) == place_of(chart(*shuffled))


@pytest.mark.req("F26")
@given(
    moves=st.lists(
        st.tuples(
            st.sampled_from(["A01", "A02", "A03", "A05", "A11", "A12", "A13", "A21", "A22", "A38", "A52", "A08"]),
            st.integers(0, 9),  # its time, in minutes
            st.sampled_from(["CARD^12^A", "REA^3^B", ""]),
        ),
        min_size=1,
        max_size=7,
    ),
    data=st.data(),
)
def test_movements_without_numbers_end_alike_in_any_order(moves, data):
    """Without ZBE a cancellation finds what it cancels by kind and time; arrival changes nothing."""
    story = [
        adt(event, f"1124 10{said:02d}", at=f"1124 080{minute}", place=place)
        for said, (event, minute, place) in enumerate(moves)
    ]
    shuffled = data.draw(st.permutations(story))
    told, found = (resources(chart(*order), "Encounter") for order in (story, shuffled))
    assert [{**one, "meta": None} for one in found] == [{**one, "meta": None} for one in told]
    assert place_of(chart(*story)) == place_of(chart(*shuffled))


@pytest.mark.req("F27")
def test_an_update_replaces_what_its_movement_said():
    """Z99 UPDATE of movement 2 corrects bed and time; the place before it ends when the corrected one begins."""
    found = only(chart(Z01, Z02, Z02_MOVED), "Encounter")["location"]
    assert [(one["location"]["display"], one["status"], one["period"]) for one in found] == [
        ("CARD 12 A", "completed", {"start": "2026-11-24T08:00:00+01:00", "end": "2026-11-24T09:20:00+01:00"}),
        ("REA", "active", {"start": "2026-11-24T09:20:00+01:00"}),
        ("5", "active", {"start": "2026-11-24T09:20:00+01:00"}),
        ("D", "active", {"start": "2026-11-24T09:20:00+01:00"}),
    ]


@pytest.mark.req("F27")
def test_correcting_a_discharge_does_not_readmit():
    """22 of the real Z99 correct a discharge: its time changes, and the patient is still gone."""
    corrected = adt("Z99", "1124 1400", at="1124 1145", zbe="3|UPDATE|N|A03")
    made = chart(Z01, Z03, corrected)
    assert now(made) == ("finished", "")
    assert only(made, "Encounter")["period"]["end"] == "2026-11-24T11:45:00+01:00"
    assert now(chart(corrected)) == ("finished", ""), "also when nothing else of the stay was ever heard"


@pytest.mark.req("F27")
@pytest.mark.parametrize("minute", ["0700", "0850", "1300"])
def test_a_historic_movement_never_changes_the_present_place(minute):
    """ZBE-5 = Y: entered late, it stands in the past, even when its time is wrong and lies in the future."""
    historic = adt("A02", "1124 1000", at=f"1124 {minute}", zbe="9|INSERT|Y|A02", place="URG^1^1")
    made = chart(Z01, Z02, historic)
    assert now(made) == ("in-progress", "REA^3^B")
    assert "URG 1 1" in [one["location"]["display"] for one in only(made, "Encounter")["location"]]


@pytest.mark.req("F27")
def test_historic_movements_alone_say_nothing_of_the_present():
    """A stay of which only the past is known is not in progress, and its patient is on no board."""
    made = chart(adt("Z99", "1124 1000", at="1120 0800", zbe="9|UPDATE|Y|A04"))
    assert now(made) == ("unknown", "")
    assert board_row(made, ns("1124 1000")) is None


@pytest.mark.req("F27")
def test_a_correction_that_calls_the_present_movement_historic_keeps_it():
    """What was the present movement once stays so: an UPDATE marked Y of a movement that was inserted N."""
    made = chart(Z01, adt("Z99", "1124 0900", at="1124 0810", zbe="1|UPDATE|Y|A01"))
    assert now(made) == ("in-progress", "CARD^12^A")


def test_a_historic_leave_and_return_leave_the_patient_in():
    """A leave of last week that is entered today does not put the patient out of the house."""
    made = chart(
        Z01,
        adt("A21", "1124 1000", at="1124 0830", zbe="5|INSERT|Y|A21"),
        adt("A22", "1124 1001", at="1124 0840", zbe="6|INSERT|Y|A22"),
    )
    assert now(made) == ("in-progress", "CARD^12^A")


@pytest.mark.req("F27")
def test_a_cancellation_before_its_movement_voids_it_beforehand():
    """CANCEL of movement 2 comes first, its INSERT later: the patient never left the first ward."""
    cancelled = adt("A12", "1124 0935", at="1124 0930", zbe="2|CANCEL|N|A02", place="CARD^12^A")
    assert now(chart(Z01, cancelled, Z02)) == ("in-progress", "CARD^12^A")


def test_an_admission_that_is_said_again_after_its_cancellation_stands():
    """Admitted, cancelled, admitted again at the same minute: the patient is in."""
    again = adt("A01", "1124 0820", at="1124 0800", place="CARD^14^B")
    assert now(chart(A01, adt("A11", "1124 0810"), again)) == ("in-progress", "CARD^14^B")
    numbered = adt("A01", "1124 0820", at="1124 0800", zbe="1|INSERT|N", place="CARD^14^B")
    cancelled = adt("A11", "1124 0810", at="1124 0800", zbe="1|CANCEL|N|A01")
    assert now(chart(Z01, cancelled, numbered)) == ("in-progress", "CARD^14^B")


@pytest.mark.req("F26")
def test_results_and_orders_move_nobody():
    """PV1-3 of a result is often stale: the laboratory's ward is not where the patient lies."""
    stale = oru("1124 1500", "NM|K^Potassium^L||4.1|mmol/L|||||F").replace(
        b"\rORC|", b"\rPV1||I|LABO^9^9||||||||||||||||V1^^^SEJ^VN\rORC|", 1
    )
    assert now(chart(A01, stale)) == ("in-progress", "CARD^12^A")


def test_movements_of_one_minute_stand_in_the_order_they_were_said():
    """Senders write minutes: admission and transfer at 08:00 end in the ward that was said last, in any order."""
    first = adt("A01", "1124 080001", at="1124 0800", zbe="1|INSERT|N")
    second = adt("A02", "1124 080002", at="1124 0800", zbe="2|INSERT|N", place="REA^3^B")
    assert now(chart(first, second)) == now(chart(second, first)) == ("in-progress", "REA^3^B")


def test_a_place_that_was_planned_is_no_place_to_have_lain_in():
    """A bed reserved in a ward stands as planned until the patient comes, and no trace when they lie elsewhere."""
    planned = adt("A05", "1120 1000", at="1124 0700", place="CHIR^7^C")
    before = only(chart(planned), "Encounter")["location"]
    assert {one["status"] for one in before} == {"planned"}
    after = only(chart(planned, A01), "Encounter")["location"]
    assert [one["location"]["display"] for one in after] == ["CARD", "12", "A"]


def test_an_admission_without_a_bed_is_not_in_the_planned_one():
    """PV1-3 is empty in the A01: the planned bed is not the patient's bed."""
    planned = adt("A05", "1120 1000", at="1124 0700", place="CHIR^7^C")
    assert place_of(chart(planned, adt("A01", "1124 0800", at="1124 0800", place=""))) == []


def test_a_visit_to_a_clinic_leaves_the_patient_in_bed():
    """Of two open stays the hospital bed goes before the outpatients' desk, whichever was said last."""
    clinic = adt("A04", "1124 1000", at="1124 1000", place="CONS^1", visit="V2", inside="O")
    assert place_of(chart(A01, clinic))[0] == "CARD"
    assert place_of(chart(clinic, A01))[0] == "CARD"
    assert place_of(chart(A01, A03, clinic))[0] == "CONS"


def test_a_second_stay_begins_where_the_first_one_ended():
    """A readmission under a new number is a stay of its own; the old one stays finished."""
    again = adt("A01", "1126 0800", at="1126 0800", visit="V2", place="REA^1^A")
    made = chart(A01, A03, again)
    assert sorted(one["status"] for one in resources(made, "Encounter")) == ["finished", "in-progress"]
    assert place_of(made) == ["REA", "1", "A", ""]


def test_what_is_said_of_a_stay_follows_its_own_times():
    """An A08 of 09:00 that arrives after one of 10:00 changes no element that the later one said."""
    doctor = "PV1||I|CARD^12^A||||{}||||||||||||V1^^^SEJ^VN"
    early = message("ADT^A08", "1124 0900", "EVN||20261124090000", PID, doctor.format("1^DUPONT"))
    late = message("ADT^A08", "1124 1000", "EVN||20261124100000", PID, doctor.format("2^DURAND"))
    for order in ((A01, early, late), (A01, late, early)):
        who = only(chart(*order), "Encounter")["participant"]
        assert [one["individual"]["display"] for one in who] == ["DURAND"]


def test_swapped_patients_both_move():
    """A17: two patients change beds in one message, and each chart has its own."""
    other = "PID|||2002^^^IPP^PI||PETIT^Ali^^^^^L||19700101|M"
    swap = message(
        "ADT^A17",
        "1124 1000",
        "EVN||20261124100000",
        PID,
        "PV1||I|REA^3^B" + "|" * 16 + "V1^^^SEJ^VN",
        other,
        "PV1||I|CARD^12^A" + "|" * 16 + "V9^^^SEJ^VN",
    )
    story = (A01, adt("A01", "1124 0805", at="1124 0805", place="REA^3^B", visit="V9", pid=other), swap)
    assert place_of(chart(*story))[:3] == ["REA", "3", "B"]
    assert place_of(chart(*story, key="IPP|2002"))[:3] == ["CARD", "12", "A"]


@pytest.mark.req("F26")
@pytest.mark.parametrize("event", ["A08", "A31", "A28", "A60"])
def test_an_event_that_moves_nobody_moves_nobody_with_a_movement_too(event):
    """Some senders put ZBE in an A08: the person and the stay are updated, the discharge stays one (FIELD F26)."""
    for zbe in ("3|UPDATE|N|", "3|INSERT|N|", "4|INSERT|N|"):
        again = adt(event, "1124 1300", at="1124 1230", zbe=zbe, place="REA^5^D")
        assert now(chart(Z01, Z03, again)) == ("finished", "")


@pytest.mark.req("F27")
def test_a_correction_that_does_not_say_what_it_corrects_keeps_the_kind():
    """Z99 without ZBE-6 of the discharge: its time changes, and it stays a discharge."""
    corrected = adt("Z99", "1124 1400", at="1124 1145", zbe="3|UPDATE|N|")
    for order in permutations((Z01, Z03, corrected)):
        assert now(chart(*order)) == ("finished", "")


@pytest.mark.parametrize(
    "alone",
    [
        adt("A12", "1124 0900", at="1124 0830", zbe="2|CANCEL|N|A02"),
        adt("A12", "1124 0900", at="1124 0830"),
        adt("Z99", "1124 0900", at="1124 0830", zbe="2|UPDATE|N|"),
        adt("A08", "1124 0900"),
    ],
    ids=["ZBE A12", "A12", "Z99 of no kind", "A08"],
)
def test_a_stay_known_by_its_middle_alone_is_neither_cancelled_nor_finished(alone):
    """The feed began in the middle of a stay: its state is unknown, and says so."""
    assert now(chart(alone)) == ("unknown", "")


@pytest.mark.req("F27")
def test_a_historic_movement_after_a_discharge_readmits_nobody():
    """Entered late, with a time past the discharge: the patient is gone all the same."""
    for event in ("A02", "A06", "A21", "A22", "A01"):
        late = adt(event, "1124 1400", at="1124 1300", zbe=f"9|INSERT|Y|{event}", place="URG^1^1")
        assert now(chart(Z01, Z03, late)) == ("finished", "")


def test_a_correction_does_not_change_which_of_one_minute_came_first():
    """Admission and transfer of one minute; the admission is corrected later, and is still before the transfer."""
    first = adt("A01", "1124 080001", at="1124 0800", zbe="1|INSERT|N")
    second = adt("A02", "1124 080002", at="1124 0800", zbe="2|INSERT|N", place="REA^3^B")
    corrected = adt("Z99", "1124 0900", at="1124 0800", zbe="1|UPDATE|N|A01", place="CARD^12^C")
    for order in permutations((first, second, corrected)):
        assert now(chart(*order)) == ("in-progress", "REA^3^B")
