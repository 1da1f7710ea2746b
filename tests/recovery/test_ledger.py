"""What the ledger says of many entries at once is what it says of each.

Method: any acts of sending, asides and releases of a few entries, names that no journal gives among them.
"""

import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from contrefeu.acts import (
    NO_LONGER,
    Answered,
    EntriesDropped,
    EntriesReleased,
    EntriesSetAside,
    GapTaken,
    MessagesAnswered,
    MessagesClaimed,
    MessagesReleased,
    encode,
)
from contrefeu.journal import MEDIA_ACT, Entry
from contrefeu.recovery import LEDGER_TABLES, Ledger, scratch
from contrefeu.recovery import ledger as ledger_module
from contrefeu.recovery.ledger import Claim

NAMES = ["n1-capture/1", "n1-capture/2", "é/3", 'a"b', "a\x00b", ""]
TARGETS = ["one", "other"]
NOW = "2026-11-26T08:00:00Z"
_some = st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True)
_acts = st.one_of(
    st.builds(MessagesClaimed, st.sampled_from(TARGETS), st.sampled_from(["c1", "c2"]), _some, st.just(NOW)),
    st.builds(
        lambda target, names, code: MessagesAnswered(target, "c1", [Answered(name, code, "CF") for name in names], NOW),
        st.sampled_from(TARGETS),
        _some,
        st.sampled_from(["AA", "AE", "unanswered", "seen"]),
    ),
    st.builds(
        MessagesReleased, st.sampled_from(TARGETS), st.sampled_from(["c1", "c2"]), _some, st.just("why"), st.just(NOW)
    ),
    st.just(GapTaken("export", {}, "", 0, 0, 0, 0, 0, "", NOW)),
    st.builds(EntriesSetAside, _some, st.sampled_from(["left out", "other"]), st.just("Ada"), st.just(NOW)),
)


def test_a_claim_is_of_the_station_in_whose_journal_it_stands(tmp_path):
    """One of two is ours; both are open."""
    claims = [
        Entry(f"n{n}-station", 1, n, n, "console", MEDIA_ACT, encode(MessagesClaimed("ehr", f"c{n}", [f"j/{n}"], NOW)))
        for n in (1, 2)
    ]
    with scratch(tmp_path, "ledger", *LEDGER_TABLES) as table:
        found = Ledger(table, "n2-station").read(claims).open_claims("ehr")
    assert sorted(found) == [Claim("c1", {0: "j/1"}, False), Claim("c2", {0: "j/2"}, True)]


def test_control_ids_of_ours_are_read_some_at_a_time(tmp_path, monkeypatch):
    """Each once, whatever the lot; a send under the sender's own is none of these."""
    monkeypatch.setattr(ledger_module, "LOT", 2)
    with scratch(tmp_path, "ledger", *LEDGER_TABLES) as table:
        ledger = Ledger(table)
        for target in TARGETS:
            answers = [Answered(f"j/{n}", "AA", f"CF{target}{n}" if n else "") for n in range(4)]
            ledger.take(MessagesAnswered(target, "c", answers, NOW))
        found = list(ledger.sent_as())
    assert sorted(found) == sorted(f"CF{target}{n}" for target in TARGETS for n in (1, 2, 3))


def test_what_somebody_looked_at_lies_in_the_table(tmp_path):
    """Taken up, it is released, until it is dropped; what a comparison releases nobody looked at."""
    with scratch(tmp_path, "ledger", *LEDGER_TABLES) as table:
        ledger = Ledger(table)
        ledger.take(EntriesReleased(["j/1", "j/2"], "read again", NOW))
        ledger.take(EntriesReleased(["j/3"], NO_LONGER, NOW))
        ledger.read([Entry("n1-station", 1, 1, 1, "user/ada", MEDIA_ACT, encode(EntriesDropped(["j/2"], "no", NOW)))])
        found = [ledger.released(f"j/{n}") for n in (1, 2, 3)]
        counted = table.row("SELECT count(*) FROM released")
    assert (found, counted) == ([True, False, False], (1,))


@given(acts=st.lists(_acts, max_size=12))
def test_many_entries_stand_as_each_of_them_does(acts):
    """One question for a lot of a plan answers as one for each line would.

    An entry that was accepted stays so; it stands until the next comparison, and again once somebody saw it since.
    """
    with tempfile.TemporaryDirectory() as folder, scratch(Path(folder), "ledger", *LEDGER_TABLES) as table:
        ledger = Ledger(table)
        accepted, stands = set[tuple[str, str]](), set[tuple[str, str]]()
        for act in acts:
            ledger.take(act)
            if isinstance(act, GapTaken):
                stands.clear()
            elif isinstance(act, MessagesAnswered):
                told = {(answer.entry, act.target): answer.code for answer in act.answers}
                stands |= {
                    one for one, code in told.items() if code == "seen" or (one not in accepted and code == "AA")
                }
            for target in TARGETS:
                known = dict(zip(NAMES, ledger.standings(NAMES, target), strict=True))
                for name in NAMES:
                    said = (ledger.outcome(name, target), ledger.aside(name), (name, target) in stands)
                    assert known[name] == said
                    if known[name].outcome == "accepted":
                        accepted.add((name, target))
                    assert (known[name].outcome == "accepted") == ((name, target) in accepted)
            for name in NAMES:
                assert ledger.stands(name) == any((name, target) in stands for target in TARGETS)
