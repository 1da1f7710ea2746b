"""What somebody who has the node's credentials would try on an object store; and what a store lets them do.

Many stores take a COMPLIANCE lock and do not keep it, so none is believed: each attempt is made, on an object of its
own that was locked for LOCK_MINUTES minutes, and what counts is not the answer but whether that version is still there,
byte for byte, under a lock that is no shorter.

Rules kept here:
  * Only objects made here are touched. What is set for the whole bucket is put back as it was; where the store does not
    tell how it is, or it could not be put back so, it is left alone, and said not to have been tried.
  * The bucket is not dropped where anything else lies in it, under whatever prefix: a store that lets itself be dropped
    would take it along.
  * A rule of expiry acts later: it is set first and looked at last.
"""

import base64
import contextlib
import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import md5
from secrets import token_hex
from typing import Any

from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from contrefeu.vault.address import Credentials, S3Address
from contrefeu.vault.bucket import Bucket, connect
from contrefeu.vault.checked import PROBES, Attempt, Checked, Told, Untried
from contrefeu.vault.pace import Pace
from contrefeu.vault.place import VaultAway

LOCK_MINUTES = 15  # of what a check leaves behind: long enough for a slow store's 30 attempts, gone within the hour
_BODY = b"contrefeu: laid here by a check of this store, to see whether it stays\n"
_NOTHING_SET = frozenset(["NoSuchLifecycleConfiguration", "ObjectLockConfigurationNotFoundError"])


class _LeftAloneError(Exception):
    """An attempt that could do harm is not made; says why."""


@dataclass(frozen=True, slots=True)
class _Probe:
    """An object that was locked, to be attacked."""

    key: str
    version: str
    until: dt.datetime


