"""Places that hold copies of journals and cannot read them."""

from contrefeu.vault.copy import Refused
from contrefeu.vault.directory import DirectoryVault
from contrefeu.vault.follow import follow
from contrefeu.vault.opening import make_vault, open_vault
from contrefeu.vault.place import JOURNALS, NODES, Vault, VaultAway
from contrefeu.vault.recovery import GRANTS, recovery_chains
from contrefeu.vault.ship import CopyState, Home, Shipper
from contrefeu.vault.verify import checkpoints_held, copies_in, verify_vault
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
    "Refused",
    "Shipper",
    "Vault",
    "VaultAway",
    "checkpoints_held",
    "copies_in",
    "follow",
    "frames_from",
    "make_vault",
    "open_vault",
    "reach_of",
    "read_header",
    "recovery_chains",
    "verify_vault",
]
