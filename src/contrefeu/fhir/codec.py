"""FHIR JSON in and out: numbers keep their digits (F5).

Rules kept here:
  * A decimal is written as the number it was sent as (1.50 stays 1.50) and read back as a Decimal, never a float.
"""

from decimal import Decimal
from functools import lru_cache
from hashlib import sha1
from typing import Any
from uuid import UUID

import msgspec

Json = dict[str, Any]
"""A resource as plain values: what charts keep, whoever said it."""

# Ids are derived from what things are called (RFC 4122, version 5), so that the same facts have the same ids anywhere.
NAMESPACE = UUID("6f1b0c53-2d0a-5e43-9a56-6b7f0c0c9c57")
_PREFIX = NAMESPACE.bytes

IDS_MAX = 32_768  # ids that are remembered, some 8 MB: a line is named by its report, its message and its chart
KEY_CHARS_MAX = 512  # characters of a name whose id is remembered: a sender may make them as long as a message

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
    return _kept_id(names) if len(names[-1]) <= KEY_CHARS_MAX else _id(names)


def _id(names: tuple[str, ...]) -> str:
    # RFC 4122, 4.3, as uuid.uuid5 does it, at a third of its price: a chart has an id for each of its lines.
    digest = bytearray(sha1(_PREFIX + "\x1f".join(names).encode(), usedforsecurity=False).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    text = digest.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


_kept_id = lru_cache(maxsize=IDS_MAX)(_id)
