"""HL7 v2 messages, read into FHIR (HL7 v2-to-FHIR implementation guide; IHE PAM France)."""

from zoneinfo import ZoneInfo

from contrefeu.fhir.datatypes import Annotation
from contrefeu.hl7 import Message, NotHl7
from contrefeu.mapping.from_hl7 import appointments, documents, orders, person, pharmacy, problems, results, stay
from contrefeu.mapping.from_hl7.datatypes import Context, key_of, nanoseconds
from contrefeu.mapping.from_hl7.groups import Group, Order, groups
from contrefeu.mapping.reading import FeedRules, Link, Reading, Subject
from contrefeu.mapping.tables.events import CANCELS, MERGES, MOVES, QUIET, UNMERGES

__all__ = ["read_hl7"]

_ORDERS = frozenset({"ORM", "OMG", "OML", "OMI", "OMN", "OMS", "OMD", "ORR", "ORG", "ORL", "ORI"})
_RESULTS = frozenset({"ORU", "OUL", "ORF", "OPU"})
_PRESCRIPTIONS = frozenset({"RDE", "OMP", "RDO", "RRE", "ORP"})
_PEOPLE = frozenset({"PPR", "PGL", "REF"})  # patient, problems, allergies, diagnoses: read in any message
_BILLING = frozenset({"BAR", "DFT"})  # kept and counted, never charted
# Segments that say nothing a chart needs, in any message
_SILENT = frozenset({"EVN", "PV2", "MSA", "SFT", "UAC", "DSC", "ADD", "NTE", "PDA", "PD1", "RGS", "MRG"})
# Read wherever they stand in a message about a person
_READ = frozenset(
    {"PID", "PV1", "ZBE", "NK1", "AL1", "IAM", "DG1", "OBX", "PRB", "TXA", "SCH", "AIS", "AIL", "AIP", "AIG"}
)


def read_hl7(reading: Reading, body: bytes, rules: FeedRules) -> None:
    """Fill *reading* with what the message in *body* says.

    Args:
        reading: With journal, sequence, times and source set.
        body: The message.
        rules: What is known of its sender.
    """
    try:
        message = Message.parse(body, rules.charset)
    except NotHl7:
        reading.kind = "HL7 v2"
        reading.lose("", "no MSH: the bytes are kept, nothing could be read")
        return
    code, event = message.code, message.event
    reading.kind = f"{code}^{event}" if event else code or "HL7 v2"
    reading.control_id = message.control_id
    reading.world = "T" if message.processing_id in {"T", "D"} else "P"
    for problem in message.problems:
        reading.lose("", problem)
    context = Context(message, ZoneInfo(rules.zone), rules.authority or message.source)
    first, *others = groups(message)
    _group(reading, first, code, event, context)
    for group in others:
        further = Reading(
            reading.journal, reading.sequence, reading.received_ns, reading.hlc, reading.source, reading.kind,
            reading.control_id, reading.world,
        )  # fmt: skip
        _group(further, group, code, event, context)
        reading.also.append(further)


def _group(reading: Reading, group: Group, code: str, event: str, context: Context) -> None:
    """One patient's part."""
    message = context.message
    evn = message.first("EVN")
    reading.said_at_ns = nanoseconds(context.moment(message.message_time))
    reading.at_ns = nanoseconds(context.moment(evn.text(2)) if evn else None) or reading.said_at_ns
    pid, pv1 = group.pid, group.first("PV1")
    keys = person.identity_keys(pid, context) if pid else []
    patient_key = keys[0] if keys else ""
    visit = stay.visit_key(pid, pv1, context, patient_key) if pid or pv1 else ""
    hints = [visit] if visit and not visit.startswith("only:") else []
    if pid is not None:
        reading.identifies = code == "ADT"
        reading.patient, cleared = person.patient(pid, context)
        reading.cleared = cleared if reading.identifies else []
        contacts = person.contacts(group.all("NK1"))
        if contacts and reading.identifies:
            reading.patient["contact"] = contacts
        if reading.patient.get("security") is None and pid.has(32) and reading.identifies:
            reading.cleared.append("security")
    named = visit if pv1 is not None and (pv1.has(19) or code == "ADT") else hints[0] if hints else ""
    _clinical(reading, group, code, event, patient_key, named, context)
    hints += [name for said in reading.said for name in said.names if name not in hints]
    if keys or hints:
        reading.subjects = [Subject(keys, hints)]
    if not keys and pid is not None:
        reading.lose(f"PID[{pid.position}]-3", "no local number: the patient cannot be told from others by it")
        reading.patient, reading.cleared, reading.identifies = None, [], False


def _clinical(
    reading: Reading, group: Group, code: str, event: str, patient_key: str, visit: str, context: Context
) -> None:
    """Dispatch on what kind of message it is."""
    reading.understood = True
    if code == "ADT":
        _admission(reading, group, event, patient_key, visit, context)
    elif code in _ORDERS | _PRESCRIPTIONS:
        _ordered(reading, group, visit, context)
    elif code in _RESULTS:
        _resulted(reading, group, visit, context)
    elif code in {"RAS", "RRA", "RDS", "VXU"}:
        _given(reading, group, code, context)
    elif code == "MDM":
        _documented(reading, group, event, context)
    elif code == "SIU":
        _scheduled(reading, event, context)
    elif code not in _PEOPLE:
        reading.understood = False
        why = "billing is kept and counted, never charted" if code in _BILLING else "no rule for this kind of message"
        reading.lose("MSH-9", why)
        return
    _problems(reading, group, code, patient_key, visit, context)
    _unread_segments(reading, group)


