"""PostgreSQL, on the server of this machine: each test has tables of its own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest
from sql_servers import POSTGRESQL, PostgreSQLDatabase, missing, postgresql_database, scanned
from synthetic import nationals

from pii_scan.model import Limits


@pytest.fixture
def database() -> Iterator[PostgreSQLDatabase]:
    with postgresql_database() as made:
        yield made


PEOPLE = """CREATE TABLE {name} AS SELECT i AS id, 'bruker' || i || '@example.no' AS epost, 'vare ' || i % 7 AS merknad
            FROM generate_series(1, {rows}) i"""

TYPES = """
CREATE EXTENSION hstore;
CREATE EXTENSION citext;
CREATE TYPE stemning AS ENUM ('glad');
CREATE DOMAIN adresse AS text CHECK (VALUE LIKE '%@%');
CREATE DOMAIN ny_adresse AS adresse;
CREATE DOMAIN blobb AS bytea;
CREATE TYPE par AS (epost text, tall int);
CREATE TABLE typer (
  c_bool bool, c_int2 int2, c_int4 int4, c_int8 int8, c_numeric numeric, c_scaled numeric(12,2), c_real real,
  c_double double precision, c_money money, c_char char(20), c_varchar varchar(50), c_text text, c_name name,
  c_one "char", c_citext citext, c_bytea bytea, c_date date, c_time time, c_timetz timetz, c_timestamp timestamp,
  c_timestamptz timestamptz, c_interval interval, c_uuid uuid, c_inet inet, c_cidr cidr, c_mac macaddr, c_mac8 macaddr8,
  c_bit bit(5), c_varbit bit varying, c_json json, c_jsonb jsonb, c_xml xml, c_point point, c_line line, c_box box,
  c_path path, c_polygon polygon, c_circle circle, c_tsvector tsvector, c_tsquery tsquery, c_int4range int4range,
  c_tstzrange tstzrange, c_multi int4multirange, c_texts text[], c_ints int[], c_grid text[], c_jsons jsonb[],
  c_blobs bytea[], c_enum stemning, c_enums stemning[], c_domain adresse, c_domains ny_adresse, c_blobb blobb,
  c_row par, c_rows par[], c_hstore hstore, c_oid oid, c_class regclass, c_lsn pg_lsn, c_vector int2vector,
  c_jsonpath jsonpath, c_snapshot pg_snapshot, c_tid tid, c_xid xid
);
INSERT INTO typer VALUES (
  true, 1, 2, 68050001, 'NaN', 12.5, 'Infinity', 1e300, 12.5, 'char@example.no', 'varchar@example.no',
  'text@example.no', 'name@example.no', 'x', 'citext@example.no', 'bytea@example.no', 'infinity', '12:00', '12:00+01',
  '4713-01-01 BC', '294276-12-31', '1 mon 2 days', '550e8400-e29b-41d4-a716-446655440000', '192.168.7.9/24',
  '10.1.0.0/16', '08:00:2b:01:02:03', '08:00:2b:01:02:03:04:05', B'10101', B'1', '{"a": {"epost": "json@example.no"}}',
  '{"mobil": ["68050002"]}', '<a>xml@example.no</a>', '(1,2)', '{1,2,3}', '((1,1),(0,0))', '((0,0),(1,1))',
  '((0,0),(1,1),(2,0))', '<(0,0),1>', 'tsvector@example.no', 'kari', '[1,5)', '[2024-01-01,2024-02-01)', '{[1,2)}',
  ARRAY['array@example.no', 'b'], ARRAY[1,2], ARRAY[ARRAY['grid@example.no'], ARRAY['y']],
  ARRAY['{"epost": "jsons@example.no"}'::jsonb], ARRAY['blobs@example.no'::bytea], 'glad', ARRAY['glad'::stemning],
  'domain@example.no', 'domains@example.no', 'blobb@example.no', ROW('row@example.no', 1),
  ARRAY[ROW('rows@example.no', 1)::par], 'epost=>"hstore@example.no"', 1, 'pg_class', '16/B374D848', '1 2', '$.a',
  '10:20:10,14,15', '(1,2)', '7');
