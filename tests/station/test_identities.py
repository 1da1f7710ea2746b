"""Who is who, on a page: two different people join, one says no, one parts; the blood bank is asked; others stay out.

Method: visitors of the ward app on a ward in memory; what a link does to charts is tests/chart/test_linked.py.
"""

import pytest

from contrefeu.acts import IdentitiesLinked, PairDecided, PairsProposed, PairState, ProposedPair, decode, encode
from contrefeu.chart.sheet import Person
from contrefeu.journal import MEDIA_ACT
from contrefeu.station.pages.identities import PairRow
from tests.station.visitors import Visitor, join, text_of, visitor, wait_for

FIELDS = {"family": "same", "given": "same", "birth": "slip", "phone": "unsaid"}
KNOWN = "0100234"
PAIR = ProposedPair("TEMP|A", KNOWN, "score", 12.5, FIELDS, "what agrees is not enough", "T")
BLOOD = ProposedPair(
    "TEMP|B", KNOWN, "score", 40.0, FIELDS, "holds a blood group or an antibody screen: the blood bank decides", "T"
)


def asked(login: str, *pairs: ProposedPair) -> Visitor:
    """Somebody, where `contrefeu match` proposed *pairs*."""
    at = visitor(login)
    appender = at.app.state.house.deps.appender
    wait_for(appender.append("console", MEDIA_ACT, encode(PairsProposed(list(pairs), "2026-11-24T02:00:00Z"))))
    return at


def acts(at: Visitor) -> list[object]:
    """What people did."""
    done = [decode(entry.body) for entry in at.charts.journal if entry.media_type == MEDIA_ACT]
    return [act for act in done if isinstance(act, PairDecided | IdentitiesLinked)]


def decide(at: Visitor, do: str, pair: ProposedPair = PAIR, **more: str) -> int:
    """Send the form of a pair."""
    return at.post("/identities", do=do, temporary=pair.temporary, known=pair.known, **more).status_code


@pytest.mark.req("R6")
def test_two_different_people_join_and_one_parts():
    """The first joins nobody and cannot be the second; both names stay; parting takes a reason."""
    at = asked("martin", PAIR)
    assert "Rien n’attend" in text_of(at.get("/identities")), "nobody of the pair lies on a physician's wards"
    assert decide(at, "same") == 400
    join(at, "accueil")
    page = text_of(at.get("/identities"))
    assert "DURAND" in page
    assert "à un signe près" in page
    assert "204 F" in page, "with its room: F alone is a bed of every room"
    assert decide(at, "same") == 303
    assert [type(act) for act in acts(at)] == [PairDecided]
    assert decide(at, "same") == 400
    assert "une autre personne doit décider" in text_of(at.get("/identities"))
    join(at, "crise")
    assert decide(at, "same") == 303
    assert isinstance(acts(at)[-1], IdentitiesLinked)
    assert (acts(at)[-1].survivor, acts(at)[-1].lost, acts(at)[-1].undo) == (KNOWN, "TEMP|A", False)
    assert decide(at, "same") == 400, "it waits no longer"
    assert decide(at, "part") == 400
    assert decide(at, "part", reason="jumeaux") == 303
    assert (acts(at)[-1].undo, acts(at)[-1].reason) == (True, "jumeaux")
    assert at.looks("act")


@pytest.mark.req("R6")
def test_one_person_is_enough_to_say_no():
    """The pair is closed, and nobody is joined afterwards."""
    at = asked("accueil", PAIR)
    assert decide(at, "different") == 303
    join(at, "crise")
    assert decide(at, "same") == 400
    assert "Rien n’attend" in text_of(at.get("/identities"))
    assert [act.same for act in acts(at)] == [False]


@pytest.mark.req("R6", "F11")
def test_a_blood_group_crosses_with_the_blood_bank_only():
    """Both people must say that it agreed; in English too."""
    at = asked("accueil", BLOOD)
    assert decide(at, "same", BLOOD) == 400
    assert decide(at, "same", BLOOD, blood_bank="yes") == 303
    join(at, "crise")
    assert decide(at, "same", BLOOD) == 400
    assert acts(at)[0].blood_bank
    assert decide(at, "same", BLOOD, blood_bank="yes") == 303
    assert isinstance(acts(at)[-1], IdentitiesLinked)


@pytest.mark.req("R6")
def test_what_was_never_proposed_is_not_joined():
    """Numbers made up, and a word that is no decision."""
    at = asked("accueil", PAIR)
    assert decide(at, "same", BLOOD) == 400
    assert decide(at, "merge") == 400
    assert acts(at) == []
    join(at, "nadia")
    assert decide(at, "same") == 400, "not of her wards"


@pytest.mark.req("R6")
@pytest.mark.parametrize(("said", "found"), [("unknown", "unsaid"), ("male", "same"), ("female", "other")])
def test_a_sex_that_nobody_said_disagrees_with_nobody(said: str, found: str):
    """Somebody unknown whose sex was not said is no other sex than the patient's whom a nurse proposes."""
    proposed = PairState(ProposedPair("TEMP|C", KNOWN, "said", 0, {}), "2026-11-24T02:00:00Z")
    row = PairRow(0, proposed, whose(said), whose("male"), mine=False, blood=False)
    assert row.fields == {"birth": "same", "sex": found}


def whose(sex: str) -> Person:
    """Somebody of whom a birth date and *sex* are known."""
    texts = "family given used birth_time ward room bed admitted visit physician deceased"
    return Person(
        birth_date="1954-03-12",
        sex=sex,
        numbers=(),
        weight=None,
        contacts=(),
        confidential=False,
        reliability=(),
        **dict.fromkeys(texts.split(), ""),
    )
