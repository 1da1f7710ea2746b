"""Numbers of specimens: out of the range that a laboratory knows, else drawn here, and told so (FIELD F16).

Rules kept here:
  * A number counts once the reader gave back the act that drew it, with all that its journal says before it: what this
    process remembers gives no number.
  * Where none can be had in time, the label has a number of our own, and says that the laboratory does not know it. A
    request never waits for a number.
  * An exercise beside real patients draws nothing: its tubes go to no laboratory.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contrefeu.acts import SpecimenDrawn, SpecimenDraws, decode
from contrefeu.base import Clock, rfc3339
from contrefeu.chart import SPECIMEN, STATION, Chart
from contrefeu.fhir import Json
from contrefeu.hospital import Settings, SpecimenPart, SpecimenRange
from contrefeu.journal import of_station, parse_ref
from contrefeu.station.care.scribe import Scribe, object_number
from contrefeu.station.deps import ChartsLike
from contrefeu.station.numbers import Numbers
from contrefeu.station.staff import Staff
from contrefeu.web import N_

READ_WITHIN_S = 2.0  # how long a request waits for its number to be read back, before it has one of our own
TRIES_MAX = 3  # acts of one request: a part that ended meanwhile, a journal that was begun anew, and one that holds
LOOK_S = 0.05  # between two looks: less than anybody notices
_OUTSIDE = N_("hors de la plage du laboratoire")


@dataclass(frozen=True, slots=True)
class RangeState:
    """One laboratory's range, as this station stands in it."""

    name: str
    first: str  # of this station's part that is in use, as labels have it
    last: str
    left: int  # in all its parts
    low: int

    @property
    def is_low(self) -> bool:
        """Whether somebody must agree on other numbers."""
        return self.left < self.low


