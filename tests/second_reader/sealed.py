"""Opens a sealed document by its role's words: docs/spec/sealed-document-v1.md alone, and no code of ours."""

import base64
import hashlib
import hmac
import json

import zstandard
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.second_reader.reader import open_sealed, pair

MEMBERS = {"sealed", "role", "media_type", "outline", "same", "recipient", "key", "commitment", "lock"}


def document(body: bytes, words: str) -> bytes:
    """What stands in it."""
    line, _, ciphertext = body.partition(b"\n")
    assert line.startswith(b'{"sealed":"v1",')
    head = json.loads(line)
    assert set(head) == MEMBERS
    role, lock = head["role"], head["lock"]
    salt, closed = base64.b64decode(lock["salt"]), base64.b64decode(lock["seed"])
    assert lock["n"] <= 131_072
    key = hashlib.scrypt(words.encode(), salt=salt, n=lock["n"], r=8, p=1, maxmem=2**28, dklen=32)
    seed = AESGCM(key).decrypt(bytes(12), closed, f"contrefeu role key v1\n{role}\n".encode())
    assert hashlib.sha256(pair(seed)[-1]).hexdigest() == head["recipient"]
    info = f"contrefeu sealed document v1 data key\n{role}\n{head['recipient']}\n".encode()
    data_key = open_sealed(base64.b64decode(head["key"]), seed, info)
    commitment = hmac.digest(data_key, b"contrefeu sealed document v1 commitment", "sha256")
    assert commitment == base64.b64decode(head["commitment"])
    return zstandard.ZstdDecompressor().decompress(AESGCM(data_key).decrypt(bytes(12), ciphertext, line))
