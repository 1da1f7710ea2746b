"""Asking an HL7 v2 system what it holds of a patient, and its answer as FHIR (HL7 v2.5.1, chapter 5; 3.3.57; 7.3.4).

    QBP^Q22   patients by number           RSP^K22   (IHE PDQ)       identity
    QBP^Q23   the numbers of a number      RSP^K23   (IHE PIX)       that the patient is known there
    QBP^ZV1   patients and their stays     RSP^ZV2   (IHE PDQ, PDVQ) identity, when they came and left
    QRY^A19   a patient                    ADR^A19                   identity, stay, allergies, problems, procedures
    QRY^R02   results of a patient         ORF^R04                   requests, reports, results

Rules kept here:
  * An answer counts for the patient whose number was asked; whoever else it names is passed over.
  * An answer says how things stand, not how they came about: of a stay it shows when it began and ended, and no step
    between. What a query does not show is neither present nor missing (`shown`).
"""

from collections.abc import Iterable, Iterator
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from contrefeu.fhir import Json, derived_id
from contrefeu.hl7 import Message
from contrefeu.journal import MEDIA_HL7V2, Entry
from contrefeu.mapping import FeedRules, Reading, read

Kind = Literal["QBP^Q22", "QBP^Q23", "QBP^ZV1", "QRY^A19", "QRY^R02"]
SHOWS: dict[Kind, frozenset[str]] = {
    "QBP^Q22": frozenset({"Patient"}),
    "QBP^Q23": frozenset({"Patient"}),
    "QBP^ZV1": frozenset({"Patient", "Encounter"}),
    "QRY^A19": frozenset({"Patient", "Encounter", "AllergyIntolerance", "Condition", "Procedure"}),
    "QRY^R02": frozenset({"Observation", "DiagnosticReport", "ServiceRequest"}),
}
"""Query -> the types of FHIR resource that its answers hold."""
_NAMES = {"Q22": "IHE PDQ Query", "Q23": "IHE PIX Query", "ZV1": "IHE PDVQ Query"}  # QPD-1, as IHE calls them
_STRUCTURES = {"Q22": "QBP_Q21", "Q23": "QBP_Q21", "ZV1": "QBP_Q21", "A19": "QRY_A19", "R02": "QRY_R02"}
_SUBJECTS = {"A19": "DEM", "R02": "RES"}  # QRD-9, HL7 table 0048
_REFUSED = {"AE": "an error", "AR": "it refuses", "PD": "protected", "TM": "too many candidates"}  # HL7 table 0208
_NO_DATA = frozenset({"MSH", "MSA", "ERR", "QAK", "QPD", "QRD", "QRF", "QRI", "RCP", "DSC", "EVN", "SFT", ""})
_MSH_9 = 8  # where it stands between the separators: MSH-1 is the first of them
_STEPS = ("admit", "discharge")  # of a stay, that an answer shows (PV1-44, PV1-45)


class Answer(Struct, frozen=True):
    """What an answer says of the patient who was asked for."""

    messages: tuple[bytes, ...] = ()  # as that system would have sent them
    refused: str = ""  # why it says nothing
    more: str = ""  # DSC-1: there is more, under this name


def query(kind: Kind, key: str, control_id: str, now: str, version: str, receiver: str, more: str = "") -> bytes:
    """Return the message that asks for the patient of *key* ("authority|value").

    Args:
        kind: Which query.
        key: Of the patient.
        control_id: MSH-10; the query's own name (QPD-2, QRD-4) too.
        now: HL7 time.
        version: MSH-12.
        receiver: MSH-5.
        more: What the last answer's DSC-1 said, to go on from there.
    """
    code, _, event = kind.partition("^")
    authority, _, value = (_escaped(part) for part in key.partition("|"))
    named = f"{code}^{event}^{_STRUCTURES[event]}"
    head = f"MSH|^~\\&|CONTREFEU||{_escaped(receiver)}||{now}||{named}|{control_id}|P|{version}"
    if code == "QRY":
        asked = [f"QRD|{now}|R|I|{control_id}|||50^RD|{value}^^^^^^^^{authority}|{_SUBJECTS[event]}"]
    else:
        name = _NAMES[event]
        number = f"{value}^^^{authority}" if event == "Q23" else f"@PID.3.1^{value}~@PID.3.4.1^{authority}"
        asked = [f"QPD|{name}^{name}^IHEDEMO|{control_id}|{number}", "RCP|I|50^RD"]
    return "".join(f"{line}\r" for line in [head, *asked, *([f"DSC|{_escaped(more)}|I"] if more else [])]).encode()


def _escaped(text: str) -> str:
    """*text* without anything that would end its field."""
    for sign, code in (("\\", "E"), ("|", "F"), ("^", "S"), ("&", "T"), ("~", "R")):
        text = text.replace(sign, f"\\{code}\\")
    return text.replace("\r", " ").replace("\n", " ")


