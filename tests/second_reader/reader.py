"""Reads a journal as docs/spec/journal-v1.md says, section by section: at most 200 lines, nothing of the package.

In: the files of one journal by name, the writer's public key, a seed. Out: its entries, or `Refused` with those before.
"""

import base64
import hmac
import re
from binascii import crc32
from hashlib import sha3_256, sha256, shake_256
from struct import unpack, unpack_from

import zstandard
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

HEADER_LINES = "origin,segment,opened,first-sequence,first-leaf,peaks,last-hlc,compression,commitment"
NUMBER = re.compile("0|[1-9][0-9]*")


class Refused(Exception):
    """The journal is not what was written: why, and the entries that came before."""


def need(holds, why):
    if not holds:
        raise Refused(why)


def b64(text):
    data = base64.b64decode(text)
    return data if base64.b64encode(data).decode() == text else need(False, "base64")


def number(text):
    return int(text) if NUMBER.fullmatch(text) else need(False, "number")


def verifier(line):
    name, key_id, key = line.strip().split("+", 2)
    key = b64(key)
    need(key[:1] == b"\x01" and len(key) == 33, "key")
    need(sha256(name.encode() + b"\n" + key).digest()[:4].hex() == key_id, "key id")
    return name, bytes.fromhex(key_id), Ed25519PublicKey.from_public_bytes(key[1:])


def note(data, key):
    name, key_id, public = key
    text, gap, signatures = data.decode().rpartition("\n\n")
    need(gap and signatures.endswith("\n") and not re.search("[\x00-\x09\x0b-\x1f]", text), "note")
    found = False
    for line in signatures[:-1].split("\n"):
        mark, who, signature = line.split(" ")
        need(mark == "—", "signature line")
        signature = b64(signature)
        if who == name and signature[:4] == key_id:
            public.verify(signature[4:], f"{text}\n".encode())
            found = True
    need(found, "nobody signed")
    return text.split("\n")


def leaf(data):
    return sha256(b"\0" + data).digest()


def peaks(leaves):
    sizes = [1 << bit for bit in reversed(range(len(leaves).bit_length())) if len(leaves) >> bit & 1]
    return [root(leaves[sum(sizes[:i]) : sum(sizes[: i + 1])]) for i in range(len(sizes))]


def root(leaves):
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"").digest()
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\1" + root(leaves[:k]) + root(leaves[k:])).digest()


def pair(seed):
    d = shake_256(seed).digest(96)
    kem, curve = MLKEM768PrivateKey.from_seed_bytes(d[:64]), X25519PrivateKey.from_private_bytes(d[64:])
    return kem, curve, kem.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw()


def hpke(key, label, data, length=None):  # LabeledExtract, or with a length LabeledExpand (RFC 9180, 4)
    data = b"HPKE-v1HPKE" + bytes.fromhex("647a00010002") + label + data
    return hmac.digest(key, length.to_bytes(2, "big") + data + b"\1" if length else data, "sha256")[:length]


def open_sealed(sealed, seed, info):
    kem, curve, public = pair(seed)
    secret = kem.decapsulate(sealed[:1088]) + curve.exchange(X25519PublicKey.from_public_bytes(sealed[1088:1120]))
    shared = sha3_256(secret + sealed[1088:1120] + public[1184:] + bytes.fromhex("5c2e2f2f5e5c")).digest()
    context = b"\0" + hpke(b"", b"psk_id_hash", b"") + hpke(b"", b"info_hash", info)
    secret = hpke(shared, b"secret", b"")
    key, nonce = hpke(secret, b"key", context, 32), hpke(secret, b"base_nonce", context, 12)
    return AESGCM(key).decrypt(nonce, sealed[1120:], b"")


def header(data, key, place):
    length = unpack(">I", data[4:8])[0] if data[:4] == b"CFJ1" and len(data) >= 8 else 0
    need(0 < length <= 262144 and len(data) >= 8 + length, "no whole header")
    raw = data[8 : 8 + length]
    title, *lines = note(raw, key)
    said = dict(line.partition(" ")[::2] for line in lines[:9])
    need(title == "contrefeu journal segment v1" and ",".join(said) == HEADER_LINES, "header lines")
    need((said["origin"], number(said["segment"])) == (key[0], place), "another segment's header")
    need(said["compression"] == "zstd", "compression")
    said |= {name: number(said[name]) for name in ("first-sequence", "first-leaf", "last-hlc")}
    keys = [line.split(" ") for line in lines[9:]]
    need(all(len(k) == 4 and k[0] == "recipient" for k in keys), "recipient")
    return said, raw, 8 + length, {k[2]: b64(k[3]) for k in keys}


