"""Work that waits for a person, said by charts: critical and corrected results, orders to sign, requests, tasks.

Rules kept here:
  * A result waits for a named person when its sender flagged it critical (OBX-8), or when it replaces another value
    (OBX-11 C, D, W); it waits again when its value changes (F7).
  * Only what people here wrote is an answer: no feed acknowledges, signs or does anything in their place.
  * An item follows its patient: it stands in no ward's name, and outlives the stay.
  * A prescription made or ended here waits for a pharmacist's opinion, and again when its words change (F13).
  * Two acts that do not go together, of stations that were apart, wait to be settled (clashes.py).
  * A line of the list is cut, a sheet of one patient never is: what is cut shows once other things are done.
  * A result that was old when it came in is marked so: in catch-up they are one list, not 400 alarms (F34).
"""

from collections.abc import Iterable, Iterator
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from contrefeu.acts import same_number
from contrefeu.base import rfc3339
from contrefeu.chart.blood import GROUP_UNSAID, group_mark, says_group
from contrefeu.chart.boards import leaves_ns, on_boards, place_of, stay_of
from contrefeu.chart.clashes import Clash, clashes_of, is_measured_here
from contrefeu.chart.elements import (
    Resource,
    codes,
    concept,
    confidential,
    display,
    first,
    instant,
    is_error,
    listed,
    names,
    numbers,
    written_here,
)
from contrefeu.chart.flags import flags_of
from contrefeu.chart.fold import Chart
from contrefeu.chart.patient import patient_resource
from contrefeu.chart.replaced import replaces
from contrefeu.chart.sentences import (
    drug_of,
    drug_said,
    flag_of,
    instruction_of,
    instructions_of,
    result_name,
    value_of,
)
from contrefeu.chart.stays import encounter
from contrefeu.chart.steps import steps_in_force
from contrefeu.chart.versions import Kept, is_modified
from contrefeu.mapping import SPECIMEN

NS_PER_S = 1_000_000_000
ANSWER = "urn:contrefeu:answer"  # system of what a Communication answers; VERBAL and TASK: docs/spec/charts-v1.md
VERBAL = "urn:contrefeu:verbal"  # extension of a MedicationRequest: given by word of mouth, and read back
AIDED = "urn:contrefeu:aided"  # extension: what decision aids said of an order or a dose, and what was confirmed (F8)
MEDICINE = "urn:contrefeu:medicine"  # system of the code of a medicine of the pharmacist's list
OLD_S = 24 * 3600  # seconds from sample to arrival past which a critical result is history to read, not an alarm
KEPT_S = 14 * 86_400  # seconds before the chart's last word that are looked back: a culture's answer, no archive
VALUE_CHARS_MAX = 160  # of a result in words on a list: an imaging report is read on the chart
ITEMS_MAX = 60  # of one chart: more than a nurse goes through, less than a burst of old results

Kind = Literal["critical", "corrected", "unsigned", "request", "unvalidated", "task", "opinion", "settle"]
REPLACING = frozenset({"amended", "corrected", "cancelled", "entered-in-error"})
_PLACER = "urn:id:CONTREFEU"  # of the numbers under which requests written here are sent (mapping/to_hl7)
_WHOLE = frozenset({"final", "amended", "corrected"})
_OPEN = frozenset({"active", "on-hold", "requested", "in-progress"})


class WorkItem(Struct, frozen=True):
    """One thing that waits."""

    kind: Kind
    resource: str  # "Type/id"
    what: str  # in its author's words
    value: str = ""  # of a result: verbatim, with its unit and flag; of an order: how
    at: str = ""  # RFC 3339: when it was measured, ordered, or is to be done
    received: str = ""  # RFC 3339
    by: str = ""  # who prescribes, asks or sent it
    to: str = ""  # of a task: for whom
    prescriber: str = ""  # of a result: who asked for it
    specimen: str = ""  # of a request: the number on the label
    outside: str = ""  # of that number: that the laboratory does not know it, in words
    source: str = ""  # entry
    old: bool = False  # it was history when it came in (F34)
    state: Literal["", "new", "changed", "stopped"] = ""  # of a prescription that waits for an opinion
    clash: Clash | None = None  # of what waits to be settled


