"""From the text of `contrefeu.toml` to settings, or to all that is wrong with it.

Rules kept here:
  * A wrong setting names its key and line, what was found and what is allowed; nothing starts with half of them.
  * Whatever the bytes are, the answer is settings or problems: no other exception leaves here.
  * Bytes in, values out: this module opens no file.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from datetime import date
from urllib.parse import parse_qs, urlsplit

import msgspec

from contrefeu.hospital.checking import sound_tables, structure_problems
from contrefeu.hospital.directory import directory_problems
from contrefeu.hospital.feeds import feed_problems
from contrefeu.hospital.imaging import imaging_problems
from contrefeu.hospital.lines import key_lines, line_of
from contrefeu.hospital.problems import Problem, quoted, settings_error
from contrefeu.hospital.settings import KEPT_DAYS_MIN, RetentionSettings, Settings
from contrefeu.hospital.specimens import specimen_problems
from contrefeu.hospital.surviving import surviving_problems
from contrefeu.hospital.watching import watch_problems
from contrefeu.hospital.zones import is_zone

SETTINGS_BYTES_MAX = 2**20  # a hospital of a thousand feeds has a tenth of that
_AT_LINE = re.compile(r"at line (\d+)")


def parse_settings(text: str | bytes) -> Settings:
    """Read `contrefeu.toml`.

    Raises:
        SettingsError: It is not TOML, or a key is unknown, missing or out of range; all of them are named.
    """
    settings, problems = read_settings(text)
    if settings is None:
        raise settings_error(problems)
    return settings


def read_settings(text: str | bytes) -> tuple[Settings | None, list[Problem]]:
    """The settings, or None and all that is wrong, in the order of the file."""
    try:
        decoded = _decoded(text)
        said = tomllib.loads(decoded)
    except tomllib.TOMLDecodeError as found:
        return None, [_no_toml(str(found))]
    except RecursionError:
        return None, [_no_toml("brackets within brackets, too deep to be read")]
    except ValueError as found:  # a number of thousands of digits
        return None, [_no_toml(f"a value that cannot be read ({type(found).__name__})")]
    problems = list(structure_problems(said, Settings))
    # Tables that have no problem of their own are judged together all the same: everything is found at once.
    settings = msgspec.convert({"node": {"id": "unnamed"}} | sound_tables(said, Settings), Settings)
    problems += sense_problems(settings)
    if not problems:
        return settings, []
    lines = key_lines(decoded)
    placed = [msgspec.structs.replace(one, line=line_of(one.key, lines)) for one in problems]
    return None, sorted(placed, key=lambda one: one.line)


def sense_problems(settings: Settings) -> Iterator[Problem]:
    """What each key may be and all together may not."""
    if not is_zone(settings.node.zone):
        found = quoted(settings.node.zone)
        what = f"`node.zone` is {found}, which names no time zone."
        yield Problem("node.zone", what, found, "a time zone's name", next="Write one such as Europe/Paris.")
    yield from _listener_problems(settings)
    capture = settings.capture
    if capture.mllp_tls and not (capture.tls_certificate and capture.tls_key):
        yield Problem(
            "capture.mllp_tls",
            "`capture.mllp_tls` is set, and a certificate or its key is not.",
            allowed="with `capture.tls_certificate` and `capture.tls_key`",
            next="Name both files: capture.tls_certificate and capture.tls_key.",
        )
    yield from _charts_problems(settings)
    yield from directory_problems(settings.directory)
    yield from feed_problems(settings.feeds)
    yield from imaging_problems(settings.imaging)
    yield from surviving_problems(settings.surviving, drill=settings.drill)
    yield from watch_problems(settings.watch)
    yield from specimen_problems(settings.specimen_numbers)
    yield from _retention_problems(settings.retention)
    yield from _kit_problems(settings)


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _kit_problems(settings: Settings) -> Iterator[Problem]:
    for n, stock in enumerate(settings.kit.stock, 1):
        if not _is_day(stock.counted):
            found, key = quoted(stock.counted), f"kit.stock[{n}].counted"
            yield Problem(key, f"`{key}` is {found}, which is no day.", found, "a day, such as 2026-11-20")


def _listener_problems(settings: Settings) -> Iterator[Problem]:
    listeners = {
        "capture.mllp": settings.capture.mllp,
        "capture.mllp_tls": settings.capture.mllp_tls,
        "web.listen": settings.web.listen,
        "exchange.listen": settings.exchange.listen,
    }
    listeners = {key: address for key, address in listeners.items() if address}  # "" is a listener that is off
    counts = Counter(listeners.values())
    for key, address in listeners.items():
        port = int(address.rpartition(":")[2])
        if port > 65_535:
            yield Problem(key, f"`{key}` has port {port}; 65535 is the last.", address, "a port from 1 to 65535")
        elif port and counts[address] > 1:
            twins = ", ".join(f"`{one}`" for one, other in listeners.items() if other == address and one != key)
            yield Problem(key, f"`{key}` is {address}, and so is {twins}.", address, "an address of its own")


def _retention_problems(retention: RetentionSettings) -> Iterator[Problem]:
    for name in RetentionSettings.__struct_fields__:
        days = getattr(retention, name)
        if 0 < days < KEPT_DAYS_MIN:
            yield Problem(
                f"retention.{name}",
                f"`retention.{name}` is {days}, below {KEPT_DAYS_MIN} days.",
                str(days),
                f"0, or from {KEPT_DAYS_MIN}",
                next="Write 0, for ever, or at least thirteen months.",
            )


def _charts_problems(settings: Settings) -> Iterator[Problem]:
    """A copy of the settings lies in every vault: no password stands in them."""
    try:
        address = urlsplit(settings.charts.store)
        secret = address.password is not None or "password" in parse_qs(address.query, keep_blank_values=True)
    except ValueError:  # brackets that are no address
        yield Problem("charts.store", "`charts.store` is no address.", allowed="postgresql://HOST/DATABASE")
        return
    if secret:
        yield Problem(
            "charts.store",
            "`charts.store` holds a password, and settings are copied to vaults.",
            allowed="postgresql://USER@HOST/DATABASE",
            next="Take it out, change it on the server, and give it in a password file (docs/howto/postgresql.md).",
        )


def _decoded(text: str | bytes) -> str:
    if len(text) > SETTINGS_BYTES_MAX:
        raise tomllib.TOMLDecodeError(f"longer than {SETTINGS_BYTES_MAX} bytes")
    if isinstance(text, str):
        return text
    try:
        return text.decode()
    except UnicodeDecodeError as found:
        line = text.count(b"\n", 0, found.start) + 1
        raise tomllib.TOMLDecodeError(f"a byte that is not UTF-8 (at line {line})") from None


def _no_toml(found: str) -> Problem:
    at = _AT_LINE.search(found)
    line = int(at[1]) if at else 0
    what = f"contrefeu.toml is not TOML: {found}"
    return Problem("", what, found, "TOML 1.0 (https://toml.io)", next="Correct that line.", line=line)
