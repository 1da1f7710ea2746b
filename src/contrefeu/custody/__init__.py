"""Who can open: the node's reading keys, day by day, and the custodians' recovery key, k of n."""

from contrefeu.custody.destruction import Destruction, Horizon, KeyStanding
from contrefeu.custody.erase import erase
from contrefeu.custody.home import HomePaths, complete_home, make_home
from contrefeu.custody.horizon import ReadingKeys, public_reading_keys
from contrefeu.custody.keypair import KeyPair
from contrefeu.custody.opening import BeyondHorizon, DataKeys, grant_segments, last_entry_of
from contrefeu.custody.recovery import (
    OpenedRecovery,
    known_recovery_keys,
    recovery_in_force,
    share_number,
)
from contrefeu.custody.rehearsal import Rehearsal, rehearse
from contrefeu.custody.rotation import Rotation
from contrefeu.custody.shares import combine_shares, split_secret
from contrefeu.custody.usage import granted_recipients

__all__ = [
    "BeyondHorizon",
    "DataKeys",
    "Destruction",
    "HomePaths",
    "Horizon",
    "KeyPair",
    "KeyStanding",
    "OpenedRecovery",
    "ReadingKeys",
    "Rehearsal",
    "Rotation",
    "combine_shares",
    "complete_home",
    "erase",
    "grant_segments",
    "granted_recipients",
    "known_recovery_keys",
    "last_entry_of",
    "make_home",
    "public_reading_keys",
    "recovery_in_force",
    "rehearse",
    "share_number",
    "split_secret",
]