class StoreCheck:
    """A check of one store."""

    def __init__(self, address: S3Address, credentials: Credentials) -> None:
        self._bucket = Bucket(address, credentials, Pace())
        self._client = self._bucket.client
        self._anonymous = connect(address, credentials, Config(signature_version=UNSIGNED))
        self._name = address.bucket
        self._folder = f"{address.prefix}{PROBES}/{token_hex(6)}/"
        self._old = f"{address.prefix}{PROBES}/"
        self._probes: list[_Probe] = []

    def run(self, told: Told) -> Checked:
        """Try everything; *told* hears how far it is.

        Raises:
            VaultAway: The store is out of reach, or takes no locked object at all.
        """
        self._clear_old()
        found, untried = [], []
        with contextlib.ExitStack() as ending:
            try:
                expired = ending.enter_context(self._expiring())
            except _LeftAloneError as why:
                expired = []
                untried += [Untried(name, str(why)) for name, _rule in _RULES]
            tries = [*_ON_AN_OBJECT, *_ON_THE_BUCKET]
            for done, (name, attack) in enumerate(tries):
                told(done, len(tries))
                try:
                    found.append(Attempt(name, self._withstands(attack)))
                except _LeftAloneError as why:
                    untried.append(Untried(name, str(why)))
            found += [Attempt(name, self._stands(probe)) for name, probe in expired]
        return Checked(found, *self._clear(), untried)

    # One attempt.

    def _withstands(self, attack: Callable[["StoreCheck", _Probe], None]) -> bool:
        probe = self._lay()
        with contextlib.suppress(ClientError, BotoCoreError):
            attack(self, probe)
        return self._stands(probe)

    def _lay(self) -> _Probe:
        until = (self._bucket.now() + dt.timedelta(minutes=LOCK_MINUTES)).replace(microsecond=0)
        key = f"{self._folder}{len(self._probes):02d}"
        try:
            put = self._client.put_object(
                Bucket=self._name, Key=key, Body=_BODY, **_md5(_BODY),
                ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=until,
            )  # fmt: skip
        except (ClientError, BotoCoreError) as refused:
            code = refused.response["Error"]["Code"] if isinstance(refused, ClientError) else type(refused).__name__
            raise VaultAway(
                f"The bucket {self._name} takes no locked object: {code}.",
                safe="Nothing was changed.",
                next="Have it made with Object Lock and versions, which its owner can do at its making only.",
            ) from refused
        probe = _Probe(key, put.get("VersionId", "null"), until)
        self._probes.append(probe)
        return probe

    def _stands(self, probe: _Probe) -> bool:
        """Whether the version is there, found by whoever lists versions, and locked for no less."""
        named = {} if probe.version == "null" else {"VersionId": probe.version}
        try:
            there = self._client.get_object(Bucket=self._name, Key=probe.key, **named)
            if there["Body"].read() != _BODY:
                return False
            mode, until = there.get("ObjectLockMode"), there.get("ObjectLockRetainUntilDate")
            if mode is None:  # some answer this question alone
                kept = self._client.get_object_retention(Bucket=self._name, Key=probe.key, **named)["Retention"]
                mode, until = kept.get("Mode"), kept.get("RetainUntilDate")
            listed = self._client.list_object_versions(Bucket=self._name, Prefix=probe.key).get("Versions", ())
        except (ClientError, BotoCoreError):
            return False
        locked = mode == "COMPLIANCE" and until is not None and until >= probe.until - dt.timedelta(seconds=1)
        return locked and probe.version != "null" and any(v["VersionId"] == probe.version for v in listed)

    # What is set for the whole bucket.

    @contextlib.contextmanager
    def _expiring(self) -> Iterator[list[tuple[str, _Probe]]]:
        """Rules of expiry over objects of ours, for as long as the check lasts."""
        before = self._set("get_bucket_lifecycle_configuration", "Rules")
        laid = [(name, self._lay()) for name, _rule in _RULES]
        ours = [
            {"ID": f"contrefeu-check-{n}", "Status": "Enabled", "Filter": {"Prefix": probe.key}, **rule}
            for n, ((_name, rule), (_n, probe)) in enumerate(zip(_RULES, laid, strict=True))
        ]
        for number in range(len(ours)):  # one by one: a store that refuses one may take the next
            with contextlib.suppress(ClientError, BotoCoreError):
                self._client.put_bucket_lifecycle_configuration(
                    Bucket=self._name, LifecycleConfiguration={"Rules": [*(before or []), *ours[: number + 1]]}
                )
        try:
            yield laid
        finally:
            with contextlib.suppress(ClientError, BotoCoreError):
                if before:
                    self._client.put_bucket_lifecycle_configuration(
                        Bucket=self._name, LifecycleConfiguration={"Rules": before}
                    )
                else:
                    self._client.delete_bucket_lifecycle(Bucket=self._name)

    def _set(self, operation: str, key: str) -> Any:
        """What is set for the whole bucket; None when nothing is.

        Raises:
            _LeftAloneError: The store does not tell.
        """
        try:
            return getattr(self._client, operation)(Bucket=self._name).get(key)
        except ClientError as refused:
            code = refused.response["Error"]["Code"]
            if code in _NOTHING_SET:
                return None
            raise _LeftAloneError(f"the store does not tell what is set: {code}") from refused
        except BotoCoreError as lost:
            raise _LeftAloneError(f"the store does not tell what is set: {type(lost).__name__}") from lost

    def _is_set(self, operation: str, key: str, value: Any) -> bool:
        """Whether the store tells that this is set for the bucket."""
        try:
            return bool(self._set(operation, key) == value)
        except _LeftAloneError:
            return False

    def _holds_others(self) -> bool:
        """Whether anything but a check's objects is in the whole bucket; true also when the store does not tell."""
        pages = self._client.get_paginator("list_object_versions").paginate(Bucket=self._name)
        with contextlib.suppress(ClientError, BotoCoreError):
            found = (one for page in pages for kind in ("Versions", "DeleteMarkers") for one in page.get(kind, ()))
            return any(not one["Key"].startswith(self._old) for one in found)
        return True

    # Cleaning.

    def _clear(self) -> tuple[int, str]:
        """Take away what can be; how many objects stay, and until when."""
        self._remove_markers(self._folder)
        left = sum(1 for _ in self._bucket_versions(self._folder))
        last = max((probe.until for probe in self._probes), default=self._bucket.now())
        return left, last.strftime("%Y-%m-%dT%H:%M:%SZ")

    def _clear_old(self) -> None:
        """Remove what earlier checks left and whose lock is over."""
        self._remove_markers(self._old)
        over = self._bucket.now() - dt.timedelta(minutes=LOCK_MINUTES + 1)
        for version in self._bucket_versions(self._old):
            if version["LastModified"] < over:
                self._delete(version)

    def _bucket_versions(self, prefix: str, kind: str = "Versions") -> Iterator[dict[str, Any]]:
        pages = self._client.get_paginator("list_object_versions").paginate(Bucket=self._name, Prefix=prefix)
        with contextlib.suppress(ClientError, BotoCoreError):
            yield from [found for page in pages for found in page.get(kind, ())]

    def _remove_markers(self, prefix: str) -> None:
        for marker in self._bucket_versions(prefix, "DeleteMarkers"):
            self._delete(marker)

    def _delete(self, found: dict[str, Any]) -> None:
        with contextlib.suppress(ClientError, BotoCoreError):
            self._client.delete_object(Bucket=self._name, Key=found["Key"], VersionId=found["VersionId"])


