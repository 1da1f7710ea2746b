"""One bucket for a group: whoever takes one facility's credentials touches no other facility's journals.

Method: Ceph's gateway with a user for each facility, the policy of docs/howto/vaults.md word by word, real journals
shipped by both. Then each thing that S3 knows to do is tried with the first one's credentials against the second's.
"""

import base64
import datetime as dt
import json
import re
import secrets
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import md5
from pathlib import Path
from typing import Any

import pytest

from contrefeu.proof import Signer
from contrefeu.vault import CopyState, VaultAway, make_vault, open_vault, verify_vault
from contrefeu.vault.address import Credentials, parse_s3
from contrefeu.vault.bucket import connect
from tests.vault.gateway import Store
from tests.vault.house import House, ship

pytestmark = pytest.mark.object_store
GUIDE = Path(__file__).parents[2] / "docs" / "howto" / "vaults.md"
FACILITIES = ("parc", "rive")


@dataclass
class Archive:
    """The group's bucket, and the credentials of each who may enter it."""

    store: Store
    bucket: str
    keys: dict[str, Credentials]
    folder: Path

    def client(self, who: str) -> Any:
        """S3, with somebody's credentials."""
        return connect(parse_s3(f"s3://any/?endpoint={self.store.endpoint}"), self.keys[who])

    def address(self, facility: str) -> tuple[str, Path]:
        """Of a facility's folder, and the file of its own credentials."""
        return f"s3://{self.bucket}/{facility}?endpoint={self.store.endpoint}&days=2&open-days=1", self.file(facility)

    def file(self, who: str) -> Path:
        """Somebody's credentials, as a file."""
        path = self.folder / f"{who}.toml"
        path.touch(mode=0o600)
        keys = self.keys[who]
        path.write_text(f'access_key = "{keys.access_key}"\nsecret_key = "{keys.secret_key}"\n')
        return path

    def held(self, facility: str) -> list[tuple[str, str, str]]:
        """Every version under a facility's folder, as the bucket's owner sees it."""
        pages = self.store.client().get_paginator("list_object_versions").paginate(Bucket=self.bucket)
        found = [v for page in pages for kind in ("Versions", "DeleteMarkers") for v in page.get(kind, ())]
        return sorted(
            (v["Key"], v["VersionId"], v.get("ETag", "hidden")) for v in found if v["Key"].startswith(f"{facility}/")
        )


def policy() -> str:
    """The policy that the guide shows."""
    return re.findall(r"```json\n(.*?)```", GUIDE.read_text(), re.DOTALL)[0]


@pytest.fixture(scope="module")
def users(store: Store) -> tuple[str, dict[str, Credentials]]:
    """Users of the store, with an ending of their names that no other test has."""
    run, keys = secrets.token_hex(4), {}
    for who in (*FACILITIES, "reader"):
        keys[who] = Credentials(secrets.token_hex(8), secrets.token_hex(20))
        _make_user(store, f"{who}-{run}", keys[who])
    return run, keys


@pytest.fixture
def archive(store: Store, users: tuple[str, dict[str, Credentials]], tmp_path: Path) -> Archive:
    """A bucket under the guide's policy."""
    run, keys = users
    bucket = store.new_bucket()
    said = re.sub(r":user/(\w+)", rf":user/\1-{run}", policy().replace("ARCHIVE", bucket))
    json.loads(said)
    store.client().put_bucket_policy(Bucket=bucket, Policy=said)
    return Archive(store, bucket, dict(keys), tmp_path)


def _make_user(store: Store, name: str, keys: Credentials) -> None:
    command = ["radosgw-admin", "--conf", str(store.conf), "user", "create", f"--uid={name}", f"--display-name={name}"]
    command += [f"--access-key={keys.access_key}", f"--secret-key={keys.secret_key}"]
    subprocess.run(command, check=True, capture_output=True)


@pytest.fixture
def houses(archive: Archive, tmp_path: Path) -> dict[str, House]:
    """Two facilities, each with a journal that is copied into its folder by its own rights."""
    found = {}
    for n, facility in enumerate(FACILITIES):
        house = House(tmp_path / facility, signer=Signer(f"{facility}-capture", bytes([7 + n]) * 32), segment_bytes=900)
        house.say(20)
        url, credentials = archive.address(facility)
        vault = make_vault(url, outside=house.root, credentials=credentials)
        assert ship(house, vault) == CopyState(20, "up-to-date")
        vault.finish()
        found[facility] = house
    return found


