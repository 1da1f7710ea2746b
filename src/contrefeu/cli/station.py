"""`contrefeu station`: who this station's peers are."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from contrefeu.cli.door import Json, answer, door, say

if TYPE_CHECKING:
    from contrefeu.journal import Card

app = typer.Typer(no_args_is_help=True, help="Peers: stations whose journals are taken and that are given this one's.")

MATCHED_MIN = 16  # hexadecimal digits of a fingerprint that must be typed: 64 bits, by voice in four groups


@app.command("invite")
def invite(
    context: typer.Context,
    address: Annotated[str, typer.Option(metavar="HOST:PORT", help="Where peers reach this station.")] = "",
    out: Annotated[Path | None, typer.Option(help="File for the card.  [default: NODE.card here]")] = None,
    json: Json = False,
) -> None:
    """Write this station's card, for a station that shall join it. It holds public keys and no secret.

    Read its fingerprint to whoever joins, by voice: the file may have been changed on its way.
    """
    from contrefeu.base import write_file
    from contrefeu.cli.node import Node
    from contrefeu.cli.peering import make_station

    node = Node.at(door(context).home)
    card, note = make_station(node, address)
    path = (out or Path(f"{card.node.replace('/', '_')}.card")).absolute()
    write_file(path, note, mode=0o644)
    node.audit("act", what="station invite")
    told = {"node": card.node, "card": str(path), "fingerprint": card.fingerprint, "address": card.address}

    def for_people() -> None:
        say(f"Card of station {card.node} in {path}")
        say(f"Fingerprint  {card.fingerprint}")
        say("Give the file to the other station, read the fingerprint to its operator, and do the same the other way.")

    answer(json, told, for_people)


@app.command("join")
def join(
    context: typer.Context,
    card: Annotated[Path, typer.Argument(metavar="CARD", help="The other station's card.")],
    fingerprint: Annotated[str, typer.Option(help="Its fingerprint, as its operator read it to you.")],
    address: Annotated[str, typer.Option(metavar="HOST:PORT", help="Where it is reached, if not as on its card.")] = "",
    house: Annotated[
        bool, typer.Option("--house", help="The same hospital: its accounts and declarations of downtime count here.")
    ] = False,
    ward: Annotated[
        list[str] | None,
        typer.Option(
            "--ward", help="The station of this ward (again for more): it is given their patients, no others."
        ),
    ] = None,
    no_charts: Annotated[
        bool, typer.Option("--no-charts", help="Keep its journals, and chart nothing of them.")
    ] = False,
    no_grants: Annotated[
        bool, typer.Option("--no-grants", help="Give it this station's journals, and no right to read them.")
    ] = False,
    quota_bytes: Annotated[
        int, typer.Option(min=0, help="What its journals may take of this disk.  [default: 64 GiB]")
    ] = 0,
    json: Json = False,
) -> None:
    """Take the journals of another station from now on, and give it this one's with the right to read them."""
    import base64

    from contrefeu.base import OperatorError
    from contrefeu.cli.node import Node
    from contrefeu.cli.peering import make_station
    from contrefeu.vault import QUOTA_BYTES, Decided

    node = Node.at(door(context).home)
    shown = opened_card(card, fingerprint)
    if shown.node.startswith("drill/") != node.settings.drill:
        kinds = ("an exercise", "real patients") if node.settings.drill else ("real patients", "an exercise")
        raise OperatorError(
            f"This home is one of {kinds[0]}, and that station one of {kinds[1]}: they never exchange.",
            safe="Nothing was changed.",
            next="Join stations of one kind; a station for an exercise is made with contrefeu init --drill.",
        )
    if _is_own(node, shown.node):
        raise OperatorError("That card bears this station's own name.", safe="Nothing was changed.")
    make_station(node)
    decided = Decided(
        base64.b64encode(card.read_bytes()).decode(),
        house=house,
        charts=not no_charts,
        grants=not no_grants and not ward,
        address=address,
        quota_bytes=quota_bytes or QUOTA_BYTES,
        wards=tuple(ward or ()),
    )
    with node.charts() as charts:
        strange = sorted({*decided.wards} - {name for one in charts.wards() for name in (one.id, *one.also)})
    peer = node.peers().keep(decided)
    node.audit("act", what=f"station join {peer.node}")
    told = _told(peer)

    def for_people() -> None:
        say(f"{peer.node} ({peer.card.facility}) is joined; its journals come with the next exchange.")
        say(
            "It must join this station too (contrefeu station invite). A running node with its first peer, or its first"
        )
        say("ward: restart it.")
        for one in strange:
            say(f"No ward {one} is known here: compare with contrefeu beds, or its station is given nobody.")

    answer(json, told, for_people)


