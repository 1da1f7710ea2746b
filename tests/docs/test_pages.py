"""The documents lead somewhere and stay short.

Method: follow every link between pages, and look at the pages that have a form to keep.
"""

import re

import pytest

from tests.docs.sessions import documents
from tests.house.tree import ROOT, listed, modules

_LINK = re.compile(r"(?<!`)!?\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
DECISION_WORDS_MAX = 450  # one page


def _anchor(heading: str) -> str:
    """A heading's anchor, as forges make it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_links_lead_somewhere():
    """Every link inside the project names a file that is there, and a heading that it has."""
    found = []
    for page in documents():
        text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
        for link in _LINK.findall(text):
            if re.match(r"[a-z]+:", link):
                continue
            path, _, anchor = link.partition("#")
            target = (page.parent / path).resolve() if path else page
            if not target.exists():
                found.append(f"{page.relative_to(ROOT)}: {link} is not there")
            elif anchor and target.suffix == ".md" and anchor not in map(_anchor, _HEADING.findall(target.read_text())):
                found.append(f"{page.relative_to(ROOT)}: {link}: no such heading")
    assert not found, listed(found)


def test_pages_and_decisions_that_code_names_are_there():
    """Who reads "docs/spec/journal-v1.md" or "decision 14" in a file finds it."""
    found = []
    for module in modules():
        text = module.path.read_text()
        named = {f"docs/{page}" for page in re.findall(r"\bdocs/([a-z-]+/[\w/-]+\.md)", text)}
        named |= {f"docs/decisions/{int(n):04}-*.md" for n in re.findall(r"\bdecision (\d+)\b", text)}
        missing = sorted(name for name in named if not any(ROOT.glob(name)))
        found += [f"{module.path}: {name} is not there" for name in missing]
    assert not found, listed(found)


def test_every_page_can_be_found():
    """From the README, link by link, every page is reached."""
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached:
            continue
        reached.add(page)
        links = (link.partition("#")[0] for link in _LINK.findall(page.read_text()) if not re.match(r"[a-z]+:", link))
        targets = [(page.parent / link).resolve() for link in links if link]
        waiting += [t for t in targets if t.suffix == ".md" and t.is_file()]
        waiting += [p for t in targets if t.is_dir() for p in t.glob("*.md")]
    found = [f"{page.relative_to(ROOT)}: no page leads here" for page in documents() if page not in reached]
    assert not found, listed(found)


@pytest.mark.parametrize("page", sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md")), ids=lambda p: p.stem)
def test_a_decision_is_one_dated_page_with_what_was_refused(page):
    """A decision says when, what, why, and what it was chosen over."""
    text = page.read_text()
    assert re.search(r"^\d{4}-\d{2}-\d{2}$", text.splitlines()[2]), "the third line is its date"
    assert "\n## Refused\n" in text, "say what was refused, and why"
    assert len(text.split()) <= DECISION_WORDS_MAX


def test_the_readme_opens_as_it_should():
    """What it is, what it is not, two commands, a picture, where things are."""
    text = (ROOT / "README.md").read_text()
    assert text.startswith("# Contrefeu\nWhen an attack takes the hospital's computers away, the wards keep")
    for wanted in ("make up", "make test", "docs/img/ward-board.png", "contrefeu drill", "It is not", "Apache"):
        assert wanted in text, wanted
