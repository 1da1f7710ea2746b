"""Results: the last value of each measurement, what came before, and a trend where one is honest.

Rules kept here:
  * Values, units and ranges print as they were sent (F5).
  * A curve joins values of one code, unit, method and specimen only, all plain numbers; else there is none (F5).
  * A flag is its sender's (OBX-8), verbatim: N is shown too, as a missing flag is not "normal"; nothing is worked out
    from ranges.
  * Corrected and preliminary values say so; a value taken back is struck, never dropped (F7).
"""

from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Literal, NamedTuple

from contrefeu.chart import (
    Resource,
    codes,
    concept,
    earlier,
    first,
    flag_of,
    instant,
    is_error,
    measured_of,
    notes,
    range_of,
    result_name,
    severity_of,
    source_of,
    specimen_name,
    unit,
    value_of,
    when_of,
    written_here,
)
from contrefeu.chart.sheet.imaging import is_imaging
from contrefeu.chart.sheet.resources import Sheet

POINTS_MAX = 24  # points of one curve: more cannot be told apart in its width
# LOINC of the FHIR vital signs profile, pain, oxygen, consciousness: few senders say that no laboratory measured them
VITAL_CODES = frozenset(
    {
        "85353-1", "9279-1", "8867-4", "2708-6", "59408-5", "8310-5", "8302-2", "9843-4", "29463-7", "39156-5",
        "85354-9", "8480-6", "8462-4", "8478-0", "3141-9", "8341-0", "72514-3", "38208-5", "9269-2", "8331-1",
        "3151-8", "3150-6", "67775-7",
    }
)  # fmt: skip
SIGNS = {"critical": "‼", "high": "▲", "low": "▼", "odd": "◆"}
_TIMES = ("effectiveDateTime", "effectivePeriod.start", "issued")  # of a measurement
FINAL = frozenset({"final", ""})
_MICRO = frozenset({"MB", "MCB", "MYC", "PAR", "VR"})  # HL7 table 0074
_GONE = frozenset({"cancelled", "entered-in-error"})


@dataclass(frozen=True, slots=True)
class Value:
    """One measurement. Its words are worked out when they are asked for: of a long series most never are."""

    of: Resource
    when: str

    @property
    def value(self) -> str:
        """As it was sent."""
        return measured_of(self.of)[0]

    @property
    def unit(self) -> str:
        """As people write it."""
        return measured_of(self.of)[1]

    @property
    def flag(self) -> str:
        """Verbatim; "" when its sender gave none."""
        return flag_of(self.of)

    @property
    def severity(self) -> Literal["critical", "high", "low", "odd", ""]:
        """What its flag says."""
        return severity_of(self.of)

    @property
    def status(self) -> str:
        """FHIR observation-status."""
        return str(self.of.get("status", ""))

    @property
    def note(self) -> str:
        """What its sender remarked, a line each."""
        return "\n".join(notes(self.of))

    @property
    def source(self) -> str:
        """The entry that set it last."""
        return source_of(self.of)

    @property
    def number(self) -> Decimal | None:
        """Only of a plain number that nobody took back."""
        measured = self.of.get("valueQuantity") or {}
        return None if measured.get("comparator") or is_error(self.of) else _number(measured.get("value"))

    @property
    def range(self) -> str:
        """The reference range, as it was sent."""
        return range_of(self.of)

    @property
    def before(self) -> tuple[tuple[str, str], ...]:
        """Values that this one replaced, and their entries (F7)."""
        return tuple((value_of(version), source) for version, source in earlier(self.of))

    @property
    def id(self) -> str:
        """Of its Observation."""
        return str(self.of.get("id", ""))

    @property
    def typed(self) -> bool:
        """Whether the laboratory typed it in here."""
        return written_here(self.of)

    @property
    def sign(self) -> str:
        """What stands beside a flag: never colour alone."""
        return SIGNS.get(self.severity, "")

    @property
    def gone(self) -> bool:
        """Whether its sender took it back."""
        return self.status in _GONE


@dataclass(frozen=True, slots=True)
class Series:
    """All values of one code, unit, method and specimen; newest first."""

    key: str
    name: str
    values: tuple[Value, ...]
    low: Decimal | None  # reference range of the last value, for the curve's band
    high: Decimal | None

    @property
    def last(self) -> Value:
        """The newest."""
        return self.values[0]

    @property
    def curve(self) -> list[Decimal]:
        """Plain numbers, oldest first; [] when there are fewer than two."""
        plain = (value.number for value in self.values if not value.gone)
        numbers = [*islice((one for one in plain if one is not None), POINTS_MAX)]
        return numbers[::-1] if len(numbers) > 1 else []


@dataclass(frozen=True, slots=True)
class Panel:
    """Measurements that came together: one request."""

    name: str
    series: tuple[Series, ...]
    last: str
    source: str  # the entry of its latest report; "" when its measurements came without one


