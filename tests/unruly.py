"""Documents that misbehave: a module that, first on a worker's path, makes the text extractor do what a name says.

What the parser of a hostile document may do to its process: hang, go on for ever, fill the memory, abort, exit, print.
"""

from __future__ import annotations

from pathlib import Path

PLANTED = "unruly.person@example.no"

_MODULE = """
import importlib.machinery, os, signal, sys, time

SAID = "%(planted)s"


def _patched(original):
    def extract(document, limits):
        name = document.ref.path
        if "flood" in name:
            print((SAID + "\\n") * 200000)
            print((SAID + "\\n") * 200000, file=sys.stderr)
            for descriptor in (1, 2):
                os.write(descriptor, (SAID + "\\n").encode() * 1000)
        if "early" in name:
            os.abort()
        if "raise" in name:
            raise ValueError("cannot parse " + SAID)
        yield from original(document, limits)
        if "hang" in name:
            if os.environ.get("UNRULY_MARK"):
                open(os.path.join(os.environ["TMPDIR"], "mark"), "a").close()  # a worker writes nowhere else
            time.sleep(3600)
        if "child" in name:
            if os.fork() == 0:
                time.sleep(3600)
            time.sleep(3600)
        while "endless" in name:
            time.sleep(0.05)
            yield from original(document, limits)
        if "balloon" in name:
            held = []
            while True:
                held.append(b"x" * (8 << 20))
        if "hoard" in name:
            held = []
            try:
                while True:
                    held.append(b"x" * (8 << 20))
            except MemoryError:
                time.sleep(3600)
        if "abort" in name:
            os.abort()
        if "exit" in name:
            os._exit(0)
        if "leave" in name:
            raise SystemExit(0)
        if "kill" in name:
            os.kill(os.getpid(), signal.SIGKILL)
        if "late" in name:
            raise RuntimeError(SAID)
    return extract


class _Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name != "pii_scan.extract.text":
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        run = spec.loader.exec_module

        def exec_module(module):
            run(module)
            module.extract = _patched(module.extract)

        spec.loader.exec_module = exec_module
        return spec


sys.meta_path.insert(0, _Finder)
"""


def install(folder: Path) -> Path:
    """Writes the module into `folder`, which is to be put on the path of the worker, and gives it back."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sitecustomize.py").write_text(_MODULE % {"planted": PLANTED}, encoding="utf-8")
    return folder
