"""Places that hold copies of journals and cannot read them."""

from contrefeu.vault.copy import Refused
from contrefeu.vault.directory import DirectoryVault
from contrefeu.vault.follow import follow
from contrefeu.vault.host import HostSettings, NodeSettings, VaultHost, parse_host
from contrefeu.vault.hosting import pull, pull_once
from contrefeu.vault.offer import Offers
from contrefeu.vault.opening import make_vault, open_vault
from contrefeu.vault.pairing import is_pulled, parse_offered, parse_pulled
from contrefeu.vault.pins import public_of
from contrefeu.vault.place import JOURNALS, NODES, Vault, VaultAway
from contrefeu.vault.recovery import GRANTS, recovery_chains
from contrefeu.vault.ship import CopyState, Home, Shipper
from contrefeu.vault.spool import Spooler, ask_again, is_spool, spool_folder
from contrefeu.vault.verify import checkpoints_held, copies_in, verify_vault
from contrefeu.vault.vouched import vouched_notes
from contrefeu.vault.walk import CHUNK_BYTES, End, Header, frames_from, reach_of, read_header

__all__ = [
    "CHUNK_BYTES",
    "GRANTS",
    "JOURNALS",
    "NODES",
    "CopyState",
    "DirectoryVault",
    "End",
    "Header",
    "Home",
    "HostSettings",
    "NodeSettings",
    "Offers",
    "Refused",
    "Shipper",
    "Spooler",
    "Vault",
    "VaultAway",
    "VaultHost",
    "ask_again",
    "checkpoints_held",
    "copies_in",
    "follow",
    "frames_from",
    "is_pulled",
    "is_spool",
    "make_vault",
    "open_vault",
    "parse_host",
    "parse_offered",
    "parse_pulled",
    "public_of",
    "pull",
    "pull_once",
    "reach_of",
    "read_header",
    "recovery_chains",
    "spool_folder",
    "verify_vault",
    "vouched_notes",
]
