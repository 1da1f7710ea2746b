"""Commands run in this process, on homes of the test's own."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from contrefeu.cli.main import run


@dataclass(frozen=True)
class Ran:
    """What a command left."""

    status: int
    out: bytes
    err: str

    @property
    def told(self) -> dict[str, Any]:
        """The one JSON object on stdout."""
        value = json.loads(self.out)
        assert isinstance(value, dict)
        return value


class Commands:
    """`contrefeu --home HOME ...`, as a shell runs it."""

    def __init__(self, home: Path, captured: Any) -> None:
        self.home = home
        self._captured = captured

    def at(self, home: Path) -> "Commands":
        """The same on another home."""
        return Commands(home, self._captured)

    def __call__(self, *arguments: object, before: tuple[str, ...] = ()) -> Ran:
        """Run one command; no exception and no traceback ever comes out of it."""
        self._captured.readouterr()
        status = run(["--home", str(self.home), *before, *map(str, arguments)])
        out, err = self._captured.readouterr()
        assert b"Traceback" not in out + err or "--debug" in before
        return Ran(status, out, err.decode())

    def told(self, *arguments: object, status: int = 0) -> dict[str, Any]:
        """Run with --json; the exit status must be *status*."""
        ran = self(*arguments, "--json")
        assert ran.status == status, ran.err
        return ran.told


@pytest.fixture(scope="session", autouse=True)
def _light_java() -> Iterator[None]:
    """A Java that compiles quickly and once: half of what Spark costs a processor, whose sessions here last seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
        yield


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home made once: making one draws a week of keys."""
    folder = tmp_path_factory.mktemp("made")
    assert run(["--home", str(folder / "home"), "init", "--facility", "CHU d'essai", "--json"]) == 0
    return folder


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """People's words in English, whatever machine this is."""
    for name in ("LC_ALL", "LC_MESSAGES", "CONTREFEU_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    yield


@pytest.fixture
def nowhere(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> Commands:
    """Commands on a home that is not made yet."""
    return Commands(tmp_path / "home", capsysbinary)


@pytest.fixture
def cli(template: Path, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> Commands:
    """Commands on a home of this test's own; its shares lie beside it."""
    shutil.copytree(template / "home", tmp_path / "home")
    shutil.copytree(template / "home-shares", tmp_path / "home-shares")
    return Commands(tmp_path / "home", capsysbinary)


@pytest.fixture
def filed(tmp_path: Path) -> Callable[[str, bytes], Path]:
    """Writes a file for a command to read."""

    def write(name: str, content: bytes) -> Path:
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    return write
