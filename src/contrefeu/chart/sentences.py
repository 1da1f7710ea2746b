"""One sentence per resource, in French and in English: the same words on screen, on paper and in a terminal.

Rules kept here:
  * Values, units, doses and flags are said as they were sent: never rounded, never reparsed (F5).
  * What its sender took back, stopped or corrected says so first; what replaced a value says the old one (F7).
  * A code that no row has is said as it is: better a code than a wrong word.
  * An instant is said in the hospital's wall time, with its offset when that hour comes twice; a day stays that day.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from contrefeu.chart.blood import says_group
from contrefeu.chart.elements import (
    Resource,
    amount,
    called,
    codes,
    concept,
    concepts,
    confidential,
    denies_allergies,
    diet_of,
    display,
    dose_status_of,
    earlier,
    first,
    is_error,
    is_instant,
    is_struck,
    left_out_of,
    listed,
    names,
    notes,
    notice_of,
    numbers,
    quantity,
    range_words,
    sealed_role,
    status_of,
    supplements_of,
    titre_words,
    unit,
)
from contrefeu.chart.imaging import accession_of, images_made, study_uid
from contrefeu.chart.tallman import tall_man
from contrefeu.chart.words import MONTHS, Language, word

_PER_BODY = re.compile(r"/\s*(kg|m2|m²)\b", re.IGNORECASE)  # 15 mg/kg: what a dose is reckoned from
HOSPITAL_ZONE = "Europe/Paris"  # of a hospital whose settings say none


def sentence(resource: Resource, language: Language, zone: str = HOSPITAL_ZONE) -> str:
    """Return what *resource* says, in one sentence; a report's text is not in it."""
    made = _SENTENCES.get(str(resource.get("resourceType", "")), _other)
    return made(resource, language, zone)


def drug_of(resource: Resource) -> str:
    """Return the drug of a prescription, a dose or a delivery as it is shown, in tall-man letters."""
    return tall_man(drug_said(resource))


def drug_said(resource: Resource) -> str:
    """Return the drug of a prescription, a dose or a delivery, in its sender's words and letters."""
    return concept(resource.get("medicationCodeableConcept")) or display(resource.get("medicationReference"))


def instructions_of(request: Resource) -> list[str]:
    """Return each dosage of a prescription: its sender's words, else its parts as they were sent; then its route."""
    return [
        " · ".join(filter(None, (instruction_of(one), concept(one.get("route")), concept(one.get("site")))))
        for one in request.get("dosageInstruction") or []
    ]


# Rhythms that are read as another one (ISMP, List of Error-Prone Abbreviations), in signs that both languages read;
# all else stands as it was sent.
_SPELLED = {"QD": "1 × / 24 h", "QOD": "1 × / 48 h"}


def instruction_of(dosage: Resource) -> str:
    """Return one Dosage as it was sent: how much, how fast, its sender's words, its hours.

    What a dose was reckoned from, per kilogram or square metre, stands behind it, and is never read as it (F10).
    The words of a prescriber (RXE-7) often leave out the amount: it stands beside them unless they hold it.
    """
    text = str(dosage.get("text", ""))
    rates = dosage.get("doseAndRate") or []
    amounts = [amount(rate.get("doseQuantity")) or range_words(rate.get("doseRange")) for rate in rates]
    doses = listed(one for one in amounts if not _PER_BODY.search(one))
    basis = listed(one for one in amounts if _PER_BODY.search(one) and one not in text)
    doses = f"{doses} ({basis})" if doses and basis else doses or basis
    speed = listed([amount(rate.get("rateQuantity")) or _ratio(rate.get("rateRatio")) for rate in rates])
    timing = dosage.get("timing") or {}
    repeat = timing.get("repeat") or {}
    hours = [str(at)[:5] for at in repeat.get("timeOfDay") or []]
    times = "" if hours and " ".join(hours) in text else ", ".join(hours)
    every = f"/ {repeat['period']} {repeat.get('periodUnit', '')}" if repeat.get("period") and not hours else ""
    every = "" if every and every.replace("/ ", "/", 1) in text else every
    code = concept(timing.get("code"))
    code = _SPELLED.get(code.upper(), code)
    words = [doses, speed, text, code, times, "" if code else every]
    patient = str(dosage.get("patientInstruction", ""))
    return " · ".join(word for word in (*words, patient) if word and (word is text or word not in text))


