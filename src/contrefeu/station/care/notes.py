"""Notes: a person's words, a DocumentReference with their text.

Types are LOINC document codes (loinc.org): 34746-8 nurse note, 34109-9 note, 34748-4 telephone encounter note.
"""

from base64 import b64encode
from collections.abc import Sequence

from contrefeu.fhir import Json
from contrefeu.station.care.form import TEXT_MAX, Choice, Field, Form, Target, Typed, concept, moment_fields
from contrefeu.station.care.scribe import Scribe
from contrefeu.web import N_

KINDS = {
    "nursing": (N_("Transmission infirmière"), "34746-8"),
    "medical": (N_("Note médicale"), "34109-9"),
    "call": (N_("Appel téléphonique"), "34748-4"),
}


def _fields(_target: Target, scribe: Scribe) -> Sequence[Field]:
    choices = tuple(Choice(code, words) for code, (words, _) in KINDS.items())
    return (
        Field("kind", N_("Sorte"), "choice", choices=choices, required=True, value="nursing"),
        Field("text", N_("Texte"), "area", required=True, length_max=TEXT_MAX),
        *moment_fields(scribe),
    )


def _write(_target: Target, typed: Typed) -> list[Json]:
    at, text = typed.moment(), typed.text("text")
    words, loinc = KINDS[typed.text("kind")]
    attachment = {"contentType": "text/plain; charset=utf-8", "data": b64encode(text.encode()).decode()}
    return [
        {
            "resourceType": "DocumentReference",
            "status": "current",
            "docStatus": "final",
            "type": concept(typed.scribe.say(words), ("http://loinc.org", loinc)),
            "date": at,
            "author": [typed.scribe.author],
            "content": [{"attachment": attachment}],
        }
    ]


NOTE = Form("note", N_("Note"), "write", _fields, _write, block="reports")
