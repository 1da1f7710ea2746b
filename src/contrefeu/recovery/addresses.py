"""One system has one name in the account: under a second one everything would be sent to it a second time (R3).

Rules kept here:
  * A name is refused whose address messages went to under another one: an alias, a name given in the profile since. So
    is a new name in a profile when what is planned went to another one already. Another address without a name is
    another system as far as can be told; it is said that the same went elsewhere.
  * Somebody says that it is another system, once: from its first message on, it is known by its name and address.
"""

import contextlib
import socket
from collections.abc import Iterable
from itertools import islice
from urllib.parse import urlsplit

from contrefeu.base import OperatorError
from contrefeu.recovery.ledger import Ledger
from contrefeu.recovery.plan import Line

_LOT = 500  # entries a question


def address_of(url: str) -> str:
    """Return *url* as it is compared: its host by its IPv4 address, where it has one.

    >>> address_of("HTTPS://127.0.0.1:8443/fhir/")
    'https://127.0.0.1:8443/fhir'
    """
    parts = urlsplit(url)
    port = "" if parts.port is None else f":{parts.port}"
    host = parts.hostname or ""
    with contextlib.suppress(OSError):  # nobody knows it, or it has none: it is compared as it is written
        host = socket.gethostbyname(host)
    return f"{parts.scheme}://{host}{port}{parts.path.rstrip('/')}"


def check_name(ledger: Ledger, target: str, address: str, lines: Iterable[Line], *, named: bool) -> str:
    """See that *target* is no second name of a system that messages went to.

    Args:
        ledger: What was sent so far.
        target: The name.
        address: Where it is.
        lines: What is planned for it.
        named: Whether its profile gives the name.

    Returns:
        Another target that some of it went to already; "" when there is none.

    Raises:
        OperatorError: It may be.
    """
    known = ledger.addresses()
    if address in known.get(target, ()):
        return ""
    others = sorted(name for name, used in known.items() if address in used)
    if others:
        raise OperatorError(
            f"Messages went to {address} under another name: {others[0]}.",
            safe="Nothing was sent: under a second name all would be sent again.",
            next=f'Write name = "{others[0]}" in its profile; if it is another system, --another-system.',
        )
    before = _went_to(ledger, lines) if known and target not in known else ""
    if before and named:
        raise OperatorError(
            f"What is planned for {target} went to {before} already.",
            safe="Nothing was sent: if both are one system, it would be sent twice.",
            next=f'If they are one, write name = "{before}" in its profile; if not, --another-system.',
        )
    return before


def _went_to(ledger: Ledger, lines: Iterable[Line]) -> str:
    """Whom any of *lines* was sent to, or may have been."""
    ahead = iter(lines)
    while some := [line.entry for line in islice(ahead, _LOT)]:
        if target := ledger.target_of(some):
            return target
    return ""
