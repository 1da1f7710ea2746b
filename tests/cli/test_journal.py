"""`journal` lists, gives back, checks and proves, and says what is not as it was.

Method: a home with a few entries; its files changed as a failing disk or an intruder would; proofs recomputed here.
"""

import base64
import json
import shutil
import tracemalloc
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from contrefeu.base import rfc3339
from contrefeu.cli import journal as command
from contrefeu.cli.node import Node
from contrefeu.journal import Draft, Entry
from contrefeu.proof import hash_leaf, open_checkpoint, verify_inclusion
from tests.cli.conftest import Commands
from tests.cli.messages import admission, potassium

File = Callable[[str, bytes], Path]
T0 = 1_790_000_000 * 10**9


@pytest.fixture
def kept(cli: Commands) -> Commands:
    """Ten entries, a second apart."""
    node = Node.at(cli.home)
    with node.capture_appender() as journal:
        for n in range(10):
            journal.append([Draft("CPAGE@CHU", "x-application/hl7-v2+er7", admission(f"A-{n}"), T0 + n * 10**9)])
    return cli


def capture(cli: Commands) -> str:
    """Id of the capture journal."""
    return Node.at(cli.home).capture_journal


def segment(cli: Commands) -> Path:
    """The file that holds the ten entries."""
    return sorted((cli.home / "journals" / capture(cli) / "segments").iterdir())[0]


def test_entries_are_listed_by_the_time_they_were_received(kept: Commands) -> None:
    """--from is included, --to is not; --limit stops; --journal chooses; each row has the published keys."""
    rows = kept.told("journal", "show", "--journal", capture(kept))["entries"]
    assert [row["seq"] for row in rows] == list(range(1, 11))
    assert rows[0] == {
        "journal": capture(kept),
        "seq": 1,
        "received": rfc3339(T0),
        "source": "CPAGE@CHU",
        "media_type": "x-application/hl7-v2+er7",
        "bytes": len(admission("A-0")),
    }
    some = ("journal", "show", "--from", rfc3339(T0 + 3 * 10**9), "--to", rfc3339(T0 + 6 * 10**9))
    assert [row["seq"] for row in kept.told(*some)["entries"]] == [4, 5, 6]
    assert [row["seq"] for row in kept.told(*some, "--limit", 2)["entries"]] == [4, 5]
    assert len(kept("journal", "show", "--journal", capture(kept)).out.splitlines()) == 10
    assert kept("journal", "show", "--from", "yesterday").status == 1
    assert kept("journal", "show", "--raw").status == 1


def test_an_entry_comes_back_byte_for_byte_and_is_audited(kept: Commands) -> None:
    """--raw writes the body and nothing else; that it was looked at is an entry of the console's."""
    ref = f"{capture(kept)}/3"
    assert kept("journal", "show", "--entry", ref, "--raw").out == admission("A-2")
    assert kept.told("journal", "show", "--entry", ref)["entries"][0]["seq"] == 3
    node = Node.at(kept.home)
    audits = [e for e in node.entries(node.audit_journal, 0, 1 << 63) if e.media_type == "application/fhir+json"]
    assert len(audits) == 2
    event = json.loads(audits[0].body)
    assert (event["resourceType"], event["entity"][0]["what"]["display"]) == ("AuditEvent", ref)
    assert audits[0].source == "console"


@pytest.mark.parametrize(
    ("ref", "status"),
    [
        ("{}/11", 13),
        ("{}/0", 13),
        ("nowhere/1", 1),
        ("{}", 1),
        ("{}/x", 1),
        ("{}/-1", 1),
        ("{}/99999999999999999999", 13),
    ],
)
def test_an_entry_that_is_not_there_is_said(ref: str, status: int, kept: Commands) -> None:
    """Beyond the end is missing (13); a name that is no entry's is a wrong question (1)."""
    assert kept("journal", "show", "--entry", ref.format(capture(kept))).status == status


