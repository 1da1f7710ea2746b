"""What two persons withdrew is in no chart, search, export or source link; undone by two, it is all back (F41).

Method: a store of a few patients that is told acts of a station; the same entries in any order give the same charts.
"""

import random
from base64 import b64encode

import pytest

from contrefeu.acts import AccountAdded, Act, WithdrawalConfirmed, WithdrawalProposed, WithdrawalRefused, encode
from contrefeu.chart.fold import to_bundle
from contrefeu.fhir import encode as fhir
from contrefeu.journal import MEDIA_ACT, Entry
from tests.chart.feeds import Told, admitted, entry, merged, message, resulted

AT = "2026-09-21T12:00:00Z"
ROLES = {
    "dpo": "dpo",
    "martin": "physician",
    "crise": "coordinator",
    "nadia": "nurse",
    "dpo2": "dpo",
    "rssi": "security",
}
DOCUMENT = (
    "TXA|1|CR|TX|20260921||||||||DOC{n}^HIS|||||AU|",
    "OBX|1|TX|11488-4^Consult^LN||grossesse||||||F",
)
LETTER = b64encode(b"grossesse").decode()


class Station:
    """Acts, one after the other, after all that the feed said so far."""

    def __init__(self) -> None:
        self.sequence = 0
        for login, role in ROLES.items():
            self.entries = [
                *getattr(self, "entries", []),
                self.act("console", AccountAdded(login, login, role, "x"), 1),
            ]

    def act(self, by: str, act: Act, at: int) -> Entry:
        """One entry."""
        self.sequence += 1
        source = by if by == "console" else f"user/{by}"
        return entry(
            encode(act),
            self.sequence,
            journal="n-station",
            at=at * 1000 + self.sequence,
            source=source,
            media=MEDIA_ACT,
        )

    def withdraw(
        self, kind: str, target: str, at: int, *, by: tuple[str, str] = ("dpo", "martin"), **more: object
    ) -> list[Entry]:
        """Proposed by one, confirmed by another."""
        first = self.act(by[0], WithdrawalProposed(kind, target, "error", AT, **more), at)  # type: ignore[arg-type]
        return [first, self.act(by[1], WithdrawalConfirmed(first.ref, AT), at)]

    def undo(self, proposal: str, at: int, *, by: tuple[str, str] = ("martin", "dpo")) -> list[Entry]:
        """The same, to see it again."""
        first = self.act(by[0], WithdrawalProposed("entry", "", "mistake", AT, undo=proposal), at)
        return [first, self.act(by[1], WithdrawalConfirmed(first.ref, AT), at)]


def documented(number: str, n: int, control: str) -> bytes:
    """A document."""
    return message("MDM^T02", number, control=control, rest=[line.format(n=n) for line in DOCUMENT])


FEED = [
    entry(admitted("1", "c1"), 1, at=1),
    entry(resulted("1", "c2", "6.8"), 2, at=2),
    entry(admitted("2", "c3", bed="2"), 3, at=3),
    entry(documented("1", 7, "c4"), 4, at=4),
    entry(resulted("1", "c2", "6.8"), 5, at=5),  # a repeat of entry 2
]


def started() -> tuple[Told, Station]:
    """Two patients in bed, and staff."""
    station = Station()
    return Told().take(*FEED, *station.entries), station


def texts(told: Told) -> str:
    """All that all charts say."""
    with told.store.snapshot():
        return b"".join(fhir(to_bundle(chart)) for chart in told.charts.all()).decode()


def sums(told: Told) -> bool:
    """Whether every feed's account adds up."""
    return all(f.received == f.charted + f.uncharted + f.duplicates for f in told.charts.status().feeds)


