"""MLLP in TLS, both ways: a sender without a certificate of the house's is heard by nobody, one with it as over TCP.

Method: certificates made here, a real listener on a port of its own, and Python's own TLS as the sender.
"""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from contrefeu.base import OperatorError
from contrefeu.capture import tls_context
from contrefeu.hospital import SettingsError, parse_settings
from tests.capture.house import house
from tests.cli.messages import admission


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def certified(folder: Path, name: str, by: tuple[x509.Name, ec.EllipticCurvePrivateKey] | None = None):
    """A certificate and its key as files; an authority's own unless *by* one."""
    key = ec.generate_private_key(ec.SECP256R1())
    issuer, signer = by or (_name(name), key)
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(_name(name)).issuer_name(issuer).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(signer, hashes.SHA256())
    )  # fmt: skip
    (folder / f"{name}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / f"{name}.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return _name(name), key


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority, the node and an engine that it certified."""
    folder = tmp_path_factory.mktemp("keys")
    authority = certified(folder, "ca")
    certified(folder, "node", authority)
    certified(folder, "engine", authority)
    return folder


async def said_in_tls(address: tuple[str, int], keys: Path, certificate: str) -> bytes:
    context = ssl.create_default_context(cafile=str(keys / "ca.pem"))
    if certificate:
        context.load_cert_chain(keys / f"{certificate}.pem", keys / f"{certificate}.key")
    try:
        reader, writer = await asyncio.open_connection(*address, ssl=context, server_hostname="localhost")
        writer.write(b"\x0b" + admission() + b"\x1c\r")
        answer = await asyncio.wait_for(reader.readuntil(b"\x1c\r"), 10)
        writer.close()
    except (OSError, asyncio.IncompleteReadError):
        return b""
    return answer


@pytest.mark.req("C1")
@pytest.mark.parametrize(("certificate", "heard"), [("engine", True), ("", False)])
def test_tls_both_ways(tmp_path: Path, keys: Path, certificate: str, heard: bool) -> None:
    """The engine's certificate opens the port; without one nothing is answered and nothing journaled."""

    async def story() -> tuple[bytes, int]:
        async with house(tmp_path) as made:
            tls = tls_context(str(keys / "node.pem"), str(keys / "node.key"), str(keys / "ca.pem"))
            address = await made.listener.listen("127.0.0.1", 0, tls)
            answer = await said_in_tls(address, keys, certificate)
            return answer, made.intake.sequence

    answer, entries = asyncio.run(story())
    assert (b"MSA|" in answer, entries) == (heard, int(heard))


def test_a_wrong_certificate_is_said_before_anything_listens(keys: Path) -> None:
    """By the settings where a file is not named, by the listener where it is not what it should be."""
    with pytest.raises(OperatorError, match="TLS listener"):
        tls_context(str(keys / "node.pem"), str(keys / "ca.key"))
    with pytest.raises(OperatorError, match="TLS listener"):
        tls_context(str(keys / "none.pem"), str(keys / "node.key"))
    with pytest.raises(SettingsError, match="mllp_tls"):
        parse_settings('[node]\nid = "n1"\n[capture]\nmllp_tls = "127.0.0.1:2576"\n')
