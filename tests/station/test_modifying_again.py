"""A prescription modified twice, at two stations, taken back, taken up again: no dose is due twice, none is lost.

Method: as test_modifying.py.
"""

import pytest

from contrefeu.chart import clashes_of, courses_of
from contrefeu.chart.sheet import Sheet, treatments_of
from tests.chart.feed import chart, ras, rde
from tests.station.test_care import form
from tests.station.test_clashes import apart, joined
from tests.station.test_modifying import HOURS, Bed, in_form
from tests.station.visitors import text_of

STAYS = {"rhythm": "every", "every": "6", "route": "orale", "first": "next", "reason": "x"}


def again(bed, **typed):
    """Modify the newest one; the reference of the entry, and the new one's id."""
    bed.old = bed.newest()
    assert bed.modifies(**typed).status_code == 303
    return bed.charts.written()[-1].ref, bed.newest()


def taken_back(who, bed, ref):
    assert form(who, f"/write/takeback/{bed.id}/{ref}", reason="erreur").status_code == 303


def running(ward):
    return sorted(one.key.partition("/")[2] for one in treatments_of(Sheet(ward.chart())).running)


@pytest.mark.req("F9")
def test_a_dose_counts_for_the_first_one_when_two_changes_are_undone():
    """Modified twice, given, both undone: 03:00 was given, on whatever words."""
    bed = Bed(**HOURS)
    _, first = again(bed, dose="2 cp", first="next")
    ref, second = again(bed, dose="3 cp", first="next")
    bed.dose(second)
    taken_back(bed.doctor, bed, ref)
    assert running(bed) == [first]
    assert form(bed.doctor, f"/write/stop/{bed.id}/{first}", reason="x").status_code == 303
    assert form(bed.doctor, f"/write/resume/{bed.id}/{bed.prescribed}", reason="x").status_code == 303
    assert running(bed) == [bed.prescribed]
    [course] = [one for one in courses_of(bed.chart()) if one.resource.endswith(bed.prescribed)]
    assert len(course.answered) == 1


@pytest.mark.req("F9")
def test_who_changes_a_changed_one_is_told_of_doses_of_the_first():
    """Given, modified, modified again within the day: when the new hours begin is asked again."""
    bed = Bed(**HOURS)
    bed.dose(bed.old, amount="1 cp")
    again(bed, dose="2 cp", first="next")
    asked = in_form(bed.doctor, f"/write/modify/{bed.id}/{bed.newest()}")
    assert asked["first"] == ""


@pytest.mark.req("F12")
def test_a_change_that_was_changed_since_is_contested_and_one_runs():
    """A verbal change, changed again by a doctor, then contested: the one before both does not run beside the last."""
    bed = Bed(**HOURS)
    sent = bed.modifies(bed.nurse, "modify-verbal", dose="2 cp", prescriber="martin", readback="yes")
    assert sent.status_code == 303
    verbal = bed.newest()
    _, last = again(bed, dose="3 cp", first="next")
    sent = form(bed.doctor, f"/write/sign/{bed.id}/{verbal}", verdict="contested", reason="non")
    assert sent.status_code == 303, text_of(sent)
    assert running(bed) == [last]


@pytest.mark.req("D6")
def test_one_of_two_changes_is_taken_back_and_the_other_runs_alone():
    """Both stations modify it; one is taken back: the one before does not run beside the other."""
    north, south = apart()
    for ward, dose in ((north, "2 cp"), (south, "3 cp")):
        page = f"/write/modify/{ward.id}/{ward.order}"
        assert form(ward.doctor, page, **in_form(ward.doctor, page) | STAYS | {"dose": dose}).status_code == 303
        ward.mine = ward.said()[-1].ref
        north.charts.clock.advance(seconds=120)
        south.charts.clock.advance(seconds=120)
    joined(north, south)
    taken_back(north.doctor, north, south.mine)
    assert len(running(north)) == 1
    assert north.order not in running(north)


