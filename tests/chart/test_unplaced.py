"""What stands in no chart is counted and listed; how far a page has read is how far the feeds have spoken.

Method: messages that name nobody, or an order that nobody was named beside; entries of a station among those of feeds;
journals sealed to a key of the test, read by `open_charts`, one of them damaged.
"""

from itertools import permutations

import pytest

from contrefeu.chart import AsOf, UnplacedEntry
from contrefeu.chart.answers import UNPLACED_MAX
from contrefeu.chart.filing import NOBODY, UNKNOWN
from contrefeu.journal import MEDIA_ACT, MEDIA_FHIR, JournalFiles, SegmentReader
from tests.chart.feeds import Told, admitted, entry, message
from tests.chart.test_client import ACT, House

AUDIT = b'{"resourceType":"AuditEvent","recorded":"2026-09-21T14:13:20Z","type":{"code":"110110"}}'
UNREADABLE = b"nothing that a feed would say"
MASTER = b"MSH|^~\\&|GEF|HOSP|CF|CF|20260921||MFN^M02|m1|P|2.5|||||FRA|UNICODE UTF-8\rMFI|STF||UPD|||NE\r"


def orphan(order: str, control: str, world: str = "P", *, number: str = "-") -> bytes:
    """A result of an order, beside nobody; or beside patient *number*."""
    rest = (
        f"ORC|RE||{order}^LABO",
        f"OBR|1||{order}^LABO|IONO^Ionogramme^L",
        "OBX|1|NM|K^Potassium^L||6.8|mmol/L|||||F",
    )
    return message("ORU^R01", number, control=control, world=world, rest=rest)


@pytest.fixture
def house(tmp_path):
    """A house without journals."""
    return House(tmp_path)


@pytest.mark.req("W2")
def test_what_people_do_here_makes_no_page_fresh(house):
    """Looks and acts of the station come in later than the last message: the page is as old as the message."""
    house.append(admitted("1", "c1"), admitted("2", "c2"), journal="n-capture")
    house.append(ACT, journal="n-station", media=MEDIA_ACT)
    with house.open() as charts:
        read = charts.status().as_of
        assert read.entry == "n-capture/2"
    for _ in range(3):
        house.append(AUDIT, journal="n-station", media=MEDIA_FHIR)
    with house.open() as charts:
        status = charts.status()
        assert (status.as_of, charts.board("CARD").as_of) == (read, read)
        assert status.positions == {"n-capture": 2, "n-station": 4}, "positions, and lag, count every entry"
    house.append(admitted("3", "c3"), journal="n-capture")
    with house.open() as charts:
        assert charts.status().as_of.entry == "n-capture/3"


@pytest.mark.req("W2")
def test_before_the_first_message_a_page_is_as_of_nothing(house):
    """Accounts are made and people look, and no feed has spoken yet."""
    house.append(ACT, journal="n-station", media=MEDIA_ACT)
    house.append(AUDIT, journal="n-station", media=MEDIA_FHIR)
    with house.open() as charts:
        assert charts.status().as_of == AsOf()


@pytest.mark.req("F31")
def test_a_result_without_owner_waits_until_its_patient_is_named():
    """Listed with why; once a message names the patient beside its order it is on that chart, and waits no more."""
    told = Told().take(entry(admitted("1", "c1"), 1), entry(orphan("Z9", "c2"), 2), entry(orphan("Z8", "c3"), 3))
    charts = told.charts
    assert [(one.ref, one.why) for one in charts.waiting()] == [("n-capture/3", UNKNOWN), ("n-capture/2", UNKNOWN)]
    assert (charts.status().waiting, charts.status().unread) == (2, 0)
    told.take(entry(orphan("Z9", "c4", number="1"), 4))
    assert [one.ref for one in charts.waiting()] == ["n-capture/3"]
    assert charts.status().waiting == 1
    assert "6.8 mmol/L" in charts.text("1")


@pytest.mark.req("C3")
def test_what_names_nobody_is_listed_apart():
    """Bytes that are no message and master files: no care depends on them, and each is one click away."""
    charts = Told().take(entry(UNREADABLE, 1), entry(MASTER, 2, source="GEF@HOSP"), entry(orphan("Z1", "c1"), 3)).charts
    assert charts.unread() == [
        UnplacedEntry("n-capture/2", "GEF@HOSP", "2026-09-21T14:13:22.000000Z", NOBODY),
        UnplacedEntry("n-capture/1", "ADT@HOSP", "2026-09-21T14:13:21.000000Z", NOBODY),
    ]
    assert [one.ref for one in charts.waiting()] == ["n-capture/3"]


@pytest.mark.req("F33")
def test_an_exercise_in_the_list_says_so():
    """A real result without owner and an exercise's stand in one list: each says which it is."""
    charts = Told().take(entry(orphan("Z1", "c1", "T"), 1), entry(orphan("Z2", "c2"), 2)).charts
    assert [(one.ref, one.world) for one in charts.waiting()] == [("n-capture/2", "P"), ("n-capture/1", "T")]


