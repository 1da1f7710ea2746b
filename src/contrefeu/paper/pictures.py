"""Scanned files into pages, and the codes on a page; with marks.py the only place that touches pixels
(`contrefeu[scan]`).

Rules kept here:
  * A page is tried as it came, then cleaned and enlarged; what a code says is never guessed from half of one.
  * A page is turned upright by its code; a page without a code stays as it lay. A code that is not ours, as on a
    sticker, ends no search for ours, and turns nothing where ours is read.
  * A file is somebody's: its size and its pages have limits, and what cannot be opened is named, never skipped.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pypdfium2
import zxingcpp
from PIL import Image, ImageFilter, ImageOps, ImageSequence

from contrefeu.paper.code import OURS

FILE_BYTES_MAX = 512 * 2**20  # a copier's whole morning
PIXELS_MAX = 100_000_000  # of one page: A3 at 600 dpi is 70 million, a bomb is more
FILE_PIXELS_MAX = 20_000_000_000  # of all pages of a picture's file: 2,000 of A4 at 300 dpi are 17 thousand million
READ_SIDE_PIXELS_MAX = 5000  # of a page that is looked at: A4 at 400 dpi; a larger one takes minutes, reads no better
FILE_PAGES_MAX = 2_000  # pages of one file: four reams of a copier
RENDER_DPI = 200  # a PDF's page is drawn at: 5.7 pixels a module of the code
SIDE_PIXELS_MAX = 2400  # of a page that is kept: handwriting reads well at 200 dpi of A4
_QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
JPEG_QUALITY = 80  # of a page that is kept: about 400 kB


class NotAPicture(Exception):
    """A file that no page can be had from."""


def pages_in(data: bytes) -> Iterator[Image.Image]:
    """Yield each page of a PDF, TIFF, PNG or JPEG, in grey.

    Raises:
        NotAPicture: It is none of them, or beyond the limits.
    """
    if len(data) > FILE_BYTES_MAX:
        raise NotAPicture("too large")
    try:
        yield from _pdf(data) if data[:1024].lstrip()[:5] == b"%PDF-" else _frames(data)
    except NotAPicture:
        raise
    except Exception as defeated:  # whatever a decoder raises on bytes that somebody damaged
        raise NotAPicture(type(defeated).__name__) from None


@dataclass(frozen=True, slots=True)
class Seen:
    """What was read on a page."""

    texts: list[str]  # of its QR codes
    turns: int = 0  # quarter turns (clockwise) by which it must be turned
    # Of our code, or else of the first, in pixels of the page turned upright, clockwise.
    corners: tuple[tuple[float, float], ...] = ()


def seen_on(page: Image.Image) -> Seen:
    """Return the QR codes on a page, and how it lies."""
    strange = Seen([])
    for attempt in _attempts(page):
        found = sorted((one for one in zxingcpp.read_barcodes(attempt, formats=_QR) if one.text), key=_is_other)
        if not found:
            continue
        turns = round(-found[0].orientation / 90) % 4
        at, scale = found[0].position, page.width / attempt.width
        corners = (at.top_left, at.top_right, at.bottom_right, at.bottom_left)
        placed = tuple(_turned((one.x * scale, one.y * scale), page.size, turns) for one in corners)
        seen = Seen(sorted({one.text for one in found}), turns, placed)
        if not _is_other(found[0]):
            return seen
        strange = strange if strange.texts else seen
    return strange


def _is_other(code: Any) -> bool:
    """Whether a code is none of our pages': what a sticker says is neither whose page it is, nor how it lies."""
    return not code.text.startswith(OURS)


def texts_on(page: Image.Image) -> tuple[list[str], int]:
    """Return the texts of the QR codes on a page, and by how many quarter turns (clockwise) it must be turned."""
    seen = seen_on(page)
    return seen.texts, seen.turns


def upright(page: Image.Image, turns: int) -> Image.Image:
    """Return a page turned clockwise by quarters."""
    return page.rotate(-90 * turns, expand=True) if turns else page


def _turned(point: tuple[float, float], size: tuple[int, int], turns: int) -> tuple[float, float]:
    """Where a point of a picture lies once the picture is turned clockwise by quarters."""
    (x, y), (width, height) = point, size
    for _ in range(turns):
        x, y, width, height = height - y, x, height, width
    return x, y


def kept_size(size: tuple[int, int]) -> tuple[int, int]:
    """Return the size of a page that is kept, of the size that it has upright."""
    scale = min(1.0, SIDE_PIXELS_MAX / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def kept_page(page: Image.Image, turns: int = 0) -> bytes:
    """Return a page as it is kept: upright, in grey, JPEG."""
    lies = upright(page, turns)
    kept = lies if kept_size(lies.size) == lies.size else lies.resize(kept_size(lies.size), reducing_gap=2.0)
    out = BytesIO()
    kept.save(out, "JPEG", quality=JPEG_QUALITY)
    return out.getvalue()


def _attempts(page: Image.Image) -> Iterator[Image.Image]:
    yield page
    flat = ImageOps.autocontrast(page, cutoff=2)
    yield flat
    width, height = page.size
    larger = flat.resize((width * 2, height * 2)) if max(page.size) < SIDE_PIXELS_MAX * 2 else flat
    yield larger
    yield larger.filter(ImageFilter.GaussianBlur(2))  # a fax's steps, a fold's dots
    yield larger.filter(ImageFilter.MedianFilter(5))
    yield flat.filter(ImageFilter.GaussianBlur(1.5))
    small = flat.copy()
    small.thumbnail((1400, 1400))
    yield small


def _frames(data: bytes) -> Iterator[Image.Image]:
    pixels = 0
    with Image.open(BytesIO(data), formats=("TIFF", "PNG", "JPEG")) as opened:
        for number, frame in enumerate(ImageSequence.Iterator(opened)):
            pixels += frame.width * frame.height
            too_large = frame.width * frame.height > PIXELS_MAX or pixels > FILE_PIXELS_MAX
            if number >= FILE_PAGES_MAX or too_large:
                raise NotAPicture("beyond the limits")
            yield _looked_at(ImageOps.exif_transpose(frame).convert("L"))


def _looked_at(page: Image.Image) -> Image.Image:
    """Return a page no larger than reading it takes."""
    times = -(-max(page.size) // READ_SIDE_PIXELS_MAX)
    return page.reduce(times) if times > 1 else page


def _pdf(data: bytes) -> Iterator[Image.Image]:
    document: Any = pypdfium2.PdfDocument(data)
    if len(document) > FILE_PAGES_MAX:
        raise NotAPicture("beyond the limits")
    for page in document:
        scale = min(RENDER_DPI / 72, READ_SIDE_PIXELS_MAX / max(page.get_width(), page.get_height()))
        drawn: Image.Image = page.render(scale=scale, grayscale=True).to_pil()
        yield drawn.convert("L")