def result_name(observation: Resource) -> str:
    """Return what was measured, and of which specimen if its sender said so: one name may be of blood or of urine."""
    name, specimen = concept(observation.get("code")), specimen_name(observation)
    return f"{name} · {specimen}" if name and specimen and specimen.casefold() not in name.casefold() else name


def specimen_name(observation: Resource) -> str:
    """Return the specimen of a measurement, with the isolate that grew of it, as it was sent; "" when it was not."""
    specimen = observation.get("specimen")
    return str(specimen.get("display", "")) if isinstance(specimen, dict) else ""


def value_of(observation: Resource) -> str:
    """Return a result's value with its unit, as it was sent; "" when none was."""
    return " ".join(filter(None, measured_of(observation)))


def measured_of(observation: Resource) -> tuple[str, str]:
    """Return a result's value and its unit, as they were sent; "" for what was not."""
    if observation.get("valueQuantity"):
        return quantity(observation["valueQuantity"]), unit(observation["valueQuantity"])
    if observation.get("valueCodeableConcept"):
        return concept(observation["valueCodeableConcept"]), ""
    if observation.get("valueRange"):
        return range_words(observation["valueRange"]), ""
    if observation.get("valueRatio"):
        return titre_words(observation["valueRatio"])
    plain = first(observation, "valueString", "valueDateTime", "valueTime", "valueInteger")
    if plain:
        return plain, ""
    parts = [f"{concept(one.get('code'))} {value_of(one)}".strip() for one in observation.get("component") or []]
    return " · ".join(parts) or concept(observation.get("dataAbsentReason")), ""


def flag_of(observation: Resource) -> str:
    """Return the flags of a result, verbatim; "" when its sender gave none (which is not "normal")."""
    return listed([next(iter(codes(one)), "") or concept(one) for one in observation.get("interpretation") or []])


def range_of(observation: Resource) -> str:
    """Return the reference range, as it was sent."""
    found: Resource = next(iter(observation.get("referenceRange") or []), {})
    if found.get("text"):
        return str(found["text"])
    low, high = quantity(found.get("low")), quantity(found.get("high"))
    if low and high:
        return f"{low} – {high}"
    return f"≥ {low}" if low else f"≤ {high}" if high else ""


def moment(text: str, language: Language, zone: str = HOSPITAL_ZONE) -> str:
    """Return a FHIR date or dateTime as people write it; text that is neither stays as it is.

    >>> moment("2026-11-24T07:12:00Z", "fr"), moment("1948-05", "en")
    ('24/11/2026 08:12', 'May 1948')
    """
    if not is_instant(text):
        return day(text, language)
    wall = _wall(text, zone)
    return f"{day(wall.date().isoformat(), language)} {_clock(wall)}"


def clock(text: str, zone: str = HOSPITAL_ZONE) -> str:
    """Return the wall time of a FHIR dateTime, with its offset when that hour comes twice; "" for a day.

    >>> clock("2026-11-24T07:12:00Z"), clock("2026-10-25T01:30:00Z"), clock("2026-11-24")
    ('08:12', '02:30 (+01:00)', '')
    """
    return _clock(_wall(text, zone)) if is_instant(text) else ""


def _clock(wall: datetime) -> str:
    offset = wall.strftime("%z") if wall.utcoffset() != wall.replace(fold=1 - wall.fold).utcoffset() else ""
    return f"{wall.hour:02}:{wall.minute:02}" + (f" ({offset[:3]}:{offset[3:]})" if offset else "")


def _wall(text: str, zone: str) -> datetime:
    """A FHIR dateTime in the hospital's wall time."""
    found = datetime.fromisoformat(text)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(_zone(zone))


def wall_day(text: str, zone: str = HOSPITAL_ZONE) -> str:
    """Return the day (YYYY-MM-DD) of a FHIR date or dateTime in the hospital's wall time; a day is never shifted."""
    return _wall(text, zone).date().isoformat() if is_instant(text) else text[:10]


