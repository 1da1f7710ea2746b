"""On which line of a TOML file a key stands; `tomllib` does not say.

Rules kept here:
  * Only text that `tomllib` has read is given: no error of syntax is looked for again.
  * Keys of tables that are written on one line ({a = 1}) stand where that line is.
"""

import re
import tomllib
from bisect import bisect_right

from contrefeu.hospital.problems import joined

_KEY = r"""(?:"(?:\\.|[^"\\\n])*"|'[^'\n]*'|[A-Za-z0-9_-]+)"""
_DOTTED = rf"{_KEY}(?:[ \t]*\.[ \t]*{_KEY})*"
_BLANK = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_HEADER = re.compile(rf"(\[\[?)[ \t]*({_DOTTED})[ \t]*\]\]?")
_ASSIGNED = re.compile(rf"({_DOTTED})[ \t]*=")
_PART = re.compile(_KEY)
# Strings first: brackets, signs of comments and line ends within them are text.
_TOKEN = re.compile(
    r'''"""(?:\\[\s\S]|[^\\])*?"{3,5}|\'\'\'[\s\S]*?'{3,5}|"(?:\\.|[^"\\\n])*"|'[^'\n]*'|'''
    r"""#[^\n]*|[\[{\]}\n]|[^"'#\[{\]}\n]+"""
)


def key_lines(text: str) -> dict[str, int]:
    """Key -> line, from 1: "capture.mllp", "feeds.labo.refuse[2].path"; tables too."""
    text = text.replace("\r\n", "\n")
    ends = [found.start() for found in re.finditer("\n", text)]
    lines: dict[str, int] = {}
    counts: dict[str, int] = {}  # array of tables -> how many there were so far
    table, at = "", 0
    while (at := _end(_BLANK, text, at)) < len(text):
        line = bisect_right(ends, at - 1) + 1
        if header := _HEADER.match(text, at):
            table = _resolved(_parts(header[2]), counts, more=header[1] == "[[")
            lines.setdefault(table, line)
            at = header.end()
        elif assigned := _ASSIGNED.match(text, at):
            key = table
            for part in _parts(assigned[1]):
                key = joined(key, part)
                lines.setdefault(key, line)
            at = _behind_value(text, assigned.end())
        else:
            return lines  # no TOML that is known here: fewer lines are named
    return lines


def line_of(key: str, lines: dict[str, int]) -> int:
    """The line of *key*, or of the nearest table around it; 0 for none."""
    while key:
        if key in lines:
            return lines[key]
        key = key.rpartition("[")[0] if key.endswith("]") else key.rpartition(".")[0]
    return 0


def _parts(dotted: str) -> list[str]:
    return [next(iter(tomllib.loads(f"{raw}=0"))) for raw in _PART.findall(dotted)]


def _resolved(parts: list[str], counts: dict[str, int], *, more: bool) -> str:
    """The path of a header: a name that is an array of tables stands for its last one."""
    path = ""
    for number, part in enumerate(parts, 1):
        path = joined(path, part)
        if more and number == len(parts):
            counts[path] = counts.get(path, 0) + 1
        if path in counts:
            path = f"{path}[{counts[path]}]"
    return path


def _behind_value(text: str, at: int) -> int:
    depth = 0
    while (token := _TOKEN.match(text, at)) is not None:
        at, said = token.end(), token[0]
        depth += (said in {"[", "{"}) - (said in {"]", "}"})
        if said == "\n" and depth <= 0:
            break
    return at if token is not None else len(text)


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at
