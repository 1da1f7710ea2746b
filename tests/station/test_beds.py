"""The beds of the house: the same numbers as the boards, in words to read aloud and in FHIR, and no patient."""

import json

import pytest
from fhir.resources.R4B import get_fhir_model_class

from tests.chart.feed import adt
from tests.station.folded import at_work, house
from tests.station.living import in_downtime
from tests.station.visitors import text_of, visitor


@pytest.mark.req("T2")
def test_the_text_says_what_each_board_says():
    """A patient comes into bed 1 of three: two are free at once, in both languages; a ward without beds says so."""
    charts = house()
    who = at_work("crise", charts)
    assert "Cardiologie : libres 3 sur 3 ; patients 0" in text_of(who.get("/beds"))
    charts.feed(adt("A01", "1124 0200", place="CARD^^1"))
    page = text_of(who.get("/beds"))
    assert "Cardiologie : libres 2 sur 3 ; patients 1" in page
    assert "Urgences : lits non connus ; patients 0" in page
    assert "martin" not in page.casefold().replace("dr claire martin", "")
    english = text_of(who.get("/beds", accept_language="en"))
    assert "Cardiologie: free 2 of 3; patients 1" in english
    assert "Please read the numbers back to me." in english


@pytest.mark.req("T2")
def test_fhir_says_the_same_numbers_and_is_valid_r4():
    """A Location a ward, part of the house; a ward whose beds nobody named says no free beds at all."""
    charts = house()
    charts.feed(adt("A01", "1124 0200", place="CARD^^1"))
    answer = at_work("crise", charts).get("/beds.json")
    assert answer.headers["content-type"].startswith("application/fhir+json")
    bundle = json.loads(answer.content)
    get_fhir_model_class("Bundle").model_validate(bundle)
    found = {
        one["resource"]["identifier"][0]["value"]: {
            part["url"]: part["valueInteger"] for part in one["resource"]["extension"][0]["extension"]
        }
        for one in bundle["entry"][1:]
    }
    assert found["CARD"] == {"patients": 1, "coming": 0, "leaving": 0, "isolated": 0, "known": 3, "free": 2}
    assert "free" not in found["URG"]


def test_an_exercise_says_so_first():
    """Nobody takes an exercise's beds for real ones, on the telephone or in a machine."""
    who = visitor("crise", charts=in_downtime())
    assert "EXERCICE, EXERCICE, EXERCICE" in text_of(who.get("/beds"))
    bundle = json.loads(who.get("/beds.json").content)
    assert all(one["resource"]["meta"]["security"][0]["code"] == "HTEST" for one in bundle["entry"])
    assert who.looks("board")
