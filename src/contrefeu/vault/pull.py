"""Pulling: a vault host fetches what a node offers, checks it, keeps it, and vouches for it. Nothing connects to it.

Rules kept here:
  * What comes is checked as any copy is (copy.py): a journal that was cut back or forked is refused and kept beside.
  * A checkpoint is cosigned after the bytes it signs for were read back from this host's own disk, and never while
    the journal it is of is refused.
  * After a cut everything goes on where the copy ends: nothing is remembered but what lies in the folder.
  * What the node asks back to try it goes after each step (give.py): copying comes first.
"""

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from contrefeu.base import Clock
from contrefeu.proof import ProofMismatch
from contrefeu.vault.give import Giving
from contrefeu.vault.host import HostSettings, NodeSettings, VaultHost
from contrefeu.vault.link import Seen, Stand, Vouch
from contrefeu.vault.pace import Pace
from contrefeu.vault.pairing import parse_pulled
from contrefeu.vault.place import JOURNALS, VaultAway
from contrefeu.vault.pulled import NodeLink, PulledSource, verifier_in
from contrefeu.vault.pullers import STEP_BYTES, Puller, PullState, Standing
from contrefeu.vault.quota import QuotaVault
from contrefeu.vault.rights import RightsKept
from contrefeu.vault.ship import Shipper
from contrefeu.vault.source import Source

NEWS_WAIT_MS = 500  # how long a question about news is left open: half of what a copy may lag (C5), nothing new or not
RIGHTS = "rights"  # folder of the vault host: the custodians' keys and rights, as nodes gave them
AGAIN = "again"  # a mark that no node has: it answers at once


class NodeShipper(Shipper):
    """Copies what one node offers to a folder of this host."""

    def __init__(self, link: NodeLink, vault: QuotaVault, rights: Path) -> None:
        self._rights = RightsKept(rights)
        super().__init__(_Nowhere(self._rights), vault)
        self._link = link
        self._quota = vault
        self._sources: dict[str, PulledSource] = {}  # by the name of the journal's folder
        self._offered: frozenset[str] = frozenset()
        self._shared_digest = self._shared_kept = ""

    def take(self, seen: Seen) -> None:
        """Take what the node said that it has."""
        offered: set[str] = set()
        for said in seen.journals:
            try:
                verifier = verifier_in(said)
            except ProofMismatch:
                continue  # its name is no name: nothing is kept under it
            folder = verifier.name.replace("/", "_")
            if folder in offered:
                continue
            offered.add(folder)
            source = self._sources.get(folder)
            if source is None or source.verifier != verifier:
                if folder in self._lanes:
                    self._lanes.pop(folder).close()
                source = self._sources[folder] = PulledSource(self._link, verifier)
            source.update(said)
        self._offered = frozenset(offered)
        self._shared_digest = seen.shared

    def pull(self, bytes_max: int) -> Standing:
        """Copy what is new, at most about *bytes_max* bytes of each journal."""
        written = self._quota.written
        found = self.step(bytes_max)
        state: PullState = "full" if self._quota.full else "up-to-date" if found.state == "one-way" else found.state
        problem = found.problem
        gone = sorted(set(self._vault.names(JOURNALS)) - self._offered) if state != "unreachable" else []
        if gone:
            state = "alarm" if state in {"up-to-date", "catching-up"} else state
            problem = f"{problem}\nThe node does not offer any more: {', '.join(gone)}.".strip()
        entries = {name: lane.entries for name, lane in self._lanes.items()}
        moved = self._quota.written != written
        return Standing(state, found.entries, problem, found.complete, moved, entries)

    def to_vouch(self) -> Iterator[tuple[str, bytes]]:
        """Journals and checkpoints that were found consistent since they were last asked for."""
        for folder in list(self._quota.signed):
            note = self._quota.signed.pop(folder)
            lane, source = self._lanes.get(folder), self._sources.get(folder)
            if source is not None and lane is not None and lane.state != "refused":
                yield source.verifier.name, note

    def vouch_again(self) -> None:
        """Vouch once more for what is held: a node may have lost what it was told."""
        for folder in self._sources:
            note = self._vault.read(f"{JOURNALS}/{folder}/checkpoint")
            if note:
                self._quota.signed.setdefault(folder, note)

    def _journals(self) -> Iterator[tuple[str, Callable[[], Source]]]:
        for folder, source in self._sources.items():
            yield folder, partial(_same, source)

    def _new_settings(self) -> bytes | None:
        if not self._shared_digest or self._shared_digest == self._shared_kept:
            return None
        shared = self._link.shared()
        self._rights.keep_notes(shared.notes)
        for folder, name in self._rights.wanted(shared.grants):
            self._rights.keep_grant(folder, name, self._link.grant(folder, name))
        self._shared_kept = self._shared_digest
        return shared.settings

    def _keep_settings(self, folder: str, text: bytes) -> None:
        try:
            super()._keep_settings(folder, text)
        except VaultAway:
            self._shared_kept = ""
            raise

    def _forget(self) -> None:
        super()._forget()
        self._shared_kept = ""


class LinkPuller(Puller):
    """Pulls from one node over TLS."""

    def __init__(self, host: VaultHost, settings: HostSettings, node: NodeSettings, clock: Clock) -> None:
        super().__init__(host, settings, node)
        self._clock = clock
        self._cosigner = host.cosigner()
        self._link = NodeLink(parse_pulled(node.url), host.seed(), Pace(node.bytes_per_second_max))
        self._shipper = NodeShipper(self._link, self._vault, host.root / RIGHTS / node.name)
        self._giving = Giving(self._link, self._vault)
        self._mark = ""

    def _let_go(self) -> None:
        self._shipper.close()
        self._link.close()

    def _received(self) -> int:
        return self._link.received

    def _failed(self) -> None:
        self._mark = ""

    def _pulled(self, *, once: bool) -> Standing:
        seen = self._link.look(self._mark, 0 if once else NEWS_WAIT_MS)
        looked = time.monotonic()
        self._shipper.take(seen)
        if not self._mark:
            self._shipper.vouch_again()
        standing = self._shipper.pull(STEP_BYTES)
        if standing.state in {"unreachable", "full"}:
            self._mark = ""
            if standing.state == "full":
                self._tell(seen, standing)
                self._giving.turn(seen.wanted, whole=True)  # nothing is to be copied meanwhile
            return standing
        self._mark = AGAIN if standing.moved and not standing.complete else seen.mark
        for journal, note in self._shipper.to_vouch():
            self._link.tell(Vouch(journal, self._cosigner.cosign(note, self._clock.now_ns() // 10**9)))
        self._tell(seen, standing)
        if standing.complete and standing.state in {"up-to-date", "alarm"}:
            self._fresh_at = looked
        if self._giving.turn(seen.wanted, whole=once):
            self._mark = AGAIN
        return standing

    def _tell(self, seen: Seen, standing: Standing) -> None:
        state = "alarm" if standing.state == "full" else standing.state
        entries = standing.journals or {}
        self._link.tell(Stand(seen.mark, entries, state, standing.problem.replace("\n", " "), self._settings.days))


def _same(source: PulledSource) -> Source:
    return source


class _Nowhere:
    """A vault host has no home: what it copies comes over the link."""

    journals = settings = vault_credentials = Path("/nonexistent")

    def __init__(self, rights: RightsKept) -> None:
        self.recovery_notes = rights.notes
        self.grants = rights.grants
