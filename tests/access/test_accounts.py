"""Accounts come from acts alone, and the same acts give the same ones.

Method: fold acts by hand and compare whole values; hypothesis mixes the acts of one login with those of others.
"""

from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contrefeu.access import (
    Account,
    Accounts,
    cutover_at,
    demo_accounts,
    first_administrator,
    hour_past,
    new_account,
)
from contrefeu.acts import AccountAdded, AccountDisabled, GlassBroken, SecretChanged
from contrefeu.base import OperatorError, parse_rfc3339

NADIA = AccountAdded("Nadia", "Nadia Benali", "nurse", "hash-1", ["CARD"])
AT, LATER = "2026-11-24T02:10:00.000000Z", "2026-11-24T03:10:00.000000Z"
BY = "user/crise"


def folded(*acts):
    """The accounts of *acts*."""
    accounts = Accounts()
    for act in acts:
        accounts.apply(act)
    return accounts


def test_an_account_is_what_its_acts_say():
    """Added, given a new secret, disabled: the account is known by name at each step, in any spelling of its login."""
    assert folded(NADIA).get(" NADIA ") == Account("nadia", "Nadia Benali", "nurse", ("CARD",), "hash-1")
    changed = folded(NADIA, SecretChanged("nadia", "hash-2")).get("nadia")
    assert changed == Account("nadia", "Nadia Benali", "nurse", ("CARD",), "hash-2", former=("hash-1",))
    disabled = folded(NADIA, AccountDisabled("NADIA")).get("nadia")
    assert disabled == Account("nadia", "Nadia Benali", "nurse", ("CARD",), "hash-1", disabled=True)
    assert not disabled.may("chart"), "a disabled account may nothing"


@pytest.mark.req("D1")
def test_a_badge_names_one_person():
    """As any reader types it; the one of before names nobody, one given on is the last one's, a login goes first."""
    badged = msgspec.structs.replace(NADIA, badge="04A2-7F11")
    accounts = folded(badged)
    assert accounts.named(" 04a2 7f11;").login == accounts.named("NADIA").login == "nadia"
    assert accounts.get("04A27F11") is None, "an entry's author is a login, never a badge"
    accounts.apply(msgspec.structs.replace(NADIA, badge="99"))
    assert (accounts.named("04A27F11"), accounts.named("99").login) == (None, "nadia")
    accounts.apply(msgspec.structs.replace(NADIA, login="lucas", badge="99"))
    assert accounts.named("99").login == "lucas"
    accounts.apply(AccountDisabled("lucas"))
    assert accounts.named("99") is None
    assert accounts.named("") is None


def test_a_badge_that_no_reader_types_is_refused():
    """Its drawn code is six digits when a code is asked for; a badge is kept plain."""
    made = new_account("nadia", "N", "nurse", badge="04 a2-7f", pin=True)
    assert made.act.badge == "04A27F"
    assert (len(made.secret), made.secret.isdigit()) == (6, True)
    with pytest.raises(OperatorError, match="badge"):
        new_account("nadia", "N", "nurse", badge="9" * 65)


def test_acts_about_nobody_change_nothing():
    """An act that names a login that no act has added makes no account: nobody comes in by being disabled."""
    assert folded(AccountDisabled("ghost"), SecretChanged("ghost", "hash")).all() == []
    assert folded(GlassBroken("chart", "why", AT)).all() == []


@pytest.mark.req("G3")
def test_no_account_is_built_in():
    """A node without acts lets nobody in (G3)."""
    assert Accounts().all() == []
    assert Accounts().get("admin") is None


@given(st.lists(st.sampled_from([NADIA, AccountDisabled("nadia"), SecretChanged("nadia", "h2")]), max_size=6))
def test_others_acts_change_nothing_of_mine(acts):
    """Acts of another login, mixed in anywhere, leave an account as it was."""
    other = [AccountAdded("lucas", "Lucas", "nurse", "h"), AccountDisabled("lucas")]
    mixed = [act for one in acts for act in (*other, one)]
    assert folded(*mixed).get("nadia") == folded(*acts).get("nadia")


@pytest.mark.req("F4")
@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "24T02:10"),
        ("03:05", "24T02:05"),
        ("6h00", "24T05:00"),
        ("2330", "23T22:30"),
    ],
)
def test_a_cut_over_is_the_nearest_such_hour(typed, said):
    """03:10 in Paris: an hour of this night, before midnight or after; nothing typed is now."""
    assert cutover_at(typed, parse_rfc3339(AT), ZoneInfo("Europe/Paris"))[8:16] == said


@pytest.mark.req("F16")
@pytest.mark.parametrize(("typed", "said"), [("03:10", "24T02:10"), ("311", "23T02:11"), ("18h00", "23T17:00")])
def test_the_minute_from_which_things_are_sent_is_the_last_such_hour(typed, said):
    """However long ago it was: a downtime lasts days, and never an hour to come."""
    assert hour_past(typed, parse_rfc3339(AT), ZoneInfo("Europe/Paris"))[8:16] == said
    with pytest.raises(ValueError, match="hour"):
        hour_past("soon", parse_rfc3339(AT), ZoneInfo("Europe/Paris"))


@pytest.mark.req("F4")
@pytest.mark.parametrize("typed", ["25:00", "soon", "07:11", "21:09", "12:00"])
def test_a_cut_over_far_away_is_refused(typed):
    """More than four hours ahead or six back, or no hour at all."""
    with pytest.raises(ValueError, match=r"hour|far"):
        cutover_at(typed, parse_rfc3339(AT), ZoneInfo("Europe/Paris"))


@pytest.mark.parametrize(
    ("login", "role", "secret"),
    [
        ("", "nurse", None),
        ("../x", "nurse", None),
        ("a" * 65, "nurse", None),
        ("nadia", "god", None),
        ("nadia", "nurse", "12345"),
    ],
    ids=["no login", "a path", "too long", "no such role", "a secret too short"],
)
def test_what_cannot_be_an_account_is_refused(login, role, secret):
    """A login is plain, a role is one of ours, a secret has a length; the error quotes no secret."""
    with pytest.raises(OperatorError) as refused:
        new_account(login, "Somebody", role, secret=secret)
    assert "12345" not in str(refused.value)


@pytest.fixture(scope="module")
def demo():
    """The staff of a demo; hashing their secrets takes its time."""
    return demo_accounts(["CARD"])


@pytest.mark.req("G3")
def test_no_two_accounts_are_given_one_secret(demo):
    """Each secret is drawn, none is in the act that keeps its hash, and the hash is argon2id's."""
    made = [*demo, first_administrator(), first_administrator()]
    assert len({one.secret for one in made}) == len(made)
    for one in made[:2]:
        assert one.secret not in str(one.act)
        assert one.act.secret_hash.startswith("$argon2id$")


def test_a_demo_shows_every_role(demo):
    """One account a role, and a nurse bound to one ward, for whom the glass is real."""
    made = [one.act for one in demo]
    assert len({act.role for act in made}) == 12
    assert [act.wards for act in made if act.login == "lucas"] == [["CARD"]]
