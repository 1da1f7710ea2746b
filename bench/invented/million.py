"""A chart store of a million invented patients, written straight into its tables; the rest of its charts is empty.

Rules kept here:
  * Whatever a search or a chart reads stands there as the reader process would have written it: the same words, hits,
    heads, keys and dictionary, through the same veil.
  * Names are as unequal as in a country: few are common, most are rare; one in nine has a particle, one in six an
    accent.
  * One patient in WHOLE has a whole chart, with OBJECTS results; the others have what is said of them at admission.
"""

import itertools
import random
import struct
from collections.abc import Iterator
from typing import NamedTuple
from uuid import UUID

from contrefeu.chart.fold import Chart, apply, chart_id, new_chart
from contrefeu.chart.folding import node_text
from contrefeu.chart.hits import hit_of
from contrefeu.chart.spelling import bed_word, date_words, name_words, number_word, traces
from contrefeu.chart.stores import Place
from contrefeu.chart.stores.compress import Packer, train
from contrefeu.chart.stores.engine import Database
from contrefeu.chart.stores.parts import PART_BITS, PART_OBJECTS
from contrefeu.fhir import encode
from contrefeu.journal import MEDIA_HL7V2, Entry
from contrefeu.mapping import FeedRules, read

BEDS = 2_500
WHOLE = 100
OBJECTS = 60
BATCH = 20_000
SAMPLES = 3_000  # charts that the dictionary is trained on
_T0_NS = 1_790_000_000 * 10**9
_SYLLABLES = (
    *("mar", "du", "bert", "le", "gar", "mo", "reau", "lan", "vi", "dal", "cha", "ber", "nar", "ri", "tho", "mas"),
    *("pe", "tit", "ro", "bin", "char", "sim", "on", "lau", "rent", "mi", "chel", "fe", "vre", "roux", "da", "vid"),
    *("tin", "ni", "co", "las", "gi", "raud", "an", "dre", "mer", "cier", "bla", "guer", "blanc", "gue", "rin", "mu"),
    *("ller", "hen", "ry", "rous", "sel", "ma", "thieu", "gau", "tier", "son", "chand", "val", "de", "nis", "mont"),
)
_GIVEN = (
    *(
        "jean",
        "marie",
        "pierre",
        "michel",
        "andré",
        "philippe",
        "alain",
        "jacques",
        "bernard",
        "catherine",
        "françoise",
    ),
    *("monique", "isabelle", "nathalie", "sylvie", "anne", "hélène", "léa", "chloé", "emma", "louis", "gabriel", "zoé"),
    *("raphaël", "jules", "adam", "lucas", "hugo", "inès", "éléonore", "noémie", "benoît", "jérôme", "théo", "maël"),
    *("célia", "agnès", "yves", "guy", "rené", "odette", "camille", "paul", "claire", "julien", "manon", "antoine"),
)
_PARTICLES = ("LE", "DE LA", "D'", "DU", "BEN")


class Person(NamedTuple):
    """Who was invented."""

    n: int
    family: str
    given: str
    birth_date: str  # YYYYMMDD
    number: str
    visit: str
    ward: str  # "" for most: they are at home
    room: str
    bed: str

    def messages(self) -> list[bytes]:
        """Their admission, or who they are; and results, of those with a whole chart."""
        pv1 = f"PV1||I|{self.ward}^{self.room}^{self.bed}||||||||||||||||{self.visit}^^^HOSP^VN" if self.ward else ""
        pid = f"PID|||{self.number}^^^HOSP^PI||{self.family}^{self.given}^^^^^L||{self.birth_date}|M"
        said = [_message("ADT^A01" if self.ward else "ADT^A28", pid, pv1)]
        if self.whole:
            values = (f"OBX|{n}|NM|{2000 + n}-{n % 10}^Analyte {n}^LN||{n}.5|mmol/L|3-5|N|||F" for n in range(OBJECTS))
            said.append(_message("ORU^R01", pid, "OBR|1|O1^HIS|F1^LAB|IONO^Ionogramme^L|||20260921080000", *values))
        return said

    @property
    def key(self) -> str:
        """What their chart is known by."""
        return f"HOSP|{self.number}"

    @property
    def whole(self) -> bool:
        """Whether their chart has results too."""
        return self.n % WHOLE == 0


