"""`contrefeu ready`: what each ward needs when everything else is gone, tried ahead."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from contrefeu.cli.door import Json, answer, door, finish, say

if TYPE_CHECKING:
    from contrefeu.cli.wardtest import WardTest


def ready(
    context: typer.Context,
    ward: Annotated[list[str] | None, typer.Option(metavar="W", help="Of these wards; repeat.  [default: all]")] = None,
    json: Json = False,
) -> None:
    """Try what each ward needs in an outage: its pack, its printer, somebody who may log in.

    A pack that was made ahead is opened with its password where it lies; without such packs one is made, opened and
    thrown away. The printer's queue is asked whether it would print. Somebody must be enrolled who may write on the
    ward; no password is tried. A running node does it every night at three; `status` and the ward's board say what
    was found. Exit status 10 when a ward lacks something.
    """
    from contrefeu.cli.node import Node
    from contrefeu.cli.wardtest import try_wards

    entrance = door(context)
    found = try_wards(Node.at(entrance.home), entrance.language, frozenset(ward or ()))

    def for_people() -> None:
        for one in found:
            say(f"{one.ward}: {one.state.upper() if one.lacks else f'ready, {one.pages} pages'}")
            for lack in one.lacks:
                say(f"  {lack.what}")
                say(f"    next  {lack.next}")
        if not found:
            say("No ward has a patient or stands in the settings.")

    answer(json, {"wards": [described(one) for one in found], "ready": all(not one.lacks for one in found)}, for_people)
    finish(10 if any(one.lacks for one in found) else 0)


def described(one: "WardTest") -> dict[str, Any]:
    """One ward, as JSON says it."""
    import msgspec

    return {
        "ward": one.ward,
        "state": one.state,
        "at": one.at,
        "pages": one.pages,
        "lacks": msgspec.to_builtins(one.lacks),
    }
