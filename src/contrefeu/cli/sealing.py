"""Roles that documents are sealed to, and opening what was sealed (F45), for commands."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from contrefeu.acts import RoleKeyMade, encode
from contrefeu.base import FindingError, OperatorError
from contrefeu.cli.accounts import station_acts
from contrefeu.cli.node import Node
from contrefeu.cli.rehearsing import opened_for
from contrefeu.custody import (
    KeyPair,
    OpenedRecovery,
    draw_role_key,
    keep_role_key,
    key_of,
    open_role_key,
    open_sealed,
    recovery_in_force,
    role_keys,
)
from contrefeu.custody import opened_by_custodians as from_custodians
from contrefeu.hospital import ROLE_NAME
from contrefeu.journal import MEDIA_SEALED, RoleKey, SealedDocument, read_sealed


def make_role(node: Node, name: str, *, again: bool) -> tuple[RoleKey, str]:
    """Make the key of a role; returns it and its words.

    The custodians' copy is journaled before anything is sealed to the key: what it closes can always be opened.

    Raises:
        OperatorError: The name is none, or has a key.
    """
    if not re.fullmatch(ROLE_NAME, name):
        raise OperatorError(
            "A role is named with small letters, digits and hyphens, 31 at most.",
            safe="Nothing was made.",
            next="Name it as rules of feeds will: contrefeu keys role psychiatry",
        )
    if not again and any(one.role == name for one in role_keys(node.paths.role_keys)):
        raise OperatorError(
            f"{name} has a key.",
            safe="The key, and what was sealed to it.",
            next="Words that were lost or told: --again makes another key; the custodians open what was sealed before.",
        )
    made, words = draw_role_key(name, recovery_in_force(node.paths.recovery_notes, node.paths.recovery_public))
    node.record(encode(made))
    keep_role_key(node.paths.role_keys, key_of(made))
    return key_of(made), words


def bring_back_roles(node: Node) -> None:
    """Give a home that was restored the keys of roles that its rules name, as its journals have them."""
    lacking = {rule.role for feed in node.settings.feeds.values() for rule in feed.seal}
    lacking -= {one.role for one in role_keys(node.paths.role_keys)} if lacking else set()
    if lacking:
        first: dict[bytes, RoleKeyMade] = {}  # a rotation says keys again, in any order
        for made in role_acts(node):
            first.setdefault(made.public, made)
        for made in {one.role: one for one in first.values() if one.role in lacking}.values():
            keep_role_key(node.paths.role_keys, key_of(made))


def described_roles(node: Node) -> list[dict[str, Any]]:
    """`roles[]` of `keys status`: those that have a key, and those that a rule names; fingerprint "" without one."""
    named = {rule.role for feed in node.settings.feeds.values() for rule in feed.seal}
    known = {key.role: key.recipient.fingerprint for key in role_keys(node.paths.role_keys)}
    return [{"role": one, "fingerprint": known.get(one, "")} for one in sorted(named | known.keys())]


def role_acts(node: Node) -> Iterator[RoleKeyMade]:
    """The custodians' copies of roles' keys, as journals have them."""
    return (act for act, _ in station_acts(node) if isinstance(act, RoleKeyMade))


def opened_by_words(node: Node, ref: str, words: str) -> bytes:
    """Return a document as it came.

    Raises:
        FindingError: The words are not its role's.
        OperatorError: It is no sealed document.
    """
    document = _sealed(node, ref)
    head = document.head
    pair = open_role_key(head.role, head.lock, words)
    return _opened(node, ref, document, [pair] if pair is not None else [], f"These are not the words of {head.role}.")


def opened_by_custodians(node: Node, ref: str, shares: Sequence[Path]) -> bytes:
    """Return a document as it came.

    Raises:
        FindingError: These shares do not open it.
        OperatorError: It is no sealed document.
    """
    opened = opened_for(node, shares)
    document = _sealed(node, ref, opened)
    acts = (one for one in role_acts(node) if key_of(one).recipient.fingerprint == document.head.recipient)
    pairs = [pair for one in acts if (pair := from_custodians(one, opened.pair)) is not None]
    return _opened(node, ref, document, pairs, "These shares do not open it.")


def _sealed(node: Node, ref: str, recovery: OpenedRecovery | None = None) -> SealedDocument:
    found = node.entry(ref, node.recovery_keys(recovery) if recovery is not None else None)
    document = read_sealed(found.body) if found.media_type == MEDIA_SEALED else None
    if document is None:
        raise OperatorError(
            f"{ref} is no sealed document.", safe="Nothing was opened.", next="contrefeu journal show --entry shows it."
        )
    return document


def _opened(node: Node, ref: str, document: SealedDocument, pairs: Sequence[KeyPair], refusal: str) -> bytes:
    body = next((found for pair in pairs if (found := open_sealed(document, pair)) is not None), None)
    node.audit("document", what=ref, failed=body is None)
    if body is None:
        raise FindingError(
            refusal,
            safe="The document; nothing of it was shown.",
            next="Compare the words or shares with their paper; a former key has former words.",
        )
    return body
