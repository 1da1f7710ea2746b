"""An exercise is scored from its journal: in time or late, by whom, on which patient, and which pages are missing.

Method: entries made by hand at minutes of the exercise's clock; whole steps are compared.
"""

import pytest

from contrefeu.acts import (
    AccountAdded,
    DowntimeDeclared,
    ExerciseEnded,
    ExerciseTicked,
    PagesIssued,
    PagesLost,
)
from contrefeu.exercise import measured, score
from contrefeu.exercise.score import Pages, Player
from tests.exercise.entries import REF, START_NS, VITAL, A, B, C, about, at, started, ward

T = "2026-11-24T02:10:00.000000Z"
END_NS = START_NS + 40 * 60 * 10**9
VITALS = {"category": [VITAL]}
ACKNOWLEDGED = {"category": [{"coding": [{"system": "urn:contrefeu:answer", "code": "acknowledged"}]}]}


def scored(*entries, speed=1.0):
    """The score of these entries."""
    return score(ward(), REF, started(speed), entries, END_NS)


def step(id_, *entries, speed=1.0):
    """One step of it."""
    return next(one for one in scored(*entries, speed=speed).steps if one.inject == id_)


@pytest.mark.req("G2")
def test_downtime_declared_in_time_and_late():
    """Minute 1, five minutes allowed: at minute 4 it is held, at minute 8 it is not, and never is never."""
    held = step("declare", at(4, DowntimeDeclared([], "x", T), "user/crise"))
    assert (held.done_s, held.by, held.held) == (240, "crise", True)
    assert not step("declare", at(8, DowntimeDeclared([], "x", T))).held
    never = step("declare")
    assert (never.done_s, never.by, never.held) == (None, "", False)
    # what was done before it was said answers nothing
    assert step("declare", at(0.5, DowntimeDeclared([], "x", T))).done_s is None


@pytest.mark.req("G2")
def test_a_tick_answers_only_what_leaves_no_other_trace():
    """The pack is ticked; vital signs that are ticked and not written are not there; nor is another's tick."""
    assert step("pack", at(5, ExerciseTicked(REF, "pack", T))).held
    assert step("vitals", at(7, ExerciseTicked(REF, "vitals", T))).done_s is None
    assert step("pack", at(5, ExerciseTicked("drill/n1-station/999", "pack", T))).done_s is None


@pytest.mark.req("G2")
def test_what_is_written_on_another_patient_is_the_worst_error():
    """Vital signs of B where A was named: not an answer, counted, and the promise is broken even when A's follow."""
    wrong, right = at(7, [about("Observation", B, **VITALS)]), at(8, [about("Observation", A, **VITALS)])
    found = step("vitals", wrong, right)
    assert (found.done_s, found.on_other, found.held) == (480, 1, False)
    whole = scored(wrong, right)
    promise = next(one for one in measured(whole, "fr") if one.id == "WHO")
    assert (promise.held, promise.measured) == (False, "1 sur un autre patient que celui nommé")
    # what nobody asked for is a ward's own work, and no error
    assert scored(at(3, [about("Observation", C, **VITALS)])).on_other == 0


@pytest.mark.req("D3", "D5")
def test_an_admission_and_a_critical_result():
    """Somebody new is a Patient and a stay; a result is acknowledged for the patient whose it is."""
    admission = [{"resourceType": "Patient"}, about("Encounter", "T-1")]
    assert step("arrival", at(12, admission, "user/accueil")).done_s == 720
    assert step("arrival", at(12, [about("Encounter", "T-1")])).done_s is None
    assert step("critical", at(15, [about("Communication", B, **ACKNOWLEDGED)])).held
    assert step("critical", at(15, [about("Communication", A, **ACKNOWLEDGED)])).done_s is None


@pytest.mark.req("Q2")
def test_pages_are_whole_or_not():
    """Three pages issued: two lost pages leave one missing; with all three the sum is right, at that moment."""
    issued = at(-1, PagesIssued("00000000000000a1", "vital-signs", 3, "MED", T, "00" * 32), "console")
    two = at(24, PagesLost("00000000000000a1", [1, 2], "eau", T))
    three = at(26, PagesLost("00000000000000a1", [3], "eau", T))
    assert scored(issued, two).pages == Pages(3, 0, 2, 1)
    assert not step("pages", issued, two).held
    assert (step("pages", issued, two, three).done_s, step("pages", issued, two, three).held) == (26 * 60, True)
    assert not step("pages").held  # no page was printed: nothing was tried


@pytest.mark.req("G2")
def test_what_comes_after_the_end_does_not_count():
    """Ended by who leads it, or by its time."""
    ended = at(10, ExerciseEnded(REF, T), "console")
    assert step("critical", ended, at(15, [about("Communication", B, **ACKNOWLEDGED)])).done_s is None
    assert scored(ended).lasted_s == 600
    assert scored().lasted_s == 1800


def test_a_faster_clock_is_the_exercises_clock():
    """At ten minutes a minute, what is done after a minute is done at minute ten."""
    admission = [{"resourceType": "Patient"}, about("Encounter", "T-1")]
    assert step("arrival", at(12, admission, speed=10.0), speed=10.0).done_s == 720


def test_who_played_is_named():
    """By the accounts of the journal."""
    nurse = at(-2, AccountAdded("nadia", "Nadia Benali", "nurse", "h"), "console")
    found = scored(nurse, at(5, ExerciseTicked(REF, "pack", T)))
    assert found.players == [Player("nadia", "Nadia Benali", "nurse")]


@pytest.mark.parametrize(
    ("language", "said"), [("fr", "48 s, crise"), ("en", "48 s, crise")]
)  # fmt: skip
def test_promises_say_threshold_and_figure(language, said):
    """Each measure of the scenario has its promise, its threshold, and the time it took."""
    found = {one.id: one for one in measured(scored(at(1.8, DowntimeDeclared([], "x", T), "user/crise")), language)}
    assert list(found) == ["D2", "W4", "D3", "D5", "WHO", "Q2", "G2"]
    assert (found["D2"].measured, found["D2"].threshold, found["D2"].ratio) == (said, "5 min", 48 / 300)
    assert (found["D3"].held, found["D3"].ratio) == (False, None)
