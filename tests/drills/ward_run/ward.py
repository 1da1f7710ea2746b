"""Who writes for four weeks: a house that stays full, and counts what it wrote.

Rules kept here:
  * Acts are those of the recovery's wards (tests/drills/recover/ward.py), each through its form; a patient has ROUNDS a
    day, and stays some STAY_DAYS.
  * What was written of a patient is counted beside it, never read out of a chart.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from random import Random
from typing import Any

from contrefeu.base import ManualClock
from contrefeu.chart import SPECIMEN, Chart
from contrefeu.chart.sheet import Sheet
from contrefeu.cli.node import Node
from contrefeu.journal import JournalWriter
from contrefeu.station.care import Scribe
from tests.drills.recover.facts import Facts
from tests.drills.recover.ward import Ward

ROUNDS = 6  # a day: vital signs every four hours
STAY_DAYS = 6  # a ward's mean
_HOME = 0.3  # of the moves of a recovery's ward: the others are transfers

# Acts of one round, and of how many patients: some seven doses, a note, a prescription, a request and a task a day.
SHARES: Sequence[tuple[float, Callable[[Ward, str, Sheet], None]]] = (
    (0.6, Ward._gives),
    (0.2, Ward._note),
    (0.2, Ward._prescribes),
    (0.2, Ward._stops),
    (0.2, Ward._signs),
    (0.2, Ward._answers),
    (0.2, Ward._asks),
    (0.02, Ward._learns),
    (0.05, Ward._warns),
    (0.2, Ward._charges),
)


class Stays(Facts):
    """Where newcomers lie, and nothing else: a run is long."""

    words = 0

    def add(self, patient: str, *fact: Any) -> None:
        """Note a stay."""
        if fact[0] == "stay":
            super().add(patient, *fact)

    def drop(self, patient: str, *fact: Any) -> None:
        """A stay is otherwise."""
        if fact[0] == "stay":
            super().drop(patient, *fact)

    def token(self, patient: str) -> str:
        """A word that nobody else writes."""
        self.words += 1
        return f"mot{self.words:06d}x"


class FullHouse(Ward):
    """As many patients as there are beds, every day."""

    def __init__(self, node: Node, clock: ManualClock, chance: Random, journal: JournalWriter) -> None:
        super().__init__(node, clock, chance)
        self.facts = Stays()
        self._journal = journal
        self.present: list[str] = []
        self.entries: Counter[str] = Counter()  # patient -> entries written
        self.objects: dict[str, Counter[str]] = {}  # patient -> type -> objects that were new

    def fill(self, inpatients: int) -> None:
        """Admit until every bed is taken."""
        while len(self.present) < inpatients:
            before = len(self.facts.newcomers)
            self._arrives(None)
            self.present += list(self.facts.newcomers)[before:]

    def cares(self, sheets: Iterable[tuple[str, Sheet]]) -> None:
        """One round."""
        left = set()
        for patient, sheet in sheets:
            self._vitals(patient, sheet)
            for share, act in SHARES:
                if self._chance.random() < share:
                    act(self, patient, sheet)
            if self._chance.random() < 1 / (_HOME * ROUNDS * STAY_DAYS):
                self._moves(patient, sheet)
                left |= {patient} if not self._lies(patient) else set()
        self.present = [one for one in self.present if one not in left]

    def _lies(self, patient: str) -> bool:
        return any(fact[1] == "in-progress" and n > 0 for fact, n in self.facts.by_patient[patient].items())

    def _writes(self, chart: Chart, scribe: Scribe, resources: Sequence[Any], once: str = "") -> str:
        self.entries[chart.key] += 1
        new = self.objects.setdefault(chart.key, Counter())
        new.update(str(one["resourceType"]) for one in resources if _is_new(one))
        return super()._writes(chart, scribe, resources, once)


def _is_new(resource: Mapping[str, Any]) -> bool:
    """Whether an object is written for the first time; who a patient is and where they lie is no object."""
    given = resource.get("identifier") or []
    return resource["resourceType"] not in ("Patient", "Encounter") and all(one["system"] == SPECIMEN for one in given)
