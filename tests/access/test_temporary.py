"""A temporary account is what two people may say, for a day at most, and no clock or later act brings it back.

Method: fold acts by hand and compare; hypothesis draws the two, the times and what comes after.
"""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from contrefeu.access import HOURS_MAX, ROLES, SKEW_S_MAX, Accounts, may
from contrefeu.acts import (
    PROFESSIONS,
    AccountAdded,
    AccountDisabled,
    PasskeyAdded,
    SecretChanged,
    TemporaryAccountEnded,
    TemporaryAccountMade,
    TemporaryAccountProlonged,
    decode,
    encode,
)
from contrefeu.base import parse_rfc3339, rfc3339

AT_NS = parse_rfc3339("2026-11-28T02:10:00Z")
HOUR_NS = 3600 * 10**9
STAFF = [AccountAdded(role, f"The {role}", role, f"hash-{role}", ["CARD"]) for role in ROLES]
OTHER = AccountAdded("other", "Another Nurse", "nurse", "hash-other", ["CARD"], badge="77")
MAKERS = frozenset({"nurse", "physician", "coordinator"})


def made(hours=12.0, **more):
    """What two say of Zoé."""
    said = {"key": "k1", "login": "roux.482", "name": "Zoé Roux", "profession": "nurse", "ward": "CARD",
            "secret_hash": "hash-pin", "second": "other", "at": rfc3339(AT_NS),
            "until": rfc3339(AT_NS + int(hours * HOUR_NS))}  # fmt: skip
    return TemporaryAccountMade(**(said | more))


def prolonged(at_hours, hours, second="other", key="k2"):
    """What two say later."""
    at = AT_NS + int(at_hours * HOUR_NS)
    return TemporaryAccountProlonged(key, "roux.482", second, rfc3339(at), rfc3339(at + int(hours * HOUR_NS)))


def folded(*said):
    """The accounts of the staff, then of (source, act)."""
    accounts = Accounts()
    for act in (*STAFF, OTHER):
        accounts.apply(act, "console")
    for source, act in said:
        accounts.apply(decode(encode(act)), source)
    return accounts


def until_ns(accounts):
    """When it ends."""
    return parse_rfc3339(accounts.get("roux.482").agency_until)


@pytest.mark.req("F20")
def test_two_people_let_somebody_in_for_a_day_on_one_ward():
    """A nurse and another: Zoé is a nurse of that ward alone, until then, once she has a code of her own."""
    accounts = folded(("user/nurse", made()))
    zoe = accounts.get("roux.482")
    assert (zoe.name, zoe.role, zoe.wards, zoe.agency_until) == (
        "Zoé Roux", "nurse", ("CARD",), rfc3339(AT_NS + 12 * HOUR_NS),
    )  # fmt: skip
    assert zoe.temporary.makers == {"nurse", "other"}
    assert zoe.first_code and not zoe.may("board")
    accounts.apply(SecretChanged("roux.482", "hers"))
    zoe = accounts.get("roux.482")
    assert zoe.may("chart") and zoe.may("write") and zoe.in_scope("CARD") and not zoe.in_scope("REA")


@pytest.mark.req("F20")
@pytest.mark.parametrize("profession", PROFESSIONS)
def test_a_temporary_account_is_neither_of_two_and_breaks_no_glass(profession):
    """Of all permissions it has its ward's care, and none that lets in, joins, withdraws or hands back."""
    accounts = folded(
        ("user/physician", made(profession=profession)), ("user/roux.482", SecretChanged("roux.482", "x"))
    )
    zoe = accounts.get("roux.482")
    every = {one for role in ROLES.values() for one in role.permissions}
    mine = {one for one in every if zoe.may(one)}
    assert mine <= {"board", "chart", "search", "entry", "status", "write", "prescribe", "move"}
    assert ("prescribe" in mine) == (profession == "physician")
    assert ("chart" in mine) == (profession != "auxiliary")
    assert not zoe.whole_house


@pytest.mark.req("F20")
@pytest.mark.parametrize(("first", "second"), list(product(ROLES, ROLES)))
def test_only_two_who_may_let_somebody_in(first, second):
    """Each pair of roles there is: both must be of a role that may vouch, and two different accounts."""
    accounts = folded((f"user/{first}", made(second=second)))
    sound = first != second and {first, second} <= MAKERS
    assert (accounts.get("roux.482") is not None) == sound
    assert [act.login for _, act in accounts.unfounded] == ([] if sound else ["roux.482"])
    assert sound == (first != second and may(first, "vouch") and may(second, "vouch"))


@pytest.mark.req("F20")
@pytest.mark.parametrize(
    ("source", "act"),
    [
        ("user/nurse", made(second="nurse")),
        ("user/nurse", made(second=" NURSE ")),
        ("console", made()),
        ("LABO@CHU", made()),
        ("user/nobody", made()),
        ("user/nurse", made(second="nobody")),
        ("user/nurse", made(login="physician")),
        ("user/nurse", made(ward="*")),
        ("user/nurse", made(ward="")),
        ("user/nurse", made(login=" ")),
        ("user/nurse", made(until="soon")),
        ("user/nurse", made(hours=0)),
        ("user/nurse", made(hours=-1)),
        ("user/nurse", made(profession="physician")),
    ],
)
def test_what_two_could_not_say_lets_nobody_in(source, act):
    """One alone, in any spelling; nobody; a login that somebody has; no time; a physician without a physician."""
    before = folded().all()
    accounts = folded((source, act))
    assert accounts.all() == before
    assert len(accounts.unfounded) == 1