def test_a_line_of_a_chart_is_not_nobodys():
    """A message that names its patient and that no rule reads, or that defeats the fold, is on that chart alone."""
    strange = message("ADT^Z77", "1", control="z")
    charts = Told().take(entry(admitted("1", "c1"), 1), entry(strange, 2)).charts
    assert [line.ref for line in charts.chart("1").unread] == ["n-capture/2"]
    assert (charts.unread(), charts.waiting()) == ([], [])


def test_an_entry_that_defeats_us_is_listed(monkeypatch):
    """It is kept, it names nobody as far as we know, and the board's list has it."""
    told = Told()
    plain = told.batches._filing.take

    def take(one, reading):
        if b"c2" in one.body:
            raise KeyError("a defect")
        plain(one, reading)

    monkeypatch.setattr(told.batches._filing, "take", take)
    told.take(entry(admitted("1", "c1"), 1), entry(admitted("2", "c2"), 2), entry(admitted("3", "c3"), 3))
    assert [(one.ref, one.why) for one in told.charts.unread()] == [("n-capture/2", "the fold gave up on it")]


def test_lists_are_bounded_and_totals_true():
    """However many wait, one answer names the newest UNPLACED_MAX, and the status counts them all."""
    count = UNPLACED_MAX + 7
    charts = Told().take(*(entry(orphan(f"Z{n}", f"c{n}"), n) for n in range(1, count + 1))).charts
    assert charts.status().waiting == count
    assert [one.ref for one in charts.waiting(10**9)] == [f"n-capture/{count - n}" for n in range(UNPLACED_MAX)]
    assert len(charts.waiting(3)) == 3


def test_no_page_reads_a_table_from_end_to_end():
    """Both lists and both counts are answered from their indexes."""
    db = Told().store._db
    nobody = "FROM entries WHERE state = 0 AND reason NOT IN ('', 'no rule for it', 'the fold gave up on it')"
    for sql, index in (
        ("SELECT id, reason FROM entries WHERE state = 2 ORDER BY received DESC LIMIT 5", "entries_without_owner"),
        ("SELECT count(*) FROM entries WHERE state = 2", "entries_without_owner"),
        (f"SELECT id, reason {nobody} ORDER BY received DESC LIMIT 5", "entries_of_nobody"),
        (f"SELECT count(*) {nobody}", "entries_of_nobody"),
    ):
        plan = " ".join(str(row[3]) for row in db.rows(f"EXPLAIN QUERY PLAN {sql}"))
        assert index in plan
        assert "TEMP B-TREE" not in plan


@pytest.mark.req("C7")
def test_a_journal_that_is_not_read_on_is_said(house):
    """Its name and the kind of error, in the status of whoever asks; nothing of what it holds."""
    house.append(admitted("1", "c1"), journal="a-capture")
    house.append(admitted("2", "c2"), journal="b-capture")
    stranger = House(house.folder / "elsewhere")
    stranger.append(admitted("3", "c9"), journal="c-capture")
    (stranger.journals / "c-capture").rename(house.journals / "c-capture")
    damage(house, "a-capture")
    with house.open() as charts:
        assert charts.status().troubles == {"a-capture": "journal-tampered", "c-capture": "beyond-horizon"}


def damage(house: House, journal: str) -> None:
    """Turn a bit in the first frame of a journal's last segment."""
    files = JournalFiles.of(house.journals, journal)
    number = files.segments()[-1]
    data = bytearray(files.segment(number).read_bytes())
    segment = SegmentReader(files, number, files.verifier())
    segment.close()
    data[segment.start + 160] ^= 1
    files.segment(number).write_bytes(data)


@pytest.mark.req("F31", "F17")
def test_a_report_that_names_nobody_goes_by_its_accession_number():
    """No patient, no order that anybody knows: the accession number that an order of the same sender named places it;
    another number waits."""
    order = ("ORC|NW|P1^EHR", "OBR|1|P1^EHR||CT^TDM^L||||||||||||||AC-1||||||CT", "ZDS|1.2.3.4^^Application^DICOM")

    def report(number: str, control: str) -> bytes:
        rest = (
            f"OBR|1||F-{number}^LABO|CT^TDM^L||||||||||||||{number}||||||CT|F",
            "OBX|1|TX|C^Conclusion^L||Rien||||||F",
        )
        return message("ORU^R01", "-", control=control, rest=rest)

    told = Told().take(entry(message("ORM^O01", "1", control="c1", rest=order), 1))
    told.take(entry(report("AC-2", "c2"), 2), entry(report("AC-1", "c3"), 3))
    assert [one.ref for one in told.charts.waiting()] == ["n-capture/2"]
    text = told.charts.text("1")
    assert "Conclusion Rien" in text
    assert "n° d’examen AC-1 · étude DICOM 1.2.3.4 · existence des images non dite" in text


def ordered(number: str, accession: str, control: str) -> bytes:
    """An order to imaging for a patient."""
    obr = f"OBR|1|P{number}^EHR||CT^TDM^L||||||||||||||{accession}||||||CT"
    return message("ORM^O01", number, control=control, rest=(f"ORC|NW|P{number}^EHR", obr))


