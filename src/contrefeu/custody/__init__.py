"""Who can open: the node's reading keys, day by day, and the custodians' recovery key, k of n."""

from contrefeu.custody.destruction import Destruction, Horizon, KeyStanding
from contrefeu.custody.erase import erase
from contrefeu.custody.expiring import Ending, end, endings
from contrefeu.custody.granting import (
    cosigner_of,
    grant_journals,
    granter_of,
    key_for,
    make_station_seeds,
    own_reading_keys,
    reading_keys_note,
    wards_verifier,
)
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
from contrefeu.custody.roles import (
    copies_for,
    draw_role_key,
    keep_role_key,
    key_of,
    open_role_key,
    open_sealed,
    opened_by_custodians,
    role_keys,
    words_of,
)
from contrefeu.custody.rotation import Rotation
from contrefeu.custody.sealed_home import open_home, seal_home
from contrefeu.custody.shares import combine_shares, split_secret
from contrefeu.custody.usage import granted_recipients

__all__ = [
    "BeyondHorizon",
    "DataKeys",
    "Destruction",
    "Ending",
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
    "copies_for",
    "cosigner_of",
    "draw_role_key",
    "end",
    "endings",
    "erase",
    "grant_journals",
    "grant_segments",
    "granted_recipients",
    "granter_of",
    "keep_role_key",
    "key_for",
    "key_of",
    "known_recovery_keys",
    "last_entry_of",
    "make_home",
    "make_station_seeds",
    "open_home",
    "open_role_key",
    "open_sealed",
    "opened_by_custodians",
    "own_reading_keys",
    "public_reading_keys",
    "reading_keys_note",
    "recovery_in_force",
    "rehearse",
    "role_keys",
    "seal_home",
    "share_number",
    "split_secret",
    "wards_verifier",
    "words_of",
]
