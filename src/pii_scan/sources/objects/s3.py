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
from fsspec.exceptions import FSTimeoutError
from s3fs import S3FileSystem

from pii_scan.sources.objects import flat
from pii_scan.sources.objects.store import CONNECT_SECONDS, REQUEST_SECONDS, Entry, Meaning, refuse, silence
from pii_scan.sources.objects.url import ObjectUrl

FROZEN = frozenset({"GLACIER", "DEEP_ARCHIVE"})
"""Storage classes whose objects have to be restored, for money, before they can be read."""
ARCHIVED = "archived by its storage class; it is read when it has been restored, which pii-scan never asks for"
_PERMISSION = frozenset(
    "AccessDenied AllAccessDisabled AccountProblem InvalidAccessKeyId SignatureDoesNotMatch ExpiredToken InvalidToken "
    "InvalidPayer InvalidSecurity".split()
)
_GONE = frozenset("NoSuchKey NoSuchBucket NoSuchVersion".split())
_PASSING = frozenset(
    "SlowDown ServiceUnavailable InternalError RequestTimeout Throttling ThrottlingException RequestLimitExceeded "
    "RequestTimeTooSkewed OperationAborted BadDigest IncompleteBody".split()
)
_NETWORK = (
    faults.HTTPClientError, faults.ResponseStreamingError, faults.ConnectionError, ResponseParserError,
    aiohttp.ClientError, FSTimeoutError, asyncio.TimeoutError, OSError,
)  # fmt: skip
_LOGGERS = "s3fs", "fsspec", "aiobotocore", "botocore", "aiohttp", "asyncio"


class S3Store(flat.FlatStore):
    """A bucket, below a prefix."""

    rights = "it takes s3:ListBucket on the bucket and s3:GetObject on its objects"

    def __init__(self, url: ObjectUrl, is_file: bool) -> None:
        """`is_file`: the URL names one object."""
        super().__init__(url, is_file)
        silence(*_LOGGERS)
        self._system: S3FileSystem | None = None

    def listed(self, prefix: str, most: int, mark: str) -> tuple[list[Entry], str]:
        """As `FlatStore.listed`; the store is asked which frozen objects have been restored."""
        more = {"ContinuationToken": mark} if mark else {}

        async def found(client: Any) -> Any:
            return await client.list_objects_v2(
                Bucket=self._url.bucket, Prefix=prefix, MaxKeys=most, OptionalObjectAttributes=["RestoreStatus"], **more
            )

        page: Mapping[str, Any] = self._run(found)
        token = str(page.get("NextContinuationToken", "")) if page.get("IsTruncated") else ""
        return [_entry(item) for item in page.get("Contents", ())], token

    def ranged(self, key: str, start: int, end: int, version: str) -> bytes:
        """As `FlatStore.ranged`; the store itself refuses when the object is another by now (If-Match)."""
        asked = {"IfMatch": version} if version else {}

        async def got(client: Any) -> tuple[str, bytes]:
            answer = await client.get_object(
                Bucket=self._url.bucket, Key=key, Range=f"bytes={start}-{end - 1}", **asked
            )
            async with answer["Body"] as body:
                return str(answer.get("ETag", "")), await body.read()

        etag, data = self._run(got)
        if version and etag != version:  # some stores pass over If-Match
            refuse(Meaning.CHANGED, flat.CHANGED)
        return bytes(data)

    def close(self) -> None:
        """As `Store.close`."""
        system, self._system = self._system, None
        if system is not None and (client := getattr(system, "_s3", None)) is not None:
            system.close_session(system.loop, client)

    def _run(self, work: Callable[[Any], Coroutine[Any, Any, Any]]) -> Any:
        """What `work` gives, with the client. Raises Failure."""
        try:
            if self._system is None:
                self._system = _system(self._url.options)
            system = self._system

            async def once() -> Any:
                return await work(await system.set_session())

            return flat.within_time(system.loop, once)
        except faults.ClientError as error:
            refuse(*_meaning(error.response))
        except (faults.NoCredentialsError, faults.PartialCredentialsError, faults.CredentialRetrievalError):
            refuse(Meaning.PERMISSION, flat.NO_CREDENTIALS)
        except _NETWORK:
            refuse(Meaning.PASSING, flat.SILENT)
        except faults.BotoCoreError as error:
            refuse(Meaning.CORRUPT, f"the request cannot be made ({type(error).__name__})")


def _system(options: Mapping[str, str]) -> S3FileSystem:
    """Tries nothing twice by itself: `store.persist` does."""
    return S3FileSystem(
        endpoint_url=options.get("endpoint_url"), profile=options.get("profile"), use_listings_cache=False,
        skip_instance_cache=True,
        config_kwargs={
            "retries": {"total_max_attempts": 1}, "connect_timeout": CONNECT_SECONDS, "read_timeout": REQUEST_SECONDS,
            "max_pool_connections": 16, "response_checksum_validation": "when_required",
            "request_checksum_calculation": "when_required", "user_agent_extra": "pii-scan",
        },
    )  # fmt: skip


def _entry(item: Mapping[str, Any]) -> Entry:
    changed: datetime | None = item.get("LastModified")
    restored = item.get("RestoreStatus", {}).get("RestoreExpiryDate") is not None
    frozen = item.get("StorageClass", "") in FROZEN and not restored
    return Entry(
        str(item["Key"]), size_bytes=int(item["Size"]),
        changed_ns=None if changed is None else flat.moments(changed.timestamp()),
        version=str(item.get("ETag", "")), refused=ARCHIVED if frozen else "",
    )  # fmt: skip


def _meaning(response: Mapping[str, Any]) -> tuple[Meaning, str]:
    """What an error response says."""
    code = str(response.get("Error", {}).get("Code", ""))
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code == "InvalidObjectState":
        return Meaning.UNSUPPORTED, ARCHIVED
    if code in ("PreconditionFailed", "InvalidRange") or status in (412, 416):
        return Meaning.CHANGED, flat.CHANGED
    if code in _PASSING or status >= 500 or status == 429:
        return Meaning.PASSING, flat.BUSY
    if code in _GONE or status == 404:
        return Meaning.VANISHED, flat.GONE
    if code in _PERMISSION or status in (401, 403):
        return Meaning.PERMISSION, flat.REFUSED
    known = code if re.fullmatch(r"[A-Za-z.]{1,60}", code) else str(status)
    return Meaning.CORRUPT, f"the store refuses to give it ({known})"
