"""HL7 v2 messages, read into FHIR (HL7 v2-to-FHIR implementation guide; IHE PAM France)."""

import re
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from contrefeu.fhir import Annotation, plain
from contrefeu.hl7 import Message, Notation, NotHl7, Segment, joined, source_name
from contrefeu.mapping.from_hl7 import (
    appointments,
    diets,
    documents,
    france,
    imaging,
    lists,
    notices,
    orders,
    person,
    pharmacy,
    problems,
    procedures,
    results,
    stay,
)
from contrefeu.mapping.from_hl7.datatypes import Context, key_of
from contrefeu.mapping.from_hl7.groups import Group, Order, groups
from contrefeu.mapping.from_hl7.origins import HINT, Reports, specimen_names, with_neighbours
from contrefeu.mapping.moments import nanoseconds
from contrefeu.mapping.reading import FeedRules, Link, Reading, Subject
from contrefeu.mapping.tables.codes import REPLACED
from contrefeu.mapping.tables.events import (
    CANCELS,
    MERGES,
    MOVES,
    QUIET,
    STAY_MERGES,
    STAY_MOVES,
    STAY_NUMBERS,
    UNDONE,
    UNMERGES,
)

__all__ = ["read_hl7"]

_ORDERS = frozenset(
    {"ORM", "OMB", "OMD", "OMG", "OMI", "OML", "OMN", "OMS", "ORB", "ORD", "ORG", "ORI", "ORL", "ORN", "ORR", "ORS"}
)
_RESULTS = frozenset({"ORU", "OUL", "ORF", "OPU"})
_PRESCRIPTIONS = frozenset({"RDE", "OMP", "RDO", "RRE", "ORP", "RGV", "RRG"})
_ORDERED = _ORDERS | _PRESCRIPTIONS
_PEOPLE = frozenset({"PPR", "PGL", "REF"})  # patient, problems, allergies, diagnoses: read in any message
_BILLING = frozenset({"BAR", "DFT"})  # kept and counted, never charted
# Segments that say nothing a chart needs, in any message
_SILENT = frozenset({"EVN", "PV2", "MSA", "SFT", "UAC", "PDA", "PD1", "RGS", "MRG", "ERR", "BTS", "FTS", "DSC"})
# Read wherever they stand in a message about a person
_READ = frozenset({"PID", "PV1", "ZBE", "NK1", "AL1", "IAM", "DG1", "OBX", "PRB", "PR1", "ZFS"})
_PROBLEMS = frozenset({"AL1", "IAM", "PRB", "DG1", "PR1", "ZFS", "ZFV", "ZFD"})
_READ_IN = {
    "ADT": frozenset({"ROL", *france.SEGMENTS}),
    "REF": frozenset({"RF1"}),
    "MDM": frozenset({"TXA", "NTE"}),
    "SIU": frozenset({"SCH", "AIS", "AIL", "AIP", "AIG", "NTE", "TQ1"}),
}
_SCHEDULED = frozenset({"AIS", "AIL", "AIP", "AIG", "NTE", "TQ1"})
_READ_OR_SILENT = _READ | _SILENT
_KNOWN = MOVES.keys() | CANCELS.keys() | MERGES | UNMERGES | STAY_MERGES | STAY_NUMBERS | STAY_MOVES | QUIET
_KIND = re.compile("[A-Z0-9]{3,8}")
HEADERS_MAX = 4_096  # first lines that are remembered, some 3 MB: each sender's kinds of messages
LINE_CHARS_MAX = 512  # characters of a first line that is remembered; real ones have 137 at most, but one of 631
_BATCH = re.compile(rb"(?:\A|[\r\n\x0b])(?=MSH[^\w\s])")


def read_hl7(reading: Reading, body: bytes, rules: FeedRules) -> None:
    """Fill *reading* with what the message in *body* says.

    Args:
        reading: With journal, sequence, times and source set.
        body: The message.
        rules: What is known of its sender.
    """
    first, *further = _messages(body)
    _message(reading, first, rules)
    for one in further:
        other = _beside(reading)
        _message(other, one, rules)
        reading.also += [other, *other.also]
        other.also = []


