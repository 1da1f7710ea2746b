"""Which messages a rule of a feed is about (F45): all that it says must be so.

Rules kept here:
  * A field is looked at in each segment and repetition: what is said twice cannot hide.
  * A document that is no HL7 v2 message is known by its codes alone: no other condition is read in it.
"""

import re
from collections.abc import Callable, Collection, Iterator
from typing import Any

from msgspec.json import decode

from contrefeu.hl7 import Message
from contrefeu.hospital import RuleSettings
from contrefeu.journal import MEDIA_CDA, MEDIA_FHIR

_PATH = re.compile(r"([A-Z][A-Z0-9]{2})-(\d+)(?:\.(\d+))?(?:\.(\d+))?")
# The patient's ward; the medical service; the unit responsible (IHE PAM France, ZBE-7 is an XON: its 10 is the code)
_WARD = ("PV1-3.1", "PV1-10.1", "ZBE-7.10", "ZBE-7.1")
_DOCUMENT = ("OBR-4.1", "OBR-4.4", "TXA-2.1", "OBX-3.1", "OBX-3.4")
_CDA_CODE = re.compile(rb'<(?:[\w.-]+:)?code\b[^<>]*?\bcode\s*=\s*["\']([^"\']*)["\']')

_Test = Callable[[Message], bool]


class About:
    """What one rule is about."""

    def __init__(self, said: RuleSettings) -> None:
        self._document = said.document
        self._only_document = not (said.message or said.ward or said.path)
        self._tests: list[_Test] = []
        if said.message:
            self._tests.append(_kind(said.message))
        if said.ward:
            self._tests.append(_any(_WARD, said.ward))
        if said.document:
            self._tests.append(_any(_DOCUMENT, said.document))
        if said.path:
            self._tests.append(_any((said.path,), said.value))

    def fits(self, message: Message) -> bool:
        """Whether it is about an HL7 v2 message; a rule without a condition is about each."""
        return all(test(message) for test in self._tests)

    def names_document(self, codes: Collection[str]) -> bool:
        """Whether it is about a document that is no HL7 v2 message: it has a code, and none of the fields."""
        return self._only_document and self._document in codes


def codes_of(media_type: str, body: bytes) -> list[str]:
    """Return the codes that a CDA document or a FHIR resource calls itself by."""
    if media_type == MEDIA_CDA:
        found = _CDA_CODE.search(body)  # ClinicalDocument/code comes before any other (CDA R2, 4.2.1)
        return [found[1].decode("utf-8", "replace")] if found else []
    if media_type != MEDIA_FHIR:
        return []
    try:
        whole = decode(body)
    except (ValueError, RecursionError):  # no JSON, or no UTF-8
        return []
    return [code for _, one in entries_of(whole) for code in coded(one)]


def entries_of(whole: Any, url: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every resource of a bundle, a list, or bundles in bundles, with its fullUrl."""
    waiting = [(url, whole)]
    while waiting:
        name, one = waiting.pop()
        if isinstance(one, list):
            waiting += [("", inside) for inside in reversed(one)]
        elif isinstance(one, dict) and isinstance(one.get("entry"), list):
            found = [entry for entry in one["entry"] if isinstance(entry, dict)]
            waiting += [(str(entry.get("fullUrl") or ""), entry.get("resource")) for entry in reversed(found)]
        elif isinstance(one, dict):
            yield name, one


def coded(resource: dict[str, Any]) -> Iterator[str]:
    """Yield the codes of DocumentReference.type, Composition.type, DiagnosticReport.code."""
    for key in ("type", "code"):
        concept = resource.get(key)
        codings = concept.get("coding") if isinstance(concept, dict) else None
        for one in codings if isinstance(codings, list) else []:
            if isinstance(one, dict) and one.get("code"):
                yield str(one["code"])


def _kind(named: str) -> _Test:
    code, _, event = named.partition("^")
    return lambda message: message.code == code and event in ("", message.event)


def _any(paths: Collection[str], value: str) -> _Test:
    """Whether *value* stands at one of *paths*, in any segment and repetition."""
    places = [_place(path) for path in paths]

    def test(message: Message) -> bool:
        return any(
            rep.text(component, subcomponent) == value
            for name, field, component, subcomponent in places
            for segment in message.all(name)
            for rep in segment.reps(field)
        )

    return test


def _place(path: str) -> tuple[str, int, int, int]:
    found = _PATH.fullmatch(path)
    assert found is not None, "the settings were checked"
    name, field, component, subcomponent = found.groups()
    return name, int(field), int(component or 1), int(subcomponent or 1)
