"""Which wards are in downtime follows from the acts alone, and from whether a cut-over has come.

Method: fold acts by hand and compare whole values, at a minute of the test's own.
"""

import pytest

from contrefeu.acts import Declared, Downtime, DowntimeDeclared, DowntimeLifted, InForce, Lifted
from contrefeu.base import parse_rfc3339

AT, LATER = "2026-11-24T02:10:00.000000Z", "2026-11-24T03:10:00.000000Z"
BY = "user/crise"
LATEST = "2026-11-24T05:10:00.000000Z"


def downtime(*acts, now=LATEST, united=()):
    """The downtime that *acts* leave in force at *now*; *united*: names of one ward."""
    found = Downtime(lambda ward: tuple(united) if ward in united else (ward,), lambda: parse_rfc3339(now))
    for n, act in enumerate(acts, 1):
        found.apply(act, "user/crise", f"j/{n}")
    return found


def test_a_second_declaration_moves_no_minute():
    """`since` is the minute of the declaration that still holds, on each ward and for the hospital."""
    found = downtime(DowntimeDeclared(["CARD"], "ransomware", AT), DowntimeDeclared(["CARD"], "again", LATER))
    assert found.declared == {"CARD": Declared(AT, "ransomware", "user/crise", "paper", AT, "user/crise")}
    assert (found.state, found.since, found.wards) == ("declared", AT, ["CARD"])


@pytest.mark.req("F3")
def test_the_medium_changes_at_its_own_minute():
    """Where a ward writes is said again; since when it is in downtime does not move."""
    found = downtime(DowntimeDeclared(["CARD"], "", AT), DowntimeDeclared(["CARD"], "", LATER, "screen"))
    assert found.of("CARD") == Declared(AT, "", "user/crise", "screen", LATER, "user/crise")


@pytest.mark.req("F3")
def test_each_function_has_a_medium_of_its_own_minute():
    """Medicines on paper while the rest is on the screen; what changes for one moves no other's minute."""
    apart = DowntimeDeclared(["CARD"], "", AT, "screen", {"medicines": "paper", "requests": "record"})
    found = downtime(apart).of("CARD")
    assert found.elsewhere == {"medicines": InForce("paper", AT, BY), "requests": InForce("record", AT, BY)}
    assert (found.in_force("notes"), found.on_paper) == (InForce("screen", AT, BY), True)
    now_ns = parse_rfc3339(LATER) + 1
    assert found.elsewhere_until_ns(now_ns) == now_ns, "any dose may have been given on paper"
    again = downtime(apart, DowntimeDeclared(["CARD"], "", LATER, "screen")).of("CARD")
    assert (again.elsewhere, again.on_paper) == ({}, False)
    assert [again.in_force(one).since for one in ("medicines", "notes", "")] == [LATER, AT, AT]
    assert again.elsewhere_until_ns(now_ns) == parse_rfc3339(LATER), "until then they may have been"


def test_the_hospitals_declaration_holds_for_every_ward():
    """A declaration that names no ward is every ward's; a ward that is lifted is out of it, and the others are not."""
    found = downtime(DowntimeDeclared([], "all", AT), DowntimeLifted(["CARD"], "", LATER))
    assert found.of("CHIR") == Declared(AT, "all", "user/crise", "paper", AT, "user/crise")
    assert (found.of("CARD"), found.back, found.wards, found.state) == (None, ["CARD"], [], "declared")
    assert found.lifted("CARD") == Lifted(LATER, "user/crise", "", 0, "j/2")
    assert found.lifted("CHIR") is None
    found.apply(DowntimeDeclared([], "again", LATER), "user/crise")
    assert found.of("CARD") == Declared(LATER, "again", "user/crise", "paper", LATER, "user/crise")
    assert (found.of("CHIR").since, found.lifted("CARD"), found.back) == (AT, None, [])