def _messages(body: bytes) -> list[bytes]:
    """The messages of *body*: one, or those of a batch that came as one (FHS, BHS; 2.10.3)."""
    if body.count(b"MSH") < 2 and body.lstrip()[:3] not in {b"FHS", b"BHS"}:
        return [body]
    cuts = [found.end() for found in _BATCH.finditer(body)]
    if not cuts or (len(cuts) == 1 and not body[: cuts[0]].strip()):
        return [body]
    return [body[start:end] for start, end in zip(cuts, [*cuts[1:], len(body)], strict=True)]


def _beside(reading: Reading) -> Reading:
    """A reading of the same entry, for a further patient."""
    return Reading(
        reading.journal, reading.sequence, reading.received_ns, reading.hlc, reading.source, reading.kind,
        reading.control_id, reading.world,
    )  # fmt: skip


def _message(reading: Reading, body: bytes, rules: FeedRules) -> None:
    try:
        message = Message.parse(body, rules.charset)
    except NotHl7:
        reading.kind = "HL7 v2"
        reading.lose("", "no MSH: the bytes are kept, nothing could be read")
        return
    header = _header_of(message)
    code, event = header.code, header.event or message.event.strip().upper()
    # A kind is shown and counted: what is no kind of message may be anybody's words.
    reading.kind = "^".join(filter(None, (code, event))) if _KIND.fullmatch(code + event) else "HL7 v2"
    reading.world = header.world
    for problem in message.problems:
        reading.lose("", problem)
    context = Context(message, _zone(rules.zone), rules.authority or header.source, rules.survivor, rules.accession)
    reading.control_id = context.control_id
    parts = groups(message)
    whole = True
    if any("ADD" in group.named for group in parts):
        message.segments, whole = joined(message.segments)
        parts = groups(message)
    _group(reading, parts[0], code, event, context)
    for group in parts[1:]:
        part = _beside(reading)
        _group(part, group, code, event, context)
        reading.also.append(part)
    if code == "ADT" and event in UNMERGES:
        _unlinked(reading, parts)
    if code == "ADT" and event in {"A24", "A37"}:
        _linked(reading, event, context)
    for doubt in context.doubts:
        reading.lose("", doubt)
    if not whole:
        reading.understood = False
        reading.lose("ADD", "a segment goes on in another message: what is cut is on no chart")
    elif "DSC" in parts[-1].named:
        reading.lose("DSC", "the message goes on in another one")


class _Header(Struct, frozen=True):
    """What a first line says beside when and under which number: a sender's messages of a kind have the same."""

    source: str
    code: str
    event: str
    world: Literal["P", "T"]


def _header_of(message: Message) -> _Header:
    fields, mark = message.header.fields, message.notation.field
    line = mark.join((fields[0], *fields[2:7], "", *fields[8:10], "", *fields[11:12]))
    return _kept_header(line, message.notation) if len(line) <= LINE_CHARS_MAX else _header(line, message.notation)


def _header(line: str, notation: Notation) -> _Header:
    msh = Segment(line, 1, notation)
    world: Literal["P", "T"] = "T" if msh.text(11).strip().upper() in {"T", "D"} else "P"
    source = source_name(msh.text(3), msh.text(4))
    return _Header(source, msh.text(9, 1).strip().upper(), msh.text(9, 2).strip().upper(), world)


_kept_header = lru_cache(maxsize=HEADERS_MAX)(_header)


