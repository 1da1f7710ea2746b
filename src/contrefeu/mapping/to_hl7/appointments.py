"""Appointment -> SCH, TQ1, NTE, PID, PV1, RGS, AIS, AIL, AIP: a slot that was given, moved or taken off on a ward.

Shapes are those of HL7 v2.5.1, 10.3 (SIU) and 10.4 (SCH, RGS, AIS, AIL, AIP).

Rules kept here:
  * S12 is new, S13 moved, S15 cancelled, S17 taken back: it was written by mistake.
  * Why it was moved or cancelled is the first line of its comment, and goes as the event's reason (SCH-6).
  * What for, where and with whom are the words that somebody typed: no code is made of them.
"""

from collections.abc import Iterator, Sequence

from contrefeu.fhir import Json
from contrefeu.mapping.to_hl7.segments import (
    About,
    Interface,
    Unsaid,
    coded,
    line,
    moment,
    own_number,
    person,
    said_before,
    stay,
    text,
)

_EVENTS = {  # FHIR status -> event, SCH-25 (HL7 table 0278)
    "booked": ("S12", "Booked"),
    "cancelled": ("S15", "Cancelled"),
    "entered-in-error": ("S17", "Deleted"),
}
_MADE = "^downtime"  # SCH-6 must be said: why a slot was given now, and not by the system that gives them


def appointment(resources: Sequence[Json], about: About, interface: Interface) -> tuple[str, list[str]]:
    """Return the kind, and the segments after MSH.

    Raises:
        Unsaid: It says several, is of another status, has no hour, or is another system's.
    """
    if len(resources) != 1:
        raise Unsaid("it says several appointments")
    (one,) = resources
    if str(one.get("status")) not in _EVENTS:
        raise Unsaid("an appointment of a status that a message cannot say")
    if not one.get("start"):
        raise Unsaid("an appointment without an hour")
    event, status = _EVENTS[str(one["status"])]
    again = event != "S12" or bool(said_before(one, about))
    why, _, rest = str(one.get("comment", "")).partition("\n") if again else ("", "", str(one.get("comment", "")))
    sch = {
        1: own_number(one, about),
        6: f"^{text(why)}" if why else _MADE,
        7: coded(next(iter(one.get("reasonCode") or []), None)),
        9: str(one.get("minutesDuration") or ""),
        10: "MIN" if one.get("minutesDuration") else "",
        11: "" if interface.version == "2.6" else f"^^^{_span(one, '^')}",
        16: "^CONTREFEU",
        20: "^CONTREFEU",
        25: status,
    }
    timing = [line("TQ1", _begins_and_ends(one))] if interface.version == "2.6" else []
    notes = [line("NTE", {1: "1", 3: text(rest)})] if rest else []
    kind = "SIU^S13" if again and event == "S12" else f"SIU^{event}"
    return kind, [line("SCH", sch), *timing, *notes, *person(about), *stay(about), "RGS|1", *_taken_up(one)]


def _begins_and_ends(one: Json) -> dict[int, str]:
    return {1: "1", 7: moment(str(one["start"])), 8: moment(str(one["end"])) if one.get("end") else ""}


def _span(one: Json, mark: str) -> str:
    return mark.join(moment(str(one[name])) for name in ("start", "end") if one.get(name))


def _taken_up(one: Json) -> Iterator[str]:
    """AIS, then AIL and AIP: what is done, where, and with whom."""
    for n, service in enumerate(one.get("serviceType") or [], 1):
        yield line("AIS", {1: str(n), 3: coded(service), 4: moment(str(one["start"]))})
    actors = [part.get("actor") or {} for part in one.get("participant") or []]
    for name, kind in (("AIL", "Location"), ("AIP", "Practitioner")):
        words = [str(actor["display"]) for actor in actors if actor.get("type") == kind and actor.get("display")]
        mark = "" if kind == "Location" else "^"  # PL-1 is where; XCN-2 is the name
        for n, said in enumerate(words, 1):
            yield line(name, {1: str(n), 3: f"{mark}{text(said)}"})
