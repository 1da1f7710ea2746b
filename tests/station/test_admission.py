"""Admission without the record system: who comes, known or not, lies in a bed on the board a moment later.

Method: forms sent as a browser sends them to the ward app, before a chart store that reads what they write; pages read
as words, in both languages.
"""

import re
from html import unescape

import msgspec
import pytest
from fhir.resources.R4B import get_fhir_model_class

from contrefeu.chart import FICTITIOUS, is_number, reliability_of
from contrefeu.chart.fold import to_bundle
from tests.chart.feed import adt, message
from tests.station.folded import at_work, house
from tests.station.test_care import form
from tests.station.visitors import text_of


def made(answer):
    """The chart that an admission led to."""
    assert answer.status_code == 303, text_of(answer)
    return answer.headers["location"].removeprefix("/patient/")


def searched(who, ward, born, letters=""):
    """Search who comes; the page that shows who was found."""
    answer = who.post(f"/arrive?ward={ward}", born=born, letters=letters)
    return answer, who.get(answer.headers["location"]) if answer.status_code == 303 else answer


def patient(charts, id_):
    """A chart's Patient and the rest."""
    found = [one["resource"] for one in to_bundle(charts.chart_now(id_))["entry"]]
    return found[0], found[1:]


@pytest.mark.req("D3", "F22")
@pytest.mark.parametrize(("language", "words"), [("fr", "identité provisoire"), ("en", "provisional identity")])
def test_somebody_unknown_lies_in_a_bed_at_once(language, words):
    """A name to say, a number with its check, a year that drives no age, what is seen of them: on chart and board."""
    charts = house()
    nurse = at_work("nadia", charts)
    id_ = made(form(nurse, "/arrive/unknown?ward=CARD", sex="male", age="40", seen="tatouage", bed="2", inside="EMER"))
    person, rest = patient(charts, id_)
    [number] = [one["value"] for one in person["identifier"]]
    assert is_number(number)
    assert person["birthDate"] == "1986"
    assert FICTITIOUS & set(reliability_of(person))
    page = text_of(nurse.get(f"/patient/{id_}", accept_language=language))
    assert number in page
    assert words in page
    assert "âge apparent 40 ans, tatouage" in page
    row = text_of(nurse.get("/ward/CARD", accept_language=language))
    assert person["name"][0]["family"] in row
    assert words in row
    assert "40 ans ·" not in row
    assert "lit libre 1" not in row
    for one in [person, *rest]:
        get_fhir_model_class(one["resourceType"]).model_validate(msgspec.json.decode(msgspec.json.encode(one)))
    assert nurse.looks("act")


@pytest.mark.req("F22")
def test_nobody_is_made_anew_by_name_before_a_search():
    """Birth date first, then up to three letters; who is known is proposed, and the form for a new one comes after."""
    charts = house()
    charts.feed(adt("A01", "1124 0200", place="CHIR^^11"), adt("A03", "1124 0210", at="1124 0210"))
    nurse = at_work("nadia", charts)
    assert nurse.get("/arrive/new?ward=CARD").headers["location"] == "/arrive?ward=CARD"
    refused, page = searched(nurse, "CARD", "31/02/1948")
    assert refused.status_code == 400
    assert "Une date, comme 12/03/1942." in text_of(page)
    answer, page = searched(nurse, "CARD", "12/05/1948", "mart")
    assert "MARTIN" in text_of(page)
    assert 'value="mar"' in page.text
    assert "MARTIN" not in answer.headers["location"]
    link = re.search(r'href="(/arrive/new[^"]*)"', page.text)[1]
    assert 'value="12/05/1948"' in nurse.get(unescape(link)).text


@pytest.mark.req("D3")
def test_somebody_known_begins_a_new_stay_on_their_own_chart():
    """No second chart: the stay of before and the one of now stand on one; who is in a ward is transferred instead."""
    charts = house()
    charts.feed(adt("A01", "1124 0200", place="CHIR^^11"), adt("A03", "1124 0210", at="1124 0210"))
    nurse = at_work("nadia", charts)
    _, page = searched(nurse, "CARD", "12/05/1948")
    path = unescape(re.search(r'href="(/arrive/known[^"]*)"', page.text)[1])
    id_ = made(form(nurse, path, bed="1", inside="IMP"))
    _, rest = patient(charts, id_)
    assert sorted(one["status"] for one in rest if one["resourceType"] == "Encounter") == ["finished", "in-progress"]
    assert "MARTIN Jeanne" in text_of(nurse.get("/ward/CARD"))
    again = form(nurse, path, bed="", inside="IMP")
    assert again.status_code == 400
    assert "c’est un transfert" in text_of(again)


