"""CUPS, as its own commands speak with it: lp sends, lpstat tells.

Rules kept here:
  * A queue that is stopped is sent nothing: what waits in a spool lies there open, and comes out hours later, old.
  * Pages go through a pipe: no file of ours holds them.
  * What CUPS answers is read in its own English, and said in ours. Which server is asked is its matter (CUPS_SERVER).
"""

import os
import re
import shutil
import subprocess

from msgspec import Struct

PRINTER = "contrefeu"  # the queue that a boot stick makes of a USB printer (deploy/boot-stick/printer.sh)
LOOK_S_MAX = 10.0  # a scheduler on this machine answers at once, or not
SEND_S_MAX = 60.0  # a queue that takes no page in a minute is not there
_JOB = re.compile(r"request id is (\S+)")
_REFUSALS = (  # what lp says of a queue that looked ready, and what is the matter
    ("Quota limit reached", "is full: it takes no more jobs"),
    ("Too many active jobs", "is full: it takes no more jobs"),
    ("not accepting jobs", "takes no jobs"),
    ("does not exist", "is unknown to CUPS here"),
    ("No space left", "has no room on its disk"),
)


class Sent(Struct, frozen=True):
    """What became of pages that were given to a queue."""

    job: str = ""  # as CUPS calls it
    problem: str = ""  # why it did not take them


def help_of(queue: str) -> str:
    """What to do about a printer that is in trouble: nobody types a command on a PC that a boot stick started."""
    if queue == PRINTER:
        return "Plug a USB printer into this PC: it is found by itself."
    return "lpstat -t lists queues; cupsenable, cupsaccept or lpadmin mends them."


def trouble_of(queue: str) -> str:
    """Return why *queue* would print nothing now, as said after its name; "" when it would."""
    if shutil.which("lp") is None or shutil.which("lpstat") is None:
        return "cannot be reached: CUPS is not installed here"
    said = _asked(["lpstat", "-r", "-a", queue, "-p", queue], LOOK_S_MAX)
    if said is None or "scheduler is not running" in said.stdout:
        return "cannot be reached: CUPS does not answer"
    if said.returncode:
        return "is unknown to CUPS here"
    lines = said.stdout.splitlines()
    for n, line in enumerate(lines):
        why = lines[n + 1].strip() if n + 1 < len(lines) and lines[n + 1].startswith("\t") else ""
        if line.startswith(f"{queue} not accepting requests"):
            return f"takes no jobs{_because(why)}"
        if line.startswith(f"printer {queue} disabled"):
            return f"is stopped{_because(why)}"
    return ""


def send(queue: str, title: str, pdf: bytes) -> Sent:
    """Give *pdf* to *queue*, if it would print it now."""
    trouble = trouble_of(queue)
    if trouble:
        return Sent(problem=trouble)
    said = _asked(["lp", "-d", queue, "-t", title, "-"], SEND_S_MAX, pdf)
    if said is None:
        return Sent(problem="took no page in a minute")
    if said.returncode:
        known = (words for sign, words in _REFUSALS if sign in said.stderr)
        return Sent(problem=next(known, "refused the pages"))
    found = _JOB.search(said.stdout)
    return Sent(found[1] if found else "?")


def waits(queue: str, job: str) -> bool:
    """Whether CUPS has *job* and did not print it yet; it is not known to where CUPS does not answer."""
    said = _asked(["lpstat", "-o", queue], LOOK_S_MAX)
    return said is not None and job in {line.split()[0] for line in said.stdout.splitlines() if line.strip()}


def _asked(command: list[str], wait_s: float, pdf: bytes = b"") -> "subprocess.CompletedProcess[str] | None":
    """What a command of CUPS answers; None when it does not."""
    plain = {**os.environ, "LC_ALL": "C", "LANGUAGE": "C"}
    try:
        done = subprocess.run(command, input=pdf, capture_output=True, timeout=wait_s, check=False, env=plain)
    except (OSError, subprocess.TimeoutExpired):
        return None
    out, err = (part.decode(errors="replace") for part in (done.stdout, done.stderr))
    return subprocess.CompletedProcess(command, done.returncode, out, err)


def _because(why: str) -> str:
    """A printer's own reason, where it gave one."""
    return f" ({why})" if why and why != "reason unknown" else ""
