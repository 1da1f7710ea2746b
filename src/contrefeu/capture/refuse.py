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
import re
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path

import structlog
from msgspec import DecodeError
from msgspec.json import decode, encode

from contrefeu.base import durable_makedirs, write_file
from contrefeu.hl7 import Message, NotHl7
from contrefeu.hospital import FeedSettings, RefuseSettings, feed_of
from contrefeu.journal import MEDIA_CDA, MEDIA_FHIR, MEDIA_HL7V2, MEDIA_OTHER

_PATH = re.compile(r"([A-Z][A-Z0-9]{2})-(\d+)(?:\.(\d+))?(?:\.(\d+))?")
# The patient's ward; the medical service; the unit responsible (IHE PAM France, ZBE-7 is an XON: its 10 is the code)
_WARD = ("PV1-3.1", "PV1-10.1", "ZBE-7.10", "ZBE-7.1")
_DOCUMENT = ("OBR-4.1", "OBR-4.4", "TXA-2.1", "OBX-3.1", "OBX-3.4")
_CDA_CODE = re.compile(rb'<(?:\w+:)?code\b[^>]*?\bcode\s*=\s*["\']([^"\']*)["\']')
_CUT = "cut"  # counted under "<feed>/cut": bytes of a feed with rules that no rule could judge

log = structlog.get_logger("capture")

_Test = Callable[[Message], bool]


class Refusals:
    """The refuse lists of a node, compiled."""

    def __init__(self, senders: Collection[str] = (), feeds: Mapping[str, FeedSettings] | None = None) -> None:
        """Read the rules.

        Args:
            senders: Refused whatever they send (`capture.refuse`).
            feeds: Their rules, by name of the feed (`feeds.NAME.refuse`).
        """
        self._rules: dict[str, tuple[_Rule, ...]] = {}
        self._names: dict[str, str] = {}
        for name, feed in (feeds or {}).items():
            rules = tuple(_Rule(one, one.name or f"{name}/{n}") for n, one in enumerate(feed.refuse, 1))
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
            return next((rule.name for rule in rules if rule.is_about(message)), "")
        codes = _codes(media_type, body)
        return next((rule.name for rule in rules if rule.names_document(codes)), "")


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


class _Rule:
    """One rule: what must all be so."""

    def __init__(self, said: RefuseSettings, name: str) -> None:
        self.name = name
        self._document = said.document
        self._only_document = not (said.message or said.ward or said.path)
        self._tests: list[_Test] = []
        if said.message:
            self._tests.append(_kind(said.message))
        if said.ward:
            self._tests.append(_any(_WARD, said.ward))
        if said.document:
            self._tests.append(_any(_DOCUMENT, said.document))
        if said.path:
            self._tests.append(_any((said.path,), said.value))

    def is_about(self, message: Message) -> bool:
        return all(test(message) for test in self._tests)

    def names_document(self, codes: Collection[str]) -> bool:
        """Whether it is about a document that is no HL7 v2 message: it has a code, and none of the fields."""
        return self._only_document and self._document in codes


def _kind(named: str) -> _Test:
    code, _, event = named.partition("^")
    return lambda message: message.code == code and event in ("", message.event)


def _any(paths: Collection[str], value: str) -> _Test:
    """Whether *value* stands at one of *paths*, in any segment and repetition."""
    places = [_place(path) for path in paths]

    def test(message: Message) -> bool:
        return any(
            rep.text(component, subcomponent) == value
            for name, field, component, subcomponent in places
            for segment in message.all(name)
            for rep in segment.reps(field)
        )

    return test


def _place(path: str) -> tuple[str, int, int, int]:
    found = _PATH.fullmatch(path)
    assert found is not None, "the settings were checked"
    name, field, component, subcomponent = found.groups()
    return name, int(field), int(component or 1), int(subcomponent or 1)


def _codes(media_type: str, body: bytes) -> list[str]:
    """The codes that a CDA document or a FHIR resource calls itself by."""
    if media_type == MEDIA_CDA:
        found = _CDA_CODE.search(body)  # ClinicalDocument/code comes before any other (CDA R2, 4.2.1)
        return [found[1].decode("utf-8", "replace")] if found else []
    if media_type != MEDIA_FHIR:
        return []
    try:
        resource = decode(body)
    except (DecodeError, RecursionError):
        return []
    entries = resource.get("entry") if isinstance(resource, dict) else None
    inside = [entry.get("resource") for entry in entries or [] if isinstance(entry, dict)]
    return [code for one in (resource, *inside) if isinstance(one, dict) for code in _coded(one)]


def _coded(resource: dict[str, object]) -> list[str]:
    """DocumentReference.type, Composition.type, DiagnosticReport.code."""
    found = []
    for key in ("type", "code"):
        concept = resource.get(key)
        codings = concept.get("coding") if isinstance(concept, dict) else None
        found += [str(one.get("code")) for one in codings or [] if isinstance(one, dict) and one.get("code")]
    return found
