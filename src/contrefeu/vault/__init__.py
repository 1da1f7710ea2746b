"""Places that hold copies of journals and cannot read them."""

from contrefeu.vault.address import credentials_file, parse_s3, read_credentials
from contrefeu.vault.back import ASKED, BACK, LOCK, ROOM_LEFT_BYTES, brought_back
from contrefeu.vault.checked import Attempt, Checked
from contrefeu.vault.copy import Refused
from contrefeu.vault.directory import DirectoryVault, belongs_to_disk
from contrefeu.vault.exchange import Exchange
from contrefeu.vault.expiry import due_in, let_go, let_go_of
from contrefeu.vault.follow import copy_once, follow, tell_states
from contrefeu.vault.held import Held
from contrefeu.vault.host import HostSettings, NodeSettings, VaultHost, parse_host
from contrefeu.vault.hosting import pull, pull_once
from contrefeu.vault.identity import make_identity
from contrefeu.vault.meeting import Meeting, PeerState
from contrefeu.vault.offer import Offers
from contrefeu.vault.opening import check_store, lies_elsewhere, make_vault, open_vault
from contrefeu.vault.pairing import is_pulled, parse_offered, parse_pulled
from contrefeu.vault.peers import QUOTA_BYTES, Decided, Peer, Peers, file_name
from contrefeu.vault.pins import NotPinned, peer_of, public_of, tls_context
from contrefeu.vault.place import JOURNALS, NODES, Vault, VaultAway
from contrefeu.vault.recovery import GRANTS, recovery_chains
from contrefeu.vault.repair import ObjectStore, Repaired, copy_in_folder, copy_in_vault, repair, repair_store
from contrefeu.vault.report import Found, Report
from contrefeu.vault.scrub import Scrubber, last_passes, scrub_beside
from contrefeu.vault.shelf import STICK_FOLDER
from contrefeu.vault.ship import CopyState, Home, Shipper
from contrefeu.vault.spool import Spooler, ask_again, is_spool, spool_folder
from contrefeu.vault.stick import exchange_by_stick
from contrefeu.vault.verify import (
    absent_from,
    checkpoints_held,
    copies_in,
    custodians_of,
    lies_in,
    newest_settings,
    verify_vault,
)
from contrefeu.vault.vouched import VouchedBy
from contrefeu.vault.walk import CHUNK_BYTES, End, Header, frames_from, reach_of, read_header
from contrefeu.vault.wire import PeerAway
from contrefeu.vault.witnessing import (
    Witness,
    keep_cosigned,
    request_for,
    seen_file,
    seen_in,
    vouched_for,
    witnesses_in,
)

__all__ = [
    "ASKED",
    "BACK",
    "CHUNK_BYTES",
    "GRANTS",
    "JOURNALS",
    "LOCK",
    "NODES",
    "QUOTA_BYTES",
    "ROOM_LEFT_BYTES",
    "STICK_FOLDER",
    "Attempt",
    "Checked",
    "CopyState",
    "Decided",
    "DirectoryVault",
    "End",
    "Exchange",
    "Found",
    "Header",
    "Held",
    "Home",
    "HostSettings",
    "Meeting",
    "NodeSettings",
    "NotPinned",
    "ObjectStore",
    "Offers",
    "Peer",
    "PeerAway",
    "PeerState",
    "Peers",
    "Refused",
    "Repaired",
    "Report",
    "Scrubber",
    "Shipper",
    "Spooler",
    "Vault",
    "VaultAway",
    "VaultHost",
    "VouchedBy",
    "Witness",
    "absent_from",
    "ask_again",
    "belongs_to_disk",
    "brought_back",
    "check_store",
    "checkpoints_held",
    "copies_in",
    "copy_in_folder",
    "copy_in_vault",
    "copy_once",
    "credentials_file",
    "custodians_of",
    "due_in",
    "exchange_by_stick",
    "file_name",
    "follow",
    "frames_from",
    "is_pulled",
    "is_spool",
    "keep_cosigned",
    "last_passes",
    "let_go",
    "let_go_of",
    "lies_elsewhere",
    "lies_in",
    "make_identity",
    "make_vault",
    "newest_settings",
    "open_vault",
    "parse_host",
    "parse_offered",
    "parse_pulled",
    "parse_s3",
    "peer_of",
    "public_of",
    "pull",
    "pull_once",
    "reach_of",
    "read_credentials",
    "read_header",
    "recovery_chains",
    "repair",
    "repair_store",
    "request_for",
    "scrub_beside",
    "seen_file",
    "seen_in",
    "spool_folder",
    "tell_states",
    "tls_context",
    "verify_vault",
    "vouched_for",
    "witnesses_in",
]
