"""Ids are those of RFC 4122, version 5: anybody can compute them from what a thing is called.

Method: the standard library's own function, on any names.
"""

from uuid import uuid5

from hypothesis import given
from hypothesis import strategies as st

from contrefeu.fhir import derived_id
from contrefeu.fhir.codec import NAMESPACE


@given(st.lists(st.text(), min_size=1, max_size=4))
def test_derived_ids_are_version_5_uuids(names):
    """The same names give the same id as uuid.uuid5 does."""
    assert derived_id(*names) == str(uuid5(NAMESPACE, "\x1f".join(names)))
