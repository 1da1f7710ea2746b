"""Who can open: the node's reading keys, day by day, and the custodians' recovery key, k of n."""

from contrefeu.custody.horizon import ReadingKeys, public_reading_keys
from contrefeu.custody.keypair import KeyPair
from contrefeu.custody.opening import DataKeys, grant_segments
from contrefeu.custody.shares import combine_shares, split_secret

__all__ = [
    "DataKeys",
    "KeyPair",
    "ReadingKeys",
    "combine_shares",
    "grant_segments",
    "public_reading_keys",
    "split_secret",
]
