"""An S3 bucket with Object Lock: versions, and nothing else. No object here is ever overwritten.

Rules kept here:
  * What is put is read back by its version, byte for byte, and its lock with it, before `put` returns (D8).
  * Time is the store's, from its answers: a node whose clock is wrong must not lock for less.
  * Delete markers are not looked at: whoever can PUT can hide an object, and not take it away (S12).
  * One repetition a call, for a connection that had gone stale; whoever copies tries again later.
  * An error names a code, never a key or a content.
"""

import base64
import contextlib
import datetime as dt
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from hashlib import md5
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from contrefeu.vault.address import Credentials, S3Address
from contrefeu.vault.pace import Pace
from contrefeu.vault.place import VaultAway

CONNECT_S = 3.0  # a store that is there answers well within
READ_S = 20.0  # between two bytes of an answer
LOCK_SLACK_S = 2.0  # stores keep whole seconds
SENDING_S_MAX = 3600.0  # of an object over a slow line: its lock is counted from before, its age from behind
_GONE = frozenset(["NoSuchKey", "NoSuchVersion", "404", "MethodNotAllowed"])
_UNLOCKED = frozenset(["NoSuchObjectLockConfiguration", "ObjectLockConfigurationNotFoundError"])
_LOOK = "Look at the link and the store's own state; copies go on by themselves."
_KEYS = "Compare access_key and secret_key in the file with those that the store's owner gave, or have new ones given."
_PLACE = (
    "Compare the bucket and folder of the address with what these credentials are for; the page on vaults lists what"
    " its owner gives them, and deleting is not in it."
)
_NOT_THEIRS = {"AccessDenied": _PLACE, "InvalidAccessKeyId": _KEYS, "SignatureDoesNotMatch": _KEYS}
_ADVICE = {  # error codes of the S3 API reference, "List of error codes": what somebody must do before it answers
    "NoSuchBucket": "Compare the name in the address. Its owner makes a bucket, with Object Lock; nothing here does.",
    "RequestTimeTooSkewed": "Set this machine's clock: the store refuses whoever is off by a quarter of an hour.",
}


@dataclass(frozen=True, slots=True)
class Version:
    """One version of one object."""

    key: str
    id: str
    size: int
    modified: dt.datetime


