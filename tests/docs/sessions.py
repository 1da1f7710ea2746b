"""Sessions in the documents: fenced blocks of commands and what they answer.

    ```console run            commands of a page are run in order, in one empty folder that has `docs/` in it;
    $ contrefeu status        each must end with status 0 (or the one that a `# ends with N` comment behind it names);
    node …  running           lines shown below a command must stand in its output, in order; … stands for anything
    ```

A block that is only ```console is not run: each of its commands is in the table of test_commands_run.py.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

from tests.house.tree import ROOT

_FENCE = re.compile(r"^ {0,3}```(\w*)([^\n]*)\n(.*?)^ {0,3}```$", re.MULTILINE | re.DOTALL)
_STATUS = re.compile(r"\s+# ends with (\d+)$")


@dataclass
class Command:
    """One command of a session."""

    line: str
    status: int = 0
    shown: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Block:
    """One fenced block."""

    language: str
    run: bool
    text: str

    def commands(self) -> list[Command]:
        """What is typed, and what is shown below it."""
        found: list[Command] = []
        for line in self.text.splitlines():
            if line.startswith("$ "):
                status = _STATUS.search(line)
                found.append(Command(_STATUS.sub("", line[2:]), int(status[1]) if status else 0))
            elif line.startswith("> "):
                found[-1].line += "\n" + line[2:]
            elif line.strip() and found:
                found[-1].shown.append(line)
        return found


def documents() -> list[Path]:
    """Every page that people read."""
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(path: Path) -> list[Block]:
    """The fenced blocks of a page."""
    return [Block(m[1], "run" in m[2].split(), m[3]) for m in _FENCE.finditer(path.read_text())]


def lacking(shown: list[str], output: str) -> list[str]:
    """The shown lines that do not stand in *output*, in order."""
    lines = [" ".join(line.split()) for line in output.splitlines()]
    at, missing = 0, []
    for line in shown:
        pattern = re.compile(".*".join(re.escape(part) for part in " ".join(line.split()).split("…")))
        found = next((n for n in range(at, len(lines)) if pattern.fullmatch(lines[n])), None)
        if found is None:
            missing.append(line)
        else:
            at = found + 1
    return missing
