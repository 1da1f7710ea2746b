"""`contrefeu doctor`: what is wrong on this machine and in this home, and what to do."""

from typing import TYPE_CHECKING, Any

import typer

from contrefeu.cli.door import Json, answer, door, finish, say

if TYPE_CHECKING:
    from contrefeu.cli.door import Language
    from contrefeu.cli.finding import Finding


def doctor(context: typer.Context, json: Json = False) -> None:
    """Look at disk, clock, memory, ports, certificates, copies, printers, keys, users and permissions.

    Each finding says what it is, what is safe meanwhile and what to do next. Exit status 10 when one is to be acted
    upon; what only should be decided ("look") is said, and ends with 0. Works with the node running or stopped, best
    as the user that starts it; it opens no chart.
    """
    import msgspec

    home = door(context).home
    found = _found(context)
    told: dict[str, Any] = {"home": str(home), "findings": msgspec.to_builtins(found)}
    answer(json, told, lambda: _for_people(found, door(context).language))
    finish(10 if any(one.severity == "act" for one in found) else 0)


def _found(context: typer.Context) -> "list[Finding]":
    from contrefeu.cli.checkup import checked
    from contrefeu.cli.config import read_file
    from contrefeu.cli.finding import act
    from contrefeu.cli.node import Node
    from contrefeu.hospital import read_settings

    home = door(context).home
    settings, problems = read_settings(read_file(home / "contrefeu.toml"))
    if settings is None:  # nothing else can be asked without them
        advice = "contrefeu config check says what is allowed; a running node goes on with what it has."
        return [act("settings", one.said(), "Nothing was changed.", advice) for one in problems]
    return sorted(checked(Node.at(home)), key=lambda one: one.severity)


WORDS = {
    "en": ("ACT   {}  [{}]", "look  {}  [{}]", "safe", "next", "{} to act on, {} to look at", "Nothing is wrong."),
    "fr": ("AGIR  {}  [{}]", "voir  {}  [{}]", "sûr", "puis", "{} où agir, {} à voir", "Rien ne manque."),
}


def _for_people(found: "list[Finding]", language: "Language") -> None:
    from contrefeu.cli.finding_fr import in_french

    act, look, safe, after, total, nothing = WORDS[language]
    for one in map(in_french, found) if language == "fr" else found:
        say((act if one.severity == "act" else look).format(one.what, one.id))
        say(f"      {safe:4}  {one.safe}")
        say(f"      {after:4}  {one.next}")
    acts = sum(one.severity == "act" for one in found)
    say(total.format(acts, len(found) - acts) if found else nothing)
