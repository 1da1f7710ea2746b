"""TXA, OBX -> DocumentReference (v2-to-FHIR: MDM; FIELD F5).

Rules kept here:
  * A document is called by its unique number (TXA-12); an edit says it again, a replacement names its parent (TXA-13).
  * What was replaced or cancelled stays, and says so.
"""

from base64 import b64encode
from collections.abc import Iterator

from contrefeu.fhir import derived_id, plain
from contrefeu.fhir.datatypes import Attachment, Reference
from contrefeu.fhir.resources import DocumentContent, DocumentReference, RelatesTo
from contrefeu.hl7 import Segment
from contrefeu.mapping.from_hl7.datatypes import Context, concept_of, entity, first_person, nanoseconds
from contrefeu.mapping.from_hl7.results import Line, attachment
from contrefeu.mapping.reading import Said
from contrefeu.mapping.tables.codes import DOCUMENT_STATUS


def document(event: str, txa: Segment, lines: list[Line], context: Context) -> Iterator[Said]:
    """TXA: 2 type, 4 activity, 6 origination, 7 transcription, 9 author, 12 id, 13 parent, 16 file name, 17 status."""
    own = entity(txa, 12, context.authority)
    name = own[0] if own else f"{context.authority}|{context.message.control_id}"
    at_ns = nanoseconds(context.moment(context.message.message_time))
    status = DOCUMENT_STATUS.get(txa.text(17).upper(), "")
    bodies = _bodies(lines)
    found = DocumentReference(
        identifier=[own[1]] if own else [],
        status="entered-in-error" if event == "T11" else "current",
        docStatus="entered-in-error" if event == "T11" else status,
        type=concept_of(txa, 2),
        date=context.when(txa.text(6)) or context.when(txa.text(4)) or context.when(txa.text(7)),
        author=[who] if (who := first_person(txa, 9, 5, 10)) else [],
        description=_title(txa, lines),
        content=[DocumentContent(body) for body in bodies],
    )
    parent = entity(txa, 13, context.authority)
    if parent is not None and event in {"T09", "T10"}:
        target = derived_id("DocumentReference", parent[0])
        found.relatesTo = [RelatesTo("replaces", Reference(f"DocumentReference/{target}"))]
        yield Said("DocumentReference", parent[0], {"status": "superseded"}, at_ns, "update")
    values = plain(found)
    del values["resourceType"]
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
        body = attachment(line.obx, line.more)
        if body is not None:
            found.append(body)
            continue
        texts += ["\n".join(rep.whole for rep in obx.reps(5)) for obx in (line.obx, *line.more)]
    text = "\n".join(texts)
    if text:
        found.insert(0, Attachment("text/plain; charset=utf-8", b64encode(text.encode()).decode()))
    return found
