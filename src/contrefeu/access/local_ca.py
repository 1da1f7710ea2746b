"""The house's own certificate authority, made at init: TLS that needs no internet and no other house's say.

Rules kept here:
  * A CA once made is kept until somebody asks for another: every ward PC trusts it. The server's certificate alone is
    made again each year.
  * Keys are written 0600, whole or not at all; the CA may sign servers only, one level deep.
  * Names and addresses of the server are in its certificate as given; nothing is guessed from the network.
"""

import base64
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from contrefeu.base import Clock, durable_makedirs, write_file

CA_DAYS = 3650  # ten years: ward PCs are given the root by hand, once in a PC's life
SERVER_DAYS = 397  # browsers refuse more
_BACKDATE = timedelta(hours=1)  # a ward PC's clock may be late (D9)


@dataclass(frozen=True, slots=True)
class LocalCa:
    """Where the files are, all PEM."""

    ca_certificate: Path  # to spread to the PCs
    ca_key: Path
    server_certificate: Path  # the chain: server, then CA
    server_key: Path


def make_local_ca(folder: Path, *, facility: str, names: Sequence[str], clock: Clock, anew: bool = False) -> LocalCa:
    """Make the CA in *folder* unless it is there, and a server certificate for *names* (host names, IP addresses).

    With *anew* the CA is made again as well: when it nears its end, or its key is no longer alone.
    """
    files = LocalCa(folder / "ca.pem", folder / "ca.key", folder / "server.pem", folder / "server.key")
    durable_makedirs(folder)
    now = datetime.fromtimestamp(clock.now_ns() // 1_000_000_000, UTC)
    if not anew and files.ca_key.exists() and files.ca_certificate.exists():
        ca_key = _read_key(files.ca_key)
        ca = x509.load_pem_x509_certificate(files.ca_certificate.read_bytes())
    else:
        ca_key = ec.generate_private_key(ec.SECP256R1())
        ca = _ca_certificate(ca_key, facility, now)
        write_file(files.ca_key, _key_pem(ca_key))
        write_file(files.ca_certificate, _pem(ca), mode=0o644)
    server_key = ec.generate_private_key(ec.SECP256R1())
    server = _server_certificate(server_key, ca, ca_key, names, now)
    write_file(files.server_key, _key_pem(server_key))
    write_file(files.server_certificate, _pem(server) + _pem(ca), mode=0o644)
    return files


def server_pin(folder: Path) -> str:
    """Return what a browser can be told to believe: the hash of the server's public key, base64 (RFC 7469, 2.4)."""
    key = x509.load_pem_x509_certificate((folder / "server.pem").read_bytes()).public_key()
    told = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(sha256(told).digest()).decode()


def _ca_certificate(key: ec.EllipticCurvePrivateKey, facility: str, now: datetime) -> x509.Certificate:
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, facility[:64] or "Contrefeu"),
            x509.NameAttribute(NameOID.COMMON_NAME, "Contrefeu local CA"),
        ]
    )
    return (
        _builder(name, name, key.public_key(), now, CA_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(sign=True), critical=True)
        .sign(key, hashes.SHA256())
    )


def _server_certificate(
    key: ec.EllipticCurvePrivateKey,
    ca: x509.Certificate,
    ca_key: ec.EllipticCurvePrivateKey,
    names: Sequence[str],
    now: datetime,
) -> x509.Certificate:
    common = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, (names[0] if names else "localhost")[:64])])
    return (
        _builder(common, ca.subject, key.public_key(), now, SERVER_DAYS)
        .add_extension(x509.SubjectAlternativeName([_alternative(name) for name in names or ["localhost"]]), False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(sign=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATE)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _usage(*, sign: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not sign,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=sign,
        crl_sign=sign,
        encipher_only=False,
        decipher_only=False,
    )


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name.strip("[]")))
    except ValueError:
        return x509.DNSName(name)


def _read_key(path: Path) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey), "this module writes no other kind"
    return key


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
