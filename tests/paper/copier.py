"""A copier, a fax and a telephone, simulated: pages go in as they were printed and come out as wards send them back.

    python -m tests.paper.copier --pages 10000 --seed 1

Pages of dose sheets and forms of many patients are drawn, each is spoilt in ways that its own seed draws, and each
picture is judged as `contrefeu scan` does. Counted: pages filed on the chart they were issued for, filed on another one
(one is a failure, whatever the rate), and not read.

What may happen to a page: turned by quarters and askew, thrown through a feeder (stretched), photographed from the
side, blurred, creased, stained, faxed at 150 dpi in black and white, packed as JPEG at quality 30, another sheet stuck
over its lower part. Pages come in any order. Nothing here covers the code whole: that page is a person's.
"""

import argparse
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from io import BytesIO

from PIL import Image, ImageDraw, ImageFilter

from contrefeu.acts import PagesIssued
from contrefeu.base import rfc3339
from contrefeu.chart.fold import Chart
from contrefeu.paper import Issuer, Verdict, blank_foot, issues_in, judge, print_form
from contrefeu.paper.pictures import pages_in, texts_on
from tests.chart.feed import PID, adt, chart, ns
from tests.paper.house import KEY, NOW, Ward

READ_RATE_MIN = 0.99  # Q1
FORMS = ("dose-sheet", "note", "vital-signs", "laboratory-request")
PATIENTS = 25  # whose pages go through, again and again


@dataclass
class Tally:
    """What became of pages."""

    pages: int = 0
    right: int = 0
    wrong: list[int] = field(default_factory=list)  # seeds
    unread: Counter[str] = field(default_factory=Counter)  # by what was done to the page

    @property
    def rate(self) -> float:
        """Of pages that were read."""
        return self.right / self.pages


def printed_pages(patients: int) -> tuple[list[tuple[Image.Image, PagesIssued]], dict[str, PagesIssued]]:
    """Pages as the printer gave them, each with its issue; and every issue."""
    setting, issuer = Ward([]).setting, Issuer(KEY, "CARD", rfc3339(ns(NOW)))
    charts = [_patient(n) for n in range(patients)]
    found = []
    for form in FORMS:
        printed = print_form(form, charts, blank_foot("CHU", "Cardiologie", setting), setting, issuer)
        acts = [one.act for one in printed.issues for _ in one.texts]
        found += list(zip(pages_in(printed.pdf), acts, strict=True))
    return found, issues_in(act for _, act in found)


def _patient(n: int) -> Chart:
    pid = PID.replace("1001", str(2000 + n)).replace("Jeanne", f"Jeanne{n}")
    return chart(adt("A01", "1124 0800", at="1124 0800", pid=pid), key=f"IPP|{2000 + n}")


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


def _creased(page: Image.Image, draw: random.Random) -> Image.Image:
    """A crumpled sheet: between its folds the paper leans to one side or the other, and the folds are dark."""
    folds, top = [0], 0
    while (top := top + draw.randint(page.height // 10, page.height // 5)) < page.height:
        folds.append(top)
    folds.append(page.height)
    aside = [draw.randint(-6, 6) for _ in folds]
    mesh = [
        ((0, a, page.width, b), (p, a, q, b, q + page.width, b, p + page.width, a))
        for a, b, p, q in zip(folds, folds[1:], aside, aside[1:], strict=False)
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
    quad = (-edge[0] * w, -edge[1] * h, -edge[2] * w, h * (1 + edge[3]), w * (1 + edge[4]), h * (1 + edge[5]))
    quad = (*quad, w * (1 + edge[6]), -edge[7] * h)
    out = page.transform((w, h), Image.Transform.QUAD, quad, Image.Resampling.BILINEAR, fillcolor=90)
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
    ("creased", 0.2, _creased),
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


def run(pages: int, seed: int, patients: int = PATIENTS) -> Tally:
    """Send *pages* pages through, and say what became of them."""
    sheets, issues = printed_pages(patients)
    order = random.Random(seed)
    tally = Tally()
    for n in range(pages):
        sheet, issued = order.choice(sheets)
        back, done = spoilt(sheet, seed * 1_000_003 + n)
        count(tally, judge(texts_on(back)[0], issues), issued, seed * 1_000_003 + n, done)
    return tally


def count(tally: Tally, found: Verdict, issued: PagesIssued, seed: int, done: list[str]) -> None:
    """Take one page into account."""
    tally.pages += 1
    if found.state != "filed":
        tally.unread[" ".join(done)] += 1
    elif found.issued == issued:
        tally.right += 1
    else:
        tally.wrong.append(seed)


def main() -> int:
    """Run, print, and fail on one wrong chart or a low rate."""
    parser = argparse.ArgumentParser(description="Pages through a simulated copier.")
    parser.add_argument("--pages", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    started = time.process_time()
    tally = run(asked.pages, asked.seed)
    seconds = time.process_time() - started
    told = [
        f"{tally.pages} pages: {tally.right} right ({tally.rate:.2%}), {len(tally.wrong)} on a wrong chart, "
        f"{seconds / tally.pages * 1000:.0f} ms a page",
        *(f"  WRONG: seed {seed}" for seed in tally.wrong),
        *(f"  not read, {times}: {done}" for done, times in tally.unread.most_common(10)),
    ]
    sys.stdout.write("\n".join(told) + "\n")
    return 0 if not tally.wrong and tally.rate >= READ_RATE_MIN else 1


if __name__ == "__main__":
    sys.exit(main())
