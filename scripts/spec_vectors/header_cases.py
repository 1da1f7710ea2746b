"""Headers that are no headers: signed by the writer all the same, where that can be, with good frames behind."""

import base64
import struct
from typing import Any

from contrefeu.journal.header import MAGIC, pack_header
from contrefeu.proof import Frontier
from spec_vectors.built import ORIGIN, PAIRS, SEG1, SEG2, SIGNER, STRANGER, Built, Cases, at
from spec_vectors.resealed import behind, header_text, reheaded

ALTERED = [at(2, 0, 5, 4, "altered")]  # who vouches for its entries? the checkpoint is not there


def add_headers(cases: Cases) -> None:  # noqa: PLR0915 (a table)
    """Lines missing, moved, spelt otherwise, of other values."""
    built = cases.built
    said = header_text(built)
    lines = said.split("\n")
    peaks = lines[6].split(" ")
    commitment, recipient = lines[9], lines[10]
    label, name, fingerprint, sealed = recipient.split(" ")
    key = base64.b64decode(sealed)

    def text(name: str, instead: str, where: list[dict[str, Any]] = ALTERED, check: str = "header") -> None:
        # Where the tree stood is what a check without a key compares, and a reader passes over.
        before = 7 if check == "tree" else 4
        cases.refuses(f"header: {name}", check, where, *behind(built, SIGNER.sign(instead)), entries=before)

    def line(name: str, old: str, instead: str, **more: Any) -> None:
        assert said.count(old) >= 1, old
        text(name, said.replace(old, instead, 1), **more)

    for old, instead in (
        ("origin drill/vector-capture", "origin drill/other"),
        ("segment 2", "segment 3"),
        ("compression zstd", "compression none"),
        ("first-sequence 5", "first-sequence 05"),
        ("last-hlc", "last-clock"),
    ):
        kind = "reordered" if instead in {"segment 3", "origin drill/other"} else "altered"  # it says whose it is
        cases.refuses(f"header that says {instead} for {old}", "header", [at(2, 0, 5, 4, kind)],
                      *reheaded(built, SIGNER, old.encode(), instead.encode()), entries=4)  # fmt: skip
    other_tree = Frontier(len(built.frames[SEG1]) + 1, [bytes(32)] * 2)
    differ = [at(1, built.frames[SEG1][0][0], 1, 4, "altered"),
              at(1, built.frames[SEG1][3][0], 5, 4, "altered")]  # fmt: skip
    cases.refuses("header over another tree", "tree", differ, *reheaded(built, SIGNER, tree=other_tree))
    cases.refuses("header signed by a stranger", "note", ALTERED, *reheaded(built, STRANGER), entries=4)
    line("another version", "segment v1\n", "segment v2\n")
    line("another title", "contrefeu journal", "contrefeu diary")
    text("no title", said.partition("\n")[2])
    line("no origin", f"origin {ORIGIN}", "origin ", where=[at(2, 0, 5, 4, "reordered")])
    line("segment 0", "segment 2", "segment 0")
    line("a segment below 0", "segment 2", "segment -2")
    line("a segment with a sign", "segment 2", "segment +2")
    line("a segment with a zero before", "segment 2", "segment 02")
    line("a segment with a blank behind", "segment 2", "segment 2 ")
    line("a segment in other digits", "segment 2", "segment ٢")
    line("a segment with a low line", "segment 2", "segment 0_2")
    line("a time with three decimals", ".456789Z", ".456Z")
    line("a time with an offset", ".456789Z", ".456789+00:00")
    line("a time without a zone", ".456789Z", ".456789")
    line("a time with a blank", "24T02", "24 02")
    line("a month 13", "opened 2026-11", "opened 2026-13")
    line("no time", lines[3], "opened ")
    line("first sequence 0", "first-sequence 5", "first-sequence 0")
    line("a first sequence of 2^63", "first-sequence 5", f"first-sequence {2**63}")
    line("a first sequence that is no number", "first-sequence 5", "first-sequence 5.0")
    gap = [at(2, 0, 5, 5, "missing"), at(2, _start(built, "5", "6"), 6, 5, "reordered")]
    line("a first sequence too late", "first-sequence 5", "first-sequence 6", where=gap, check="tree")
    end, frames = len(built.files[SEG1]), built.frames[SEG1]
    line("a first leaf too late", "first-leaf 5", "first-leaf 6", where=[at(1, end, 5, 4, "missing")], check="tree")
    early = [at(1, frames[0][0], 1, 1, "altered"), at(1, frames[1][0], 2, 4, "altered")]
    line("a first leaf too early", "first-leaf 5", "first-leaf 3", where=early, check="tree")
    line("a first leaf that its peaks do not fit", "first-leaf 5", "first-leaf 7")
    line("a first leaf of 2^63", "first-leaf 5", f"first-leaf {2**63 + 1}")
    line("peaks in another order", lines[6], f"peaks {peaks[2]} {peaks[1]}", where=differ, check="tree")
    line("a peak missing", lines[6], f"peaks {peaks[1]}")
    line("a peak too many", lines[6], f"{lines[6]} {peaks[1]}")
    line("a peak of 31 bytes", peaks[1], _b64(base64.b64decode(peaks[1])[:31]))
    line("a peak spelt otherwise", peaks[2], _stray(peaks[2]))
    line("two blanks between peaks", f"{peaks[1]} ", f"{peaks[1]}  ")
    line("a clock of another entry", lines[7], "last-hlc 7", where=[at(2, 0, 5, 4, "altered")], check="tree")
    line("no clock", lines[7], "last-hlc ")
    line("no compression", "compression zstd\n", "")
    line("compression twice", "compression zstd\n", "compression zstd\n" * 2)
    line("two lines exchanged", f"{lines[4]}\n{lines[5]}", f"{lines[5]}\n{lines[4]}")
    line("a line of its own", commitment, f"{commitment}\nnote anything")
    line("an empty line", commitment, f"{commitment}\n")
    line("a commitment of 31 bytes", commitment, "commitment " + _b64(bytes(31)))
    line("a commitment spelt otherwise", commitment, "commitment " + _stray(commitment.split(" ")[1]))
    text("no recipient", "\n".join(lines[:10]) + "\n")
    line("a recipient without a name", recipient, f"{label}  {fingerprint} {sealed}")
    line("a recipient of another label", recipient, f"recipients {name} {fingerprint} {sealed}")
    line("a fingerprint in capitals", fingerprint, fingerprint.upper())
    line("a fingerprint of 63 digits", fingerprint, fingerprint[:63])
    line("a sealed key with a byte less", sealed, _b64(key[:-1]))
    line("a sealed key with a byte more", sealed, _b64(key + b"\0"))
    line("a sealed key without what it was made with", sealed, _b64(key[1120:]))
    line("a sealed key spelt otherwise", sealed, sealed[:-1])
    line("a recipient with a fifth word", recipient, f"{recipient} more")
    for what, instead in (
        ("a commitment of another key", (commitment, "commitment " + _b64(bytes(32)))),
        ("a sealed key altered in ML-KEM's part", (sealed, _b64(bytes([key[0] ^ 1]) + key[1:]))),
        ("a sealed key altered in X25519's part", (sealed, _b64(key[:1100] + bytes([key[1100] ^ 1]) + key[1101:]))),
        ("a sealed key altered in its ciphertext", (sealed, _b64(key[:1125] + bytes([key[1125] ^ 1]) + key[1126:]))),
        ("a sealed key altered in its tag", (sealed, _b64(key[:-1] + bytes([key[-1] ^ 1])))),
        ("a sealed key of another segment", (sealed, built.sealed["1 recovery"])),
        ("a sealed key of another recipient", (sealed, built.sealed["2 reader/2026-11-24"])),
        ("a key sealed under another fingerprint", (fingerprint, PAIRS["reader/peer"].fingerprint)),
    ):
        line(what, *instead, where=[], check="key")
    _add_notes(cases)


