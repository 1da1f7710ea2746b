"""The house's clock, its lines to the outside, and its registers.

Rules kept here:
  * Time is a queue of things to do: nothing here reads the machine's clock. Same seed, same start: same messages,
    byte for byte.
  * A message and the facts that it tells leave in the same instant: the ledger holds what was said, no more, no less.
  * A line that is down keeps its messages and sends them in their order when it is up again, however old they are; a
    message may be sent twice, the same bytes, when its sender heard no acknowledgement.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from heapq import heappop, heappush
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from contrefeu.drill.care import MINUTE, SCHEDULES
from contrefeu.drill.ehr import Admissions
from contrefeu.drill.english import ENGLISH
from contrefeu.drill.facts import Registration, Schedule, Stay
from contrefeu.drill.labs import Orders, Results
from contrefeu.drill.ledger import Fact, Ledger, Merged
from contrefeu.drill.patients import People, Person
from contrefeu.drill.pharmacy import ORDERER, Pharmacy
from contrefeu.drill.records import Documents, Record, Theatre
from contrefeu.drill.rooms import KINDS, Place, Ward, build
from contrefeu.drill.senders import Style, System, senders
from contrefeu.drill.sending import Sent
from contrefeu.drill.writing import NS_PER_S

REPEAT_CHANCE = 0.003  # of a message to be sent again: an acknowledgement that was lost


class House:
    """What arrivals, nurses and mishaps share."""

    def __init__(self, seed: int, beds: int, style: Style, start_ns: int, zone: str) -> None:
        self.rng = Random(seed)  # noqa: S311 - chance that can be repeated is what a drill needs
        self.style = style
        self.now = start_ns
        self.live = False
        self.zone = ZoneInfo(zone)
        self.people = People(self.rng, style)
        self.wards: dict[str, Ward] = build(beds, self.rng, self.people)
        self.kinds = {kind.code: kind for kind in KINDS}
        self.ledger = Ledger()
        self.present: dict[str, Stay] = {}  # by visit: who is in the house
        self.former: deque[Stay] = deque(maxlen=200)  # who left last
        self.out: deque[Sent] = deque()
        self._queue: list[tuple[int, int, Callable[..., object], tuple[Any, ...]]] = []
        self._asked = 0
        self._numbers: dict[str, int] = {}
        self._down: dict[System, list[tuple[bytes, list[Fact | Merged]]]] = {}

        said = senders(style, seed, zone)
        self.senders = said
        self.admissions = Admissions(said["admissions"])
        self.orders = Orders(said["orders"])
        self.laboratory = Results(said["laboratory"], ORDERER[style])
        self.imaging = Results(said["imaging"], ORDERER[style])
        self.monitors = Results(said["monitors"], "")
        self.pharmacy = Pharmacy(said["pharmacy"])
        self.record = Record(said["orders"])
        self.documents = Documents(said["documents"])
        self.theatre = Theatre(said["theatre"])

    @property
    def beds(self) -> int:
        """Beds of the house."""
        return sum(ward.beds for ward in self.wards.values())

    def after(self, delay_ns: int, do: Callable[..., object], *args: object) -> None:
        """Do something later, on a whole second: what a clerk types has no finer time."""
        self._asked += 1
        at_ns = self.now + max(delay_ns, 0)
        heappush(self._queue, (at_ns - at_ns % NS_PER_S, self._asked, do, args))

    def care(self, stay: Stay, delay_ns: int, do: Callable[..., object], *args: object) -> None:
        """Do something for a patient later, if that stay still goes on then."""
        self.after(delay_ns, self._care, stay, stay.epoch, do, args)

    def _care(self, stay: Stay, epoch: int, do: Callable[..., object], args: tuple[object, ...]) -> None:
        if stay.epoch != epoch:
            return
        if stay.status in {"in-progress", "on-leave"}:
            do(stay, *args)
        else:  # discharged by mistake: nobody knows yet
            self.after(20 * MINUTE, self._care, stay, epoch, do, args)

    def minutes(self, low: float, high: float) -> int:
        """A delay between *low* and *high* minutes, in ns, to the second."""
        return int(self.rng.uniform(low, high) * 60) * NS_PER_S

    def next_at(self) -> int | None:
        """When the next thing is to be done."""
        return self._queue[0][0] if self._queue else None

    def step(self) -> None:
        """Do the next thing."""
        at_ns, _, do, args = heappop(self._queue)
        self.now = max(self.now, at_ns)
        do(*args)

    def emit(self, system: System, message: bytes, *facts: Fact | Merged) -> None:
        """Send *message*, which tells *facts*; or keep it until its line is up."""
        kept = self._down.get(system)
        if kept is not None:
            kept.append((message, list(facts)))
            return
        self.ledger.take(facts)
        self.out.append(Sent(system, self.now, message))
        if self.rng.random() < REPEAT_CHANCE:
            self.out.append(Sent(system, self.now, message, repeat=True))

    def line_down(self, system: System, for_ns: int) -> bool:
        """Cut the line of *system* for a while; False when it is down already."""
        if system in self._down:
            return False
        self._down[system] = []
        self.after(for_ns, self._line_up, system)
        return True

    def lines_up(self) -> None:
        """Mend every line now: what was kept is sent."""
        for system in list(self._down):
            self._line_up(system)

    def _line_up(self, system: System) -> None:
        for message, facts in self._down.pop(system, ()):
            self.ledger.take(facts)
            self.out.append(Sent(system, self.now, message))

    def put_off(self, by_ns: int) -> None:
        """Let time go by and nothing happen: what was to be done is done so much later, in the same order."""
        self.now += by_ns
        self._queue = [(at_ns + by_ns, asked, do, args) for at_ns, asked, do, args in self._queue]

    def number(self, kind: str) -> str:
        """The next number of its kind, as its owner writes them."""
        count = self._numbers[kind] = self._numbers.get(kind, 0) + 1
        first, width = _NUMBERS[kind]
        return f"{first}{count:0{width}}"

    def say(self, text: str) -> str:
        """A sentence in the house's language."""
        return text if self.style == "fr" else ENGLISH[text]

    def schedule(self, name: str) -> Schedule:
        """A schedule with its words in the house's language."""
        found = SCHEDULES[name]
        return found if self.style == "fr" else replace(found, text=ENGLISH[found.text])

    def register(self, person: Person, status: str) -> Registration:
        """Give somebody a local number."""
        return Registration(self.number("patient"), person, status)

    def bed(self, code: str) -> Place | None:
        """Take a bed in a ward, or none."""
        return self.wards[code].take(self.rng)

    def settled(self, *, ward: str = "", minutes: float = 30) -> list[Stay]:
        """Who lies in a bed since *minutes* at least, in their order of arrival."""
        before = self.now - int(minutes * MINUTE)
        return [
            stay
            for stay in self.present.values()
            if stay.status == "in-progress"
            and stay.place.bed
            and not stay.died
            and stay.admitted_ns < before
            and stay.movements[-1].at_ns < before
            and (not ward or stay.ward == ward)
        ]


# First characters and width of each kind of number; leading zeros are part of a number.
_NUMBERS = {
    "patient": ("0008", 6),
    "visit": ("26", 7),
    "account": ("036", 6),
    "movement": ("125", 6),
    "placer": ("D", 8),
    "prescription": ("P", 8),
    "pharmacy": ("", 9),
    "filler": ("26L", 7),
    "accession": ("26R", 7),
    "measure": ("M", 9),
    "allergy": ("A", 7),
    "problem": ("PB", 7),
    "document": ("DOC", 8),
    "appointment": ("RDV", 6),
}
