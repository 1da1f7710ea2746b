"""What everybody may know of a document that is sealed: that there is one, whose, when, under which number (F45).

    HL7 v2   MSH and PID as they came; of EVN the times, of PV1 the number of the stay, of TXA numbers, times and
             states. A result becomes a document of the number of its order (MDM^T02)
    CDA      the header without type, title, authors and places
    FHIR     the document as a DocumentReference without type, author and content; a bundle keeps what is no part of it

Rules kept here:
  * An outline is of the sender's language, so that charts read it as they read the sender.
  * Bytes are cut, never decoded and written again: a name stands in an outline as it was sent.
  * Who cannot be told gives no outline, and what is sealed waits on no chart.
"""

from collections.abc import Callable, Iterator
from typing import Any

from msgspec import DecodeError
from msgspec.json import decode, encode

from contrefeu.capture.about import resources_of
from contrefeu.cda import NotCda, outline_of
from contrefeu.journal import MEDIA_CDA, MEDIA_FHIR, MEDIA_HL7V2, Outline

_EVN_KEPT = (1, 2, 6)  # event, when it was written and when it happened
_PV1_KEPT = (1, 2, 19)  # set, class, number of the stay
_TXA_KEPT = (1, 4, 6, 7, 12, 13, 17, 18, 19)  # times, own number, parent's, states; not what it is, nor by whom
_TXA_FIELDS = 20
_RESTRICTED = b"R"  # TXA-18, table 0272
DOCUMENTS = frozenset({"DocumentReference", "Composition", "DiagnosticReport"})
_KEPT = ("id", "identifier", "masterIdentifier", "subject", "date", "relatesTo")  # of a document in FHIR
_DATES = ("date", "effectiveDateTime", "issued")


def outline(media_type: str, body: bytes, is_sealed: Callable[[dict[str, object]], bool]) -> Outline | None:
    """Return what charts may know of *body*; None when it does not say whose it is.

    Args:
        media_type: Of *body*.
        body: As it came.
        is_sealed: Of a resource of a FHIR bundle: whether a rule is about it.
    """
    if media_type == MEDIA_HL7V2:
        found = _of_hl7(body)
    elif media_type == MEDIA_CDA:
        found = _of_cda(body)
    elif media_type == MEDIA_FHIR:
        found = _of_fhir(body, is_sealed)
    else:
        found = None
    return Outline(media_type, found) if found is not None else None


def _of_hl7(body: bytes) -> bytes | None:
    lines = [line for line in body.replace(b"\n", b"\r").split(b"\r") if line]
    start = next((at for at, line in enumerate(lines) if line.startswith(b"MSH") and len(line) > 5), None)
    if start is None or [line[:3] for line in lines].count(b"PID") != 1:
        return None  # no patient, several, or two bytes a letter
    bar, hat = lines[start][3:4], lines[start][4:5]
    rows = [line.split(bar) for line in lines[start:]]
    said = {row[0]: row for row in reversed(rows)}  # the first of each name
    kept = [bar.join(_only(said[b"EVN"], _EVN_KEPT, 7))] if b"EVN" in said else []
    kept.append(bar.join(said[b"PID"]))
    kept += [bar.join(_only(said[b"PV1"], _PV1_KEPT, 20))] if b"PV1" in said else []
    header = said[b"MSH"] + [b""] * (9 - len(said[b"MSH"]))
    if header[8][:3] == b"MDM":
        txa = _only(said.get(b"TXA", []), _TXA_KEPT, _TXA_FIELDS)
    else:
        header[8] = hat.join((b"MDM", b"T02", b"MDM_T02"))
        txa = _of_result(said.get(b"OBR", []), header)
    txa[0] = b"TXA"
    txa[18] = txa[18] or _RESTRICTED
    return b"\r".join((bar.join(header), *kept, bar.join(txa), b""))


def _of_result(obr: list[bytes], header: list[bytes]) -> list[bytes]:
    """The TXA of a result: its number is its order's (filler, placer), or the message's."""
    row = obr + [b""] * (8 - len(obr))
    txa = [b""] * _TXA_FIELDS
    txa[1], txa[4] = b"1", row[7]
    txa[12] = row[3] or row[2] or (header[9] if len(header) > 9 else b"")
    return txa


def _only(row: list[bytes], fields: tuple[int, ...], length: int) -> list[bytes]:
    found = [row[at] if at < len(row) and at in fields else b"" for at in range(length)]
    return [row[0] if row else b"", *found[1:]]


def _of_cda(body: bytes) -> bytes | None:
    try:
        return outline_of(body)
    except NotCda:
        return None


def _of_fhir(body: bytes, is_sealed: Callable[[dict[str, object]], bool]) -> bytes | None:
    try:
        whole = decode(body)
    except (DecodeError, RecursionError):
        return None
    if not isinstance(whole, dict):
        return None
    if whole.get("resourceType") != "Bundle":
        return encode(_document(whole))
    sealed = [one for one in resources_of(MEDIA_FHIR, body) if is_document(one) and is_sealed(one)]
    entries = [
        one for one in whole.get("entry") or [] if isinstance(one, dict) and isinstance(one.get("resource"), dict)
    ]
    is_one = whole.get("type") == "document"  # all of it is the document (FHIR R4, documents)
    gone = {name for one in sealed for name in _results(one)}
    kept = list(_entries(entries, sealed, gone, is_one=is_one))
    return encode({"resourceType": "Bundle", "type": "collection" if is_one else whole.get("type"), "entry": kept})


def _entries(
    entries: list[dict[str, Any]], sealed: list[dict[str, object]], gone: set[str], *, is_one: bool
) -> Iterator[dict[str, Any]]:
    for entry in entries:
        resource = entry["resource"]
        type_ = resource.get("resourceType")
        named = {str(entry.get("fullUrl", "")), f"{type_}/{resource.get('id')}"}
        if resource in sealed:
            yield entry | {"resource": _document(resource)}
        elif type_ == "Patient" or not (is_one or type_ == "Binary" or named & gone):
            yield entry


def _results(report: dict[str, object]) -> Iterator[str]:
    """What a report refers to as its results."""
    found = report.get("result")
    for one in found if isinstance(found, list) else []:
        if isinstance(one, dict) and one.get("reference"):
            yield str(one["reference"])


def _document(resource: dict[str, Any]) -> dict[str, Any]:
    kept = {key: resource[key] for key in _KEPT if key in resource}
    date = next((resource[key] for key in _DATES if resource.get(key)), None)
    own = resource.get("resourceType") == "DocumentReference"
    status = resource.get("status", "current") if own else "current"
    said = {"resourceType": "DocumentReference", **kept, "status": status}
    return said | ({"date": date} if date else {})


def is_document(resource: dict[str, object]) -> bool:
    """Whether a resource is a document or a report."""
    return resource.get("resourceType") in DOCUMENTS
