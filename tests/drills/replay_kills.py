"""kill -9 of a replay at random instants, against a target that answers in every way, until all is there once.

The replay is the command itself (`contrefeu replay --resume`), forked from a process that has its modules loaded. The
target is a process of its own that keeps, durably and in order, each message that it takes; its answers are drawn: AA,
AE, AR and CR (not taken), none (taken or not), garbage, hung up, another's, late, twice. After some kills somebody
looks at the target and writes into a new plan what they saw there; between, what is in doubt waits. At the end:

  * each planned message was taken, once;
  * each patient's messages were taken in the order in which they were received.

    python -m tests.drills.replay_kills --kills 200 --seed 1    exit status 1 when one is missing, doubled, disordered
"""

import argparse
import contextlib
import io
import json
import os
import random
import select
import signal
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from contrefeu.cli.main import run
from contrefeu.hl7 import Frame, Framer, acknowledge, frame, peek
from tests.cli.messages import potassium
from tests.drills.node import contrefeu

MESSAGES_A_KILL = 6  # so that kills come all along the plan
PATIENTS = 40
ANSWER_S = 0.15  # how long the replay waits for an answer
LATE_S = 0.3
REJECTS = ("AE", "AR", "CR")
ODD = (*REJECTS, "nothing", "lost", "garbage", "hang up", "another's", "late", "twice")
ODDLY = 0.06  # of the answers: each ends a run, and most runs are to be ended by their kill
LOOKED = 0.4  # of the kills after which somebody looks at the target
EARLY = 0.15  # of the kills come while the process starts, or settles what the one before left
EARLY_S_MAX = 1.0
LOOK_S = 0.001


@dataclass
class Report:
    """What a campaign found."""

    kills: int
    ended: int  # runs that ended by themselves, at a rejection or a silence most often
    seconds: float
    planned: int
    sent: int  # messages that the target was given, refused ones too
    answers: dict[str, int]
    missing: int
    doubled: int
    disordered: int  # patients whose messages were not taken in their order