class WorkLine(Struct, frozen=True):
    """One patient for whom something waits."""

    id: str  # chart id
    family: str
    given: str
    birth_date: str
    number: str
    ward: str  # "" when in none
    room: str
    bed: str
    physician: str  # of the last stay
    confidential: bool
    leaves_ns: int  # when the discharge that was announced comes; 0 when none was
    items: list[WorkItem]


def on_lists(kept: Kept) -> bool:
    """Whether a board or the list of what waits depends on this object of a chart."""
    if on_boards(kept) or _waits(kept.kind, kept.now):
        return True
    return is_measured_here(kept) or _answers_ours(kept)


def is_flag_alone(kept: Kept) -> bool:
    """Whether all that a board or a list has of an object is that a result was flagged: nobody waits for it."""
    if kept.kind != "Observation" or _waits(kept.kind, kept.now):
        return False
    flags = flags_of(kept)
    return flags.standing not in {"", "critical"} and not flags.level


def work_line(chart: Chart) -> WorkLine | None:
    """Return what waits for somebody in *chart*; None when nothing does."""
    items = work_items(chart)
    if not items:
        return None
    patient, stay = patient_resource(chart.identity, chart.id), stay_or_last(chart)
    called = names(patient)
    ward, room, bed = (*place_of(chart), "", "", "")[:3]
    physician = next((display(one.get("individual")) for one in stay.get("participant") or []), "")
    return WorkLine(
        id=chart.id,
        family=called.family,
        given=called.given,
        birth_date=str(patient.get("birthDate", "")),
        number=next((one.words for one in numbers(patient) if not one.old), ""),
        ward=ward,
        room=room,
        bed=bed,
        physician=physician,
        confidential=confidential(patient, stay),
        leaves_ns=leaves_ns(chart),
        items=items[:ITEMS_MAX],
    )


def work_items(chart: Chart, since_ns: int | None = None) -> list[WorkItem]:
    """Return all that waits in *chart*, the newest first, and opinions last: of a burst, no critical result is cut.

    Args:
        chart: Whose.
        since_ns: Received since when, if that is longer ago than KEPT_S.
    """
    looked_ns = chart.last_received_ns - KEPT_S * NS_PER_S
    items = [*_items(chart, min(looked_ns, since_ns or looked_ns)), *_to_settle(chart)]
    items.sort(key=lambda one: (one.received, one.resource), reverse=True)
    items.sort(key=lambda one: one.kind == "opinion")
    return items


def is_protected(chart: Chart) -> bool:
    """Whether who the chart is about is hidden from whom they are not in the care of (F24)."""
    return confidential(patient_resource(chart.identity, chart.id), stay_or_last(chart))


def is_verbal(resource: Resource) -> bool:
    """Whether an order was given by word of mouth."""
    return any(one.get("url") == VERBAL for one in resource.get("extension") or [])


def specimen_of(request: Resource) -> str:
    """Return the number on the label of a request's specimen; "" when it has none."""
    found = [one for one in request.get("identifier") or [] if one.get("system") == SPECIMEN]
    return str(found[0].get("value", "")) if found else ""


def outside_of(request: Resource) -> str:
    """Return, in words, that the laboratory does not know the number on the label; "" when that was not said."""
    numbers = (one for one in request.get("identifier") or [] if one.get("system") == SPECIMEN)
    return next((concept(one["type"]) for one in numbers if one.get("type")), "")


def label_words(request: Resource) -> str:
    """Return the number on the label of a request's specimen with what was said of it, for people."""
    number, outside = specimen_of(request), outside_of(request)
    return f"{number} ({outside})" if outside else number


def result_words(observation: Resource) -> str:
    """Return what an acknowledgement is of: value, unit and flag as they were sent, and how far along it is."""
    if says_group(observation):
        return listed([GROUP_UNSAID, group_mark(value_of(observation)), _replacing(observation)])
    return listed([value_of(observation), flag_of(observation), _replacing(observation)])


def _replacing(observation: Resource) -> str:
    """How a result stands that replaces another value; "" for any other."""
    status = str(observation.get("status", ""))
    return status if status in REPLACING else ""


