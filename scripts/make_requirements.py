"""The table of docs/requirements.md: each requirement, the tests that try it, and its state.

States and notes are kept by hand in docs/requirements.toml; tests are found by their marks,
`@pytest.mark.req("C1")` on a test, a class or a whole file (`pytestmark`).
"""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
STATES = ("held", "partly", "not yet")


def requirements_page() -> str:
    """The page, without its first line."""
    rules = tomllib.loads((ROOT / "docs" / "requirements.toml").read_text())
    tests = tests_by_requirement()
    counts = {state: sum(rule["state"] == state for rule in rules["rule"]) for state in STATES}
    lines = [
        "# Requirements",
        "",
        f"{len(rules['rule'])} rules: {', '.join(f'{count} {state}' for state, count in counts.items())}.",
        "",
        "*Held*: every part of the rule is tried by a test. *Partly*: some part is, and the note says which is not.",
        "*Not yet*: nobody should count on it. T marks a threshold that we chose. Behind a file of tests stands how",
        "many of its tests try the rule.",
        "",
    ]
    for title, letters in rules["sections"].items():
        lines += [f"## {title}", "", "| id | rule | state | tests | note |", "| --- | --- | --- | --- | --- |"]
        for rule in (r for r in rules["rule"] if r["id"].rstrip("0123456789") == letters):
            lines.append(
                f"| {rule['id']} | {rule['rule']} | {rule['state']} | {_tests(tests.get(rule['id'], []))} | "
                f"{rule.get('note', '')} |"
            )
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _tests(names: list[str]) -> str:
    """Files with the number of tests in each: a name apiece would bury the table."""
    counted: dict[str, int] = {}
    for name in names:
        path = name.partition("::")[0]
        counted[path] = counted.get(path, 0) + 1
    return "<br>".join(f"[{path.removeprefix('tests/')}](../{path}) {count}" for path, count in sorted(counted.items()))


def tests_by_requirement() -> dict[str, list[str]]:
    """Requirement -> tests that are marked with it, as file::test."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "tests").rglob("*.py")):
        if "data" in path.relative_to(ROOT / "tests").parts[:1]:
            continue
        name = path.relative_to(ROOT).as_posix()
        for test, requirement in sorted(set(_marked(ast.parse(path.read_text())))):
            found.setdefault(requirement, []).append(f"{name}::{test}")
    return found


def _marked(tree: ast.Module) -> Iterator[tuple[str, str]]:
    whole_file = [
        requirement
        for node in tree.body
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "pytestmark" for t in node.targets)
        for requirement in _requirements(node.value)
    ]
    for owner, marks in _tests_in(tree.body, whole_file):
        for requirement in marks:
            yield owner, requirement


def _tests_in(body: list[ast.stmt], inherited: list[str]) -> Iterator[tuple[str, list[str]]]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield node.name, [*inherited, *(r for d in node.decorator_list for r in _requirements(d))]
        elif isinstance(node, ast.ClassDef):
            yield from _tests_in(node.body, [*inherited, *(r for d in node.decorator_list for r in _requirements(d))])


def _requirements(expression: ast.expr) -> Iterator[str]:
    for node in ast.walk(expression):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "req":
            yield from (a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str))
