"""`python -m tests.drills.ward_run`: the run at any size, its figures as one JSON object."""

import argparse
import json
import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from tests.drills.ward_run.story import Run


def main() -> int:
    """Run it in a folder of its own."""
    parser = argparse.ArgumentParser(description="Four weeks of a hospital without its record system.")
    parser.add_argument("--inpatients", type=int, default=600)
    parser.add_argument("--days", type=float, default=28)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    os.fsync = os.fdatasync = lambda _: None  # no power is cut here, and days pass in seconds
    with tempfile.TemporaryDirectory(prefix="ward-run-") as folder:
        report = Run(Path(folder), chosen.inpatients, chosen.days, chosen.seed).live()
    sys.stdout.write(json.dumps(asdict(report), indent=1) + "\n")
    return 0 if not report.wrong else 1


if __name__ == "__main__":
    sys.exit(main())
