"""Acts about keys: who confirmed a share, when the recovery key was tried, which reading keys were destroyed.

Rules kept here: as in act.py; and none of these acts holds a secret in clear. A share is named by its commitment, a
key by its fingerprint.
"""

from msgspec import Struct


class RecoveryKeyChanged(Struct, frozen=True, tag_field="act", tag="recovery-key-changed"):
    """From now on segments are sealed to another recovery key; the first one, made at `init`, is said so too."""

    number: int  # of the key among this hospital's, from 1
    note: str  # signed with the key before: docs/spec/journal-v1.md, "Recovery keys"


class ShareConfirmed(Struct, frozen=True, tag_field="act", tag="share-confirmed"):
    """A custodian showed that they still hold their share, alone: nothing was put together."""

    recovery: str  # fingerprint
    share: int  # its number, from 1
    at: str  # RFC 3339


class RecoveryRehearsed(Struct, frozen=True, tag_field="act", tag="recovery-rehearsed"):
    """The recovery key was put together, tried on every header, and forgotten; no body was read."""

    recovery: str  # fingerprint
    shares: list[int]  # numbers of those that were brought
    segments: int  # headers that it opened
    closed: int  # headers that it did not open
    seconds: float
    at: str  # RFC 3339


class RoleKeyMade(Struct, frozen=True, tag_field="act", tag="role-key-made"):
    """Documents can be sealed to a role; the custodians open its key with the recovery key that is named (F45)."""

    role: str
    public: bytes
    salt: bytes  # of the lock that the role's words open, as `n` and `seed`
    n: int
    seed: bytes
    recovery: str  # fingerprint
    sealed: bytes  # the seed of the role's key, sealed to the recovery key (docs/spec/sealed-document-v1.md)


class ReadingKeysDestroyed(Struct, frozen=True, tag_field="act", tag="reading-keys-destroyed"):
    """The node's reading keys of these days are destroyed: what was sealed to them opens for the custodians alone."""

    days: list[str]
    fingerprints: list[str]
    at: str  # RFC 3339


class JournalExpired(Struct, frozen=True, tag_field="act", tag="journal-expired"):
    """The beginning of a journal has ended: its time was over, and the custodians signed so."""

    journal: str
    note: str  # docs/spec/journal-v1.md, "Expiry"


class HorizonHeld(Struct, frozen=True, tag_field="act", tag="horizon-held"):
    """From `at` on no reading key is destroyed, and the days do not count: a recovery is open, or somebody asked."""

    reason: str
    at: str  # RFC 3339


class HorizonReleased(Struct, frozen=True, tag_field="act", tag="horizon-released"):
    """The horizon moves again."""

    reason: str
    at: str  # RFC 3339
