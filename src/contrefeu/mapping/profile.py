"""What can be learned of a sender from what it sends: fields it leaves empty, and the profile that would serve it.

Rules kept here:
  * Counts and names of fields, never contents.
  * A profile proposes only what the messages show; somebody accepts it.
  * A field is looked at because a chart needs it: the table says for what.
"""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Literal, NamedTuple

from msgspec import Struct, field

from contrefeu.hl7 import Message
from contrefeu.hospital import FACTS, FeedSettings


class Need(NamedTuple):
    """A field that a chart needs."""

    segment: str
    number: int
    missing: str  # what a ward does not see without it
    of_numbers: bool = False  # asked of a number (OBX-2 NM) alone


NEEDS = (
    Need("MSH", 3, "who sent it: two senders without a name are one"),
    Need("MSH", 7, "when it was said: what came late cannot be told from what is new"),
    Need("MSH", 10, "which message it is: a repeat cannot be told from another one"),
    Need("MSH", 18, "in which character set it is: accents may be wrong"),
    Need("PID", 3, "whose it is: the message stands on no chart"),
    Need("PID", 5, "the patient's name"),
    Need("PID", 7, "the patient's age, and matching after a downtime"),
    Need("PID", 8, "the patient's sex"),
    Need("PV1", 3, "the ward: the patient is on no board"),
    Need("PV1", 19, "which stay it is of"),
    Need("PV1", 44, "since when the patient is here"),
    Need("ORC", 2, "which order it is: an order cannot be told from another one"),
    Need("OBR", 4, "which examination it is"),
    Need("OBR", 7, "when the specimen was taken"),
    Need("OBX", 3, "what was measured"),
    Need("OBX", 6, "the unit of a number", of_numbers=True),
    Need("OBX", 7, "the usual range", of_numbers=True),
    Need("OBX", 8, "whether the laboratory finds it abnormal: nothing is guessed from the range"),
    Need("OBX", 11, "whether it is final"),
    Need("AL1", 3, "to what somebody is allergic"),
    Need("RXE", 2, "which drug"),
    Need("RXO", 1, "which drug"),
)
MESSAGE_BYTES_MAX = 64 * 2**20  # an entry's limit (docs/reference/limits.md)
DAY_NS = 86_400 * 10**9
ENOUGH_MESSAGES = 5  # of a sender, before a profile limits what it may set
CODES_MAX = 50  # kinds of messages of one sender that are told apart: HL7 table 0076 has some 120, a feed a few
CONTROLS_MAX = 200_000  # control ids of one sender that are remembered, 100 bytes each: a day of a large feed
CONTROLS_UNIQUE = 200  # of them, over two days, before none having come again says that none does
LARGEST_TIMES = 2  # the largest seen, as the largest proposed: a profile of a quiet day is no alarm each Monday
LARGEST_BYTES = 65_536  # a largest message is proposed in steps of that
DIGITS_MAX = 15  # of MSH-13 (HL7 v2.5.1, 2.A.47)
_RESULTS = frozenset(["ORU", "OUL"])


class Field(Struct):
    """How often a field stood empty."""

    of: int = 0
    empty: int = 0