def test_somebody_planned_comes_into_the_stay_that_was_planned():
    """The board lists who is to come; once they are there, the planned stay goes on."""
    charts = house()
    charts.feed(adt("A05", "1124 0200", at="1124 0900", place="CARD^^3"))
    nurse = at_work("nadia", charts)
    assert "Attendus 09:00 · MARTIN Jeanne · 3" in text_of(nurse.get("/ward/CARD"))
    assert "0 patient" in text_of(nurse.get("/ward/CARD"))
    [hit] = charts.told.charts.find("martin")
    id_ = made(form(nurse, f"/arrive/known/{hit.id}?ward=CARD", bed="3", inside="IMP"))
    _, rest = patient(charts, id_)
    assert [one["status"] for one in rest if one["resourceType"] == "Encounter"] == ["in-progress"]
    page = text_of(nurse.get("/ward/CARD"))
    assert "Attendus" not in page
    assert "1 patient" in page


@pytest.mark.req("F22")
def test_a_name_that_somebody_has_is_asked_once_more_and_warned_of_on_both_charts():
    """The homonym is named before anything is written; both charts say it from then on."""
    charts = house()
    charts.feed(adt("A01", "1124 0200", place="CHIR^^11"))
    nurse = at_work("nadia", charts)
    searched(nurse, "CARD", "01/01/1990")
    path = "/arrive/new?ward=CARD&s=1"
    typed = {"family": "Martin", "given": "Jeanné", "born": "01/01/1990", "sex": "female", "bed": "1", "inside": "IMP"}
    asked = form(nurse, path, **typed)
    assert asked.status_code == 400
    assert "MARTIN Jeanne · 1948-05-12" in text_of(asked)
    id_ = made(form(nurse, path, **typed, confirm="yes"))
    assert patient(charts, id_)[0]["name"][0] == {"use": "official", "family": "MARTIN", "given": ["JEANNE"]}
    assert "homonyme : MARTIN Jeanne, 12 mai 1948, CHIR 11" in text_of(nurse.get(f"/patient/{id_}"))
    [other] = [hit for hit in charts.told.charts.find("martin") if hit.id != id_]
    assert "homonyme : MARTIN JEANNE, 1 janv. 1990, CARD 1" in text_of(nurse.get(f"/patient/{other.id}"))


@pytest.mark.req("F19")
@pytest.mark.parametrize("linked", ["yes", "no"])
def test_a_newborn_is_linked_to_the_mother_where_that_may_be_said(linked):
    """Rank and minute; with the link each chart names the other, without it neither does, nor any search."""
    charts = house()
    charts.feed(adt("A01", "1124 0200", place="CARD^^1"))
    [mother] = charts.told.charts.find("martin")
    nurse = at_work("nadia", charts)
    first = nurse.get(f"/arrive/newborn/{mother.id}")
    assert first.headers["location"].endswith("?ward=CARD")
    path = first.headers["location"]
    id_ = made(form(nurse, path, sex="female", rank="2", linked=linked, bed="", inside="IMP"))
    child, rest = patient(charts, id_)
    assert (child["multipleBirthInteger"], child["birthDate"]) == (2, "2026-11-24")
    assert child["_birthDate"]["extension"][0]["valueDateTime"].startswith("2026-11-24T03:11")
    names = [one for one in rest if one["resourceType"] == "RelatedPerson"]
    theirs = [one for one in patient(charts, mother.id)[1] if one["resourceType"] == "RelatedPerson"]
    assert len(names) == len(theirs) == (linked == "yes")
    found = {hit.id for hit in charts.told.charts.find("martin")}
    assert (id_ in found) is (linked == "yes")
    assert ("MARTIN" in str(child)) is (linked == "yes")


@pytest.mark.req("D3")
def test_many_come_at_once_each_with_a_band_of_their_own():
    """The count is asked; each has a number and a name, all different, all on the board; sent twice it is as many."""
    charts = house()
    nurse = at_work("nadia", charts)
    page = nurse.get("/arrive/many?ward=URG")
    once = re.search(r'name="once" value="([^"]+)"', page.text)[1]
    for count in ("0", "51", "dix"):
        assert nurse.post("/arrive/many?ward=URG", once=once, count=count).status_code == 400
    first = nurse.post("/arrive/many?ward=URG", once=once, count="12")
    second = nurse.post("/arrive/many?ward=URG", once=once, count="12")
    numbers = re.findall(r'<b class="mono">([^<]+)</b>', first.text)
    names = re.findall(r"INCONNU [A-Z]+ [A-Z]+", first.text)
    assert len(set(numbers)) == len(set(names)) == 12
    assert all(map(is_number, numbers))
    assert re.findall(r'<b class="mono">([^<]+)</b>', second.text) == numbers
    assert len(charts.told.charts.board("URG").rows) == 12


