"""Who a chart is about: which of several statements of identity holds (FIELD F22 to F26).

Rules kept here:
  * A feed that may set the identity (ADT) goes before one that merely repeats it (results, orders).
  * The number that names the chart goes before the numbers that were merged into it.
  * Among these, the event's own time decides; absent removes nothing; a null clears.
  * Numbers are only ever added: an old number still finds its patient (F32).
  * How well a national identity was checked is said of the number it was said under: a merge never raises it (R6).
  * A death that people here said is taken back by people here: a feed that has not heard of it says "alive" for hours.
"""

from msgspec import Struct, field

from contrefeu.chart.versions import SOURCE
from contrefeu.chart.views import STATION
from contrefeu.fhir import Json
from contrefeu.mapping import PEOPLE, RELIABILITY, Reading

_UNITED = frozenset({"identifier", "link"})


class Told(Struct, frozen=True):
    """How strong the statement that an element comes from is; compares as a tuple would."""

    own: bool
    identifies: bool
    at_ns: int
    order: tuple[int, str, int]

    @property
    def strength(self) -> tuple[bool, bool, int, tuple[int, str, int]]:
        """What is compared."""
        return (self.own, self.identifies, self.at_ns, self.order)


class Identity(Struct):
    """The patient, element by element, and who said each."""

    elements: Json = field(default_factory=dict)
    told: dict[str, Told] = field(default_factory=dict)
    numbers: dict[str, Json] = field(default_factory=dict)  # "system|value" -> Identifier
    links: dict[str, Json] = field(default_factory=dict)
    ref: str = ""  # the entry that last changed something


def take_identity(identity: Identity, reading: Reading, *, own: bool) -> None:
    """Take what *reading* says of the patient; *own* when it speaks under the chart's own number."""
    patient = reading.patient or {}
    told = Told(own, reading.identifies, reading.at_ns or reading.received_ns, reading.order)
    changed = _take_numbers(identity, patient.get("identifier", []), own=own)
    for link in patient.get("link", []):
        changed |= str(link) not in identity.links
        identity.links.setdefault(str(link), link)
    said = {key: value for key, value in patient.items() if key not in _UNITED}
    said |= dict.fromkeys(reading.cleared)
    if not own and "extension" in said:
        kept = [one for one in said.pop("extension") or [] if one.get("url") != RELIABILITY]
        said |= {"extension": kept} if kept else {}
    strength = told.strength
    last: Told | None = None  # one statement told several elements: it is compared once
    weaker = False
    for element, value in _joined(said).items():
        before = identity.told.get(element)
        if before is None or before is not last:
            last, weaker = before, before is not None and before.strength > strength
        if weaker or (element == "deceased" and before is not None and _buried(before, reading)):
            continue
        identity.told[element] = told
        if identity.elements.get(element) != value:
            changed = True
            identity.elements[element] = value
    if changed:
        identity.ref = reading.ref


def _buried(before: Told, reading: Reading) -> bool:
    """Whether people here said of a death, and a feed speaks of it now."""
    return before.order[1].endswith(STATION) and not reading.source.startswith(PEOPLE)


def patient_resource(identity: Identity, chart_id: str) -> Json:
    """Return the FHIR Patient."""
    found: Json = {"resourceType": "Patient", "id": chart_id}
    if identity.ref:
        found["meta"] = {"source": f"{SOURCE}{identity.ref}"}
    elements = {key: value for key, value in identity.elements.items() if value is not None}
    deceased = elements.pop("deceased", None)
    security = elements.pop("security", None)
    if not _is_hour_of(elements.get("_birthDate"), str(elements.get("birthDate", ""))):
        elements.pop("_birthDate", None)  # the hour of a day that was corrected since
    if security:
        found["meta"] = {**found.get("meta", {}), "security": security}
    if identity.numbers:
        found["identifier"] = list(identity.numbers.values())
    for key in sorted(elements):
        found[key] = elements[key]
    found |= deceased or {}
    if identity.links:
        found["link"] = list(identity.links.values())
    return found


def _is_hour_of(precise: Json | None, day: str) -> bool:
    """Whether what stands beside a birth date is of that day; what holds no hour is."""
    times = [str(one.get("valueDateTime", day)) for one in (precise or {}).get("extension") or []]
    return all(time.startswith(day) for time in times)


def _joined(said: Json) -> Json:
    """deceased[x] is one element with two forms; labels are those of the patient."""
    deceased = {key: said.pop(key) for key in ("deceasedBoolean", "deceasedDateTime") if key in said}
    if deceased:
        kept = {key: value for key, value in deceased.items() if value is not None}
        said["deceased"] = (
            {"deceasedDateTime": kept["deceasedDateTime"]} if "deceasedDateTime" in kept else kept or None
        )
    return said


def _take_numbers(identity: Identity, numbers: list[Json], *, own: bool) -> bool:
    changed = False
    for number in numbers:
        name = f"{number.get('system', '')}|{number.get('value', '')}"
        before = identity.numbers.get(name)
        if before is not None and (not own or before == number):
            continue
        identity.numbers[name] = number if own else {**number, "use": "old"}
        changed = True
    return changed
