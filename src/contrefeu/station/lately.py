"""Charts that were opened lately: read and laid out once a version, however many screens show them.

Rules kept here:
  * Whoever opens a chart asks the reader which version holds now: nothing old is ever shown for new.
  * One chart is fetched by one asker at a time; who comes meanwhile gets what that one got.
  * Of a chart that was written since, what changed is read, and what is made of the rest stays.
  * A great chart is laid out beside the event loop: other screens do not wait for it.
  * At most LATELY_BYTES_MAX of JSON is remembered, and nothing of it on a disk.
"""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from weakref import WeakValueDictionary

from contrefeu.chart import KEY_BYTES, Chart, Gathered, Lately, no_sweep
from contrefeu.chart.sheet import Laid, Sheet, person_of, results_of
from contrefeu.station.deps import ChartsLike

LATELY_BYTES_MAX = 16 * 2**20  # bytes of JSON: some hundred charts of a ward, about 100 MB once they are laid out
BESIDE_OBJECTS = 200  # objects above which a chart is laid out in a thread: 5 ms of work, read anew
_MINUTE_NS = 60 * 10**9  # what the clock changes of a stay lasts for longer


@dataclass(slots=True)
class Opened:
    """One version of a chart, laid out."""

    gathered: Gathered
    laid: Laid
    _throughout: tuple[int, Sheet | None] = (-1, None)  # minute -> the sheet that holds for all of it, if one does

    @property
    def chart(self) -> Chart:
        """As the reader has it."""
        return self.gathered.chart

    @property
    def bytes(self) -> int:
        """Of its JSON."""
        return self.gathered.bytes

    def sheet(self, now_ns: int) -> Sheet:
        """Return the chart as it stands at *now_ns*: one sheet a minute, as long as it is the same at both its ends."""
        minute = now_ns // _MINUTE_NS
        if self._throughout[0] != minute:
            begins, ends = (Sheet(self.chart, at * _MINUTE_NS, self.laid) for at in (minute, minute + 1))
            begins.minute = minute
            same = begins.present == ends.present and person_of(begins) == person_of(ends)
            self._throughout = minute, begins if same else None
        return self._throughout[1] or Sheet(self.chart, now_ns, self.laid)


class LatelyOpened:
    """What the ward app remembers of charts."""

    def __init__(self, charts: ChartsLike) -> None:
        self._charts = charts
        self._opened: OrderedDict[str, Opened] = OrderedDict()  # by what was asked for
        self._bytes = 0
        self._asking: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def known(self, asked: str, now_ns: int) -> Sheet | None:
        """Return what is remembered of that chart, which may hold no more."""
        found = self._opened.get(asked)
        return found.sheet(now_ns) if found is not None else None

    async def open(self, asked: str) -> Opened | None:
        """Return the chart of that id or number as it stands now; None when there is none."""
        lock = self._asking.setdefault(asked, asyncio.Lock())
        async with lock:
            known = self._opened.get(asked)
            if known is not None and await self._charts.version(asked) == known.laid.version:
                self._opened.move_to_end(asked)
                return known
            found = await self._charts.lately(asked, known.gathered.stamps if known is not None else ())
            if found is None:
                return None
            if sum(len(piece.keys) for piece in found.pieces) > BESIDE_OBJECTS * KEY_BYTES:
                opened = await asyncio.to_thread(_laid_out, found, known)
            else:
                opened = _laid_out(found, known)
            self._remember(asked, opened)
            return opened

    def _remember(self, asked: str, opened: Opened) -> None:
        before = self._opened.pop(asked, None)
        self._bytes -= before.bytes if before else 0
        if not opened.laid.version:
            return
        self._opened[asked] = opened
        self._bytes += opened.bytes
        while self._bytes > LATELY_BYTES_MAX:
            self._bytes -= self._opened.popitem(last=False)[1].bytes


def _laid_out(found: Lately, before: Opened | None) -> Opened:
    """Read a chart and make what takes long."""
    with no_sweep():
        gathered = Gathered(found, before.gathered if before is not None else None)
        laid = Laid(gathered.resources, found.version, before.laid if before is not None else None)
        results_of(Sheet(gathered.chart, laid=laid))
    return Opened(gathered, laid)
