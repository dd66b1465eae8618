"""Every error that ends a run, as one tree.

PiiScanError
├── UsageError            wrong call: exit code 2, nothing was scanned
│   ├── ConfigError       a configuration file or a value in it
│   ├── RuleError         a recognizer file
│   └── TargetError       a target that does not exist or is not supported
└── RunError              a run folder that cannot be written, read or trusted

A *document* that cannot be read is not an error of the run: it becomes a `model.Problem`. `DocumentError` carries one
from a parser to `extract.dispatch`, and never leaves there.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class PiiScanError(Exception):
    """The run cannot go on. `message` says what and where, `hint` what to do; neither ever quotes scanned content."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class UsageError(PiiScanError):
    """The call is wrong; nothing was scanned."""


class ConfigError(UsageError):
    """A configuration file or option value is wrong."""


class RuleError(UsageError):
    """A recognizer file is wrong."""


class TargetError(UsageError):
    """A target does not exist or cannot be scanned."""


class RunError(PiiScanError):
    """A run folder cannot be written, read or trusted."""


class DocumentError(Exception):
    """A document, or the rest of it, cannot be read: raised by extractors, turned into a Problem by `extract.dispatch`.

    `code` is a value of `model.ProblemCode`; `detail` is a fixed phrase with numbers at most, never content.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint that names the nearest valid name.

    >>> nearest("min-scor", ["min-score", "jobs"])
    "did you mean 'min-score'?"
    >>> nearest("zzz", ["jobs"])
    'known: jobs'
    """
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(names)}"
