"""What every chart store is: claims that each implementation passes.

Method: a class of tests to inherit from; `told()` gives an empty store that takes entries and answers questions.
"""

from uuid import UUID

import pytest

from contrefeu.base import parse_rfc3339
from contrefeu.chart.answers import Charts
from contrefeu.journal import MEDIA_ACT
from tests.chart.feeds import SETTINGS, T0_NS, Told, admitted, entry, merged, message, resulted


class ChartStoreSuite:
    """Claims about a store; a subclass gives `told`."""

    def told(self) -> Told:
        """An empty store."""
        raise NotImplementedError

    @pytest.mark.req("F29")
    def test_a_repeat_is_folded_once_and_counted(self):
        """Same feed, control id and bytes: a repeat. Other bytes, or another feed: another message (S8)."""
        body = resulted("1", "c1", "4.1")
        told = self.told().take(
            entry(body, 1), entry(body, 2), entry(resulted("1", "c1", "6.0"), 3), entry(body, 4, source="LAB@HOSP")
        )
        account = told.charts.account("n-capture", 1, 4)
        assert (account.charted, account.kept_uncharted, account.duplicates) == (3, 0, 1)
        assert [(f.source, f.received, f.duplicates) for f in told.charts.status().feeds] == [
            ("ADT@HOSP", 3, 1),
            ("LAB@HOSP", 1, 0),
        ]
        assert told.store.kept.feeds()[0].reused == 1
        assert [loss.why for loss in told.charts.loss("n-capture/2")] == ["a repeat of n-capture/1"]

    @pytest.mark.req("F31")
    def test_a_result_without_a_patient_waits_for_its_order(self):
        """It waits, goes to the one patient whose order it names, and waits again once two have that order."""
        told = self.told().take(entry(resulted("-", "c1", "6.0", order="O1"), 1))
        assert [one.ref for one in told.charts.waiting()] == ["n-capture/1"]
        assert told.charts.status().patients == 0

        told.take(entry(resulted("1", "c2", "4.1", order="O1"), 2))
        assert told.charts.waiting() == []
        chart = told.charts.chart("1")
        assert chart is not None and chart.entries == 2
        assert told.charts.account("n-capture", 1, 2).charted == 2

        told.take(entry(resulted("2", "c3", "4.1", order="O1"), 3))
        assert [one.ref for one in told.charts.waiting()] == ["n-capture/1"]
        assert [told.charts.chart(number).entries for number in ("1", "2")] == [1, 1]

    @pytest.mark.req("F32")
    def test_a_merge_is_undone_in_one_step(self):
        """Merged, the old number opens the survivor's chart and takes later results there; undone, each has its own."""
        told = self.told().take(
            entry(admitted("1", "c1"), 1), entry(resulted("2", "c2", "6.0"), 2), entry(merged("1", "2", "c3"), 3)
        )
        lost, survivor = told.charts.chart("2"), told.charts.chart("1")
        assert lost == survivor and survivor.entries == 3
        assert told.charts.status().patients == 1

        told.take(entry(resulted("2", "c4", "5.0", order="later"), 4))
        assert told.charts.chart("1").entries == 4

        before = told.charts.chart("1", T0_NS + 2 * 10**9)
        assert before is not None and before.entries == 1

        told.take(entry(merged("1", "2", "c5", undo=True), 5))
        assert told.charts.status().patients == 2
        assert {one.entries for one in (told.charts.chart("1"), told.charts.chart("2"))} == {3, 2}
        assert told.charts.chart("2").key == "HOSP|2"

    @pytest.mark.req("F33")
    def test_exercises_and_patients_never_mix(self):
        """The same number in both worlds is two charts; merges and orders of one world do nothing in the other."""
        told = self.told().take(
            entry(admitted("1", "c1"), 1),
            entry(admitted("1", "c2", world="T"), 2),
            entry(resulted("1", "c3", "4.1", order="O1"), 3),
            entry(resulted("-", "c4", "6.0", order="O1", world="T"), 4),
        )
        status = told.charts.status()
        assert (status.patients, status.test_patients) == (1, 1)
        assert [one.ref for one in told.charts.waiting()] == ["n-capture/4"]
        assert told.charts.chart("1").world == "P"
        assert [hit.world for hit in told.charts.find("jean1")] == ["P", "T"]
        assert {row.id for row in told.charts.board("", "T").rows}.isdisjoint(
            row.id for row in told.charts.board("", "P").rows
        )

    @pytest.mark.req("F23")
    def test_a_bare_number_of_two_patients_answers_nobody(self):
        """With its authority it opens one chart; without, none is guessed. Leading zeros count."""
        other = message("ADT^A28", "1", control="c2").replace(b"1^^^HOSP^PI", b"1^^^CLINIC^PI")
        told = self.told().take(entry(admitted("1", "c1"), 1), entry(other, 2))
        assert told.charts.chart("1") is None
        assert told.charts.chart("HOSP|1").key == "HOSP|1"
        assert told.charts.chart("CLINIC|1").key == "CLINIC|1"
        assert told.charts.chart("01") is None
        assert told.charts.chart("HOSP|01") is None
        assert told.charts.chart(told.charts.chart("HOSP|1").id).key == "HOSP|1"

    @pytest.mark.req("C3")
    def test_bytes_that_say_nothing_are_kept_and_counted(self):
        """What no rule reads is neither charted nor lost, and comes back byte for byte."""
        bodies = (b"", b"\x00\xff", b"MSH|", b"MSH|^~\\&|" + b"A" * 5000)
        told = self.told().take(*(entry(body, n) for n, body in enumerate(bodies, 1)))
        account = told.charts.account("n-capture", 1, len(bodies))
        assert (account.charted, account.kept_uncharted, account.duplicates) == (0, len(bodies), 0)
        assert [told.charts.entry(f"n-capture/{n}").body for n in range(1, len(bodies) + 1)] == list(bodies)

    @pytest.mark.req("W6")
    @pytest.mark.parametrize(
        "query",
        ["goff jean2", "JEAN2 le", "legoff", "le gof", "Le-Goff", "goof jean2", "12/03/1950 goff", "HOSP2", "REA 7"],
    )
    def test_a_person_is_found_by_what_people_type(self, query):
        """In any order, without accents, begun, misspelt by a letter, with a date, by number or ward."""
        told = self.told().take(
            entry(admitted("2", "c1", ward="REA", bed="7"), 1),
            entry(admitted("1", "c2"), 2),
            entry(admitted("4", "c3"), 3),
        )
        found = told.charts.find(query if query != "HOSP2" else "2")
        assert [hit.name for hit in found[:1]] == ["LE GOFF JEAN2"]

    def test_free_beds_are_those_nobody_lies_in(self):
        """A bed that a feed named is free once its patient moved on."""
        moved = message("ADT^A02", "1", control="c2", minute=5, pv1="PV1||I|CARD^9^P|||||||||||||||||V1^^^HOSP^VN")
        told = self.told().take(entry(admitted("1", "c1"), 1), entry(moved, 2))
        board = told.charts.board("CARD", "P")
        assert ([row.room for row in board.rows], board.free_beds) == (["9"], ["1F"])
        assert [(ward.id, ward.patients, ward.beds) for ward in told.charts.wards("P")] == [("CARD", 1, 2)]

    @pytest.mark.req("F2")
    def test_a_board_knows_since_when_its_ward_is_in_downtime(self):
        """Declared for a ward or the whole house in a station's journal, and lifted; a feed declares nothing."""

        def act(journal: str, sequence: int, body: bytes):
            return entry(body, sequence, journal=journal, at=10 + sequence, media=MEDIA_ACT)

        def since(ward: str) -> int:
            told.charts.board(ward, "P")  # a question: what decides is read once, at its beginning
            return told.charts._downtime_ns(ward)

        at = b'"reason":"test","at":"2026-09-21T12:00:00Z"}'
        told = self.told().take(act("n-capture", 1, b'{"act":"downtime-declared","wards":[],' + at))
        assert since("CARD") == 0
        told.take(act("n-station", 1, b'{"act":"downtime-declared","wards":["CARD"],' + at))
        declared_ns = parse_rfc3339("2026-09-21T12:00:00Z")
        assert [since(ward) for ward in ("CARD", "CHIR")] == [declared_ns, 0]
        told.take(act("n-station", 2, b'{"act":"downtime-lifted","wards":[],' + at))
        assert since("CARD") == 0

    @pytest.mark.req("F7")
    def test_corrections_of_what_somebody_saw_do_not_cost_all_that_they_saw(self, monkeypatch):
        """Thousands of looks, at two numbers that are joined later: one correction told, and no look beside it read."""
        told = self.told().take(
            entry(resulted("1", "c1", "4.9"), 1),
            entry(resulted("2", "c2", "4.4"), 2),
            entry(resulted("3", "c3", "4"), 3),
        )
        store = told.store
        ids = {number: told.charts.chart(number).id for number in "123"}
        nodes = {number: store.identities.by_chart(UUID(ids[number]).bytes) for number in "123"}
        who, now = store.looks._login("nadia"), entry(b"", 1).received_ns
        with store.transaction():
            for n in range(2000):
                row = (who, nodes["13"[n % 2]], now - 10**12 + n)
                store.looks._db.run("INSERT INTO looks VALUES(?, ?, ?)", row)
            store.looks._db.run("INSERT INTO looks VALUES(?, ?, ?)", (who, nodes["2"], now + 4 * 10**9))
        corrected = resulted("2", "c4", "6.9", minute=9).replace(b"|H|||F", b"|H|||C")
        told.take(entry(corrected, 4, at=9), entry(merged("1", "2", "c5", minute=10), 5, at=10))
        read, rows = [], type(store.looks._db).rows

        def counted(self, *asked):
            found = rows(self, *asked)
            read.extend(found)
            return found

        monkeypatch.setattr(type(store.looks._db), "rows", counted)
        [one] = store.looks.corrections("nadia", "P")
        assert (one.old[:3], one.now[:3]) == ("4.4", "6.9")
        assert store.looks.corrections("martin", "P") == []
        nadia, read[:] = len(read), []
        assert store.looks.corrections("nadia", "T") == [] and read == []
        assert nadia <= 1 + 1 + 1000 + 1  # the look at the joined number, and those at the one that it was joined to


class ReadBesideSuite(ChartStoreSuite):
    """The same, of a store that others read while it is written."""

    @pytest.mark.req("F32")
    def test_who_reads_beside_the_writer_sees_charts_united_and_parted(self):
        """A connection that answered for both before gives the survivor for the lost key, and each its own once parted;
        one that answered for the first time in between does too: never nobody, never the other patient."""
        told = self.told().take(entry(admitted("1", "c1"), 1), entry(admitted("2", "c2"), 2))
        readers = [Charts(told.store.reader(), SETTINGS, told.clock) for _ in range(2)]

        def found(charts: Charts) -> list[str]:
            return [charts.chart(key).key for key in ("HOSP|1", "HOSP|2")]

        assert found(readers[0]) == ["HOSP|1", "HOSP|2"]
        told.take(entry(merged("1", "2", "c3"), 3))
        assert [found(one) for one in readers] == [["HOSP|1", "HOSP|1"]] * 2
        told.take(entry(merged("1", "2", "c4", undo=True), 4))
        assert [found(one) for one in readers] == [["HOSP|1", "HOSP|2"]] * 2
        own = told.charts.chart("HOSP|2").id
        assert [one.chart(own).key for one in readers] == ["HOSP|2"] * 2
