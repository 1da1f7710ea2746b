"""Who works here follows the acts of the stations' journals, within a second, and stays known when nobody answers.

Method: the door of the ward app on a ward in memory, its clock moved by hand, its reader stopped.
"""

import pytest

from contrefeu.access import Account
from contrefeu.acts import AccountAdded, AccountDisabled, encode
from contrefeu.base import ManualClock
from contrefeu.journal import MEDIA_ACT, Entry
from contrefeu.station.staff import Staff
from contrefeu.web import Refused
from tests.station.visitors import wait_for
from tests.station.ward_in_memory import NOW_NS, SECRET, STATION, Charts, staffed


@pytest.fixture
def door():
    """A door, its ward and its clock."""
    charts, clock = staffed(Charts()), ManualClock(NOW_NS)
    return Staff(charts, charts, clock), charts, clock


def act(charts, what, journal=STATION):
    """An act that the reader gives from now on."""
    number = 100 + len(charts.journal)
    charts.journal.append(Entry(journal, number, NOW_NS, number, "console", MEDIA_ACT, encode(what)))


def test_an_act_of_another_process_counts_within_a_second(door):
    """An account that the console disables is out at the next second, and not asked about more often than that."""
    staff, charts, clock = door
    assert wait_for(staff.account("nadia")).name == "Nadia Benali"
    act(charts, AccountDisabled("nadia"))
    assert wait_for(staff.account("nadia")) is not None
    clock.advance(seconds=1.01)
    assert wait_for(staff.account("nadia")) is None


def test_ones_own_act_counts_at_once_and_once(door):
    """What this node wrote holds before the reader has read it, and is not taken twice after."""
    staff, charts, clock = door
    wait_for(staff.account("nadia"))
    wait_for(staff.write(AccountAdded("new", "New Nurse", "nurse", "hash", ["CARD"]), "admin"))
    assert wait_for(staff.account("new")) == Account("new", "New Nurse", "nurse", ("CARD",), "hash")
    count = len(staff.acts)
    for _ in range(3):
        clock.advance(seconds=70)
        wait_for(staff.refresh())
    assert len(staff.acts) == count
    assert charts.journal[-1].source == "user/admin"


def test_what_was_written_survives_a_reader_that_lags(door):
    """A reader that has not read our act yet does not undo it when everything is read again."""
    staff, charts, clock = door
    wait_for(staff.account("nadia"))
    wait_for(staff.write(AccountDisabled("nadia"), "admin"))
    late = charts.journal.pop()
    clock.advance(seconds=70)
    assert wait_for(staff.account("nadia")) is None
    charts.journal.append(late)
    clock.advance(seconds=70)
    assert wait_for(staff.account("nadia")) is None


def test_people_go_on_when_the_reader_does_not_answer(door):
    """Who was known last stays known; a node that has never known anybody says that nobody answers."""
    staff, charts, clock = door
    wait_for(staff.account("nadia"))
    charts.down = True
    clock.advance(seconds=5)
    assert wait_for(staff.account("nadia")) is not None
    assert wait_for(staff.enter("nadia", SECRET)).login == "nadia"
    with pytest.raises(ConnectionRefusedError):
        wait_for(Staff(charts, charts, clock).enter("nadia", SECRET))


def test_acts_come_from_stations_alone(door):
    """The same bytes in a feed's journal change nobody."""
    staff, charts, clock = door
    act(charts, AccountDisabled("nadia"), journal="n7f3k2-capture")
    assert wait_for(staff.account("nadia")) is not None
    act(charts, AccountDisabled("nadia"), journal="other-station")
    clock.advance(seconds=70)
    assert wait_for(staff.account("nadia")) is None


def test_a_hundred_guesses_at_once_are_a_hundred_failures(door):
    """Tries that run side by side do not slip past the back-off together."""
    import asyncio

    staff, _, _ = door

    async def burst():
        return await asyncio.gather(*(staff.enter("nadia", f"guess-{number}") for number in range(40)))

    answers = wait_for(burst())
    assert all(isinstance(answer, Refused) for answer in answers)
    assert staff._lockout._failures["nadia"][0] == 5, "four free tries and one more were checked; the rest had to wait"
