"""A station's card: the public keys by which its peers know it, and the reading keys that it gives them.

A card is a note, signed by the station's granting key (docs/spec/exchange-v1.md, "Cards"):

    contrefeu station v1
    node NODE
    facility NAME
    address HOST:PORT            where it answers its peers; `-` when it does not
    certificate BASE64           DER, self-signed: what its TLS end shows
    granter VERIFIER             signs its grants, its reading keys and this card; named NODE-reader
    witness VERIFIER             cosigns its peers' checkpoints; named NODE-witness
    writer VERIFIER              one line each: the writers of its journals; named NODE-...

Rules kept here:
  * A card proves nothing by itself: whoever pins it has compared its fingerprint with the station's, by voice or paper.
  * A journal is a station's when a writer of its card signs it and its name begins with the station's (a successor's
    too): no station can speak in another's name.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from contrefeu.journal.files import JOURNAL_ID
from contrefeu.journal.recipients import Recipient
from contrefeu.journal.succession import of_station
from contrefeu.proof import ProofMismatch, Signer, Verifier, WitnessKey, open_note

TITLE = "contrefeu station v1"
KEYS_TITLE = "contrefeu reading keys v1"
CARD_BYTES_MAX = 32 * 1024  # a certificate of 1 kB and some writers
KEYS_BYTES_MAX = 256 * 1024  # a hundred days' keys of 1.6 kB
GRANTER = "-reader"
WITNESS = "-witness"
_NODE = re.compile(r"(drill/)?[a-z0-9][a-z0-9-]{1,62}")


@dataclass(frozen=True, slots=True)
class Card:
    """What a station says of itself."""

    node: str
    facility: str
    address: str  # "" when it answers nobody
    certificate: bytes  # DER
    granter: Verifier
    witness: WitnessKey
    writers: tuple[Verifier, ...]

    def text(self) -> str:
        """The text that is signed."""
        lines = [
            TITLE,
            f"node {self.node}",
            f"facility {self.facility}",
            f"address {self.address or '-'}",
            f"certificate {base64.b64encode(self.certificate).decode()}",
            f"granter {self.granter}",
            f"witness {self.witness}",
            *(f"writer {writer}" for writer in self.writers),
        ]
        return "\n".join(lines) + "\n"

    def sign(self, granter: Signer) -> bytes:
        """Return the card as a signed note."""
        assert granter.verifier == self.granter, "a card is signed by its own granter"
        return granter.sign(self.text())

    @property
    def fingerprint(self) -> str:
        """What two people compare: 32 hexadecimal digits in groups of four (128 bits of SHA-256 of the text)."""
        digest = sha256(self.text().encode()).hexdigest()[:32]
        return " ".join(digest[at : at + 4] for at in range(0, 32, 4))

    def writes(self, verifier: Verifier) -> bool:
        """Whether *verifier* is that of a journal of this station: a key of its card, under a name of its own."""
        return (
            JOURNAL_ID.fullmatch(verifier.name) is not None
            and of_station(verifier.name, self.node)
            and any(writer.public == verifier.public for writer in self.writers)
        )


def open_card(data: bytes) -> Card:
    """Read a card and check that it is whole; whose it is, its fingerprint says.

    Raises:
        ProofMismatch: It is no card, or its granter did not sign it.
    """
    if len(data) > CARD_BYTES_MAX:
        raise ProofMismatch("the card is too long")
    try:
        lines = data.decode().partition("\n\n")[0].split("\n")
        values = [_value(line, name) for line, name in zip(lines[1:7], _NAMES, strict=True)]
        node, facility, address, certificate, granter, witness = values
        card = Card(
            node,
            facility,
            "" if address == "-" else address,
            base64.b64decode(certificate, validate=True),
            Verifier.parse(granter),
            WitnessKey.parse(witness),
            tuple(Verifier.parse(_value(line, "writer")) for line in lines[7:]),
        )
    except (ValueError, binascii.Error, UnicodeDecodeError):
        raise ProofMismatch("not a station's card") from None
    if open_note(data, [card.granter]).text != card.text() or not _is_sound(card):
        raise ProofMismatch("not a station's card")
    return card


_NAMES = ("node", "facility", "address", "certificate", "granter", "witness")


def _value(line: str, name: str) -> str:
    label, _, value = line.partition(" ")
    if label != name:
        raise ValueError(label)
    return value


def _is_sound(card: Card) -> bool:
    """Whether every name on a card is under the station's own."""
    return (
        _NODE.fullmatch(card.node) is not None
        and card.granter.name == f"{card.node}{GRANTER}"
        and card.witness.name == f"{card.node}{WITNESS}"
        and bool(card.writers)
        and all(card.writes(writer) for writer in card.writers)
    )


def sign_reading_keys(granter: Signer, keys: Sequence[Recipient]) -> bytes:
    """Return the note by which a station tells its peers to whom their grants are sealed."""
    return granter.sign("\n".join([KEYS_TITLE, *(f"key {key}" for key in keys)]) + "\n")


def open_reading_keys(data: bytes, granters: Iterable[Verifier]) -> tuple[Recipient, ...]:
    """Read such a note.

    Raises:
        ProofMismatch: The station's granter did not sign it, or it is no such note.
    """
    if len(data) > KEYS_BYTES_MAX:
        raise ProofMismatch("the note of reading keys is too long")
    title, *lines = open_note(data, granters).text[:-1].split("\n")
    try:
        if title != KEYS_TITLE:
            raise ValueError(title)
        return tuple(Recipient.parse(_value(line, "key")) for line in lines)
    except (ValueError, binascii.Error):
        raise ProofMismatch("not a note of reading keys") from None
