"""What a ward wrote and no message says: a document in the words that its screens and sheets have.

Precautions and levels of care, triage, tasks, answers and opinions between people.

Rules kept here:
  * One entry is one document, called by a number made of the entry's name: sent again, it is the same one.
  * Each resource is one line: its sentence, what an extension of ours says beside it, and the line that it is about.
  * Nothing goes so that asks the record system to do something: orders, doses and movements never do.
"""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID, uuid5

from msgspec import Struct

from contrefeu.chart import TRIAGE, Language, day, review_of, sentence
from contrefeu.fhir import Json
from contrefeu.mapping.to_hl7 import About

_KINDS = frozenset({"AllergyIntolerance", "Communication", "Flag", "RelatedPerson", "Task"})
_NAMES = UUID("0f5b2f0a-4a55-5b0f-8d0e-6a2f0b8c7d31")  # of these documents, among all name-based UUIDs
_LOINC = ("http://loinc.org", "34109-9")  # note
_WORDS: dict[str, dict[str, str]] = {
    "fr": {"title": "Consigne du service, écrite pendant la panne", "review": "à revoir le", "about": "à propos de"},
    "en": {"title": "Ward's instruction, written during the outage", "review": "to be reviewed on", "about": "about"},
}
_AUTHORS = ("author", "requester", "sender", "recorder")


class Wording(Struct, frozen=True):
    """In which language, and in whose wall time."""

    language: Language = "fr"
    zone: str = "Europe/Paris"


FRENCH = Wording()


def goes_in_words(resources: Sequence[Json]) -> bool:
    """Whether *resources* may go as words."""
    return bool(resources) and {str(one.get("resourceType")) for one in resources} <= _KINDS


def in_words(ref: str, resources: Sequence[Json], about: About, wording: Wording) -> Json:
    """Return the document that says *resources*, of the entry *ref*."""
    lines = [line for one in resources for line in _lines(one, about, wording)]
    system, code = _LOINC
    author = next((one[name] for one in resources for name in _AUTHORS if one.get(name)), None)
    data = b64encode("\n".join(lines).encode()).decode()
    return {
        "resourceType": "DocumentReference",
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{uuid5(_NAMES, ref)}"}],
        "status": "current",
        "docStatus": "final",
        "type": {"coding": [{"system": system, "code": code}], "text": _WORDS[wording.language]["title"]},
        "date": about.at,
        "author": [author] if author else [],
        "content": [{"attachment": {"contentType": "text/plain; charset=utf-8", "data": data}}],
    }


def _lines(one: Json, about: About, wording: Wording) -> Iterator[str]:
    words = _WORDS[wording.language]
    yield " · ".join(filter(None, (sentence(one, wording.language, wording.zone), *_beside(one, wording))))
    for named in one.get("about") or []:
        line = about.lines.get(str(named.get("reference", "")))
        if line is not None:
            yield f"  {words['about']} {sentence(line, wording.language, wording.zone)}"


def _beside(one: Json, wording: Wording) -> Iterator[str]:
    """What extensions of ours say: when a precaution is looked at again, who sees somebody and where they go."""
    if review := review_of(one):
        yield f"{_WORDS[wording.language]['review']} {day(review, wording.language)}"
    for extension in one.get("extension") or []:
        if extension.get("url") == TRIAGE:
            parts: list[dict[str, Any]] = extension.get("extension") or []
            yield from (str(part.get("valueString", "")) for part in parts)