@lru_cache(maxsize=64)  # a hospital has one zone, a group has a few
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _group(reading: Reading, group: Group, code: str, event: str, context: Context) -> None:
    """One patient's part."""
    message = context.message
    evn = message.first("EVN")
    reading.said_at_ns = context.sent_ns
    reading.at_ns = nanoseconds(context.moment(evn.text(2)) if evn else None) or reading.said_at_ns
    pid, pv1 = group.pid, group.first("PV1")
    keys: list[str] = []
    if pid is not None:
        keys = _person(reading, group, pid, code, context)
    patient_key = keys[0] if keys else ""
    visit = stay.visit_key(pid, pv1, context, patient_key) if pid or pv1 else ""
    hints = [visit] if visit and not visit.startswith("only:") else []
    named = visit if pv1 is not None and (pv1.has(19) or code == "ADT") else hints[0] if hints else ""
    _clinical(reading, group, code, event, patient_key, named, context)
    hints += [name for said in reading.said for name in said.names if name not in hints]
    if not keys and pid is None:
        hints = with_neighbours(hints)
    elif not keys:  # it says who it is of, and nobody can compare: a number of images or of a tube is no patient
        hints = [name for name in hints if not name.startswith((imaging.HINT, HINT))]
    if keys or hints:
        reading.subjects = [Subject(keys, hints)]
    elif pid is None and not reading.listed:
        reading.lose("PID", "the message names no patient")
    if not keys and pid is not None:
        reading.lose(f"PID[{pid.position}]-3", "no local number: the patient cannot be told from others by it")
        reading.patient, reading.cleared, reading.identifies = None, [], False


def _person(reading: Reading, group: Group, pid: Segment, code: str, context: Context) -> list[str]:
    """Who the patient is; returns their keys."""
    reading.identifies = code == "ADT"
    said = person.read_pid(pid, context)
    reading.patient = dict(said.elements)
    own = person.practitioner(group.first("PD1"), group.all("ROL"))
    if own is not None:
        reading.patient["generalPractitioner"] = [plain(own)]
    if not reading.identifies:
        return list(said.keys)
    french = france.of_patient([one for name in ("ZFA", "ZFD", "ZFP") for one in group.all(name)])
    if french:
        reading.patient["extension"] = [*reading.patient.get("extension", []), *french]
    reading.cleared = list(said.cleared)
    contacts = person.contacts(group.all("NK1"))
    if contacts:
        reading.patient["contact"] = contacts
    if reading.patient.get("security") is None and pid.has(32):
        reading.cleared.append("security")
    return list(said.keys)


def _clinical(
    reading: Reading, group: Group, code: str, event: str, patient_key: str, visit: str, context: Context
) -> None:
    """Dispatch on what kind of message it is."""
    reading.understood = True
    if code == "ADT":
        _admission(reading, group, event, patient_key, visit, context)
    elif code in _ORDERED:
        _ordered(reading, group, patient_key, visit, context)
    elif code in _RESULTS:
        _resulted(reading, group, visit, context)
    elif code in {"RAS", "RRA", "RDS", "RRD", "VXU"}:
        _given(reading, group, code, patient_key, context)
    elif code == "MDM":
        _documented(reading, group, event, visit, context)
    elif code == "SIU":
        _scheduled(reading, event, context)
    elif code == "MFN":
        reading.listed = lists.listed(context.message, event)
        reading.understood = bool(reading.listed)
        if not reading.listed:
            reading.lose("MSH-9", "a list that nothing here uses: it is kept")
        return
    elif code in _PEOPLE:
        _resulted(reading, group, visit, context)
        _ordered(reading, group, patient_key, visit, context)
    else:
        reading.understood = False
        why = "billing is kept and counted, never charted" if code in _BILLING else "no rule for this kind of message"
        reading.lose("MSH-9", why)
        return
    if (rf1 := group.first("RF1")) is not None and code == "REF":
        _referred(reading, rf1, visit, context)
    _problems(reading, group, patient_key, visit, context)
    _measured(reading, group, code, patient_key, visit, context)
    _unread_segments(reading, group, code)


