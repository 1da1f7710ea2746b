"""A document opens, is broken, or looks encrypted, by its bytes alone.

Method: small files of each kind: whole, cut, sealed with a real cipher; what compresses well is not taken for it.
"""

import base64
import random
import zlib

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from contrefeu.watch.documents import Unpacking, is_random, judge

PDF = b"%PDF-1.4\n" + b"1 0 obj<</Type/Catalog>>endobj\n" * 30 + b"startxref\n9\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + zlib.compress(bytes(range(256)) * 20) + b"\x00\x00\x00\x00IEND\xaeB`\x82"
SEALED = AESGCM(bytes(32)).encrypt(bytes(12), PDF * 4, None)
TEXT = "Compte rendu : l’examen ne montre rien de particulier. ".encode("latin-1", "replace") * 30


@pytest.mark.parametrize(
    ("data", "declared", "verdict"),
    [
        (PDF, "PDF", "good"),
        (PDF[:-12], "application/pdf", "broken"),
        (PDF[:20] + SEALED, "PDF", "broken"),
        (SEALED, "PDF", "sealed"),
        (SEALED, "", "sealed"),
        (PNG, "image/png", "good"),
        (PNG[:-12], "png", "broken"),
        (TEXT, "text/plain", "good"),
        (TEXT, "PDF", "broken"),
        (b"{\\rtf1 bonjour}", "RTF", "good"),
        (b"<ClinicalDocument/>", "xml", "good"),
        (b"", "text", "good"),
        (b"short", "x-unknown", "good"),
    ],
)
def test_a_document_is_what_its_bytes_say(data, declared, verdict):
    """Whole, cut, sealed, and declared as something else."""
    assert judge(data, declared) == verdict


def test_ciphertext_is_told_from_everything_that_is_only_packed():
    """Of a thousand sealed files of any size none passes; deflate without a header is left alone."""
    draw = random.Random(7)
    assert all(is_random(draw.randbytes(draw.randint(600, 40_000))) for _ in range(300))
    packed = zlib.compress(b"".join(b"%d;%s\n" % (n, draw.choice([b"Na", b"K", b"Cl"])) for n in range(9000)), 9)
    assert not is_random(base64.b64encode(SEALED)), "letters are not random bytes"
    assert not is_random(TEXT)
    assert not is_random(packed[:300]), "too few bytes to say"


@pytest.mark.parametrize("piece", [1, 7, 100, 10_000])
def test_base64_is_judged_in_pieces_as_it_is_whole(piece):
    """As senders write it: with blanks, without padding, cut anywhere; what is no base64 does not open."""

    def verdict(text: bytes, declared: str = "") -> str:
        unpacking = Unpacking()
        for at in range(0, len(text), piece):
            unpacking.feed(text[at : at + piece])
        return unpacking.verdict(declared)

    for data, declared in ((PDF, "PDF"), (PDF[:-12], "PDF"), (SEALED, "PDF"), (TEXT, "text"), (PDF + bytes(9000), "")):
        assert verdict(base64.encodebytes(data), declared) == judge(data, declared)
        assert verdict(base64.b64encode(data).rstrip(b"="), declared) == judge(data, declared)
    assert [verdict(text) for text in (b"", b"not base64!", b"QUJD=QUJD", b"QQ==QQ==", b"Q")] == ["broken"] * 5
