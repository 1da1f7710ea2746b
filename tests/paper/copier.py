"""A copier, a fax and a telephone, simulated: pages go in as wards wrote on them and come out as wards send them back.

    python -m tests.paper.copier --pages 10000 --seed 1 --jobs 2 --kept DIR

Dose sheets and forms of many patients are drawn, boxes are marked with a biro (pens.py), each page is spoilt in ways
that its own seed draws, and each picture is judged and its boxes read as `contrefeu scan` does. Counted: pages filed on
the chart they were issued for, filed on another one (one is a failure, whatever the rate), and not read; boxes read
right, wrong, left to a person, and missed. Page n of a seed is the same page whatever else is run: pages are done in
CHUNKs, and with `--kept` a chunk that is done is not done again.

What may happen to a page: turned by quarters and askew, thrown through a feeder (stretched), photographed from the
side, blurred, crumpled, stained, faxed at 150 dpi in black and white, packed as JPEG at quality 30, another sheet stuck
over its lower part. Pages come in any order. Nothing here covers the code whole: that page is a person's. Of one sheet
in a hundred another printed sheet lies on it, with a code of its own: that picture has to wait.
"""

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from zlib import compress, decompress

import msgspec
from msgspec import Struct, field
from PIL import Image, ImageDraw, ImageFilter

from contrefeu.acts import PagesIssued
from contrefeu.base import rfc3339
from contrefeu.chart.fold import Chart
from contrefeu.paper import Issuer, blank_foot, issues_in, judge, print_form
from contrefeu.paper.marks import marks_on
from contrefeu.paper.pictures import pages_in, seen_on, upright
from contrefeu.paper.plane import fitted
from tests.chart.feed import PID, adt, chart, ns, rde
from tests.paper.house import KEY, NOW, Ward
from tests.paper.pens import MEANT, marked

READ_RATE_MIN = 0.99  # Q1
PRECISION_MIN = 0.995  # of boxes that are said to be ticked or struck out; a person looks at each of them all the same
FORMS = ("note", "vital-signs", "laboratory-request", "admission")
PATIENTS = 25  # whose pages go through, again and again
CHUNK = 250  # pages that are kept as one
DOUBLED = 0.01  # of pages with another printed sheet over them


class Tally(Struct):
    """What became of pages, and of boxes on those that were read."""

    pages: int = 0
    right: int = 0
    wrong: list[int] = field(default_factory=list)  # seeds
    unread: Counter[str] = field(default_factory=Counter)  # by what was done to the page
    doubled: Counter[str] = field(default_factory=Counter)  # of sheets under another one: "waits", or "filed"
    boxes: Counter[str] = field(default_factory=Counter)  # by "mark > what was read"
    misread: list[int] = field(default_factory=list)  # seeds of pages with a box that was read wrong
    seconds: float = 0.0  # of processor

    @property
    def rate(self) -> float:
        """Of pages that were read."""
        return self.right / self.pages if self.pages else 1.0

    @property
    def precision(self) -> float:
        """Of boxes that are said to be ticked or struck out, those that are."""
        said = [(MEANT[mark], read, count) for (mark, read), count in self._read() if read in {"ticked", "struck"}]
        return sum(n for meant, read, n in said if meant == read) / max(1, sum(n for _, _, n in said))

    @property
    def recall(self) -> float:
        """Of boxes that were ticked or struck out, those that are said to be."""
        done = [(MEANT[mark], read, count) for (mark, read), count in self._read() if MEANT[mark]]
        return sum(n for meant, read, n in done if meant == read) / max(1, sum(n for _, _, n in done))

    def share(self, read: str) -> float:
        """Of all boxes, or with "missed" of those that were marked, those that were read so."""
        of = [(mark, said, n) for (mark, said), n in self._read() if read != "missed" or MEANT[mark]]
        return sum(n for _, said, n in of if said == ("" if read == "missed" else read)) / max(
            1, sum(n for *_, n in of)
        )

    def _read(self) -> Iterator[tuple[tuple[str, str], int]]:
        for name, count in self.boxes.items():
            mark, _, read = name.partition(" > ")
            yield (mark, read), count

    def add(self, other: "Tally") -> None:
        """Take the pages of *other* into account."""
        for name in self.__struct_fields__:
            mine, theirs = getattr(self, name), getattr(other, name)
            if isinstance(mine, Counter):
                mine.update(theirs)
            else:
                setattr(self, name, mine + theirs)


