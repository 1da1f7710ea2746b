"""Writes docs/reference/ and docs/requirements.md from the code, so that they cannot say something else.

    commands.md       every command, argument and option, from the program itself
    settings.md       every key of contrefeu.toml: type, limits, default, reason (hospital/settings.py)
    exit-statuses.md  every error and its status (base/errors.py and who inherits from it)
    limits.md         every limit with its unit and its reason: constants and the comments beside them
    watch.md          every rule of the watch, and what the last trial found (watch/signals.py, bench/watch.json)
    metrics.md        what /metrics says (station/metrics.py)
    ../../src/contrefeu/station/guides  the guides' words, for the ward app (docs/guides)
    ../howto/runbooks a page an alarm, and their index (docs/howto/runbooks.toml, watch/signals.py)
    ../legal          notices and assessments as `contrefeu notices` writes them, of a home that says nothing yet
    page-fields.md    what the ward's pages and the commands are given to show (chart/views.py)
    requirements.md   each requirement, the tests that try it, and its state (docs/requirements.toml)

`--check` writes nothing, names the pages that differ, and ends with status 1 if there are any.
"""

import argparse
import importlib
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec
import typer
from constants import Constant, comments_of_fields, comments_of_settings, constants_of
from guide_pages import guide_pages
from make_requirements import requirements_page
from runbook_pages import runbook_pages
from watch_page import watch_page

from contrefeu.base.errors import ContrefeuError
from contrefeu.declare import NOTICES, Around, notice
from contrefeu.hospital import Settings, default_settings, parse_settings, when_in_force
from contrefeu.hospital.checking import allowed_words
from contrefeu.station import METRICS

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"
REFERENCE = ROOT / "docs" / "reference"
MADE = "<!-- Made by scripts/make_reference.py from {origin}: change that, then `make docs`. -->\n"

# Limits that their names alone do not give away. A name that ends in _MAX, or in one of TIMED, is always one.
NAMED_LIMITS = {
    "contrefeu.journal.store": ("SEGMENT_BYTES", "PREALLOCATE_BYTES", "BATCH_BYTES_SOFT"),
    "contrefeu.access.secrets": ("PIN_DIGITS",),
    "contrefeu.access.lockout": ("FREE_FAILURES", "WAIT_S_FIRST"),
    "contrefeu.capture.local": ("BATCH_BYTES", "BATCH_DRAFTS"),
}
TIMED = ("_MAX", "_MIN", "_S", "_MS", "_MINUTES", "_HOURS", "_DAYS", "_AHEAD")
# Constants of a format or a convention, not limits that anybody meets.
NOT_LIMITS = frozenset(["NS_PER_S", "NS_PER_MS"])
# A table of limits is for those who run the product: the simulated hospital's own figures are its plot.
WITHOUT = ("contrefeu.drill",)

_unreadable: list[str] = []  # modules that did not load


WRITTEN = frozenset({"mapping.md", "matching.md"})  # by people, and in part by tests/mapping/converters.py


def main() -> int:
    """Write every page, or compare them; returns the exit status."""
    parser = argparse.ArgumentParser(description="Write the generated pages again.")
    parser.add_argument("--check", action="store_true", help="write nothing; name the pages that differ")
    check = parser.parse_args().check
    wanted = dict(pages())
    differing = [path for path, text in wanted.items() if not path.is_file() or path.read_text() != text]
    extra = [path for path in sorted(REFERENCE.glob("*")) if path not in wanted and path.name not in WRITTEN]
    for path in [*differing, *extra]:
        sys.stdout.write(f"{path.relative_to(ROOT)}{' is made by nothing: delete it' if path in extra else ''}\n")
    if check:
        return 1 if differing or extra or _unreadable else 0
    REFERENCE.mkdir(parents=True, exist_ok=True)
    for path in differing:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted[path])
    return 0


