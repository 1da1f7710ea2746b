"""Who is who, decided after the fact: pairs of numbers that may be one patient's, who said so, and what was linked.

Rules kept here:
  * A temporary number and a known one are joined by `IdentitiesLinked` alone, as an A40 joins two: nothing is copied,
    and undone, each entry is back under the number it names (decision 0130).
  * Two different people, each of a role that may, say that a pair is one patient; a pair beyond doubt is linked by the
    rules of `contrefeu match`, and says so (`by_rule`). One person is enough to say that it is not, or to undo.
  * Pairs are named by numbers and levels of agreement, never by what somebody is called.
  * Same acts, same answer, whatever order they were learned in.
"""

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct, field

MATCHERS = frozenset({"clerk", "coordinator", "recovery"})  # who may say who is who
PEOPLE = "user/"  # begins the source of an act that somebody did, logged in

Agreement = Literal["same", "slip", "sound", "swapped", "other", "unsaid"]
"""How a field of two identities agrees; "slip": one letter or digit off; "unsaid": one of them does not say."""


class ProposedPair(Struct, frozen=True, omit_defaults=True):
    """A temporary number that may be a known patient's."""

    temporary: str  # "authority|value"
    known: str
    rule: Literal["national", "score"]
    bits: float  # weight of evidence (Fellegi and Sunter), base 2; 0 of a rule that counts none
    fields: dict[str, Agreement]  # family, given, birth, sex, phone, postcode, birthplace
    why: str = ""  # it is not linked without people; "" when nothing speaks against it
    world: Literal["P", "T"] = "P"

    @property
    def name(self) -> tuple[str, str, str]:
        """What tells it from other pairs."""
        return self.world, self.temporary, self.known


class PairsProposed(Struct, frozen=True, tag_field="act", tag="pairs-proposed"):
    """These wait for two people."""

    pairs: list[ProposedPair]
    at: str  # RFC 3339


class PairDecided(Struct, frozen=True, omit_defaults=True, tag_field="act", tag="pair-decided"):
    """Somebody says that a pair is one patient, or is not."""

    temporary: str
    known: str
    same: bool
    at: str  # RFC 3339
    world: Literal["P", "T"] = "P"
    blood_bank: bool = False  # the blood bank agreed: a blood group crosses (F11)


class IdentitiesLinked(Struct, frozen=True, omit_defaults=True, tag_field="act", tag="identities-linked"):
    """Two numbers are one patient's from now on, or (undo) are not after all."""

    survivor: str  # "authority|value"
    lost: str
    at: str  # RFC 3339
    world: Literal["P", "T"] = "P"
    undo: bool = False
    by_rule: bool = False
    reason: str = ""


class PairState(Struct):
    """A pair, and what became of it."""

    pair: ProposedPair
    at: str
    state: Literal["proposed", "agreed", "linked", "different", "undone"] = "proposed"
    agreed_by: str = ""  # login of the first person
    decided_by: str = ""  # login of who decided; "" for a rule
    blood_bank: bool = False
    reason: str = ""
    says: list[str] = field(default_factory=list)  # entries

    @property
    def waits(self) -> bool:
        """Whether people must say something."""
        return self.state in ("proposed", "agreed")


MatchingAct = PairsProposed | PairDecided | IdentitiesLinked


def pair_states(told: Iterable[tuple[str, str, MatchingAct]]) -> list[PairState]:
    """Return every pair that was proposed, in the order of the acts.

    Args:
        told: In journal order: entry, source, act.
    """
    found: dict[tuple[str, str, str], PairState] = {}
    for ref, source, act in told:
        by = source.removeprefix(PEOPLE) if source.startswith(PEOPLE) else ""
        if isinstance(act, PairsProposed):
            for pair in act.pairs:
                before = found.get(pair.name)
                if before is None or before.state == "proposed":
                    found[pair.name] = PairState(pair, act.at, says=[ref])
        elif isinstance(act, PairDecided):
            _decide(found.get((act.world, act.temporary, act.known)), act, by, ref)
        else:
            _link(found.get((act.world, act.lost, act.survivor)), act, by, ref)
    return list(found.values())


def _decide(one: PairState | None, act: PairDecided, by: str, ref: str) -> None:
    if one is None or not one.waits or not by:
        return
    one.says.append(ref)
    one.blood_bank = one.blood_bank or act.blood_bank
    if not act.same:
        one.state, one.decided_by = "different", by
    elif one.state == "proposed":
        one.state, one.agreed_by = "agreed", by


def _link(one: PairState | None, act: IdentitiesLinked, by: str, ref: str) -> None:
    if one is None:
        return
    one.says.append(ref)
    one.state, one.decided_by, one.reason = "undone" if act.undo else "linked", by, act.reason
