"""Who may come in, to see what: accounts, roles and wards, secrets, what stands still, the local CA."""

from contrefeu.access.accounts import (
    Account,
    Accounts,
    Passkey,
)
from contrefeu.access.aids import (
    AIDS,
    ALLERGY,
    CLASS,
    DOSE_TIME,
    DUPLICATE,
    NEWS2,
    AidOn,
    Aids,
)
from contrefeu.access.browser_keys import (
    queue_keys,
)
from contrefeu.access.custodians import (
    Custodians,
    RecoveryInForce,
)
from contrefeu.access.cutover import (
    cutover_at,
    hour_past,
)
from contrefeu.access.directory import (
    Attributes,
    Roll,
    roll_of,
)
from contrefeu.access.enrol import (
    Enrolment,
    NewAccount,
    Person,
    demo_accounts,
    enrolled,
    first_administrator,
    new_account,
)
from contrefeu.access.freeze import (
    Freeze,
    freeze_of,
)
from contrefeu.access.ldif import (
    DirectoryEntry,
    plain_dn,
    read_ldif,
)
from contrefeu.access.local_ca import (
    LocalCa,
    make_local_ca,
    server_pin,
)
from contrefeu.access.lockout import (
    Lockout,
)
from contrefeu.access.passkeys import (
    LABEL_LENGTH_MAX,
    PasskeyRefused,
    Passkeys,
    credential_of,
)
from contrefeu.access.roles import (
    EVERY_WARD,
    ROLES,
    in_scope,
    may,
)
from contrefeu.access.secrets import (
    SECRET_LENGTH_MIN,
    hash_secret,
    is_secret_hash,
    new_secret,
    secret_matches,
)
from contrefeu.access.temporary import (
    HOURS_MAX,
    OPEN_MAX,
    SKEW_S_MAX,
    Temporary,
    physician_needed,
)

__all__ = [
    "AIDS",
    "ALLERGY",
    "CLASS",
    "DOSE_TIME",
    "DUPLICATE",
    "EVERY_WARD",
    "HOURS_MAX",
    "LABEL_LENGTH_MAX",
    "NEWS2",
    "OPEN_MAX",
    "ROLES",
    "SECRET_LENGTH_MIN",
    "SKEW_S_MAX",
    "Account",
    "Accounts",
    "AidOn",
    "Aids",
    "Attributes",
    "Custodians",
    "DirectoryEntry",
    "Enrolment",
    "Freeze",
    "LocalCa",
    "Lockout",
    "NewAccount",
    "Passkey",
    "PasskeyRefused",
    "Passkeys",
    "Person",
    "RecoveryInForce",
    "Roll",
    "Temporary",
    "credential_of",
    "cutover_at",
    "demo_accounts",
    "enrolled",
    "first_administrator",
    "freeze_of",
    "hash_secret",
    "hour_past",
    "in_scope",
    "is_secret_hash",
    "make_local_ca",
    "may",
    "new_account",
    "new_secret",
    "physician_needed",
    "plain_dn",
    "queue_keys",
    "read_ldif",
    "roll_of",
    "secret_matches",
    "server_pin",
]
