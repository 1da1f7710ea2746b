"""The QR code of a page (ISO/IEC 18004): one version, level and mask for all, so that only the text is worked out.

segno makes any QR code, in two milliseconds of a page that has six; what every code of pages has alike is taken from
one that it made, once.

Rules kept here:
  * Version 6, level M: 41 modules, 154 alphanumeric characters, and a code has 148 (docs/spec/form-code-v1.md). A level
    more costs 8 modules a side: larger modules survive a fax better than more redundancy.
  * Mask 3, as any will do: what it masks is a signature and looks random; trying all eight costs four times as much.
"""

from collections.abc import Iterator
from functools import lru_cache
from operator import itemgetter

import segno

QR_VERSION, QR_ERROR, QR_MASK = 6, "m", 3
SIZE = 41  # modules a side
_LETTERS = {letter: at for at, letter in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")}
_LETTERS_MAX = 154  # what version 6-M holds of them (ISO/IEC 18004, table 7)
_BLOCKS, _DATA, _CHECKS = 4, 27, 16  # codewords of each block (table 9: 6-M)
_REMAINDER = 7  # modules that no codeword fills (table 1)
_CHECK_BITS = 8 * _CHECKS


def qr(text: str) -> list[bytes]:
    """Return the modules of alphanumeric *text*, line by line, 1 where they are dark, without its quiet zone."""
    said = _codewords(text)
    blocks = [said[at : at + _DATA] for at in range(0, _BLOCKS * _DATA, _DATA)]
    checks = [_checks(block) for block in blocks]
    woven = bytes(block[at] for at in range(_DATA) for block in blocks)
    woven += bytes(block[at] for at in range(_CHECKS) for block in checks)
    drawn = _drawing()
    bits = (int.from_bytes(woven, "big") << _REMAINDER) ^ drawn.mask
    modules = bytes(drawn.placed(drawn.alike + f"{bits:0{drawn.count}b}".encode()))
    return [modules[at : at + SIZE].translate(_FROM_DIGITS) for at in range(0, SIZE * SIZE, SIZE)]


_FROM_DIGITS = bytes.maketrans(b"01", b"\0\1")


def _codewords(text: str) -> bytes:
    """Mode, length, pairs of letters, and what fills the rest (7.4)."""
    assert len(text) <= _LETTERS_MAX, "the text of a page's code has one length"
    values = [_LETTERS[letter] for letter in text]
    bits, length = (0b0010 << 9) | len(values), 13
    for at in range(0, len(values) - 1, 2):
        bits, length = (bits << 11) | (45 * values[at] + values[at + 1]), length + 11
    if len(values) % 2:
        bits, length = (bits << 6) | values[-1], length + 6
    full = _BLOCKS * _DATA
    ended = min(4, 8 * full - length)  # zeros that end the text, then zeros up to a codeword
    aligned = -(-(length + ended) // 8) * 8
    found = (bits << (aligned - length)).to_bytes(aligned // 8, "big")
    return (found + b"\xec\x11" * full)[:full]


def _checks(block: bytes) -> bytes:
    """The check codewords of a block: what is left of it divided by the generator (7.5)."""
    products, left = _products(), 0
    for codeword in block:
        factor = codeword ^ (left >> (_CHECK_BITS - 8))
        left = ((left << 8) & ((1 << _CHECK_BITS) - 1)) ^ products[factor]
    return left.to_bytes(_CHECKS, "big")


@lru_cache(1)
def _products() -> list[int]:
    """The generator (x - 1)(x - 2)(x - 4)... but its first coefficient, times each number of GF(256)."""
    generator, root = [1], 1
    for _ in range(_CHECKS):
        scaled = [_times(one, root) for one in generator]
        generator = [a ^ b for a, b in zip([*generator, 0], [0, *scaled], strict=True)]
        root = _times(root, 2)
    return [int.from_bytes(bytes(_times(one, factor) for one in generator[1:]), "big") for factor in range(256)]


def _times(a: int, b: int) -> int:
    """Product in GF(256), modulo x^8 + x^4 + x^3 + x^2 + 1."""
    product = 0
    while b:
        product ^= a if b & 1 else 0
        a = (a << 1) ^ (0x11D if a & 0x80 else 0)
        b >>= 1
    return product


class _Drawing:
    """What all codes have alike, and where the bits of a text go."""

    def __init__(self) -> None:
        model = segno.make_qr("0", error=QR_ERROR, version=QR_VERSION, mask=QR_MASK, boost_error=False).matrix
        self.alike = b"".join(b"1" if module else b"0" for row in model for module in row)
        places = list(_places())
        self.count = len(places)
        where = [*range(SIZE * SIZE)]  # which of alike, then the bits, each module is
        for n, (x, y) in enumerate(places):
            where[y * SIZE + x] = SIZE * SIZE + n
        self.placed = itemgetter(*where)
        self.mask = int("".join("1" if (x + y) % 3 == 0 else "0" for x, y in places), 2)


@lru_cache(1)
def _drawing() -> _Drawing:
    return _Drawing()


def _places() -> Iterator[tuple[int, int]]:
    """Where bits go (7.7.3): up and down by two columns from the right, round what every code has alike."""
    for turn, right in enumerate((*range(SIZE - 1, 6, -2), 5, 3, 1)):
        for step in range(SIZE):
            y = step if turn % 2 else SIZE - 1 - step
            yield from ((x, y) for x in (right, right - 1) if not _is_alike(x, y))


def _is_alike(x: int, y: int) -> bool:
    """Whether a module is of a finder, a timing line, the alignment mark or the format."""
    near, far = 9, SIZE - 8
    corner = (x < near and (y < near or y >= far)) or (x >= far and y < near)
    return corner or 6 in {x, y} or (32 <= x <= 36 and 32 <= y <= 36)