def pages() -> Iterator[tuple[Path, str]]:
    """Every generated page, where it lies and what it says."""
    cli = _imported("contrefeu.cli")
    if cli is not None:
        yield REFERENCE / "commands.md", commands_page(cli.app)
    yield REFERENCE / "settings.md", settings_page()
    yield REFERENCE / "exit-statuses.md", exit_statuses_page()
    yield REFERENCE / "limits.md", limits_page()
    yield REFERENCE / "watch.md", watch_page(MADE.format(origin="src/contrefeu/watch/signals.py and bench/watch.json"))
    yield REFERENCE / "metrics.md", metrics_page()
    yield from runbook_pages(MADE.format(origin="docs/howto/runbooks.toml and src/contrefeu/watch/signals.py"))
    yield from guide_pages()
    for language, facility in (("fr", "……… [établissement]"), ("en", "……… [facility]")):
        blank = parse_settings(default_settings("n1", facility))
        for name in NOTICES:
            yield ROOT / "docs" / "legal" / language / f"{name}.md", notice(name, language, blank, Around("………"))
    views = _imported("contrefeu.chart.views")
    if views is not None:
        yield REFERENCE / "page-fields.md", page_fields_page(views)
    yield (
        ROOT / "docs" / "requirements.md",
        MADE.format(origin="docs/requirements.toml and tests/") + requirements_page(),
    )


def metrics_page() -> str:
    """What is scraped."""
    lines = [
        "# Metrics",
        "",
        MADE.format(origin="src/contrefeu/station/metrics.py"),
        "`GET /metrics` of the ward app, in Prometheus' text form, without a login: let the firewall give it to your",
        "Prometheus alone. No label names a patient or a member of the staff. What does not answer is absent, never 0.",
        "A ready dashboard is `deploy/grafana/contrefeu.json`, ready alert rules are",
        "`deploy/prometheus/contrefeu.rules.yml`; each alert leads to a [runbook](../howto/runbooks/README.md).",
        "",
        "| metric | labels | it says |",
        "| --- | --- | --- |",
    ]
    lines += [f"| `{one.name}` | {', '.join(one.labels)} | {one.help} |" for one in METRICS]
    return "\n".join(lines) + "\n"


# Commands.


def commands_page(app: typer.Typer) -> str:
    """The program's own account of its commands."""
    root = typer.main.get_command(app)
    lines = [
        "# Commands",
        "",
        MADE.format(origin="src/contrefeu/cli/"),
        "What each exit status means is on [its own page](exit-statuses.md). With `--json`, stdout holds one JSON",
        "object and nothing else. Before the command:",
        "",
        *_parameters(root),
    ]
    for name, command in sorted(_commands(root, "contrefeu"), key=lambda found: found[0]):
        lines += [f"## `{name}`", "", *_paragraphs(command.help), *_parameters(command)]
        if command.epilog:
            lines += _paragraphs(command.epilog)
    return "\n".join(lines).rstrip() + "\n"


def _commands(group: Any, path: str) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if command.hidden:
            continue
        inside = hasattr(command, "commands")
        if inside:
            yield from _commands(command, f"{path} {name}")
        if not inside or command.invoke_without_command:
            yield f"{path} {name}", command


def _paragraphs(text: str | None) -> list[str]:
    return [*inspect.cleandoc(text or "").splitlines(), ""]


def _parameters(command: Any) -> list[str]:
    kinds = get_type_hints(command.callback)
    shown = [one for one in command.params if not getattr(one, "hidden", False) and one.name != "help"]
    rows = [_parameter(one, kinds[one.name]) for one in shown]
    return ["| | | |", "| --- | --- | --- |", *rows, ""] if rows else []


def _parameter(parameter: Any, kind: Any) -> str:
    argument = parameter.opts == [parameter.name]
    if argument:
        name = parameter.metavar or parameter.name.upper().rstrip("_")
        name += "..." if parameter.nargs == -1 and "..." not in name else ""
    else:
        name = ", ".join([*parameter.opts, *parameter.secondary_opts])
        name += "" if getattr(parameter, "is_flag", False) else f" {_metavar(parameter, kind)}"
    default = parameter.default() if callable(parameter.default) else parameter.default
    shown = "required" if parameter.required else _default(default)
    return f"| `{_cell(name)}` | {shown} | {_cell(parameter.help or '')} |"


def _metavar(parameter: Any, kind: Any) -> str:
    if parameter.metavar:
        return str(parameter.metavar)
    inside = list(_inside(kind))
    for one, word in ((int, "N"), (float, "N"), (Path, "PATH")):
        if one in inside:
            return word
    return "|".join(one for one in inside if isinstance(one, str)) or "TEXT"


