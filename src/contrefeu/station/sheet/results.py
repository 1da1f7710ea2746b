"""Results: the last value of each measurement, what came before, and a trend where one is honest.

Rules kept here:
  * Values, units and ranges print as they were sent (F5).
  * A curve joins values of one code, one unit and one method only, all plain numbers; else there is none (F5).
  * A flag is its sender's (OBX-8), verbatim: N is shown too, as a missing flag is not "normal"; nothing is worked out
    from ranges.
  * Corrected and preliminary values say so; a value taken back is struck, never dropped (F7).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from contrefeu.station.sheet.resources import (
    Resource,
    Sheet,
    amount,
    codes,
    concept,
    concepts,
    earlier,
    first,
    instant,
    is_error,
    newest,
    notes,
    quantity,
    source_of,
    unit,
)

POINTS_MAX = 24  # points of one curve: more cannot be told apart in its width
SEVERITY: dict[str, Literal["critical", "high", "low", "odd"]] = {  # HL7 table 0078 / v3 ObservationInterpretation
    "HH": "critical",
    "LL": "critical",
    "AA": "critical",
    "HU": "critical",
    "LU": "critical",
    ">": "critical",
    "<": "critical",
    "H": "high",
    "HX": "high",
    "U": "odd",
    "L": "low",
    "LX": "low",
    "A": "odd",
    "R": "odd",
    "POS": "odd",
    "DET": "odd",
}
SIGNS = {"critical": "‼", "high": "▲", "low": "▼", "odd": "◆"}
FINAL = frozenset({"final", ""})
_GONE = frozenset({"cancelled", "entered-in-error"})


@dataclass(frozen=True, slots=True)
class Value:
    """One measurement."""

    value: str
    unit: str
    flag: str  # verbatim; "" when its sender gave none
    severity: Literal["critical", "high", "low", "odd", ""]
    status: str  # FHIR observation-status
    when: str
    note: str
    source: str
    number: Decimal | None  # only of a plain number
    range: str
    before: tuple[tuple[str, str], ...]  # values that this one replaced, and their entries (F7)

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
    """All values of one code, unit and method; newest first."""

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
        numbers = [value.number for value in self.values if value.number is not None and not value.gone]
        return numbers[:POINTS_MAX][::-1] if len(numbers) > 1 else []


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
    panel_of, micro = _panels(sheet)
    by_series: dict[tuple[str, ...], list[Resource]] = {}
    for found in newest(sheet.all("Observation"), "effectiveDateTime", "effectivePeriod.start", "issued"):
        by_series.setdefault(_series_key(found), []).append(found)
    groups: dict[tuple[str, str], list[tuple[str, Series]]] = {}
    reports: dict[tuple[str, str], str] = {}
    for found_all in by_series.values():
        last = found_all[0]
        reference = f"Observation/{last.get('id')}"
        kind = _kind(last, reference in micro)
        series = _series(found_all)
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
    for report in newest(sheet.all("DiagnosticReport"), "effectiveDateTime", "issued"):
        categories = {code for one in report.get("category") or [] for code in codes(one)}
        for reference in report.get("result") or []:
            name = str(reference.get("reference", "")).removeprefix("urn:uuid:")
            panel_of.setdefault(name, (concept(report.get("code")), source_of(report)))
            if categories & {"MB", "MCB", "MYC", "PAR", "VR"}:
                micro.add(name)
    return panel_of, micro


def _kind(resource: Resource, is_micro: bool) -> str:
    categories = {code for one in resource.get("category") or [] for code in codes(one)}
    if is_micro:
        return "micro"
    return "vital" if "vital-signs" in categories else "laboratory"


def _series_key(resource: Resource) -> tuple[str, ...]:
    code = resource.get("code") or {}
    named = next((f"{c.get('system', '')}|{c['code']}" for c in code.get("coding") or [] if c.get("code")), "")
    return named or concept(code), unit(resource.get("valueQuantity")), concept(resource.get("method"))


def _series(found: Iterable[Resource]) -> Series:
    resources = list(found)
    last = resources[0]
    ranges = last.get("referenceRange") or [{}]
    low, high = (_number((ranges[0].get(end) or {}).get("value")) for end in ("low", "high"))
    key = "|".join(_series_key(last))
    return Series(key, concept(last.get("code")), tuple(map(_value, resources)), low, high)


def _value(resource: Resource) -> Value:
    flag = next((code for one in resource.get("interpretation") or [] for code in codes(one)), "")
    flag = flag or concepts(resource.get("interpretation"))
    measured = resource.get("valueQuantity") or {}
    plain = _number(measured.get("value")) if not measured.get("comparator") else None
    return Value(
        value=_text(resource),
        unit=unit(measured),
        flag=flag,
        severity=SEVERITY.get(flag, ""),
        status=str(resource.get("status", "")),
        when=first(resource, "effectiveDateTime", "effectivePeriod.start", "issued"),
        note="\n".join(notes(resource)),
        source=source_of(resource),
        number=None if is_error(resource) else plain,
        range=_range(resource),
        before=tuple((amount_or_text(version), source) for version, source in earlier(resource)),
    )


def amount_or_text(resource: Resource) -> str:
    """Return a value with its unit."""
    return f"{_text(resource)} {unit(resource.get('valueQuantity'))}".strip()


def _text(resource: Resource) -> str:
    if resource.get("valueQuantity"):
        return quantity(resource["valueQuantity"])
    if resource.get("valueCodeableConcept"):
        return concept(resource["valueCodeableConcept"])
    if resource.get("valueRange"):
        ends = resource["valueRange"]
        return f"{amount(ends.get('low'))} – {amount(ends.get('high'))}"
    if resource.get("valueRatio"):
        parts = resource["valueRatio"]
        return f"{quantity(parts.get('numerator'))}/{quantity(parts.get('denominator'))}"
    plain = first(resource, "valueString", "valueDateTime", "valueTime", "valueInteger")
    if plain:
        return plain
    parts = [f"{concept(one.get('code'))} {_text(one)}" for one in resource.get("component") or []]
    return " · ".join(parts) or concept(resource.get("dataAbsentReason"))


def _range(resource: Resource) -> str:
    found: Resource = next(iter(resource.get("referenceRange") or []), {})
    if found.get("text"):
        return str(found["text"])
    low, high = quantity(found.get("low")), quantity(found.get("high"))
    if low and high:
        return f"{low} – {high}"
    return f"≥ {low}" if low else f"≤ {high}" if high else ""


def _number(value: object) -> Decimal | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    return value if isinstance(value, Decimal) else None
