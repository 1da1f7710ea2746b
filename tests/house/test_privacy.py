"""Logs and errors carry coordinates, never contents, as far as reading the source can tell.

Method: find every log call and every error raised, and look at what is put into it.
"""

import ast
from collections.abc import Iterator

from contrefeu.base.redact import SAFE_KEYS
from tests.house.tree import Module, calls, dotted, listed, modules

LEVELS = frozenset(["debug", "info", "warning", "error", "critical", "exception", "bind"])
LOGGERS = frozenset(["log", "logger", "_log", "_logger", "self._log", "self.log"])
# Names under which this project holds what a message says about somebody.
CONTENTS = frozenset(
    [
        "body",
        "raw",
        "family",
        "given",
        "birth_date",
        "patient_name",
        "payload",
        "plaintext",
        "mnemonic",
        "seed",
        "secret",
    ]
)


def _log_calls(module: Module) -> Iterator[ast.Call]:
    for call, name in calls(module.tree):
        owner, _, method = name.rpartition(".")
        if method in LEVELS and owner in LOGGERS:
            yield call


def test_a_log_line_is_a_fixed_text():
    """`log.warning("torn tail set aside", segment=n)`: the text is the same for every patient."""
    found = [
        module.at(call, "a log text that is computed: write a fixed text and name the values")
        for module in modules()
        for call in _log_calls(module)
        if call.args and not isinstance(call.args[0], ast.Constant)
    ]
    assert not found, listed(found)


def test_a_log_line_carries_known_keys_only():
    """base/redact.py withholds every other key: adding one there is a decision about patients."""
    found = [
        module.at(call, f"log key {key.arg!r} is withheld: use one of SAFE_KEYS, or add it there on purpose")
        for module in modules()
        for call in _log_calls(module)
        for key in call.keywords
        if key.arg not in SAFE_KEYS and key.arg not in {"exc_info"}
    ]
    assert not found, listed(found)


def test_errors_and_logs_quote_no_contents():
    """An f-string in an error or a log names a place; it never quotes a body, a name or a secret."""
    found = []
    for module in modules():
        spoken: list[ast.AST] = [node for node in ast.walk(module.tree) if isinstance(node, ast.Raise)]
        spoken += _log_calls(module)
        for statement in spoken:
            for value in (node for node in ast.walk(statement) if isinstance(node, ast.FormattedValue)):
                name = _quoted(value.value)
                if name in CONTENTS:
                    found.append(module.at(statement, f"{{{name}}} in an error: say where it is, not what it is"))
    assert not found, listed(found)


def _quoted(value: ast.expr) -> str:
    """The name that is quoted: `draft.body` and `body.decode()` quote body, `len(body)` does not."""
    if (
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Attribute)
        and value.func.attr in {"decode", "strip", "hex"}
    ):
        return _quoted(value.func.value)
    return dotted(value).rpartition(".")[2]