def _inside(kind: Any) -> Iterator[Any]:
    """A type, and what it is made of: of `list[Path] | None`, Path too."""
    yield kind
    for one in get_args(kind):
        yield from _inside(one)


def _default(value: Any) -> str:
    if value in (None, "", False, (), []) or not isinstance(value, str | int | float | bool | Path):
        return ""
    return f"default `{value}`"


# Settings.


def settings_page() -> str:
    """Each table of contrefeu.toml and its keys."""
    lines = [
        "# Settings",
        "",
        MADE.format(origin="src/contrefeu/hospital/settings.py"),
        "`contrefeu.toml` stands in the node's home. An unknown key is an error; nothing starts with half of them.",
        "`contrefeu config check` says all that is wrong, with file, line and what is allowed, and which changes wait",
        "for a restart.",
        "",
    ]
    for found in msgspec.inspect.type_info(Settings).fields:
        lines += _settings_table(found.encode_name, found.type, when_in_force(found.encode_name))
    return "\n".join(lines).rstrip() + "\n"


def _settings_table(name: str, found: msgspec.inspect.Type, in_force: str = "") -> list[str]:
    """One table of the settings, and those that its keys are lists of."""
    kind, header = found, f"[{name}]"
    if isinstance(found, msgspec.inspect.ListType):
        kind, header = found.item_type, f"[[{name}]]"
    elif isinstance(found, msgspec.inspect.DictType):
        kind, header = found.value_type, f"[{name}.NAME]"
    assert isinstance(kind, msgspec.inspect.StructType), "a table of settings is a struct"
    reasons = comments_of_settings(kind.cls)
    lines = [f"## `{header}`", "", f"{inspect.cleandoc(kind.cls.__doc__ or '')} {in_force}".strip(), ""]
    lines += ["| key | what it may be | default | why |", "| --- | --- | --- | --- |"]
    inner = []
    for key in kind.fields:
        why = _cell(reasons.get(key.name, ""))
        lines.append(f"| `{key.encode_name}` | {_cell(allowed_words(key.type))} | {_setting_default(key)} | {why} |")
        if isinstance(key.type, msgspec.inspect.ListType) and isinstance(
            key.type.item_type, msgspec.inspect.StructType
        ):
            inner += _settings_table(f"{header.strip('[]')}.{key.encode_name}", key.type)
    return [*lines, "", *inner]


def _setting_default(key: msgspec.inspect.Field) -> str:
    if key.required:
        return "required"
    value = key.default_factory() if key.default is msgspec.NODEFAULT else key.default
    return f"`{msgspec.json.encode(value).decode()}`"


# Exit statuses.


def exit_statuses_page() -> str:
    """Every status and the errors that end with it."""
    for module in _modules():
        _imported(module)
    by_status: dict[int, list[type[ContrefeuError]]] = {}
    for error in _heirs(ContrefeuError):
        by_status.setdefault(error.exit_status, []).append(error)
    meaning = {
        1: "another error",
        10: "done; there is something to act on (a gap, missing pages, an alarm)",
        12: "tampered: bytes are not the ones that were sealed",
        13: "missing: entries that a checkpoint commits to are not there",
        14: "disk, network or key trouble (too few shares too)",
    }
    lines = [
        "# Exit statuses",
        "",
        MADE.format(origin="src/contrefeu/base/errors.py and the errors made from it"),
        "Of several, 12 before 13 before 10. A published status is never given another meaning.",
        "",
        "| status | what it means | errors |",
        "| --- | --- | --- |",
        "| 0 | done and sound | |",
        *(_status_row(status, meaning[status], by_status[status]) for status in sorted(by_status) if status < 2),
        "| 2 | bad command line | |",
        *(_status_row(status, meaning[status], by_status[status]) for status in sorted(by_status) if status > 2),
        "| 130 | stopped from the keyboard | |",
        "",
        "## What each error says of itself",
        "",
        "| error | status | |",
        "| --- | --- | --- |",
        *sorted(
            f"| `{error.kind}` | {error.exit_status} | {_cell(inspect.cleandoc(error.__doc__ or ''))} |"
            for errors in by_status.values()
            for error in errors
        ),
    ]
    return "\n".join(lines) + "\n"


def _status_row(status: int, meaning: str, errors: list[type[ContrefeuError]]) -> str:
    kinds = sorted({f"`{error.kind}`" for error in errors})
    return f"| {status} | {meaning} | {', '.join(kinds)} |"