def data_key(said, keys, seed):
    own = sha256(pair(seed)[2]).hexdigest()
    need(own in keys, "no key opens it")
    info = f"contrefeu journal v1 data key\n{said['origin']}\n{said['segment']}\n{own}\n".encode()
    found = open_sealed(keys[own], seed, info)
    need(hmac.digest(found, b"contrefeu journal v1 commitment", "sha256") == b64(said["commitment"]), "commitment")
    return found


def frame(data, at):
    """Head, first 116 bytes and ciphertext of the frame at *at*; None when there is no whole one."""
    prefix = data[at : at + 120]
    if len(prefix) < 120 or prefix[:2] != b"CF" or crc32(prefix[:116]) != unpack_from(">I", prefix, 116)[0]:
        return None
    head = unpack_from(">HQQII", prefix, 2)
    sealed = data[at + 120 : at + 120 + head[4]]
    fits = head[4] <= 128 << 20 and len(sealed) == head[4] and sha256(sealed).digest() == prefix[84:116]
    return (head, prefix[:116], sealed) if fits else None


def entries_of(found, key, raw):
    (flags, _number, first, count, _length), prefix, sealed = found
    plain = AESGCM(hmac.digest(key, prefix[:84] + b"\1", "sha256")).decrypt(bytes(12), sealed, sha256(raw).digest())
    if flags == 1:
        return need(count == 0 and plain == b"", "closing frame") or []
    need(flags == 0 and count and 0 <= zstandard.frame_content_size(plain) <= 72 << 20, "batch")
    batch, records = zstandard.ZstdDecompressor().decompress(plain), []
    while batch:
        size = unpack_from(">I", batch)[0]
        need(size >= 42 and len(batch) >= 4 + size, "record")
        records.append(batch[4 : 4 + size])
        batch = batch[4 + size :]
    need(len(records) == count and root([leaf(r) for r in records]) == prefix[52:84], "entries root")
    need([unpack_from(">Q", r, 16)[0] for r in records] == list(range(first, first + count)), "sequence")
    return [r[16:] for r in records]


def read(files, seed, held_elsewhere=(), trusted=None):
    """Return the entries, and whether a torn tail lies behind them."""
    entries, leaves, heads, roots, tail = [], [], {}, {0: (root([]), 0)}, False
    try:
        key = verifier(files["verifier"].decode())
        need(trusted is None or files["verifier"].decode().strip() == trusted.strip(), "another key")
        points = [note(files["checkpoint"], key)] if "checkpoint" in files else []
        points += [note(data.encode(), key) for data in held_elsewhere]
        signed = max([number(point[1]) for point in points], default=0)
        names = sorted(name for name in files if name.startswith("segments/"))
        for name in names:
            try:
                heads[name] = header(files[name], key, int(name[9:19]))
            except (Refused, InvalidSignature, ValueError):
                behind = any(frame(files[name], at) for at in range(len(files[name])))
                need(name == names[-1] and not behind, f"{name} has no good header")
                tail = True
        for i, name in enumerate(heads):
            said, raw, at, keys = heads[name]
            limit = [h[0]["first-leaf"] for h in list(heads.values())[i + 1 :]][:1]
            if limit == [said["first-leaf"]]:
                continue
            need(said["first-leaf"] == len(leaves) and said["first-sequence"] == len(entries) + 1, f"{name} follows")
            need([base64.b64encode(p).decode() for p in peaks(leaves)] == said["peaks"].split(), "peaks")
            opener, count, closed, data = data_key(said, keys, seed), 0, False, files[name]
            leaves.append(leaf(raw))
            roots[len(leaves)] = root(leaves), len(entries)
            while not limit or len(leaves) < limit[0]:
                found = frame(data, at)
                if found is None:
                    later = any(frame(data, behind) for behind in range(at, len(data)) if data[behind] == 67)
                    need(not limit and len(leaves) >= signed and not later, f"{name} is damaged at {at}")
                    tail = tail or data[at:].strip(b"\0") != b""
                    break
                need(not closed and found[0][1:3] == (count, len(entries) + 1), f"{name}: a frame out of place at {at}")
                entries += entries_of(found, opener, raw)
                leaves.append(leaf(found[1]))
                roots[len(leaves)] = root(leaves), len(entries)
                at, count, closed = at + 120 + len(found[2]), count + 1, found[0][0] == 1
        for point in points:
            committed = b64(point[2]), number(point[3].removeprefix("entries "))
            need(point[0] == key[0] and roots.get(number(point[1])) == committed, "checkpoint")
    except (Refused, InvalidSignature, InvalidTag, ValueError, KeyError, zstandard.ZstdError) as found:
        raise Refused(str(found) or type(found).__name__, entries) from None
    return entries, tail
