"""Times as they are compared: when something happened, in nanoseconds, whatever language said it."""

from datetime import datetime
from functools import lru_cache

from contrefeu.hl7 import Moment


def nanoseconds(moment: Moment | None) -> int:
    """Return when it was, in ns; 0 when nobody knows."""
    return 0 if moment is None else _nanoseconds(moment.fhir)


@lru_cache(maxsize=4096)  # as many as `parse_moment` remembers
def _nanoseconds(text: str) -> int:
    if len(text) < 10:
        text = f"{text}-01-01"[:10]
    return int(datetime.fromisoformat(text if len(text) > 10 else f"{text}T00:00:00+00:00").timestamp()) * 10**9
