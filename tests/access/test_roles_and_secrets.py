"""Who may do what, with which secret, and how often they may guess.

Method: the table of roles is written out here again, permission by permission; secrets are hashed as the
product does; the clock of the lockout is moved by hand.
"""

import statistics
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contrefeu.access import ROLES, Lockout, hash_secret, in_scope, may, new_secret, secret_matches
from contrefeu.access.lockout import FREE_FAILURES, LOGINS_MAX, WAIT_S_FIRST, WAIT_S_MAX
from contrefeu.base import ManualClock

READ_CHARTS = {"nurse", "physician", "pharmacist", "coordinator", "recovery", "laboratory", "biologist"}


def test_care_and_administration_are_apart():
    """Who adds accounts, watches or protects data reads no chart, no board and no entry."""
    assert {role for role in ROLES if may(role, "chart")} == READ_CHARTS
    for role in ("admin", "security", "dpo", "system"):
        assert not any(may(role, permission) for permission in ("board", "chart", "search", "entry", "glass"))
    assert {role for role in ROLES if may(role, "accounts")} == {"admin"}
    assert {role for role in ROLES if may(role, "downtime")} == {"coordinator"}
    assert {role for role in ROLES if may(role, "results")} == {"laboratory", "biologist"}
    assert {role for role in ROLES if may(role, "validate")} == {"biologist"}
    assert {role for role in ROLES if may(role, "pharmacy")} == {"pharmacist"}
    assert {role for role in ROLES if may(role, "aids")} == {"safety"}
    assert {role for role in ROLES if may(role, "write")} == {"nurse", "physician"}
    assert {role for role in ROLES if may(role, "fhir")} == {"system"}


@given(st.text(), st.text())
def test_unknown_roles_may_nothing(role, permission):
    """A role that no row has gives nothing, nor does a permission that no row names."""
    if role not in ROLES:
        assert not may(role, permission)
        assert not in_scope(role, ("*",), "CARD")


@pytest.mark.parametrize(
    ("role", "wards", "ward", "seen"),
    [
        ("nurse", ("CARD",), "CARD", True),
        ("nurse", ("CARD",), "CHIR", False),
        ("nurse", ("CARD",), "", False),
        ("nurse", ("",), "", False),
        ("nurse", (), "CARD", False),
        ("nurse", ("*",), "", True),
        ("pharmacist", (), "CARD", True),
        ("clerk", ("CARD",), "CHIR", False),
    ],
)
def test_a_ward_bounds_who_works_on_it(role, wards, ward, seen):
    """A nurse sees the charts of the wards of the account; somebody of the whole house sees all; "" is no ward."""
    assert in_scope(role, wards, ward) is seen


@pytest.fixture
def kept(full_hashes):
    """The hash of somebody's secret."""
    return hash_secret("right-secret-1")


def test_a_secret_is_kept_as_argon2id_of_rfc_9106(kept):
    """64 MiB, 3 passes, a salt of its own: the same secret twice is two hashes."""
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=2$")
    assert hash_secret("right-secret-1") != kept
    assert secret_matches(kept, "right-secret-1")
    assert not secret_matches(kept, "right-secret-2")
    assert not secret_matches(kept, "")
    assert not secret_matches("not a hash", "right-secret-1")


def test_nobody_costs_as_much_as_a_wrong_secret(kept):
    """Who is on the staff cannot be told from how long a refusal takes."""

    def spent(secret_hash):
        began = time.perf_counter()
        assert not secret_matches(secret_hash, "wrong")
        return time.perf_counter() - began

    nobody, somebody = [], []
    for _ in range(5):
        nobody.append(spent(None))
        somebody.append(spent(kept))
    assert 0.5 < statistics.median(nobody) / statistics.median(somebody) < 2


def test_drawn_secrets_are_read_aloud_without_mistake():
    """No letter or digit that is taken for another, and never the same twice."""
    drawn = {new_secret() for _ in range(200)}
    assert len(drawn) == 200
    assert not set("".join(drawn)) & set("ilo01ILO")
    assert all(len(secret) == 19 for secret in drawn)
    assert all(len(pin) == 6 and pin.isdigit() for pin in (new_secret("pin") for _ in range(20)))


@pytest.fixture
def clock():
    """A clock that the test moves."""
    return ManualClock()


def test_tired_hands_wait_for_nothing(clock):
    """The first failures cost nothing; each later one doubles the wait, and none is above the limit."""
    lockout = Lockout(clock)
    waits = []
    for _ in range(FREE_FAILURES + 12):
        lockout.tried("nadia")
        waits.append(lockout.wait_s("nadia"))
        clock.advance(seconds=waits[-1])
    assert waits[:FREE_FAILURES] == [0] * FREE_FAILURES
    assert waits[FREE_FAILURES : FREE_FAILURES + 3] == [WAIT_S_FIRST, 2 * WAIT_S_FIRST, 4 * WAIT_S_FIRST]
    assert waits[-1] == WAIT_S_MAX


@pytest.mark.parametrize("spelling", ["nadia", " nadia", "NADIA ", "\tNadia\n"])
def test_a_login_written_otherwise_waits_all_the_same(clock, spelling):
    """Blanks and capitals name the same account, so they are the same back-off."""
    lockout = Lockout(clock)
    for _ in range(FREE_FAILURES + 1):
        lockout.tried("nadia")
    assert lockout.wait_s(spelling) == WAIT_S_FIRST
    lockout.succeeded(spelling)
    assert lockout.wait_s("nadia") == 0


def test_the_table_of_failures_has_a_bound(clock):
    """Guessing a million logins costs no memory: the oldest are forgotten."""
    lockout = Lockout(clock)
    for number in range(LOGINS_MAX + 50):
        lockout.tried(f"guess-{number}")
    assert len(lockout._failures) == LOGINS_MAX
