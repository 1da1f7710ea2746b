"""Entries of an exercise, made by hand: what people do, at a minute of its clock."""

from contrefeu.acts import Act, ExerciseStarted, NamedPatient, encode
from contrefeu.base import rfc3339
from contrefeu.exercise import Script, parse_script, shipped
from contrefeu.fhir import Json
from contrefeu.fhir import encode as as_json
from contrefeu.journal import MEDIA_ACT, MEDIA_FHIR, Entry

START_NS = 1_795_000_000_000_000_000
JOURNAL = "drill/n1-station"
REF = f"{JOURNAL}/1"
A, B, C = "000801", "000802", "000803"  # two that injects name, and a third
TEXT = shipped()["ward"]
VITAL = {"coding": [{"code": "vital-signs"}]}


def ward() -> Script:
    """The half hour of a ward."""
    return parse_script(TEXT, "ward")


def started(speed: float = 1.0) -> ExerciseStarted:
    """The act that begins it."""
    patients = {"a": NamedPatient([A], "A A (lit 1)"), "b": NamedPatient([B], "B B (lit 2)")}
    return ExerciseStarted(TEXT, "MED", rfc3339(START_NS), speed, patients, "Dr Exemple")


def at(minute: float, body: Act | list[Json], by: str = "user/nadia", speed: float = 1.0) -> Entry:
    """An entry of a minute: an act, or what somebody wrote in a chart."""
    at_ns = START_NS + int(minute * 60 / speed * 1_000_000_000)
    sequence = int(minute * 1000) + 2
    if isinstance(body, list):
        whole = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in body]}
        return Entry(JOURNAL, sequence, at_ns, at_ns, by, MEDIA_FHIR, as_json(whole))
    return Entry(JOURNAL, sequence, at_ns, at_ns, by, MEDIA_ACT, encode(body))


def about(kind: str, number: str, **elements: object) -> Json:
    """A resource about a patient."""
    return {"resourceType": kind, "subject": {"identifier": {"system": "urn:id:X", "value": number}}, **elements}
