"""The recovery key in k of n custodians' hands: SLIP-39 words (SatoshiLabs SLIP-0039).

Rules kept here:
  * The 32-byte seed is split, never the expanded key. It is kept nowhere else.
  * SLIP-39 with a wrong passphrase silently gives another secret, so there is none, and the fingerprint of the
    public key must be the one that headers name (S5).
"""

from collections.abc import Sequence

from shamir_mnemonic import MnemonicError, combine_mnemonics, generate_mnemonics
from shamir_mnemonic.share import Share

from contrefeu.base import OperatorError, StorageError

SHARES_MAX = 16  # SLIP-39 holds a member's index in four bits


def split_secret(seed: bytes, threshold: int, count: int) -> list[str]:
    """Split *seed* into *count* mnemonics, any *threshold* of which give it back.

    Raises:
        OperatorError: The numbers make no sense.
    """
    if not 1 <= threshold <= count <= SHARES_MAX or (threshold == 1 and count > 1):
        raise OperatorError(
            f"{threshold} of {count} custodians is not possible.",
            safe="Nothing was made.",
            next=f"Choose 2 <= threshold <= custodians <= {SHARES_MAX} (or 1 of 1 for a trial).",
        )
    mnemonics: list[list[str]] = generate_mnemonics(1, [(threshold, count)], seed, iteration_exponent=1)
    return mnemonics[0]


def combine_shares(mnemonics: Sequence[str]) -> bytes:
    """Return the seed that *mnemonics* give.

    Raises:
        StorageError: They are too few, of different secrets, or mistyped.
    """
    words = [" ".join(mnemonic.split()).lower() for mnemonic in mnemonics]
    threshold = min((_read(one, number).member_threshold for number, one in enumerate(words, 1)), default=1)
    words = list(dict.fromkeys(words))
    if len(words) < threshold:
        raise _refused(f"{len(words)} different ones were given, of {threshold}.")
    try:
        secret: bytes = combine_mnemonics(words[:threshold])
        # More than are needed: each must be of the same set, or somebody holds a page of an older one.
        others = [combine_mnemonics([*words[: threshold - 1], one]) for one in words[threshold:]]
    except (MnemonicError, ValueError):
        raise _refused("they are of different sets.") from None
    if any(other != secret for other in others):
        raise _refused("they are of different sets.")
    return secret


def _read(words: str, number: int) -> Share:
    """One share, whose own checksum finds a word that is another one: its custodian is told, not all of them."""
    try:
        return Share.from_mnemonic(words)
    except (MnemonicError, ValueError):
        raise _refused(
            f"number {number} of those given is mistyped.",
            "Compare its words with the printed page, one by one; any other custodian's share serves as well.",
        ) from None


def _refused(
    reason: str, advice: str = "Bring the number of different shares that the printed pages name, of the same set."
) -> StorageError:
    """The library's own words quote the shares: ours do not."""
    return StorageError(
        f"The custodians' shares do not give the recovery key: {reason}",
        safe="Nothing was opened and nothing was changed.",
        next=advice,
    )
