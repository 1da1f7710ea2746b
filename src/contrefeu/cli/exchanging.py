"""The exchange process of a running node, and how commands ask it for an exchange.

Rules kept here:
  * While a node runs, it is this process that holds the peers' journals: a command asks it, over a local socket.
"""

import json
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contrefeu.base import ContrefeuError, OperatorError, StorageError

if TYPE_CHECKING:
    from contrefeu.cli.node import Node
    from contrefeu.vault import Exchange, Report

ANSWER_BYTES_MAX = 4 * 2**20  # a report on some hundred journals
ASKING_S_MAX = 86_400.0  # a stick with years of journals takes hours


def exchange_socket(node: "Node") -> Path:
    """Where the exchange process answers commands."""
    return node.paths.run / "exchange.sock"


def exchange_once(exchange: "Exchange", node: "Node", place: str) -> dict[str, Any]:
    """One exchange, both ways, with a folder or with the peer at an address."""
    from contrefeu.vault import exchange_by_stick

    if not place.startswith("https://"):
        return told(exchange_by_stick(exchange, Path(place)))
    raise OperatorError("This version exchanges through a folder alone.", safe="Nothing was changed.")


def told(report: "Report") -> dict[str, Any]:
    """A report as the local socket carries it."""
    return {
        "given": report.given,
        "taken": report.taken,
        "findings": [
            {"kind": one.kind, "journal": one.journal, "peer": one.peer, "what": one.what} for one in report.found
        ],
        "exit_status": report.exit_status,
    }


def ask_running(path: Path, place: str) -> dict[str, Any]:
    """Have the running node exchange with *place*.

    Raises:
        ContrefeuError: As it was told.
    """
    asking = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    asking.settimeout(ASKING_S_MAX)
    try:
        asking.connect(str(path))
        asking.sendall(json.dumps({"exchange": place}).encode() + b"\n")
        with asking.makefile("rb") as stream:
            line = stream.readline(ANSWER_BYTES_MAX)
    except OSError:
        raise StorageError("The node's exchange process does not answer.", next="contrefeu status shows it.") from None
    finally:
        asking.close()
    found: dict[str, Any] = json.loads(line or b"{}")
    if "failed" in found or not found:
        failed = found.get(
            "failed", {"exit_status": 14, "what": "The exchange was broken off.", "safe": "", "next": ""}
        )
        error = ContrefeuError(failed["what"], safe=failed["safe"], next=failed["next"])
        error.exit_status = failed["exit_status"]
        raise error
    return found
