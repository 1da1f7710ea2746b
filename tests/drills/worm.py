"""A harmless worm in a hospital of network namespaces: each system copies a marker to every other it can reach.

    system A --- router (the filter between zones) --- system B, C, ...

Each system listens on port 445, where a marker is taken and passed on at once, and on 2575, where a line is answered.
No file is written and nothing leaves the namespaces: the marker is a word over a socket. Root alone makes them.

Rules are applied as a person would: by nft on the router when there is one, else as policy routes that swallow the same
flows (`ip rule ... blackhole`), and what is to be unplugged is unplugged.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from contrefeu.contain import ANY, Plan, Terrain, nft_rules

WORM_PORT, CARE_PORT = 445, 2575
SYSTEM = Path(__file__).with_name("worm_system.py")
SETTLED_S = 3.0  # longer than the marker takes through every chain of these systems


@dataclass
class House:
    """Systems by name, each with its namespace and address, and the router between."""

    router: str
    spaces: dict[str, str]
    addresses: dict[str, str]
    processes: dict[str, "subprocess.Popen[str]"]

    def strike(self, name: str) -> None:
        """Give the marker to one system."""
        process = self.processes[name]
        assert process.stdin is not None
        process.stdin.write("strike\n")
        process.stdin.flush()

    def struck(self) -> set[str]:
        """Systems that have the marker, once it has had time to go round."""
        time.sleep(SETTLED_S)
        found = set()
        for name, process in self.processes.items():
            process.kill()
            out, _ = process.communicate()
            if "struck" in out:
                found.add(name)
        return found

    def care_flows(self, source: str, target: str) -> bool:
        """Whether a message from one system is answered by another."""
        code = (
            "import socket,sys; s=socket.create_connection((sys.argv[1],int(sys.argv[2])),2); "
            "s.sendall(b'MSH'); print(s.recv(9).decode())"
        )
        command = [sys.executable, "-c", code, self.addresses[target], str(CARE_PORT)]
        done = subprocess.run(_in(self.spaces[source], command), capture_output=True, text=True, check=False)
        return "AA" in done.stdout

    def apply(self, terrain: Terrain, plan: Plan) -> str:
        """Do what the plan says; returns with what."""
        for cut in plan.cut:
            if cut.action == "isolate":
                _ip("-n", self.router, "link", "set", f"to-{self.spaces[cut.system][-2:]}", "down")
        if shutil.which("nft"):
            rules = nft_rules(terrain, plan, "drill")
            subprocess.run(_in(self.router, ["nft", "-f", "-"]), input=rules, text=True, check=True)
            return "nft"
        for cut in plan.cut:
            if cut.action == "block":
                ends = [("from", cut.source), ("to", cut.target)]
                where = [word for key, name in ends if name != ANY for word in (key, self.addresses[name])]
                _ip(
                    "-n",
                    self.router,
                    "rule",
                    "add",
                    *where,
                    "ipproto",
                    cut.transport,
                    "dport",
                    str(cut.port),
                    "blackhole",
                )
        return "routes"


@contextlib.contextmanager
def house(targets: dict[str, Sequence[str]]) -> Iterator[House]:
    """Make systems that try, once struck, to strike *targets*; they go when the block ends."""
    pid = os.getpid()
    router = f"cfw{pid}-r"
    names = list(targets)
    spaces = {name: f"cfw{pid}-{n:02}" for n, name in enumerate(names)}
    addresses = {name: f"10.77.{n}.2" for n, name in enumerate(names)}
    found = House(router, spaces, addresses, {})
    try:
        _space(router)
        subprocess.run(_in(router, ["sysctl", "-qw", "net.ipv4.ip_forward=1"]), check=True, capture_output=True)
        for n, name in enumerate(names):
            space, near = spaces[name], f"to-{n:02}"
            _space(space)
            _ip("-n", router, "link", "add", near, "type", "veth", "peer", "name", "eth", "netns", space)
            _ip("-n", router, "address", "add", f"10.77.{n}.1/24", "dev", near)
            _ip("-n", router, "link", "set", near, "up")
            _ip("-n", space, "address", "add", f"10.77.{n}.2/24", "dev", "eth")
            _ip("-n", space, "link", "set", "eth", "up")
            _ip("-n", space, "route", "add", "default", "via", f"10.77.{n}.1")
        for name in names:
            command = [sys.executable, str(SYSTEM), *(addresses[target] for target in targets[name])]
            found.processes[name] = subprocess.Popen(
                _in(spaces[name], command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        for process in found.processes.values():
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        yield found
    finally:
        for process in found.processes.values():
            process.kill()
            process.wait()
        for space in (router, *spaces.values()):
            subprocess.run(["ip", "netns", "delete", space], check=False, capture_output=True)


def _space(name: str) -> None:
    _ip("netns", "add", name)
    _ip("-n", name, "link", "set", "lo", "up")


def _in(space: str, command: Sequence[str]) -> list[str]:
    return ["ip", "netns", "exec", space, *command]


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)
