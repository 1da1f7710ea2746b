"""Who, where, and which numbers are one patient: as admissions say it, and no more.

Method: messages of each event, in HL7's and IHE PAM France's way, read and folded.
"""

import pytest

from contrefeu.mapping import FeedRules, Link
from tests.mapping.messages import bundle, reading

PID = "PID|1||123^^^CHU^PI||ESSAI^ADA||19500324|F"
OTHER = "PID|2||456^^^CHU^PI||AUTRE^BOB"
EVN = "EVN||20261124083000||||20261124080000"
PV1 = "PV1|1|I|CARD^101^1^CHU||||||||||||||||V1^^^CHU"


def _moves(event: str, *segments: str) -> list[tuple[str, str, str]]:
    found = reading(f"ADT^{event}", *segments)
    return [(one.visit, one.action, one.kind) for one in found.movements]


@pytest.mark.parametrize(
    ("event", "action", "kind"),
    [
        ("A01", "insert", "admit"), ("A02", "insert", "transfer"), ("A03", "insert", "discharge"),
        ("A04", "insert", "admit"), ("A05", "insert", "plan"), ("A06", "insert", "class"), ("A07", "insert", "class"),
        ("A09", "insert", "leave"), ("A10", "insert", "return"), ("A11", "cancel", "admit"),
        ("A12", "cancel", "transfer"), ("A13", "cancel", "discharge"), ("A14", "insert", "plan"),
        ("A21", "insert", "leave"), ("A22", "insert", "return"), ("A23", "insert", "delete"),
        ("A27", "cancel", "plan"), ("A32", "cancel", "return"), ("A33", "cancel", "leave"), ("A38", "cancel", "plan"),
        ("A52", "cancel", "leave"), ("A53", "cancel", "return"),
    ],
)  # fmt: skip
@pytest.mark.req("F30")
def test_events_move_as_the_standard_says(event, action, kind):
    """Each event that moves or takes a move back."""
    assert _moves(event, EVN, PID, PV1) == [("visit:CHU|V1", action, kind)]


@pytest.mark.req("F26", "F30")
@pytest.mark.parametrize(
    "event",
    [
        "A08",
        "A15",
        "A16",
        "A18",
        "A20",
        "A24",
        "A25",
        "A26",
        "A28",
        "A29",
        "A30",
        "A31",
        "A34",
        "A37",
        "A39",
        "A40",
        "A43",
        "A47",
        "A54",
        "A55",
        "A61",
        "A62",
        "Z99",
        "A77",
    ],
)
def test_events_that_move_nobody_move_nobody(event):
    """Updates, pending moves, merges and unknown events leave everybody where they are."""
    assert _moves(event, EVN, PID, PV1, "MRG|456^^^CHU^PI") == []


@pytest.mark.req("F30")
def test_an_unknown_event_is_told():
    """It is shown as not understood, and the person is charted all the same."""
    found = reading("ADT^A77", EVN, PID, PV1)
    assert not found.understood
    assert found.patient is not None


@pytest.mark.req("F32")
@pytest.mark.parametrize("event", ["A18", "A30", "A34", "A36", "A39", "A40", "A46", "A47"])
def test_merges_link_the_lost_number_to_the_survivor(event):
    """PID survives, MRG-1 is lost; each repetition of it."""
    found = reading(f"ADT^{event}", EVN, PID, "MRG|456^^^CHU^PI~789^^^CHU^PI")
    assert found.links == [Link("merge", "CHU|123", "CHU|456"), Link("merge", "CHU|123", "CHU|789")]


@pytest.mark.req("F32")
def test_a_sender_may_merge_the_other_way_round():
    """By its profile MRG-1 survives; what PID says of the lost number is not taken for the survivor's."""
    found = reading("ADT^A40", EVN, PID, "MRG|456^^^CHU^PI", rules=FeedRules(survivor="MRG"))
    assert found.links == [Link("merge", "CHU|456", "CHU|123")]
    assert (found.patient, found.identifies) == (None, False)
    assert [one.where for one in found.loss] == ["PID"]
    apart = reading("ADT^A37", EVN, PID, PV1, OTHER, rules=FeedRules(survivor="MRG"))
    assert apart.links == [Link("unmerge", "CHU|123", "CHU|456")]


def test_an_unlinking_names_two_patients():
    """A37 has two PID and no MRG."""
    assert reading("ADT^A37", EVN, PID, PV1, OTHER).links == [Link("unmerge", "CHU|123", "CHU|456")]
    alone = reading("ADT^A37", EVN, PID)
    assert (alone.links, alone.understood) == ([], False)


def test_a_merge_that_names_one_number_links_nothing():
    """No MRG-1: nothing is guessed, and it is shown as not understood."""
    found = reading("ADT^A40", EVN, PID, "MRG|")
    assert (found.links, found.understood) == ([], False)


