"""A station's TLS identity among its peers: one key, one certificate, pinned by whoever joins it.

    HOME/node/exchange.key    private; the exchange process
    HOME/node/exchange.pem    the certificate: self-signed, and on the station's card

Rules kept here:
  * Both ends show a certificate, and each must be, byte for byte, one that was pinned: no name, no authority, no DNS.
  * A certificate has no last day and no first one: a peer whose clock is years off is still the same peer (S7).
  * TLS 1.3 alone; what travels is sealed already, so the connection hides who asks for what, and whom.
"""

import ssl
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from contrefeu.base import write_file

_FIRST_DAY = datetime(1970, 1, 1, tzinfo=UTC)
_NO_LAST_DAY = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)  # RFC 5280, 4.1.2.5


def make_identity(folder: Path, node: str) -> bytes:
    """Make key and certificate in *folder* unless they are there; returns the certificate, DER."""
    key_file, certificate_file = folder / "exchange.key", folder / "exchange.pem"
    if not certificate_file.exists():
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, node[:64])])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(_FIRST_DAY)
            .not_valid_after(_NO_LAST_DAY)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        write_file(key_file, pem)
        write_file(certificate_file, certificate.public_bytes(serialization.Encoding.PEM), mode=0o644)
    return ssl.PEM_cert_to_DER_cert(certificate_file.read_text())


def server_context(folder: Path, pinned: Iterable[bytes]) -> ssl.SSLContext:
    """What a station answers with: its own certificate, for the *pinned* ones (DER) alone."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    return _with(context, folder, pinned)


def client_context(folder: Path, pinned: Iterable[bytes]) -> ssl.SSLContext:
    """What a station calls with."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False  # the certificate itself is pinned
    return _with(context, folder, pinned)


def _with(context: ssl.SSLContext, folder: Path, pinned: Iterable[bytes]) -> ssl.SSLContext:
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    context.load_cert_chain(folder / "exchange.pem", folder / "exchange.key")
    trusted = b"".join(pinned)
    if trusted:
        context.load_verify_locations(cadata=trusted)
    return context
