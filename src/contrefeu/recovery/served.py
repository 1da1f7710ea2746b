"""What a restored system holds, as its FHIR API says it: every resource of the types that charts hold.

Rules kept here:
  * Resources are compared statement by statement, as those of an export are; a type that the server does not give is
    said, once, and what we hold of it is missing there as far as anybody can tell.
"""

from collections.abc import Iterator

from contrefeu.capture import Item
from contrefeu.fhir import encode
from contrefeu.journal import MEDIA_FHIR
from contrefeu.recovery.fhir_server import FhirServer, Refused, away
from contrefeu.recovery.holdings import Unreadable
from contrefeu.recovery.salient import SALIENT


class Served:
    """Asks a server once: a second reading, for what no journal knows, needs the marks of the first alone."""

    def __init__(self, server: FhirServer) -> None:
        self._server = server
        self._asked = False

    def __call__(self) -> Iterator[Item | Unreadable]:
        """Yield what it holds.

        Raises:
            StorageError: It stopped answering: a comparison with part of it would call the rest missing.
        """
        if self._asked:
            return
        self._asked = True
        for kind in SALIENT:
            try:
                for resource in self._server.search(kind):
                    yield Item(encode(resource), MEDIA_FHIR, "", kind)
            except Refused as refused:
                yield Unreadable(self._server.url, str(refused))
            except OSError as failed:
                raise away(self._server.url, failed) from None