@pytest.mark.req("F41")
def test_an_entry_and_its_repeats_are_gone_and_come_back():
    """From the chart, the link to its message and the counts; as of an earlier instant too; two undo it."""
    told, station = started()
    before = told.charts.sha256()
    assert "6.8" in texts(told)
    acts = station.withdraw("entry", "n-capture/5", 1)
    told.take(acts[0])
    assert told.charts.sha256() == before, "one person changes nothing"
    told.take(acts[1])
    assert "6.8" not in texts(told)
    for ref in ("n-capture/2", "n-capture/5"):
        assert told.charts.entry(ref) is None
        assert told.charts.loss(ref) == []
    chart = told.charts.chart("1", at_ns=FEED[-1].received_ns)
    assert chart is not None
    assert "6.8" not in fhir(to_bundle(chart)).decode()
    status = told.charts.status()
    assert (status.withdrawn, sums(told)) == (1, True)
    account = told.charts.account("n-capture", 1, 5)
    assert (account.charted, account.kept_uncharted, account.duplicates, account.withdrawn) == (3, 1, 1, 1)
    told.take(entry(resulted("1", "c2", "6.8"), 6, at=2000))
    assert "6.8" not in texts(told), "sent again, it is the same message"
    assert told.charts.entry("n-capture/6") is None
    told.take(*station.undo(acts[0].ref, 3))
    assert told.charts.sha256() == before
    assert told.charts.entry("n-capture/2") is not None
    assert (told.charts.status().withdrawn, sums(told)) == (0, True)


@pytest.mark.parametrize(
    "by",
    [("dpo", "dpo"), ("martin", "crise"), ("dpo", "nadia"), ("nadia", "dpo"), ("dpo", "nobody"), ("console", "dpo")],
)
@pytest.mark.req("F41")
def test_who_may_not_withdraw_changes_nothing(by):
    """The same person twice, two without the officer, a role without that right, nobody, a console without a name."""
    told, station = started()
    before = told.charts.sha256()
    told.take(*station.withdraw("entry", "n-capture/2", 1, by=by))
    assert told.charts.sha256() == before


@pytest.mark.req("F41")
def test_what_was_refused_or_said_by_a_feed_changes_nothing():
    """A refusal ends a proposal; acts in a feed's journal are none; an act cannot be withdrawn."""
    told, station = started()
    before = told.charts.sha256()
    first, second = station.withdraw("entry", "n-capture/2", 1)
    told.take(first, station.act("crise", WithdrawalRefused(first.ref, AT), 1))
    told.take(Entry("n-capture", 90, second.received_ns, second.hlc, second.source, second.media_type, second.body))
    told.take(station.act("martin", WithdrawalConfirmed(first.ref, AT), 2))
    told.take(*station.withdraw("entry", "n-station/1", 3))
    assert told.charts.sha256() == before
    assert len(told.charts.acts()) >= len(ROLES)
    assert told.charts.entry("n-station/1") is not None


@pytest.mark.req("F41")
def test_a_document_is_gone_whichever_entry_says_it():
    """Now and later; its sources are shown to nobody; the rest of the chart stays."""
    told, station = started()
    chart = told.charts.chart("1")
    assert chart is not None
    name = next(name for name in chart.kept if name.startswith("DocumentReference/"))
    acts = station.withdraw("document", name, 1, chart=chart.id)
    told.take(*acts)
    assert LETTER not in texts(told)
    assert "6.8" in texts(told)
    assert told.charts.entry("n-capture/4") is None
    assert told.charts.entry("n-capture/2") is not None
    told.take(entry(documented("1", 7, "c9"), 7, at=9000))
    assert LETTER not in texts(told)
    assert told.charts.entry("n-capture/7") is None
    assert sums(told)
    told.take(*station.undo(acts[0].ref, 10))
    assert LETTER in texts(told)


