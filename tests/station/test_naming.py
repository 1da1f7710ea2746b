"""Somebody unknown becomes known: a name, or one chart with another; what bears the old name is closed; all is undone.

Method: as test_moves.py; two people at two screens of one house.
"""

import re
from html import unescape

import pytest

from contrefeu.acts import PagesIssued, UnionConfirmed, UnionProposed, encode
from contrefeu.base import rfc3339
from contrefeu.fhir import encode as encode_json
from contrefeu.journal import MEDIA_ACT, MEDIA_FHIR
from tests.chart.feed import adt
from tests.station.folded import at_work, house
from tests.station.test_care import form
from tests.station.visitors import join, text_of, wait_for
from tests.station.ward_in_memory import NOW_NS, STATION

NAME = {"family": "Durand", "given": "Paul", "born": "01/02/1960", "sex": "male"}


@pytest.fixture
def unknown():
    """Somebody unknown in CARD, with a request and a printed page; the house, the nurse, the chart."""
    charts = house()
    charts.feed(adt("A01", "1124 0200", place="CHIR^^11"), adt("A03", "1124 0210", at="1124 0210"))
    nurse, physician = at_work("nadia", charts), at_work("martin", charts)
    typed = {"sex": "male", "age": "60", "seen": "", "bed": "1", "inside": "EMER"}
    id_ = form(nurse, "/arrive/unknown?ward=CARD", **typed).headers["location"].removeprefix("/patient/")
    asked = form(physician, f"/write/request/{id_}", kind="laboratory", what="Groupe sanguin", priority="stat", why="")
    assert asked.status_code == 303
    pages = PagesIssued("00ff00ff00ff00ff", "vitals", 1, "CARD", rfc3339(NOW_NS), "00", chart=id_)
    wait_for(nurse.app.state.house.staff.write(pages, "nadia"))
    return charts, nurse, id_


def do(who, id_, **typed):
    """Send a form of the identity page, and open it again."""
    answer = who.post(f"/identity/{id_}", **typed)
    return who.get(answer.headers["location"]) if answer.status_code == 303 else answer


def old_name(charts, id_):
    """What the chart is called."""
    return next(hit.name for hit in charts.told.charts.find(charts.chart_now(id_).key.partition("|")[2]))


@pytest.mark.req("F22")
def test_who_was_admitted_among_many_is_described_afterwards_and_keeps_name_and_number():
    """Sex, age by sight and marks, on *Identité*; wrong, nothing is written; once named, it is asked no more."""
    charts = house()
    nurse = at_work("nadia", charts)
    assert form(nurse, "/arrive/many?ward=CARD", count="1").status_code == 200
    [row] = charts.told.charts.board("CARD").rows
    number, called = charts.chart_now(row.id).key.partition("|")[2], row.family
    again = text_of(nurse.get("/arrive/many?ward=CARD"))
    assert f"{number} {called} —" in again, "the bands can be read once more, and counted after a cut"
    assert "Déjà dans l’unité, sans nom (1)" in again
    assert "arrivals CARD" in str(charts.audited()[-1]["entity"]), "who read their names is known"
    assert "ce qui se voit" in text_of(nurse.get(f"/identity/{row.id}"))
    wrong = do(nurse, row.id, do="describe", sex="female", age="200", seen="")
    assert wrong.status_code == 400
    assert "Cette valeur n’est pas possible." in text_of(wrong)
    assert "Dossiers qui existent" not in text_of(wrong)
    page = do(nurse, row.id, do="describe", sex="female", age="30", seen="tatouage, bras gauche")
    assert page.status_code == 200
    assert '<option value="female" selected>' in page.text
    chart = text_of(nurse.get(f"/patient/{row.id}"))
    assert called in chart and number in chart
    assert "Femme , âge inconnu" in chart, "a year by sight drives no age"
    assert "âge apparent 30 ans, tatouage, bras gauche" in chart
    assert do(nurse, row.id, do="name", **NAME).status_code == 200
    assert "sans nom" not in text_of(nurse.get("/arrive/many?ward=CARD"))
    assert "ce qui se voit" not in text_of(nurse.get(f"/identity/{row.id}"))
    assert do(nurse, row.id, do="describe", sex="female", age="30", seen="").status_code in {200, 400}
    assert "Homme" in text_of(nurse.get(f"/patient/{row.id}"))


@pytest.mark.req("F25")
@pytest.mark.parametrize(("language", "words"), [("fr", "3 choses portent encore l’ancien nom"),
                                                 ("en", "3 things still bear the old name")])  # fmt: skip
