"""How a page lies in a picture: by its code and its corner marks, or by the marks alone (`contrefeu[scan]`).

Rules kept here:
  * The code's corners are known to a pixel, what has a middle to a fifth of one: the marks count more.
  * Without a code four marks must be there, one of them an outline: it tells which way is up. Three, or a shape that
    is no sheet of paper seen from above, say nothing.
"""

from math import dist

from PIL import Image, ImageChops, ImageFilter

from contrefeu.paper.pictures import Seen
from contrefeu.paper.plane import Plane, Point, fitted
from contrefeu.paper.stamp import RIGHT_MM, SIDE_MM, TOP_MM

CORNER_WEIGHT = 0.2  # of a corner of the code, which is known to a pixel; what has a middle is known to a fifth of one
MODULES = 41  # of a side of the code
PAGE_MM = (210, 297)
MARKS: tuple[tuple[Point, float], ...] = (  # centres (form-code-v1, "Marks"), and how far from it one is looked for, mm
    ((201.5, 8.5), 5.0),
    ((8.5, 8.5), 9.0),
    ((8.5, 288.5), 12.0),
    ((201.5, 288.5), 10.0),
)
OUTLINED = (201.5, 288.5)  # the one that is not filled
MARK_MM = 5.0
MARK_MIN = 140  # of 255: how much darker than the paper a mark is
ALONE_MIN = 0.55  # of its darkness, by which it exceeds its surroundings: a table at the edge of the sheet does not
OUTLINE_MIN = 60  # of 255: how much darker than the paper the palest side of an outline is
CORNER_PART = 0.22  # of each side of the picture: a mark lies so near the corner, when no code says where
STRETCH_MAX = 1.25  # by which the shape of the four marks may differ from a sheet's, seen from a hand's height


def plane_of(page: Image.Image, seen: Seen) -> Plane | None:
    """Return how *page* lies; None when that cannot be told."""
    return _by_code(page, seen) if seen.corners else _by_marks(page)


def _by_code(page: Image.Image, seen: Seen) -> Plane | None:
    """The plane that fits the code's corners, then its finders, then each corner mark that is there."""
    right, top = PAGE_MM[0] - RIGHT_MM, TOP_MM
    left, bottom = right - SIDE_MM, top + SIDE_MM
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    found = [(mm, pixel, CORNER_WEIGHT) for mm, pixel in zip(corners, seen.corners, strict=True)]
    plane = fitted(found)
    inner = SIDE_MM / MODULES * 3.5
    finders = ((left + inner, top + inner), (right - inner, top + inner), (left + inner, bottom - inner))
    wide = SIDE_MM / MODULES * 8  # the finder and half of the white around it
    spots = [_centred(page, plane, mm, wide) for mm in finders] if plane else []
    found += [(mm, spot, 1.0) for mm, spot in zip(finders, spots, strict=False) if spot is not None]
    plane = fitted(found)
    for centre, around in MARKS:  # the nearest first: each one found tells better where the next must be
        if plane is not None and (spot := _spot(page, plane, centre, around)) is not None:
            found.append((centre, spot, 1.0))
            plane = fitted(found)
    return plane


def _centred(page: Image.Image, plane: Plane, centre: Point, wide: float) -> Point | None:
    """Where the middle of what is dark around a place of the page is, *wide* mm across."""
    x, y = plane(centre)
    reach = round(abs(plane((centre[0] + wide / 2, centre[1]))[0] - x)) or 1
    area = (round(x) - reach, round(y) - reach, round(x) + reach + 1, round(y) + reach + 1)
    if min(area) < 0 or area[2] > page.width or area[3] > page.height or reach > page.width // 8:
        return None
    return _centroid(darkness_of(page.crop(area)), reach, reach, reach, area[:2])


def _spot(page: Image.Image, plane: Plane, centre: Point, around: float) -> Point | None:
    """The centre of a corner mark in the picture; None when there is none near its place."""
    x, y = plane(centre)
    side = abs(plane((centre[0] + MARK_MM, centre[1]))[0] - x) or 1.0
    reach = round((around / MARK_MM + 1) * side)
    area = (round(x) - reach, round(y) - reach, round(x) + reach, round(y) + reach)
    left, top, right, bottom = max(0, area[0]), max(0, area[1]), min(page.width, area[2]), min(page.height, area[3])
    if side > page.width / 4 or right - left < 2 * side or bottom - top < 2 * side:
        return None
    dark = darkness_of(page.crop((left, top, right, bottom)))
    outlined = centre == OUTLINED
    shape = outlines_of(dark, round(side)) if outlined else dark.filter(ImageFilter.BoxBlur(side / 2))
    alone = shape if outlined else ImageChops.subtract(shape, dark.filter(ImageFilter.BoxBlur(side * 0.85)))
    best, at_x, at_y = peak_of(alone)
    least = shape.tobytes()[at_y * shape.width + at_x]
    if least < (OUTLINE_MIN if outlined else MARK_MIN) or best < least * ALONE_MIN:
        return None
    return _centroid(dark, at_x, at_y, round(side * 0.8), (left, top))