@pytest.mark.parametrize("event", ["A49", "A50"])
def test_a_stay_with_a_new_number_is_one_stay(event):
    """A50: the patient lies in one bed, under the new number; the old stay is an error, not a second one."""
    before = reading("ADT^A01", EVN, PID, PV1)
    pv1 = PV1.replace("V1^^^", "V2^^^") + "|" * 24 + "|20261124080000"
    after = reading(f"ADT^{event}", EVN, PID, pv1, "MRG|123^^^CHU^PI||||V1^^^CHU", n=2)
    stays = {one["identifier"][0]["value"]: one for one in bundle(before, after)["Encounter"]}
    assert stays["V1"]["status"] == "entered-in-error"
    assert stays["V2"]["status"] == "in-progress"
    assert [part["location"]["display"] for part in stays["V2"]["location"]] == ["CARD", "101", "1"]


@pytest.mark.parametrize("event", ["A44", "A45"])
def test_a_stay_that_was_anothers_leaves_the_other_chart(event):
    """The record system corrects an identity: the stay is no more the first patient's, and somebody is told to look."""
    found = reading(f"ADT^{event}", EVN, PID, PV1, "MRG|456^^^CHU^PI||||V1^^^CHU")
    (other,) = found.also
    assert other.subjects[0].keys == ["CHU|456"]
    assert [(one.visit, one.kind) for one in other.movements] == [("visit:CHU|V1", "delete")]
    assert other.loss


@pytest.mark.req("F27")
def test_a_corrected_discharge_readmits_nobody():
    """Z99, ZBE-4 UPDATE: it replaces the movement that it names; without ZBE-6 that movement stays what it was."""
    zbe = "ZBE|M1^CPAGE|20261124100000||{}|N|{}"
    readings = [
        reading("ADT^A01", EVN, PID, PV1, zbe.format("INSERT", "").replace("M1", "M0"), n=1),
        reading("ADT^A03", EVN, PID, PV1, zbe.format("INSERT", ""), n=2, time="20261124100500"),
        reading(
            "ADT^Z99", EVN, PID, PV1, zbe.format("UPDATE", "").replace("100000", "110000"), n=3, time="20261124110500"
        ),
    ]
    (stay,) = bundle(*readings)["Encounter"]
    assert (stay["status"], stay["period"]["end"]) == ("finished", "2026-11-24T11:00:00+01:00")


@pytest.mark.req("F27")
def test_movements_are_known_by_their_number():
    """ZBE-1 to ZBE-7: number, time, action, historic, event that is corrected, responsible unit."""
    zbe = "ZBE|M1^CPAGE|20261124100000||UPDATE|Y|A04|^^^^^^FINESS^^^UF12^UF"
    (move,) = reading("ADT^Z99", EVN, PID, PV1, zbe).movements
    assert (move.id, move.action, move.kind, move.historic) == ("CPAGE|M1", "update", "admit", True)
    assert move.at == "2026-11-24T10:00:00+01:00"


@pytest.mark.req("F23")
@pytest.mark.parametrize(
    ("pid3", "keys"),
    [
        ("00123^^^CHU^PI", ["CHU|00123"]),
        ("123^^^CHU&1.2.250.1&ISO^PI", ["CHU|123"]),
        ("123^^^&1.2.250.1&ISO^PI", ["1.2.250.1|123"]),
        ("123", ["LAB@CHU|123"]),
        ("V9^^^CHU^VN~123^^^CHU^PI", ["CHU|123"]),
        ("R1^^^REG^RRI~123^^^CHU^PI", ["CHU|123", "REG|R1"]),
        ("285057800608477^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.8&ISO^INS~123^^^CHU^PI", ["CHU|123"]),
        ("285057800608477^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.10&ISO^INS", []),
        ("0000^^^CHU^PI", []), ("INCONNU^^^CHU^PI", []), ("999999^^^CHU", []), ("", []), ('""', []),
    ],
)  # fmt: skip
def test_a_chart_is_named_by_the_local_number(pid3, keys):
    """Authority and value, zeros kept; never the INS, never a visit's number, never a number that means "unknown"."""
    found = reading("ADT^A08", EVN, f"PID|1||{pid3}||ESSAI^ADA")
    assert (found.subjects[0].keys if found.subjects else []) == keys


@pytest.mark.req("F23")
def test_a_feed_without_authorities_gets_its_own():
    """What the profile declares stands where CX-4 is missing."""
    found = reading("ADT^A08", EVN, "PID|1||123||ESSAI^ADA", rules=FeedRules(authority="CHU"))
    assert found.subjects[0].keys == ["CHU|123"]


@pytest.mark.req("F22", "F24")
def test_the_ins_is_shown_with_its_status():
    """PID-3 keeps the INS as an identifier; PID-32 says whether it is qualified (VALI); ANOM hides the person."""
    pid = "PID|1||1^^^CHU^PI~2850^^^INS-NIR&1.2.250.1.213.1.4.8&ISO^INS||ESSAI^ADA||19500324|F" + "|" * 24
    found = reading("ADT^A28", EVN, pid + "VALI").patient
    assert found is not None
    assert [one["system"] for one in found["identifier"]] == ["urn:id:CHU", "urn:oid:1.2.250.1.213.1.4.8"]
    (reliability,) = found["extension"]
    assert reliability["extension"][0]["valueCoding"]["code"] == "VALI"
    assert "security" not in found
    assert "security" in (reading("ADT^A28", EVN, pid + "VALI~ANOM").patient or {})


