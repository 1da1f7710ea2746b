"""Which decision aids are on: a pure fold over the acts of the stations' journals (F8).

Rules kept here:
  * An aid is off until somebody whose role may turns it on; their name stands beside what it says.
  * An act by somebody whose role does not give `aids` turns nothing on: whose it is says the entry's source.
"""

from dataclasses import dataclass

from contrefeu.access.accounts import Accounts
from contrefeu.acts import Act, AidSwitched

ALLERGY, DUPLICATE, CLASS, DOSE_TIME, NEWS2 = "allergy", "duplicate", "class", "dose_time", "news2"
AIDS = (ALLERGY, DUPLICATE, CLASS, DOSE_TIME, NEWS2)


@dataclass(frozen=True, slots=True)
class AidOn:
    """Who turned an aid on, and when."""

    by: str  # login
    at: str  # RFC 3339


class Aids:
    """The aids that are on."""

    def __init__(self) -> None:
        self.on: dict[str, AidOn] = {}

    def apply(self, act: Act, source: str, accounts: Accounts) -> None:
        """Take one more act, in journal order; *accounts* as they stood then."""
        if not isinstance(act, AidSwitched) or act.aid not in AIDS:
            return
        login = source.removeprefix("user/")
        account = accounts.get(login)
        if account is None or not account.may("aids"):
            return
        if act.on:
            self.on[act.aid] = AidOn(login, act.at)
        else:
            self.on.pop(act.aid, None)
