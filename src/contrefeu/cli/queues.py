"""A ward's pack on its printer, once, when a downtime is declared there: the day that packs are made for.

Rules kept here:
  * It is a pack as somebody prints it: its pages are in the journal before the printer has them, and missed until they
    come back (Q2).
  * What the printer's queue refuses is declared lost at once, with that reason, and tried again at the next look.
  * The pages go to the queue through a pipe: no open pack lies on a disk.
"""

import subprocess
from typing import TYPE_CHECKING

from contrefeu.acts import PagesLost, encode
from contrefeu.base import rfc3339
from contrefeu.cli.node import Node
from contrefeu.cli.printing import downtime_of, issued, issuer_of
from contrefeu.paper import print_pack, ward_pack

if TYPE_CHECKING:
    from contrefeu.chart import Board, Charts, SyncChartsClient
    from contrefeu.paper import Setting

QUEUE_S_MAX = 60.0  # a queue that takes no page in a minute is not there


def print_in_downtime(
    node: Node, charts: "Charts | SyncChartsClient", board: "Board", setting: "Setting", printed_since: str
) -> str:
    """Print the pack of *board*'s ward if a downtime other than that of *printed_since* is declared there.

    Returns:
        Since when the downtime is whose pack was printed; *printed_since* when none was.
    """
    queue, downtime = node.settings.packs.printers.get(board.ward, ""), downtime_of(node, board.ward)
    if not queue or downtime is None or downtime.since == printed_since:
        return printed_since
    facility, lacks = node.settings.node.facility, charts.status().restoring
    pack, shown = ward_pack(board, charts.chart, setting, facility, downtime, lacks)
    now = rfc3339(setting.now_ns)
    printed = print_pack(pack, shown, issuer_of(node, board.ward, now))
    node.audit("export", what=f"pack {board.ward} to the printer {queue}")
    issued(node, "", printed.issues)
    if _queued(queue, f"pack {board.ward}", printed.pdf):
        return downtime.since
    reason = "the printer's queue did not take them"
    lost = [PagesLost(one.act.issue, [*range(1, one.act.pages + 1)], reason, now) for one in printed.issues]
    node.record(*(encode(act) for act in lost))
    return printed_since


def _queued(queue: str, title: str, pdf: bytes) -> bool:
    command = ["lp", "-d", queue, "-t", title, "-"]
    try:
        done = subprocess.run(command, input=pdf, capture_output=True, timeout=QUEUE_S_MAX, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