@pytest.mark.req("F20")
def test_a_temporary_account_lets_nobody_in():
    """Neither as the first of two nor as the second, nor to prolong itself, whatever it says."""
    first = ("user/nurse", made())
    hers = ("user/roux.482", SecretChanged("roux.482", "x"))
    more = made(key="k3", login="petit.111")
    for source, second in (("user/roux.482", "other"), ("user/nurse", "roux.482")):
        assert folded(first, hers, (source, structs.replace(more, second=second))).get("petit.111") is None
        accounts = folded(first, hers, (source, prolonged(1, 24, second)))
        assert until_ns(accounts) == AT_NS + 12 * HOUR_NS


@pytest.mark.req("F20")
def test_a_maker_who_was_disabled_before_lets_nobody_in_and_one_who_is_after_changes_nothing():
    """A badge that was revoked by then opens to nobody, even if the ward learns of it later; afterwards it stays."""
    gone = ("console", AccountDisabled("nurse"))
    assert folded(gone, ("user/nurse", made())).get("roux.482") is None
    assert folded(("user/nurse", made()), gone).get("roux.482").temporary is not None


@pytest.mark.req("F20")
def test_prolonged_by_two_while_it_runs_and_never_after():
    """Two others may; one alone may not; a form sent twice is one word; what has ended stays ended."""
    first = ("user/nurse", made())
    word = prolonged(11, 12)
    accounts = folded(first, ("user/physician", word), ("user/physician", word))
    assert until_ns(accounts) == AT_NS + 23 * HOUR_NS
    assert accounts.get("roux.482").temporary.makers == {"nurse", "other", "physician"}
    assert len(accounts.get("roux.482").temporary.words) == 2
    for late in ((first, ("user/other", word)), (first, ("user/nurse", prolonged(12, 12))),
                 (first, ("console", AccountDisabled("roux.482")), ("user/nurse", word))):  # fmt: skip
        assert until_ns(folded(*late)) == AT_NS + 12 * HOUR_NS
    assert folded(*late).get("roux.482").disabled


@pytest.mark.req("F20")
def test_an_end_that_was_written_down_holds_unless_two_had_prolonged_it_elsewhere():
    """The station that made it did not know yet: once both journals are read, in their order, it goes on."""
    first, end = ("user/nurse", made()), TemporaryAccountEnded("roux.482", rfc3339(AT_NS + 12 * HOUR_NS))
    ended = folded(first, ("rule/temporary-accounts", end)).get("roux.482")
    assert ended.disabled and not ended.may("status")
    assert (
        folded(first, ("rule/temporary-accounts", end), ("user/other", prolonged(11, 12, "nurse")))
        .get("roux.482")
        .disabled
    )
    both = folded(first, ("user/other", prolonged(11, 12, "nurse")), ("rule/temporary-accounts", end))
    assert not both.get("roux.482").disabled
    assert until_ns(both) == AT_NS + 23 * HOUR_NS
    assert not folded(("rule/temporary-accounts", TemporaryAccountEnded("other", ""))).get("other").disabled


@pytest.mark.req("F20")
def test_its_badge_was_nobodys_and_a_form_sent_twice_is_one_account():
    """A colleague's badge stays theirs; the same form again, for another login even, makes nothing."""
    accounts = folded(("user/nurse", made(badge="77")), ("user/nurse", made(login="roux.999")))
    assert accounts.named("77").login == "other"
    assert accounts.get("roux.999") is None
    assert folded(("user/nurse", made(badge="0-42"))).named("042").login == "roux.482"


def test_an_administrator_may_make_it_a_lasting_account():
    """Said by an administrator it is an account like any other, and ends no more by itself."""
    kept = AccountAdded("roux.482", "Zoé Roux", "nurse", "new", ["CARD"])
    assert folded(("user/nurse", made()), ("console", kept)).get("roux.482").temporary is None


hours = st.floats(-30, 60, allow_nan=False)


@pytest.mark.req("F20")
@given(asked=st.floats(0.01, 1e4), words=st.lists(st.tuples(hours, st.floats(0.01, 1e4)), max_size=4), look=hours)
def test_it_ends_a_day_after_its_last_two_said_so_at_most(asked, words, look):
    """Whatever the acts ask for: a word holds for a day at most, and only if it was said before the end."""
    said = [("user/nurse", made(asked))]
    said += [("user/physician", prolonged(at, long, key=f"w{n}")) for n, (at, long) in enumerate(words)]
    temporary = folded(*said).get("roux.482").temporary
    for before, word in zip(temporary.words, temporary.words[1:], strict=False):
        assert word.at_ns < before.until_ns
    assert all(0 < word.until_ns - word.at_ns <= HOURS_MAX * HOUR_NS for word in temporary.words)
    now = AT_NS + int(look * HOUR_NS)
    assert temporary.counts(now) == (AT_NS - SKEW_S_MAX * 10**9 <= now < temporary.words[-1].until_ns)


@pytest.mark.req("F20")
@given(st.permutations([0, 1, 2, 3, 4, 5]), st.integers(0, 6))
def test_the_same_acts_read_again_give_the_same_accounts(order, count):
    """Whatever was said of it in whatever order, a journal read again brings back the same people."""
    every = [
        ("user/nurse", made()),
        ("user/physician", prolonged(2, 20)),
        ("user/roux.482", SecretChanged("roux.482", "hers")),
        ("user/roux.482", PasskeyAdded("roux.482", "c", "k", "ward", "key", rfc3339(AT_NS))),
        ("console", AccountDisabled("other")),
        ("user/nurse", AccountDisabled("roux.482", "left")),
    ]
    said = [every[n] for n in order[:count]]
    one, again = folded(*said), folded(*said)
    assert (one.all(), one.unfounded) == (again.all(), again.unfounded)
