"""S3 and what speaks like it, through s3fs: objects of a bucket below a prefix, the current versions alone.

Sources: the S3 API reference (ListObjectsV2, GetObject, error responses); credentials by the chain of the AWS SDK.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime
from typing import Any

import aiohttp
from botocore import exceptions as faults
from botocore.parsers import ResponseParserError
from fsspec import asyn
from fsspec.exceptions import FSTimeoutError
from s3fs import S3FileSystem

from pii_scan.errors import TargetError
from pii_scan.sources.objects.store import (
    CONNECT_SECONDS,
    REQUEST_SECONDS,
    Entry,
    Failure,
    Meaning,
    Opened,
    as_target_error,
    refuse,
    silence,
)
from pii_scan.sources.objects.url import ObjectUrl

FROZEN = frozenset({"GLACIER", "DEEP_ARCHIVE"})
"""Storage classes whose objects have to be restored, for money, before they can be read."""
ARCHIVED = "archived by its storage class; it is read when it has been restored, which pii-scan never asks for"
_RIGHTS = "it takes s3:ListBucket on the bucket and s3:GetObject on its objects"
_PERMISSION = frozenset(
    "AccessDenied AllAccessDisabled AccountProblem InvalidAccessKeyId SignatureDoesNotMatch ExpiredToken InvalidToken "
    "InvalidPayer InvalidSecurity 401 403 Forbidden".split()
)
_GONE = frozenset("NoSuchKey NoSuchBucket NoSuchVersion 404 NotFound".split())
_PASSING = frozenset(
    "SlowDown ServiceUnavailable InternalError RequestTimeout Throttling ThrottlingException RequestLimitExceeded "
    "RequestTimeTooSkewed OperationAborted BadDigest IncompleteBody".split()
)
_NETWORK = (
    faults.HTTPClientError, faults.ResponseStreamingError, faults.ConnectionError, ResponseParserError,
    aiohttp.ClientError, FSTimeoutError, asyncio.TimeoutError, OSError,
)  # fmt: skip
_PAGE_KEYS = 1000
_LOGGERS = "s3fs", "fsspec", "aiobotocore", "botocore", "aiohttp", "asyncio"


class S3Store:
    """A bucket, below a prefix."""

    parallel = 4

    def __init__(self, url: ObjectUrl, is_file: bool) -> None:
        """`is_file`: the URL names one object."""
        silence(*_LOGGERS)
        self._url = url
        self._is_file = is_file
        self._system: S3FileSystem | None = None

    def check(self) -> bool:
        """As `Store.check`."""
        url = self._url
        try:
            if url.path and not url.is_folder:
                found = self._page(url.path, 1)
                self._is_file = any(item["Key"] == url.path for item in found.get("Contents", ()))
            folder = self._page(f"{url.path}/" if url.path else "", 1).get("Contents")
        except Failure as failure:
            if failure.meaning is Meaning.VANISHED:
                raise TargetError(
                    f"there is no bucket {url.bucket!r}", "see its name, and the region or endpoint"
                ) from None
            if failure.meaning is Meaning.PERMISSION:
                raise as_target_error(failure, url.label, _RIGHTS) from None
            raise
        if self._is_file and folder:
            raise TargetError(f"{url.label!r} is both an object and a folder", "end it with a slash to name the folder")
        if url.path and not self._is_file and not folder:
            raise TargetError(f"nothing lies at {url.label!r}")
        return self._is_file

    def page(self, folder: str, mark: str) -> tuple[list[Entry], str]:
        """As `Store.page`."""
        path = self._url.path
        prefix = path if self._is_file or not path else f"{path}/"
        page = self._page(prefix, 1 if self._is_file else _PAGE_KEYS, mark)
        entries = []
        for item in page.get("Contents", ()):
            key = str(item["Key"])
            if not key.endswith("/") or item["Size"]:  # what a console makes to show an empty folder
                entries.append(_entry(key.rpartition("/")[2] if self._is_file else key[len(prefix) :], item))
        more = page.get("IsTruncated") and not self._is_file
        return entries, str(page.get("NextContinuationToken", "")) if more else ""

    def open(self, entry: Entry) -> Opened:
        """As `Store.open`; nothing is asked of the store yet."""
        path = self._url.path
        return _Object(self, path if self._is_file else f"{path}/{entry.path}" if path else entry.path, entry)

    def mend(self) -> None:
        """Nothing: each request finds a connection of its own."""

    def close(self) -> None:
        """As `Store.close`."""
        system, self._system = self._system, None
        if system is not None and (client := getattr(system, "_s3", None)) is not None:
            system.close_session(system.loop, client)

    def run(self, work: Callable[[Any], Coroutine[Any, Any, Any]]) -> Any:
        """What `work` gives, with the client. Raises Failure."""
        if self._system is None:
            self._system = _system(self._url.options)
        system = self._system

        async def once() -> Any:
            async with asyncio.timeout(CONNECT_SECONDS + REQUEST_SECONDS):
                return await work(await system.set_session())

        try:
            return asyn.sync(system.loop, once)
        except faults.ClientError as error:
            refuse(*_meaning(error.response))
        except (faults.NoCredentialsError, faults.PartialCredentialsError, faults.CredentialRetrievalError):
            refuse(Meaning.PERMISSION, "there are no credentials for the store")
        except _NETWORK:
            refuse(Meaning.PASSING, "the store did not answer, or broke off")
        except faults.BotoCoreError as error:
            refuse(Meaning.CORRUPT, f"the request cannot be made ({type(error).__name__})")

    def _page(self, prefix: str, most: int, token: str = "") -> Mapping[str, Any]:
        more = {"ContinuationToken": token} if token else {}

        async def listed(client: Any) -> Any:
            return await client.list_objects_v2(
                Bucket=self._url.bucket, Prefix=prefix, MaxKeys=most, OptionalObjectAttributes=["RestoreStatus"], **more
            )

        found: Mapping[str, Any] = self.run(listed)
        return found


class _Object:
    """One object, by its etag."""

    def __init__(self, store: S3Store, key: str, entry: Entry) -> None:
        self._store = store
        self._key = key
        self._etag = entry.version

    def read(self, start: int, end: int) -> bytes:
        """As `Opened.read`; the store itself refuses when the object is another by now (If-Match)."""
        asked = {"IfMatch": self._etag} if self._etag else {}

        async def got(client: Any) -> tuple[str, bytes]:
            answer = await client.get_object(
                Bucket=self._store._url.bucket, Key=self._key, Range=f"bytes={start}-{end - 1}", **asked
            )
            async with answer["Body"] as body:
                return str(answer.get("ETag", "")), await body.read()

        etag, data = self._store.run(got)
        if self._etag and etag != self._etag:  # some stores pass over If-Match
            refuse(Meaning.CHANGED, CHANGED)
        if len(data) != end - start:
            refuse(Meaning.PASSING, "the store gave less than was asked for")
        return bytes(data)

    def now(self) -> tuple[int, tuple[int, int] | None] | None:
        """None: every read has made sure of it."""
        return None

    def close(self) -> None:
        """Nothing is held."""


CHANGED = "the object was replaced while it was scanned"


def _system(options: Mapping[str, str]) -> S3FileSystem:
    system = S3FileSystem(
        endpoint_url=options.get("endpoint_url"), profile=options.get("profile"), use_listings_cache=False,
        skip_instance_cache=True,
        config_kwargs={
            "retries": {"total_max_attempts": 1}, "connect_timeout": CONNECT_SECONDS, "read_timeout": REQUEST_SECONDS,
            "max_pool_connections": 16, "response_checksum_validation": "when_required",
            "request_checksum_calculation": "when_required", "user_agent_extra": "pii-scan",
        },
    )  # fmt: skip
    return system


def _entry(path: str, item: Mapping[str, Any]) -> Entry:
    changed: datetime | None = item.get("LastModified")
    moment = None if changed is None else int(changed.timestamp() * 1000) * 1_000_000
    restored = item.get("RestoreStatus", {}).get("RestoreExpiryDate") is not None
    frozen = item.get("StorageClass", "") in FROZEN and not restored
    return Entry(
        path, size_bytes=int(item["Size"]), changed_ns=None if moment is None else (moment, moment),
        version=str(item.get("ETag", "")), refused=ARCHIVED if frozen else "",
    )  # fmt: skip


def _meaning(response: Mapping[str, Any]) -> tuple[Meaning, str]:
    """What an error response says."""
    code = str(response.get("Error", {}).get("Code", ""))
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code == "InvalidObjectState":
        return Meaning.UNSUPPORTED, ARCHIVED
    if code in ("PreconditionFailed", "InvalidRange") or status in (412, 416):
        return Meaning.CHANGED, CHANGED
    if code in _PASSING or status >= 500 or status == 429:
        return Meaning.PASSING, "the store is busy or out of order"
    if code in _GONE or status == 404:
        return Meaning.VANISHED, "the object is no longer there"
    if code in _PERMISSION or status in (401, 403):
        return Meaning.PERMISSION, "no permission to read the object"
    known = code if re.fullmatch(r"[A-Za-z.]{1,60}", code) else str(status)
    return Meaning.CORRUPT, f"the store refuses to give it ({known})"