def peak_of(image: Image.Image) -> tuple[int, int, int]:
    """The brightest pixel: its value, and where it is."""
    data = image.tobytes()
    best = max(data)
    y, x = divmod(data.index(best), image.width)
    return best, x, y


def _centroid(dark: Image.Image, x: int, y: int, reach: int, origin: tuple[int, int]) -> Point | None:
    """The centre of what is dark around a place: finer than a pixel."""
    box = (max(0, x - reach), max(0, y - reach), min(dark.width, x + reach + 1), min(dark.height, y + reach + 1))
    part = dark.crop(box)
    across, down = (
        part.resize((part.width, 1), Image.Resampling.BOX),
        part.resize((1, part.height), Image.Resampling.BOX),
    )
    sums = [(sum(n * value for n, value in enumerate(line.tobytes())), sum(line.tobytes())) for line in (across, down)]
    if not all(total for _, total in sums):
        return None
    return origin[0] + box[0] + sums[0][0] / sums[0][1] + 0.5, origin[1] + box[1] + sums[1][0] / sums[1][1] + 0.5


def paper_of(window: Image.Image) -> int:
    """How bright the paper is there: brighter than it is one pixel in seven."""
    left = window.width * window.height // 7
    for value, count in reversed([*enumerate(window.histogram())]):
        left -= count
        if left <= 0:
            return max(value, 1)
    return 255


def darkness_of(window: Image.Image) -> Image.Image:
    """By how much each pixel is darker than the paper around it, of 255."""
    paper = paper_of(window)
    return window.point([min(255, max(0, (paper - value) * 255 // paper)) for value in range(256)])


def outlines_of(dark: Image.Image, side: int) -> Image.Image:
    """For each centre, how dark the palest of the four sides of a box around it is."""
    half, length = side // 2, (side - 4) / 2
    across, down = dark.filter(ImageFilter.BoxBlur((length, 1))), dark.filter(ImageFilter.BoxBlur((1, length)))
    sides = [ImageChops.offset(across, 0, half), ImageChops.offset(across, 0, half - side),
             ImageChops.offset(down, half, 0), ImageChops.offset(down, half - side, 0)]  # fmt: skip
    palest = sides[0]
    for one in sides[1:]:
        palest = ImageChops.darker(palest, one)
    return palest


def _by_marks(page: Image.Image) -> Plane | None:
    """The plane that fits the four corner marks, whichever way the page was laid."""
    side = min(page.size) / PAGE_MM[0] * MARK_MM
    found = [_in_corner(page, side, right, low) for right, low in ((0, 0), (1, 0), (1, 1), (0, 1))]
    outlined = [n for n, (spot, outline) in enumerate(found) if spot is not None and outline]
    if len(outlined) != 1:
        return None
    # Clockwise from the outlined mark: lower right, lower left, upper left, upper right.
    spots = [spot for n in range(4) if (spot := found[(outlined[0] + n) % 4][0]) is not None]
    if len(spots) < 4 or not _is_sheet(spots):
        return None
    return fitted([(MARKS[3 - n][0], spot, 1.0) for n, spot in enumerate(spots)])


def _in_corner(page: Image.Image, side: float, right: int, low: int) -> tuple[Point | None, bool]:
    """The centre of the mark in a corner of the picture, and whether it is the outlined one."""
    width, height = (round(one * CORNER_PART) for one in page.size)
    left, top = right * (page.width - width), low * (page.height - height)
    dark = darkness_of(page.crop((left, top, left + width, top + height)))
    shape = dark.filter(ImageFilter.BoxBlur(side / 2))
    best, x, y = peak_of(ImageChops.subtract(shape, dark.filter(ImageFilter.BoxBlur(side * 0.85))))
    darkest = shape.tobytes()[y * shape.width + x]
    outline = darkest < MARK_MIN or best < darkest * ALONE_MIN
    if outline:
        best, x, y = peak_of(outlines_of(dark, round(side)))
        if best < OUTLINE_MIN:
            return None, True
    return _centroid(dark, x, y, round(side * 0.8), (left, top)), outline


def _is_sheet(clockwise: list[Point]) -> bool:
    """Whether four marks, from the lower right one on, lie as those of a sheet do."""
    short, long, other_short, other_long = (dist(clockwise[n], clockwise[(n + 1) % 4]) for n in range(4))
    (right, bottom), (left, top) = MARKS[3][0], MARKS[1][0]
    wanted = (bottom - top) / (right - left)
    pairs = ((short, other_short, 1.0), (long, other_long, 1.0), (long + other_long, short + other_short, wanted))
    return all(b > 0 and 1 / STRETCH_MAX < a / b / ratio < STRETCH_MAX for a, b, ratio in pairs)