class Target:
    """A process that listens, and keeps what it takes in a file: one line a message."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._given, self._idle = folder / "given", folder / "idle"
        self._given.touch()
        self._pid = os.fork()
        if self._pid == 0:
            try:
                self._serve(random.Random(seed))
            finally:
                os._exit(70)
        self._server.close()

    def given(self) -> list[tuple[str, str]]:
        """What it was given, in order: control id, and how it answered."""
        lines = self._given.read_text().splitlines()
        return [(control_id, how) for control_id, _, how in (line.partition(" ") for line in lines)]

    def taken(self) -> list[str]:
        """What it holds, in order."""
        return [control_id for control_id, how in self.given() if how not in (*REJECTS, "lost")]

    def count(self) -> int:
        """How many it was given."""
        return self._given.read_bytes().count(b"\n")

    def settle(self) -> None:
        """Wait until it has read all that a killed process left on the wire: nobody looks before."""
        self._idle.unlink(missing_ok=True)
        os.kill(self._pid, signal.SIGUSR1)
        while not self._idle.exists():
            time.sleep(0.002)

    def close(self) -> None:
        """End it."""
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)

    def _serve(self, chance: random.Random) -> None:
        asked: list[int] = []
        signal.signal(signal.SIGUSR1, lambda *_: asked.append(1))
        self._server.settimeout(0.02)
        while True:
            with contextlib.suppress(OSError):  # nobody came; or they went without a word
                connection, _ = self._server.accept()
                with connection:
                    self._listen(connection, chance)
                continue
            if asked:
                asked.clear()
                self._idle.touch()

    def _listen(self, connection: socket.socket, chance: random.Random) -> None:
        framer = Framer(2**20)
        connection.settimeout(None)
        while data := connection.recv(65536):
            for found in framer.receive(data):
                assert isinstance(found, Frame)
                how = chance.choice(ODD) if chance.random() < ODDLY else "AA"
                header = peek(found.body)
                assert header is not None
                with self._given.open("a") as file:
                    file.write(f"{header.control_id} {how}\n")
                said = frame(acknowledge(header, how if len(how) == 2 else "AA", control_id="X", now="20261125000000"))
                if how == "hang up":
                    return
                for part in _answers(how, said, header.control_id):
                    connection.sendall(part)


def _answers(how: str, said: bytes, control_id: str) -> Iterator[bytes]:
    if how in ("nothing", "lost"):
        return
    if how == "garbage":
        yield b"\x0bHTTP/1.1 400 Bad Request\x1c\r"
    elif how == "another's":
        yield said.replace(control_id.encode(), b"SOMEBODY-ELSE")
    else:
        if how == "late":
            time.sleep(LATE_S)
        yield said * (2 if how == "twice" else 1)


def campaign(folder: Path, kills: int, seed: int) -> Report:
    """Kill *kills* times, go on until all is there, then look."""
    chance, began = random.Random(seed), time.monotonic()
    home, plan = folder / "home", folder / "plan.jsonl"
    bodies = _prepare(folder, kills * MESSAGES_A_KILL)
    target = Target(folder, seed)
    to = ("replay", "--to", f"mllp://127.0.0.1:{target.port}", "--profile", str(folder / "ehr.toml"))
    write = ["--home", str(home), *to, "--dry-run", "--plan", str(plan)]
    _load(write)
    command = ["--home", str(home), *to, "--resume", "--plan", str(plan), "--json"]
    done = ended = runs = 0
    while done < kills or set(target.taken()) != set(bodies):
        runs += 1
        assert runs < 100 + 4 * kills, "it does not come to its end"
        pid = _fork(command)
        if done < kills:
            if chance.random() < EARLY:
                _ends(pid, chance.uniform(0, EARLY_S_MAX))
            else:
                wanted = target.count() + chance.randint(1, 2 * MESSAGES_A_KILL)
                while target.count() < wanted and not _ends(pid, LOOK_S):
                    pass
                time.sleep(chance.uniform(0, 0.003))
            os.kill(pid, signal.SIGKILL)
            done += 1
        _, status = os.waitpid(pid, 0)
        ended += not os.WIFSIGNALED(status)
        target.settle()
        if done == kills or chance.random() < LOOKED:
            plan.unlink()
            _quietly(write)
            _decide(plan, set(target.taken()))
    given, taken = target.given(), Counter(target.taken())
    target.close()
    return Report(
        kills=done,
        ended=ended,
        seconds=round(time.monotonic() - began, 1),
        planned=len(bodies),
        sent=len(given),
        answers=dict(Counter(how for _, how in given)),
        missing=len(set(bodies) - set(taken)),
        doubled=sum(count - 1 for count in taken.values()),
        disordered=_disordered([one for one, how in given if how not in (*REJECTS, "lost")]),
    )


def _prepare(folder: Path, messages: int) -> list[str]:
    """A home that holds *messages* messages, none of which the restored system has; returns their control ids."""
    home, profile = folder / "home", folder / "ehr.toml"
    contrefeu(home, "init", "--shares-out", str(folder / "shares"))
    profile.write_text(f'name = "ehr"\nanswer_s = {ANSWER_S}\n')
    bodies = [potassium(f"R-{n}", number=f"9{n % PATIENTS:05d}") for n in range(messages)]
    (folder / "in").mkdir()
    (folder / "in" / "all.hl7").write_bytes(b"".join(bodies))
    (folder / "empty").mkdir()
    contrefeu(home, "import", str(folder / "in"))
    contrefeu(home, "gap", "--against", str(folder / "empty"), status=10)
    return [f"R-{n}" for n in range(messages)]


def _load(command: Sequence[str]) -> None:
    """Run once in this process, so that those that are forked have all modules, and the command line, at hand."""
    _quietly(command)


def _quietly(command: Sequence[str]) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        assert run(list(command)) == 0


def _fork(command: Sequence[str]) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        os._exit(run(list(command)))
    finally:
        os._exit(70)


def _ends(pid: int, seconds: float) -> bool:
    """Wait so long; whether the process ended by itself meanwhile."""
    watched = os.pidfd_open(pid)
    ended = bool(select.select([watched], [], [], seconds)[0])
    os.close(watched)
    return ended


def _decide(plan: Path, there: set[str]) -> None:
    """Write into the plan what somebody sees in the target."""
    head, *lines = plan.read_text().splitlines()
    found = [json.loads(line) for line in lines]
    for one in found:
        one["do"] = "arrived" if one["control_id"] in there else "again"
    plan.write_text("\n".join([head, *map(json.dumps, found)]) + "\n")


def _disordered(taken: Sequence[str]) -> int:
    last: dict[int, int] = {}
    wrong = set()
    for number in (int(one.partition("-")[2]) for one in taken):
        if number < last.get(number % PATIENTS, -1):
            wrong.add(number % PATIENTS)
        last[number % PATIENTS] = number
    return len(wrong)


def main() -> int:
    """Run a campaign in a folder of its own."""
    parser = argparse.ArgumentParser(description="kill -9 of a replay, against a target that answers in every way.")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="replay-kills-") as folder:
        report = campaign(Path(folder), chosen.kills, chosen.seed)
    sys.stdout.write(json.dumps(asdict(report)) + "\n")
    return 1 if report.missing or report.doubled or report.disordered else 0


if __name__ == "__main__":
    sys.exit(main())
