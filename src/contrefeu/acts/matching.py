"""Who is who, decided after the fact: pairs of numbers that may be one patient's, who said so, and what was linked.

Rules kept here:
  * A temporary number and a known one are joined by `IdentitiesLinked` alone, as an A40 joins two: nothing is copied,
    and undone, each entry is back under the number it names (decision 0130).
  * Two different people, each of a role that may, say that a pair is one patient; a pair beyond doubt is linked by the
    rules of `contrefeu match`, and says so (`by_rule`). One person is enough to say that it is not, or to undo.
  * Who proposes a pair, logged in, is the first of the two, and says what proves it.
  * `union-...`, as pages wrote it before, is the same act in other words: proposed, agreed, undone (decision 0103).
  * Pairs are named by numbers and levels of agreement, never by what somebody is called.
  * Same acts, same answer, whatever order they were learned in.
"""

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct, field

from contrefeu.acts.identities import TEMPORARY, UnionConfirmed, UnionProposed, UnionRefused
from contrefeu.acts.people import login_of

MATCHERS = frozenset({"clerk", "coordinator", "recovery"})  # who may say who is who
BLOOD = "holds a blood group or an antibody screen: the blood bank decides"  # FIELD F11

Agreement = Literal["same", "slip", "sound", "swapped", "other", "unsaid"]
"""How a field of two identities agrees; "slip": one letter or digit off; "unsaid": one of them does not say."""


class ProposedPair(Struct, frozen=True, omit_defaults=True):
    """A temporary number that may be a known patient's."""

    temporary: str  # "authority|value"
    known: str
    rule: Literal["national", "score", "said"]  # "said": by a person
    bits: float  # weight of evidence (Fellegi and Sunter), base 2; 0 of a rule that counts none
    fields: dict[str, Agreement]  # family, given, further, birth, sex, phone, postcode, birthplace
    why: str = ""  # it is not linked without people; "" when nothing speaks against it
    world: Literal["P", "T"] = "P"
    proof: str = ""  # in the words of who proposed it

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

    @property
    def live(self) -> bool:
        """Whether it waits, or holds."""
        return self.waits or self.state == "linked"


MatchingAct = PairsProposed | PairDecided | IdentitiesLinked | UnionProposed | UnionConfirmed | UnionRefused


def pair_states(told: Iterable[tuple[str, str, MatchingAct]], world: Literal["P", "T"] = "P") -> list[PairState]:
    """Return every pair that was proposed, in the order of the acts.

    Args:
        told: In journal order: entry, source, act.
        world: Of the pairs that do not say theirs (`union-proposed`).
    """
    found = _Pairs(world)
    for ref, source, act in told:
        found.take(ref, login_of(source), act)
    return list(found.states.values())


class _Pairs:
    """Pairs as the acts so far leave them."""

    def __init__(self, world: Literal["P", "T"]) -> None:
        self.states: dict[tuple[str, str, str], PairState] = {}
        self._unions: dict[str, PairState] = {}  # entry that proposed it, in the older words
        self._world = world

    def take(self, ref: str, by: str, act: MatchingAct) -> None:
        """Take one act; *by* is a login, "" for a command."""
        if isinstance(act, PairsProposed):
            for pair in act.pairs:
                self._propose(pair, act.at, by, ref)
        elif isinstance(act, PairDecided):
            _decide(self.states.get((act.world, act.temporary, act.known)), act.same, by, ref, act.blood_bank)
        elif isinstance(act, IdentitiesLinked):
            _link(self.states.get((act.world, act.lost, act.survivor)), act, by, ref)
        elif isinstance(act, UnionProposed):
            pair = ProposedPair(
                f"{TEMPORARY}|{act.number}", act.other, "said", 0, {}, world=self._world, proof=act.reason
            )
            self._unions[ref] = self._propose(pair, act.at, by, ref)
        else:
            _decide_union(self._unions.get(act.proposal), act, by, ref)

    def _propose(self, pair: ProposedPair, at: str, by: str, ref: str) -> PairState:
        """Take a proposal. Of a pair that people spoke of, a command's says nothing; a person's begins it anew."""
        before = self.states.get(pair.name)
        if before is not None and by and before.waits:
            _decide(before, True, by, ref)
        elif before is None or before.state == "proposed" or (by and before.state != "linked"):
            self.states[pair.name] = PairState(pair, at, "agreed" if by else "proposed", agreed_by=by, says=[ref])
        return self.states[pair.name]


def _decide(one: PairState | None, same: bool, by: str, ref: str, blood_bank: bool = False) -> None:
    if one is None or not one.waits or not by:
        return
    one.says.append(ref)
    one.blood_bank = one.blood_bank or blood_bank
    if not same:
        one.state, one.decided_by = "different", by
    elif one.state == "proposed":
        one.state, one.agreed_by = "agreed", by


def _decide_union(one: PairState | None, act: UnionConfirmed | UnionRefused, by: str, ref: str) -> None:
    if one is None:
        return
    one.says.append(ref)
    if isinstance(act, UnionRefused):
        one.state = "undone" if one.state == "linked" else "different"
        one.decided_by, one.reason = by, act.reason
    elif one.state == "agreed" and by != one.agreed_by:
        one.state, one.decided_by = "linked", by


def _link(one: PairState | None, act: IdentitiesLinked, by: str, ref: str) -> None:
    if one is None:
        return
    one.says.append(ref)
    one.state, one.decided_by, one.reason = "undone" if act.undo else "linked", by, act.reason
