"""What commands and the exchange process need of a node that has peers: its card, its keys, its side of an exchange."""

import contextlib
from typing import TYPE_CHECKING

from contrefeu.base import ContrefeuError, durable_makedirs, write_file
from contrefeu.custody import (
    cosigner_of,
    grant_journals,
    granter_of,
    key_for,
    make_station_seeds,
    reading_keys_note,
    wards_verifier,
)
from contrefeu.journal import Card, JournalFiles, NoJournal, open_reading_keys
from contrefeu.proof import ProofMismatch, Verifier
from contrefeu.vault import Exchange, Peers, file_name, make_identity

if TYPE_CHECKING:
    from contrefeu.cli.node import Node

GRANTS_A_TURN = 200  # made before the reader reads on: some 100 ms


def make_station(node: "Node", address: str = "") -> tuple[Card, bytes]:
    """Draw what peers know this station by, unless it is there; returns its card, and the card signed."""
    make_station_seeds(node.paths)
    certificate = make_identity(node.paths.root / "node", node.settings.node.id)
    granter = granter_of(node.paths, node.settings.node.id)
    card = Card(
        node.settings.node.id,
        " ".join(node.settings.node.facility.split()),
        address,
        certificate,
        granter.verifier,
        cosigner_of(node.paths, node.settings.node.id).key,
        (*node.own_verifiers(), wards_verifier(node.paths, node.settings.node.id)),
    )
    return card, card.sign(granter)


def own_writers(node: "Node") -> list[Verifier]:
    """The public keys of this node's own journals, those for wards among them."""
    return [*node.own_verifiers(), *node.ward_verifiers()]


def is_station(node: "Node") -> bool:
    """Whether this node was ever made known to peers."""
    return node.paths.signing_seed("witness").exists()


def exchange_of(node: "Node") -> Exchange:
    """This node's side of an exchange; `make_station` was called once."""
    return Exchange(
        node.paths.root,
        node.settings.node.id,
        lambda: own_writers(node),
        node.clock,
        cosigner=cosigner_of(node.paths, node.settings.node.id),
        free_bytes_min=node.settings.exchange.free_bytes_min,
    )


class Granting:
    """What the reader process does for peers: it tells its reading keys, and grants what it can open."""

    def __init__(self, node: "Node") -> None:
        self._node = node
        self._peers = Peers(node.paths.root / "peers")
        self._folder = node.paths.root / "exchange"
        self._keys = node.data_keys()

    def step(self) -> int:
        """Make what is lacking, some of it; returns how many grants were made."""
        if not is_station(self._node):
            return 0
        node = self._node.settings.node.id
        granter = granter_of(self._node.paths, node)
        self._tell(reading_keys_note(self._node.paths, granter))
        names = [verifier.name for verifier in self._node.own_verifiers()]
        own = [files for name in names if (files := _files(self._node, name)) is not None]
        made = 0
        for peer in self._peers.joined():
            if not peer.decided.grants:
                continue
            to = None
            with contextlib.suppress(FileNotFoundError, ProofMismatch):
                note = (self._folder / "keys" / file_name(peer.node)).read_bytes()
                to = key_for(open_reading_keys(note, [peer.card.granter]), self._node.clock.now_ns())
            if to is not None:
                outbox = self._folder / "outbox" / file_name(peer.node)
                made += grant_journals(own, self._keys, to, outbox, granter, GRANTS_A_TURN)
        return made

    def _tell(self, note: bytes) -> None:
        kept = self._folder / "outbox" / "reading-keys"
        with contextlib.suppress(FileNotFoundError):
            if kept.read_bytes() == note:
                return
        durable_makedirs(kept.parent, mode=0o750)
        write_file(kept, note, mode=0o644)


def grant_all(node: "Node") -> None:
    """Make every grant that peers lack: for a command, while no node runs."""
    granting = Granting(node)
    with contextlib.suppress(ContrefeuError):
        while granting.step():
            pass


def _files(node: "Node", journal: str) -> JournalFiles | None:
    try:
        files = JournalFiles.of(node.paths.journals, journal)
        files.verifier()
    except NoJournal:
        return None
    return files
