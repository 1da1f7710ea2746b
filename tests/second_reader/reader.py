"""Reads a journal as docs/spec/journal-v1.md says: files and a seed give its entries; `Refused` has those before."""

import base64
import hmac
import re
from binascii import crc32
from hashlib import sha3_256, sha256, shake_256
from struct import error, unpack_from

import zstandard
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

DAY = "[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
NUMBER, TIME = "(0|[1-9][0-9]{0,18})", DAY + r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z"
HEADER = re.compile(
    f"contrefeu journal segment v1\norigin (\\S+)\nsegment {NUMBER}\nopened {TIME}\nfirst-sequence {NUMBER}\n"
    f"first-leaf {NUMBER}\npeaks((?: \\S+)*)\nlast-hlc {NUMBER}\ncompression zstd\ncommitment (\\S+)"
    "((?:\nrecipient [^ \n]+ [0-9a-f]{64} \\S+)+)"
)
BAD = (ValueError, InvalidSignature, InvalidTag, KeyError, IndexError, error, zstandard.ZstdError)
POINT = re.compile(f"(\\S+)\n{NUMBER}\n(\\S+)\nentries {NUMBER}\ntime {TIME}(\n.+)*")


class Refused(ValueError):
    """The journal is not what was written: why, and the entries that came before."""


def need(holds, why):
    if not holds:
        raise Refused(why)


def b64(text):
    data = base64.b64decode(text)
    return data if base64.b64encode(data).decode() == text else need(False, "base64")


def said(pattern, text):
    words = (pattern.fullmatch(text) or need(False, "not as it is written")).groups()
    words = [int(word) if re.fullmatch(NUMBER, word or "") else word for word in words]
    return words if all(word < 1 << 63 for word in words if type(word) is int) else need(False, "number")


def verifier(line):
    name, key_id, key = line.strip().split("+", 2)
    key = b64(key)
    good = key[:1] == b"\x01" and len(key) == 33 and sha256(name.encode() + b"\n" + key).digest()[:4].hex() == key_id
    need(good and name, "key")
    return name, bytes.fromhex(key_id), Ed25519PublicKey.from_public_bytes(key[1:])


def note(data, key):
    name, key_id, public = key
    text, gap, signatures = data.decode().rpartition("\n\n")
    need(gap and signatures.endswith("\n") and not re.search("[\x00-\x09\x0b-\x1f]", text), "note")
    found = False
    for line in signatures[:-1].split("\n"):
        mark, who, signature = line.split(" ")
        need(mark == "—" and who and "+" not in who and len(b64(signature)) > 4, "signature line")
        if who == name and b64(signature)[:4] == key_id:
            found = public.verify(b64(signature)[4:], f"{text}\n".encode()) is None
    return text if found else need(False, "nobody signed")


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
    length = unpack_from(">I", data, 4)[0] if data[:4] == b"CFJ1" and len(data) >= 8 else 0
    need(0 < length <= 262144 and len(data) >= 8 + length, "no whole header")
    raw = data[8 : 8 + length]
    origin, segment, first, leaves, tops, clock, commitment, keys = said(HEADER, note(raw, key))
    need((origin, segment) == (key[0], place) and first > 0, "another segment's header")
    tops, keys = [b64(top) for top in tops.split()], [line.split(" ") for line in keys[1:].split("\n")]
    fits = all(len(top) == 32 for top in [*tops, b64(commitment)]) and all(len(b64(k[3])) == 1168 for k in keys)
    need(fits and len(tops) == leaves.bit_count(), "lengths")
    return (first, leaves, tops, clock, b64(commitment)), raw, 8 + length, {k[2]: b64(k[3]) for k in keys}


def data_key(origin, segment, commitment, keys, seed):
    own = sha256(pair(seed)[2]).hexdigest()
    need(own in keys, "no key opens it")
    info = f"contrefeu journal v1 data key\n{origin}\n{segment}\n{own}\n".encode()
    found = open_sealed(keys[own], seed, info)
    fits = hmac.digest(found, b"contrefeu journal v1 commitment", "sha256") == commitment
    return found if fits else need(False, "commitment")


