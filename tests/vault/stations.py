"""Stations that exchange: homes with real writers, joined by their cards, a stick, and the ways each can be harmed."""

import base64
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from contrefeu.base import ManualClock
from contrefeu.custody import KeyPair
from contrefeu.journal import MEDIA_HL7V2, Card, Draft, JournalFiles, JournalWriter, Recipient, Verified, verify_journal
from contrefeu.proof import Cosigner, Signer, Verifier
from contrefeu.vault import Decided, Exchange, Meeting, Report, exchange_by_stick, make_identity
from tests.vault.house import tree_of

PAIR, _ = KeyPair.draw("recovery")


@dataclass
class Station:
    """One home: its capture journal, its peers, its side of an exchange."""

    root: Path
    name: str
    clock: ManualClock = field(default_factory=ManualClock)
    segment_bytes: int = 1 << 20
    recipients: tuple[Recipient, ...] = (PAIR.recipient,)
    said: int = 0

    def __post_init__(self) -> None:
        seed = int.from_bytes(self.name.encode(), "big") % 250
        self.signer = Signer(self.journal, bytes([seed]) * 32)
        self.granter = Signer(f"{self.name}-reader", bytes([seed + 1]) * 32)
        self.cosigner = Cosigner(f"{self.name}-witness", bytes([seed + 2]) * 32)
        self.journals.mkdir(parents=True, exist_ok=True)
        (self.root / "node").mkdir(exist_ok=True)
        self.writer: JournalWriter | None = None
        self.exchange = self.open()

    def open(self) -> Exchange:
        """This station's side, as a process that starts has it."""
        return Exchange(
            self.root, self.name, lambda: [self.signer.verifier], self.clock, cosigner=self.cosigner, free_bytes_min=0
        )

    def restart(self) -> None:
        """End the exchange process, however it stands, and start it again."""
        self.exchange.close()
        self.exchange = self.open()

    @property
    def journal(self) -> str:
        """Its one journal."""
        return f"{self.name}-capture"

    @property
    def journals(self) -> Path:
        """One folder a journal."""
        return self.root / "journals"

    def files(self, of: "Station | None" = None) -> JournalFiles:
        """The files of a journal as they lie here: its own, or another station's."""
        return JournalFiles.of(self.journals, (of or self).journal)

    @property
    def card(self) -> Card:
        """What it says of itself."""
        verifiers: tuple[Verifier, ...] = (self.signer.verifier,)
        certificate = make_identity(self.root / "node", self.name)
        return Card(
            self.name, f"Site {self.name}", "", certificate, self.granter.verifier, self.cosigner.key, verifiers
        )

    def meeting(self, **settings: float) -> Meeting:
        """Its meetings over connections."""
        return Meeting(self.exchange, self.root / "node", self.clock, **settings)  # type: ignore[arg-type]

    def join(self, other: "Station", **decided: bool | int | str) -> None:
        """Pin another station's card."""
        note = base64.b64encode(other.card.sign(other.granter)).decode()
        self.exchange.peers.keep(Decided(note, **decided))  # type: ignore[arg-type]

    def say(self, count: int = 1, size: int = 40, *, sign: bool = True) -> None:
        """Append *count* entries, each a frame of its own; then sign for them."""
        if self.writer is None:
            self.writer = JournalWriter(
                self.journals, self.signer, lambda: list(self.recipients), self.clock, segment_bytes=self.segment_bytes
            )
        for _ in range(count):
            self.said += 1
            body = f"{self.name} {self.said} ".encode().ljust(size, b"x")
            self.writer.append([Draft("LAB@CHU", MEDIA_HL7V2, body, self.clock.now_ns())])
            self.clock.advance(seconds=1)
        if sign:
            self.writer.checkpoint()

    def crash(self) -> None:
        """End the writer as a killed process ends."""
        if self.writer is not None:
            self.writer._forget()
            self.writer._lock.release()
            self.writer = None

    def roll_back(self, snapshot: Path) -> None:
        """Put the own journal back as it was."""
        self.crash()
        shutil.rmtree(self.files().folder)
        shutil.copytree(snapshot, self.files().folder)

    def snapshot(self, to: Path) -> Path:
        """The own journal's folder as it is on disk now."""
        shutil.copytree(self.files().folder, to)
        return to

    def meet(self, stick: Path) -> Report:
        """One run of `journal exchange DIR`."""
        return exchange_by_stick(self.exchange, stick)

    def check(self, of: "Station") -> Verified:
        """What a check of another station's journal finds here."""
        return verify_journal(self.files(of))

    def has_all(self, of: "Station") -> bool:
        """Whether all that another station signed for lies here, byte for byte."""
        ours, theirs = self.files(of), of.files()
        if ours.checkpoint.read_bytes() != theirs.checkpoint.read_bytes() or not self.check(of).intact:
            return False
        return all(
            theirs.segment(number).read_bytes().startswith(ours.segment(number).read_bytes().rstrip(b"\x00"))
            for number in theirs.segments()
        )

    def held(self, of: "Station") -> dict[str, bytes]:
        """Every byte that lies here of another station's journal, but what lives as long as a process."""
        files = tree_of(self.files(of).folder)
        return {name: data for name, data in files.items() if name not in {"head", "lock", "clock"}}
