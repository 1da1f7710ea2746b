"""ORC, OBR -> ServiceRequest (v2-to-FHIR: ORC and OBR to ServiceRequest; FIELD F30: answers act on the order).

Rules kept here:
  * An order is called by its placer's number, else by its filler's; a number carries who gave it.
  * A status that a message does not give stays as it was.
"""

import re
from collections.abc import Sequence

from contrefeu.fhir import Annotation, CodeableConcept, Coding, Identifier, Reference, ServiceRequest, derived_id, plain
from contrefeu.hl7 import Segment
from contrefeu.mapping.from_hl7.datatypes import Context, concept_of, entity, first_person
from contrefeu.mapping.from_hl7.stay import reference
from contrefeu.mapping.moments import nanoseconds
from contrefeu.mapping.reading import Said
from contrefeu.mapping.tables.codes import ORDER_STATUS, PRIORITIES, REFERRAL_STATUS, REQUEST_STATUS


def order_numbers(orc: Segment | None, obr: Segment | None, context: Context) -> tuple[str, str, list[Identifier]]:
    """Placer's key, filler's key, and both as identifiers."""
    keys, identifiers = [], []
    for field in (2, 3):
        found = None
        for segment in (orc, obr):
            found = found or (entity(segment, field, context.authority) if segment else None)
        keys.append(found[0] if found else "")
        if found:
            identifiers.append(found[1])
    return keys[0], keys[1], identifiers


def order_key(placer: str, filler: str) -> str:
    """What an order is called."""
    return f"placer:{placer}" if placer else f"filler:{filler}"


def unnumbered_key(orc: Segment | None, patient_key: str, number: int, context: Context) -> str:
    """What a new order without any number is called: by its message; "" when it is not new, or nobody's."""
    control = orc.text(1).upper() if orc else "NW"
    if not patient_key or control not in {"", "NW", "SN", "RO", "XO"}:
        return ""
    return f"message:{patient_key}|{context.authority}|{context.control_id}|{number}"


_OWN = re.compile(r"CONTREFEU\|([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")  # as to_hl7 numbers what is written here


def request_reference(placer: str, filler: str) -> Reference:
    """An order as results name it: one that was written here and sent to their sender is the one on the chart."""
    if own := _OWN.fullmatch(placer):
        return Reference(f"ServiceRequest/{derived_id('ServiceRequest', f'urn:ietf:rfc:3986|urn:uuid:{own[1]}')}")
    return Reference(f"ServiceRequest/{derived_id('ServiceRequest', order_key(placer, filler))}")


def service_request(
    orc: Segment | None,
    obr: Segment | None,
    reasons: list[Segment],
    timings: list[Segment],
    notes: list[Annotation],
    visit: str,
    context: Context,
    unnumbered: str = "",
    accession: Identifier | None = None,
    further: Sequence[str] = (),
) -> Said | None:
    """ORC: 1 control, 5 status, 9 time, 12 provider. OBR: 4 code, 5 priority, 6/36 when, 16 provider, 31 reason.

    TQ1, before it ORC-7: when, and how urgent. *further* hints that it answers to: images, specimens.
    """
    placer, filler, identifiers = order_numbers(orc, obr, context)
    if not placer and not filler and (not unnumbered or obr is None):
        return None
    control = orc.text(1).upper() if orc else "NW"
    found = ServiceRequest(
        identifier=[*identifiers, *([accession] if accession else [])],
        status=status_of(orc),
        intent="order",
        encounter=reference(visit),
        note=notes,
    )
    if orc is not None:
        if control == "NW":  # v2-to-FHIR, ORC-9: of a later event it is that event's time, not the order's
            found.authoredOn = context.when(orc.text(9))
        found.requester = first_person(orc, 12)
    if obr is not None:
        _from_obr(found, obr, context)
    _from_timing(found, orc, timings, context)
    found.reasonCode += [reason for dg1 in reasons if (reason := concept_of(dg1, 3))]
    values = plain(found)
    del values["resourceType"]
    moment = nanoseconds(context.moment(orc.text(9)) if orc else None)
    names = [f"order:{key}" for key in (placer, filler) if key]
    numbered = bool(names)
    names += further
    # ORC-9 is when this very event was entered, in a change too (4.5.1.9): it orders versions only if MSH-7 agrees.
    at = max(moment, context.sent_ns)
    return Said("ServiceRequest", order_key(placer, filler) if numbered else unnumbered, values, at, "update", names)


def _from_timing(found: ServiceRequest, orc: Segment | None, timings: list[Segment], context: Context) -> None:
    """TQ1-7 and 9; TQ.4 and TQ.6 of ORC-7: what OBR says goes before."""
    starts = [one.text(7) for one in timings] or ([orc.text(7, 4)] if orc else [])
    urgent = [one.text(9) for one in timings] or ([orc.text(7, 6)] if orc else [])
    found.occurrenceDateTime = found.occurrenceDateTime or context.when(next(filter(None, starts), ""))
    found.priority = found.priority or PRIORITIES.get(next(filter(None, urgent), "").upper()[:1], "")


def status_of(orc: Segment | None) -> str:
    """What ORC-1 and ORC-5 make of an order; "" leaves it as it is."""
    asked = REQUEST_STATUS.get(orc.text(1).upper() if orc else "NW", "")
    told = ORDER_STATUS.get(orc.text(5).upper(), "") if orc and orc.has(5) else ""
    # A cancellation says so in ORC-1, whatever an old ORC-5 still says.
    return asked if asked in {"revoked", "entered-in-error", "on-hold"} or not told else told


def referral(rf1: Segment, visit: str, context: Context) -> Said | None:
    """RF1: 1 status, 2 priority, 3 kind, 4 what is wished, 6 number, 7 from, 10 reason, 11 other number."""
    own = entity(rf1, 6, context.authority) or entity(rf1, 11, context.authority)
    if own is None:
        return None
    kind, wish, reason = (concept_of(rf1, field) if rf1.has(field) else None for field in (3, 4, 10))
    found = ServiceRequest(
        identifier=[own[1]],
        status=REFERRAL_STATUS.get(rf1.text(1).upper(), "unknown"),
        intent="order",
        priority=PRIORITIES.get(rf1.text(2).upper()[:1], ""),
        category=[CodeableConcept([Coding("http://snomed.info/sct", "3457005", "Patient referral")])],
        code=wish or kind,
        encounter=reference(visit),
        authoredOn=context.when(rf1.text(7)),
        reasonCode=[reason] if reason else [],
    )
    values = plain(found)
    del values["resourceType"]
    return Said("ServiceRequest", f"referral|{own[0]}", values, context.sent_ns, "update")


def _from_obr(found: ServiceRequest, obr: Segment, context: Context) -> None:
    found.code = concept_of(obr, 4)
    found.requester = found.requester or first_person(obr, 16)
    found.occurrenceDateTime = context.when(obr.text(36)) or context.when(obr.text(6))
    priority = obr.text(5).upper() or obr.text(27, 6).upper()
    found.priority = PRIORITIES.get(priority[:1], "")
    section = obr.text(24)
    if section:
        found.category = [CodeableConcept(text=section)]
    reason = concept_of(obr, 31) if obr.has(31) else None
    if reason is not None:
        found.reasonCode = [reason]
    elif obr.has(13):
        found.reasonCode = [CodeableConcept(text=obr.whole(13))]
