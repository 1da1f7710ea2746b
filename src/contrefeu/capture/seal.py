"""Documents that a role alone opens: sealed before they are journaled (F45; docs/spec/sealed-document-v1.md).

Rules kept here:
  * What a rule is about is sealed whole, as it came; nothing of it but its outline is journaled in another way.
  * Documents and results are sealed, nothing else: a movement or a prescription that nobody sees makes a wrong chart.
  * Of a feed with such rules, what cannot be judged (cut short, outside a frame) is sealed too, to its first role.
  * A role's key that goes away while the node runs is remembered: nothing is kept in clear because a file is gone.
"""

import hmac
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Protocol

from contrefeu.base import StorageError
from contrefeu.capture.about import About, coded, codes_of, resources_of
from contrefeu.capture.outline import is_document, outline
from contrefeu.cda import NotCda, read_document
from contrefeu.hl7 import Message, NotHl7, sender_of
from contrefeu.hospital import FeedSettings, SealSettings, feed_of
from contrefeu.journal import (
    ENTRY_BODY_BYTES_MAX,
    MEDIA_CDA,
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
        if media_type == MEDIA_OTHER:
            return self._sealed(rules[0].role, media_type, body, None)
        rule = self._rule(rules, media_type, body)
        if rule is None:
            return media_type, body
        known = outline(media_type, body, lambda one: any(each.is_about(one) for each in rules))
        return self._sealed(rule.role, media_type, body, known)

    def _rules_of(self, source: str, media_type: str, body: bytes) -> "tuple[_Rule, ...] | None":
        """Those of *source*; else those of the sender that a message names: it may have been imported as another's."""
        found = self._rules.get(feed_of(source))
        return self._rules.get(sender_of(body)) if found is None and media_type == MEDIA_HL7V2 else found

    def _rule(self, rules: "tuple[_Rule, ...]", media_type: str, body: bytes) -> "_Rule | None":
        if media_type == MEDIA_HL7V2:
            try:
                message = Message.parse(body)
            except NotHl7:
                return rules[0]
            return next((rule for rule in rules if message.code in _CARRIERS and rule.fits(message)), None)
        if media_type == MEDIA_CDA:
            codes, restricted = codes_of(media_type, body), _is_restricted(body)
            return next((rule for rule in rules if rule.names(codes, restricted=restricted)), None)
        documents = [one for one in resources_of(media_type, body) if is_document(one)]
        return next((rule for rule in rules if any(map(rule.is_about, documents))), None)

    def _sealed(self, role: str, media_type: str, body: bytes, known: Outline | None) -> tuple[str, bytes]:
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
        restricted = any(one.text(18).upper() in _RESTRICTED for one in message.all("TXA"))
        return (restricted or not self._restricted) and self._about.fits(message)

    def names(self, codes: list[str], *, restricted: bool) -> bool:
        """Whether it is about a document that is no HL7 v2 message."""
        if self._restricted and not restricted:
            return False
        return (self._restricted and self._only_restricted) or self._about.names_document(codes)

    def is_about(self, resource: dict[str, object]) -> bool:
        """The same of a document or report in FHIR."""
        return self.names(list(coded(resource)), restricted=_is_labelled(resource))


def _is_restricted(body: bytes) -> bool:
    try:
        return read_document(body).confidentiality in _RESTRICTED
    except NotCda:
        return False


def _is_labelled(resource: dict[str, object]) -> bool:
    """DocumentReference.securityLabel, and meta.security of any resource; Composition.confidentiality (R4)."""
    meta = resource.get("meta")
    labels = list(_dicts(meta.get("security") if isinstance(meta, dict) else None))
    concepts = _dicts(resource.get("securityLabel"))
    labels += [one for concept in concepts for one in _dicts(concept.get("coding"))]
    return resource.get("confidentiality") in _RESTRICTED or any(one.get("code") in _RESTRICTED for one in labels)


def _dicts(found: object) -> list[dict[str, object]]:
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
