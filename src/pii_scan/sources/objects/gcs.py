"""Google Cloud Storage, through gcsfs: the objects of a bucket below a prefix, the live generations alone.

Sources: the JSON API of Cloud Storage (objects: list, get; preconditions); credentials by Google's own chain. Not
tested against Google itself.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any
from urllib.parse import quote

import aiohttp
import requests
from gcsfs import GCSFileSystem
from gcsfs.retry import HttpError
from google.auth.exceptions import GoogleAuthError

from pii_scan.sources.objects import flat
from pii_scan.sources.objects.store import Entry, Meaning, refuse, silence
from pii_scan.sources.objects.url import ObjectUrl

_LOGGERS = "gcsfs", "fsspec", "google", "aiohttp", "asyncio"


class GcsStore(flat.FlatStore):
    """A bucket, below a prefix."""

    rights = "it takes the role Storage Object Viewer on the bucket"

    def __init__(self, url: ObjectUrl, is_file: bool) -> None:
        """`is_file`: the URL names one object."""
        super().__init__(url, is_file)
        silence(*_LOGGERS)
        self._system: GCSFileSystem | None = None

    def listed(self, prefix: str, most: int, mark: str) -> tuple[list[Entry], str]:
        """As `FlatStore.listed`."""
        more = {"pageToken": mark} if mark else {}

        async def found(system: Any) -> Any:
            return await system._call(
                "GET", "b/{}/o", self._url.bucket, prefix=prefix, maxResults=most, json_out=True, **more
            )

        page = self._run(found)
        return [_entry(item) for item in page.get("items", ())], str(page.get("nextPageToken", ""))

    def ranged(self, key: str, start: int, end: int, version: str) -> bytes:
        """As `FlatStore.ranged`; the store itself refuses when the object is another by now (ifGenerationMatch)."""
        at = f"{self._url.bucket}/o/{quote(key, safe='')}"

        async def got(system: Any) -> Any:
            asked = f"&ifGenerationMatch={version}" if version else ""
            return await system._call(
                "GET", f"{system._location}/download/storage/v1/b/{at}?alt=media{asked}",
                headers={"Range": f"bytes={start}-{end - 1}", "Accept-Encoding": "gzip"},
            )  # fmt: skip

        return bytes(self._run(got)[1])

    def _run(self, work: Callable[[Any], Coroutine[Any, Any, Any]]) -> Any:
        """What `work` gives, with the file system. Raises Failure."""
        try:
            if self._system is None:
                self._system = GCSFileSystem(use_listings_cache=False, skip_instance_cache=True)
            system = self._system
            return flat.within_time(system.loop, lambda: work(system))
        except FileNotFoundError:
            refuse(Meaning.VANISHED, flat.GONE)
        except FileExistsError:  # gcsfs's word for a precondition that failed
            refuse(Meaning.CHANGED, flat.CHANGED)
        except HttpError as error:
            refuse(*_meaning(int(getattr(error, "code", 0) or 0)))
        except GoogleAuthError:
            refuse(Meaning.PERMISSION, flat.NO_CREDENTIALS)
        except (TimeoutError, aiohttp.ClientError, requests.exceptions.RequestException, ConnectionError):
            refuse(Meaning.PASSING, flat.SILENT)
        except OSError as error:
            if str(error).startswith("Forbidden"):
                refuse(Meaning.PERMISSION, flat.REFUSED)
            refuse(Meaning.PASSING, flat.SILENT)
        except ValueError:
            refuse(Meaning.CORRUPT, "the store refuses the request")


def _entry(item: dict[str, Any]) -> Entry:
    changed = item.get("updated")
    return Entry(
        str(item["name"]), size_bytes=int(item.get("size", 0)),
        changed_ns=None if not changed else flat.moments(datetime.fromisoformat(changed).timestamp()),
        version=str(item.get("generation", "")),
    )  # fmt: skip


def _meaning(status: int) -> tuple[Meaning, str]:
    """What an error response says."""
    if status in (304, 412, 416):
        return Meaning.CHANGED, flat.CHANGED
    if status >= 500 or status in (0, 408, 429):
        return Meaning.PASSING, flat.BUSY
    if status in (401, 403):
        return Meaning.PERMISSION, flat.REFUSED
    return Meaning.CORRUPT, f"the store refuses to give it ({status})"
