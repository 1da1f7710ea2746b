"""From an entry to a reading, whatever language it is in.

Rules kept here:
  * Nothing raises: bytes that defeat a translator give a reading that says so, and the entry stays as it came
    (promise 8).
  * Acts and audit entries are read by others: they are kept here and charted nowhere. Of an act that says who is who
    its link is read.
"""

from typing import Protocol

import msgspec
from msgspec import Struct

from contrefeu.acts import IdentitiesLinked
from contrefeu.acts import decode as decode_act
from contrefeu.fhir import decode
from contrefeu.mapping.from_cda import read_cda
from contrefeu.mapping.from_fhir import read_fhir
from contrefeu.mapping.from_hl7 import read_hl7
from contrefeu.mapping.from_hl7.stay import RESTRICTED
from contrefeu.mapping.from_hprim import read_hprim
from contrefeu.mapping.reading import SEALED_TO, FeedRules, Link, Reading, Said
from contrefeu.mapping.rights import restrict

MEDIA_HL7V2 = "x-application/hl7-v2+er7"
MEDIA_FHIR = "application/fhir+json"
MEDIA_CDA = "application/cda+xml"
MEDIA_HPRIM = "text/x-hprim"
MEDIA_SEALED = "application/vnd.contrefeu.sealed"
MEDIA_ACT = "application/vnd.contrefeu.act+json"
# Namespace of PN13-SIPh2 (French prescription, dispensing, administration); as in the examples of the national
# ePrescription guide, build.fhir.org/ig/ansforge/interop-ig-fhir-ePrescription, read on 2026-11-27.
_PN13 = b"http://www.phast.fr/SIPhII"
_HEAD_BYTES = 4096  # of a document: its root element and the namespaces there
_LINKED = b'{"act":"identities-linked"'  # how such an act begins: no other is decoded here


class _Outline(Struct, frozen=True):
    media_type: str
    body: bytes


class _SealedHead(Struct, frozen=True):
    """What is read of the head of a sealed document (docs/spec/sealed-document-v1.md)."""

    role: str
    outline: _Outline | None


class EntryLike(Protocol):
    """An entry of a journal; `mapping` stands beside `journal` and imports nothing of it."""

    @property
    def journal(self) -> str:
        """Id of its journal."""
        ...

    @property
    def sequence(self) -> int:
        """Its number there."""
        ...

    @property
    def received_ns(self) -> int:
        """When it came in."""
        ...

    @property
    def hlc(self) -> int:
        """Its hybrid clock."""
        ...

    @property
    def source(self) -> str:
        """Who sent it."""
        ...

    @property
    def media_type(self) -> str:
        """What it is."""
        ...

    @property
    def body(self) -> bytes:
        """Its bytes."""
        ...


def read(entry: EntryLike, rules: FeedRules) -> Reading:
    """Return what *entry* says. Never raises."""
    reading = _blank(entry)
    try:
        _translate(reading, entry.media_type, entry.body, rules)
        restrict(reading, rules)
    except Exception as defeated:  # the one place where any failure of a translator ends: the feed goes on
        reading = _blank(entry)
        reading.kind = entry.media_type
        reading.lose("", f"the reader gave up ({type(defeated).__name__}): the bytes are kept, nothing was charted")
    return reading


def _blank(entry: EntryLike) -> Reading:
    return Reading(entry.journal, entry.sequence, entry.received_ns, entry.hlc, entry.source, entry.media_type)


def _translate(reading: Reading, media_type: str, body: bytes, rules: FeedRules) -> None:
    if media_type == MEDIA_HL7V2:
        read_hl7(reading, body, rules)
    elif media_type == MEDIA_ACT:
        reading.audit, reading.understood = True, True
        _read_link(reading, body)
    elif media_type == MEDIA_FHIR:
        resource = decode(body)
        if isinstance(resource, dict) and resource.get("resourceType") == "AuditEvent":
            reading.kind, reading.audit, reading.understood = "FHIR AuditEvent", True, True
        else:
            read_fhir(reading, resource, rules)
    elif media_type == MEDIA_CDA:
        read_cda(reading, body, rules)
    elif media_type == MEDIA_HPRIM:
        read_hprim(reading, body, rules)
    elif media_type == MEDIA_SEALED:
        _read_sealed(reading, body, rules)
    elif _PN13 in body[:_HEAD_BYTES]:
        reading.kind = "PN13"
        reading.lose("", "prescriptions, dispensing or administrations in PN13: read the message, no chart shows it")
    else:
        reading.lose("", "no rule for this kind of content: it is kept as it came")


def _read_sealed(reading: Reading, body: bytes, rules: FeedRules) -> None:
    """A document that is sealed to a role is charted by its outline: that there is one (F45)."""
    head = msgspec.json.decode(body[: body.index(b"\n")], type=_SealedHead)
    known = head.outline
    if known is None or known.media_type == MEDIA_SEALED:
        reading.kind = "sealed"
        reading.lose("", "sealed to a role, and whose it is stands inside: the role's words open it")
        return
    _translate(reading, known.media_type, known.body, rules)
    for part in (reading, *reading.also):
        part.said = [_told_as_sealed(said, head.role, known.media_type) for said in part.said]


def _told_as_sealed(said: Said, role: str, media_type: str) -> Said:
    """A document of an outline, which says to whom it is sealed; what else stands in a bundle is as it was sent."""
    resource = said.resource
    plain = "content" in resource and media_type != MEDIA_CDA
    if said.kind != "DocumentReference" or plain or resource.keys() == {"status"}:  # a parent that is replaced
        return said
    kept = {key: value for key, value in resource.items() if key not in ("content", "description", "type")}
    labels = (resource.get("meta") or {}).get("security") or []
    sealed = {
        "meta": {"security": [*labels, RESTRICTED]},
        "extension": [*resource.get("extension", []), {"url": SEALED_TO, "valueCode": role}],
        "content": [{"attachment": {"title": role}}],  # FHIR asks for one; there is nothing to read in it
    }
    return msgspec.structs.replace(said, resource=kept | sealed, mode="replace")  # nothing of a former version stays


def _read_link(reading: Reading, body: bytes) -> None:
    act = decode_act(body) if body.startswith(_LINKED) else None
    if isinstance(act, IdentitiesLinked):
        reading.world = act.world
        reading.links = [Link("unmerge" if act.undo else "merge", act.survivor, act.lost)]
