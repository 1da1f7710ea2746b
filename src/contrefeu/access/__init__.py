"""Who may come in, to see what: accounts, roles and wards, secrets, downtime in force, the local CA."""

from contrefeu.access.accounts import Account, Accounts
from contrefeu.access.custodians import Custodians, RecoveryInForce
from contrefeu.access.downtime import Declared, Downtime
from contrefeu.access.enrol import NewAccount, demo_accounts, first_administrator, new_account
from contrefeu.access.freeze import Freeze
from contrefeu.access.local_ca import LocalCa, make_local_ca
from contrefeu.access.lockout import Lockout
from contrefeu.access.roles import EVERY_WARD, ROLES, in_scope, may
from contrefeu.access.secrets import SECRET_LENGTH_MIN, hash_secret, new_secret, secret_matches

__all__ = [
    "EVERY_WARD",
    "ROLES",
    "SECRET_LENGTH_MIN",
    "Account",
    "Accounts",
    "Custodians",
    "Declared",
    "Downtime",
    "Freeze",
    "LocalCa",
    "Lockout",
    "NewAccount",
    "RecoveryInForce",
    "demo_accounts",
    "first_administrator",
    "hash_secret",
    "in_scope",
    "make_local_ca",
    "may",
    "new_account",
    "new_secret",
    "secret_matches",
]
