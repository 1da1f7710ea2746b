"""The vectors of docs/spec/vectors/, as their page says to read them."""

import json
from pathlib import Path
from typing import Any

VECTORS = Path(__file__).parents[2] / "docs" / "spec" / "vectors"


def whole_journal() -> dict[str, bytes]:
    """The files of journal-v1.txt."""
    files: dict[str, bytes] = {}
    name = ""
    for line in (VECTORS / "journal-v1.txt").read_text().splitlines():
        if line.startswith("== "):
            name = line[3:]
            files[name] = b""
        elif line:
            files[name] += bytes.fromhex(line.partition("  #")[0])
    return files


def told(name: str = "journal-v1.json") -> dict[str, Any]:
    """What a file of vectors says."""
    found: dict[str, Any] = json.loads((VECTORS / name).read_text())
    return found


def edited(files: dict[str, bytes], edits: list[dict[str, Any]]) -> dict[str, bytes]:
    """The files of a case."""
    files = dict(files)
    for edit in edits:
        name = edit["file"]
        if edit.get("delete"):
            del files[name]
            continue
        data, at = files.get(name, b""), edit["at"]
        files[name] = data[:at] + bytes.fromhex(edit["insert"]) + data[at + edit["remove"] :]
    return files