class Sheet(Struct):
    """A page as the printer gave it."""

    packed: bytes  # a hundred and fifty of them lie in memory
    size: tuple[int, int]
    issued: PagesIssued
    page: int

    @property
    def picture(self) -> Image.Image:
        """In grey, at 200 dpi."""
        return Image.frombytes("L", self.size, decompress(self.packed))


@cache
def printed_pages(patients: int) -> tuple[list[Sheet], dict[str, PagesIssued]]:
    """Pages as the printer gave them, each with its issue; and every issue."""
    setting, issuer = Ward([]).setting, Issuer(KEY, "CARD", rfc3339(ns(NOW)), random.Random(1).randbytes)
    charts = [_patient(n) for n in range(patients)]
    found: list[Sheet] = []
    pack = Ward(charts).printed(random.Random(2).randbytes)
    for printed in (
        pack,
        *(print_form(one, charts, blank_foot("CHU", "CARD", setting), setting, issuer) for one in FORMS),
    ):
        pages = [(one.act, page) for one in printed.issues for page, _ in enumerate(one.texts, 1)]
        drawn = zip(pages_in(printed.pdf), pages, strict=True)
        found += [
            Sheet(compress(picture.tobytes(), 1), picture.size, act, page)
            for picture, (act, page) in drawn
            if act.returns
        ]
    return found, issues_in(one.issued for one in found)


def _patient(n: int) -> Chart:
    pid = PID.replace("1001", str(2000 + n)).replace("Jeanne", f"Jeanne{n}")
    drugs = [
        rde(
            "1124 0810",
            number=f"P{k}",
            drug=f"D{k}^Médicament {k} {250 * k} mg^L",
            tq1=(f"TQ1|1||Q{every}H||||20261124080000",),
        )
        for k, every in enumerate((6, 8, 12, 24, 4)[: 2 + n % 4], 1)
    ]
    said = [one.replace(PID.encode(), pid.encode()) for one in drugs]
    return chart(adt("A01", "1124 0800", at="1124 0800", pid=pid), *said, key=f"IPP|{2000 + n}")


def spoilt(page: Image.Image, seed: int) -> tuple[Image.Image, list[str]]:
    """What comes back of *page*, and what was done to it."""
    draw = random.Random(seed)
    done = []
    for name, chance, do in _HARMS:
        if draw.random() < chance:
            page = do(page, draw)
            done.append(name)
    return page, done


