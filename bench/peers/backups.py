"""restic and borg, as a hospital would run them: sealed, compressed, in a repository of their own on the same disk."""

import os
import shutil
import subprocess
import time
from pathlib import Path

from bench.peers.servers import NotInstalled

SECRET = "bench: the repository is deleted with the folder it lies in"


class Backup:
    """One backup tool over one folder of files; each step gives its seconds."""

    def __init__(self, name: str, folder: Path) -> None:
        if shutil.which(name) is None:
            raise NotInstalled(name)
        folder.mkdir()
        self.name = name
        self._folder = folder
        self._number = 0

    def seal(self, source: Path) -> float:
        """Back *source* up into a new repository."""
        self._number += 1
        shutil.rmtree(self._repository, ignore_errors=True)
        if self.name == "restic":
            self._run("init", "--repository-version", "2")
            return self._run("backup", "--quiet", str(source))
        self._run("init", "--encryption", "repokey-blake2", str(self._repository))
        return self._run("create", "--compression", "zstd,1", f"{self._repository}::one", str(source))

    def open(self) -> float:
        """Restore what was sealed last, into an empty folder."""
        into = self._folder / "restored"
        shutil.rmtree(into, ignore_errors=True)
        into.mkdir()
        if self.name == "restic":
            return self._run("restore", "latest", "--quiet", "--target", str(into))
        return self._run("extract", f"{self._repository}::one", folder=into)

    def stored_bytes(self) -> int:
        """What the repository takes on disk."""
        return sum(path.stat().st_size for path in self._repository.rglob("*") if path.is_file())

    @property
    def _repository(self) -> Path:
        return self._folder / "repository"

    def _run(self, *arguments: str, folder: Path | None = None) -> float:
        home = self._folder / f"home-{self._number}"  # caches of its own: a repository that it has never seen
        home.mkdir(exist_ok=True)
        names = ("RESTIC_PASSWORD", "BORG_PASSPHRASE")
        places = {
            "HOME": str(home),
            "XDG_CACHE_HOME": str(home),
            "BORG_BASE_DIR": str(home),
            "RESTIC_REPOSITORY": str(self._repository),
        }
        environment = {**os.environ, **dict.fromkeys(names, SECRET), **places}
        started = time.perf_counter()
        quiet = subprocess.DEVNULL
        subprocess.run(
            [self.name, *arguments], check=True, cwd=folder, env=environment, stdout=quiet, stderr=quiet, timeout=600
        )
        return time.perf_counter() - started
