"""Commands speak French: `doctor`, `config check`, those of the night: nothing that is added stays in English.

Method: the sources are read for whatever sentence they make; each is said with values in its places and looked for in
the tables. Then the commands themselves, on a home with things wrong.
"""

import ast
import inspect
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from contrefeu.acts import SEVERITIES
from contrefeu.cli import checkup, machine, phrases, spool, vaults, wardtest
from contrefeu.cli.door import quote, say, speak
from contrefeu.cli.error_fr import ERRORS
from contrefeu.cli.finding_fr import FINDINGS, PRINTER_TROUBLES
from contrefeu.cli.keys import ALARMS
from contrefeu.cli.phrases import Phrases
from contrefeu.cli.problem_fr import PROBLEMS
from contrefeu.cli.spoken_fr import LINES, SPOKEN, in_french
from contrefeu.cli.watch import GRAVITIES
from contrefeu.custody import home as custody_home
from contrefeu.custody import recovery
from contrefeu.custody import shares as custody_shares
from contrefeu.hospital import feeds, parsing, read_settings, watching
from contrefeu.recovery import half, lacking, opening
from contrefeu.vault import directory
from contrefeu.vault import opening as address_opening
from tests.cli.conftest import Commands
from tests.cli.messages import admission, potassium


def templates(module: ModuleType) -> Iterator[str]:
    """Every text of a module that is no docstring, `{}` for each value: what people may read is among them."""
    tree = ast.parse(inspect.getsource(module))
    docs = {id(one.value) for one in ast.walk(tree) if isinstance(one, ast.Expr)}
    within = {id(part) for one in ast.walk(tree) if isinstance(one, ast.JoinedStr) for part in one.values}
    for one in ast.walk(tree):
        if isinstance(one, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in one.values)
        elif isinstance(one, ast.Constant) and isinstance(one.value, str) and not {id(one)} & (docs | within):
            yield one.value


def is_sentence(text: str) -> bool:
    """Words that end as a sentence does; names of files and of keys are none, nor is what only joins two values."""
    words = text.replace("{}", "").split()
    return len([word for word in words if word.isalpha()]) > 1 and text.endswith((".", ")")) and "\\" not in text


def unsaid(table: Phrases, *modules: ModuleType) -> list[str]:
    """Sentences of *modules* for which the table has no row."""
    found = {text for module in modules for text in templates(module) if is_sentence(text)}
    return sorted(text for text in found if table.said(text.replace("{}", "x")) == text.replace("{}", "x"))


def test_every_sentence_of_doctor_is_said_in_french() -> None:
    """Of each check, of each alarm of the custodians' key."""
    assert unsaid(FINDINGS, checkup, machine) == []
    parts = [alarm.partition(": ") for alarm in ALARMS.values()]
    said = [f"{what[0].upper()}{what[1:]}." for what, _, _ in parts] + [advice for *_, advice in parts]
    assert [one for one in said if one not in FINDINGS.rows] == []


def test_every_sentence_of_config_check_is_said_in_french() -> None:
    """Of each thing that settings may get wrong."""
    assert unsaid(PROBLEMS, parsing, feeds, watching) == []


@pytest.mark.parametrize("table", [FINDINGS, PROBLEMS, ERRORS, LINES], ids=["findings", "problems", "errors", "lines"])
def test_a_row_has_as_many_values_as_its_sentence(table: Phrases) -> None:
    """None is lost on the way, whatever its order."""
    for english, french in table.rows.items():
        values = [f"<{n}>" for n in range(english.count("{}"))]
        assert all(value in french.format(*values) for value in values) if values else "{}" not in french, english


