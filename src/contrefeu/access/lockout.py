"""Back-off after failed logins, in memory.

Rules kept here:
  * The first FREE_FAILURES cost nothing: hands are tired. Each one after doubles the wait, up to WAIT_S_MAX.
  * The wait is a login's, whatever the PC: guessing from ten PCs is no faster.
  * A try counts as a failure until its secret is found right: a hundred tries at once are a hundred failures.
  * A success clears it; so does a restart, since nobody may be kept out of a chart by yesterday's typing.
"""

from contrefeu.acts import plain_login
from contrefeu.base import Clock

FREE_FAILURES = 4  # wrong secrets before anybody waits: hands are tired
WAIT_S_FIRST = 2  # s; the time to look at the keyboard
WAIT_S_MAX = 300  # an intruder gets 288 guesses a day of a million PINs; a nurse never waits more than 5 min
LOGINS_MAX = 10_000  # logins remembered, 2 MB; past it the oldest are forgotten

_NS = 1_000_000_000


class Lockout:
    """Who must wait, and how long."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures: dict[str, tuple[int, int]] = {}  # login -> count, until (ns)

    def wait_s(self, login: str) -> int:
        """Seconds before *login* may try again; 0 when it may now."""
        _, until_ns = self._failures.get(plain_login(login), (0, 0))
        return max(0, -((self._clock.now_ns() - until_ns) // _NS))

    def tried(self, login: str) -> None:
        """Count one try, wrong until `succeeded` says otherwise."""
        login = plain_login(login)
        count = self._failures.pop(login, (0, 0))[0] + 1
        wait_s = min(WAIT_S_MAX, WAIT_S_FIRST << min(count - FREE_FAILURES - 1, 16)) if count > FREE_FAILURES else 0
        self._failures[login] = (count, self._clock.now_ns() + wait_s * _NS)
        if len(self._failures) > LOGINS_MAX:
            del self._failures[next(iter(self._failures))]

    def succeeded(self, login: str) -> None:
        """Forget the failures of *login*."""
        self._failures.pop(plain_login(login), None)
