"""The project's files as the house rules see them: parsed once, named from the root.

A rule is a function from modules to lines such as `capture/intake.py:41: datetime.now(): take a Clock`; a test
asserts that there are none, so that a failure reads as a list of what to write instead.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "contrefeu"
NOT_OURS = frozenset({".venv", ".git", ".demo", "__pycache__", "node_modules", "vendor"})


@dataclass(frozen=True)
class Module:
    """One module of src/contrefeu."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        """Path as rules print it: capture/intake.py."""
        return self.path.relative_to(SOURCE).as_posix()

    @property
    def package(self) -> str:
        """The package on a floor that it belongs to; "" at the top."""
        parts = self.path.relative_to(SOURCE).parts
        return parts[0] if len(parts) > 1 else ""

    def at(self, node: ast.AST, what: str) -> str:
        """A line of a failure."""
        return f"{self.name}:{getattr(node, 'lineno', 1)}: {what}"


@cache
def modules() -> tuple[Module, ...]:
    """Every module of the project."""
    return tuple(_parsed(path) for path in sorted(SOURCE.rglob("*.py")) if not NOT_OURS & set(path.parts))


def _parsed(path: Path) -> Module:
    text = path.read_text()
    return Module(path, text, ast.parse(text, str(path)))


def packages() -> list[str]:
    """The packages that stand on floors."""
    return sorted({module.package for module in modules()} - {""})


def texts(*tops: str, suffixes: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Name and text of the project's own text files (real messages in tests/data/ are not ours to change)."""
    for top in tops:
        for path in sorted((ROOT / top).rglob("*")) if (ROOT / top).is_dir() else [ROOT / top]:
            name = path.relative_to(ROOT).as_posix()
            ours = not NOT_OURS & set(path.parts) and not name.startswith("tests/data/")
            if ours and path.is_file() and (path.suffix in suffixes or path.name in suffixes):
                yield name, path.read_text(errors="replace")


def listed(found: list[str]) -> str:
    """A failure as people read it: one place a line."""
    return "\n" + "\n".join(found)


def dotted(node: ast.AST) -> str:
    """`a.b.c` of a name or an attribute; "" for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        base = dotted(node.value)
        return f"{base}.{node.attr}" if base else ""
    return ""


def calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    """Every call and what it calls."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node, dotted(node.func)


def imports(tree: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """Every module that is imported, by its full name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node, node.module
