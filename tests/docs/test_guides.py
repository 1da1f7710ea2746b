"""The guides say what stands on the screens, in both languages, with pictures that a slow line carries.

Method: what a guide prints in italics is a word of the screens: look each up in the app's own catalogues. Compare the
two languages part by part. What the commands in them do is tried by test_commands_run.py.
"""

import re
import sys

import pytest
from babel.messages.pofile import read_po

from tests.house.tree import ROOT

GUIDES = ROOT / "docs" / "guides"
SCREENS = ROOT / "src" / "contrefeu" / "web" / "locale"
PICTURE_BYTES_MAX, ALL_BYTES_MAX = (
    150_000,
    4_000_000,
)  # a guide is read over a ward's old network, and carried on a stick
_ITALIC = re.compile(r"(?<![*\w])\*([^*\[\]|]+)\*(?!\*)")
_PICTURE = re.compile(r"!\[[^\]]+\]\((img/[^)]+)\)")
_RUN = re.compile(r"```.*?```", re.DOTALL)


def text(name: str, language: str) -> str:
    """A guide's words."""
    return (GUIDES / f"{name}.{language}.md").read_text()


def words_of_screens(language: str) -> set[str]:
    """Everything that a screen says in *language*."""
    catalogue = read_po((SCREENS / "en.po").open("rb"))
    entries = [one for one in catalogue if one.id]
    said = [one.id if language == "fr" else one.string for one in entries]
    return {text for one in said for text in ([one] if isinstance(one, str) else one)}


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("name", ["ward", "recovery"])
def test_a_guide_names_what_stands_on_the_screen(name, language):
    """A button that was renamed is renamed here: each word in italics is one of the screens', letter by letter."""
    screens = words_of_screens(language)
    named = {" ".join(one.split()) for one in _ITALIC.findall(_RUN.sub("", text(name, language)))}
    assert len(named) > 20, "this test reads italics"
    assert sorted(named - screens) == []


def test_english_pages_name_the_screens_in_english():
    """Who reads a page in English has the screens in English too: no word in italics is one of the French screens'."""
    french, english = words_of_screens("fr"), words_of_screens("en")
    pages = [GUIDES / "README.md", *sorted((ROOT / "docs" / "howto").rglob("*.md"))]
    assert len(pages) > 30, "this test reads pages"
    named = [
        (page.name, " ".join(one.split())) for page in pages for one in _ITALIC.findall(_RUN.sub("", page.read_text()))
    ]
    assert [(page, one) for page, one in named if one.replace("'", "’") in french - english] == []


@pytest.mark.parametrize("name", ["ward", "recovery"])
def test_both_languages_say_the_same(name):
    """As many headings, rows, steps and pictures, in one order; the same commands with as many lines of answer."""

    def typed(language: str) -> list[str]:
        blocks = _RUN.findall(text(name, language))
        return [line if line.startswith(("$ ", "```")) else "" for block in blocks for line in block.splitlines()]

    def shape(language: str) -> list[str]:
        lines = text(name, language).splitlines()
        marks = [re.match(r"#+|\||!\[|\d\.|- ", line) for line in lines]
        return [mark[0] for mark in marks if mark]

    assert shape("fr") == shape("en")
    assert typed("fr") == typed("en")
    french, english = (_PICTURE.findall(text(name, language)) for language in ("fr", "en"))
    assert [one.replace("-fr.", "-en.") for one in french] == english


def test_pictures_are_there_small_and_used():
    """Each picture is on a guide, each guide's picture is there; no more bytes than a ward's line carries."""
    shown = {one for page in GUIDES.glob("*.*.md") for one in _PICTURE.findall(page.read_text())}
    kept = {f"img/{path.name}": path.stat().st_size for path in (GUIDES / "img").iterdir()}
    assert shown == set(kept)
    assert max(kept.values()) <= PICTURE_BYTES_MAX
    assert sum(kept.values()) <= ALL_BYTES_MAX


def test_what_the_app_shows_keeps_words_and_leaves_pictures(monkeypatch):
    """A link to the other guide stays one; others become words; the line that names the other language goes."""
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    try:
        from guide_pages import shown
    finally:
        sys.modules.pop("guide_pages", None)
    made = shown(
        "# A\n\nB. *In English:\n[c](ward.en.md).*\n\n![x](img/x.png)\n\n[d](recovery.fr.md), [e](../e.md)\n\n"
        "```console run\n$ f  # ends with 10\n```\n"
    )
    assert made == ('<h1>A</h1>\n<p>B.</p>\n<p><a href="/guide/recovery">d</a>, e</p>\n<pre><code>$ f\n</code></pre>\n')