@pytest.mark.req("D6")
@pytest.mark.parametrize("late", [True, False])
def test_one_that_was_stopped_elsewhere_is_not_put_back_with_its_change(late):
    """South stops it for an allergy, north modifies it: north's change is taken back, and nothing of it runs."""
    north, south = apart()
    for ward in (south, north) if late else (north, south):
        if ward is south:
            sent = form(ward.doctor, f"/write/stop/{ward.id}/{ward.order}", reason="allergie")
        else:
            page = f"/write/modify/{ward.id}/{ward.order}"
            sent = form(ward.doctor, page, **in_form(ward.doctor, page) | STAYS | {"dose": "2 cp"})
        assert sent.status_code == 303, text_of(sent)
        north.charts.clock.advance(seconds=120)
        south.charts.clock.advance(seconds=120)
    mine = north.said()[-1].ref
    joined(north, south)
    assert [one.kind for one in clashes_of(north.chart())] == ["modified"]
    taken_back(north.doctor, north, mine)
    assert running(north) == []


def test_a_change_is_not_resumed_beside_the_one_that_was_taken_up_again():
    """The change is stopped, the one before resumed: two of one place do not run."""
    bed = Bed(**HOURS)
    _, new = again(bed, dose="2 cp", first="next")
    assert form(bed.doctor, f"/write/stop/{bed.id}/{new}", reason="x").status_code == 303
    assert form(bed.doctor, f"/write/resume/{bed.id}/{bed.prescribed}", reason="x").status_code == 303
    assert form(bed.doctor, f"/write/resume/{bed.id}/{new}", reason="x").status_code == 400
    assert running(bed) == [bed.prescribed]


@pytest.mark.req("F9")
def test_doses_of_a_change_that_was_dropped_count_for_the_other():
    """Two changes of one place, one stopped: what was given on it was given."""
    north, south = apart()
    for ward, dose in ((north, "2 cp"), (south, "3 cp")):
        page = f"/write/modify/{ward.id}/{ward.order}"
        assert form(ward.doctor, page, **in_form(ward.doctor, page) | STAYS | {"dose": dose}).status_code == 303
        ward.new = next(k for k in ward.chart().kept if k.startswith("MedicationRequest/") and ward.order not in k)
        ward.new = ward.new.partition("/")[2]
    sent = form(south.nurse, f"/write/dose/{south.id}/{south.new}", outcome="completed")
    assert sent.status_code == 303, text_of(sent)
    joined(north, south)
    assert form(north.doctor, f"/write/stop/{north.id}/{south.new}", reason="x").status_code == 303
    [course] = [one for one in courses_of(north.chart()) if one.resource.endswith(north.new)]
    assert len(course.answered) == 1


@pytest.mark.req("F13")
def test_the_pharmacist_hears_of_a_stop_after_a_change_was_taken_back():
    """Modified, taken back, stopped: the stop waits for the pharmacist."""
    bed = Bed(**HOURS)
    ref, _ = again(bed, dose="2 cp", first="next")
    taken_back(bed.doctor, bed, ref)
    assert form(bed.doctor, f"/write/stop/{bed.id}/{bed.prescribed}", reason="x").status_code == 303
    waiting = [one for line in bed.charts.told.charts.work("P") for one in line.items if one.kind == "opinion"]
    assert [one.state for one in waiting] == ["stopped"]


@pytest.mark.req("F23")
def test_a_replacement_under_the_same_number_is_the_same_order():
    """RP and RO of one number: one prescription, which takes no place of its own; its dose is shown once."""
    replaced, new = rde("1124 0210", "RP"), rde("1124 0210", "RO", amount="2")
    order = [line for line in new.split(b"\r") if line[:3] in (b"ORC", b"RXE", b"TQ1", b"RXR")]
    body = b"\r".join([replaced.rstrip(b"\r"), *order, b""])
    found = treatments_of(Sheet(chart(rde("1124 0100"), ras("1124 0205", "1124 0200"), body)))
    [now] = found.running
    assert len(now.doses) == 1
    assert not now.instead_of
    assert found.stopped == ()
