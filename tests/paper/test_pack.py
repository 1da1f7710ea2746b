"""A ward's pack says what the charts say, how old it is, and on every page whose it is.

Method: messages as senders write them, read and folded; the pack's values looked at, and the set pages read back as
text and as codes.
"""

from io import BytesIO
from itertools import pairwise

import pikepdf
import pypdfium2
import pytest

from contrefeu.acts import FUNCTIONS, Declared, InForce
from contrefeu.base import rfc3339
from contrefeu.chart.views import Restoring
from contrefeu.paper import foot_of, read_code
from contrefeu.paper.doses import Cell
from contrefeu.paper.pictures import pages_in, texts_on
from contrefeu.paper.stamp import locked
from tests.chart.feed import PID, adt, chart, message, ns, oru, ras, rde
from tests.paper.house import KEY, Ward, texts, ward, words

PENICILLIN = adt("A01", "1124 0800", at="1124 0800", more=["AL1|1|DA|PEN^Pénicilline^L|SV|Choc"])
A01 = adt("A01", "1124 0800", at="1124 0800")
EACH_DAY = rde("1124 0810", tq1=("TQ1|1||QD|08:00~20:00|||20261124080000",))


@pytest.mark.req("W3")
def test_a_patient_s_pages_hold_what_a_ward_needs():
    """Allergy, problem, result with unit, range and flag, prescription, contact: each with its feed."""
    more = ["NK1|1|MARTIN^Paul|SPO||0611", "AL1|1|DA|PEN^Pénicilline^L", "DG1|1||I50^Insuffisance cardiaque"]
    said = ward(
        adt("A01", "1124 0800", at="1124 0800", more=more),
        oru("1124 0900", "NM|2823-3^Potassium^LN||6.8|mmol/L|3.5-5.0|HH|||F"),
        rde("1124 0810"),
    ).pack()
    text = words(said.patients[0])
    for wanted in ("Pénicilline", "Insuffisance cardiaque", "6.8 mmol/L", "3.5-5.0", "HH ‼", "Paracétamol 1 g", "0611"):
        assert wanted in text, wanted
    assert "LABO@CHU 24 Nov 06:00" in said.patients[0].pages.results.said
    assert "PHARMA@CHU 24 Nov 06:00" in said.patients[0].doses.said


@pytest.mark.req("F1")
def test_what_no_feed_spoke_of_is_never_none():
    """No AL1, no prescription, no result: "no source here", in the head, on the sheet and in each block."""
    part = ward(A01).pack().patients[0]
    assert part.pages.who.allergies == "ALLERGIES: NO SOURCE HERE"
    assert part.pages.who.alarm
    assert (part.doses.said, part.doses.none, part.pages.results.said) == ("no source here", "", "no source here")
    assert all(block.said or block.lines for block in part.pages.blocks)


@pytest.mark.req("F1")
@pytest.mark.parametrize(
    ("more", "said", "alarm"),
    [
        (["AL1|1|DA|PEN^Pénicilline^L"], "ALLERGIES", True),
        (["AL1|1||716186003^No known allergy^SCT"], "NO KNOWN ALLERGY", False),
        (["AL1|1|DA|PEN^Pénicilline^L", "AL1|2||NKA"], "ALLERGIES: SOURCES DISAGREE", True),
    ],
)
def test_allergies_say_how_it_is_with_them(more, said, alarm):
    """Listed, none known, sources that disagree never look alike."""
    who = ward(adt("A01", "1124 0800", at="1124 0800", more=more)).pack().patients[0].pages.who
    assert (who.allergies, who.alarm) == (said, alarm)


@pytest.mark.req("W2")
@pytest.mark.parametrize(("heard", "red"), [("1124 1101", False), ("1124 1059", True)])
def test_a_pack_of_old_messages_is_red(heard, red):
    """Past an hour it is red and names the silent feed; always it says its as-of and its end in so many words."""
    foot = ward(A01, heard=heard).pack().foot
    assert foot.red is red
    assert foot.as_of == f"As of messages of 24 Nov 2026 {heard[-4:-2]}:{heard[-2:]}"
    assert foot.not_after == f"DO NOT USE AFTER 25 Nov 2026 {heard[-4:-2]}:{heard[-2:]}"
    assert ("DPI@CHU" in foot.silent) is red