def reported(accession: str, control: str, *, number: str = "-") -> bytes:
    """Its report; it names no patient, or one without a number ("")."""
    obr = f"OBR|1||F9^LABO|CT^TDM^L||||||||||||||{accession}||||||CT|F"
    rest = (obr, "OBX|1|TX|C^Conclusion^L||Hémorragie|||AA|||F")
    return message("ORU^R01", number, control=control, rest=rest)


@pytest.mark.req("F31", "F17")
@pytest.mark.parametrize("turn", list(permutations(range(3))))
def test_an_accession_number_of_two_patients_files_nothing(turn):
    """Whichever came first, in a batch or one by one: the report waits for a person, and stands on neither chart."""
    said = [ordered("1", "AC-1", "c1"), ordered("2", "AC-1", "c2"), reported("AC-1", "c3")]
    entries = [entry(said[which], n) for n, which in enumerate(turn, 1)]
    one_by_one = Told()
    for one in entries:
        one_by_one.take(one)
    for told in (one_by_one, Told().take(*entries)):
        assert [one.ref for one in told.charts.waiting()] == [f"n-capture/{turn.index(2) + 1}"]
        assert not any("Hémorragie" in told.charts.text(number) for number in ("1", "2"))


@pytest.mark.req("F31", "F17")
@pytest.mark.parametrize("nothing", ["0", "000000", "NA", "N/A", "-", "9999", "X"])
def test_what_stands_for_no_number_finds_no_patient(nothing):
    """One patient's order has it, a report of somebody else too."""
    told = Told().take(entry(ordered("1", nothing, "c1"), 1), entry(reported(nothing, "c2"), 2))
    assert [one.ref for one in told.charts.waiting()] == ["n-capture/2"]
    assert "Hémorragie" not in told.charts.text("1")


@pytest.mark.req("F31", "F17")
def test_a_report_with_a_name_and_no_number_is_not_filed_by_its_accession_number():
    """It says whose it is, and no number lets anybody compare: a person does."""
    told = Told().take(entry(ordered("1", "AC-1", "c1"), 1), entry(reported("AC-1", "c2", number=""), 2))
    assert [one.ref for one in told.charts.waiting()] == ["n-capture/2"]
    assert "Hémorragie" not in told.charts.text("1")


def tube(number: str, control: str, patient: str = "-", *, day: int = 21, parent: str = "") -> bytes:
    """A result that names its specimen, or the order that it goes on from, and no order of its own."""
    rest = (
        *([f"SPM|1|{number}^^^||BLD^Sang^HL70487"] if number else []),
        f"OBR|1|||K^Potassium^L{'|' * 24}|{parent}",
        "OBX|1|NM|K^Potassium^L||6.8|mmol/L|||||F",
    )
    body = message("ORU^R01", patient, control=control, rest=rest)
    return body.replace(b"|20260921", b"|202609%02d" % day, 1)


@pytest.mark.req("F31")
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_result_that_names_its_specimen_alone_finds_its_patient(order):
    """Whichever comes first: the message that names the patient beside the specimen, or the one that names nobody."""
    named, alone = tube("26328004711&LAB", "c1", "1"), tube("26328004711&LAB", "c2", day=27)
    told = Told().take(entry(admitted("1", "c0"), 1))
    for n, which in enumerate(order, 2):
        told.take(entry((named, alone)[which], n))
    assert told.charts.waiting() == []
    assert told.charts.text("1").count("6.8 mmol/L") == 2


@pytest.mark.req("F31")
def test_a_specimens_number_finds_nobody_a_month_later_nor_two_patients():
    """Laboratories begin their numbers again: what may be another's tube waits for people."""
    told = Told().take(
        entry(admitted("1", "c0"), 1),
        entry(admitted("2", "c1", bed="2"), 2),
        entry(tube("26328004711&LAB", "c2", "1", day=1), 3),
        entry(tube("26328004711&LAB", "c3", day=30), 4),
    )
    assert [(one.ref, one.why) for one in told.charts.waiting()] == [("n-capture/4", UNKNOWN)]
    told.take(entry(tube("26328004711&LAB", "c4", "2", day=2), 5), entry(tube("26328004711&LAB", "c5", day=3), 6))
    assert [one.ref for one in told.charts.waiting()] == ["n-capture/6", "n-capture/4"]


@pytest.mark.req("F31")
def test_a_reflex_test_goes_where_its_parent_is():
    """OBR-29 names the order that it goes on from, and nothing else is named."""
    first = message(
        "ORU^R01", "1", control="c1",
        rest=("ORC|RE|P7^GEF|F7^LAB", "OBR|1|P7^GEF|F7^LAB|TSH^TSH^L", "OBX|1|NM|TSH^TSH^L||9|mUI/L|||||F"),
    )  # fmt: skip
    told = Told().take(entry(admitted("1", "c0"), 1), entry(first, 2), entry(tube("", "c2", parent="P7&GEF^F7&LAB"), 3))
    assert told.charts.waiting() == []
    assert "6.8 mmol/L" in told.charts.text("1")
    told.take(entry(tube("", "c3", parent="P8&GEF^F8&LAB"), 4))
    assert [one.ref for one in told.charts.waiting()] == ["n-capture/4"]
