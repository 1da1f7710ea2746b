"""The security officer's page of honey patients; nobody else can tell one (F46).

Method: visitors of the ward app on a ward in memory; what the acts do to answers is tests/chart/test_honey.py.
"""

import pytest

from contrefeu.access import ROLES, may
from contrefeu.acts import HoneyNamed, HoneyReleased, decode
from contrefeu.chart import HoneyChart
from contrefeu.journal import MEDIA_ACT
from tests.station.visitors import Visitor, join, text_of, visitor


def acts(at: Visitor) -> list[object]:
    """What was laid and taken up."""
    done = [decode(entry.body) for entry in at.charts.journal if entry.media_type == MEDIA_ACT]
    return [act for act in done if isinstance(act, HoneyNamed | HoneyReleased)]


@pytest.mark.req("F46")
def test_one_is_laid_and_taken_up_by_the_security_officer():
    """By a number; the page says whether a chart has it, and warns when a feed puts it into a ward."""
    at = visitor("rssi")
    assert "Aucun leurre" in text_of(at.get("/honey"))
    assert at.post("/honey", do="name", number="CHU|404", note="cardio").status_code == 303
    (named,) = acts(at)
    assert isinstance(named, HoneyNamed)
    assert (named.numbers, named.note) == (["CHU|404"], "cardio")
    assert "aucun dossier n’a encore ce numéro" in text_of(at.get("/honey"))
    at.charts.laid = [HoneyChart("CHU|404", "p-x", "REA")]
    assert "un flux dit que ce patient est en REA" in text_of(at.get("/honey"))
    ref = next(entry.ref for entry in reversed(at.charts.journal) if entry.media_type == MEDIA_ACT)
    assert at.post("/honey", do="undo", named=ref).status_code == 303
    assert at.post("/honey", do="undo", named=ref).status_code == 400
    assert "Aucun leurre" in text_of(at.get("/honey"))
    assert at.looks("act"), "it was journaled that the page was looked at"


@pytest.mark.parametrize("form", [{"number": ""}, {"number": "0100234"}, {"do": "undo", "named": "n/1"}])
def test_what_cannot_be_is_refused_in_words(form):
    """No number; somebody who lies in a ward; what is not laid. Nothing is written."""
    at = visitor("rssi")
    answer = at.post("/honey", **({"do": "name"} | form))
    assert answer.status_code == 400
    assert "Rien n’a été changé" in text_of(answer)
    assert acts(at) == []


@pytest.mark.req("F46")
def test_nobody_else_can_tell_one():
    """One role sees the page, its link, or the entry that names one; a pharmacist, who opens any entry, does not."""
    assert [role for role in ROLES if may(role, "honey")] == ["security"]
    at = visitor("rssi")
    at.post("/honey", do="name", number="CHU|404")
    ref = next(entry.ref for entry in reversed(at.charts.journal) if entry.media_type == MEDIA_ACT)
    for login in ("nadia", "martin", "crise", "pharma", "dpo"):
        join(at, login)
        assert at.get("/honey").status_code == 403
        assert at.post("/honey", do="name", number="CHU|1").status_code == 403
        assert "Leurres" not in at.get("/status").text
        assert at.get(f"/entry/{ref}").status_code in (403, 404)
        assert at.get(f"/raw/{ref}").status_code in (403, 404)
    assert len(acts(at)) == 1
