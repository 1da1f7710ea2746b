"""A real CUPS for the tests that are marked `system("cupsd", "lp")`: a scheduler whose printers are folders.

Its socket, settings, spool and the one backend that it knows lie in a folder that goes with it; nothing of a CUPS that
runs on this machine is touched.
"""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

JOBS_MAX = 2  # that a queue takes before it is full
WAIT_S = 20.0  # for what takes a tenth of a second on a machine that has nothing else to do
BACKEND = """#!/bin/sh
[ $# -eq 0 ] && {{ echo 'direct folder "Folder" "Folder"'; exit 0; }}
[ -e {root}/jam-$PRINTER ] && {{ echo "ERROR: out of paper" >&2; exit 4; }}
mkdir -p {root}/out/$PRINTER
cat "${{6:--}}" > {root}/part && mv {root}/part "{root}/out/$PRINTER/$1 $3.pdf"
"""
FILES = """ServerRoot {root}/etc
ServerBin {root}/bin
DataDir {root}/data
DocumentRoot {root}/data
RequestRoot {root}/spool
TempDir {root}/spool/tmp
CacheDir {root}/cache
StateDir {root}/run
ErrorLog {root}/log/error
AccessLog {root}/log/access
PageLog {root}/log/page
"""
SCHEDULER = """Listen {root}/socket
MaxJobsPerPrinter {jobs}
Browsing No
WebInterface No
<Location />
Order allow,deny
Allow all
</Location>
<Policy default>
<Limit All>
Order allow,deny
Allow all
</Limit>
</Policy>
"""


class Spool:
    """A CUPS with queues; what they print lies in folders."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.server = f"{root}/socket"  # as CUPS_SERVER names it

    def add(self, queue: str) -> None:
        """A printer."""
        self.run("lpadmin", "-p", queue, "-E", "-v", "folder:/dev/null")

    def jam(self, queue: str) -> None:
        """It runs out of paper with the next job; CUPS keeps the job and stops the queue."""
        (self._root / f"jam-{queue}").touch()

    def mend(self, queue: str) -> None:
        """It has paper again."""
        (self._root / f"jam-{queue}").unlink()
        self.run("cupsenable", queue)

    def run(self, *command: str, data: bytes = b"") -> str:
        """A command of CUPS, on this server."""
        env = {**os.environ, "CUPS_SERVER": self.server, "LC_ALL": "C"}
        done = subprocess.run(command, input=data, env=env, capture_output=True, timeout=WAIT_S, check=True)
        return done.stdout.decode()

    def printed(self, queue: str, jobs: int) -> list[tuple[str, bytes]]:
        """Title and bytes of what came out, in order, once it is *jobs* jobs."""
        folder, until = self._root / "out" / queue, time.monotonic() + WAIT_S
        found: list[Path] = []
        while len(found) < jobs and time.monotonic() < until:
            time.sleep(0.05)
            found = sorted(folder.glob("*.pdf"), key=lambda one: int(one.name.split()[0]))
        assert len(found) == jobs, found
        return [(one.stem.partition(" ")[2], one.read_bytes()) for one in found]

    def stopped(self, queue: str) -> None:
        """Return once it is."""
        until = time.monotonic() + WAIT_S
        while "disabled" not in self.run("lpstat", "-p", queue):
            assert time.monotonic() < until
            time.sleep(0.05)


@contextmanager
def spool() -> Iterator[Spool]:
    """Run one (in a folder with a short name: a socket's path has a hundred letters)."""
    with tempfile.TemporaryDirectory(prefix="contrefeu-cups-") as folder:
        root = Path(folder)
        for name in ("bin/backend", "etc", "spool/tmp", "cache", "run", "data/mime", "data/banners", "out", "log"):
            (root / name).mkdir(parents=True)
        (root / "bin" / "daemon").symlink_to("/usr/lib/cups/daemon")
        backend = root / "bin" / "backend" / "folder"
        backend.write_text(BACKEND.format(root=root))
        backend.chmod(0o700)  # closed to others: CUPS runs it as itself, and it may write here
        (root / "data/mime/mime.types").write_text("application/pdf pdf string(0,%PDF)\n")
        (root / "data/mime/mime.convs").write_text("application/pdf application/vnd.cups-raw 0 -\n")
        (root / "etc/cups-files.conf").write_text(FILES.format(root=root))
        (root / "etc/cupsd.conf").write_text(SCHEDULER.format(root=root, jobs=JOBS_MAX))
        command = ["cupsd", "-f", "-c", f"{root}/etc/cupsd.conf", "-s", f"{root}/etc/cups-files.conf"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            until = time.monotonic() + WAIT_S
            while not (root / "socket").exists() and process.poll() is None and time.monotonic() < until:
                time.sleep(0.05)
            try:
                yield Spool(root)
            finally:
                process.terminate()
                process.wait(WAIT_S)
