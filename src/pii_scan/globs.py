"""Glob patterns over relative paths, as in `--include`, `--exclude` and the rules of systems. Looks at no file."""

from __future__ import annotations

import re
from collections.abc import Iterable

MANY = 16
"""Patterns from which on a look at what they have in common is worth it."""


class Patterns:
    """A set of patterns. One without `/` fits a name at any depth; one with `/` fits the path from the target down.

    `*` and `?` stay within a name, `**` crosses folders, `[...]` is a set of characters. What fits a folder fits all
    in it. Case counts, unless `ignore_case`.

    >>> patterns = Patterns(["*.log", "backup/**/old"])
    >>> [patterns.fit(p) for p in ("a/b.log", "backup/old/x.txt", "backup/1/2/old", "a/b.log.txt")]
    [True, True, True, False]
    """

    __slots__ = ("_flags", "_hints", "_names", "_paths")

    def __init__(self, patterns: Iterable[str], ignore_case: bool = False) -> None:
        names: list[str] = []
        paths: list[str] = []
        hints: dict[str, None] = {}
        for pattern in patterns:
            hints[_hint(pattern)] = None
            whole = pattern.strip("/") if pattern.strip("/") else pattern
            (paths if "/" in whole or pattern.startswith("/") else names).append(_regex(whole.removeprefix("./")))
        self._flags = re.DOTALL | re.IGNORECASE if ignore_case else re.DOTALL
        self._names: str | re.Pattern[str] = "|".join(names)
        """Compiled when it is first tried: of the patterns of systems most never are. Empty: none."""
        self._paths: str | re.Pattern[str] = "|".join(paths)
        self._hints = () if "" in hints or len(hints) < MANY else tuple(_shortest(hints))
        """One of these stands in every path of ASCII that fits, in small letters; empty: no one knows."""

    def __bool__(self) -> bool:
        return bool(self._names or self._paths)

    def fit(self, path: str) -> bool:
        """The path, or a folder above it, fits a pattern."""
        at = 0
        while at >= 0:
            at = path.find("/", at + 1) if at or path else -1
            if self.fit_exactly(path if at < 0 else path[:at]):
                return True
        return False

    def fit_exactly(self, path: str) -> bool:
        """The path itself fits a pattern."""
        if self._hints and path.isascii():
            lower = path.lower()
            for hint in self._hints:
                if hint in lower:
                    break
            else:
                return False
        if self._names:
            if isinstance(self._names, str):
                self._names = re.compile(self._names, self._flags)
            if self._names.fullmatch(path.rpartition("/")[2]):
                return True
        if self._paths and isinstance(self._paths, str):
            self._paths = re.compile(self._paths, self._flags)
        return not isinstance(self._paths, str) and self._paths.fullmatch(path) is not None


def _hint(pattern: str) -> str:
    """The longest piece of a pattern that stands in a path of ASCII as it is, but for case; empty: there is none."""
    without_sets = re.sub(r"\[.?[^\]]*\]", "*", pattern, flags=re.DOTALL)
    return max(re.split(r"[^!-)+-.0->@-Z^-~\\ ]+", without_sets.removeprefix("./").strip("/").lower()), key=len)


def _shortest(hints: Iterable[str]) -> list[str]:
    """Without those that hold another."""
    kept: list[str] = []
    for hint in sorted(hints, key=len):
        if not any(one in hint for one in kept):
            kept.append(hint)
    return kept


def _regex(pattern: str) -> str:
    out, at = [], 0
    while at < len(pattern):
        char = pattern[at]
        if pattern.startswith("**/", at):
            out.append("(?:[^/]+/)*")
            at += 3
            continue
        if pattern.startswith("**", at):
            out.append(".*")
            at += 2
            continue
        end = pattern.find("]", at + 2) if char == "[" else -1
        if char == "*":
            out.append("[^/]*")
        elif char == "?":
            out.append("[^/]")
        elif end > 0:
            out.append(_set(pattern[at + 1 : end]))
            at = end
        else:
            out.append(re.escape(char))
        at += 1
    return "(?:" + "".join(out) + ")"


def _set(body: str) -> str:
    """`[...]` as a regular expression; never fits `/`. A range that runs backwards holds nothing, as in the shell."""
    negated = body[0] in "!^" and len(body) > 1
    chars = body[1:] if negated else body
    ranges, at = [], 0
    while at < len(chars):
        is_range = chars[at + 1 : at + 2] == "-" and at + 2 < len(chars)
        last = chars[at + 2] if is_range else chars[at]
        if chars[at] <= last:
            ranges.append(f"\\U{ord(chars[at]):08x}-\\U{ord(last):08x}")
        at += 3 if is_range else 1
    if not ranges:
        return "[^/]" if negated else "(?!)"
    return f"(?!/)[{'^' if negated else ''}{''.join(ranges)}]"
