"""Says which of two equal kernels runs the hot loops: the compiled one, or the NumPy code that is its oracle.

The compiled one is there where a compiler was at hand when the package was built. PII_SCAN_KERNEL forces one of them.
"""

from __future__ import annotations

import os
from functools import cache
from importlib import import_module
from types import ModuleType

from pii_scan.errors import ConfigError, nearest

VARIABLE = "PII_SCAN_KERNEL"
NAMES = ("native", "numpy")
ROOM = 1 << 16
"""Places or events that one call of the compiled kernel gives at most; the rest comes with the next."""


@cache
def compiled_kernel() -> ModuleType | None:
    """The compiled kernel; None where it was not built."""
    try:
        return import_module("pii_scan.detect._kernel")
    except ImportError:
        return None


def native() -> ModuleType | None:
    """The compiled kernel where it is to be used. Raises ConfigError."""
    wanted = os.environ.get(VARIABLE, "")
    if wanted and wanted not in NAMES:
        raise ConfigError(f"{VARIABLE}: no kernel is called {wanted!r}", nearest(wanted, NAMES))
    if wanted == "numpy":
        return None
    found = compiled_kernel()
    if found is None and wanted == "native":
        raise ConfigError(f"{VARIABLE}: the native kernel was not built", "install pii-scan where a C compiler is")
    return found
