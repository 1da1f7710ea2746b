"""The real messages in tests/data/, as tests ask for them: every HL7 v2 message, whatever file it stands in.

A message is the bytes that `contrefeu import` would journal, named by its file and its number there.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from contrefeu.capture.files import Item, files_in, read_file
from contrefeu.journal import MEDIA_HL7V2

DATA = Path(__file__).parent / "data"


class Real(NamedTuple):
    """One message, document or resource that nobody here wrote."""

    name: str
    media_type: str
    source: str
    body: bytes


def real(under: str) -> Iterator[Real]:
    """Everything under a folder or in a file of tests/data/, in order of name."""
    for path in files_in(DATA / under):
        for item in read_file(path):
            if isinstance(item, Item):
                name = item.origin.removeprefix(f"{DATA}/")
                yield Real(name, item.media_type, item.source, item.body)


@cache
def hl7_messages(every: int = 1) -> tuple[Real, ...]:
    """HL7 v2 messages of tests/data/hl7v2/; *every* n-th of the long simhospital streams, all of the rest."""
    found = [one for one in real("hl7v2") if one.media_type == MEDIA_HL7V2]
    stream = "hl7v2/simhospital/"
    return tuple(one for n, one in enumerate(found) if not one.name.startswith(stream) or n % every == 0)
