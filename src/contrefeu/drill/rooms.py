"""The house: wards, rooms, beds, and who works there.

Rules kept here:
  * A bed holds one patient, or none. A patient without a bed waits in the ward's corridor (no room, no bed).
  * Wards exist whatever the size of the house, each with two beds at least: a drill of eight beds has them all.
"""

from dataclasses import dataclass
from random import Random

from contrefeu.drill.patients import People


@dataclass(frozen=True, slots=True)
class Place:
    """Where a patient lies."""

    ward: str
    room: str = ""
    bed: str = ""


@dataclass(frozen=True, slots=True)
class Worker:
    """Somebody on the staff."""

    number: str
    family: str
    given: str


@dataclass(frozen=True, slots=True)
class Kind:
    """What a ward is for."""

    code: str
    name: str
    name_en: str
    unit: str  # functional unit (UF), ZBE-7
    specialty: str  # PV1-10, HL7 table 0069
    share: int  # of the beds, in hundredths
    youngest: int
    oldest: int
    vitals_minutes: int  # between two sets of vital signs, in quiet times
    live_minutes: int  # the same when monitors are connected


KINDS = (
    Kind("URG", "Urgences", "Emergency", "3101", "URG", 13, 2, 95, 60, 6),
    Kind("REA", "Réanimation", "Intensive care", "3201", "REA", 9, 25, 88, 60, 5),
    Kind("CARD", "Cardiologie", "Cardiology", "2301", "CAR", 17, 40, 92, 240, 20),
    Kind("CHIR", "Chirurgie viscérale", "Surgery", "2401", "SUR", 18, 18, 85, 240, 25),
    Kind("MED", "Médecine interne", "Medicine", "2101", "MED", 14, 20, 95, 300, 30),
    Kind("GER", "Gériatrie", "Geriatrics", "2501", "GER", 13, 76, 99, 480, 40),
    Kind("MAT", "Maternité", "Maternity", "2601", "OBS", 9, 20, 41, 360, 40),
    Kind("PED", "Pédiatrie", "Paediatrics", "2701", "PED", 7, 1, 15, 240, 25),
)
EMERGENCY, INTENSIVE, MATERNITY = "URG", "REA", "MAT"


def ward_names(style: str) -> list[tuple[str, str]]:
    """Code and name of each ward, in French ("fr") or English."""
    return [(kind.code, kind.name if style == "fr" else kind.name_en) for kind in KINDS]


class Ward:
    """One ward: its beds and who lies in them."""

    def __init__(self, kind: Kind, beds: int, floor: int) -> None:
        self.kind = kind
        self.free: list[Place] = [
            Place(kind.code, f"{floor}{bed // 2 + 1:02}", "PF"[bed % 2]) for bed in range(beds)
        ]  # P: porte (door), F: fenêtre (window)
        self.beds = beds
        self.doctors: list[Worker] = []
        self.nurses: list[Worker] = []

    def take(self, rng: Random) -> Place | None:
        """Take a free bed, or none."""
        if not self.free:
            return None
        return self.free.pop(rng.randrange(len(self.free)))

    def give_back(self, place: Place) -> None:
        """Free a bed."""
        if place.bed:
            self.free.append(place)

    def hold(self, place: Place) -> bool:
        """Take this very bed, if it is free."""
        if place not in self.free:
            return False
        self.free.remove(place)
        return True


def build(beds: int, rng: Random, people: People) -> dict[str, Ward]:
    """Build a house of about *beds* beds."""
    wards = {}
    number = 99_000_000_001
    for floor, kind in enumerate(KINDS):
        ward = Ward(kind, max(2, round(beds * kind.share / 100)), floor)
        for staff, count in ((ward.doctors, 3), (ward.nurses, 6)):
            for _ in range(count):
                staff.append(Worker(str(number), people.family(), people.given(rng.choice("FM"))))
                number += 1
        wards[kind.code] = ward
    return wards
