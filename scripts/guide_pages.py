"""The guides' words as the ward app shows them: src/contrefeu/station/guides/*.html, from docs/guides/*.md.

Rules kept here:
  * The guides are written once, as pages of the documents; what the app shows is made from them and compared by a test.
  * No picture: whoever reads it there has the screen itself before them, and a page stays small.
  * A link to the other guide stays one; any other becomes its words, because the site may be out of reach.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[1]
GUIDES = ROOT / "docs" / "guides"
MADE = ROOT / "src" / "contrefeu" / "station" / "guides"
_PICTURE = re.compile(r"^!\[.*\]\(.*\)\n", re.MULTILINE)
_OTHER_LANGUAGE = re.compile(r" \*(?:In English|En français) ?:[^*]+\*", re.DOTALL)
_LINK = re.compile(r"\[([^\]]+)\]\(([^)]+)\)")
_GUIDE = re.compile(r"(ward|recovery)\.(?:fr|en)\.md")
_STATUS = re.compile(r" +# ends with \d+$", re.MULTILINE)


def guide_pages() -> Iterator[tuple[Path, str]]:
    """Each guide, where it lies in the program and what it says."""
    for path in sorted(GUIDES.glob("*.*.md")):
        name, language = path.stem.split(".")
        yield MADE / f"{name}-{language}.html", shown(path.read_text())


def shown(text: str) -> str:
    """A guide as part of a page of the app.

    >>> shown("# A\\n\\n![x](img/x.png)\\n\\n[b](ward.en.md), [c](../c.md)\\n")
    '<h1>A</h1>\\n<p><a href="/guide/ward">b</a>, c</p>\\n'
    """
    plain = _OTHER_LANGUAGE.sub("", _PICTURE.sub("", text)).replace("```console run", "```")
    return MarkdownIt("commonmark").enable("table").render(_LINK.sub(_kept, _STATUS.sub("", plain)))


def _kept(match: re.Match[str]) -> str:
    guide = _GUIDE.fullmatch(match[2])
    return f"[{match[1]}](/guide/{guide[1]})" if guide else match[1]
