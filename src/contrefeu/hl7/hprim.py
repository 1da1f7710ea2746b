"""HPRIM Santé result files (context ORU, versions 2.x and 3.x) put as HL7 v2: both come from ASTM E1238.

Sources: H.PR.I.M. Santé 2.1 (April 1999) and 2.2 (October 2003) as LGPL's libHprim quotes them and checks files by;
files of three French laboratories. Rules kept here:
  * The five characters behind the H are the marks of field, component, repetition, escape and subcomponent, in that
    order: with the usual "|~^\\&" a tilde parts components and a caret repetitions, as nowhere in HL7.
  * Fields of OBR, OBX and C (as NTE) stand where HL7's do, and keep their bytes. P is another PID: its fields are
    named below, and those whose meaning is not sure are left out. They stay in the file.
  * An A goes on with the line before, in the middle of a word.
  * OBR of one request are one report: laboratories write one for each chapter, and correct by the request's number.
    What they say differently (sample, state) is then said of none.
  * When the sample was taken is of the OBR; an OBX says when it was examined.
"""

import re
from collections.abc import Iterator
from hashlib import sha256
from itertools import groupby, takewhile

from msgspec import Struct

from contrefeu.hl7.charset import decode
from contrefeu.hl7.escape import Delimiters
from contrefeu.hl7.message import source_name

_HEADER = re.compile(r"[\s\x00\ufeff]*H(?P<marks>(?P<field>[^\w\s])[^\w\s]{4})(?P=field)(?P<rest>[^\r\n]*)")
_VERSION = re.compile(r"H[23](\.\d{1,2})?")
_LINES = re.compile("\r\n|\n\r|\r|\n")
HEADER_BYTES_MAX = 1024  # of a first line; the recommendation lets a line have 220
_RESULTS = "ORU"
# Fields of H and P, counted from 0 with their name: H.5 is 4
_SENDER, _CONTEXT, _WORLD, _VERSIONED, _MADE = 4, 6, 11, 12, 13
_REQUESTERS, _LABORATORYS, _NAME, _BIRTH_NAME, _BORN, _SEX, _ADDRESS, _PHONE = 2, 3, 5, 6, 7, 8, 10, 12
# Fields of OBR and OBX, by their number in HL7
_ASKED, _TAKEN, _SAMPLE, _REPORTED, _STATE = 4, 7, 15, 22, 25
_KIND, _VALUE_AT, _EXAMINED_AT = 2, 14, 19


class HprimHeader(Struct, frozen=True):
    """What the first line says."""

    marks: Delimiters
    fields: list[str]

    @property
    def source(self) -> str:
        """Who sent it, as every sender is called: code@name."""
        return source_name(*self._parts(_SENDER))

    @property
    def context(self) -> str:
        """What it is about: ORU is results."""
        return self._at(_CONTEXT).strip().upper()

    @property
    def is_real(self) -> bool:
        """Whether it is of real patients: neither a test (T) nor a trial (D)."""
        return self._at(_WORLD).strip().upper() not in {"T", "D"}

    def _at(self, field: int) -> str:
        return self.fields[field] if field < len(self.fields) else ""

    def _parts(self, field: int) -> tuple[str, str]:
        code, _, name = self._at(field).partition(self.marks.component)
        return code.strip(), name.partition(self.marks.component)[0].strip()


def hprim_header(body: bytes) -> HprimHeader | None:
    """Read the first line of *body*; None when it is no HPRIM Santé file."""
    text, _, _ = decode(body[:HEADER_BYTES_MAX], "")
    found = _HEADER.match(text)
    if found is None or len(set(found["marks"])) != len(found["marks"]):
        return None
    marks = Delimiters(*found["marks"])
    fields = ["H", found["marks"][1:], *found["rest"].split(marks.field)]
    version = fields[_VERSIONED].partition(marks.component)[0] if len(fields) > _VERSIONED else ""
    return HprimHeader(marks, fields) if _VERSION.fullmatch(version.strip()) else None


def hprim_as_hl7(body: bytes, charset: str = "") -> tuple[bytes, list[tuple[str, str]]]:
    """Return the HL7 v2 message (UTF-8) that says what *body* says, and what it leaves out, without contents.

    Raises:
        ValueError: It is no HPRIM Santé file of results.
    """
    header = hprim_header(body)
    if header is None or header.context != _RESULTS:
        raise ValueError("no HPRIM Santé file of results")
    text, _, doubt = decode(body, charset)
    # The recommendation names no character set: what nobody named cannot be called wrong.
    lost = [("", doubt)] if doubt and charset else []
    lines = list(_lines(text))
    marks = header.marks
    put = [_msh(header, sha256(body).hexdigest()[:20])]
    if lines[-1].partition(marks.field)[0] != "L":
        lost.append(("L", "the file has no last line: its end may be missing"))
    rows = [line.split(marks.field) for line in lines[1:]]
    for patient in _patients(rows):
        put += _patient(patient, header, lost)
    return "".join(marks.field.join(row) + "\r" for row in put).encode("utf-8", "replace"), list(dict.fromkeys(lost))


def _lines(text: str) -> Iterator[str]:
    """Each line, those that go on (A) put together."""
    whole = ""
    for raw in _LINES.split(text):
        line = raw.strip("\x00\x1a\ufeff")  # what some senders put around a file
        if len(line) > 1 and line[0] == "A" and not line[1].isalnum():
            whole += line[2:]
            continue
        if whole:
            yield whole
        whole = line if line.strip() else ""
    if whole:
        yield whole