def _admission(reading: Reading, group: Group, event: str, patient_key: str, visit: str, context: Context) -> None:
    pid, pv1, pv2 = group.pid, group.first("PV1"), group.first("PV2")
    if event not in _KNOWN:
        reading.understood = False
        reading.lose("MSH-9.2", "an event that no rule knows: the person is charted, nothing is moved")
    if event in UNDONE:
        reading.lose("MSH-9.2", UNDONE[event])  # the chart says that it was said (`notices`)
    if event in notices.KINDS and patient_key:
        _noticed(reading, group, event, patient_key, context)
    if event in MERGES | UNMERGES:
        _links(reading, group, event, patient_key, context)
        return
    if event in STAY_MERGES | STAY_NUMBERS | STAY_MOVES:
        _restayed(reading, group, event, patient_key, visit, context)
        return
    if patient_key:
        reading.said += stay.alerts(group.first("PD1"), pv2, patient_key, visit, context)
    if pv1 is None or not visit or event in {"A28", "A31"}:
        return  # A28 and A31 touch the person only (FIELD F26)
    if not visit.startswith("only:") or event in MOVES or event in CANCELS:
        said = stay.stay(pid, pv1, pv2, visit, context)
        france.of_stay(said.resource, group.first("ZFV"), group.first("ZFM"))
        reading.stays.append(said)
    zbes = group.all("ZBE")
    moves = stay.movements(event, context.message.first("EVN"), pv1, zbes, visit, context)
    # A movement without a time has its place among the others by its arrival, and shows none.
    reading.movements += [one if one.at_ns else replace(one, at_ns=reading.received_ns) for one in moves]


def _links(reading: Reading, group: Group, event: str, patient_key: str, context: Context) -> None:
    """PID survives, MRG-1 is lost, or as the sender's profile says the other way round (FIELD F32)."""
    mrgs = group.all("MRG")
    lost = [key for mrg in mrgs for rep in mrg.reps(1) if (key := key_of(rep, context.authority))]
    if event in UNMERGES and not mrgs:
        return  # PID twice: `_unlinked`
    if not patient_key or not lost:
        reading.understood = False
        reading.lose("MRG-1", "a merge that does not name both numbers: nothing was linked")
        return
    turned = context.survivor == "MRG" and event in MERGES
    if turned:
        reading.patient, reading.cleared, reading.identifies = None, [], False
        reading.lose("PID", "it is about the number that is lost: who the survivor is stays as it was")
    for key in dict.fromkeys(lost):
        if key != patient_key:
            pair = (key, patient_key) if turned else (patient_key, key)
            reading.links.append(Link("unmerge" if event in UNMERGES else "merge", *pair))


def _unlinked(reading: Reading, parts: list[Group]) -> None:
    """A37 names its two patients by two PID."""
    if reading.links or any(group.first("MRG") for group in parts):
        return
    keys = [one.subjects[0].keys[0] for one in (reading, *reading.also) if one.subjects and one.subjects[0].keys]
    if len(keys) == 2 and keys[0] != keys[1]:
        reading.links.append(Link("unmerge", keys[0], keys[1]))
    else:
        reading.understood = False
        reading.lose("PID-3", "an unlinking that does not name two numbers: nothing was changed")


def _linked(reading: Reading, event: str, context: Context) -> None:
    """A24 and A37 name two patients by two PID: each chart says of the other, or no more."""
    named = [one for one in (reading, *reading.also) if one.subjects and one.subjects[0].keys]
    if len(named) == 2:
        for part, other in (named, named[::-1]):
            key, another = part.subjects[0].keys[0], other.subjects[0].keys[0]
            if key != another:
                part.said.append(notices.notice("linked", key, another, context, over=event == "A37"))


def _restayed(reading: Reading, group: Group, event: str, patient_key: str, visit: str, context: Context) -> None:
    """A stay under another number (A35, A41, A42, A49, A50) or of another patient (A44, A45)."""
    pv1, mrg = group.first("PV1"), group.first("MRG")
    gone = stay.gone_stays(mrg, event, context) if mrg is not None else []
    if not gone or not patient_key or mrg is None:
        reading.understood = False
        reading.lose("MRG", "a change of stay that does not name what changes: nothing was changed")
        return
    if pv1 is not None and visit and not visit.startswith("only:") and event not in STAY_MERGES:
        reading.stays.append(stay.stay(group.pid, pv1, group.first("PV2"), visit, context))
        reading.movements += stay.renumbered_stay(event, pv1, visit, context)
    before = next((key for rep in mrg.reps(1) if (key := key_of(rep, context.authority))), patient_key)
    if before == patient_key:
        reading.movements += [one for one in gone if one.visit != visit]
        return
    other = _beside(reading)
    other.understood, other.subjects, other.movements = True, [Subject([before])], gone
    other.at_ns, other.said_at_ns = reading.at_ns, reading.said_at_ns
    other.lose("MRG", "a stay of this patient is another's: what came in under it before is still on this chart")
    reading.also.append(other)


