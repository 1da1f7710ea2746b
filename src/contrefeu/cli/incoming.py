"""Pages that come in by themselves: handed in on a ward's page, left by a copier in a folder, or by mail in another.

Rules kept here:
  * A file is taken once it has not changed for STILL_S: a copier may still be writing it.
  * It leaves the folder for `taken/` once its pages are in the journal, and `taken/` once it is old: no paper of
    anybody lies about for ever.
  * A mail is nobody's word: its pictures are judged by their codes, as any.
"""

import threading
from collections.abc import Iterator
from email import policy
from email.parser import BytesParser
from pathlib import Path
from typing import TYPE_CHECKING

from contrefeu.cli.beside import run_apart
from contrefeu.cli.looking import look_again
from contrefeu.cli.node import Node
from contrefeu.cli.taking import Given, Taken, take_all

if TYPE_CHECKING:
    from contrefeu.cli.separation import Identity

FLAG = "handed-in"  # in run/station/: the ward app has a page that nobody read yet, or boxes that nobody looked at
TAKEN = "taken"
STILL_S = 5.0  # a file that has not changed for so long is whole
LOOK_S = 3.0  # how often it is looked whether something came: a nurse waits beside the telephone
AGAIN_S = 300.0  # until it is tried again after it failed
FILES_AT_ONCE_MAX = 50  # of a folder in one go: a copier's night comes in several
FILE_BYTES_MAX = 512 * 2**20  # as pictures.py reads: a larger one stays, and is said
MAIL_BYTES_MAX = 100 * 2**20  # of one mail: what mail servers let through is a quarter of it
_PICTURES = ("application/pdf", "image/")
_DAY_NS = 86_400 * 1_000_000_000


def take_waiting(node: Node) -> tuple[Taken, list[str]]:
    """Take in everything that waits, and look at the boxes of what was filed by hand.

    Returns what became of it, and the folders and files that could not be read.
    """
    problems: list[str] = []
    taken = take_all(node, _handed_in(node))
    for file, is_mail in _files(node, problems):
        try:
            data = file.read_bytes()
        except OSError:
            problems.append(str(file))
            continue
        _count(taken, take_all(node, _of_mail(file.name, data) if is_mail else [Given(file.name, data)]))
        if not _put_aside(file, node.clock.now_ns()):
            problems.append(str(file))
    look_again(node)
    for folder in _folders(node):
        _clear(folder / TAKEN, node.clock.now_ns() - node.settings.scan.keep_days * _DAY_NS)
    return taken, problems


def _count(taken: Taken, more: Taken) -> None:
    for name in ("pages", "filed", "queued", "unreadable", "queue"):
        setattr(taken, name, getattr(taken, name) + getattr(more, name))


def _handed_in(node: Node) -> Iterator[Given]:
    """What people gave on a ward's page and nobody read."""
    from contrefeu.acts import Papers
    from contrefeu.cli.accounts import station_acts

    papers = Papers()
    for act, entry in station_acts(node):
        papers.apply(act, entry.source)
    for act, source in papers.unread():
        with node.charts() as charts:
            picture = charts.entry(act.entry)
        if picture is not None:
            yield Given("handed in", picture.body, source.removeprefix("user/"), act.ward, act.entry)


def _folders(node: Node) -> list[Path]:
    return [Path(one) for one in (*node.settings.scan.folders, *node.settings.scan.mails)]


def _files(node: Node, problems: list[str] | None = None) -> Iterator[tuple[Path, bool]]:
    """Whole files of the folders, the oldest first, and whether each is a mail."""
    mails, problems = {Path(one) for one in node.settings.scan.mails}, [] if problems is None else problems
    for folder in _folders(node):
        limit = MAIL_BYTES_MAX if folder in mails else FILE_BYTES_MAX
        try:
            found = [(file.stat(), file) for file in folder.iterdir() if file.is_file() and file.name[0] != "."]
        except OSError:
            problems.append(str(folder))
            continue
        until_ns = node.clock.now_ns() - int(STILL_S * 1e9)
        whole = sorted((stat.st_mtime_ns, file) for stat, file in found if stat.st_mtime_ns <= until_ns)
        problems += [str(file) for stat, file in found if stat.st_size > limit]
        small = {file for stat, file in found if stat.st_size <= limit}
        yield from ((file, folder in mails) for _, file in whole[:FILES_AT_ONCE_MAX] if file in small)


def _of_mail(name: str, data: bytes) -> list[Given]:
    """The pictures of a mail; the mail itself when it has none."""
    parts = BytesParser(policy=policy.default).parsebytes(data).walk()
    pictures = [part.get_payload(decode=True) for part in parts if part.get_content_type().startswith(_PICTURES)]
    return [Given(name, one) for one in pictures if isinstance(one, bytes)] or [Given(name, data)]


def _put_aside(file: Path, now_ns: int) -> bool:
    """Take a file out of the folder; whether that could be done."""
    try:
        (file.parent / TAKEN).mkdir(exist_ok=True)
        file.rename(file.parent / TAKEN / f"{now_ns}-{file.name}")
    except OSError:
        return False
    return True


def _clear(folder: Path, before_ns: int) -> None:
    """Remove what was taken before then."""
    try:
        for file in folder.iterdir():
            if int(file.name.partition("-")[0]) < before_ns:
                file.unlink()
    except (OSError, ValueError):
        return


def every_look(node: Node, identity: "Identity | None", stop: threading.Event) -> None:
    """Take in what came until *stop* is set, in a process of its own; *identity* says as whom, None: as this one."""
    flag, wait_s = node.paths.run / "station" / FLAG, LOOK_S
    while not stop.wait(wait_s):
        wait_s, since = LOOK_S, _changed(flag)
        if not since and next(_files(node), None) is None:
            continue
        # Files are called after patients: errors that name one are not for the log.
        status = run_apart(node, identity, stop, ("scan", "--waiting"), nice=5, quiet=True)
        wait_s = LOOK_S if status in {0, 10} else AGAIN_S
        if since and since == _changed(flag) and wait_s == LOOK_S:
            flag.unlink(missing_ok=True)


def _changed(flag: Path) -> int:
    try:
        return flag.stat().st_mtime_ns
    except OSError:
        return 0
