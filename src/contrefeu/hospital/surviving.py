"""Systems that work on while the record system is down: `[surviving.NAME]` (FIELD F16, decision 0225).

Rules kept here:
  * Nothing is sent to a system that is not named here, and to one that is, nothing before somebody starts it.
  * A home of exercises sends to test systems alone (`exercise = true`), and a house's own home to none of them.
"""

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta, Struct

from contrefeu.hospital.problems import Problem, quoted

Taken = Literal["adt", "laboratory", "imaging", "prescriptions"]
SystemName = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]


class SurvivingSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """A laboratory, imaging or pharmacy system that goes on. NAME is small letters, digits, "-" and "_"."""

    address: Annotated[str, Meta(pattern=r"^mllp://(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):\d{1,5}$")]  # where it listens
    takes: Annotated[list[Taken], Meta(min_length=1)]  # what is sent to it
    profile: str = ""  # absolute: how it takes messages, as for `contrefeu replay`; "": the careful one
    protected: bool = False  # whether it is told who patients of protected identity are; else these wait for a person
    exercise: bool = False  # whether it is a test system


def surviving_problems(systems: dict[str, SurvivingSettings], *, drill: bool) -> Iterator[Problem]:
    """What cannot be: two names of one address, a profile that is no absolute path, a test system where care is."""
    owners: dict[str, str] = {}
    for name, system in systems.items():
        key = f"surviving.{name}"
        if (first := owners.setdefault(system.address, name)) != name:
            what = f"`{key}.address` is that of `surviving.{first}` too."
            yield Problem(f"{key}.address", what, quoted(system.address), "an address of its own")
        if system.profile and not system.profile.startswith("/"):
            what = f"`{key}.profile` is {quoted(system.profile)}, which is no absolute path."
            yield Problem(f"{key}.profile", what, quoted(system.profile), "an absolute path")
        if system.exercise != drill:
            yield _other_world(f"{key}.exercise", drill=drill)


def _other_world(key: str, *, drill: bool) -> Problem:
    if drill:
        return Problem(
            key,
            f"`{key}` is false, and this home is an exercise's.",
            "false",
            "true",
            next="A home of exercises sends to a test system alone: name one, and write exercise = true.",
        )
    return Problem(
        key,
        f"`{key}` is true, and this home is no exercise's.",
        "true",
        "false",
        next="Real patients go to no test system: take it out, or name the one that cares for them.",
    )
