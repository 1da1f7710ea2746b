"""`contrefeu journal consistency` and `journal check`: proofs between checkpoints, and checking what was proved."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from contrefeu.cli.door import Json, answer, door, say

_PROOF_BYTES_MAX = 256 * 2**20  # one entry of 64 MiB in base64, with room


def consistency(
    context: typer.Context,
    old: Annotated[Path, typer.Option("--from", metavar="FILE", help="A checkpoint that was kept elsewhere.")],
    directory: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="The journal's folder.  [default: the node's own, by name]")
    ] = None,
    json: Json = False,
) -> None:
    """Prove that a journal goes on where a checkpoint that was kept elsewhere ended: nothing before it was changed.

    Needs no key. Ends with 12 when the journal was forked, with 13 when it is behind that checkpoint.
    """
    from contrefeu.base import FindingError, MissingError
    from contrefeu.cli.node import Node
    from contrefeu.journal import JournalFiles, prove_consistency

    note = _read(old)
    origin = note.split(b"\n", 1)[0].decode("utf-8", "replace")
    files = JournalFiles(directory) if directory else Node.at(door(context).home).journal_files(origin)
    proof = prove_consistency(files, note)
    if proof is None and not files.checkpoint.is_file():
        raise FindingError(f'"{origin}" has no checkpoint (yet).', next="Wait a second; then contrefeu journal verify.")
    if proof is None:
        raise MissingError(
            f'"{origin}" is behind the checkpoint in {old.name}: entries that were signed for are not there.',
            safe="Every file, as it was.",
            next=f"contrefeu journal verify --checkpoint {old.name} says where it ends; contrefeu vault verify URL, "
            "whether a copy has more.",
        )
    told = proof.told()
    answer(json, told, lambda: say("\n".join(f"{key}: {value}" for key, value in told.items())))


def check(
    proof: Annotated[
        Path, typer.Argument(metavar="FILE", help="What `journal prove` or `consistency --json` printed.")
    ],
    key: Annotated[Path, typer.Option(metavar="FILE", help="Public key of the journal's writer (its `verifier`).")],
    raw: Annotated[bool, typer.Option("--raw", help="Write the proved entry's body to stdout, byte for byte.")] = False,
    json: Json = False,
) -> None:
    """Check a proof with the writer's public key and nothing else: no home, no journal. Ends with 12 if it fails."""
    import msgspec

    from contrefeu.base import OperatorError
    from contrefeu.journal import ConsistencyProof, EntryProof, check_consistency, check_entry
    from contrefeu.proof import Verifier

    try:
        told = msgspec.json.decode(_read(proof))
    except msgspec.DecodeError:
        told = None
    if not isinstance(told, dict):
        raise OperatorError(f"{proof.name} is not JSON.", next="Keep what --json prints, as it is.")
    verifier = Verifier.parse(_read(key).decode("utf-8", "replace"))
    if "consistency_path" in told:
        before, after = check_consistency(ConsistencyProof.parse(told), verifier)
        found = {"holds": True, "journal": verifier.name, "from": _said(before), "to": _said(after)}
        answer(json, found, lambda: _say_points(found))
        return
    wanted = EntryProof.parse(told)
    entry = check_entry(wanted, verifier)
    if raw:
        sys.stdout.buffer.write(entry.body)
        sys.stdout.buffer.flush()
        return
    from contrefeu.cli.journal import listed

    shown = {"holds": True, **listed(entry)}
    answer(json, shown, lambda: say(f"holds: {entry.ref}, received {shown['received']}, {shown['bytes']} B"))


def _said(point: Any) -> dict[str, Any]:
    from contrefeu.base import rfc3339

    return {"size": point.size, "entries": point.entries, "time": rfc3339(point.time_ns), "root": point.root.hex()}


def _say_points(found: dict[str, Any]) -> None:
    say(
        f"holds: {found['journal']}, the {found['to']['entries']} entries signed {found['to']['time']} begin with the "
        f"{found['from']['entries']} signed {found['from']['time']}"
    )


def _read(path: Path) -> bytes:
    """A small file.

    Raises:
        OperatorError: It is not there, or is none of ours.
    """
    from contrefeu.base import OperatorError

    try:
        if path.stat().st_size > _PROOF_BYTES_MAX:
            raise OperatorError(f"{path.name} is too long to be one of ours.", safe="Nothing was read.")
        return path.read_bytes()
    except (FileNotFoundError, IsADirectoryError):
        raise OperatorError(f"There is no file {path.name}.", safe="Nothing was read.") from None