INSERT INTO typer SELECT;
"""


def test_every_type_of_the_server_is_read(database: PostgreSQLDatabase) -> None:
    database.run(*[statement for statement in TYPES.split(";\n") if statement.strip()])
    run = scanned(database.url)
    assert not run.problems()
    found = run.found("public.typer")
    for column in (
        "char varchar text name citext bytea xml tsvector texts grid blobs domain domains blobb row rows hstore"
    ).split():
        assert (f"c_{column}", "EMAIL_ADDRESS") in found, column
    assert ("c_json.a.epost", "EMAIL_ADDRESS") in found
    assert ("c_jsons.epost", "EMAIL_ADDRESS") in found
    assert ("c_jsonb.mobil", "PHONE_NUMBER") in found
    assert ("c_inet", "IP_ADDRESS") in found
    assert ("c_mac", "MAC_ADDRESS") in found


def test_tables_with_odd_names_are_read_and_named_so_that_no_two_look_alike(database: PostgreSQLDatabase) -> None:
    odd = ['a"b', "a;drop table x", "sélect ø", "select", "a.b", "A B", "a!b", "x/y", "it's", "{0}", "%s", "\\", "$1"]
    for name in odd:
        quoted = '"' + name.replace('"', '""') + '"'
        database.run(
            f"CREATE SCHEMA {quoted}", PEOPLE.format(name=f"{quoted}.{quoted}", rows=3),
            f"ALTER TABLE {quoted}.{quoted} RENAME COLUMN epost TO {quoted}",
        )  # fmt: skip
    run = scanned(database.url)
    assert not run.problems()
    assert len(run.documents()) == len(odd)
    assert run.count("EMAIL_ADDRESS") == 3 * len(odd)
    assert {header for header, _ in run.found()} == set(odd)
    assert 'a"b' not in run.documents() and '"a""b"."a""b"' in run.documents()
    assert '"a.b"."a.b"' in run.documents()


def test_each_row_of_partitioned_and_inherited_tables_is_read_once(database: PostgreSQLDatabase) -> None:
    database.run(
        "CREATE TABLE hendelse (id int, epost text) PARTITION BY RANGE (id)",
        "CREATE TABLE hendelse_1 PARTITION OF hendelse FOR VALUES FROM (0) TO (100)",
        "CREATE TABLE hendelse_2 PARTITION OF hendelse FOR VALUES FROM (100) TO (200) PARTITION BY LIST (id)",
        "CREATE TABLE hendelse_2a PARTITION OF hendelse_2 DEFAULT",
        "INSERT INTO hendelse SELECT i, 'bruker' || i || '@example.no' FROM generate_series(0, 199) i",
        "CREATE TABLE person (id int, epost text)", "CREATE TABLE ansatt (rolle text) INHERITS (person)",
        "INSERT INTO person VALUES (1, 'forelder@example.no')", "INSERT INTO ansatt VALUES (2, 'barn@example.no', 'x')",
    )  # fmt: skip
    run = scanned(database.url)
    assert not run.problems()
    assert run.documents() == ["public.ansatt", "public.hendelse_1", "public.hendelse_2a", "public.person"]
    assert [run.count("EMAIL_ADDRESS", name) for name in run.documents()] == [1, 100, 100, 1]


def test_views_that_fail_and_tables_that_hold_nothing_do_not_hide_the_rest(database: PostgreSQLDatabase) -> None:
    database.run(
        "CREATE TABLE tom (a int)", "CREATE TABLE uten ()", "CREATE TABLE bare_null (a text, b int)",
        "INSERT INTO bare_null SELECT FROM generate_series(1, 1000)", PEOPLE.format(name="kunder", rows=10),
        "CREATE VIEW feiler AS SELECT 1 / (id - id) AS a FROM kunder", "CREATE VIEW hel AS SELECT epost FROM kunder",
        "CREATE MATERIALIZED VIEW lagret AS SELECT epost FROM kunder",
        "CREATE MATERIALIZED VIEW ufylt AS SELECT epost FROM kunder WITH NO DATA",
    )  # fmt: skip
    run = scanned(database.url)
    status = {row["document"].removeprefix("public."): row["status"] for row in run.rows("documents")}
    assert status == {
        "tom": "read", "uten": "read", "bare_null": "read", "kunder": "read", "hel": "read", "lagret": "read",
        "feiler": "unread", "ufylt": "unread",
    }  # fmt: skip
    assert run.problems("public.feiler") == [("corrupt", "the server fails to read it (22012)")]
    assert run.problems("public.ufylt")[0][0] == "unsupported"
    assert [run.count("EMAIL_ADDRESS", f"public.{name}") for name in ("kunder", "hel", "lagret")] == [10, 10, 10]


def test_a_comment_says_what_a_column_is_whose_name_says_nothing(database: PostgreSQLDatabase) -> None:
    values = ", ".join(f"('{number}')" for number in nationals(4))
    for name in ("uten", "med"):
        database.run(f"CREATE TABLE {name} (k17 text)", f"INSERT INTO {name} VALUES ('68050011'), {values}")
    database.run("COMMENT ON COLUMN med.k17 IS 'Fødselsnummer'", "COMMENT ON TABLE uten IS 'Spør tabell@example.no'")
    run = scanned(database.url)
    score = {
        name: max(r["score"] for r in run.rows("findings", f"public.{name}") if r["header"] == "k17")
        for name in ("uten", "med")
    }
    assert score["med"] > score["uten"]
    assert [row["part"] for row in run.rows("findings", "public.uten") if row["kind"] == "part"] == [
        "comment of the table"
    ]


def test_units_of_a_large_table_give_what_the_whole_gives(database: PostgreSQLDatabase) -> None:
    database.run(PEOPLE.format(name="kunder", rows=20_000), "DELETE FROM kunder WHERE id % 5 = 0")
    whole, parted = scanned(database.url), scanned(database.url, slice_bytes=200_000)
    assert whole.units == {"public.kunder": 1} and parted.units["public.kunder"] > 4
    assert parted.count("EMAIL_ADDRESS") == whole.count("EMAIL_ADDRESS") == 16_000
    prints = [sorted(row["fingerprint"] for row in run.rows("index")) for run in (whole, parted)]
    assert prints[0] == prints[1] and len(set(prints[0])) == 16_000
    rows = [row["row"] for row in parted.rows("index")]
    assert len(set(rows)) == len(rows) and rows == sorted(rows)


def test_the_key_of_a_row_is_shown_unless_it_may_be_personal_data_itself(database: PostgreSQLDatabase) -> None:
    number = nationals(1)[0]
    database.run(
        "CREATE TABLE ordre (id int, linje int, epost text, PRIMARY KEY (linje, id))",
        "INSERT INTO ordre VALUES (17, 2, 'a@example.no'), (18, 1, 'b@example.no')",
        "CREATE TABLE kunde (kundenummer int PRIMARY KEY, epost text)",
        "INSERT INTO kunde VALUES (4711, 'c@example.no')",
        "CREATE TABLE bruker (id bigint PRIMARY KEY, epost text)",
        f"INSERT INTO bruker VALUES ({number}, 'd@example.no')",
        "CREATE TABLE konto (navn text PRIMARY KEY, epost text)", "INSERT INTO konto VALUES ('kari', 'e@example.no')",
    )  # fmt: skip
    run = scanned(database.url)
    shown = {row["document"]: row["part"] for row in run.rows("findings") if row["entity_type"] == "EMAIL_ADDRESS"}
    assert shown == {
        "public.ordre": "linje=1, id=18", "public.kunde": None, "public.bruker": None, "public.konto": None
    }  # fmt: skip
    parts = [row["part"] for row in run.rows("findings", "public.ordre")]
    assert parts == ["linje=2, id=17", "linje=1, id=18"]


def test_a_document_in_a_column_is_a_member_of_its_table(database: PostgreSQLDatabase) -> None:
    page = "<html><body>" + "<p>kontakt vedlegg@example.no om saken</p>" * 20 + "</body></html>"
    database.run(
        "CREATE TABLE sak (id int PRIMARY KEY, dokument bytea)",
        f"INSERT INTO sak VALUES (1, NULL), (2, convert_to('{page}', 'UTF8'))",
    )  # fmt: skip
    run = scanned(database.url)
    assert run.documents() == ["public.sak!dokument/2", "public.sak"]
    assert run.count("EMAIL_ADDRESS", "public.sak!dokument/2") == 20


def test_values_too_large_for_a_batch_are_read_a_piece_at_a_time(database: PostgreSQLDatabase) -> None:
    database.run(
        "CREATE TABLE stor (id int PRIMARY KEY, tekst text, dok bytea, data jsonb)",
        "INSERT INTO stor VALUES (1, 'liten@example.no', NULL, NULL), "
        "(2, repeat('ord ', 700000) || 'stor@example.no', "
        "convert_to(repeat('ord ', 700000) || 'dok@example.no', 'UTF8'), "
        "jsonb_build_object('a', repeat('ord ', 700000) || 'json@example.no'))",
    )  # fmt: skip
    limits = Limits(max_value_bytes=1 << 20)
    run = scanned(database.url, limits=limits)
    assert not run.problems()
    assert run.count("EMAIL_ADDRESS") == 4


def test_large_objects_are_read_as_documents_or_said_to_be_closed(database: PostgreSQLDatabase) -> None:
    page = "<html><body>" + "<p>kontakt vedlegg@example.no om saken</p>" * 20 + "</body></html>"
    role = f"leser_{database.name[-8:]}"
    database.run(
        "CREATE TABLE sak (id int, dok oid)", f"INSERT INTO sak SELECT 1, lo_from_bytea(700001, '{page}')",
        "SELECT lo_from_bytea(700002, convert_to(repeat('ord ', 700000) || 'stor@example.no', 'UTF8'))",
        "SELECT lo_create(700003)", f"CREATE ROLE {role} LOGIN", f"GRANT SELECT ON LARGE OBJECT 700002 TO {role}",
    )  # fmt: skip
    name = "pg_catalog.pg_largeobject"
    try:
        run = scanned(database.url)
        assert not run.problems()
        assert run.count("EMAIL_ADDRESS", f"{name}!data/700001") == 20
        assert run.count("EMAIL_ADDRESS") == 21
        closed = scanned(database.url.replace("postgres@", f"{role}@"), include=["pg_largeobject"])
        assert closed.problems() == [("permission", "no right to read 2 large objects")]
        assert closed.count("EMAIL_ADDRESS") == 1
        assert len(scanned(database.url, sample=1).rows("samples", name)) == 1
        assert name not in scanned(database.url, exclude=["pg_largeobject"]).documents()
    finally:
        database.run(f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def test_a_value_that_is_too_large_is_counted_and_those_after_it_are_read(database: PostgreSQLDatabase) -> None:
    large = "repeat('ord ', 700000) || 'stor@example.no'"
    database.run(
        f"SELECT lo_from_bytea(700001, convert_to({large}, 'UTF8'))",
        f"SELECT lo_from_bytea(700002, convert_to(repeat('x', 5) || {large}, 'UTF8'))",
        "SELECT lo_from_bytea(700003, 'liten@example.no')", "CREATE TABLE sak (id int, tekst text, annen text)",
        f"INSERT INTO sak VALUES (1, {large}, NULL), (2, NULL, 'kort@example.no'), (3, left({large}, 1200000), NULL)",
        f"INSERT INTO sak SELECT 4, NULL, left({large}, 1200000) || ' hel@example.no'",
    )  # fmt: skip
    limits = Limits(max_value_bytes=1 << 20, max_member_bytes=2 << 20)
    run = scanned(database.url, limits=limits)
    said = "values of more than 2097152 bytes, not read; the first in row"
    assert run.problems("pg_catalog.pg_largeobject") == [("limit", f"column 1: 2 {said} 700001")]
    assert run.problems("public.sak") == [("limit", f"column 2: 1 {said} 1")]
    assert len(run.rows("problems")) == 2
    assert run.count("EMAIL_ADDRESS") == 3


def test_system_schemas_are_left_out_and_globs_choose_among_the_rest(database: PostgreSQLDatabase) -> None:
    database.run(
        "CREATE SCHEMA logg", *[PEOPLE.format(name=n, rows=1) for n in ("kunder", "ordrer", "logg.a", "logg.b")]
    )
    assert scanned(database.url).documents() == ["logg.a", "logg.b", "public.kunder", "public.ordrer"]
    assert scanned(database.url, exclude=["logg.*"]).documents() == ["public.kunder", "public.ordrer"]
    assert scanned(database.url, include=["kunder", "logg.a"]).documents() == ["logg.a", "public.kunder"]


def test_a_thousand_tables_are_listed_and_read(database: PostgreSQLDatabase) -> None:
    database.run(
        "DO $$ BEGIN FOR i IN 1..1000 LOOP EXECUTE format('CREATE TABLE t%s AS SELECT %L::text AS epost', i, "
        "'bruker' || i || '@example.no'); END LOOP; END $$"
    )
    run = scanned(database.url)
    assert not run.problems() and len(run.documents()) == 1000
    assert run.count("EMAIL_ADDRESS") == 1000


def test_no_server_is_an_error_that_quotes_no_password() -> None:
    from pii_scan.errors import TargetError

    url = POSTGRESQL.replace("5432", "1").replace("postgres@", "kari:hemmelig@")
    with pytest.raises(TargetError) as failure:
        scanned(f"{url}/test")
    assert "hemmelig" not in str(failure.value) and "kari" not in str(failure.value)


def test_a_date_of_birth_and_the_five_digits_beside_it_are_a_national_number(database: PostgreSQLDatabase) -> None:
    values = ", ".join(f"('19{n[4:6]}-{int(n[2:4]) % 80}-{n[:2]}', '{n[6:]}')" for n in nationals(40))
    database.run("CREATE TABLE person (fodselsdato date, personnummer text)", f"INSERT INTO person VALUES {values}")
    assert scanned(database.url).count("NO_FODSELSNUMMER") == 40


def test_a_foreign_table_is_read(database: PostgreSQLDatabase) -> None:
    database.run(
        PEOPLE.format(name="kunder", rows=30), "CREATE SCHEMA der", "CREATE EXTENSION postgres_fdw",
        f"CREATE SERVER her FOREIGN DATA WRAPPER postgres_fdw OPTIONS (dbname '{database.name}', host '127.0.0.1')",
        "CREATE USER MAPPING FOR CURRENT_USER SERVER her OPTIONS (user 'postgres', password_required 'false')",
        "IMPORT FOREIGN SCHEMA public FROM SERVER her INTO der",
        "CREATE SERVER borte FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '1')",
        "CREATE USER MAPPING FOR CURRENT_USER SERVER borte OPTIONS (user 'postgres', password_required 'false')",
        "CREATE FOREIGN TABLE der.borte (epost text) SERVER borte",
    )  # fmt: skip
    run = scanned(database.url)
    assert run.count("EMAIL_ADDRESS", "der.kunder") == run.count("EMAIL_ADDRESS", "public.kunder") == 30
    assert [row["document"] for row in run.rows("problems")] == ["der.borte"]


def test_what_another_program_gives_as_a_foreign_table_is_read(database: PostgreSQLDatabase) -> None:
    if not database.run("SELECT FROM pg_available_extensions WHERE name = 'file_fdw'"):
        missing("file_fdw of PostgreSQL")
    database.run(
        "CREATE EXTENSION file_fdw", "CREATE SERVER filer FOREIGN DATA WRAPPER file_fdw",
        "CREATE FOREIGN TABLE liste (epost text) SERVER filer OPTIONS (program 'echo kari@example.no')",
        "CREATE FOREIGN TABLE borte (epost text) SERVER filer OPTIONS (filename '/finnes-ikke/liste.csv')",
    )  # fmt: skip
    run = scanned(database.url)
    assert run.count("EMAIL_ADDRESS", "public.liste") == 1
    assert [row["document"] for row in run.rows("problems")] == ["public.borte"]


def test_a_view_that_does_not_answer_in_time_is_a_problem_and_the_rest_is_read(database: PostgreSQLDatabase) -> None:
    database.run("CREATE VIEW a_treg AS SELECT pg_sleep(600)::text AS a", PEOPLE.format(name="kunder", rows=3))
    run = scanned(database.url, limits=Limits(stall_seconds=4))
    assert [row["code"] for row in run.rows("problems", "public.a_treg")] == ["timeout"]
    assert len(run.rows("problems")) == 1 and run.count("EMAIL_ADDRESS", "public.kunder") == 3


def test_a_table_cannot_be_dropped_while_it_is_read_and_one_dropped_between_two_units_is_gone(
    database: PostgreSQLDatabase,
) -> None:
    from adbc_driver_manager import Error

    from pii_scan.errors import DocumentError
    from pii_scan.sources import describe, open_source, opened

    database.run(PEOPLE.format(name="kunder", rows=20_000))
    description = describe(database.url)
    with opened(description, Limits()) as source:
        (ref,) = source.list_documents()
        worker = open_source(description, Limits())
        with contextlib.closing(worker):  # type: ignore[type-var]
            with worker.open(ref) as document:  # type: ignore[arg-type]
                assert document.table is not None
                first, second, *_ = document.table.plan(200_000)
                assert list(document.table.read(first))
                with pytest.raises(Error):
                    database.run("SET lock_timeout = 200", "DROP TABLE kunder")
            database.run("DROP TABLE kunder")
            with pytest.raises(DocumentError) as failure, worker.open(ref) as document:  # type: ignore[arg-type]
                list(document.table.read(second))  # type: ignore[union-attr]
    assert failure.value.code == "vanished"
