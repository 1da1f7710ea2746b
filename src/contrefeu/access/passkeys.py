"""Passkeys (W3C WebAuthn, level 2): a key that its owner unlocks with a finger or a code, and that is the name as well.

Rules kept here:
  * A challenge is drawn for one asker, answered once, within CHALLENGE_S.
  * The key itself asks for the finger or the code (user verification), or nobody comes in: lying on a desk it opens
    nothing.
  * What is signed names our own address, and a host name that the key was made for: a page elsewhere gains nothing.
  * A key whose counter went back was copied, and is refused. Counters are this process's: most keys have none.
  * Nothing is asked of a maker, a directory or the internet: which make of key it is stays unknown (no attestation).
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from contrefeu.access.accounts import Account, Passkey
from contrefeu.base import Clock

if TYPE_CHECKING:
    from fido2.server import Fido2Server

CHALLENGE_S = 300  # s; somebody looks for their key on the ring
CHALLENGES_MAX = 10_000  # kept at once, 2 MB: every PC of a large hospital twice over; past it the oldest are forgotten
LABEL_LENGTH_MAX = 60  # characters of what its owner calls it


class PasskeyRefused(Exception):
    """What a browser answered lets nobody in; why is nobody's business at the door."""


class Challenges:
    """What was asked of browsers and is not answered yet."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._asked: dict[bytes, tuple[int, Mapping[str, Any]]] = {}  # hash of the asker -> until (ns), what was asked

    def keep(self, asker: str, asked: Mapping[str, Any]) -> None:
        """Remember what was asked of *asker*, in place of what was asked before."""
        self._asked.pop(_hash(asker), None)
        self._asked[_hash(asker)] = (self._clock.now_ns() + CHALLENGE_S * 1_000_000_000, asked)
        if len(self._asked) > CHALLENGES_MAX:
            del self._asked[next(iter(self._asked))]

    def take(self, asker: str) -> Mapping[str, Any]:
        """Return what was asked of *asker*, once.

        Raises:
            PasskeyRefused: Nothing was, or too long ago.
        """
        until_ns, asked = self._asked.pop(_hash(asker), (0, {}))
        if self._clock.now_ns() > until_ns:
            raise PasskeyRefused
        return asked


class Passkeys:
    """Asks browsers for passkeys, and checks what they answer."""

    def __init__(self, clock: Clock, facility: str, domain: str = "") -> None:
        """*domain*: parent of the names of all stations, for keys that open each; "" for the name in the address."""
        self._challenges = Challenges(clock)
        self._facility = facility
        self._domain = domain
        self._counts: dict[str, int] = {}  # credential -> what its counter said last

    def site(self, host: str) -> str:
        """Return what a key made at *host* is bound to."""
        name = urlsplit(f"//{host}").hostname or ""
        return self._domain if name.endswith(f".{self._domain}") else name

    def ask_new(self, host: str, asker: str, account: Account) -> dict[str, Any]:
        """Return what a browser is asked to make a key of *account* (PublicKeyCredentialCreationOptions, as JSON)."""
        user = {"id": _handle(account.login), "name": account.login, "displayName": account.name}
        asked, state = self._server(host).register_begin(
            user,  # type: ignore[arg-type]  # it takes a mapping
            [self._known(one) for one in account.passkeys],
            resident_key_requirement="required",  # type: ignore[arg-type]  # takes the word
            user_verification="required",  # type: ignore[arg-type]
        )
        self._challenges.keep(asker, state)
        return dict(asked)["publicKey"]  # type: ignore[no-any-return]

    def made(self, host: str, asker: str, answer: Any) -> tuple[str, str]:
        """Return id and public key of the key that a browser made.

        Raises:
            PasskeyRefused: It is not what was asked for.
        """
        from fido2 import cbor  # noqa: PLC0415  # loaded when somebody brings a key
        from fido2.utils import websafe_encode  # noqa: PLC0415

        state = self._challenges.take(asker)
        try:
            found = self._server(host).register_complete(state, answer).credential_data
        except Exception as wrong:  # as below
            raise PasskeyRefused from wrong
        assert found is not None, "a registration holds a credential"
        return websafe_encode(found.credential_id), websafe_encode(cbor.encode(dict(found.public_key)))

    def ask(self, host: str, asker: str) -> dict[str, Any]:
        """Return what a browser is asked to let somebody in by (PublicKeyCredentialRequestOptions): it names nobody."""
        asked, state = self._server(host).authenticate_begin(user_verification="required")  # type: ignore[arg-type]
        self._challenges.keep(asker, state)
        return dict(asked)["publicKey"]  # type: ignore[no-any-return]

    def check(self, host: str, asker: str, answer: Any, account: Account, passkey: Passkey) -> None:
        """Check that a browser's answer is *passkey*'s, of *account*.

        Raises:
            PasskeyRefused: It is not, or it is not what was asked for.
        """
        from fido2.webauthn import AuthenticationResponse  # noqa: PLC0415

        state = self._challenges.take(asker)
        try:
            found = AuthenticationResponse.from_dict(answer)
            self._server(host).authenticate_complete(state, [self._known(passkey)], found)
        except Exception as wrong:  # a stranger's bytes in a library's hands: whatever they raise, nobody comes in
            raise PasskeyRefused from wrong
        if found.response.user_handle != _handle(account.login):
            raise PasskeyRefused
        before, now = self._counts.get(passkey.credential, 0), found.response.authenticator_data.counter
        if (before or now) and now <= before:
            raise PasskeyRefused
        self._counts[passkey.credential] = now

    def _server(self, host: str) -> "Fido2Server":
        from fido2.rpid import verify_rp_id  # noqa: PLC0415
        from fido2.server import Fido2Server  # noqa: PLC0415

        site = self.site(host)
        return Fido2Server(
            {"id": site, "name": self._facility},  # type: ignore[arg-type]  # it takes a mapping
            verify_origin=lambda origin: urlsplit(origin).netloc == host and verify_rp_id(site, origin),
        )

    def _known(self, one: Passkey) -> Any:
        from fido2 import cbor  # noqa: PLC0415
        from fido2.cose import CoseKey  # noqa: PLC0415
        from fido2.utils import websafe_decode  # noqa: PLC0415
        from fido2.webauthn import Aaguid, AttestedCredentialData  # noqa: PLC0415

        key = CoseKey.parse(cbor.decode(websafe_decode(one.public_key)))  # type: ignore[arg-type]  # a map, as made
        return AttestedCredentialData.create(Aaguid.NONE, websafe_decode(one.credential), key)


def credential_of(answer: Any) -> str:
    """Return the id of the key that a browser's answer names; "" for none."""
    said = answer.get("id") if isinstance(answer, dict) else None
    return said if isinstance(said, str) else ""


def _handle(login: str) -> bytes:
    """What a key knows its owner by: the same at each station, and no name."""
    return sha256(f"contrefeu passkey owner v1\0{login}".encode()).digest()


def _hash(asker: str) -> bytes:
    return sha256(asker.encode()).digest()
