"""Finding people: by words of their names in any order, misspelt too, by dates, beds and numbers (W6).

Rules kept here:
  * What a person is found by is one line of words; each word that names are made of stands once, with its traces, for
    the misspelt ones.
  * Exact answers come first, then beginnings of the last word, then what is one letter or a sound away.
  * The words of a patient's line follow the chart; a word stays known once it was: it finds nobody by itself.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import msgspec

from contrefeu.chart.spelling import asked_date, bed_word, name_words, number_word, slips, sound, traces
from contrefeu.chart.stores.engine import Alternative, Database, Term
from contrefeu.chart.views import PatientHit
from contrefeu.fhir import encode

WORDS_REMEMBERED_MAX = 50_000  # words of names known to be indexed, in memory
TOKENS_MAX = 8  # words of a question that are looked at; more of them narrow nothing
NEAR_MAX = 400  # words that share letters, or a sound, with a misspelt one, looked at letter by letter
LIKE_MAX = 24  # of these, the ones searched for
CANDIDATES = 8  # times the answers asked for, so that the closest can be put first
TOGETHER = 20  # rows asked for at once: as many as a page shows
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
        veil, line, packed = self._db.veil, " ".join(sorted(set(words))).encode(), encode(hit)
        row = self._db.row("SELECT words, hit FROM people WHERE node = ?", (root,))
        before = (b"", b"")
        if row is not None:
            before = veil.open("people.words", row[0], root), veil.open("people.hit", row[1], root)
        if before == (line, packed):
            return
        self._db.run(
            "INSERT INTO people VALUES(?, ?, ?)"
            " ON CONFLICT(node) DO UPDATE SET words = excluded.words, hit = excluded.hit",
            (root, veil.seal("people.words", line, root), veil.seal("people.hit", packed, root)),
        )
        if before[0] == line:
            return
        found = line.decode().split()
        self._db.index.put([(root, found)])
        for word in found:
            if word.isalpha() and word not in self._words:
                self._learn(word)

    def drop(self, root: int) -> None:
        """Let nobody be found at *root*."""
        self._db.run("DELETE FROM people WHERE node = ?", (root,))
        if self._db.changed():
            self._db.index.drop(root)

    def hits(self, roots: Iterable[int]) -> Iterator[PatientHit]:
        """Yield patients as a search shows them, in the order of *roots*; some are read at a time."""
        ahead = iter(roots)
        while some := list(islice(ahead, TOGETHER)):
            found = dict(self._together("SELECT node, hit FROM people WHERE node IN", some, -1))
            for root in some:
                if root in found:
                    packed = self._db.veil.open("people.hit", found[root], root)
                    yield msgspec.json.decode(packed, type=PatientHit)

    def find(self, query: str, limit: int, *, exactly: bool = False) -> list[int]:
        """Return the roots of the patients that answer to *query*, the closest first; *exactly*: no word is guessed."""
        asked = query.split()[:TOKENS_MAX]
        if not asked or limit < 1:
            return []
        found: dict[int, None] = {}
        for widened in (_exact,) if exactly else (_exact, _begun, self._misspelt):
            parts = [
                alternatives for at, token in enumerate(asked) if (alternatives := widened(token, at == len(asked) - 1))
            ]
            if not parts:
                continue
            found |= dict.fromkeys(self._db.index.search(parts, limit * CANDIDATES))
            if len(found) >= limit:
                break
        return list(found)

    def by_number(self, value: str, limit: int) -> list[int]:
        """Return the roots of patients who ever had the number *value*, in any authority."""
        word = number_word(value)
        if not word:
            return []
        return self._db.index.search([[(Term(word),)]], limit)

    def _misspelt(self, token: str, last: bool) -> list[Alternative]:
        """Words as asked, and words of names that are one slip or a sound away."""
        alternatives = _begun(token, last)
        for word in name_words(token):
            if not word.isalpha() or len(word) < 3:
                continue
            heard = sound(word)
            near = dict.fromkeys([*self._near(sorted(traces(word) - {f"={heard}"})), *self._near([f"={heard}"])])
            close = sorted((slips(word, name), name) for name in near)
            like = [name for wrong, name in close if wrong <= SLIPS_MAX or sound(name) == heard]
            alternatives += [(Term(name),) for name in like[:LIKE_MAX]]
        return alternatives

    def _near(self, wanted: Sequence[str]) -> list[str]:
        """Words that have one of these traces."""
        veil = self._db.veil
        masked = [veil.mask("near.trace", trace.encode()) for trace in wanted]
        found: dict[bytes, None] = {}
        for n in range(0, len(masked), TOGETHER):
            some = self._together("SELECT word FROM near WHERE trace IN", masked[n : n + TOGETHER], b"", NEAR_MAX)
            found |= dict.fromkeys(word for (word,) in some)
        return [veil.unmask("word", word).decode() for word in found]

    def _together(self, sql: str, wanted: Sequence[Any], none: Any, limit: int = TOGETHER) -> list[tuple[Any, ...]]:
        """The rows of some keys at once: always as many, so that it is one statement to the database."""
        asked = [*wanted, *[none] * (TOGETHER - len(wanted))]
        return self._db.rows(f"{sql} ({', '.join('?' * TOGETHER)}) LIMIT ?", (*asked, limit))

    def _learn(self, word: str) -> None:
        if len(self._words) >= WORDS_REMEMBERED_MAX:
            self._words.clear()
        self._words.add(word)
        mask = self._db.veil.mask
        masked = mask("word", word.encode())
        self._db.run("INSERT INTO words VALUES(?) ON CONFLICT DO NOTHING", (masked,))
        if self._db.changed():
            rows = [(mask("near.trace", trace.encode()), masked) for trace in sorted(traces(word))]
            self._db.run_many("INSERT INTO near VALUES(?, ?) ON CONFLICT DO NOTHING", rows)


def _exact(token: str, _last: bool) -> list[Alternative]:
    """Every word that *token* may be: a date, a number, a bed, a name."""
    date, names = asked_date(token), name_words(token)
    digits = any(c.isdigit() for c in token)
    words = [date, number_word(token) if digits else "", bed_word(token) if digits else ""]
    found: list[Alternative] = [(Term(word),) for word in words if word]
    if names:
        found.append((Term(names[-1]),))  # written as one
    if len(names) > 1:
        found.append(tuple(map(Term, names[:-1])))
    return found


def _begun(token: str, last: bool) -> list[Alternative]:
    """What *token* is, or begins: somebody is still typing the last word."""
    found = _exact(token, last)
    names = name_words(token)
    if last and names and len(names[-1]) > 1:
        found.append((Term(names[-1], begins=True),))
    return found
