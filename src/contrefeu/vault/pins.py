"""TLS between two machines that know each other's key and nothing else: no name, no authority, no clock.

Rules kept here:
  * TLS 1.3 only, both sides show a certificate, and each accepts the pinned keys alone. Names, dates and authorities
    say nothing: a hospital under attack may have no DNS and a wrong clock.
  * A certificate is made from the key when it is needed. Whoever pins a key makes the anchor it must lead to from the
    public key alone, so that what people carry from one machine to the other is one line.
  * A private key is never in a file but its own (0600): OpenSSL reads it from memory.
"""

import os
import ssl
from collections.abc import Iterable
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from contrefeu.base import OperatorError

PULL = "contrefeu-pull/1"  # ALPN of pulled copies: both sides speak it, or nothing is said
# RFC 5280, 4.1.2.5: a certificate without an end; its clock is nobody's business here.
_FROM, _TO = datetime(1970, 1, 1), datetime(9999, 12, 31, 23, 59, 59)  # noqa: DTZ001 - the library takes them as UTC


class NotPinned(OperatorError):
    """Whoever answered, or called, does not hold a key that is known here."""

    kind = "not-pinned"


def tls_context(seed: bytes, peers: Iterable[bytes], *, server: bool, protocol: str = PULL) -> ssl.SSLContext:
    """What makes connections between the key of *seed* and one of *peers* (public Ed25519 keys, 32 bytes)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.set_alpn_protocols([protocol])
    if server:
        context.num_tickets = 0  # a resumed session would show no certificate
    anchors = b"".join(_anchor(peer) for peer in peers)
    if anchors:
        context.load_verify_locations(cadata=anchors)
    _show(context, Ed25519PrivateKey.from_private_bytes(seed))
    return context


def peer_of(connection: ssl.SSLSocket | ssl.SSLObject, peers: Iterable[bytes], protocol: str = PULL) -> bytes:
    """The pinned key at the other end.

    Raises:
        NotPinned: It is none of *peers*, or does not speak this protocol.
    """
    shown = connection.getpeercert(binary_form=True)
    key = x509.load_der_x509_certificate(shown).public_key() if shown else None
    raw = key.public_bytes_raw() if isinstance(key, Ed25519PublicKey) else b""
    if raw not in set(peers) or connection.selected_alpn_protocol() != protocol or connection.version() != "TLSv1.3":
        raise NotPinned("The other end does not hold the key that is known here.", safe="Nothing was said to it.")
    return raw


def public_of(seed: bytes) -> bytes:
    """The public key of *seed*; 32 bytes."""
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def _show(context: ssl.SSLContext, key: Ed25519PrivateKey) -> None:
    """Have *context* show a certificate of *key*."""
    public = key.public_key()
    leaf = _certificate("contrefeu", _anchor_name(public.public_bytes_raw()), public, key, authority=False)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + leaf.public_bytes(Encoding.PEM)
    memory = os.memfd_create("key", os.MFD_CLOEXEC)
    try:
        os.write(memory, pem)
        context.load_cert_chain(f"/proc/self/fd/{memory}")
    finally:
        os.close(memory)


def _anchor(public: bytes) -> bytes:
    """A certificate of the pinned key, as the authority of its holder's own: only the holder can sign under it."""
    key = Ed25519PublicKey.from_public_bytes(public)
    nobody = Ed25519PrivateKey.generate()  # an anchor's signature is not looked at: it is trusted for what it names
    return _certificate(_anchor_name(public), "nobody", key, nobody, authority=True).public_bytes(Encoding.DER)


def _anchor_name(public: bytes) -> str:
    return f"pinned {public.hex()[:48]}"


def _certificate(
    subject: str, issuer: str, public: Ed25519PublicKey, key: Ed25519PrivateKey, *, authority: bool
) -> x509.Certificate:
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(public)
        .serial_number(1)
        .not_valid_before(_FROM)
        .not_valid_after(_TO)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .sign(key, None)
    )
