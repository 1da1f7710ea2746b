"""Each process of a node opens what its task needs, and the kernel holds it to that: tried on the real processes.

Method: run a node; read the uids, open files, environment and whole memory of its processes from outside, and look for
the bytes of every key; then, as what capture or web is, try to open what is not theirs. The reader, which must hold a
reading key, is searched the same way and must show one: else the search would prove nothing.
"""

import json
import os
import re
import shutil
import site
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from hashlib import shake_256
from pathlib import Path

import pytest

import contrefeu
from contrefeu.cli.confine import ROOMS, landlock_version
from contrefeu.cli.separation import identity_of
from tests.cli.conftest import Commands
from tests.drills.node import RunningNode, opened_by, parts_of

SOURCE = Path(contrefeu.__file__).resolve().parents[1]
PARTS = ("capture", "reader", "web", "copies", "watch")
root = pytest.mark.skipif(os.getuid() != 0, reason="only root reads another process's memory")


def memory_holds(pid: int, wanted: list[bytes]) -> list[bytes]:
    """Which of *wanted* lie in the memory of a process, wherever it may be written or not."""
    found: set[bytes] = set()
    with Path(f"/proc/{pid}/mem").open("rb", 0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            start, stop = (int(at, 16) for at in line.split(" ", 1)[0].split("-"))
            if "r" not in line.split()[1] or line.endswith(("[vvar]", "[vsyscall]", "[vvar_vclock]")):
                continue
            try:
                memory.seek(start)
                content = memory.read(stop - start)
            except (OSError, ValueError, OverflowError):
                continue
            found |= {one for one in wanted if one in content}
    return sorted(found)


def key_bytes(seed: bytes) -> list[bytes]:
    """What of a reading key would open something: its seed, and the three secrets that come out of it."""
    expanded = shake_256(seed).digest(96)
    return [seed, expanded[:32], expanded[32:64], expanded[64:]]


def reading_keys(home: Path) -> list[bytes]:
    """Every byte string that must stand in the reader's memory alone."""
    return [part for path in sorted((home / "keys" / "reading").iterdir()) for part in key_bytes(path.read_bytes())]


@root
@pytest.mark.req("C4")
def test_no_reading_key_is_in_the_memory_of_capture_web_or_copies(cli: Commands) -> None:
    """Nor in their open files or their environment; no core file, no new privileges, no look from their own user."""
    keys = reading_keys(cli.home)
    with RunningNode(cli.home) as node:
        cli.told("downtime", "declare")
        cli.told("import", "docs/start/messages")
        cli.told("find", "a")
        pids = parts_of(node.ready["pid"])
        assert sorted(pids) == sorted(PARTS)
        assert memory_holds(pids["reader"], keys), "the search finds what is there"
        store_key = (cli.home / "keys" / "store.key").read_bytes()
        for part in ("capture", "web", "copies"):
            assert memory_holds(pids[part], [*keys, store_key]) == []
            environment = Path(f"/proc/{pids[part]}/environ").read_bytes()
            assert not [key for key in keys if key in environment or key.hex().encode() in environment]
        opened = opened_by(pids, "/keys/", "/charts/charts.db")
        assert opened.keys() == {"reader"}, opened
        signing = {"capture": "capture.seed", "web": "station.seed"}
        for part, name in signing.items():
            seed = (cli.home / "node" / name).read_bytes()
            others = [pid for other, pid in pids.items() if other != part]
            assert [memory_holds(pid, [seed]) for pid in others] == [[]] * (len(PARTS) - 1)
        for pid in pids.values():
            status = Path(f"/proc/{pid}/status").read_text()
            assert re.search(r"^NoNewPrivs:\t1$", status, re.M)
            assert re.search(r"^Max core file size +0 +0 ", Path(f"/proc/{pid}/limits").read_text(), re.M)
            assert re.search(r"^Umask:\t0027$", status, re.M)


def test_who_has_a_file_open_is_named(tmp_path: Path) -> None:
    """Else the search for what a part has open would prove nothing: what holds a key is found, by its part and path."""
    key = tmp_path / "keys" / "store.key"
    key.parent.mkdir()
    key.write_bytes(b"secret")
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        pids = {"web": os.getpid(), "capture": other.pid}
        assert opened_by(pids, str(key.parent)) == {}
        with key.open("rb"):
            assert opened_by(pids, str(key.parent)) == {"web": [str(key)]}
        other.communicate(b"\n")


CONFINED = """
import sys
from pathlib import Path
from contrefeu.cli.confine import confine, shed
from contrefeu.custody import HomePaths
shed()
assert confine(sys.argv[1], HomePaths(Path(sys.argv[2])))
for name in sys.stdin.read().splitlines():
    for mode in ("rb", "r+b"):
        try:
            open(name, mode).close()
        except PermissionError:
            continue
        except OSError:
            pass
        print(mode, name)
"""


@pytest.mark.skipif(landlock_version() < 1, reason="this kernel has no Landlock")
@pytest.mark.req("C4")
@pytest.mark.parametrize("part", sorted(ROOMS))
def test_a_confined_part_opens_nothing_of_the_home_but_its_own(part: str, cli: Commands) -> None:
    """As root too: every file there is, tried for reading and writing by a process that was confined."""
    cli.told("downtime", "declare")
    files = [path for path in sorted(cli.home.rglob("*")) if path.is_file()]
    found = subprocess.run(
        [sys.executable, "-c", CONFINED, part, str(cli.home)],
        input="\n".join(map(str, files)).encode(),
        capture_output=True,
        check=True,
        timeout=60,
        env=os.environ | {"PYTHONPATH": str(SOURCE)},
    ).stdout.decode()
    opened = {tuple(line.split(" ", 1)) for line in found.splitlines()}
    readable, writable = ROOMS[part]

    def within(path: Path, names: tuple[str, ...]) -> bool:
        inside = path.relative_to(cli.home).as_posix()
        return any(inside == name or inside.startswith(f"{name}/") for name in names)

    assert opened == {("rb", str(p)) for p in files if within(p, readable + writable)} | {
        ("r+b", str(p)) for p in files if within(p, writable)
    }
    secret = {"web": "capture.seed", "wards": "audit.seed", "tell": "audit.seed"}.get(part, "station.seed")
    refused = [p for p in files if ("rb", str(p)) not in opened]
    assert {"store.key", secret} <= {p.name for p in refused}
    assert [p for p in refused if p.parent.name == "reading"]


@pytest.mark.skipif(landlock_version() < 1, reason="this kernel has no Landlock")
@pytest.mark.req("F39")
def test_a_home_in_memory_is_held_apart_as_any(cli: Commands) -> None:
    """A station from a stick lies in /dev/shm: that capture may write to devices opens none of its keys."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        home = Path(folder) / "home"
        shutil.copytree(cli.home, home)
        files = [
            home / "keys" / "store.key",
            home / "node" / "station.seed",
            home / "contrefeu.toml",
            Path("/dev/null"),
        ]
        found = subprocess.run(  # its stdout is a pipe, as /dev/stdout says: Landlock knows no rule for that
            [sys.executable, "-c", CONFINED, "capture", str(home)],
            input="\n".join(map(str, files)).encode(),
            capture_output=True,
            check=True,
            timeout=60,
            env=os.environ | {"PYTHONPATH": str(SOURCE)},
        ).stdout.decode()
    assert {line.split(" ", 1)[1] for line in found.splitlines()} == {str(files[2]), "/dev/null"}


def python_for_all() -> str | None:
    """An interpreter of this version that other users can run, too."""
    for name in (sys.executable, f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"):
        path = Path(name).resolve()
        if path.exists() and all(folder.stat().st_mode & 0o001 for folder in path.parents):
            return name
    return None


@pytest.fixture
def open_home(cli: Commands) -> Iterator[Commands]:
    """A home in a folder that others may enter, with users of its own."""
    folder = Path(tempfile.mkdtemp(prefix="contrefeu-users-", dir="/var/tmp"))
    folder.chmod(0o711)
    try:
        shutil.copytree(cli.home, folder / "home")
        settings = folder / "home" / "contrefeu.toml"
        settings.write_text(settings.read_text() + '[processes]\nusers = "separate"\n')
        yield cli.at(folder / "home")
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def python(monkeypatch: pytest.MonkeyPatch) -> str:
    """An interpreter that the node's users can run, with what it needs to import."""
    found = python_for_all()
    if os.getuid() != 0 or shutil.which("useradd") is None:
        pytest.skip("only root makes system users")
    assert found, "install Debian's python3: the node's users cannot enter this one's folder"
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(SOURCE), *site.getsitepackages()]))
    monkeypatch.setattr(sys, "executable", found)
    return found


