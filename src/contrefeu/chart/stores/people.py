"""Finding people: by words of their names in any order, misspelt too, by dates, beds and numbers (W6).

Rules kept here:
  * What a person is found by is one line of words; each word that names are made of stands once, with its traces, for
    the misspelt ones.
  * Exact answers come first, then beginnings of the last word, then what is one letter or a sound away.
  * The words of a patient's line follow the chart; a word stays known once it was: it finds nobody by itself.
"""

from collections.abc import Iterable

import msgspec

from contrefeu.chart.spelling import asked_date, bed_word, name_words, number_word, slips, sound, traces
from contrefeu.chart.stores.database import Database
from contrefeu.chart.views import PatientHit
from contrefeu.fhir import encode

WORDS_REMEMBERED_MAX = 50_000  # words of names known to be indexed, in memory
TOKENS_MAX = 8  # words of a question that are looked at; more of them narrow nothing
NEAR_MAX = 400  # words that share a trace with a misspelt one, looked at letter by letter
LIKE_MAX = 24  # of these, the ones searched for
CANDIDATES = 8  # times the answers asked for, so that the closest can be put first
SLIPS_MAX = 1  # letters that may be wrong


class People:
    """The index of a store."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._words: set[str] = set()

    def forget(self) -> None:
        """Forget what was remembered beside the file: a transaction was taken back."""
        self._words.clear()

    def keep(self, root: int, words: Iterable[str], hit: PatientHit) -> None:
        """Let the patient of *root* be found by *words*."""
        line, packed = " ".join(sorted(set(words))), encode(hit)
        before = self._db.row("SELECT words, hit FROM people WHERE node = ?", (root,))
        if before == (line, packed):
            return
        self._db.run("INSERT OR REPLACE INTO people VALUES(?, ?, ?)", (root, line, packed))
        if before is not None and before[0] == line:
            return
        if before is not None:
            self._db.run("DELETE FROM found WHERE rowid = ?", (root,))
        self._db.run("INSERT INTO found(rowid, words) VALUES(?, ?)", (root, line))
        for word in line.split():
            if word.isalpha() and word not in self._words:
                self._learn(word)

    def drop(self, root: int) -> None:
        """Let nobody be found at *root*."""
        self._db.run("DELETE FROM people WHERE node = ?", (root,))
        if self._db.changed():
            self._db.run("DELETE FROM found WHERE rowid = ?", (root,))

    def hit(self, root: int) -> PatientHit | None:
        """Return one patient as a search shows them."""
        packed = self._db.value("SELECT hit FROM people WHERE node = ?", (root,))
        return None if packed is None else msgspec.json.decode(packed, type=PatientHit)

    def find(self, query: str, limit: int) -> list[int]:
        """Return the roots of the patients that answer to *query*, the closest first."""
        asked = query.split()[:TOKENS_MAX]
        if not asked or limit < 1:
            return []
        found: dict[int, None] = {}
        for widened in (_exact, _begun, self._misspelt):
            parts = [
                alternatives for at, token in enumerate(asked) if (alternatives := widened(token, at == len(asked) - 1))
            ]
            if not parts:
                continue
            match = " AND ".join(f"({' OR '.join(one)})" for one in parts)
            rows = self._db.rows("SELECT rowid FROM found WHERE found MATCH ? LIMIT ?", (match, limit * CANDIDATES))
            found |= dict.fromkeys(root for (root,) in rows)
            if len(found) >= limit:
                break
        return list(found)

    def by_number(self, value: str, limit: int) -> list[int]:
        """Return the roots of patients who ever had the number *value*, in any authority."""
        word = number_word(value)
        if not word:
            return []
        rows = self._db.rows("SELECT rowid FROM found WHERE found MATCH ? LIMIT ?", (_quoted(word), limit))
        return [root for (root,) in rows]

    def _misspelt(self, token: str, last: bool) -> list[str]:
        """Words as asked, and words of names that are one slip or a sound away."""
        alternatives = _begun(token, last)
        for word in name_words(token):
            if not word.isalpha() or len(word) < 3:
                continue
            near = dict.fromkeys(
                name
                for trace in sorted(traces(word))
                for (name,) in self._db.rows("SELECT word FROM near WHERE trace = ? LIMIT ?", (trace, NEAR_MAX))
            )
            heard = sound(word)
            close = sorted((slips(word, name), name) for name in near)
            like = [name for wrong, name in close if wrong <= SLIPS_MAX or sound(name) == heard]
            alternatives += [_quoted(name) for name in like[:LIKE_MAX]]
        return alternatives

    def _learn(self, word: str) -> None:
        if len(self._words) >= WORDS_REMEMBERED_MAX:
            self._words.clear()
        self._words.add(word)
        self._db.run("INSERT OR IGNORE INTO words VALUES(?)", (word,))
        if self._db.changed():
            rows = [(trace, word) for trace in sorted(traces(word))]
            self._db.run_many("INSERT OR IGNORE INTO near VALUES(?, ?)", rows)


def _exact(token: str, _last: bool) -> list[str]:
    """Every word that *token* may be: a date, a number, a bed, a name."""
    date, names = asked_date(token), name_words(token)
    digits = any(c.isdigit() for c in token)
    words = [date, number_word(token) if digits else "", bed_word(token) if digits else ""]
    found = [_quoted(word) for word in words if word]
    if len(names) == 1:
        found.append(_quoted(names[0]))
    elif names:
        found.append(_quoted(names[-1]))  # written as one
        found.append(f"({' AND '.join(_quoted(word) for word in names[:-1])})")
    return found


def _begun(token: str, last: bool) -> list[str]:
    """What *token* is, or begins: somebody is still typing the last word."""
    found = _exact(token, last)
    names = name_words(token)
    if last and names and len(names[-1]) > 1:
        found.append(f"{_quoted(names[-1])}*")
    return found


def _quoted(word: str) -> str:
    return f'"{word}"'
