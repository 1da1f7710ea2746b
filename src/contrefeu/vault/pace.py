"""A limit on bytes a second: copies and scrubbing leave room for what wards need of the link and the disk."""

import threading
import time

BEHIND_S = 0.05  # a slice of what can wait: who cannot waits for one at most
IDLE_S = 0.1  # nobody sent anything for so long: what can wait goes
BEHIND_SHARE = 8  # one part in so many, where others leave nothing: chunks must be one object before their locks lapse
BURST_S = 0.25  # what may go at once: a quarter of a second's worth, so that an open segment's chunk does not wait


class Pace:
    """At most *bytes_per_s* on average; 0 is no limit. Shared by the threads that use one vault."""

    def __init__(self, bytes_per_s: int = 0) -> None:
        self.bytes_per_s = bytes_per_s
        self._lock = threading.Lock()
        self._free_at = 0.0
        self._taken_at = 0.0  # until when by who cannot wait

    def spend(self, count: int) -> None:
        """Wait until *count* bytes may go."""
        if self.bytes_per_s:
            wait = self._reserve(count)
            with self._lock:
                self._taken_at = self._free_at
            _sleep(wait)

    def spend_behind(self, count: int) -> None:
        """As `spend`, for what can wait: it takes what others leave, and a small share where they leave nothing."""
        rate = self.bytes_per_s
        piece = max(1, int(rate * BEHIND_S))
        while rate and count > 0:
            turn = time.monotonic() + BEHIND_SHARE * BEHIND_S
            while self._taken_at > time.monotonic() - IDLE_S and time.monotonic() < turn:
                time.sleep(BEHIND_S)
            _sleep(self._reserve(min(piece, count)))
            count -= piece

    def _reserve(self, count: int) -> float:
        """Take the line for *count* bytes; returns the seconds until they may go."""
        with self._lock:
            now = time.monotonic()
            self._free_at = max(now - BURST_S, self._free_at) + count / self.bytes_per_s
            return self._free_at - now


def _sleep(seconds: float) -> None:
    if seconds > 0:
        time.sleep(seconds)