# The attempts: each does its worst to one locked object.

_Attack = Callable[[StoreCheck, _Probe], None]


def _it(check: StoreCheck, probe: _Probe) -> dict[str, str]:
    return {"Bucket": check._name, "Key": probe.key, "VersionId": probe.version}


def _md5(data: bytes) -> dict[str, str]:
    return {"ContentMD5": base64.b64encode(md5(data, usedforsecurity=False).digest()).decode()}


def _delete(*, bypass: bool = False, batch: bool = False, client: str = "_client") -> _Attack:
    def attack(check: StoreCheck, probe: _Probe) -> None:
        bypassing = {"BypassGovernanceRetention": True} if bypass else {}
        if batch:
            named = {"Objects": [{"Key": probe.key, "VersionId": probe.version}]}
            getattr(check, client).delete_objects(Bucket=check._name, Delete=named, **bypassing)
        else:
            getattr(check, client).delete_object(**_it(check, probe), **bypassing)

    return attack


def _hide(check: StoreCheck, probe: _Probe) -> None:
    check._client.delete_object(Bucket=check._name, Key=probe.key)


def _hide_twice(check: StoreCheck, probe: _Probe) -> None:
    """A marker, the marker taken away, and another one: some stores lose count."""
    marker = check._client.delete_object(Bucket=check._name, Key=probe.key).get("VersionId")
    if marker and marker != probe.version:
        check._client.delete_object(Bucket=check._name, Key=probe.key, VersionId=marker)
    check._client.delete_object(Bucket=check._name, Key=probe.key)


def _delete_null(check: StoreCheck, probe: _Probe) -> None:
    check._client.delete_object(Bucket=check._name, Key=probe.key, VersionId="null")


def _overwrite(check: StoreCheck, probe: _Probe) -> None:
    check._client.put_object(Bucket=check._name, Key=probe.key, Body=b"another", **_md5(b"another"))


def _overwrite_and_delete(check: StoreCheck, probe: _Probe) -> None:
    _overwrite(check, probe)
    _delete()(check, probe)


def _copy_over(check: StoreCheck, probe: _Probe) -> None:
    source = {"Bucket": check._name, "Key": probe.key, "VersionId": probe.version}
    check._client.copy_object(
        Bucket=check._name, Key=probe.key, CopySource=source, MetadataDirective="REPLACE", Metadata={"a": "b"}
    )


def _copy_over_with_less(check: StoreCheck, probe: _Probe) -> None:
    source = {"Bucket": check._name, "Key": probe.key, "VersionId": probe.version}
    check._client.copy_object(
        Bucket=check._name, Key=probe.key, CopySource=source, MetadataDirective="REPLACE", Metadata={"a": "b"},
        ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=check._bucket.now() + dt.timedelta(seconds=30),
    )  # fmt: skip


def _upload_over(check: StoreCheck, probe: _Probe) -> None:
    named = {"Bucket": check._name, "Key": probe.key}
    upload = check._client.create_multipart_upload(**named)["UploadId"]
    part = check._client.upload_part(**named, UploadId=upload, PartNumber=1, Body=b"another")
    check._client.complete_multipart_upload(
        **named, UploadId=upload, MultipartUpload={"Parts": [{"ETag": part["ETag"], "PartNumber": 1}]}
    )


def _retain(mode: str, minutes: float, *, bypass: bool = False) -> _Attack:
    def attack(check: StoreCheck, probe: _Probe) -> None:
        until = check._bucket.now() + dt.timedelta(minutes=minutes)
        retention: dict[str, Any] = {"Mode": mode, "RetainUntilDate": until} if mode else {}
        bypassing = {"BypassGovernanceRetention": True} if bypass else {}
        check._client.put_object_retention(**_it(check, probe), Retention=retention, **bypassing)
        _delete(bypass=bypass)(check, probe)

    return attack


def _legal_hold(check: StoreCheck, probe: _Probe) -> None:
    for status in ("ON", "OFF"):
        check._client.put_object_legal_hold(**_it(check, probe), LegalHold={"Status": status})
    _delete()(check, probe)


