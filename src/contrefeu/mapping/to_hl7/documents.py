"""DocumentReference -> TXA, OBX: a note, a letter, a scanned page."""

from base64 import b64decode
from collections.abc import Sequence
from uuid import UUID, uuid5

from contrefeu.acts import ISSUE_SYSTEM
from contrefeu.fhir import Json
from contrefeu.mapping.to_hl7.segments import OURS, About, Interface, Unsaid, coded, line, moment, own_number, text, who

_PAGES = UUID("b1c5b7ce-0f0c-5c1b-9c55-5e6f7a1d2e03")  # of such pages, among all name-based UUIDs

_SUBTYPES = {"application/pdf": "PDF", "image/jpeg": "JPEG", "image/png": "PNG", "image/tiff": "TIFF"}  # 0291


def document(resources: Sequence[Json], about: About, _interface: Interface) -> tuple[str, list[str]]:
    """T02: a new document with its content; T11: it was taken back."""
    if len(resources) != 1:
        raise Unsaid("it says several documents")
    (one,) = resources
    gone = one.get("status") == "entered-in-error"
    author = next(iter(one.get("author") or []), None)
    txa = {
        1: "1",
        2: coded(one.get("type")),
        3: "TX",
        4: moment(str(one.get("date", ""))),
        6: moment(about.at),
        9: who(author),
        12: _number(one, about),
        17: "CA" if gone else "AU",  # 0271
        19: "CA" if gone else "AV",  # 0273
    }
    txa[6] = txa[4] or txa[6]  # 6 goes before 4 where a reader takes one time
    return "MDM^T11" if gone else "MDM^T02", [line("TXA", txa), *([] if gone else _bodies(one))]


def _number(one: Json, about: About) -> str:
    """TXA-12: our UUID; of a page that came back on paper, one made of the number that is printed on it."""
    printed = next((n for n in one.get("identifier") or [] if n.get("system") == ISSUE_SYSTEM and n.get("value")), None)
    return f"{uuid5(_PAGES, str(printed['value']))}^{OURS}" if printed else own_number(one, about)


def _bodies(one: Json) -> list[str]:
    found = []
    for n, content in enumerate(one.get("content") or [], 1):
        attachment = content.get("attachment") or {}
        kind, data = str(attachment.get("contentType", "")), str(attachment.get("data", ""))
        if not data:
            raise Unsaid("a document whose bytes are elsewhere")
        if kind.startswith("text/plain"):
            words = text(b64decode(data).decode("utf-8", "replace"))
            found.append(line("OBX", {1: str(n), 2: "TX", 3: coded(one.get("type")), 5: words, 11: "F"}))
        elif kind in _SUBTYPES:
            value = f"^{kind.partition('/')[0]}^{_SUBTYPES[kind]}^Base64^{data}"
            found.append(line("OBX", {1: str(n), 2: "ED", 3: coded(one.get("type")), 5: value, 11: "F"}))
        else:
            raise Unsaid("a document of a kind that a message cannot carry")
    return found