@app.command("revoke")
def revoke(
    context: typer.Context,
    node: Annotated[str, typer.Argument(metavar="NODE", help="The peer's name.")],
    json: Json = False,
) -> None:
    """Take nothing from a peer and give it nothing any more. What it gave stays; what it was given, it has."""
    from contrefeu.cli.node import Node

    here = Node.at(door(context).home)
    peer = here.peers().revoke(node)
    here.audit("act", what=f"station revoke {peer.node}")
    answer(json, _told(peer), lambda: say(f"{peer.node} is revoked: nothing is taken from it or given to it any more."))


_DECIDED = {
    "house": "a station of this house",
    "charts": "what it writes is charted here",
    "grants": "it may read what is written here",
    "revoked": "REVOKED",
}


@app.command("list")
def list_(context: typer.Context, json: Json = False) -> None:
    """Name the peers, what was decided about each, and their fingerprints."""
    from contrefeu.cli.node import Node

    peers = [_told(peer) for peer in Node.at(door(context).home).peers().all()]

    def for_people() -> None:
        for peer in peers:
            say(f"{peer['node']}  {peer['facility']}  {peer['address'] or 'by stick'}")
            say(f"  {peer['fingerprint']}")
            for word, what in _DECIDED.items():
                if peer[word]:
                    say(f"  {what}")
            for ward in peer["wards"]:
                say(f"  the station of ward {ward}")

    answer(json, {"peers": peers}, for_people)


def opened_card(card: Path, fingerprint: str) -> "Card":
    """Return what a card says, if it is the one whose *fingerprint* was typed.

    Raises:
        OperatorError: It is no card, or another one.
    """
    from contrefeu.base import OperatorError
    from contrefeu.journal import open_card
    from contrefeu.proof import ProofMismatch

    try:
        shown = open_card(card.read_bytes())
    except (OSError, ProofMismatch):
        raise OperatorError(
            f"{card} is no station's card that can be read.",
            safe="Nothing was changed.",
            next="The other station writes its card with contrefeu station invite.",
        ) from None
    typed = "".join(fingerprint.split()).lower()
    if len(typed) < MATCHED_MIN or not shown.fingerprint.replace(" ", "").startswith(typed):
        raise OperatorError(
            f"The card's fingerprint is not the one that was typed (at least {MATCHED_MIN} digits of it).",
            safe="Nothing was changed.",
            next="Have it read again. If it stays different, the card is not that station's: do not trust it.",
        )
    return shown


def _told(peer: Any) -> dict[str, Any]:
    return {
        "node": peer.node,
        "facility": peer.card.facility,
        "address": peer.address,
        "fingerprint": peer.card.fingerprint,
        "house": peer.decided.house,
        "charts": peer.decided.charts,
        "grants": peer.decided.grants,
        "quota_bytes": peer.decided.quota_bytes,
        "revoked": peer.decided.revoked,
        "wards": list(peer.decided.wards),
    }


def _is_own(node: Any, name: str) -> bool:
    own = node.settings.node.id
    return f"{name}-".startswith(f"{own}-") or f"{own}-".startswith(f"{name}-")
