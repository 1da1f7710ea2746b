"""`contrefeu prepare`: what services need before they start, each as its own user; `up` does the same for itself."""

from typing import TYPE_CHECKING

import typer

from contrefeu.cli.door import door

if TYPE_CHECKING:
    from contrefeu.cli.node import Node


def prepare(context: typer.Context) -> None:
    """Give each process of the services what is its own; `contrefeu.service` runs it as root, people need not.

    Run again while they run, it takes note of changed settings.
    """
    from contrefeu.base import OperatorError
    from contrefeu.cli.node import Node
    from contrefeu.cli.reloading import note_in_force
    from contrefeu.cli.sealing import bring_back_roles
    from contrefeu.cli.separation import separate

    node = Node.at(door(context).home)
    if node.settings.processes.users != "separate":
        raise OperatorError(
            "Services run as users of their own, and the settings say otherwise.",
            safe="Nothing was started.",
            next='Write users = "separate" under [processes] in contrefeu.toml; then systemctl restart contrefeu.',
        )
    complete(node)
    bring_back_roles(node)
    node.sealing()  # a rule without its key is said before anything starts
    note_in_force(node)
    separate(node)


def complete(node: "Node") -> None:
    """Make what a home lacks before a part is confined: what is not there then is out of its reach for good."""
    from contrefeu.base import durable_makedirs
    from contrefeu.cli.grouping import prepare_group
    from contrefeu.cli.held import NOTED
    from contrefeu.cli.watching import make_watch_folder
    from contrefeu.custody import complete_home

    complete_home(node.paths)
    for folder in (*NOTED, "wards", "group", "live"):
        durable_makedirs(node.paths.root / folder, mode=0o750)
    if node.settings.processes.users == "separate":
        for name in ("peers", "exchange"):
            durable_makedirs(node.paths.root / name)  # a peer may be joined later
    make_watch_folder(node)
    prepare_group(node)
