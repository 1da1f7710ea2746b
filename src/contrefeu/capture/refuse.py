"""What is never journaled (F45): whole senders, and messages of a feed that one of its rules is about.

Rules kept here:
  * A message is refused when all that one rule says is so; nothing of its body is kept, named or logged.
  * What was refused is counted under its rule's name: a feed's account is received = journaled + refused.
  * Who has no rule costs one look-up: a message is read only for a sender that has one.
  * What cannot be judged (cut short, outside a frame) of a feed with rules is not kept either: it was never
    acknowledged, so its sender still has it.
  * Several messages in one frame are judged as one.
"""

import asyncio
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path

import structlog
from msgspec import DecodeError
from msgspec.json import decode, encode

from contrefeu.base import durable_makedirs, write_file
from contrefeu.capture.about import About, codes_of
from contrefeu.hl7 import Message, NotHl7
from contrefeu.hospital import FeedSettings, feed_of
from contrefeu.journal import MEDIA_HL7V2, MEDIA_OTHER

_CUT = "cut"  # counted under "<feed>/cut": bytes of a feed with rules that no rule could judge

log = structlog.get_logger("capture")


class Refusals:
    """The refuse lists of a node, compiled."""

    def __init__(self, senders: Collection[str] = (), feeds: Mapping[str, FeedSettings] | None = None) -> None:
        """Read the rules.

        Args:
            senders: Refused whatever they send (`capture.refuse`).
            feeds: Their rules, by name of the feed (`feeds.NAME.refuse`).
        """
        self._rules: dict[str, tuple[tuple[str, About], ...]] = {}
        self._names: dict[str, str] = {}
        for name, feed in (feeds or {}).items():
            rules = tuple((one.name or f"{name}/{n}", About(one)) for n, one in enumerate(feed.refuse, 1))
            if rules:
                self._rules |= dict.fromkeys(feed.senders, rules)
                self._names |= dict.fromkeys(feed.senders, name)
        self._senders = frozenset(senders)
        self.senders = self._senders | self._rules.keys()  # those that any rule is about

    def rule(self, source: str, media_type: str, body: bytes) -> str:
        """Return the name of the rule that refuses a whole message of *source*; "" when it is to be kept."""
        sender = feed_of(source)
        if sender not in self.senders:
            return ""
        if sender != source and media_type == MEDIA_OTHER:  # a tap's cut message comes as what it is
            return self.part(sender)
        return self._judge(sender, media_type, body)

    def part(self, source: str) -> str:
        """Return the name under which bytes of *source* that are no whole message are refused; "" to keep them."""
        if source not in self.senders:
            return ""
        return source if source in self._senders else f"{self._names[source]}/{_CUT}"

    def _judge(self, source: str, media_type: str, body: bytes) -> str:
        if source in self._senders:
            return source
        rules = self._rules[source]
        if media_type == MEDIA_HL7V2:
            try:
                message = Message.parse(body)
            except NotHl7:
                return ""
            return next((name for name, rule in rules if rule.fits(message)), "")
        codes = codes_of(media_type, body)
        return next((name for name, rule in rules if rule.names_document(codes)), "")


class RefusedCounts:
    """How many messages each rule kept out, over restarts; kill -9 costs the counts of the last seconds, no message."""

    def __init__(self, path: Path) -> None:
        """Go on from the counts at *path*; those that cannot be read begin anew."""
        self._path = path
        self._saved: dict[str, int] = {}
        with suppress(FileNotFoundError, DecodeError):
            self._saved = decode(path.read_bytes(), type=dict[str, int])
        self.by_rule = dict(self._saved)

    def add(self, rule: str) -> None:
        """Count one."""
        self.by_rule[rule] = self.by_rule.get(rule, 0) + 1

    def save(self) -> None:
        """Write the counts, if they changed; a disk that refuses them is asked again."""
        if self.by_rule == self._saved:
            return
        try:
            durable_makedirs(self._path.parent)
            write_file(self._path, encode(self.by_rule))
        except OSError as refused:
            log.warning("the counts of refused messages cannot be written", reason=refused.strerror)
            return
        self._saved = dict(self.by_rule)

    async def save_every(self, seconds: float) -> None:
        """Write them now and then, for ever."""
        while True:
            await asyncio.sleep(seconds)
            self.save()
