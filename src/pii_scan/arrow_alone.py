"""Keeps pyarrow from loading pandas, which it does with its first array wherever pandas is installed.

pii-scan has no use for it, and it takes 0.4 s of every start. Only for programs of our own: where pyarrow has not found
pandas it makes no data frames (nor for a user's recognizer in a worker).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
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


def load_arrow() -> None:
    """Loads pyarrow, which will not look for pandas again; others may. Nothing changes where pandas is loaded."""
    if "pandas" in sys.modules:
        return
    finder = _NoPandas()
    sys.meta_path.insert(0, finder)
    try:
        import pyarrow

        pyarrow.array([])  # it looks once
    finally:
        sys.meta_path.remove(finder)
