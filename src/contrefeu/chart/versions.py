"""Which statement about an object holds, and what becomes of the others (DESIGN section 8, "Three times per fact").

Rules kept here:
  * Versions follow the object's own status and time: a preliminary result never replaces a final one, and what was
    said earlier never replaces what was said later, whenever either arrives.
  * A corrected, deleted or wrong value is replaced and stays visible beside the new one.
  * An update changes what it says and leaves the rest; absent removes nothing.
  * A feed never reopens what was stopped by an older word (DESIGN section 8): order comes from the sender's times.
"""

from msgspec import Struct, field

from contrefeu.fhir import Json, derived_id
from contrefeu.mapping import Reading, Said

EARLIER = "urn:contrefeu:earlier"  # extension: a value that was replaced
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
# Which type an object's subject element is called otherwise in (R4).
_SUBJECT = {"AllergyIntolerance": "patient", "Immunization": "patient"}


class Kept(Struct):
    """One object: what holds of it, who said so, and what was replaced."""

    kind: str
    id: str
    now: Json
    ref: str  # the entry that set it last
    received_ns: int
    at_ns: int
    order: tuple[int, str, int]
    earlier: list[Json] = field(default_factory=list)  # replaced versions: value, status, ref

    def resource(self, subject: Json) -> Json:
        """The FHIR resource."""
        found: Json = {"resourceType": self.kind, "id": self.id, "meta": {"source": f"{SOURCE}{self.ref}"}}
        if self.earlier:
            found["extension"] = [*self.now.get("extension", []), *map(_earlier, self.earlier)]
        found.update((key, value) for key, value in self.now.items() if key not in found)
        if "security" in self.now.get("meta", {}):
            found["meta"] = {**found["meta"], "security": self.now["meta"]["security"]}
        if self.kind == "Appointment":
            found["participant"] = [{"actor": subject, "status": "accepted"}, *found.get("participant", [])]
        else:
            found[_SUBJECT.get(self.kind, "subject")] = subject
        return found


def take(kept: dict[str, Kept], said: Said, reading: Reading) -> None:
    """Take one statement into the objects of a chart."""
    id_ = derived_id(said.kind, said.key)
    name = f"{said.kind}/{id_}"
    at_ns = said.at_ns or reading.at_ns or reading.received_ns
    old = kept.get(name)
    if old is None:
        kept[name] = Kept(said.kind, id_, said.resource, reading.ref, reading.received_ns, at_ns, reading.order)
        return
    if not _supersedes(said, at_ns, old):
        if said.mode == "update":
            old.now = {**said.resource, **old.now}  # an older word fills what nobody has said since
        elif said.kind in _RANKED:
            old.earlier.append(_version(said.resource, reading.ref))
        return
    if said.mode == "update":
        now = {**old.now, **said.resource}
        if "result" in old.now and "result" in said.resource:
            now["result"] = _united(old.now["result"], said.resource["result"])
    else:
        now = said.resource
    if said.kind in _RANKED and _value(old.now) != _value(now) and _value(old.now) is not None:
        old.earlier.append(_version(old.now, old.ref))
    kept[name] = Kept(said.kind, id_, now, reading.ref, reading.received_ns, at_ns, reading.order, old.earlier)


def _supersedes(said: Said, at_ns: int, old: Kept) -> bool:
    if said.kind in _RANKED:
        before, after = (_RANKS.get(str(one.get("status", "")), 2) for one in (old.now, said.resource))
        if before != after:
            return after > before
    return at_ns >= old.at_ns


def _united(before: list[Json], after: list[Json]) -> list[Json]:
    known = {one.get("reference"): one for one in before}
    known.update((one.get("reference"), one) for one in after)
    return list(known.values())


def _value(resource: Json) -> object:
    return next((resource[key] for key in sorted(resource) if key.startswith("value")), None)


def _version(resource: Json, ref: str) -> Json:
    value = {key: found for key, found in resource.items() if key.startswith("value")}
    return {"status": resource.get("status", ""), "ref": ref, **value}


def _earlier(version: Json) -> Json:
    parts: list[Json] = [
        {"url": "status", "valueCode": version["status"]},
        {"url": "source", "valueUri": f"{SOURCE}{version['ref']}"},
    ]
    parts += [{"url": "value", key: value} for key, value in version.items() if key.startswith("value")]
    return {"url": EARLIER, "extension": parts}
