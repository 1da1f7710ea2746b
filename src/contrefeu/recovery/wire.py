"""One message, one answer: over MLLP (HL7 v2.9, 2.9.2 and 2.9.3), or a FHIR transaction (R4, http.html#transaction).

Rules kept here:
  * A message is sent once by `exchange`; whether it may be sent again is decided elsewhere.
  * An answer counts when its MSA-2 is the control id that was sent. CA is one only where no answer of the application
    was asked for (MSH-16): else it says that the message arrived, and what becomes of it is still to come.
  * The answer to the message before, said again, is passed over; anything else is no answer, and the connection is not
    used again: what comes late finds nobody.
  * `NotReached` is raised only while nothing of the message was sent.
  * A transaction is accepted once what it made was read back and says what was sent; an OperationOutcome rejects it;
    all else is no answer.
"""

import select
import socket
import time
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from msgspec import Struct

from contrefeu.base import OperatorError, StorageError
from contrefeu.fhir import Json, decode
from contrefeu.hl7 import Frame, Framer, NotHl7, frame, peek, read_answer
from contrefeu.recovery.fhir_server import FhirServer, away
from contrefeu.recovery.salient import differs

ANSWER_BYTES_MAX = 2**20  # an acknowledgement with all its ERR segments has some kilobytes
AGAIN_S = 5.0  # before what had no answer is sent again: an engine takes some seconds to start a listener anew
CONNECT_S = 10.0  # a hospital's own network: what does not answer by then is not up
_READ_BYTES = 65_536
_ACCEPTS = frozenset({"AA", "CA"})  # HL7 table 0008
_REJECTS = frozenset({"AE", "AR", "CE", "CR"})


class NotReached(Exception):
    """The target is not there; nothing was sent."""


class Outcome(Struct, frozen=True):
    """How a message was answered."""

    code: str  # MSA-1, or the status of an OperationOutcome; "" for no answer
    why: str = ""  # of no answer

    @property
    def accepted(self) -> bool:
        """Whether the target has it."""
        return self.code in _ACCEPTS


class Target(Protocol):
    """Something that messages are sent to."""

    def exchange(self, body: bytes, control_id: str) -> Outcome:
        """Send one message and wait for its answer."""
        ...

    def close(self) -> None:
        """Disconnect."""
        ...


class MllpTarget:
    """A listener, over one connection at a time."""

    def __init__(self, host: str, port: int, answer_s: float, answer_bytes_max: int = ANSWER_BYTES_MAX) -> None:
        self._address = (host, port)
        self._answer_bytes_max = answer_bytes_max
        self.answer = b""  # the last that was an answer
        self._answer_s = answer_s
        self._socket: socket.socket | None = None
        self._asked = select.poll()  # of that connection
        self._framer = Framer(answer_bytes_max)
        self._before = ""  # control id of the message before, on this connection

    def exchange(self, body: bytes, control_id: str) -> Outcome:
        """Send one message and wait for its answer.

        Raises:
            NotReached: Nobody listens; nothing was sent.
        """
        connection = self._connected(control_id)
        try:
            connection.settimeout(self._answer_s)
            connection.sendall(frame(body))
            outcome = self._answer(connection, body, control_id)
        except OSError as failed:
            outcome = Outcome("", f"the connection failed ({type(failed).__name__})")
        if not outcome.code:
            self.close()
        self._before = control_id
        return outcome

    def reach(self) -> None:
        """Connect, if it was not done: nothing is claimed for who does not listen.

        Raises:
            NotReached: Nobody listens.
        """
        self._connected("")

    def close(self) -> None:
        """Disconnect."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _connected(self, control_id: str) -> socket.socket:
        """A connection on which nothing is owed, and on which no earlier answer can be taken for this one's."""
        repeated = bool(control_id) and control_id == self._before
        if self._socket is not None and (repeated or not self._is_quiet()):
            self.close()
        if self._socket is None:
            try:
                self._socket = socket.create_connection(self._address, CONNECT_S)
            except OSError as refused:
                raise NotReached(type(refused).__name__) from None
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._asked = select.poll()  # select() knows no file beyond the first 1,024 of a process
            self._asked.register(self._socket, select.POLLIN)
            self._framer, self._before = Framer(self._answer_bytes_max), ""
        return self._socket

    def _is_quiet(self) -> bool:
        """Whether the other side neither hung up nor said more than it was asked."""
        return not self._framer.unfinished and not self._asked.poll(0)

    def _answer(self, connection: socket.socket, sent: bytes, control_id: str) -> Outcome:
        until = time.monotonic() + self._answer_s
        while (left := until - time.monotonic()) > 0:
            connection.settimeout(left)
            try:
                data = connection.recv(_READ_BYTES)
            except TimeoutError:
                break
            if not data:
                return Outcome("", "the target hung up")
            only = self._framer.only(data)
            for found in [Frame(only)] if only is not None else self._framer.receive(data):
                outcome = self._read(found.body, sent, control_id) if isinstance(found, Frame) else _NONSENSE
                if outcome is not None:
                    return outcome
        return Outcome("", "no answer in time")

    def _read(self, body: bytes, sent: bytes, control_id: str) -> Outcome | None:
        """What an answer says; None for one that was said before, and for one behind which another is owed."""
        try:
            code, answers = read_answer(body)
        except NotHl7:
            return _NONSENSE
        if answers == control_id and code in _ACCEPTS | _REJECTS:
            self.answer = body
            return None if code == "CA" and _asks_its_application(sent) else Outcome(code)
        return None if self._before and answers == self._before else _NONSENSE


