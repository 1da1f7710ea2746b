"""What others hold of this home's journals: signed checkpoints that a journal must not be behind or beside (S4).

    HOME/vouched/                what vaults showed: those that pull, and those that the copies process asked
    HOME/exchange/vouched/       what peers have of this station's journals
    HOME/exchange/witnessed/     what witnesses cosigned
    the vaults, and the folders of `witness.folders`, are asked when a writer starts

Rules kept here:
  * Whoever says so, a checkpoint counts by its writer's signature. What one holds back another may say; what is made up
    counts nowhere.
  * Who does not answer in time says nothing, and holds nobody up.
  * Who holds no credentials asks no object store: capture and web are not given any. The copies process asks, and a
    writer that runs learns it from the home (overtaken.py).
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import structlog

from contrefeu.base import ContrefeuError
from contrefeu.custody import HomePaths
from contrefeu.hospital import Settings
from contrefeu.vault import checkpoints_held, file_name, lies_elsewhere, open_vault, seen_in

ASK_S_MAX = 3.0  # how long a writer that starts waits for what others hold: a feed waits with it
# Folders of the home, and where in a file's path below them the name of the journal's folder stands.
NOTED: dict[str, Callable[[Path], str]] = {
    "vouched": lambda path: path.stem,
    "exchange/vouched": lambda path: path.name,
    "exchange/witnessed": lambda path: path.parent.name,
}

log = structlog.get_logger("node")

Note = tuple[str, bytes]  # the name of a journal's folder, and a checkpoint of it


def held_elsewhere(paths: HomePaths, settings: Settings, wait_s: float) -> dict[str, list[bytes]]:
    """The checkpoints that others hold, by the name of the journal's folder; nobody is waited for longer."""
    asked = [vault.url for vault in settings.vaults if not lies_elsewhere(vault.url)]
    questions = [partial(_in_vault, url, paths.vault_credentials) for url in asked]
    questions += [partial(_with_witness, Path(folder)) for folder in settings.witness.folders]
    held: dict[str, list[bytes]] = {}
    for folder, note in [*noted(paths.root), *_answers(questions, wait_s)]:
        held.setdefault(folder, []).append(note)
    return held


def noted(home: Path) -> Iterator[Note]:
    """What lies in the home."""
    for path, folder in noted_files(home):
        with contextlib.suppress(OSError):
            yield folder, path.read_bytes()


def noted_files(home: Path) -> Iterator[tuple[Path, str]]:
    """The files that it lies in, and of which journal's folder each is."""
    for name, folder_of in NOTED.items():
        for path in sorted((home / name).rglob("*")):
            if not path.name.startswith(".") and path.is_file():
                yield path, folder_of(path)


def _in_vault(url: str, credentials: Path) -> list[Note]:
    return list(checkpoints_held(open_vault(url, credentials)).items())


def _with_witness(folder: Path) -> list[Note]:
    return [(file_name(origin), note) for origin, note in seen_in(folder)]


def _answers(questions: Iterable[Callable[[], list[Note]]], wait_s: float) -> list[Note]:
    """What is answered within *wait_s*; the questions are asked at once."""
    found: list[Note] = []

    def ask(question: Callable[[], list[Note]]) -> None:
        try:
            found.extend(question())
        except (ContrefeuError, OSError) as away:
            log.warning("somebody is not asked what they hold", reason=type(away).__name__)

    asking = [threading.Thread(target=ask, args=(question,), daemon=True) for question in questions]
    for thread in asking:
        thread.start()
    deadline = time.monotonic() + wait_s
    for thread in asking:
        thread.join(max(0.0, deadline - time.monotonic()))
        if thread.is_alive():
            log.warning("A vault or a witness does not answer in time: what it holds was not compared.")
    return list(found)