def _add_notes(cases: Cases) -> None:
    """The note around the text, and the length before it."""
    built = cases.built
    good = built.notes[SEG2]
    said = header_text(built)
    mark, who, blob = SIGNER.signature_line(said).rstrip("\n").split(" ")
    forged = STRANGER.signature_line(said).split(" ")[2]
    other_id = _b64(bytes(4) + base64.b64decode(blob)[4:])
    again = f"{mark} {who} {_b64(base64.b64decode(blob)[:-1] + bytes(1))}\n"
    for name, note in (
        ("no signature", f"{said}\n".encode()),
        ("no empty line before the signature", f"{said}{mark} {who} {blob}\n".encode()),
        ("a signature of another key id", f"{said}\n{mark} {who} {other_id}\n".encode()),
        ("a signature under another name", f"{said}\n{mark} drill/other {blob}\n".encode()),
        ("a stranger's signature under the writer's id",
         f"{said}\n{mark} {who} {_b64(base64.b64decode(blob)[:4] + base64.b64decode(forged)[4:])}\n".encode()),
        ("a wrong second signature of the writer", good + again.encode()),
        ("a wrong first signature of the writer", f"{said}\n{again}{mark} {who} {blob}\n".encode()),
        ("a text behind the signature", good + b"more\n"),
        ("no newline at the end", good[:-1]),
        ("a hyphen for the dash", good.replace("—".encode(), b"-")),
        ("two blanks in the signature line", good.replace(f"{who} {blob}".encode(), f"{who}  {blob}".encode())),
        ("a tab", SIGNER.sign(said.replace("compression zstd", "compression\tzstd"))),
        ("carriage returns", good.replace(b"\n", b"\r\n")),
        ("a byte that is not UTF-8", good.replace(b"contrefeu", b"contrefe\xff")),
    ):  # fmt: skip
        cases.refuses(f"header note: {name}", "note", ALTERED, *behind(built, note), entries=4)
    for name, packed in (
        ("another mark", b"CFJ2" + pack_header(good)[4:]),
        ("a length of 0", MAGIC + bytes(4) + good),
        ("a length above 262144", MAGIC + struct.pack(">I", 262_145) + good),
        ("a length with a byte less", MAGIC + struct.pack(">I", len(good) - 1) + good),
        ("a length with a byte more", MAGIC + struct.pack(">I", len(good) + 1) + good),
        ("a length beyond the file", MAGIC + struct.pack(">I", 200_000) + good),
    ):
        cases.refuses(f"header note: {name}", "header", ALTERED, *behind(built, good, packed), entries=4)


def _start(built: Built, old: str, new: str) -> int:
    """Where the frames begin behind the header with one line changed."""
    said = header_text(built).replace(f"first-sequence {old}", f"first-sequence {new}")
    return len(pack_header(SIGNER.sign(said)))


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _stray(text: str) -> str:
    """The same bytes for a lax reader: a bit set that is no part of them."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    assert text.endswith("=")
    last = text.rstrip("=")[-1]
    return text.replace(f"{last}=", f"{alphabet[alphabet.index(last) ^ 1]}=")
