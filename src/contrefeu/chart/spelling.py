"""Words to find people by: written alike, sounding alike, or one slip apart.

Rules kept here:
  * A word is folded to a-z and 0-9: accents, case, apostrophes and hyphens never keep a patient from being found.
  * Words that share a *trace* (themselves with one letter left out) are at most one letter added, dropped, changed or
    swapped apart; a sound is a trace too.
  * A number keeps its leading zeros; a date is found in the forms that people type.
"""

import re
import unicodedata

WORD_LENGTH_MAX = 40  # of a word of the index, which has a trace a letter; the longest surnames have some 30
_PARTS = re.compile(r"[a-z0-9]+")
_JOINED = str.maketrans("", "", " -.'’/_")
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "đ": "d", "þ": "th", "ð": "d"})
_ISO = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?")
_DAY_FIRST = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})")
_MONTH_FIRST = re.compile(r"(\d{1,2})[/.](\d{4})")
# Sounds of French and its neighbours: what a name heard by telephone is written as. Longest first.
_SOUNDS = (
    ("eaux", "o"), ("eau", "o"), ("aux", "o"), ("ault", "o"), ("aud", "o"), ("aut", "o"), ("au", "o"), ("ph", "f"),
    ("sch", "ch"), ("sh", "ch"), ("qu", "k"), ("gu", "g"), ("ck", "k"), ("ill", "y"), ("gn", "ny"), ("th", "t"),
    ("ain", "in"), ("ein", "in"), ("yn", "in"), ("ym", "in"), ("im", "in"), ("am", "an"), ("em", "an"), ("en", "an"),
    ("ai", "e"), ("ei", "e"), ("ay", "e"), ("ey", "e"), ("oe", "e"), ("ou", "u"), ("y", "i"), ("c", "k"), ("q", "k"),
    ("z", "s"), ("x", "s"), ("w", "v"), ("j", "g"),
)  # fmt: skip


def fold(text: str) -> str:
    """Return *text* in a-z, 0-9 and what separates words.

    >>> fold("Éléonore LE GOFF-d’Œuvre")
    'eleonore le goff-d’oeuvre'
    """
    text = text.casefold().translate(_LIGATURES)
    if text.isascii():
        return text
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def name_words(name: str) -> list[str]:
    """Return the words of *name*, and a name of several words also written as one (Le Goff, LEGOFF)."""
    words = [word[:WORD_LENGTH_MAX] for word in _PARTS.findall(fold(name))]
    joined = "".join(words)[:WORD_LENGTH_MAX]
    return words if len(words) < 2 else [*words, joined]


def number_word(value: str) -> str:
    """Return the word of an identifier, as it stands in the index; "" for one with nothing to look up."""
    joined = "".join(_PARTS.findall(fold(value)))
    return f"n{joined}" if joined else ""


def bed_word(bed: str) -> str:
    """Return the word of a bed."""
    joined = "".join(_PARTS.findall(fold(bed)))
    return f"b{joined}" if joined else ""


def date_words(date: str) -> list[str]:
    """Return the words of a FHIR date: the day, the month, the year.

    >>> date_words("1950-03-12")
    ['d19500312', 'd195003', 'd1950']
    """
    digits = date[:10].replace("-", "")
    return [f"d{digits[:size]}" for size in (8, 6, 4) if len(digits) >= size] if digits.isdigit() else []


def asked_date(text: str) -> str:
    """Return the date word that somebody typed (12/03/1950, 1950-03-12, 12031950, 03/1950), or "".

    >>> asked_date("12/3/1950"), asked_date("dupont")
    ('d19500312', '')
    """
    if match := _DAY_FIRST.fullmatch(text):
        return f"d{match[3]}{match[2]:0>2}{match[1]:0>2}"
    if match := _ISO.fullmatch(text):
        return "d" + "".join(filter(None, match.groups()))
    if match := _MONTH_FIRST.fullmatch(text):
        return f"d{match[2]}{match[1]:0>2}"
    if len(text) == 8 and text.isdigit():
        if 1 <= int(text[:2]) <= 31 and 1 <= int(text[2:4]) <= 12 and 1850 <= int(text[4:]) <= 2200:
            return f"d{text[4:]}{text[2:4]}{text[:2]}"
        return f"d{text}"
    if len(text) == 4 and text.isdigit() and 1850 <= int(text) <= 2200:
        return f"d{text}"
    return ""


def traces(word: str) -> set[str]:
    """Return *word*, itself with each letter left out, and its sound."""
    found = {word}
    if len(word) > 3:
        found.update(word[:i] + word[i + 1 :] for i in range(len(word)))
    found.add(f"={sound(word)}")
    return found


def sound(word: str) -> str:
    """Return how *word* sounds, roughly.

    >>> sound("dupond") == sound("dupont"), sound("meyer") == sound("meier"), sound("philippe") == sound("filipe")
    (True, True, True)
    """
    for written, heard in _SOUNDS:
        word = word.replace(written, heard)
    word = re.sub(r"(.)\1+", r"\1", word)
    word = word[:1] + word[1:].replace("h", "")
    return re.sub(r"[desptg]+$", "", word) or word


def slips(one: str, other: str) -> int:
    """Return how many letters must be added, dropped, changed or swapped to make *one* into *other*.

    >>> slips("martin", "matrin"), slips("dupont", "dupond"), slips("abc", "xyz")
    (1, 1, 3)
    """
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        earlier, before, row = before, row, [i]
        for j, b in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
    return row[-1]