class Learned(Struct):
    """What the messages of one sender show."""

    fields: dict[str, Field] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)
    accented: int = 0  # messages with other letters than ASCII
    as_utf8: int = 0  # of those, written in it
    numbers: int = 0  # in MSH-13, that are one
    no_sequence: int = 0  # of those, not above the one before
    control_ids: int = 0  # in MSH-10, of messages that are no repeats
    reused_same_day: int = 0  # of those, used for another message that was made on the same day
    reused_later: int = 0  # of those, used for another message of another day
    days: int = 0  # on which they were made
    _last: int = -1
    _controls: dict[str, tuple[str, str]] = field(default_factory=dict)  # digest of a control id -> of a message, day
    _days: set[str] = field(default_factory=set)

    def take(self, message: Message, body: bytes, received_ns: int = 0) -> None:
        """Learn of one message."""
        self._control(message, body, received_ns)
        code = message.code[:3]
        if code in self.codes or len(self.codes) < CODES_MAX:
            self.codes[code] = self.codes.get(code, 0) + 1
        self._letters(body)
        self._number(message.header.text(13))
        for segment in message.segments:
            for need in _NEEDS_OF.get(segment.name, ()):
                if need.of_numbers and segment.text(2) != "NM":
                    continue
                seen = self.fields.setdefault(f"{need.segment}-{need.number}", Field())
                seen.of += 1
                seen.empty += not segment.has(need.number)

    def missing(self) -> dict[str, str]:
        """Fields that always stand empty, and what is not seen without them."""
        return {
            name: need.missing
            for need in NEEDS
            if (seen := self.fields.get(name := f"{need.segment}-{need.number}")) and seen.empty == seen.of
        }

    def profile(
        self,
        sender: str,
        authorities: dict[str, int],
        charsets: Iterable[str],
        *,
        bare: bool,
        doubts: bool,
        bytes_max: int = 0,
    ) -> FeedSettings:
        """The profile that the messages ask for.

        Args:
            sender: As `status` names it.
            authorities: Who gave the numbers that name somebody, and how many.
            charsets: As MSH-18 names them.
            bare: Whether some name nobody.
            doubts: Whether messages are not in the character set that they name.
            bytes_max: The longest that was seen; 0 when too few were.
        """
        named = max(authorities, key=lambda one: authorities[one], default="")
        # Letters in another character set are next to never UTF-8 by chance.
        utf8 = self.accented == self.as_utf8 > 0 and not all("UTF-8" in one for one in charsets)
        return FeedSettings(
            [sender],
            authority=named if bare and len(authorities) == 1 else "",
            charset="UNICODE UTF-8" if utf8 else "WINDOWS-1252" if doubts else "",
            sequence="ignore" if self.numbers >= ENOUGH_MESSAGES and self.no_sequence * 2 > self.numbers else "answer",
            sets=["results"] if self._only_results() else list(FACTS),
            message_bytes_max=min(MESSAGE_BYTES_MAX, -(-bytes_max * LARGEST_TIMES // LARGEST_BYTES) * LARGEST_BYTES),
            control_ids=self.control_habit(),
        )

    def control_habit(self) -> Literal["", "unique", "daily", "reused"]:
        """How its control ids were used; empty when what was seen does not say."""
        if self.reused_same_day >= ENOUGH_MESSAGES:
            return "reused"
        if self.reused_later >= ENOUGH_MESSAGES:
            return "" if self.reused_same_day else "daily"
        seldom = self.reused_same_day or self.reused_later
        return "unique" if not seldom and self.control_ids >= CONTROLS_UNIQUE and self.days > 1 else ""

    def _control(self, message: Message, body: bytes, received_ns: int) -> None:
        name = message.control_id
        if not name or len(self._controls) >= CONTROLS_MAX:
            return
        said = message.header.text(7)[:8]
        day = said if said.isdigit() else str(received_ns // DAY_NS)
        digest, known = _digest(body), self._controls.get(_digest(name.encode()))
        if known is not None and known[0] == digest:
            return
        self._controls[_digest(name.encode())] = digest, day
        self._days.add(day)
        self.control_ids, self.days = self.control_ids + 1, len(self._days)
        if known is not None:
            self.reused_same_day += known[1] == day
            self.reused_later += known[1] != day

    def _only_results(self) -> bool:
        return sum(self.codes.values()) >= ENOUGH_MESSAGES and not self.codes.keys() - _RESULTS

    def _letters(self, body: bytes) -> None:
        if body.isascii():
            return
        self.accented += 1
        try:
            body.decode()
        except UnicodeDecodeError:
            return
        self.as_utf8 += 1

    def _number(self, text: str) -> None:
        if text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX:
            number, before = int(text), self._last
            self.numbers, self._last = self.numbers + 1, number
            self.no_sequence += before >= 0 and number != before + 1


_NEEDS_OF = {name: tuple(need for need in NEEDS if need.segment == name) for name in {one.segment for one in NEEDS}}


def _digest(data: bytes) -> str:
    return blake2b(data, digest_size=8).hexdigest()
