"""The crisis cell opens, notes, declares and closes on screen; clocks stand on every page of those whose work they are.

Method: visitors of the ward app on a ward in memory.
"""

import pytest

from contrefeu.acts import DeclarationSent, IncidentClosed, IncidentNoted, IncidentOpened, decode
from contrefeu.base import ManualClock
from contrefeu.journal import MEDIA_ACT
from tests.declare.pages import mounted
from tests.station.visitors import Visitor, join, text_of, visitor
from tests.station.ward_in_memory import NOW_NS


def acts(at: Visitor) -> list[object]:
    """What people did about incidents."""
    done = [decode(entry.body) for entry in at.charts.journal if entry.media_type == MEDIA_ACT]
    return [act for act in done if isinstance(act, IncidentOpened | IncidentNoted | DeclarationSent | IncidentClosed)]


@pytest.mark.req("L1")
def test_an_incident_from_its_opening_to_the_register():
    """The wall's time of awareness, a field, what was sent, the end; each under the person's name, each clock shown."""
    clock = ManualClock(NOW_NS)
    at = visitor("crise", **mounted(clock))
    assert at.post("/incidents", do="open", text="Rançongiciel", when="2026-11-24T01:30").status_code == 303
    (opened,) = acts(at)
    assert isinstance(opened, IncidentOpened)
    assert opened.aware_at == "2026-11-24T00:30:00.000000Z"
    ref = next(entry.ref for entry in reversed(at.charts.journal) if entry.media_type == MEDIA_ACT)
    words = text_of(at.get("/incidents"))
    assert "Rançongiciel" in words
    assert "NIS 2 : alerte précoce (24 h) 25 nov. 2026 01:30 reste 22 h 18" in words
    assert "à envoyer maintenant" in words
    assert "À DÉCLARER" in text_of(at.get("/status"))

    for login in ("nadia", "martin", "accueil"):
        join(at, login)
        assert "À DÉCLARER" not in text_of(at.get("/status"))
        assert at.get("/incidents").status_code == 403
    join(at, "dpo")
    assert at.post("/incidents", do="note", incident=ref, field="cause", text="hameçonnage").status_code == 303
    assert at.post("/incidents", do="sent", incident=ref, regime="ars", when="", text="S-1").status_code == 303
    clock.advance(hours=30)
    join(at, "dpo")
    words = text_of(at.get("/incidents"))
    assert "envoyée" in words
    assert "dépassé de 7 h" in words
    assert "hameçonnage" in words
    assert at.post("/incidents", do="close", incident=ref, text="refait").status_code == 303
    words = text_of(at.get("/incidents"))
    assert "Registre Incident" in words
    assert "Aucun incident ouvert" in words
    assert "À DÉCLARER" not in words
    assert [type(act).__name__ for act in acts(at)] == [
        "IncidentOpened", "IncidentNoted", "DeclarationSent", "IncidentClosed",
    ]  # fmt: skip
    assert at.looks("act")


@pytest.mark.parametrize(
    "form",
    [
        {"do": "open", "text": ""},
        {"do": "open", "text": "x", "when": "demain"},
        {"do": "open", "text": "x", "when": "2030-01-01T00:00"},
        {"do": "note", "incident": "nowhere/1", "text": "x"},
    ],
)
def test_what_cannot_be_is_refused_in_words(form):
    """Nothing is written, and the page says so."""
    at = visitor("crise", **mounted())
    answer = at.post("/incidents", **form)
    assert answer.status_code == 400
    assert "Rien n’a été écrit" in text_of(answer)
    assert acts(at) == []
