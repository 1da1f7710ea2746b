"""The ground: time that is passed in, files that are on disk, errors that say what to do."""

from contrefeu.base.clock import Clock, ManualClock, SystemClock, parse_rfc3339, rfc3339
from contrefeu.base.durable import (
    FileLock,
    create_file,
    cut_off,
    durable_makedirs,
    fallocate,
    is_locked,
    open_file,
    remove,
    sync_data,
    sync_dir,
    sync_file,
    write_at,
    write_file,
)
from contrefeu.base.errors import (
    ContrefeuError,
    FindingError,
    MissingError,
    OperatorError,
    SenderError,
    StorageError,
    TamperError,
)
from contrefeu.base.redact import redact
from contrefeu.base.sockets import guard_socket

__all__ = [
    "Clock",
    "ContrefeuError",
    "FileLock",
    "FindingError",
    "ManualClock",
    "MissingError",
    "OperatorError",
    "SenderError",
    "StorageError",
    "SystemClock",
    "TamperError",
    "create_file",
    "cut_off",
    "durable_makedirs",
    "fallocate",
    "guard_socket",
    "is_locked",
    "open_file",
    "parse_rfc3339",
    "redact",
    "remove",
    "rfc3339",
    "sync_data",
    "sync_dir",
    "sync_file",
    "write_at",
    "write_file",
]
