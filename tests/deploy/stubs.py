"""Commands that a boot stick's scripts call, stood in for: each notes how it was called."""

from pathlib import Path

from tests.house.tree import ROOT

PARTS = ROOT / "deploy" / "boot-stick"


def called(folder: Path, name: str, body: str = "") -> None:
    """A command that notes how it was called."""
    (folder / name).write_text(f'#!/bin/sh\necho {name} "$@" >>"{folder}/calls"\n{body}\n')
    (folder / name).chmod(0o755)
