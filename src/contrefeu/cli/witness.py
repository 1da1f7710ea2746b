"""`contrefeu journal witness` and `journal cosign`: being witnessed, and witnessing, through files.

FOLDER/<journal>.<witness>.request     what a station asks of a witness: the body of add-checkpoint (tlog-witness)
FOLDER/<journal>.<witness>.cosigned    the witness's lines
FOLDER/<journal>.<witness>.seen        the last checkpoint that it cosigned, with its line: it stays, and a node that
                                       was put back meets it when it starts (`witness.folders`)
FOLDER/<journal>.<witness>.size        what it has seen last, when the request began elsewhere
FOLDER/<journal>.<witness>.refused     why not
"""

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from contrefeu.cli.door import Json, answer, door, finish, say

if TYPE_CHECKING:
    from contrefeu.cli.node import Node
    from contrefeu.proof import WitnessKey

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Where requests and answers lie: a stick, or a share.")]


def witness(
    context: typer.Context,
    directory: Folder,
    key: Annotated[list[Path] | None, typer.Option(help="A witness's public key, one line; kept from now on.")] = None,
    json: Json = False,
) -> None:
    """Ask witnesses to cosign this node's checkpoints, and take their answers: run it before and after they do.

    A witness needs no journal: it sees sizes and hashes. What it cosigned cannot be taken back unseen: journal verify
    compares the journal with it, and says how many witnesses vouch.
    """
    from contrefeu.cli.node import Node
    from contrefeu.proof import ProofMismatch
    from contrefeu.vault import file_name

    node = Node.at(door(context).home)
    for path in key or ():
        _keep_key(node, path)
    taken = _take_answers(node, directory)
    asked, ahead = 0, []
    for verifier in node.own_verifiers():
        _offer_key(directory / f"{file_name(verifier.name)}.verifier", str(verifier))
        for one in known_witnesses(node):
            try:
                asked += _ask(node, directory, node.journal_files(verifier.name), one)
            except ProofMismatch:
                ahead.append(f"{one.name} has seen more of {verifier.name} than there is")
    refused = sorted(path.name for path in directory.glob("*.refused"))
    told = {"asked": asked, "taken": len(taken), "refused": refused, "ahead": ahead}

    def for_people() -> None:
        say(f"{told['asked']} requests written, {told['taken']} cosignatures taken")
        for name in refused:
            say(f"  REFUSED: {name}")
        for words in ahead:
            say(f"  ROLLED-BACK: {words}")

    answer(json, told, for_people)
    finish(12 if ahead else 10 if refused else 0)


def cosign(
    context: typer.Context,
    directory: Folder,
    log: Annotated[
        list[Path] | None, typer.Option(help="Public key of a journal to witness; kept from now on.")
    ] = None,
    json: Json = False,
) -> None:
    """Cosign the checkpoints that other hospitals ask for, each found consistent with those cosigned before.

    Ends with 12 when a journal shows two histories: the request is the evidence, keep it.
    """
    from contrefeu.base import OperatorError, durable_makedirs, write_file
    from contrefeu.cli.node import Node
    from contrefeu.cli.peering import make_station
    from contrefeu.custody import cosigner_of
    from contrefeu.proof import ProofMismatch, Verifier, parse_add_checkpoint
    from contrefeu.vault import Witness, file_name, seen_file

    node = Node.at(door(context).home)
    make_station(node)
    folder = node.paths.root / "witness"
    for path in log or ():
        try:
            verifier = Verifier.parse(path.read_text())
        except (OSError, ProofMismatch, UnicodeDecodeError):
            raise OperatorError(f"{path} is no journal's public key.", safe="Nothing was changed.") from None
        durable_makedirs(folder / "logs")
        write_file(folder / "logs" / file_name(verifier.name), f"{verifier}\n".encode())
    cosigner = cosigner_of(node.paths, node.settings.node.id)
    peers = node.peers()
    book = Witness(folder, cosigner, node.clock, lambda key: peers.speaks_for(key.name) is not None)
    _offer_key(directory / f"{file_name(cosigner.key.name)}.witness", str(cosigner.key))
    done = []
    for path in sorted(directory.glob(f"*.{file_name(cosigner.key.name)}.request")):
        found = book.add_checkpoint(path.read_bytes())
        for kind in ("cosigned", "size", "refused"):
            path.with_suffix(f".{kind}").unlink(missing_ok=True)
        if found.status == 409 and found.body != _old_size(path) + b"\n":
            path.with_suffix(".size").write_bytes(found.body)
        elif found.status == 200:
            path.with_suffix(".cosigned").write_bytes(found.body)
            note = parse_add_checkpoint(path.read_bytes()).note
            seen = seen_file(directory, note.partition(b"\n")[0].decode(), cosigner.key.name)
            write_file(seen, note + found.body, mode=0o644)
        else:
            path.with_suffix(".refused").write_bytes(f"{found.status} ".encode() + found.body)
        done.append({"request": path.name, "status": found.status})
    told = {"cosigned": sum(1 for one in done if one["status"] == 200), "requests": done, "key": str(cosigner.key)}

    def for_people() -> None:
        say(f"Witness {cosigner.key}")
        for one in done:
            say(f"  {one['request']}: {_WORDS.get(int(str(one['status'])), one['status'])}")

    answer(json, told, for_people)
    twofold = any(one["status"] == 422 or (one["status"] == 409 and _is_twofold(directory, one)) for one in done)
    finish(12 if twofold else 10 if any(one["status"] in {400, 403, 404} for one in done) else 0)


