"""Writes docs/reference/matching.md: the model, and what it does with people that it was not set by.

python scripts/make_matching.py SEED...      matches each seed's labelled set anew: minutes
"""

import sys
from math import log2
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from contrefeu.recovery.agreement import FIELDS  # noqa: E402
from contrefeu.recovery.matching import AUTOMATIC_BITS, MARGIN_BITS, REVIEW_BITS  # noqa: E402

KNOWN, TEMPORARY = 200_000, 60_000
PAGE = ROOT / "docs" / "reference" / "matching.md"
HEAD = """# Matching: the model, and how right it is

<!-- Made by scripts/make_matching.py, which measures anew: it takes minutes. -->

`contrefeu match` adds what each field says for and against one patient (bits, base 2). A pair is joined without people
from {automatic:.0f} bits on, when the next best candidate is {margin:.0f} bits behind, and only as the rules at the top
of `recovery/matching.py` say. From {review:.0f} bits on people see it.

| field | agrees | m: of one patient | u: by chance | bits |
| --- | --- | --- | --- | --- |
"""
MEASURED = """
*rare*: u is how often that value is found among the known patients.

## Measured

Each seed: {known:,} known patients, {temporary:,} admissions; three in ten of those are of nobody known, some of them a
known patient's twin, namesake of the same birth date, or parent of the same name (`contrefeu.drill.labelled`). None of
these seeds was looked at while the model was set.

| seed | joined by a rule | wrong | known people found so | left to people | of these, the right one shown | not found |
| --- | --- | --- | --- | --- | --- | --- |
"""
FOOT = """
In all {joined:,} joined by a rule, {wrong} wrong: {claim}.

The labelled set is invented: every wrong thing in it was planted. Not planted: twins of one first given name whose
further names the desk left out, of whom one alone is known; only a chart that says "twin" keeps these apart. How often
two of your own patients share names and birth date is yours to look at before the first run
(`--dry-run --review FILE`).
"""


def model() -> str:
    """Return the page's first half, which the code alone says."""
    rows = [
        f"| {field.name if n == 0 else ''} | {level.name}{' (rare)' if level.rare else ''} | {level.m} | {level.u} |"
        f" {log2(level.m / level.u):+.1f} |"
        for field in FIELDS
        for n, level in enumerate(field.levels)
    ]
    head = HEAD.format(automatic=AUTOMATIC_BITS, margin=MARGIN_BITS, review=REVIEW_BITS)
    return head + "\n".join(rows) + "\n"


def main() -> None:
    """Measure, and write the page."""
    from bench.match import measure  # noqa: PLC0415 - it takes what only a measurement needs

    found = {int(seed): measure(int(seed), KNOWN, TEMPORARY) for seed in sys.argv[1:]}
    measured = [
        f"| {seed} | {one['joined']:,} | {one['wrong']} | {one['recall']:.1%} | {one['review']:,} |"
        f" {one['review_right']:,} | {one['lost']:,} |"
        for seed, one in found.items()
    ]
    joined, wrong = (int(sum(one[name] for one in found.values())) for name in ("joined", "wrong"))
    claim = (
        f"with 95 % confidence fewer than one in {joined // 3:,} is"
        if not wrong
        else f"precision {1 - wrong / joined:.5%}"
    )
    text = model() + MEASURED.format(known=KNOWN, temporary=TEMPORARY) + "\n".join(measured)
    PAGE.write_text(text + "\n" + FOOT.format(joined=joined, wrong=wrong, claim=claim))


if __name__ == "__main__":
    main()
