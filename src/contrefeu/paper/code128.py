"""Code 128 (ISO/IEC 15417) as bars: GS1-128 on wristbands and labels of a patient, plain on those of a specimen.

Rules kept here:
  * Of patients, code set B alone: their numbers have letters and leading zeros, and a few bars more cost nothing on a
    band. Of specimens, digits at the end go in pairs (C): a tube is narrow.
  * What code set B does not have makes no barcode: none is made of half a number.
  * A patient's number stands behind FNC1 and an identifier, a specimen's alone, as analysers read it: no scanner takes
    one for the other.
"""

from itertools import accumulate

CODE_C, FNC1, START_B, START_C, STOP = 99, 102, 104, 105, 106
PAIRED_MIN = 4  # digits at the end: fewer would be longer in pairs (ISO/IEC 15417, annex E)
INTERNAL = "91"  # GS1's identifier for a house's own: it needs no number of GS1's (General Specifications, 3)
LENGTH_MAX = 30  # characters after the identifier (as above)
# Widths of bars and spaces, by value (ISO/IEC 15417, table 1)
_TABLE = """
212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 113222
123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 212123 212321
232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121
313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224
111422 121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 241211 221114 413111 241112 134111
111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113
114311 411113 411311 113141 114131 311141 411131 211412 211214 211232 2331112
"""
_WIDTHS = _TABLE.split()


def gs1_svg(number: str) -> bytes:
    """Return *number*, of the house's own, as a picture of a GS1-128; b"" for one that it cannot say."""
    return _svg([START_B, FNC1, *_letters(INTERNAL + number)]) if _says(number) else b""


def specimen_svg(number: str) -> bytes:
    """Return the number of a specimen as a picture of a plain Code 128; b"" for one that it cannot say."""
    if not _says(number):
        return b""
    digits = len(number) - len(number.rstrip("0123456789"))
    at = len(number) - (digits - digits % 2 if digits >= PAIRED_MIN else 0)
    head, pairs = number[:at], [int(number[n : n + 2]) for n in range(at, len(number), 2)]
    if not head:
        return _svg([START_C, *pairs])
    return _svg([START_B, *_letters(head), *([CODE_C, *pairs] if pairs else [])])


def _says(number: str) -> bool:
    return 1 <= len(number) <= LENGTH_MAX and all(32 <= ord(letter) < 127 for letter in number)


def _letters(text: str) -> list[int]:
    return [ord(letter) - 32 for letter in text]


def _svg(values: list[int]) -> bytes:
    check = (values[0] + sum(at * value for at, value in enumerate(values[1:], 1))) % 103
    widths = [int(width) for value in (*values, check, STOP) for width in _WIDTHS[value]]
    ends = [0, *accumulate(widths)]
    path = "".join(f"M{ends[at]} 0h{widths[at]}v1h-{widths[at]}z" for at in range(0, len(widths), 2))
    size = f'viewBox="0 0 {ends[-1]} 1" preserveAspectRatio="none"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}><path d="{path}"/></svg>'.encode()
