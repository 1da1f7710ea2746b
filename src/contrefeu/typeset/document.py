"""One template, one set of values, one PDF."""

from typing import Any

import msgspec

from contrefeu.chart import printable


def document(template: bytes, values: Any) -> bytes:
    """Return the PDF that *template* (Typst) makes of *values*, which it reads as values.json; it carries tags."""
    import typst  # noqa: PLC0415 - heavy: a page that prints nothing does not carry it

    sources = {"main.typ": template, "values.json": cleaned(values)}
    made: bytes = typst.compile(sources, ignore_system_fonts=True)  # type: ignore[call-overload]  # sources in memory
    return made


def cleaned(values: Any) -> bytes:
    """Return *values* as JSON, its strings cleaned of what would act unseen."""
    return msgspec.json.encode(_clean(msgspec.to_builtins(values)))


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {key: _clean(one) for key, one in value.items()}
    return [_clean(one) for one in value] if isinstance(value, list) else value
