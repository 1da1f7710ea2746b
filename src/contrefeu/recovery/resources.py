"""An export in FHIR against what entries say: statement by statement.

Rules kept here:
  * A statement is found by its id (where the other side keeps ours), by an identifier with its system, or by all that
    is compared of it and one of its patient's numbers: never across patients, and never where both sides have a number
    of one system: there it was another one.
  * A word that says nothing that is compared overtakes no other.
  * An entry is present when all that it says stands there, or was overtaken by a later word that stands there. Where
    an earlier word stands, it is missing: the restored system is older.
  * A movement that was taken back is in no Encounter, whether it arrived or not: neither it nor what takes it back is
    called present, unless the step stands there still, and then what takes it back is missing. A union is missing where
    the number that was lost is still a patient's own; what was said of a patient who was replaced there is overtaken.
  * What says nothing that FHIR can show (a bill, a message that no rule reads) cannot be seen there, and is missing.
"""

from collections.abc import Callable, Iterator

import msgspec

from contrefeu.chart import strength_of
from contrefeu.fhir import Json, decode, derived_id
from contrefeu.mapping import OBJECT, Movement, Reading, Said
from contrefeu.mapping.to_hl7 import authority_of
from contrefeu.recovery.findings import State
from contrefeu.recovery.likeness import Likeness
from contrefeu.recovery.salient import SALIENT, day_of, salient, step
from contrefeu.recovery.scratch import Scratch

RESOURCE_TABLES = (
    "CREATE TABLE theirs(n INTEGER PRIMARY KEY, kind TEXT, subject INTEGER, content INTEGER, said BLOB, known INTEGER,"
    " day TEXT, replaced INTEGER)",
    "CREATE INDEX theirs_by_content ON theirs(content)",
    "CREATE TABLE called(mark INTEGER, n INTEGER, PRIMARY KEY(mark, n)) WITHOUT ROWID",
    "CREATE TABLE people(ref INTEGER, number INTEGER, PRIMARY KEY(ref, number)) WITHOUT ROWID",
    "CREATE INDEX people_by_number ON people(number)",
    "CREATE TABLE owners(number INTEGER PRIMARY KEY, patient TEXT)",
    "CREATE TABLE stands(object INTEGER, strength INTEGER, entry INTEGER)",
    "CREATE INDEX stands_by_object ON stands(object)",
    "CREATE TABLE moved(object INTEGER, kind TEXT, at TEXT, PRIMARY KEY(object, kind)) WITHOUT ROWID",
    "CREATE TABLE inserted(object INTEGER, id TEXT, kind TEXT, at TEXT)",
    "CREATE INDEX inserted_by_object ON inserted(object)",
    "CREATE TABLE voided(object INTEGER, kind TEXT)",
    "CREATE INDEX voided_by_object ON voided(object)",
)
_GRAVEST: tuple[State, ...] = ("different", "void")
_STRENGTH_TOP = 2**63 - 1  # SQLite's integers
_Words = dict[str, int]
_words = msgspec.msgpack.Decoder(_Words)


