"""What data protection law asks for is written from the settings; what they do not say is a blank that says so.

Method: a home that says everything, and one that says nothing; all eight texts of each.
"""

from pathlib import Path

import pytest

from contrefeu.declare import NOTICES
from tests.cli.conftest import Commands

pytestmark = pytest.mark.req("F43")
SAID = """
[declare]
controller = "CHU d'essai | 1 rue de l'Essai"
dpo = "S. Caron, dpo@example.org"
contact = "Crise, +33 2 00"
structure_id = "760000000"

[retention]
feeds_days = 800
audit_days = 900

[capture]
refuse = ["PAIE@CHU"]

[feeds.labo]
senders = ["LABO@CHU"]

[[vaults]]
url = "s3://secret-bucket/n1?endpoint=https://s3.example.org&lock=compliance&days=500"
host = "Hébergeur A"
country = "France"
certificate = "HDS 2024-17"
certificate_expires = "2031-05-01"
"""


def written(cli: Commands, out: Path) -> dict[str, str]:
    """Each text, by language and name."""
    told = cli.told("notices", "--out", out)
    found = {str(Path(file).relative_to(out)): Path(file).read_text() for file in told["files"]}
    assert sorted(found) == sorted(f"{language}/{name}.md" for language in ("fr", "en") for name in NOTICES)
    assert not [name for name, text in found.items() if "${" in text]
    return found


def test_what_the_settings_say_stands_in_the_texts(cli: Commands, tmp_path: Path) -> None:
    """Hosts with country and certificate, terms, officer and controller in every text that has a place for them."""
    settings = cli.home / "contrefeu.toml"
    settings.write_text(settings.read_text() + SAID)
    (cli.home / "group.toml").write_text(
        '[[facilities]]\nname = "Parc"\nplace = "file:///srv/parc.note"\ncontroller = "Parc SAS"\nkey = "'
        + cli.told("group", "key")["key"]
        + '"\n'
    )
    for name, text in written(cli, tmp_path / "out").items():
        assert "CHU d'essai / 1 rue de l'Essai" in text, name  # a bar would end the table's cell
        assert "S. Caron, dpo@example.org" in text, name
        assert ("900" if "staff" in name else "800") in text, name
        assert "secret-bucket" not in text and "s3.example.org" not in text, name
        if "staff" not in name:
            row = next(line for line in text.splitlines() if "Hébergeur A" in line)
            assert all(one in row for one in ("France", "HDS 2024-17", "2031-05-01", "500")), row
        if "impact" in name:
            assert "LABO@CHU" in text and "PAIE@CHU" in text and "Parc (Parc SAS)" in text


def test_what_nobody_said_is_a_blank(cli: Commands, tmp_path: Path) -> None:
    """In the language of the text, in place of a guess; a ceiling that is lacking is asked for."""
    for name, text in written(cli, tmp_path / "out").items():
        assert ("[à compléter]" if name.startswith("fr") else "[to fill in]") in text
        assert "[retention]" in text
        if "staff" not in name:
            assert ("Aucune copie n’est réglée" if name.startswith("fr") else "No copy is set up") in text


def test_a_facility_of_a_group_has_its_own_controller(cli: Commands) -> None:
    """`group add --controller` writes it, `group status` says it, and says where nobody did."""
    key = cli.told("group", "key")["key"]
    cli.told("group", "add", "Parc", "file:///nowhere/parc.note", key, "--controller", "Parc SAS")
    told = cli.told("group", "status", status=10)
    assert [one["controller"] for one in told["facilities"]] == ["Parc SAS"]
    assert "data controller: Parc SAS" in cli("group", "status").out.decode()
    file = cli.home / "group.toml"
    file.write_text(file.read_text().replace('controller = "Parc SAS"', ""))
    assert "data controller: NOT SAID" in cli("group", "status").out.decode()
