"""People who do not exist: names, numbers, addresses, all drawn from a seed.

Rules kept here:
  * Nobody is real: family names are put together from syllables, places are invented, telephone numbers are in ranges
    that the regulator keeps for fiction, postal codes and INS stand in a department 99 with a commune 999.
  * Names are in capitals A to Z (F22); an INS has a valid key (97 - n mod 97) and the national OID for tests
    (1.2.250.1.213.1.4.10), never the real one.
  * Same seed, same people.
"""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random

INS_TEST_OID = "1.2.250.1.213.1.4.10"
_STARTS = [
    "BEL",
    "MAR",
    "CHAN",
    "ROU",
    "DEL",
    "VAU",
    "GRO",
    "LAM",
    "PER",
    "TOU",
    "BRE",
    "FON",
    "GUI",
    "SAU",
    "VER",
    "NOI",
    "MON",
    "CAS",
    "DUR",
    "LES",
    "PRI",
    "RAM",
    "SOL",
    "TRE",
]
_MIDDLES = ["VI", "TE", "LA", "RO", "MI", "DE", "GO", "BA", "LI", "NE", "SA", "CHE"]
_ENDS = [
    "GNAC",
    "VEAU",
    "SSIER",
    "RAND",
    "TTE",
    "LLEUX",
    "NGER",
    "DOUX",
    "RIEUX",
    "SQUE",
    "MBERT",
    "NNEL",
    "PIN",
    "QUET",
    "ZAC",
]
_INTL_ENDS = ["TON", "FORD", "LEY", "WICK", "HURST", "MORE", "SHAW", "DALE", "BURN", "CROFT"]
_GIVEN = {
    "F": [
        "ALIX",
        "ANAIS",
        "BLANCHE",
        "CELESTE",
        "CLEMENCE",
        "ELISE",
        "FLORE",
        "HELOISE",
        "INES",
        "JEANNE",
        "LEONIE",
        "LUCIE",
        "MAUD",
        "NOEMIE",
        "ODILE",
        "ROSE",
    ],
    "M": [
        "ALBAN",
        "ANATOLE",
        "BASILE",
        "CLOVIS",
        "DAMIEN",
        "ELOI",
        "FELIX",
        "GASPARD",
        "HUGO",
        "JULES",
        "LEON",
        "MARIUS",
        "NOEL",
        "OSCAR",
        "REMI",
        "VICTOR",
    ],
}
_INTL_GIVEN = {
    "F": [
        "ADA",
        "BERYL",
        "CORA",
        "DAISY",
        "EDITH",
        "FERN",
        "HAZEL",
        "IVY",
        "JUNE",
        "MABEL",
        "NORA",
        "OLIVE",
        "PEARL",
        "RUTH",
        "SYBIL",
        "WINIFRED",
    ],
    "M": [
        "ALFRED",
        "BASIL",
        "CYRIL",
        "EDGAR",
        "FRANK",
        "GILBERT",
        "HECTOR",
        "IVOR",
        "LIONEL",
        "MILES",
        "NIGEL",
        "OSBERT",
        "PERCY",
        "RALPH",
        "SILAS",
        "WALTER",
    ],
}
_STREETS = (
    "des Tilleuls|du Vieux Lavoir|de l'Église|des Prés Hauts|du Four à Pain|de la Forêt|du Général Été|des Mûriers"
)
_INTL_STREETS = "Lantern Street|Old Mill Lane|Quarry Road|Harbour View|Sexton's Row|Orchard Close|Kiln Lane"
_TOWNS = [
    ("SAINT-AUBIN-LES-TILLEULS", "99010", "99901"),
    ("VAL-D'ESCLINE", "99120", "99912"),
    ("MONTFERRAND-LE-NEUF", "99230", "99923"),
    ("LA ROCHE-AUX-GEAIS", "99340", "99934"),
    ("BOURG-SUR-ONZE", "99450", "99945"),
]
_INTL_TOWNS = [("ELSEWHERE", "ZZ1 1AA", ""), ("NETHERBY", "ZZ4 7QX", ""), ("PORT SABLE", "ZZ9 3LM", "")]


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody to call."""

    family: str
    given: str
    relation: str  # HL7 table 0063
    phone: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, as a clerk writes them down. `version` grows with each correction."""

    sex: str  # HL7 table 0001: F, M
    born: date
    birth_name: str
    used_name: str
    given: tuple[str, ...]
    title: str
    street: str
    town: str
    postal_code: str
    town_code: str  # INSEE code; empty abroad
    phone: str
    national: str  # INS matricule (15 digits) or national number; empty when there is none
    contact: Contact
    doctor: str  # general practitioner, FAMILY GIVEN
    version: int = field(default=0, compare=False)

    def age(self, on: date) -> int:
        """Age in whole years."""
        return on.year - self.born.year - ((on.month, on.day) < (self.born.month, self.born.day))

    def corrected(self, **changes: object) -> "Person":
        """The same person, with a correction."""
        return replace(self, version=self.version + 1, **changes)  # type: ignore[arg-type]


