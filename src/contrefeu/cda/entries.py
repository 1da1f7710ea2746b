"""Coded entries: allergies, medicines, problems, results, vaccines, acts (C-CDA 2.1; IHE PCC; French CI-SIS).

Rules kept here:
  * An entry is read in the section that it belongs to (LOINC code); elsewhere its text alone is shown.
  * A negation is part of what is said: "not allergic to X" is never read as X.
  * What was only planned, refused or asked (mood other than EVN and INT) is left to the text.
  * Values are kept as they stand; nothing is computed.
"""

import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator

from msgspec import Struct

from contrefeu.cda.codes import Code, Number, code_of, number_of, words_of
from contrefeu.cda.tree import XSI_TYPE, C

_NS = {"c": "urn:hl7-org:v3"}
ALLERGIES = "48765-2"
VACCINES = "11369-6"
ACTS = "47519-4"
# in general; on admission, at discharge; given; prescribed and dispensed (CI-SIS)
MEDICINES = frozenset({"10160-0", "42346-7", "10183-2", "29549-3", "57828-6", "60590-7"})
PROBLEMS = frozenset({"11450-4", "11348-0", "46241-6", "11535-2"})  # present, past, on admission, at discharge
# laboratory and imaging, vital signs; specialties of a laboratory's report (IHE XD-LAB, CI-SIS)
RESULTS = frozenset(
    {
        "30954-2", "8716-3", "18716-1", "18717-9", "18718-7", "18719-5", "18720-3", "18721-1", "18722-9", "18723-7",
        "18724-5", "18725-2", "18727-8", "18728-6", "18729-4", "18767-4", "18768-2", "18769-0", "26435-8", "26436-6",
        "26437-4", "26438-2", "56846-1",
    }
)  # fmt: skip
# Status observations that stand within a concern: codes of what is observed
_STATUS = frozenset({"33999-4", "11323-3"})


class Reaction(Struct, frozen=True):
    """An allergy, or that there is none."""

    number: Number | None
    kind: Code | None  # what it is an intolerance to, in general: drug, food...
    substance: Code | None
    negated: bool
    act_status: str  # of the concern: active, completed, aborted, suspended
    status: Code | None  # clinical status, when it is said
    since: str
    until: str
    manifestations: list[Code]
    severity: Code | None


class Problem(Struct, frozen=True):
    """A problem, or that there is none."""

    number: Number | None
    code: Code | None
    negated: bool
    act_status: str
    status: Code | None
    since: str
    until: str


class Substance(Struct, frozen=True):
    """A medicine: taken, or meant to be."""

    number: Number | None
    drug: Code | None
    negated: bool
    status: str
    mood: str
    since: str
    until: str
    dose: str
    dose_unit: str
    route: Code | None
    words: str  # instructions in the author's words


class Value(Struct, frozen=True):
    """value[x] of an observation, by its type."""

    kind: str  # PQ, CD, ST, INT, IVL_PQ...
    text: str
    unit: str
    code: Code | None
    low: str = ""
    high: str = ""


class Result(Struct, frozen=True):
    """One line of a panel, or a sign."""

    number: Number | None
    panel: Code | None
    code: Code | None
    value: Value | None
    status: str
    time: str
    flags: list[Code]
    ranges: list[str]


class Vaccine(Struct, frozen=True):
    """A vaccine: given, or not."""

    number: Number | None
    vaccine: Code | None
    negated: bool
    status: str
    time: str
    lot: str
    dose: str
    dose_unit: str
    route: Code | None
    reason: Code | None  # why it was not given


class Act(Struct, frozen=True):
    """What was done: an operation, an examination."""

    number: Number | None
    code: Code | None
    negated: bool
    status: str
    since: str
    until: str
    sites: list[Code]
    performers: list[str]


Entry = Reaction | Problem | Substance | Result | Vaccine | Act


def entries_of(entry: ET.Element, section: str, ids: dict[str, str]) -> Iterator[Entry]:
    """What one `entry` of a section says."""
    reader = _READERS.get(section)
    if reader is not None:
        yield from reader(entry, ids)


def _reactions(entry: ET.Element, ids: dict[str, str]) -> Iterator[Entry]:
    for act, observation in _concerns(entry):
        yield _reaction(act, observation, ids)


def _problems(entry: ET.Element, ids: dict[str, str]) -> Iterator[Entry]:
    for act, observation in _concerns(entry):
        yield _problem(act, observation, ids)


def _substances(entry: ET.Element, ids: dict[str, str]) -> Iterator[Entry]:
    for element in entry.iterfind("c:substanceAdministration", _NS):
        if element.get("moodCode") in {"EVN", "INT"}:
            yield _substance(element, ids)


def _vaccines(entry: ET.Element, ids: dict[str, str]) -> Iterator[Entry]:
    for element in entry.iterfind("c:substanceAdministration", _NS):
        if element.get("moodCode") == "EVN":
            yield _vaccine(element, ids)


