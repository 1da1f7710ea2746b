"""How far long work is: a bar with rate and time left, on a terminal's stderr and nowhere else (SURFACE, "Manners")."""

import time
from types import TracebackType
from typing import Any

from contrefeu.cli.door import spoken

# What is counted -> French, English
_WORDS = {
    "import": ("Import", "Import"),
    "tap": ("Paquets", "Packets"),
    "bring": ("Copies rapportées", "Bringing copies"),
    "check": ("Vérification", "Checking"),
    "grant": ("Droits de lecture", "Rights to read"),
    "fold": ("Dossiers", "Charts"),
    "compare": ("Comparaison des copies", "Comparing copies"),
    "rotate": ("Nouvelle clé", "New key"),
}
REFRESH_S = 0.1  # a bar that is drawn more often is no easier to read
_BYTES = frozenset({"import", "tap", "bring", "compare"})


class Progress:
    """One bar, for one phase after another; where there is no terminal it shows nothing."""

    def __init__(self, stream: Any = None) -> None:
        """*stream*: where the bar goes, when it is a terminal; stderr when None."""
        from rich.console import Console

        self._console = Console(file=stream, stderr=stream is None)
        self._bar: Any = None
        self._task: Any = None
        self._shown = 0.0

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, kind: type[BaseException] | None, found: BaseException | None, at: TracebackType | None) -> None:
        self._end()

    def phase(self, name: str, total: int) -> None:
        """Begin counting to *total* (bytes or entries); 0 when nobody knows how far it goes."""
        self._end()
        if not self._console.is_terminal:
            return
        from rich import progress

        rate = progress.TransferSpeedColumn() if name in _BYTES else _rate()
        count = progress.DownloadColumn() if name in _BYTES else progress.MofNCompleteColumn()
        self._bar = progress.Progress(
            progress.TextColumn("{task.description}"),
            progress.BarColumn(),
            count,
            rate,
            progress.TimeRemainingColumn(compact=True),
            console=self._console,
            auto_refresh=False,  # no thread of its own: a restore starts another process meanwhile
            transient=True,
        )
        self._bar.start()
        said = _WORDS[name][0 if spoken() == "fr" else 1]
        self._task = self._bar.add_task(said, total=total or None)

    def told(self, count: int) -> None:
        """So many more are done."""
        if self._bar is not None:
            self._bar.advance(self._task, count)
            if time.monotonic() - self._shown > REFRESH_S:
                self._bar.refresh()
                self._shown = time.monotonic()

    def _end(self) -> None:
        if self._bar is not None:
            self._bar.refresh()
            self._bar.stop()
            self._bar = None


def _rate() -> Any:
    """A column: entries a second."""
    from rich.progress import ProgressColumn, Task
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text(f"{speed:,.0f}/s" if speed else "")

    return Rate()
