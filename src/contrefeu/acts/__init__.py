"""What FHIR has no word for: accounts, downtime declared, the glass broken."""

from contrefeu.acts.act import (
    AccountAdded,
    AccountDisabled,
    Act,
    DowntimeDeclared,
    DowntimeLifted,
    GlassBroken,
    SecretChanged,
    decode,
    encode,
)

__all__ = [
    "AccountAdded",
    "AccountDisabled",
    "Act",
    "DowntimeDeclared",
    "DowntimeLifted",
    "GlassBroken",
    "SecretChanged",
    "decode",
    "encode",
]
