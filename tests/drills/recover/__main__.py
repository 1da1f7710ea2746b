"""`python -m tests.drills.recover`: the story at any size, its figures as one JSON object."""

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from tests.drills.recover.story import DAYS, rehearsed, tell

PATIENTS_A_BED = 16.5  # at most, who come through one bed of the simulated hospital in 28 days, emergencies too


def main() -> int:
    """Run the story in a folder of its own."""
    parser = argparse.ArgumentParser(description="A hospital loses its record system and has everything back.")
    parser.add_argument("--patients", type=int, default=500, help="at least so many, in all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--days", type=float, default=DAYS)
    chosen = parser.parse_args()
    beds = _beds_for(chosen.patients, chosen.seed, chosen.days)
    with tempfile.TemporaryDirectory(prefix="recover-") as folder:
        report = tell(Path(folder), beds, chosen.seed, chosen.days)
    sys.stdout.write(json.dumps(asdict(report), indent=1, ensure_ascii=False) + "\n")
    held = not report.wrong and not report.fates["unaccounted"] and report.retyped_share <= 0.10
    return 0 if held else 1


def _beds_for(patients: int, seed: int, days: float) -> int:
    """The beds through which so many come at least: the hospital is rehearsed by itself until they do."""
    beds = max(4, round(patients / PATIENTS_A_BED * DAYS / days))
    while (came := rehearsed(beds, seed, days)) < patients:
        beds = max(beds + 1, round(beds * patients / max(came, 1)))
    return beds


if __name__ == "__main__":
    sys.exit(main())
