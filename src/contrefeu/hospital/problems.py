"""What is wrong with a setting: which key, where it stands, what was found, what is allowed.

Rules kept here:
  * A value is quoted short, and not at all where a password or a patient's number may stand (STYLE 13).
"""

import re
from typing import Any

import msgspec
from msgspec import Struct

from contrefeu.base import OperatorError

FILE = "contrefeu.toml"
QUOTED_MAX = 60  # characters of a wrong value: enough to find it again in the file
SAID_MAX = 5  # problems in one error: a screen of them; `config check` lists all
_BARE = re.compile(r"[A-Za-z0-9_-]{1,60}")
_WITHHELD = frozenset(["url", "store", "mail", "webhook", "syslog", "honey"])  # addresses may hold a password


class SettingsError(OperatorError):
    """The settings say what cannot be."""

    kind = "settings"


class Problem(Struct, frozen=True):
    """One thing that is wrong in the settings."""

    key: str  # "capture.mllp", "feeds.labo.refuse[1].path"; "" when the file is no TOML
    what: str  # in words, with the key
    found: str = ""
    allowed: str = ""
    near: str = ""  # the key that was probably meant
    next: str = ""
    line: int = 0  # where it stands; 0 when it stands nowhere
    file: str = FILE

    def said(self) -> str:
        """One line for people: file, line, what."""
        return f"{self.file}{f':{self.line}' if self.line else ''}: {self.what}"


def settings_error(problems: list[Problem]) -> SettingsError:
    """All of *problems* as one error."""
    lines = [one.said() for one in problems[:SAID_MAX]]
    if len(problems) > SAID_MAX:
        lines.append(f"and {len(problems) - SAID_MAX} more")
    first = next((one.next for one in problems if one.next), "docs/reference/settings.md lists each key.")
    advice = first if len(problems) == 1 else "contrefeu config check lists each, with what is allowed."
    return SettingsError("\n".join(lines), safe="Nothing was started.", next=advice)


def joined(key: str, name: str) -> str:
    """The path of *name* in the table *key*; a name that TOML wants quoted is quoted."""
    part = name if _BARE.fullmatch(name) else quoted(name)
    return f"{key}.{part}" if key else part


def quoted(value: Any, key: str = "") -> str:
    """*value* as the file has it, cut short; only its kind where it may hold a secret."""
    if any(part in _WITHHELD for part in key.replace("[", ".").split(".")):
        return "not shown"
    if isinstance(value, float):
        return str(value)  # inf and nan, which JSON has not
    try:
        text = msgspec.json.encode(value).decode()
    except (TypeError, ValueError, RecursionError, OverflowError):
        text = type(value).__name__
    return text if len(text) <= QUOTED_MAX else f"{text[:QUOTED_MAX]}…"