def _admission(reading: Reading, group: Group, event: str, patient_key: str, visit: str, context: Context) -> None:
    pid, pv1, pv2 = group.pid, group.first("PV1"), group.first("PV2")
    if event not in MOVES | CANCELS and event not in MERGES | UNMERGES | QUIET:
        reading.understood = False
        reading.lose("MSH-9.2", "an event that no rule knows: the person is charted, nothing is moved")
    if event in MERGES | UNMERGES:
        _links(reading, group, event, patient_key, context)
        return
    if pv1 is None or not visit or event in {"A28", "A31"}:
        return  # A28 and A31 touch the person only (FIELD F26)
    if not visit.startswith("only:") or event in MOVES or event in CANCELS:
        reading.stays.append(stay.stay(pid, pv1, pv2, visit, context))
    zbes = group.all("ZBE")
    reading.movements += stay.movements(event, context.message.first("EVN"), pv1, zbes, visit, context)


def _links(reading: Reading, group: Group, event: str, patient_key: str, context: Context) -> None:
    """PID survives, MRG-1 is lost, unless a profile says otherwise (FIELD F32)."""
    mrgs = group.all("MRG")
    lost = [key for mrg in mrgs for rep in mrg.reps(1) if (key := key_of(rep, context.authority))]
    if not patient_key or not lost:
        reading.understood = False
        reading.lose("MRG-1", "a merge that does not name both numbers: nothing was linked")
        return
    kind = "unmerge" if event in UNMERGES else "merge"
    for key in dict.fromkeys(lost):
        if key != patient_key:
            reading.links.append(Link(kind, patient_key, key))  # type: ignore[arg-type]


def _ordered(reading: Reading, group: Group, visit: str, context: Context) -> None:
    for order in group.orders:
        notes = _notes(order)
        drug = order.drugs.get("RXE") or order.drugs.get("RXO")
        said = None
        if drug is not None or (order.obr is None and reading.kind[:3] in _PRESCRIPTIONS):
            if order.orc is not None:
                said = pharmacy.prescription(order.orc, drug, order.routes, order.timings, notes, visit, context)
        else:
            said = orders.service_request(order.orc, order.obr, notes, visit, context)
        if said is not None:
            reading.said.append(said)
        else:
            reading.lose("ORC", "an order without a number")


def _resulted(reading: Reading, group: Group, visit: str, context: Context) -> None:
    for order in group.orders:
        if order.obr is None:
            continue
        lines, notes = results.lines_of(order.lines)
        reading.said += results.report(order.orc, order.obr, lines, notes, visit, context, reading)


def _given(reading: Reading, group: Group, code: str, context: Context) -> None:
    """RXA and RXD: doses, vaccines, what the pharmacy handed out."""
    for order in group.orders:
        rxa, rxd = order.drugs.get("RXA"), order.drugs.get("RXD")
        if rxd is not None:
            reading.said.append(pharmacy.dispense(order.orc, rxd, context))
        elif rxa is not None and code == "VXU":
            reading.said.append(pharmacy.immunization(order.orc, rxa, context))
        elif rxa is not None:
            rxr = order.routes[0] if order.routes else None
            reading.said.append(pharmacy.administration(order.orc, rxa, rxr, context))


def _documented(reading: Reading, group: Group, event: str, context: Context) -> None:
    txa = group.first("TXA")
    if txa is None:
        reading.understood = False
        reading.lose("TXA", "a document message without TXA")
        return
    loose = [segment for segment in group.segments if segment.name in {"OBX", "NTE"}]
    under = [segment for order in group.orders for segment in order.lines]
    lines, _ = results.lines_of(loose + under)
    reading.said += documents.document(event, txa, lines, context)


def _scheduled(reading: Reading, event: str, context: Context) -> None:
    sch = context.message.first("SCH")
    parts = [s for s in context.message.segments if s.name in {"AIS", "AIL", "AIP", "AIG"}]
    said = appointments.appointment(event, sch, parts, context) if sch is not None else None
    if said is None:
        reading.understood = False
        reading.lose("SCH", "an appointment without a number")
    else:
        reading.said.append(said)


def _problems(reading: Reading, group: Group, code: str, patient_key: str, visit: str, context: Context) -> None:
    if not patient_key:
        return
    found = [problems.allergy_of_al1(al1, context, patient_key) for al1 in group.all("AL1")]
    found += [problems.allergy_of_iam(iam, context, patient_key) for iam in group.all("IAM")]
    found += [problems.condition_of_prb(prb, context, patient_key, visit) for prb in group.all("PRB")]
    found += [problems.condition_of_dg1(dg1, context, patient_key, visit) for dg1 in group.all("DG1")]
    reading.said += [said for said in found if said is not None]
    if code == "ADT" and not group.orders:
        lines, _ = results.lines_of(group.all("OBX"))
        reading.said += results.measures(lines, patient_key, visit, context, reading)


def _unread_segments(reading: Reading, group: Group) -> None:
    for name in dict.fromkeys(s.name for s in group.segments if s.name not in _READ | _SILENT):
        reading.lose(name, "kept in the message, not charted")


def _notes(order: Order) -> list[Annotation]:
    return [note for segment in order.lines if segment.name == "NTE" and (note := results.note_of(segment))]
