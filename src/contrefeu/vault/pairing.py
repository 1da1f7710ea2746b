"""Addresses of pulled copies: where the node offers what it has, and the key of the other side.

    pull+https://10.1.2.3:2577?key=vault-b+1a2b3c4d+BASE64

On the node the key is the vault host's (a witness's line, it cosigns), on the vault host it is the node's (a
verifier's line). The two look different, so that a line pasted on the wrong side is refused.
"""

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from contrefeu.base import OperatorError
from contrefeu.proof import ProofMismatch, Verifier, WitnessKey

SCHEME = "pull+https"
_FORM = "pull+https://HOST:PORT?key=NAME+KEYID+BASE64"


@dataclass(frozen=True, slots=True)
class Offered:
    """A vault host that this node lets pull: where, and who it is."""

    host: str
    port: int
    witness: WitnessKey


@dataclass(frozen=True, slots=True)
class Pulled:
    """A node that this vault host pulls from."""

    host: str
    port: int
    node: Verifier


def is_pulled(url: str) -> bool:
    """Whether *url* is the address of a copy that is pulled."""
    return url.startswith(f"{SCHEME}:")


def parse_offered(url: str) -> Offered:
    """Read an address as the node has it.

    Raises:
        OperatorError: It is none, or names no vault host's key.
    """
    host, port, key = _parts(url)
    try:
        return Offered(host, port, WitnessKey.parse(key))
    except ProofMismatch:
        raise _no_key("a vault host's", "contrefeu vault host key, on the vault host, prints it.") from None


def parse_pulled(url: str) -> Pulled:
    """Read an address as the vault host has it.

    Raises:
        OperatorError: It is none, or names no node's key.
    """
    host, port, key = _parts(url)
    try:
        return Pulled(host, port, Verifier.parse(key))
    except ProofMismatch:
        raise _no_key("a node's", "contrefeu vault serve --key, on the node, prints it.") from None


def _parts(url: str) -> tuple[str, int, str]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not is_pulled(url) or not host or port is None or parts.path not in {"", "/"} or parts.fragment:
        raise OperatorError("That is no address of a pulled copy.", safe="Nothing was changed.", next=f"Write {_FORM}.")
    name, _, value = parts.query.partition("=")
    if name != "key" or "&" in value:
        raise OperatorError("The address names no key.", safe="Nothing was changed.", next=f"Write {_FORM}.")
    return host, port, unquote(value)


def _no_key(whose: str, where: str) -> OperatorError:
    return OperatorError(f"The address does not hold {whose} key.", safe="Nothing was changed.", next=where)