class Bucket:
    """What is under one prefix of one bucket; keys here are without the prefix."""

    def __init__(self, address: S3Address, credentials: Credentials, pace: Pace) -> None:
        self._address = address
        self._pace = pace
        self._clock_lock = threading.Lock()
        self._clock: tuple[dt.datetime, float] | None = None
        self.client = connect(address, credentials)

    @property
    def as_of(self) -> dt.datetime | None:
        """Only what was there by then is looked at."""
        return self._address.as_of

    @property
    def locks(self) -> bool:
        """Whether what is put is locked."""
        return self._address.lock == "compliance"

    def now(self) -> dt.datetime:
        """The store's time.

        Raises:
            VaultAway: It does not answer.
        """
        if self._clock is None:
            self._call("list_object_versions", Prefix=self._address.prefix, MaxKeys=1)
        assert self._clock is not None, "the store just answered"
        said, at = self._clock
        return said + dt.timedelta(seconds=time.monotonic() - at)

    def versions(self, prefix: str, page: int = 1000) -> Iterator[Version]:
        """Every version under *prefix*: by key, of each key the newest first; those after `as-of` are left out."""
        for answer in self._pages(prefix, page):
            for found in answer.get("Versions", ()):
                if self._address.as_of is None or found["LastModified"] <= self._address.as_of:
                    key = found["Key"].removeprefix(self._address.prefix)
                    yield Version(key, found["VersionId"], found["Size"], found["LastModified"])

    def children(self, folder: str) -> set[str]:
        """Names in *folder*: objects, and folders that hold any; hidden ones and those after `as-of` too."""
        under = f"{folder}/" if folder else ""
        start = len(self._address.prefix) + len(under)
        names = set()
        for answer in self._pages(under, 1000, Delimiter="/"):
            names |= {found["Key"][start:] for found in answer.get("Versions", ())}
            names |= {found["Prefix"][start:].rstrip("/") for found in answer.get("CommonPrefixes", ())}
        return names

    def get(self, version: Version, offset: int = 0, length: int = -1) -> bytes:
        """Bytes of a version; fewer where it ends, none when it is gone."""
        if length == 0 or offset >= version.size:
            return b""
        ranged = {}
        if offset or length >= 0:
            ranged["Range"] = f"bytes={offset}-{'' if length < 0 else offset + length - 1}"
        answer = self._get(version.key, version.id, **ranged)
        return answer[0] if answer is not None else b""

    def put(self, key: str, data: bytes, days: int, *, behind: bool = False) -> Version:
        """Put *data* at *key*, locked for *days*, as a version of its own; read back on return. *behind*: it can wait.

        Raises:
            VaultAway: The store is out of reach, or does not give back what it was given, or not the lock.
        """
        (self._pace.spend_behind if behind else self._pace.spend)(len(data))
        locked: dict[str, Any] = {}
        if self.locks:
            until = (self.now() + dt.timedelta(days=days)).replace(microsecond=0) + dt.timedelta(seconds=1)
            locked = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": until}
        # MD5 is what S3 asks of a put with a lock, against errors of transmission; what counts is the reading back.
        checked = base64.b64encode(md5(data, usedforsecurity=False).digest()).decode()
        name = self._address.prefix + key
        put = self._call("put_object", Key=name, Body=data, ContentMD5=checked, **locked)
        made = put.get("VersionId", "null")
        if self.locks and made == "null":
            raise self._refusal("keeps no versions, so nothing in it is locked")
        back = self._get(key, made)
        if back is None or back[0] != data:
            raise self._refusal("does not give back what was put there")
        if self.locks:
            self._check_lock(back[1], name, made, locked["ObjectLockRetainUntilDate"])
        return Version(key, made, len(data), back[1]["LastModified"])

    def prolong(self, version: Version, days: int) -> bool:
        """Lock for *days* from now on a version that was locked before; a longer lock stays as it is.

        False when it was never locked, so that it is none that was put here, or the store does not let this node.
        """
        if not self.locks:
            return True
        until = (self.now() + dt.timedelta(days=days)).replace(microsecond=0)
        try:
            said = self._locked_until(version)
            if said is not None and said < until:
                retention = {"Mode": "COMPLIANCE", "RetainUntilDate": until}
                self._call("put_object_retention", **self._named(version), Retention=retention)
        except VaultAway as away:
            if not _code(away):
                raise
            return False
        return said is not None

    def keeps(self, version: Version, days: int) -> bool:
        """Whether *version* is locked as what is put here for *days*: what is not, whoever laid it can take away."""
        if not self.locks:
            return True
        said = self._locked_until(version)
        return said is not None and said >= version.modified + dt.timedelta(days=days, seconds=-SENDING_S_MAX)

    def _locked_until(self, version: Version) -> dt.datetime | None:
        """When a COMPLIANCE lock ends, or ended; None when there is none, or no such version any more."""
        try:
            kept = self._call("get_object_retention", **self._named(version))["Retention"]
        except VaultAway as away:
            if _code(away) not in _GONE | _UNLOCKED:
                raise
            return None
        until: dt.datetime | None = kept.get("RetainUntilDate")
        return until if kept.get("Mode") == "COMPLIANCE" else None

    def _named(self, version: Version) -> dict[str, str]:
        return {"Key": self._address.prefix + version.key, "VersionId": version.id}

    def lapse(self, version: Version) -> bool:
        """Remove a version whose lock is over; False when the store does not let this node."""
        try:
            self._call("delete_object", **self._named(version))
        except VaultAway:
            return False
        return True

    def _check_lock(self, answer: dict[str, Any], name: str, made: str, until: dt.datetime) -> None:
        mode, said = answer.get("ObjectLockMode"), answer.get("ObjectLockRetainUntilDate")
        if mode is None:
            kept = self._call("get_object_retention", Key=name, VersionId=made)["Retention"]
            mode, said = kept.get("Mode"), kept.get("RetainUntilDate")
        if mode != "COMPLIANCE" or said is None or said < until - dt.timedelta(seconds=LOCK_SLACK_S):
            raise self._refusal("took an object and did not lock it as it was asked to")

    def _get(self, key: str, version: str, **ranged: str) -> tuple[bytes, dict[str, Any]] | None:
        named = {} if version == "null" else {"VersionId": version}
        try:
            answer = self._call("get_object", Key=self._address.prefix + key, **named, **ranged)
            with self._speaking():
                return answer["Body"].read(), answer
        except VaultAway as away:
            if _code(away) in _GONE:
                return None
            raise

    def _pages(self, prefix: str, page: int, **more: str) -> Iterator[dict[str, Any]]:
        marks: dict[str, str] = {}
        while True:
            answer = self._call(
                "list_object_versions", Prefix=self._address.prefix + prefix, MaxKeys=page, **marks, **more
            )
            yield answer
            if not answer.get("IsTruncated"):
                return
            marks = {"KeyMarker": answer["NextKeyMarker"]}
            if answer.get("NextVersionIdMarker"):
                marks["VersionIdMarker"] = answer["NextVersionIdMarker"]

    def _call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        with self._speaking():
            answer: dict[str, Any] = getattr(self.client, operation)(Bucket=self._address.bucket, **arguments)
        said = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
        if said:
            with self._clock_lock:
                self._clock = (parsedate_to_datetime(said), time.monotonic())
        return answer

    @contextlib.contextmanager
    def _speaking(self) -> Iterator[None]:
        try:
            yield
        except ClientError as refused:
            code = _said(refused)
            if code in _NOT_THEIRS:
                raise self._not_ours(code) from refused
            raise self._away(f"it answers {code}", _ADVICE.get(code, _LOOK)) from refused
        except BotoCoreError as lost:
            raise self._away(f"no answer ({type(lost).__name__})") from lost
        except OSError as lost:
            raise self._away(lost.strerror or type(lost).__name__) from lost

    def _away(self, why: str, advice: str = _LOOK) -> VaultAway:
        return VaultAway(
            f"The bucket {self._address.bucket} is out of reach: {why}.",
            safe="The journals; what the vault held it still holds.",
            next=advice,
        )

    def _not_ours(self, code: str) -> VaultAway:
        return VaultAway(
            f"The bucket {self._address.bucket} refuses these credentials here: {code}.",
            safe="The journals; what the vault held it still holds.",
            next=_NOT_THEIRS[code],
        )

    def _refusal(self, what: str) -> VaultAway:
        return VaultAway(
            f"The bucket {self._address.bucket} {what}.",
            safe="The journals, and what was shown as copied before.",
            next="contrefeu vault check URL says what this store holds and what it does not.",
        )


def _said(refused: ClientError) -> str:
    return str(refused.response.get("Error", {}).get("Code", "an error"))


def _code(away: VaultAway) -> str:
    """What the store answered; "" when it did not."""
    return _said(away.__cause__) if isinstance(away.__cause__, ClientError) else ""


def connect(address: S3Address, credentials: Credentials, more: Config | None = None) -> Any:
    """A client of the store at *address*; nothing is taken from the environment, *more* is added to how it speaks."""
    session = boto3.session.Session(
        aws_access_key_id=credentials.access_key,
        aws_secret_access_key=credentials.secret_key,
        region_name=address.region,
    )
    how = Config(
        connect_timeout=CONNECT_S,
        read_timeout=READ_S,
        retries={"total_max_attempts": 2, "mode": "standard"},
        max_pool_connections=8,
        s3={"addressing_style": "path" if address.endpoint else "auto"},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        proxies={} if address.endpoint else None,
    )
    return session.client(
        "s3",
        endpoint_url=address.endpoint or None,
        verify=credentials.ca or None,
        config=how.merge(more) if more is not None else how,
    )
