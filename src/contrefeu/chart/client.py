"""Asking the running reader: for the ward app's event loop, and for commands.

Rules kept here:
  * A question waits ANSWER_S at most; the ward app never hangs on a reader that is gone.
  * A connection carries one question at a time; a question that waits (`changes`) holds up no other.
  * Short questions that are asked in the same moment go together: a page asks several, and each way there and back
    costs as much as many an answer.
  * A reader that was restarted is asked again, once: a question changes nothing.
"""

import asyncio
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from contrefeu.base import StorageError
from contrefeu.chart.agenda import AgendaLine
from contrefeu.chart.answers import HITS_MAX, PEOPLE_MAX, UNPLACED_MAX, Account
from contrefeu.chart.corrections import Correction
from contrefeu.chart.departures import Left
from contrefeu.chart.fold import Chart
from contrefeu.chart.pieces import Lately
from contrefeu.chart.questions import ANSWER_BYTES_MAX, LENGTH, READERS, ask, framed
from contrefeu.chart.views import (
    Board,
    BoardRow,
    ChartsStatus,
    DrugSeen,
    ExportResult,
    HoneyChart,
    PatientHit,
    Person,
    UnplacedEntry,
    WardKnown,
    WardSummary,
)
from contrefeu.chart.work import WorkLine
from contrefeu.journal import Entry
from contrefeu.mapping import Listed, Loss

ANSWER_S = 15.0  # a page that waited longer would not be waited for
TURNS = 3  # of the event loop, in which what is asked goes together: a page's own question, and what stands around it
IDLE_MAX = 8  # connections kept for the next question: as many as pages are asked for at once

_Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class ChartsClient:
    """The charts, asked by an event loop.

    Every question may raise OSError (the reader does not run) or TimeoutError (it does not answer).
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: list[_Streams] = []
        self._waiting: dict[bytes, asyncio.Future[bytes]] = {}  # short questions that are about to be asked
        self._asking: set[asyncio.Task[None]] = set()

    async def status(self) -> ChartsStatus:
        """Say how far the charts have been read."""
        return await self._soon("status")  # type: ignore[no-any-return]

    async def wards(self, world: str = "") -> list[WardSummary]:
        """Return every ward."""
        return await self._ask("wards", world)  # type: ignore[no-any-return]

    async def known_wards(self, world: str = "") -> list[WardKnown]:
        """Return every name that feeds, lists, settings and people have for a ward, uncorrected."""
        return await self._ask("known_wards", world)  # type: ignore[no-any-return]

    async def board(self, ward: str = "", world: str = "") -> Board:
        """Return one ward; the whole hospital for ""."""
        return await self._soon("board", ward, world)  # type: ignore[no-any-return]

    async def left(self, ward: str, since_ns: int, world: str = "") -> list[Left]:
        """Return who left *ward* since an instant and is not there now, the last one first."""
        return await self._ask("left", ward, since_ns, world)  # type: ignore[no-any-return]

    async def work(self, world: str = "") -> list[WorkLine]:
        """Return what waits for somebody, of every patient for whom something does."""
        return await self._ask("work", world)  # type: ignore[no-any-return]

    async def agenda(self, first: int, last: int, world: str = "") -> list[AgendaLine]:
        """Return who is expected from one day to another (days of 24 h since 1970, UTC), a line a patient and day."""
        return await self._ask("agenda", first, last, world)  # type: ignore[no-any-return]

    async def corrections(self, login: str, world: str = "") -> list[Correction]:
        """Return the results that were corrected after *login* looked at them, the newest first."""
        return await self._soon("corrections", login, world)  # type: ignore[no-any-return]

    async def find(self, query: str, limit: int = 20, exactly: bool = False) -> list[PatientHit]:
        """Return patients by name (misspelt too, unless *exactly*), birth date, bed, any number."""
        return await (self._soon if exactly else self._ask)("find", query, limit, exactly)  # type: ignore[no-any-return]

    async def chart(self, id: str, at_ns: int | None = None) -> Chart | None:
        """Return one chart, by its id or any number of the patient."""
        return await self._ask("chart", id, at_ns)  # type: ignore[no-any-return]

    async def lately(self, id: str, known: Sequence[bytes] = ()) -> Lately | None:
        """Return one chart as it stands now, and its version; without those of its pieces that are *known*."""
        return await self._ask("lately", id, list(known))  # type: ignore[no-any-return]

    async def version(self, id: str) -> str | None:
        """Return what is another text once a chart was written again; None when there is none."""
        return await self._soon("version", id)  # type: ignore[no-any-return]

    async def row(self, id: str) -> BoardRow | None:
        """Return the row of one patient as the board of their ward has it; None when they are on none."""
        return await self._soon("row", id)  # type: ignore[no-any-return]

    async def hits(self, ids: list[str]) -> list[PatientHit | None]:
        """Return of each of *ids* who it is and where, as a search shows them."""
        found: list[PatientHit | None] = []
        for start in range(0, len(ids), HITS_MAX):
            found += await self._ask("hits", ids[start : start + HITS_MAX])
        return found

    async def bundle(self, id: str, at_ns: int | None = None) -> bytes | None:
        """Return one chart as a FHIR collection Bundle."""
        return await self._ask("bundle", id, at_ns)  # type: ignore[no-any-return]

    async def drugs(self, world: str = "") -> list[DrugSeen]:
        """Return the drugs that are prescribed to patients who are here, the commonest first."""
        return await self._ask("drugs", world)  # type: ignore[no-any-return]

    async def entry(self, ref: str) -> Entry | None:
        """Return one entry, byte for byte."""
        return await self._ask("entry", ref)  # type: ignore[no-any-return]

    async def numbers(self, id: str) -> list[str]:
        """Return the chart's id and every number that it stands under; [] when there is no chart."""
        return await self._ask("numbers", id)  # type: ignore[no-any-return]

    async def honey(self) -> list[HoneyChart]:
        """Return the patients whom nobody has a reason to open, of whom there is a chart."""
        return await self._ask("honey")  # type: ignore[no-any-return]

    async def loss(self, ref: str) -> list[Loss]:
        """Return what of an entry no chart says, and why."""
        return await self._ask("loss", ref)  # type: ignore[no-any-return]

    async def acts(self, after_ref: str = "") -> list[Entry]:
        """Return every act, in journal order, after an entry."""
        return await self._ask("acts", after_ref)  # type: ignore[no-any-return]

    async def waiting(self, limit: int = UNPLACED_MAX) -> list[UnplacedEntry]:
        """Return the entries that somebody's care may depend on and that nobody could be given, the newest first."""
        return await self._ask("waiting", limit)  # type: ignore[no-any-return]

    async def unread(self, limit: int = UNPLACED_MAX) -> list[UnplacedEntry]:
        """Return the entries that name nobody and say nothing that a chart holds, the newest first."""
        return await self._ask("unread", limit)  # type: ignore[no-any-return]

    async def changes(self, after: int, timeout_s: float) -> int:
        """Return a number that differs from *after* once the charts have changed, after *timeout_s* at the latest."""
        return await self._ask("changes", after, timeout_s, within_s=timeout_s + ANSWER_S)  # type: ignore[no-any-return]

    def close(self) -> None:
        """Disconnect."""
        while self._idle:
            self._idle.pop()[1].close()

    async def _soon(self, name: str, *arguments: Any) -> Any:
        """Ask with whatever else is asked now; who asks the same gets the same answer."""
        question, loop = ask(name, list(arguments)), asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self._turn, TURNS)
        waiting = self._waiting.get(question)
        if waiting is None:
            waiting = self._waiting[question] = loop.create_future()
        return READERS[name](await asyncio.shield(waiting))

    def _turn(self, left: int) -> None:
        if left:
            asyncio.get_running_loop().call_soon(self._turn, left - 1)
            return
        waiting, self._waiting = self._waiting, {}
        task = asyncio.ensure_future(self._together(waiting))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _together(self, waiting: dict[bytes, "asyncio.Future[bytes]"]) -> None:
        try:
            if len(waiting) == 1:
                answers = [await self._answer(next(iter(waiting)), ANSWER_S)]
            else:
                answers = READERS["together"](await self._answer(ask("together", list(waiting)), ANSWER_S))
            answered = list(zip(waiting.values(), answers, strict=True))  # nobody waits for an answer that is not there
        except Exception as found:
            for one in waiting.values():
                one.set_exception(found)
                one.exception()  # nobody may wait for it any more
            return
        for one, answer in answered:
            one.set_result(answer)

    async def _ask(self, name: str, *arguments: Any, within_s: float = ANSWER_S) -> Any:
        return READERS[name](await self._answer(ask(name, list(arguments)), within_s))

    async def _answer(self, asked: bytes, within_s: float) -> bytes:
        question = framed(asked)
        async with asyncio.timeout(within_s):
            while self._idle:
                streams = self._idle.pop()
                if not streams[1].is_closing():
                    try:
                        return await self._over(streams, question)
                    except (ConnectionError, asyncio.IncompleteReadError):
                        break  # it was kept from before the reader's end: ask once more
            try:
                return await self._over(await asyncio.open_unix_connection(self._path), question)
            except asyncio.IncompleteReadError:
                raise ConnectionResetError("the reader went away") from None

    async def _over(self, streams: _Streams, question: bytes) -> bytes:
        reader, writer = streams
        whole = False
        try:
            writer.write(question)
            await writer.drain()
            (length,) = LENGTH.unpack(await reader.readexactly(LENGTH.size))
            if length > ANSWER_BYTES_MAX:
                raise ConnectionResetError("an answer beyond the limit")
            answer = await reader.readexactly(length)
            whole = True
        finally:
            if whole and len(self._idle) < IDLE_MAX:
                self._idle.append(streams)
            else:
                writer.close()
        return answer


