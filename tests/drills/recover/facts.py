"""What the acts of a ward must have become: one line a fact, written beside the act and never read out of it.

Rules kept here:
  * The charts of the record system are compared with the hospital's own truth, both ways; every line too many must be a
    fact of an act, and every fact must be such a line, as often as it was written.
  * Free text carries a token of its own: it must stand in the chart of its patient, and in no other.
"""

import base64
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from contrefeu.drill.ledger import NEVER, TrueIdentity, TruePatient
from contrefeu.drill.score import Charted, Difference, Line, compare

_TOKEN = re.compile(r"mot\d{6}x")


@dataclass
class Newcomer:
    """Somebody who was admitted on a ward."""

    number: str  # "authority|value": a temporary one
    family: str
    given: str
    birth_date: str
    sex: str
    known: str = ""  # the number of a former patient who it is, and whom nobody recognised
    same_as: str = ""  # the same, once two people said so
    told: bool = False  # whether the record system knew the temporary number before that was said


@dataclass
class Facts:
    """All that was meant."""

    by_patient: dict[str, Counter[Line]] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)  # token -> patient
    newcomers: dict[str, Newcomer] = field(default_factory=dict)
    acts: Counter[str] = field(default_factory=Counter)  # form -> how many

    def add(self, patient: str, *fact: Any) -> None:
        """Note a fact."""
        self.by_patient.setdefault(patient, Counter())[fact] += 1

    def drop(self, patient: str, *fact: Any) -> None:
        """A later act says otherwise."""
        self.by_patient[patient][fact] -= 1

    def token(self, patient: str) -> str:
        """A word that nobody else writes."""
        word = f"mot{len(self.tokens):06d}x"
        self.tokens[word] = patient
        return word

    def owner(self, patient: str) -> str:
        """Who a patient is in the end."""
        found = self.newcomers.get(patient)
        return found.same_as if found is not None and found.same_as else patient


def judge(truth: Sequence[TruePatient], facts: Facts, charts: Sequence[Charted]) -> tuple[list[str], int]:
    """Return what is not as it must be, in words, and how many lines were compared."""
    whole = [*_known(truth, facts), *map(_newcomer, _alone(facts))]
    compared = compare(whole, charts)
    wanted = {}
    for patient, lines in facts.by_patient.items():
        wanted.setdefault(facts.owner(patient), Counter()).update(+lines)
    wrong = []
    for one in compared.differences:
        fact = _plain(one)
        mine = wanted.get(one.patient, Counter())
        if one.how == "too much" and mine[fact] > 0:
            mine[fact] -= 1
        else:
            wrong.append(f"{one.how}: {one.patient} {one.block} {one.line}")
    wrong += [f"not there: {who} {fact} x{n}" for who, lines in wanted.items() for fact, n in (+lines).items()]
    wrong += _astray(facts, charts)
    return wrong, compared.lines + sum(sum((+lines).values()) for lines in facts.by_patient.values())


def _known(truth: Iterable[TruePatient], facts: Facts) -> Iterator[TruePatient]:
    from msgspec.structs import replace

    joined: dict[str, list[str]] = {}
    for one in facts.newcomers.values():
        if one.same_as and one.told:
            joined.setdefault(one.same_as, []).append(one.number)
    for patient in truth:
        old = (*patient.old_numbers, *joined.get(patient.number, ()))
        yield replace(patient, old_numbers=old)


def _alone(facts: Facts) -> Iterator[Newcomer]:
    return (one for one in facts.newcomers.values() if not one.same_as)


def _newcomer(one: Newcomer) -> TruePatient:
    identity = TrueIdentity(
        one.family, one.family, (one.given,), one.birth_date, {"female": "F", "male": "M"}[one.sex], qualified="PROV"
    )
    return TruePatient(one.number, (), identity, None, (), (), False, (), (), (), (), (), (), (), (), ())


def _plain(one: Difference) -> Line:
    """A line of a chart as a fact of an act, without numbers that only the two systems know."""
    line = one.line
    match one.block:
        case "stays":
            _visit, status, kind, begun, left, where = line
            return ("stay", status, kind, begun, left, where)
        case "allergies":
            _id, _code, text, _kind, severity, reaction, removed = line
            return ("allergy", text, severity, reaction, removed)
        case "orders":
            return ("order", line[2], line[4])
        case "prescriptions":
            return ("prescription", line[2], line[8], line[6])
        case "doses":
            return ("dose", line[2], line[3], line[6], line[7])
        case "results":
            _filler, code, value, unit, _flag, _range, status, at_ns, earlier = line
            return ("result", code, value, unit, status, at_ns, earlier)
        case "reports":
            return ("report", line[2])
        case "documents":
            return ("picture", line[6]) if line[6] else ("document", tuple(_TOKEN.findall(line[5])))
    return line


def _astray(facts: Facts, charts: Iterable[Charted]) -> Iterator[str]:
    """Tokens that no chart has, or another patient's."""
    found: dict[str, set[str]] = {}
    for chart in charts:
        numbers = {f"{n.get('assigner', {}).get('display') or n.get('system', '').removeprefix('urn:id:')}|{n['value']}"
                   for n in chart.patient.get("identifier", [])}  # fmt: skip
        for token in set(_TOKEN.findall(_all_words(chart))):
            found.setdefault(token, set()).update(numbers)
    for token, patient in facts.tokens.items():
        if facts.owner(patient) not in found.get(token, set()):
            yield f"a word is {'with another patient' if token in found else 'nowhere'}: {token} of {patient}"


def _all_words(chart: Charted) -> str:
    words = json.dumps(list(chart.by_id.values()), default=str)
    for document in chart.all("DocumentReference"):
        for content in document.get("content", []):
            attachment = content["attachment"]
            if attachment.get("contentType", "").startswith("text/plain"):
                words += base64.b64decode(attachment.get("data", "")).decode()
    return words


__all__ = ["NEVER", "Facts", "Newcomer", "judge"]
