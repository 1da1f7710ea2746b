"""A chart as people read it says everything that is in it, as it was sent, and never makes absence look like health.

Method: messages as senders write them, folded and said in both languages; lines compared word for word.
"""

from base64 import b64encode

import pytest

from contrefeu.chart.elements import PARTLY, unit
from contrefeu.chart.fold import Chart, to_bundle
from contrefeu.chart.sentences import instruction_of, moment, sentence, wall_day
from contrefeu.chart.wording import chart_text
from contrefeu.chart.words import WORDS, word
from tests.chart.feed import PID, adt, chart, message, only, oru, ras, rde

A01 = adt("A01", "1124 0800", at="1124 0800")
PEN = "AL1|1|DA|PEN^Pénicilline^L|SV|Urticaire"


def block(made: Chart, title: str, language: str = "fr") -> list[str]:
    """The lines of one block, its heading first."""
    _, _, rest = chart_text(made, language).partition(f"\n== {title}")
    return (title + rest).partition("\n\n")[0].splitlines()


@pytest.mark.req("F1", "F6")
def test_no_source_none_known_listed_and_taken_back_never_look_alike():
    """Four charts, four texts of the allergies."""
    deleted = message("ADT^A60", "1124 0900", PID, "IAM|1|DA|PEN^Pénicilline^L|SV|Urticaire|D")
    told = {
        "no source": (A01,),
        "none known": (adt("A01", "1124 0800", more=["AL1|1||716186003^No known allergy^SCT"]),),
        "listed": (adt("A01", "1124 0800", more=[PEN]),),
        "conflict": (adt("A01", "1124 0800", more=[PEN, "AL1|2||NKA"]),),
        "taken back": (adt("A01", "1124 0800", more=[PEN]), deleted),
    }
    found = {name: block(chart(*story), "ALLERGIES", "en") for name, story in told.items()}
    heard = "ALLERGIES — last message : DPI@CHU 24 Nov 2026 06:00"
    assert found == {
        "no source": ["ALLERGIES — no source here"],
        "none known": [heard, "   NO KNOWN ALLERGY (No known allergy)  [hopital-capture/1]"],
        "listed": [heard, "   Pénicilline · reaction: Urticaire · severe · high risk  [hopital-capture/1]"],
        "conflict": [
            heard,
            "   !! SOURCES DISAGREE: an allergy, and “no known allergy”",
            "   Pénicilline · reaction: Urticaire · severe · high risk  [hopital-capture/1]",
            "   NO KNOWN ALLERGY (NKA)  [hopital-capture/1]",
        ],
        "taken back": [
            heard,
            "   none in force (1 withdrawn)",
            "   TAKEN BACK — Pénicilline · reaction: Urticaire · severe · high risk  [hopital-capture/2]",
        ],
    }


@pytest.mark.req("F1")
def test_every_block_without_a_feed_says_so():
    """A chart of an admission alone: each other block has no source here."""
    lines = [line for line in chart_text(chart(A01), "fr").splitlines() if line.startswith("==")]
    silent = [line for line in lines if line.endswith("— aucune source ici")]
    assert len(lines) - len(silent) == 2, "identity and stays have one"
    assert "== RÉSULTATS — aucune source ici" in silent


@pytest.mark.req("F5")
@pytest.mark.parametrize("value", ["4,2", "<0,5", "1.50", "> 100", "6.10", "négatif", "1e3", "0.0"])
def test_a_value_is_said_as_it_was_sent(value):
    """Commas, comparators, trailing zeros: to the letter, with the unit."""
    made = chart(oru("1124 0900", f"NM|K^Potassium^L||{value}|mmol/L|3.5-5.0|HH|||F"))
    assert block(made, "RÉSULTATS")[2] == (
        f"      Potassium {value} mmol/L [HH] (3.5-5.0) 24/11/2026 07:00  [hopital-capture/1]"
    )


@pytest.mark.req("F5")
@pytest.mark.parametrize(
    ("sent", "said"),
    [("^1^:^128|", "1:128"), ("^1^:^128|titre", "1:128 titre"), ("<^1^:^128|", "<1:128"), ("^1^/^2|", "1/2")],
)
def test_a_titre_is_said_as_titres_are_written(sent, said):
    """1:128 is no fraction: it is not said 1/128."""
    made = chart(oru("1124 0900", f"SN|TPHA^TPHA^L||{sent}||||||F"))
    assert f"TPHA {said} " in block(made, "RÉSULTATS")[2]


@pytest.mark.req("F7")
def test_a_corrected_value_says_the_old_one_and_its_entry():
    """The old value, its status and its message stand in the same line; a preliminary one says so first."""
    preliminary = oru("1124 0900", "NM|K^Potassium^L||6.1|mmol/L||HH|||P")
    corrected = oru("1124 1000", "NM|K^Potassium^L||4.2|mmol/L|||||C")
    assert block(chart(preliminary), "RESULTS", "en")[2].startswith("      PRELIMINARY — Potassium 6.1 mmol/L [HH]")
    assert block(chart(preliminary, corrected), "RESULTS", "en")[2] == (
        "      CORRECTED — Potassium 4.2 mmol/L 24 Nov 2026 07:00"
        " — before: 6.1 mmol/L (preliminary, hopital-capture/1)  [hopital-capture/2]"
    )


