"""Wards as people correct them: what feeds name, under the name, with the beds and in the order that the house knows.

Rules kept here:
  * Only somebody of role ADMIN corrects a ward; what anybody else said changes nothing.
  * An act says all of a ward's correction: the last one holds, and an empty one takes everything back.
  * A ward that is united with another is that one, on every page and in every account's scope; who was united into it
    before comes along. A circle unites nobody.
  * Nothing here moves a patient: only what feeds and people say of them does.
"""

from collections.abc import Iterable

from msgspec import Struct

from contrefeu.acts.act import Act, WardCorrected
from contrefeu.acts.people import login_of
from contrefeu.acts.roles import Roles

ADMIN = "admin"


class Corrected(Struct, frozen=True):
    """The correction of one ward that is in force."""

    act: WardCorrected
    by: str  # login


class CorrectedWards:
    """Every ward that somebody corrected, from acts in journal order."""

    def __init__(self) -> None:
        self._roles = Roles()
        self._found: dict[str, Corrected] = {}
        self._united: dict[str, set[str]] = {}  # ward -> those united into it, itself too

    def apply(self, act: Act, source: str) -> None:
        """Take one more act; *source* is its entry's."""
        by = login_of(source)
        self._roles.apply(act)
        if isinstance(act, WardCorrected) and self._roles.of(by) == ADMIN:
            self._found[act.ward] = Corrected(act, by)
            self._united = {}
            for ward in self._found:
                self._united.setdefault(self.home(ward), set()).add(ward)

    def of(self, ward: str) -> Corrected | None:
        """Return the correction of *ward* that is in force."""
        return self._found.get(ward)

    def all(self) -> list[str]:
        """Return every ward that was corrected."""
        return sorted(self._found)

    def home(self, ward: str) -> str:
        """Return the ward that *ward* is united with; itself when it is with none."""
        passed = [ward]
        while (found := self._found.get(passed[-1])) is not None and found.act.into:
            if found.act.into in passed:
                return ward
            passed.append(found.act.into)
        return passed[-1]

    def members(self, ward: str) -> tuple[str, ...]:
        """Return the wards that are one with *ward*: the one it is united with first."""
        home = self.home(ward)
        return (home, *sorted(self._united.get(home, set()) - {home}))

    def widened(self, wards: Iterable[str]) -> tuple[str, ...]:
        """Return *wards*, and whatever is one with any of them."""
        return tuple(dict.fromkeys(one for ward in wards for one in (ward, *self.members(ward))))

    def name(self, ward: str) -> str:
        """Return what people call *ward*; "" when nobody said it."""
        found = self._found.get(self.home(ward))
        return found.act.name if found else ""