@pytest.mark.req("G4", "W2")
def test_every_page_says_its_age_and_when_it_is_destroyed():
    """Census, patient's pages, dose sheet: as-of, end of use and day of destruction stand on each."""
    printed = ward(PENICILLIN, EACH_DAY).printed()
    pages = texts(printed.pdf)
    assert len(pages) == printed.pages == 3
    for page in pages:
        assert "As of messages of 24 Nov 2026 12:00" in page
        assert "DO NOT USE AFTER 25 Nov 2026 12:00" in page
        assert "destroy on 01 Dec 2026" in page


def test_no_page_break_parts_a_name_from_its_allergies():
    """Two hundred results and forty allergies: name and last allergy stand on each of the patient's pages."""
    many = [f"AL1|{n}|DA|A{n}^Allergie-{n}^L|SV|Choc anaphylactique" for n in range(40)]
    lines = [f"NM|C{n}^Mesure {n}^L||{n}|mmol/L|||||F" for n in range(200)]
    pages = texts(ward(adt("A01", "1124 0800", at="1124 0800", more=many), oru("1124 0900", *lines)).printed().pdf)
    assert len(pages) > 5
    of_patient = [page for page in pages if "Who lies on the ward" not in page]
    assert len(of_patient) > 3
    for page in of_patient:
        assert "MARTIN" in page
        assert all(f"Allergie-{n} " in page for n in range(40))
    assert sum("Mesure 199" in page for page in pages) == 1


@pytest.mark.req("Q1")
def test_each_page_carries_its_own_code():
    """Read from the set pages: each code verifies, names the chart, and counts the pages of its section."""
    printed = ward(PENICILLIN, EACH_DAY).printed()
    codes = []
    for page in pages_in(printed.pdf):
        [text], turns = texts_on(page)
        sealed = read_code(text)
        assert sealed.verified_by(KEY.public)
        assert turns == 0
        codes.append(sealed.code)
    assert [(code.form, code.page, code.pages) for code in codes] == [(1, 1, 1), (2, 1, 1), (3, 1, 1)]
    assert [code.issue.hex() for code in codes] == [issue.act.issue for issue in printed.issues]
    assert [str(code.patient) for code in codes[1:]] == [printed.issues[1].act.chart] * 2
    assert [issue.act.returns for issue in printed.issues] == [False, False, True]


# Doses.


def utc(text):
    """An instant as it is noted beside its box."""
    return rfc3339(ns(text))


def sheet_cells(*bodies, **said):
    """The boxes of the one prescription."""
    [row] = ward(*bodies, **said).pack().patients[0].doses.rows
    return row.cells


@pytest.mark.req("W3")
def test_a_dose_sheet_has_a_box_for_each_hour_of_a_day():
    """08:00 and 20:00 each day, at noon with 08:00 given: this evening and tomorrow morning."""
    cells = sheet_cells(A01, EACH_DAY, ras("1124 0830", "1124 0800"))
    assert cells == [Cell("24 Nov", "20:00", utc("1124 2000")), Cell("25 Nov", "08:00", utc("1125 0800"))]


@pytest.mark.req("F2")
def test_an_hour_without_a_word_is_not_called_late():
    """08:00 passed and no dose was said: "given? not known", with its box; never late, never given."""
    cells = sheet_cells(A01, EACH_DAY)
    assert cells == [
        Cell("24 Nov", "08:00", utc("1124 0800"), unknown=True),
        Cell("", "20:00", utc("1124 2000")),
        Cell("25 Nov", "08:00", utc("1125 0800")),
    ]
    assert "given? not known" in texts(ward(A01, EACH_DAY).printed().pdf)[2]


def test_every_six_hours_counts_from_the_last_dose():
    """Elapsed time: given at 09:10, then 15:10, 21:10, 03:10, 09:10."""
    cells = sheet_cells(A01, rde("1124 0810"), ras("1124 0915", "1124 0910"))
    assert [cell.time for cell in cells] == ["15:10", "21:10", "03:10", "09:10"]