def test_a_name_is_given_by_one_person_and_what_bears_the_old_one_is_closed(unknown, language, words):
    """Band, page and request are listed, each closed by hand; the identity stays provisional."""
    charts, nurse, id_ = unknown
    before = old_name(charts, id_)
    wrong = do(nurse, id_, do="name", **(NAME | {"born": "1960"}))
    assert wrong.status_code == 400
    assert "Une date, comme 12/03/1942." in text_of(wrong)
    page = do(nurse, id_, do="name", **NAME)
    assert "DURAND PAUL" in text_of(page)
    page = nurse.get(f"/identity/{id_}", accept_language=language)
    assert words in text_of(page)
    assert "Groupe sanguin" in text_of(page)
    assert "identité provisoire" in text_of(nurse.get(f"/patient/{id_}"))
    assert "‼ 3" in text_of(nurse.get(f"/patient/{id_}"))
    left = re.search(r'name="left" value="([^"]+)"', page.text)[1]
    for what in re.findall(r'name="what" value="([^"]+)"', page.text):
        page = do(nurse, id_, do="close", left=left, what=unescape(what))
    assert "Plus rien ne porte l’ancien nom." in text_of(page)
    assert "‼" not in text_of(nurse.get(f"/patient/{id_}")).partition("Identité")[2][:8]
    assert before.startswith("INCONNU")


@pytest.mark.req("F25")
def test_a_name_that_was_somebody_elses_is_given_back(unknown):
    """With a reason: the old name stands again, the birth date too, and nothing is left to close."""
    charts, nurse, id_ = unknown
    before, year = old_name(charts, id_), "1966"
    page = do(nurse, id_, do="name", **NAME)
    left = re.search(r'name="left" value="([^"]+)"', page.text)[1]
    assert old_name(charts, id_) == "DURAND PAUL"
    do(nurse, id_, do="restore", left=left, reason=" ")
    assert old_name(charts, id_) == "DURAND PAUL"
    page = do(nurse, id_, do="restore", left=left, reason="papiers d’un autre")
    assert old_name(charts, id_) == before
    assert year in text_of(page)
    assert "rendu depuis" in text_of(page)
    assert "portent encore" not in text_of(page)
    assert "date de naissance inconnue" in text_of(page)


@pytest.mark.req("F3", "F25")
def test_where_stays_are_written_elsewhere_an_identity_is_read_and_what_was_typed_is_shown(unknown):
    """Stays go to paper: the page says what is written where, has no button, and shows what was sent all the same."""
    charts, nurse, id_ = unknown
    do(nurse, id_, do="name", **NAME)
    asked = {"do": "declare", "medium": "screen", "function-movements": "paper"}
    join(nurse, "crise")
    assert nurse.post("/downtime", **asked).status_code == 303
    join(nurse, "nadia")
    page = nurse.get(f"/identity/{id_}")
    assert "Séjours et mouvements : cette unité les écrit sur papier depuis 03:11." in text_of(page)
    assert "feuilles imprimées" in text_of(page)
    assert "<button" not in page.text.partition("<main")[2]
    sent = nurse.post(f"/identity/{id_}", do="name", **(NAME | {"family": "Lefort"}))
    assert sent.status_code == 409
    assert "Lefort" in text_of(sent)
    assert old_name(charts, id_) == "DURAND PAUL"


def proposed(charts, nurse, id_, query="martin", reason="carte d’identité"):
    """The nurse says that the unknown one is who *query* finds; returns the page, the form of the pair, and whose chart
    it is."""
    [hit] = charts.told.charts.find(query)
    own = charts.chart_now(id_).key
    page = do(nurse, id_, do="propose", other=hit.id, reason=reason)
    return page, {"temporary": own, "known": charts.chart_now(hit.id).key}, hit.id