def day(text: str, language: Language) -> str:
    """Return a FHIR date (YYYY, YYYY-MM or YYYY-MM-DD) as people write it."""
    parts = text.split("-")
    if not all(part.isdigit() for part in parts) or not 1 <= len(parts) <= 3:
        return text
    if len(parts) > 1 and not 1 <= int(parts[1]) <= 12:
        return text
    if language == "en":
        parts = [parts[0], *(MONTHS[int(month) - 1] for month in parts[1:2]), *parts[2:]]
        return " ".join(reversed(parts))
    return "/".join(reversed(parts))


def report_title(report: Resource) -> str:
    """Return what a report or a document is called."""
    return str(report.get("description") or "") or concept(report.get("code") or report.get("type"))


def _patient(one: Resource, language: Language, zone: str) -> str:
    found = names(one)
    born = str(one.get("birthDate", ""))
    dead = one.get("deceasedDateTime") or one.get("deceasedBoolean")
    death = "" if not dead else word("deceased", language)
    if dead and dead is not True:
        death += f" {word('on', language)} {moment(str(dead), language, zone)}"
    parts = [
        f"{found.family} {found.given}".strip() or called(one) or word("name unknown", language),
        f"{word('used name', language)} {found.used}" if found.used else "",
        f"{word('born', language)} {day(born, language)}" if born else word("birth date not said", language),
        word(f"sex {one.get('gender', '')}", language) if one.get("gender") else word("sex not said", language),
        *(f"{number.words}{word('old number', language) if number.old else ''}" for number in numbers(one)),
        death,
        word("protected", language) if confidential(one) else "",
    ]
    return " · ".join(filter(None, parts))


def _allergy(one: Resource, language: Language, zone: str) -> str:
    reactions = one.get("reaction") or []
    shown = listed([w for r in reactions for w in (*map(concept, r.get("manifestation") or []), r.get("description"))])
    since = first(one, "onsetDateTime", "recordedDate")
    what = concept(one.get("code")) or "?"
    if denies_allergies(one):
        what = word("no known allergy", language) + (f" ({what})" if what else "")
    status = status_of(one)
    parts = [
        what,
        f"{word('reaction', language)} {shown}" if shown else "",
        listed([word(f"severity {r['severity']}", language) for r in reactions if r.get("severity")]),
        word(f"criticality {one['criticality']}", language) if one.get("criticality") else "",
        f"{word('since', language)} {moment(since, language, zone)}" if since else "",
        *notes(one),
    ]
    over = "entered-in-error" if is_error(one) else status if is_struck(one) else ""
    return _struck(over, language) + " · ".join(filter(None, parts))


def _condition(one: Resource, language: Language, zone: str) -> str:
    status = "entered-in-error" if is_error(one) else status_of(one)
    since, until = first(one, "onsetDateTime", "recordedDate"), first(one, "abatementDateTime")
    parts = [
        concept(one.get("code")) or "?",
        f"{word('since', language)} {moment(since, language, zone)}" if since else "",
        f"{word('until', language)} {moment(until, language, zone)}" if until else "",
        *notes(one),
    ]
    return _struck(status if status != "active" else "", language) + " · ".join(filter(None, parts))


def _prescription(one: Resource, language: Language, zone: str) -> str:
    status = str(one.get("status", "")) or "unknown"
    since = first(one, "authoredOn")
    instructions = one.get("dosageInstruction") or []
    bounds = [((found.get("timing") or {}).get("repeat") or {}).get("boundsPeriod") or {} for found in instructions]
    ends = listed([moment(str(found["end"]), language, zone) for found in bounds if found.get("end")])
    parts = [
        word("to be given", language) if one.get("intent") == "instance-order" else "",
        drug_of(one) or "?",
        " + ".join(filter(None, instructions_of(one))) or word("dosage not said", language),
        word("if needed", language) if any(map(_as_needed, instructions)) else "",
        f"{word('prescribed', language)} {moment(since, language, zone)}" if since else "",
        f"{word('until', language)} {ends}" if ends else "",
        display(one.get("requester")),
        *notes(one),
    ]
    return _struck(status if status != "active" else "", language) + " · ".join(filter(None, parts))


