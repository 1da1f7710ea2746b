"""Who works here and what is in force: accounts, downtime and what is known of the stations' clocks, from their acts.

Rules kept here:
  * Only acts of a station's journal count: a feed cannot make an account or declare a downtime.
  * The fold follows the reader at most STALE_NS behind; what this node has just written counts at once.
  * When the reader does not answer, what was known last stays in force: people go on working.
  * A temporary account ends by the latest time that this station has seen or written down: a clock that is set back
    brings nobody back. The station where it was made writes its end down, once.
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import replace

from contrefeu.access import SKEW_S_MAX, Account, Accounts, Aids, Lockout, Passkey, secret_matches
from contrefeu.acts import (
    RULES,
    WATCH,
    Act,
    Alarm,
    ClockMeasured,
    CorrectedWards,
    CorrectionSeen,
    Downtime,
    HandBacks,
    Papers,
    SpecimenDrawn,
    SpecimenDraws,
    Spoken,
    TemporaryAccountEnded,
    TemporaryAccountMade,
    alarms,
    decode,
    encode,
    plain_login,
)
from contrefeu.base import Clock, StorageError
from contrefeu.chart import STATION, Clocks
from contrefeu.journal import MEDIA_ACT, Entry, of_station, parse_ref
from contrefeu.station.care.dispensary import Dispensary
from contrefeu.station.care.medicines import Formulary
from contrefeu.station.deps import ChartsLike
from contrefeu.station.registers import Registers
from contrefeu.station.words_between import WordsBetween
from contrefeu.web import NOT_KEPT, Actor, Appender, Closed, Refused

STALE_NS = 1_000_000_000  # 1 s: how long a disabled account may go on
REFOLD_NS = 60_000_000_000  # 60 s: acts of another node may arrive late, in the middle: read them all again


class Staff:
    """The door of the ward app (web.Door), and the downtime in force."""

    def __init__(
        self,
        charts: ChartsLike,
        appender: Appender,
        clock: Clock,
        counts: Callable[[str], bool] = lambda _: True,
        node: str = "",
    ) -> None:
        self._counts = counts  # whether a journal's acts make accounts here
        self._node = node  # whose own journals are
        self._latest_ns = 0  # that this station saw, or wrote an act at
        self._made_here: set[str] = set()  # logins of temporary accounts that this station made
        self._charts = charts
        self._appender = appender
        self._clock = clock
        self._lockout = Lockout(clock)
        self._lock = asyncio.Lock()
        self._read_ns = 0
        self._folded_ns = 0
        self._last = ""
        self._refs: set[str] = set()
        self.accounts = Accounts()
        self.wards = CorrectedWards()
        self.downtime = Downtime(self.wards.members, clock.now_ns)
        self.clocks = Clocks()
        self.words = WordsBetween()
        self.formulary = Formulary()
        self.aids = Aids()
        self.papers = Papers()
        self.hand_backs = HandBacks()
        self.registers = Registers(self.wards.members)
        self.dispensary = Dispensary()
        self.specimens = SpecimenDraws()
        self._serving: dict[str, tuple[Account, Account]] = {}  # login -> account, and as `_served` has it
        self.corrections_seen: set[tuple[str, str, str]] = set()  # login, resource, entry
        self.acts: list[tuple[Entry, Act]] = []
        self._raised: dict[str, Spoken] = {}  # entry -> what the watch wrote

    async def enter(self, login: str, secret: str) -> Actor | Refused:
        """Check a login, or a badge, and a secret; a refusal says how long to wait, and nothing else."""
        await self._follow()
        account = self.accounts.named(login)
        login = account.login if account else login  # by badge or by name, one person's tries are counted together
        wait_s = self._lockout.wait_s(login)
        if wait_s:
            return Refused(wait_s)
        self._lockout.tried(login)
        secret_hash = account.secret_hash if account and not self.ended(account) else None
        if not await asyncio.to_thread(secret_matches, secret_hash, secret):
            return Refused(self._lockout.wait_s(login))
        self._lockout.succeeded(login)
        assert account is not None, "a secret matches nobody's hash never"
        return self._served(account)

    async def actor(self, login: str) -> Actor | None:
        """Return who *login* is now, or None once they are disabled."""
        return await self.account(login)

    async def named(self, typed: str) -> Actor | None:
        """Return whom a login, or a badge, names; None for nobody, and for who is disabled."""
        await self._follow()
        account = self.accounts.named(typed)
        return None if account is None or self.ended(account) else self._served(account)

    async def by_passkey(self, credential: str) -> tuple[Account, Passkey] | None:
        """Return whose passkey *credential* names, and that passkey; None for nobody, and for who is disabled."""
        await self._follow()
        found = self.accounts.by_passkey(credential)
        return (self._served(found[0]), found[1]) if found and not self.ended(found[0]) else None

    async def account(self, login: str) -> Account | None:
        """Return the account of *login*, unless it is disabled."""
        await self._follow()
        account = self.accounts.get(login)
        return None if account is None or self.ended(account) else self._served(account)

    async def closed(self, login: str) -> Closed | None:
        """Return why *login* lets nobody in; None when it does."""
        await self._follow()
        account = self.accounts.get(login)
        if account is not None and not self.ended(account):
            return None
        if account is None or account.temporary is None:
            return Closed("closed")
        words = account.temporary.words[-1]
        if self.now_ns >= words.until_ns:
            return Closed("over", words.until)
        return Closed("ended" if account.disabled else "not-on", words.until)

    @property
    def now_ns(self) -> int:
        """The time that temporary accounts end by: it never goes back."""
        self._latest_ns = max(self._latest_ns, self._clock.now_ns())
        return self._latest_ns

    @property
    def set_back(self) -> bool:
        """Whether the clock stands before what this station has seen: no end can be said by it."""
        return self.now_ns - self._clock.now_ns() > SKEW_S_MAX * 1_000_000_000

    def ended(self, account: Account) -> bool:
        """Whether *account* lets nobody in: disabled, or a temporary one that does not count now."""
        return account.disabled or (account.temporary is not None and not account.temporary.counts(self.now_ns))

    def counting(self) -> list[Account]:
        """Return every account that lets somebody in, by login."""
        return [one for one in self.accounts.all() if not self.ended(one)]

    def _served(self, account: Account) -> Account:
        """The account, serving its wards under every name that they have."""
        served = self._serving.get(account.login)
        if served is None or served[0] is not account:
            served = self._serving[account.login] = account, replace(account, wards=self.wards.widened(account.wards))
        return served[1]

    async def write(self, act: Act, by: str) -> str:
        """Append an act; it counts at once. Returns its journal/sequence.

        Raises:
            Problem: The journal does not take it: nothing was done.
        """
        try:
            return await self._write(act, f"user/{by}")
        except (StorageError, OSError):
            raise NOT_KEPT from None

    async def _write(self, act: Act, source: str) -> str:
        ref = await self._appender.append(source, MEDIA_ACT, encode(act))
        journal, sequence = parse_ref(ref)
        self._take(Entry(journal, sequence, self._clock.now_ns(), 0, source, MEDIA_ACT, encode(act)))
        return ref

    @property
    def alarms(self) -> list[Alarm]:
        """Every alarm, as the last word on it leaves it."""
        said = (Spoken(entry.ref, entry.journal, entry.source, act) for entry, act in self.acts)
        return alarms([*self._raised.values(), *said]) if self._raised else []

    async def refresh(self) -> None:
        """Follow the reader now, if that was not done in the last STALE_NS."""
        await self._follow()

    async def _follow(self) -> None:
        now = self._clock.now_ns()
        if 0 <= now - self._read_ns < STALE_NS:
            return
        async with self._lock:
            if 0 <= now - self._read_ns < STALE_NS:
                return
            whole = not self._last or now - self._folded_ns > REFOLD_NS
            try:
                entries = await self._charts.acts("" if whole else self._last)
            except (OSError, TimeoutError):
                if not self._last:
                    raise  # nobody is known yet: say that the charts do not answer, not that the secret is wrong
                return
            if whole:
                mine = [kept for kept, _ in self.acts]
                self.accounts, self.wards, self.acts, self._refs = Accounts(), CorrectedWards(), [], set()
                self._serving = {}
                self.downtime = Downtime(self.wards.members, self._clock.now_ns)
                self.clocks, self.words, self.papers, self._folded_ns = Clocks(), WordsBetween(), Papers(), now
                self.formulary, self.aids, self.corrections_seen = Formulary(), Aids(), set()
                self.registers, self.hand_backs = Registers(self.wards.members), HandBacks()
                self.dispensary, self.specimens = Dispensary(), SpecimenDraws()
            for entry in entries:
                self._take(entry)
                self._last = entry.ref
            if whole:
                for entry in mine:  # what was written here and is not read back yet
                    self._take(entry)
            self._read_ns = now
        if self._made_here:  # every page refreshes: no lock for the many stations that let nobody in
            await self._write_ends()

    async def _write_ends(self) -> None:
        """Write down which temporary accounts of this station have ended: journals say so without a clock."""
        async with self._lock:
            for login in sorted(self._made_here):
                await self._write_end(login)

    async def _write_end(self, login: str) -> None:
        account = self.accounts.get(login)
        if account is None or account.disabled or account.temporary is None:
            self._made_here.discard(login)
        elif self.now_ns >= account.temporary.words[-1].until_ns:
            with contextlib.suppress(StorageError, OSError):  # it has ended all the same; the next look tries again
                await self._write(TemporaryAccountEnded(login, account.agency_until), f"{RULES}temporary-accounts")

    def _take(self, entry: Entry) -> None:
        if entry.journal.endswith(WATCH) and self._counts(entry.journal):
            self._raised[entry.ref] = Spoken(entry.ref, entry.journal, entry.source, decode(entry.body))
        if not entry.journal.endswith(STATION) or entry.ref in self._refs or not self._counts(entry.journal):
            return
        self._refs.add(entry.ref)
        act = decode(entry.body)
        if act is None:
            return
        self.acts.append((entry, act))
        self.accounts.apply(act, entry.source)
        if self._node and of_station(entry.journal, self._node):
            self._latest_ns = max(self._latest_ns, entry.received_ns)
            if isinstance(act, TemporaryAccountMade):
                self._made_here.add(plain_login(act.login))
        self.wards.apply(act, entry.source)
        self._serving.clear()
        self.downtime.apply(act, entry.source, entry.ref)
        self.words.apply(act, entry)
        self.formulary.apply(act, entry, self.accounts)
        self.aids.apply(act, entry.source, self.accounts)
        self.papers.apply(act, entry.source)
        self.hand_backs.apply(act, entry.source)
        self.registers.apply(act, entry)
        self.dispensary.apply(act, entry)
        if isinstance(act, SpecimenDrawn):
            self.specimens.apply(act, entry.journal, entry.sequence)
        if isinstance(act, CorrectionSeen):
            self.corrections_seen.add((entry.source.removeprefix("user/"), act.resource, act.entry))
        if isinstance(act, ClockMeasured):
            self.clocks.apply(act, entry)
