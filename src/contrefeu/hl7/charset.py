"""Character sets of HL7 v2 (MSH-18, table 0211) and what to do when the bytes are not in the one that was named.

Rules kept here:
  * Decoding never fails and never drops a byte: what does not fit is decoded by the next candidate, and said so.
  * 8859/1 with bytes 80 to 9F is windows-1252 under another name (F34): those bytes are control codes in 8859/1.
  * A one-byte set all of whose high bytes pair up as UTF-8 is UTF-8 under another name: "Ã©" is nobody's name.
  * No MSH-18: UTF-8 if the bytes are valid UTF-8, else windows-1252, and said so when it matters.
  * Japanese sets switch by ISO 2022, with ESC or HL7's own \\C..\\ and \\M..\\ (2.7.3, 2.7.4), whichever repetition of
    MSH-18 names them.
"""

import codecs
import re

# MSH-18 -> Python codec. Source: HL7 table 0211 (v2.9); names as found in the wild beside them.
CODECS = {
    "ASCII": "ascii",
    "8859/1": "latin-1",
    "8859/2": "iso8859-2",
    "8859/3": "iso8859-3",
    "8859/4": "iso8859-4",
    "8859/5": "iso8859-5",
    "8859/6": "iso8859-6",
    "8859/7": "iso8859-7",
    "8859/8": "iso8859-8",
    "8859/9": "iso8859-9",
    "8859/15": "iso8859-15",
    "ISO IR6": "ascii",
    "ISO IR13": "shift_jis",
    "ISO IR14": "shift_jis",
    "ISO IR87": "iso2022_jp_ext",
    "ISO IR159": "iso2022_jp_ext",
    "GB 18030-2000": "gb18030",
    "KS X 1001": "euc_kr",
    "CNS 11643-1992": "big5",
    "BIG-5": "big5",
    "UNICODE": "utf-16",
    "UNICODE UTF-8": "utf-8",
    "UNICODE UTF-16": "utf-16",
    "UNICODE UTF-32": "utf-32",
    # found in the wild
    "UTF-8": "utf-8",
    "UTF8": "utf-8",
    "ISO-8859-1": "latin-1",
    "ISO-8859-15": "iso8859-15",
    "ISO8859-1": "latin-1",
    "ISO8859-15": "iso8859-15",
    "8859-1": "latin-1",
    "8859-15": "iso8859-15",
    "ISO IR100": "latin-1",
    "ISO_IR 100": "latin-1",
    "ISO_IR 192": "utf-8",
    "WINDOWS-1252": "cp1252",
    "CP1252": "cp1252",
    "GB18030": "gb18030",
    "FR": "latin-1",
}
_C1 = re.compile(rb"[\x80-\x9f]")
_HIGH = re.compile(rb"[\x80-\xff]")
# \\C2842\\ (ESC ( B) and \\M2442\\ (ESC $ B): designations of ISO 2022 begin with a byte 20 to 2F
_SWITCH = re.compile(rb"\\[CM]((?:2[0-9A-Fa-f]){1,2}[0-9A-Fa-f]{2})\\")
_DESIGNATION = re.compile(rb"(\x1b(?:\$[@B]|\$\([@-_]|\([@-_]))")
_ISO_2022 = "iso2022_jp_ext"
_ONE_BYTE = frozenset(codec for codec in CODECS.values() if codec == "latin-1" or codec.startswith("iso8859"))


