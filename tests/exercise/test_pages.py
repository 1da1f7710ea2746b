"""Each role sees its own injects from their minute on, ticks them once, and who leads the exercise sees them all.

Method: visitors of the ward app on a ward in memory, with a clock that is put forward.
"""

import pytest

from contrefeu.acts import ExerciseTicked, decode, encode
from contrefeu.base import ManualClock
from contrefeu.exercise import PAGES
from contrefeu.journal import MEDIA_ACT, Entry
from tests.exercise.entries import START_NS, started
from tests.station.visitors import Visitor, join, text_of, visitor
from tests.station.ward_in_memory import STATION, Charts, staffed


@pytest.fixture
def clock():
    """The exercise begins."""
    return ManualClock(START_NS)


@pytest.fixture
def nadia(clock) -> Visitor:
    """A nurse in a home where the exercise has begun."""
    charts = staffed(Charts())
    charts.journal.append(Entry(STATION, 900, START_NS, 900, "console", MEDIA_ACT, encode(started())))
    return visitor("nadia", charts=charts, clock=clock, mounted=(PAGES,))


def ticks(at: Visitor) -> list[tuple[str, str]]:
    """Who ticked what."""
    acts = [(entry.source, decode(entry.body)) for entry in at.charts.journal if entry.media_type == MEDIA_ACT]
    return [(source, act.inject) for source, act in acts if isinstance(act, ExerciseTicked)]


@pytest.mark.req("G2")
def test_a_role_is_told_its_own_injects_at_their_minute(nadia, clock):
    """At minute 0 the first; those of others and those to come are not on the page; the patient is named later."""
    words = text_of(nadia.get("/drill"))
    assert "demande de rançon" in words
    assert "frissonne" not in words
    clock.advance(seconds=6 * 60)
    words = text_of(nadia.get("/drill"))
    assert "A A (lit 1) frissonne" in words
    assert "Une unité signale" not in words
    join(nadia, "crise")
    words = text_of(nadia.get("/drill"))
    assert "Une unité signale" in words
    assert "frissonne" not in words
    nadia.client.cookies.set("lang", "en")
    assert "A ward reports a ransom note" in text_of(nadia.get("/drill"))


@pytest.mark.req("G2")
def test_a_tick_is_an_act_once_under_ones_name(nadia, clock):
    """What is another's, to come, unknown or ticked already writes nothing."""
    assert nadia.post("/drill", inject="stop").status_code == 303
    for inject in ("stop", "vitals", "declare", "nothing"):
        nadia.post("/drill", inject=inject)
    assert ticks(nadia) == [("user/nadia", "stop")]
    words = text_of(nadia.get("/drill"))
    assert "Rien à faire pour l’exercice en ce moment" in words
    assert "· nadia" in words
    clock.advance(seconds=31 * 60)
    join(nadia, "nadia")  # her session has ended meanwhile
    nadia.post("/drill", inject="pack")
    assert "L’exercice est terminé" in text_of(nadia.get("/drill"))


@pytest.mark.req("G2")
def test_who_leads_sees_all_and_ticks_for_others(nadia, clock):
    """A role without injects of its own: what is told now, to whom, and all that comes."""
    clock.advance(seconds=2 * 60)
    join(nadia, "rssi")
    words = text_of(nadia.get("/drill"))
    assert "vous conduisez l’exercice" in words
    for role in ("Soins infirmiers", "Cellule de crise", "Admissions", "Laboratoire"):
        assert role in words
    nadia.post("/drill", inject="declare")
    assert ticks(nadia) == [("user/rssi", "declare")]


def test_without_an_exercise_the_page_says_so():
    """Nothing was begun; nothing is written."""
    nadia = visitor("nadia", charts=staffed(Charts()), mounted=(PAGES,))
    assert "Aucun exercice n’a commencé ici" in text_of(nadia.get("/drill"))
    nadia.post("/drill", inject="stop")
    assert ticks(nadia) == []
