"""A home with one journal, written by the real writer, and the ways it can be harmed."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from contrefeu.base import ManualClock
from contrefeu.custody import KeyPair
from contrefeu.journal import MEDIA_HL7V2, Draft, JournalFiles, JournalWriter, Recipient, Verified, verify_journal
from contrefeu.proof import Signer
from contrefeu.vault import CopyState, Shipper, Vault

JOURNAL = "drill/test-capture"
FOLDER = "drill_test-capture"
PAIR, SEED = KeyPair.draw("recovery")
OTHER, _ = KeyPair.draw("recovery")
SIGNER = Signer(JOURNAL, b"\x07" * 32)


@dataclass
class House:
    """A home, as copies see it, and its one writer."""

    root: Path
    clock: ManualClock = field(default_factory=ManualClock)
    recovery: Recipient = PAIR.recipient
    signer: Signer = SIGNER
    writer: JournalWriter | None = None
    said: int = 0
    segment_bytes: int = 1 << 20

    @property
    def journals(self) -> Path:
        """One folder a journal."""
        return self.root / "journals"

    @property
    def vault_credentials(self) -> Path:
        """What the node shows to object stores."""
        return self.root / "vault-credentials"

    @property
    def settings(self) -> Path:
        """`contrefeu.toml`."""
        return self.root / "contrefeu.toml"

    @property
    def recovery_notes(self) -> Path:
        """The custodians' keys, one note each."""
        return self.root / "keys" / "recovery"

    @property
    def grants(self) -> Path:
        """Further rights to read."""
        return self.root / "grants"

    @property
    def files(self) -> JournalFiles:
        """The journal's files."""
        return JournalFiles.of(self.journals, self.signer.verifier.name)

    def start(self) -> JournalWriter:
        """Take the journal, or go on with it."""
        if self.writer is None:
            self.journals.mkdir(parents=True, exist_ok=True)
            if not self.settings.exists():
                self.settings.write_text('[node]\nid = "drill/test"\nfacility = "Hôpital Saint-Exemple"\n')
            self.writer = JournalWriter(
                self.journals, self.signer, lambda: [self.recovery], self.clock, segment_bytes=self.segment_bytes
            )
        return self.writer

    def say(self, count: int = 1, size: int = 40, *, sign: bool = True) -> None:
        """Append *count* entries, each a frame of its own; then sign for them."""
        writer = self.start()
        for _ in range(count):
            self.said += 1
            body = f"entry {self.said} ".encode().ljust(size, b"x")
            writer.append([Draft("LAB@CHU", MEDIA_HL7V2, body, self.clock.now_ns())])
            self.clock.advance(seconds=1)
        if sign:
            writer.checkpoint()

    def crash(self) -> None:
        """End the writer as a killed process ends: nothing is closed, nothing signed."""
        if self.writer is not None:
            self.writer._forget()
            self.writer._let_go()
            self.writer = None

    def stop(self) -> None:
        """End the writer as a stopped node does."""
        if self.writer is not None:
            self.writer.close()
            self.writer = None

    def snapshot(self, to: Path) -> Path:
        """The journal's folder as it is on disk now."""
        shutil.copytree(self.files.folder, to)
        return to

    def roll_back(self, snapshot: Path) -> None:
        """Put the journal back as it was: the machine was restored, or somebody wants it so."""
        self.crash()
        shutil.rmtree(self.files.folder)
        shutil.copytree(snapshot, self.files.folder)


def tree_of(folder: Path) -> dict[str, bytes]:
    """Every file under *folder* and its bytes."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def copy_of(vault: Vault, folder: str = f"journals/{FOLDER}") -> Verified:
    """What a check of the copy finds."""
    return verify_journal(vault.journal(folder))


def frames_of(house: House, vault: Vault) -> None:
    """Assert that each segment in the vault is a prefix of the journal's."""
    folder = JournalFiles(vault.folder(f"journals/{FOLDER}"))
    for number in folder.segments():
        ours, theirs = folder.segment(number).read_bytes(), house.files.segment(number).read_bytes()
        assert theirs.startswith(ours), f"segment {number}"


def ship(house: House, vault: Vault) -> CopyState:
    """One step of a shipper that has just started."""
    shipper = Shipper(house, vault)
    try:
        return shipper.step()
    finally:
        shipper.close()
