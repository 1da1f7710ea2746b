"""What every page says of the journals and of the copies: nothing while all is well, each trouble under its own name.

Method: a home that is not running; what its capture process would say is said in its place.
"""

import asyncio
import json
from typing import Any

import pytest

from contrefeu.capture import Intake
from contrefeu.cli.alarms import Alarms
from contrefeu.cli.node import Node
from tests.cli.conftest import Commands


class Said:
    """A capture process that says what the test wants."""

    journal = "drill/x-capture"

    def __init__(self, **state: Any) -> None:
        self._state = {"journal": self.journal, "trouble_code": ""} | state

    async def state(self) -> dict[str, Any]:
        """As LocalAppender."""
        return self._state


def told(cli: Commands, **state: Any) -> dict[str, str]:
    """What pages say."""
    node = Node.at(cli.home)

    async def asked() -> dict[str, str]:
        own = Intake(node.writer(node.station_journal), node.clock)
        alarms = Alarms(node, own)
        alarms._capture = Said(**state)  # type: ignore[assignment]
        try:
            return dict(await alarms())
        finally:
            own.close()

    return asyncio.run(asked())


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ({}, {}),  # ack = "disk": nothing is said of vaults
        ({"no_vault": False, "waiting_for_vault": 2, "without_vault": 7}, {}),
        ({"no_vault": True, "waiting_for_vault": 0, "without_vault": 7}, {"vaults": "no-vault"}),
        ({"no_vault": True, "waiting_for_vault": 3, "without_vault": 0}, {"vaults": "no-vault-waiting"}),
        ({"trouble_code": "full"}, {Said.journal: "full"}),
    ],
    ids=["no vault asked for", "a vault is there", "answered without", "senders wait", "a full disk"],
)
def test_what_the_capture_process_says_stands_on_every_page(
    cli: Commands, state: dict[str, Any], says: dict[str, str]
) -> None:
    """And nothing else."""
    assert told(cli, **state) == says


@pytest.mark.req("G1")
def test_a_copy_that_gives_no_charts_back_stands_on_every_page(cli: Commands, filed: Any, tmp_path: Any) -> None:
    """Until the next night finds it the same."""
    cli.told("vault", "add", f"file://{tmp_path / 'vault'}")
    result = cli.home / "run" / "selftest.json"
    [vault] = Node.at(cli.home).settings.vaults
    for state, says in (
        ("different", {"copies": "copy-unproven"}),
        ("failed", {"copies": "copy-unproven"}),
        ("same", {}),
    ):
        result.write_text(json.dumps([{"url": vault.url, "state": state}]))
        assert told(cli) == says
