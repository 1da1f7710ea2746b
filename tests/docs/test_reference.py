"""The pages that are made from the code say what the code says.

Method: make every page again and compare; look at what the pages would have to leave blank.
"""

import ast
import re
import subprocess
import sys
import tomllib

import pytest
from scripts.make_matching import model

from contrefeu.cli.main import run
from tests.house.tree import ROOT, SOURCE, listed

MAKER = ROOT / "scripts" / "make_reference.py"
STATES = {"held", "partly", "not yet"}


def _rules() -> list[dict[str, str]]:
    return tomllib.loads((ROOT / "docs" / "requirements.toml").read_text())["rule"]


def test_the_page_of_matching_says_the_model_of_the_code():
    """Its weights, levels and thresholds; what was measured with them is measured by scripts/make_matching.py."""
    page = (ROOT / "docs" / "reference" / "matching.md").read_text()
    assert page.startswith(model())


def test_generated_pages_are_up_to_date():
    """`make docs` would change nothing: commands, settings, exit statuses, limits, page fields, requirements."""
    run = subprocess.run([sys.executable, MAKER, "--check"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, f"`make docs` would change these:\n{run.stdout}{run.stderr}"


def test_every_limit_says_why():
    """A number without a reason cannot be changed by anybody who was not there: the comment beside it is the page."""
    wanting = []
    for page, column in (("limits.md", 3), ("settings.md", 4)):
        rows = (ROOT / "docs" / "reference" / page).read_text().splitlines()
        cells = [re.split(r"(?<!\\)\|", row) for row in rows if row.startswith("| `")]
        measured = [c for c in cells if page == "limits.md" or c[2].strip().startswith("number")]
        wanting += [f"{c[1].strip()}: say why in a comment beside it" for c in measured if not c[column].strip()]
    assert not wanting, listed(wanting)


def test_a_published_status_is_never_reused():
    """Hospitals' scripts read these numbers: a class may join one, no number may change hands."""
    published = {"ContrefeuError": 1, "FindingError": 10, "TamperError": 12, "MissingError": 13, "StorageError": 14}
    tree = ast.parse((SOURCE / "base" / "errors.py").read_text())
    found = {
        node.name: line.value.value
        for node in tree.body
        if isinstance(node, ast.ClassDef)
        for line in node.body
        if isinstance(line, ast.Assign) and line.targets[0].id == "exit_status"  # type: ignore[union-attr]
    }
    assert found == published


def test_every_requirement_is_in_the_table_once():
    """C1 to C7, W1 to W6 ... F1 to F46: none is dropped because nobody likes it."""
    last = {"C": 7, "W": 6, "D": 9, "Q": 4, "R": 8, "A": 3, "L": 3, "T": 2, "G": 5, "F": 46}
    wanted = [f"{letter}{n}" for letter, count in last.items() for n in range(1, count + 1)]
    assert [rule["id"] for rule in _rules()] == wanted


def test_no_requirement_is_called_held_without_a_test():
    """Held and partly need tests that carry the mark; what is only partly held says what is missing."""
    sys.path.insert(0, str(ROOT / "scripts"))
    from make_requirements import tests_by_requirement

    tests = tests_by_requirement()
    found = [
        f"{name}: marked in {places[0]}, not in docs/requirements.toml"
        for name, places in tests.items()
        if name not in {r["id"] for r in _rules()}
    ]
    for rule in _rules():
        if rule["state"] not in STATES:
            found.append(f"{rule['id']}: state {rule['state']!r}: one of {sorted(STATES)}")
        if rule["state"] != "not yet" and rule["id"] not in tests:
            found.append(f"{rule['id']}: {rule['state']}, and no test is marked @pytest.mark.req({rule['id']!r})")
        if rule["state"] == "partly" and not rule.get("note"):
            found.append(f"{rule['id']}: partly: the note says what is missing")
    assert not found, listed(found)


def _contrefeu(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "contrefeu", *arguments], capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize(
    "arguments", [["nope"], ["find"], ["find", "--nope"], ["drill", "--patients", "many"]], ids=" ".join
)
def test_a_bad_command_line_ends_with_2(arguments):
    """As the page of exit statuses says; it explains itself on stderr and leaves stdout alone."""
    run = _contrefeu(*arguments)
    assert (run.returncode, run.stdout) == (2, "")
    named = {argument.lstrip("-") for argument in arguments} | {"QUERY"}
    assert any(word.lower() in run.stderr.lower() for word in named - {"find", "drill"}), run.stderr


def test_every_command_explains_itself(capsys):
    """Each command of the page answers --help with the sentence that the page shows."""
    page = (ROOT / "docs" / "reference" / "commands.md").read_text()
    commands = re.findall(r"^## `contrefeu (.+)`\n\n(.+)$", page, re.MULTILINE)
    assert len(commands) > 15
    for name, sentence in commands:
        assert run([*name.split(), "--help"]) == 0, name
        said = " ".join(capsys.readouterr().out.split())
        assert " ".join(sentence.split())[:40] in said, name
