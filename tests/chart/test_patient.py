"""Who a chart is about: the last word of a feed that may say so, element by element.

Method: ADT and results as senders write them, in both orders of arrival.
"""

from itertools import permutations

import pytest

from contrefeu.chart.elements import confidential, names
from tests.chart.feed import PID, adt, chart, message, only, oru

MARRIED = "PID|||1001^^^IPP^PI||MARTIN^Jeanne^^^^^L~DURAND^Jeanne^^^^^D||19480512|F"
CORRECTED = "PID|||1001^^^IPP^PI||MARTHIN^Jeanne^^^^^L||19480521|F"
A01 = adt("A01", "1124 0800", at="1124 0800")


def died(said: str, when: str = "", flag: str = "") -> bytes:
    """An A08 with PID-29 and PID-30."""
    return adt("A08", said, pid=f"{PID}{'|' * 21}{when}|{flag}")


def patient(*bodies: bytes) -> dict:
    """The Patient of the chart."""
    return only(chart(*bodies), "Patient")


def test_the_birth_name_comes_first_and_the_used_name_beside():
    """L is the birth name, D the one that is used (IHE PAM France)."""
    assert names(patient(adt("A01", "1124 0800", pid=MARRIED))) == ("MARTIN", "Jeanne", "DURAND Jeanne")


@pytest.mark.req("F26")
def test_a_corrected_name_and_birth_date_hold_in_any_order():
    """A08 and A31 correct who somebody is; the older message that comes later changes nothing."""
    for event in ("A08", "A31", "A28"):
        later = adt(event, "1124 0900", pid=CORRECTED)
        for order in permutations((A01, later)):
            found = patient(*order)
            assert (found["name"][0]["family"], found["birthDate"]) == ("MARTHIN", "1948-05-21")


@pytest.mark.req("F26")
def test_a_result_never_renames_a_patient():
    """The laboratory's spelling, newer or older, is not who the patient is; it stands until admissions speak."""
    wrong = oru("1124 1200", "NM|K^Potassium^L||4.1|mmol/L|||||F").replace(b"MARTIN", b"MARTTIN")
    assert patient(A01, wrong)["name"][0]["family"] == "MARTIN"
    assert patient(wrong, A01)["name"][0]["family"] == "MARTIN"
    assert patient(wrong)["name"][0]["family"] == "MARTTIN"


@pytest.mark.req("F1")
def test_what_a_message_leaves_out_stays_and_what_it_clears_goes():
    """Absent is no statement; "" (two double quotes) clears."""
    with_phone = adt("A01", "1124 0800", pid=PID + "||||||^^PH^^^^^^^^^0102030405")
    absent = adt("A08", "1124 0900")
    cleared = adt("A08", "1124 1000", pid=PID + '|||||""')
    assert "telecom" not in patient(A01)
    assert patient(with_phone.replace(b"||||||^^PH", b"|||||^^PH"), absent)["telecom"]
    assert "telecom" not in patient(with_phone.replace(b"||||||^^PH", b"|||||^^PH"), absent, cleared)


@pytest.mark.req("F19")
def test_a_death_holds_until_it_is_taken_back():
    """PID-29 and PID-30 say it, an absent field does not unsay it, PID-30 = N or a null does."""
    death = died("1124 1000", "20261124095500", "Y")
    assert patient(A01, death)["deceasedDateTime"] == "2026-11-24T09:55:00+01:00"
    assert patient(A01, death, adt("A08", "1124 1100"))["deceasedDateTime"] == "2026-11-24T09:55:00+01:00"
    taken_back = died("1124 1200", "", "N")
    for order in permutations((A01, death, taken_back)):
        found = patient(*order)
        assert found["deceasedBoolean"] is False
        assert "deceasedDateTime" not in found
    null = patient(A01, death, died("1124 1200", '""', '""'))
    assert "deceasedDateTime" not in null
    assert not null.get("deceasedBoolean")


@pytest.mark.req("F24")
def test_a_hidden_identity_is_marked_until_it_is_lifted():
    """PID-32 ANOM and CACH hide; a later message whose PID-32 holds neither lifts it; an absent one does not."""
    hidden = adt("A01", "1124 0800", pid=f"{PID}{'|' * 24}CACH")
    lifted = adt("A08", "1124 0900", pid=f"{PID}{'|' * 24}VALI")
    assert confidential(patient(hidden))
    assert confidential(patient(hidden, adt("A08", "1124 0830")))
    assert not confidential(patient(hidden, lifted))


@pytest.mark.req("F19")
def test_a_newborn_has_a_chart_and_names_the_mother_when_the_feed_does():
    """PID-21 links; without it nothing is guessed. Twins have an order of birth."""
    mother = f"PID|||5005^^^IPP^PI||BEBE^Un^^^^^L||202611240312|F{'|' * 13}1001^^^IPP^PI|||Y|2"
    born = message("ADT^A28", "1124 0400", "EVN||20261124040000", mother)
    made = only(chart(born, key="IPP|5005"), "Patient")
    assert made["link"][0]["other"]["identifier"]["value"] == "1001"
    assert made["multipleBirthInteger"] == 2
    assert made["_birthDate"]["extension"][0]["valueDateTime"] == "2026-11-24T03:12:00+01:00"
    assert "link" not in patient(A01)


@pytest.mark.req("F10")
def test_an_hour_of_birth_goes_with_its_day():
    """A corrected birth date takes the hour of the wrong day away; the same day said without hour keeps it."""
    precise = "PID|||1001^^^IPP^PI||MARTIN^Jeanne^^^^^L||202611240312|F"
    born = adt("A28", "1124 0400", pid=precise, visit="")
    same = adt("A31", "1124 0500", pid=precise.replace("202611240312", "20261124"), visit="")
    other = adt("A31", "1124 0600", pid=precise.replace("202611240312", "20261123"), visit="")
    assert patient(born, same)["_birthDate"]
    for order in permutations((born, same, other)):
        found = patient(*order)
        assert found["birthDate"] == "2026-11-23"
        assert "_birthDate" not in found


def test_a_mother_named_again_changes_nothing():
    """The entry that a patient's identity comes from is the one that changed it, not the last that repeated it."""
    born = f"PID|||5005^^^IPP^PI||BEBE^Un^^^^^L||20261124|F{'|' * 13}1001^^^IPP^PI"
    first, again = (message("ADT^A28", f"1124 0{at}00", f"EVN||202611240{at}0000", born) for at in (4, 5))
    once, twice = (chart(*told, key="IPP|5005").identity for told in ([first], [first, again]))
    assert once.ref
    assert once.ref == twice.ref
    assert len(twice.links) == 1
