"""Constants and fields of a source file with the comment that stands beside them, or above.

Bytes in, values out: the source is read, not run.
"""

import ast
import inspect
import io
import tokenize
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Constant:
    """A module's constant and why it is what it is."""

    name: str
    reason: str
    value: float | int | None = None

    def valued(self, value: float) -> "Constant":
        """The same with its value."""
        return replace(self, value=value)


def constants_of(path: Path) -> list[Constant]:
    """The constants of a module (NAMES_LIKE_THIS), in order."""
    tree, comments = _read(path)
    return [Constant(name, comments.get(line, "")) for name, line in _assigned(tree.body) if name.isupper()]


def comments_of_fields(path: Path, owner: str) -> dict[str, str]:
    """Field -> comment of the class *owner* in a source file."""
    tree, comments = _read(path)
    found = next((node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == owner), None)
    return {name: comments.get(line, "") for name, line in _assigned(found.body)} if found else {}


def comments_of_settings(cls: type) -> dict[str, str]:
    """Field -> comment of a class of ours, and of those that it extends."""
    found: dict[str, str] = {}
    for owner in cls.__mro__:
        if owner.__module__.startswith("contrefeu."):
            found |= comments_of_fields(Path(inspect.getfile(owner)), owner.__name__)
    return found


def _assigned(body: list[ast.stmt]) -> list[tuple[str, int]]:
    found = []
    for node in body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        found += [(target.id, node.lineno) for target in targets if isinstance(target, ast.Name)]
    return found


@cache
def _read(path: Path) -> tuple[ast.Module, dict[int, str]]:
    """The tree, and for each line of code its comment: behind it, else the whole lines above it."""
    text = path.read_text()
    behind: dict[int, str] = {}
    whole: dict[int, str] = {}
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            said = token.string.lstrip("# ").strip()
            if not said.startswith(("noqa", "type:")):
                (whole if token.line.lstrip().startswith("#") else behind)[token.start[0]] = said
    comments = dict(behind)
    for line in range(1, text.count("\n") + 2):
        if line not in whole and line not in behind and line - 1 in whole:
            first = line - 1
            while first - 1 in whole:
                first -= 1
            comments[line] = " ".join(whole[n] for n in range(first, line))
    return ast.parse(text), comments