@pytest.mark.req("F4")
def test_a_lifting_holds_from_its_cut_over_minute():
    """Until then the ward is in downtime, from then on it is not; who declares again meanwhile takes it back."""
    said = (DowntimeDeclared(["CARD"], "", AT), DowntimeLifted(["CARD"], "", AT, LATER, 2))
    lifting = Lifted(LATER, "user/crise", "", 2, "j/2")
    before, after = downtime(*said, now=AT), downtime(*said, now=LATER)
    assert (before.of("CARD") is None, before.lifting("CARD"), before.lifted("CARD")) == (False, lifting, None)
    assert (after.of("CARD"), after.lifting("CARD"), after.lifted("CARD")) == (None, None, lifting)
    assert (before.state, after.state) == ("declared", "normal")
    again = DowntimeDeclared([], "", AT), DowntimeLifted([], "", AT, LATER), DowntimeDeclared([], "", AT, "screen")
    assert downtime(*again).of("CARD").medium == "screen"


@pytest.mark.req("F4")
def test_a_ward_takes_the_hospitals_lifting_back_for_itself():
    """It declares again before the cut-over: the others go, it stays, in downtime since it began."""
    said = DowntimeDeclared([], "all", AT), DowntimeLifted([], "", AT, LATER), DowntimeDeclared(["CARD"], "not us", AT)
    found = downtime(*said)
    assert (found.of("CARD").since, found.lifted("CARD"), found.lifting("CARD")) == (AT, None, None)
    assert (found.of("CHIR"), found.lifted("CHIR") is None, found.wards) == (None, False, ["CARD"])
    assert downtime(*said, now=AT).lifting("CHIR") is not None


def test_a_wards_own_word_moves_no_minute_of_the_hospitals():
    """A ward that says where it writes has been in downtime since the hospital was, not since it said so."""
    found = downtime(DowntimeDeclared([], "all", AT), DowntimeDeclared(["CARD"], "", LATER, "screen"))
    assert found.of("CARD") == Declared(AT, "all", "user/crise", "screen", LATER, "user/crise")
    assert found.of("CHIR").medium == "paper"


@pytest.mark.req("F30")
@pytest.mark.parametrize("lifted", ["CARD", "CARDIO"])
def test_a_ward_of_two_names_is_lifted_under_either(lifted):
    """Whichever name it was declared under, and out of the hospital's downtime as well."""
    for declared in (["CARD"], ["CARDIO"], []):
        found = downtime(
            DowntimeDeclared(declared, "", AT), DowntimeLifted([lifted], "", LATER), united=("CARD", "CARDIO")
        )
        assert (found.of("CARD"), found.of("CARDIO"), found.wards) == (None, None, [])
        assert found.lifted("CARD") == found.lifted("CARDIO") == Lifted(LATER, "user/crise", "", 0, "j/2")
        assert found.back == ([] if declared else ["CARD"])


def test_when_it_is_asked_changes_nothing():
    """A question between two acts leaves no trace: the same acts, the same downtime."""
    acts = [
        DowntimeDeclared(["CARD"], "", AT),
        DowntimeLifted(["CARD"], "", AT, LATER),
        DowntimeLifted(["CARD"], "", LATEST, "2026-11-24T09:00:00Z"),
        DowntimeDeclared(["CARD"], "", LATEST),
    ]
    asked = downtime()
    for n, act in enumerate(acts, 1):
        asked.apply(act, "user/crise", f"j/{n}")
        assert asked.state
    assert (
        asked.of("CARD")
        == downtime(*acts).of("CARD")
        == Declared(LATEST, "", "user/crise", "paper", LATEST, "user/crise")
    )


def test_a_bad_minute_stops_nothing():
    """Of an entry that says no time, the downtime holds from long ago."""
    found = downtime(DowntimeDeclared(["CARD"], "", "yesterday"))
    assert (found.of("CARD").since_ns, found.of("CARD").elsewhere_until_ns(5)) == (1, 5)


def test_lifting_for_all_ends_each_wards_own():
    """A lifting that names no ward ends everything, and only a lifting does."""
    found = downtime(DowntimeDeclared(["CARD"], "", AT), DowntimeDeclared([], "", AT), DowntimeLifted([], "", LATER))
    assert (found.state, found.since, found.of("CARD")) == ("normal", "", None)


def test_a_later_lifting_of_all_moves_no_cut_over_of_a_ward_that_was_lifted():
    """What was written after the ward's own cut-over stays after it."""
    found = downtime(DowntimeDeclared([], "", AT), DowntimeLifted(["CARD"], "", LATER), DowntimeLifted([], "", LATEST))
    assert found.lifted("CARD") == Lifted(LATER, BY, "", 0, "j/2")
    assert found.lifted("CHIR") == Lifted(LATEST, BY, "", 0, "j/3")