_WORDS = {
    200: "cosigned",
    400: "not a request",
    403: "signed by no key that is known of that journal",
    404: "not a journal that is witnessed here (--log adds one)",
    409: "asked from another size than was seen last; the size is left for the next request",
    422: "NOT the continuation of what was cosigned",
}


def _old_size(path: Path) -> bytes:
    return path.read_bytes().partition(b"\n")[0].removeprefix(b"old ")


def _is_twofold(directory: Path, one: dict[str, Any]) -> bool:
    """A conflict at the very size that was asked from is another root for the same size."""
    return (directory / str(one["request"])).with_suffix(".refused").exists()


def known_witnesses(node: "Node") -> "list[WitnessKey]":
    """Whose cosignatures count: keys that were given, and the peers'."""
    from contrefeu.vault import witnesses_in

    peers = [peer.card.witness for peer in node.peers().all()]
    return list(dict.fromkeys([*witnesses_in(node.paths.root / "witness" / "keys"), *peers]))


def _keep_key(node: "Node", path: Path) -> None:
    from contrefeu.base import OperatorError, durable_makedirs, write_file
    from contrefeu.proof import ProofMismatch, WitnessKey
    from contrefeu.vault import file_name

    try:
        key = WitnessKey.parse(path.read_text())
    except (OSError, ProofMismatch, UnicodeDecodeError):
        raise OperatorError(f"{path} is no witness's public key.", safe="Nothing was changed.") from None
    folder = node.paths.root / "witness" / "keys"
    durable_makedirs(folder)
    write_file(folder / file_name(key.name), f"{key}\n".encode())


def _kept(node: "Node", journal: str, name: str) -> Path:
    from contrefeu.vault import file_name

    return node.paths.root / "exchange" / "witnessed" / file_name(journal) / file_name(name)


def _take_answers(node: "Node", directory: Path) -> list[str]:
    from contrefeu.proof import ProofMismatch, parse_add_checkpoint
    from contrefeu.vault import file_name, keep_cosigned, seen_file

    taken = []
    for verifier in node.own_verifiers():
        for one in known_witnesses(node):
            kept = _kept(node, verifier.name, one.name)
            path = directory / f"{file_name(verifier.name)}.{file_name(one.name)}.cosigned"
            with contextlib.suppress(FileNotFoundError, ProofMismatch):
                note = parse_add_checkpoint(path.with_suffix(".request").read_bytes()).note
                if keep_cosigned(kept, note, path.read_bytes(), verifier, one):
                    taken.append(path.name)
                path.unlink()
            with contextlib.suppress(FileNotFoundError, ProofMismatch):
                keep_cosigned(kept, seen_file(directory, verifier.name, one.name).read_bytes(), b"", verifier, one)
    return taken


def _offer_key(path: Path, line: str) -> None:
    from contrefeu.base import write_file

    if not path.exists():
        write_file(path, f"{line}\n".encode(), mode=0o644)


def _ask(node: "Node", directory: Path, files: Any, one: "WitnessKey") -> bool:
    """Write a request, unless the witness has cosigned all there is.

    Raises:
        ProofMismatch: The witness has seen more than there is.
    """
    from contrefeu.base import write_file
    from contrefeu.proof import ProofMismatch, open_checkpoint
    from contrefeu.vault import file_name, request_for

    verifier = files.verifier()
    path = directory / f"{file_name(verifier.name)}.{file_name(one.name)}.request"
    old = 0
    with contextlib.suppress(FileNotFoundError, ProofMismatch):
        old = open_checkpoint(_kept(node, verifier.name, one.name).read_bytes(), [verifier]).size
    size = path.with_suffix(".size")
    if size.is_file() and size.read_bytes().strip().isdigit():
        old = int(size.read_bytes())
    if not files.checkpoint.is_file():
        return False
    request = request_for(files, old)
    write_file(path, request.pack(), mode=0o644)
    size.unlink(missing_ok=True)
    return True
