"""A ward's pack on its printer, once, when a downtime is declared there: the day that packs are made for.

Rules kept here:
  * It is a pack as somebody prints it: its pages are in the journal before the printer has them, and missed until they
    come back (Q2).
  * A queue that would print nothing is looked at again at each look, and no page is issued for it meanwhile.
  * What a queue refuses after all is declared lost at once, with that reason, and tried again after AGAIN_S.
  * What is the matter stands in `status`, until the pages came out.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from contrefeu.base import parse_rfc3339, rfc3339
from contrefeu.cli.node import Node
from contrefeu.cli.printing import declare_lost, issued
from contrefeu.cli.spool import send, trouble_of, waits

if TYPE_CHECKING:
    from contrefeu.acts import Declared
    from contrefeu.paper import Printed

AGAIN_S = 300  # after a refusal: each costs an issue a page, and a queue that is full is not empty in a minute


class Queued(Struct, frozen=True):
    """What became of a ward's pack in the queue of its printer."""

    queue: str
    downtime: str = ""  # since when the downtime is whose pack was taken; "" while none was
    job: str = ""  # of CUPS, while it is not known to have come out
    problem: str = ""  # why nothing comes out of it, as said after its name
    refused: str = ""  # RFC 3339: when it refused pages


def printer_of(node: Node, names: Sequence[str]) -> str:
    """The queue for a ward's packs, "" for none; *names*: its own first, the settings may know it by another."""
    printers = node.settings.packs.printers
    return next((printers[name] for name in names if name in printers), "")


def looked(
    node: Node, names: Sequence[str], downtime: "Declared | None", last: Queued | None, now_ns: int
) -> tuple[Queued | None, bool]:
    """Look at the printer of a ward.

    Args:
        node: Where.
        names: Of the ward, its own first.
        downtime: The declaration in force there.
        last: What became of its pack at the last look.
        now_ns: Now.

    Returns:
        What became of it since, None for a ward that has no printer; and whether it is to be printed now.
    """
    queue = printer_of(node, names)
    if not queue:
        return None, False
    known = last if last is not None and last.queue == queue else Queued(queue)
    if downtime is None:
        return replace(known, job="", problem="", refused=""), False
    if downtime.since == known.downtime:
        return _followed(known), False
    trouble = trouble_of(queue)
    if trouble or _is_early(known, now_ns):
        return replace(known, problem=trouble or known.problem), False
    return known, True


def put_out(node: Node, ward: str, since: str, printed: "Printed", known: Queued) -> Queued:
    """Send the pack of *ward* to its printer, for the downtime declared at *since*; return what became of it."""
    queue = known.queue
    node.audit("print", what=f"pack {ward} to the printer {queue}")
    issued(node, "", printed.issues)
    sent = send(queue, f"pack {ward}", printed.pdf)
    if sent.job:
        return Queued(queue, since, sent.job)
    declare_lost(node, printed.issues, f"the printer {queue} {sent.problem}")
    return replace(known, problem=sent.problem, refused=rfc3339(node.clock.now_ns()))


def _followed(known: Queued) -> Queued:
    """A job that was taken: it came out, it waits, or it waits and will not come out."""
    if not known.job:
        return known
    if not waits(known.queue, known.job):
        return replace(known, job="", problem="")
    trouble = trouble_of(known.queue)
    return replace(known, problem=f"{trouble}; its pages wait as {known.job}" if trouble else "")


def _is_early(known: Queued, now_ns: int) -> bool:
    return bool(known.refused) and now_ns - parse_rfc3339(known.refused) < AGAIN_S * 1_000_000_000