def _stained(page: Image.Image, draw: random.Random) -> Image.Image:
    page = page.copy()
    pen = ImageDraw.Draw(page, "L")
    for _ in range(draw.randint(1, 4)):
        x, y, r = draw.randint(0, page.width), draw.randint(page.height // 5, page.height), draw.randint(20, 160)
        stain = Image.new("L", page.size, 255)
        ImageDraw.Draw(stain).ellipse((x - r, y - r, x + r, y + r * 0.8), fill=draw.randint(120, 220))
        page.paste(Image.blend(page, stain, 0.5), mask=stain.point(lambda value: 255 if value < 255 else 0))
    pen.line((0, draw.randint(0, page.height), page.width, draw.randint(0, page.height)), fill=90, width=2)
    return page


def _crumpled(page: Image.Image, draw: random.Random) -> Image.Image:
    """A crumpled sheet: between its folds the paper leans to one side or the other, and the folds are dark."""
    folds, top = [0], 0
    while (top := top + draw.randint(page.height // 10, page.height // 5)) < page.height:
        folds.append(top)
    folds.append(page.height)
    aside = [draw.randint(-6, 6) for _ in folds]
    mesh = [
        ((0, a, page.width, b), (p, a, q, b, q + page.width, b, p + page.width, a))
        for (a, b), (p, q) in zip(pairwise(folds), pairwise(aside), strict=True)
    ]
    out = page.transform(page.size, Image.Transform.MESH, mesh, Image.Resampling.BILINEAR, fillcolor=255)
    for fold in folds[1:-1]:
        ImageDraw.Draw(out).line((0, fold, page.width, fold + draw.randint(-4, 4)), fill=150, width=2)
    return out


def _stuck(page: Image.Image, draw: random.Random) -> Image.Image:
    """Another sheet lies over the lower part."""
    out = page.copy()
    top = draw.randint(page.height // 3, page.height)
    out.paste(Image.new("L", (page.width, page.height - top + 1), 235), (0, top))
    return out


def _photographed(page: Image.Image, draw: random.Random) -> Image.Image:
    """From the side, on a darker table, with a shadow across."""
    w, h = page.size
    edge = [draw.uniform(0, 0.06) for _ in range(8)]
    seen = ((-edge[0] * w, -edge[1] * h), (-edge[2] * w, h * (1 + edge[3])),
            (w * (1 + edge[4]), h * (1 + edge[5])), (w * (1 + edge[6]), -edge[7] * h))  # fmt: skip
    plane = fitted([(at, spot, 1.0) for at, spot in zip(((0, 0), (0, h), (w, h), (w, 0)), seen, strict=True)])
    assert plane is not None, "four corners of a sheet"
    out = page.transform(
        (w, h), Image.Transform.PERSPECTIVE, plane.coefficients(1), Image.Resampling.BILINEAR, fillcolor=90
    )
    shade = Image.linear_gradient("L").resize((w, h)).rotate(draw.choice((0, 90, 180, 270)), expand=True).resize((w, h))
    return Image.blend(out, shade, draw.uniform(0, 0.25))


def _faxed(page: Image.Image, draw: random.Random) -> Image.Image:
    """150 dpi of the page's 200, then black or white."""
    small = page.resize((page.width * 3 // 4, page.height * 3 // 4))
    level = draw.randint(110, 170)
    return small.point(lambda value: 255 if value > level else 0)


def _packed(page: Image.Image, draw: random.Random) -> Image.Image:
    data = BytesIO()
    page.save(data, "JPEG", quality=30)
    return Image.open(data).convert("L")


def _turned(page: Image.Image, draw: random.Random) -> Image.Image:
    return page.rotate(draw.choice((90, 180, 270)), expand=True)


def _skewed(page: Image.Image, draw: random.Random) -> Image.Image:
    return page.rotate(draw.uniform(-6, 6), Image.Resampling.BILINEAR, expand=True, fillcolor=255)


def _stretched(page: Image.Image, draw: random.Random) -> Image.Image:
    return page.resize((round(page.width * draw.uniform(0.97, 1.03)), round(page.height * draw.uniform(0.97, 1.03))))


def _blurred(page: Image.Image, draw: random.Random) -> Image.Image:
    return page.filter(ImageFilter.GaussianBlur(draw.uniform(0.3, 1.3)))


_HARMS = (  # what, how often, how; in the order in which it happens to a sheet
    ("crumpled", 0.2, _crumpled),
    ("stained", 0.25, _stained),
    ("stuck", 0.1, _stuck),
    ("stretched", 0.2, _stretched),
    ("skewed", 0.5, _skewed),
    ("photographed", 0.2, _photographed),
    ("turned", 0.3, _turned),
    ("blurred", 0.3, _blurred),
    ("faxed", 0.25, _faxed),
    ("packed", 0.5, _packed),
)


def _doubled(page: Image.Image, other: Image.Image, draw: random.Random) -> Image.Image:
    """Another printed sheet lies on it, lower down and a little aside: both went through together."""
    out = page.copy()
    out.paste(other, (draw.randint(-40, 40), draw.randint(page.height // 4, page.height // 2)))
    return out


def run(first: int, beyond: int, seed: int, patients: int = PATIENTS) -> Tally:
    """Send pages *first* to *beyond* - 1 of *seed* through, and say what became of them."""
    sheets, issues = printed_pages(patients)
    tally, started = Tally(), time.process_time()
    for n in range(first, beyond):
        own = seed * 1_000_003 + n
        draw = random.Random(own)
        sheet, other = draw.choice(sheets), draw.choice(sheets)
        boxes = [box for box in sheet.issued.boxes if box.page == sheet.page]
        written, kinds = marked(sheet.picture, boxes, own)
        doubled = draw.random() < DOUBLED
        lies = _doubled(written, other.picture, draw) if doubled else written
        back, done = spoilt(lies, own)
        seen = seen_on(back)
        found = judge(seen.texts, issues)
        if doubled:
            tally.doubled["filed" if found.state == "filed" else "waits"] += 1
            continue
        tally.pages += 1
        if found.state != "filed":
            tally.unread[" ".join(done)] += 1
        elif (found.issued, found.page) != (sheet.issued, sheet.page):
            tally.wrong.append(own)
        else:
            tally.right += 1
            marks = marks_on(upright(back, seen.turns), seen, sheet.issued.boxes, sheet.page) or []
            _count(tally, sheet, kinds, {one.box: one.state for one in marks}, own)
    tally.seconds = time.process_time() - started
    return tally


def _count(tally: Tally, sheet: Sheet, kinds: Sequence[str], read: dict[int, str], seed: int) -> None:
    mine = [n for n, box in enumerate(sheet.issued.boxes) if box.page == sheet.page]
    said = [(kind, read.get(n, "")) for n, kind in zip(mine, kinds, strict=True)]
    tally.boxes.update(f"{kind} > {state}" for kind, state in said)
    if any(state in {"ticked", "struck"} and state != MEANT[kind] for kind, state in said):
        tally.misread.append(seed)


def _chunk(asked: tuple[int, int, int, Path | None]) -> Tally:
    """One chunk: as it was kept, or done now and kept."""
    first, beyond, seed, kept = asked
    file = kept / f"seed-{seed}-pages-{first}-{beyond}.json" if kept else None
    if file and file.is_file():
        return msgspec.json.decode(file.read_bytes(), type=Tally)
    tally = run(first, beyond, seed)
    if file:
        file.with_suffix(".part").write_bytes(msgspec.json.encode(tally))
        file.with_suffix(".part").rename(file)
    return tally


def told(tally: Tally) -> str:
    """What became of all, for people."""
    marked_as: Counter[str] = Counter(tally.boxes)
    lines = [
        f"{tally.pages} pages: {tally.right} right ({tally.rate:.2%}), {len(tally.wrong)} on a wrong chart, "
        f"{tally.seconds / max(1, tally.pages) * 1000:.0f} ms of processor a page",
        f"{sum(tally.doubled.values())} sheets under another one: {tally.doubled['waits']} wait, "
        f"{tally.doubled['filed']} filed",
        f"{sum(marked_as.values())} boxes: precision {tally.precision:.2%}, found {tally.recall:.2%} of those marked, "
        f"left to a person {tally.share('doubtful'):.2%}, missed {tally.share('missed'):.2%}",
        *(f"  WRONG CHART: seed {seed}" for seed in tally.wrong),
        *(f"  not read, {times}: {done}" for done, times in tally.unread.most_common(10)),
        *(f"  {count:6} {name or '-'}" for name, count in sorted(marked_as.items())),
        *(f"  a box read wrong on the page of seed {seed}" for seed in tally.misread[:10]),
    ]
    return "\n".join(lines)


def main() -> int:
    """Run, print, and fail on one wrong chart, a low rate, or boxes read wrong."""
    parser = argparse.ArgumentParser(description="Pages through a simulated copier.")
    parser.add_argument("--pages", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--kept", type=Path, help="a folder: what is done is kept there, and not done again")
    asked = parser.parse_args()
    if asked.kept:
        asked.kept.mkdir(parents=True, exist_ok=True)
    chunks = [(n, min(n + CHUNK, asked.pages), asked.seed, asked.kept) for n in range(0, asked.pages, CHUNK)]
    tally = Tally()
    with ProcessPoolExecutor(asked.jobs) as pool:
        for done in pool.map(_chunk, chunks):
            tally.add(done)
            sys.stderr.write(f"\r{tally.pages} pages, {tally.rate:.2%} read, {len(tally.wrong)} wrong ")
    sys.stderr.write("\n")
    sys.stdout.write(told(tally) + "\n")
    return 0 if not tally.wrong and tally.rate >= READ_RATE_MIN and tally.precision >= PRECISION_MIN else 1


if __name__ == "__main__":
    sys.exit(main())