@pytest.mark.req("C4")
def test_each_process_has_a_user_of_its_own(open_home: Commands, python: str) -> None:
    """Four uids; each opens its own files alone; a copy, an export and an act go through all the same."""
    home = open_home.home
    vault, packs = home.parent / "vault", home.parent / "packs"
    settings = home / "contrefeu.toml"
    settings.write_text(f'{settings.read_text()}[packs]\nfolders = ["{packs}"]\n')
    (home / "run").mkdir(exist_ok=True)
    for name in ("plan.jsonl", "waiting.jsonl"):  # as a replay left them before each process had a user of its own
        (home / "run" / name).touch(0o600)
    with RunningNode(home) as node:
        pids = parts_of(node.ready["pid"])
        real = {
            part: re.search(r"^Uid:\t(\d+)\t(\d+)\t(\d+)\t(\d+)$", Path(f"/proc/{pid}/status").read_text(), re.M)
            for part, pid in pids.items()
        }
        users = {part: {int(uid) for uid in found.groups()} for part, found in real.items() if found}
        assert all(len(found) == 1 and 0 not in found for found in users.values())
        assert users.pop("watch") == users["reader"], "the watch opens what the reader opens"
        assert len(set().union(*users.values())) == len(PARTS) - 1 == len(users)
        open_home.told("import", Path("docs/start/messages").resolve())
        open_home.told("downtime", "declare")
        open_home.told("vault", "add", f"file://{vault}")
        export = open_home.told("export", "--to", home.parent / "export")
        assert export["patients"] == len((home.parent / "export" / "Patient.ndjson").read_text().splitlines())
        status = open_home.told("status")
        assert status["processes"]["users"] == "separate"
        assert status["processes"]["notes"] == ([] if landlock_version() else ["not-confined"])
        _copied(open_home, vault)
        _packed(home, packs, python)
        _tried(home, {part: found.pop() for part, found in users.items()}, python)


