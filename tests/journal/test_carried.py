"""An entry that a ward's journal carries is the one it was, and what is none stays what it is."""

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from contrefeu.journal import MEDIA_CARRIED, Carried, Entry, carry, read_at, unpacked, ward_journal, ward_prefix

VECTORS = json.loads((Path(__file__).parents[2] / "docs" / "spec" / "vectors" / "carried-v1.json").read_text())
_words = st.text(st.characters(codec="utf-8"), max_size=40)
_numbers = st.integers(1, 2**63)
_entries = st.builds(
    Entry,
    journal=st.from_regex(r"[a-z0-9][a-z0-9.-]{0,20}(/[a-z0-9][a-z0-9.-]{0,20})?", fullmatch=True),
    sequence=_numbers,
    received_ns=_numbers,
    hlc=_numbers,
    source=_words,
    media_type=_words,
    body=st.binary(max_size=200),
)


def carried(entry: Entry) -> Entry:
    """*entry*, read out of a ward's journal."""
    draft = carry(entry)
    return unpacked(Entry("h-ward0", 7, draft.received_ns, 99, draft.source, draft.media_type, draft.body))


@given(_entries)
def test_what_is_carried_comes_out_as_it_was(entry: Entry) -> None:
    """Every field, byte for byte; and where it was read is known beside."""
    found = carried(entry)
    assert isinstance(found, Carried)
    assert [getattr(found, name) for name in Entry.__struct_fields__] == [
        getattr(entry, name) for name in Entry.__struct_fields__
    ]
    assert found.ref == entry.ref
    assert read_at(found) == ("h-ward0", 7)
    assert read_at(entry) == (entry.journal, entry.sequence)


@given(st.binary(max_size=120))
def test_bytes_that_carry_nothing_stay_an_entry_of_their_own(body: bytes) -> None:
    """Whatever stands there: no error, and nobody else's entry comes out of a length that lies."""
    entry = Entry("h-ward0", 7, 1, 2, "s", MEDIA_CARRIED, body)
    found = unpacked(entry)
    assert found is entry or (isinstance(found, Carried) and read_at(found) == ("h-ward0", 7))


def test_nothing_is_carried_twice_over() -> None:
    """An entry that carries an entry that carries one would speak for a journal that nobody asked."""
    inner = carried(Entry("n-capture", 1, 1, 1, "s", "x", b"body"))
    draft = carry(Entry(inner.journal, 1, 1, 1, "s", MEDIA_CARRIED, carry(inner).body))
    entry = Entry("h-ward0", 3, 1, 1, "s", MEDIA_CARRIED, draft.body)
    assert unpacked(entry) is entry


def test_other_media_types_are_left_alone() -> None:
    """A feed that sends such bytes under another name carries nothing."""
    body = carry(Entry("n-capture", 1, 1, 1, "s", "x", b"body")).body
    entry = Entry("n-capture", 3, 1, 1, "s", "application/octet-stream", body)
    assert unpacked(entry) is entry


def test_frozen_examples_hold() -> None:
    """The page's own examples, frozen."""
    for vector in VECTORS["carried"]:
        said = vector["entry"]
        entry = Entry(**(said | {"body": bytes.fromhex(said["body"])}))
        assert carry(entry).body.hex() == vector["body"]
        assert carried(entry).ref == vector["ref"]
    for vector in VECTORS["refused"]:
        entry = Entry("h-ward0", 1, 1, 1, "s", MEDIA_CARRIED, bytes.fromhex(vector["body"]))
        assert unpacked(entry) is entry, vector["why"]
    for vector in VECTORS["names"]:
        assert ward_journal(vector["node"], vector["station"]) == vector["journal"]
        assert vector["journal"].startswith(ward_prefix(vector["node"]))
