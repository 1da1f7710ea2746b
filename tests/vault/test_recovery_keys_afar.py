"""A vault that pulls, and one behind a diode, know whose key segments should be sealed to, as a folder does (S5).

Method: the claims of test_recovery_keys.py, with steps that go over TLS, and through folders.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from contrefeu.vault.quota import QuotaVault
from tests.vault import test_recovery_keys as near
from tests.vault.pulling import GIB, PulledSteps
from tests.vault.test_one_way import SpooledSteps

CLAIMS = [
    near.test_an_announced_rotation_is_no_alarm,
    near.test_a_key_that_nobody_announced_is_an_alarm,
    near.test_a_writer_that_goes_back_to_a_former_key_is_an_alarm,
    near.test_another_history_of_keys_is_refused,
]


@pytest.fixture(params=[PulledSteps, SpooledSteps], ids=["pulled", "one-way"])
def afar(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The steps of the claims go that way."""
    monkeypatch.setattr(request.param, "running", [], raising=False)
    monkeypatch.setattr(near, "Shipper", request.param)
    yield
    for node in PulledSteps.running if request.param is PulledSteps else []:
        node.offers.close()
    if request.param is SpooledSteps:
        SpooledSteps.stop_all()


@pytest.mark.req("C5")
@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.__name__)
def test_keys_are_watched_from_afar_too(afar: None, claim, tmp_path: Path) -> None:
    """Announced rotations with their grants are kept; any other change of key is an alarm."""
    first = near.drawn()
    house = near.Sealed(tmp_path / "home")
    house.told(first[0].first_note(first[1], 0))
    house.seals_to(first[0])
    vault = QuotaVault(f"file://{tmp_path}/vault", tmp_path / "vault", GIB)
    vault.make()
    known = {"house": house, "vault": vault, "first": first}
    names = claim.__code__.co_varnames[: claim.__code__.co_argcount]
    claim(**{name: known[name] for name in names})
