"""Reads a YAML file that a person wrote: bounded, safe, with errors that name file and line. Knows no keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from pii_scan.errors import UsageError

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The same in C where PyYAML was built with it: ten times as fast."""


def read_mapping(path: Path, max_bytes: int, error: type[UsageError], what: str) -> dict[str, Any]:
    """The mapping in `path`, at most `max_bytes` long; an empty file is an empty one.

    `what` says what such a file holds («a rule»). Raises `error`. Tags of Python objects are refused (safe loading).
    """
    try:
        if path.stat().st_size > max_bytes:
            raise error(f"{path}: larger than {max_bytes >> 10} KiB")
        text = path.read_text(encoding="utf-8")
        content = yaml.load(text, Loader=_LOADER)  # noqa: S506  both are safe loaders
    except yaml.MarkedYAMLError as problem:
        line = problem.problem_mark.line + 1 if problem.problem_mark else 0
        line = min(line, len(text.splitlines()))  # what is left open is noticed after the end
        raise error(f"{path}, line {line}: not valid YAML: {problem.problem}") from None
    except (OSError, ValueError, yaml.YAMLError, RecursionError) as problem:  # ValueError: no UTF-8, or no such date
        reason = problem.strerror if isinstance(problem, OSError) else type(problem).__name__
        raise error(f"{path}: cannot be read ({reason})") from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise error(f"{path}: {what} is a mapping of keys to values")
    return content
