"""Sentences in French, by the English ones that a command was going to say: words that are made far from a screen.

Rules kept here:
  * A sentence is made once, in English, with its values; a table says how it is in French. `{}` stands for a value, in
    the order of the English one; `{n}` for the n-th of them where the order differs.
  * What has no row stays in English, whole: half a sentence in each language would be neither.
"""

import re
from collections.abc import Mapping


class Phrases:
    """One table."""

    def __init__(self, rows: Mapping[str, str]) -> None:
        self.rows = rows
        with_values = sorted((english for english in rows if "{}" in english), key=len, reverse=True)
        # The longest first: the closest one holds.
        self._patterns = [(re.compile("(.+)".join(map(re.escape, one.split("{}")))), rows[one]) for one in with_values]

    def said(self, sentence: str) -> str:
        """Return a sentence, or words of ours that stand in one, in French; as it is when there is no row for it."""
        if sentence in self.rows:
            return self.rows[sentence]
        for pattern, french in self._patterns:
            values = pattern.fullmatch(sentence)
            if values is not None:
                return french.format(*map(self.said, values.groups()))
        return sentence
