"""What the makers of pages read out of the source is what stands there.

Method: small sources with comments and marks in each place where people put them.
"""

import ast
import sys
from pathlib import Path

import pytest

from tests.house.tree import ROOT


@pytest.fixture(autouse=True)
def _scripts(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    yield
    for name in ("constants", "make_requirements"):
        sys.modules.pop(name, None)


def test_a_reason_stands_behind_or_above(tmp_path: Path):
    """The comment on the line, else the whole lines above it, and no linter's mark."""
    from constants import Constant, constants_of

    source = tmp_path / "limits.py"
    source.write_text(
        "BEHIND_MAX = 1  # because\n# two lines\n# above\nABOVE_MAX: int = 2\nMARKED_MAX = 3  # noqa: S101\nlower = 4\n"
    )
    assert constants_of(source) == [
        Constant("BEHIND_MAX", "because"),
        Constant("ABOVE_MAX", "two lines above"),
        Constant("MARKED_MAX", ""),
    ]


def test_fields_have_their_own_comments(tmp_path: Path):
    """A field's comment is read from its own class."""
    from constants import comments_of_fields

    source = tmp_path / "views.py"
    source.write_text("class A:\n    x: int  # of A\n\nclass B:\n    x: int = 0  # of B\n    y: str\n")
    assert comments_of_fields(source, "B") == {"x": "of B", "y": ""}


def test_marks_are_found_on_tests_classes_and_files():
    """A mark on a file or a class counts for each test in it; a number of ids may stand in one mark."""
    from make_requirements import _marked

    tree = ast.parse(
        "pytestmark = pytest.mark.req('C1')\n"
        "@pytest.mark.req('F29', 'C3')\ndef test_a(): ...\n"
        "@pytest.mark.req('W1')\nclass TestB:\n    @pytest.mark.slow\n    def test_c(self): ...\n"
        "def helper(): ...\n"
    )
    assert sorted(_marked(tree)) == [
        ("test_a", "C1"),
        ("test_a", "C3"),
        ("test_a", "F29"),
        ("test_c", "C1"),
        ("test_c", "W1"),
    ]