@pytest.mark.parametrize("line", ["a: b, c, d entries e segment f. ", "note: ", "{}: {} segment {} byte {}, ", ". : "])
def test_a_line_of_a_strangers_choosing_is_slow_to_nobody(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each row is compared once, in one pass; a sentence within one a few times more; a long line not at all."""
    compared: list[int] = []
    real = phrases._values

    def values(pieces: list[str], sentence: str) -> list[str] | None:
        compared.append(len(sentence))
        return real(pieces, sentence)

    monkeypatch.setattr(phrases, "_values", values)
    for length in (320, phrases.LENGTH_MAX, 2_000, 100_000):
        compared.clear()
        SPOKEN.said((line * (length // len(line) + 1))[:length])
        assert len(compared) <= 40 * len(SPOKEN.rows)
        assert not compared or length <= phrases.LENGTH_MAX


def test_values_of_several_words_stay_whole() -> None:
    """Each is as short as it can be but the last; words of somebody else within one stay as they are."""
    assert SPOKEN.said("The printer lp is stopped (out: of paper).") == "L’imprimante lp est arrêtée (out: of paper)."
    assert LINES.said("vault file:///a b  up-to-date  3 entries, 2 s behind") == (
        "coffre file:///a b  à jour  3 entrées, 2 s de retard"
    )
    rows = Phrases({"{}: {} entries": "{} : {} entrées", "note: {}": "note : {}", "DAMAGED": "ENDOMMAGÉ"})
    assert rows.said("note: a: 3 entries") == "note : a : 3 entrées"
    assert rows.said("a: 1: 3 entries: 3 entries") == "a : 1: 3 entries: 3 entrées"
    assert rows.said("note: \n") == "note: \n"
    assert rows.said("note: ") == "note: "


def test_whatever_a_printer_lacks_is_said_in_french() -> None:
    """Of queues and wards with two words in their names, with the printer's own reason and without."""
    for trouble in PRINTER_TROUBLES:
        why = trouble.replace("{}", "paper jam: tray 2")
        french = PRINTER_TROUBLES[trouble].format("paper jam: tray 2")
        for queue, ward in (("lp", "CARD"), ("hall lp", "SALLE 2")):
            assert SPOKEN.said(f"The printer {queue} {why}.") == f"L’imprimante {queue} {french}."
            said = SPOKEN.said(f"The printer {queue} of ward {ward} {why}.")
            assert said == f"L’imprimante {queue} de l’unité {ward} {french}."
            said = SPOKEN.said(f"NOT READY: ward {ward}  The printer {queue} {why}.  (tried 3)")
            assert said == f"PAS PRÊTE : unité {ward}  L’imprimante {queue} {french}.  (essayée le 3)"
            said = SPOKEN.said(f"pack {ward}  NOT PRINTED: the printer {queue} {why}")
            assert said == f"dossier papier {ward}  NON IMPRIMÉ : l’imprimante {queue} {french}"
    told = [
        text for text in templates(spool) if text.startswith(("is ", "takes ", "took ", "cannot ", "refused ", "has "))
    ]
    assert {text.removesuffix("{}") for text in told} <= PRINTER_TROUBLES.keys()


def test_settings_are_checked_in_french(cli: Commands) -> None:
    """By --lang, or by the locale; the file, the key and the value stay as they are, and JSON is the same in both."""
    file = cli.home / "contrefeu.toml"
    file.write_text(f'{file.read_text()}\n[capture]\nmlpp = "x"\nconnections_max = 0\n[web]\nidle_minutes = 0\n')
    said = cli("config", "check", before=("--lang", "fr")).out.decode()
    assert "`capture.mlpp` n’est pas un réglage. Vouliez-vous dire `mllp` ?" in said
    assert "`capture.connections_max` vaut 0 ; permis : nombre entier de 1 à 100,000." in said
    assert "allowed" not in said
    _, problems = read_settings(file.read_bytes())
    told = cli.told("config", "check", status=10)["findings"]
    assert [one["what"] for one in told] == [one.what for one in problems]


def test_doctor_speaks_french(cli: Commands) -> None:
    """What, what is safe, what then; the ids and the commands stay."""
    said = cli("doctor", before=("--lang", "fr")).out.decode()
    assert "AGIR  Aucun coffre n’a de copie : avec ce disque tout serait perdu, les réglages aussi.  [no-vault]" in said
    assert "      sûr   Ce qui est sur ce disque." in said
    assert "Les parts des dépositaires sont ensemble dans" in said
    for english in (" is ", " the ", " of ", "ACT "):
        assert english not in said


# Words that no French sentence has; ids, commands and what a system said of itself have none of them here.
ENGLISH = re.compile(
    r"\b(the|is|of|are|was|and|with|not|no|there|entries|behind|ready|next|safe|what|bring|give)\b", re.I
)
# What stands in a French line as it is: commands, options, addresses and ids.
OURS = re.compile(r"contrefeu [a-z -]+|--[a-z-]+|file:\S*|/\S+|\[\S+\]|\([a-z]+\)|erreur : [a-z-]+")


def test_words_of_somebody_else_stay_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    """An allergy, a name or a draft that reads like a line of ours is not put in French; a line of ours is."""
    try:
        speak("fr")
        say("DAMAGED")
        quote("DAMAGED")
    finally:
        speak("en")
    assert capsys.readouterr().out.splitlines() == ["ENDOMMAGÉ", "DAMAGED"]


def test_every_error_of_the_night_is_said_in_french() -> None:
    """Of shares, vaults and restores, and of what wards lack."""
    modules = (vaults, address_opening, directory, half, lacking, opening, recovery, custody_shares, custody_home)
    assert unsaid(SPOKEN, *modules) == []
    assert unsaid(SPOKEN, wardtest) == []


def said_in_french(at: Commands, *words: object, status: int = 0) -> str:
    """What a command says in French: no English is left in it."""
    ran = at(*words, before=("--lang", "fr"))
    assert ran.status == status, ran.err
    text = ran.out.decode() + ran.err
    left = [line for line in text.splitlines() if ENGLISH.search(OURS.sub("", line))]
    assert not left, left
    return text


@pytest.mark.req("G3")
def test_what_comes_after_is_lived_in_french(
    cli: Commands, filed: Callable[[str, bytes], Path], tmp_path: Path
) -> None:
    """The gap, what would go back, the account; feeds, papers, people, downtime, incidents, and what they refuse."""

    def said(*words: object, status: int = 0) -> str:
        return said_in_french(cli, *words, status=status)

    said("import", filed("1.hl7", admission() + potassium()))
    assert "type ORU^R01 : 1 absentes" in said("gap", "--against", filed("ehr/1.hl7", admission()), status=10)
    assert "1 prévues pour mllp://127.0.0.1:9" in said("replay", "--to", "mllp://127.0.0.1:9", "--dry-run")
    assert "COMPTE FAUX" in said("reconcile", "--out", tmp_path / "account.pdf", status=13)
    said("gap", "--against", tmp_path / "gone", status=1)
    assert "LABO@CHU  (non décrit)  1 reçus" in said("feeds", "list")
    said("feeds", "check")
    said("feeds", "add", "Labo!", "--sender", "LABO@CHU", status=1)
    said("chart", "--", "-1", status=1)
    said("packs", "list")
    said("pack", "--ward", "NULLE", "--out", tmp_path / "x.pdf", status=1)
    said("users", "list")
    said("users", "disable", "nobody", status=1)
    assert said("downtime", "status") == "aucune panne\n"
    said("incident", "list")
    said("incident", "close", "x", "--as", "nobody", "--secret-file", filed("secret", b"x"), "y", status=1)
    said("watch")
    said("station", "list")
    said("journal", "show", "--entry", "x", status=1)
    said("journal", "verify", tmp_path / "gone", status=1)
    said("keys", "expire")
    said("export", "--to", tmp_path / "export")
    said("config", "backup", "--to", cli.home / "b", status=1)
    said("group", "status", status=1)
    said("stick", "verify", tmp_path, status=1)


@pytest.mark.req("G3")
def test_a_night_is_lived_in_french(nowhere: Commands, filed: Callable[[str, bytes], Path], tmp_path: Path) -> None:
    """From init to a restore, its refusals too: no English is left but ids, commands and addresses; JSON is as ever."""
    home, vault = nowhere, f"file://{tmp_path / 'coffre'}"

    def said(*words: object, at: Commands = home, status: int = 0) -> str:
        return said_in_french(at, *words, status=status)

    assert "parts sur 5 ouvrent l’archive" in said("init", "--facility", "CHU")
    given = sorted((tmp_path / "home-shares").glob("share-*.txt"))
    said("vault", "add", vault)
    said("vault", "add", vault, status=1)
    said("vault", "add", "gopher://x", status=1)
    said("import", filed("1.hl7", admission() + potassium()))
    assert "à jour" in said("vault", "copy")
    said("status")
    said("vault", "verify", vault)
    said("journal", "verify")
    said("keys", "status")
    said("vault", "repair")
    said("vault", "selftest")
    assert "PAS PRÊTE" in said("ready", status=10)
    said("ready", "--ward", "X", status=1)
    said("status", status=10)
    shutil.rmtree(home.home)
    new = home.at(tmp_path / "new")
    words = ("restore", "--from", vault, "--to", new.home, "--shares")
    assert "2 différentes données, sur 3" in said(*words, *given[:2], status=14)
    said(*words, *given[:2], tmp_path / "gone", status=1)
    said("restore", "--from", f"file://{tmp_path}/away", "--to", new.home, "--shares", *given[:3], status=14)
    said(*words, *given[:3], "--until", "demain", status=1)
    assert "entrées, 1 patients en" in said(*words, *given[:3])
    assert "entrées" in said("status", at=new, status=0)
    assert home.told("vault", "verify", vault)["intact"]


def test_how_grave_an_alarm_is_has_words() -> None:
    """`status` and `group` say a severity in the reader's language: each of them, none as its code."""
    for severity in SEVERITIES:
        said = in_french(f"  ALARMS: 5 open, the gravest {GRAVITIES[severity]}: contrefeu watch")
        assert said.startswith("  ALARMES : 5 ouvertes, la plus grave ")
        assert GRAVITIES[severity] not in said
