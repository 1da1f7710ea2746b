"""What is withdrawn from sight: a pure fold over the acts of the stations' journals (F41).

Rules kept here:
  * Two persons: one proposes, another one confirms, and one of the two is the data protection officer. What only one
    person said changes nothing; nor does an account that was disabled by then, or one of a role without that right.
  * Undoing is a proposal of its own, and takes two persons as well.
  * What a restore until an instant carried over stands for the acts of after that instant; no person can say it.
  * Same acts, same answer, whatever order they were learned in.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from msgspec import Struct

from contrefeu.acts.act import (
    AccountAdded,
    AccountDisabled,
    Act,
    WithdrawalCarried,
    WithdrawalConfirmed,
    WithdrawalProposed,
    WithdrawalRefused,
    decode,
)
from contrefeu.acts.people import login_of
from contrefeu.acts.roles import Roles

OFFICER = "dpo"
WITNESSES = frozenset({"physician", "coordinator", "security", "recovery"})  # who may be the other person

Order = tuple[int, str, int]
"""Hybrid clock, journal, sequence."""


class Told(NamedTuple):
    """One act, where it stands and who did it."""

    order: Order
    source: str
    act: Act


class Withdrawal(Struct):
    """One proposal to withdraw something, and what became of it."""

    ref: str  # entry that proposed it: it is called so
    kind: str  # "entry", "document", "patient"
    target: str  # journal/sequence; Type/id; chart id
    chart: str
    keys: list[str]  # of a patient: world and number, as the chart store calls them
    reason: str
    by: str
    at: str
    state: str = "proposed"  # "proposed", "refused", "in force", "undoing" (still in force), "undone"
    confirmed_by: str = ""
    confirmed_at: str = ""
    until: Order = (0, "", 0)  # a patient: what came in by then is hidden; what comes later is a chart again
    undo: str = ""  # entry that proposed to undo it
    undo_by: str = ""
    undo_reason: str = ""

    @property
    def in_force(self) -> bool:
        """Whether it hides something now."""
        return self.state in ("in force", "undoing")

    @property
    def waits(self) -> bool:
        """Whether somebody else must confirm or refuse."""
        return self.state in ("proposed", "undoing")

    @property
    def proposer(self) -> str:
        """Who made the proposal that waits."""
        return self.undo_by if self.state == "undoing" else self.by


_BEARING = (
    *(AccountAdded, AccountDisabled),
    *(WithdrawalProposed, WithdrawalConfirmed, WithdrawalRefused, WithdrawalCarried),
)


def bears_on_withdrawals(body: bytes) -> bool:
    """Whether the act in *body* may change what is withdrawn."""
    return isinstance(decode(body), _BEARING)


def may_withdraw(role: str) -> bool:
    """Whether somebody of *role* may propose or confirm."""
    return role == OFFICER or role in WITNESSES


def two_persons(first: str, second: str, roles: Mapping[str, str]) -> bool:
    """Whether these two logins, by their roles, may withdraw something together."""
    both = (roles.get(first, ""), roles.get(second, ""))
    return first != second and all(map(may_withdraw, both)) and OFFICER in both


def withdrawals(told: Iterable[Told]) -> list[Withdrawal]:
    """Return every proposal, in journal order."""
    roles = Roles()
    found: dict[str, Withdrawal] = {}
    undoing: dict[str, Withdrawal] = {}
    for order, source, act in sorted(told, key=lambda one: one.order):
        by = login_of(source)
        roles.apply(act)
        ref = f"{order[1]}/{order[2]}"
        if isinstance(act, WithdrawalProposed) and may_withdraw(roles.of(by)):
            if not act.undo:
                one = Withdrawal(ref, act.kind, act.target, act.chart, act.keys, act.reason, by, act.at)
                found.setdefault(ref, one)  # a clock that was set back has what was carried come first
            elif act.undo in found and found[act.undo].state == "in force":
                one = undoing[ref] = found[act.undo]
                one.state, one.undo, one.undo_by, one.undo_reason = "undoing", ref, by, act.reason
        elif isinstance(act, WithdrawalCarried) and not by:
            found[act.ref] = _carried(act)
        elif isinstance(act, WithdrawalConfirmed):
            _confirm(found, undoing, act, by, order, roles.by_login)
        elif isinstance(act, WithdrawalRefused) and may_withdraw(roles.of(by)):
            if act.proposal in found and found[act.proposal].state == "proposed":
                found[act.proposal].state = "refused"
            elif act.proposal in undoing and undoing[act.proposal].undo == act.proposal:
                one = undoing.pop(act.proposal)
                one.state, one.undo, one.undo_by, one.undo_reason = "in force", "", "", ""
    return list(found.values())


def _carried(act: WithdrawalCarried) -> Withdrawal:
    state = "in force" if act.in_force else "undone"
    said = (act.ref, act.kind, act.target, act.chart, act.keys, act.reason, act.by, act.at)
    return Withdrawal(*said, state, act.confirmed_by, act.confirmed_at, act.until)


def _confirm(
    found: dict[str, Withdrawal],
    undoing: dict[str, Withdrawal],
    act: WithdrawalConfirmed,
    by: str,
    order: Order,
    roles: Mapping[str, str],
) -> None:
    one = found.get(act.proposal)
    if one is not None and one.state == "proposed" and two_persons(one.by, by, roles):
        one.state, one.confirmed_by, one.confirmed_at, one.until = "in force", by, act.at, order
        return
    one = undoing.get(act.proposal)
    if one is not None and one.state == "undoing" and two_persons(one.undo_by, by, roles):
        one.state = "undone"
