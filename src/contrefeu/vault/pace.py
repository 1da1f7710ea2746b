"""A limit on bytes a second: copies and scrubbing leave room for what wards need of the link and the disk."""

import threading
import time

BURST_S = 0.25  # what may go at once: a quarter of a second's worth, so that an open segment's chunk does not wait


class Pace:
    """At most *bytes_per_s* on average; 0 is no limit. Shared by the threads that use one vault."""

    def __init__(self, bytes_per_s: int = 0) -> None:
        self.bytes_per_s = bytes_per_s
        self._lock = threading.Lock()
        self._free_at = 0.0

    def spend(self, count: int) -> None:
        """Wait until *count* bytes may go."""
        rate = self.bytes_per_s
        if not rate:
            return
        with self._lock:
            now = time.monotonic()
            starts = max(now - BURST_S, self._free_at)
            self._free_at = starts + count / rate
            wait = self._free_at - now
        if wait > 0:
            time.sleep(wait)
