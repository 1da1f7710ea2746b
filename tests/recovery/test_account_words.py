"""The account that the management signs is in the reader's language, to its last line.

Method: an account of one entry that is missing, printed in each language and read back with pdftotext.
"""

import subprocess
from pathlib import Path
from typing import Literal

import pytest

from contrefeu.recovery import FATES, Account, account_pdf


@pytest.mark.req("R8")
@pytest.mark.system("pdftotext")
@pytest.mark.parametrize(
    ("language", "said"),
    [("fr", ("SANS EXPLICATION : ", "Direction, nom, date")), ("en", ("UNACCOUNTED: ", "Management, name, date"))],
)
def test_the_account_is_signed_in_the_readers_language(
    tmp_path: Path, language: Literal["fr", "en"], said: tuple[str, ...]
) -> None:
    """Each reason follows its fate as the language writes a colon; the management signs under its own name."""
    account = Account(
        "2026-11-28T07:11:00Z",
        fates=dict.fromkeys(FATES, 0) | {"unaccounted": 1},
        reasons={"unaccounted": {"missing": 1}},
    )
    page = tmp_path / "account.pdf"
    page.write_bytes(account_pdf(account, "Hôpital Saint-Exemple", language))
    text = subprocess.run(["pdftotext", "-layout", page, "-"], capture_output=True, check=True, text=True).stdout
    for words in said:
        assert words in text.replace("\u00a0", " "), words
