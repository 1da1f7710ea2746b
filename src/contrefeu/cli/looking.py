"""The boxes of pages that somebody filed by hand: looked at once it is said whose a page is, and which (Q3).

Rules kept here:
  * Where no code said which page it is, a person did: what is marked on it is asked, and never chosen beforehand. Two
    pages of one issue look alike, and their boxes stand for other doses.
  * The boxes of a page that was printed for one patient and filed on another's chart are not looked at.
  * Each page is looked at once, and the journal says so, whatever was found.
"""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from contrefeu.acts import Filed, Mark, MarksRead, Papers, encode
from contrefeu.base import rfc3339
from contrefeu.cli.accounts import station_acts
from contrefeu.cli.node import Node

if TYPE_CHECKING:
    from contrefeu.chart import Charts, SyncChartsClient

NAMED = "named"  # why a mark is asked: a person said which page it is


def look_again(node: Node) -> int:
    """Look at the boxes of pages that were filed by hand since; returns how many pages."""
    papers = Papers()
    for act, entry in station_acts(node):
        papers.apply(act, entry.source)
    waiting = papers.to_look_at()
    with node.charts() as charts:
        acts = [_looked(node, one, charts) for one in waiting]
    node.record(*map(encode, acts))
    return len(acts)


def _looked(node: Node, filed: Filed, charts: "Charts | SyncChartsClient") -> MarksRead:
    scan = filed.scan
    act = MarksRead(scan.entry, rfc3339(node.clock.now_ns()), filed.issued.issue, filed.page, filed.chart, found=False)
    picture = charts.entry(scan.entry)
    if picture is None or picture.media_type != "image/jpeg" or not _is_theirs(filed, charts):
        return act
    marks, size = _marks(picture.body, filed)
    if marks is None:
        return act
    asked = [replace(one, state="doubtful", why=NAMED) for one in marks] if filed.named else marks
    return replace(act, found=True, width=size[0], height=size[1], marks=asked)


def _is_theirs(filed: Filed, charts: "Charts | SyncChartsClient") -> bool:
    """Whether the page was printed for nobody, or for the patient on whose chart it was filed, merged since or not."""
    if not filed.issued.chart:
        return True
    printed, found = charts.chart(filed.issued.chart), charts.chart(filed.chart)
    return printed is not None and found is not None and printed.id == found.id


def _marks(body: bytes, filed: Filed) -> tuple[list[Mark] | None, tuple[int, int]]:
    """What is marked on the picture as it was kept, and its size; None when it cannot be told how the page lies."""
    from contrefeu.paper.marks import marks_on
    from contrefeu.paper.pictures import Seen, pages_in, seen_on

    page = next(pages_in(body))
    seen = Seen([]) if filed.named else seen_on(page)
    lies = seen if not seen.turns else Seen([])  # the picture is kept as it is: its marks tell how it was laid
    return marks_on(page, lies, filed.issued.boxes, filed.page), page.size