def answered(message: Message, body: bytes, key: str) -> Answer:
    """Return what an answer says of the patient of *key*."""
    code, status = message.text("MSA", 1), message.text("QAK", 2)
    if code not in ("AA", "CA") or status in _REFUSED:
        why = _REFUSED.get(status) or _REFUSED.get(code.replace("C", "A"), "it does not say why")
        return Answer(refused=f"{code} {status}: {why}".replace(" :", ":"))
    head, lines = _lines(body)
    if len(head.split(head[3:4] or b"|")) <= _MSH_9:
        return Answer(refused="its header ends before MSH-9")
    groups = _groups(head, lines)
    found = [group for group in groups if _is_of(group[0], head, key)]
    if not groups and any(line.startswith((b"OBR", b"PV1")) for line in lines):
        return Answer(refused="its answer names no patient")
    made = tuple(one for group in found for one in _messages(head, group))
    return Answer(made, more=message.text("DSC", 1))


def _lines(body: bytes) -> tuple[bytes, list[bytes]]:
    head, *lines = body[body.find(b"MSH") :].replace(b"\n", b"\r").strip(b"\x0b\x1c\r").split(b"\r")
    return head, [line for line in lines if line[:3].decode("latin-1") not in _NO_DATA]


def _groups(head: bytes, lines: Iterable[bytes]) -> list[list[bytes]]:
    """Each patient's segments, the PID first."""
    person = b"PID" + head[3:4]
    found: list[list[bytes]] = []
    for line in lines:
        if line.startswith(person):
            found.append([line])
        elif found:
            found[-1].append(line)
    return found


def _is_of(pid: bytes, head: bytes, key: str) -> bool:
    authority, _, value = key.partition("|")
    message = Message.parse(head + b"\r" + pid + b"\r")
    numbers = [(one.text(1), one.text(4)) for named in message.all("PID") for one in named.reps(3)]
    return any(number == value and issued in ("", authority) for number, issued in numbers)


def _messages(head: bytes, group: list[bytes]) -> Iterator[bytes]:
    """The messages by which that system would have said so."""
    if any(line.startswith(b"OBR") for line in group):
        yield _message(head, "ORU", "R01", group)
        return
    visit = next((line.split(head[3:4]) for line in group if line.startswith(b"PV1")), [])
    came, left = (visit[n].strip(b'"') if len(visit) > n else b"" for n in (44, 45))
    if not came and not left:
        yield _message(head, "ADT", "A08", group)
    for event, at in (("A01", came), ("A03", left)):
        if at:
            yield _message(head, "ADT", event, group, at)


def _message(head: bytes, code: str, event: str, group: list[bytes], at: bytes = b"") -> bytes:
    field, component = head[3:4], head[4:5]
    fields = head.split(field)
    fields[_MSH_9] = component.join([code.encode(), event.encode()])
    said = [field.join([b"EVN", event.encode(), at, b"", b"", b"", at])] if code == "ADT" else []
    return b"".join(line + b"\r" for line in [field.join(fields), *said, *group])


def resources(messages: Iterable[bytes], rules: FeedRules) -> Iterator[Json]:
    """Yield what *messages* say, as an export in FHIR would."""
    for body in messages:
        reading = read(Entry("", 0, 0, 0, "", MEDIA_HL7V2, body), rules)
        for part in (reading, *reading.also):
            if part.subjects and part.subjects[0].keys:
                yield from _resources(part, derived_id("chart", part.world, part.subjects[0].keys[0]))


def _resources(part: Reading, patient: str) -> Iterator[Json]:
    whose = {"subject": {"reference": f"Patient/{patient}"}}
    yield {**(part.patient or {}), "resourceType": "Patient", "id": patient}
    for stay in part.stays:
        ends = {"admit": "start", "discharge": "end"}
        period = {ends[one.kind]: one.at for one in part.movements if one.visit == stay.visit and one.kind in ends}
        own = {"resourceType": "Encounter", "id": derived_id("Encounter", stay.visit), "period": period}
        yield {**stay.resource, **whose, **own}
    for said in part.said:
        yield {**said.resource, **whose, "resourceType": said.kind, "id": derived_id(said.kind, said.key)}


def united(found: dict[str, Json], one: Json) -> None:
    """Put *one* among what was *found*: two answers may speak of one thing, of a stay each of another end."""
    name = f"{one['resourceType']}/{one['id']}"
    before = found.get(name, {})
    found[name] = {**before, **one}
    if one["resourceType"] == "Encounter":
        found[name]["period"] = {**before.get("period", {}), **one["period"]}


def shown(part: Reading, kinds: frozenset[str]) -> tuple[Reading, bool]:
    """Return what of *part* an answer that holds *kinds* shows, and whether that is all that it says."""
    stays = "Encounter" in kinds
    movements = [one for one in part.movements if stays and one.kind in _STEPS]
    said = [one for one in part.said if one.kind in kinds]
    identifies = part.identifies and "Patient" in kinds
    links = part.links if "Patient" in kinds else []
    also = [shown(one, kinds) for one in part.also]
    whole = (
        (len(movements), len(said), len(links)) == (len(part.movements), len(part.said), len(part.links))
        and identifies == part.identifies
        and all(all_of_it for _, all_of_it in also)
    )
    return (
        replace(
            part, movements=movements, said=said, identifies=identifies, links=links,
            stays=part.stays if stays else [], also=[one for one, _ in also],
        ),
        whole,
    )  # fmt: skip


def says_anything(part: Reading) -> bool:
    """Whether anything is left to compare."""
    return bool(part.movements or part.said or part.identifies or part.links) or any(map(says_anything, part.also))