@pytest.mark.req("C4")
def test_a_whole_journal_is_intact_and_a_changed_byte_is_located(kept: Commands) -> None:
    """Exit status 0, then 12 with journal, segment, offset, entries and kind; a key file must be its own."""
    report = kept.told("journal", "verify")
    assert (report["intact"], report["damage"], report["entries"]) == (True, [], 13)
    assert set(report["checkpoint"]) == {
        capture(kept),
        Node.at(kept.home).station_journal,
        Node.at(kept.home).audit_journal,
    }
    folder = kept.home / "journals" / capture(kept)
    assert kept.told("journal", "verify", folder, "--key", folder / "verifier")["intact"]
    other = kept.home / "journals" / Node.at(kept.home).station_journal / "verifier"
    assert kept("journal", "verify", folder, "--key", other).status == 1

    path = segment(kept)
    content = bytearray(path.read_bytes())
    content[-200] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)
    report = kept.told("journal", "verify", status=12)
    assert not report["intact"]
    [damage] = report["damage"]
    assert set(damage) == {"journal", "segment", "offset", "first_entry", "last_entry", "kind"}
    assert (damage["journal"], damage["segment"], damage["kind"]) == (capture(kept), 1, "altered")
    assert damage["offset"] <= len(content) - 200


@pytest.mark.req("C4")
def test_entries_cut_away_are_missing(kept: Commands) -> None:
    """A segment that is gone: the checkpoint signed for more, exit status 13."""
    segment(kept).unlink()
    report = kept.told("journal", "verify", status=13)
    assert "missing" in {damage["kind"] for damage in report["damage"]}


def test_a_folder_without_a_journal_is_said(kept: Commands, tmp_path: Path) -> None:
    """Checking nothing must not pass for intact."""
    ran = kept("journal", "verify", tmp_path)
    assert (ran.status, ran.out) == (1, b"")


@pytest.mark.req("C4")
def test_one_entry_is_proved_without_its_neighbours(kept: Commands) -> None:
    """From the JSON alone: entry -> entries root -> frame -> signed checkpoint, as docs/spec says (RFC 9162)."""
    told = kept.told("journal", "prove", "--entry", f"{capture(kept)}/7")
    entry, salt = base64.b64decode(told["entry"]), bytes.fromhex(told["salt"])
    assert admission("A-6") in entry
    header = bytes.fromhex(told["frame_header"])
    count, entries_root = int.from_bytes(header[20:24], "big"), header[-32:]
    verify_inclusion(
        sha256(b"\x00" + salt + entry).digest(),
        told["entry_index"],
        count,
        [bytes.fromhex(h) for h in told["entry_path"]],
        entries_root,
    )
    verifier = Node.at(kept.home).journal_files(capture(kept)).verifier()
    point = open_checkpoint(told["checkpoint"].encode(), [verifier])
    leaf = hash_leaf(header + bytes.fromhex(told["ciphertext_sha256"]))
    verify_inclusion(leaf, told["frame_index"], point.size, [bytes.fromhex(h) for h in told["frame_path"]], point.root)
    assert kept("journal", "prove", "--entry", f"{capture(kept)}/12").status == 10


