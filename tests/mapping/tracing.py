"""An oracle: whatever a chart shows stands in the bytes of the message that it came from.

Method: every text, number and time of a chart's resources is looked for in the message's own text, its escapes read. It
knows nothing of fields and rules. What is ours is listed: words of tables, ids and references, and what is computed.

  * A number must be a whole number of the message: 12 is not found in 412.
  * A time must have its digits there: date, hour and minute, as they were sent.
  * Words may be joined in an order of ours: each of them must be there.
"""

import re
from base64 import b64decode
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from contrefeu.hl7 import Message, NotHl7
from contrefeu.mapping.tables import codes

# Elements that hold codes of FHIR, ids and addresses: our own words
_OURS = frozenset(
    {
        "resourceType", "id", "system", "url", "reference", "status", "intent", "use", "type", "mode", "source", "code",
        "fullUrl", "docStatus", "category", "criticality", "severity", "gender", "priority", "comparator",
        "contentType", "valueCode", "periodUnit", "frequency", "period", "count", "valueUri",
    }
)  # fmt: skip
_WORDS = frozenset(
    {
        *codes.NO_KNOWN_WORDS.values(), *codes.PMSI_WAYS.values(), "attender", "referrer", "consultant", "admitter",
        "mother", "Gestational age Estimated", "placement (ZFV-4)", "partially administered (RXA-20 PA)",
        "Patient referral", "unknown", "unnamed", "wk",
    }
)  # fmt: skip
_COMPUTED = frozenset({"end", "minutesDuration", "sequence"})  # of an appointment: its start and its length
_TOKENS = re.compile(r"[^\s,;:()\-+|@=<>]+")
_NUMBERS = re.compile(r"\d+(?:\.\d+)?")
_TIME = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d))?)?)?")


class Said:
    """What one message says, to be searched."""

    def __init__(self, body: bytes) -> None:
        self.text = "\n".join(_texts(body))
        folded = self.text.casefold()
        self.folded = f"{folded}\n{folded.replace('^', '')}"  # the parts of an SN are said without their marks
        self.numbers = set(_NUMBERS.findall(self.text))
        self.counts = {number.lstrip("0") for number in self.numbers}  # a rank may be sent as 02
        self.digits = re.sub(r"[-:T ]", "", self.text)

    def holds(self, value: Any) -> bool:
        """Whether it says *value*."""
        if isinstance(value, bool):
            return True  # Y and N of the message
        if isinstance(value, int | Decimal):
            written = str(value).lstrip("-")
            return written in self.numbers or (isinstance(value, int) and written in self.counts)
        if value in _WORDS or value.casefold() in self.folded:
            return True
        if _TIME.match(value) and self._holds_time(value):
            return True
        return all(token.casefold() in self.folded for token in _TOKENS.findall(value))

    def _holds_time(self, value: str) -> bool:
        found = _TIME.match(value)
        assert found is not None
        day = "".join(filter(None, found.groups()[:3]))
        if found[4] and day + found[4] + found[5] not in self.digits:
            # an hour alone, a leap second, 24:00: the same instant, written otherwise
            before = (datetime.fromisoformat(value[:19]) - timedelta(minutes=1)).strftime("%Y%m%d%H%M")
            midnight = (datetime.fromisoformat(value[:10]) - timedelta(days=1)).strftime("%Y%m%d") + "24"
            hour = re.compile(rf"{day}{found[4]}(?!\d)")  # with an offset behind it, in the text alone
            alone = found[5] == "00" and any(map(hour.search, (self.digits, self.text)))
            return alone or before + "60" in self.digits or midnight in self.digits
        return day in self.digits


def untraced(resource: dict[str, Any], said: Said) -> list[tuple[str, Any]]:
    """Return what *resource* shows that the message does not say, by place."""
    return [(path, value) for path, value in _leaves(resource, "") if not _is_said(path, value, said)]


def _is_said(path: str, value: Any, said: Said) -> bool:
    name = path.rpartition(".")[2]
    if name in _OURS or name in _COMPUTED:
        return True
    if path.endswith("identifier.value"):
        value = str(value).removeprefix("urn:oid:")  # how R4 writes a DICOM UID
    if name == "data":
        packed = b64decode(value)
        return (
            value in re.sub(r"\s", "", said.text)
            or packed.hex() in said.folded
            or said.holds(packed.decode("utf-8", "replace"))
        )
    return said.holds(value)


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _leaves(one, f"{path}.{name}")
    elif isinstance(value, list):
        for one in value:
            yield from _leaves(one, path)
    elif value is not None:
        yield path, value


def _texts(body: bytes) -> Iterator[str]:
    """Each field of each message, its escapes read, and each segment as it stands."""
    starts = [found.start() for found in re.finditer(rb"MSH", body)]
    for start, end in [*((start, len(body)) for start in starts), *pairwise(starts)]:  # a batch, or a stray "MSH"
        try:
            message = Message.parse(body[start:end])
        except NotHl7:
            continue
        for segment in message.segments:
            yield segment.line
            for field in range(len(segment.fields)):
                yield segment.whole(field)
