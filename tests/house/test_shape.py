"""The house is cut as LAYOUT says: packages with one front door, each on a floor, files with one reason to exist.

Method: read the source and pyproject.toml; `lint-imports` checks who imports whom.
"""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.house.tree import ROOT, SOURCE, Module, imports, listed, modules, packages

LINES_MAX = 600
NAMELESS = frozenset(["utils", "util", "common", "helpers", "helper", "misc", "shared", "lib", "core", "manager"])
# Folders of tests/ that mirror no package.
BESIDE_PACKAGES = frozenset(["data", "suites", "docs", "house", "drills", "second_reader", "deploy"])


def _doors() -> list[Module]:
    return [module for module in modules() if module.path.name == "__init__.py" and module.package]


def test_every_package_says_what_it_is():
    """A package opens with a docstring, and so does every module: the rules it keeps stand there."""
    found = [
        module.at(module.tree, "no docstring: say what it is for")
        for module in modules()
        if not ast.get_docstring(module.tree)
    ]
    assert not found, listed(found)


def test_front_doors_are_sorted():
    """`__all__` is the whole front door, in ruff's order: CONSTANTS, Classes, functions."""
    found = []
    for door in _doors():
        names = _all_of(door)
        if names is None:
            found.append(door.at(door.tree, "no __all__: list what others may import"))
        elif names != sorted(names, key=_rank):
            found.append(door.at(door.tree, f"__all__ is not sorted: {sorted(names, key=_rank)}"))
    assert not found, listed(found)


def _all_of(module: Module) -> list[str] | None:
    for node in module.tree.body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        if any(isinstance(t, ast.Name) and t.id == "__all__" for t in targets):
            assert node.value is not None
            return list(ast.literal_eval(node.value))
    return None


def _rank(name: str) -> tuple[int, list[tuple[int, int | str]]]:
    kind = 0 if name.isupper() else 1 if name[:1].isupper() else 2
    natural: list[tuple[int, int | str]] = [
        (0, int(part)) if part.isdigit() else (1, part) for part in re.split(r"(\d+)", name) if part
    ]
    return kind, natural


def test_front_doors_open():
    """Every name in an `__all__` is there, so that the door is not a picture of one."""
    found = []
    for door in _doors():
        bound = {
            alias.asname or alias.name
            for node in ast.walk(door.tree)
            if isinstance(node, ast.ImportFrom | ast.Import)
            for alias in node.names
        }
        bound |= {
            node.name
            for node in door.tree.body
            if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef)
        }
        bound |= {
            t.id
            for node in door.tree.body
            if isinstance(node, ast.Assign)
            for t in node.targets
            if isinstance(t, ast.Name)
        }
        bound |= {
            node.target.id
            for node in door.tree.body
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
        }
        lazy = any(isinstance(node, ast.FunctionDef) and node.name == "__getattr__" for node in door.tree.body)
        found += [
            door.at(door.tree, f"{name} is in __all__ and nowhere else")
            for name in _all_of(door) or []
            if name not in bound and not lazy
        ]
    assert not found, listed(found)


def test_others_come_in_by_the_front_door():
    """`from contrefeu.journal import JournalWriter`: behind the door, files may move.

    `cli` wires parts and may not wait for all of them to load, so it alone reaches further in.
    """
    found = []
    for module in modules():
        if module.package == "cli":
            continue
        for node, name in imports(module.tree):
            parts = name.split(".")
            if parts[0] == "contrefeu" and len(parts) > 2 and parts[1] != module.package and _is_behind_a_door(parts):
                found.append(module.at(node, f"{name}: import it from contrefeu.{parts[1]}"))
    assert not found, listed(found)


def _is_behind_a_door(parts: list[str]) -> bool:
    """A sub-package has a door of its own (contrefeu.chart.stores); a module has none."""
    return not SOURCE.joinpath(*parts[1:], "__init__.py").is_file()


def test_every_package_has_a_floor():
    """A new package that has no floor in pyproject.toml fails here, before it imports what it may not."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    floors = {name.strip(" ()") for layer in layers for name in layer.split("|")}
    found = [
        f"{package}/: no floor in pyproject.toml: add it to the layers"
        for package in packages()
        if package not in floors
    ]
    assert not found, listed(found)


def test_imports_go_down():
    """A package imports only from floors below its own; what keeps cannot open or understand (docs/explain)."""
    linter = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout


def test_no_drawer_for_odds_and_ends():
    """A word two uses need goes to the floor below both, under a name that says what it is."""
    found = [
        f"{module.name}: {part}: name it for what it holds"
        for module in modules()
        for part in Path(module.name).with_suffix("").parts
        if part.strip("_") in NAMELESS
    ]
    assert not found, listed(found)


def test_a_file_has_one_reason_to_exist():
    """Past LINES_MAX lines a file is two files; tables of codes are read by the eye and may be long."""
    found = [
        f"{module.name}: {lines} lines: cut it in two"
        for module in modules()
        if (lines := module.text.count("\n")) > LINES_MAX and "tables" not in module.path.parts
    ]
    assert not found, listed(found)


def test_public_names_say_what_they_do():
    """A public function, class or method has a docstring; what it keeps private may speak for itself."""
    found = []
    for module in modules():
        for owner, node in _public(module.tree):
            if not ast.get_docstring(node):
                found.append(module.at(node, f"{owner}{node.name}: no docstring"))
    assert not found, listed(found)


def _public(tree: ast.Module) -> list[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]]:
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    found: list[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]] = []
    for node in tree.body:
        if not isinstance(node, kinds) or node.name.startswith("_"):
            continue
        found.append(("", node))
        if isinstance(node, ast.ClassDef):
            overrides = {"override", "overload", "setter"}
            found += [
                (f"{node.name}.", method)
                for method in node.body
                if isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef)
                and not method.name.startswith("_")
                and not any(getattr(d, "id", getattr(d, "attr", "")) in overrides for d in method.decorator_list)
            ]
    return found


def test_tests_mirror_the_house():
    """Each package has its tests under its own name, and no folder of tests stands for nothing."""
    tested = {path.parent.relative_to(ROOT / "tests").parts[0] for path in (ROOT / "tests").rglob("test_*.py")}
    found = [f"tests/{package}/: no test: every package has some" for package in packages() if package not in tested]
    found += [f"tests/{folder}/: no such package" for folder in sorted(tested - set(packages()) - BESIDE_PACKAGES)]
    assert not found, listed(found)


def test_test_names_are_claims():
    """A test's name is a claim and its file's docstring the method (STYLE 17): three words at least."""
    found = []
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        tree = ast.parse(path.read_text())
        name = path.relative_to(ROOT).as_posix()
        if not ast.get_docstring(tree):
            found.append(f"{name}: no docstring: say how these claims are tried")
        found += [
            f"{name}:{node.lineno}: {node.name}: say what must hold"
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and node.name.startswith("test_")
            and node.name.count("_") < 2
        ]
    assert not found, listed(found)
