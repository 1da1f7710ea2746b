"""`doctor` and `config check` speak French, every sentence of it: none is left in English by a check that was added.

Method: the sources are read for whatever sentence they make; each is said with values in its places and looked for in
the tables. Then the commands themselves, on a home with things wrong.
"""

import ast
import inspect
from collections.abc import Iterator
from types import ModuleType

import pytest

from contrefeu.cli import checkup, machine
from contrefeu.cli.finding_fr import FINDINGS
from contrefeu.cli.keys import ALARMS
from contrefeu.cli.phrases import Phrases
from contrefeu.cli.problem_fr import PROBLEMS
from contrefeu.hospital import feeds, parsing, read_settings, watching
from tests.cli.conftest import Commands


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


@pytest.mark.parametrize("table", [FINDINGS, PROBLEMS], ids=["findings", "problems"])
def test_a_row_has_as_many_values_as_its_sentence(table: Phrases) -> None:
    """None is lost on the way, whatever its order."""
    for english, french in table.rows.items():
        values = [f"<{n}>" for n in range(english.count("{}"))]
        assert all(value in french.format(*values) for value in values) if values else "{}" not in french, english


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
