"""Escape sequences of HL7 v2 (v2.9, 2.7): `\\F\\` and its kin, formatted text, hexadecimal data.

Rules kept here:
  * What is not a sequence of the standard stays as it is: a lone backslash in a Windows path is no error.
  * Formatting commands become line breaks and spaces; highlighting is dropped.
"""

import re
from typing import NamedTuple


class Delimiters(NamedTuple):
    """The five characters that a message declares in MSH-1 and MSH-2."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"


STANDARD = Delimiters()

_FORMATTING = re.compile(r"\.(br|sp|fi|nf|in|ti|sk|ce)\s*([+-]?\d*)", re.IGNORECASE)


def unescape(text: str, delimiters: Delimiters = STANDARD, codec: str = "utf-8") -> str:
    """Return *text* with its escape sequences read.

    >>> unescape("A\\\\T\\\\B")
    'A&B'
    """
    mark = delimiters.escape
    if not mark or mark not in text:
        return text
    parts = text.split(mark)
    read = [parts[0]]
    at, count = 1, len(parts)
    while at < count:
        # parts[at] is a sequence if another mark follows it.
        meant = _meaning(parts[at], delimiters, codec) if at + 1 < count else None
        if meant is None:
            read.append(mark + parts[at])
            at += 1
        else:
            read.append(meant)
            read.append(parts[at + 1])
            at += 2
    return "".join(read)


def escape(text: str, delimiters: Delimiters = STANDARD) -> str:
    """Return *text* so that it can stand in a field.

    >>> escape("A&B")
    'A\\\\T\\\\B'
    """
    mark = delimiters.escape
    if not mark:
        return text
    table = {
        mark: f"{mark}E{mark}",
        delimiters.field: f"{mark}F{mark}",
        delimiters.component: f"{mark}S{mark}",
        delimiters.repetition: f"{mark}R{mark}",
        delimiters.subcomponent: f"{mark}T{mark}",
        "\r": f"{mark}X0D{mark}",
        "\n": f"{mark}X0A{mark}",
    }
    if not any(character in text for character in table if character):
        return text
    return "".join(table.get(character, character) for character in text)


def _meaning(sequence: str, delimiters: Delimiters, codec: str) -> str | None:
    match sequence:
        case "F":
            return delimiters.field
        case "S":
            return delimiters.component
        case "T":
            return delimiters.subcomponent
        case "R":
            return delimiters.repetition
        case "E":
            return delimiters.escape
        case "H" | "N":
            return ""
    if sequence[:1] == "X":
        return _hexadecimal(sequence[1:], codec)
    if sequence[:1] == ".":
        return _formatting(sequence)
    return None


def _hexadecimal(digits: str, codec: str) -> str | None:
    try:
        data = bytes.fromhex(digits)
    except ValueError:
        return None
    if not data:
        return None
    try:
        return data.decode(codec)
    except (UnicodeDecodeError, LookupError):
        return data.decode("latin-1")


def _formatting(sequence: str) -> str | None:
    found = _FORMATTING.fullmatch(sequence)
    if found is None:
        return None
    command, number = found[1].lower(), found[2]
    if command in {"br", "ce"}:
        return "\n"
    times = min(abs(int(number)), 100) if number.strip("+-") else 1
    if command == "sp":
        return "\n" * times
    return " " * times if command in {"sk", "ti"} else ""
