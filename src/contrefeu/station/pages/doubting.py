"""On the recovery page: until when each source is clean; what came in since, taken up or dropped by name (R5).

Rules kept here:
  * Somebody of the whole house says it, with what they know; each word is an act, and the page names who said it.
  * Nothing is decided in silence: a reason stands beside each entry that is taken up or dropped.
  * A word is of a source that was heard, or of every one: nothing else would ever be in doubt by it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from starlette.datastructures import FormData
from starlette.requests import Request

from contrefeu.acts import EVERY_SOURCE, RULES, CleanPointSet, EntriesDropped, EntriesReleased, lots
from contrefeu.base import parse_rfc3339, rfc3339
from contrefeu.chart import kind_of
from contrefeu.journal import Entry
from contrefeu.mapping import Rules, read
from contrefeu.station.care import Typed
from contrefeu.station.house import House
from contrefeu.station.pages.writing import scribe_of
from contrefeu.station.review import Decision, Review, SourceRow, Why, source_rows

SOURCES_SHOWN = 60  # rows: those in doubt come first, and a hospital has some dozens of feeds
ENTRIES_SHOWN = 20  # of one reason, on a page: one screen; the next come up as these are decided
LOTS_SHOWN = 6  # reasons with their entries on a page: each entry is asked of the charts
DECISIONS_SHOWN = 10  # the latest; all of them stand in the journal
DAYS_BACK = 180  # before today, that the form offers: attackers were inside for two months, and records away for four
WORDS_CHARS_MAX = 300  # two sentences
_OWN = ("console", RULES)  # what commands and rules wrote: nobody speaks through them
GONE, NO_REASON, NO_TIME, NONE_CHOSEN = "gone", "no-reason", "no-time", "none-chosen"


@dataclass(frozen=True, slots=True)
class Aside:
    """An entry that waits for review."""

    ref: str
    received: str
    kind: str
    source: str


@dataclass(frozen=True, slots=True)
class AsideLot:
    """Entries that wait for one reason."""

    why: Why
    count: int
    shown: Sequence[Aside]


@dataclass(frozen=True, slots=True)
class Doubting:
    """What stands on the page."""

    rows: Sequence[SourceRow]
    sources: Sequence[str]  # that a word can be said of
    lots: Sequence[AsideLot]
    lots_more: int  # entries of reasons that are not shown yet
    decisions: Sequence[Decision]
    days: Sequence[str]
    hour: str

    @property
    def waiting(self) -> int:
        """Entries that wait."""
        return sum(lot.count for lot in self.lots) + self.lots_more


class Desk:
    """Where somebody says what is in doubt, and decides."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def shown(self, review: Review) -> Doubting:
        """What is to be shown of *review*."""
        house = self._house
        rows, sources = await self._sources(review)
        lots = sorted(review.aside.items(), key=lambda one: (-len(one[1]), one[0]))
        now = datetime.fromtimestamp(house.deps.clock.now_ns() // 10**9, UTC).astimezone(house.deps.zone)
        return Doubting(
            rows=rows[:SOURCES_SHOWN],
            sources=sorted(sources, key=lambda one: ("/" in one, one)),
            lots=[AsideLot(why, len(refs), await self._entries(refs)) for why, refs in lots[:LOTS_SHOWN]],
            lots_more=sum(len(refs) for _, refs in lots[LOTS_SHOWN:]),
            decisions=review.decisions[: -DECISIONS_SHOWN - 1 : -1],
            days=_days(now.date()),
            hour=f"{now:%H:%M}",
        )

    async def _sources(self, review: Review) -> tuple[list[SourceRow], set[str]]:
        """The rows, and the sources that a word can be said of."""
        house = self._house
        feeds = [one.source for one in (await house.charts.status()).feeds if not one.source.startswith(_OWN)]
        rows = source_rows(review, house.staff.acts, house.staff.alarms, [one for one in feeds if "/" not in one])
        return rows, {*feeds, *(row.source for row in rows)} - {EVERY_SOURCE}

    async def _entries(self, refs: Sequence[str]) -> list[Aside]:
        found = []
        for ref in refs[:ENTRIES_SHOWN]:
            entry = await self._house.charts.entry(ref)
            found.append(Aside(ref, "", "", "") if entry is None else _aside(entry))
        return found

    async def decide(self, request: Request, form: FormData, review: Review) -> str:
        """Take up or drop what was chosen; returns what is wrong with it."""
        house = self._house
        why = Why(*(str(form.get(name, "")) for name in ("why", "owner", "source")))
        waiting, reason = review.aside.get(why, []), str(form.get("remark", "")).strip()[:WORDS_CHARS_MAX]
        if not waiting or not house.account(request).whole_house:
            return GONE
        named = frozenset(map(str, form.getlist("entry")))
        chosen = waiting if form.get("all") else [ref for ref in waiting if ref in named]
        if not chosen:
            return NONE_CHOSEN
        if not reason:
            return NO_REASON
        kind, now = EntriesDropped if form.get("do") == "drop" else EntriesReleased, rfc3339(house.deps.clock.now_ns())
        for lot in lots(chosen):
            await house.staff.write(kind(lot, reason, now), house.account(request).login)
        return ""

    async def say(self, request: Request, form: FormData, review: Review) -> str:
        """Somebody says until when a source was clean; returns what is wrong with it."""
        house, whose = self._house, str(form.get("whose", ""))
        _, sources = await self._sources(review)
        if not house.account(request).whole_house or whose not in {EVERY_SOURCE, *sources}:
            return GONE
        reason = str(form.get("reason", "")).strip()[:WORDS_CHARS_MAX]
        if not reason:
            return NO_REASON
        clean = detected = ""
        if form.get("do") != "trust":
            clean, detected = (self._moment(request, form, name) for name in ("clean", "detected"))
            if not clean or not detected or clean >= detected:
                return NO_TIME
        act = CleanPointSet(whose, clean, detected, reason, rfc3339(house.deps.clock.now_ns()))
        await house.staff.write(act, house.account(request).login)
        return ""

    def _moment(self, request: Request, form: FormData, name: str) -> str:
        """The time in two fields, in UTC; "" when it is none, or not yet."""
        values = {part: str(form.get(f"{name}-{part}", "")) for part in ("day", "time")}
        typed = Typed(values, scribe_of(self._house, request))
        at = typed.moment()
        return rfc3339(parse_rfc3339(at)) if at else ""


def _aside(entry: Entry) -> Aside:
    kind = kind_of(read(entry, Rules().of(entry.source)))
    return Aside(entry.ref, rfc3339(entry.received_ns), kind, entry.source)


def _days(today: date) -> list[str]:
    return [f"{today - timedelta(days=n)}" for n in range(DAYS_BACK + 1)]
