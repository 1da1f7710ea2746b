"""Who may knock at a local socket.

Rules kept here:
  * A socket is its owner's alone (0600), unless its folder lets one group enter and nobody else: then whoever may enter
    the folder may ask. A folder that everybody may enter opens nothing.
"""

from pathlib import Path

_GROUP_ENTERS, _OTHERS_ENTER = 0o010, 0o001


def guard_socket(path: Path) -> None:
    """Set the mode of the socket at *path* by what its folder's mode says."""
    folder = path.parent.stat().st_mode
    shared = folder & _GROUP_ENTERS and not folder & _OTHERS_ENTER
    path.chmod(0o666 if shared else 0o600)