def seen(archive: Archive, facility: str, who: str) -> tuple[bool, int]:
    """Whether *who* finds a facility's journal whole, and how many entries."""
    [found] = verify_vault(open_vault(archive.address(facility)[0], credentials=archive.file(who)))
    return found.intact, found.entries


def _md5(body: bytes) -> str:
    return base64.b64encode(md5(body).digest()).decode()


def _soon() -> dt.datetime:
    return dt.datetime.now(dt.UTC) + dt.timedelta(days=300)


# What is tried: a name of S3's, and what it is given besides the bucket; KEY is an object of the other facility's.
ATTEMPTS: dict[str, tuple[str, dict[str, Any]]] = {
    "list all": ("list_object_versions", {}),
    "list theirs": ("list_object_versions", {"Prefix": "rive/"}),
    "list their objects": ("list_objects_v2", {"Prefix": "rive/"}),
    "list by half a name": ("list_objects_v2", {"Prefix": "r"}),
    "list uploads": ("list_multipart_uploads", {}),
    "read": ("get_object", {"Key": "KEY"}),
    "read a version": ("get_object", {"Key": "KEY", "VersionId": "VERSION"}),
    "look at": ("head_object", {"Key": "KEY"}),
    "read its lock": ("get_object_retention", {"Key": "KEY"}),
    "copy into one's own": ("copy_object", {"Key": "parc/taken", "CopySource": "BUCKET/KEY"}),
    "write over": ("put_object", {"Key": "KEY", "Body": b"Your files are ours."}),
    "lay beside": ("put_object", {"Key": "rive/journals/more", "Body": b"x"}),
    "begin an upload": ("create_multipart_upload", {"Key": "KEY"}),
    "hide": ("delete_object", {"Key": "KEY"}),
    "delete": ("delete_object", {"Key": "KEY", "VersionId": "VERSION"}),
    "delete, bypassing": ("delete_object", {"Key": "KEY", "VersionId": "VERSION", "BypassGovernanceRetention": True}),
    "lock for longer": ("put_object_retention", {"Key": "KEY", "Retention": {"Mode": "COMPLIANCE"}}),
    "hold": ("put_object_legal_hold", {"Key": "KEY", "LegalHold": {"Status": "ON"}}),
    "open to all": ("put_object_acl", {"Key": "KEY", "ACL": "public-read-write"}),
    "open the bucket": ("put_bucket_acl", {"ACL": "public-read-write"}),
    "another policy": ("put_bucket_policy", {"Policy": '{"Version": "2012-10-17", "Statement": []}'}),
    "no policy": ("delete_bucket_policy", {}),
    "read the policy": ("get_bucket_policy", {}),
    "let all expire": (
        "put_bucket_lifecycle_configuration",
        {
            "LifecycleConfiguration": {
                "Rules": [{"ID": "x", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}]
            }
        },
    ),
    "suspend versions": ("put_bucket_versioning", {"VersioningConfiguration": {"Status": "Suspended"}}),
    "no lock any more": (
        "put_object_lock_configuration",
        {"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled"}},
    ),
    "drop the bucket": ("delete_bucket", {}),
}


@pytest.mark.req("C5")
def test_a_facilitys_stolen_credentials_touch_no_other_facility(archive: Archive, houses: dict[str, House]) -> None:
    """Each attempt is refused; the other's folder has the versions that it had, and goes on being written."""
    before = archive.held("rive")
    thief = archive.client("parc")
    key, version, _ = before[-1]
    places = {"KEY": key, "VERSION": version, "BUCKET/KEY": f"{archive.bucket}/{key}"}
    given = {}
    for name, (operation, asked) in ATTEMPTS.items():
        arguments = {at: places.get(value, value) if isinstance(value, str) else value for at, value in asked.items()}
        if operation == "put_object_retention":
            arguments["Retention"] = {**asked["Retention"], "RetainUntilDate": _soon()}
        try:
            getattr(thief, operation)(Bucket=archive.bucket, **arguments)
            given[name] = "given"
        except thief.exceptions.ClientError as refused:
            code = refused.response["Error"]["Code"]
            if code not in {"AccessDenied", "403"}:  # a head has no body to say it in
                given[name] = code
    assert given == {}
    named = [{"Key": key, "VersionId": version} for key, version, _ in before]
    with pytest.raises(thief.exceptions.ClientError, match="AccessDenied"):
        thief.delete_objects(Bucket=archive.bucket, Delete={"Objects": named})
    assert archive.held("rive") == before
    assert (seen(archive, "rive", "reader"), seen(archive, "parc", "reader")) == ((True, 20), (True, 20))
    houses["rive"].say(5)
    url, credentials = archive.address("rive")
    assert ship(houses["rive"], open_vault(url, credentials=credentials)) == CopyState(25, "up-to-date")


