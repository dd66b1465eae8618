"""Keeps the compiled templates of the HTML report: to compile them takes longer than to fill them in."""

from __future__ import annotations

import contextlib
import marshal
import sys
from collections.abc import Mapping
from pathlib import Path

import jinja2
from jinja2.bccache import Bucket, BytecodeCache

from pii_scan.cache_folder import cache_folder, read_own, write_own

MAX_FILES = 64
"""Older ones, of other versions, are deleted."""


class CompiledPages(BytecodeCache):
    """In the user's cache folder, each under the checksum of its source."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> CompiledPages | None:
        """None where there is no such folder to be had."""
        folder = cache_folder(environment)
        return None if folder is None else cls(folder)

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fills `bucket` where its template is kept."""
        checksum = bucket.checksum.encode()
        with contextlib.suppress(OSError, ValueError, TypeError, EOFError):  # not there, or not whole
            content = read_own(self._folder, self._name(bucket)) or b""
            if content.startswith(checksum):
                bucket.code = marshal.loads(content[len(checksum) :])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keeps what `bucket` holds. (Jinja's own form has a pickle in it.)"""
        content = bucket.checksum.encode() + marshal.dumps(bucket.code)
        write_own(self._folder, self._name(bucket), lambda out: out.write(content), MAX_FILES)

    @staticmethod
    def _name(bucket: Bucket) -> str:
        return f"page-{jinja2.__version__}-{sys.implementation.cache_tag}-{bucket.key}"