@dataclass(frozen=True, slots=True)
class Results:
    """Panels, the newest first: laboratory, then vital signs, then germs."""

    laboratory: tuple[Panel, ...]
    vital: tuple[Panel, ...]
    micro: tuple[Panel, ...]

    @property
    def flagged(self) -> int:
        """Measurements whose last value is critical."""
        panels = (*self.laboratory, *self.vital, *self.micro)
        return sum(series.last.severity == "critical" for panel in panels for series in panel.series)


def results_of(sheet: Sheet) -> Results:
    """Return the chart's measurements."""
    return sheet.laid.once("results", lambda: _results(sheet))


def _results(sheet: Sheet) -> Results:
    panel_of, micro = _panels(sheet)
    measured = sheet.laid.each("measured", sheet.all("Observation"), _measured)
    by_series: dict[tuple[str, ...], list[Value]] = {}
    for one in sorted(measured, key=_time_of, reverse=True):
        by_series.setdefault(one.series, []).append(one.value)
    groups: dict[tuple[str, str], list[tuple[str, Series]]] = {}
    reports: dict[tuple[str, str], str] = {}
    for key, values in by_series.items():
        last = values[0].of
        reference = f"Observation/{last.get('id')}"
        kind = _kind(last, reference in micro)
        series = _series(key, values)
        name, source = panel_of.get(reference, ("", ""))
        reports.setdefault((kind, name), source)
        groups.setdefault((kind, name), []).append((series.last.when, series))
    panels: dict[str, list[Panel]] = {"laboratory": [], "vital": [], "micro": []}
    for (kind, name), rows in groups.items():
        newest_when = max((when for when, _ in rows), key=instant)
        panels[kind].append(Panel(name, tuple(series for _, series in rows), newest_when, reports[kind, name]))
    for listed in panels.values():
        listed.sort(key=lambda panel: instant(panel.last), reverse=True)
    return Results(**{kind: tuple(listed) for kind, listed in panels.items()})


def _panels(sheet: Sheet) -> tuple[dict[str, tuple[str, str]], set[str]]:
    """Return each observation's report (its name, its entry), and what microbiology measured (HL7 table 0074)."""
    panel_of: dict[str, tuple[str, str]] = {}
    micro: set[str] = set()
    reported = sheet.laid.each("reported", sheet.all("DiagnosticReport"), _reported)
    for report in sorted(reported, key=_time_of, reverse=True):
        for name in report.results:
            panel_of.setdefault(name, report.panel)
        if report.micro:
            micro.update(report.results)
    return panel_of, micro


class _Measured(NamedTuple):
    """What one measurement is sorted by."""

    time: tuple[int, str]
    series: tuple[str, ...]
    value: Value


class _Reported(NamedTuple):
    """What one report says of measurements."""

    time: tuple[int, str]
    panel: tuple[str, str]  # its name, its entry
    micro: bool
    results: tuple[str, ...]


def _time_of(one: _Measured | _Reported) -> tuple[int, str]:
    return one.time


def _measured(resource: Resource) -> _Measured:
    return _Measured(when_of(resource, *_TIMES), _series_key(resource), Value(resource, first(resource, *_TIMES)))


def _reported(resource: Resource) -> _Reported:
    categories = {code for one in resource.get("category") or [] for code in codes(one)}
    names = (str(one.get("reference", "")).removeprefix("urn:uuid:") for one in resource.get("result") or [])
    panel = concept(resource.get("code")), source_of(resource)
    return _Reported(when_of(resource, "effectiveDateTime", "issued"), panel, bool(categories & _MICRO), tuple(names))


def _kind(resource: Resource, is_micro: bool) -> str:
    categories = {code for one in resource.get("category") or [] for code in codes(one)}
    if is_micro:
        return "micro"
    return "vital" if "vital-signs" in categories or VITAL_CODES & set(codes(resource.get("code"))) else "laboratory"


def _series_key(resource: Resource) -> tuple[str, ...]:
    code = resource.get("code") or {}
    if is_imaging(resource):  # each examination is one: the code that all typed reports have tells none apart
        return concept(code), "", "", ""
    named = next((f"{c.get('system', '')}|{c['code']}" for c in code.get("coding") or [] if c.get("code")), "")
    return (
        named or concept(code),
        unit(resource.get("valueQuantity")),
        concept(resource.get("method")),
        specimen_name(resource),
    )


def _series(key: tuple[str, ...], values: list[Value]) -> Series:
    last = values[0].of
    ranges = last.get("referenceRange") or [{}]
    low, high = (_number((ranges[0].get(end) or {}).get("value")) for end in ("low", "high"))
    return Series("|".join(key), result_name(last), tuple(values), low, high)


def _number(value: object) -> Decimal | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    return value if isinstance(value, Decimal) else None