def _ordered(reading: Reading, group: Group, patient_key: str, visit: str, context: Context) -> None:
    replaced = ""  # the order whose place the next RO takes
    for number, order in enumerate(group.orders, 1):
        notes = _notes(order)
        unnumbered = orders.unnumbered_key(order.orc, patient_key, number, context)
        drug = order.drugs.get("RXE") or order.drugs.get("RXO")
        said = None
        if drug is None and order.orc is not None and (rxg := order.drugs.get("RXG")) is not None:
            said = pharmacy.give(order.orc, rxg, order.routes, order.timings, order.components, visit, context)
        elif drug is not None or (order.obr is None and reading.kind[:3] in _PRESCRIPTIONS):
            if order.orc is not None:
                said = pharmacy.prescription(
                    order.orc, drug, order.routes, order.timings, order.components, notes, visit, context, unnumbered,
                    replaced,
                )  # fmt: skip
                control = order.orc.text(1).upper()
                replaced = said.key if said is not None and control in REPLACED else replaced
                if said is not None and control == "RO":  # of the number that its RP has: that order, changed
                    reading.said = [one for one in reading.said if (one.kind, one.key) != (said.kind, said.key)]
        elif order.orc is not None and (order.diets or (order.obr is None and reading.kind[:3] == "OMD")):
            said = diets.diet(order.orc, order.diets, notes, visit, context, unnumbered)
        elif order.orc is not None or reading.kind[:3] not in _PEOPLE:
            images = imaging.images_of(order, reading.kind[:3], context, reading)
            said = orders.service_request(
                order.orc, order.obr, order.reasons, order.timings, notes, visit, context, unnumbered,
                images.number, [*images.names, *specimen_names(order, context)],
            )  # fmt: skip
            if said is not None and order.obr is not None and images.studies:
                placer, filler, _ = orders.order_numbers(order.orc, order.obr, context)
                reading.said += imaging.studies(images, order.obr, placer, filler, visit, context)
        if said is not None:
            reading.said.append(said)
        elif order.orc is not None or reading.kind[:3] not in _PEOPLE:
            reading.lose("ORC", "an order without a number")
        for name in order.drugs.keys() - {"RXE", "RXO", "RXG"}:
            reading.lose(name, "kept in the message, not charted")


def _resulted(reading: Reading, group: Group, visit: str, context: Context) -> None:
    before = Reports()
    for order in group.orders:
        if order.obr is None or (reading.kind[:3] in _PEOPLE and order.orc is not None):
            continue
        lines, notes = results.told_of(order)
        images = imaging.images_of(order, reading.kind[:3], context, reading)
        reading.said += results.report(order, order.obr, lines, notes, visit, context, reading, before, images)


def _referred(reading: Reading, rf1: Segment, visit: str, context: Context) -> None:
    said = orders.referral(rf1, visit, context)
    if said is None:
        reading.lose("RF1", "an order without a number")
    else:
        reading.said.append(said)


def _given(reading: Reading, group: Group, code: str, patient_key: str, context: Context) -> None:
    """RXA and RXD: doses, vaccines, what the pharmacy handed out."""
    for order in group.orders:
        rxa, rxd = order.drugs.get("RXA"), order.drugs.get("RXD")
        if rxd is not None:
            reading.said.append(pharmacy.dispense(order.orc, rxd, patient_key, context))
        elif rxa is not None and code == "VXU":
            reading.said.append(pharmacy.immunization(order.orc, rxa, patient_key, context))
        elif rxa is not None:
            rxr = order.routes[0] if order.routes else None
            reading.said.append(pharmacy.administration(order.orc, rxa, rxr, patient_key, context))
        if code == "VXU" and any(line.name == "OBX" for line in order.lines):
            reading.lose("OBX", "beside a vaccine: kept in the message, not charted")


