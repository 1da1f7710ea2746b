"""A search finds a patient by any name, any number, the birth date and the bed, and says where they are.

Method: stories of messages; the words of a chart compared with the words that somebody types.
"""

import pytest

from contrefeu.chart.hits import hit_of, search_words
from contrefeu.chart.spelling import asked_date, bed_word, name_words, number_word
from contrefeu.chart.views import PatientHit
from tests.chart.feed import PID, adt, chart, message, oru

MARRIED = "PID|||001001^^^IPP^PI~190023^^^AUTRE^PI||LE GOFF^Éléonore^Marie Anne^^^^L~D’ŒUVRE^Éléonore^^^^^D||19480512|F"
A01 = adt("A01", "1124 0800", at="1124 0800", pid=MARRIED)


def test_a_hit_says_who_where_and_whether_they_are_in():
    """Birth name first, used name beside, numbers, ward, bed, world, presence."""
    made = chart(A01, key="IPP|001001")
    assert hit_of(made) == PatientHit(
        id=made.id,
        name="LE GOFF Éléonore (D’ŒUVRE Éléonore)",
        birth_date="1948-05-12",
        identifiers=["IPP 001001", "IPP 190023"],
        ward="CARD",
        bed="12 A",
        sex="female",
        world="P",
        state="in",
    )


@pytest.mark.req("W6")
@pytest.mark.parametrize(
    "typed",
    [
        *name_words("le goff"),
        *name_words("LEGOFF"),
        *name_words("eleonore"),
        *name_words("marie"),
        *name_words("Anne"),
        *name_words("oeuvre"),
        number_word("001001"),
        number_word("190023"),
        number_word("v1"),
        asked_date("12/05/1948"),
        asked_date("05/1948"),
        asked_date("1948"),
        bed_word("12A"),
        bed_word("12"),
        *name_words("card"),
    ],
)
def test_a_patient_is_found_by_what_people_type(typed):
    """Either name, each given name, every number, the date in its forms, the bed and the ward."""
    assert typed in search_words(chart(A01, key="IPP|001001"))


def test_leading_zeros_belong_to_a_number():
    """1001 is another patient than 001001."""
    assert number_word("1001") not in search_words(chart(A01, key="IPP|001001"))


@pytest.mark.req("F32", "W6")
def test_an_old_number_still_finds_its_patient():
    """After a merge the wristband of the lost number is read and leads to the survivor; it is not shown as theirs."""
    merge = message("ADT^A40", "1124 0900", "EVN||20261124090000", PID, "MRG|2002^^^IPP^PI")
    other = adt("A04", "1120 0800", at="1120 0800", pid=PID.replace("1001^", "2002^"), visit="V7")
    made = chart(other, adt("A01", "1124 0800", at="1124 0800"), merge)
    assert number_word("2002") in search_words(made)
    assert hit_of(made).identifiers == ["IPP 1001"]


@pytest.mark.parametrize(
    ("story", "state"),
    [
        ([adt("A01", "1124 0800")], "in"),
        ([adt("A01", "1124 0800", place="")], "in"),
        ([adt("A01", "1124 0800"), adt("A03", "1124 0900")], "left"),
        ([adt("A05", "1124 0800")], ""),
        ([adt("A01", "1124 0800"), adt("A08", "1124 0900", pid=f"{PID}{'|' * 21}20261124085000|Y")], "deceased"),
        ([oru("1124 0900", "NM|K^Potassium^L||4.1|mmol/L|||||F")], ""),
    ],
    ids=["in", "in without a bed", "left", "planned", "deceased", "known by a result"],
)
def test_a_hit_says_whether_the_patient_is_here(story, state):
    """Present, gone, dead, or not said: never a guess."""
    assert hit_of(chart(*story)).state == state


def test_a_patient_without_a_name_has_words_all_the_same():
    """Somebody unknown, under a provisional number: the number and the bed find them."""
    words = search_words(chart(adt("A01", "1124 0800", pid="PID|||1001^^^IPP^PI")))
    assert number_word("1001") in words
    assert "" not in words


@pytest.mark.parametrize(
    ("place", "bed"),
    [("CARD^12^A", "12 A"), ("CARD^12^12A", "12A"), ("CARD^12^", "12"), ("CARD^^A", "A"), ("CARD", "")],
)
def test_a_bed_is_said_with_its_room(place, bed):
    """ "F" alone is a bed of every room."""
    made = chart(adt("A01", "1124 0800", at="1124 0800", place=place))
    assert (hit_of(made).ward, hit_of(made).bed) == ("CARD", bed)
