"""A simulated hospital: seeded, driven by its own clock, with a ledger of what is true.

    hospital = Hospital.for_drill(seed=7, beds=24, style="fr", now_ns=start)
    messages = list(hospital.run(hours=24))     # in order of sending
    truth = hospital.truth()                    # what each chart must hold once they have arrived

Rules kept here:
  * Same seed, beds, style and start: the same messages, byte for byte, and the same truth.
  * A hospital is met in the middle of its life: it has a past, told before anything else, and lived while it is told.
  * After a run every line is up: nothing that is in the ledger is still to be sent.
"""

from collections import deque
from collections.abc import Iterator

from contrefeu.drill.care import HOUR
from contrefeu.drill.flow import Flow
from contrefeu.drill.house import House
from contrefeu.drill.ledger import TruePatient
from contrefeu.drill.mishaps import Mishaps
from contrefeu.drill.senders import Style, System
from contrefeu.drill.sending import Sent
from contrefeu.drill.ward import Nurses
from contrefeu.drill.workup import Workup
from contrefeu.drill.writing import NS_PER_S

ZONE = "Europe/Paris"  # of its clocks; a sender without an offset writes this wall time
PAST_HOURS_MAX = 72  # of a house's past: whole stays, cultures that ended, letters
PAST_HOURS_MIN = 6  # of a large house's past: its beds are full, and the boards do not wait for long
_PAST_BED_HOURS = 72 * 100  # a past as long as that many bed-hours: about 10,000 messages


class Hospital:
    """One house."""

    def __init__(self, seed: int, beds: int, style: Style, start_ns: int, zone: str = ZONE) -> None:
        self.style: Style = style
        self._core = House(seed, beds, style, start_ns - start_ns % NS_PER_S, zone)
        self._met_ns = self._core.now
        self._workup = Workup(self._core)
        self._nurses = Nurses(self._core, self._workup)
        self._flow = Flow(self._core, self._nurses)
        self._flow.start()
        Mishaps(self._core, self._flow, self._nurses, self._workup).start()

    @classmethod
    def for_demo(cls, seed: int, beds: int, style: Style, now_ns: int) -> "Hospital":
        """A house with a past that ends at *now_ns*: `live` tells it first, and goes on in step with the clock."""
        past = min(PAST_HOURS_MAX, max(PAST_HOURS_MIN, _PAST_BED_HOURS // beds))
        hospital = cls(seed, beds, style, now_ns - past * HOUR)
        hospital._met_ns = now_ns
        return hospital

    @classmethod
    def for_drill(cls, seed: int, beds: int, style: Style, now_ns: int) -> "Hospital":
        """The same, for a batch: `run` gives the past first."""
        return cls.for_demo(seed, beds, style, now_ns)

    @classmethod
    def for_exercise(cls, seed: int, beds: int, now_ns: int, past_hours: int) -> "Hospital":
        """A French house with a past of so many hours that ends at *now_ns*: people wait for it before they play."""
        hospital = cls(seed, beds, "fr", now_ns - past_hours * HOUR)
        hospital._met_ns = now_ns
        return hospital

    @property
    def now_ns(self) -> int:
        """The house's own time."""
        return self._core.now

    @property
    def met_ns(self) -> int:
        """When the house was met: its past ends here."""
        return self._met_ns

    @property
    def next_ns(self) -> int | None:
        """When something happens next."""
        return self._core.next_at()

    @property
    def beds(self) -> int:
        """Beds of the house."""
        return self._core.beds

    @property
    def systems(self) -> tuple[System, ...]:
        """Who speaks."""
        return tuple(self._core.senders)

    def run(self, hours: float) -> Iterator[Sent]:
        """Give the past, if it was not given yet; live for *hours*, and give what is sent, in order.

        At the end no line is down: all that the ledger holds was given.
        """
        until_ns = max(self._core.now, self._met_ns) + int(hours * 3600) * NS_PER_S
        yield from self.until(until_ns)
        self._core.lines_up()
        yield from self._taken()

    def until(self, until_ns: int) -> Iterator[Sent]:
        """Live until *until_ns* and give what is sent, in order."""
        core = self._core
        yield from self._taken()
        while (at_ns := core.next_at()) is not None and at_ns <= until_ns:
            core.step()
            if core.out:
                yield from self._taken()
        core.now = max(core.now, until_ns)

    def stand_still(self, hours: float) -> None:
        """Let *hours* go by in which none of its systems says anything: all that was to come comes so much later."""
        self._core.put_off(int(hours * 3600) * NS_PER_S)

    def go_live(self) -> None:
        """Connect the monitors: from now on something is measured every few seconds."""
        self._core.live = True
        self._workup.go_live()

    def critical(self, number: str, now_ns: int) -> list[Sent]:
        """What the laboratory sends when it finds a critical potassium now; nothing of who is not in the house.

        Args:
            number: Of the patient, as `truth` names them.
            now_ns: When.
        """
        core = self._core
        core.now = max(core.now, now_ns)
        value = number.rpartition("|")[2]
        found = [stay for stay in core.present.values() if stay.registration.survivor().number == value]
        kept, core.out = core.out, deque()
        for stay in found[:1]:
            self._workup.critical(stay)
        sent, core.out = list(core.out), kept
        return sent

    def truth(self) -> tuple[TruePatient, ...]:
        """What each chart must hold, once all that was given by `run` or `until` has arrived."""
        return self._core.ledger.patients()

    def _taken(self) -> Iterator[Sent]:
        out = self._core.out
        while out:
            yield out.popleft()
