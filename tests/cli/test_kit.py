"""`kit`: blank forms for a day, lists from files, days of paper; what is not there is printed as such and said.

Method: a home whose settings name a directory, a list that is gone, procedures and a count; the kit made once in each
language, its pages read as text; what days and sheets come to, as numbers.
"""

import os
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest

from contrefeu.cli.node import Node
from contrefeu.hospital import SettingsError, parse_settings
from contrefeu.journal import MEDIA_HL7V2, Draft
from contrefeu.paper import Kit, Lasts, Stock, blanks_for, lasts
from contrefeu.paper.kit import DAY, PACK_SHEETS
from contrefeu.paper.layouts import LAYOUTS
from tests.cli.conftest import Commands
from tests.cli.messages import admission

DIRECTORY = "# Urgences\nRéanimation;4 1234\nLaboratoire, jour et nuit;4 5678;bip 77\n"
SETTINGS = """
[kit]
directory = "{0}/directory.txt"
on_call = "{0}/gone.txt"
procedures = ["{0}/{{ward}}.txt", "{0}/plan.pdf", "{0}/locked.pdf"]
[[kit.stock]]
ward = "CARDIO"
counted = "2026-11-20"
sheets = 290
toner_pages = 2900
labels = 12
"""


@pytest.fixture
def ward(cli: Commands, tmp_path: Path) -> Commands:
    """A patient of CARDIO; files of the house's own."""
    node = Node.at(cli.home)
    node.paths.settings.write_text(node.paths.settings.read_text() + SETTINGS.format(tmp_path))
    (tmp_path / "directory.txt").write_text(DIRECTORY)
    os.utime(tmp_path / "directory.txt", (0, 0))
    (tmp_path / "CARDIO.txt").write_text("Fermer les vannes.\n")
    for name, password in (("plan", ""), ("locked", "secret")):
        with pikepdf.new() as document:
            document.add_blank_page()
            encryption = pikepdf.Encryption(user=password, owner="x", R=6) if password else None
            document.save(tmp_path / f"{name}.pdf", encryption=encryption)
    with node.capture_appender() as journal:
        journal.append([Draft("CPAGE@CHU", MEDIA_HL7V2, admission(), node.clock.now_ns())])
    return cli


def made(cli: Commands, out: Path, language: str) -> tuple[dict[str, Any], list[str]]:
    """A kit of one bed: what was told, and the text of each page."""
    ran = cli("kit", "--ward", "CARDIO", "--beds", 1, "--out", out, "--json", before=("--lang", language))
    assert ran.status == 10, ran.err
    return ran.told, [page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(out)]


@pytest.mark.req("F21", "W5")
def test_a_kit_holds_blanks_for_a_day_lists_and_days_of_paper(ward: Commands, tmp_path: Path) -> None:
    """Every form as often as it says; the directory with its day, old aloud; a list that is gone with room to write."""
    told, texts = made(ward, tmp_path / "kit.pdf", "fr")
    blanks = blanks_for(1)
    assert (told["beds"], told["forms"], told["pages"]) == (1, blanks, len(texts))
    assert len(told["issues"]) == len(set(told["issues"])) == sum(blanks.values())
    assert len(texts) == 4 + 1 + sum(blanks.values())  # cover, directory, on call, a procedure; a document
    cover, directory, on_call, procedure, document = texts[:5]
    sheets = sum(blanks.values()) + PACK_SHEETS
    assert told["days"] == {
        "sheets": round(290 / sheets, 1), "toner_pages": round(2900 / sheets, 1), "labels": 1.5
    }  # fmt: skip
    for wanted in ("CARDIO", "lits\u00a0: 1", "1,5 jours", "20/11/2026", "Feuille de soins"):
        assert wanted in cover, wanted
    for wanted in ("Urgences", "Réanimation", "4 1234", "bip 77", "01/01/1970", "À CONFIRMER"):
        assert wanted in directory, wanted
    assert "AUCUNE LISTE ICI" in on_call
    assert "Fermer les vannes." in procedure
    assert document.strip() == ""
    assert [problem.partition(" is not there")[0] for problem in told["problems"]] == [
        f"Astreintes et gardes: {tmp_path}/gone.txt", f"{tmp_path}/locked.pdf",
    ]  # fmt: skip
    assert all(LAYOUTS[form].title[0] in "".join(texts[5:]) for form in blanks)
    assert len(ward.told("scan", status=10)["missing"]) == sum(blanks.values())


@pytest.mark.req("F21")
def test_a_kit_speaks_english_and_says_what_nobody_counted(ward: Commands, tmp_path: Path) -> None:
    """Without settings: three things to count, two lists to write."""
    node = Node.at(ward.home)
    node.paths.settings.write_text(node.paths.settings.read_text().partition("[kit]")[0])
    told, texts = made(ward, tmp_path / "kit.pdf", "en")
    assert told["days"] == {"sheets": None, "toner_pages": None, "labels": None}
    assert texts[0].count("not counted: count, and write here") == 3
    assert [text.count("NO LIST HERE") for text in texts[1:3]] == [1, 1]
    assert len(told["problems"]) == 3
    assert "Downtime kit" in texts[0]


def test_every_form_is_in_a_kit_and_days_are_what_is_there_by_what_a_day_takes() -> None:
    """A ward of twenty-four beds with a thousand sheets; nothing counted is nothing said."""
    assert set(DAY) == set(LAYOUTS)
    a_day = sum(blanks_for(24).values()) + 24 * PACK_SHEETS
    assert lasts(Kit(24, [], [], Stock("2026-11-20", 1000, 0, 192))) == Lasts(round(1000 / a_day, 1), 0.0, 1.0)
    assert lasts(Kit(24, [], [], None)) == Lasts()


def test_a_count_has_a_day() -> None:
    """What is none is refused with its key."""
    text = '[node]\nid = "n"\nfacility = "x"\n[[kit.stock]]\nward = "W"\ncounted = "31/02/2026"\n'
    with pytest.raises(SettingsError, match=r"kit\.stock"):
        parse_settings(text)
