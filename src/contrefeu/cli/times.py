"""Times as commands take them."""

from contrefeu.base import OperatorError, parse_rfc3339


def instant(text: str, option: str) -> int | None:
    """The instant *text* names, in ns; None when nothing was said.

    Raises:
        OperatorError: It is not a time.
    """
    if not text:
        return None
    try:
        return parse_rfc3339(text)
    except ValueError:
        raise OperatorError(
            f"{option} takes a time such as 2026-11-24T03:00:00+01:00.", safe="Nothing was read."
        ) from None