@pytest.mark.req("F9")
def test_the_hour_that_october_repeats_gives_one_box():
    """08:00 and 02:30 each day, on the night of 25 October: one box says its offset, none is lost."""
    daily = rde("1024 0810", tq1=("TQ1|1||QD|02:30~08:00|||20261023080000",))
    given = [ras("1024 0830", "1024 0800"), ras("1024 0230", "1024 0230", number="P1")]
    admitted = adt("A01", "1023 0700", at="1023 0700")
    cells = sheet_cells(admitted, daily, *given, now="1024 1200", heard="1024 1200")
    assert [cell.time for cell in cells] == ["02:30 (+02:00)", "08:00"]


@pytest.mark.req("F9")
@pytest.mark.parametrize(
    ("tq1", "label"),
    [
        (("TQ1|1||PRN||||20261124080000",), "IF NEEDED"),
        (("TQ1|1||SELON INR||||20261124080000",), "NO DUE TIME COMPUTED"),
    ],
)
def test_what_has_no_hour_says_so_and_has_empty_boxes(tq1, label):
    """Nothing is guessed from words: the box waits for a hand."""
    [row] = ward(A01, rde("1124 0810", tq1=tq1)).pack().patients[0].doses.rows
    assert row.label.startswith(label)
    assert (row.cells, row.blanks) == ([], 4)


def test_hours_that_have_no_box_are_counted():
    """Every half hour for a day: 24 boxes, and the row says how many hours have none."""
    often = rde("1124 0810", tq1=("TQ1|1||Q30M||||20261124120000",))
    [row] = ward(A01, often, ras("1124 1201", "1124 1200")).pack().patients[0].doses.rows
    assert len(row.cells) == 24
    assert row.label == "AND 24 MORE HOURS WITHOUT A BOX: read the dosage"


def test_what_was_stopped_is_not_on_the_sheet():
    """A stopped prescription has no box; one on hold says so in capitals."""
    stopped = rde("1124 0900", "DC")
    assert ward(A01, rde("1124 0810"), stopped).pack().patients[0].doses.rows == []
    [row] = ward(A01, rde("1124 0810"), rde("1124 0900", "HD")).pack().patients[0].doses.rows
    assert (row.status, row.cells) == ("ON HOLD", [])


# What may not mislead.


@pytest.mark.req("F11")
def test_a_blood_group_stands_nowhere_but_in_its_document():
    """Its value is not printed; that one was received is, with the warning."""
    group = "ST|882-1^Groupe ABO Rh^LN||A-POSITIF|||||F"
    found = ward(A01, oru("1124 0900", group, "NM|2823-3^Potassium^LN||4.1|mmol/L|||||F"))
    printed = texts(found.printed().pdf)
    assert "A-POSITIF" not in "".join(printed)
    assert "NOT VALID FOR TRANSFUSION" in "".join(printed)
    assert "4.1 mmol/L" in "".join(printed)


@pytest.mark.req("F10")
@pytest.mark.parametrize(
    ("weighed", "said", "red"),
    [("", "WEIGHT NOT KNOWN", True), ("1124 0900", "weight 12.4 kg (24 Nov 2026 07:00)", False)],
)
def test_a_child_s_weight_has_its_date_and_is_red_when_it_is_not_known(weighed, said, red):
    """Born in 2024: the weight stands on the page and on the dose sheet."""
    child = PID.replace("19480512", "20240512")
    bodies = [adt("A01", "1124 0800", at="1124 0800", pid=child)]
    if weighed:
        bodies.append(oru(weighed, "NM|29463-7^Poids^LN||12.4|kg|||||F").replace(PID.encode(), child.encode()))
    part = ward(*bodies).pack().patients[0]
    assert (part.pages.weight, part.pages.weight_red) == (said, red)
    assert (part.doses.weight, part.doses.weight_red) == (said, red)


@pytest.mark.req("F24")
def test_a_protected_identity_is_a_bed_in_the_census():
    """Named on its own pages, in no list."""
    pack = ward(adt("A01", "1124 0800", at="1124 0800", pid=f"{PID}{'|' * 24}CACH")).pack()
    assert "MARTIN" not in words(pack.census) + words(pack.index)
    assert pack.index == []
    assert pack.census[0].name == "PROTECTED IDENTITY"
    assert pack.patients[0].pages.who.family == "MARTIN"


