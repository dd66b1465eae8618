"""Keeps pyarrow from loading pandas, which it does with its first array wherever pandas is installed.

pii-scan has no use for it, and it takes 0.4 s of every start. Only for programs of our own: where pyarrow has not found
pandas it makes no data frames (nor for a user's recognizer in a worker).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType


class _NoPandas(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname == "pandas":
            raise ModuleNotFoundError("not looked for", name=fullname)
        return None


@contextmanager
def without_pandas() -> Iterator[None]:
    """What is imported within finds no pandas. If pyarrow is, it will not look for it again; others may."""
    if "pandas" in sys.modules:
        yield
        return
    finder = _NoPandas()
    sys.meta_path.insert(0, finder)
    try:
        yield
        if "pyarrow" in sys.modules:
            sys.modules["pyarrow"].array([])  # it looks once
    finally:
        sys.meta_path.remove(finder)
