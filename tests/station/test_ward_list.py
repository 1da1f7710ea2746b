"""The administrator's page of wards and beds: what was learned is corrected in words, and nobody else sees it.

Method: visitors of the ward app on a ward in memory; what the acts do to answers is tests/chart/test_wards.py.
"""

import pytest

from contrefeu.access import ROLES, Account, may
from contrefeu.acts import AccountAdded, DowntimeDeclared, WardCorrected, decode
from contrefeu.journal import MEDIA_ACT
from tests.station.visitors import Visitor, join, text_of, visitor, wait_for


def acts(at: Visitor) -> list[WardCorrected]:
    """What was corrected."""
    done = [decode(entry.body) for entry in at.charts.journal if entry.media_type == MEDIA_ACT]
    return [act for act in done if isinstance(act, WardCorrected)]


@pytest.mark.req("F30")
def test_a_ward_is_corrected_and_taken_back():
    """Name, beds in order and union are one act; the form comes back as it stands; emptied, it takes all back."""
    at = visitor("info")
    assert "telle que reçue" in text_of(at.get("/wards"))
    assert at.post("/wards/CARD", name=" Cardio ", beds="12\n\n 11 ;10").status_code == 303
    assert at.post("/wards/CARD2", into="CARD", hidden="yes").status_code == 303
    one, two = acts(at)
    assert (one.ward, one.name, one.beds, one.into, one.hidden) == ("CARD", "Cardio", ["12", "11", "10"], "", False)
    assert (two.ward, two.into, two.hidden) == ("CARD2", "CARD", True)
    page = text_of(at.get("/wards"))
    assert "unie à CARD" in page
    assert "2 lits des flux ne sont pas dans la liste" in page
    assert "Léa Chevalier" in page
    form = at.get("/wards/CARD").text
    assert 'value="Cardio"' in form
    assert ">12\n11\n10</textarea>" in form
    assert ">101\n103</textarea>" in at.get("/wards/CARD2").text, "a bed is added to those that are known"
    at.post("/wards/CARD", name="", beds="101\n102")
    assert acts(at)[-1] == WardCorrected("CARD", acts(at)[-1].at)


@pytest.mark.parametrize(
    ("ward", "form"),
    [
        ("CARD", {"into": "NOWHERE"}),
        ("CARD", {"beds": "1\n2\n1"}),
        ("CARD", {"beds": "b" * 21}),
        ("CARD", {"name": "n" * 61}),
        ("CARD", {"beds": "\n".join(map(str, range(201)))}),
        ("REA", {"hidden": "yes"}),
        ("REA", {"into": "CARD"}),
        ("REA", {"name": "Other"}),
    ],
)
def test_what_cannot_be_is_refused_in_words(ward, form):
    """Nothing is written, what was typed is still there, and the words say why."""
    at = visitor("info")
    answer = at.post(f"/wards/{ward}", **form)
    assert answer.status_code == 400
    assert "Rien n’a été changé" in text_of(answer)
    assert acts(at) == []


def test_two_wards_are_not_united_with_each_other():
    """The second union would make a circle."""
    at = visitor("info")
    assert at.post("/wards/CARD2", into="CARD").status_code == 303
    assert at.post("/wards/CARD", into="CARD2").status_code == 400


def test_a_ward_that_no_feed_names_is_declared():
    """A tent in front of the door: its short name leads to its form, and beds make it one."""
    at = visitor("info")
    answer = at.get("/wards?ward=TENTE")
    assert (answer.status_code, answer.headers["location"]) == (303, "/wards/TENTE")
    assert at.get("/wards/TENTE").status_code == 200
    assert at.post("/wards/TENTE", beds="T1, T2").status_code == 303
    assert acts(at)[0].beds == ["T1", "T2"]


@pytest.mark.req("F30")
def test_who_serves_a_ward_serves_it_under_each_of_its_names():
    """A nurse of CARD opens the chart of somebody whom a feed puts into the same ward by another name."""
    at = visitor("info")
    at.post("/wards/CARD2", into="CARD")
    staff = at.app.state.house.staff
    wait_for(staff.write(AccountAdded("eve", "Eve", "nurse", "hash", ["CARD"]), "info"))
    eve = wait_for(staff.account("eve"))
    assert isinstance(eve, Account)
    assert eve.in_scope("CARD2")
    assert not eve.in_scope("HDJ")
    staff.downtime.apply(DowntimeDeclared(["CARD2"], "attack", "2026-11-24T02:00:00Z"), "user/crise")
    assert staff.downtime.of("CARD") is not None
    assert staff.downtime.of("CARD3") is None


def test_nobody_else_sees_the_page():
    """One role corrects wards; its link stands on that role's pages alone."""
    assert [role for role in ROLES if may(role, "wards")] == ["admin"]
    at = visitor("info")
    assert 'href="/wards"' in at.get("/status").text
    for login in ("nadia", "martin", "crise", "rssi"):
        join(at, login)
        assert at.get("/wards").status_code == 403
        assert at.post("/wards/CARD", name="x").status_code == 403
        assert 'href="/wards"' not in at.get("/status").text


def test_a_renamed_ward_is_named_where_people_read_it():
    """The chart of a patient and what a search finds say the name; addresses keep the feeds' one."""
    at = visitor("info")
    at.post("/wards/CARD", name="Cardiologie Nord")
    join(at, "martin")
    assert "Cardiologie Nord" in text_of(at.get("/patient/p-durand"))
    assert "Cardiologie Nord" in text_of(at.get("/hospital"))
