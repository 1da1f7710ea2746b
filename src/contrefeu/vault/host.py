"""A vault host's own folder: its key, whom it pulls from, and the copies.

    HOST/
    ├── vault.toml          name, days, and the nodes it pulls from; nothing secret
    ├── vault.seed          its key: it shows it to nodes and cosigns with it (0600)
    ├── copies/<node>/      one vault a node: `file:///HOST/copies/<node>` is verified and restored from like any other
    └── pull.json           how the copies stand, as the pulling process last said it

Rules kept here:
  * One vault a node: what one node says, lies or fills touches no other's.
  * The key is made once. A vault host that lost it gets another, and the nodes' settings must name that one.
  * Text in `vault.toml` is checked whole before anything starts.
"""

import re
import secrets
import tomllib
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from contrefeu.base import OperatorError, durable_makedirs, write_file
from contrefeu.proof import Cosigner

SETTINGS = "vault.toml"
STATE = "pull.json"
COPIES = "copies"
_SEED = "vault.seed"
_NAME = r"^[a-z0-9][a-z0-9-]{0,62}$"
_GIB = 2**30

Name = Annotated[str, Meta(pattern=_NAME)]


class NodeSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """A node to pull from."""

    name: Name
    url: str  # pull+https://HOST:PORT?key=…, or spool+file:///FOLDER
    quota_gib: Annotated[float, Meta(gt=0)] = 500.0  # a node that lies must not fill the disk; give what there is
    bytes_per_second_max: Annotated[int, Meta(ge=0)] = 0  # at most so many are asked for; 0 is no limit


class HostSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """All of `vault.toml`."""

    name: Name
    days: Annotated[int, Meta(ge=1, le=36_500)] = 400  # 13 months (C6): nothing younger is ever removed here
    hold: bool = False  # a court, an inquiry, an attack that is being looked into: nothing is let go at all
    nodes: list[NodeSettings] = msgspec.field(default_factory=list)

    def quota_bytes(self, node: NodeSettings) -> int:
        """What the copies of *node* may fill."""
        return int(node.quota_gib * _GIB)


class VaultHost:
    """One vault host's folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.state = root / STATE

    @classmethod
    def make(cls, root: Path, name: str, days: int) -> "VaultHost":
        """Make the folder in *root*, an empty one or one that is not there.

        Raises:
            OperatorError: There is something in it, or the name cannot be.
        """
        if not re.fullmatch(_NAME, name):
            raise OperatorError(
                "A vault host's name has small letters, digits and hyphens.", safe="Nothing was made.", next="vault-b"
            )
        if root.exists() and (not root.is_dir() or any(root.iterdir())):
            raise OperatorError(
                f"{root} is not empty.",
                safe="Nothing was made, and nothing in it was changed.",
                next="Name another folder with --home.",
            )
        durable_makedirs(root)
        durable_makedirs(root / COPIES)
        write_file(root / _SEED, secrets.token_bytes(32))
        text = f'# Contrefeu: a vault host that pulls. docs/howto/vault-that-pulls.md\nname = "{name}"\ndays = {days}\n'
        parse_host(text)
        write_file(root / SETTINGS, text.encode(), mode=0o640)
        return cls(root)

    def settings(self) -> HostSettings:
        """What `vault.toml` says.

        Raises:
            OperatorError: There is no vault host here, or it says what cannot be.
        """
        try:
            return parse_host((self.root / SETTINGS).read_text())
        except FileNotFoundError:
            raise OperatorError(
                f"There is no vault host in {self.root}.",
                safe="Nothing was changed.",
                next="contrefeu --home DIR vault host init --name NAME makes one.",
            ) from None

    def add(self, node: NodeSettings) -> None:
        """Pull from *node* too, from now on.

        Raises:
            OperatorError: That name or address is taken, or cannot be.
        """
        settings = self.settings()
        if any(known.name == node.name or known.url == node.url for known in settings.nodes):
            raise OperatorError("That node is in vault.toml already.", safe="The settings, as they were.")
        text = (self.root / SETTINGS).read_text().rstrip("\n")
        text += f'\n\n[[nodes]]\nname = "{node.name}"\nurl = "{node.url}"\nquota_gib = {node.quota_gib}\n'
        if node.bytes_per_second_max:
            text += f"bytes_per_second_max = {node.bytes_per_second_max}\n"
        parse_host(text)
        write_file(self.root / SETTINGS, text.encode(), mode=0o640)

    def seed(self) -> bytes:
        """Its key's seed."""
        return (self.root / _SEED).read_bytes()

    def cosigner(self) -> Cosigner:
        """What cosigns checkpoints."""
        return Cosigner(self.settings().name, self.seed())

    def copies(self, node: NodeSettings) -> Path:
        """The folder of a node's copies."""
        return self.root / COPIES / node.name


def parse_host(text: str) -> HostSettings:
    """Read `vault.toml`.

    Raises:
        OperatorError: It is not TOML, or a key is unknown, missing or out of range.
    """
    try:
        settings = msgspec.convert(tomllib.loads(text), HostSettings)
    except tomllib.TOMLDecodeError as found:
        raise OperatorError(f"vault.toml is not TOML: {found}", next="Correct that line.") from None
    except msgspec.ValidationError as found:
        raise OperatorError(f"vault.toml: {found}", safe="Nothing was started.", next="Correct that key.") from None
    names = [node.name for node in settings.nodes]
    if len(set(names)) < len(names):
        raise OperatorError(
            "vault.toml: two nodes have one name.",
            safe="Nothing was started.",
            next="Give each its own: its copies lie in a folder of that name.",
        )
    return settings