@pytest.mark.req("F22", "F25", "R6")
def test_two_charts_become_one_by_two_persons_and_two_again(unknown):
    """Proposed with a reason; who proposed cannot confirm; united, the bed stands on the known chart; parted, each has
    its own, and its own name again."""
    charts, nurse, id_ = unknown
    found = do(nurse, id_, do="look", family="Mar", given="", born="12/05/1948", sex="female")
    assert "MARTIN Jeanne" in text_of(found)
    page, pair, other = proposed(charts, nurse, id_)
    assert f'name="other" value="{other}"' in found.text
    assert "attend une seconde personne" in text_of(page)
    assert "‼ 1" in text_of(nurse.get(f"/patient/{id_}"))
    assert nurse.post("/identities", do="same", **pair).status_code == 400
    assert charts.chart_now(id_).id == id_
    physician = at_work("martin", charts)
    asked = text_of(physician.get("/identities"))
    assert "Proposé par nadia : « carte d’identité »" in asked
    assert "≠ sexe : différent" in asked, "a man of 60, and a known woman: nobody overlooks that"
    assert physician.post("/identities", do="same", **pair).status_code == 303
    assert charts.chart_now(id_).id == other
    assert "MARTIN Jeanne" in text_of(nurse.get("/ward/CARD"))
    page = physician.get(f"/identity/{id_}")
    assert "Réuni avec un autre dossier" in text_of(page)
    assert "3 choses portent encore l’ancien nom" in text_of(page)
    charts.clock.advance(seconds=2)  # the other screen's acts are read once a second
    assert nurse.post("/identities", do="part", reason="c’est son frère", **pair).status_code == 303
    assert charts.chart_now(id_).id == id_
    assert charts.chart_now(other).id == other
    page = text_of(nurse.get(f"/identity/{id_}"))
    assert "Réunion défaite" in page
    assert "c’est son frère" in page
    assert "rendu depuis" in page
    assert [row.family.partition(" ")[0] for row in charts.told.charts.board("CARD").rows] == ["INCONNU"]


@pytest.mark.req("R6")
def test_a_proposal_that_was_refused_unites_nobody(unknown):
    """Refused by either; confirmed after that it does nothing."""
    charts, nurse, id_ = unknown
    _, pair, _ = proposed(charts, nurse, id_, reason="ressemblance")
    physician = at_work("martin", charts)
    assert physician.post("/identities", do="different", **pair).status_code == 303
    assert "Réunion refusée" in text_of(physician.get(f"/identity/{id_}"))
    assert physician.post("/identities", do="same", **pair).status_code == 400
    assert charts.chart_now(id_).id == id_


@pytest.mark.req("R6", "F24")
def test_a_ward_decides_about_its_own_patients_and_the_identity_office_about_anybody(unknown):
    """Somebody of another ward is shown nothing and decides nothing; a coordinator sees the pair."""
    charts, nurse, id_ = unknown
    _, pair, _ = proposed(charts, nurse, id_)
    other = at_work("lucas", charts)
    assert "Rien n’attend" in text_of(other.get("/identities"))
    assert other.post("/identities", do="same", **pair).status_code == 400
    assert "carte d’identité" in text_of(at_work("crise", charts).get("/identities"))
    assert at_work("dpo", charts).get("/identities").status_code in {303, 403}


@pytest.mark.req("R6")
def test_a_union_that_was_journaled_in_older_words_holds_and_is_parted_on_the_same_page(unknown):
    """A `Patient.link` beside `union-proposed` and `union-confirmed`, as an earlier version wrote them."""
    charts, _, id_ = unknown
    [hit] = charts.told.charts.find("martin")
    own, known = charts.chart_now(id_).key, charts.chart_now(hit.id).key
    system, _, number = own.partition("|")
    at, authority = rfc3339(NOW_NS), known.partition("|")[0]
    proposal = charts.take(STATION, "user/nadia", MEDIA_ACT, encode(UnionProposed(number, known, "CNI", at)))
    charts.take(STATION, "user/martin", MEDIA_ACT, encode(UnionConfirmed(proposal, at)))
    other = {"identifier": {"system": f"urn:id:{authority}", "value": known.partition("|")[2]}}
    link = {"resourceType": "Patient", "identifier": [{"system": system, "value": number}],
            "link": [{"other": other, "type": "replaced-by"}]}  # fmt: skip
    said = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": link}]}
    charts.take(STATION, "user/martin", MEDIA_FHIR, encode_json(said))
    assert charts.chart_now(id_).id == hit.id
    physician = at_work("martin", charts)
    assert "nadia, martin" in text_of(physician.get("/identities"))
    part = physician.post("/identities", do="part", reason="erreur", temporary=own, known=known)
    assert part.status_code == 303
    assert charts.chart_now(id_).id == id_
    assert "Réunion défaite" in text_of(physician.get(f"/identity/{id_}"))


def test_who_may_say_who_somebody_is(unknown):
    """By role and ward; only of somebody who has a temporary number; nothing while the ward writes elsewhere."""
    charts, nurse, id_ = unknown
    [hit] = charts.told.charts.find("martin")
    assert at_work("crise", charts).get(f"/identity/{id_}").status_code == 403
    assert at_work("lucas", charts).get(f"/identity/{id_}").headers["location"] == f"/glass/{id_}"
    assert nurse.get(f"/identity/{hit.id}").status_code == 404
    assert at_work("accueil", charts).get(f"/identity/{id_}").status_code == 200
    assert nurse.post(f"/identity/{id_}", _csrf="wrong", do="name", **NAME).status_code == 403
