"""What rotted in an object store is mended from another copy: the good segment is laid beside, nothing is replaced.

Method: a real Ceph gateway whose disks rot: bytes of an object are changed beneath it, in its own pool, which no lock
prevents; objects of a plain bucket are removed. Then repair, and look at what a stranger finds.
"""

import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from contrefeu.vault import (
    Repaired,
    Scrubber,
    Shipper,
    Vault,
    copy_in_folder,
    credentials_file,
    last_passes,
    open_vault,
    repair_store,
    verify_vault,
)
from contrefeu.vault.pace import BURST_S
from tests.drills.node import contrefeu
from tests.vault.gateway import Store
from tests.vault.house import FOLDER, JOURNAL, House

pytestmark = pytest.mark.object_store
COUNT = 24


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A journal of several segments, the last one closed too."""
    found = House(tmp_path / "home", segment_bytes=1500)
    found.say(COUNT, size=200)
    found.stop()
    return found


def filled(house: House, vault: Vault) -> Vault:
    shipper = Shipper(house, vault)
    assert shipper.step().entries == COUNT
    shipper.finish()
    return vault


def stranger(vault: Vault, tmp_path: Path) -> Vault:
    return open_vault(vault.url, tmp_path / "credentials.toml")


def mended(house: House, vault: Vault, tmp_path: Path) -> list[Repaired]:
    store: Any = stranger(vault, tmp_path)
    return repair_store(store, FOLDER, house.signer.verifier, [copy_in_folder("home", house.files)])


def rot(store: Store, bucket: str, name: str, at: int) -> bytes:
    """Change a byte of a segment where the store keeps it, and one of each of its chunks; returns the segment."""
    pool = ["rados", "-c", str(store.conf), "-p", "default.rgw.buckets.data"]
    listed = subprocess.run([*pool, "ls"], check=True, capture_output=True).stdout.decode().splitlines()
    ours = f"{store.marker(bucket)}__:"
    whole = b""
    for found in (one for one in listed if one.startswith(ours) and name in one):
        data = bytearray(subprocess.run([*pool, "get", found, "-"], check=True, capture_output=True).stdout)
        data[at if found.endswith(name) else 10] ^= 0x40
        subprocess.run([*pool, "put", found, "-"], check=True, input=bytes(data))
        whole = bytes(data) if found.endswith(name) else whole
    assert whole
    return whole


@pytest.mark.parametrize("at", [40, 700], ids=["in its header", "in a frame"])
def test_a_rotten_object_is_mended_and_kept(store: Store, house: House, tmp_path: Path, at: int) -> None:
    """Found, fetched from the journal, laid beside under its own lock; the rotten version is there as it was."""
    bucket = store.new_bucket()
    vault = filled(house, store.vault(tmp_path, bucket=bucket))
    number = house.files.segments()[2]
    rotten = rot(store, bucket, f"{number:010d}.seg", at)
    [before] = verify_vault(stranger(vault, tmp_path))
    assert not before.intact
    [one] = mended(house, vault, tmp_path)
    assert (one.journal, one.segment, one.source, one.differs_at) == (JOURNAL, number, "home", at)
    [found] = verify_vault(stranger(vault, tmp_path))
    assert (found.intact, found.damage, found.entries) == (True, [], COUNT)
    key = f"node/journals/{FOLDER}/segments/{number:010d}.seg"
    kept = store.client().get_object(Bucket=bucket, Key=key, VersionId=one.kept)["Body"].read()
    assert kept == rotten
    lock = store.client().get_object_retention(Bucket=bucket, Key=key)["Retention"]
    assert lock["Mode"] == "COMPLIANCE"
    assert mended(house, vault, tmp_path) == []


@pytest.mark.parametrize("days", [2, 36_500], ids=["its time was over", "it was to be kept"])
def test_lost_objects_come_back_but_those_whose_time_was_over(
    store: Store, house: House, tmp_path: Path, days: int
) -> None:
    """A plain copy can be deleted: what lacks comes back; at the beginning, only what is younger than `days`."""
    bucket = store.new_bucket(locking=False)
    vault = filled(house, store.vault(tmp_path, bucket=bucket, lock="none", days=days))
    numbers = house.files.segments()
    for number in (numbers[0], numbers[1], numbers[3]):
        key = f"node/journals/{FOLDER}/segments/{number:010d}.seg"
        store.client().delete_object(Bucket=bucket, Key=key)
    for name in store.client().list_objects_v2(Bucket=bucket, Prefix="node/open/").get("Contents", ()):
        store.client().delete_object(Bucket=bucket, Key=name["Key"])
    done = mended(house, vault, tmp_path)
    wanted = [numbers[3]] if days == 2 else [numbers[3], numbers[1], numbers[0]]
    assert [(one.segment, one.source, one.differs_at) for one in done] == [(number, "home", -1) for number in wanted]
    if days > 2:
        [found] = verify_vault(stranger(vault, tmp_path))
        assert (found.intact, found.damage, found.entries) == (True, [], COUNT)
    assert mended(house, vault, tmp_path) == []


def test_what_rots_in_a_store_is_found_by_scrubbing(store: Store, house: House, tmp_path: Path) -> None:
    """Each closed segment is read again there too, at the pace of the settings; the damaged one is named."""
    bucket = store.new_bucket()
    vault = filled(house, store.vault(house.root, bucket=bucket))
    credentials = credentials_file(house.vault_credentials, vault.url)
    credentials.parent.mkdir()
    credentials.touch(mode=0o600)
    credentials.write_bytes(store.credentials(tmp_path).read_bytes())
    rate = "scrub_bytes_per_second_max = 20_000"
    house.settings.write_text(house.settings.read_text() + f'[copies]\n{rate}\n[[vaults]]\nurl = "{vault.url}"\n')
    number = house.files.segments()[2]
    rot(store, bucket, f"{number:010d}.seg", 700)
    state = tmp_path / "scrub.json"
    began = time.monotonic()
    Scrubber(house, state, house.clock, lambda: False).step()
    told = last_passes(state)
    assert (told["home"]["state"], told[vault.url]["state"]) == ("sound", "damaged")
    assert [one["segment"] for one in told[vault.url]["damage"]] == [number]
    assert told[vault.url]["segments"] == len(house.files.segments()) - 1
    paced = told["home"]["bytes"] + told[vault.url]["bytes"]
    assert time.monotonic() - began > 0.8 * (paced - 2 * 20_000 * BURST_S) / 20_000


def test_the_command_mends_a_store_too(store: Store, tmp_path: Path) -> None:
    """`vault repair`: named in its report, exit status 0; 12 while the journal has not the segment whole either."""
    home, bucket, key = tmp_path / "home", store.new_bucket(), store.credentials(tmp_path / "key")
    contrefeu(home, "init", "--drill")
    contrefeu(home, "vault", "add", store.url(bucket, days=2, open_days=1), "--credentials", str(key))
    for _ in range(2):  # each begins a segment
        contrefeu(home, "import", "docs/start/messages")
        contrefeu(home, "vault", "copy")
    rot(store, bucket, "capture/segments/0000000001.seg", 40)
    path = next(home.glob("journals/*-capture/segments/0000000001.seg"))
    good = path.read_bytes()
    path.write_bytes(bytes([good[0] ^ 1]) + good[1:])
    told = contrefeu(home, "vault", "repair", status=12)
    assert {(one["place"][:4], one["segment"]) for one in told["not_repaired"]} == {("home", 1), ("s3:/", 1)}
    path.write_bytes(good)
    told = contrefeu(home, "vault", "repair")
    assert [(one["place"][:4], one["segment"], one["source"]) for one in told["repaired"]] == [("s3:/", 1, "home")]
    url = store.url(bucket, days=2, open_days=1)
    assert contrefeu(home, "vault", "verify", url, "--credentials", str(key))["intact"]
