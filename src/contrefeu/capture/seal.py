"""Documents that a role alone opens: sealed before they are journaled (F45; docs/spec/sealed-document-v1.md).

Rules kept here:
  * What a rule is about is sealed whole, as it came; nothing of it but its outline is journaled in another way.
  * Documents and results are sealed, nothing else: a movement or a prescription that nobody sees makes a wrong chart.
  * Of a feed with such rules, what cannot be judged (cut short, outside a frame, no CDA, no FHIR) is sealed too, to its
    first role; whatever is made to defeat a judgement stops no feed.
  * A role's key that goes away while the node runs is remembered: nothing is kept in clear because a file is gone.
"""

import hmac
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Protocol

import structlog
from msgspec.json import decode

from contrefeu.base import StorageError
from contrefeu.capture.about import About, coded, codes_of, entries_of
from contrefeu.capture.outline import cda_outline, fhir_outline, is_document, labels_of, messages_of, messages_outline
from contrefeu.cda import Code, NotCda, read_document
from contrefeu.hl7 import Message, NotHl7, sender_of
from contrefeu.hospital import FeedSettings, SealSettings, feed_of
from contrefeu.journal import (
    ENTRY_BODY_BYTES_MAX,
    MEDIA_CDA,
    MEDIA_FHIR,
    MEDIA_HL7V2,
    MEDIA_OTHER,
    MEDIA_SEALED,
    SAME_BYTES,
    Draft,
    EntryTooLong,
    Outline,
    RoleKey,
    seal_document,
)

_CARRIERS = frozenset({"MDM", "ORU", "OUL"})  # HL7 v2 messages that carry documents and results, and nothing else
_RESTRICTED = frozenset({"R", "V", "VR"})  # table 0272 (TXA-18); HL7 v3 Confidentiality
_SAME = b"contrefeu sealed document v1 same"

log = structlog.get_logger("capture")


class _Journal(Protocol):
    def append(self, drafts: Sequence[Draft]) -> range: ...


class Sealing:
    """The seal rules of a node, compiled."""

    def __init__(
        self, feeds: Mapping[str, FeedSettings], keys: Callable[[], Mapping[str, RoleKey]], seed: bytes
    ) -> None:
        """Read the rules.

        Args:
            feeds: Theirs (`feeds.NAME.seal`), by name of the feed.
            keys: The keys of roles as they are now, by name; asked for each document.
            seed: Known to this node's capture alone: by it a repeat is told from another document.
        """
        self._rules: dict[str, tuple[_Rule, ...]] = {}
        for feed in feeds.values():
            if feed.seal:
                self._rules |= dict.fromkeys(feed.senders, tuple(map(_Rule, feed.seal)))
        self._keys = keys
        self._known: dict[str, RoleKey] = dict(keys()) if self._rules else {}
        self._same_key = hmac.digest(seed, _SAME, "sha256")
        self.by_role: dict[str, int] = {}  # documents sealed since the process started

    @property
    def lacking(self) -> list[str]:
        """Roles that a rule names and that have no key."""
        return sorted({rule.role for rules in self._rules.values() for rule in rules} - self._known.keys())

    def seal(self, source: str, media_type: str, body: bytes) -> tuple[str, bytes]:
        """Return the media type and the body under which what *source* sent is journaled.

        Raises:
            EntryTooLong: What is to be sealed has no room for what stands before it.
        """
        rules = self._rules_of(source, media_type, body) if self._rules else None
        if rules is None or media_type == MEDIA_SEALED:
            return media_type, body
        try:
            judged = self._judged(rules, media_type, body)
        except Exception as defeated:  # whatever it is made of: a feed goes on, and nothing is kept in clear
            log.error("what is to be sealed cannot be judged", source=source, error=type(defeated).__name__)
            judged = rules[0].role, None
        return self._sealed(*judged, media_type, body) if judged is not None else (media_type, body)

    def _rules_of(self, source: str, media_type: str, body: bytes) -> "tuple[_Rule, ...] | None":
        """Those of *source*; else those of the sender that a message names: it may have been imported as another's."""
        found = self._rules.get(feed_of(source))
        return self._rules.get(sender_of(body)) if found is None and media_type == MEDIA_HL7V2 else found

    def _judged(self, rules: "tuple[_Rule, ...]", media_type: str, body: bytes) -> tuple[str, Outline | None] | None:
        """The role that a body is sealed to, and its outline; None for what no rule is about."""
        if media_type == MEDIA_HL7V2:
            return self._of_messages(rules, body)
        if media_type == MEDIA_CDA:
            return self._of_cda(rules, body)
        if media_type == MEDIA_FHIR:
            return self._of_fhir(rules, body)
        return (rules[0].role, None) if media_type == MEDIA_OTHER else None

    def _of_messages(self, rules: "tuple[_Rule, ...]", body: bytes) -> tuple[str, Outline | None] | None:
        def about(message: bytes) -> "_Rule | None":
            read = Message.parse(message)
            return next((rule for rule in rules if read.code.strip() in _CARRIERS and rule.fits(read)), None)

        messages = messages_of(body)
        try:
            found = [about(one) for one in messages]
        except NotHl7:
            return rules[0].role, None
        role = next((rule.role for rule in found if rule is not None), "")
        if not role:
            return None
        sealed = [rule is not None for rule in found]
        return role, messages_outline(list(zip(messages, sealed, strict=True)), self._mark)

    def _of_cda(self, rules: "tuple[_Rule, ...]", body: bytes) -> tuple[str, Outline | None] | None:
        try:
            document = read_document(body)
        except NotCda:
            return rules[0].role, None
        codes = [*codes_of(MEDIA_CDA, body), *(one.code for one in _with_others(document.code))]
        restricted = document.confidentiality in _RESTRICTED
        rule = next((rule for rule in rules if rule.names(codes, restricted=restricted)), None)
        return (rule.role, cda_outline(body)) if rule is not None else None

    def _of_fhir(self, rules: "tuple[_Rule, ...]", body: bytes) -> tuple[str, Outline | None] | None:
        try:
            whole = decode(body)
        except (ValueError, RecursionError):
            return rules[0].role, None
        labelled = isinstance(whole, dict) and _is_labelled(whole)
        documents = [one for _, one in entries_of(whole) if is_document(one)]
        rule = next((rule for rule in rules if any(rule.is_about(one, labelled) for one in documents)), None)
        if rule is None:
            return None
        return rule.role, fhir_outline(whole, lambda one: any(each.is_about(one, labelled) for each in rules))

    def _mark(self, said: bytes) -> bytes:
        return hmac.digest(self._same_key, said, "sha256").hex().encode()

    def _sealed(self, role: str, known: Outline | None, media_type: str, body: bytes) -> tuple[str, bytes]:
        with suppress(StorageError):  # a file that was damaged meanwhile
            self._known |= self._keys()
        same = hmac.digest(self._same_key, media_type.encode() + b"\0" + body, "sha256")[:SAME_BYTES]
        sealed = seal_document(self._known[role], media_type, body, known, same)
        if len(sealed) > ENTRY_BODY_BYTES_MAX:
            raise EntryTooLong(
                f"A document of {len(body)} bytes is too long to be sealed.",
                safe="Everything journaled before it.",
                next="Split it, or raise the matter with its sender.",
            )
        self.by_role[role] = self.by_role.get(role, 0) + 1
        return MEDIA_SEALED, sealed


