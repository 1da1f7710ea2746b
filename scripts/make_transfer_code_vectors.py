"""Writes docs/spec/vectors/transfer-code-v1.json: codes of transfers, right and wrong.

The content is packed by zlib, whose output may differ from one build to the next: `--check` therefore reads the texts
that are published, and makes only the wrong ones again.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import msgspec

from contrefeu.paper import PageKey, Passport, read_transfer, transfer_texts

FILE = Path(__file__).parents[1] / "docs" / "spec" / "vectors" / "transfer-code-v1.json"
SEED = bytes(range(32))  # printed in the spec: never a real key
SMALL = Passport(
    by="Hôpital Saint-Exemple",
    at="2031-03-02T03:11:58Z",
    family="MARTIN",
    given="Jeanne",
    born="1948-05-12",
    sex="female",
    numbers=["IPP 1001"],
    state="listed",
    allergies=["Pénicilline (urticaire)"],
    medicines=["FUROSÉMIDE 40 mg · matin · PO"],
    problems=[],
    unsaid=["problems"],
)
LARGE = msgspec.structs.replace(SMALL, problems=[f"problem {n}: {n**9:x}{n**17:x}" for n in range(3, 40)], unsaid=[])


def main() -> int:
    """Write the file, or compare it; returns the exit status."""
    parser = argparse.ArgumentParser(description="Write the vectors of the codes of transfers.")
    parser.add_argument("--check", action="store_true", help="write nothing; end with 1 if the file differs")
    if not parser.parse_args().check:
        key = PageKey(SEED)
        codes = [(what, transfer_texts(one, key)) for what, one in (("one code", SMALL), ("several codes", LARGE))]
        FILE.write_text(json.dumps(vectors(codes), indent=1, ensure_ascii=False) + "\n")
        return 0
    said = json.loads(FILE.read_text())
    return 0 if said == vectors([(one["what"], one["texts"]) for one in said["codes"]]) else 1


def vectors(codes: list[tuple[str, list[str]]]) -> dict[str, Any]:
    """Every vector."""
    key = PageKey(SEED)
    contents = [msgspec.to_builtins(read_transfer(texts).passport) for _, texts in codes]
    return {
        "station_seed": SEED.hex(),
        "public_key": key.public.hex(),
        "codes": [
            {"what": what, "texts": texts, "content": content}
            for (what, texts), content in zip(codes, contents, strict=True)
        ],
        "refused": [{"what": what, "texts": texts} for what, texts in refused(codes[0][1], codes[1][1])],
    }


def refused(small: list[str], large: list[str]) -> list[tuple[str, list[str]]]:
    """Texts that are no summary."""
    text = small[0]
    other = text[:60] + ("0" if text[60] != "0" else "1") + text[61:]
    return [
        ("nothing", []),
        ("a code is missing", large[:-1]),
        ("codes of two summaries", [*large, *small]),
        ("a character is another", [other]),
        ("another version's prefix", ["CT2:" + text[4:]]),
        ("part 1 of 5", ["CT1:15:" + text[7:]]),
        ("part 0 of 1", ["CT1:01:" + text[7:]]),
        ("cut short", [text[:-3]]),
        ("a page's code", ["CF1:" + text[4:]]),
    ]


if __name__ == "__main__":
    sys.exit(main())