def _told(observation: Resource) -> str:
    """The same for a list, where a report of some pages is cut: it is acknowledged whole."""
    value = value_of(observation)
    if says_group(observation):
        return listed([GROUP_UNSAID, _replacing(observation)])
    if len(value) <= VALUE_CHARS_MAX:
        return result_words(observation)
    cut = f"{value[:VALUE_CHARS_MAX].rpartition(' ')[0] or value[:VALUE_CHARS_MAX]} […]"
    return result_words(observation).replace(value, cut, 1)


def order_words(request: Resource) -> str:
    """Return what an opinion is of: drug, dosage, and whether it runs."""
    how = [str(request.get("status", ""))] if request.get("status") != "active" else []
    return listed([drug_said(request), *instructions_of(request), *how])


def answered(communication: Resource) -> tuple[str, str, str]:
    """Return what a Communication of ours answers: which answer, to what ("Type/id"), in which words."""
    kind = next((code for one in communication.get("category") or [] for code in codes(one)), "")
    about = next((str(one.get("reference", "")) for one in communication.get("about") or []), "")
    words = next((str(one.get("contentString", "")) for one in communication.get("payload") or []), "")
    return kind, about, words


def stay_or_last(chart: Chart) -> Resource:
    """Return the stay in progress, else the one that ended last; {} when there was none."""
    return stay_of(chart) or _last_stay(chart)


def _last_place(chart: Chart) -> list[str]:
    """Where somebody lay who lies nowhere; [] when no movement says it."""
    steps = [step for stay in chart.stays.values() for step in steps_in_force(stay) if step.movement.place]
    return max(steps, key=lambda step: step.key).movement.place if steps else []


def _last_stay(chart: Chart) -> Resource:
    """The stay that ended last, for whom to tell of what comes in after it; {} when there was none."""
    stays = [encounter(stay, {}, chart.last_received_ns) for stay in chart.stays.values()]
    stays += [kept.now for kept in chart.kept.values() if kept.kind == "Encounter"]
    return max(stays, key=lambda stay: instant(first(stay, "period.end", "period.start")), default={})


def _waits(kind: str, now: Resource) -> bool:
    """Whether an object is something that waits, or an answer to it."""
    match kind:
        case "Observation":
            return (now.get("status") in REPLACING) or (now.get("status") == "preliminary" and written_here(now))
        case "ServiceRequest":
            return now.get("status") in _OPEN and written_here(now)
        case "Communication" | "Task":
            return written_here(now)
    return False


def _to_settle(chart: Chart) -> Iterator[WorkItem]:
    """Two acts that do not go together, one item a pair; it is for the ward where the patient lies, or lay last."""
    ward = (*(place_of(chart) or _last_place(chart)), "")[0]
    for clash in clashes_of(chart):
        yield WorkItem(
            kind="settle",
            resource=f"entry/{clash.second.ref}",
            what=clash.first.what or clash.second.what or "?",
            at=clash.second.at,
            received=clash.second.at,
            by=clash.second.by,
            to=ward,
            source=clash.second.ref,
            clash=clash,
        )


def _items(chart: Chart, since_ns: int) -> Iterator[WorkItem]:
    answers = {
        answered(kept.now)
        for kept in chart.kept.values()
        if kept.kind == "Communication" and written_here(kept.now) and not is_error(kept.now)
    }
    signed = {about for kind, about, _ in answers if kind in {"signed", "contested"}} | _reported(chart)
    for name, kept in chart.kept.items():
        if kept.kind == "Observation" and kept.received_ns >= since_ns:
            yield from _of_result(name, kept, answers)
        elif kept.received_ns >= since_ns and name not in signed and (found := _item(name, kept)):
            yield found
        # Of one that was modified, the one that took its place says it.
        if kept.kind == "MedicationRequest" and kept.received_ns >= since_ns and not is_modified(kept.now):
            yield from _of_order(name, kept, answers)


def _reported(chart: Chart) -> set[str]:
    """The requests of which a system that works on sent the whole result (decisions 0225, 0226)."""
    asked = ((name, kept.now) for name, kept in chart.kept.items() if kept.kind == "ServiceRequest")
    return reported((kept.now for kept in chart.kept.values() if _answers_ours(kept)), asked)


