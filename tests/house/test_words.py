"""What is written here is finished, runs anywhere, and says nothing about the machine it was written on.

Method: read every text file of the project.
"""

import re
import subprocess

import pytest

from tests.house.tree import ROOT, listed, texts

TEXT = frozenset(
    [
        ".py",
        ".md",
        ".toml",
        ".sh",
        ".html",
        ".css",
        ".js",
        ".typ",
        ".lock",
        ".po",
        ".yml",
        ".yaml",
        ".service",
        "Makefile",
        "run",
        ".txt",
        ".json",
    ]
)
OURS = (
    "src",
    "tests",
    "docs",
    "scripts",
    "bench",
    "deploy",
    ".ci",
    "Makefile",
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "pyproject.toml",
    "requirements.lock",
    "requirements-dev.lock",
)
THIS = "tests/house/test_words.py"

RULES = {
    "unfinished": (
        re.compile(r"\b(TODO|FIXME|XXX|HACK)\b(?!-)"),
        "finish it, or write it down in docs/requirements.toml",
    ),
    "machine path": (
        re.compile(r"(?<![\w.~/:-])/(work|home|root|Users|workspace|builds)/[A-Za-z0-9._-]+"),
        "take the folder as an argument",
    ),
    "package index": (
        re.compile(r"(--(extra-)?index-url|--find-links|(artifactory|nexus|devpi)[\w.-]*/)"),
        "an index is the machine's own setting",
    ),
    "private host": (re.compile(r"\bhttps?://[\w.-]+\.(internal|corp|lan|intra)\b"), "write example.org, or localhost"),
    "private key": (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"), "a key is made at init; a test makes its own"),
}


@pytest.mark.parametrize("rule", RULES)
def test_nothing_is_left_lying_about(rule):
    """Each rule with what to do instead; the line is named."""
    pattern, instead = RULES[rule]
    found = [
        f"{name}:{number}: {rule}: {instead}"
        for top in OURS
        for name, text in texts(top, suffixes=TEXT)
        if name != THIS
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]
    assert not found, listed(found)


def test_scripts_are_whole():
    """A shell script parses, and stops at its first error or says why it does not."""
    scripts = [*sorted((ROOT / "scripts").glob("*.sh")), ROOT / ".ci" / "run"]
    found = []
    for script in scripts:
        name = script.relative_to(ROOT).as_posix()
        if subprocess.run(["bash", "-n", script], check=False, capture_output=True).returncode:
            found.append(f"{name}: bash cannot read it")
        if not script.stat().st_mode & 0o100:
            found.append(f"{name}: not executable: chmod +x")
        if not re.search(r"^set -[eu]", script.read_text(), re.MULTILINE):
            found.append(f"{name}: no `set -euo pipefail`")
    assert not found, listed(found)


def test_no_word_hides_in_an_f_string():
    """What the catalogues are made from does not look inside f-strings: such a word would have no translation."""
    hidden = re.compile(r"""\bf"[^"\n]*\bN_\(|\bf'[^'\n]*\bN_\(""")
    found = [path for path, text in texts("src", suffixes=frozenset({".py"})) if hidden.search(text)]
    assert not found, f'write say(N_(…)) + f"…" in: {listed(found)}'
