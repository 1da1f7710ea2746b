"""The rest of a chart: problems, alerts, reports and documents, stays, appointments, acts.

Rules kept here:
  * What was resolved or cancelled is listed apart or struck, never hidden.
  * A document is readable in place: its text as text, its PDF through our own route, never from another host.
"""

from base64 import b64decode
from binascii import Error
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from contrefeu.chart import (
    CARE_OF,
    Resource,
    cares_of,
    codes,
    concept,
    concepts,
    diet_of,
    display,
    first,
    instant,
    is_error,
    label_words,
    left_out_of,
    listed,
    newest,
    notes,
    notice_of,
    report_title,
    reported,
    result_name,
    review_of,
    sealed_role,
    severity_of,
    source_of,
    status_of,
    supplements_of,
    value_of,
    when_of,
    written_here,
)
from contrefeu.chart.sheet.imaging import NO_IMAGES, Images, Study, images_of, is_imaging, study_of
from contrefeu.chart.sheet.resources import Sheet

TEXT_TYPES = ("text/plain", "")
INDEX_DIGITS_MAX = 4  # digits of an attachment's number: no report has ten thousand
# What a browser may show in a frame of ours; anything else is given as a file to save.
SHOWN_TYPES = ("application/pdf", "text/plain", "image/png", "image/jpeg")
IMAGING_REQUEST = "363679005"  # SNOMED CT, category of a request
_OVER = frozenset({"resolved", "inactive", "remission", "cancelled", "noshow", "completed", "fulfilled"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a stay was, and when."""

    name: str
    since: str
    until: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a list."""

    what: str
    detail: str
    when: str
    until: str
    status: str
    by: str
    over: bool
    struck: bool
    source: str
    places: tuple[Place, ...] = ()  # of a stay
    notice: str = ""  # of an alert that is ours: what was said of the patient's numbers
    left_out: str = ""  # foods that a diet leaves out
    ours: str = ""  # id of an appointment that people here gave, and that stands
    images: Images = NO_IMAGES  # of a request
    asks_images: str = ""  # its id, if it is one to imaging
    labelled: str = ""  # its id, if its specimens have a label


@dataclass(frozen=True, slots=True)
class Attachment:
    """One body of a report: text in place, or a file behind /document."""

    key: str  # "DiagnosticReport/id/0"
    media_type: str
    title: str
    text: str  # "" for a file

    @property
    def framed(self) -> bool:
        """Whether it is shown in a frame."""
        return not self.text and self.media_type in SHOWN_TYPES


@dataclass(frozen=True, slots=True)
class Report:
    """One report or document."""

    key: str
    title: str
    when: str
    status: str
    by: str
    conclusion: str
    attachments: tuple[Attachment, ...]
    struck: bool
    source: str
    sealed_to: str  # the role whose words open it; "" for what is not sealed (F45)
    images: Images = NO_IMAGES
    findings: tuple[tuple[str, str], ...] = ()  # of imaging: what its lines are called, and say
    urgent: bool = False  # whether one of them is flagged so that somebody must be told at once


@dataclass(frozen=True, slots=True)
class Story:
    """Everything but identity, allergies, treatments and results."""

    problems: tuple[Line, ...]
    alerts: tuple[Line, ...]
    reports: tuple[Report, ...]
    stays: tuple[Line, ...]
    appointments: tuple[Line, ...]
    procedures: tuple[Line, ...]
    requests: tuple[Line, ...]
    studies: tuple[Study, ...] = ()  # images that no report here is about
    diets: tuple[Line, ...] = ()
    unsaid: tuple[str, ...] = ()  # of CARE_OF, what nobody recorded: it reads so, and never as "none" (F18)


def story_of(sheet: Sheet) -> Story:
    """Return the rest of the chart."""
    return sheet.once("story", lambda: _story(sheet))


def _story(sheet: Sheet) -> Story:
    problems = [_line(found, found.get("code"), "onsetDateTime", "recordedDate") for found in sheet.all("Condition")]
    reports = sheet.laid.once("reports", lambda: tuple(_reports(sheet)))
    return Story(
        problems=tuple(sorted(problems, key=lambda line: (line.over, line.struck, line.what))),
        alerts=tuple(map(_alert, sheet.all("Flag"))),
        reports=reports,
        stays=tuple(_stay(found) for found in newest(sheet.all("Encounter"), "period.start")),
        appointments=tuple(_appointment(found) for found in sorted(sheet.all("Appointment"), key=_start)),
        procedures=tuple(
            _line(found, found.get("code") or found.get("vaccineCode"), "performedDateTime", "occurrenceDateTime")
            for found in newest(sheet.all("Procedure", "Immunization"), "performedDateTime", "occurrenceDateTime")
        ),
        diets=tuple(_diet(found) for found in newest(sheet.all("NutritionOrder"), "dateTime")),
        requests=tuple(_request(found, sheet) for found in _open_requests(sheet)),
        studies=sheet.laid.once("studies", lambda: tuple(_studies(sheet, reports))),
        unsaid=_unsaid(sheet),
    )


def _unsaid(sheet: Sheet) -> tuple[str, ...]:
    flags = [one for one in sheet.all("Flag") if one.get("status", "active") == "active"]
    said = {care for one in flags for care in cares_of(one)}
    if any(one.get("status", "active") == "active" for one in sheet.all("NutritionOrder")):
        said.add("diet")
    return tuple(one for one in CARE_OF.values() if one not in said)


def attachments_in(resource: Resource) -> list[tuple[bytes, str]]:
    """Return the bytes and media types of what a report or a document holds, in order."""
    return [(_body(one) or b"", str(one.get("contentType", ""))) for one in _raw_attachments(resource)]


def attachment_bytes(sheet: Sheet, key: str) -> tuple[bytes, str] | None:
    """Return the bytes and media type of the attachment that *key* names, or None."""
    reference, _, index = key.rpartition("/")
    resource = sheet.get({"reference": reference})
    found = _raw_attachments(resource) if resource else []
    if not (index.isascii() and index.isdigit()) or len(index) > INDEX_DIGITS_MAX or int(index) >= len(found):
        return None
    attachment = found[int(index)]
    body = _body(attachment)
    return (body, str(attachment.get("contentType", ""))) if body is not None else None


def _open_requests(sheet: Sheet) -> list[Resource]:
    asked = ((f"ServiceRequest/{one.get('id')}", one) for one in sheet.all("ServiceRequest"))
    there = reported(sheet.all("DiagnosticReport"), asked)
    waiting = [found for found in sheet.all("ServiceRequest") if found.get("status") in {"active", "on-hold", "draft"}]
    # A feed says itself when its request is done: what is asked for in series has a first report of several.
    waiting = [one for one in waiting if not (written_here(one) and f"ServiceRequest/{one.get('id')}" in there)]
    return newest(waiting, "authoredOn")


def _request(resource: Resource, sheet: Sheet) -> Line:
    line = _line(resource, resource.get("code"), "authoredOn")
    kinds = {code for one in resource.get("category") or [] for code in codes(one)}
    images = images_of(sheet, resource)
    answered = str(resource.get("id", "")) if images or IMAGING_REQUEST in kinds else ""
    number = label_words(resource)
    return replace(
        line,
        detail=listed([number, line.detail]),
        images=images,
        asks_images=answered,
        labelled=str(resource.get("id", "")) if number else "",
    )


def _alert(resource: Resource) -> Line:
    kind, number = notice_of(resource)
    line = _line(resource, resource.get("code"), "period.start")
    line = replace(line, until=line.until or review_of(resource))
    return replace(line, what=number, notice=kind) if kind else line


def _diet(resource: Resource) -> Line:
    line = _line(resource, None, "dateTime")
    told = str((resource.get("oralDiet") or {}).get("instruction", ""))
    what = listed([*diet_of(resource), *supplements_of(resource)]) or told
    return replace(
        line,
        what=what,
        left_out=left_out_of(resource),
        detail=listed([told if told != what else "", line.detail]),
        by=display(resource.get("orderer")),
        over=line.over or line.status == "revoked",
    )


def _start(resource: Resource) -> int:
    return instant(str(resource.get("start", "")))


def _line(resource: Resource, what: object, *times: str) -> Line:
    status = status_of(resource)
    by = display(resource.get("recorder") or resource.get("author") or resource.get("requester"))
    return Line(
        what=concept(what),
        detail=listed([*notes(resource), concepts(resource.get("reasonCode"))]),
        when=first(resource, *times),
        until=first(resource, "abatementDateTime", "period.end"),
        status=status,
        by=by,
        over=status in _OVER,
        struck=is_error(resource),
        source=source_of(resource),
    )


def _stay(resource: Resource) -> Line:
    return Line(
        what=str((resource.get("class") or {}).get("code", "")),
        detail=listed([concepts(resource.get("reasonCode")), concepts(resource.get("type"))]),
        when=first(resource, "period.start"),
        until=first(resource, "period.end"),
        status=status_of(resource),
        by=next((display(one.get("individual")) for one in resource.get("participant") or []), ""),
        over=resource.get("status") == "finished",
        struck=resource.get("status") in {"cancelled", "entered-in-error"},
        source=source_of(resource),
        places=tuple(_places(resource)),
    )


def _places(stay: Resource) -> list[Place]:
    """Each place once; the parts of one place (ward, room, bed) are one name."""
    found: list[Place] = []
    parts: dict[tuple[str, str], int] = {}
    for one in stay.get("location") or []:
        name, since, until = display(one.get("location")), first(one, "period.start"), first(one, "period.end")
        if not name:
            continue
        if one.get("physicalType") and (since, until) in parts:
            at = parts[since, until]
            found[at] = Place(f"{found[at].name} {name}", since, until)
            continue
        if one.get("physicalType"):
            parts[since, until] = len(found)
        found.append(Place(name, since, until))
    return found


def _appointment(resource: Resource) -> Line:
    stands = resource.get("status") == "booked" and written_here(resource)
    what = concepts(resource.get("serviceType")) or str(resource.get("description", ""))
    actors = [display(one.get("actor")) for one in resource.get("participant") or []]
    return Line(
        what=what or concepts(resource.get("reasonCode")),
        detail=listed([*actors, str(resource.get("comment", ""))]),
        when=first(resource, "start"),
        until=first(resource, "end"),
        status=status_of(resource),
        by="",
        over=resource.get("status") in {"fulfilled", "noshow"},
        struck=resource.get("status") in {"cancelled", "entered-in-error"},
        source=source_of(resource),
        ours=str(resource["id"]) if stands else "",
    )


def _reports(sheet: Sheet) -> list[Report]:
    told = sheet.laid.each("told", sheet.all("DiagnosticReport", "DocumentReference"), _told)
    found = []
    for one in sorted(told, key=lambda one: one.time, reverse=True):
        report = _with_images(sheet, one.resource, one.report)
        if report.attachments or report.conclusion or report.images or report.key.startswith("DocumentReference/"):
            found.append(report)
    measured = sheet.all("Observation")
    of_images = sheet.laid.each("typed of images", measured, lambda one: is_imaging(one) and written_here(one))
    typed = [one for one, is_typed in zip(measured, of_images, strict=True) if is_typed]
    found += [_with_images(sheet, one, report_of(one)) for one in newest(typed, "effectiveDateTime", "issued")]
    return sorted(found, key=lambda report: instant(report.when), reverse=True) if typed else found


class _Told(NamedTuple):
    """A report, as far as it alone says it."""

    time: tuple[int, str]
    resource: Resource
    report: Report


def _told(resource: Resource) -> _Told:
    return _Told(when_of(resource, "effectiveDateTime", "issued", "date"), resource, report_of(resource))


def _with_images(sheet: Sheet, resource: Resource, report: Report) -> Report:
    """A report with its images; of one that is about images, its lines too: they are what it says."""
    images = images_of(sheet, resource)
    if not images and resource["resourceType"] != "Observation":
        return report
    lines = [resource] if resource["resourceType"] == "Observation" else []
    lines += [one for name in resource.get("result") or [] if (one := sheet.get(name))]
    lines = [one for one in lines if not is_error(one)]
    said = tuple((result_name(one), value_of(one)) for one in lines if value_of(one))
    urgent = any(severity_of(one) == "critical" for one in lines)
    return replace(report, images=images, findings=said, urgent=urgent)


def _studies(sheet: Sheet, reports: Iterable[Report]) -> list[Study]:
    named = {study.uid for report in reports for study in report.images.studies}
    return [one for one in map(study_of, newest(sheet.all("ImagingStudy"), "started")) if one.uid not in named]


def report_of(resource: Resource) -> Report:
    """Return a report or a document as charts show it."""
    key = f"{resource['resourceType']}/{resource.get('id')}"
    sealed_to = sealed_role(resource)
    raw = [] if sealed_to else _raw_attachments(resource)
    authors = resource.get("performer") or resource.get("author") or resource.get("resultsInterpreter") or []
    return Report(
        key=key,
        title=report_title(resource),
        when=first(resource, "effectiveDateTime", "issued", "date"),
        status=str(resource.get("docStatus") or resource.get("status") or ""),
        by=listed([display(one) for one in authors]),
        conclusion=str(resource.get("conclusion", "")),
        attachments=tuple(_attachment(f"{key}/{index}", one) for index, one in enumerate(raw)),
        struck=is_error(resource) or resource.get("status") in {"superseded", "cancelled"},
        source=source_of(resource),
        sealed_to=sealed_to,
    )


def _raw_attachments(resource: Resource) -> list[Resource]:
    if resource["resourceType"] == "DocumentReference":
        return [one["attachment"] for one in resource.get("content") or [] if one.get("attachment")]
    return list(resource.get("presentedForm") or [])


def _attachment(key: str, raw: Resource) -> Attachment:
    media_type = str(raw.get("contentType", "")).partition(";")[0].strip()
    text = ""
    if media_type in TEXT_TYPES:
        text = (_body(raw) or b"").decode("utf-8", "replace")
    return Attachment(key, media_type, str(raw.get("title", "")), text)


def _body(raw: Resource) -> bytes | None:
    try:
        return b64decode(raw["data"]) if raw.get("data") else None
    except (Error, ValueError):
        return None
