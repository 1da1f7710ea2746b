"""Bring the catalogues up to date: every French string of the pages, with what each language says for it.

    python scripts/make_catalogues.py          writes src/contrefeu/web/locale/*.po

A string that a language lacks is written with an empty translation: tests/web/test_language.py finds it.
"""

import sys
from io import BytesIO
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parent.parent / "src" / "contrefeu"
METHODS = [
    ("web/**.py", "python"),
    ("acts/alarm_words.py", "python"),
    ("station/**.py", "python"),
    ("contain/pages.py", "python"),
    ("declare/pages.py", "python"),
    ("group/pages.py", "python"),
    ("exercise/pages.py", "python"),
    ("**/templates/**.html", "jinja2.ext.babel_extract"),
]
KEYWORDS = {"_": None, "N_": None, "words": None, "gettext": None, "ngettext": (1, 2)}
OPTIONS = {"**/templates/**.html": {"newstyle_gettext": "true", "trimmed": "false", "silent": "false"}}


def extract() -> Catalog:
    """Return every string of the pages."""
    catalogue = Catalog(project="Contrefeu", charset="utf-8")
    for name, line, message, comments, context in extract_from_dir(
        ROOT, method_map=METHODS, options_map=OPTIONS, keywords=KEYWORDS
    ):
        if "/drill/" not in name:
            catalogue.add(message, None, [(name, line)], auto_comments=comments, context=context)
    return catalogue


def main() -> None:
    """Write each catalogue again."""
    found = extract()
    for path in sorted((ROOT / "web" / "locale").glob("*.po")):
        catalogue = read_po(BytesIO(path.read_bytes()), locale=path.stem)
        catalogue.update(found, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        if path.stem == "fr":
            for message in catalogue:
                if message.id:
                    message.string = message.id
        out = BytesIO()
        write_po(out, catalogue, width=0, sort_output=True, no_location=True, omit_header=False)
        path.write_bytes(out.getvalue())
        missing = sum(not all([m.string] if isinstance(m.string, str) else m.string or [""]) for m in catalogue if m.id)
        sys.stderr.write(f"{path.name}: {len(catalogue)} messages, {missing} without a translation\n")


if __name__ == "__main__":
    main()