class Resources:
    """The restored system's resources, and which of our words stand there."""

    def __init__(self, table: Scratch, likeness: Likeness) -> None:
        self._table = table
        self._likeness = likeness
        self._heard = 0  # entries, in the first reading and in the second
        self._judged = 0
        self.count = 0

    # Theirs.

    def hold(self, body: bytes) -> bool:
        """Take a resource, a Bundle or a list of the restored system; returns whether it was one that is compared."""
        try:
            value = decode(body)
        except (msgspec.DecodeError, RecursionError):
            return False
        before = self.count
        for resource in _flat(value):
            self._hold(resource)
        return self.count > before

    def _hold(self, resource: Json) -> None:
        kind = str(resource.get("resourceType", ""))
        if kind not in SALIENT:
            return
        self.count += 1
        own = f"{kind}/{resource.get('id', '')}"
        subject = own if kind == "Patient" else _subject(resource)
        words = self._digested(salient(resource))
        marks, said = (self._mark(subject), self._content(kind, words)), msgspec.msgpack.encode(words)
        values = (self.count, kind, *marks, said, day_of(resource), kind == "Patient" and _is_replaced(resource))
        self._table.run("INSERT INTO theirs VALUES(?, ?, ?, ?, ?, 0, ?, ?)", values)
        numbers = _numbers(resource)
        systems = {f"{kind} {number.rpartition('|')[0]}|" for number in numbers}
        for name in (own, *(f"{kind} {number}" for number in numbers), *systems):
            self._table.run("INSERT OR IGNORE INTO called VALUES(?, ?)", (self._mark(name), self.count))
        if kind == "Patient":
            self._hold_person(own, resource, numbers)

    def _hold_person(self, own: str, patient: Json, numbers: list[str]) -> None:
        for number in numbers:
            self._table.run("INSERT OR IGNORE INTO people VALUES(?, ?)", (self._mark(own), self._mark(number)))
        for key in () if _is_replaced(patient) or patient.get("active") is False else _keys(patient):
            self._table.run("INSERT OR IGNORE INTO called VALUES(?, ?)", (self._mark(f"key {key}"), self.count))

    def unknown(self) -> Iterator[tuple[str, str, str]]:
        """Yield their resources that nothing of ours says: type, whose it is as `hear` was told, day."""
        whose = "SELECT patient FROM people JOIN owners USING(number) WHERE ref = subject LIMIT 1"
        return self._table.each(f"SELECT kind, coalesce(({whose}), ''), day FROM theirs WHERE known = 0")  # noqa: S608

    # Ours.

    def hear(self, reading: Reading, whose: Callable[[Reading], str] = lambda _: "") -> None:
        """First reading, in order: remember which words stand there, and *whose* each number of a patient is."""
        self._heard += 1
        for part in (reading, *reading.also):
            for number in _numbers(part.patient or {}):
                self._table.run("INSERT OR IGNORE INTO owners VALUES(?, ?)", (self._mark(number), whose(part)))
            for object_, strength, words in self._statements(part):
                found = self._found(part, object_, words) if words else None  # saying nothing, it overtakes nothing
                if found is not None and found[1]:
                    row = (self._mark(object_), min(strength, _STRENGTH_TOP), self._heard)
                    self._table.run("INSERT INTO stands VALUES(?, ?, ?)", row)
            for movement in part.movements:
                self._hear_movement(movement)

    def _hear_movement(self, movement: Movement) -> None:
        """A cancellation voids the movement that it names, else the last of its kind."""
        visit = self._mark(movement.visit)
        if movement.action != "cancel":
            self._table.run("INSERT OR REPLACE INTO moved VALUES(?, ?, ?)", (visit, movement.kind, movement.at))
            row = (visit, movement.id, movement.kind, movement.at)
            self._table.run("INSERT INTO inserted VALUES(?, ?, ?, ?)", row)
            return
        voids = f"#{movement.id}"
        if movement.cancels:
            sql = "SELECT at FROM moved WHERE object = ? AND kind = ?"
            voids = " ".join((movement.cancels, *(self._table.row(sql, (visit, movement.cancels)) or ())))
        self._table.run("INSERT INTO voided VALUES(?, ?)", (visit, voids))

    def judge(self, reading: Reading) -> State | None:
        """Second reading, in the same order: what is to be said of the entry; None when it is present."""
        self._judged += 1
        parts = (reading, *reading.also)
        states = {self._state(part, *statement) for part in parts for statement in self._statements(part)}
        states |= {self._moved(part, movement) for part in parts for movement in part.movements}
        states |= {
            None if self.united(part.patient or {}, link.lost, link.survivor) else "missing"
            for part in parts
            for link in part.links
            if link.kind == "merge"
        }
        if not states or "missing" in states:
            return "missing"
        return next((state for state in _GRAVEST if state in states), None)

    def is_older(self, reading: Reading) -> bool:
        """Whether of what the entry judged last says, and is lacking, an earlier word stands there."""
        return any(
            self._state(part, *statement) == "missing" and self._stand(*statement[:2])[0]
            for part in (reading, *reading.also)
            for statement in self._statements(part)
        )

    def _moved(self, part: Reading, movement: Movement) -> State | None:
        """What is to be said of a movement that was taken back, or takes one back; None of any other."""
        if movement.action != "cancel":
            return "void" if self._is_void(movement) else None
        visit = self._mark(movement.visit)
        sql = "SELECT id, kind, at FROM inserted WHERE object = ?"
        steps = [
            Movement(movement.visit, id_, "insert", kind, 0, at) for id_, kind, at in self._table.rows(sql, (visit,))
        ]
        gone = {one.at for one in steps if self._is_void(one)}
        stand = {one.at for one in steps if not self._is_void(one)}
        shown = any(self._shows(part, movement.visit, at) for at in gone - stand if at)
        return "missing" if shown else "void"

    def _shows(self, part: Reading, visit: str, at: str) -> bool:
        """Whether their Encounter has a step at a time."""
        found = self._found(part, f"Encounter/{derived_id('Encounter', visit)}", {step(at): ""})
        return found is not None and found[1]

    def united(self, patient: Json, lost: str, survivor: str) -> bool:
        """Whether nobody there but who stays has the *lost* number of *patient* for their own."""
        return not self._own(patient, lost) - self._own(patient, survivor)

    def _own(self, patient: Json, key: str) -> set[int]:
        """Their patients, standing by themselves, who have the number *key*: by its authority, or by its system."""
        authority, _, value = key.partition("|")
        numbers = patient.get("identifier") or []
        systems = {str(one.get("system")) for one in numbers if authority_of(one) == authority}
        marks = [self._mark(f"key {name}|{value}") for name in {authority, *systems}]
        return {n for mark in marks for (n,) in self._table.rows("SELECT n FROM called WHERE mark = ?", (mark,))}

    def _state(self, part: Reading, object_: str, strength: int, words: dict[str, str]) -> State | None:
        found = self._found(part, object_, words)
        if found is not None and found[1]:
            return None
        stands, later = self._stand(object_, strength)
        if later:
            return None
        return "missing" if stands or found is None or object_.startswith("Encounter/") else "different"

    def _stand(self, object_: str, strength: int) -> tuple[bool, bool]:
        """Whether any word of an object stands there, and whether one that is later than this does."""
        strength = min(strength, _STRENGTH_TOP)
        sql = "SELECT count(*), max(strength > ? OR (strength = ? AND entry > ?)) FROM stands WHERE object = ?"
        stands, later = self._table.row(sql, (strength, strength, self._judged, self._mark(object_))) or (0, None)
        return bool(stands), bool(later)

    def _statements(self, part: Reading) -> Iterator[tuple[str, int, dict[str, str]]]:
        """What an entry says of one patient: the object, how strong the word is, its words."""
        at_ns = part.at_ns or part.received_ns
        if part.identifies and part.patient is not None and part.subjects:
            words = salient({**part.patient, "resourceType": "Patient"})
            yield f"Patient/{part.subjects[0].keys[0]}", at_ns // 1000, words
        for stay in part.stays:
            yield f"Encounter/{derived_id('Encounter', stay.visit)}", at_ns // 1000, {}
        for movement in part.movements:
            if movement.action != "cancel" and movement.at and not self._is_void(movement):
                yield f"Encounter/{derived_id('Encounter', movement.visit)}", at_ns // 1000, {step(movement.at): ""}
        for said in part.said:
            at = said.at_ns or at_ns
            strength = strength_of(said.kind, said.resource, at)
            yield f"{said.kind}/{derived_id(said.kind, said.key)}", strength, salient(_resource(said))

    def _is_void(self, movement: Movement) -> bool:
        values = (self._mark(movement.visit), f"{movement.kind} {movement.at}", f"#{movement.id}")
        return self._table.row("SELECT 1 FROM voided WHERE object = ? AND kind IN (?, ?)", values) is not None

    def _found(self, part: Reading, object_: str, words: dict[str, str]) -> tuple[int, bool] | None:
        """Their resource that a statement is about, and whether it says the same."""
        kind = object_.partition("/")[0]
        ours = self._digested(words)
        for n in self._candidates(part, kind, object_, ours):
            blob, replaced = self._table.row("SELECT said, replaced FROM theirs WHERE n = ?", (n,)) or (b"", 0)
            theirs = _words.decode(blob)
            self._table.run("UPDATE theirs SET known = 1 WHERE n = ? AND known = 0", (n,))
            return n, bool(replaced) or all(theirs.get(name) == digest for name, digest in ours.items())
        return None

    def _candidates(self, part: Reading, kind: str, object_: str, ours: _Words) -> Iterator[int]:
        names = [object_]
        own = part.patient or {}
        numbers = _numbers(own)
        if kind == "Patient":
            names += [f"Patient {number}" for number in numbers]
        else:
            names += [f"{kind} {number}" for number in self._own_numbers(part, object_)]
            names.append(f"{kind} {OBJECT}{object_.partition('/')[2]}")  # as a replay calls what it makes
        for name in names:
            for (n,) in self._table.rows("SELECT n FROM called WHERE mark = ?", (self._mark(name),)):
                yield n
        said = [] if kind == "Patient" else list(self._own_numbers(part, object_))
        for number in numbers if ours else ():
            sql = (
                "SELECT t.n FROM people p JOIN theirs t ON t.subject = p.ref"
                " WHERE p.number = ? AND t.content = ? AND t.kind = ?"
            )
            for (n,) in self._table.rows(sql, (self._mark(number), self._content(kind, ours), kind)):
                if not self._numbered_otherwise(n, kind, said):
                    yield n

    def _numbered_otherwise(self, n: int, kind: str, own: list[str]) -> bool:
        """Whether theirs has a number of a system that gave ours another one: two orders alike are two orders."""
        sql = "SELECT 1 FROM called WHERE mark = ? AND n = ?"
        systems = {number.rpartition("|")[0] for number in own}
        return any(self._table.row(sql, (self._mark(f"{kind} {system}|"), n)) is not None for system in systems)

    def _own_numbers(self, part: Reading, object_: str) -> Iterator[str]:
        for said in part.said:
            if object_ == f"{said.kind}/{derived_id(said.kind, said.key)}":
                yield from _numbers(said.resource)
        for stay in part.stays:
            if object_ == f"Encounter/{derived_id('Encounter', stay.visit)}":
                yield from _numbers(stay.resource)

    def _digested(self, words: dict[str, str]) -> _Words:
        return {name: self._mark(said) for name, said in words.items()}

    def _content(self, kind: str, words: _Words) -> int:
        return self._mark(f"{kind} {sorted(words.items())}")

    def _mark(self, text: str) -> int:
        return self._likeness.name("", text)


