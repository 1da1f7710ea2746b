"""A demonstration's home: accounts that it shows, wards with their names, and the one simulated hospital that feeds it.

Rules kept here:
  * A home that holds charts of real patients is never fed by a simulated hospital.
  * One home, one hospital: a demo that is started again goes on with the patients that lie there, whatever --beds and
    --seed say then.
"""

import contextlib
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from contrefeu.cli.node import Node

DEMO_LOGINS = "demo-logins.json"
_HOSPITAL = "demo-hospital.json"


class MetHospital(msgspec.Struct, frozen=True):
    """Which hospital feeds this home, and since when: its whole life follows from these (docs/explain)."""

    seed: int
    beds: int
    met_ns: int


def prepare_demo(node: "Node") -> list[dict[str, str]]:
    """Make what a demo needs, once; returns its logins.

    Raises:
        OperatorError: This home holds charts of real patients.
    """
    from contrefeu.access import demo_accounts
    from contrefeu.acts import encode
    from contrefeu.base import OperatorError, write_file
    from contrefeu.drill import ward_names
    from contrefeu.hospital import parse_settings

    with node.charts() as charts:
        if charts.status().patients:
            raise OperatorError(
                "This home holds charts of real patients: a simulated hospital has no place in it.",
                safe="Nothing was started.",
                next="Make another home: contrefeu --home DIR init --drill",
            )
    kept = node.paths.run / DEMO_LOGINS
    with contextlib.suppress(FileNotFoundError):
        return msgspec.json.decode(kept.read_bytes(), type=list[dict[str, str]])
    wards = ward_names(node.settings.node.language)
    if not node.settings.wards:
        text = node.paths.settings.read_text().rstrip("\n") + "\n"
        text += "".join(f'\n[[wards]]\nid = "{id_}"\nname = "{name}"\n' for id_, name in wards)
        write_file(node.paths.settings, text.encode(), mode=0o640)
        node.settings = parse_settings(text)  # what runs is what stands there
    accounts = demo_accounts([id_ for id_, _ in wards])
    node.record(*(encode(account.act) for account in accounts))
    logins = [{"login": a.act.login, "secret": a.secret, "name": a.act.name, "role": a.act.role} for a in accounts]
    write_file(kept, msgspec.json.encode(logins))
    return logins


def met_hospital(node: "Node", beds: int, seed: int) -> MetHospital:
    """Return the hospital that feeds this home; the first time, one of *beds* and *seed*, met now."""
    from contrefeu.base import write_file

    kept = node.paths.run / _HOSPITAL
    with contextlib.suppress(FileNotFoundError):
        return msgspec.json.decode(kept.read_bytes(), type=MetHospital)
    met = MetHospital(seed, beds, node.clock.now_ns())
    write_file(kept, msgspec.json.encode(met))
    return met
