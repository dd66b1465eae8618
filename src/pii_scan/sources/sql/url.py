"""URLs of databases: what kind, what it is called in results, and what it needs. Opens nothing.

A URL may hold a user name and a password, so that nothing here quotes one: not in an error, not in a representation.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit, urlunsplit

from pii_scan.errors import TargetError

KINDS = {
    "postgresql": "postgresql", "postgres": "postgresql", "mysql": "mysql", "mariadb": "mysql", "sqlite": "sqlite",
    "duckdb": "duckdb", "mssql": "mssql", "oracle": "oracle",
}  # fmt: skip
DRIVERS: Mapping[str, tuple[str, ...]] = {
    "postgresql": ("adbc_driver_postgresql", "adbc_driver_manager"), "mysql": ("pymysql", "connectorx"), "sqlite": (),
    "duckdb": ("duckdb",), "mssql": ("sqlalchemy", "pymssql"), "oracle": ("sqlalchemy", "oracledb"),
}  # fmt: skip
"""Modules that a kind of database is read with; each kind is also the name of the extra that installs them."""
UNTESTED = frozenset({"mssql", "oracle"})
"""Kinds of which no server was at hand: their way is tested on others."""
_PORTS = {"postgresql": 5432, "mysql": 3306, "mssql": 1433, "oracle": 1521}
_URL = re.compile(r"^([a-z]+)(?:\+[a-z0-9_]+)?:(?=/)(//)?", re.IGNORECASE)
_FORMS = {
    "postgresql": "postgresql://HOST/DATABASE", "mysql": "mysql://HOST/DATABASE", "sqlite": "sqlite:///PATH",
    "duckdb": "duckdb:///PATH", "mssql": "mssql://HOST/DATABASE", "oracle": "oracle://HOST/?service_name=NAME",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class DatabaseUrl:
    """A database as the user named it."""

    kind: str
    """A key of `DRIVERS`."""
    label: str
    """The URL without user, password and options: what results call it."""
    server: str
    """The beginning of `label` up to the name of the database or file."""
    database: str
    """Its name, or the path of its file."""
    text: str = field(repr=False)
    """The whole URL, with the scheme that is usual for the kind. Holds credentials."""

    def parts(self) -> SplitResult:
        """The URL taken apart."""
        return urlsplit(self.text)

    def options(self) -> dict[str, str]:
        """What stands behind the question mark."""
        return dict(parse_qsl(self.parts().query, keep_blank_values=True))


def is_database_url(target: str) -> bool:
    """Whether a target looks like the URL of a database, well formed or not."""
    found = _URL.match(target)
    return bool(found) and found is not None and found[1].lower() in KINDS


def parse(target: str) -> DatabaseUrl:
    """A database URL. Raises TargetError, which quotes nothing of it."""
    found = _URL.match(target)
    kind = KINDS[found[1].lower()] if found else ""
    hint = f"write {_FORMS.get(kind, 'postgresql://HOST/DATABASE')}"
    if found is None or not found[2]:
        raise TargetError(f"a {kind or 'database'} URL has no // after the colon", hint)
    try:
        split = urlsplit(target)
        host, port = split.hostname or "", split.port
    except ValueError:
        raise TargetError(
            f"a {kind} URL cannot be taken apart", f"{hint}; signs such as @ : / in a password are written %40 %3A %2F"
        ) from None
    path = unquote(split.path)
    if kind in ("sqlite", "duckdb"):
        if host or not path.strip("/"):
            raise TargetError(f"a {kind} URL names no file", hint)
        path = path[1:]  # sqlite:///relative, sqlite:////absolute, as SQLAlchemy has it
        return DatabaseUrl(kind, f"{kind}:///{path}", f"{kind}:///", path, target)
    database = path.strip("/")
    if kind == "postgresql" and not database:
        raise TargetError("a postgresql URL names no database", hint)
    shown = f"[{host}]" if ":" in host else host
    where = f"{shown}:{port}" if port and port != _PORTS.get(kind) else shown
    scheme = target.split(":", 1)[0] if "+" in target.split(":", 1)[0] else kind
    text = urlunsplit((scheme, split.netloc, split.path, split.query, ""))
    return DatabaseUrl(kind, f"{kind}://{where}/{quote(database, safe='')}", f"{kind}://{where}/", database, text)


def missing_drivers(kind: str) -> list[str]:
    """The modules that are not installed of those that this kind of database is read with."""
    return [name for name in DRIVERS[kind] if importlib.util.find_spec(name) is None]


def check_drivers(kind: str) -> None:
    """Raises TargetError, which says what to install, where a driver is missing."""
    missing = missing_drivers(kind)
    if missing:
        names = " and ".join(name.replace("_", "-") for name in missing)
        raise TargetError(f"{kind} databases need {names}, not installed here", f"pip install 'pii-scan[{kind}]'")