def test_results_are_grouped_by_day_the_newest_first():
    """Wall days of the hospital: 23:30 and 00:30 in Paris are two days, though one in UTC."""
    late = oru("1124 0900", "NM|K^Potassium^L||4.1|mmol/L|||||F").replace(b"20261124070000", b"20261123233000")
    early = oru("1124 0901", "NM|K^Potassium^L||4.2|mmol/L|||||F", order="L2").replace(
        b"20261124070000", b"20261124003000"
    )
    assert [line.strip() for line in block(chart(late, early), "RÉSULTATS") if line.startswith("   2")] == [
        "24/11/2026",
        "23/11/2026",
    ]


def test_what_is_misread_is_spelled_out():
    """A rhythm that is read as another one, a unit that only machines write; anything else as it was sent."""
    said = {"text": "le matin", "timing": {"code": {"text": "QD"}, "repeat": {"timeOfDay": ["08:00:00"]}}}
    assert instruction_of(said) == "le matin · 1 × / 24 h · 08:00"
    assert instruction_of({"timing": {"code": {"text": "Q6H"}}}) == "Q6H"
    assert [unit({"value": 1, "unit": one}) for one in ("Cel", "mm[Hg]", "{score}", "{cp}/h")] == [
        "°C", "mmHg", "score", "{cp}/h"
    ]  # fmt: skip


@pytest.mark.req("F9")
def test_a_prescription_says_its_dose_its_words_and_its_doses():
    """What RXE-7 leaves out (the amount) is said; each dose stands under its prescription, refused ones too."""
    made = chart(
        rde("1124 0730", words="toutes les 6 h si douleur"),
        ras("1124 0812", "1124 0805"),
        ras("1124 1412", "1124 1410", count=2, status="RE"),
        ras("1124 1500", "1124 1455", number="P9", count=1),
        rde("1124 1600", "DC", number="P2"),
    )
    assert block(made, "PRESCRIPTIONS ET DOSES")[1:] == [
        "   Paracétamol 1 g · 1 g · toutes les 6 h si douleur · Q6H · Per os · prescrit le 24/11/2026 07:30"
        "  [hopital-capture/1]",
        "      24/11/2026 14:10 NON donnée : Paracétamol 1 g 1 g  [hopital-capture/3]",
        "      24/11/2026 08:05 donnée : Paracétamol 1 g 1 g  [hopital-capture/2]",
        "   ARRÊTÉ — Paracétamol 1 g · 1 g · Q6H · Per os  [hopital-capture/5]",
        "   doses sans prescription ici :",
        "      24/11/2026 14:55 donnée : Paracétamol 1 g 1 g  [hopital-capture/4]",
    ]


def test_a_report_is_read_in_place():
    """Text of a document line by line; a file is named with its size, never printed."""
    pdf = b64encode(b"%PDF-1.4 x").decode()
    txa = "TXA|1|CR^Compte rendu^L|TX||20261124070000|||||||7^DOCS|||||LA"
    made = chart(
        message(
            "MDM^T02", "1124 0900", "EVN||20261124090000", PID, txa,
            "OBX|1|TX|CR^Compte rendu^L||Première ligne||||||F", "OBX|2|TX|CR^Compte rendu^L||Seconde ligne||||||F",
            f"OBX|3|ED|PDF^Courrier^L||DOCS^application^pdf^Base64^{pdf}||||||F",
        )
    )  # fmt: skip
    lines = block(made, "COMPTES RENDUS ET DOCUMENTS")
    assert lines[2:4] == ["      | Première ligne", "      | Seconde ligne"]
    assert lines[4].startswith("      | (fichier application/pdf")
    assert "%PDF" not in "\n".join(lines)


@pytest.mark.req("F7")
def test_an_edited_report_leads_to_what_it_said_before():
    """The new text in place, and the entry that holds the old one."""
    txa = "TXA|1|CR^Compte rendu^L|TX||20261124070000|||||||7^DOCS|||||LA"
    first, second = (
        message(f"MDM^{event}", said, PID, txa, f"OBX|1|TX|CR^Compte rendu^L||{text}||||||F")
        for event, said, text in (("T02", "1124 0900", "Fracture"), ("T08", "1124 1000", "Pas de fracture"))
    )
    assert block(chart(first, second), "REPORTS AND DOCUMENTS", "en")[2:] == [
        "      | Pas de fracture",
        "      before: [hopital-capture/1]",
    ]


@pytest.mark.req("C3")
def test_what_could_not_be_read_is_said_with_its_entry():
    """An unknown event is a line of its own block."""
    made = chart(A01, message("ADT^Z77", "1124 0900", PID))
    assert chart_text(made, "fr").splitlines()[-1] == (
        "   ADT^Z77 · DPI@CHU · message que rien ici ne sait lire, reçu le 24/11/2026 06:00  [hopital-capture/2]"
    )