class People:
    """Draws people; every one is a new one."""

    def __init__(self, rng: Random, style: str) -> None:
        self._rng = rng
        self._french = style == "fr"
        self._nationals: set[str] = set()
        self._count = 0

    def family(self) -> str:
        """Draw a family name."""
        rng = self._rng
        end = rng.choice(_ENDS if self._french else _INTL_ENDS)
        return rng.choice(_STARTS) + (rng.choice(_MIDDLES) if rng.random() < 0.6 else "") + end

    def given(self, sex: str) -> str:
        """Draw a given name."""
        return self._rng.choice((_GIVEN if self._french else _INTL_GIVEN)[sex])

    def draw(self, today: date, *, youngest: int, oldest: int, sex: str = "") -> Person:
        """Draw a person of *youngest* to *oldest* years, on *today*."""
        rng = self._rng
        days = rng.randint(youngest * 366, max(youngest * 366 + 300, oldest * 365))
        return self._person(sex or rng.choice("FM"), today - timedelta(days=days), self.family(), today)

    def newborn(self, mother: Person, today: date) -> Person:
        """Draw the child of *mother*, born *today*: no national number yet."""
        sex = self._rng.choice("FM")
        child = self._person(sex, today, mother.used_name, today)
        return replace(
            child,
            national="",
            street=mother.street,
            town=mother.town,
            postal_code=mother.postal_code,
            town_code=mother.town_code,
            phone=mother.phone,
            title="",
            contact=Contact(mother.birth_name, mother.given[0], "MTH", mother.phone),
        )

    def misheard(self, person: Person) -> Person:
        """The same person as a hurried clerk would register them again: one letter off, no national number."""
        name = person.birth_name
        at = self._rng.randrange(1, len(name) - 1)
        wrong = name[:at] + name[at + 1] + name[at] + name[at + 2 :]
        return replace(person, birth_name=wrong, used_name=wrong, given=person.given[:1], national="", version=0)

    def phone(self) -> str:
        """Draw a number that rings nowhere (ARCEP: 06 39 98 and 01 99 00 are kept for fiction; 555-01 in films)."""
        n = self._rng.randrange(10_000)
        if not self._french:
            return f"+1 202 555 01{n % 100:02}"
        return f"+3363998{n:04}" if n % 2 else f"+3319900{n:04}"

    def _person(self, sex: str, born: date, family: str, today: date) -> Person:
        rng = self._rng
        given = [self.given(sex)]
        if rng.random() < 0.5:
            given.append(next(name for name in iter(lambda: self.given(sex), "") if name not in given))
        adult = (today - born).days > 18 * 366
        married = adult and sex == "F" and rng.random() < 0.4
        town, postal, code = rng.choice(_TOWNS if self._french else _INTL_TOWNS)
        return Person(
            sex=sex,
            born=born,
            birth_name=family,
            used_name=self.family() if married else family,
            given=tuple(given),
            title=self._title(sex, adult),
            street=self._street(),
            town=town,
            postal_code=postal,
            town_code=code,
            phone=self.phone(),
            national=self._national(sex, born),
            contact=Contact(family, self.given("M" if sex == "F" else "F"), "SPO" if married else "OTH", self.phone()),
            doctor=f"{self.family()} {self.given(rng.choice('FM'))}",
        )

    def _title(self, sex: str, adult: bool) -> str:
        if not adult:
            return ""
        return {"F": "Mme", "M": "M."}[sex] if self._french else {"F": "Mrs", "M": "Mr"}[sex]

    def _street(self) -> str:
        number = self._rng.randint(1, 180)
        if self._french:
            return f"{number} rue {self._rng.choice(_STREETS.split('|'))}"
        return f"{number} {self._rng.choice(_INTL_STREETS.split('|'))}"

    def _national(self, sex: str, born: date) -> str:
        self._count += 1
        if not self._french:
            return f"999{self._count:07}"
        prefix = f"{'1' if sex == 'M' else '2'}{born.year % 100:02}{born.month:02}99999"
        number = prefix + f"{self._count % 1000:03}"
        if number in self._nationals:
            return ""  # somebody has it: this one comes without an INS, as many do
        self._nationals.add(number)
        return number + f"{97 - int(number) % 97:02}"
