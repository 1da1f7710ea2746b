"""`python -m tests.drills.month`: a simulated hospital lives for a month, and every chart is what its ledger says.

Method: the whole way, by commands: a home, `import` of the house's messages, `export`, and the comparison with the
ledger (drill/score.py), both ways. Three times: a day at a time as they were sent, which folds on and on; feed after
feed, admissions last, the worst order that they can come in (FIELD F34), at once; and rebuilt from the journal alone.

It ends with 1 when a line is missing or too much in any of them, or when what was rebuilt has other bytes.
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from contrefeu.drill import Hospital, Sent, TruePatient
from contrefeu.drill.charted import read_export
from contrefeu.drill.score import Difference, compare
from tests.drill.wire import START_NS, WORST
from tests.drills.node import contrefeu

PATIENTS_A_BED = 16.5  # who come through a bed of the house in 28 days, emergencies too
DAY_NS = 86_400 * 10**9
SHOWN_MAX = 20  # differences that are printed of a comparison
LONG_S = 7200  # a command on a whole month


@dataclass
class Report:
    """What was lived through, and what is not as it must be."""

    style: str
    beds: int
    days: int
    patients: int = 0
    messages: int = 0
    repeats: int = 0
    lines: dict[str, int] = field(default_factory=dict)  # compared, by way
    seconds: dict[str, float] = field(default_factory=dict)  # until they are charted and written out, by way
    wrong: list[str] = field(default_factory=list)


def live(folder: Path, style: str, patients: int, days: int, seed: int) -> Report:
    """Let the house live, and compare its charts with its ledger."""
    beds = max(4, round(patients / PATIENTS_A_BED * 28 / days))
    while True:
        hospital = Hospital(seed, beds, style, START_NS)  # type: ignore[arg-type]
        by_day = [list(hospital.until(START_NS + day * DAY_NS)) for day in range(1, days + 1)]
        by_day.append(list(hospital.run(0)))
        truth = hospital.truth()
        if len(truth) >= patients:
            break
        beds = max(beds + 1, round(beds * patients / max(len(truth), 1)))
    report = Report(style, beds, days, len(truth), sum(map(len, by_day)))
    sent = [one for day in by_day for one in day]
    report.repeats = len(sent) - len({one.message for one in sent})
    _as_sent(folder / "sent", by_day, truth, report)
    _feed_after_feed(folder / "worst", sent, truth, report)
    return report


def _as_sent(folder: Path, by_day: Sequence[Sequence[Sent]], truth: Sequence[TruePatient], report: Report) -> None:
    home = _home(folder)
    began = time.monotonic()
    for number, day in enumerate(by_day):
        if day:
            _import(home, _file(folder / f"day-{number}.hl7", day))
    charts = _judge(home, folder / "sent", truth, report, "as sent", began)
    shutil.rmtree(home / "charts")
    began = time.monotonic()
    if _judge(home, folder / "rebuilt", truth, report, "rebuilt", began) != charts:
        report.wrong.append("rebuilt: other bytes")


def _feed_after_feed(folder: Path, sent: Iterable[Sent], truth: Sequence[TruePatient], report: Report) -> None:
    home = _home(folder)
    began = time.monotonic()
    _import(home, _file(folder / "all.hl7", sorted(sent, key=lambda one: WORST.index(one.system))))
    _judge(home, folder / "worst", truth, report, "feed after feed", began)


def _home(folder: Path) -> Path:
    folder.mkdir()
    contrefeu(folder / "home", "init", "--facility", "CHU d'essai")
    return folder / "home"


def _file(path: Path, sent: Iterable[Sent]) -> Path:
    path.write_bytes(b"".join(one.message.rstrip(b"\r\n") + b"\r" for one in sent))
    return path


def _import(home: Path, path: Path) -> None:
    done = contrefeu(home, "import", str(path), within_s=LONG_S)
    assert done["kept_uncharted"] == 0, done


def _judge(home: Path, folder: Path, truth: Sequence[TruePatient], report: Report, way: str, began: float) -> str:
    """Compare; returns the hash of all charts."""
    done = contrefeu(home, "export", "--to", str(folder), within_s=LONG_S)
    report.seconds[way] = round(time.monotonic() - began, 1)
    compared = compare(truth, read_export(folder))
    report.lines[way] = compared.lines
    report.wrong += [f"{way}: {_said(one)}" for one in compared.differences[:SHOWN_MAX]]
    return str(done["charts_sha256"])


def _said(one: Difference) -> str:
    return f"{one.how}: {one.patient} {one.block} {one.line}"


def main() -> int:
    """Live in a folder of its own."""
    parser = argparse.ArgumentParser(description="A month of a hospital: every chart equal to its ledger.")
    parser.add_argument("--patients", type=int, default=1000, help="at least so many, in all")
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--style", choices=("fr", "intl"), default="fr")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="month-") as folder:
        report = live(Path(folder), chosen.style, chosen.patients, chosen.days, chosen.seed)
    sys.stdout.write(json.dumps(asdict(report), indent=1, ensure_ascii=False) + "\n")
    return 1 if report.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
