"""A vault in an object store outlives whoever has the node's credentials.

Method: the claims of every kind (tests/suites/copy_suite.py) on a real Ceph gateway, then what an intruder does there
with the node's own credentials while the node runs, and after it is gone: delete, hide, lay other things beside.
"""

import base64
import datetime as dt
import os
import threading
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from hashlib import md5
from pathlib import Path
from typing import Any

import pytest

from contrefeu.base import OperatorError
from contrefeu.journal import MEDIA_HL7V2, Draft, JournalFiles, verify_journal
from contrefeu.journal.segment import SegmentSealer
from contrefeu.vault import CopyState, Shipper, Vault, VaultAway, open_vault, verify_vault
from contrefeu.vault.address import Credentials, parse_s3
from contrefeu.vault.bucket import Bucket, Version
from contrefeu.vault.chunks import Chunk
from contrefeu.vault.object_lock import ObjectLockVault
from contrefeu.vault.pace import Pace
from contrefeu.vault.stored import StoredSegment
from tests.suites.copy_suite import CopyClaims, expiry_of
from tests.vault.gateway import Relay, Store
from tests.vault.house import FOLDER, House, tree_of

pytestmark = pytest.mark.object_store


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path / "home")


def bucket_of(vault: Vault) -> str:
    return vault.url.removeprefix("s3://").partition("/")[0]


def versions(store: Store, bucket: str, prefix: str = "") -> list[dict[str, Any]]:
    pages = store.client().get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=f"node/{prefix}")
    return [version for page in pages for version in page.get("Versions", ())]


class TestObjectLock(CopyClaims):
    """What any vault must do, a bucket with Object Lock does."""

    @pytest.fixture
    def vault(self, tmp_path: Path, store: Store, relay: Relay) -> Vault:
        return store.vault(tmp_path, relay=relay)

    @pytest.fixture
    def trace(self, vault: Vault, store: Store) -> Callable[[str], object]:
        def trace(folder: str) -> object:
            vault.finish()
            places = [folder, f"open/{folder}"] if folder else [""]
            found = [v for place in places for v in versions(store, bucket_of(vault), place)]
            return [(v["Key"], v["VersionId"], v["LastModified"]) for v in found]

        return trace

    @pytest.fixture
    def away(self, relay: Relay) -> Callable[[bool], None]:
        return relay.cut


# What an intruder does with the node's credentials.