def _dose(one: Resource, language: Language, zone: str) -> str:
    status = dose_status_of(one) or "unknown"
    dosage = one.get("dosage") or {}
    when = first(one, "effectiveDateTime", "effectivePeriod.start")
    end = first(one, "effectivePeriod.end")
    reason = listed([concepts(one.get("statusReason")), *notes(one)])
    parts = [
        moment(when, language, zone) if when else word("hour not said", language),
        f"→ {moment(end, language, zone)}" if end else "",
        f"{word(f'dose {status}', language)} :" if language == "fr" else f"{word(f'dose {status}', language)}:",
        drug_of(one) or "?",
        amount(dosage.get("dose")) or str(dosage.get("text", "")),
        listed([concept(dosage.get("route")), concept(dosage.get("site"))]),
        f"({reason})" if reason else "",
        listed([display(found.get("actor")) for found in one.get("performer") or []]),
    ]
    return " ".join(filter(None, parts))


def _statement(one: Resource, language: Language, zone: str) -> str:
    status = str(one.get("status", "")) or "unknown"
    since, until = first(one, "effectivePeriod.start", "effectiveDateTime"), first(one, "effectivePeriod.end")
    parts = [
        drug_of(one) or "?",
        " + ".join(filter(None, instructions_of({"dosageInstruction": one.get("dosage")}))),
        f"{word('since', language)} {moment(since, language, zone)}" if since else "",
        f"{word('until', language)} {moment(until, language, zone)}" if until else "",
        *notes(one),
    ]
    told = f"{word('taken', language)} " + " · ".join(filter(None, parts))
    return _struck(status if status != "active" else "", language) + told


def _diet(one: Resource, language: Language, zone: str) -> str:
    status = str(one.get("status", "")) or "unknown"
    since = first(one, "dateTime")
    beside, left_out = supplements_of(one), left_out_of(one)
    parts = [
        listed(diet_of(one)),
        f"{word('left out', language)} {left_out}" if left_out else "",
        str((one.get("oralDiet") or {}).get("instruction", "")),
        f"{word('supplement', language)} {listed(beside)}" if beside else "",
        f"{word('asked', language)} {moment(since, language, zone)}" if since else "",
        display(one.get("orderer")),
        *notes(one),
    ]
    return _struck(status if status != "active" else "", language) + " · ".join(filter(None, parts))


def alert_of(one: Resource, language: Language) -> str:
    """Return what a Flag says: its sender's words, or ours of what was said of the patient's numbers."""
    kind, number = notice_of(one)
    if kind:
        return f"{word(f'notice {kind}', language)} {number}".strip()
    return concept(one.get("code")) or concepts(one.get("category"))


def _dispense(one: Resource, language: Language, zone: str) -> str:
    when = first(one, "whenHandedOver", "whenPrepared")
    parts = [drug_of(one) or "?", amount(one.get("quantity")), moment(when, language, zone)]
    return f"{word('handed out', language)} " + " · ".join(filter(None, parts))


def _result(one: Resource, language: Language, zone: str) -> str:
    status = str(one.get("status", ""))
    flag, range_ = flag_of(one), range_of(one)
    when = first(one, "effectiveDateTime", "effectivePeriod.start", "issued")
    before = [_replaced(old, ref, language) for old, ref in earlier(one) if not says_group(one)]
    parts = [
        f"{result_name(one) or '?'} {_value(one, language)}",
        f"[{flag}]" if flag else "",
        f"({range_})" if range_ else "",
        concept(one.get("method")),
        moment(when, language, zone) if when else word("hour not said", language),
        f"— {word('before', language)} {', '.join(before)}" if before else "",
        " / ".join(notes(one)),
    ]
    return _struck(status if status != "final" else "", language, "result") + " ".join(filter(None, parts))


def _replaced(old: Resource, ref: str, language: Language) -> str:
    status = word(f"result {old.get('status', '')}", language)
    return f"{value_of(old) or word('no value', language)} ({status}, {ref})"


def _value(one: Resource, language: Language) -> str:
    if says_group(one):
        return word("group not shown", language)
    return value_of(one) or word("no value", language)