def _asks_its_application(sent: bytes) -> bool:
    """Whether an answer follows the one that says that the message arrived."""
    header = peek(sent)
    return header is not None and header.app_ack == "AL"


_NONSENSE = Outcome("", "what came back is no answer to it")


class FhirTarget:
    """A FHIR server that takes transactions."""

    def __init__(self, server: FhirServer) -> None:
        self._server = server

    def exchange(self, body: bytes, control_id: str) -> Outcome:  # noqa: ARG002 - an answer is on its own connection
        """Send one transaction, and read back what it made.

        Raises:
            NotReached: Nobody listens; nothing was sent.
        """
        try:
            answer = self._server.post(body)
        except ConnectionRefusedError as refused:
            raise NotReached(str(refused)) from None
        except OSError as failed:
            return Outcome("", f"the connection failed ({type(failed).__name__})")
        if answer.resource.get("resourceType") == "OperationOutcome" and answer.status >= 400:
            return Outcome(str(answer.status), f"the target rejected it: {answer.why}")
        made = answer.resource.get("entry") if answer.resource.get("type") == "transaction-response" else None
        if answer.status != 200 or not isinstance(made, list):
            return Outcome("", f"what came back is no answer to it ({answer.status})")
        return self._read_back([entry["resource"] for entry in decode(body)["entry"]], made)

    def theirs(self, kind: str, number: str) -> list[Json]:
        """Return what the target holds of a type under *number*, a `token`.

        Raises:
            StorageError: It does not answer.
        """
        try:
            found = self._server.get(kind, identifier=number)
        except OSError as failed:
            raise away(self._server.url, failed) from None
        entries = found.resource.get("entry") if found.status == 200 else None
        resources = [one.get("resource") for one in entries or [] if isinstance(one, dict)]
        return [one for one in resources if isinstance(one, dict) and one.get("resourceType") == kind]

    def close(self) -> None:
        """Disconnect."""
        self._server.close()

    def _read_back(self, sent: list[Json], made: list[Any]) -> Outcome:
        """Look at each resource that the answer names: it is there, and what was made now says what was sent."""
        if len(made) != len(sent):
            return Outcome("", "its answer does not name what was made")
        for ours, one in zip(sent, made, strict=True):
            response = one.get("response") if isinstance(one, dict) else None
            status = str((response or {}).get("status", ""))
            where = str((response or {}).get("location", "")).partition("/_history")[0]
            if not where or not status.startswith("2"):
                return Outcome("", "its answer does not name what was made")
            try:
                found = self._server.get("/".join(where.split("/")[-2:]))
            except OSError as failed:
                return Outcome("", f"it was accepted, and could not be read back ({type(failed).__name__})")
            if found.status != 200:
                return Outcome("", "it was accepted, and is not there when read back")
            if status.startswith("201") and differs(ours, found.resource):
                return Outcome("", "it was accepted, and says something else when read back")
        return Outcome("AA")


def open_target(
    url: str, answer_s: float, token_file: Path | None = None, *, answer_bytes_max: int = ANSWER_BYTES_MAX
) -> "MllpTarget | FhirTarget":
    """Return the target at *url*; nothing is connected yet.

    Raises:
        OperatorError: It is no target.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if host and port and parts.scheme == "mllp":
        return MllpTarget(host, port, answer_s, answer_bytes_max)
    if host and parts.scheme in ("http", "https"):
        return FhirTarget(FhirServer(url, token_file, answer_s))
    raise OperatorError(
        "That is no target that messages can be sent back to.",
        safe="Nothing was sent.",
        next="Give --to mllp://HOST:PORT, or http(s)://HOST/BASE of a FHIR R4 server.",
    )


def unreachable(target: str, why: str) -> StorageError:
    """The target is not there."""
    return StorageError(
        f"Nobody listens at {target} ({why}).",
        safe="What was answered so far; nothing is in doubt that was not before.",
        next="contrefeu replay … --resume goes on once it listens.",
    )
