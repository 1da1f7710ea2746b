"""An entry as a FHIR transaction: what its patient's chart says now of all that it speaks of (decision 0132).

    Patient      created where none has the number
    the rest     created where none has our own identifier; each names the patient, and each other, by it

Rules kept here:
  * Everything is a conditional create: sent twice, it is there once, and nothing of theirs is changed. That two numbers
    are one patient's is the one thing that cannot be said so: the patient who has the lost number there gets a link to
    the one who stays, and nothing else of it changes, and only as it was when it was read (If-Match; decision 0104).
  * What they hold under the same number is theirs: said the same, it is referred to; said otherwise, nothing of the
    entry is sent, and a person decides.
  * Each carries the tag HISTORICAL. Nothing is assumed to be suppressed for it (F33): orders wait as they do for MLLP.
"""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

from contrefeu.acts import IdentitiesLinked
from contrefeu.chart import Chart, to_bundle
from contrefeu.fhir import Json, derived_id, encode
from contrefeu.journal import Entry
from contrefeu.mapping import OBJECT, Reading, Rules, read
from contrefeu.mapping.to_hl7 import authority_of
from contrefeu.recovery.forms import Sendable, Unsendable, own_control_id
from contrefeu.recovery.salient import salient
from contrefeu.recovery.ward_messages import link_of

SYSTEM = OBJECT.rstrip("|")
HISTORICAL = {"system": "urn:contrefeu:replay", "code": "historical"}


class Statements:
    """Makes transactions of entries."""

    def __init__(
        self, rules: Rules, chart_of: Callable[[str], Chart | None], theirs: Callable[[str, str], list[Json]]
    ) -> None:
        """Prepare.

        Args:
            rules: Of the senders.
            chart_of: Gives the chart of a number, "authority|value".
            theirs: Gives the resources that the target holds of a type under "system|value".
        """
        self._rules = rules
        self._chart_of = chart_of
        self._theirs = theirs

    def __call__(self, entry: Entry, target: str) -> Sendable:
        """Return *entry* as it goes to *target*.

        Raises:
            Unsendable: It does not.
        """
        link = link_of(entry)
        if link is not None:
            return self._linked(entry, link, target)
        reading = read(entry, self._rules.of(entry.source))
        made = [one for part in (reading, *reading.also) for one in self._said(part)]
        if not any(one["resource"]["resourceType"] != "Patient" for one in made) and not reading.identifies:
            raise Unsendable("it says nothing that FHIR can hold, or that the target does not")
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": made}
        return Sendable(encode(bundle), own_control_id(entry.ref, target))

    def _linked(self, entry: Entry, link: IdentitiesLinked, target: str) -> Sendable:
        """A link from the patient who has the lost number to the one who stays."""
        if link.undo:
            raise Unsendable("two patients after all: part them there by hand")
        chart = self._chart_of(link.survivor)
        if chart is None:
            raise Unsendable("its patient has no number that the target could know")
        stays = next(_resources(chart))
        number = _own_number(stays, chart)
        if number is None:
            raise Unsendable("its patient has no number that the target could know")
        lost = _number_in(stays, link.lost)
        replaced = {"other": {"reference": f"urn:uuid:{chart.id}"}, "type": "replaced-by"}
        made = [
            _create(f"Patient/{chart.id}", _bare(stays, {}), number),
            self._lost(lost, replaced, derived_id("chart", link.world, link.lost)),
        ]
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": made}
        return Sendable(encode(bundle), own_control_id(entry.ref, target))

    def _lost(self, number: Json, link: Json, own: str) -> Json:
        """The patient who has the lost number there, with *link*; who is not there is made, with nothing but both."""
        found = self._theirs("Patient", f"{number['system']}|{number['value']}")
        if not found:
            return _create(
                f"Patient/{own}",
                {"resourceType": "Patient", "identifier": [number], "active": False, "link": [link]},
                number,
            )
        version = str((found[0].get("meta") or {}).get("versionId", ""))
        if len(found) > 1 or not version:
            raise Unsendable("the target has several patients of the lost number, or does not say which version it has")
        there = f"Patient/{found[0]['id']}"
        changed = {**found[0], "active": False, "link": [*found[0].get("link", []), link]}
        request = {"method": "PUT", "url": there, "ifMatch": f'W/"{version}"'}
        return {"fullUrl": f"urn:uuid:{own}", "resource": changed, "request": request}

    def _said(self, part: Reading) -> Iterator[Json]:
        """The entries of the transaction about one patient."""
        chart = self._chart_of(part.subjects[0].keys[0]) if part.subjects and part.subjects[0].keys else None
        if chart is None:
            return
        held = {f"{one['resourceType']}/{one['id']}": one for one in _resources(chart)}
        names = dict.fromkeys(name for name in spoken_of(part) if name in held)
        if not names and not part.identifies:
            return
        patient = held[f"Patient/{chart.id}"]
        number = _own_number(patient, chart)
        if number is None:
            raise Unsendable("its patient has no number that the target could know")
        yield _create(f"Patient/{chart.id}", _bare(patient, {}), number)
        theirs = {name: own for name in names if (own := self._same(held[name]))}
        places = {name: f"urn:uuid:{_id(name)}" for name in (f"Patient/{chart.id}", *names)} | theirs
        for name in names:
            if name not in theirs:
                made = _marked(_bare(held[name], places), name)
                yield _create(name, made, {"system": SYSTEM, "value": _id(name)})

    def _same(self, resource: Json) -> str:
        """What the target calls *resource*, which it holds under one of its numbers; "" when it does not.

        Raises:
            Unsendable: What it holds says something else.
        """
        said, kind = salient(resource), resource["resourceType"]
        for number in resource.get("identifier") or []:
            if not number.get("system") or not number.get("value"):
                continue
            for found in self._theirs(kind, f"{number['system']}|{number['value']}"):
                other = salient(found)
                if any(other.get(name) != words for name, words in said.items()):
                    raise Unsendable("the target holds something else under its number")
                return f"{kind}/{found.get('id')}"
        return ""


