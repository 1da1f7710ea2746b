"""LDIF (RFC 2849): what a directory said of its entries, as `ldapsearch -LLL`, `slapcat` and `ldifde` write it.

Rules kept here:
  * Bytes in, values out: an address within a file (`photo:< file:///...`) is passed over, never read.
  * A list of changes is no list of entries, and is refused whole.
  * Attributes compare without case and without options: `cn;lang-fr` is a `cn`.
"""

import binascii
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass, field

from contrefeu.base import OperatorError

LDIF_BYTES_MAX = 256 * 2**20  # of a file: a hundred thousand people, with all that their entries say


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    """One entry: its name in the directory, and its values."""

    dn: str
    values: dict[str, list[str]] = field(default_factory=dict)  # by attribute, in small letters

    def all(self, attribute: str) -> list[str]:
        """Every value of *attribute*."""
        return self.values.get(attribute.casefold(), [])

    def one(self, attribute: str) -> str:
        """The first value of *attribute*; "" when there is none."""
        return next(iter(self.all(attribute)), "").strip()


def plain_dn(dn: str) -> str:
    """Return a name as two of them are compared: servers write cases and blanks as they like."""
    return ",".join("=".join(part.strip() for part in rdn.split("=", 1)) for rdn in dn.split(",")).casefold()


def read_ldif(data: bytes) -> list[DirectoryEntry]:
    """Read every entry.

    Raises:
        OperatorError: It is no LDIF, is a list of changes, or is longer than LDIF_BYTES_MAX.
    """
    if len(data) > LDIF_BYTES_MAX:
        raise _no_ldif(f"it is longer than {LDIF_BYTES_MAX >> 20} MB")
    try:
        # `ldifde -u` writes UTF-16 behind its mark.
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        raise _no_ldif("it is not in UTF-8") from None
    return [_entry(number, lines) for number, lines in _records(text)]


def _records(text: str) -> Iterator[tuple[int, list[tuple[str, str]]]]:
    """Each record with the number of its first line; folded lines are put together, comments and the version left."""
    record: list[tuple[str, str]] = []
    began = 1
    for number, line in _unfolded(text):
        if not line:
            if record:
                yield began, record
            record = []
            continue
        if line.startswith("#"):
            continue
        attribute, colon, value = line.partition(":")
        if not colon:
            raise _no_ldif(f"line {number} has no attribute")
        if attribute.casefold() == "version" and not record:
            continue
        began = began if record else number
        record.append((attribute, value))
    if record:
        yield began, record


def _unfolded(text: str) -> Iterator[tuple[int, str]]:
    """Lines with the number where they begin, and an empty one behind all."""
    number, whole = 1, ""
    for at, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        if line.startswith(" "):
            whole += line[1:]
            continue
        if at > 1:
            yield number, whole
        number, whole = at, line
    yield number, whole


def _entry(number: int, lines: list[tuple[str, str]]) -> DirectoryEntry:
    (first, named), *others = lines
    if first.casefold() != "dn":
        raise _no_ldif(f"line {number} does not begin an entry")
    found = DirectoryEntry(_value(number, named))
    for attribute, said in others:
        name = attribute.partition(";")[0].casefold()
        if name == "changetype":
            raise _no_ldif(f"line {number} begins a change, and changes are no list of people")
        if not said.startswith("<"):
            found.values.setdefault(name, []).append(_value(number, said))
    return found


def _value(number: int, said: str) -> str:
    """What stands behind an attribute's colon: text, or base 64 behind another one. Bytes that are no text are ""."""
    if not said.startswith(":"):
        return said.lstrip(" ")
    try:
        return b64decode(said[1:].strip(), validate=True).decode(errors="ignore")
    except (ValueError, binascii.Error):
        raise _no_ldif(f"the entry at line {number} has a value that is not base 64") from None


def _no_ldif(why: str) -> OperatorError:
    return OperatorError(
        f"That is no LDIF file: {why}.",
        safe="Nobody was added.",
        next="Write one: ldapsearch -LLL, slapcat, ldifde -u.",
    )
