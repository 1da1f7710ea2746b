"""Keys of roles: documents sealed to a role open with its words alone, or for the custodians (F45).

    HOME/keys/roles/NAME.json   the public key, and the seed closed by the words: for the capture process
    act "role-key-made"         the same, and the seed sealed to the recovery key: for the custodians, and for a node
                                that was restored

The words are drawn here, shown once, and kept nowhere (docs/spec/sealed-document-v1.md).

Rules kept here:
  * Eight words of SLIP-39's list are 80 bits, and each try costs a scrypt of 64 MiB: a copy of everything that lies on
    the node does not make guessing worth while.
  * Words are read as people type them: any case, any spaces, and four letters of each are enough.
"""

import secrets
from collections.abc import Iterable
from hashlib import scrypt
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from shamir_mnemonic.wordlist import WORDLIST

from contrefeu.acts import RoleKeyMade
from contrefeu.base import StorageError, durable_makedirs, write_file
from contrefeu.custody.keypair import SEED_BYTES, KeyPair
from contrefeu.journal import Lock, Recipient, RoleKey, SealedDocument, key_info

WORDS = 8  # of 1,024: 80 bits
_COST, _BLOCK = 2**16, 8  # scrypt: 64 MiB, a fifth of a second
_COST_MAX = 2**17  # of a lock that came from elsewhere
_SALT_BYTES, _TAG_BYTES = 16, 16
_NONCE = bytes(12)  # a salt is drawn for each lock, so that its key closes one seed
_LETTERS = 4  # by which the words of the list are told apart (SLIP-0039)


def draw_role_key(role: str, recovery: Recipient) -> tuple[RoleKeyMade, str]:
    """Return a new key of *role*, with the custodians' copy, and its words."""
    pair, seed = KeyPair.draw(f"role/{role}")
    words = " ".join(secrets.choice(WORDLIST) for _ in range(WORDS))
    salt = secrets.token_bytes(_SALT_BYTES)
    closed = AESGCM(_closing_key(words, salt, _COST)).encrypt(_NONCE, seed, _lock_info(role))
    key = RoleKey(role, pair.recipient.public, Lock(salt, _COST, closed))
    return _with_copy(key, seed, recovery), words


def key_of(made: RoleKeyMade) -> RoleKey:
    """Return what sealing to a role needs of the act that made its key."""
    return RoleKey(made.role, made.public, Lock(made.salt, made.n, made.seed))


def open_role_key(role: str, lock: Lock, words: str) -> KeyPair | None:
    """Return the pair that *words* open; None when they are not the role's. Takes a fifth of a second either way."""
    if not 2 <= lock.n <= _COST_MAX or lock.n & (lock.n - 1) or len(lock.seed) != SEED_BYTES + _TAG_BYTES:
        return None
    try:
        seed = AESGCM(_closing_key(_as_drawn(words), lock.salt, lock.n)).decrypt(_NONCE, lock.seed, _lock_info(role))
    except InvalidTag:
        return None
    return KeyPair(f"role/{role}", seed)


def open_sealed(document: SealedDocument, pair: KeyPair) -> bytes | None:
    """Return a document that was sealed to *pair*, as it came; None when it was not, or was changed."""
    head = document.head
    data_key = pair.open_with(head.key, key_info(head.role, pair.fingerprint))
    return document.open(data_key) if data_key is not None else None


def opened_by_custodians(made: RoleKeyMade, recovery: KeyPair) -> KeyPair | None:
    """Return a role's pair as the custodians open it; None when it was sealed to another recovery key."""
    seed = _seed_of(made, recovery)
    return KeyPair(f"role/{made.role}", seed) if seed is not None else None


def copies_for(acts: Iterable[RoleKeyMade], old: KeyPair, new: Recipient) -> list[RoleKeyMade]:
    """Return the acts that let a new recovery key open what the old one opened of roles' keys, and does not yet."""
    found = list(acts)
    done = {one.public for one in found if one.recovery == new.fingerprint}
    opened = {
        one.public: (one, seed) for one in found if one.public not in done and (seed := _seed_of(one, old)) is not None
    }
    return [_with_copy(key_of(made), seed, new) for made, seed in opened.values()]


def _with_copy(key: RoleKey, seed: bytes, recovery: Recipient) -> RoleKeyMade:
    sealed = recovery.seal_with(seed, _copy_info(key.role, key.recipient.fingerprint))
    lock = key.lock
    return RoleKeyMade(key.role, key.public, lock.salt, lock.n, lock.seed, recovery.fingerprint, sealed)


def _seed_of(made: RoleKeyMade, recovery: KeyPair) -> bytes | None:
    fingerprint = key_of(made).recipient.fingerprint
    seed = recovery.open_with(made.sealed, _copy_info(made.role, fingerprint))
    return seed if seed is not None and len(seed) == SEED_BYTES else None


def role_keys(folder: Path) -> list[RoleKey]:
    """Return the keys of roles that a node seals to, in order of name.

    Raises:
        StorageError: A file there is none of ours.
    """
    return [_read(path) for path in sorted(folder.glob("*.json"))]


def keep_role_key(folder: Path, key: RoleKey) -> None:
    """Let the node seal to *key* from now on; a former key of the role is replaced: its words open what it sealed."""
    durable_makedirs(folder, mode=0o755)
    write_file(folder / f"{key.role}.json", msgspec.json.encode(key), mode=0o644)


def words_of(words: str) -> list[str]:
    """Return words as they are printed for people: four on a line."""
    found = words.split()
    return [" ".join(found[at : at + 4]) for at in range(0, len(found), 4)]


def _read(path: Path) -> RoleKey:
    try:
        key = msgspec.json.decode(path.read_bytes(), type=RoleKey)
        key.recipient  # noqa: B018 - a public key of another length is none
    except (OSError, ValueError, msgspec.MsgspecError):
        raise StorageError(
            f"keys/roles/{path.name} is not the key of a role.",
            safe="Everything that was sealed; its words open it.",
            next="Bring the file back from a backup, or make another key: contrefeu keys role.",
        ) from None
    return key


def _as_drawn(words: str) -> str:
    """Words as they were drawn, however they were typed; what is none of the list stays as it is, and opens nothing."""
    starts = {word[:_LETTERS]: word for word in WORDLIST}
    typed = words.lower().replace(",", " ").replace("-", " ").split()
    return " ".join(starts.get(word[:_LETTERS], word) for word in typed)


def _closing_key(words: str, salt: bytes, cost: int) -> bytes:
    memory = 128 * _BLOCK * cost + 2**20  # bytes that scrypt takes (RFC 7914, 2), and some room
    return scrypt(words.encode(), salt=salt, n=cost, r=_BLOCK, p=1, maxmem=memory, dklen=32)


def _lock_info(role: str) -> bytes:
    return f"contrefeu role key v1\n{role}\n".encode()


def _copy_info(role: str, fingerprint: str) -> bytes:
    return f"contrefeu role key v1 for custodians\n{role}\n{fingerprint}\n".encode()