@pytest.mark.req("F1", "F26")
def test_absent_says_nothing_and_null_clears():
    """A field left out changes nothing; "" clears, and only from a feed that may set the identity."""
    found = reading("ADT^A31", EVN, 'PID|1||123^^^CHU^PI||ESSAI^ADA||""||||||""')
    assert set(found.cleared) == {"birthDate", "telecom"}
    assert "gender" not in (found.patient or {})
    assert reading("ORU^R01", 'PID|1||123^^^CHU^PI||ESSAI^ADA||""').cleared == []


@pytest.mark.req("F33")
@pytest.mark.parametrize(("world", "read"), [("P", "P"), ("T", "T"), ("D", "T"), ("t", "T"), ("T^R", "T"), ("", "P")])
def test_a_test_message_is_of_another_world(world, read):
    """MSH-11 T or D never stands beside P."""
    assert reading("ADT^A08", EVN, PID, world=world).world == read


def test_a_doubtful_hour_is_told():
    """The hour that October repeats and the one that March skips; with an offset there is no doubt."""
    for at, doubts in (("20261025023000", 1), ("20260329023000", 1), ("20261025023000+0100", 0), ("20261124023000", 0)):
        found = reading("ADT^A01", f"EVN||{at}||||{at}", PID, PV1)
        assert len([one for one in found.loss if "clock change" in one.why]) == doubts, at


def test_several_messages_that_came_as_one_are_all_read():
    """A batch in one frame (FHS, BHS, several MSH): each message counts, under its own patient."""
    from contrefeu.mapping import read
    from tests.mapping.messages import entry, hl7

    body = b"FHS|^~\\&|A\rBHS|^~\\&|A\r" + hl7("ADT^A08", EVN, PID) + hl7("ADT^A08", EVN, OTHER) + b"BTS|2\rFTS|1\r"
    found = read(entry(body), FeedRules())
    assert [one.subjects[0].keys for one in (found, *found.also)] == [["CHU|123"], ["CHU|456"]]


def test_alerts_are_flags():
    """PV2-41 (isolation) and PV2-45 (directives) are what everybody must see; absent clears none."""
    pv2 = "PV2|" + "|" * 40 + "ISO^Isolement contact||||DNR^Ne pas réanimer"
    with_alerts = reading("ADT^A01", EVN, PID, PV1, pv2)
    later = reading("ADT^A08", EVN, PID, PV1, "PV2|", n=2)
    flags = bundle(with_alerts, later)["Flag"]
    assert sorted(one["code"]["text"] for one in flags) == ["Isolement contact", "Ne pas réanimer"]


def test_a_physician_of_ones_own_is_named():
    """ROL with ODRP, as French feeds send it, or PD1-4."""
    rol = "ROL||UC|ODRP|99000000004^MEDECIND^PRENOMD"
    found = reading("ADT^A28", EVN, PID, rol).patient or {}
    assert [one["display"] for one in found["generalPractitioner"]] == ["PRENOMD MEDECIND"]


def test_a_movement_without_a_time_keeps_its_turn():
    """An admission whose time cannot be read is where it arrived among the others, and its time is not made up."""
    times = [
        reading(f"ADT^{event}", PID, PV1, n=n, time="01/15/2025 14:30") for n, event in enumerate(("A01", "A03"), 1)
    ]
    (stay,) = bundle(*times)["Encounter"]
    assert stay["status"] == "finished"
    assert "period" not in stay
    assert "in no form that can be read" in times[0].loss[0].why


def test_a_kind_is_never_anybodys_words():
    """MSH-9 of a file that merely looks like HL7 may hold a name: it is not shown as a kind of message."""
    assert reading("ESSAI ADA^née à Rouen", PID).kind == "HL7 v2"
    assert reading("adt^a08", PID).kind == "ADT^A08"


def test_who_was_born_at_midnight_was_born_on_that_day():
    """24:00 is the end of a day: the birth date is the date that was sent, the hour is said beside it."""
    found = reading("ADT^A01", EVN, "PID|1||123^^^CHU^PI||ESSAI^ADA||202611242400|F", PV1)
    assert found.patient["birthDate"] == "2026-11-24"


def test_other_names_and_numbers_of_a_person_are_kept_and_join_nobody():
    """PID-9, PID-19, PID-20 and a degree: to be found and read; the chart is named by PID-3 alone."""
    found = reading(
        "ADT^A01", EVN, "PID|1||123^^^CHU^PI||ESSAI^ADA^^Jr^^MD||19500324|F|ALIAS^ADA" + "|" * 10 + "555|P42", PV1
    )
    assert [(one.get("use"), one["family"]) for one in found.patient["name"]] == [
        ("official", "ESSAI"),
        ("nickname", "ALIAS"),
    ]
    assert found.patient["name"][0]["suffix"] == ["Jr", "MD"]
    assert [one["value"] for one in found.patient["identifier"]] == ["123", "555", "P42"]
    assert found.subjects[0].keys == ["CHU|123"]