def _flat(value: object) -> Iterator[Json]:
    """The resources of a Bundle, a list, one resource."""
    if isinstance(value, list):
        for one in value:
            yield from _flat(one)
    elif isinstance(value, dict) and value.get("resourceType") == "Bundle":
        for entry in value.get("entry") or ():
            if isinstance(entry, dict):
                yield from _flat(entry.get("resource"))
    elif isinstance(value, dict) and isinstance(value.get("resourceType"), str):
        yield value


def _subject(resource: Json) -> str:
    """Whose it is: "Patient/id"."""
    for name in ("subject", "patient"):
        found = resource.get(name)
        if isinstance(found, dict) and isinstance(found.get("reference"), str):
            return "/".join(str(found["reference"]).split("/")[-2:])
    return ""


def _numbers(resource: Json) -> list[str]:
    numbers = resource.get("identifier")
    return [
        f"{one['system']}|{one['value']}"
        for one in (numbers if isinstance(numbers, list) else [])
        if isinstance(one, dict) and one.get("system") and one.get("value")
    ]


def _is_replaced(patient: Json) -> bool:
    return any(one.get("type") == "replaced-by" for one in patient.get("link") or [])


def _keys(patient: Json) -> list[str]:
    """A patient's numbers as a union names them, by authority and by system."""
    numbers = [one for one in patient.get("identifier") or [] if isinstance(one, dict) and one.get("value")]
    return [f"{name}|{one['value']}" for one in numbers for name in {authority_of(one), str(one.get("system", ""))}]


def _resource(said: Said) -> Json:
    return {**said.resource, "resourceType": said.kind}
