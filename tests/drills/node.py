"""A real node for stories: the command itself, in processes of its own, in a folder of its own."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

READY_S = 60


def contrefeu(home: Path, *arguments: str, status: int = 0, within_s: float = 300) -> dict[str, Any]:
    """Run a command with --json and return what it printed; its exit status must be *status*."""
    command = [sys.executable, "-m", "contrefeu", "--home", str(home), *arguments, "--json"]
    done = subprocess.run(command, capture_output=True, check=False, timeout=within_s)
    assert done.returncode == status, f"exit status {done.returncode}: {done.stderr.decode()}"
    return json.loads(done.stdout) if done.stdout.strip() else {}


def raw_entry(home: Path, ref: str) -> bytes:
    """The body of one entry, as `journal show --raw` gives it."""
    command = [sys.executable, "-m", "contrefeu", "--home", str(home), "journal", "show", "--entry", ref, "--raw"]
    return subprocess.run(command, capture_output=True, check=True, timeout=60).stdout


def parts_of(supervisor: int) -> dict[str, int]:
    """Part -> pid, of a running node."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == supervisor and b"part" in words:
            found[words[words.index(b"part") + 1].decode()] = int(folder.name)
    return found


def opened_by(pids: Mapping[str, int], *among: str) -> dict[str, list[str]]:
    """Process -> what it has open now whose path has one of *among* in it; processes that have nothing are left out."""
    found = {}
    for name, pid in pids.items():
        paths = set()
        for link in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(FileNotFoundError):  # closed since the folder was read
                paths.add(str(link.readlink()))
        if mine := sorted(path for path in paths if any(one in path for one in among)):
            found[name] = mine
    return found


class RunningNode:
    """`contrefeu up` until it is stopped or killed."""

    def __init__(self, home: Path, *flags: str) -> None:
        command = [sys.executable, "-m", "contrefeu", "--home", str(home), "up"]
        command += ["--mllp", "127.0.0.1:0", "--web", "127.0.0.1:0", "--insecure-http", *flags]
        self.log = (home.parent / f"{home.name}.log").open("ab")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, start_new_session=True)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"the node did not start: {Path(self.log.name).read_text()[-2000:]}"
        self.ready: dict[str, Any] = json.loads(line)
        host, _, port = self.ready["mllp"].rpartition(":")
        self.mllp = (host, int(port))

    def kill(self) -> None:
        """SIGKILL, as a power cut would: no part says goodbye."""
        os.kill(self.ready["pid"], signal.SIGKILL)
        self.process.wait(30)
        self.log.close()

    def stop(self) -> None:
        """SIGTERM, as systemd does."""
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(60)
        self.log.close()

    def __enter__(self) -> "RunningNode":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
