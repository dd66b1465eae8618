"""Carries the data folders, which stand beside `src` in the checkout, into the package when a wheel is built.

Builds the compiled kernel where a C compiler is; without one the NumPy code runs in its place.

An editable install needs no copy: `pii_scan.registry` looks in the checkout as well.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_py import build_py

DATA_FOLDERS = ("recognizers", "configs", "examples")
PARTS = (
    "", "_cells", "_context", "_dates", "_keyed", "_names", "_passes", "_sieve", "_stamps", "_starts", "_tagger",
    "_tokens", "_utf8", "_walk",
)  # fmt: skip
KERNEL = Extension(
    "pii_scan.detect._kernel",
    [f"src/pii_scan/detect/_kernel{part}.c" for part in PARTS],
    depends=[f"src/pii_scan/detect/_kernel{part}.h" for part in ("", "_dates", "_starts", "_tokens")],
    define_macros=[("Py_LIMITED_API", "0x030B0000")],
    extra_compile_args=[] if sys.platform == "win32" else ["-O3"],
    py_limited_api=True,
    optional=True,
)


class BuildWithData(build_py):
    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        for name in DATA_FOLDERS:
            target = Path(self.build_lib) / "pii_scan" / name
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(name, target, ignore=shutil.ignore_patterns("__pycache__"))


setup(
    cmdclass={"build_py": BuildWithData},
    ext_modules=[KERNEL],
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