def decode(body: bytes, named: str) -> tuple[str, str, str]:
    """Decode *body*.

    Args:
        body: The message.
        named: MSH-18, its repetitions parted by "~"; empty when the sender gave none.

    Returns:
        The text; the codec that gave it; what was wrong (empty when nothing was).
    """
    if is_plain(body):
        return body.decode("ascii"), "ascii", ""
    wide = _wide(body)
    if wide:
        return body.decode(wide, "replace"), wide, ""
    names = [name for part in named.split("~") if (name := part.strip().upper())]
    switched = _switched(body, names)
    if switched is not None:
        return switched, _ISO_2022, ""
    named = names[0] if names else ""
    codec = CODECS.get(named)
    if codec in {"utf-16", "utf-32"}:
        codec = None  # one byte a character, whatever MSH-18 says
    if named and codec is None:
        return _guess(body, f"MSH-18 names '{named[:20]}', which is not known")
    if codec is None:
        return _guess(body, "")
    if codec in _ONE_BYTE and _HIGH.search(body) and _is_utf8(body):
        return body.decode(), "utf-8", f"MSH-18 names '{named[:20]}' and the bytes are UTF-8"
    if codec == "latin-1" and _C1.search(body):
        return _windows(body), "cp1252", "MSH-18 names 8859/1 and the bytes are windows-1252"
    try:
        return body.decode(codec), codec, ""
    except UnicodeDecodeError as found:
        return _guess(body, f"byte {found.start} is not in the character set that MSH-18 names")


def is_plain(body: bytes) -> bool:
    """Whether it is ASCII that switches no set, whatever MSH-18 names."""
    return body.isascii() and b"\x1b" not in body and (b"\\" not in body or not _SWITCH.search(body))


def wide_codec(body: bytes) -> str:
    """The two-byte or four-byte codec of a message, or "" when it has one byte a character (or UTF-8)."""
    return _wide(body)


def _wide(body: bytes) -> str:
    if body.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    start = body[:64].lstrip(b"\x0b\r\n \x00")
    if start.startswith((b"M\0\0\0S\0\0\0H\0\0\0", b"F\0\0\0H\0\0\0S\0\0\0", b"B\0\0\0H\0\0\0S\0\0\0")):
        return "utf-32-be" if body.startswith(b"\0\0\0") else "utf-32-le"
    if start.startswith((b"M\x00S\x00H\x00", b"F\x00H\x00S\x00", b"B\x00H\x00S\x00")):
        return "utf-16-be" if body.startswith(b"\x00M") else "utf-16-le"
    return ""


def _switched(body: bytes, names: list[str]) -> str | None:
    """The text of a body that switches sets by ISO 2022; None when it does not, or not properly."""
    if b"\x1b" in body:
        if not any(CODECS.get(name) in {_ISO_2022, "shift_jis"} for name in names):
            return None
    elif not _SWITCH.search(body):
        return None
    data = _SWITCH.sub(lambda found: b"\x1b" + bytes.fromhex(found[1].decode()), body)
    try:
        return data.decode(_ISO_2022)
    except UnicodeDecodeError:
        return _mixed(data)


def _mixed(data: bytes) -> str | None:
    """Kanji by ISO 2022 beside half-width katakana of eight bits (ISO IR 13 and 14, as in 2.14.9.18's examples)."""
    found, state = [], b""
    try:
        for part in _DESIGNATION.split(data):
            if part.startswith(b"\x1b"):
                state = part
            elif state.startswith((b"\x1b$", b"\x1b(I")):
                switched, mark, rest = part.partition(b"\r")
                found += [(state + switched + b"\x1b(B").decode(_ISO_2022), (mark + rest).decode("shift_jis")]
                state = b"" if mark else state  # a segment begins in the first set again
            else:
                found.append(part.decode("shift_jis"))
    except UnicodeDecodeError:
        return None
    return "".join(found)


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _guess(body: bytes, problem: str) -> tuple[str, str, str]:
    try:
        return body.decode("utf-8-sig"), "utf-8", problem
    except UnicodeDecodeError:
        return _windows(body), "cp1252", problem or "no MSH-18, and the bytes are not UTF-8: read as windows-1252"


def _windows(body: bytes) -> str:
    """windows-1252, where its five holes are the control codes of 8859/1: every byte has a character."""
    try:
        return body.decode("cp1252")
    except UnicodeDecodeError:
        return "".join(_WINDOWS[byte] for byte in body)


_WINDOWS = [bytes((b,)).decode("cp1252", "ignore") or chr(b) for b in range(256)]
