"""Tests of the journal cut power in play only (desk.py): a real sync would show nothing, and costs the neighbours."""

import os

import pytest

from contrefeu.journal import store


@pytest.fixture(autouse=True, scope="package")
def _a_light_disk():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda fd: None)
        patch.setattr(os, "fdatasync", lambda fd: None)
        patch.setattr(store, "PREALLOCATE_BYTES", 1 << 16)  # hundreds of journals of 4 MiB would fill a small machine
        yield
