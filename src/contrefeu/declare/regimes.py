"""What the law asks, as data: one file a regime (regimes/*.toml) with its source, version and when it was checked.

A hospital adds its own, or a newer one, in the folder `regimes` of its home: the same id replaces ours (L3).
"""

import tomllib
from collections.abc import Iterable
from importlib.resources import files
from typing import Annotated

import msgspec
from msgspec import Meta, Struct, field

from contrefeu.acts import AWARE, SINCE
from contrefeu.base import OperatorError

RegimeId = Annotated[str, Meta(pattern=r"^[a-z0-9-]{2,40}$")]


class Words(Struct, frozen=True, forbid_unknown_fields=True):
    """The same in both languages."""

    fr: str
    en: str

    def of(self, language: str) -> str:
        """In *language*."""
        return self.en if language == "en" else self.fr


class ClockRule(Struct, frozen=True, forbid_unknown_fields=True):
    """How long after awareness, or after another declaration was sent."""

    hours: int = 0  # elapsed
    days: int = 0  # of the calendar
    months: int = 0  # of the calendar
    at_once: bool = False  # "without delay": the text gives no number
    after: str = ""  # regime whose sending starts it; "" for awareness
    noted: str = ""  # field in which somebody notes until when the authority asked for it: it is owed from then on
    ongoing: bool = False  # owed only while the incident goes on when it is due
    from_end: bool = False  # of an incident that goes on when it is due, counted from its end


class FieldRule(Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that the law wants to know."""

    id: str
    mandatory: bool
    clause: str
    fr: str
    en: str
    late: bool = False  # only once the deadline is past

    def label(self, language: str) -> str:
        """Its name in *language*."""
        return self.en if language == "en" else self.fr


class Regime(Struct, frozen=True, forbid_unknown_fields=True):
    """One declaration."""

    id: RegimeId
    version: str
    checked: str  # when somebody last compared this file with the text
    source: str
    title: Words
    authority: Words
    threshold: Words
    clock: ClockRule
    timeline: bool = True  # whether its reader is told the house's own timeline: an authority is, a patient is not
    fields: list[FieldRule] = field(default_factory=list)


def moments(regimes: Iterable[Regime]) -> frozenset[str]:
    """Fields that hold a moment, and no words."""
    return frozenset({AWARE, SINCE} | {regime.clock.noted for regime in regimes} - {""})


def parse_regime(text: str, name: str) -> Regime:
    """Read one file.

    Raises:
        OperatorError: It is no regime, and where.
    """
    try:
        return msgspec.convert(tomllib.loads(text), Regime)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as wrong:
        raise OperatorError(
            f"The regime {name}: {wrong}.", safe="Nothing was declared.", next="Compare it with docs/howto/declare.md."
        ) from None


def default_regimes(others: Iterable[tuple[str, str]] = ()) -> dict[str, Regime]:
    """Every regime that comes with Contrefeu, by id; then *others*, each a name and a text."""
    folder = files("contrefeu.declare").joinpath("regimes")
    ours = [(one.name, one.read_text()) for one in folder.iterdir() if one.name.endswith(".toml")]
    found = [parse_regime(text, name) for name, text in [*sorted(ours), *others]]
    return {regime.id: regime for regime in found}
