"""The account as FHIR R4: what became of which entries, a List a line (NDJSON; hl7.org/fhir/R4/list.html).

    code        what became of them (`report.FATES`); `note` says why, as the list in CSV does
    subject     whose they are, where one patient's record lacks or lacked them: Patient/<chart id>
    extension   owner and ward, where there is one
    entry[]     item.identifier: the entry, JOURNAL/SEQ; item.display: its kind

Rules kept here:
  * Each entry stands in one List, once: those of one fate, reason, owner, patient and ward stand together.
  * An entry is named, never quoted. Why it was dropped, and who answers for it, are as people wrote them. In a home of
    exercises each List is labelled as one.
  * Whatever is left when it is closed is written then: nothing grows with the number of entries.
"""

from typing import IO

from contrefeu.fhir import Json, derived_id, encode, exercise
from contrefeu.recovery.report import Told

ENTRY = "urn:contrefeu:entry"
FATE = "urn:contrefeu:account-fate"
OWNER, WARD = "urn:contrefeu:account-owner", "urn:contrefeu:account-ward"
LIST_ENTRIES_MAX = 1_000  # of one List: some 100 kB a line
WAITING_MAX = 50_000  # entries whose List is not written yet: some 20 MB
_Group = tuple[str, str, str, str, str]


class AccountLists:
    """Writes them."""

    def __init__(self, file: IO[str], at: str, *, drill: bool) -> None:
        """*at* is when the account was drawn; *drill* says whether the home is an exercise's."""
        self._file, self._at, self._drill = file, at, drill
        self._open: dict[_Group, list[Told]] = {}
        self._waiting = 0

    def write(self, told: Told) -> None:
        """Take one entry's line."""
        group = (told.fate, told.why, told.owner, told.patient, told.ward)
        self._open.setdefault(group, []).append(told)
        self._waiting += 1
        if len(self._open[group]) >= LIST_ENTRIES_MAX:
            self._say(group)
        elif self._waiting >= WAITING_MAX:
            self._say(next(iter(self._open)))

    def close(self) -> None:
        """Write what waits."""
        for group in list(self._open):
            self._say(group)

    def _say(self, group: _Group) -> None:
        entries = self._open.pop(group)
        self._waiting -= len(entries)
        said = _list(group, entries, self._at)
        self._file.write(encode(exercise(said) if self._drill else said).decode() + "\n")


def _list(group: _Group, entries: list[Told], at: str) -> Json:
    fate, why, owner, patient, ward = group
    further = [{"url": url, "valueString": text} for url, text in ((OWNER, owner), (WARD, ward)) if text]
    found: Json = {
        "resourceType": "List",
        "id": derived_id("List", at, entries[0].entry),
        "status": "current",
        "mode": "snapshot",
        "title": fate,
        "code": {"coding": [{"system": FATE, "code": fate}]},
        "date": at,
        "note": [{"text": why}],
        "entry": [{"item": _item(one)} for one in entries],
    }
    if further:
        found["extension"] = further
    if patient:
        found["subject"] = {"reference": f"Patient/{patient}"}
    return found


def _item(told: Told) -> Json:
    named: Json = {"identifier": {"system": ENTRY, "value": told.entry}}
    return named | {"display": told.type} if told.type else named
