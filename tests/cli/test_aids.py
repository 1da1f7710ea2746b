"""`contrefeu aids`: who turns a decision aid on at the console proves who they are, and only the safety officer may.

Method: the program as a person runs it, on a home of its own.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Commands


@pytest.mark.req("F8")
def test_an_aid_is_turned_on_by_the_clinical_safety_officer_and_by_nobody_else(
    cli: Commands, filed: Callable[[str, bytes], Path]
) -> None:
    """All are off at first; a nurse, a wrong secret and an unheard-of aid turn nothing on; the list says who did."""
    secrets = {login: filed(f"{login}.secret", f"secret of {login}".encode()) for login in ("nadia", "surete")}
    for login, role in (("nadia", "nurse"), ("surete", "safety")):
        cli.told("users", "add", login, "--name", login, "--role", role, "--secret-file", secrets[login])
    names = ["allergy", "duplicate", "class", "dose_time", "news2"]
    assert cli.told("aids", "list")["aids"] == [{"aid": one, "on": False, "by": "", "at": ""} for one in names]

    def switched(do: str, aid: str, login: str, secret: Path) -> int:
        return cli("aids", do, aid, "--as", login, "--secret-file", secret).status

    assert switched("on", "duplicate", "nadia", secrets["nadia"]) == 1
    assert switched("on", "duplicate", "surete", secrets["nadia"]) == 1
    assert switched("on", "doses", "surete", secrets["surete"]) == 1
    assert not [one for one in cli.told("aids", "list")["aids"] if one["on"]]
    assert switched("on", "duplicate", "surete", secrets["surete"]) == 0
    assert switched("on", "dose_time", "surete", secrets["surete"]) == 0
    assert switched("off", "dose_time", "surete", secrets["surete"]) == 0
    [on] = [one for one in cli.told("aids", "list")["aids"] if one["on"]]
    assert (on["aid"], on["by"]) == ("duplicate", "surete")
    spoken = cli("--lang", "fr", "aids", "list").out.decode()
    assert "duplicate : en service depuis" in spoken
    assert "class : arrêtée" in spoken
