"""The ground: time that is passed in, files that are on disk, errors that say what to do."""

from contrefeu.base.clock import Clock, ManualClock, SystemClock, parse_rfc3339, rfc3339
from contrefeu.base.durable import FileLock, durable_makedirs, fallocate, is_locked, sync_dir, write_file
from contrefeu.base.errors import (
    ContrefeuError,
    FindingError,
    MissingError,
    OperatorError,
    SenderError,
    StorageError,
    TamperError,
)
from contrefeu.base.hybrid import (
    AHEAD_NS_MAX,
    ClockOffset,
    Order,
    Span,
    corrected,
    hybrid,
    is_far_ahead,
    next_hybrid,
    order_of,
    physical_ns,
)
from contrefeu.base.redact import redact
from contrefeu.base.sockets import guard_socket

__all__ = [
    "AHEAD_NS_MAX",
    "Clock",
    "ClockOffset",
    "ContrefeuError",
    "FileLock",
    "FindingError",
    "ManualClock",
    "MissingError",
    "OperatorError",
    "Order",
    "SenderError",
    "Span",
    "StorageError",
    "SystemClock",
    "TamperError",
    "corrected",
    "durable_makedirs",
    "fallocate",
    "guard_socket",
    "hybrid",
    "is_far_ahead",
    "is_locked",
    "next_hybrid",
    "order_of",
    "parse_rfc3339",
    "physical_ns",
    "redact",
    "rfc3339",
    "sync_dir",
    "write_file",
]
