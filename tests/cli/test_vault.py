"""A vault follows and a new home comes back from it, with enough shares and not with fewer.

Method: a home with a patient, a folder as the vault, the home destroyed; charts compared by their hash.
"""

import os
import re
import shutil
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path

import pytest

from contrefeu.base import StorageError
from contrefeu.cli.node import Node
from tests.cli.conftest import Commands
from tests.cli.messages import admission, potassium

File = Callable[[str, bytes], Path]


@pytest.fixture
def copied(cli: Commands, filed: File, tmp_path: Path) -> tuple[Commands, str]:
    """A home whose journals are in a vault."""
    url = f"file://{tmp_path / 'vault'}"
    assert cli.told("vault", "add", url)["added"]
    cli.told("import", filed("1.hl7", admission() + potassium()))
    told = cli.told("vault", "copy")
    assert told["copied"] >= 3
    return cli, url


def shares(cli: Commands, count: int) -> list[Path]:
    """The first *count* share files."""
    return sorted((cli.home.parent / "home-shares").glob("share-*.txt"))[:count]


@pytest.mark.req("C5")
def test_a_vault_is_added_once_and_verified(copied: tuple[Commands, str]) -> None:
    """The copy is whole, by public keys alone; `status` and `journal verify --vault` know it; twice is refused."""
    cli, url = copied
    report = cli.told("vault", "verify", url)
    assert {"intact", "entries", "checkpoint", "damage", "copied"} <= set(report)
    assert (report["intact"], report["damage"]) == (True, [])
    assert cli.told("journal", "verify", "--vault", url)["entries"] == report["entries"]
    [vault] = cli.told("status")["vaults"]
    assert {"url", "entries", "lag_seconds", "state"} <= set(vault)
    assert vault["url"] == url
    assert cli("vault", "add", url).status == 1
    assert cli("vault", "add", "gopher://x").status != 0


@pytest.mark.req("C5", "D8")
def test_status_of_a_stopped_node_says_what_was_copied(
    copied: tuple[Commands, str], filed: File, tmp_path: Path
) -> None:
    """At once, and long after; how many entries are behind; a vault that is away holds what it held."""
    cli, _ = copied
    entries = sum(journal["entries"] for journal in cli.told("status")["journals"])
    [vault] = cli.told("status")["vaults"]
    assert (vault["state"], vault["entries"], vault["lag_seconds"]) == ("up-to-date", entries, 0.0)
    state = cli.home / "run" / "copies.json"
    os.utime(state, (1, 1))
    [vault] = cli.told("status")["vaults"]
    assert (vault["state"], vault["entries"], vault["lag_seconds"]) == ("not copying", entries, None)
    assert f"not copying  {entries} entries, 0 entries behind" in cli("status").out.decode()
    cli.told("import", filed("2.hl7", potassium("R-2")))
    behind = sum(journal["entries"] for journal in cli.told("status")["journals"]) - entries
    assert f"{entries} entries, {behind} entries behind" in cli("status").out.decode()
    (tmp_path / "vault").rename(tmp_path / "away")
    assert cli("vault", "copy").status == 14
    [vault] = cli.told("status")["vaults"]
    assert (vault["state"], vault["entries"], vault["lag_seconds"]) == ("unreachable", entries, None)


@pytest.mark.parametrize("words", ["copy", "selftest"])
def test_without_a_vault_nobody_believes_that_something_was_copied(cli: Commands, words: str) -> None:
    """As after a restore: it is said, and what to do; JSON lists no vault."""
    assert "No vault is in the settings" in cli("vault", words).out.decode()
    assert cli.told("vault", words)["vaults"] == []


