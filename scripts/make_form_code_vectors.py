"""Writes docs/spec/vectors/form-code-v1.json: codes of pages, right and wrong.

Every byte follows from constants: made again, the file is the same, and a test compares. `--check` writes nothing and
ends with status 1 when the file differs.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

from contrefeu.paper import Code, PageKey, issue_words
from contrefeu.paper.code import PREFIX, base45, unbase45

FILE = Path(__file__).parents[1] / "docs" / "spec" / "vectors" / "form-code-v1.json"
SEED = bytes(range(32))  # printed in the spec: never a real key
ISSUE = bytes.fromhex("f00dfeed00c0ffee")
PATIENT = UUID("6898472c-9b0e-59a7-9e93-288c007fead6")
GOOD = {
    "a dose sheet, page 2 of 3": Code(3, 2, 3, ISSUE, PATIENT),
    "a blank admission": Code(10, 1, 1, bytes(8), UUID(int=0)),
    "a last page of 255": Code(2, 255, 255, b"\xff" * 8, PATIENT),
}


def main() -> int:
    """Write the file, or compare it; returns the exit status."""
    parser = argparse.ArgumentParser(description="Write the vectors of the codes of pages.")
    parser.add_argument("--check", action="store_true", help="write nothing; end with 1 if the file differs")
    text = json.dumps(vectors(), indent=1) + "\n"
    if parser.parse_args().check:
        return 0 if FILE.is_file() and FILE.read_text() == text else 1
    FILE.write_text(text)
    return 0


def vectors() -> dict[str, Any]:
    """Every vector."""
    key = PageKey(SEED)
    text = key.text(GOOD["a dose sheet, page 2 of 3"])
    return {
        "station_seed": SEED.hex(),
        "public_key": key.public.hex(),
        "codes": [
            {
                "what": what,
                "form": code.form,
                "page": code.page,
                "pages": code.pages,
                "issue": code.issue.hex(),
                "issue_words": issue_words(code.issue),
                "patient": str(code.patient),
                "text": key.text(code),
            }
            for what, code in GOOD.items()
        ],
        "unreadable": [{"what": what, "text": wrong} for what, wrong in unreadable(text)],
        "unsigned": [{"what": what, "text": wrong} for what, wrong in unsigned(text)],
    }


def unreadable(text: str) -> list[tuple[str, str]]:
    """Texts that are no code."""
    data = unbase45(text[len(PREFIX) :])
    return [
        ("nothing", ""),
        ("no prefix", text[len(PREFIX) :]),
        ("another version's prefix", "CF2:" + text[len(PREFIX) :]),
        ("the prefix in small letters", "cf1:" + text[len(PREFIX) :]),
        ("one character short", text[:-1]),
        ("one character long", text + "0"),
        ("two bytes short", PREFIX + base45(data[:-2])),
        ("two bytes long", PREFIX + base45(data + bytes(2))),
        ("a character that base 45 has not", text[:-1] + "é"),
        ("three characters above 65535", PREFIX + ":::" + text[len(PREFIX) + 3 :]),
        ("version 0", PREFIX + base45(b"\x00" + data[1:])),
        ("version 2", PREFIX + base45(b"\x02" + data[1:])),
        ("page 0", PREFIX + base45(data[:2] + b"\x00" + data[3:])),
        ("page 4 of 3", PREFIX + base45(data[:2] + b"\x04" + data[3:])),
    ]


def unsigned(text: str) -> list[tuple[str, str]]:
    """Texts that are codes, and that the key did not sign as they stand."""
    data = bytearray(unbase45(text[len(PREFIX) :]))
    found = []
    named = (("the form", 1), ("the page", 2), ("the issue", 4), ("the patient", 12), ("the key's name", 28))
    for what, at in (*named, ("the signature", 40), ("the signature's end", 95)):
        other = bytearray(data)
        other[at] ^= 1
        found.append((f"a bit of {what} is another", PREFIX + base45(bytes(other))))
    other_key = PageKey(bytes(32))
    found.append(("another key signed it", other_key.text(GOOD["a dose sheet, page 2 of 3"])))
    return found


if __name__ == "__main__":
    sys.exit(main())