def _acts(entry: ET.Element, ids: dict[str, str]) -> Iterator[Entry]:
    for name in ("procedure", "act", "observation"):
        for element in entry.iterfind(f"c:{name}", _NS):
            if element.get("moodCode") == "EVN":
                yield _act(element, ids)


def _concerns(entry: ET.Element) -> Iterator[tuple[ET.Element | None, ET.Element]]:
    for act in entry.iterfind("c:act", _NS):
        for observation in act.iterfind("c:entryRelationship/c:observation", _NS):
            yield act, observation
    for observation in entry.iterfind("c:observation", _NS):
        yield None, observation


def _reaction(act: ET.Element | None, observation: ET.Element, ids: dict[str, str]) -> Reaction:
    since, until = _interval(observation.find("c:effectiveTime", _NS))
    related = [
        (relation.get("typeCode", ""), child)
        for relation in observation.iterfind("c:entryRelationship", _NS)
        for child in relation.iterfind("c:observation", _NS)
    ]
    manifested = [child for kind, child in related if kind == "MFST"]
    severities = [child for _, child in related if _code(child) == "SEV"]
    for child in manifested:
        severities += [one for one in child.iter(f"{C}observation") if _code(one) == "SEV"]
    entity = observation.find("c:participant/c:participantRole/c:playingEntity", _NS)
    substance = code_of(entity.find("c:code", _NS), ids) if entity is not None else None
    name = words_of(entity.find("c:name", _NS), ids) if entity is not None else ""
    if name and (substance is None or not (substance.display or substance.text)):
        substance = Code(
            substance.system if substance else "",
            substance.code if substance else "",
            "",
            name,
            others=substance.others if substance else [],
        )
    return Reaction(
        number=number_of(observation.find("c:id", _NS)),
        kind=code_of(observation.find("c:value", _NS), ids),
        substance=substance,
        negated=observation.get("negationInd") == "true",
        act_status=_status(act if act is not None else observation),
        status=_told_status(observation),
        since=since,
        until=until,
        manifestations=[code for child in manifested if (code := code_of(child.find("c:value", _NS), ids))],
        severity=next((code for child in severities if (code := code_of(child.find("c:value", _NS), ids))), None),
    )


def _problem(act: ET.Element | None, observation: ET.Element, ids: dict[str, str]) -> Problem:
    since, until = _interval(observation.find("c:effectiveTime", _NS))
    return Problem(
        number=number_of(observation.find("c:id", _NS)),
        code=code_of(observation.find("c:value", _NS), ids),
        negated=observation.get("negationInd") == "true",
        act_status=_status(act if act is not None else observation),
        status=_told_status(observation),
        since=since,
        until=until,
    )


def _substance(element: ET.Element, ids: dict[str, str]) -> Substance:
    material = element.find("c:consumable/c:manufacturedProduct/c:manufacturedMaterial", _NS)
    drug = code_of(material.find("c:code", _NS), ids) if material is not None else None
    name = words_of(material.find("c:name", _NS), ids) if material is not None else ""
    if drug is None and name:
        drug = Code("", "", "", name)
    times = element.findall("c:effectiveTime", _NS)
    since, until = next((found for one in times if any(found := _interval(one))), ("", ""))
    dose = element.find("c:doseQuantity", _NS)
    centre = dose.find("c:center", _NS) if dose is not None else None
    dose = centre if centre is not None else dose
    return Substance(
        number=number_of(element.find("c:id", _NS)),
        drug=drug,
        negated=element.get("negationInd") == "true",
        status=_status(element),
        mood=element.get("moodCode", ""),
        since=since,
        until=until,
        dose=dose.get("value", "") if dose is not None else "",
        dose_unit=dose.get("unit", "") if dose is not None else "",
        route=code_of(element.find("c:routeCode", _NS), ids),
        words=words_of(element.find("c:text", _NS), ids),
    )


def _vaccine(element: ET.Element, ids: dict[str, str]) -> Vaccine:
    material = element.find("c:consumable/c:manufacturedProduct/c:manufacturedMaterial", _NS)
    code = code_of(material.find("c:code", _NS), ids) if material is not None else None
    name = words_of(material.find("c:name", _NS), ids) if material is not None else ""
    if code is None and name:
        code = Code("", "", "", name)
    times = [_interval(one)[0] for one in element.iterfind("c:effectiveTime", _NS)]
    dose = element.find("c:doseQuantity", _NS)
    reason = element.find("c:entryRelationship[@typeCode='RSON']/c:observation/c:code", _NS)
    return Vaccine(
        number=number_of(element.find("c:id", _NS)),
        vaccine=code,
        negated=element.get("negationInd") == "true",
        status=_status(element),
        time=next(filter(None, times), ""),
        lot=words_of(material.find("c:lotNumberText", _NS), ids) if material is not None else "",
        dose=dose.get("value", "") if dose is not None else "",
        dose_unit=dose.get("unit", "") if dose is not None else "",
        route=code_of(element.find("c:routeCode", _NS), ids),
        reason=code_of(reason, ids),
    )


