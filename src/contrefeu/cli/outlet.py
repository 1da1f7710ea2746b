"""Where a command's pages go: into a file, or out of a printer.

Rules kept here:
  * It is looked at before any page is issued: a folder that is closed or a queue that is stopped costs no number.
  * Pages that were issued and reach neither are declared lost at once, with the reason.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from contrefeu.base import OperatorError, StorageError
from contrefeu.cli.node import Node
from contrefeu.cli.printing import declare_lost, ready_for, written
from contrefeu.cli.spool import send, trouble_of

if TYPE_CHECKING:
    from contrefeu.paper import Printed


class Outlet(Struct, frozen=True):
    """A file or a print queue."""

    file: Path | None
    queue: str = ""

    @classmethod
    def of(cls, file: Path | None, queue: str) -> "Outlet":
        """Return the one that is ready to take pages.

        Raises:
            OperatorError: Both are named, or none.
            StorageError: It would take nothing now.
        """
        if (file is None) == (not queue):
            raise OperatorError(
                "Pages go into a file or out of a printer.",
                safe="Nothing was printed.",
                next="Give --out FILE or --printer QUEUE, one of the two.",
            )
        if file is not None:
            ready_for(file)
        elif trouble := trouble_of(queue):
            raise _closed(queue, trouble, "Nothing was printed, and no page was issued.")
        return cls(file, queue)

    def put(self, node: Node, title: str, printed: "Printed") -> None:
        """Put pages there that were issued.

        Raises:
            StorageError: It did not take them.
        """
        if self.file is not None:
            written(node, self.file, printed)
            return
        sent = send(self.queue, title, printed.pdf)
        if sent.problem:
            declare_lost(node, printed.issues, f"the printer {self.queue} {sent.problem}")
            safe = "The pages that were issued for it are declared lost; nobody will miss them."
            raise _closed(self.queue, sent.problem, safe)

    @property
    def told(self) -> dict[str, Any]:
        """What `--json` says of it."""
        return {"file": str(self.file)} if self.file is not None else {"printer": self.queue}

    def __str__(self) -> str:
        """As people read it."""
        return str(self.file) if self.file is not None else f"printer {self.queue}"


def _closed(queue: str, trouble: str, safe: str) -> StorageError:
    return StorageError(
        f"The printer {queue} {trouble}.",
        safe=safe,
        next="Try another queue (lpstat -a lists them), or make a file with --out and carry it to a printer.",
    )
