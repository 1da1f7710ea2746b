"""Acts that waited in a browser while its station was out of reach: when they were done, and what happened meanwhile.

Rules kept here:
  * What was done is written, whatever happened meanwhile: it was done. Nothing is written over (D6).
  * Where the chart says something that its author could not see, a task stands beside it for a person to settle; it is
    listed and counted among what waits, until somebody says that it is settled.
  * Its time is its author's, corrected by how far the device's clock was from this station's when it came in (S7).
  * A form with a second person's secret never waits: a secret is not kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from contrefeu.base import rfc3339
from contrefeu.chart import Chart, drug_of
from contrefeu.fhir import Json
from contrefeu.station.care.form import DAYS_BACK, Form, Target, Typed
from contrefeu.station.care.scribe import Scribe
from contrefeu.web import N_

# What may wait: said of a patient whom the page showed, without a bed or a number that only a station can give.
QUEUED = frozenset({"vitals", "note", "dose", "allergy", "prescription", "stop", "hold"})
QUEUED |= {"request", "task", "done", "handover"}
SETTLE = "urn:contrefeu:task"  # system of the code of a task that this file makes
AGE_NS_MAX = DAYS_BACK * 86_400 * 10**9  # older ones are typed again by a person, as what was written on paper is

_MS = 1_000_000


@dataclass(frozen=True, slots=True)
class Waited:
    """How an act came in."""

    at_ns: int  # when it was done, by this station's clock
    seen_ns: int  # how far the page that its author saw had been read
    offset_ms: int  # how far the device was ahead of this station

    @property
    def parts(self) -> tuple[Json, ...]:
        """The same, as parts of the extension that says who wrote where."""
        return (
            {"url": "queued", "valueDateTime": rfc3339(self.at_ns)},
            {"url": "deviceAheadMs", "valueInteger": self.offset_ms},
        )


def parse_waited(said: str, now_ns: int) -> Waited | None:
    """Read "AT SEEN NOW", in ms of the device's clock; None when it is nothing of the kind or too long ago."""
    parts = said.split()
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) < 15 for part in parts):
        return None
    at, seen, sent = (int(part) * _MS for part in parts)
    offset_ns = sent - now_ns
    waited = Waited(min(now_ns, at - offset_ns), min(now_ns, seen - offset_ns), offset_ns // _MS)
    return waited if 0 <= now_ns - waited.at_ns <= AGE_NS_MAX else None


def written_already(chart: Chart, body: bytes) -> str:
    """Return the entry that said all of *body* before, when its answer was lost on the way; "" when none did."""
    mine = _uuids(body)
    refs = [kept.ref for kept in chart.kept.values() if mine & _own(kept.now)]
    return refs[0] if mine and len(refs) == len(mine) else ""


def disagreements(
    target: Target, typed: Typed, waited: Waited, body: bytes, moved: str, told: Sequence[str] = ()
) -> list[str]:
    """Return what the author of an act could not see, each in words of the node's language.

    Args:
        target: What the act is about.
        typed: What was typed.
        waited: How it came in.
        body: What is to be written.
        moved: What of the ward is written elsewhere by now, and where, in words; "" when the act's own part is not.
        told: What decision aids warn of, in words of the node's language.
    """
    say, found = typed.scribe.say, []
    if moved:
        found.append(say(N_("ne s’écrit plus à l’écran")) + f" : {moved}")
    for doubt in typed.doubts:
        when, _, by = doubt.partition("|")
        found.append(say(N_("déjà inscrit")) + f" : {_hour(when, typed.scribe)} {by}".rstrip())
    found += told
    line, mine = target.line, _uuids(body)
    if line is None:
        return found
    name = f"{line['resourceType']}/{line['id']}"
    for key, kept in target.sheet.chart.kept.items():
        if kept.received_ns <= waited.seen_ns or mine & _own(kept.now):
            continue
        if key == name and kept.now.get("status") not in _statuses(body, line["resourceType"]):
            found.append(say(N_("la ligne a changé")) + f" : {kept.now.get('status', '?')}")
        if not typed.doubts and (kept.now.get("request") or {}).get("reference") == name:
            hour = _hour(kept.now.get("effectiveDateTime", ""), typed.scribe)
            found.append(say(N_("autre dose inscrite")) + f" : {hour}")
    return found


def to_settle(form: Form, target: Target, scribe: Scribe, found: Sequence[str]) -> list[Json]:
    """Return the task for a person to settle what *found* says; none when nothing does."""
    if not found:
        return []
    line = target.line
    about = f" « {drug_of(line)} »" if line and line["resourceType"] == "MedicationRequest" else ""
    what = scribe.say(N_("À départager")) + f" : {scribe.say(form.title)}{about}, {scribe.name}, {scribe.now:%H:%M}"
    return [
        {
            "resourceType": "Task",
            "status": "requested",
            "intent": "order",
            "code": {"coding": [{"system": SETTLE, "code": "settle"}]},
            "description": f"{what} — {' ; '.join(dict.fromkeys(found))}",
            "authoredOn": scribe.at,
            "requester": scribe.author,
        }
    ]


def _said(body: bytes) -> list[dict[str, Any]]:
    return [one["resource"] for one in msgspec.json.decode(body)["entry"]]


def _statuses(body: bytes, kind: str) -> set[Any]:
    """What an act itself says of a line: two who say the same do not disagree."""
    return {one.get("status") for one in _said(body) if one["resourceType"] == kind}


def _uuids(body: bytes) -> set[str]:
    return set().union(*map(_own, _said(body)))


def _own(resource: Any) -> set[str]:
    numbers = (str(one.get("value", "")) for one in resource.get("identifier") or [])
    return {number for number in numbers if number.startswith("urn:uuid:")}


def _hour(when: Any, scribe: Scribe) -> str:
    try:
        return f"{datetime.fromisoformat(str(when)).astimezone(scribe.zone):%H:%M}"
    except ValueError:
        return "?"
