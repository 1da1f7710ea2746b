"""Every night patients are restored from each copy and compared with the charts that wards see; red if any differs.

Method: a home with patients and a folder as its vault; the night's test, run by hand; then a copy that differs.
"""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from contrefeu.chart import Charts
from contrefeu.cli import copying
from contrefeu.cli import selftest as nightly
from contrefeu.cli.node import Node
from contrefeu.recovery import selftest
from contrefeu.vault import Vault
from tests.cli.conftest import Commands
from tests.cli.messages import admission, potassium
from tests.cli.test_keys import live

File = Callable[[str, bytes], Path]


@pytest.fixture
def copied(cli: Commands, filed: File, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Commands, Path]:
    """A home and its vault; what was received a moment ago counts at once."""
    monkeypatch.setattr(selftest, "SETTLED_S", 0)
    cli.told("vault", "add", f"file://{tmp_path / 'vault'}")
    cli.told("import", filed("1.hl7", admission() + potassium()))
    cli.told("vault", "copy")
    return cli, tmp_path / "vault"


@pytest.mark.req("G1")
def test_a_copy_that_gives_the_charts_back_is_green(copied: tuple[Commands, Path]) -> None:
    """Compared as of one instant; status knows it; nothing is left behind."""
    cli, _ = copied
    report = cli.told("vault", "selftest")
    [found] = report["vaults"]
    assert (report["same"], found["state"], found["patients"], found["differing"]) == (True, "same", 1, [])
    assert [one["state"] for one in cli.told("status")["selftest"]] == ["same"]
    assert [p.name for p in (cli.home / "run").iterdir() if p.name.startswith("selftest-")] == []


