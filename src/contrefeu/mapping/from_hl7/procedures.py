"""PR1 -> Procedure (v2-to-FHIR: PR1 to Procedure).

Rules kept here:
  * What was done is called by its number (PR1-19), else by its stay, its code and its time.
  * That it was done is said by its time: dated after the message, it is not told as done.
"""

from contrefeu.fhir import CodeableConcept, Performer, Procedure, plain
from contrefeu.hl7 import Segment
from contrefeu.mapping.from_hl7.datatypes import Context, concept_of, entity, first_person
from contrefeu.mapping.from_hl7.stay import reference
from contrefeu.mapping.moments import nanoseconds
from contrefeu.mapping.reading import Said


def procedure(pr1: Segment, patient_key: str, visit: str, context: Context) -> Said | None:
    """PR1: 3 code, 4 words, 5 time, 6 kind, 8 anaesthetist, 11 surgeon, 12 other, 15 reason, 19 id, 20 action."""
    code = concept_of(pr1, 3)
    if code is None and pr1.has(4):
        code = CodeableConcept(text=pr1.text(4))
    if code is None:
        return None
    if pr1.has(4) and (not code.text or code.text == pr1.text(3)):
        code = CodeableConcept(code.coding, pr1.text(4))
    own = entity(pr1, 19, context.authority)
    at = context.moment(pr1.text(5))
    reason = concept_of(pr1, 15) if pr1.has(15) else None
    found = Procedure(
        identifier=[own[1]] if own else [],
        status=_status(pr1, nanoseconds(at), context.sent_ns),
        category=concept_of(pr1, 6) if pr1.has(6) else None,
        code=code,
        encounter=reference(visit),
        performedDateTime=at.fhir if at is not None else "",
        performer=[Performer(who) for field in (11, 8, 12) if (who := first_person(pr1, field))],
        reasonCode=[reason] if reason else [],
    )
    values = plain(found)
    del values["resourceType"]
    first = code.coding[0].code if code.coding else code.text.casefold()
    key = own[0] if own else f"{visit or patient_key}|{first}|{pr1.text(5)}"
    return Said("Procedure", f"procedure|{key}", values, context.sent_ns, "update")


def _status(pr1: Segment, at_ns: int, sent_ns: int) -> str:
    if pr1.text(20).upper() == "D":
        return "entered-in-error"
    return "completed" if 0 < at_ns <= sent_ns else "unknown"
