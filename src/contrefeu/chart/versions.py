"""Which statement about an object holds, and what becomes of the others (DESIGN section 8, "Three times per fact").

Rules kept here:
  * Versions follow the object's own status and time: a preliminary result never replaces a final one, and what was
    said earlier never replaces what was said later, whenever either arrives. Arrival breaks ties.
  * A corrected, deleted or wrong value is replaced and stays visible beside the new one, each value once.
  * An update changes what it says and leaves the rest, element by element; absent removes nothing.
  * A feed never reopens what was stopped by an older word, nor by one of the same second: of two that are as old,
    the one that ends an order holds.
  * What people here ended, or hold, stays so: a feed's later word that it goes on is shown beside, for somebody to
    decide. A feed that ends what people here hold is heard.
  * A prescription that was modified here is stopped by it only while it runs: who stopped or held it elsewhere, and
    could not see that, is heard (chart/clashes.py).
  * An allergy or a problem that is said again after it was taken back stands again.
"""

from bisect import insort
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from contrefeu.fhir import Json, derived_id, encode
from contrefeu.mapping import OBJECT, SEEN, WRITTEN, Reading, Said

EARLIER = "urn:contrefeu:earlier"  # extension: a value that was replaced
CONFLICT = "urn:contrefeu:conflict"  # extension: what a feed says against what people here ended
REASON, MODIFIED = "urn:contrefeu:reason", "modified"  # system and code of why a prescription was stopped
SOURCE = "urn:contrefeu:entry:"

# How far along an object is: a lower rank never replaces a higher one (HL7 table 0085 as FHIR statuses).
_RANKS = {
    "registered": 0,
    "partial": 1,
    "preliminary": 1,
    "final": 2,
    "amended": 2,
    "corrected": 2,
    "appended": 2,
    "cancelled": 2,
    "entered-in-error": 2,
}
_RANKED = frozenset({"Observation", "DiagnosticReport"})
_TIMES = 10**17  # microseconds from one rank to the next: times until the year 5138 fit between two
# Types whose replaced contents stay visible, and the elements that hold them
_CONTENTS: dict[str, tuple[str, ...]] = {
    "Observation": (),  # value[x]
    "DiagnosticReport": ("conclusion", "presentedForm"),
    "DocumentReference": ("content",),
    "MedicationAdministration": ("dosage",),
}
# Statuses that end an order, a slot, a document
_ENDED = frozenset({"stopped", "cancelled", "revoked", "completed", "entered-in-error", "superseded", "noshow"})
_GOES_ON = frozenset({"active", "draft", "unknown", ""})  # against a hold
_ORDERS = frozenset({"MedicationRequest", "ServiceRequest"})  # of which one holds, whoever says what
_ENDING = frozenset({"MedicationRequest", "ServiceRequest", "Appointment", "DocumentReference"})
# Types that are taken back by verificationStatus, and stand by clinicalStatus: never both (FHIR ait-2, con-5)
_TAKEN_BACK = frozenset({"AllergyIntolerance", "Condition"})
# Which type an object's subject element is called otherwise in (R4).
_SUBJECT = {
    "AllergyIntolerance": "patient",
    "Immunization": "patient",
    "NutritionOrder": "patient",
    "RelatedPerson": "patient",
    "Task": "for",
}


class Earlier(Struct, frozen=True, omit_defaults=True):
    """A version that does not hold: replaced, or too late."""

    at_ns: int
    status: str
    ref: str
    value: Json  # value[x]; empty when what it held stands in its entry alone
    digest: str = ""  # of contents that are kept in the entry alone

    @property
    def contents(self) -> object:
        """What tells two versions apart."""
        return self.digest or self.value


class Rival(Struct, frozen=True):
    """A word of people on an order, beside another one that could not see it, nor it that one (D6)."""

    now: Json
    ref: str
    received_ns: int
    order: tuple[int, str, int]


class Kept(Struct, dict=True):  # dict: what is worked out of `now`, and is not written (flags.py)
    """One object: what holds of it, who said so, and what was replaced."""

    kind: str
    id: str
    now: Json
    ref: str  # the entry that set it last
    received_ns: int
    at_ns: int
    order: tuple[int, str, int]
    strength: int = 0  # of the word that holds
    told: dict[str, int] = field(default_factory=dict)  # strength of elements that an earlier word said
    earlier: list[Earlier] = field(default_factory=list)  # by their time
    apart: list[Rival] = field(default_factory=list)  # of an order: words of people who could not see one another's

    def resource(self, subject: Json) -> Json:
        """The FHIR resource."""
        found: Json = {"resourceType": self.kind, "id": self.id, "meta": {"source": f"{SOURCE}{self.ref}"}}
        if self.earlier and (replaced := self.replaced()):
            found["extension"] = [*self.now.get("extension", []), *map(_extension, replaced)]
        found = {**found, **self.now, **found}  # what comes first stays first, and stands
        if "security" in self.now.get("meta", {}):
            found["meta"] = {**found["meta"], "security": self.now["meta"]["security"]}
        if self.kind == "Appointment":
            found["participant"] = [{"actor": subject, "status": "accepted"}, *found.get("participant", [])]
        else:
            found[_SUBJECT.get(self.kind, "subject")] = subject
        return found

    def replaced(self) -> list[Earlier]:
        """The versions that differ from what came after them."""
        following: list[object] = [one.contents for one in self.earlier[1:]]
        present = _version(self.kind, self.now, self.at_ns, self.ref)
        following.append(present.contents if present else None)
        return [one for one, after in zip(self.earlier, following, strict=True) if one.contents != after]


