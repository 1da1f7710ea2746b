"""Honey patients: charts that nobody has a reason to open, named by the security officer (F46); a pure fold of acts.

Rules kept here:
  * Only somebody of role SECURITY names or releases one; what anybody else said changes nothing.
  * A patient is named by numbers, never by a name. The act stands on no chart.
  * Same acts, same answer, whatever order they were learned in.
"""

from collections.abc import Iterable

from msgspec import Struct

from contrefeu.acts.act import HoneyNamed, HoneyReleased
from contrefeu.acts.people import login_of
from contrefeu.acts.roles import Roles
from contrefeu.acts.withdrawals import Told

SECURITY = "security"
HONEY_MAX = 200  # in force at once: a dozen is usual, and each is looked up whenever a board is asked for


class Honey(Struct, frozen=True):
    """One in force."""

    ref: str  # entry that named it
    numbers: list[str]
    by: str
    at: str
    note: str


def honey_patients(told: Iterable[Told]) -> list[Honey]:
    """Return those in force, in journal order."""
    roles = Roles()
    found: dict[str, Honey] = {}
    for order, source, act in sorted(told, key=lambda one: one.order):
        by = login_of(source)
        roles.apply(act)
        if roles.of(by) != SECURITY:
            continue
        if isinstance(act, HoneyNamed) and len(found) < HONEY_MAX:
            ref = f"{order[1]}/{order[2]}"
            found[ref] = Honey(ref, act.numbers, by, act.at, act.note)
        elif isinstance(act, HoneyReleased):
            found.pop(act.named, None)
    return list(found.values())


def is_honey(numbers: Iterable[str], honey: Iterable[str]) -> bool:
    """Whether one of a chart's numbers ("authority|value") is named as honey ("value" or "authority|value")."""
    known = set(honey)
    return any(number in known or number.rpartition("|")[2] in known for number in numbers)