@pytest.mark.req("F44")
def test_a_pack_holds_who_is_on_the_ward_and_nobody_else():
    """Who left is in no list and on no page."""
    assert ward(A01, adt("A03", "1124 1000", at="1124 1000")).pack().patients == []
    pages = texts(ward(A01, adt("A03", "1124 1000", at="1124 1000")).printed().pdf)
    assert len(pages) == 1
    assert "MARTIN" not in pages[0]
    assert "Nobody on this ward" in pages[0]


def test_what_a_message_holds_sets_nothing():
    """Typst's own words in a name, a report, a unit: they are printed, and do nothing."""
    evil = PID.replace("MARTIN", '#panic("x")').replace("Jeanne", "*a* _b_ $x$ @y <z> \\\\u0041")
    pages = texts(ward(adt("A01", "1124 0800", at="1124 0800", pid=evil)).printed().pdf)
    assert '#panic("x")' in pages[0]
    assert "*a* _b_" in pages[1]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_pack_is_in_its_reader_s_language(language):
    """Headings and times, not what senders said."""
    text = "".join(texts(ward(PENICILLIN, language=language).printed().pdf))
    wanted = {
        "fr": ("État des messages au 24/11/2026", "À NE PLUS UTILISER"),
        "en": ("As of messages of 24 Nov 2026", "DO NOT USE"),
    }
    assert all(one in text for one in wanted[language])
    assert not any(one in text for one in wanted["en" if language == "fr" else "fr"])
    assert "Pénicilline" in text


@pytest.mark.req("F3")
def test_a_declared_downtime_stands_on_every_page():
    """With the minute it was declared at, and the medium in force: since when, and by whom."""
    at = rfc3339(ns("1124 1130"))
    pages = texts(ward(A01, downtime=Declared(at, "ransom", "user/durand", "paper", at, "user/durand")).printed().pdf)
    wanted = "DOWNTIME DECLARED 24 Nov 2026 11:30 · MEDIUM IN FORCE: PAPER since 24 Nov 2026 11:30, by durand"
    assert all(wanted in " ".join(page.split()) for page in pages)


@pytest.mark.req("F3")
def test_a_function_that_is_written_elsewhere_stands_there_too():
    """Beside the medium of the ward, since its own minute."""
    at, later = rfc3339(ns("1124 1130")), rfc3339(ns("1124 1215"))
    apart = {"medicines": InForce("screen", later, "user/crise")}
    found = Declared(at, "ransom", "user/durand", "paper", at, "user/durand", apart)
    wanted = "PAPER since 24 Nov 2026 11:30, by durand · MEDICINES: SCREEN since 24 Nov 2026 12:15, by crise"
    assert all(wanted in " ".join(page.split()) for page in texts(ward(A01, downtime=found).printed().pdf))


@pytest.mark.req("F3", "W2")
@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_foot_with_much_to_say_stays_on_the_sheet(language):
    """Each function elsewhere since a minute of its own, a feed silent, a history being restored: 3.5 mm stay blank."""
    at, media = rfc3339(ns("1124 1130")), ("screen", "record", "screen", "record", "screen")
    apart = {one: InForce(m, rfc3339(ns(f"1124 12{n}0")), f"user/cadre.de.nuit.{n}") for n, (one, m) in enumerate(
        zip(FUNCTIONS, media, strict=True))}  # fmt: skip
    found = Declared(at, "ransom", "user/cadre.de.nuit", "paper", at, "user/cadre.de.nuit", apart)
    lacks = Restoring(rfc3339(ns("1124 0300")), 50_000, 1_000_000)
    printed = ward(A01, downtime=found, heard="1124 0900", language=language, lacks=lacks).printed()
    for page in pypdfium2.PdfDocument(printed.pdf):
        text = page.get_textpage()
        boxes = [text.get_charbox(n) for n in range(text.count_chars()) if not text.get_text_range(n, 1).isspace()]
        assert min(bottom for _, bottom, _, _ in boxes) >= 3.5 / 25.4 * 72
    assert all("CADRE.DE.NUIT.4" in " ".join(page.split()).upper() for page in texts(printed.pdf))


