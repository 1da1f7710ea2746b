"""A ward's station accounts for what was written there; what was carried to it is the hospital's to account for.

Method: a ward journal's entry as the station reads it, and the account of a recovery that compared everything.
"""

from pathlib import Path

from contrefeu.acts import GapTaken
from contrefeu.journal import MEDIA_CARRIED, MEDIA_HL7V2, Entry, carry
from contrefeu.recovery import FOUND_TABLE, LEDGER_TABLES, Account, Accountant, Ledger, scratch
from contrefeu.recovery.account_page import _WORDS
from tests.cli.messages import admission

WARD = "drill/n1-wardefc15d2f"
FEED = "drill/n1-capture"


def test_what_is_carried_is_kept_here_and_the_sum_is_right(tmp_path: Path) -> None:
    """Two entries in the ward's journal, one of the station's own feed: three in all, and the account is sound."""
    heard = Entry(FEED, 7, 7, 7, "ADT@CHU", MEDIA_HL7V2, admission())
    drafts = [carry(heard), carry(heard)]
    carried = [Entry(WARD, n, n, n, draft.source, draft.media_type, draft.body) for n, draft in enumerate(drafts, 1)]
    own = Entry("drill/n2-capture", 1, 9, 9, "LABO@CHU", MEDIA_HL7V2, admission())
    assert {entry.media_type for entry in carried} == {MEDIA_CARRIED}
    account = Account("2026-11-26T08:00:00Z")
    with scratch(tmp_path, "reconcile", *LEDGER_TABLES, FOUND_TABLE) as table:
        ledger = Ledger(table)
        heads = {WARD: 2, own.journal: 1}
        ledger.gap = GapTaken("http://target", heads, "", 1, 1, 0, 0, 0, "", "2026-11-26T07:00:00Z")
        Accountant(table, ledger, account).count(heads, [*carried, own], list)
    assert account.journals[WARD] == {"kept_here": 2}
    assert account.fates == {"kept_here": 2, "present": 1}
    assert account.sound
    french = _WORDS["fr"]["whys"]
    whys = {why for reasons in account.reasons.values() for why in reasons}
    assert whys - set(french) == set(), "the account in French says each reason in French"
