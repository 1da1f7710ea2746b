"""What a log line may say: coordinates, never contents (STYLE 13)."""

from collections.abc import Mapping, MutableMapping
from typing import Any

# Keys a log line may carry. Anything else is replaced: a new key must be added here on purpose.
SAFE_KEYS = frozenset(
    [
        "bytes",
        "capture",
        "checkpoint",
        "count",
        "detail",
        "duration_ms",
        "entries",
        "entry",
        "error",
        "event",
        "exit_status",
        "feed",
        "file",
        "frame",
        "journal",
        "kind",
        "level",
        "listener",
        "messages",
        "node",
        "offset",
        "path",
        "peer",
        "pid",
        "port",
        "position",
        "process",
        "reason",
        "role",
        "seconds",
        "segment",
        "sequence",
        "size",
        "source",
        "state",
        "timestamp",
        "vault",
        "web",
        "mllp",
        "fhir",
        "logger",
        "url",
        "address",
    ]
)


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """A structlog processor: values under keys that are not known to be safe are withheld."""
    return {key: value if key in SAFE_KEYS else "(withheld)" for key, value in event.items()}
