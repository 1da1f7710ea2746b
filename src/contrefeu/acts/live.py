"""Acts of live sending to a system that goes on working while the record system is down (decision 0225).

Rules kept here:
  * A system is sent to from the node that the last switch names, and from no other: two nodes would send twice.
  * The switch counts in the downtime in which it was set (contrefeu.acts.switchboard), and in no other.
"""

from msgspec import Struct


class LiveSwitched(Struct, frozen=True, omit_defaults=True, tag_field="act", tag="live-switched"):
    """From now on this node sends to a system what is written here since a minute, or sends no more."""

    system: str  # as the settings name it
    on: bool
    at: str  # RFC 3339
    node: str  # that sends
    since: str = ""  # RFC 3339: what was written before that minute is not sent live


class LiveSettled(Struct, frozen=True, omit_defaults=True, tag_field="act", tag="live-settled"):
    """Somebody saw to an entry that a system did not take: it is not sent live any more."""

    system: str
    entry: str
    at: str  # RFC 3339
    reason: str = ""
