"""The local socket of the charts: what may be asked, and how questions and answers are written.

    question = length (u32) || msgpack [name, arguments]
    answer   = length (u32) || msgpack ["ok", value] or ["error", kind, what, safe, next]
    together = a question whose arguments are questions; its value, their answers in the same order

Rules kept here:
  * A question that is not in the table is answered with an error, and touches nothing.
  * What is asked together is short (SHORT): nobody waits for another's long answer.
  * A chart travels as its JSON: a decimal keeps its digits.
"""

from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from struct import Struct as Layout
from typing import Any

import msgspec

from contrefeu.base import ContrefeuError, MissingError, OperatorError, StorageError
from contrefeu.chart.agenda import AgendaLine
from contrefeu.chart.answers import Account
from contrefeu.chart.corrections import Correction
from contrefeu.chart.departures import Left
from contrefeu.chart.fold import Chart
from contrefeu.chart.pieces import Lately
from contrefeu.chart.views import (
    AsOf,
    Board,
    BoardRow,
    ChartsStatus,
    DrugSeen,
    ExportResult,
    FeedStatus,
    HoneyChart,
    PatientHit,
    Person,
    UnplacedEntry,
    WardKnown,
    WardSummary,
    World,
)
from contrefeu.chart.work import WorkLine
from contrefeu.fhir import encode as encode_json
from contrefeu.journal import Entry
from contrefeu.mapping import Listed, Loss

LENGTH = Layout(">I")
ROWS_MAX = 4_000  # rows of boards that whoever asks remembers: every bed of a large hospital and what changes, 10 MB
QUESTION_BYTES_MAX = 64 * 2**10  # a search, a number: never more
ANSWER_BYTES_MAX = 2**31  # a chart with every scanned page of a life in it
# What is asked -> the type of its answer; `chart` is JSON in bytes.
ANSWERS: dict[str, Any] = {
    "account": Account,
    "acts": list[Entry],
    "agenda": list[AgendaLine],
    "board": Board,
    "bundle": bytes | None,
    "changes": int,
    "chart": bytes | None,
    "corrections": list[Correction],
    "drugs": list[DrugSeen],
    "entry": Entry | None,
    "export": ExportResult,
    "find": list[PatientHit],
    "hits": list[PatientHit | None],
    "honey": list[HoneyChart],
    "known_wards": list[WardKnown],
    "lately": Lately | None,
    "left": list[Left],
    "loss": list[Loss],
    "numbers": list[str],
    "people": list[Person],
    "row": BoardRow | None,
    "sha256": str,
    "sources": list[str],
    "staff": list[Listed],
    "status": ChartsStatus,
    "text": str,
    "together": list[bytes],
    "unread": list[UnplacedEntry],
    "version": str | None,
    "waiting": list[UnplacedEntry],
    "wards": list[WardSummary],
    "whose": list[str],
    "work": list[WorkLine],
}
SHORT = frozenset({"board", "corrections", "find", "row", "status", "version"})  # what may be asked together
_ERRORS = {kind.kind: kind for kind in (ContrefeuError, MissingError, OperatorError, StorageError)}
_pack = msgspec.msgpack.Encoder(decimal_format="string").encode
_question = msgspec.msgpack.Decoder(tuple[str, list[Any]])
_failed = msgspec.msgpack.Decoder(tuple[str, str, str, str, str])
_chart = msgspec.json.Decoder(Chart, float_hook=Decimal)
_row = lru_cache(ROWS_MAX)(msgspec.msgpack.Decoder(BoardRow).decode)  # the same bytes are the same row


class _PackedBoard(msgspec.Struct):
    """A board whose rows are not read yet."""

    ward: str
    name: str
    world: World
    rows: list[msgspec.Raw]
    free_beds: list[str]
    as_of: AsOf
    feeds: list[FeedStatus]
    coming: list[BoardRow] = []
    also: list[str] = []

    def read(self) -> Board:
        """Read those rows that were not read lately."""
        rows = [_row(bytes(one)) for one in self.rows]
        return Board(
            self.ward, self.name, self.world, rows, self.free_beds, self.as_of, self.feeds, self.coming, self.also
        )


def framed(data: bytes) -> bytes:
    """Return *data* behind its length."""
    return LENGTH.pack(len(data)) + data


def ask(name: str, arguments: list[Any]) -> bytes:
    """Write a question."""
    return _pack((name, arguments))


def asked(data: bytes) -> tuple[str, list[Any]]:
    """Read a question.

    Raises:
        ValueError: It is none.
    """
    try:
        name, arguments = _question.decode(data)
    except msgspec.MsgspecError:
        raise ValueError("not a question") from None
    if name not in ANSWERS:
        raise ValueError("not a question")
    return name, arguments


def answered(value: Any) -> bytes:
    """Write an answer."""
    return _pack(("ok", encode_json(value) if isinstance(value, Chart) else value))


def refused(error: ContrefeuError) -> bytes:
    """Write that a question cannot be answered."""
    kind = error.kind if error.kind in _ERRORS else "error"
    return _pack(("error", kind, error.what, error.safe, error.next))


def answer_of(name: str) -> Callable[[bytes], Any]:
    """Return what reads the answers to *name*; it raises what the other side raised."""
    kind = _PackedBoard if name == "board" else ANSWERS[name]
    decoder: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(tuple.__class_getitem__((str, kind)))

    def read(data: bytes) -> Any:
        if data[1:6] == b"\xa5erro":  # an array whose first item is the text "error"
            _, kind, what, safe, next_ = _failed.decode(data)
            raise _ERRORS[kind](what, safe=safe, next=next_)
        value = decoder.decode(data)[1]
        if name == "board":
            return value.read()
        return _chart.decode(value) if name == "chart" and value is not None else value

    return read


READERS = {name: answer_of(name) for name in ANSWERS}
