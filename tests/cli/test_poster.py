"""The poster is two pages in the reader's language, with the house's name and the address of its app, and no secret.

Method: the real command; the text of its pages read back by a PDF reader that is not the one that wrote them.
"""

from pathlib import Path

import pypdfium2
import pytest

from tests.cli.conftest import Commands


def _pages(path: Path) -> list[str]:
    with pypdfium2.PdfDocument(path) as pdf:
        return [" ".join(page.get_textpage().get_text_range().split()) for page in pdf]


@pytest.mark.req("G5")
@pytest.mark.parametrize(
    ("language", "words"),
    [("fr", ("Informatique en panne", "Allergies d’abord")), ("en", ("Computers down", "Allergies first"))],
)
def test_the_poster_is_two_pages_for_a_wall(
    cli: Commands, tmp_path: Path, language: str, words: tuple[str, str]
) -> None:
    """In one language, complete: where to go, where the pack lies, what never to do."""
    out = tmp_path / "poster.pdf"
    ran = cli("poster", "--out", out, "--json", before=("--lang", language))
    assert ran.told == {"file": str(out), "pages": 2, "address": "https://localhost:8443"}
    first, second = _pages(out)
    assert words[0] in first
    assert words[1] in second
    assert "https://localhost:8443" in first
    assert all("CHU d'essai" in page.replace("’", "'") for page in (first, second))
    assert "--address" in ran.err, "it hangs where nobody opens this machine's own address"
    other = cli("poster", "--out", out, "--address", "https://secours.chu.example")
    assert other.err == ""
    assert "https://secours.chu.example" in other.out.decode()