def _report(one: Resource, language: Language, zone: str) -> str:
    status = str(one.get("docStatus") or one.get("status") or "")
    status = str(one["status"]) if one.get("status") in {"superseded", "entered-in-error"} else status
    authors = one.get("performer") or one.get("author") or one.get("resultsInterpreter") or []
    when = first(one, "effectiveDateTime", "issued", "date")
    sealed = sealed_role(one)
    parts = [
        f"{word('sealed to', language)} {sealed}" if sealed else report_title(one) or "?",
        moment(when, language, zone) if when else word("hour not said", language),
        listed([display(found) for found in authors]),
        _accession(one, language),
    ]
    return _struck(status if status not in {"final", "current"} else "", language, "result") + " · ".join(
        filter(None, parts)
    )


def _stay(one: Resource, language: Language, zone: str) -> str:
    status = str(one.get("status", "")) or "unknown"
    start, end = first(one, "period.start"), first(one, "period.end")
    number = next((str(n["value"]) for n in one.get("identifier") or [] if n.get("value")), "")
    places = [(display(found.get("location")), first(found, "period.start")) for found in one.get("location") or []]
    moves: dict[str, list[str]] = {}
    for place, since in places:
        moves.setdefault(since, []).append(place)
    walk = " → ".join(
        f"{' '.join(words)} ({moment(since, language, zone)})" if since else " ".join(words)
        for since, words in moves.items()
    )
    parts = [
        word(f"class {(one.get('class') or {}).get('code', '')}", language) or word("stay", language),
        number,
        word(f"stay {status}", language),
        f"{word('since', language)} {moment(start, language, zone)}" if start else "",
        f"{word('until', language)} {moment(end, language, zone)}" if end else "",
        walk,
        listed([concepts(one.get("reasonCode")), concepts(one.get("type"))]),
        listed([display(found.get("individual")) for found in one.get("participant") or []]),
        *_ways(one.get("hospitalization") or {}, language),
    ]
    return " · ".join(filter(None, parts))


def _ways(found: Resource, language: Language) -> list[str]:
    """Where a stay came from and went to."""
    source = listed([concept(found.get("admitSource")), display(found.get("origin"))])
    left = concept(found.get("dischargeDisposition"))
    return [f"{word(name, language)} {text}" for name, text in (("came from", source), ("went to", left)) if text]


def _appointment(one: Resource, language: Language, zone: str) -> str:
    status = str(one.get("status", "")) or "unknown"
    start, end = first(one, "start"), first(one, "end")
    what = concepts(one.get("serviceType")) or str(one.get("description", "")) or concepts(one.get("reasonCode"))
    actors = [found.get("actor") or {} for found in one.get("participant") or []]
    who = listed([display(actor) for actor in actors if "Patient/" not in str(actor.get("reference", ""))])
    parts = [
        moment(start, language, zone) if start else word("hour not said", language),
        f"→ {moment(end, language, zone)}" if end else "",
        what or "?",
        who,
        str(one.get("comment", "")),
    ]
    return _struck(status if status != "booked" else "", language, "appointment") + " ".join(filter(None, parts))


def _request(one: Resource, language: Language, zone: str) -> str:
    status = str(one.get("status", "")) or "unknown"
    since = first(one, "authoredOn")
    when = first(one, "occurrenceDateTime", "occurrencePeriod.start")
    parts = [
        concept(one.get("code")) or "?",
        str(one.get("priority", "")),
        f"{word('asked', language)} {moment(since, language, zone)}" if since else "",
        f"{word('for', language)} {moment(when, language, zone)}" if when else "",
        concepts(one.get("reasonCode")),
        display(one.get("requester")),
        _accession(one, language),
        *notes(one),
    ]
    return _struck(status if status != "active" else "", language) + " · ".join(filter(None, parts))


def _accession(one: Resource, language: Language) -> str:
    number = accession_of(one)
    return f"{word('accession', language)} {number}" if number else ""


def _images(one: Resource, language: Language, zone: str) -> str:
    when, uid, status = first(one, "started"), study_uid(one), str(one.get("status", ""))
    parts = [
        word("images", language),
        concepts(one.get("procedureCode")) or str(one.get("description", "")),
        ", ".join(str(found.get("display") or found.get("code") or "") for found in one.get("modality") or []),
        moment(when, language, zone) if when else "",
        _accession(one, language),
        f"{word('study', language)} {uid}" if uid else "",
        word("images made" if images_made(one) else "images not said", language),
    ]
    gone = status if status in {"cancelled", "entered-in-error"} else ""
    return _struck(gone, language) + " · ".join(filter(None, parts))


