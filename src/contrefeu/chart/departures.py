"""Who left which ward when: to another one, out of the house, or because they had never been there (FIELD F4).

Rules kept here:
  * Movements alone say it, those that stand, each at its own time: one that was cancelled is none.
  * An admission that was taken back leaves the ward at that word: what was written meanwhile is of somebody.
  * Where no ADT feed ever spoke of a patient, the places of FHIR Encounters that are over say it.
"""

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from contrefeu.chart.elements import codes, display, first, instant
from contrefeu.chart.fold import Chart
from contrefeu.chart.stays import moves_of, taken_back

KEPT_S = 92 * 86_400  # seconds before a chart's last word: the longest downtime that hospitals told of, and its return
DEPARTURES_MAX = 200  # of one patient, the newest: a dialysis three times a week for a year

How = Literal["moved", "left", "undone"]


class Departure(Struct, frozen=True):
    """One ward that a patient left."""

    place: list[str]  # ward, room, bed
    at_ns: int
    to: str = ""  # the next ward of the same stay; "" when they went out, or nobody said where
    how: How = "left"


class Left(Struct, frozen=True):
    """One patient who was in a ward and is not there any more."""

    id: str  # chart id
    room: str
    bed: str
    at: str  # RFC 3339
    to: str  # the ward that they went to; "" for none
    how: How
    now: str  # the ward where they lie; "" for none
    last: str  # where they lie, else the ward that they left last


def departures_of(chart: Chart) -> list[Departure]:
    """Return each ward that the patient left, the last one first."""
    since = chart.last_received_ns - KEPT_S * 10**9
    found = [one for one in (*_by_movements(chart), *_by_fhir(chart)) if one.at_ns >= since]
    return sorted(found, key=lambda one: (one.at_ns, one.place), reverse=True)[:DEPARTURES_MAX]


def _by_movements(chart: Chart) -> Iterator[Departure]:
    for stay in chart.stays.values():
        place: list[str] = []
        for at_ns, move in moves_of(stay):
            if move.kind == "plan":
                continue
            if move.kind in {"discharge", "delete"}:
                if place or move.place:
                    yield Departure((place or move.place)[:3], at_ns, how="undone" if move.kind == "delete" else "left")
                place = []
            elif move.place:
                if place and move.place[0] != place[0]:
                    yield Departure(place[:3], at_ns, move.place[0], "moved")
                place = move.place
        undone = taken_back(stay)
        if undone is not None:
            yield Departure(undone[1][:3], undone[0], how="undone")


def _by_fhir(chart: Chart) -> Iterator[Departure]:
    stays = [kept.now for kept in chart.kept.values() if kept.kind == "Encounter"] if not chart.stays else ()
    for stay in stays:
        over = str(first(stay, "period.end")) if stay.get("status") == "finished" else ""
        for one in stay.get("location") or []:
            ward = display(one.get("location"))
            end = str((one.get("period") or {}).get("end") or over)
            if ward and instant(end) and (codes(one.get("physicalType")) or ["wa"])[0] == "wa":
                yield Departure([ward], instant(end))
