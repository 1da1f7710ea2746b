"""`contrefeu init`: make a home."""

import secrets
from pathlib import Path
from typing import Annotated

import typer

from contrefeu.cli.door import Json, answer, door, say


def init(
    context: typer.Context,
    facility: Annotated[str, typer.Option(help="Name of the hospital, on every page.")] = "Contrefeu",
    custodians: Annotated[int, typer.Option(help="How many people get a share of the recovery key.")] = 5,
    threshold: Annotated[int, typer.Option(help="How many of them open the archive together.")] = 3,
    shares_out: Annotated[
        Path | None, typer.Option(help="Folder for the shares, outside the home.  [default: HOME-shares]")
    ] = None,
    drill: Annotated[bool, typer.Option("--drill", help="An exercise: its journals are named drill/...")] = False,
    separate: Annotated[
        bool, typer.Option("--separate", help="Its processes have a user each, as the installed services have.")
    ] = False,
    json: Json = False,
) -> None:
    """Make a home: settings, the node's identity, a local certificate authority, a recovery key split into shares.

    Each share is a text file and a printable page. They are kept nowhere else: give each to its custodian and remove
    the files. The first administrator's password is shown once.
    """
    from contrefeu.access import first_administrator, make_local_ca
    from contrefeu.acts import encode
    from contrefeu.base import ContrefeuError, SystemClock, write_file
    from contrefeu.cli.node import Node
    from contrefeu.cli.rehearsing import record_first_key
    from contrefeu.cli.shares import read_share, refuse_shares_folder, remove_shares, write_shares
    from contrefeu.custody import KeyPair, OpenedRecovery, make_home, split_secret

    home = door(context).home
    folder = (shares_out or home.with_name(f"{home.name}-shares")).absolute()
    refuse_shares_folder(home, folder)
    clock = SystemClock()
    pair, seed = KeyPair.draw("recovery")
    mnemonics = split_secret(seed, threshold, custodians)
    node_id = ("drill/" if drill else "") + f"n{secrets.token_hex(4)}"
    # The shares first: a home whose recovery key nobody holds must not exist, be the stick full or pulled out.
    shares = write_shares(folder, mnemonics, threshold, node_id, facility, pair.fingerprint)
    try:
        # From what was written, not from what was drawn: shares that do not read back make no home.
        opened = OpenedRecovery.from_shares([read_share(share) for share in shares])
        note = opened.first_note(mnemonics, clock.now_ns())
        paths = make_home(home, node_id, facility, opened.pair.recipient, clock, notes=[note])
    except (ContrefeuError, OSError):
        remove_shares(shares)  # of no use: they open nothing
        raise
    if separate:
        text = paths.settings.read_text() + '\n[processes]\nusers = "separate"\n'
        write_file(paths.settings, text.encode(), mode=0o640)
    node = Node.at(home)
    make_local_ca(paths.ca_dir, facility=facility, names=node.settings.web.names, clock=clock)
    administrator = first_administrator()
    with node.capture_appender(), node.audit_appender():
        pass  # makes the journal: `up` does not create one that is missing
    node.record(encode(administrator.act))
    record_first_key(node, opened, note)
    told = {
        "node": node_id,
        "home": str(home),
        "recipients": [{"name": pair.recipient.name, "fingerprint": pair.fingerprint}],
        "shares": [str(share) for share in shares],
        "threshold": threshold,
        "login": administrator.act.login,
        "secret": administrator.secret,
    }

    def for_people() -> None:
        say(f"Node {node_id} made in {home}")
        say(f"Recovery key {pair.fingerprint[:16]} split: {threshold} of {custodians} shares open the archive")
        for share in shares:
            say(f"  {share}")
        say("Give each share to its custodian, then remove the files: they are kept nowhere else.")
        say(f"First administrator: login {administrator.act.login}, password {administrator.secret} (shown once)")

    answer(json, told, for_people)
