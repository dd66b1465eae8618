"""A file whose reading is heard of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, BinaryIO


class Heard:
    """Looking through a very large one takes longer than a worker may be silent."""

    def __init__(self, content: BinaryIO, beat: Callable[[], None]) -> None:
        self._content = content
        self._beat = beat

    def read(self, size: int = -1, /) -> bytes:
        """As of any file."""
        self._beat()
        return self._content.read(size)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._content, name)
