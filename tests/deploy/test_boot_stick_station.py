"""A boot stick's station and the sticks beside it: asked plainly, let go late, exchanged with as they are (F39).

Method: its scripts run with commands that note how they were called (stubs.py), beside folders that stand for sticks.
"""

import os
import subprocess
from pathlib import Path

import pytest

from tests.deploy.stubs import PARTS, called


def carry(tmp_path: Path, kind: str = "vfat", ended: int = 0, label: str = "", *, folder: bool = True) -> str:
    """What carry.sh says beside a stick sda1, its own, and another one, sdb1; the commands that it calls are noted."""
    (own := tmp_path / "own").mkdir()
    (by := tmp_path / "by-id").mkdir()
    for name in ("sda1", "sdb1"):
        (tmp_path / name).touch()
        (by / f"usb-stick-{name}").symlink_to(tmp_path / name)
        (tmp_path / "block" / name[:3]).mkdir(parents=True)
        (tmp_path / "block" / name[:3] / "diskseq").write_text("7\n")
    (by / "ata-inner").symlink_to(tmp_path / "calls")
    (at := tmp_path / "at").mkdir()
    if folder:
        (at / "contrefeu-exchange").mkdir()
    (program := tmp_path / "memory" / "program" / "bin").mkdir(parents=True)
    (tmp_path / "memory" / "tmp").mkdir()
    (tmp_path / "memory" / "tmp" / "ready").write_text("ready")
    called(program, "contrefeu", f'echo "$@" >>{tmp_path}/calls; exit {ended}')
    called(tmp_path, "findmnt", f"echo {tmp_path}/sda1")
    called(tmp_path, "lsblk", 'case "$3" in *sda1) echo sda ;; *) echo sdb ;; esac')
    called(tmp_path, "blkid", f'case "$*" in *LABEL*) echo {label} ;; *) echo {kind} ;; esac')
    called(tmp_path, "mountpoint", "exit 1")
    for name in ("mount", "umount", "chvt", "sync"):
        called(tmp_path, name, "[ ! -e ${0%/*}/$(basename $0)-fails ]")
    env = {"CARRY_BY": by, "CARRY_AT": at, "CARRY_MEMORY": tmp_path / "memory", "CARRY_LOOK_S": "0.1"}
    env["CARRY_BLOCKS"] = tmp_path / "block"
    running = subprocess.Popen(
        ["sh", PARTS / "carry.sh", own],
        env={
            **os.environ,
            **{name: str(value) for name, value in env.items()},
            "PATH": f"{tmp_path}:{os.environ['PATH']}",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with pytest.raises(subprocess.TimeoutExpired):  # several looks
        running.wait(1.5)
    running.terminate()
    said, errors = running.communicate(timeout=20)
    assert (running.returncode, errors) == (0, "")
    return said


def station(tmp_path: Path, typed: str, start: str = "", own: str = "") -> tuple[str, str]:
    """What station.sh says to who types that, and what it calls."""
    called(tmp_path, "mountpoint", f"[ -e {tmp_path}/mounted ]")
    called(tmp_path, "umount", f'[ "$1" != {tmp_path}/stick ] || rm {tmp_path}/mounted')
    called(tmp_path, "blkid", "case $* in *LABEL*) ;; *) echo vfat ;; esac")
    for name in ("systemctl", "clear", "loadkeys", "ckbcomp", "mount", "sync", "chvt"):
        called(tmp_path, name)
    for name in ("stick", "by-id", "parts"):
        (tmp_path / name).mkdir()
    (tmp_path / "by-id" / "usb-any").touch()
    (tmp_path / "stick" / "start.sh").write_text(f'echo start "$CONTREFEU_WEB" >>{tmp_path}/calls\n{start}\n')
    called(tmp_path / "parts", "own-stick.sh", own or f"touch {tmp_path}/mounted")
    called(tmp_path / "parts", "lan.sh", f'echo lan "$1" >>{tmp_path}/calls')
    called(tmp_path / "parts", "browser.sh")
    called(
        tmp_path / "parts",
        "carry.sh",
        f"trap 'echo carried >>{tmp_path}/calls; exit' TERM; while :; do sleep 0.1; done",
    )
    env = {"BIN": tmp_path, "STICK": tmp_path / "stick", "MEMORY": tmp_path / "memory", "PARTS": tmp_path / "parts"}
    env |= {"BY": tmp_path / "by-id", "KEPT": tmp_path / "kept", "WAIT_S": Path("1")}
    done = subprocess.run(
        ["sh", PARTS / "station.sh"],
        env={**os.environ, **{f"STATION_{name}": str(value) for name, value in env.items()}},
        input=typed,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.stdout, (tmp_path / "calls").read_text()


@pytest.mark.req("F39")
def test_the_code_typed_too_early_opens_no_network_and_is_wiped_out(tmp_path: Path):
    """A 2 or a 3 in something else is no answer; the screen is cleared, and the question comes again."""
    said, calls = station(tmp_path, "abcd-2345-efgh-3jkm\n22\n\n\n")
    assert said.count("\033[3J") == 2
    assert said.count("Le code se demande après.") == 2
    assert "lan serve" not in calls and "lan screen" not in calls
    assert "start 127.0.0.1:8443" in calls


@pytest.mark.parametrize("answer", ["2", "é"])
def test_two_is_the_network(tmp_path: Path, answer: str):
    """A French keyboard without Shift writes é; what ran before is closed first, the network before the browser."""
    _, calls = station(tmp_path, f"{answer}\n\n")
    first, _, rest = calls.partition("lan serve")
    assert first.index("lan down") < first.index("systemctl stop")
    assert "start \n" in rest and "lan down" in rest.partition("start \n")[2]


@pytest.mark.req("F39")
def test_the_end_is_said_on_the_screen_that_is_seen(tmp_path: Path):
    """A browser that closes leaves an empty screen: who waits for the word on the stick must not sit before it."""
    said, calls = station(tmp_path, "\n\n")
    ended = calls.partition("start 127.0.0.1:8443")[2]
    assert ended.index("systemctl stop") < ended.index("chvt 1")
    assert "La clé peut être retirée" in said


@pytest.mark.req("F39")
def test_a_stick_is_let_go_once_nothing_is_in_memory_alone(tmp_path: Path):
    """start.sh kept the home, as its stick took nothing: any stick takes it, and only then may one be pulled out."""
    program = tmp_path / "memory" / "program" / "bin"
    stub = "case $5 in */stick) exit 1 ;; esac"
    start = f"mkdir -p {program} {tmp_path}/memory/home\nprintf '#!/bin/sh\\n{stub}\\n' >{program}/contrefeu"
    said, calls = station(tmp_path, "\n\n\n\n", f"{start}\nchmod 755 {program}/contrefeu\nexit 1")
    order = ["do not switch it off", "La clé l'a pris", "La clé peut être retirée"]
    assert [said.count(word) for word in order] == [1, 1, 1]
    assert sorted(order, key=said.index) == order
    assert not (tmp_path / "memory").exists()
    assert (tmp_path / "kept" / "contrefeu-exchange").is_dir()
    assert calls.index("start ") < calls.index("carried") < calls.index("mount -t vfat")


def test_no_other_stick_is_taken_for_the_one_that_started(tmp_path: Path):
    """It is not found: said, and no station starts."""
    said, calls = station(tmp_path, "\n", own="exit 1")
    assert "No other stick is taken instead." in said
    assert "start" not in calls


def own_stick(tmp_path: Path, kind: str = "vfat") -> tuple[int, str]:
    """How own-stick.sh ends on a PC with two sticks, and what it mounts."""
    for disk in ("sda", "sdb"):
        for number in "12":
            (tmp_path / "devices" / disk / f"{disk}{number}").mkdir(parents=True)
            (tmp_path / "devices" / disk / f"{disk}{number}" / "partition").write_text(f"{number}\n")
    (tmp_path / "dev" / "block").mkdir(parents=True)
    (tmp_path / "dev" / "block" / "8:17").symlink_to(tmp_path / "devices" / "sdb" / "sdb1")
    called(tmp_path, "findmnt", 'echo " 8:17"')
    called(tmp_path, "blkid", f"echo {kind}")
    called(tmp_path, "mount")
    env = {**os.environ, "OWN_SYS": str(tmp_path), "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(["sh", PARTS / "own-stick.sh", "/at"], env=env, check=False)
    return done.returncode, (tmp_path / "calls").read_text()


def test_the_stick_is_the_one_that_started_the_pc(tmp_path: Path):
    """By the disk that the system lies on, not by a name that another stick has too; nothing on it is run."""
    ended, calls = own_stick(tmp_path)
    assert ended == 0
    assert "mount -t vfat -w -o nosuid,nodev,noexec,umask=077,flush /dev/sdb2 /at" in calls
    assert "CONTREFEU" not in (PARTS / "own-stick.sh").read_text()


def test_a_disk_that_is_no_crisis_stick_is_not_taken(tmp_path: Path):
    """A second partition of another kind."""
    ended, calls = own_stick(tmp_path, "ntfs")
    assert (ended, "mount" in calls.replace("findmnt", "")) == (1, False)


@pytest.mark.parametrize(
    ("kind", "folder", "taken"), [("vfat", True, True), ("vfat", False, False), ("ext4", True, False)]
)
def test_another_stick_gives_and_takes_journals(tmp_path: Path, kind: str, folder: bool, taken: bool):
    """Once; neither a disk without the folder, which is never written, nor another file system, nor the own stick."""
    said = carry(tmp_path, kind, folder=folder)
    calls = (tmp_path / "calls").read_text().splitlines()
    assert calls.count(f"--home {tmp_path}/memory/home journal exchange {tmp_path}/at") == taken
    assert ("peut être retirée" in said) == taken
    assert len([call for call in calls if call.startswith("mount -t")]) == (kind == "vfat")
    assert len([call for call in calls if call.startswith("mount -o remount,rw,")]) == taken
    mounts = [call for call in calls if call.startswith("mount -t")]
    assert all(f"ro,nosuid,nodev,noexec,umask=077 {tmp_path}/sdb1" in call for call in mounts)
    assert not (tmp_path / "memory" / "carrying").exists()


@pytest.mark.parametrize(
    ("ended", "word"), [(0, "Done."), (10, "was no journal"), (12, "Not all was taken"), (1, "was not done")]
)
def test_what_became_of_a_stick_is_said_as_it_is(tmp_path: Path, ended: int, word: str):
    """Another history is never "done"; a stick that did not take anything is not let go with a kind word."""
    said = carry(tmp_path, ended=ended)
    assert said.count(word) == 1
    assert ("Done." in said) == (ended == 0)
    assert ("may be pulled out" in said) == (ended != 1)


def test_a_stick_that_starts_pcs_is_never_mounted(tmp_path: Path):
    """The first partition of another boot stick, which nothing is to change."""
    carry(tmp_path, label="CF-BOOT")
    assert "mount" not in (tmp_path / "calls").read_text()


def test_a_stick_that_is_not_let_go_is_said(tmp_path: Path):
    """Whoever pulls it out then may lose what lies in no file yet."""
    (tmp_path / "umount-fails").touch()
    said = carry(tmp_path)
    assert "n'est pas libérée" in said and "peut être retirée" not in said
