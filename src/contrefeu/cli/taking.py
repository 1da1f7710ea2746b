"""Pages taken in: each filed on the chart that it was issued for, or queued, and said so in the journal (D8).

Rules kept here:
  * A page counts as filed once it was read back from its chart.
  * The acts of a file are written when all of its pages are: what was cut off is done again, and doubles nothing.
  * A file that is no picture is one page, kept as it is.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from contrefeu.acts import Mark, PageScanned, PagesIssued, encode
from contrefeu.base import OperatorError, rfc3339
from contrefeu.cli.node import CONSOLE, Node
from contrefeu.journal import ENTRY_BODY_BYTES_MAX, MEDIA_FHIR, Draft
from contrefeu.paper import Verdict, document_of, judge

if TYPE_CHECKING:
    from contrefeu.chart import Charts, SyncChartsClient

PAGES_AT_ONCE_MAX = 16  # pages in memory, and in one append: about 10 MB


@dataclass(frozen=True, slots=True)
class Given:
    """A file of pages, and where it came from."""

    name: str
    data: bytes
    user: str = ""  # who gave it; "" for the console
    ward: str = ""  # whose pages they are when their code does not say
    handed_in: str = ""  # journal/sequence of the picture, of what was given on a ward's page


@dataclass
class Taken:
    """What became of the pages."""

    pages: int = 0
    filed: int = 0
    queued: int = 0
    unreadable: int = 0
    queue: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class _Page:
    """One page on its way."""

    number: int
    verdict: Verdict
    body: bytes
    media: str = "image/jpeg"
    size: tuple[int, int] = (0, 0)
    marks: list[Mark] = field(default_factory=list)


def can_read_pictures() -> None:
    """Say what is missing where `contrefeu[scan]` is not installed."""
    try:
        import contrefeu.paper.pictures  # noqa: F401
    except ImportError:
        raise OperatorError(
            "What reads pictures is not installed.",
            safe="Nothing was filed; the files are as they were.",
            next='pip install "contrefeu[scan]"',
        ) from None


def take(node: Node, given: Given, issues: dict[str, PagesIssued], taken: Taken) -> None:
    """Take in the pages of one file, and count them in *taken*."""
    acts: list[PageScanned] = []
    batch: list[_Page] = []
    for page in _pages(given, issues):
        batch.append(page)
        if len(batch) >= PAGES_AT_ONCE_MAX:
            acts += _file(node, batch, given, taken)
            batch = []
    acts += _file(node, batch, given, taken)
    node.record(*map(encode, acts))
    node.audit("act", user=given.user, what=f"scan {len(acts)}")


def _pages(given: Given, issues: dict[str, PagesIssued]) -> Iterator[_Page]:
    """Each page with what is to be done with it."""
    from contrefeu.paper.pictures import NotAPicture, kept_page, kept_size, pages_in, seen_on, upright

    number = 0
    try:
        for number, image in enumerate(pages_in(given.data), 1):
            seen = seen_on(image)
            verdict = judge(seen.texts, issues)
            size = kept_size(upright(image, seen.turns).size)
            marks = _marks(image, seen, verdict, size[0]) if verdict.state == "filed" else []
            yield _Page(number, verdict, kept_page(image, seen.turns), size=size, marks=marks)
    except NotAPicture as found:
        body = given.data if len(given.data) <= ENTRY_BODY_BYTES_MAX else b""
        verdict = Verdict("unreadable", f"no picture could be had from it ({found})")
        yield _Page(number + 1, verdict, body, "application/octet-stream")


def _marks(image: Any, seen: Any, verdict: Verdict, kept_width: int) -> list[Mark]:
    """What is ticked, with places in the picture that is kept."""
    from contrefeu.paper.marks import marks_on
    from contrefeu.paper.pictures import upright

    assert verdict.issued is not None, "a page that is filed was issued"
    page = upright(image, seen.turns)
    found, scale = marks_on(page, seen, verdict.issued.boxes, verdict.page) or [], kept_width / page.width
    return [
        Mark(m.box, m.state, m.why, *(round(side * scale) for side in (m.x, m.y, m.width, m.height))) for m in found
    ]


def _file(node: Node, batch: list[_Page], given: Given, taken: Taken) -> list[PageScanned]:
    """Append pages, and see that each is on its chart; returns what is to be said of them."""
    if not batch:
        return []
    with node.charts() as charts:
        drafts = [_draft(node, page, charts, given.user) for page in batch]
    with node.station_appender() as journal:
        written = journal.append(drafts)
    refs = [f"{node.station_journal}/{sequence}" for sequence in written]
    with node.charts() as charts:
        acts = [_scanned(node, page, ref, charts, given) for page, ref in zip(batch, refs, strict=True)]
    for page, act in zip(batch, acts, strict=True):
        taken.pages += 1
        setattr(taken, act.state, getattr(taken, act.state) + 1)
        if act.state != "filed":
            taken.queue.append({"file": given.name, "page": page.number, "why": act.why, "entry": act.entry})
    return acts


def _draft(node: Node, page: _Page, charts: "Charts | SyncChartsClient", user: str) -> Draft:
    """The entry of a page: a document of its patient, or the bare picture; what nobody answers for waits."""
    from contrefeu.fhir import encode as encoded

    now_ns, media, body = node.clock.now_ns(), page.media, page.body
    if page.verdict.state == "filed" and (issued := page.verdict.issued) is not None:
        chart = charts.chart(issued.chart)
        if chart is None:
            page.verdict = Verdict("queued", "no chart answers any more", issued, page.verdict.page)
        else:
            language, is_exercise = node.settings.node.language, chart.world == "T"
            by = user or CONSOLE
            said = document_of(page.verdict, body, rfc3339(now_ns), by, language, is_exercise=is_exercise)
            media, body = MEDIA_FHIR, encoded(said)
    return Draft(f"user/{user}" if user else CONSOLE, media, body, now_ns)


def _scanned(node: Node, page: _Page, ref: str, charts: "Charts | SyncChartsClient", given: Given) -> PageScanned:
    verdict, issued = page.verdict, page.verdict.issued
    act = PageScanned(
        state=verdict.state,
        entry=ref,
        at=rfc3339(node.clock.now_ns()),
        why=verdict.why,
        issue=issued.issue if issued is not None else "",
        page=verdict.page,
        ward=issued.ward if issued is not None else given.ward,
        handed_in=given.handed_in,
        width=page.size[0],
        height=page.size[1],
    )
    if verdict.state != "filed" or issued is None:
        return act
    return _seen_there(act, issued, page.marks, charts)


def _seen_there(
    act: PageScanned, issued: PagesIssued, marks: list[Mark], charts: "Charts | SyncChartsClient"
) -> PageScanned:
    """*act*, when its page is on its chart; else it waits."""
    from msgspec.structs import replace

    from contrefeu.chart import source_of
    from contrefeu.chart.sheet import Sheet

    chart = charts.chart(issued.chart)
    if chart is None or not any(source_of(one) == act.entry for one in Sheet(chart).all("DocumentReference")):
        return replace(act, state="queued", why="not seen on its chart after it was filed")
    return replace(act, chart=chart.id, marks=marks)


def take_all(node: Node, given: Iterable[Given]) -> Taken:
    """Take in all files, in order."""
    from contrefeu.cli.accounts import station_acts
    from contrefeu.paper import issues_in

    taken, issues = Taken(), None
    for one in given:
        can_read_pictures()
        if issues is None:
            issues = issues_in(act for act, _ in station_acts(node))
        take(node, one, issues, taken)
    return taken
