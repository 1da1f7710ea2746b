"""`contrefeu config`: the settings, checked against their documentation."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from contrefeu.cli.door import Json, answer, door, finish, say

if TYPE_CHECKING:
    from contrefeu.cli.door import Language
    from contrefeu.hospital import Problem

app = typer.Typer(no_args_is_help=True, help="The settings of this node: checked, kept and put back.")


@app.command("backup")
def backup(
    context: typer.Context,
    to: Annotated[Path, typer.Option("--to", help="The file to write, outside the home.")],
    json: Json = False,
) -> None:
    """Keep what people wrote: settings, laboratory list, regimes of declarations. No key, no credential, no message.

    Every vault holds the settings too; this is for a node that has none yet, and for before a change.
    """
    from contrefeu.base import OperatorError, write_file
    from contrefeu.cli.node import Node
    from contrefeu.cli.settings_backup import backed_up, packed

    node = Node.at(door(context).home)
    if to.absolute().is_relative_to(node.paths.root):
        raise OperatorError(
            "A backup in the home is lost with it.", safe="Nothing was written.", next="Name a file elsewhere."
        )
    node.audit("act", what="config backup")
    files = backed_up(node.paths.root)
    write_file(to.absolute(), packed(files), mode=0o640)
    told = {"file": str(to), "files": sorted(files)}
    answer(json, told, lambda: say(f"{to}: {', '.join(sorted(files))}; keys and credentials are not in it"))


@app.command("restore")
def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Written by config backup.")],
    json: Json = False,
) -> None:
    """Put settings back from a backup of this node; what was there stays beside them, as NAME.before."""
    from contrefeu.base import OperatorError
    from contrefeu.cli.node import Node
    from contrefeu.cli.settings_backup import put_back, unpacked
    from contrefeu.hospital import parse_settings

    node = Node.at(door(context).home)
    files = unpacked(read_file(file))
    theirs = parse_settings(files["contrefeu.toml"]).node.id
    if theirs != node.settings.node.id:
        raise OperatorError(
            f"The settings are those of node {theirs}, and this home is {node.settings.node.id}.",
            safe="Nothing was changed.",
            next="A node's id names its journals and is never changed. Take single tables over by hand.",
        )
    node.audit("act", what="config restore")
    changed = put_back(node.paths.root, files)
    told = {"files": sorted(files), "changed": changed}
    answer(json, told, lambda: say(f"changed: {', '.join(changed) or 'nothing'}. contrefeu config check says more."))


@app.command("certificate")
def certificate(
    context: typer.Context,
    authority: Annotated[
        bool, typer.Option("--authority", help="A new authority too: every ward PC must be given its ca.pem then.")
    ] = False,
    json: Json = False,
) -> None:
    """Make the server's certificate again, for the names in `web.names`: yearly, or when they change.

    It is signed by the home's own authority, which ward PCs know already. The node shows it from its next start.
    """
    from contrefeu.access import make_local_ca
    from contrefeu.cli.node import Node
    from contrefeu.cli.separation import give_certificate

    node = Node.at(door(context).home)
    node.audit("act", what="config certificate --authority" if authority else "config certificate")
    made = make_local_ca(
        node.paths.ca_dir,
        facility=node.settings.node.facility,
        names=node.settings.web.names,
        clock=node.clock,
        anew=authority,
    )
    give_certificate(node)
    told = {"certificate": str(made.server_certificate), "names": node.settings.web.names}
    answer(json, told, lambda: say(f"{told['certificate']} made. Stop the node and start it again."))


@app.command("check")
def check(
    context: typer.Context,
    file: Annotated[Path | None, typer.Option(help="Check this file.  [default: the home's contrefeu.toml]")] = None,
    json: Json = False,
) -> None:
    """Say all that is wrong with the settings: file, line, key, what was found, what is allowed. Exit status 10 then.

    Of settings in which nothing is wrong it says which changes the running node takes up on SIGHUP, and which wait for
    its next start.
    """
    from contrefeu.hospital import read_settings

    path = file or door(context).home / "contrefeu.toml"
    settings, problems = read_settings(read_file(path))
    waiting: dict[str, list[str]] = {"reload": [], "restart": []}
    if settings is not None and file is None:
        from contrefeu.cli.node import Node
        from contrefeu.cli.reloading import in_force, waiting_changes

        running = in_force(Node.at(door(context).home))
        waiting = waiting_changes(running, settings) if running is not None else waiting
    told = {"file": str(path), "findings": [_told(one, path) for one in problems], **waiting}
    answer(json, told, lambda: _for_people(told, door(context).language))
    finish(10 if problems else 0)


def read_file(path: Path) -> bytes:
    """The bytes of a settings file.

    Raises:
        OperatorError: It is not there, or a folder.
    """
    from contrefeu.base import OperatorError

    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise OperatorError(
            f"There is no {path}.", safe="Nothing was changed.", next="contrefeu --home DIR init makes a home."
        ) from None
    except IsADirectoryError:
        raise OperatorError(f"{path} is a folder.", safe="Nothing was changed.", next="Name a file.") from None


def _told(one: "Problem", path: Path) -> dict[str, Any]:
    import msgspec

    told: dict[str, Any] = msgspec.to_builtins(one)
    return told | {"file": str(path)}


WORDS = {
    "en": (
        "Settings there",
        "nothing is wrong",
        "is taken up by the running node on SIGHUP (systemctl reload contrefeu)",
        "is in force when the node is started anew",
    ),
    "fr": (
        "Réglages possibles là",
        "rien à corriger",
        "est repris par le nœud qui tourne sur SIGHUP (systemctl reload contrefeu)",
        "vaudra quand le nœud sera relancé",
    ),
}


def _for_people(told: dict[str, Any], language: "Language") -> None:
    from contrefeu.cli.problem_fr import PROBLEMS

    there, sound, reload, restart = WORDS[language]
    for one in told["findings"]:
        what, after = (PROBLEMS.said(one[key]) if language == "fr" else one[key] for key in ("what", "next"))
        say(f"{told['file']}{':' + str(one['line']) if one['line'] else ''}: {what}")
        if after:
            say(f"    {after}")
        elif one["allowed"] and one["near"]:
            say(f"    {there}: {one['allowed']}")
    if not told["findings"]:
        say(f"{told['file']}: {sound}")
    for key in told["reload"]:
        say(f"  {key}  {reload}")
    for key in told["restart"]:
        say(f"  {key}  {restart}")