def _copied(commands: Commands, vault: Path) -> None:
    """The copies process, a stranger to every key, follows into a vault that root made."""
    import time

    for _ in range(100):
        state = json.loads(commands("status", "--json").out)["vaults"][0]
        if state["state"] == "up-to-date":
            break
        time.sleep(0.2)
    assert state["state"] == "up-to-date", state
    assert {path.stat().st_uid for path in vault.rglob("*")} == {vault.stat().st_uid} != {0}


def _packed(home: Path, folder: Path, python: str) -> None:
    """Packs are made as `up` and the services have them made: by the web's user, into a folder of its own."""
    whom = identity_of("web")
    folder.mkdir()
    os.chown(folder, whom["user"], whom["group"])
    command = [python, "-m", "contrefeu", "--home", str(home), "packs", "make", "--json"]
    done = subprocess.run(command, capture_output=True, check=True, timeout=120, cwd="/", umask=0o027, **whom)
    made = json.loads(done.stdout)["made"]
    assert {one["ward"] for one in made} == {"CARDIO", "CHIR"}
    assert len(list(folder.glob("pack-*.pdf"))) == 2


SECRETS = {
    "keys/reading": "reader",
    "keys/store.key": "reader",
    "charts/charts.db": "reader",
    "node/capture.seed": "capture",
    "node/station.seed": "web",
    "run/plan.jsonl": "web",
    "run/waiting.jsonl": "web",
    "ca/server.key": "web",
    "ca/ca.key": None,
}
ASKING = {
    "run/capture/sock": {"capture", "web"},
    "run/charts/sock": {"reader", "web"},
    "run/station/sock": {"web", "reader"},
}
TRIED = """
import socket, sys
for name in sys.stdin.read().splitlines():
    kind, path = name.split(" ", 1)
    try:
        if kind == "file":
            open(path, "rb").close()
        else:
            socket.socket(socket.AF_UNIX).connect(path)
    except PermissionError:
        continue
    print(path)
"""


def _tried(home: Path, users: dict[str, int], python: str) -> None:
    """As each part's user, open every secret and every socket there is."""
    import grp
    import pwd

    for part, uid in users.items():
        found = pwd.getpwuid(uid)
        lines, wanted = [], set()
        for name, owner in SECRETS.items():
            path = home / name
            for one in sorted(path.iterdir()) if name == "keys/reading" and path.is_dir() else [path]:
                lines.append(f"file {one}")
                wanted |= {str(one)} if owner == part else set()
        for name, asking in ASKING.items():
            lines.append(f"socket {home / name}")
            wanted |= {str(home / name)} if part in asking else set()
        opened = subprocess.run(
            [python, "-c", TRIED],
            input="\n".join(lines).encode(),
            capture_output=True,
            check=True,
            timeout=60,
            user=uid,
            group=found.pw_gid,
            extra_groups=[grp.getgrnam("contrefeu").gr_gid],
            cwd="/",
        ).stdout.decode()
        assert set(opened.splitlines()) == wanted, part


def test_separate_users_are_refused_where_they_could_not_work(cli: Commands) -> None:
    """A home that they cannot enter: nothing is started, and no file changes its owner."""
    if os.getuid() != 0 or shutil.which("useradd") is None:
        pytest.skip("only root makes system users")
    settings = cli.home / "contrefeu.toml"
    settings.write_text(settings.read_text() + '[processes]\nusers = "separate"\n')
    cli.home.parent.chmod(0o700)
    ran = cli("up")
    assert ran.status == 1
    assert "cannot enter" in ran.err
    assert {path.stat().st_uid for path in cli.home.rglob("*")} == {os.getuid()}
    assert stat.S_IMODE((cli.home / "keys" / "store.key").stat().st_mode) == 0o600