def test_every_line_of_content_names_its_entry():
    """Promise 7: each line that says a fact ends with journal/sequence."""
    made = chart(A01, adt("A08", "1124 0810", more=[PEN]), rde("1124 0815"), ras("1124 0820", "1124 0819"))
    lines = chart_text(made, "en").splitlines()
    facts = [line for line in lines if line.startswith("   ")]
    assert len(facts) == len(to_bundle(made)["entry"])
    assert all(line.endswith("]") and "[hopital-capture/" in line for line in facts)


def test_control_characters_never_reach_the_terminal():
    """Escape sequences and bidirectional overrides in a name are shown as one replacement character each."""
    made = chart(adt("A01", "1124 0800", pid=PID.replace("MARTIN", "MAR\x1b[2JTIN\u202e")))
    text = chart_text(made, "fr")
    assert "MAR\ufffd[2JTIN\ufffd" in text
    assert not {"\x1b", "\u202e"} & set(text)


def test_an_exercise_says_so_on_its_first_line():
    """World T: nobody takes it for a patient."""
    made = chart(A01)
    made.world = "T"
    assert chart_text(made, "en").startswith("*** EXERCISE: this patient does not exist ***\n")


@pytest.mark.parametrize(
    ("text", "fr", "en"),
    [
        ("2026-11-24T07:12:00Z", "24/11/2026 08:12", "24 Nov 2026 08:12"),
        ("2026-10-25T02:30:00+02:00", "25/10/2026 02:30 (+02:00)", "25 Oct 2026 02:30 (+02:00)"),
        ("2026-10-25T02:30:00+01:00", "25/10/2026 02:30 (+01:00)", "25 Oct 2026 02:30 (+01:00)"),
        ("2026-03-29T03:30:00+02:00", "29/03/2026 03:30", "29 Mar 2026 03:30"),
        ("1948-05-12", "12/05/1948", "12 May 1948"),
        ("1948-05", "05/1948", "May 1948"),
        ("1948", "1948", "1948"),
        ("avant Noël", "avant Noël", "avant Noël"),
        ("", "", ""),
    ],
)
def test_times_are_said_in_wall_time_and_days_are_never_shifted(text, fr, en):
    """An hour that comes twice has its offset; a day, a month, a year stay what they are."""
    assert (moment(text, "fr"), moment(text, "en")) == (fr, en)


def test_a_day_is_the_hospitals_day():
    """23:30 UTC in winter is tomorrow in Paris; a date is itself."""
    assert wall_day("2026-11-24T23:30:00Z") == "2026-11-25"
    assert wall_day("2026-11-24") == "2026-11-24"


def test_both_languages_have_every_word():
    """No row is empty, and a code without a row is said as it is."""
    assert all(fr and en for fr, en in WORDS.values())
    assert word("dose suspended", "fr") == "suspended"


@pytest.mark.req("F10")
def test_what_a_dose_is_reckoned_from_stands_behind_it():
    """Milligrams per kilogram are never read as the dose, whichever came first; alone they stand as they were sent."""
    dose, basis = ({"doseQuantity": {"value": n, "unit": unit}} for n, unit in ((180, "mg"), (15, "mg/kg")))
    assert instruction_of({"doseAndRate": [basis, dose]}) == "180 mg (15 mg/kg)"
    assert instruction_of({"doseAndRate": [basis]}) == "15 mg/kg"
    said = {"doseAndRate": [basis, dose], "text": "15 mg/kg toutes les 6 h"}
    assert instruction_of(said) == "180 mg · 15 mg/kg toutes les 6 h"


@pytest.mark.req("F19")
def test_who_a_patient_is_names_death_and_protection():
    """The sentence of identity: names, birth, sex, numbers, death, protection."""
    pid = f"{PID}{'|' * 21}20261124065000|Y||CACH"
    made = chart(adt("A01", "1124 0800", pid=pid))
    assert sentence(only(made, "Patient"), "fr") == (
        "MARTIN Jeanne · né(e) le 12/05/1948 · femme · IPP 1001 · DÉCÉDÉ(E) le 24/11/2026 06:50 · IDENTITÉ PROTÉGÉE"
    )


@pytest.mark.parametrize(("language", "words"), [("fr", "donnée EN PARTIE"), ("en", "given IN PART")])
def test_a_dose_given_in_part_says_so_in_the_readers_language(language, words):
    """RXA-20 PA is no full dose, and no word of another language stands on the page."""
    dose = {
        "resourceType": "MedicationAdministration",
        "status": "completed",
        "medicationCodeableConcept": {"text": "FUROSÉMIDE 40 mg"},
        "effectiveDateTime": "2026-11-25T07:57:00+01:00",
        "note": [{"text": PARTLY}, {"text": "vomissement"}],
    }
    said = sentence(dose, language, "Europe/Paris")
    assert words in said
    assert "vomissement" in said
    assert "partially" not in said
