"""What everybody may know of a document that is sealed: that there is one, whose, when, under which number (F45).

    HL7 v2   MSH and PID as they came; of EVN the times, of PV1 the number of the stay, of TXA numbers, times and
             states. A result becomes a document of the number of its order (MDM^T02)
    CDA      the header without type, title, authors and places
    FHIR     the document as a DocumentReference without type, author and content; a bundle keeps what is no part of it

Rules kept here:
  * An outline is of the sender's language, so that charts read it as they read the sender.
  * Bytes are cut, never decoded and written again: a name stands in an outline as it was sent.
  * Who cannot be told gives no outline, and what is sealed waits on no chart.
  * What belongs to a sealed document in a bundle goes with it: all that it leads to, and what only describes it.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from msgspec.json import encode

from contrefeu.capture.about import entries_of
from contrefeu.cda import outline_of
from contrefeu.fhir import HTEST
from contrefeu.journal import MEDIA_CDA, MEDIA_FHIR, MEDIA_HL7V2, Outline

Mark = Callable[[bytes], bytes]
"""Eight bytes or more, in hexadecimal, that tell what somebody said from what somebody else said, and nothing of it."""

_EVN_KEPT = (1, 2, 6)  # event, when it was written and when it happened
_PV1_KEPT = (1, 2, 19)  # set, class, number of the stay
_TXA_KEPT = (1, 4, 6, 7, 12, 13, 17, 18, 19)  # times, own number, parent's, states; not what it is, nor by whom
_TXA_FIELDS = 20
_RESTRICTED = b"R"  # TXA-18, table 0272
_LEADING = b"\x0b\r\n \x00\xef\xbb\xbf"  # what some senders write before MSH
_MARK_CHARS = 16  # of a mark in a number: 64 bits
_STARTS = re.compile(rb"(?<=[\r\n])(?=MSH[^A-Za-z0-9\r\n])")
DOCUMENTS = frozenset({"DocumentReference", "Composition", "DiagnosticReport"})
_KEPT = ("identifier", "masterIdentifier", "subject", "relatesTo")  # of a document in FHIR
_DATES = ("date", "effectiveDateTime", "issued")
_OVER = {"entered-in-error", "cancelled"}
# Of a bundle with a sealed document: what only describes documents, and says who wrote them, where
_DESCRIBES = {"Binary", "List", "Media", "Provenance", "Practitioner", "PractitionerRole", "Organization", "Location"}


def messages_of(body: bytes) -> list[bytes]:
    """Return the messages in one frame: most often one."""
    return _STARTS.split(body)


def hl7_outline(body: bytes, mark: Mark) -> bytes | None:
    """Return what charts may know of one HL7 v2 message; None when it does not say of which one patient it is."""
    lines = [line for line in body.lstrip(_LEADING).replace(b"\n", b"\r").split(b"\r") if line]
    if not lines or not lines[0].startswith(b"MSH") or len(lines[0]) < 6:
        return None  # two bytes a letter, or no message
    bar, hat = lines[0][3:4], lines[0][4:5]
    rows = [line.split(bar) for line in lines]
    if [row[0] for row in rows].count(b"PID") != 1:
        return None
    said = {row[0]: row for row in reversed(rows)}  # the first of each name
    kept = [bar.join(_only(said[b"EVN"], _EVN_KEPT, 7))] if b"EVN" in said else []
    kept.append(bar.join(said[b"PID"]))
    kept += [bar.join(_only(said[b"PV1"], _PV1_KEPT, 20))] if b"PV1" in said else []
    header = rows[0] + [b""] * (10 - len(rows[0]))
    if header[8].strip()[:3] == b"MDM":
        txa = _only(said.get(b"TXA", []), _TXA_KEPT, _TXA_FIELDS)
    else:
        txa = _of_result(said.get(b"OBR", []), header, hat, mark)
    txa[0] = b"TXA"
    txa[18] = txa[18] or _RESTRICTED
    return b"\r".join((bar.join(header).rstrip(bar), *kept, bar.join(txa), b""))


def _of_result(obr: list[bytes], header: list[bytes], hat: bytes, mark: Mark) -> list[bytes]:
    """The TXA of a result: its number is its order's and a mark of what was asked, or the message's."""
    row = obr + [b""] * (26 - len(obr))
    event = b"T11" if row[25] == b"X" else b"T02"
    header[8] = hat.join((b"MDM", event, b"MDM_" + event))
    txa = [b""] * _TXA_FIELDS
    txa[1], txa[4] = b"1", row[7]
    number, *rest = (row[3] or row[2]).split(hat)
    # One number is of several results where a laboratory counts specimens: each is a document of its own.
    txa[12] = hat.join((number + b"." + mark(row[4])[:_MARK_CHARS], *rest)) if number else header[9]
    return txa


def _only(row: list[bytes], fields: tuple[int, ...], length: int) -> list[bytes]:
    found = [row[at] if at < len(row) and at in fields else b"" for at in range(length)]
    return [row[0] if row else b"", *found[1:]]


def messages_outline(parts: Sequence[tuple[bytes, bool]], mark: Mark) -> Outline | None:
    """Return what charts may know of the messages of a frame; None when one does not say of which one patient it is.

    Args:
        parts: Each message, and whether it is sealed: others stay as they came.
        mark: Tells one result of an order from another.
    """
    found = [hl7_outline(one, mark) if sealed else one for one, sealed in parts]
    return Outline(MEDIA_HL7V2, b"".join(one for one in found if one)) if None not in found else None


def cda_outline(body: bytes) -> Outline:
    """Return what charts may know of a CDA document.

    Raises:
        NotCda: It is none.
    """
    return Outline(MEDIA_CDA, outline_of(body))


def fhir_outline(whole: Any, is_sealed: Callable[[dict[str, Any]], bool]) -> Outline:
    """Return what charts may know of a FHIR resource, bundle or list in which documents are sealed.

    Args:
        whole: It, decoded.
        is_sealed: Whether a rule is about a document or report.
    """
    if isinstance(whole, dict) and whole.get("resourceType") != "Bundle":
        return Outline(MEDIA_FHIR, encode(_document(whole)))
    entries = list(entries_of(whole))
    # A bundle that is a document is one whole (FHIR R4, documents).
    is_one = isinstance(whole, dict) and whole.get("type") == "document"
    sealed = {id(one) for _, one in entries if is_document(one) and is_sealed(one)}
    gone = set() if is_one else _reached(entries, sealed)
    kept = []
    for url, one in entries:
        type_ = one.get("resourceType")
        if id(one) in sealed:
            kept.append(_entry(url, _document(one)))
        elif type_ == "Patient" or not (is_one or type_ in _DESCRIBES or id(one) in gone):
            kept.append(_entry(url, one))
    return Outline(MEDIA_FHIR, encode({"resourceType": "Bundle", "type": "collection", "entry": kept}))


def _entry(url: str, resource: dict[str, Any]) -> dict[str, Any]:
    return {"fullUrl": url, "resource": resource} if url else {"resource": resource}


def _reached(entries: list[tuple[str, dict[str, Any]]], sealed: set[int]) -> set[int]:
    """What sealed documents lead to, however far."""
    named = {name: one for url, one in entries for name in (url, f"{one.get('resourceType')}/{one.get('id')}") if name}
    waiting = [one for _, one in entries if id(one) in sealed]
    found: set[int] = set()
    while waiting:
        for reference in _references(waiting.pop()):
            target = named.get(reference.partition("/_history/")[0])
            if target is not None and id(target) not in found | sealed and target.get("resourceType") != "Patient":
                found.add(id(target))
                waiting.append(target)
    return found


def _references(resource: dict[str, Any]) -> Iterator[str]:
    waiting: list[Any] = [resource]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if isinstance(one.get("reference"), str):
                yield one["reference"]
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one


def _document(resource: dict[str, Any]) -> dict[str, Any]:
    type_ = resource.get("resourceType")
    said: dict[str, Any] = {"resourceType": "DocumentReference"}
    if resource.get("id"):  # of another type it is another document, though the number be the same
        said["id"] = resource["id"] if type_ == "DocumentReference" else f"{type_}-{resource['id']}"
    said |= {key: resource[key] for key in _KEPT if key in resource}
    own = resource.get("status") if type_ == "DocumentReference" else None
    said["status"] = "entered-in-error" if _is(resource.get("status"), _OVER) else own or "current"
    date = next((resource[key] for key in _DATES if resource.get(key)), None)
    labels = [one for one in labels_of(resource) if one.get("code") == HTEST["code"]]
    return said | ({"date": date} if date else {}) | ({"meta": {"security": labels}} if labels else {})


def is_document(resource: dict[str, Any]) -> bool:
    """Whether a resource is a document or a report."""
    return _is(resource.get("resourceType"), DOCUMENTS)


def labels_of(resource: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the security labels of a resource: meta.security, DocumentReference.securityLabel."""
    meta = resource.get("meta")
    labels = dicts(meta.get("security") if isinstance(meta, dict) else None)
    return labels + [one for concept in dicts(resource.get("securityLabel")) for one in dicts(concept.get("coding"))]


def dicts(found: object) -> list[dict[str, Any]]:
    """Return the objects in what should be a list of them."""
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _is(value: object, among: Iterable[str]) -> bool:
    return isinstance(value, str) and value in among
