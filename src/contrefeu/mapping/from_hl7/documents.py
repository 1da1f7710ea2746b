"""TXA, OBX -> DocumentReference (v2-to-FHIR: MDM; FIELD F5).

Rules kept here:
  * A document is called by its unique number (TXA-12); an edit says it again, a replacement names its parent (TXA-13).
  * What was replaced or cancelled stays, and says so; an addendum stands beside what it adds to.
  * A day is no instant: a document dated by a day has it in its context's period.
"""

from base64 import b64encode
from collections.abc import Iterator

from contrefeu.fhir import (
    Attachment,
    DocumentContent,
    DocumentContext,
    DocumentReference,
    Period,
    Reference,
    RelatesTo,
    derived_id,
    plain,
)
from contrefeu.hl7 import Segment
from contrefeu.mapping.from_hl7.datatypes import Context, concept_of, entity, first_person
from contrefeu.mapping.from_hl7.results import Line, attachments_of
from contrefeu.mapping.from_hl7.stay import RESTRICTED, reference
from contrefeu.mapping.reading import Said
from contrefeu.mapping.tables.codes import AVAILABILITY, CONFIDENTIALITY, DOCUMENT_STATUS


def document(event: str, txa: Segment, lines: list[Line], visit: str, context: Context) -> Iterator[Said]:
    """TXA: 2 type, 4, 6, 7 times, 9 author, 12 id, 13 parent, 16 file name, 17 to 19 statuses."""
    own = entity(txa, 12, context.authority)
    name = own[0] if own else f"{context.authority}|{context.control_id}"
    at_ns = context.sent_ns
    status = DOCUMENT_STATUS.get(txa.text(17).upper(), "")
    bodies = _bodies(lines)
    dates = [date for at in (6, 4, 7) if (date := context.when(txa.text(at)))]
    exact = next((date for date in dates if len(date) > 10), "")
    stay = reference(visit)
    found = DocumentReference(
        identifier=[own[1]] if own else [],
        status="entered-in-error" if event == "T11" else AVAILABILITY.get(txa.text(19).upper(), "current"),
        docStatus="entered-in-error" if event == "T11" else status,
        type=concept_of(txa, 2),
        date=exact,
        context=DocumentContext([stay] if stay else [], Period(dates[0]) if dates and not exact else None),
        author=[who] if (who := first_person(txa, 9, 5, 10)) else [],
        description=_title(txa, lines),
        content=[DocumentContent(body) for body in bodies],
    )
    parent = entity(txa, 13, context.authority)
    if parent is not None and event in {"T05", "T06"}:
        target = derived_id("DocumentReference", parent[0])
        found.relatesTo = [RelatesTo("appends", Reference(f"DocumentReference/{target}"))]
    if parent is not None and event in {"T09", "T10"}:
        target = derived_id("DocumentReference", parent[0])
        found.relatesTo = [RelatesTo("replaces", Reference(f"DocumentReference/{target}"))]
        yield Said("DocumentReference", parent[0], {"status": "superseded"}, at_ns, "update")
    values = plain(found)
    del values["resourceType"]
    if not values["context"]:
        del values["context"]
    secrecy = CONFIDENTIALITY.get(txa.text(18).upper())
    if secrecy:
        values["meta"] = {"security": [{**RESTRICTED, "code": secrecy}]}
    yield Said("DocumentReference", name, values, at_ns, "update")


def _title(txa: Segment, lines: list[Line]) -> str:
    kind = concept_of(txa, 2)
    first = lines[0].obx.text(3, 2) if lines else ""
    return txa.text(25) or first or (kind.text if kind else "") or txa.text(16)


def _bodies(lines: list[Line]) -> list[Attachment]:
    """Files as they are; lines of text put together in their order."""
    found: list[Attachment] = []
    texts: list[str] = []
    for line in lines:
        if line.obx.text(2) == "ED":
            found += attachments_of(line.obx)
            continue
        texts += ["\n".join(rep.whole for rep in obx.reps(5)) for obx in (line.obx, *line.more)]
    text = "\n".join(texts)
    if text:
        found.insert(0, Attachment("text/plain; charset=utf-8", b64encode(text.encode()).decode()))
    return found
