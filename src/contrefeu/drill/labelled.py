"""People of whom it is known who is who, to measure matching by: a hospital's known patients, and those who came in.

Rules kept here:
  * Nobody is real; same seed, same people.
  * The errors are those that registration desks make (misspelt, swapped, missing and used names; further given
    names left out, shortened, written in one with the first, or for it, and known to one side alone; wrong, swapped
    and missing dates; numbers that changed), each oftener than is usually reported, and several in one person.
  * What makes a wrong pair look right is planted: twins with names alike, parents and children of one name, namesakes
    born on one day, each also where the right patient is not known at all.
"""

from collections.abc import Iterator, Sequence
from random import Random

from msgspec import Struct
from msgspec.structs import replace

from contrefeu.recovery import Identity

_ONSETS = (*"bcdfglmnprstv", "br", "ch", "cl", "cr", "dr", "fl", "gr", "pl", "pr", "tr", "vr")
_VOWELS = (*"aeiou", "ai", "au", "eu", "oi", "ou")
_CODAS = ["", "", "", "l", "n", "r", "s", "t", "x", "nd", "rt", "lle", "rd", "ne"]
SURNAMES, GIVEN, POSTCODES, PLACES = 30_000, 350, 400, 3_000
TWINS, NAMESAKES, ELDERS = 0.01, 0.002, 0.005  # of known people, one who has such a one beside
FURTHER = 0.6  # of known people, one whose given names after the first are known too
KNOWN_SHARE = 0.7  # of those who came in


class Labelled(Struct):
    """Who is known, who came in, and who they are."""

    known: list[Identity]
    temporary: list[Identity]
    truth: dict[str, str]  # key of a temporary identity -> key of the known one; "" for nobody known


def labelled(seed: int, known: int, temporary: int) -> Labelled:
    """Draw *known* patients and *temporary* admissions."""
    people = _People(Random(seed))  # noqa: S311
    everybody = list(people.draw(known))
    found = Labelled(everybody, [], {})
    for n in range(temporary):
        person, right = people.comes_in(everybody)
        key = f"TEMP|T{n:07}"
        found.temporary.append(people.misheard(replace(person, key=key, chart=key, temporary=True)))
        found.truth[key] = right
    return found


