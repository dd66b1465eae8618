"""Finds personal data where an organisation keeps it, says where it lives, and names what could not be read.

`scan` and `load_run` work on run folders, `Detector` on texts. Importing this loads none of their dependencies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["Config", "Detector", "Run", "__version__", "load_run", "scan"]

if TYPE_CHECKING:
    from pii_scan.config import Config
    from pii_scan.detect.detector import Detector
    from pii_scan.engines.scan import scan
    from pii_scan.findings.store import Run, load_run

_HOME = {
    "Config": "pii_scan.config",
    "Detector": "pii_scan.detect.detector",
    "Run": "pii_scan.findings.store",
    "load_run": "pii_scan.findings.store",
    "scan": "pii_scan.engines.scan",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        import importlib

        return getattr(importlib.import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
