"""Names of tables: as paths of documents and back, and as SQL has them. Asks no database."""

from __future__ import annotations

import re
from typing import NamedTuple

_PIECE = re.compile(r'"((?:[^"]|"")*)"|([^".]*)', re.DOTALL)


class TableName(NamedTuple):
    """A table or view."""

    schema: str
    """Empty where the database has no schemas."""
    name: str

    @property
    def path(self) -> str:
        """`schema.table`; a name with a dot or a quote in it stands in quotes, as in SQL.

        >>> TableName("public", "kunder").path, TableName("a.b", 'c"d').path, TableName("", "kunder").path
        ('public.kunder', '"a.b"."c""d"', 'kunder')
        """
        return ".".join(_quoted_if_odd(piece) for piece in self if piece)


def table_name(path: str) -> TableName:
    """The inverse of `TableName.path`. Raises ValueError.

    >>> table_name('public."c""d.e"'), table_name("kunder")
    (TableName(schema='public', name='c"d.e'), TableName(schema='', name='kunder'))
    """
    pieces, at = [], 0
    while True:
        found = _PIECE.match(path, at)
        assert found is not None
        pieces.append(found[2] if found[1] is None else found[1].replace('""', '"'))
        at = found.end() + 1
        if at > len(path):
            break
        if path[at - 1] != "." or len(pieces) > 1:
            raise ValueError("not the name of a table")
    return TableName("", pieces[0]) if len(pieces) == 1 else TableName(pieces[0], pieces[1])


def _quoted_if_odd(piece: str) -> str:
    return f'"{piece.replace(chr(34), chr(34) * 2)}"' if "." in piece or '"' in piece else piece


def identifier(name: str) -> str:
    """A name as standard SQL writes it.

    >>> identifier('a"b')
    '"a""b"'
    """
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as standard SQL writes it. Not for servers to which a backslash in it means something.

    >>> literal("a'b")
    "'a''b'"
    """
    return "'" + text.replace("'", "''") + "'"