@pytest.mark.req("G1")
def test_a_copy_that_lacks_something_is_red(
    copied: tuple[Commands, Path], filed: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not copied any more while the node runs, or emptied: exit status 10, and status says so until the next night."""
    cli, vault = copied
    cli.told("import", filed("2.hl7", potassium()))
    os.utime(cli.home / "run" / copying.STATE, ns=(0, 0))  # nobody copies any more: nothing is waited for
    with monkeypatch.context() as runs:
        runs.setattr(nightly, "listens", lambda _path: True)
        report = cli.told("vault", "selftest", status=10)
    assert [one["state"] for one in report["vaults"]] == ["failed"]
    shutil.rmtree(vault / "journals")
    assert cli.told("vault", "selftest", status=10)["same"] is False
    assert [one["state"] for one in cli.told("status", status=10)["selftest"]] == ["failed"]


@pytest.mark.req("G1")
def test_what_came_after_the_last_copy_of_a_stopped_node_is_no_fault_of_the_copy(
    copied: tuple[Commands, Path], filed: File
) -> None:
    """Nobody copies: it is compared as of what it was seen to hold, and what it lacks since is said, with what to do.

    One that lost what it was seen to hold is red all the same.
    """
    cli, vault = copied
    cli.told("import", filed("2.hl7", potassium()))
    os.utime(cli.home / "run" / copying.STATE, ns=(0, 0))
    [found] = cli.told("vault", "selftest")["vaults"]
    assert (found["state"], found["patients"], found["lacks"]) == ("same", 1, 1)
    assert f"not in it yet: 1 entries since {found['at'][:10]}" in cli("vault", "selftest").out.decode()
    cli.told("vault", "copy")
    [found] = cli.told("vault", "selftest")["vaults"]
    assert (found["state"], found["lacks"]) == ("same", 0)
    whole = vault.parent / "whole"
    shutil.copytree(vault, whole)
    for _ in range(2):
        cli.told("import", filed("3.hl7", potassium().replace(b"5.", b"4.")))
    cli.told("vault", "copy")
    shutil.rmtree(vault)
    shutil.copytree(whole, vault)  # put back to an older state
    report = cli.told("vault", "selftest", status=10)
    assert "was read up to entry" in report["vaults"][0]["problem"]


@pytest.mark.req("G1")
def test_a_chart_that_differs_is_named(copied: tuple[Commands, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """The charts that wards see say something that the copy does not: its id stands in the report."""
    cli, _ = copied
    real = Charts.bundle
    calls = []

    def bundle(self: Charts, id: str, at_ns: int | None = None) -> bytes | None:
        calls.append(id)
        found = real(self, id, at_ns)
        return found.replace(b"mmol", b"mmoI") if found and len(calls) % 2 == 0 else found

    monkeypatch.setattr(Charts, "bundle", bundle)
    report = cli.told("vault", "selftest", status=10)
    assert [one["state"] for one in report["vaults"]] == ["different"]
    assert report["vaults"][0]["differing"] == calls[:1]


@pytest.mark.req("G1", "F38")
def test_what_the_horizon_passed_is_told_and_not_red(
    cli: Commands, filed: File, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest reading key is gone: who was there before is passed over, the others are compared as ever."""
    monkeypatch.setattr(selftest, "SETTLED_S", 0)
    cli.told("vault", "add", f"file://{tmp_path / 'vault'}")
    live(cli.home, 3)
    cli.told("import", filed("1.hl7", admission()))
    cli.told("vault", "copy")

    def tested(status: int = 0) -> tuple[str, int, int, int]:
        [one] = cli.told("vault", "selftest", status=status)["vaults"]
        return one["state"], one["patients"], one["passed_over"], one["beyond_horizon"]

    assert tested() == ("same", 2, 0, 0)
    min((cli.home / "keys" / "reading").glob("*.seed")).unlink()
    assert tested() == ("same", 1, 1, 1)
    said = cli("vault", "selftest").out.decode()
    assert "not tested: 1 entries that this node cannot open, 1 patients of whom they speak" in said
    assert [one["state"] for one in cli.told("status")["selftest"]] == ["same"]
    [segment] = list((tmp_path / "vault").rglob("*-capture/segments/0000000003.seg"))
    segment.unlink()
    assert tested(10)[0] == "failed", "what the node can open must be there"


@pytest.mark.req("G1")
def test_a_disk_that_refuses_one_vault_costs_no_other_its_result(
    copied: tuple[Commands, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the system says of one, each has what was found of it."""
    cli, _ = copied
    cli.told("vault", "add", f"file://{tmp_path / 'second'}")
    cli.told("vault", "copy")
    real = selftest.copies_in

    def refuses(vault: Vault) -> object:
        if vault.url.endswith("second"):
            raise PermissionError(13, "Permission denied")
        return real(vault)

    monkeypatch.setattr(selftest, "copies_in", refuses)
    told = cli.told("vault", "selftest", status=10)["vaults"]
    assert [one["state"] for one in told] == ["same", "failed"]
    assert told[1]["problem"] == "This machine refused: Permission denied."


@pytest.mark.req("G1")
def test_no_result_for_days_is_red(copied: tuple[Commands, Path]) -> None:
    """A test that hangs, or is killed every night, leaves no green behind."""
    cli, _ = copied
    cli.told("vault", "selftest")
    result = cli.home / "run" / nightly.RESULT
    [told] = json.loads(result.read_bytes())
    result.write_text(json.dumps([told | {"ended": "2020-01-01T03:00:00.000000Z"}]))
    [told] = cli.told("status", status=10)["selftest"]
    assert (told["state"], "came to an end for 3 days" in told["problem"]) == ("failed", True)


@pytest.mark.req("G1")
def test_it_waits_while_copies_catch_up(copied: tuple[Commands, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Until the vault holds all, by what the copies process says alone: whom it runs as reaches no socket of capture;
    nobody is waited for who says nothing any more.
    """
    node = Node.at(copied[0].home)
    [state] = copying.last_states(node)
    journal, last = next((name, last) for name, last in state["positions"].items() if last)
    behind = state | {"positions": {journal: last - 1}, "lag_seconds": 2.0}
    says = [behind, behind, behind | {"positions": {journal: last}}, behind]
    monkeypatch.setattr(copying, "last_states", lambda _node: [says.pop(0)])
    monkeypatch.setattr(nightly.time, "sleep", lambda _s: None)
    nightly._wait_for_copies(node, state["url"], {journal: last})
    assert says == [behind]
    says += [behind | {"lag_seconds": None, "state": "not copying"}, behind]
    nightly._wait_for_copies(node, state["url"], {journal: last})
    assert says == [behind]