def _act(element: ET.Element, ids: dict[str, str]) -> Act:
    since, until = _interval(element.find("c:effectiveTime", _NS))
    names = element.iterfind("c:performer/c:assignedEntity/c:assignedPerson/c:name", _NS)
    return Act(
        number=number_of(element.find("c:id", _NS)),
        code=code_of(element.find("c:code", _NS), ids),
        negated=element.get("negationInd") == "true",
        status=_status(element),
        since=since,
        until=until,
        sites=[code for one in element.iterfind("c:targetSiteCode", _NS) if (code := code_of(one, ids))],
        performers=[text for one in names if (text := " ".join("".join(f"{t} " for t in one.itertext()).split()))],
    )


def _results(entry: ET.Element, ids: dict[str, str]) -> Iterator[Entry]:
    for organizer in entry.iter(f"{C}organizer"):
        panel = code_of(organizer.find("c:code", _NS), ids)
        for observation in organizer.iterfind("c:component/c:observation", _NS):
            yield _result(organizer, panel, observation, ids)
    for path in ("c:observation", "c:act/c:entryRelationship/c:observation"):  # XD-LAB: under the report's act
        for observation in entry.iterfind(path, _NS):
            yield _result(None, None, observation, ids)


def _result(organizer: ET.Element | None, panel: Code | None, observation: ET.Element, ids: dict[str, str]) -> Result:
    when = _interval(observation.find("c:effectiveTime", _NS))[0]
    if not when and organizer is not None:
        when = _interval(organizer.find("c:effectiveTime", _NS))[0]
    return Result(
        number=number_of(observation.find("c:id", _NS)),
        panel=panel,
        code=code_of(observation.find("c:code", _NS), ids),
        value=_value(observation.find("c:value", _NS), ids),
        status=_status(observation),
        time=when,
        flags=[code for one in observation.iterfind("c:interpretationCode", _NS) if (code := code_of(one, ids))],
        ranges=[text for one in observation.iterfind("c:referenceRange", _NS) if (text := _range(one, ids))],
    )


def _value(element: ET.Element | None, ids: dict[str, str]) -> Value | None:
    if element is None:
        return None
    kind = element.get(XSI_TYPE, "").rpartition(":")[2]
    text = element.get("value", "") or words_of(element, ids)
    code = code_of(element, ids) if kind in {"CD", "CE", "CO", "CV"} else None
    low, high = (_bound(element.find(f"c:{name}", _NS)) for name in ("low", "high"))
    found = Value(kind, text, element.get("unit", ""), code, low, high)
    return found if text or code or low or high else None


def _range(element: ET.Element, ids: dict[str, str]) -> str:
    """A reference range in words: its own, else its bounds."""
    inner = element.find("c:observationRange", _NS)
    if inner is None:
        return ""
    words = words_of(inner.find("c:text", _NS), ids)
    value = inner.find("c:value", _NS)
    if words or value is None:
        return words
    low, high = (_bound(value.find(f"c:{name}", _NS)) for name in ("low", "high"))
    return f"{low} - {high}" if low and high else f">= {low}" if low else f"<= {high}" if high else ""


def _bound(element: ET.Element | None) -> str:
    if element is None or not element.get("value"):
        return ""
    return f"{element.get('value', '')} {element.get('unit', '')}".strip()


def _interval(element: ET.Element | None) -> tuple[str, str]:
    """TS or IVL_TS: from, to; a point in time is its beginning."""
    if element is None:
        return "", ""
    low, high = element.find("c:low", _NS), element.find("c:high", _NS)
    begin = low.get("value", "") if low is not None else element.get("value", "")
    return begin, high.get("value", "") if high is not None else ""


def _status(element: ET.Element) -> str:
    status = element.find("c:statusCode", _NS)
    return status.get("code", "") if status is not None else ""


def _told_status(observation: ET.Element) -> Code | None:
    for child in observation.iterfind("c:entryRelationship/c:observation", _NS):
        if _code(child) in _STATUS:
            return code_of(child.find("c:value", _NS))
    return None


def _code(observation: ET.Element) -> str:
    code = observation.find("c:code", _NS)
    return code.get("code", "") if code is not None else ""


_READERS: dict[str, Callable[[ET.Element, dict[str, str]], Iterator[Entry]]] = {
    ALLERGIES: _reactions,
    VACCINES: _vaccines,
    ACTS: _acts,
    **dict.fromkeys(PROBLEMS, _problems),
    **dict.fromkeys(MEDICINES, _substances),
    **dict.fromkeys(RESULTS, _results),
}
