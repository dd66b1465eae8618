"""Reads a YAML file that a person wrote: bounded, safe, with errors that name file and line. Knows no keys."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import yaml

from pii_scan.cache_folder import read_own, write_own
from pii_scan.errors import UsageError

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The same in C where PyYAML was built with it: ten times as fast."""


MAX_VALUES = 2_000_000
"""In one file, aliases written out: so many do not fit in the largest that is read without them."""
MAX_FILES = 4
"""Kept of a kind; older ones are deleted."""
_FAULTS = (yaml.YAMLError, ValueError, RecursionError, LookupError, AttributeError)
"""What PyYAML raises on a bad file: the last three of a value that does not fit the tag before it, as `!!bool ja`."""
Key = tuple[str | int, ...]
"""Where a value stands in a document: the keys and positions that lead to it."""


class _PlainLoader(_LOADER):  # type: ignore[misc, valid-type]
    """Scalars as YAML 1.2 reads them: `NO` is Norway, a date is what was written."""


_PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in resolvers if not tag.endswith((":bool", ":timestamp"))]
    for first, resolvers in _LOADER.yaml_implicit_resolvers.items()
}
_PlainLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"(?:true|false)\Z"), list("tf"))


def read_marked(
    path: Path, max_bytes: int, error: type[UsageError], what: str
) -> tuple[dict[str, Any], dict[Key, int]]:
    """The mapping in `path` as `read_mapping` gives it, and the line, from 1, on which each value stands.

    Aliases and keys that stand twice are refused: what a person signs must say each thing once, where it is read.
    """
    text = _text(path, max_bytes, error)
    try:
        loader = _PlainLoader(text)
        try:
            node = loader.get_single_node()
            lines = _lines(node, (), {}, path, error) if node is not None else {}
            content = loader.construct_document(node) if node is not None else {}
            content = {} if content is None else content
        finally:
            loader.dispose()
    except _FAULTS as problem:
        raise _refused(problem, text, path, error) from None
    if not isinstance(content, dict):
        raise error(f"{path}: {what} is a mapping of keys to values")
    return content, lines


def _lines(
    node: yaml.Node, key: Key, lines: dict[Key, int], path: Path, error: type[UsageError], seen: set[int] | None = None
) -> dict[Key, int]:
    seen = set() if seen is None else seen
    line = node.start_mark.line + 1
    if id(node) in seen:
        raise error(f"{path}: the value of {shown_key(key)} refers to another by an alias", "write it out")
    seen.add(id(node))
    lines[key] = line
    if isinstance(node, yaml.SequenceNode):
        for position, item in enumerate(node.value):
            _lines(item, (*key, position), lines, path, error, seen)
    elif isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            inner = (*key, str(name.value) if isinstance(name, yaml.ScalarNode) else "?")
            if inner in lines:
                raise error(f"{path}, line {name.start_mark.line + 1}: {shown_key(inner)} stands twice")
            _lines(value, inner, lines, path, error, seen)
            lines[inner] = name.start_mark.line + 1
    return lines


def shown_key(key: Key) -> str:
    """A place in a document as a message names it.

    >>> shown_key(("recipients", 2, "country"))
    "'recipients', entry 3, 'country'"
    """
    return ", ".join(f"entry {part + 1}" if isinstance(part, int) else repr(part) for part in key) or "the document"


def kept_contents(
    kind: str, paths: Sequence[Path], read: Callable[[Path], dict[str, Any]], folder: Path | None
) -> list[dict[str, Any]]:
    """What `read` gives of each of `paths`: kept in the user's cache `folder`, where JSON
    can hold it, which is read ten times as fast. `kind`: what the names of kept files begin with.
    """
    if folder is None:
        return [read(path) for path in paths]
    digest = hashlib.sha256(yaml.__version__.encode() + Path(__file__).read_bytes())
    for path in paths:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    name = f"{kind}-{digest.hexdigest()[:32]}.json"
    try:
        kept = json.loads(read_own(folder, name) or b"")
        if isinstance(kept, list) and len(kept) == len(paths):
            return kept
    except (OSError, ValueError, RecursionError):  # not there, or not whole
        pass
    contents = [read(path) for path in paths]
    with contextlib.suppress(TypeError):  # a date
        written = json.dumps(contents)
        if json.loads(written) == contents:
            write_own(folder, name, lambda out: out.write(written.encode()), MAX_FILES)
    return contents


def read_mapping(path: Path, max_bytes: int, error: type[UsageError], what: str) -> dict[str, Any]:
    """The mapping in `path`, at most `max_bytes` long; an empty file is an empty one.

    `what` says what such a file holds («a rule»). Raises `error`. Tags of Python objects are refused (safe loading).
    """
    text = _text(path, max_bytes, error)
    try:
        content = yaml.load(text, Loader=_LOADER)  # noqa: S506  both are safe loaders
    except _FAULTS as problem:  # ValueError: no such date
        raise _refused(problem, text, path, error) from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise error(f"{path}: {what} is a mapping of keys to values")
    _check_size(content, path, error)
    return content


def _check_size(content: Any, path: Path, error: type[UsageError]) -> None:
    """Raises `error` where aliases refer to themselves, or multiply to more values than anyone writes."""
    sizes: dict[int, int] = {}
    open_now: set[int] = set()

    def size(value: Any) -> int:
        if not isinstance(value, dict | list | tuple | set):
            return 1
        known = sizes.get(id(value))
        if known is not None:
            return known
        if id(value) in open_now:
            raise error(f"{path}: an alias refers to what it stands in", "write the value out")
        open_now.add(id(value))
        sizes[id(value)] = 1 + sum(map(size, value.values() if isinstance(value, dict) else value))
        open_now.discard(id(value))
        return sizes[id(value)]

    try:
        values = size(content)
    except RecursionError:
        raise error(f"{path}: nested too deep") from None
    if values > MAX_VALUES:
        raise error(f"{path}: aliases make more than {MAX_VALUES} values of it", "write the values out")


def _text(path: Path, max_bytes: int, error: type[UsageError]) -> str:
    try:
        if path.stat().st_size > max_bytes:
            raise error(f"{path}: larger than {max_bytes >> 10} KiB")
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as problem:  # ValueError: no UTF-8
        reason = problem.strerror if isinstance(problem, OSError) else type(problem).__name__
        raise error(f"{path}: cannot be read ({reason})") from None


def _refused(problem: Exception, text: str, path: Path, error: type[UsageError]) -> UsageError:
    """What PyYAML says, as one line."""
    if not isinstance(problem, yaml.MarkedYAMLError):
        return error(f"{path}: cannot be read ({type(problem).__name__})")
    line = problem.problem_mark.line + 1 if problem.problem_mark else 0
    line = min(line, len(text.splitlines()))  # what is left open is noticed after the end
    return error(f"{path}, line {line}: not valid YAML: {problem.problem}")
