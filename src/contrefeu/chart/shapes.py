"""What a FHIR sender gave, as far as it has FHIR's shape: a chart is read by pages that must not stumble.

Rules kept here:
  * An element that is not of its type (hl7.org/fhir/R4) is left out, item by item in a list; what is beside it stays,
    and its bytes stay in the entry.
  * Elements that nothing here reads are kept as they came.
  * Nobody but the fold says what a chart replaced, and nobody but people here that they wrote something: an extension
    that claims to is left out.
"""

from functools import lru_cache
from typing import Any, get_args, get_origin, get_type_hints

import msgspec

from contrefeu.chart.versions import CONFLICT, EARLIER
from contrefeu.fhir import Json, datatypes, resources
from contrefeu.mapping import WRITTEN


class Component(msgspec.Struct):
    """Observation.component."""

    code: datatypes.CodeableConcept | None = None
    valueQuantity: datatypes.Quantity | None = None  # noqa: N815 - the standard's names
    valueCodeableConcept: datatypes.CodeableConcept | None = None  # noqa: N815
    valueString: str = ""  # noqa: N815
    valueRange: datatypes.Range | None = None  # noqa: N815
    valueRatio: datatypes.Ratio | None = None  # noqa: N815


class HourOfBirth(msgspec.Struct):
    """Patient._birthDate."""

    extension: list[datatypes.Extension] = []


# Elements that are read of any type, beside those of `contrefeu.fhir.resources`
_ALSO: dict[str, Any] = {
    "component": list[Component],
    "effectivePeriod": datatypes.Period,
    "occurrencePeriod": datatypes.Period,
    "performedPeriod": datatypes.Period,
    "medicationReference": datatypes.Reference,
    "_birthDate": HourOfBirth,
}
# Types whose element of this name is another one than in the table above or in their struct
_OWN: dict[str, dict[str, Any]] = {
    "Flag": {"author": datatypes.Reference},
    "MedicationRequest": {"requester": datatypes.Reference},
}


def well_shaped(kind: str, resource: Json, *, people: bool = False) -> Json:
    """Return *resource* without what has not the shape of its element; itself when all has."""
    types = _types(kind)
    found: Json = {}
    same = True
    claims = _CLAIMS if people else {*_CLAIMS, WRITTEN}
    for name, value in resource.items():
        expected = types.get(name)
        kept = value
        if name == "extension":
            kept = [one for one in _items(value) if one.get("url") not in claims]
        elif expected is not None:
            kept = _kept(value, expected)
        elif name in _TEXTS and not isinstance(value, str):
            kept = None
        same = same and kept is value
        if kept is not None:
            found[name] = kept
    return resource if same else found


_CLAIMS = frozenset({EARLIER, CONFLICT})  # the fold's own words
# Elements of any type that are words
_TEXTS = frozenset({"status", "docStatus", "criticality", "description", "comment", "conclusion", "priority", "gender"})


def _kept(value: Any, expected: Any) -> Any:
    if get_origin(expected) is list:
        if not isinstance(value, list):
            return None
        items = [one for one in value if _fits(one, get_args(expected)[0])]
        return value if len(items) == len(value) else items
    return value if _fits(value, expected) else None


def _fits(value: Any, expected: Any) -> bool:
    try:
        msgspec.convert(value, expected)
    except (msgspec.ValidationError, ValueError, OverflowError):
        return False
    return True


def _items(value: Any) -> list[Json]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


@lru_cache(maxsize=64)  # as many as there are types in a chart
def _types(kind: str) -> dict[str, Any]:
    """The elements of a type and what they must be."""
    struct = getattr(resources, kind, None)
    found = dict(_ALSO)
    if isinstance(struct, type) and issubclass(struct, resources.Resource):
        hints = get_type_hints(struct)
        named = {one.name: one.encode_name for one in msgspec.structs.fields(struct)}
        found |= {
            named[name]: hint for name, hint in hints.items() if name in named and name not in {"id", "extension"}
        }
    return found | _OWN.get(kind, {})
