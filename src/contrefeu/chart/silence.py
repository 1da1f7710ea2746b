"""Which senders are feeds, and which of them are silent: for boards and printed packs alike (W2)."""

from collections.abc import Sequence

from contrefeu.base import parse_rfc3339
from contrefeu.chart.views import FeedStatus

OURS = ("user/", "console", "rule/")  # people here and their watch: what they do keeps no page fresh
FEED_SILENT_S = 3600  # s; a board or a pack made from older data is red and names the silent feeds (W2)


def of_feeds(senders: Sequence[FeedStatus]) -> list[FeedStatus]:
    """Return the senders that are feeds, and not people here."""
    return [sender for sender in senders if not sender.source.startswith(OURS)]


def silent_feeds(senders: Sequence[FeedStatus], now_ns: int) -> list[FeedStatus]:
    """Return the feeds that said nothing for FEED_SILENT_S."""
    oldest_ns = now_ns - FEED_SILENT_S * 1_000_000_000
    return [feed for feed in of_feeds(senders) if not feed.last or parse_rfc3339(feed.last) < oldest_ns]