class Intruder:
    """Somebody who took the node's credentials, and tries what they are good for."""

    def __init__(self, store: Store, bucket: str) -> None:
        self.client = store.client()
        self.bucket = bucket
        self.store = store

    def delete_everything(self) -> int:
        """Delete each object, and each version by its name; returns how many versions went."""
        gone = 0
        for found in versions(self.store, self.bucket):
            self.client.delete_object(Bucket=self.bucket, Key=found["Key"])
            try:
                self.client.delete_object(
                    Bucket=self.bucket, Key=found["Key"], VersionId=found["VersionId"], BypassGovernanceRetention=True
                )
                gone += 1
            except self.client.exceptions.ClientError:
                pass
        return gone

    def write_over_everything(self, *, cut: bool) -> None:
        """Lay garbage, or the first half of what is there, over each object."""
        for found in versions(self.store, self.bucket):
            there = self.client.get_object(Bucket=self.bucket, Key=found["Key"], VersionId=found["VersionId"])
            body = there["Body"].read()[: found["Size"] // 2] if cut else b"Your files are ours." * 10
            self.client.put_object(Bucket=self.bucket, Key=found["Key"], Body=body)

    def lay_frames(self, *, first: int, beside: bool) -> None:
        """Lay twenty whole frames, entry *first* and on, beside the last chunk of the open segment or behind it."""
        sealer = SegmentSealer(b"a header of theirs", bytes(32))
        sealer._frames = first - 1  # an entry a frame, as the house writes them
        made = [
            sealer.seal([b"theirs"], bytes(16), first_sequence=first + n, hlc=(n, n), received_ns=n)[0]
            for n in range(20)
        ]
        last = max(v["Key"] for v in versions(self.store, self.bucket, "open/"))
        folder, _, name = last.rpartition("/")
        at = int(name[:12]) + (0 if beside else int(name[13:23]))
        chunk = Chunk.of(at, b"".join(made))
        self.client.put_object(Bucket=self.bucket, Key=f"{folder}/{chunk.name}", Body=b"".join(made))

    def lay_segments(self, more: bytes = b"", **locked: Any) -> None:
        """Make one object of each segment's chunks before the node does, and lay what it keeps with them."""
        whole: dict[str, bytes] = {}
        for found in versions(self.store, self.bucket, "open/"):
            name = found["Key"].rpartition("/")[0].replace("node/open/", "node/")
            whole[name] = whole.get(name, b"") + self.read(found)
        for found in versions(self.store, self.bucket, f"journals/{FOLDER}/checkpoint/"):
            whole[f"{found['Key']}-kept"] = self.read(found)
        for name, body in whole.items():
            self.client.put_object(
                Bucket=self.bucket, Key=name, Body=body + more, ContentMD5=_md5(body + more), **locked
            )

    def read(self, found: dict[str, Any]) -> bytes:
        """The bytes of a version."""
        there = self.client.get_object(Bucket=self.bucket, Key=found["Key"], VersionId=found["VersionId"])
        return bytes(there["Body"].read())


def _md5(data: bytes) -> str:
    return base64.b64encode(md5(data, usedforsecurity=False).digest()).decode()


def locked_days(store: Store, bucket: str, found: dict[str, Any]) -> float:
    """For how many days from now on a version is locked; 0 when it is not."""
    client = store.client()
    try:
        kept = client.get_object_retention(Bucket=bucket, Key=found["Key"], VersionId=found["VersionId"])["Retention"]
    except client.exceptions.ClientError:
        return 0
    return float((kept["RetainUntilDate"] - dt.datetime.now(dt.UTC)).total_seconds() / 86400)


@pytest.fixture
def bucket(store: Store) -> str:
    return store.new_bucket()


@pytest.fixture
def vault(store: Store, bucket: str, tmp_path: Path) -> Vault:
    return store.vault(tmp_path, bucket=bucket)


def again(vault: Vault, tmp_path: Path, more: str = "") -> Vault:
    """The same vault as a stranger finds it: nothing remembered."""
    return open_vault(vault.url + more, tmp_path / "credentials.toml")


def copied(vault: Vault, house: House, count: int, closing: bool) -> None:
    """Entries over several segments, the last one open or closed, all in the vault."""
    house.segment_bytes = 3000
    shipper = Shipper(house, vault)
    for _ in range(4):
        house.say(count // 4, size=300)
        assert shipper.step().state == "up-to-date"
    if closing:
        house.stop()
        assert shipper.step().state == "up-to-date"
    shipper.finish()


@pytest.mark.req("C5", "D8")
@pytest.mark.parametrize("closing", [True, False], ids=["closed", "open"])
def test_whoever_deletes_everything_deletes_nothing(
    store: Store, vault: Vault, bucket: str, house: House, tmp_path: Path, closing: bool
) -> None:
    """Every object deleted, every version by name: not one goes, and the copy verifies as before."""
    copied(vault, house, 20, closing)
    assert Intruder(store, bucket).delete_everything() == 0
    [found] = verify_vault(again(vault, tmp_path))
    assert (found.intact, found.damage, found.entries) == (True, [], 20)


@pytest.mark.req("C5")
@pytest.mark.parametrize("cut", [True, False], ids=["first half", "garbage"])
@pytest.mark.parametrize("closing", [True, False], ids=["closed", "open"])
def test_what_is_laid_over_it_is_not_taken_for_it(
    store: Store, vault: Vault, bucket: str, house: House, tmp_path: Path, closing: bool, cut: bool
) -> None:
    """Each object written over and then hidden: of several versions the one counts that verifies (S12)."""
    copied(vault, house, 20, closing)
    intruder = Intruder(store, bucket)
    intruder.write_over_everything(cut=cut)
    intruder.delete_everything()
    [found] = verify_vault(again(vault, tmp_path))
    assert (found.intact, found.damage, found.entries) == (True, [], 20)


@pytest.mark.parametrize("beside", [True, False], ids=["beside", "ahead"])
def test_frames_laid_beside_ours_are_told_apart(
    store: Store, vault: Vault, bucket: str, house: House, tmp_path: Path, beside: bool
) -> None:
    """Well-formed frames, more than we have, where ours are and where the next ones come: the signed ones count."""
    house.say(3)
    shipper = Shipper(house, vault)
    shipper.step()
    Intruder(store, bucket).lay_frames(first=1 if beside else 4, beside=beside)
    house.say(5)
    assert shipper.step() == CopyState(8, "up-to-date")
    [found] = verify_vault(again(vault, tmp_path))
    assert (found.intact, found.damage, found.entries) == (True, [], 8)
    house.say(2)
    assert Shipper(house, again(vault, tmp_path)).step() == CopyState(10, "up-to-date")


def test_the_vault_as_it_was_before_the_credentials_were_stolen(
    store: Store, vault: Vault, bucket: str, house: House, tmp_path: Path
) -> None:
    """`as-of`: what was laid there later is not looked at, whoever signed it."""
    house.say(5)
    Shipper(house, vault).step()
    time.sleep(1.1)
    then = store.client().list_buckets()["ResponseMetadata"]["HTTPHeaders"]["date"]
    instant = parsedate_to_datetime(then).strftime("%Y-%m-%dT%H:%M:%SZ")
    time.sleep(1.1)
    house.say(5)
    Shipper(house, again(vault, tmp_path)).step()
    Intruder(store, bucket).write_over_everything(cut=False)
    [found] = verify_vault(again(vault, tmp_path, f"&as-of={instant}"))
    assert (found.intact, found.damage, found.entries) == (True, [], 5)


def test_whoever_lists_and_reads_learns_no_word(store: Store, vault: Vault, bucket: str, house: House) -> None:
    """Names, sizes and times; of what was said, nothing: every version of every object is searched."""
    copied(vault, house, 20, closing=True)
    client = store.client()
    for found in versions(store, bucket):
        body = client.get_object(Bucket=bucket, Key=found["Key"], VersionId=found["VersionId"])["Body"].read()
        assert b"entry 1" not in body, found["Key"]


def test_segments_that_are_closed_become_one_object(
    store: Store, vault: Vault, bucket: str, house: House, tmp_path: Path
) -> None:
    """Locked for `days`, read back; its chunks stay until their own lock is over, and then they go."""
    copied(vault, house, 20, closing=True)
    segments = versions(store, bucket, "journals/")
    numbers = [v["Key"].rpartition("/")[2] for v in segments if v["Key"].endswith(".seg")]
    assert numbers == [path.name for path in sorted(house.files.segments_folder.iterdir())]
    client = store.client()
    for found in versions(store, bucket):
        named = {"Bucket": bucket, "Key": found["Key"], "VersionId": found["VersionId"]}
        until = client.get_object_retention(**named)["Retention"]["RetainUntilDate"]
        days = (until - found["LastModified"]).total_seconds() / 86400
        short = "/open/" in found["Key"] or ("/checkpoint/" in found["Key"] and not found["Key"].endswith("-kept"))
        assert days == pytest.approx(1 if short else 2, abs=0.001), found["Key"]


@pytest.mark.parametrize("closing", [True, False], ids=["closed", "open"])
def test_a_check_has_one_segment_at_a_time_here(
    vault: Vault, house: House, tmp_path: Path, closing: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy may be larger than the disk of who checks it; what is found is what a check of the whole finds."""
    copied(vault, house, 20, closing=closing)
    stranger, read = again(vault, tmp_path), []
    name = f"journals/{FOLDER}"
    monkeypatch.setattr(StoredSegment, "read", _recording(StoredSegment.read, read))
    [found] = verify_vault(stranger)
    assert list(stranger.journal(name).folder.rglob("*.seg")) == []
    assert len(read) == len(house.files.segments()) > 2  # each fetched whole once, and its header alone before
    monkeypatch.undo()
    assert found == verify_journal(JournalFiles(stranger.folder(name)))
    assert (found.intact, found.entries) == (True, 20)


def _recording(read: Callable[..., bytes], whole: list[int]) -> Callable[..., bytes]:
    def reading(segment: StoredSegment, offset: int = 0, length: int = -1) -> bytes:
        if length < 0:
            whole.append(offset)
        return read(segment, offset, length)

    return reading


def test_a_long_block_goes_over_as_several_chunks_at_once(
    store: Store, vault: Vault, bucket: str, house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """After an outage: four under way together; when some of them fail, what is put in their place is the same copy."""
    house.say(1)
    shipper = Shipper(house, vault)
    shipper.step()
    writer = house.start()
    for _ in range(30):
        writer.append([Draft("PACS@CHU", "application/pdf", os.urandom(100_000), house.clock.now_ns())])
    real = Bucket.put
    together, most, failing = [0], [0], [2]

    def put(self: Bucket, key: str, data: bytes, days: int) -> Version:
        together[0] += 1
        most[0] = max(most[0], together[0])
        try:
            time.sleep(0.05)
            if "/segments/" in key and failing[0]:
                failing[0] -= 1
                raise VaultAway("The link is cut.")
            return real(self, key, data, days)
        finally:
            together[0] -= 1

    monkeypatch.setattr(Bucket, "put", put)
    assert shipper.step().state == "unreachable"
    writer.append([Draft("LAB@CHU", MEDIA_HL7V2, b"behind them", house.clock.now_ns())])
    writer.checkpoint()
    assert shipper.step() == CopyState(32, "up-to-date")
    assert most[0] > 1
    chunks = [v["Size"] for v in versions(store, bucket, "open/")]
    assert len(chunks) >= 4
    [found] = verify_vault(again(vault, tmp_path))
    assert (found.intact, found.damage, found.entries) == (True, [], 32)


def test_what_is_written_once_is_locked_anew(store: Store, bucket: str, tmp_path: Path) -> None:
    """Keys and settings are needed for as long as any segment: a lock is prolonged, and never cut short by it."""
    address = parse_s3(store.url(bucket, days=2))
    place = Bucket(address, Credentials(store.access_key, store.secret_key), Pace())
    put = place.put("journals/j/verifier", b"key", 2)

    def left_days() -> float:
        named = {"Bucket": bucket, "Key": "node/journals/j/verifier", "VersionId": put.id}
        until = place.client.get_object_retention(**named)["Retention"]["RetainUntilDate"]
        return float((until - place.now()).total_seconds() / 86400)

    assert left_days() == pytest.approx(2, abs=0.001)
    place.prolong(put, 5)
    assert left_days() == pytest.approx(5, abs=0.001)
    place.prolong(put, 3)
    assert left_days() == pytest.approx(5, abs=0.001)


@pytest.mark.req("F42")
def test_an_expiry_kept_under_its_former_name_counts(
    store: Store, vault: Vault, bucket: str, house: House, tmp_path: Path
) -> None:
    """It was one object, `expired`: it is read, not put again, and the next one goes on from it."""
    copied(vault, house, 20, closing=False)
    first, second = (expiry_of(house, last) for last in (1, 2))
    address = parse_s3(store.url(bucket, days=2))
    place = Bucket(address, Credentials(store.access_key, store.secret_key), Pace())
    place.put(name := f"journals/{FOLDER}/expired", first, 2)
    for note, kept in ((first, 1), (second, 2)):
        house.files.expired.write_bytes(note)
        assert Shipper(house, again(vault, tmp_path)).step() == CopyState(20, "up-to-date")
        assert again(vault, tmp_path).read(name) == note
        assert len(versions(store, bucket, name)) == kept
    assert JournalFiles(again(vault, tmp_path).folder(f"journals/{FOLDER}")).expired.read_bytes() == second


@pytest.mark.parametrize("kind", ["checkpoint", "expired"])
def test_an_old_note_under_a_name_that_promises_more_hides_none(
    store: Store, vault: Vault, bucket: str, house: House, tmp_path: Path, kind: str
) -> None:
    """Each was signed once: what counts is how far the note goes, not what it is called."""
    copied(vault, house, 20, closing=False)
    for last in (1, 2):
        house.files.expired.write_bytes(expiry_of(house, last))
        house.say()
        Shipper(house, again(vault, tmp_path)).step()
    there, name = again(vault, tmp_path).read(f"journals/{FOLDER}/{kind}"), f"node/journals/{FOLDER}/{kind}"
    oldest = versions(store, bucket, f"journals/{FOLDER}/{kind}/")[-1]
    client = store.client()
    body = client.get_object(Bucket=bucket, Key=oldest["Key"])["Body"].read()
    assert body != there
    for called in (f"{0:016d}-{'0' * 16}", f"{0:016d}-{oldest['Key'][-16:]}"):
        client.put_object(Bucket=bucket, Key=f"{name}/{called}", Body=body)
    assert again(vault, tmp_path).read(f"journals/{FOLDER}/{kind}") == there


@pytest.mark.req("C5")
@pytest.mark.parametrize("laid", ["unlocked", "locked for minutes", "with more behind it"])
def test_a_segment_that_another_made_one_object_is_not_taken_for_ours(
    store: Store, vault: Vault, bucket: str, house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, laid: str
) -> None:
    """Laid before the node closes its own: ours is put beside, locked for `days`, once; until then no chunk lapses."""
    with monkeypatch.context() as stopped:
        stopped.setattr(ObjectLockVault, "close_before", lambda *_: None)
        copied(vault, house, 20, closing=True)
    until = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=5)
    lock: dict[str, Any] = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": until}
    intruder = Intruder(store, bucket)
    intruder.lay_segments(b"theirs" if "more" in laid else b"", **(lock if "minutes" in laid else {}))

    lapsed: list[Version] = []
    with monkeypatch.context() as later:
        now, put = Bucket.now, Bucket.put
        later.setattr(Bucket, "now", lambda self: now(self) + dt.timedelta(days=2))
        later.setattr(Bucket, "put", lambda self, key, *a, **b: _refusing(put, self, key, *a, **b))
        later.setattr(Bucket, "lapse", lambda _self, version: lapsed.append(version))
        shipper = Shipper(house, again(vault, tmp_path))
        shipper.step()
        shipper.finish()
    assert lapsed == []

    counts = []
    for _ in range(2):
        shipper = Shipper(house, again(vault, tmp_path))
        assert shipper.step() == CopyState(20, "up-to-date")
        shipper.finish()
        counts.append(len(versions(store, bucket)))
    assert counts[0] == counts[1]
    intruder.delete_everything()
    left = [v for v in versions(store, bucket, "journals/") if locked_days(store, bucket, v) > 1.9]
    segments = {v["Key"].rpartition("/")[2]: intruder.read(v) for v in left if v["Key"].endswith(".seg")}
    ours = {path.name: path.read_bytes().rstrip(b"\0") for path in house.files.segments_folder.iterdir()}
    assert {name: body.rstrip(b"\0") for name, body in segments.items()} == ours
    assert [v for v in left if v["Key"].endswith("-kept")] != []
    [found] = verify_vault(again(vault, tmp_path))
    assert (found.intact, found.damage, found.entries) == (True, [], 20)


def _refusing(put: Callable[..., Version], bucket: Bucket, key: str, *arguments: Any, **named: Any) -> Version:
    if key.startswith("journals/") and key.endswith(".seg"):
        raise VaultAway("The store is full.")
    return put(bucket, key, *arguments, **named)


@pytest.mark.req("C5")
def test_a_small_file_that_another_laid_first_is_put_all_the_same(
    store: Store, vault: Vault, bucket: str, house: House, tmp_path: Path
) -> None:
    """Keys, settings, what has ended: the same to the byte and without a lock of ours, it is theirs to take away."""
    house.segment_bytes = 1
    house.say(5)
    house.files.expired.write_bytes(expiry_of(house, 2))
    twin = store.vault(tmp_path, bucket=(other := store.new_bucket()))
    Shipper(house, twin).step()
    wanted = ("/verifier", "/settings/", "/expired/")
    there = [v for v in versions(store, other) if any(one in v["Key"] for one in wanted)]
    assert len(there) == len(wanted)
    for found in there:
        store.client().put_object(Bucket=bucket, Key=found["Key"], Body=Intruder(store, other).read(found))
    for count in (1, 2):
        assert Shipper(house, again(vault, tmp_path)).step() == CopyState(5, "up-to-date")
        for found in there:
            ours = [v for v in versions(store, bucket) if v["Key"] == found["Key"] and locked_days(store, bucket, v)]
            assert [locked_days(store, bucket, v) for v in ours] == [pytest.approx(2, abs=0.01)], (count, found["Key"])


def test_what_another_laid_keeps_no_lock_from_being_prolonged(
    store: Store, vault: Vault, bucket: str, house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An object without a lock, under a name that comes first, or before ours under the same: passed over."""
    name = f"node/journals/{FOLDER}/verifier"
    client = store.client()
    client.put_object(Bucket=bucket, Key=name, Body=f"{house.signer.verifier}\n".encode())
    copied(vault, house, 4, closing=False)
    client.put_object(Bucket=bucket, Key="node/nodes/a/theirs", Body=b"theirs")
    now = Bucket.now
    monkeypatch.setattr(Bucket, "now", lambda self: now(self) + dt.timedelta(days=1.5))
    later = again(vault, tmp_path)
    assert isinstance(later, ObjectLockVault)
    later._prolong()
    found = {v["Key"]: days for v in versions(store, bucket) if (days := locked_days(store, bucket, v)) > 2.1}
    assert {key.partition("/")[2].partition("/")[0] for key in found} == {"contrefeu-vault", "journals", "nodes"}
    assert list(found.values()) == [pytest.approx(3.5, abs=0.01)] * 3


def test_rights_and_notes_come_back_as_folders(vault: Vault, tmp_path: Path) -> None:
    """What a restore reads as a folder of this machine is fetched whole, whatever its depth."""
    vault.put("grants/j/0000000001.0123456789abcdef.grant", b"sealed")
    vault.put("grants/k/0000000002.0123456789abcdef.grant", b"sealed too")
    assert tree_of(again(vault, tmp_path).folder("grants")) == {
        "j/0000000001.0123456789abcdef.grant": b"sealed",
        "k/0000000002.0123456789abcdef.grant": b"sealed too",
    }


def test_a_bucket_without_locks_is_no_vault(store: Store, tmp_path: Path) -> None:
    """Nothing is shown as copied where nothing is kept."""
    with pytest.raises(VaultAway):
        store.vault(tmp_path, bucket=store.new_bucket(locking=False))


def test_a_plain_copy_is_one_all_the_same(store: Store, house: House, tmp_path: Path) -> None:
    """`lock=none`: copied and read back, on a store that keeps no versions."""
    vault = store.vault(tmp_path, bucket=store.new_bucket(locking=False), lock="none")
    copied(vault, house, 20, closing=True)
    [found] = verify_vault(again(vault, tmp_path))
    assert (found.intact, found.damage, found.entries) == (True, [], 20)


def test_what_a_store_refuses_says_what_to_do(store: Store, vault: Vault, tmp_path: Path) -> None:
    """A bucket that is not there, a secret that is another, an instant before everything: each has its own advice."""
    own = store.credentials(tmp_path)
    nowhere = vault.url.replace(bucket_of(vault), "no-such-bucket")
    with pytest.raises(VaultAway, match="NoSuchBucket") as refused:
        open_vault(nowhere, own).identity()
    assert "Its owner makes a bucket" in refused.value.next
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(own.read_text().replace('secret_key = "', 'secret_key = "x'))
    wrong.chmod(0o600)
    with pytest.raises(VaultAway, match="SignatureDoesNotMatch") as refused:
        open_vault(vault.url, wrong).identity()
    assert "access_key" in refused.value.next
    with pytest.raises(VaultAway, match="Nothing lay in"):
        open_vault(f"{vault.url}&as-of=2001-01-01T00:00:00Z", own).identity()


def test_credentials_are_in_no_address_and_no_open_file(store: Store, bucket: str, tmp_path: Path) -> None:
    """A file that others may read is refused; an address with a secret in it too; neither is shown."""
    path = store.credentials(tmp_path)
    path.chmod(0o644)
    with pytest.raises(OperatorError, match="can be read by others"):
        open_vault(store.url(bucket), path)
    with pytest.raises(OperatorError) as refused:
        open_vault("s3://key:hunter2@bucket/x", path)
    assert "hunter2" not in refused.value.report()


def test_two_copy_at_once_and_neither_is_in_the_others_way(
    store: Store, vault: Vault, house: House, tmp_path: Path
) -> None:
    """A running node and `vault copy` beside it: what both wrote is one copy."""
    house.say(3)
    first, second = Shipper(house, vault), Shipper(house, again(vault, tmp_path))
    first.step()
    second.step()
    for _ in range(3):
        house.say(2)
        first.step()
        house.say(1)
        second.step()
    both = [threading.Thread(target=shipper.step) for shipper in (first, second)]
    house.say(4)
    for one in both:
        one.start()
    for one in both:
        one.join()
    [found] = verify_vault(again(vault, tmp_path))
    assert (found.intact, found.damage, found.entries) == (True, [], 16)


def test_a_link_that_is_cut_anywhere_costs_nothing(store: Store, relay: Relay, house: House, tmp_path: Path) -> None:
    """Cut at random while entries are written and copied: whole and complete at the end."""
    vault = store.vault(tmp_path, relay=relay)
    shipper = Shipper(house, vault)
    stop = threading.Event()

    def cut() -> None:
        while not stop.wait(0.15):
            relay.cut(True)
            stop.wait(0.1)
            relay.cut(False)

    cutting = threading.Thread(target=cut)
    cutting.start()
    try:
        for _ in range(40):
            house.say(1, size=3000)
            shipper.step()
    finally:
        stop.set()
        cutting.join()
    for _ in range(3):
        state = shipper.step()
    assert (state.state, state.entries) == ("up-to-date", 40)
    [found] = verify_vault(again(vault, tmp_path))
    assert (found.intact, found.damage, found.entries) == (True, [], 40)