def _message(kind: str, *lines: str) -> bytes:
    msh = f"MSH|^~\\&|ADT|HOSP|CF|CF|20260921080000||{kind}|M1|P|2.5|||||FRA|UNICODE UTF-8"
    return "\r".join(filter(None, [msh, "EVN||20260921080000", *lines])).encode() + b"\r"


def people(count: int, seed: int = 1) -> Iterator[Person]:
    """Invent *count* people, the same each time."""
    chance = random.Random(seed)
    families, common = _families(chance)
    given = list(itertools.accumulate(1 / (rank + 4) for rank in range(len(_GIVEN))))
    for n in range(1, count + 1):
        family = chance.choices(families, cum_weights=common)[0]
        if n % 9 == 0:
            family = f"{_PARTICLES[n // 9 % len(_PARTICLES)]} {family}".replace("' ", "'")
        first = "-".join(chance.choices(_GIVEN, cum_weights=given, k=1 + (n % 7 == 0))).upper()
        born = f"{chance.randint(1930, 2025)}{chance.randint(1, 12):02}{chance.randint(1, 28):02}"
        ward, room, bed = ("", "", "")
        if n <= BEDS:
            ward, room, bed = f"W{n // 40:02}", str(n // 2), "PF"[n % 2]
        yield Person(n, family, first, born, f"{2_000_000_000 + n * 7919 % 1_000_000_007}", f"8{n:08}", ward, room, bed)


def _families(chance: random.Random) -> tuple[list[str], list[float]]:
    """Surnames, and how common each is, summed: some 150,000, after Zipf as surnames are."""
    found: dict[str, None] = {}
    while len(found) < 150_000:
        name = "".join(chance.choices(_SYLLABLES, k=chance.choice((2, 2, 3, 3, 4)))).upper()
        found["É".join(name.split("E", 1)) if chance.random() < 1 / 6 else name] = None
    return list(found), list(itertools.accumulate(1 / (rank + 20) ** 0.85 for rank in range(len(found))))


def fill(place: Place, count: int) -> None:
    """Make the store at *place* and put *count* people into it."""
    db = place.connect(writes=True)
    try:
        db.lay_out()
        filling = _Filling(db)
        everybody = people(count)
        while batch := list(itertools.islice(everybody, BATCH)):
            with db.transaction():
                filling.put(batch)
    finally:
        db.close()


class _Mould:
    """A chart folded once, from which those of others are cast: only what tells people apart differs."""

    def __init__(self, person: Person) -> None:
        self.person = person
        chart = folded(person)
        self._id = chart.id
        self._hit = encode(hit_of(chart))
        kept, chart.kept = chart.kept, {}
        self._head = encode(chart)
        self._objects = [(UUID(name.rpartition("/")[2]).bytes, encode(one)) for name, one in kept.items()]

    def cast(self, person: Person) -> tuple[bytes, bytes, list[tuple[bytes, bytes]]]:
        """Return head, hit, and objects with their ids, of *person*."""
        pairs = [(self._id, chart_id(person.key, "P")), *zip(_told(self.person), _told(person), strict=True)]

        def recast(said: bytes) -> bytes:
            for before, after in pairs:
                said = said.replace(before.encode(), after.encode())
            return said

        return recast(self._head), recast(self._hit), [(id_, recast(one)) for id_, one in self._objects]


def folded(person: Person) -> Chart:
    """The chart of what a hospital would have sent about *person*."""
    chart = new_chart(person.key, "P")
    for n, body in enumerate(person.messages(), 1):
        apply(chart, read(Entry("bench-capture", n, _T0_NS, _T0_NS + n, "ADT@HOSP", MEDIA_HL7V2, body), FeedRules()))
    return chart


def words_of(person: Person) -> list[str]:
    """What `search_words` gives for the chart of *person*."""
    bed, room, ward = person.bed, person.room, person.ward
    beds = (bed, room, f"{room}{bed}", f"{ward}{bed}", f"{ward}{room}{bed}") if ward else ()
    numbers = (person.number, person.visit) if ward else (person.number,)
    names = (*name_words(person.family), *name_words(person.given), *name_words(ward))
    return sorted({*names, *date_words(_iso(person.birth_date)), *map(number_word, numbers), *map(bed_word, beds)})


def _told(person: Person) -> tuple[str, ...]:
    """What tells people apart, as it stands in a chart; what could be part of another first."""
    place = (person.visit, person.ward, f'"{person.room}"', f'"{person.bed}"', f'"{person.room} {person.bed}"')
    return (person.family, person.given, _iso(person.birth_date), person.number, *(place if person.ward else ()))


def _iso(date: str) -> str:
    return f"{date[:4]}-{date[4:6]}-{date[6:]}"


_MOULDS = {
    (in_bed, whole): Person(WHOLE if whole else 1, "FAMILYOF", "GIVENTO", "18990102", "7770777", "V55555", *place)
    for in_bed, place in ((True, ("WARDX", "R88", "B99")), (False, ("", "", "")))
    for whole in (True, False)
}


class _Filling:
    def __init__(self, db: Database) -> None:
        self._db = db
        self._packer = Packer(lambda _: b"", db.veil, "objects", 3)
        self._words: set[str] = set()
        self._moulds = {kind: _Mould(person) for kind, person in _MOULDS.items()}

    def put(self, batch: list[Person]) -> None:
        """Write some people's charts."""
        veil = self._db.veil
        cast = [(person, *self._moulds[bool(person.ward), person.whole].cast(person)) for person in batch]
        if not self._packer.dictionary_id:
            self._learn([head for _, head, _, _ in cast[:SAMPLES]])
        nodes, charts, parts, shown, found = [], [], [], [], []
        for person, head, hit, kept in cast:
            root, words = person.n, words_of(person)
            text, id_ = node_text("P", person.key).encode(), UUID(chart_id(person.key, "P")).bytes
            nodes.append((root, veil.mask("nodes.text", text), veil.mask("nodes.chart", id_), root))
            charts.append((root, self._packer.pack(head, root), len(kept)))
            line = veil.seal("people.words", " ".join(words).encode(), root)
            shown.append((root, line, veil.seal("people.hit", hit, root)))
            found.append((root, words))
            for begin in range(0, len(kept), PART_OBJECTS):
                chosen = kept[begin : begin + PART_OBJECTS]
                at = root << PART_BITS | begin // PART_OBJECTS
                keys = b"".join(veil.digest("objects.id", uuid, len(uuid)) for uuid, _ in chosen)
                places = struct.pack(f"<{len(chosen)}H", *range(begin, begin + len(chosen)))
                parts.append((at, 0, keys, places, self._packer.pack(b"[%b]" % b",".join(j for _, j in chosen), at)))
        self._db.run_many("INSERT INTO nodes VALUES(?, ?, ?, ?)", nodes)
        self._db.run_many("INSERT INTO charts VALUES(?, ?, ?)", charts)
        self._db.run_many("INSERT INTO parts VALUES(?, ?, ?, ?, ?)", parts)
        self._db.run_many("INSERT INTO people VALUES(?, ?, ?)", shown)
        self._db.index.put(found)
        self._names({word for _, words in found for word in words if word.isalpha()})
        count = "count = patients.count + excluded.count"
        self._db.run(f"INSERT INTO patients VALUES('P', ?) ON CONFLICT(world) DO UPDATE SET {count}", (len(batch),))

    def _learn(self, heads: list[bytes]) -> None:
        trained = train(heads)
        if trained is not None:
            sealed = self._db.veil.seal("dictionaries", trained[1], trained[0])
            self._db.run("INSERT INTO dictionaries VALUES(?, ?, ?)", (trained[0], "objects", sealed))
            self._packer.use(*trained)

    def _names(self, words: set[str]) -> None:
        mask, new = self._db.veil.mask, sorted(words - self._words)
        self._words.update(new)
        masked = {word: mask("word", word.encode()) for word in new}
        self._db.run_many("INSERT INTO words VALUES(?)", [(one,) for one in masked.values()])
        near = [(mask("near.trace", trace.encode()), masked[word]) for word in new for trace in sorted(traces(word))]
        self._db.run_many("INSERT INTO near VALUES(?, ?)", near)
