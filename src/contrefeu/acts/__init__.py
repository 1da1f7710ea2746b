"""What FHIR has no word for: accounts, downtime declared, the glass broken, keys made, tried and destroyed."""

from contrefeu.acts.act import (
    AccountAdded,
    AccountDisabled,
    Act,
    ClockMeasured,
    DowntimeDeclared,
    DowntimeLifted,
    GlassBroken,
    SecretChanged,
    decode,
    encode,
)
from contrefeu.acts.keeping import (
    HorizonHeld,
    HorizonReleased,
    ReadingKeysDestroyed,
    RecoveryKeyChanged,
    RecoveryRehearsed,
    ShareConfirmed,
)

__all__ = [
    "AccountAdded",
    "AccountDisabled",
    "Act",
    "ClockMeasured",
    "DowntimeDeclared",
    "DowntimeLifted",
    "GlassBroken",
    "HorizonHeld",
    "HorizonReleased",
    "ReadingKeysDestroyed",
    "RecoveryKeyChanged",
    "RecoveryRehearsed",
    "SecretChanged",
    "ShareConfirmed",
    "decode",
    "encode",
]
