"""Messages written out in a test, and what mapping says of them."""

from typing import Any

from contrefeu.chart.fold import fold, to_bundle
from contrefeu.journal import MEDIA_HL7V2, Entry
from contrefeu.mapping import FeedRules, Reading, read

RECEIVED_NS = 1_790_000_000_000_000_000


def entry(body: bytes, media_type: str = MEDIA_HL7V2, n: int = 1, source: str = "LAB@CHU") -> Entry:
    """An entry of a journal that holds *body*."""
    return Entry("drill/t-capture", n, RECEIVED_NS + n, n, source, media_type, body)


def hl7(kind: str, *segments: str, control_id: str = "M1", world: str = "P", time: str = "20261124083000") -> bytes:
    """A message; *segments* come after MSH."""
    msh = f"MSH|^~\\&|LAB|CHU|CF|CHU|{time}||{kind}|{control_id}|{world}|2.5"
    return "\r".join([msh, *segments, ""]).encode()


def reading(kind: str, *segments: str, n: int = 1, rules: FeedRules | None = None, **header: str) -> Reading:
    """What mapping says of a message."""
    return read(entry(hl7(kind, *segments, **header), n=n), rules or FeedRules())


def said(found: Reading, kind: str) -> list[dict[str, Any]]:
    """The resources of a kind that a reading states."""
    return [one.resource for one in found.said if one.kind == kind]


def bundle(*readings: Reading) -> dict[str, list[dict[str, Any]]]:
    """The chart of the first reading's patient, by type."""
    key = readings[0].subjects[0].keys[0]
    found: dict[str, list[dict[str, Any]]] = {}
    for part in to_bundle(fold(key, "P", readings))["entry"]:
        found.setdefault(part["resource"]["resourceType"], []).append(part["resource"])
    return found
