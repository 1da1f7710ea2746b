"""Modules meet the world where the house lets them: one clock, one way to speak, languages that touch nothing.

Method: read the source of every module and list what stands where it should not, with what to write instead.
"""

import ast

from tests.house.tree import calls, dotted, imports, listed, modules

CLOCK = "base/clock.py"
WALL_CLOCKS = frozenset(
    ["datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns", "time.localtime"]
)
PURE = frozenset(["hl7", "fhir", "cda", "acts", "proof", "hospital", "mapping"])
WORLD = frozenset(
    ["socket", "os", "asyncio", "time", "random", "sqlite3", "secrets", "subprocess", "threading", "tempfile", "shutil"]
)
WORLDLY_CALLS = frozenset(["open", "uuid.uuid1", "uuid.uuid4", "uuid1", "uuid4", "os.environ", "input"])


def test_time_is_passed_in():
    """Only base/clock.py asks the machine for the time; everything else takes a Clock."""
    found = []
    for module in modules():
        if module.name == CLOCK:
            continue
        for call, name in calls(module.tree):
            if any(name == clock or name.endswith(f".{clock}") for clock in WALL_CLOCKS):
                found.append(module.at(call, f"{name}(): take a Clock"))
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ImportFrom) and node.module == "time":
                found += [
                    module.at(node, f"from time import {a.name}: take a Clock")
                    for a in node.names
                    if a.name in {"time", "time_ns"}
                ]
    assert not found, listed(found)


def test_only_commands_speak_on_stdout():
    """Elsewhere a line goes to the log, where it can be withheld and counted."""
    found = [
        module.at(call, f"{name}(): return a value, or log coordinates")
        for module in modules()
        for call, name in calls(module.tree)
        if name in {"print", "sys.stdout.write", "typer.echo", "pprint"} and module.package not in {"cli", ""}
    ]
    assert not found, listed(found)


def test_languages_and_the_fold_touch_nothing():
    """No socket, file, clock or chance in what turns bytes into values: same bytes, same values, for ever."""
    found = []
    for module in modules():
        if module.package not in PURE and not module.name.startswith("chart/fold"):
            continue
        found += [
            module.at(node, f"import {name}: take the value as an argument")
            for node, name in imports(module.tree)
            if name.split(".")[0] in WORLD
        ]
        found += [
            module.at(call, f"{name}(): take the value as an argument")
            for call, name in calls(module.tree)
            if name in WORLDLY_CALLS
        ]
    assert not found, listed(found)


def test_no_command_has_force():
    """Doing nothing is safe and harm is spelled out (STYLE 16): a flag that overrides everything is neither."""
    found = [
        module.at(node, '"--force": name what is lost in the flag')
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant) and node.value == "--force"
    ]
    assert not found, listed(found)


def test_secrets_are_not_given_on_the_command_line():
    """Arguments of a process are readable by its neighbours: a secret comes from a file or a prompt."""
    secret = {"--password", "--secret", "--token", "--share", "--pin", "--key-hex"}
    found = [
        module.at(node, f'"{node.value}": take a file (--password-file) or ask')
        for module in modules()
        if module.package == "cli"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant) and node.value in secret
    ]
    assert not found, listed(found)


def test_nobody_swallows_everything():
    """`except:` and `except BaseException: pass` hide a kill and a full disk alike."""
    found = [
        module.at(node, "except that catches everything and says nothing: name what may happen")
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or dotted(node.type) in {"BaseException", "Exception"})
        and all(isinstance(line, ast.Pass) for line in node.body)
    ]
    assert not found, listed(found)