def test_a_form_sent_twice_admits_one():
    """Two clicks: one number, one chart, and both lead there."""
    charts = house()
    nurse = at_work("nadia", charts)
    page = nurse.get("/arrive/unknown?ward=URG")
    typed = dict(re.findall(r'name="(once|time)"[^>]*?value="([^"]*)"', page.text))
    typed |= {"day": "2026-11-24", "sex": "female", "age": "", "seen": "", "bed": "", "inside": "EMER"}
    first, second = (nurse.post("/arrive/unknown?ward=URG", **typed) for _ in range(2))
    assert first.headers["location"] == second.headers["location"]
    assert len(charts.told.charts.board("URG").rows) == 1


def test_a_taken_bed_is_shown_and_asked_once_more():
    """Free ones first, then who lies where; a taken one is confirmed, and then both are there."""
    charts = house()
    charts.feed(adt("A01", "1124 0200", place="CARD^^1"))
    nurse = at_work("nadia", charts)
    page = nurse.get("/arrive/unknown?ward=CARD").text
    assert re.findall(r'<option value="\d"[^>]*>([^<]+)', page) == [
        "2 · libre",
        "3 · libre",
        "1 · pris : MARTIN Jeanne",
    ]
    typed = {"sex": "unknown", "age": "", "seen": "", "bed": "1", "inside": "EMER"}
    asked = form(nurse, "/arrive/unknown?ward=CARD", **typed)
    assert asked.status_code == 400
    assert "À confirmer : MARTIN Jeanne" in text_of(asked)
    assert form(nurse, "/arrive/unknown?ward=CARD", **typed, confirm="yes").status_code == 303
    assert [row.bed for row in charts.told.charts.board("CARD").rows] == ["1", "1"]


@pytest.mark.parametrize(
    ("typed", "words"),
    [({"age": "400"}, "Cette valeur n’est pas possible."), ({"bed": "99"}, "Ce n’est pas un des choix."),
     ({"time": "23:59"}, "Cette heure n’est pas encore venue.")],
)  # fmt: skip
def test_what_cannot_be_draws_no_number(typed, words):
    """Said beside its field; nothing is written, and no number is spent."""
    charts = house()
    before = len(charts.journal)
    base = {"sex": "male", "age": "40", "seen": "x", "bed": "", "inside": "EMER"}
    page = form(at_work("nadia", charts), "/arrive/unknown?ward=URG", **(base | typed))
    assert page.status_code == 400
    assert words in text_of(page)
    assert not [one for one in charts.journal[before:] if b"number-drawn" in one.body]


@pytest.mark.parametrize("path", ["/arrive", "/arrive/unknown", "/arrive/many"])
def test_a_ward_admits_to_itself_while_it_writes_here(path):
    """Another ward's nurse may not; a ward on paper is told where it writes; a clerk may, and sees no chart."""
    assert at_work("lucas", house()).get(f"{path}?ward=CARD").status_code == 403
    assert at_work("nadia", house(medium="paper")).get(f"{path}?ward=CARD").status_code == 409
    assert at_work("nadia", house(["CHIR"])).get(f"{path}?ward=CARD").status_code == 409
    assert at_work("dpo", house()).get(f"{path}?ward=CARD").status_code == 403
    assert "Chirurgie 2 lits libres · 0 patient" in text_of(at_work("nadia", house()).get(path))
    assert at_work("accueil", house()).get(f"{path}?ward=CARD").status_code == 200


def test_a_clerk_admits_and_lands_on_the_board():
    """Who reads no chart is led to no chart."""
    charts = house()
    clerk = at_work("accueil", charts)
    typed = {"sex": "male", "age": "", "seen": "", "bed": "1", "inside": "IMP"}
    assert form(clerk, "/arrive/unknown?ward=CARD", **typed).headers["location"] == "/ward/CARD"
    assert "INCONNU" in text_of(clerk.get("/ward/CARD"))


def test_who_may_not_be_found_is_not_admitted_under_their_name():
    """A protected identity of another ward is not proposed, and its form does not open."""
    charts = house()
    secret = "PID|||1001^^^IPP^PI||MARTIN^Jeanne^^^^^L||19480512|F" + "|" * 24 + "CACH"
    charts.feed(adt("A01", "1124 0200", place="CARD^^1", pid=secret))
    [hit] = charts.told.charts.find("martin")
    other = at_work("lucas", charts)
    assert "MARTIN" not in text_of(searched(other, "CHIR", "12/05/1948")[1])
    assert other.get(f"/arrive/known/{hit.id}?ward=CHIR").status_code == 404


def test_what_an_exercise_admits_stays_an_exercise():
    """In the exercise's world the new patient is one of it."""
    charts = house()
    charts.feed(message("ADT^A28", "1124 0200", "PID|||9^^^IPP^PI||TEST^T").replace(b"|P|2.5", b"|T|2.5"))
    nurse = at_work("nadia", charts)
    id_ = made(form(nurse, "/arrive/unknown?ward=URG", sex="male", age="", seen="", bed="", inside="EMER"))
    assert charts.chart_now(id_).world == "T"