@pytest.mark.req("C4")
def test_a_changed_copy_is_found(copied: tuple[Commands, str], tmp_path: Path) -> None:
    """One byte: exit status 12, and where."""
    cli, url = copied
    path = max((p for p in (tmp_path / "vault").rglob("*") if p.is_file()), key=lambda p: p.stat().st_size)
    content = bytearray(path.read_bytes())
    content[len(content) * 3 // 4] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)
    report = cli.told("vault", "verify", url, status=12)
    assert report["damage"]


@pytest.mark.req("R1", "C4")
def test_a_copy_that_lost_its_public_key_is_told(copied: tuple[Commands, str], tmp_path: Path) -> None:
    """One file of sixty bytes is gone: `verify` and `restore` say which, what it means and what to do, in both
    languages; neither takes the journal for one that never was."""
    cli, url = copied
    [verifier] = (tmp_path / "vault" / "journals").glob("*-capture/verifier")
    key, folder = verifier.read_bytes(), verifier.parent.name
    verifier.unlink()
    assert cli.told("vault", "verify", url, status=13)["damage"][0]["journal"] == folder
    for command in (["vault", "verify", url], ["journal", "verify", "--vault", url]):
        said = cli(*command).out.decode()
        assert f"no public key: {folder}/verifier is missing or altered" in said
        assert "Put that file back from a home, a station or a vault that has the journal" in said
    assert f"pas de clé publique : {folder}/verifier" in cli("--lang", "fr", "vault", "verify", url).out.decode()
    restoring = ["restore", "--from", url, "--shares", *shares(cli, 3), "--to", tmp_path / "new"]
    refused = cli(*restoring)
    assert refused.status == 13
    assert f"journals/{folder}/verifier in {url}" in refused.err
    french = cli("--lang", "fr", *restoring).err
    assert "La clé publique d’un journal manque, et aucun autre coffre ne l’a" in french
    assert f"journals/{folder}/verifier dans {url}" in french
    assert not (tmp_path / "new").exists()
    verifier.write_bytes(b"something else\n")
    assert cli("vault", "verify", url).status == cli(*restoring).status == 12
    shutil.copyfile(cli.home / "journals" / folder / "verifier", verifier)
    assert verifier.read_bytes() == key
    assert cli("vault", "verify", url).status == cli(*restoring).status == 0


def test_a_journal_that_its_nodes_settings_speak_of_is_looked_for(copied: tuple[Commands, str], tmp_path: Path) -> None:
    """Its whole folder is gone from the vault: 10, and which; a restore says so too, after all it could do."""
    cli, url = copied
    [capture] = (tmp_path / "vault" / "journals").glob("*-capture")
    shutil.rmtree(capture)
    [journal] = cli.told("vault", "verify", url, status=10)["absent"]
    assert journal.replace("/", "_") == capture.name
    assert f"ABSENT: {journal} is not in this vault" in cli("vault", "verify", url).out.decode()
    told = cli.told("restore", "--from", url, "--shares", *shares(cli, 3), "--to", tmp_path / "new", status=10)
    assert told["absent"] == [journal]
    said = cli("--lang", "fr", "restore", "--from", url, "--shares", *shares(cli, 3), "--to", tmp_path / "newer")
    assert f"ABSENT : {journal} n’est dans aucun de ces coffres" in said.out.decode().replace("\u00a0", " ")


def test_stores_and_their_credentials_are_counted(copied: tuple[Commands, str], tmp_path: Path) -> None:
    """Two files for one store: refused before anything is asked, in both languages, and what to type."""
    cli, url = copied
    restoring = ["restore", "--from", url, "--from", "s3://bucket/node?endpoint=https://s3.example.org"]
    restoring += ["--credentials", "a.toml", "--credentials", "b.toml", "--shares", *shares(cli, 3)]
    refused = cli(*restoring, "--to", tmp_path / "new")
    assert refused.status == 1
    assert "2 files of credentials were named, and 1 object stores." in refused.err
    assert "one for each --from s3://…, in their order" in refused.err
    french = cli("--lang", "fr", *restoring, "--to", tmp_path / "new").err
    assert "2 fichiers d’accès sont nommés, et 1 dépôts d’objets." in french
    assert "un pour chaque --from s3://…, dans leur ordre" in french
    assert not (tmp_path / "new").exists()


def test_a_home_that_lost_a_public_key_is_not_intact(copied: tuple[Commands, str]) -> None:
    """`journal verify` of the home names the journal that nobody can check."""
    cli, _ = copied
    [verifier] = (cli.home / "journals").glob("*-capture/verifier")
    verifier.unlink()
    report = cli.told("journal", "verify", status=13)
    assert [(d["journal"], d["kind"]) for d in report["damage"]] == [(verifier.parent.name, "missing")]


@pytest.mark.req("R1")
def test_a_lost_home_comes_back_with_the_same_charts(copied: tuple[Commands, str], tmp_path: Path) -> None:
    """After the home is destroyed: the vault and three shares give charts with the same hash, in another home."""
    cli, url = copied
    before = cli.told("export", "--to", tmp_path / "before")
    shutil.rmtree(cli.home)
    told = cli.told("restore", "--from", url, "--shares", *shares(cli, 3), "--to", tmp_path / "new")
    assert {"entries", "patients", "seconds", "charts_sha256"} <= set(told)
    assert (told["charts_sha256"], told["patients"]) == (before["charts_sha256"], 1)
    new = cli.at(tmp_path / "new")
    assert new.told("find", "MARTIN")["patients"][0]["birthDate"] == "1961-04-12"
    assert new.told("status")["node"] != ""
    assert new.told("journal", "verify")["intact"]
    assert new.told("export", "--to", tmp_path / "after")["charts_sha256"] == before["charts_sha256"]


@pytest.mark.req("R1", "C5")
def test_a_restore_from_several_vaults_says_what_is_wrong_with_which(
    copied: tuple[Commands, str], tmp_path: Path
) -> None:
    """One is altered, one is away, one is good: the same charts, exit status 10, and each named with what it is."""
    cli, url = copied
    shutil.copytree(tmp_path / "vault", tmp_path / "spoilt")
    path = max((tmp_path / "spoilt" / "journals").rglob("*.seg"), key=lambda p: p.stat().st_size)
    content = bytearray(path.read_bytes())
    content[len(content) * 3 // 4] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)
    spoilt, away = f"file://{tmp_path / 'spoilt'}", f"file://{tmp_path / 'away'}"
    sources = ["--from", spoilt, "--from", away, "--from", url]
    told = cli.told("restore", *sources, "--shares", *shares(cli, 3), "--to", tmp_path / "new", status=10)
    [difference], [one] = told["differences"], told["away"]
    assert (difference["vault"], difference["good"]) == (spoilt, url)
    assert difference["offset"] == len(content) * 3 // 4
    assert one["vault"] == away
    assert cli.at(tmp_path / "new").told("export", "--to", tmp_path / "after")["charts_sha256"] == told["charts_sha256"]
    entries = {one["id"]: one["entries"] for one in cli.at(tmp_path / "new").told("status")["journals"]}
    assert {one["journal"]: one["entries"] for one in told["journals"]}.items() <= entries.items()
    ran = cli("restore", *sources, "--shares", *shares(cli, 3), "--to", tmp_path / "for-people")
    assert ran.status == 10
    assert f"ALTERED: {difference['journal']}, segment {difference['segment']}, in {spoilt}" in ran.out.decode()
    assert f"AWAY: {away}" in ran.out.decode()


@pytest.mark.req("R8", "G4")
def test_a_restore_leaves_an_entry(copied: tuple[Commands, str], tmp_path: Path) -> None:
    """The new node's own journal says that the charts were brought here, and from where."""
    cli, url = copied
    cli.told("restore", "--from", url, "--shares", *shares(cli, 3), "--to", tmp_path / "new")
    new = cli.at(tmp_path / "new")
    node = Node.at(new.home)
    bodies = [entry.body for entry in node.entries(node.audit_journal, 0, 1 << 63)]
    assert sum(b'"110107"' in body and url.encode() in b64decode_all(body) for body in bodies) == 1


def b64decode_all(body: bytes) -> bytes:
    """A body with each base64 text in it beside what it stands for (AuditEvent.entity.query is base64)."""
    found = [body]
    for text in re.findall(rb'"([A-Za-z0-9+/]{8,}={0,2})"', body):
        try:
            found.append(b64decode(text, validate=True))
        except ValueError:
            continue
    return b"\n".join(found)


@pytest.mark.req("G4")
def test_no_export_without_its_entry(copied: tuple[Commands, str], tmp_path: Path, monkeypatch) -> None:
    """When the entry cannot be written, not a byte of a chart lies in clear."""
    cli, _ = copied

    def full(*_: object, **__: object) -> None:
        raise StorageError("The disk is full.")

    monkeypatch.setattr(Node, "audit", full)
    assert cli("export", "--to", tmp_path / "out").status == 14
    assert not (tmp_path / "out").exists()


def test_too_few_shares_restore_nothing(copied: tuple[Commands, str], tmp_path: Path) -> None:
    """Two of three, the same one three times, or words that are none: exit status 14 or 1, and no home."""
    cli, url = copied
    one = shares(cli, 1)[0]
    for given, status in ((shares(cli, 2), 14), ([one, one, one], 14), ([tmp_path / "none"], 1)):
        ran = cli("restore", "--from", url, "--shares", *given, "--to", tmp_path / "new")
        assert ran.status == status, ran.err
        assert not (tmp_path / "new" / "contrefeu.toml").exists()
        assert one.read_text().splitlines()[-1].split()[5] not in ran.err


def test_a_restore_overwrites_nothing(copied: tuple[Commands, str]) -> None:
    """Into the home that is there, or any folder with something in it: refused, and nothing changed."""
    cli, url = copied
    before = {path: path.read_bytes() for path in cli.home.rglob("*") if path.is_file() and "run" not in path.parts}
    ran = cli("restore", "--from", url, "--shares", *shares(cli, 3), "--to", cli.home)
    assert ran.status == 1
    assert {path: path.read_bytes() for path in before} == before


def test_a_damaged_journal_is_mended_and_so_is_a_damaged_copy(copied: tuple[Commands, str], tmp_path: Path) -> None:
    """`vault repair`: both ways, the damaged files kept, exit status 0 when all is whole and 12 when no copy is."""
    cli, _url = copied
    name = next(p.name for p in (cli.home / "journals").iterdir() if p.name.endswith("-capture"))
    ours = cli.home / "journals" / name / "segments" / "0000000001.seg"
    theirs = tmp_path / "vault" / "journals" / name / "segments" / "0000000001.seg"
    before = theirs.read_bytes()

    def harm(path: Path) -> None:
        content = bytearray(path.read_bytes())
        content[len(before) * 3 // 4] ^= 1
        path.write_bytes(content)

    harm(ours)
    assert cli("journal", "verify").status == 12
    report = cli.told("vault", "repair")
    assert (report["intact"], report["damage"], report["copied"]) == (True, [], 1)
    assert [(one["place"], one["segment"]) for one in report["repaired"]] == [("home", 1)]
    assert cli("journal", "verify").status == 0
    assert ours.read_bytes() == before
    harm(theirs)
    assert [one["source"] for one in cli.told("vault", "repair")["repaired"]] == ["home"]
    assert theirs.read_bytes() == before
    harm(ours)
    harm(theirs)
    report = cli.told("vault", "repair", status=12)
    assert (report["intact"], len(report["not_repaired"])) == (False, 2)
    assert cli.told("vault", "repair", status=12)["repaired"] == []


def test_a_copy_without_its_public_key_gets_it_back_and_a_home_without_one_is_not_whole(
    copied: tuple[Commands, str], tmp_path: Path
) -> None:
    """Nothing of such a copy can be checked, so it is not passed over; the home's own key is no copy's to say."""
    cli, url = copied
    name = next(p.name for p in (cli.home / "journals").iterdir() if p.name.endswith("-capture"))
    ours, theirs = (root / "journals" / name / "verifier" for root in (cli.home, tmp_path / "vault"))
    key = theirs.read_bytes()
    theirs.unlink()
    report = cli.told("vault", "repair")
    assert [(one["place"], one["segment"], one["source"]) for one in report["repaired"]] == [(url, 0, "home")]
    assert (report["intact"], theirs.read_bytes()) == (True, key)
    ours.unlink()
    assert cli.told("vault", "repair", status=13)["intact"] is False
