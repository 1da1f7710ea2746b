"""The house's own certificates: what a ward PC is asked to trust, and what it must not be.

Method: make them in an empty folder, read them back with `cryptography`, make them again a year later.
"""

import ipaddress
import stat

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from contrefeu.access import make_local_ca
from contrefeu.base import ManualClock

NAMES = ("ward.example.org", "192.0.2.7")


@pytest.fixture
def clock():
    """2026, by hand."""
    return ManualClock(1_790_000_000 * 10**9)


def read(path):
    """The first certificate of a file."""
    return x509.load_pem_x509_certificates(path.read_bytes())


def test_a_browser_that_trusts_the_ca_trusts_the_server(tmp_path, clock):
    """The chain holds for each name that was given, and for no other."""
    files = make_local_ca(tmp_path / "ca", facility="CHU de Sainte-Foy", names=NAMES, clock=clock)
    server, ca = read(files.server_certificate)
    assert ca == read(files.ca_certificate)[0]
    verifier = PolicyBuilder().store(Store([ca])).time(server.not_valid_before_utc.replace(tzinfo=None))
    for name in (x509.DNSName("ward.example.org"), x509.IPAddress(ipaddress.ip_address("192.0.2.7"))):
        assert verifier.build_server_verifier(name).verify(server, [])
    with pytest.raises(VerificationError):
        verifier.build_server_verifier(x509.DNSName("other.example.org")).verify(server, [])


def test_the_ca_signs_servers_and_nothing_else(tmp_path, clock):
    """One level deep, no signing by the server's key, no use but a server's."""
    files = make_local_ca(tmp_path / "ca", facility="CHU", names=NAMES, clock=clock)
    server, ca = read(files.server_certificate)
    assert ca.extensions.get_extension_for_class(x509.BasicConstraints).value == x509.BasicConstraints(True, 0)
    assert server.extensions.get_extension_for_class(x509.BasicConstraints).value == x509.BasicConstraints(False, None)
    usage = server.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.SERVER_AUTH]
    assert (server.not_valid_after_utc - server.not_valid_before_utc).days <= 398, "browsers refuse more"


def test_keys_are_their_owners_alone(tmp_path, clock):
    """Both keys are written 0600."""
    files = make_local_ca(tmp_path / "ca", facility="CHU", names=NAMES, clock=clock)
    for key in (files.ca_key, files.server_key):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_a_ca_once_spread_is_kept(tmp_path, clock):
    """Made again a year later, the CA is the same bytes and the server's certificate is new."""
    before = make_local_ca(tmp_path / "ca", facility="CHU", names=NAMES, clock=clock)
    ca, key, server = (p.read_bytes() for p in (before.ca_certificate, before.ca_key, before.server_certificate))
    clock.advance(hours=24 * 365)
    after = make_local_ca(tmp_path / "ca", facility="CHU", names=NAMES, clock=clock)
    assert (after.ca_certificate.read_bytes(), after.ca_key.read_bytes()) == (ca, key)
    assert after.server_certificate.read_bytes() != server