def spoken_of(part: Reading) -> Iterator[str]:
    """Yield the objects that a reading says something of, as charts call them: "Type/id"."""
    for stay in part.stays:
        yield f"Encounter/{derived_id('Encounter', stay.visit)}"
    for movement in part.movements:
        yield f"Encounter/{derived_id('Encounter', movement.visit)}"
    for said in part.said:
        own = said.key.removeprefix(OBJECT) if said.key.startswith(OBJECT) else derived_id(said.kind, said.key)
        yield f"{said.kind}/{own}"


def _resources(chart: Chart) -> Iterator[Json]:
    for entry in to_bundle(chart)["entry"]:
        yield entry["resource"]


def _own_number(patient: Json, chart: Chart) -> Json | None:
    value = chart.key.partition("|")[2]
    numbers = [one for one in patient.get("identifier") or [] if one.get("system") and one.get("value")]
    return next((one for one in numbers if one["value"] == value), numbers[0] if numbers else None)


def _number_in(patient: Json, key: str) -> Json:
    """The Identifier of *key* ("authority|value") as the chart has it, else as such a key is written."""
    authority, _, value = key.partition("|")
    numbers = (one for one in patient.get("identifier") or [] if one.get("value") == value and one.get("system"))
    found = next((one for one in numbers if authority_of(one) == authority), None)
    return {"system": found["system"] if found else f"urn:id:{authority}", "value": value}


def _create(name: str, resource: Json, number: Json) -> Json:
    return {
        "fullUrl": f"urn:uuid:{_id(name)}",
        "resource": resource,
        "request": {
            "method": "POST",
            "url": resource["resourceType"],
            "ifNoneExist": f"identifier={quote(number['system'] + '|' + number['value'], safe=':|')}",
        },
    }


def _marked(resource: Json, name: str) -> Json:
    number = {"system": SYSTEM, "value": _id(name)}
    meta = {**resource.get("meta", {}), "tag": [*resource.get("meta", {}).get("tag", []), HISTORICAL]}
    return {**resource, "meta": meta, "identifier": [number, *resource.get("identifier", [])]}


def _bare(resource: Json, places: dict[str, str]) -> Json:
    """*resource* without our id, what it refers to as the target can find it."""
    return {key: _referring(value, places) for key, value in resource.items() if key not in ("id", "link")}


def _referring(value: Any, places: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [_referring(one, places) for one in value]
    if not isinstance(value, dict):
        return value
    target = value.get("reference")
    if not isinstance(target, str):
        return {key: _referring(one, places) for key, one in value.items()}
    if target in places:
        return {**value, "reference": places[target]}
    kind, _, own = target.rpartition("/")
    words = {key: one for key, one in value.items() if key != "reference"}
    return {**words, "identifier": {"system": SYSTEM, "value": own}} | ({"type": kind} if kind.isalpha() else {})


def _id(name: str) -> str:
    return name.partition("/")[2]