class SealedJournal:
    """A journal of feeds that a command appends to while no node runs."""

    def __init__(self, journal: _Journal, sealing: Sealing) -> None:
        self._journal = journal
        self._sealing = sealing

    def append(self, drafts: Sequence[Draft]) -> range:
        """Append *drafts*, sealed where a rule says so, and return their sequences, durable.

        Raises:
            EntryTooLong: What is to be sealed has no room; none of them was kept.
            JournalFailed: The disk refused.
        """
        seal = self._sealing.seal
        return self._journal.append(
            [Draft(d.source, *seal(d.source, d.media_type, d.body), d.received_ns) for d in drafts]
        )


class _Rule:
    """One rule: which documents, and to whom."""

    def __init__(self, said: SealSettings) -> None:
        self.role = said.role
        self._restricted = said.restricted
        self._about = About(said)
        self._only_restricted = not (said.message or said.ward or said.path or said.document)

    def fits(self, message: Message) -> bool:
        return (not self._restricted or _is_marked(message)) and self._about.fits(message)

    def names(self, codes: list[str], *, restricted: bool) -> bool:
        """Whether it is about a document that is no HL7 v2 message."""
        if self._restricted and not restricted:
            return False
        return (self._restricted and self._only_restricted) or self._about.names_document(codes)

    def is_about(self, resource: dict[str, Any], labelled: bool = False) -> bool:
        """The same of a document or report in FHIR, or in a bundle that is *labelled* as a whole."""
        return self.names(list(coded(resource)), restricted=labelled or _is_labelled(resource))


def _is_marked(message: Message) -> bool:
    """TXA-18; a cancellation that does not repeat it may be of a restricted document."""
    found = [rep.text(1).strip().upper() for one in message.all("TXA") for rep in one.reps(18)]
    return any(one in _RESTRICTED for one in found) or (message.event == "T11" and not any(found))


def _is_labelled(resource: dict[str, Any]) -> bool:
    """Composition.confidentiality (R4), and security labels."""
    said = [resource.get("confidentiality"), *(one.get("code") for one in labels_of(resource))]
    return any(isinstance(one, str) and one in _RESTRICTED for one in said)


def _with_others(code: Code | None) -> "list[Code]":
    return [code, *code.others] if code is not None else []