def _suspend(check: StoreCheck, probe: _Probe) -> None:
    if probe.version == "null":
        return  # it keeps no versions, which is not to be put back: and the probe does not stand
    try:
        check._client.put_bucket_versioning(Bucket=check._name, VersioningConfiguration={"Status": "Suspended"})
        _overwrite(check, probe)
        _delete()(check, probe)
    finally:
        if not check._is_set("get_bucket_versioning", "Status", "Enabled"):
            check._client.put_bucket_versioning(Bucket=check._name, VersioningConfiguration={"Status": "Enabled"})


def _default_rule(rule: dict[str, Any] | None, *, enabled: bool = True) -> _Attack:
    def attack(check: StoreCheck, probe: _Probe) -> None:
        before = check._set("get_object_lock_configuration", "ObjectLockConfiguration")
        if not before:
            raise _LeftAloneError("no lock is set for the bucket, and one that is cannot be taken off")
        asked: dict[str, Any] = {"ObjectLockEnabled": "Enabled" if enabled else "Disabled"}
        if rule is not None:
            asked["Rule"] = {"DefaultRetention": rule}
        try:
            check._client.put_object_lock_configuration(Bucket=check._name, ObjectLockConfiguration=asked)
            _delete(bypass=True)(check, probe)
        finally:
            if not check._is_set("get_object_lock_configuration", "ObjectLockConfiguration", before):
                check._client.put_object_lock_configuration(Bucket=check._name, ObjectLockConfiguration=before)

    return attack


def _drop_bucket(check: StoreCheck, probe: _Probe) -> None:
    del probe
    if check._holds_others():
        raise _LeftAloneError("more than this check's objects is in it, or the store does not tell")
    check._client.delete_bucket(Bucket=check._name)


_ON_AN_OBJECT: tuple[tuple[str, _Attack], ...] = (
    ("leave it alone, for a lock that was never set", lambda _check, _probe: None),
    ("delete it", _delete()),
    ("delete it, bypassing governance", _delete(bypass=True)),
    ("delete it in a batch", _delete(batch=True)),
    ("delete it in a batch, bypassing governance", _delete(batch=True, bypass=True)),
    ("delete it without credentials", _delete(client="_anonymous")),
    ("delete it in a batch without credentials", _delete(batch=True, client="_anonymous")),
    ("hide it under a delete marker", _hide),
    ("hide it, unhide it, hide it again", _hide_twice),
    ("delete the version named null", _delete_null),
    ("write over it", _overwrite),
    ("write over it, then delete it", _overwrite_and_delete),
    ("copy it over itself", _copy_over),
    ("copy it over itself with a weaker lock", _copy_over_with_less),
    ("write over it in parts", _upload_over),
    ("shorten its lock", _retain("COMPLIANCE", 1)),
    ("shorten its lock, bypassing governance", _retain("COMPLIANCE", 1, bypass=True)),
    ("end its lock in the past", _retain("COMPLIANCE", -60)),
    ("weaken its lock to governance", _retain("GOVERNANCE", LOCK_MINUTES * 2)),
    ("weaken its lock to governance, bypassing governance", _retain("GOVERNANCE", LOCK_MINUTES * 2, bypass=True)),
    ("weaken and shorten its lock, bypassing governance", _retain("GOVERNANCE", 1, bypass=True)),
    ("take its lock away", _retain("", 0)),
    ("take its lock away, bypassing governance", _retain("", 0, bypass=True)),
    ("put a legal hold on it and take it off again", _legal_hold),
)

_RULES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("expire it by a rule", {"Expiration": {"Days": 1}}),
    ("expire it by a rule with a past date", {"Expiration": {"Date": dt.datetime(2020, 1, 1, tzinfo=dt.UTC)}}),
    ("expire hidden versions by a rule", {"NoncurrentVersionExpiration": {"NoncurrentDays": 1}}),
)

_ON_THE_BUCKET: tuple[tuple[str, _Attack], ...] = (
    ("suspend versions, write over it, delete it", _suspend),
    ("take the bucket's lock rule away", _default_rule(None)),
    ("turn the bucket's lock off", _default_rule(None, enabled=False)),
    ("give the bucket a weaker lock rule", _default_rule({"Mode": "GOVERNANCE", "Days": 1})),
    ("drop the bucket", _drop_bucket),
)
