"""`contrefeu vault`: places that hold copies and cannot read them."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from contrefeu.cli.door import Json, answer, door, finish, say

if TYPE_CHECKING:
    from contrefeu.cli.node import Node

app = typer.Typer(no_args_is_help=True, help="Places that hold copies of the journals and cannot read them.")

Url = Annotated[str, typer.Argument(metavar="URL", help="file:///FOLDER, pull+https://… or spool+file:///FOLDER")]


@app.command("add")
def add(context: typer.Context, url: Url, json: Json = False) -> None:
    """Copy the journals to a vault from now on; a running node takes it up by itself."""
    from contrefeu.base import OperatorError, write_file
    from contrefeu.cli.node import Node
    from contrefeu.cli.separation import give_serving, give_vault
    from contrefeu.hospital import parse_settings
    from contrefeu.vault import is_pulled, is_spool, make_vault

    node = Node.at(door(context).home)
    if is_pulled(url):
        from contrefeu.cli.vault_host import prepare_offer

        prepare_offer(node, url)
    elif is_spool(url):
        from contrefeu.cli.vault_host import prepare_spool

        prepare_spool(url)
    else:
        make_vault(url, outside=node.paths.root)  # another disk at an address that is known is made a vault too
        give_vault(node, url)
    give_serving(node, url)
    if any(vault.url == url for vault in node.settings.vaults):
        raise OperatorError("That vault is in the settings already.", safe="The settings, as they were.")
    text = node.paths.settings.read_text().rstrip("\n") + f'\n\n[[vaults]]\nurl = "{url}"\n'
    parse_settings(text)
    write_file(node.paths.settings, text.encode(), mode=0o640)
    answer(json, {"url": url, "added": True}, lambda: say(f"{url}: copies follow from now on (contrefeu status)"))


@app.command("copy")
def copy(context: typer.Context, json: Json = False) -> None:
    """Copy what the vaults lack, once; for a node that is not running."""
    from contrefeu.base import FindingError
    from contrefeu.cli.node import Node
    from contrefeu.vault import Shipper, Spooler, is_pulled, is_spool, open_vault

    node = Node.at(door(context).home)
    _settle(node)
    states: list[dict[str, Any]] = []
    for vault in node.settings.vaults:
        if is_pulled(vault.url):
            problem = "the vault host fetches by itself, while this node offers (up, vault serve)"
            states.append({"url": vault.url, "entries": 0, "state": "pulled", "problem": problem})
            continue
        shipper = Spooler(node.paths, vault.url) if is_spool(vault.url) else None
        state = (shipper or Shipper(node.paths, open_vault(vault.url))).step()
        if shipper is not None:
            shipper.close()
        states.append({"url": vault.url, "entries": state.entries, "state": state.state, "problem": state.problem})

    def for_people() -> None:
        for state in states:
            say(f"{state['url']}: {state['state']}, {state['entries']} entries {state['problem']}".rstrip())

    answer(json, {"copied": sum(s["entries"] for s in states), "vaults": states}, for_people)
    if any(state["state"] == "refused" for state in states):
        raise FindingError(
            "A vault refused a journal: it is not the continuation of the copy it holds.",
            safe="The copy in the vault, as it was.",
            next="contrefeu journal verify and contrefeu vault verify URL say which of the two is whole.",
        )
    kinds = {state["state"] for state in states}
    finish(14 if "unreachable" in kinds else 10 if "alarm" in kinds else 0)


@app.command("verify")
def verify(url: Url, json: Json = False) -> None:
    """Check the copies in a vault, without reading what they hold."""
    from contrefeu.cli.verifying import verify_copies

    found = verify_copies(url)
    report = {
        "intact": found.intact,
        "entries": found.entries,
        "copied": found.entries,
        "checkpoint": found.checkpoint,
        "damage": found.damage,
        "journals": found.journals,
    }

    def for_people() -> None:
        for one in found.journals:
            say(f"{one['journal']}: {'intact' if one['intact'] else 'DAMAGED'}, {one['entries']} entries")
        for d in found.damage:
            say(f"  {d['kind']}: {d['journal']} segment {d['segment']} byte {d['offset']}")

    answer(json, report, for_people)
    finish(found.exit_status)


def _settle(node: "Node") -> None:
    """Sign for what a stopped node left unsigned; a running one signs by itself."""
    from contrefeu.cli.node import listens

    for socket, appender in (
        (node.capture_socket, node.capture_appender),
        (node.station_socket, node.station_appender),
    ):
        if not listens(socket):
            with appender():
                pass
