"""Whether a pack that was made opens: what somebody on a ward does with it on the night, done ahead."""

import re
from base64 import b64decode
from binascii import Error as NotBase64
from io import BytesIO

import pikepdf
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

ROUNDS_MAX = 10_000_000  # of a page's key: a file that asks for more was not made here, and would take a minute
_SAID = re.compile(rb' data-(salt|nonce|sealed|rounds)="([^"]*)"')


def pdf_pages(pdf: bytes, password: str = "") -> int:
    """Return how many pages *pdf* has once *password* opened it and all was read; 0 when it is shut.

    What is damaged does not open here, although some programs guess at the rest; nor does one that needs no password.
    """
    try:
        with pikepdf.open(BytesIO(pdf), password=password, attempt_recovery=False) as document:
            open_to_all = bool(password) and not document.is_encrypted
            return 0 if open_to_all or document.check_pdf_syntax() else len(document.pages)
    except (pikepdf.PdfError, pikepdf.PasswordError):
        return 0


def page_opens(page: bytes, password: str) -> bool:
    """Whether *password* opens a pack for browsers (screen.py)."""
    said = dict(_SAID.findall(page))
    try:
        salt, nonce, sealed = (b64decode(said[name], validate=True) for name in (b"salt", b"nonce", b"sealed"))
        rounds = int(said[b"rounds"])
        if not 0 < rounds <= ROUNDS_MAX:
            return False
        AESGCM(PBKDF2HMAC(SHA256(), 32, salt, rounds).derive(password.encode())).decrypt(nonce, sealed, None)
    except (KeyError, ValueError, NotBase64, InvalidTag):
        return False
    return True