def test_a_facility_harms_not_even_its_own_past(archive: Archive, houses: dict[str, House]) -> None:
    """With its own credentials: all that it may do is lay more; who brings journals back finds it whole."""
    thief, before = archive.client("parc"), archive.held("parc")
    for key, version, _ in before:
        thief.put_object(
            Bucket=archive.bucket, Key=key, Body=b"Your files are ours.", ContentMD5=_md5(b"Your files are ours.")
        )
        with pytest.raises(thief.exceptions.ClientError):
            thief.delete_object(Bucket=archive.bucket, Key=key, VersionId=version)
    assert set(before) < set(archive.held("parc"))
    assert seen(archive, "parc", "reader") == (True, 20)


def test_who_brings_journals_back_writes_nothing(archive: Archive, houses: dict[str, House]) -> None:
    """The one who reads all of them: lays, hides and deletes nothing."""
    reader = archive.client("reader")
    for facility in FACILITIES:
        before = archive.held(facility)
        key, version, _ = before[0]
        for operation, asked in (
            ("put_object", {"Key": key, "Body": b"x"}),
            ("delete_object", {"Key": key}),
            ("delete_object", {"Key": key, "VersionId": version}),
        ):
            with pytest.raises(reader.exceptions.ClientError, match="AccessDenied"):
                getattr(reader, operation)(Bucket=archive.bucket, **asked)
        assert archive.held(facility) == before


@pytest.mark.parametrize("away", ["another's folder", "unknown", "a wrong secret"])
def test_credentials_for_another_place_are_said_to_be_so(archive: Archive, houses: dict[str, House], away: str) -> None:
    """Not "out of reach": who types the address sees that it is the address or the credentials."""
    url, _ = archive.address("parc")
    if away == "unknown":
        archive.keys["rive"] = Credentials("nobody", "x" * 40)
    elif away == "a wrong secret":
        archive.keys["rive"] = Credentials(archive.keys["parc"].access_key, "x" * 40)
    with pytest.raises(VaultAway, match="refuses these credentials here"):
        list(verify_vault(open_vault(url, credentials=archive.file("rive"))))


def test_a_bucket_each_is_apart_too(store: Store, archive: Archive) -> None:
    """Where a store has no policies: a bucket that one user made is closed to the other."""
    bucket = f"rive-{secrets.token_hex(6)}"
    owner, thief = archive.client("rive"), archive.client("parc")
    owner.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)
    version = owner.put_object(Bucket=bucket, Key="node/x", Body=b"x")["VersionId"]
    tried: dict[str, Callable[[], Any]] = {
        "list": lambda: thief.list_object_versions(Bucket=bucket),
        "read": lambda: thief.get_object(Bucket=bucket, Key="node/x"),
        "write": lambda: thief.put_object(Bucket=bucket, Key="node/x", Body=b"z"),
        "hide": lambda: thief.delete_object(Bucket=bucket, Key="node/x"),
        "delete": lambda: thief.delete_object(Bucket=bucket, Key="node/x", VersionId=version),
        "open": lambda: thief.put_bucket_acl(Bucket=bucket, ACL="public-read-write"),
        "policy": lambda: thief.put_bucket_policy(Bucket=bucket, Policy=policy()),
    }
    for what, attempt in tried.items():
        with pytest.raises(thief.exceptions.ClientError) as refused:
            attempt()
        assert refused.value.response["Error"]["Code"] == "AccessDenied", what
    assert owner.get_object(Bucket=bucket, Key="node/x")["VersionId"] == version
