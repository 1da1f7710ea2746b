"""A real network between this machine and a vault host's: namespaces, with a router between that can be told to drop.

    here --- router (forwards, or says nothing to anybody; a line of a known rate) --- afar

Root alone makes one. A cut is silent, as a cable that was cut between two switches: no reset, no refusal.
"""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Network:
    """Two addresses and the router between them."""

    name: str
    here: str  # this machine's address, as the other one sees it
    router: str
    afar: str

    def cut(self, gone: bool) -> None:
        """Let the router drop everything, or carry it again."""
        _ip("netns", "exec", self.router, "sysctl", "-qw", f"net.ipv4.ip_forward={0 if gone else 1}")

    def limit(self, bytes_per_s: int) -> None:
        """Make the line from here to there one of a known rate."""
        line = ["tc", "qdisc", "replace", "dev", "far", "root", "tbf"]
        _ip("netns", "exec", self.router, *line, "rate", f"{bytes_per_s * 8}bit", "burst", "64kb", "latency", "100ms")

    def command(self, *command: str) -> list[str]:
        """*command*, run on the other machine."""
        return ["ip", "netns", "exec", self.afar, *command]


@contextlib.contextmanager
def network() -> Iterator[Network]:
    """Make one; it goes when the block ends."""
    pid = os.getpid()
    name = f"cf{pid}"
    net = f"10.{200 + pid % 50}.{pid // 50 % 250}"
    found = Network(name, f"{net}.1", f"{name}-router", f"{name}-afar")
    try:
        for space in (found.router, found.afar):
            _ip("netns", "add", space)
            _ip("-n", space, "link", "set", "lo", "up")
        _ip("link", "add", name, "type", "veth", "peer", "name", "near", "netns", found.router)
        _ip("-n", found.router, "link", "add", "far", "type", "veth", "peer", "name", "eth", "netns", found.afar)
        for space, device, address in (
            ("", name, f"{net}.1/30"),
            (found.router, "near", f"{net}.2/30"),
            (found.router, "far", f"{net}.5/30"),
            (found.afar, "eth", f"{net}.6/30"),
        ):
            where = ["-n", space] if space else []
            _ip(*where, "address", "add", address, "dev", device)
            _ip(*where, "link", "set", device, "up")
        _ip("route", "add", f"{net}.4/30", "via", f"{net}.2")
        _ip("-n", found.afar, "route", "add", "default", "via", f"{net}.5")
        found.cut(False)
        yield found
    finally:
        for space in (found.router, found.afar):
            subprocess.run(["ip", "netns", "delete", space], check=False, capture_output=True)
        subprocess.run(["ip", "link", "delete", name], check=False, capture_output=True)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)
