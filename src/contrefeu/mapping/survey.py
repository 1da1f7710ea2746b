"""What a feed sends, by counts: what somebody must know before they trust its charts (FIELD F34).

Rules kept here:
  * Counts and names of fields, never contents: codes of table 0211 and names of authorities are the only words shown.
  * What is counted as lost is what the reader itself says that it does not chart.
"""

import re
from collections import Counter
from collections.abc import Iterable

from msgspec import Struct, field

from contrefeu.hl7 import Message, NotHl7
from contrefeu.hospital import FeedSettings, feed_of
from contrefeu.mapping.profile import Learned
from contrefeu.mapping.read import MEDIA_HL7V2, EntryLike, read
from contrefeu.mapping.reading import FeedRules, Reading

NAMES_MAX = 50  # different names counted of one kind: more of them are "other", since a sender may invent them
CHARSET_CHARS_MAX = 40  # of MSH-18, shown: the longest name of table 0211 has 15, two repetitions are common
LARGEST_MESSAGES = 200  # of a sender, before their largest says what its largest is
_NUMBERS = (("PID", 3), ("MRG", 1), ("PV1", 19))  # CX: who gave the number is component 4
_TIMES = (
    ("MSH", 7), ("EVN", 2), ("EVN", 6), ("PV1", 44), ("PV1", 45), ("ZBE", 2), ("ORC", 9), ("OBR", 7), ("OBR", 22),
    ("OBX", 14), ("TXA", 4), ("RXA", 3), ("RXD", 3),
)  # fmt: skip
_TIME_OF_DAY = re.compile(r"\d{10}\d*(?:\.\d+)?([+-]\d{4})?")
_POSITION = re.compile(r"\[\d+\]")


class FeedSurvey(Struct):
    """The counts of one sender."""

    source: str
    entries: int = 0
    kinds: Counter[str] = field(default_factory=Counter)  # "ADT^A01", "FHIR Bundle", "CDA"
    unread: int = 0  # that no rule understands, or nobody can read
    tests: int = 0  # of exercises (MSH-11 T or D)
    versions: Counter[str] = field(default_factory=Counter)  # MSH-12
    charsets: Counter[str] = field(default_factory=Counter)  # MSH-18 as it stands; "" when not sent
    charset_doubts: int = 0  # messages whose bytes are not in the character set that was named
    answers: Counter[str] = field(default_factory=Counter)  # MSH-15/MSH-16: "original", "AL/NE"
    numbered: int = 0  # with a sequence number in MSH-13
    authorities: Counter[str] = field(default_factory=Counter)  # who gave the numbers of PID-3
    without_authority: Counter[str] = field(default_factory=Counter)  # field -> numbers that name none
    times: int = 0  # times of day
    without_zone: Counter[str] = field(default_factory=Counter)  # field -> times of day without an offset
    not_charted: Counter[str] = field(default_factory=Counter)  # where: why
    bytes_max: int = 0
    learned: Learned = field(default_factory=Learned)  # what stands empty, and what profile would serve

    def take(self, entry: EntryLike, rules: FeedRules) -> None:
        """Count one entry of the sender."""
        self.entries += 1
        self.bytes_max = max(self.bytes_max, len(entry.body))
        reading = read(entry, rules)
        _count(self.kinds, reading.kind)
        self.unread += not reading.understood
        self.tests += reading.world == "T"
        for part in (reading, *reading.also):
            self._lost(part)
        if entry.media_type == MEDIA_HL7V2:
            try:
                message = Message.parse(entry.body, rules.charset)
            except NotHl7:
                return
            self._look(message)
            self.learned.take(message, entry.body, entry.received_ns)

    def proposal(self) -> FeedSettings:
        """The profile that what it sends asks for."""
        return self.learned.profile(
            feed_of(self.source),
            dict(self.authorities),
            self.charsets,
            bare=bool(self.without_authority),
            doubts=bool(self.charset_doubts),
            bytes_max=self.bytes_max if self.entries >= LARGEST_MESSAGES else 0,
        )

    def _lost(self, reading: Reading) -> None:
        for loss in reading.loss:
            where = _POSITION.sub("", loss.where)
            _count(self.not_charted, f"{where}: {loss.why}" if where else loss.why)

    def _look(self, message: Message) -> None:
        header = message.header
        _count(self.versions, header.text(12))
        _count(self.charsets, header.raw(18)[:CHARSET_CHARS_MAX])
        self.charset_doubts += any("MSH-18" in problem for problem in message.problems)
        accept, application = header.text(15), header.text(16)
        _count(self.answers, f"{accept}/{application}" if accept or application else "original")
        self.numbered += header.has(13)
        for segment in message.segments:
            for name, number in _NUMBERS:
                if segment.name == name:
                    for rep in segment.reps(number):
                        self._number(f"{name}-{number}", rep.text(1), rep.text(4) or rep.text(4, 2))
            for name, number in _TIMES:
                if segment.name == name:
                    self._time(f"{name}-{number}", (rep.text(1) for rep in segment.reps(number)))

    def _number(self, where: str, value: str, authority: str) -> None:
        if value and authority and where == "PID-3":
            _count(self.authorities, authority)
        elif value and not authority:
            self.without_authority[where] += 1

    def _time(self, where: str, values: Iterable[str]) -> None:
        for value in values:
            found = _TIME_OF_DAY.fullmatch(value)
            if found is not None:
                self.times += 1
                if not found[1]:
                    self.without_zone[where] += 1


def _count(counter: Counter[str], name: str) -> None:
    counter[name if name in counter or len(counter) < NAMES_MAX else "other"] += 1
