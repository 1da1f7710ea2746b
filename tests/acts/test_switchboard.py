"""Who is sent to live holds for the downtime in which somebody said so, and for no other.

Method: acts of a station in order, each a minute after the one before; the clock says whether a cut-over has come.
"""

import pytest

from contrefeu.acts import Act, DowntimeDeclared, DowntimeLifted, LiveSwitched, Switchboard
from contrefeu.base import rfc3339

MINUTE_NS = 60 * 10**9


def at(minute: int) -> str:
    """A minute of the outage."""
    return rfc3339(minute * MINUTE_NS)


def board(*said: Act, now: int) -> Switchboard:
    """What *said*, a minute each from the first on, comes to at minute *now*."""
    made = Switchboard(lambda: now * MINUTE_NS)
    for minute, act in enumerate(said, 1):
        made.apply(act, "user/crise", f"n1-station/{minute}", minute * MINUTE_NS)
    return made


START = LiveSwitched("labo", True, at(2), "n1", at(1))
DECLARED = DowntimeDeclared([], "attack", at(1))


@pytest.mark.req("F16", "F4")
def test_a_switch_ends_with_its_downtime() -> None:
    """On while it is declared; lifted, not; declared again, it is off until somebody starts it again."""
    assert board(DECLARED, START, now=3).switches == {"labo": START}
    lifted = DowntimeLifted([], "restored", at(3))
    found = board(DECLARED, START, lifted, now=4)
    assert (found.switches, found.downtime) == ({"labo": START}, False)
    again = DowntimeDeclared([], "attack", at(4))
    found = board(DECLARED, START, lifted, again, now=5)
    assert (found.switches, found.ended, found.downtime) == ({}, {"labo": START}, True)
    anew = LiveSwitched("labo", True, at(5), "n1", at(4))
    found = board(DECLARED, START, lifted, again, anew, now=6)
    assert (found.switches, found.ended) == ({"labo": anew}, {})


@pytest.mark.req("F16", "F4")
def test_a_downtime_that_goes_on_keeps_its_switch() -> None:
    """Declared a second time, widened, a ward lifted alone, a cut-over still to come: the sending goes on."""
    second = DowntimeDeclared(["CARD"], "attack", at(3))
    alone = DowntimeLifted(["URG"], "restored", at(4))
    coming = DowntimeLifted([], "restored", at(5), cutover=at(60))
    back = DowntimeDeclared([], "not yet", at(6))
    for said in ((second,), (second, alone), (second, alone, coming), (second, alone, coming, back)):
        found = board(DECLARED, START, *said, now=10)
        assert (found.switches, found.downtime) == ({"labo": START}, True)
    passed = board(DECLARED, START, second, alone, coming, now=61)
    assert not passed.downtime
