"""The documents make a site whose links all lead somewhere, and that asks nobody outside for anything.

Method: build it as `make site` does, strict, and read what a browser would fetch.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tree import ROOT

# What a browser fetches by itself; a link that somebody follows is none of it.
_FETCHED = re.compile(
    r"""(?:<(?:script|img|iframe|source|video)\b[^>]*\bsrc=|<link\b[^>]*\brel="(?:stylesheet|preload|preconnect|icon)"[^>]*\bhref=|"""
    r"""url\(|@import\s+)["']?(?:https?:)?//[^"')\s>]+"""
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built strictly: a link that leads nowhere fails here."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_every_page_is_on_the_site(site: Path) -> None:
    """Each under one heading."""
    pages = {path.relative_to(ROOT / "docs").with_suffix("") for path in (ROOT / "docs").rglob("*.md")}
    made = {path.relative_to(site).with_suffix("") for path in site.rglob("*.html")}
    assert {page.parent / "index" if page.name == "README" else page for page in pages} <= made


def test_the_site_asks_nobody_outside(site: Path) -> None:
    """No font, script or picture of a stranger's: it is read in a hospital without the internet."""
    found = [
        f"{path.relative_to(site)}: {match[0][:90]}"
        for path in site.rglob("*")
        if path.suffix in {".html", ".css"}
        for match in _FETCHED.finditer(path.read_text())
    ]
    assert found == []
    assert (site / "search" / "search_index.json").stat().st_size > 100_000
