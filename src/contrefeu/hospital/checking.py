"""Every table of the settings against its type: all that is wrong, not only the first of it.

Rules kept here:
  * The types of `settings.py` say what is allowed; nothing is said twice.
  * A key that is unknown is named with the one that was probably meant.
"""

import difflib
from collections.abc import Iterator
from functools import cache
from math import isnan
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import msgspec
from msgspec import inspect

from contrefeu.hospital.problems import Problem, joined, quoted


def structure_problems(value: Any, annotation: Any, key: str = "") -> Iterator[Problem]:
    """What in *value* is not as *annotation* says; *key* is where it stands."""
    kind = _kind(annotation)
    if isinstance(kind, inspect.StructType):
        yield from _table_problems(value, kind, key)
    elif isinstance(kind, inspect.ListType) and isinstance(value, list) and len(value) >= (kind.min_length or 0):
        [item] = get_args(_bare(annotation))
        for number, one in enumerate(value, 1):
            yield from structure_problems(one, item, f"{key}[{number}]")
    elif isinstance(kind, inspect.DictType) and isinstance(value, dict):
        named, item = get_args(_bare(annotation))
        for name, one in value.items():
            if not _converts(name, named):
                yield _wrong(joined(key, name), name, f"a name like {allowed_words(_kind(named))}")
            yield from structure_problems(one, item, joined(key, name))
    elif not _converts(value, annotation):
        yield _wrong(key, value, allowed_words(kind))


def sound_tables(said: dict[str, Any], owner: type[msgspec.Struct]) -> dict[str, Any]:
    """What of *said* is as the fields of *owner* say."""
    return {name: said[name] for name, kind in _hints(owner).items() if name in said and _converts(said[name], kind)}


def _table_problems(value: Any, kind: inspect.StructType, key: str) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield _wrong(key, value, "a table")
        return
    hints = _hints(kind.cls)
    known = {field.encode_name: field for field in kind.fields}
    for name in value:
        if name not in known:
            yield _unknown(name, key, list(known))
    for name, field in known.items():
        path = joined(key, name)
        if name in value:
            yield from structure_problems(value[name], hints[field.name], path)
        elif field.required:
            allowed = allowed_words(field.type)
            yield Problem(path, f"`{path}` is missing: {allowed}.", "nothing", allowed)


def _unknown(name: str, key: str, known: list[str]) -> Problem:
    path = joined(key, name)
    near = next(iter(difflib.get_close_matches(name[:60], known, 1)), "")
    meant = f" Did you mean `{near}`?" if near else ""
    return Problem(path, f"`{path}` is no setting.{meant}", quoted(name), ", ".join(known), near)


def _wrong(key: str, value: Any, allowed: str) -> Problem:
    found = quoted(value, key)
    return Problem(key, f"`{key}` is {found}; allowed: {allowed}.", found, allowed)


def allowed_words(kind: inspect.Type) -> str:
    """What a value of *kind* may be, in words; docs/reference/settings.md has the same."""
    if isinstance(kind, inspect.Metadata):
        said = (kind.extra_json_schema or {}).get("description")
        return str(said) if said else allowed_words(kind.type)
    if isinstance(kind, inspect.LiteralType):
        return " or ".join(f"`{value}`" if value else '`""`' for value in kind.values)
    if isinstance(kind, inspect.ListType):
        least = ", at least one" if kind.min_length else ""
        return f"list of {allowed_words(kind.item_type)}{least}"
    if isinstance(kind, inspect.DictType):
        return f"table of {allowed_words(kind.value_type)}"
    if isinstance(kind, inspect.StructType):
        return "tables, see below"
    if isinstance(kind, inspect.UnionType):
        return " or ".join(map(allowed_words, kind.types))
    if isinstance(kind, inspect.StrType):
        return f"text like `{kind.pattern}`" if kind.pattern else "text"
    if isinstance(kind, inspect.IntType | inspect.FloatType):
        low = f"from {kind.ge:,}" if kind.ge is not None else f"above {kind.gt:,}" if kind.gt is not None else ""
        high = f"to {kind.le:,}" if kind.le is not None else f"below {kind.lt:,}" if kind.lt is not None else ""
        whole = "whole number" if isinstance(kind, inspect.IntType) else "number"
        return f"{whole} {low} {high}".strip()
    return "`true` or `false`"


def _converts(value: Any, annotation: Any) -> bool:
    try:
        msgspec.convert(value, annotation)
    except (msgspec.ValidationError, RecursionError):
        return False
    return not (isinstance(value, float) and isnan(value))  # nan is compared with no limit


def _bare(annotation: Any) -> Any:
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


def _kind(annotation: Any) -> inspect.Type:
    kind = inspect.type_info(annotation)
    bare = kind.type if isinstance(kind, inspect.Metadata) else kind
    return bare if isinstance(bare, inspect.StructType | inspect.ListType | inspect.DictType) else kind


@cache
def _hints(owner: type) -> dict[str, Any]:
    return get_type_hints(owner, include_extras=True)
