"""What comes out of the custodians' shares: the recovery key, and the authority that says which key is next (S5).

authority seed = HMAC-SHA-256(recovery seed, "contrefeu recovery authority v1")

Rules kept here:
  * The shares' key must be one that this hospital's notes name: SLIP-39 gives another secret silently.
  * A share's commitment is a hash of its words: 256 bits of chance stand in them, so it tells nobody what they are.
  * What is opened here is held by who asked, and written nowhere.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from shamir_mnemonic.share import Share

from contrefeu.base import StorageError
from contrefeu.custody.keypair import SEED_BYTES, KeyPair
from contrefeu.custody.shares import combine_shares
from contrefeu.journal import AUTHORITY, RECOVERY, Recipient, RecoveryKey, recovery_keys, recovery_notes
from contrefeu.proof import Signer


@dataclass(frozen=True, slots=True)
class OpenedRecovery:
    """A recovery key that custodians put together, for as long as a command needs it."""

    pair: KeyPair
    authority: Signer
    threshold: int  # how many shares give it

    @classmethod
    def of(cls, seed: bytes, threshold: int) -> "OpenedRecovery":
        """What *seed*, in the hands of *threshold* custodians, stands for."""
        signing = hmac.digest(seed, b"contrefeu recovery authority v1", "sha256")
        return cls(KeyPair(RECOVERY, seed), Signer(AUTHORITY, signing), threshold)

    @classmethod
    def from_shares(cls, mnemonics: Sequence[str]) -> "OpenedRecovery":
        """Put the shares together.

        Raises:
            StorageError: They are too few, of different sets, mistyped, or of something else than a recovery key.
        """
        seed = combine_shares(mnemonics)
        if len(seed) != SEED_BYTES:
            raise StorageError(
                "The shares give a secret that is no recovery key.",
                safe="Nothing was opened and nothing was changed.",
                next="Bring the shares that contrefeu made; a wallet's words look the same.",
            )
        return cls.of(seed, Share.from_mnemonic(mnemonics[0]).member_threshold)

    def first_note(self, mnemonics: Sequence[str], now_ns: int) -> bytes:
        """The note that begins a hospital's recovery keys with this one.

        Args:
            mnemonics: All its shares; none when they are not at hand: they cannot be confirmed one by one then.
            now_ns: The time that it says.
        """
        return self.authority.sign(self._said(mnemonics, now_ns).text())

    def next_note(self, before: "OpenedRecovery", last: RecoveryKey, mnemonics: Sequence[str], now_ns: int) -> bytes:
        """The note that puts this key in the place of *before*, whose note is *last*."""
        said = self._said(mnemonics, now_ns)
        text = replace(said, number=last.number + 1, before=last.fingerprint).text()
        return self.authority.sign(text) + before.authority.signature_line(text).encode()

    def _said(self, mnemonics: Sequence[str], now_ns: int) -> RecoveryKey:
        return RecoveryKey(
            number=1,
            made_ns=now_ns // 1000 * 1000,
            threshold=self.threshold,
            recipient=self.pair.recipient,
            authority=self.authority.verifier,
            before="",
            shares=tuple(map(share_commitment, mnemonics)),
        )


def share_commitment(words: str) -> bytes:
    """What a recovery key's note says of one share."""
    return sha256(b"contrefeu share v1\n" + " ".join(words.split()).lower().encode()).digest()


def share_number(key: RecoveryKey, words: str) -> int | None:
    """The number of the share that *words* are, from 1; None when it is none of this key's."""
    commitment = share_commitment(words)
    return key.shares.index(commitment) + 1 if commitment in key.shares else None


def known_recovery_keys(notes: Path) -> list[RecoveryKey]:
    """This hospital's recovery keys, oldest first; none in a home that was made before there were notes."""
    return recovery_keys(recovery_notes(notes))


def recovery_in_force(notes: Path, public: Path) -> Recipient:
    """What writers seal to: the last key that a note gives, else the one in *public*."""
    keys = known_recovery_keys(notes)
    return keys[-1].recipient if keys else Recipient.parse(public.read_text())