def take(kept: dict[str, Kept], said: Said, reading: Reading) -> None:
    """Take one statement into the objects of a chart."""
    id_ = said.key.removeprefix(OBJECT) if said.key.startswith(OBJECT) else derived_id(said.kind, said.key)
    name = f"{said.kind}/{id_}"
    at_ns = said.at_ns or reading.at_ns or reading.received_ns
    strength = strength_of(said.kind, said.resource, at_ns)
    old = kept.get(name)
    if old is None:
        kept[name] = Kept(
            said.kind, id_, said.resource, reading.ref, reading.received_ns, at_ns, reading.order, strength
        )
        return
    if is_modified(said.resource) and _written(old.now) and old.now.get("status") in {"stopped", "on-hold"}:
        return
    holds = strength >= old.strength
    if said.kind in _ORDERS and _written(said.resource):
        _set_apart(old, said.resource, reading)
    if holds and _reopens(old, said):
        said = replace(said, resource=_in_conflict(old.now, said.resource, reading))
    if said.kind in _CONTENTS:
        if holds:
            _remember(old, _version(old.kind, old.now, old.at_ns, old.ref))
        else:
            _remember(old, _version(said.kind, said.resource, at_ns, reading.ref))
    if said.mode == "update":
        _update(old, said.resource, strength)
    elif holds:
        old.now, old.told = said.resource, {}
    if holds:
        old.ref, old.received_ns, old.order = reading.ref, reading.received_ns, reading.order
        old.at_ns, old.strength = at_ns, strength


def seen_by_author(resource: Json) -> dict[str, int]:
    """How far the author of a word of people could see: journal -> its last act."""
    for one in resource.get("extension") or []:
        if one.get("url") == WRITTEN:
            said = next((str(part.get("valueString", "")) for part in one["extension"] if part.get("url") == SEEN), "")
            pairs = (text.rpartition("/") for text in said.split())
            return {journal: int(n) for journal, _, n in pairs if n.isascii() and n.isdigit()}
    return {}


def _set_apart(old: Kept, said: Json, reading: Reading) -> None:
    """Keep two words of people on one order that could not see each other: whichever holds, somebody must choose."""
    seen = seen_by_author(said)
    old.apart = [one for one in old.apart if not _saw(seen, one.order)]  # who saw it has spoken since
    if not _written(old.now) or is_modified(old.now) or is_modified(said):
        return  # of a change the prescription that took the place says it (clashes.py)
    if _saw(seen, old.order) or _saw(seen_by_author(old.now), reading.order) or reading.order[1] == old.order[1]:
        return
    words = [*old.apart, Rival(old.now, old.ref, old.received_ns, old.order)]
    words.append(Rival(said, reading.ref, reading.received_ns, reading.order))
    old.apart = list({one.ref: one for one in words}.values())


def _saw(seen: dict[str, int], order: tuple[int, str, int]) -> bool:
    return seen.get(order[1], 0) >= order[2]


def _reopens(old: Kept, said: Said) -> bool:
    """Whether a feed says that what people here ended, or hold, goes on."""
    before, after = (str(one.get("status", "")) for one in (old.now, said.resource))
    return (
        old.kind in _ENDING
        and ((before in _ENDED and after not in _ENDED) or (before == "on-hold" and after in _GOES_ON))
        and _written(old.now)
        and not _written(said.resource)
    )


def _written(resource: Json) -> bool:
    """Whether people here said it; no feed can claim so (shapes.py)."""
    return any(one.get("url") == WRITTEN for one in resource.get("extension", []))


def is_modified(prescription: Mapping[str, Any]) -> bool:
    """Whether a prescription is stopped because another one took its place, as people here say it."""
    codings = (prescription.get("statusReason") or {}).get("coding") or []
    return any(one.get("system") == REASON and one.get("code") == MODIFIED for one in codings)


def _in_conflict(now: Json, said: Json, reading: Reading) -> Json:
    """What the feed says, ended all the same, with what it says of the status beside."""
    ours = [one for one in now["extension"] if one.get("url") == WRITTEN]
    parts = [
        {"url": "status", "valueCode": str(said.get("status") or "unknown")},
        {"url": "source", "valueUri": f"{SOURCE}{reading.ref}"},
    ]
    theirs = [one for one in said.get("extension", []) if one.get("url") not in {WRITTEN, CONFLICT}]
    kept: Json = {name: now[name] for name in ("status", "statusReason") if name in now}
    return {**said, **kept, "extension": [*theirs, *ours, {"url": CONFLICT, "extension": parts}]}


