"""A store is tried before it is trusted: what an intruder with the node's credentials would do there is done.

Method: a real Ceph gateway, which keeps what it locked; moto, which says that it does and lets a lock be shortened; a
bucket without locks; a folder.
"""

import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from tests.cli.conftest import Commands
from tests.vault.conftest import store  # noqa: F401 - a fixture
from tests.vault.gateway import Store, free_port


@pytest.fixture(scope="module")
def moto() -> Iterator[Store]:
    """A server that takes locks and does not keep them."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            for _ in range(300):
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/moto-api/data.json").close()
                    break
                except OSError:
                    time.sleep(0.1)
            yield Store("127.0.0.1", port, "node", "hunter2-of-moto")
        finally:
            server.kill()


@pytest.mark.object_store
@pytest.mark.req("C5")
def test_a_store_that_keeps_its_locks_is_taken(cli: Commands, store: Store, tmp_path: Path) -> None:  # noqa: F811
    """At least 25 attempts, all withstood; added, copied to, verified, and restored from by its address alone."""
    url = store.url(store.new_bucket(), days=2, open_days=1)
    key = store.credentials(tmp_path)
    report = cli.told("vault", "check", url, "--credentials", key)
    assert {"attempts", "enforces", "left", "left_until"} <= set(report)
    assert (report["enforces"], len(report["attempts"]) >= 25) == (True, True)
    assert [one["name"] for one in report["attempts"] if not one["refused"]] == []
    assert report["untried"] == []
    assert cli.told("vault", "add", url, "--credentials", key)["added"]
    copied = cli.told("vault", "copy")["copied"]
    key.unlink()
    assert cli.told("vault", "verify", url)["entries"] == copied
    assert store.secret_key not in (cli.home / "contrefeu.toml").read_text()
    [kept] = (cli.home / "vault-credentials").iterdir()
    assert kept.stat().st_mode & 0o077 == 0
    before = cli.told("export", "--to", tmp_path / "before")["charts_sha256"]
    assert cli.told("vault", "copy")["copied"] > copied
    shares = sorted((cli.home.parent / "home-shares").glob("share-*.txt"))[:3]
    restored = cli.told(
        "restore", "--from", url, "--credentials", kept, "--to", tmp_path / "again", "--shares", *shares
    )
    assert restored["charts_sha256"] == before


@pytest.mark.req("C5")
def test_a_store_that_only_says_so_is_refused(cli: Commands, moto: Store, tmp_path: Path) -> None:
    """Exit status 10 and the attempts that got through; not added; the settings as they were; no secret shown."""
    url = moto.url(moto.new_bucket())
    key = moto.credentials(tmp_path)
    report = cli.told("vault", "check", url, "--credentials", key, status=10)
    got_through = [one["name"] for one in report["attempts"] if not one["refused"]]
    assert not report["enforces"]
    assert "shorten its lock" in got_through
    before = (cli.home / "contrefeu.toml").read_text()
    refused = cli("vault", "add", url, "--credentials", key)
    assert (refused.status, "does not keep what it locked" in refused.err) == (1, True)
    assert "--plain-copy" in refused.err
    assert moto.secret_key not in refused.err
    assert (cli.home / "contrefeu.toml").read_text() == before
    assert not (cli.home / "vault-credentials").exists()


def test_it_can_be_taken_as_a_plain_copy(cli: Commands, moto: Store, tmp_path: Path) -> None:
    """By its name alone, and with a warning that says what it is."""
    url = moto.url(moto.new_bucket(locking=False), lock="none")
    key = moto.credentials(tmp_path)
    assert cli("vault", "add", url, "--credentials", key).status == 1
    told = cli.told("vault", "add", url, "--credentials", key, "--plain-copy")
    assert "a plain copy" in told["warnings"][0]
    copied = cli.told("vault", "copy")["copied"]
    assert cli.told("vault", "verify", url)["entries"] == copied > 0


def test_a_bucket_that_takes_no_lock_is_said(cli: Commands, moto: Store, tmp_path: Path) -> None:
    """Not an empty list of attempts: the store is of no use, and the error says what to have made."""
    url = moto.url(moto.new_bucket(locking=False))
    ran = cli("vault", "check", url, "--credentials", moto.credentials(tmp_path), "--json")
    assert (ran.status, "takes no locked object" in ran.err, ran.out) == (14, True, b"")


class Watched:
    """What is asked of a store; some of it is denied."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *denied: str) -> None:
        self.asked: set[str] = set()
        real = BaseClient._make_api_call

        def call(client: BaseClient, operation: str, arguments: dict[str, Any]) -> Any:
            self.asked.add(operation)
            if operation in denied:
                raise ClientError({"Error": {"Code": "AccessDenied"}}, operation)
            return real(client, operation, arguments)

        monkeypatch.setattr(BaseClient, "_make_api_call", call)