def test_a_long_list_takes_no_memory(kept: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty thousand rows are written as they are read."""

    def many(_self: Node, journal: str, from_ns: int, to_ns: int) -> Iterator[Entry]:
        return (Entry("j", n, T0, n, "s", "text/plain", b"x" * 100) for n in range(1, 20_001))

    written = 0

    class Sink:
        def write(self, data: bytes) -> None:
            nonlocal written
            written += len(data)

        def flush(self) -> None: ...

    monkeypatch.setattr(Node, "entries", many)
    rows = (command.listed(e) for e in many(Node.at(kept.home), "", 0, 0))
    monkeypatch.setattr(command.sys, "stdout", type("Out", (), {"buffer": Sink()}))
    tracemalloc.start()
    command._emit_rows(rows)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    monkeypatch.undo()
    assert written > 2_000_000
    assert peak < 300_000


def test_a_list_that_cannot_go_on_is_still_json(kept: Commands) -> None:
    """What was read is one whole object; what was not is an error with its status."""
    path = segment(kept)
    content = bytearray(path.read_bytes())
    content[-200] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)
    ran = kept("journal", "show", "--journal", capture(kept), "--json")
    assert ran.status == 12
    assert 0 < len(ran.told["entries"]) < 10
    assert "safe" in ran.err or "next" in ran.err


def test_potassium_is_no_error_text(kept: Commands, filed: File) -> None:
    """Errors carry coordinates: nothing of a message stands in one."""
    kept.told("import", filed("1.hl7", potassium()))
    path = segment(kept)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-300])
    for arguments in (("journal", "show"), ("journal", "verify"), ("status",), ("find", "MARTIN")):
        ran = kept(*arguments)
        assert "6.8" not in ran.err
        assert "MARTIN" not in ran.err


def _kept_checkpoint(cli: Commands, folder: Path) -> Path:
    """The journal's checkpoint, as somebody keeps it elsewhere."""
    kept = folder / "kept.checkpoint"
    kept.write_bytes((cli.home / "journals" / capture(cli) / "checkpoint").read_bytes())
    return kept


def _more(cli: Commands, count: int = 3) -> None:
    with Node.at(cli.home).capture_appender() as journal:
        for n in range(count):
            journal.append([Draft("CPAGE@CHU", "x-application/hl7-v2+er7", admission(f"B-{n}"), T0 + n * 10**9)])


@pytest.mark.req("C4")
def test_a_journal_put_back_is_caught_by_a_checkpoint_kept_elsewhere(kept: Commands, tmp_path: Path) -> None:
    """The whole folder as it was an hour ago is whole by itself; `--checkpoint` says what it lacks, and from where."""
    folder = kept.home / "journals" / capture(kept)
    shutil.copytree(folder, tmp_path / "older")
    _more(kept)
    checkpoint = _kept_checkpoint(kept, tmp_path)
    assert kept("journal", "verify", tmp_path / "older").status == 0
    found = kept("journal", "verify", tmp_path / "older", "--checkpoint", checkpoint, "--json")
    told = json.loads(found.out)
    assert (found.status, told["intact"]) == (12, False)
    (damage,) = told["damage"]
    assert (damage["kind"], damage["first_entry"], damage["last_entry"]) == ("rolled-back", 11, 13)
    assert kept("journal", "verify", folder, "--checkpoint", checkpoint).status == 0
    assert kept("journal", "verify", "--checkpoint", checkpoint).status == 0
    assert kept("journal", "verify", "--checkpoint", tmp_path / "none").status == 1
    checkpoint.write_bytes(checkpoint.read_bytes().replace(b"entries 1", b"entries 2"))
    assert kept("journal", "verify", folder, "--checkpoint", checkpoint).status == 12


@pytest.mark.req("C4")
def test_a_stranger_checks_proofs_with_the_public_key_alone(kept: Commands, tmp_path: Path) -> None:
    """No home, no journal: the proof, the writer's key, and what is proved; one changed byte and it does not hold."""
    folder = kept.home / "journals" / capture(kept)
    old, key, proof = _kept_checkpoint(kept, tmp_path), tmp_path / "key", tmp_path / "proof.json"
    key.write_bytes((folder / "verifier").read_bytes())
    proof.write_bytes(kept("journal", "prove", "--entry", f"{capture(kept)}/4", "--json").out)
    stranger = ("--home", tmp_path / "nowhere", "journal", "check", proof, "--key", key)
    told = kept.told(*stranger)
    assert (told["holds"], told["journal"], told["seq"]) == (True, capture(kept), 4)
    assert kept(*stranger, "--raw").out == admission("A-3")
    proof.write_text(proof.read_text().replace('"entry_index":0', '"entry_index":1'))
    assert kept(*stranger).status == 12
    _more(kept)
    proof.write_bytes(kept("journal", "consistency", "--from", old, "--json").out)
    told = kept.told(*stranger)
    assert (told["holds"], told["from"]["entries"], told["to"]["entries"]) == (True, 10, 13)
    assert kept("journal", "consistency", folder, "--from", old).status == 0
    newer, older = (folder / "checkpoint").read_bytes(), old.read_bytes()
    (folder / "checkpoint").write_bytes(older)
    old.write_bytes(newer)
    assert kept("journal", "consistency", "--from", old).status == 13
    back = {"old_checkpoint": newer.decode(), "checkpoint": older.decode(), "consistency_path": []}
    proof.write_text(json.dumps(back))
    assert kept(*stranger).status == 12
    proof.write_text("[]")
    assert kept(*stranger).status == 1
