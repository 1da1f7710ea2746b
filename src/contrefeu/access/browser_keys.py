"""Keys for what a browser keeps while its station is out of reach: made from what the station knows, kept nowhere else.

Rules kept here:
  * A key of an act that waits comes from its author's account: whoever else logs in at that PC cannot read it, and it
    opens again after the station or the browser was started anew, on this node or on one that was restored.
  * The secrets before the one in force count too: who changes theirs loses nothing that waits.
"""

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from contrefeu.access.accounts import Account

KEY_BYTES = 32  # AES-256-GCM


def queue_keys(account: Account) -> list[bytes]:
    """Return the keys of what *account* wrote and the journal has not: the one to seal with first, then older ones."""
    return [_key(secret_hash, account.login) for secret_hash in (account.secret_hash, *account.former)]


def _key(secret_hash: str, login: str) -> bytes:
    # The hash is 256 bits behind a random salt that no browser is ever given: as good as a drawn key.
    info = f"contrefeu browser queue v1\0{login}".encode()
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=info).derive(secret_hash.encode())
