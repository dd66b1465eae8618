"""Holds a YAML document that a person wrote against its published JSON Schema; says what is wrong, on which line, and
the nearest right name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pii_scan.errors import ConfigError, nearest
from pii_scan.yaml_file import Key, read_marked, shown_key

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

MAX_FILE_BYTES = 1 << 20
_TYPES = {
    "object": "a mapping", "array": "a list", "string": "a text", "integer": "a whole number",
    "number": "a number", "boolean": "true or false", "null": "null",
}  # fmt: skip


@cache
def schema(name: str) -> dict[str, Any]:
    """The JSON Schema `name`, such as `notice-1`, as it ships."""
    text = (resources.files("pii_scan") / "schema" / f"{name}.schema.json").read_text("utf-8")
    content: dict[str, Any] = json.loads(text)
    return content


def read_form(path: Path, name: str, what: str) -> tuple[dict[str, Any], Mapping[Key, int]]:
    """The document in `path` that fits the schema `name`, and the line of each of its values.

    `what` says what such a file holds («a notice»). Raises ConfigError.
    """
    from jsonschema import Draft202012Validator  # slow to load

    content, lines = read_marked(path, MAX_FILE_BYTES, ConfigError, what)
    errors = sorted(Draft202012Validator(schema(name)).iter_errors(content), key=lambda e: _line(e, lines))
    if errors:
        raise _said(errors[0], path, lines, str(schema(name).get("$comment", "")))
    return content, lines


def _line(error: ValidationError, lines: Mapping[Key, int]) -> int:
    return lines.get(tuple(error.absolute_path), 1)


def _said(error: ValidationError, path: Path, lines: Mapping[Key, int], on_missing: str) -> ConfigError:
    """What is wrong, in the words of a configuration; values are quoted only where they are short. `on_missing`: what
    to say where a key is missing, the `$comment` of the schema.
    """
    from jsonschema.exceptions import best_match

    if error.context and error.validator in ("oneOf", "anyOf"):
        error = best_match(error.context) or error
    key = tuple(error.absolute_path)
    where = f"{path}, line {_line(error, lines)}"
    place = shown_key(key)
    found: Any = error.instance
    expected: Any = error.validator_value
    form: Any = error.schema
    if error.validator == "required":
        missing = next(name for name in expected if name not in found)
        return ConfigError(f"{where}: {place} lacks {missing!r}", on_missing)
    if error.validator == "dependentRequired":
        given, missing = next((a, b) for a, all in expected.items() for b in all if a in found and b not in found)
        return ConfigError(f"{path}, line {lines.get((*key, given), 1)}: {given!r} needs {missing!r}", on_missing)
    if error.validator == "additionalProperties":
        known = form["properties"]
        unknown = next(str(name) for name in found if name not in known)
        line = lines.get((*key, unknown), _line(error, lines))
        return ConfigError(f"{path}, line {line}: unknown key {unknown!r} in {place}", nearest(unknown, known))
    if error.validator == "type":
        kinds = [expected] if isinstance(expected, str) else expected
        return ConfigError(f"{where}: {place} must be {' or '.join(_TYPES[kind] for kind in kinds)}")
    if error.validator == "enum":
        hint = nearest(str(found), [str(value) for value in expected if value is not None])
        return ConfigError(f"{where}: {place} cannot be {_brief(found)}", hint)
    return ConfigError(f"{where}: {place} cannot be {_brief(found)}", str(form.get("description", "")).rstrip("."))


def _brief(value: Any) -> str:
    return repr(value) if isinstance(value, str | int | float | None) and len(str(value)) < 60 else "what it is"