def strength_of(kind: str, resource: Json, at_ns: int) -> int:
    """How strong a word is: of a result by its status, then by its time (microseconds)."""
    at_us = min(at_ns // 1000, _TIMES - 1)
    return at_us if kind not in _RANKED else _RANKS.get(str(resource.get("status", "")), 2) * _TIMES + at_us


def overlay(now: Json, told: dict[str, int], holder: int, said: Json, strength: int) -> bool:
    """Lay a word over what earlier ones said, element by element; an element of a stronger word stays.

    Args:
        now: Elements; changed.
        told: Strength of those that are not from the word that holds; changed.
        holder: Strength of the word that holds.
        said: The word.
        strength: Its strength; from *holder* up it holds from now on.

    Returns:
        Whether anything changed.
    """
    changed = False
    if strength >= holder:
        for element in now:
            if element not in said:
                told.setdefault(element, holder)
        for element, value in said.items():
            told.pop(element, None)
            changed = changed or now.get(element) != value
            now[element] = value
        return changed
    for element, value in said.items():
        if strength >= told.get(element, holder if element in now else strength):
            told[element] = strength
            changed = changed or now.get(element) != value
            now[element] = value
    return changed


def _update(old: Kept, said: Json, strength: int) -> None:
    """Lay an update over an object."""
    now, results = dict(old.now), [*old.now.get("result", []), *said.get("result", [])]
    studies = [*old.now.get("imagingStudy", []), *said.get("imagingStudy", [])]
    numbers = [one for one in (*old.now.get("identifier", []), *said.get("identifier", [])) if _is_accession(one)]
    tied = old.kind in _ENDING and strength == old.told.get("status", old.strength)
    if tied and str(now.get("status", "")) in _ENDED and str(said.get("status", "")) not in _ENDED:
        said = {name: value for name, value in said.items() if name not in {"status", "docStatus"}}
    overlay(now, old.told, old.strength, said, strength)
    if results:
        now["result"] = list({str(one.get("reference")): one for one in results}.values())
    if studies:
        now["imagingStudy"] = list({str(one.get("reference")): one for one in studies}.values())
    if numbers:
        others = [one for one in now.get("identifier", []) if not _is_accession(one)]
        known = {(str(one.get("system")), str(one.get("value"))): one for one in numbers}
        now["identifier"] = [*others, *known.values()]
    if old.kind in _TAKEN_BACK:
        _stand_or_fall(now, old.told, max(old.strength, strength))
    old.now = now


def _is_accession(number: Json) -> bool:
    """A number by which images are found: a later word that does not say it takes it from nobody (F17)."""
    return any(one.get("code") == "ACSN" for one in (number.get("type") or {}).get("coding") or [])


def _stand_or_fall(now: Json, told: dict[str, int], holder: int) -> None:
    """Of "it stands" and "it was taken back" the later word holds; of two as late, that it stands."""
    if "clinicalStatus" not in now or "verificationStatus" not in now:
        return
    if "entered-in-error" in [c.get("code") for c in now["verificationStatus"].get("coding") or []]:
        stands, fell = told.get("clinicalStatus", holder), told.get("verificationStatus", holder)
        del now["clinicalStatus" if fell > stands else "verificationStatus"]


def _remember(old: Kept, version: Earlier | None) -> None:
    """Put a version that does not hold beside the one that does: each value once in each status, by its first time."""
    if version is None:
        return
    for at, one in enumerate(old.earlier):
        if one.status == version.status and one.contents == version.contents:
            if one.at_ns <= version.at_ns:
                return
            del old.earlier[at]
            break
    insort(old.earlier, version, key=lambda one: one.at_ns)


def _version(kind: str, resource: Json, at_ns: int, ref: str) -> Earlier | None:
    """What stays of a version that does not hold; None when it held nothing to see."""
    status = str(resource.get("docStatus") or resource.get("status") or "")
    if kind == "Observation":
        value = {key: found for key, found in resource.items() if key.startswith("value")}
        return Earlier(at_ns, status, ref, value) if value else None
    contents = {name: resource[name] for name in _CONTENTS[kind] if resource.get(name)}
    if not contents:
        return None
    dose = contents["dosage"].get("dose") if kind == "MedicationAdministration" else None
    digest = blake2b(encode(contents), digest_size=8).hexdigest()
    return Earlier(at_ns, status, ref, {"valueQuantity": dose} if dose else {}, digest)


def _extension(version: Earlier) -> Json:
    parts: list[Json] = [
        {"url": "status", "valueCode": version.status},
        {"url": "source", "valueUri": f"{SOURCE}{version.ref}"},
    ]
    parts += [{"url": "value", key: value} for key, value in version.value.items()]
    return {"url": EARLIER, "extension": parts}