def frame(data, at):
    """Head, first 116 bytes and ciphertext of the frame at *at*; None when there is no whole one."""
    prefix = data[at : at + 120]
    if len(prefix) < 120 or prefix[:2] != b"CF" or crc32(prefix[:116]) != unpack_from(">I", prefix, 116)[0]:
        return None
    flags, number, first, count, length, early, late = head = unpack_from(">HQQIIQQ", prefix, 2)
    fits = early == late and count == 0 and length == 16 if flags else late - early >= count - 1 and length > 16
    sealed = data[at + 120 : at + 120 + length]
    fits = fits and flags < 2 and count <= 65536 and (flags or count) and 0 < first < (1 << 63) - count
    fits = fits and number < 1 << 63 and length <= 128 << 20 and len(sealed) == length
    return (head, prefix[:116], sealed) if fits and sha256(sealed).digest() == prefix[84:116] else None


def entries_of(found, key, raw):
    (flags, _, first, count, _, early, late), prefix, sealed = found
    plain = AESGCM(hmac.digest(key, prefix[:84] + b"\1", "sha256")).decrypt(bytes(12), sealed, sha256(raw).digest())
    if flags:
        return need(plain == b"", "closing frame") or []
    need(0 <= zstandard.frame_content_size(plain) <= 72 << 20, "batch")
    batch, records, at = zstandard.ZstdDecompressor().decompress(plain, allow_extra_data=False), [], 0
    while at < len(batch):
        size = unpack_from(">I", batch, at)[0]
        need(size >= 42 and len(batch) >= at + 4 + size, "record")
        records.append(batch[at + 4 : at + 4 + size])
        at, media = at + 4 + size, 41 + records[-1][40]
        body = media + 1 + records[-1][media]
        need(body <= size <= body + (64 << 20) and records[-1][41:media].decode() is not None, "entry")
        records[-1][media + 1 : body].decode()
    need(len(records) == count and root([sha256(b"\0" + r).digest() for r in records]) == prefix[52:84], "entries root")
    sequences, clocks = zip(*(unpack_from(">Q8xQ", r, 16) for r in records), strict=True)
    need(list(sequences) == list(range(first, first + count)), "sequence")
    need(list(clocks) == sorted(set(clocks)) and (clocks[0], clocks[-1]) == (early, late), "clocks")
    return [r[16:] for r in records]


def read(files, seed, held_elsewhere=(), trusted=None):
    """Return the entries, and whether a torn tail lies behind them."""
    entries, leaves, heads, roots, tail, now = [], [], {}, {0: (root([]), 0)}, False, 0
    try:
        key = verifier(files["verifier"].decode())
        need(trusted is None or files["verifier"].decode().strip() == trusted.strip(), "another key")
        points = [files[name] for name in files if name == "checkpoint"] + [data.encode() for data in held_elsewhere]
        points = [said(POINT, note(data, key)) for data in points]
        names = sorted(name for name in files if name.startswith("segments/"))
        for name in names:
            try:
                heads[name] = header(files[name], key, int(name[9:19]))
            except BAD:
                need(name == names[-1] and not any(frame(files[name], at) for at in range(len(files[name]))), "header")
                tail = True
        for i, name in enumerate(heads):
            (first, size, tops, clock, commitment), raw, at, keys = heads[name]
            limit = [h[0][1] for h in list(heads.values())[i + 1 :]][:1]
            if limit == [size]:
                continue
            need((size, first, clock, tops) == (len(leaves), len(entries) + 1, now, peaks(leaves)), f"{name} follows")
            opener = data_key(key[0], int(name[9:19]), commitment, keys, seed)
            count, closed, data = 0, False, files[name]
            leaves.append(sha256(b"\0" + raw).digest())
            roots[len(leaves)] = root(leaves), len(entries)
            while not limit or len(leaves) < limit[0]:
                found = frame(data, at)
                if found is None:
                    later = any(frame(data, behind) for behind in range(at, len(data)) if data[behind] == 67)
                    need(not (limit or later) and len(leaves) >= max([0, *(p[1] for p in points)]), f"damaged at {at}")
                    tail = tail or data[at:].strip(b"\0") != b""
                    break
                fits = found[0][1:3] == (count, len(entries) + 1) and (found[0][5] > now or found[0][0])
                need(fits and not closed, f"{name}: a frame out of place at {at}")
                entries += entries_of(found, opener, raw)
                leaves.append(sha256(b"\0" + found[1]).digest())
                roots[len(leaves)] = root(leaves), len(entries)
                at, count, closed, now = at + 120 + len(found[2]), count + 1, found[0][0] == 1, found[0][6]
        for origin, size, top, count, _ in points:
            need(origin == key[0] and roots.get(size) == (b64(top), count), "checkpoint")
    except BAD as found:
        raise Refused(str(found) or type(found).__name__, entries) from None
    return entries, tail