def _task(one: Resource, language: Language, zone: str) -> str:
    status = str(one.get("status", ""))
    parts = [
        str(one.get("description", "")) or "?",
        display(one.get("owner")),
        f"{word('asked', language)} {moment(first(one, 'authoredOn'), language, zone)}",
        display(one.get("requester")),
        *notes(one),
    ]
    return _struck(status if status != "requested" else "", language) + " · ".join(filter(None, parts))


def _answer(one: Resource, language: Language, zone: str) -> str:
    parts = [
        concepts(one.get("category")),
        *(str(said.get("contentString", "")) for said in one.get("payload") or []),
        moment(first(one, "sent"), language, zone),
        display(one.get("sender")),
        *map(display, one.get("recipient") or []),
        *notes(one),
    ]
    status = str(one.get("status", ""))
    return _struck(status if status != "completed" else "", language) + " · ".join(filter(None, parts))


def _act(one: Resource, language: Language, zone: str) -> str:
    status = str(one.get("status", "")) or "unknown"
    when = first(one, "performedDateTime", "performedPeriod.start", "occurrenceDateTime", "occurrenceString")
    lot = str(one.get("lotNumber", ""))
    reason = one.get("statusReason")
    parts = [
        concept(one.get("code") or one.get("vaccineCode")) or "?",
        amount(one.get("doseQuantity")),
        moment(when, language, zone) if when else word("hour not said", language),
        f"{word('lot', language)} {lot}" if lot else "",
        concepts(reason) if isinstance(reason, list) else concept(reason),
        listed([concepts(one.get("reasonCode")), *(display(who.get("actor")) for who in one.get("performer") or [])]),
        *notes(one),
    ]
    return _struck(status if status != "completed" else "", language) + " · ".join(filter(None, parts))


def _alert(one: Resource, language: Language, zone: str) -> str:
    status = str(one.get("status", "")) or "active"
    start, end = first(one, "period.start"), first(one, "period.end")
    parts = [
        alert_of(one, language) or "?",
        f"{word('since', language)} {moment(start, language, zone)}" if start else "",
        f"{word('until', language)} {moment(end, language, zone)}" if end else "",
        display(one.get("author")),
    ]
    return _struck(status if status != "active" else "", language) + " · ".join(filter(None, parts))


def _other(one: Resource, language: Language, zone: str) -> str:
    status = "entered-in-error" if is_error(one) else status_of(one)
    when = first(one, "effectiveDateTime", "authoredOn", "created", "period.start", "date", "recordedDate")
    what = concept(one.get("code")) or str(one.get("description", "")) or concepts(one.get("category"))
    parts = [str(one.get("resourceType", "?")), what, status, moment(when, language, zone) if when else ""]
    return " · ".join(filter(None, parts))


def _ratio(value: Any) -> str:
    """A rate, with the units of both."""
    return f"{amount(value.get('numerator'))}/{amount(value.get('denominator'))}" if isinstance(value, dict) else ""


def _as_needed(instruction: Resource) -> bool:
    return bool(instruction.get("asNeededBoolean") or instruction.get("asNeededCodeableConcept"))


def _struck(status: str, language: Language, kind: str = "status") -> str:
    """What stands before a line that is not plainly in force."""
    return f"{word(f'{kind} {status}', language).upper()} — " if status else ""


@lru_cache(maxsize=8)  # one hospital has one zone; a group has a few
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


_SENTENCES: dict[str, Callable[[Resource, Language, str], str]] = {
    "AllergyIntolerance": _allergy,
    "Appointment": _appointment,
    "Communication": _answer,
    "Condition": _condition,
    "DiagnosticReport": _report,
    "DocumentReference": _report,
    "Encounter": _stay,
    "Flag": _alert,
    "ImagingStudy": _images,
    "Immunization": _act,
    "MedicationAdministration": _dose,
    "MedicationDispense": _dispense,
    "MedicationRequest": _prescription,
    "MedicationStatement": _statement,
    "NutritionOrder": _diet,
    "Observation": _result,
    "Patient": _patient,
    "Procedure": _act,
    "ServiceRequest": _request,
    "Task": _task,
}