def _documented(reading: Reading, group: Group, event: str, visit: str, context: Context) -> None:
    loose = [segment for segment in group.segments if segment.name in {"OBX", "NTE"}]
    under = [segment for order in group.orders for segment in order.lines]
    lines, _ = results.lines_of(loose + under)
    txa = group.first("TXA")
    if txa is None:
        reading.lose("TXA", "a document message without TXA")
        reading.understood = bool(lines)
        if not lines:
            return
        txa = Segment("TXA", 0, context.message.notation)  # what it holds is shown, under the message's own number
    reading.said += documents.document(event, txa, lines, visit, context)


def _scheduled(reading: Reading, event: str, context: Context) -> None:
    sch = context.message.first("SCH")
    parts = [s for s in context.message.segments if s.name in _SCHEDULED]
    said = appointments.appointment(event, sch, parts, context) if sch is not None else None
    if said is None:
        reading.understood = False
        reading.lose("SCH", "an appointment without a number")
    else:
        reading.said.append(said)


def _problems(reading: Reading, group: Group, patient_key: str, visit: str, context: Context) -> None:
    if not patient_key:
        return
    if not _PROBLEMS & group.named.keys():
        return
    found = [problems.allergy_of_al1(al1, context, patient_key) for al1 in group.all("AL1")]
    found += [problems.allergy_of_iam(iam, context, patient_key) for iam in group.all("IAM")]
    found += [problems.condition_of_prb(prb, context, patient_key, visit) for prb in group.all("PRB")]
    found += [problems.condition_of_dg1(dg1, context, patient_key, visit) for dg1 in group.all("DG1")]
    found += [procedures.procedure(pr1, patient_key, visit, context) for pr1 in group.all("PR1")]
    found += france.legal_status(group.all("ZFS"), group.first("ZFV"), patient_key, visit, context)
    found += [france.gestation(zfd, patient_key, context) for zfd in group.all("ZFD")]
    reading.said += [said for said in found if said is not None]


def _measured(reading: Reading, group: Group, code: str, patient_key: str, visit: str, context: Context) -> None:
    """OBX that stand under no report: in an admission, a problem, beside an order, or of a sender that left OBR out."""
    if code in {"MDM", "VXU"}:
        return
    found = group.all("OBX")
    for order in group.orders:
        if order.obr is None or code in _ORDERED or code in {"RAS", "RDS"}:
            found += order.told  # each with the notes that follow it
    if not any(line.name == "OBX" for line in found):
        return
    owner = patient_key or visit
    if not owner:
        reading.lose("OBX", "names no patient that can be told from others")
        return
    lines, _ = results.lines_of(found)
    reading.said += results.measures(lines, owner, visit, context, reading)


def _unread_segments(reading: Reading, group: Group, code: str) -> None:
    read = _READ_IN.get(code, frozenset())
    names = [name for name in group.named if name not in _READ_OR_SILENT and name not in read]
    names = [name for name in names if not all(map(_is_empty, group.named[name]))]
    names += [name for order in group.orders for name in order.others if name not in read]
    for name in dict.fromkeys(names):
        reading.lose(name, "kept in the message, not charted")


def _is_empty(segment: Segment) -> bool:
    return not segment.line[3:].strip("|^~&\\ ")


def _noticed(reading: Reading, group: Group, event: str, patient_key: str, context: Context) -> None:
    kind = notices.KINDS[event]
    others = [key for mrg in group.all("MRG") for rep in mrg.reps(1) if (key := key_of(rep, context.authority))]
    for other in others or ([""] if event == "A29" else []):
        if other != patient_key:
            reading.said.append(notices.notice(kind, patient_key, other, context))


def _notes(order: Order) -> list[Annotation]:
    """What is noted of the order; what follows an OBX is of that OBX."""
    return results.told_of(order)[1]