def _msh(header: HprimHeader, number: str) -> list[str]:
    """H has no number of its own: one of its bytes tells files apart whose requests have none either."""
    made = header.fields[_MADE] if len(header.fields) > _MADE else ""
    sender = header.fields[_SENDER].split(header.marks.component)[:2]
    world = "P" if header.is_real else "T"
    start = ["MSH", header.fields[1], *sender, *[""] * (2 - len(sender)), "", "", made, "", _RESULTS, number, world]
    return [*start, "2.3", *[""] * 5, "UNICODE UTF-8"]


def _patients(rows: list[list[str]]) -> Iterator[list[list[str]]]:
    """The rows of each patient, their P first; rows before the first P are of nobody."""
    patient: list[list[str]] = []
    for row in rows:
        if row[0] == "P" and patient:
            yield patient
            patient = []
        patient.append(row)
    if patient:
        yield patient


def _patient(rows: list[list[str]], header: HprimHeader, lost: list[tuple[str, str]]) -> Iterator[list[str]]:
    """PID, and each request once."""
    if rows[0][0] == "P":
        yield _pid(rows[0], header)
    requests: list[list[list[str]]] = []
    for row in rows:
        if row[0] == "OBR":
            requests.append([row])
        elif row[0] in {"OBX", "C"} and requests:
            if row[0] == "OBX" and _field(row, _KIND) == "FIC":
                lost.append(("OBX", "a result is a file of its own: its name is shown, what it says is not here"))
            requests[-1].append(row)
        elif row[0] not in {"P", "L"}:
            known = row[0] if re.fullmatch("[A-Z]{1,3}", row[0]) else ""  # its name, never anybody's words
            lost.append((known, "a line that no rule charts: kept in the file"))
    by_number = sorted(requests, key=lambda request: _number(request[0], header.marks))  # stable
    for number, same in groupby(by_number, key=lambda request: _number(request[0], header.marks)):
        yield from _report(number, list(same), header)


def _pid(row: list[str], header: HprimHeader) -> list[str]:
    """P: 3 the requester's number, 4 the laboratory's, 6 name, 7 name at birth, 8 born, 9 sex, 11 address, 13 phone."""
    mark = header.marks.component
    number = _field(row, _REQUESTERS).partition(mark)[0]
    if not number.strip() and _field(row, _LABORATORYS):
        # The laboratory's own number is nobody else's: it is called by who gave it.
        number = mark.join([_field(row, _LABORATORYS).partition(mark)[0], "", "", header.source])
    name = _field(row, _NAME).split(mark)
    family, given, middle, _, prefix = [*name, *[""] * 5][:5]
    birth = _field(row, _BIRTH_NAME).partition(mark)[0]
    names = [mark.join([family, given, middle, "", prefix, "", "D" if birth else ""])]
    names += [mark.join([birth, given, middle, "", "", "", "L"])] if birth else []
    pid = ["PID", "", "", number, "", header.marks.repetition.join(names), "", _field(row, _BORN), _field(row, _SEX)]
    return [*pid, "", "", _field(row, _ADDRESS), "", _field(row, _PHONE)]


def _report(number: str, requests: list[list[list[str]]], header: HprimHeader) -> Iterator[list[str]]:
    """One OBR with every line of *requests*, which are one."""
    marks = header.marks
    # As the laboratory's number: the house's own orders may have the same.
    obr = ["OBR", "1", "", f"{number}{marks.component}{header.source}" if number else "", *[""] * 22]
    for field in (_TAKEN, _SAMPLE, _REPORTED, _STATE):
        said = {_field(request[0], field) for request in requests}
        obr[field] = said.pop() if len(said) == 1 else ""
    asked = [_asked(one, marks) for request in requests for one in _field(request[0], _ASKED).split(marks.repetition)]
    obr[_ASKED] = marks.component + ", ".join(dict.fromkeys(filter(None, asked)))
    yield obr
    notes = [list(takewhile(_is_note, request[1:])) for request in requests]
    yield from (["NTE", *row[1:]] for about_all in notes for row in about_all)
    for request, about_all in zip(requests, notes, strict=True):
        taken = _field(request[0], _TAKEN).partition(marks.repetition)[0]
        for row in request[1 + len(about_all) :]:
            yield ["NTE", *row[1:]] if _is_note(row) else _obx(row, taken)


def _is_note(row: list[str]) -> bool:
    return row[0] == "C"


def _obx(row: list[str], taken: str) -> list[str]:
    """Where HL7 has when it was taken and when it was examined, HPRIM has the second alone."""
    obx = [*row, *[""] * (_EXAMINED_AT + 1 - len(row))]
    if taken:
        obx[_EXAMINED_AT], obx[_VALUE_AT] = obx[_VALUE_AT], taken
    return obx


def _asked(rep: str, marks: Delimiters) -> str:
    """An examination that was asked for, by its name, else its code."""
    code, _, rest = rep.partition(marks.component)
    return (rest.partition(marks.component)[0] or code).strip()


def _number(obr: list[str], marks: Delimiters) -> str:
    """What the laboratory calls a request (OBR 9.4.2), else whatever of its numbers comes first."""
    theirs, asked = _field(obr, 3).split(marks.component), _field(obr, 2).split(marks.component)
    return next((one for one in (*theirs[1:2], *theirs[:1], *asked) if one.strip()), "").strip()


def _field(row: list[str], number: int) -> str:
    return row[number] if number < len(row) else ""
