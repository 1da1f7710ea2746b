"""What a surviving system got live stays its own: never sent to it again, and nothing said of the restored system.

Method: acts in a ledger, and the live engine with charts, a target and a journal in memory; a kill is an exception.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from contrefeu.acts import (
    Act,
    Answered,
    GapTaken,
    LiveSettled,
    MessagesAnswered,
    MessagesClaimed,
    MessagesReleased,
    encode,
)
from contrefeu.base import OperatorError
from contrefeu.cli.live import SOURCE, takes_no_other
from contrefeu.hospital import SettingsError, parse_settings
from contrefeu.journal import MEDIA_ACT, MEDIA_FHIR
from contrefeu.recovery import LEDGER_TABLES, Ledger, Profile, Progress, live_profile, scratch

AT = "2026-11-27T02:00:00Z"
ENTRY = "n1-station/7"
GAP = GapTaken("export", {}, "", 1, 0, 1, 0, 0, "", AT)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Nothing was sent yet."""
    with scratch(tmp_path, "test", *LEDGER_TABLES) as table:
        yield Ledger(table, "n1-station")


def took(ledger: Ledger, target: str, code: str = "AA", *, live: bool = False, acts: Sequence[Act] = ()) -> None:
    """*target* answered *code* to the entry."""
    claimed = MessagesClaimed(target, f"claim-{target}", [ENTRY], AT, f"mllp://{target}:1", live)
    for act in (claimed, MessagesAnswered(target, claimed.claim, [Answered(ENTRY, code, "CF1")], AT), *acts):
        ledger.take(act)


@pytest.mark.req("F16", "R3")
def test_what_a_surviving_system_took_says_nothing_of_the_record_system(ledger: Ledger) -> None:
    """Not accepted by any restored system, none that it went to before; its own standing is accepted, and stays so."""
    took(ledger, "labo", live=True)
    assert (ledger.outcome(ENTRY), ledger.outcome(ENTRY, "labo"), ledger.stands(ENTRY)) == ("", "accepted", False)
    assert ledger.target_of([ENTRY]) == ""
    ledger.take(GAP)
    [known] = ledger.standings([ENTRY], "labo")
    assert (known.outcome, known.stands) == ("accepted", True)  # no comparison was of the laboratory
    took(ledger, "ehr")
    assert (ledger.outcome(ENTRY), ledger.stands(ENTRY)) == ("accepted", True)
    ledger.take(GAP)
    assert [one.stands for one in ledger.standings([ENTRY], "ehr")] == [False]


@pytest.mark.req("F16")
def test_an_entry_that_was_refused_goes_again_once_a_person_says_so(ledger: Ledger) -> None:
    """AE stays a refusal; released, it is as if it had never been sent."""
    took(ledger, "labo", "AE", live=True)
    assert ledger.outcome(ENTRY, "labo") == "rejected"
    ledger.take(MessagesReleased("labo", "", [ENTRY], "looked", AT))
    assert ledger.outcome(ENTRY, "labo") == ""


@pytest.mark.req("F16", "C4")
def test_the_socket_of_claims_takes_nothing_else() -> None:
    """Claims and answers of a system of the settings, under their source; no other act, no FHIR, nobody's name."""
    claim = encode(MessagesClaimed("labo", "c", [ENTRY], AT, "", True))
    answer = encode(MessagesAnswered("labo", "c", [Answered(ENTRY, "AA", "CF1")], AT))
    released = encode(MessagesReleased("labo", "c", [ENTRY], "not sent", AT))
    labo = frozenset({"labo"})
    assert [takes_no_other(labo, SOURCE, MEDIA_ACT, one) for one in (claim, answer, released)] == [False] * 3
    for source, media, body in (
        ("user/ada", MEDIA_ACT, claim),
        (SOURCE, MEDIA_FHIR, claim),
        (SOURCE, MEDIA_ACT, encode(LiveSettled("labo", ENTRY, AT))),
        (SOURCE, MEDIA_ACT, encode(GAP)),
        (SOURCE, MEDIA_ACT, encode(MessagesClaimed("labo", "c", [ENTRY], AT))),  # a replay's
        (SOURCE, MEDIA_ACT, encode(MessagesAnswered("ehr", "c", [Answered(ENTRY, "AA", "CF1")], AT))),
        (SOURCE, MEDIA_ACT, encode(MessagesReleased("ehr", "c", [ENTRY], "not sent", AT))),
        (SOURCE, MEDIA_ACT, claim.replace(b'"target"', b'"act":"live-settled","target"')),
        (SOURCE, MEDIA_ACT, b"{"),
    ):
        assert takes_no_other(labo, source, media, body)


@pytest.mark.req("F16")
def test_a_profile_by_which_no_order_follows_is_refused() -> None:
    """Marked and honoured: an order would be history there. What is raw is written by us, and held by nothing."""
    with pytest.raises(OperatorError, match="labo"):
        live_profile(Profile(form="marked", honours_mark=True), "labo")
    made = live_profile(Profile(leave_out=["ADT^A08"]), "labo")
    assert (made.name, made.acts, made.hold, made.rest) == ("labo", "hl7", [], "hold")


def settings(node: str, **said: Any) -> str:
    """A home's settings that name one system."""
    text = f'[node]\nid = "{node}"\n[surviving.labo]\naddress = "mllp://labo:2575"\ntakes = ["laboratory"]\n'
    return text + "".join(f"{key} = {str(value).lower()}\n" for key, value in said.items())


@pytest.mark.req("F16", "F33")
def test_an_exercise_sends_to_no_production_system_and_a_house_to_no_test_system() -> None:
    """Each refused by the settings; each right pair taken."""
    assert parse_settings(settings("n1")).surviving["labo"].takes == ["laboratory"]
    assert parse_settings(settings("drill/n1", exercise=True)).surviving["labo"].exercise
    for wrong in (settings("drill/n1"), settings("n1", exercise=True)):
        with pytest.raises(SettingsError):
            parse_settings(wrong)


@pytest.mark.req("F16", "R3")
def test_the_file_of_what_is_on_its_way_is_opened_for_each_round_and_none_is_left_open(tmp_path: Path) -> None:
    """A sending that lasts days begins it thousands of times: no file of the process stays behind."""
    progress = Progress(tmp_path / "sent.log")
    progress.open()
    before = len(list(Path("/proc/self/fd").iterdir()))
    for n in range(20):
        progress.open()
        progress.begin(f"c{n}")
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    progress.close()
