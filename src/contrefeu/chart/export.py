"""All charts in files, and the one line by which two sets of charts are compared (decision 0015).

    charts_sha256 = SHA-256 over the canonical JSON (RFC 8785) of each chart's Bundle, in the order of chart ids

Rules kept here:
  * One chart is in memory at a time.
  * Files are for the owner's eyes only, and are whole or not there: the folder is named once all is written.
"""

import os
import re
import time
from collections.abc import Iterable
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import rfc8785

from contrefeu.base import OperatorError, durable_makedirs, sync_dir
from contrefeu.chart.fold import Chart, to_bundle
from contrefeu.chart.sweeps import few_sweeps
from contrefeu.chart.views import ExportResult
from contrefeu.fhir import decode, encode

_SAFE_INTEGER = 2**53 - 1  # RFC 8785, 3.2.2.3: numbers are IEEE 754 doubles
_TYPE = re.compile(r"[A-Za-z]{1,64}")
# What two ways of writing JSON agree upon, so that the quick one may be used: no integer that a double cannot hold, no
# character whose place in an order of keys depends on its encoding. Digits are read as 0, such characters as 0xFF,
# which no JSON holds: a chart is looked through at the speed of memory.
_MARKED = bytes(0x30 if 0x30 <= n <= 0x39 else 0xFF if 0xEE <= n <= 0xF4 else n for n in range(256))
_LONG = b"0" * 16
_SORTED = msgspec.json.Encoder(order="sorted")


class _Unusual(Exception):
    """A number that is written in two ways."""


def write_charts(charts: Iterable[Chart], to: Path) -> ExportResult:
    """Write *charts*, which are in the order of their ids, as FHIR NDJSON in the folder *to*.

    Raises:
        OperatorError: There is something in *to* that is no export.
    """
    return write_bundles((encode(to_bundle(chart)) for chart in charts), to)


def write_bundles(bundles: Iterable[bytes], to: Path) -> ExportResult:
    """Write charts, as Bundles in the order of their ids, as FHIR NDJSON in the folder *to*.

    Raises:
        OperatorError: There is something in *to* that is no export.
    """
    started = time.monotonic()
    if to.exists() and (not to.is_dir() or any(file.suffix != ".ndjson" for file in to.iterdir())):
        raise OperatorError(
            f"{to} holds something else than an export.",
            safe="Nothing in it was changed.",
            next="Name a folder that is empty, or not there.",
        )
    durable_makedirs(to.parent)
    beside = to.with_name(f".{to.name}.new")
    _clear(beside)
    durable_makedirs(beside)
    counts: dict[str, int] = {}
    files: dict[str, BinaryIO] = {}
    digest, patients = sha256(), 0
    try:
        with few_sweeps():
            for bundle in bundles:
                digest.update(canonical(bundle))
                for one in decode(bundle)["entry"]:
                    kind = str(one["resource"]["resourceType"])
                    assert _TYPE.fullmatch(kind), "a resource type is a word"
                    counts[kind] = counts.get(kind, 0) + 1
                    if kind not in files:
                        files[kind] = _private(beside / f"{kind}.ndjson")
                    files[kind].write(encode(one["resource"]) + b"\n")
                patients += 1
    finally:
        for file in files.values():
            file.close()
    _clear(to)  # an older export
    beside.rename(to)
    sync_dir(to.parent)
    return ExportResult(dict(sorted(counts.items())), patients, time.monotonic() - started, digest.hexdigest())


def digest_charts(charts: Iterable[Chart]) -> str:
    """Return charts_sha256 of *charts*, which are in the order of their ids."""
    digest = sha256()
    with few_sweeps():
        for chart in charts:
            digest.update(canonical(encode(to_bundle(chart))))
    return digest.hexdigest()


def canonical(data: bytes) -> bytes:
    """Return JSON in its canonical form (RFC 8785).

    >>> canonical(b'{"b": 1.50, "a": 4.0}')
    b'{"a":4,"b":1.5}'
    """
    marked = data.translate(_MARKED)
    if _LONG not in marked and b"\xff" not in marked:
        try:
            return _SORTED.encode(msgspec.json.Decoder(float_hook=_double).decode(data))
        except _Unusual:
            pass
    found: bytes = rfc8785.dumps(_plain(decode(data)))
    return found


def _double(text: str) -> int | float:
    value = float(text)
    if value.is_integer() and abs(value) <= _SAFE_INTEGER:
        return int(value)
    if not 1e-3 < abs(value) < 1e15:
        raise _Unusual
    return value


def _plain(value: Any) -> Any:
    """The same with numbers as doubles; one that no double holds stands as text."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, Decimal) or (isinstance(value, int) and abs(value) > _SAFE_INTEGER):
        try:
            double = float(value)
        except OverflowError:
            return str(value)
        return double if abs(double) != float("inf") else str(value)
    return value


def _private(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _clear(folder: Path) -> None:
    """Remove the files of an export."""
    if folder.is_dir():
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()
