"""The allergy aid: a medicine of the list that holds a substance to which an allergy is known (F8; decision 0114).

Rules kept here:
  * Words are compared with words: a substance of the list with what an allergy was called. It knows no class, no cross
    reaction and no code, and says so.
  * It warns with the allergy as it was written and its source; it refuses nothing.
  * An allergy that its author took back is no allergy.
"""

import re
from collections.abc import Sequence

from contrefeu.acts import Medicine
from contrefeu.chart import fold
from contrefeu.chart.sheet import Allergies, Allergy

_WORD = re.compile(r"[a-z0-9]+")
WORD_LENGTH_MIN = 4  # letters of a word that is compared: "de", "IV", "10" say nothing of a substance


def known_allergies(medicine: Medicine, allergies: Allergies) -> Sequence[Allergy]:
    """Return the allergies in force that name a substance of *medicine*."""
    held = [words for one in medicine.substances if (words := _words(one))]
    return [one for one in allergies.lines if not one.struck and any(words <= _words(one.what) for words in held)]


def _words(text: str) -> frozenset[str]:
    """The words of a name, alike in French and English, one or several of them: pénicillines, penicillin."""
    found = (word.rstrip("s").rstrip("e") for word in _WORD.findall(fold(text)))
    return frozenset(word for word in found if len(word) >= WORD_LENGTH_MIN)