class SyncChartsClient:
    """The charts, asked by a command."""

    def __init__(self, path: Path) -> None:
        """Connect.

        Raises:
            StorageError: The reader does not run.
        """
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.connect(str(path))
        except OSError:
            self._socket.close()
            raise _gone() from None

    def status(self) -> ChartsStatus:
        """Say how far the charts have been read."""
        return self._ask("status")  # type: ignore[no-any-return]

    def account(self, journal: str, first: int, last: int) -> Account:
        """Say what became of the entries of *journal* from *first* to *last*."""
        return self._ask("account", journal, first, last)  # type: ignore[no-any-return]

    def wards(self, world: str = "") -> list[WardSummary]:
        """Return every ward."""
        return self._ask("wards", world)  # type: ignore[no-any-return]

    def board(self, ward: str = "", world: str = "") -> Board:
        """Return one ward; the whole hospital for ""."""
        return self._ask("board", ward, world)  # type: ignore[no-any-return]

    def left(self, ward: str, since_ns: int, world: str = "") -> list[Left]:
        """Return who left *ward* since an instant and is not there now, the last one first."""
        return self._ask("left", ward, since_ns, world)  # type: ignore[no-any-return]

    def staff(self, world: str = "") -> list[Listed]:
        """Return everybody whom the hospital's own list (MFN) names, those who left too."""
        return self._ask("staff", world)  # type: ignore[no-any-return]

    def find(self, query: str, limit: int = 20) -> list[PatientHit]:
        """Return patients by name (misspelt too), birth date, bed, any number."""
        return self._ask("find", query, limit)  # type: ignore[no-any-return]

    def chart(self, id: str, at_ns: int | None = None) -> Chart | None:
        """Return one chart, by its id or any number of the patient."""
        return self._ask("chart", id, at_ns)  # type: ignore[no-any-return]

    def lately(self, id: str) -> Lately | None:
        """Return one chart as it stands now, in JSON, and its version."""
        return self._ask("lately", id)  # type: ignore[no-any-return]

    def bundle(self, id: str, at_ns: int | None = None) -> bytes | None:
        """Return one chart as a FHIR collection Bundle."""
        return self._ask("bundle", id, at_ns)  # type: ignore[no-any-return]

    def text(self, id: str, at_ns: int | None = None, language: str = "fr") -> str:
        """Return one chart as people read it; "" when there is none."""
        return self._ask("text", id, at_ns, language)  # type: ignore[no-any-return]

    def entry(self, ref: str) -> Entry | None:
        """Return one entry, byte for byte."""
        return self._ask("entry", ref)  # type: ignore[no-any-return]

    def numbers(self, id: str) -> list[str]:
        """Return the chart's id and every number that it stands under; [] when there is no chart."""
        return self._ask("numbers", id)  # type: ignore[no-any-return]

    def people(self, after: int = 0, limit: int = PEOPLE_MAX) -> list[Person]:
        """Return whom there are charts of, without what is in them."""
        return self._ask("people", after, limit)  # type: ignore[no-any-return]

    def sources(self, id: str, known: int = 0) -> list[str]:
        """Return the entries that a chart comes from, in journal order; [] when there are *known* of them."""
        return self._ask("sources", id, known)  # type: ignore[no-any-return]

    def whose(self, ref: str) -> list[str]:
        """Return the ids of the charts that an entry says something of."""
        return self._ask("whose", ref)  # type: ignore[no-any-return]

    def honey(self) -> list[HoneyChart]:
        """Return the patients whom nobody has a reason to open, of whom there is a chart."""
        return self._ask("honey")  # type: ignore[no-any-return]

    def loss(self, ref: str) -> list[Loss]:
        """Return what of an entry no chart says, and why."""
        return self._ask("loss", ref)  # type: ignore[no-any-return]

    def acts(self, after_ref: str = "") -> list[Entry]:
        """Return every act, in journal order, after an entry."""
        return self._ask("acts", after_ref)  # type: ignore[no-any-return]

    def waiting(self, limit: int = UNPLACED_MAX) -> list[UnplacedEntry]:
        """Return the entries that somebody's care may depend on and that nobody could be given, the newest first."""
        return self._ask("waiting", limit)  # type: ignore[no-any-return]

    def unread(self, limit: int = UNPLACED_MAX) -> list[UnplacedEntry]:
        """Return the entries that name nobody and say nothing that a chart holds, the newest first."""
        return self._ask("unread", limit)  # type: ignore[no-any-return]

    def export(self, to: Path, at_ns: int | None = None, without_protected: bool = False) -> ExportResult:
        """Have the reader write all charts as FHIR NDJSON under the folder *to*."""
        return self._ask("export", str(to), at_ns, without_protected)  # type: ignore[no-any-return]

    def sha256(self, at_ns: int | None = None) -> str:
        """Return the hash of all charts."""
        return self._ask("sha256", at_ns)  # type: ignore[no-any-return]

    def close(self) -> None:
        """Disconnect."""
        self._socket.close()

    def _ask(self, name: str, *arguments: Any) -> Any:
        try:
            self._socket.sendall(framed(ask(name, list(arguments))))
            (length,) = LENGTH.unpack(self._exactly(LENGTH.size))
            answer = self._exactly(length)
        except OSError:
            raise _gone() from None
        return READERS[name](answer)

    def _exactly(self, length: int) -> bytes:
        found = bytearray()
        while len(found) < length:
            part = self._socket.recv(min(length - len(found), 2**20))
            if not part:
                raise ConnectionResetError
            found += part
        return bytes(found)


def _gone() -> StorageError:
    return StorageError(
        "The process that reads the charts does not answer.",
        safe="The journal, and every chart: they are read again.",
        next="contrefeu status shows whether the node runs; contrefeu up starts it.",
    )
