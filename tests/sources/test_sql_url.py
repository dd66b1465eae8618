"""URLs of databases and names of tables."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_scan.errors import TargetError
from pii_scan.sources import describe
from pii_scan.sources.sql.names import TableName, table_name
from pii_scan.sources.sql.url import DRIVERS, parse


@pytest.mark.parametrize(
    ("url", "label", "database"),
    [
        ("postgresql://kari:p%40ss@db.example.no/crm?sslmode=verify-full", "postgresql://db.example.no/crm", "crm"),
        ("postgres://db.example.no:5432/crm", "postgresql://db.example.no/crm", "crm"),
        ("POSTGRESQL://db.example.no:6543/crm", "postgresql://db.example.no:6543/crm", "crm"),
        ("postgresql://[::1]:5433/a%20b", "postgresql://[::1]:5433/a%20b", "a b"),
        ("postgresql:///crm?host=/run/postgresql", "postgresql:///crm", "crm"),
        ("mariadb://kari@10.0.0.5/", "mysql://10.0.0.5/", ""),
        ("sqlite:///data/x.db", "sqlite:///data/x.db", "data/x.db"),
        ("sqlite:////srv/x.db", "sqlite:////srv/x.db", "/srv/x.db"),
        ("duckdb:///x.duckdb", "duckdb:///x.duckdb", "x.duckdb"),
        ("mssql+pyodbc://sa:ord@sql.example.no/crm?driver=x", "mssql://sql.example.no/crm", "crm"),
    ],
)
def test_a_label_holds_the_place_and_nothing_else(url: str, label: str, database: str) -> None:
    found = parse(url)
    assert (found.label, found.database) == (label, database)
    assert found.label.startswith(found.server)
    assert "kari" not in repr(found) and "p%40ss" not in repr(found)


@given(st.text(min_size=1).filter(lambda s: "\0" not in s), st.text(min_size=1).filter(lambda s: "\0" not in s))
def test_the_path_of_a_table_leads_back_to_it(schema: str, name: str) -> None:
    for table in (TableName(schema, name), TableName("", name)):
        assert table_name(table.path) == table


@pytest.mark.parametrize("kind", ["postgresql", "mysql", "duckdb", "mssql", "oracle"])
def test_a_driver_that_is_missing_is_named_with_the_way_to_get_it(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec

    def find(name: str, *rest: Any) -> Any:
        return None if name in DRIVERS[kind] else real(name, *rest)

    monkeypatch.setattr(importlib.util, "find_spec", find)
    with pytest.raises(TargetError) as failure:
        describe(f"{kind}://kari:hemmelig@db.example.no/x" if kind != "duckdb" else "duckdb:///x")
    assert failure.value.hint == f"pip install 'pii-scan[{kind}]'"
    assert "hemmelig" not in str(failure.value)
    assert all(name.replace("_", "-") in failure.value.message for name in DRIVERS[kind])