@pytest.mark.object_store
@pytest.mark.parametrize("theirs", ["another/contrefeu-vault", "a-file-of-theirs"])
def test_a_bucket_with_anything_else_in_it_is_not_dropped(
    cli: Commands,
    store: Store,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    theirs: str,
) -> None:
    """Under whatever prefix it lies: it is not asked, and the result says so."""
    bucket = store.new_bucket()
    store.client().put_object(Bucket=bucket, Key=theirs, Body=b"theirs")
    watched = Watched(monkeypatch)
    report = cli.told("vault", "check", store.url(bucket), "--credentials", store.credentials(tmp_path))
    assert "DeleteBucket" not in watched.asked
    assert [one["name"] for one in report["untried"]] == ["drop the bucket"]
    assert (report["enforces"], len(report["attempts"])) == (True, 31)


@pytest.mark.object_store
def test_what_the_store_does_not_tell_of_is_left_as_its_owner_set_it(
    cli: Commands,
    store: Store,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Rules of expiry, the lock rule: neither can be put back, so neither is touched, and 25 attempts are made."""
    bucket, client = store.new_bucket(), store.client()
    rule = {"ID": "theirs", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 30}}
    client.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [rule]})
    lock = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 3}}}
    client.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=lock)
    with monkeypatch.context() as denied:
        gets = ("GetBucketLifecycleConfiguration", "GetObjectLockConfiguration", "GetBucketVersioning")
        Watched(denied, *gets)
        report = cli.told("vault", "check", store.url(bucket), "--credentials", store.credentials(tmp_path))
    assert client.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"] == [rule]
    assert client.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"] == lock
    assert client.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert (report["enforces"], len(report["attempts"]) >= 25, len(report["untried"])) == (True, True, 6)
    assert all("AccessDenied" in one["why"] for one in report["untried"])


def test_a_folder_enforces_nothing(cli: Commands, tmp_path: Path) -> None:
    """It is said, and the folder is left as it was."""
    (tmp_path / "disk").mkdir()
    report = cli.told("vault", "check", f"file://{tmp_path}/disk/vault", status=10)
    assert [one["refused"] for one in report["attempts"]] == [False] * 6
    assert list((tmp_path / "disk").iterdir()) == []


@pytest.mark.req("F43")
def test_whose_vault_it_is_stands_in_the_settings(cli: Commands, moto: Store, tmp_path: Path) -> None:
    """Host, country, certificate and its end; a warning without them, and when the end is near."""
    key = moto.credentials(tmp_path)
    silent = cli.told("vault", "add", moto.url(moto.new_bucket(), lock="none"), "--credentials", key, "--plain-copy")
    assert ["certificate" in one for one in silent["warnings"]] == [False, False, True]
    said = ("--host", "Hébergeur", "--country", "FR", "--certificate", "HDS 42", "--certificate-expires")
    url = moto.url(moto.new_bucket(), lock="none")
    told = cli.told("vault", "add", url, "--credentials", key, "--plain-copy", *said, "2020-01-31")
    assert "the hosting certificate expired on 2020-01-31" in told["warnings"]
    text = (cli.home / "contrefeu.toml").read_text()
    assert all(line in text for line in ('host = "Hébergeur"', 'country = "FR"', 'certificate_expires = "2020-01-31"'))
    assert cli("vault", "add", f"{url}&days=3", "--plain-copy", *said, "soon").status == 1


def test_credentials_that_others_may_read_are_not_used(cli: Commands, moto: Store, tmp_path: Path) -> None:
    """Refused with what to do, before anything is sent."""
    key = moto.credentials(tmp_path)
    key.chmod(0o644)
    ran = cli("vault", "check", moto.url("any-bucket"), "--credentials", key)
    assert (ran.status, "chmod 600" in ran.err) == (1, True)
