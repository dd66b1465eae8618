"""Azure Blob Storage, through adlfs: the blobs of a container below a prefix, the current versions alone.

Sources: the Blob service REST API (List Blobs, Get Blob, error codes); credentials as adlfs finds them in the
environment, else by Azure's own chain. Tried with Azurite, not with Azure itself.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from adlfs import AzureBlobFileSystem
from azure.core import MatchConditions
from azure.core import exceptions as faults

from pii_scan.sources.objects import flat
from pii_scan.sources.objects.store import Entry, Meaning, refuse, silence
from pii_scan.sources.objects.url import ObjectUrl

ARCHIVED = "archived by its access tier; it is read when it has been rehydrated, which pii-scan never asks for"
_PERMISSION = frozenset({401, 403})
_LOGGERS = "adlfs", "fsspec", "azure", "msal", "aiohttp", "asyncio"


class AzureStore(flat.FlatStore):
    """A container, below a prefix."""

    holder = "container"
    rights = "it takes the role Storage Blob Data Reader on the container"

    def __init__(self, url: ObjectUrl, is_file: bool) -> None:
        """`is_file`: the URL names one blob."""
        super().__init__(url, is_file)
        silence(*_LOGGERS)
        self._system: AzureBlobFileSystem | None = None

    def listed(self, prefix: str, most: int, mark: str) -> tuple[list[Entry], str]:
        """As `FlatStore.listed`."""

        async def found(service: Any) -> Any:
            blobs = service.get_container_client(self._url.bucket).list_blobs(
                name_starts_with=prefix or None, results_per_page=most, include=["metadata"]
            )
            pages = blobs.by_page(continuation_token=mark or None)
            async for page in pages:
                return [blob async for blob in page], pages.continuation_token
            return [], ""

        blobs, token = self._run(found)
        return [_entry(blob) for blob in blobs if not _is_folder(blob)], str(token or "")

    def ranged(self, key: str, start: int, end: int, version: str) -> bytes:
        """As `FlatStore.ranged`; the store itself refuses when the blob is another by now (If-Match)."""
        asked = {"etag": version, "match_condition": MatchConditions.IfNotModified} if version else {}

        async def got(service: Any) -> Any:
            blob = service.get_blob_client(self._url.bucket, key)
            stream = await blob.download_blob(offset=start, length=end - start, max_concurrency=1, **asked)
            return await stream.readall()

        return bytes(self._run(got))

    def _run(self, work: Callable[[Any], Coroutine[Any, Any, Any]]) -> Any:
        """What `work` gives, with the client. Raises Failure."""
        try:
            if self._system is None:
                account = self._url.options.get("account_name")
                self._system = AzureBlobFileSystem(
                    **{"account_name": account} if account else {}, anon=False, use_listings_cache=False,
                    skip_instance_cache=True,
                )  # fmt: skip
            system = self._system
            service = system.service_client
            client = service[0] if isinstance(service, list) else service
            return flat.within_time(system.loop, lambda: work(client))
        except faults.ClientAuthenticationError:
            refuse(Meaning.PERMISSION, flat.NO_CREDENTIALS)
        except faults.ResourceModifiedError:
            refuse(Meaning.CHANGED, flat.CHANGED)
        except faults.HttpResponseError as error:
            refuse(*_meaning(str(getattr(error, "error_code", "")), error.status_code or 0))
        except (TimeoutError, faults.AzureError, OSError):
            refuse(Meaning.PASSING, flat.SILENT)
        except ValueError:  # no account is named, or a connection string makes no sense
            refuse(Meaning.PERMISSION, flat.NO_CREDENTIALS)


def _is_folder(blob: Any) -> bool:
    """A folder of a hierarchical namespace, which is listed beside what is in it."""
    return str((blob.metadata or {}).get("hdi_isfolder", "")).lower() == "true"


def _entry(blob: Any) -> Entry:
    frozen = str(blob.blob_tier or "") == "Archive"
    return Entry(
        str(blob.name), size_bytes=int(blob.size or 0),
        changed_ns=None if blob.last_modified is None else flat.moments(blob.last_modified.timestamp()),
        version=str(blob.etag or ""), refused=ARCHIVED if frozen else "",
    )  # fmt: skip


def _meaning(code: str, status: int) -> tuple[Meaning, str]:
    """What an error response says."""
    if code.endswith("BlobArchived"):
        return Meaning.UNSUPPORTED, ARCHIVED
    if status in (412, 416):
        return Meaning.CHANGED, flat.CHANGED
    if status >= 500 or status in (0, 408, 429):
        return Meaning.PASSING, flat.BUSY
    if status == 404:
        return Meaning.VANISHED, flat.GONE
    if status in _PERMISSION:
        return Meaning.PERMISSION, flat.REFUSED
    return Meaning.CORRUPT, f"the store refuses to give it ({status})"