def _heirs(error: type[ContrefeuError]) -> Iterator[type[ContrefeuError]]:
    yield error
    for heir in error.__subclasses__():
        if heir.__module__.startswith("contrefeu."):
            yield from _heirs(heir)


# Limits.


def limits_page() -> str:
    """Every limit, its unit, its reason and where it stands."""
    lines = [
        "# Limits",
        "",
        MADE.format(origin="constants of the code and the comments beside them"),
        "What a setting may be is on [its own page](settings.md).",
        "",
        "| limit | value | why | where |",
        "| --- | --- | --- | --- |",
    ]
    for module, constant in limits():
        lines.append(
            f"| `{constant.name}` | {_measured(constant)} | {_cell(constant.reason)} | "
            f"`{module.removeprefix('contrefeu.').replace('.', '/')}` |"
        )
    return "\n".join(lines) + "\n"


def limits() -> Iterator[tuple[str, Constant]]:
    """Module and constant of every limit, in the order of the source."""
    for name in _modules():
        if name.startswith(WITHOUT):
            continue
        path = _path(name)
        wanted = NAMED_LIMITS.get(name, ())
        for constant in constants_of(path):
            if constant.name in NOT_LIMITS or not (constant.name in wanted or _is_a_limit(constant.name)):
                continue
            value = getattr(_imported(name), constant.name, None)
            if isinstance(value, int | float) and not isinstance(value, bool):
                yield name, constant.valued(value)


def _is_a_limit(name: str) -> bool:
    return name.endswith("_MAX") or (not name.startswith("_") and name.endswith(TIMED))


def _measured(constant: Constant) -> str:
    name, value = constant.name, constant.value
    assert value is not None
    if "BYTES" in name:
        for power, unit in ((30, "GiB"), (20, "MiB"), (10, "KiB")):
            if value >= 2**power and value % 2**power == 0:
                return f"{value // 2**power:,} {unit}"
        return f"{value:,} bytes"
    for part, unit in (
        ("_MS", "ms"),
        ("_S", "s"),
        ("_MINUTES", "min"),
        ("_HOURS", "h"),
        ("_DAYS", "days"),
        ("DAYS_", "days"),
    ):
        if f"{part}_" in f"{name}_" and not (part == "DAYS_" and not name.startswith(part)):
            return f"{value:,g} {unit}"
    return f"{value:,}"


# What pages are given.


def page_fields_page(views: Any) -> str:
    """Every value a page, a sheet or a command may show, with what it means."""
    lines = [
        "# What pages show",
        "",
        MADE.format(origin="src/contrefeu/chart/views.py"),
        "Ward pages and commands are given these values and no others. Each answer carries `as_of`: how far the",
        "journal had been read.",
        "",
    ]
    for name, view in vars(views).items():
        if not (inspect.isclass(view) and issubclass(view, msgspec.Struct) and view.__module__ == views.__name__):
            continue
        meant = comments_of_fields(Path(views.__file__), name)
        lines += [
            f"## {name}",
            "",
            inspect.cleandoc(view.__doc__ or ""),
            "",
            "| field | what it means |",
            "| --- | --- |",
        ]
        lines += [f"| `{field}` | {_cell(meant.get(field, ''))} |" for field in view.__struct_encode_fields__]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


# The code.


def _modules() -> list[str]:
    """Every module's name, in order; the one that runs the program is left alone."""
    paths = (path.relative_to(SOURCE).with_suffix("") for path in SOURCE.rglob("*.py") if path.name != "__main__.py")
    return sorted(".".join(p for p in path.parts if p != "__init__") for path in paths)


def _path(name: str) -> Path:
    beside = SOURCE.joinpath(*name.split("."))
    module = beside.with_name(f"{beside.name}.py")
    return module if module.is_file() else beside / "__init__.py"


def _imported(name: str) -> Any:
    """The module, or None when it cannot be loaded: the other pages are made all the same, and `--check` fails."""
    try:
        return importlib.import_module(name)
    except Exception as error:  # whatever a module half written may raise
        if name not in _unreadable:
            _unreadable.append(name)
            sys.stderr.write(f"make_reference: {name} cannot be loaded ({type(error).__name__}: {error})\n")
        return None


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main())
