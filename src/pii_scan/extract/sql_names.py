"""Names in SQL text: of tables and columns, in any of the ways they are quoted; the columns that CREATE TABLE lists."""

from __future__ import annotations

import re

_PART = r"""(?:"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]\n]*\]|[\w$#@]+)"""
NAME = _PART + r"(?:\s*\.\s*" + _PART + ")*"
"""A name with the names of its schema and database, as a pattern."""

_PARTS = re.compile(_PART)
_CREATE = re.compile(
    r"\s*CREATE\s+(?:(?:GLOBAL|LOCAL|TEMP|TEMPORARY|UNLOGGED|FOREIGN|EXTERNAL)\s+)*TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?"
    rf"({NAME})\s*\(",
    re.IGNORECASE,
)
_TOKEN = re.compile(rf"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|{_PART}|[(),]", re.DOTALL)
_NO_COLUMN = {"primary", "key", "unique", "constraint", "foreign", "check", "index", "fulltext", "spatial", "exclude",
              "like", "period"}  # fmt: skip
_OPENING = re.compile(
    r"(?:--|/\*|\\[a-z]+\s|(?:CREATE|INSERT|REPLACE|SET|BEGIN|START|PRAGMA|DROP|USE|COPY|ALTER|GO|LOCK|IF|DECLARE|SELECT|"
    r"DELETE|TRUNCATE|PRINT|REM|PROMPT|DELIMITER)\b)",
    re.IGNORECASE,
)
_STATEMENT = re.compile(
    rf"^[ \t]*(?:(?:INSERT|REPLACE)\s+(?:IGNORE\s+|OR\s+\w+\s+)?(?:INTO\s+)?{NAME}\s*(?:\([^()']*\)\s*)?VALUES?\s*\(|"
    rf"COPY\s+{NAME}\s*(?:\([^()']*\)\s*)?FROM\s+stdin\s*;|"
    rf"CREATE\s+(?:\w+\s+){{0,2}}TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?{NAME}\s*\()",
    re.IGNORECASE | re.MULTILINE,
)
MAX_COLUMNS = 4096


def looks_like_sql(text: str, name: str) -> bool:
    """Whether a text that begins so is an SQL dump: it opens like one, and makes or fills a table early on."""
    return (_OPENING.match(text) is not None or name.endswith(".sql")) and _STATEMENT.search(text) is not None


def plain_name(name: str) -> str:
    """A name without quotes.

    >>> plain_name('[dbo] . [Kunde navn]'), plain_name('"a""b"'), plain_name("`x`.y")
    ('dbo.Kunde navn', 'a"b', 'x.y')
    """
    return ".".join(_unquoted(part) for part in _PARTS.findall(name))


def _unquoted(part: str) -> str:
    if part[0] == "[":
        return part[1:-1]
    if part[0] in '"`':
        return part[1:-1].replace(part[0] * 2, part[0])
    return part


def column_names(listed: str) -> tuple[str, ...]:
    """The names of a column list, without its parentheses.

    >>> column_names('id, "e-post", [Født dato]')
    ('id', 'e-post', 'Født dato')
    """
    return tuple(_unquoted(part) for part in _PARTS.findall(listed)[:MAX_COLUMNS])


def created_table(text: str) -> tuple[str, tuple[str, ...]] | None:
    """Name and columns of the CREATE TABLE that a text begins with; None where there is none, or it has no end.

    >>> created_table("create table a.b (id int, `navn` varchar(20) default '(,', primary key (id));")
    ('a.b', ('id', 'navn'))
    """
    match = _CREATE.match(text)
    if match is None:
        return None
    columns: list[str] = []
    depth, begins = 1, True
    for token in _TOKEN.finditer(text, match.end()):
        word = token[0]
        if word.startswith(("--", "/*", "'")):
            continue
        if word in "()":
            depth += 1 if word == "(" else -1
            if depth == 0:
                return plain_name(match[1]), tuple(columns)
        elif word == ",":
            begins = depth == 1
        elif begins and depth == 1:
            begins = False
            if word.lower() not in _NO_COLUMN and len(columns) < MAX_COLUMNS:
                columns.append(_unquoted(word))
    return None
