"""Sentences in French, by the English ones that a command was going to say: words that are made far from a screen.

Rules kept here:
  * A sentence is made once, in English, with its values; a table says how it is in French. `{}` stands for a value, in
    the order of the English one; `{n}` for the n-th of them where the order differs.
  * What has no row stays in English, whole: half a sentence in each language would be neither.
  * Values may be of a stranger's choosing: a row is compared in one pass over the sentence, whatever stands there.
  * A value is put in French where it is a row itself. One that ends the line, or as a sentence does, may be a sentence
    of ours with values: it is looked for as such, DEPTH_MAX deep.
"""

from collections.abc import Mapping

LENGTH_MAX = 1_000  # characters of a sentence that is looked for: no row with its values comes near
DEPTH_MAX = 2  # sentences within a sentence: "Ward X: No pack can be made: why"


class Phrases:
    """One table."""

    def __init__(self, rows: Mapping[str, str]) -> None:
        self.rows = rows
        # Those that begin with words before those that begin with any value, the longest first: the closest one holds.
        with_values = sorted(
            (english for english in rows if "{}" in english), key=lambda one: (one.startswith("{}"), -len(one))
        )
        self._patterns = [(one.split("{}"), rows[one]) for one in with_values]
        # By the letter that they begin with; those that begin with a value may fit any sentence, and stand last.
        self._starting = {
            first: [one for one in self._patterns if one[0][0][:1] in (first, "")]
            for first in {"", *(pieces[0][:1] for pieces, _ in self._patterns)}
        }

    def said(self, sentence: str, depth: int = 0) -> str:
        """Return a sentence, or words of ours that stand in one, in French; as it is when there is no row for it."""
        if sentence in self.rows:
            return self.rows[sentence]
        if len(sentence) > LENGTH_MAX or depth > DEPTH_MAX:
            return sentence
        for pieces, french in self._starting.get(sentence[:1], self._starting[""]):
            values = _values(pieces, sentence)
            if values is not None:
                *before, last = values
                return french.format(*(self._within(one, depth) for one in before), self.said(last, depth + 1))
        return sentence

    def _within(self, value: str, depth: int) -> str:
        return self.said(value, depth + 1) if value.endswith(".") else self.rows.get(value, value)


def _values(pieces: list[str], sentence: str) -> list[str] | None:
    """What stands between *pieces*, each as short as it can be but the last; None where they do not fit.

    The first place where a piece is found leaves the most room to those behind it: no other needs to be tried.
    """
    first, *middle, last = pieces
    if not (sentence.startswith(first) and sentence.endswith(last)):
        return None
    values, at, end = [], len(first), len(sentence) - len(last)
    for piece in middle:
        found = sentence.find(piece, at + 1, end)
        if found < 0:
            return None
        values.append(sentence[at:found])
        at = found + len(piece)
    values.append(sentence[at:end])
    return values if at < end and "\n" not in sentence else None
