"""The peers that an operator has joined: whose journals are taken, who is given which rights.

    PEERS/<node>.json     one peer: its card as it was pinned, and what was decided about it

Rules kept here:
  * A peer is who was pinned: a later card of the same name is another station until somebody joins it anew.
  * A peer that was revoked stays on file: what it gave is still read, nothing of it is taken or given any more.
  * A file is written whole; one that cannot be read makes no peer, and takes no right away from the others.
"""

import base64
from collections.abc import Iterator
from pathlib import Path

import msgspec

from contrefeu.base import OperatorError, durable_makedirs, write_file
from contrefeu.journal import Card, of_station, open_card
from contrefeu.proof import ProofMismatch, Verifier

QUOTA_BYTES = 64 * 2**30  # of one peer's journals here: years of a ward, about a month of a large hospital


class Decided(msgspec.Struct, frozen=True):
    """What was decided about a peer when it was joined."""

    card: str  # the signed note, base64
    house: bool = False  # the same hospital: its accounts and its declarations of downtime count here
    charts: bool = True  # whether what it grants is charted here; else its journals are only kept
    grants: bool = True  # whether it may read this station's journals
    address: str = ""  # where it is reached, instead of the one on its card
    quota_bytes: int = QUOTA_BYTES
    revoked: bool = False
    wards: tuple[str, ...] = ()  # of the same hospital: it is given the journal written for these wards, and no other


class Peer:
    """One joined station."""

    def __init__(self, decided: Decided) -> None:
        self.decided = decided
        self.card: Card = open_card(base64.b64decode(decided.card))

    @property
    def node(self) -> str:
        """The station's id."""
        return self.card.node

    @property
    def address(self) -> str:
        """Where it is reached; "" for one that is met by stick, or that calls here."""
        return self.decided.address or self.card.address


class Peers:
    """The folder of joined peers."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: tuple[tuple[str, int, int], ...] | None = None
        self._known: list[Peer] = []

    def all(self) -> list[Peer]:
        """Every peer on file, revoked ones too, by node; read again when a file has changed."""
        # A folder that is there and cannot be listed raises: without its peers, anybody's acts would count here.
        there = sorted(self._folder.iterdir()) if self._folder.is_dir() else []
        files = [path for path in there if path.suffix == ".json" and not path.name.startswith(".")]
        stats = [(file, file.stat()) for file in files if file.is_file()]
        seen = tuple((file.name, found.st_mtime_ns, found.st_size) for file, found in stats)
        if seen != self._seen:
            self._known = list(self._read(file for file, _ in stats))
            self._seen = seen
        return self._known

    def joined(self) -> list[Peer]:
        """Those that are not revoked."""
        return [peer for peer in self.all() if not peer.decided.revoked]

    def of_wards(self) -> list[Peer]:
        """The stations of wards among those that are not revoked."""
        return [peer for peer in self.joined() if peer.decided.wards]

    def get(self, node: str) -> Peer | None:
        """The peer named *node*, revoked or not."""
        return next((peer for peer in self.all() if peer.node == node), None)

    def owner(self, verifier: Verifier) -> Peer | None:
        """The joined peer whose journal *verifier* signs."""
        return next((peer for peer in self.joined() if peer.card.writes(verifier)), None)

    def speaks_for(self, journal: str) -> Peer | None:
        """The peer, revoked or not, whose name a *journal* bears."""
        named = [peer for peer in self.all() if of_station(journal, peer.node)]
        return max(named, key=lambda peer: len(peer.node), default=None)

    def keep(self, decided: Decided) -> Peer:
        """Put a peer on file, in the place of what was decided about it before.

        Raises:
            ProofMismatch: The card is none.
            OperatorError: Its name begins as another peer's does: one could be taken for the other.
        """
        peer = Peer(decided)
        for other in self.all():
            if other.node != peer.node and f"{peer.node}-".startswith(f"{other.node}-"):
                raise _alike(peer.node, other.node)
            if other.node != peer.node and f"{other.node}-".startswith(f"{peer.node}-"):
                raise _alike(peer.node, other.node)
        durable_makedirs(self._folder)
        write_file(self._folder / f"{file_name(peer.node)}.json", msgspec.json.encode(decided))
        return peer

    def revoke(self, node: str) -> Peer:
        """Take nothing from *node* and give it nothing, from now on.

        Raises:
            OperatorError: It was never joined.
        """
        peer = self.get(node)
        if peer is None:
            raise OperatorError(
                f'No peer "{node}" was joined.', safe="Nothing was changed.", next="contrefeu station list names them."
            )
        return self.keep(msgspec.structs.replace(peer.decided, revoked=True))

    def _read(self, files: Iterator[Path]) -> Iterator[Peer]:
        for file in files:
            try:
                peer = Peer(msgspec.json.decode(file.read_bytes(), type=Decided))
            except (OSError, msgspec.MsgspecError, ProofMismatch, ValueError):
                continue
            if file.stem == file_name(peer.node):
                yield peer


def _alike(node: str, other: str) -> OperatorError:
    return OperatorError(
        f'A station named "{node}" could be taken for "{other}".',
        safe="Nothing was changed.",
        next="Ask who made it: init draws names at random.",
    )


def file_name(node: str) -> str:
    """How a node's name stands in a file's."""
    return node.replace("/", "_")
