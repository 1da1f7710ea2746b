"""The object store that the tests of vaults share."""

from collections.abc import Iterator

import pytest

from tests.vault.gateway import Relay, Store, gateway


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Ceph's S3 gateway, one for all workers of a test run."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if base.name.startswith("popen-") else base
    with gateway(shared) as found:
        yield found


@pytest.fixture
def relay(store: Store) -> Iterator[Relay]:
    """A link to it that can be cut."""
    found = Relay(store)
    yield found
    found.close()
