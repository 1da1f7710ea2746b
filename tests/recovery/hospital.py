"""A small hospital whose node is going to be lost: its home, its vault, its custodians."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from contrefeu.base import ManualClock
from contrefeu.chart import Charts, open_charts
from contrefeu.custody import DataKeys, HomePaths, KeyPair, ReadingKeys, make_home, public_reading_keys, split_secret
from contrefeu.hospital import parse_settings
from contrefeu.journal import MEDIA_HL7V2, Draft, JournalWriter
from contrefeu.proof import Signer
from contrefeu.vault import CopyState, Shipper, Vault, make_vault

NODE = "drill/nlost"
FACILITY = 'Hôpital "Saint-Exemple"'


@cache
def custodians(which: str) -> tuple[KeyPair, list[str]]:
    """A recovery key, and five shares of which three open it."""
    pair, seed = KeyPair.draw("recovery")
    return pair, split_secret(seed, 3, 5)


def admission(number: int, bed: int) -> bytes:
    """Somebody arrives, or is moved to another bed."""
    event = "A01" if bed == 1 else "A02"
    return (
        f"MSH|^~\\&|ADM|CHU|CF|CHU|2026112403{number % 60:02d}00||ADT^{event}|A{number}-{bed}|T|2.5\r"
        f"EVN|{event}|2026112403{number % 60:02d}00\r"
        f"PID|1||9{number:05d}^^^CHU^PI||ESSAI^PATIENT {number}||19700101|F\r"
        f"PV1|1|I|MED^101^{bed}||||||||||||||||S{number}\r"
    ).encode()


def result(number: int, value: str) -> bytes:
    """A potassium."""
    return (
        f"MSH|^~\\&|LAB|CHU|CF|CHU|20261124040000||ORU^R01|R{number}-{value}|T|2.5\r"
        f"PID|1||9{number:05d}^^^CHU^PI||ESSAI^PATIENT {number}||19700101|F\r"
        f"OBR|1|P{number}|F{number}|2823-3^Potassium^LN|||20261124035000\r"
        f"OBX|1|NM|2823-3^Potassium^LN||{value}|mmol/L|3.5-5.0|N|||F|||20261124035000\r"
    ).encode()


def discharge(number: int) -> bytes:
    """Somebody goes home."""
    home = admission(number, 1).replace(b"ADT^A01", b"ADT^A03").replace(b"EVN|A01", b"EVN|A03")
    return home.replace(b"|A%d-1|" % number, b"|D%d|" % number)


@dataclass
class Hospital:
    """One node with its vault."""

    root: Path
    clock: ManualClock = field(default_factory=ManualClock)
    key: str = "the hospital's"

    def __post_init__(self) -> None:
        pair, self.shares = custodians(self.key)
        self.recovery = pair.recipient
        self.home: HomePaths = make_home(self.root / "home", NODE, FACILITY, pair.recipient, self.clock)
        text = (
            self.home.settings.read_text()
            + 'zone = "Europe/Paris"\nlanguage = "en"\n[[wards]]\nid = "MED"\nbeds = ["1"]\n'
        )
        self.home.settings.write_text(text)
        self.vault: Vault = make_vault(f"file://{self.root}/vault", outside=self.home.root)
        self.writers = {role: self._writer(role) for role in ("capture", "station")}

    def _writer(self, role: str) -> JournalWriter:
        return self.writer_of(self.home, NODE, role)

    def writer_of(self, home: HomePaths, node: str, role: str) -> JournalWriter:
        """What writes a journal of *node* in *home*."""
        return JournalWriter(
            home.journals,
            Signer(f"{node}-{role}", home.signing_seed(role).read_bytes()),
            lambda: [self.recovery, *public_reading_keys(home.keys, self.clock.now_ns())],
            self.clock,
            segment_bytes=4000,
        )

    def hear(self, *messages: bytes) -> None:
        """A feed says *messages*, a second each."""
        self.say(self.writers["capture"], *messages)

    def say(self, writer: JournalWriter, *messages: bytes) -> None:
        """A feed says *messages* to whoever writes."""
        for message in messages:
            draft = Draft("ADM@CHU", MEDIA_HL7V2, message, self.clock.now_ns())
            self.clock.advance(seconds=0.25)
            writer.append([draft])
            self.clock.advance(seconds=0.75)

    def live(self, patients: int = 6) -> None:
        """Patients come, are moved, and have results."""
        for number in range(patients):
            self.hear(admission(number, 1), result(number, "4.1"))
        for number in range(0, patients, 2):
            self.hear(admission(number, 2), result(number, "6.2"))

    def copy(self) -> CopyState:
        """Sign, and copy to the vault."""
        for writer in self.writers.values():
            writer.checkpoint()
        return Shipper(self.home, self.vault).step()

    def restart(self) -> None:
        """The node is stopped and started again."""
        for writer in self.writers.values():
            writer.close()
        self.writers = {role: self._writer(role) for role in self.writers}

    def close(self) -> None:
        """Stop the node."""
        for writer in self.writers.values():
            writer.close()

    def charts_sha256(self, at_ns: int | None = None) -> str:
        """As `contrefeu export` says it."""
        return charts_of(self.home, at_ns)[0]


@contextmanager
def charts_in(home: HomePaths) -> Iterator[Charts]:
    """The charts in *home*, read with that home's own keys."""
    settings = parse_settings(home.settings.read_text())
    own = [
        Signer(f"{settings.node.id}-{role}", home.signing_seed(role).read_bytes()).verifier
        for role in ("capture", "station")
    ]
    keys = DataKeys(ReadingKeys(home.keys), grants=home.grants, granted_by=own)
    with open_charts(home.charts_db, home.store_key.read_bytes(), home.journals, keys, settings) as charts:
        yield charts


def charts_of(home: HomePaths, at_ns: int | None = None) -> tuple[str, int]:
    """Hash and number of the charts in *home*."""
    with charts_in(home) as charts:
        return charts.sha256(at_ns), sum(1 for _ in charts.all(at_ns))
