"""What custodians have shown: who confirmed their share, when the recovery key was tried (F40).

A pure fold over the acts of the stations' journals. Rules kept here:
  * Only what speaks of the recovery key in force counts: shares of an older set open nothing new.
  * A share that was brought to a rehearsal that worked is confirmed by it.
  * Alarms begin a year after the key was made: until then its making, in which each share was read back, stands.
"""

from dataclasses import dataclass, field

from contrefeu.acts import Act, RecoveryKeyChanged, RecoveryRehearsed, ShareConfirmed

YEAR_NS = 365 * 86_400 * 10**9  # how long a confirmation and a rehearsal hold (F40)


@dataclass(frozen=True, slots=True)
class RecoveryInForce:
    """The recovery key that is sealed to now."""

    fingerprint: str
    threshold: int
    shares: int


@dataclass(slots=True)
class Custodians:
    """Confirmations and rehearsals, by key."""

    _confirmed: dict[tuple[str, int], int] = field(default_factory=dict)  # (key, share) -> when, ns
    _rehearsed: dict[str, tuple[int, RecoveryRehearsed]] = field(default_factory=dict)
    announced: set[int] = field(default_factory=set)  # numbers of the keys that have their entry

    def apply(self, act: Act, received_ns: int) -> None:
        """Take one more act, in journal order."""
        if isinstance(act, ShareConfirmed):
            self._confirmed[act.recovery, act.share] = received_ns
        elif isinstance(act, RecoveryRehearsed):
            self._rehearsed[act.recovery] = received_ns, act
            for share in act.shares:
                self._confirmed[act.recovery, share] = received_ns
        elif isinstance(act, RecoveryKeyChanged):
            self.announced.add(act.number)

    def confirmed(self, key: RecoveryInForce, now_ns: int) -> dict[int, int]:
        """Shares of *key* confirmed in the year before *now_ns*, each with when (ns)."""
        return {
            share: when
            for (fingerprint, share), when in sorted(self._confirmed.items())
            if fingerprint == key.fingerprint and now_ns - when < YEAR_NS
        }

    def rehearsed(self, fingerprint: str) -> tuple[int, RecoveryRehearsed] | None:
        """When the key was last tried (ns), and how that went; None when it never was."""
        return self._rehearsed.get(fingerprint)

    def alarms(self, key: RecoveryInForce, made_ns: int, now_ns: int) -> list[str]:
        """What somebody must see to: kinds such as "rehearsal-overdue"."""
        found = []
        rehearsed = self.rehearsed(key.fingerprint)
        if now_ns - max(made_ns, rehearsed[0] if rehearsed else 0) >= YEAR_NS:
            found.append("rehearsal-overdue")
        if rehearsed and rehearsed[1].closed:
            found.append("rehearsal-incomplete")
        wanted = min(key.threshold + 1, key.shares)
        if now_ns - made_ns >= YEAR_NS and len(self.confirmed(key, now_ns)) < wanted:
            found.append("custodians-unconfirmed")
        return found