class Tubes:
    """What draws the numbers of specimens of one station."""

    def __init__(self, staff: Staff, charts: ChartsLike, clock: Clock, settings: Settings) -> None:
        self._staff = staff
        self._charts = charts
        self._clock = clock
        self._ranges = settings.specimen_numbers
        self._drill = settings.drill
        self._node = settings.node.id
        self._read = SpecimenDraws()  # what the reader gave back of this station's journals
        self._after = ""  # the last of their acts
        self._reached: dict[str, int] = {}  # journal -> sequence of the last of its acts that was read back
        self._once = Numbers(staff, clock)

    @property
    def laboratories(self) -> tuple[str, ...]:
        """Those that agreed on a range with this house."""
        return tuple(one.name for one in self._ranges)

    @property
    def states(self) -> list[RangeState]:
        """How many numbers are left of each range."""
        return range_states(self._ranges, self._station(), self._staff.specimens)

    @property
    def twice(self) -> list[str]:
        """Numbers that two stations gave: their settings differed."""
        return self._staff.specimens.twice

    async def labelled(
        self, chart: Chart, scribe: Scribe, once: str, resources: Sequence[Mapping[str, Any]], laboratory: str = ""
    ) -> list[Json]:
        """Return *resources*, each new request to a laboratory with the number of its label.

        Args:
            chart: Of the patient.
            scribe: Who writes.
            once: As for `bundle`: the same form has the same numbers.
            resources: As for `bundle`.
            laboratory: Which one, where several have a range; the first one for "".

        Raises:
            Problem: The journal does not take the act that draws.
        """
        of = next((one for one in self._ranges if laboratory in ("", one.name)), None)
        if of is None or (chart.world == "T" and not self._drill):
            return [dict(one) for one in resources]
        return [
            await self._numbered(dict(one), f"urn:uuid:{object_number(chart, once, place)}", of, chart, scribe)
            for place, one in enumerate(resources)
        ]

    async def _numbered(self, one: Json, what: str, of: SpecimenRange, chart: Chart, scribe: Scribe) -> Json:
        if {"system": SPECIMEN, "value": ""} not in one.get("identifier", []):
            return one
        label = _label_in(chart, what)
        if label is None:
            number = await self._once.once(what, lambda: self._draw(of, what, scribe.login))
            label = {"system": SPECIMEN, "value": number}
            if not number:
                label["type"] = {"coding": [{"system": SPECIMEN, "code": "outside"}], "text": scribe.say(_OUTSIDE)}
        return one | {"identifier": [label if n["system"] == SPECIMEN else n for n in one["identifier"]]}

    async def _draw(self, of: SpecimenRange, what: str, login: str) -> str:
        """The number of *what*; "" when none is left, or none was read back in time."""
        await self._staff.refresh()
        for _ in range(TRIES_MAX):
            known, station = self._staff.specimens.given(what), self._station()
            part = next((part for part in of.of(station) if known or self._left(of, part) > 0), None)
            if part is None:
                return ""
            above = self._staff.specimens.above(of.prefix, part.first, part.last)
            now = rfc3339(self._clock.now_ns())
            act = SpecimenDrawn(station, what, of.prefix, part.first, part.last, now, above, of.check)
            journal, sequence = parse_ref(await self._staff.write(act, login))
            if not await self._read_back(journal, sequence):
                return ""
            if number := self._read.number(journal, sequence):
                return number
        return ""

    async def _read_back(self, journal: str, sequence: int) -> bool:
        """Take what the reader has of this station's journal up to an entry; whether it is there in time."""
        for _ in range(int(READ_WITHIN_S / LOOK_S)):
            try:
                entries = await self._charts.acts(self._after)
            except (OSError, TimeoutError):
                return False
            for entry in entries:
                if entry.journal == journal:
                    if isinstance(act := decode(entry.body), SpecimenDrawn):
                        self._read.apply(act, journal, entry.sequence)
                    self._after = entry.ref
                    self._reached[journal] = max(entry.sequence, self._reached.get(journal, 0))
            if self._reached.get(journal, 0) >= sequence:
                return True
            await asyncio.sleep(LOOK_S)
        return False

    def _station(self) -> str:
        return station_name((entry.journal for entry, _ in self._staff.acts), self._node)

    def _left(self, of: SpecimenRange, part: SpecimenPart) -> int:
        return self._staff.specimens.left(of.prefix, part.first, part.last)


def station_name(journals: Iterable[str], node: str) -> str:
    """Return what *node* is called by the journal in which its people write: its id, or "n1.2" once that is another.

    >>> station_name(["n1-station", "n1.2-station", "n2.3-station"], "n1"), station_name([], "n1")
    ('n1.2', 'n1')
    """
    mine = [one.removesuffix(STATION) for one in set(journals) if one.endswith(STATION) and of_station(one, node)]
    return max(mine, key=lambda one: int(one.removeprefix(node).lstrip(".") or 1), default=node)


def range_states(ranges: Sequence[SpecimenRange], station: str, draws: SpecimenDraws) -> list[RangeState]:
    """Return how *station* stands in each of *ranges*: in which part it draws, and how many numbers are left in all.

    A station that was given no part, under its first name neither, is told nothing: its labels are its own by choice.
    """
    found = []
    for one in ranges:
        if not one.of(station) and not one.of(station.partition(".")[0]):
            continue
        parts = [(part, draws.left(one.prefix, part.first, part.last)) for part in one.of(station)]
        used = next((part for part, left in parts if left > 0), None)
        first, last = (one.prefix + used.first, one.prefix + used.last) if used else ("", "")
        found.append(RangeState(one.name, first, last, sum(max(0, left) for _, left in parts), one.low_labels))
    return found


def _label_in(chart: Chart, what: str) -> Json | None:
    """The label that a request has already; None when the chart has no such request."""
    for kept in chart.kept.values():
        numbers = kept.now.get("identifier") or []
        if any(one.get("value") == what for one in numbers):
            return next((dict(one) for one in numbers if one.get("system") == SPECIMEN), None)
    return None