def test_a_history_that_is_being_restored_says_so_on_every_page():
    """An allergy of before may be missing: no page is printed without saying it."""
    found = ward(A01)
    lacks = Restoring(rfc3339(ns("1124 0300")), 50_000, 1_000_000)
    foot = foot_of(found.board, found.setting, "CHU", lacks=lacks)
    assert "THIS CHART IS NOT COMPLETE" in foot.incomplete


def test_corrected_values_say_what_they_replaced():
    """A value corrected by its sender prints with the one before; one taken back is struck, not dropped (F7)."""
    rows = (
        ward(
            A01,
            oru("1124 0900", "NM|K^Potassium^L||4.1|mmol/L|||||F"),
            oru("1124 0930", "NM|K^Potassium^L||6.1|mmol/L|||||C"),
        )
        .pack()
        .patients[0]
        .pages.results.panels[0]
        .rows
    )
    assert [row.value for row in rows] == ["6.1 mmol/L CORRECTED"]
    assert "before: 4.1 mmol/L" in rows[0].earlier


@pytest.mark.req("F5")
def test_a_curve_joins_one_unit_and_at_least_three_values():
    """mg and mmol are two rows without a curve; three values of one unit rise from 0 to 1."""
    said = [oru("1124 0900", f"NM|K^Potassium^L||{4 + n}.0|mmol/L|||||F", order=f"L{n}") for n in range(3)]
    bodies = [body.replace(b"1124070000", b"11240%d0000" % (n + 5)) for n, body in enumerate(said)]
    bodies.append(oru("1124 1130", "NM|K^Potassium^L||160|mg/L|||||F", order="L9"))
    panels = ward(A01, *bodies).pack().patients[0].pages.results.panels
    rows = [row for panel in panels for row in panel.rows]
    assert sorted((row.value, row.curve) for row in rows) == [("160 mg/L", []), ("6.0 mmol/L", [0.0, 0.5, 1.0])]


@pytest.mark.req("W4")
def test_a_locked_pack_opens_with_its_password_alone():
    """AES-256; without it nothing of the text is in the file."""
    import pypdfium2

    pdf = locked(ward(PENICILLIN).printed().pdf, "orage-bleu-27")
    assert b"MARTIN" not in pdf
    with pytest.raises(pypdfium2.PdfiumError):
        pypdfium2.PdfDocument(pdf)
    document = pypdfium2.PdfDocument(pdf, password="orage-bleu-27")
    assert "MARTIN" in document[1].get_textpage().get_text_bounded()


def test_a_page_whose_parts_are_joined_without_a_space_is_the_same():
    """CUPS joins them so (cups-filters 1.28): of `Q` and `q` it made `Qq`, and the foot lay elsewhere."""
    with pikepdf.open(BytesIO(ward(A01).printed().pdf)) as document:
        for page in document.pages:
            parts = [part.read_bytes() for part in page.Contents]
            joints = list(pairwise(parts))
            assert joints, "what is laid over a page is a part of its own"
            assert all(before[-1:].isspace() or after[:1].isspace() for before, after in joints)


def test_two_patients_have_their_own_pages():
    """By bed; the index is by name, with beds and pages."""
    adam = "PID|||1002^^^IPP^PI||ADAM^Luc^^^^^L||19500101|M"
    other = chart(adt("A01", "1124 0800", at="1124 0800", place="CARD^2^B", pid=adam), key="IPP|1002")
    pack = Ward([chart(A01), other]).pack()
    assert [(row.name, row.bed) for row in pack.index] == [("ADAM Luc", "2 B"), ("MARTIN Jeanne", "12 A")]
    assert [part.pages.who.family for part in pack.patients] == ["MARTIN", "ADAM"]


def test_a_message_that_nobody_understands_is_a_line():
    """Kept, and named on the patient's page."""
    odd = message("ZZZ^Z99", "1124 0900", PID)
    assert "Messages that nothing here can read" in words(ward(A01, odd).pack().patients[0])
