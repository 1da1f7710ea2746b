"""Places in folders, as the suite of claims wants them: a vault, what shows every write to it, its disk taken away."""

from collections.abc import Callable
from pathlib import Path

import pytest

from contrefeu.vault import Vault
from contrefeu.vault.quota import QuotaVault
from tests.vault.pulling import GIB


class FolderPlace:
    """A vault whose disk can be taken away."""

    @pytest.fixture
    def away(self, vault: Vault) -> Callable[[bool], None]:
        """As unmounting does: the mount point is still there, and empty."""
        place = vault.folder("")
        elsewhere = place.with_name("the disk")

        def away(gone: bool) -> None:
            if gone:
                place.rename(elsewhere)
                place.mkdir()
            else:
                place.rmdir()
                elsewhere.rename(place)

        return away


class HostPlace(FolderPlace):
    """The folder of a vault host, which has a quota."""

    @pytest.fixture
    def vault(self, tmp_path: Path) -> QuotaVault:
        """An empty one."""
        vault = QuotaVault(f"file://{tmp_path}/vault", tmp_path / "vault", GIB)
        vault.make()
        return vault

    @pytest.fixture
    def trace(self, vault: QuotaVault) -> Callable[[str], object]:
        """What a write would change."""

        def trace(folder: str) -> object:
            files = [p for p in vault.folder(folder).rglob("*") if p.is_file()]
            return {p.as_posix(): (p.stat().st_mtime_ns, p.read_bytes()) for p in files}

        return trace
