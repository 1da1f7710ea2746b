"""What of a resource is compared: the elements by which a nurse would call two statements the same.

Rules kept here:
  * Other servers add, order and word things in their own way: ids, extensions, displays, narrative and references are
    not compared; codes are, by their codes; times by the instant; numbers by their value and unit.
  * An element is compared where we say it; what only the other side says is not a difference.
"""

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from contrefeu.base import parse_rfc3339
from contrefeu.fhir import Json

# R4 types that charts hold -> elements; "value" stands for value[x], and so on
SALIENT: dict[str, tuple[str, ...]] = {
    "Patient": ("birthDate", "gender", "name", "deceased"),
    "Encounter": (),  # its steps: when somebody came, was moved, left
    "AllergyIntolerance": ("code", "clinicalStatus", "verificationStatus"),
    "Appointment": ("status", "start", "end"),
    "Communication": ("status", "sent"),
    "Condition": ("code", "clinicalStatus", "verificationStatus", "onset"),
    "DiagnosticReport": ("status", "code", "effective", "conclusion", "presentedForm"),
    "DocumentReference": ("status", "docStatus", "type", "content"),
    "Flag": ("status", "code"),
    "Immunization": ("status", "vaccineCode", "occurrence"),
    "MedicationAdministration": ("status", "medication", "effective", "dosage"),
    "MedicationDispense": ("status", "medication", "whenHandedOver"),
    "MedicationRequest": ("status", "medication", "dosageInstruction"),
    "MedicationStatement": ("status", "medication", "effective"),
    "Observation": ("status", "code", "effective", "value"),
    "Procedure": ("status", "code", "performed"),
    "ServiceRequest": ("status", "code", "occurrence", "priority"),
    "Task": ("status", "description"),
}
_CHOICES = frozenset({"deceased", "effective", "medication", "occurrence", "onset", "performed", "value"})  # element[x]
_WHEN = (  # when something was, else when somebody wrote it
    "effectiveDateTime", "effectivePeriod", "occurrenceDateTime", "performedDateTime", "performedPeriod",
    "whenHandedOver", "onsetDateTime", "period", "start", "sent", "date", "authoredOn", "issued", "recordedDate",
)  # fmt: skip
_DAY_CHARS = 10  # of YYYY-MM-DD
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT.*")
_PASSED = frozenset(
    {"id", "extension", "display", "text", "reference", "system", "userSelected", "use", "type", "prefix"}
)


def salient(resource: Json) -> dict[str, str]:
    """Return the elements of *resource* that are compared, each as words that compare."""
    kind = str(resource.get("resourceType", ""))
    found = {}
    for name in SALIENT.get(kind, ()):
        value = _element(resource, name)
        said = repr(_plain(value[0] if name == "name" and isinstance(value, list) and value else value))
        if value not in (None, [], {}, ""):
            found[name] = said
    if kind == "Encounter":
        found |= dict.fromkeys(map(step, _times(resource)), "")
    return found


def differs(ours: Json, theirs: Json) -> bool:
    """Whether *theirs* says something else of an element that is compared, or nothing, where *ours* says it."""
    said = salient(theirs)
    return any(said.get(name) != words for name, words in salient(ours).items())


def step(at: str) -> str:
    """Return the element that says that a stay has a step at a time."""
    return f"step {_plain(at)}"


def day_of(resource: Json) -> str:
    """Return the day that a resource speaks of, as it writes it; "" when it names none."""
    for name in _WHEN:
        value = resource.get(name)
        said = value.get("start") if isinstance(value, dict) else value
        if isinstance(said, str) and said:
            return said[:_DAY_CHARS]
    return ""


def _times(resource: Json) -> Iterator[str]:
    periods = [resource.get("period"), *(one.get("period") for one in _dicts(resource.get("location")))]
    for period in periods:
        if isinstance(period, dict):
            yield from (str(period[end]) for end in ("start", "end") if period.get(end))


def _element(resource: Json, name: str) -> Any:
    if name not in _CHOICES:
        return resource.get(name)
    for key, value in resource.items():
        if key.startswith(name) and (key[len(name) :] or "A")[0].isupper():
            return None if value is False else value  # not dead: nobody need say so
    return None


def _plain(value: Any) -> Any:
    """*value* in a form that is the same for what means the same."""
    if isinstance(value, dict):
        codes = sorted(str(one["code"]).casefold() for one in _dicts(value.get("coding")) if one.get("code"))
        if codes:
            return codes[0]
        words = {key: _plain(one) for key, one in sorted(value.items()) if key not in _PASSED}
        return words or _plain(value.get("text") or value.get("display") or "")
    if isinstance(value, list):
        return sorted(map(repr, map(_plain, value)))
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return _number(value)
    return _text(str(value)) if value is not None else ""


def _number(value: float | Decimal) -> str:
    try:
        return f"{Decimal(str(value)).normalize():f}"
    except InvalidOperation:
        return str(value)


def _text(text: str) -> str:
    if _INSTANT.fullmatch(text):
        try:
            return str(parse_rfc3339(text) // 10**9)
        except (ValueError, OverflowError):
            return text
    return " ".join(text.casefold().split())


def _dicts(value: Any) -> list[Json]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