class _People:
    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._surnames = [self._word(2 + n % 2) for n in range(SURNAMES)]
        self._given = {sex: [self._word(2) for _ in range(GIVEN)] for sex in "mf"}
        self._weights = {size: _zipf(size) for size in (SURNAMES, GIVEN, POSTCODES, PLACES)}
        self._count = 0

    def draw(self, count: int) -> Iterator[Identity]:
        """Yield known people, some beside one whom they could be taken for."""
        rng, last = self._rng, None
        for _ in range(count):
            chance = rng.random()
            if last is not None and chance < TWINS:
                one = self._twin(last)
            elif last is not None and chance < TWINS + NAMESAKES:
                one = self._namesake(last)
            elif last is not None and chance < TWINS + NAMESAKES + ELDERS:
                one = self._elder(last)
            else:
                one = self._person()
            last = one
            yield one

    def comes_in(self, known: Sequence[Identity]) -> tuple[Identity, str]:
        """Somebody, and which of the known people it is."""
        rng = self._rng
        one = rng.choice(known)
        if rng.random() < KNOWN_SHARE:
            return one, one.key
        chance = rng.random()
        like = (self._twin, self._namesake, self._elder)
        return (like[int(chance * 60)](one) if chance < 0.05 else self._person()), ""

    def misheard(self, one: Identity) -> Identity:
        """*one* as a desk in a hurry writes them down."""
        rng = self._rng
        changes: dict[str, str] = {}
        if one.used and rng.random() < 0.3:
            changes |= {"family": one.used, "used": ""}
        if rng.random() < 0.04:
            changes["family"] = self._slip(changes.get("family", one.family))
        if rng.random() < 0.03:
            changes["given"] = self._slip(one.given)
        if rng.random() < 0.01:
            changes |= {"family": one.given, "given": one.family}
        changes |= self._further_heard(one, changes.get("given", one.given))
        if rng.random() < 0.03:
            changes["given"] = ""
        changes["birth"] = self._birth_heard(one.birth)
        if rng.random() < 0.005:
            changes["sex"] = "m" if one.sex == "f" else "f"
        changes["phone"] = self._heard(one.phone, unsaid=0.35, other=0.2, drawn=self._phone)
        changes["postcode"] = self._heard(one.postcode, unsaid=0.15, other=0.08, drawn=self._postcode)
        changes["birthplace"] = self._heard(one.birthplace, unsaid=0.5, other=0.02, drawn=self._place)
        changes["national"] = one.national if rng.random() < 0.15 else ""
        return replace(one, **changes)

    def _person(self) -> Identity:
        rng = self._rng
        self._count += 1
        sex = rng.choice("mf")
        return Identity(
            f"IPP|{self._count:08}",
            f"chart-{self._count}",
            "P",
            False,
            family=self._surname(),
            used=self._surname() if sex == "f" and rng.random() < 0.3 else "",
            given=self._pick(self._given[sex]),
            birth=f"{2026 - int(rng.triangular(0, 100, 60)):04}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}",
            sex=sex,
            phone=self._phone() if rng.random() < 0.85 else "",
            postcode=self._postcode(),
            birthplace=self._place() if rng.random() < 0.7 else "",
            national=f"{self._count:015}" if rng.random() < 0.6 else "",
            further=self._further(sex) if rng.random() < FURTHER else "",
        )

    def _twin(self, one: Identity) -> Identity:
        """Born with *one*: another given name, always; one letter off in one pair of five."""
        alike, given = self._rng.random() < 0.2, one.given
        while given == one.given:
            given = self._slip(one.given) if alike else self._pick(self._given[one.sex])
        other = self._person()
        return replace(one, key=other.key, chart=other.chart, given=given, national=other.national,
                       further=other.further)  # fmt: skip

    def _namesake(self, one: Identity) -> Identity:
        """Another person of the same names, born on the same day."""
        return replace(self._person(), family=one.family, given=one.given, birth=one.birth, sex=one.sex, used="")

    def _elder(self, one: Identity) -> Identity:
        """A parent of the same names in the same home."""
        other = self._person()
        year = max(1900, int(one.birth[:4]) - self._rng.randint(20, 40))
        birth = f"{year:04}{other.birth[4:]}"
        return replace(one, key=other.key, chart=other.chart, birth=birth, birthplace=other.birthplace,
                       national=other.national)  # fmt: skip

    def _further_heard(self, one: Identity, given: str) -> dict[str, str]:
        """The given names after the first, left out more often than not."""
        chance = self._rng.random()
        if not one.further:  # that a desk asked for what nobody had
            return {"further": self._further(one.sex) if chance < 0.15 else ""}
        first, *more = one.further.split()
        if chance < 0.02:
            return {"given": given + first, "further": " ".join(more)}
        if chance < 0.03:
            return {"given": first, "further": " ".join([given, *more]).strip()}
        if chance < 0.06:
            return {"further": first[:1]}
        if chance < 0.09:
            return {"further": self._slip(one.further)}
        return {"further": one.further if chance < 0.3 else first if chance < 0.35 else ""}

    def _birth_heard(self, birth: str) -> str:
        rng = self._rng
        chance = rng.random()
        if chance < 0.03:
            return ""
        if chance < 0.05:
            at = rng.choice((3, 6, 9))
            return birth[:at] + str((int(birth[at]) + rng.randint(1, 8)) % 10) + birth[at + 1 :]
        year, month, day = birth.split("-")
        return f"{year}-{day}-{month}" if chance < 0.06 and int(day) <= 12 else birth

    def _heard(self, value: str, *, unsaid: float, other: float, drawn) -> str:  # type: ignore[no-untyped-def]
        chance = self._rng.random()
        return "" if chance < unsaid else str(drawn()) if chance < unsaid + other else value

    def _slip(self, word: str) -> str:
        """One letter off."""
        rng, at = self._rng, self._rng.randrange(max(1, len(word) - 1))
        letter = rng.choice("abcdeilmnorstu")
        return rng.choice((
            word[:at] + letter + word[at:],
            word[:at] + word[at + 1 :],
            word[:at] + letter + word[at + 1 :],
            word[:at] + word[at + 1 : at + 2] + word[at : at + 1] + word[at + 2 :],
        ))  # fmt: skip

    def _word(self, syllables: int) -> str:
        rng = self._rng
        parts = (rng.choice(_ONSETS) + rng.choice(_VOWELS) for _ in range(syllables))
        return "".join(parts) + rng.choice(_CODAS)

    def _pick(self, values: Sequence[str]) -> str:
        return self._rng.choices(values, cum_weights=self._weights[len(values)])[0]

    def _further(self, sex: str) -> str:
        """One or two more given names."""
        return " ".join(self._pick(self._given[sex]) for _ in range(self._rng.randint(1, 2)))

    def _surname(self) -> str:
        return self._pick(self._surnames)

    def _phone(self) -> str:
        return f"{self._rng.randrange(10**8, 10**9)}"

    def _postcode(self) -> str:
        return f"{self._rng.choices(range(POSTCODES), cum_weights=self._weights[POSTCODES])[0]:05}"

    def _place(self) -> str:
        return f"{self._rng.choices(range(PLACES), cum_weights=self._weights[PLACES])[0]:05}"


def _zipf(size: int) -> list[float]:
    """Cumulated weights: a few are common, most are rare."""
    total, found = 0.0, []
    for rank in range(size):
        total += 1 / (rank + 8)
        found.append(total)
    return found
