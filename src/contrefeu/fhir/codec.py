"""FHIR JSON in and out: numbers keep their digits (F5).

Rules kept here:
  * A decimal is written as the number it was sent as (1.50 stays 1.50) and read back as a Decimal, never a float.
"""

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

import msgspec

Json = dict[str, Any]
"""A resource as plain values: what charts keep, whoever said it."""

# Ids are derived from what things are called (RFC 4122, version 5), so that the same facts have the same ids anywhere.
NAMESPACE = UUID("6f1b0c53-2d0a-5e43-9a56-6b7f0c0c9c57")

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_DECODER = msgspec.json.Decoder(float_hook=Decimal)


def encode(value: Any) -> bytes:
    """Return *value* (a struct, or plain values) as JSON."""
    return _ENCODER.encode(value)


def decode(data: bytes) -> Any:
    """Read JSON; numbers with a point are Decimals.

    Raises:
        msgspec.DecodeError: It is not JSON.
    """
    return _DECODER.decode(data)


def plain(resource: Any) -> Json:
    """Return a struct as plain values; Decimals stay."""
    values: Json = msgspec.to_builtins(resource, builtin_types=(Decimal,))
    return values


def derived_id(*names: str) -> str:
    """Return the id of what *names* call."""
    return str(uuid5(NAMESPACE, "\x1f".join(names)))
