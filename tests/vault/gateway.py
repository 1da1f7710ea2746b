"""A real object store for tests: Ceph's S3 gateway (scripts/radosgw.sh), one for all who test at the same time.

It takes some 15 s to start. The link to it goes through a relay that can be cut.
"""

import contextlib
import json
import os
import secrets
import socket
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contrefeu.base import FileLock
from contrefeu.vault import Vault, make_vault

SCRIPT = Path(__file__).parents[2] / "scripts" / "radosgw.sh"
START_S_MAX = 180


@dataclass
class Store:
    """An object store, and the ways in which its vaults are reached and lost."""

    host: str
    port: int
    access_key: str
    secret_key: str
    conf: Path = Path()  # Ceph's; of no other
    relays: list["Relay"] = field(default_factory=list)

    @property
    def endpoint(self) -> str:
        """Its address, straight."""
        return f"http://{self.host}:{self.port}"

    def client(self) -> Any:
        """A client with the node's credentials: what an intruder has."""
        from contrefeu.vault.address import Credentials, parse_s3
        from contrefeu.vault.bucket import connect

        url = f"s3://any/?endpoint={self.endpoint}"
        return connect(parse_s3(url), Credentials(self.access_key, self.secret_key))

    def marker(self, bucket: str) -> str:
        """What names of a bucket's objects begin with where the store keeps them."""
        command = ["radosgw-admin", "--conf", str(self.conf), "bucket", "stats", f"--bucket={bucket}"]
        said = subprocess.run(command, check=True, capture_output=True).stdout
        return str(json.loads(said)["marker"])

    def new_bucket(self, *, locking: bool = True) -> str:
        """Make a bucket, as the vault's owner does."""
        name = f"test-{secrets.token_hex(6)}"
        self.client().create_bucket(Bucket=name, ObjectLockEnabledForBucket=locking)
        return name

    def credentials(self, folder: Path) -> Path:
        """Write the node's credentials to a file."""
        path = folder / "credentials.toml"
        folder.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(f'access_key = "{self.access_key}"\nsecret_key = "{self.secret_key}"\n')
        return path

    def url(self, bucket: str, *, relay: "Relay | None" = None, **asked: object) -> str:
        """Address of a vault in *bucket*."""
        port = relay.port if relay is not None else self.port
        more = "".join(f"&{key.replace('_', '-')}={value}" for key, value in asked.items())
        return f"s3://{bucket}/node?endpoint=http://127.0.0.1:{port}{more}"

    def vault(self, folder: Path, *, relay: "Relay | None" = None, bucket: str = "", **asked: object) -> Vault:
        """A new vault; a bucket that is named may hold one already."""
        url = self.url(bucket or self.new_bucket(), relay=relay, **{"days": 2, "open_days": 1} | asked)
        return make_vault(url, outside=folder / "home", credentials=self.credentials(folder))


class Relay:
    """A link to the store that can be cut: connections end, and new ones are refused."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._open: list[socket.socket] = []
        self._listener = self._listen(0)
        self.port: int = self._listener.getsockname()[1]

    def cut(self, gone: bool) -> None:
        """Cut it, or mend it."""
        if not gone:
            self._listener = self._listen(self.port)
            return
        self.close()

    def close(self) -> None:
        """End it."""
        for one in [self._listener, *self._open]:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._open.clear()

    def _listen(self, port: int) -> socket.socket:
        listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return listener

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection((self._store.host, self._store.port))
                for one in (near, far):
                    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._open += [near, far]
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=_pump, args=(one, other), daemon=True).start()


def _pump(one: socket.socket, other: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := one.recv(65536):
            other.sendall(data)
    for end in (one, other):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def gateway(shared: Path) -> Iterator[Store]:
    """The store, started by who needs it first and ended by who needs it last; *shared* is a folder of theirs."""
    folder, users = shared / "radosgw", shared / "radosgw.users"
    with FileLock(shared / "radosgw.lock", wait_s=START_S_MAX):
        if not (folder / "s3.json").exists():
            port = free_port()
            subprocess.run([SCRIPT, "start", folder, str(port)], check=True, timeout=START_S_MAX)
        users.touch()
        users.write_text(f"{users.read_text()}{os.getpid()}\n")
    said = json.loads((folder / "s3.json").read_text())
    host, _, port_text = said["endpoint"].removeprefix("http://").partition(":")
    try:
        yield Store(host, int(port_text), said["access_key"], said["secret_key"], folder / "ceph.conf")
    finally:
        with FileLock(shared / "radosgw.lock", wait_s=START_S_MAX):
            left = [
                pid for pid in users.read_text().split() if pid != str(os.getpid()) and Path(f"/proc/{pid}").exists()
            ]
            users.write_text("".join(f"{pid}\n" for pid in left))
            if not left:
                subprocess.run([SCRIPT, "stop", folder], check=True, timeout=60)
                (folder / "s3.json").unlink(missing_ok=True)


def free_port() -> int:
    """A port that is free, and the next one too: the monitor's.

    Below those that the kernel gives to whoever asks for any (32768 and up): it is taken some ten seconds from now.
    """
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with contextlib.suppress(OSError), _listening(port), _listening(port + 1):
            return port


def _listening(port: int) -> socket.socket:
    return socket.create_server(("127.0.0.1", port))
