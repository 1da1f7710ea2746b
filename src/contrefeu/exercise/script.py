"""A scenario in a file: attack, time line, injects; who is told what, when, what they do, within how long.

The format is docs/spec/scenario-v1.md. Rules kept here:
  * A scenario that cannot be played is refused whole, with the file, the inject, what was found and what is allowed.
  * Both languages are always there: a ward is told in its own.
  * A role's injects fit on two printed pages.
"""

import tomllib
from collections import Counter
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct, field

from contrefeu.base import OperatorError
from contrefeu.exercise.roles import ROLES

INJECTS_OF_ROLE_MAX = 12  # six on a printed page
FILE_BYTES_MAX = 64 * 1024  # the longest that is shipped has a tenth of it; it is kept whole in the journal
PATIENT = "{patient}"  # in an inject's words: the patient's name and bed
_HOW = "docs/spec/scenario-v1.md shows every key."

Attack = Literal["ransomware", "wiper", "worm", "insider"]
Measure = Literal["tick", "first-pack", "downtime", "admission", "vitals", "note", "critical", "pages", "incident"]
Play = Literal["", "silence", "critical"]
Id = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
Text = Annotated[str, Meta(min_length=1, max_length=180)]  # read standing up; twelve injects fit on two pages
OF_A_PATIENT = frozenset(["vitals", "note", "critical"])  # measures that need to know whose


class Words(Struct, frozen=True, forbid_unknown_fields=True):
    """The same in both languages."""

    fr: Text
    en: Text

    def of(self, language: str) -> str:
        """In *language*."""
        return self.en if language == "en" else self.fr


class Inject(Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that somebody is told, and what must follow."""

    id: Id
    at_minute: Annotated[float, Meta(ge=0, le=600)]  # from the beginning
    role: str  # who is told: a row of roles.py
    said: Words
    expected: Words
    within_minutes: Annotated[float, Meta(gt=0, le=120)]
    measure: Measure = "tick"  # what answers it: the role's tick, or what the journal shows
    play: Play = ""  # what the machine does then: the feeds fall silent, or a critical result comes
    patient: Annotated[str, Meta(pattern=r"^[a-d]?$")] = ""  # letter of an invented patient, drawn when it is played

    def text(self, which: Literal["said", "expected"], language: str, patients: dict[str, str]) -> str:
        """What is said or expected, with the patient's name when it is known."""
        found: str = getattr(self, which).of(language)
        return found.replace(PATIENT, patients.get(self.patient, f"[{self.patient.upper()}]"))


class Script(Struct, frozen=True, forbid_unknown_fields=True):
    """One scenario."""

    id: Id
    title: Words
    about: Words
    attack: Attack
    minutes: Annotated[float, Meta(gt=0, le=720)]
    injects: list[Inject] = field(name="inject")
    ward: str = "MED"  # of the simulated hospital
    beds: Annotated[int, Meta(ge=8, le=2500)] = 16
    seed: int = 1
    past_hours: Annotated[int, Meta(ge=6, le=72)] = 24  # lived before: a day has rounds, results and prescriptions

    def of_role(self, role: str) -> list[Inject]:
        """What that role is told, in order."""
        return [one for one in self.in_order() if one.role == role]

    def in_order(self) -> list[Inject]:
        """Every inject as it comes."""
        return sorted(self.injects, key=lambda one: (one.at_minute, one.id))

    @property
    def roles(self) -> list[str]:
        """Who plays, in the order of roles.py."""
        playing = {one.role for one in self.injects}
        return [role for role in ROLES if role in playing]

    @property
    def letters(self) -> list[str]:
        """The patients that it needs."""
        return sorted({one.patient for one in self.injects if one.patient})


def parse_script(text: str, name: str) -> Script:
    """Read one scenario; *name* is its file's, for errors.

    Raises:
        OperatorError: It cannot be played, and why.
    """
    try:
        found = msgspec.convert(tomllib.loads(text), Script)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as wrong:
        raise _refused(name, f"{wrong}") from None
    for problem in _problems(found):
        raise _refused(name, problem)
    return found


def digest_of(text: str) -> str:
    """The scenario's fingerprint: SHA-256 of its bytes, hex."""
    return sha256(text.encode()).hexdigest()


def shipped() -> dict[str, str]:
    """The scenarios that come with Contrefeu: their text by id."""
    folder = files("contrefeu.exercise").joinpath("scenarios")
    return {one.name.removesuffix(".toml"): one.read_text() for one in sorted(folder.iterdir(), key=lambda f: f.name)}


def script_text(named: str) -> str:
    """The text of a scenario that comes with Contrefeu, or of a file.

    Raises:
        OperatorError: There is neither.
    """
    ours = shipped()
    if named in ours:
        return ours[named]
    path = Path(named)
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            raise _refused(named, f"the file has more than {FILE_BYTES_MAX} bytes")
        return path.read_bytes().decode()
    except UnicodeDecodeError:
        raise _refused(named, "it is not UTF-8") from None
    except OSError:
        raise OperatorError(
            f"There is no scenario {named}.",
            safe="Nothing was started.",
            next=f"Name a file, or one of: {', '.join(ours)}.",
        ) from None


def _problems(script: Script) -> list[str]:
    """What a type cannot say."""
    found = [] if script.injects else ["inject: there is none; allowed: one at least"]
    seen: set[str] = set()
    for one in script.injects:
        where = f'inject "{one.id}"'
        if one.id in seen:
            found.append(f"{where}: its id was used before; allowed: an id once")
        seen.add(one.id)
        if one.role not in ROLES:
            found.append(f'{where}: role = "{one.role}"; allowed: {", ".join(ROLES)}')
        if one.at_minute + one.within_minutes > script.minutes:
            found.append(
                f"{where}: at_minute {one.at_minute:g} and within_minutes {one.within_minutes:g} end after the "
                f"exercise; allowed: {script.minutes:g} together"
            )
        if (one.measure in OF_A_PATIENT or one.play == "critical") and not one.patient:
            found.append(f'{where}: it needs a patient; allowed: patient = "a" to "d"')
        texts = (one.said.fr, one.said.en, one.expected.fr, one.expected.en)
        if any(PATIENT in text for text in texts) and not one.patient:
            found.append(f'{where}: {PATIENT} is nobody; allowed: patient = "a" to "d"')
    told = Counter(one.role for one in script.injects)
    found += [
        f'role "{role}": {count} injects; allowed: {INJECTS_OF_ROLE_MAX}, two printed pages'
        for role, count in told.items()
        if count > INJECTS_OF_ROLE_MAX
    ]
    return found


def _refused(name: str, problem: str) -> OperatorError:
    return OperatorError(f"The scenario {name}: {problem}.", safe="Nothing was started.", next=_HOW)
