"""What the site needs beside its pages: an order, and links that leave the documents said as paths.

Rules kept here:
  * The pages are written for the repository, where they can be read too: nothing in them is for the site alone.
  * A link to a file of the repository that is no page is given as its path: the site stands alone, on a stick too.
"""

import re
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[1] / "docs"
# Heading -> what it holds, in this order
_ORDER: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Start", ("index.md", "start/*.md", "explain/intended-use.md", "explain/hosting.md")),
    ("Guides", ("guides/README.md", "guides/*.md")),
    ("How-to", ("howto/*.md",)),
    ("Engines", ("howto/engines/*.md",)),
    ("Runbooks", ("howto/runbooks/*.md",)),
    ("Reference", ("reference/*.md", "requirements.md")),
    ("Explain", ("explain/*.md",)),
    ("Specification", ("spec/*.md", "spec/vectors/*.md")),
    ("Threat model", ("threat-model.md",)),
    ("Decisions", ("decisions/*.md",)),
)
_LINK = re.compile(r"\[([^\]]*)\]\(((?:\.\./)+[^)#\s]+)(?:#[^)]*)?\)")


def on_config(config: Any) -> Any:
    """Put every page under one heading."""
    seen: set[Path] = set()
    nav = []
    for title, patterns in _ORDER:
        found = [path for pattern in patterns for path in sorted(DOCS.glob(pattern)) if path not in seen]
        seen.update(found)
        nav.append({title: [path.relative_to(DOCS).as_posix() for path in found]})
    config.nav = nav
    return config


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Give links that leave the documents as paths."""
    folder = (DOCS / page.file.src_uri).parent

    def plain(match: re.Match[str]) -> str:
        target = (folder / match[2]).resolve()
        if target.is_relative_to(DOCS) and target.suffix == ".md":
            return match[0]
        if target.is_relative_to(DOCS) and target.suffix in {".png", ".svg", ".json", ".txt"} and target.is_file():
            return match[0]
        return f"{match[1]} (`{target.relative_to(DOCS.parent)}`)"

    return _LINK.sub(plain, markdown)
