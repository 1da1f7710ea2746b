"""A document sealed to a role opens with its key alone, whole, or not at all (F45, docs/spec/sealed-document-v1.md).

Method: the frozen vector, by its words; bodies there and back; each byte of one changed; hostile bytes.
"""

import json
from base64 import b64decode
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contrefeu.custody import draw_role_key, key_of, open_role_key, open_sealed
from contrefeu.custody.keypair import KeyPair
from contrefeu.journal import MEDIA_HL7V2, MEDIA_SEALED, Outline, as_known, as_repeated, read_sealed, seal_document

VECTOR = json.loads((Path(__file__).parents[2] / "docs/spec/vectors/sealed-document-v1.json").read_text())
SAME = b"s" * 16


@pytest.fixture(scope="module")
def role():
    """A key, and what its words open."""
    made, words = draw_role_key("psy", KeyPair.draw("recovery")[0].recipient)
    key = key_of(made)
    return key, open_role_key("psy", key.lock, words)


@pytest.mark.req("F45")
def test_the_vector_opens_by_its_words():
    """What an earlier version sealed opens for ever, and says what it said."""
    found = read_sealed(b64decode(VECTOR["body"]))
    assert found is not None
    pair = open_role_key(found.head.role, found.head.lock, VECTOR["words"])
    assert open_sealed(found, pair).decode() == VECTOR["document"]
    assert (found.head.role, found.head.outline.body.decode()) == (VECTOR["role"], VECTOR["outline"])


@pytest.mark.req("F45")
@given(body=st.binary(max_size=5000), known=st.none() | st.binary(max_size=200))
@settings(max_examples=50)
def test_what_is_sealed_opens_as_it_came(role, body, known):
    """Any bytes; nothing of eight bytes or more of them stands in the entry but what the outline says."""
    key, pair = role
    outline = Outline(MEDIA_HL7V2, known) if known is not None else None
    sealed = seal_document(key, MEDIA_HL7V2, body, outline, SAME)
    found = read_sealed(sealed)
    assert open_sealed(found, pair) == body
    assert as_repeated(MEDIA_SEALED, sealed) == SAME
    assert as_known(MEDIA_SEALED, sealed) == ((MEDIA_HL7V2, known) if known is not None else (MEDIA_SEALED, sealed))
    assert len(body) < 8 or body not in sealed


@pytest.mark.req("F45", "C1")
def test_no_byte_can_be_changed(role):
    """Each byte of one, changed, and cut short anywhere: it opens no more."""
    key, pair = role
    sealed = seal_document(key, MEDIA_HL7V2, b"MSH|the document", Outline(MEDIA_HL7V2, b"MSH|outline"), SAME)
    for at in range(len(sealed)):
        found = read_sealed(sealed[:at] + bytes((sealed[at] ^ 1,)) + sealed[at + 1 :])
        assert found is None or open_sealed(found, pair) is None, at
    for end in range(0, len(sealed), 7):
        found = read_sealed(sealed[:end])
        assert found is None or open_sealed(found, pair) is None, end


@pytest.mark.req("F45")
def test_another_key_opens_nothing(role):
    """Another role's key, and the role's own later key."""
    key, _ = role
    sealed = read_sealed(seal_document(key, MEDIA_HL7V2, b"x", None, SAME))
    assert open_sealed(sealed, KeyPair.draw("role/psy")[0]) is None


@given(st.binary(max_size=300) | st.binary(max_size=300).map(lambda rest: b'{"sealed":"v1",' + rest))
def test_hostile_bytes_are_no_document(body):
    """None of them raises."""
    assert read_sealed(body) is None


def test_a_lock_from_elsewhere_is_bounded(role):
    """A cost that would take the machine's memory, or is none, is not tried."""
    key, _ = role
    for n in (0, 1, 3, 2**18, 2**40):
        assert open_role_key("psy", msgspec.structs.replace(key.lock, n=n), "academic") is None
    assert open_role_key("psy", msgspec.structs.replace(key.lock, seed=b""), "academic") is None