def reported(reports: Iterable[Resource], requests: Iterable[tuple[str, Resource]]) -> set[str]:
    """Return the requests ("ServiceRequest/id") of which one of *reports* is the whole result.

    Args:
        reports: DiagnosticReports: each names an order, or the number on the tube.
        requests: With their names: of those that were written here, the number on the label counts.
    """
    whole = [one for one in reports if one.get("status") in _WHOLE]
    tubes = {number for one in whole for number in tubes_of(one)}
    labels = ((name, specimen_of(one)) for name, one in (requests if tubes else ()) if written_here(one))
    return {
        *(str(based.get("reference", "")) for one in whole for based in one.get("basedOn") or []),
        *(name for name, label in labels if label and any(same_number(label, tube) for tube in tubes)),
    }


def tubes_of(report: Resource) -> list[str]:
    """Return the numbers of the tubes that a report names."""
    numbers = [one.get("identifier") or {} for one in report.get("specimen") or []]
    return [str(one.get("value", "")) for one in numbers if one.get("system") == SPECIMEN]


def _answers_ours(kept: Kept) -> bool:
    """Whether a system sent a report of what may have been asked for here."""
    if kept.kind != "DiagnosticReport":
        return False
    return any(one.get("system") == _PLACER for one in kept.now.get("identifier") or []) or bool(tubes_of(kept.now))


def _item(name: str, kept: Kept) -> WorkItem | None:
    now = kept.now
    match kept.kind:
        case "MedicationRequest" if is_verbal(now) and written_here(now) and not is_error(now):
            how = listed(map(instruction_of, now.get("dosageInstruction") or []))
            return _made("unsigned", name, kept, drug_of(now), how, "authoredOn")
        case "ServiceRequest" if _waits("ServiceRequest", now):
            found = _made("request", name, kept, concept(now.get("code")), str(now.get("priority", "")), "authoredOn")
            laboratory = "108252007" in [code for one in now.get("category") or [] for code in codes(one)]
            return found if laboratory else None
        case "Task" if written_here(now) and now.get("status") in _OPEN:
            return _made("task", name, kept, str(now.get("description", "")), "", "executionPeriod.end", "authoredOn")
    return None


def _of_result(name: str, kept: Kept, answers: set[tuple[str, str, str]]) -> Iterator[WorkItem]:
    now, status = kept.now, str(kept.now.get("status", ""))
    flags = flags_of(kept)
    replaced = status in REPLACING and bool(kept.earlier and (flags.gone or kept.replaced()))
    critical = flags.standing == "critical"
    if (critical or replaced) and ("acknowledged", name, result_words(now)) not in answers:
        yield _made("critical" if critical else "corrected", name, kept, result_name(now), _told(now),
                     "effectiveDateTime", "effectivePeriod.start", "issued")  # fmt: skip
    if status == "preliminary" and written_here(now):
        yield _made("unvalidated", name, kept, result_name(now), value_of(now), "effectiveDateTime")


def _of_order(name: str, kept: Kept, answers: set[tuple[str, str, str]]) -> Iterator[WorkItem]:
    """A prescription that people here wrote or ended, until a pharmacist has said something of it as it stands."""
    now, words = kept.now, order_words(kept.now)
    if not written_here(now) or is_error(now) or ("opinion", name, words) in answers:
        return
    made = _made("opinion", name, kept, drug_of(now), listed(instructions_of(now)), "authoredOn")
    known = bool(kept.earlier or replaces(now)) or any(
        kind == "opinion" and about == name for kind, about, _ in answers
    )
    ended = now.get("status") in {"stopped", "cancelled", "completed"}
    yield replace(made, state="stopped" if ended else "changed" if known else "new")


def _made(kind: Kind, name: str, kept: Kept, what: str, value: str, *times: str) -> WorkItem:
    now = kept.now
    at, owner = first(now, *times), now.get("requester") or next(iter(now.get("performer") or []), None)
    return WorkItem(
        kind=kind,
        resource=name,
        what=what or "?",
        value=value,
        at=at,
        received=rfc3339(kept.received_ns),
        by=display(owner),
        to=display(now.get("owner")),
        prescriber=next((display(one) for one in now.get("basedOn") or []), ""),
        specimen=specimen_of(now),
        outside=outside_of(now),
        source=kept.ref,
        old=kept.kind == "Observation" and 0 < instant(at) < kept.received_ns - OLD_S * NS_PER_S,
    )
