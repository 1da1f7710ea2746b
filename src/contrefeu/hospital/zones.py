"""Which names are time zones."""

from zoneinfo import ZoneInfo


def is_zone(name: str) -> bool:
    """Whether *name* is a time zone's ("Europe/Paris"); a folder of them ("Europe") is none."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True
