"""`contrefeu scan`: scanned pages back to their charts, the doubtful ones to a queue, and what is still missing."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from contrefeu.cli.door import Json, answer, door, finish, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contrefeu.acts import PageScanned, PagesIssued
    from contrefeu.chart import Charts, SyncChartsClient
    from contrefeu.cli.node import Node
    from contrefeu.journal import Draft
    from contrefeu.paper import Verdict

PAGES_AT_ONCE_MAX = 16  # pages in memory, and in one append: about 10 MB


def scan(
    context: typer.Context,
    files: Annotated[list[Path] | None, typer.Argument(metavar="FILE", help="PDF, TIFF, PNG, JPEG.")] = None,
    ward: Annotated[str, typer.Option(metavar="W", help="Missing pages of this ward alone.")] = "",
    lost: Annotated[str, typer.Option(metavar="ISSUE", help="Declare the missing pages of an issue lost.")] = "",
    reason: Annotated[str, typer.Option(help="Why they are lost.")] = "",
    user: Annotated[str, typer.Option(help="Who does it.  [default: console]")] = "",
    json: Json = False,
) -> None:
    """File scanned pages on the charts that they were issued for, and say which pages are still missing.

    A page whose code does not say beyond doubt where it goes is kept, and waits for a person. A page counts as filed
    once it was read back from its chart. What is filed is a picture: no value is read from it. Without FILE, the
    missing pages are listed.
    """
    from contrefeu.cli.node import Node

    node = Node.at(door(context).home)
    if lost:
        _declare_lost(node, lost, reason, user)
    taken = _take(node, files or [], user)
    missing = _missing(node, ward)
    told = {**asdict(taken), "missing": missing}

    def for_people() -> None:
        say(f"{taken.pages} pages: {taken.filed} filed, {taken.queued} queued, {taken.unreadable} unreadable")
        for one in taken.queue:
            say(f"  {one['file']} {one['page']}: {one['why']} [{one['entry']}]")
        for left in missing:
            say(f"  missing  {left.ward}  {left.issue}  {left.form}  {', '.join(map(str, left.pages))}  {left.at}")

    answer(json, told, for_people)
    finish(10 if missing or taken.queued or taken.unreadable else 0)


@dataclass
class _Taken:
    """What became of the pages."""

    pages: int = 0
    filed: int = 0
    queued: int = 0
    unreadable: int = 0
    queue: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class _Page:
    """One page on its way."""

    file: str
    number: int
    verdict: "Verdict"
    body: bytes
    media: str = "image/jpeg"


def _take(node: "Node", files: list[Path], user: str) -> _Taken:
    from contrefeu.cli.accounts import station_acts
    from contrefeu.paper import issues_in

    taken = _Taken()
    if not files:
        return taken
    _can_read_pictures()
    contents = [(file, _read(file)) for file in files]  # all of them are there, before any is taken in
    issues = issues_in(act for act, _ in station_acts(node))
    batch: list[_Page] = []
    for file, data in contents:
        for page in _pages(file.name, data, issues):
            batch.append(page)
            if len(batch) >= PAGES_AT_ONCE_MAX:
                _file(node, batch, taken, user)
                batch = []
    if batch:
        _file(node, batch, taken, user)
    return taken


def _can_read_pictures() -> None:
    """Say what is missing where `contrefeu[scan]` is not installed."""
    from contrefeu.base import OperatorError

    try:
        import contrefeu.paper.pictures  # noqa: F401
    except ImportError:
        raise OperatorError(
            "What reads pictures is not installed.",
            safe="Nothing was filed; the files are as they were.",
            next='pip install "contrefeu[scan]"',
        ) from None


def _read(file: Path) -> bytes:
    from contrefeu.base import OperatorError
    from contrefeu.paper.pictures import FILE_BYTES_MAX

    try:
        if file.stat().st_size > FILE_BYTES_MAX:
            raise OSError
        return file.read_bytes()
    except OSError:
        raise OperatorError(
            "A file to scan cannot be read, or is too large.",
            safe="Nothing was filed.",
            next="Look at the names given.",
        ) from None


def read_pictures(files: list[Path]) -> list[str]:
    """The texts of all QR codes in *files*."""
    from contrefeu.base import OperatorError

    _can_read_pictures()
    from contrefeu.paper.pictures import NotAPicture, pages_in, texts_on

    found: list[str] = []
    for file in files:
        try:
            for image in pages_in(_read(file)):
                found += texts_on(image)[0]
        except NotAPicture:
            raise OperatorError(
                "A file is no picture.", safe="Nothing was written.", next="Give PDF, PNG, JPEG or TIFF files."
            ) from None
    return found


def _pages(name: str, data: bytes, issues: "dict[str, PagesIssued]") -> "Iterator[_Page]":
    """Each page with what is to be done with it; a file that is no picture is one page, kept as it is."""
    from contrefeu.journal import ENTRY_BODY_BYTES_MAX
    from contrefeu.paper import Verdict, judge
    from contrefeu.paper.pictures import NotAPicture, kept_page, pages_in, texts_on

    number = 0
    try:
        for number, image in enumerate(pages_in(data), 1):
            texts, turns = texts_on(image)
            yield _Page(name, number, judge(texts, issues), kept_page(image, turns))
    except NotAPicture as found:
        body = data if len(data) <= ENTRY_BODY_BYTES_MAX else b""
        verdict = Verdict("unreadable", f"no picture could be had from it ({found})")
        yield _Page(name, number + 1, verdict, body, "application/octet-stream")


def _file(node: "Node", batch: list[_Page], taken: _Taken, user: str) -> None:
    """Append pages, see that each is on its chart, and say so in the journal (D8)."""
    from contrefeu.acts import encode

    with node.charts() as charts:
        drafts = [_draft(node, page, charts, user) for page in batch]
    with node.station_appender() as journal:
        written = journal.append(drafts)
    refs = [f"{node.station_journal}/{sequence}" for sequence in written]
    acts = []
    with node.charts() as charts:
        for page, ref in zip(batch, refs, strict=True):
            act = _scanned(node, page, ref, charts)
            acts.append(encode(act))
            taken.pages += 1
            setattr(taken, act.state, getattr(taken, act.state) + 1)
            if act.state != "filed":
                taken.queue.append({"file": page.file, "page": page.number, "why": act.why, "entry": ref})
    node.record(*acts)
    node.audit("act", user=user, what=f"scan {len(batch)}")


def _draft(node: "Node", page: _Page, charts: "Charts | SyncChartsClient", user: str) -> "Draft":
    """The entry of a page: a document of its patient, or the bare picture; what nobody answers for waits."""
    from contrefeu.base import rfc3339
    from contrefeu.cli.node import CONSOLE
    from contrefeu.fhir import encode
    from contrefeu.journal import MEDIA_FHIR, Draft
    from contrefeu.paper import Verdict, document_of

    now_ns, media, body = node.clock.now_ns(), page.media, page.body
    if page.verdict.state == "filed" and (issued := page.verdict.issued) is not None:
        chart = charts.chart(issued.chart)
        if chart is None:
            page.verdict = Verdict("queued", "no chart answers any more", issued, page.verdict.page)
        else:
            language, is_exercise = node.settings.node.language, chart.world == "T"
            by = user or CONSOLE
            said = document_of(page.verdict, body, rfc3339(now_ns), by, language, is_exercise=is_exercise)
            media, body = MEDIA_FHIR, encode(said)
    return Draft(f"user/{user}" if user else CONSOLE, media, body, now_ns)


def _scanned(node: "Node", page: _Page, ref: str, charts: "Charts | SyncChartsClient") -> "PageScanned":
    from contrefeu.acts import PageScanned
    from contrefeu.base import rfc3339
    from contrefeu.chart import source_of
    from contrefeu.chart.sheet import Sheet

    verdict, at = page.verdict, rfc3339(node.clock.now_ns())
    issued = verdict.issued
    issue = issued.issue if issued is not None else ""
    if verdict.state != "filed" or issued is None:
        return PageScanned(verdict.state, ref, at, verdict.why, issue, verdict.page)
    chart = charts.chart(issued.chart)
    if chart is None or not any(source_of(one) == ref for one in Sheet(chart).all("DocumentReference")):
        return PageScanned("queued", ref, at, "not seen on its chart after it was filed", issue, verdict.page)
    return PageScanned("filed", ref, at, "", issue, verdict.page, chart.id)


def _missing(node: "Node", ward: str) -> list[Any]:
    from contrefeu.cli.accounts import station_acts
    from contrefeu.paper import missing_in

    return missing_in((act for act, _ in station_acts(node)), ward)


def _declare_lost(node: "Node", lost: str, reason: str, user: str) -> None:
    """Say that the missing pages of an issue will not come back (Q2)."""
    from contrefeu.acts import PagesLost, encode
    from contrefeu.base import OperatorError, rfc3339
    from contrefeu.paper import issue_of_words

    found = [one for one in _missing(node, "") if one.issue == lost.strip().upper()]
    if not found or not reason.strip() or not user:
        raise OperatorError(
            "Lost pages need the number of an issue that has missing ones, --reason and --user.",
            safe="Nothing was declared.",
            next="contrefeu scan lists what is missing.",
        )
    act = PagesLost(issue_of_words(found[0].issue).hex(), found[0].pages, reason.strip(), rfc3339(node.clock.now_ns()))
    node.record_as(user, encode(act))