@pytest.mark.req("F41")
def test_a_patient_is_gone_from_everywhere_until_they_come_back():
    """Chart, board, search, numbers, export; what comes in later is a chart of its own; undone, it is one again."""
    told, station = started()
    told.take(entry(merged("1", "9", "c8"), 6, at=6))
    chart, *keys = told.charts.numbers("HOSP|9")
    assert keys == ["P HOSP|1", "P HOSP|9"]
    before = told.charts.sha256()
    acts = station.withdraw("patient", chart, 1, chart=chart, keys=keys)
    told.take(*acts)
    assert told.charts.chart("1") is None
    assert told.charts.find("DUPONT") == []
    assert [row.bed for row in told.charts.board("CARD").rows] == ["F"] and told.charts.status().patients == 1
    assert told.charts.numbers("1") == []
    assert all(told.charts.entry(f"n-capture/{n}") is None for n in (1, 2, 4, 6))
    assert (told.charts.status().withdrawn, sums(told)) == (4, True)
    told.take(entry(resulted("9", "c20", "4.1", order="O9"), 20, at=9000))
    again = told.charts.chart(chart)
    assert again is not None
    said = fhir(to_bundle(again)).decode()
    assert "4.1" in said and "6.8" not in said
    told.take(*station.undo(acts[0].ref, 10))
    assert told.charts.chart(chart) is not None
    assert "6.8" in texts(told) and "4.1" in texts(told)
    reference = Told().take(*FEED, entry(merged("1", "9", "c8"), 6, at=6))
    assert reference.charts.sha256() == before


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.req("F41")
def test_journals_in_any_order_hide_the_same(seed):
    """A restore, a late journal, a store folded anew: what is withdrawn depends on no order of arrival."""
    station = Station()
    first = Told().take(*FEED).charts.chart("1")
    assert first is not None
    chart, name = first.id, next(name for name in first.kept if name.startswith("Doc"))
    acts = [
        *station.entries,
        *station.withdraw("entry", "n-capture/2", 1),
        *station.withdraw("document", name, 2, chart=chart),
        *station.withdraw("patient", "x", 3, keys=["P HOSP|2"]),
        *station.withdraw("entry", "n-capture/1", 4, by=("martin", "rssi")),
    ]
    wanted = Told().take(*FEED, *acts)
    streams = [list(FEED), list(acts)]
    chance, told = random.Random(seed), Told()
    while any(streams):
        stream = chance.choice([one for one in streams if one])
        count = chance.randint(1, 3)
        told.take(*stream[:count])
        del stream[:count]
        if chance.random() < 0.2:
            told.reopened()
    assert told.charts.sha256() == wanted.charts.sha256()
    assert told.charts.status().withdrawn == wanted.charts.status().withdrawn
    for n in range(1, 6):
        assert (told.charts.entry(f"n-capture/{n}") is None) == (wanted.charts.entry(f"n-capture/{n}") is None), n
    assert "6.8" not in texts(told) and LETTER not in texts(told)


@pytest.mark.req("F41")
def test_a_store_folded_by_other_rules_hides_the_same(tmp_path):
    """From the entries in the store: after an upgrade nothing is back."""
    station = Station()
    told = Told(tmp_path / "charts.db").take(*FEED, *station.entries, *station.withdraw("entry", "n-capture/2", 1))
    wanted = told.charts.sha256()
    with told.store.transaction():
        told.store.kept.set_note("rules", "an older fold")
    told.store.close()
    again = Told(tmp_path / "charts.db")
    assert again.charts.sha256() == wanted
    assert "6.8" not in texts(again)


@pytest.mark.req("F41")
def test_another_entry_withdrawn_is_another_version():
    """One shown again, another withdrawn: as many entries, the same last word, and not the same chart."""
    told, station = started()
    told.take(*(entry(resulted("1", f"k{n}", f"{n}.5"), 10 + n, at=10 + n) for n in (1, 2, 3)))
    first = station.withdraw("entry", "n-capture/11", 20)
    told.take(*first)
    before, said = told.charts.version("1"), texts(told)
    told.take(*station.undo(first[0].ref, 30), *station.withdraw("entry", "n-capture/12", 31))
    assert texts(told) != said
    assert told.charts.version("1") != before


@pytest.mark.req("F41")
def test_a_document_withdrawn_is_another_version():
    """A page that is remembered by its version shows it no more; shown again, it is the same chart."""
    told, station = started()
    chart = told.charts.chart("1")
    assert chart is not None
    before, name = told.charts.version("1"), next(name for name in chart.kept if name.startswith("DocumentReference/"))
    acts = station.withdraw("document", name, 1, chart=chart.id)
    told.take(*acts)
    assert told.charts.version("1") != before
