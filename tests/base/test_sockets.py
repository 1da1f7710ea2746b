"""Who may knock at a local socket: its owner, or whom its folder lets in; never everybody.

Method: sockets in folders of each mode.
"""

import socket
import stat
from pathlib import Path

import pytest

from contrefeu.base import guard_socket


@pytest.mark.parametrize(("folder", "mode"), [(0o700, 0o600), (0o710, 0o666), (0o755, 0o600), (0o711, 0o600)])
def test_a_socket_is_as_open_as_its_folder_is_to_one_group(folder: int, mode: int, tmp_path: Path) -> None:
    """A folder that everybody may enter guards nothing: the socket is its owner's then."""
    place = tmp_path / "place"
    place.mkdir()
    place.chmod(folder)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(place / "sock"))
        guard_socket(place / "sock")
        assert stat.S_IMODE((place / "sock").stat().st_mode) == mode
