"""Who can open: the node's reading keys, day by day, and the custodians' recovery key, k of n."""

from contrefeu.custody.home import HomePaths, make_home
from contrefeu.custody.horizon import ReadingKeys, public_reading_keys
from contrefeu.custody.keypair import KeyPair
from contrefeu.custody.opening import DataKeys, grant_segments
from contrefeu.custody.shares import combine_shares, split_secret

__all__ = [
    "DataKeys",
    "HomePaths",
    "KeyPair",
    "ReadingKeys",
    "combine_shares",
    "grant_segments",
    "make_home",
    "public_reading_keys",
    "split_secret",
]
