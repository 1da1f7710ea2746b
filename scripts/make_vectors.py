"""Writes docs/spec/vectors/ from fixed keys, salts and times: a journal byte by byte, and what may happen to it.

`--check` writes nothing, names the files that differ, and ends with status 1 if there are any. `--draw` seals the data
keys again, at random: a published version is never drawn again.
"""

import argparse
import base64
import json
import sys
from pathlib import Path
from typing import Any

from spec_vectors.batch_cases import add_batches
from spec_vectors.built import DATA_KEYS, ORIGIN, PAIRS, SEEDS, SIGNER, Built, Cases, text
from spec_vectors.file_cases import add_altered, add_forged_heads, add_moved, add_opening
from spec_vectors.header_cases import add_headers
from spec_vectors.point_cases import add_points
from spec_vectors.proof_cases import entry_proof, proofs

VECTORS = Path(__file__).parents[1] / "docs" / "spec" / "vectors"


def cases(built: Built) -> list[dict[str, Any]]:
    """Return what may happen to the journal, and what a reader must do."""
    made = Cases(built)
    for add in (add_opening, add_altered, add_moved, add_forged_heads, add_headers, add_batches, add_points):
        add(made)
    names = [case["name"] for case in made.made]
    assert len(set(names)) == len(names), "a case is known by its name"
    return made.made


def journal(built: Built, sealed: dict[str, str]) -> dict[str, Any]:
    """Return journal-v1.json."""
    peer = PAIRS["reader/peer"]
    grant = (
        f"contrefeu grant v1\norigin {ORIGIN}\nsegment 1\n"
        f"recipient {peer.recipient.name} {peer.fingerprint} {sealed['1 reader/peer']}\n"
    )
    return {
        "origin": ORIGIN,
        "signing_seed": bytes(range(32)).hex(),
        "seeds": {name: seed.hex() for name, seed in SEEDS.items()},
        "data_keys": {str(number): key.hex() for number, key in DATA_KEYS.items()},
        "entries": [entry.hex() for entry in built.entries],
        "roots": [base64.b64decode(point.split(b"\n")[2]).hex() for point in built.points],
        "proof": entry_proof(built),
        "grant": {"key": "reader/peer", "segment": 1, "note": SIGNER.sign(grant).decode()},
        "cases": cases(built),
    }


def draw() -> dict[str, str]:
    """Seal the data keys, at random."""
    whom = [(1, "recovery"), (1, "reader/2026-11-24"), (2, "recovery"), (2, "reader/2026-11-24"), (1, "reader/peer")]
    return {
        f"{number} {who}": base64.b64encode(PAIRS[who].recipient.seal(DATA_KEYS[number], ORIGIN, number)).decode()
        for number, who in whom
    }


def main() -> int:
    """Write the vectors, or compare them; returns the exit status."""
    parser = argparse.ArgumentParser(description="Write the journal's vectors again.")
    parser.add_argument("--check", action="store_true", help="write nothing; name the files that differ")
    parser.add_argument("--draw", action="store_true", help="seal the data keys again, at random")
    asked = parser.parse_args()
    keys = VECTORS / "sealed-keys.json"
    if asked.draw:
        keys.write_text(json.dumps(draw(), indent=1) + "\n")
    sealed = json.loads(keys.read_text())
    built = Built(sealed)
    wanted = {
        "journal-v1.txt": text(built),
        "journal-v1.json": json.dumps(journal(built, sealed), indent=1) + "\n",
        "proofs-v1.json": json.dumps(proofs(built), indent=1) + "\n",
    }
    status = 0
    for name, content in wanted.items():
        path = VECTORS / name
        if asked.check and (not path.is_file() or path.read_text() != content):
            sys.stdout.write(f"{name}\n")
            status = 1
        elif not asked.check:
            path.write_text(content)
    return status


if __name__ == "__main__":
    sys.exit(main())
