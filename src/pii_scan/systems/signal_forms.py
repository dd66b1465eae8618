"""Makes signals of what a file of systems says about them. Knows the keys; looks at no document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pii_scan.errors import ConfigError
from pii_scan.globs import Patterns
from pii_scan.systems.seen import folded
from pii_scan.systems.signals import (
    HeaderSignal,
    KeySignal,
    MediaTypeSignal,
    MemberSignal,
    PartSignal,
    PathSignal,
    RootSignal,
    Signal,
    TableSignal,
    TextSignal,
    anywhere,
)

Form = Mapping[str, Any]


def signal_of(form: Form, where: str) -> Signal:
    """The signal that a mapping of the schema says. `where`: file and line. Raises ConfigError."""
    kinds = [kind for kind in MAKERS if kind in form]
    if len(kinds) != 1:
        said = f"both {kinds[0]!r} and {kinds[1]!r}" if kinds else "none"
        raise ConfigError(f"{where}: a signal has one of {', '.join(MAKERS)}; this one has {said}")
    kind = kinds[0]
    for key, allowed in _ONLY_WITH.items():
        if key in form and kind not in allowed:
            raise ConfigError(f"{where}: {key!r} goes with {' or '.join(allowed)}, not with {kind!r}")
    if form.get("at_least", 1) > len(form[kind]):
        raise ConfigError(f"{where}: 'at_least' is more than the {len(form[kind])} that are listed")
    return MAKERS[kind](form, where)


_ONLY_WITH = {
    "at_least": ("members", "headers", "tables", "keys"), "at_most_columns": ("headers",), "namespace": ("root",),
    "contains": ("text",), "value": ("mail_header", "part"), "sender": ("mail_header", "part"),
}  # fmt: skip


def _path(form: Form, where: str) -> Signal:
    globs = tuple(form["path"])
    return PathSignal(form["score"], form.get("label", ""), globs, tuple(anywhere(glob) for glob in globs))


def _members(form: Form, where: str) -> Signal:
    globs = tuple(form["members"])
    patterns = tuple(anywhere(glob) for glob in globs)
    return MemberSignal(form["score"], form.get("label", ""), globs, patterns, form.get("at_least", 1))


def _media_type(form: Form, where: str) -> Signal:
    return MediaTypeSignal(form["score"], form.get("label", ""), tuple(form["media_type"]))


def _headers(form: Form, where: str) -> Signal:
    headers = tuple((one,) if isinstance(one, str) else tuple(one) for one in form["headers"])
    forms = tuple(frozenset(map(folded, names)) for names in headers)
    least = form.get("at_least", len(headers))
    return HeaderSignal(form["score"], form.get("label", ""), headers, least, form.get("at_most_columns", 0), forms)


def _tables(form: Form, where: str) -> Signal:
    names = tuple(form["tables"])
    patterns = tuple(Patterns([name], ignore_case=True) for name in names)
    return TableSignal(form["score"], form.get("label", ""), names, patterns, form.get("at_least", 1))


def _text(form: Form, where: str) -> Signal:
    if "label" not in form:
        raise ConfigError(f"{where}: a signal with 'text' needs a 'label' that says what the expression knows")
    _check_expression(form["text"], where)
    return TextSignal(form["score"], form["label"], form["text"], tuple(form.get("contains", ())))


def _root(form: Form, where: str) -> Signal:
    return RootSignal(form["score"], form.get("label", ""), form["root"], form.get("namespace", ""))


def _keys(form: Form, where: str) -> Signal:
    names = tuple(form["keys"])
    return KeySignal(form["score"], form.get("label", ""), names, form.get("at_least", len(names)))


def _mail_header(form: Form, where: str) -> Signal:
    header = form["mail_header"]
    return _part({**form, "part": f"header: {header}", "label": form.get("label", f"mail header {header}")}, where)


def _part(form: Form, where: str) -> Signal:
    value = form.get("value", "")
    _check_expression(value, where)
    patterns, whole = Patterns([form["part"]], ignore_case=True), f"^(?:{value})$" if value else ""
    return PartSignal(form["score"], form.get("label", ""), form["part"], patterns, whole, form.get("sender", False))


MAKERS: dict[str, Callable[[Form, str], Signal]] = {
    "path": _path, "members": _members, "media_type": _media_type, "headers": _headers, "tables": _tables,
    "text": _text, "root": _root, "keys": _keys, "mail_header": _mail_header, "part": _part,
}  # fmt: skip
"""By the key that says what a signal looks at."""


def _check_expression(regex: str, where: str) -> None:
    try:
        pc.match_substring_regex(pa.array([""]), regex)
    except pa.ArrowInvalid:
        message = f"{where}: {regex!r} is no expression of RE2"
        raise ConfigError(message, "it has no look-around and no back-references") from None
