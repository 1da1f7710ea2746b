"""Telling a service manager that a process is ready (sd_notify(3)): one datagram to the socket that it names."""

import os
import socket
from typing import Any

from contrefeu.cli.door import emit


def tell_ready(told: dict[str, Any]) -> None:
    """Say on stdout, and to the service manager if there is one, that this process is ready."""
    emit({"event": "ready"} | told)
    path = os.environ.get("NOTIFY_SOCKET", "")
    if path[:1] not in {"/", "@"}:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as manager:
        manager.connect(f"\0{path[1:]}" if path.startswith("@") else path)
        manager.send(b"READY=1")
