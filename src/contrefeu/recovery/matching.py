"""Temporary identities to known ones (R6): rules first, then the weight of evidence, the rest to two people.

    temporary = linked by a rule + for people to decide + without anybody like them

Rules kept here:
  * A qualified national number joins two identities whose birth date and name agree too; two different ones never do.
  * By weight alone two are joined only when the given name and the birth date (or day and month, swapped) are the same,
    the family name is at most a slip apart, nothing says otherwise of the sex, the telephone or the place of birth
    agrees too, and the next best candidate is far behind: twins, namesakes and relatives go to people.
  * Further given names are left out as often as not, and then say nothing; where both say them and they are others,
    people decide: namesakes, and twins who are called alike.
  * Two temporary identities that nobody known answers to, of two stations or of one, may be one person registered
    twice: they are compared too, and always go to people.
  * Nothing of it is written anywhere: the tables are in memory, and are not spilled to a disk.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Literal, TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from contrefeu.acts import BLOOD, Agreement, ProposedPair
from contrefeu.base import OperatorError
from contrefeu.chart import Chart, holds_blood, sound
from contrefeu.recovery.agreement import FIELDS, RAREST, agreements, settings
from contrefeu.recovery.identities import DOUBTFUL, TWIN, Identity
from contrefeu.recovery.tables import tables_in_memory

AUTOMATIC_BITS = 20.0  # of evidence: odds of a million to one
MARGIN_BITS = 10.0  # that the next best candidate must be behind: a thousand times less likely
REVIEW_BITS = -6.0  # below it nobody would look: odds of one to sixty
CANDIDATES_MAX = 5  # of one temporary identity that people are shown
TEMPORARIES = 10_000  # compared at a time: about 400 MB
ROWS = 50_000  # of people handed over at a time
_COLUMNS = (
    "n", "family", "family_sound", "used", "given", "given_sound", "birth", "birth_year", "sex", "phone", "postcode",
    "birthplace", "national", "further", "names",
)  # fmt: skip
_GIVEN, _FAMILY = {"same"}, {"same", "slip", "swapped"}
_BIRTH = {"same", "swapped"}  # one digit off may be a parent of the same name, 1931 for 1961
_BESIDE = ("phone", "birthplace")  # a postal code is shared by a town, namesakes in it too
NAMESAKES = "another patient is nearly as likely"
TOO_LITTLE = "what agrees is not enough"
BOTH = "both numbers are temporary"
_TYPES = "n BIGINT, " + ", ".join(f"{name} VARCHAR" for name in _COLUMNS[1:])


_T = TypeVar("_T")


class Candidate(Struct, frozen=True):
    """A known identity that a temporary one may be."""

    key: str
    bits: float
    fields: dict[str, Agreement]
    national: bool  # qualified and the same
    why: str


class Proposal(Struct, frozen=True):
    """What is proposed for one temporary identity."""

    temporary: Identity
    pairs: list[ProposedPair]  # the likeliest first; one whose `why` is empty stands alone

    @property
    def automatic(self) -> bool:
        """Whether it needs nobody."""
        return len(self.pairs) == 1 and not self.pairs[0].why


class Matcher:
    """Known identities, ready to be compared with."""

    def __init__(self, known: Iterable[Identity]) -> None:
        """Take everybody who is known.

        Raises:
            OperatorError: What it needs is not installed.
        """
        self._connection = _connected()
        self._connection.execute(f"CREATE TABLE known({_TYPES}, key VARCHAR, why VARCHAR)")
        self._count = 0
        for rows in _some(known, ROWS):
            numbered = list(enumerate(rows, self._count))
            self._put("known", [(*_row(n, one), one.key, one.why) for n, one in numbered], ("key", "why"))
            self._count += len(rows)
        for name in RAREST:
            self._connection.execute(
                f"CREATE TABLE tf_{name} AS SELECT {name}, count(*) / sum(count(*)) OVER () AS tf_{name}"  # noqa: S608
                f" FROM known WHERE {name} IS NOT NULL GROUP BY {name}"
            )

    def close(self) -> None:
        """Forget everybody."""
        self._connection.close()

    def match(self, temporary: Iterable[Identity]) -> Iterator[Proposal]:
        """Yield what is proposed for each of *temporary*, in their order."""
        for some in _some(temporary, TEMPORARIES):
            found = self._candidates(some) if self._count else {}
            for n, one in enumerate(some):
                others = [candidate for candidate in found.get(n, []) if candidate.key != one.key]
                yield Proposal(one, list(_pairs(one, others)))

    def _candidates(self, some: Sequence[Identity]) -> dict[int, list[Candidate]]:
        from splink import DuckDBAPI, Linker  # noqa: PLC0415

        self._connection.execute(f"CREATE OR REPLACE TABLE temporary({_TYPES})")
        self._put("temporary", [_row(n, one) for n, one in enumerate(some)])
        linker: Any = Linker(
            ["temporary", "known"],
            settings(self._count),
            db_api=DuckDBAPI(connection=self._connection),
            input_table_aliases=["a_temporary", "b_known"],
            set_up_basic_logging=False,
        )
        for name in RAREST:
            linker.table_management.register_term_frequency_lookup(f"tf_{name}", name)
        predicted = linker.inference.predict()
        found: dict[int, list[Candidate]] = {}
        rows = self._connection.execute(_best(predicted.physical_name))
        while row := rows.fetchone():
            found.setdefault(row[0], []).append(_candidate(row))
        linker.table_management.delete_tables_created_by_splink_from_db()
        return found

    def _put(self, table: str, rows: list[tuple[Any, ...]], more: Sequence[str] = ()) -> None:
        import pandas  # noqa: PLC0415

        frame = pandas.DataFrame(rows, columns=[*_COLUMNS, *more], dtype=object)
        self._connection.register("handed", frame)
        self._connection.execute(f"INSERT INTO {table} SELECT * FROM handed")  # noqa: S608
        self._connection.unregister("handed")


def _some(values: Iterable[_T], size: int) -> Iterator[list[_T]]:
    """*values*, so many at a time."""
    ahead = iter(values)
    while found := list(islice(ahead, size)):
        yield found


def _connected() -> Any:
    try:
        import splink  # noqa: F401, PLC0415

        connection = tables_in_memory()
    except ImportError:
        raise OperatorError(
            "Matching needs Splink and DuckDB, which are not installed here.",
            safe="Nothing was compared.",
            next="pip install 'contrefeu[match]' on the machine that recovers; a ward's machine needs none of it.",
        ) from None
    logging.getLogger("splink").setLevel(logging.ERROR)
    return connection


def _row(n: int, one: Identity) -> tuple[Any, ...]:
    names = " ".join(sorted((one.family, one.given))) if one.family and one.given else ""
    said = (
        one.family, sound(one.family), one.used, one.given, sound(one.given), one.birth, one.birth[:4], one.sex,
        one.phone, one.postcode, one.birthplace, one.national, one.further, names,
    )  # fmt: skip
    return (n, *(value or None for value in said))


def _best(table: str) -> str:
    gammas = ", ".join(f"p.gamma_{field.name}" for field in FIELDS)
    return (
        f"SELECT p.n_l, k.key, k.why, p.match_weight, p.national_l, p.national_r, {gammas}"  # noqa: S608
        f" FROM {table} p JOIN known k ON k.n = p.n_r"
        f" WHERE (p.match_weight >= {REVIEW_BITS} OR p.national_l = p.national_r)"
        " AND (p.national_l IS NULL OR p.national_r IS NULL OR p.national_l = p.national_r)"
        " QUALIFY row_number() OVER (PARTITION BY p.n_l ORDER BY p.national_l = p.national_r DESC NULLS LAST,"
        f" p.match_weight DESC, k.key) <= {CANDIDATES_MAX}"
        " ORDER BY p.n_l, p.national_l = p.national_r DESC NULLS LAST, p.match_weight DESC, k.key"
    )


def _candidate(row: Sequence[Any]) -> Candidate:
    _, key, why, bits, ours, theirs, *gammas = row
    fields: dict[str, Agreement] = {
        field.name: "unsaid" if gamma < 0 else agreements(field)[gamma]
        for field, gamma in zip(FIELDS, gammas, strict=True)
    }
    return Candidate(key, round(bits, 1), fields, ours is not None and ours == theirs, why or "")


def _pairs(one: Identity, candidates: list[Candidate]) -> Iterator[ProposedPair]:
    """The pairs of one temporary identity: one alone when nobody need look, else all that people are shown."""
    if not candidates:
        return
    first, others = candidates[0], candidates[1:]
    rule: Literal["national", "score"] = "national" if first.national else "score"
    why = one.why or first.why or (_by_number(first, others) if first.national else _by_weight(first, others))
    shown = candidates if why else candidates[:1]
    for place, found in enumerate(shown):
        speaks = why if place == 0 else found.why or NAMESAKES
        yield ProposedPair(
            one.key, found.key, rule if place == 0 else "score", found.bits, found.fields, speaks, one.world
        )


def _by_number(first: Candidate, others: list[Candidate]) -> str:
    """Why the same national number alone does not join; "" when it does."""
    if any(other.national for other in others):
        return NAMESAKES
    agrees = first.fields["birth"] == "same" and first.fields["family"] in _FAMILY and first.fields["sex"] != "other"
    return "" if agrees and first.fields["given"] in {"same", "slip", "swapped"} else TOO_LITTLE


def _by_weight(first: Candidate, others: list[Candidate]) -> str:
    """Why the weight of evidence does not join; "" when it does."""
    if any(first.bits - other.bits < MARGIN_BITS for other in others):
        return NAMESAKES
    fields = first.fields
    agrees = fields["given"] in _GIVEN and fields["family"] in _FAMILY and fields["birth"] in _BIRTH
    beside = any(fields[name] == "same" for name in _BESIDE)
    against = "other" in (fields["sex"], fields["further"])
    enough = first.bits >= AUTOMATIC_BITS and agrees and beside and not against
    return "" if enough else TOO_LITTLE


def among(proposals: Sequence[Proposal]) -> Iterator[Proposal]:
    """Yield *proposals*, each with the pairs of its identity and another temporary one; for people, whatever agrees.

    The number that stays is the first of the two, as text: a pair that people spoke of has the same name next time.
    """
    left = [one.temporary for one in proposals if not one.automatic]
    found: dict[str, dict[str, ProposedPair]] = {}  # the number that goes -> the one that stays -> their pair
    matcher = Matcher(left)
    for proposal in matcher.match(left):
        for pair in proposal.pairs:
            stays, goes = sorted((pair.known, pair.temporary))
            why = pair.why if pair.why in (DOUBTFUL, TWIN) else BOTH
            found.setdefault(goes, {})[stays] = replace(pair, temporary=goes, known=stays, rule="score", why=why)
    matcher.close()
    for one in proposals:
        yield Proposal(one.temporary, [*one.pairs, *found.get(one.temporary.key, {}).values()])


def everybody(identities: Iterable[Identity]) -> tuple[list[Identity], Iterator[Identity]]:
    """Part *identities* in the temporary ones and, as they are read, the known ones."""
    temporary: list[Identity] = []

    def known() -> Iterator[Identity]:
        for one in identities:
            if one.temporary:
                temporary.append(one)
            else:
                yield one

    return temporary, known()


class Matched(Struct):
    """What a run found: what is joined by a rule, and what people decide."""

    decided: set[tuple[str, str, str]] = field(default_factory=set)  # pairs that people spoke of before
    joined: list[ProposedPair] = field(default_factory=list)
    proposed: list[ProposedPair] = field(default_factory=list)
    review: int = 0  # temporary identities that wait for people
    alone: set[str] = field(default_factory=set)  # temporary numbers whom nobody known is like
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def unmatched(self) -> int:
        """How many are like nobody, not like another temporary one either."""
        return len(self.alone - {pair.known for pair in self.proposed})

    def take(self, proposals: Iterable[Proposal], chart_of: Callable[[str], Chart | None]) -> None:
        """Sort *proposals*; *chart_of* gives the chart of a number."""
        for proposal in proposals:
            pairs = [pair for pair in proposal.pairs if pair.name not in self.decided]
            asked = len(pairs) < len(proposal.pairs)
            if proposal.automatic and not asked and not _blood(pairs[0], chart_of):
                self.joined += pairs
                continue
            pairs = [replace(pair, why=pair.why or BLOOD) for pair in pairs]
            self.proposed += pairs
            self.review += bool(pairs)
            if not proposal.pairs:
                self.alone.add(proposal.temporary.key)
            for pair in pairs[:1]:
                self.reasons[pair.why] += 1


def _blood(pair: ProposedPair, chart_of: Callable[[str], Chart | None]) -> bool:
    """Whether a blood group would cross (F11)."""
    return any(chart is not None and holds_blood(chart) for chart in map(chart_of, (pair.temporary, pair.known)))
