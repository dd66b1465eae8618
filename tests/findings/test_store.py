"""Run folders: parts come whole or not at all, only the user can read them, and what is not whole is refused."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import stat
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_scan.errors import RunError, UsageError
from pii_scan.findings import store
from pii_scan.findings.run_writer import RunWriter
from pii_scan.findings.schema import DOCUMENTS, FINDINGS, INDEX, PROBLEMS, TABLES
from pii_scan.findings.store import load_run, replacing

MANIFEST = {
    "id": "1", "started_at": "2026-11-22T10:00:00Z", "finished_at": None, "version": "0.1.0", "rules_hash": "r",
    "config_hash": "c", "status": "running", "lang": "nb", "targets": ["t"], "notes": [],
}  # fmt: skip


def document(name: str, status: str = "read", size: int = 10, read: int | None = None) -> dict[str, Any]:
    return {
        "target": "t", "document": name, "container": "!" in name, "media_type": "text/plain", "size_bytes": size,
        "read_bytes": size if read is None else read, "modified_at": None, "status": status,
        "system": "unassigned", "under_13": 0, "under_18": 0,
    }  # fmt: skip


def documents(*rows: dict[str, Any]) -> dict[str, pa.Table]:
    return {"documents": pa.Table.from_pylist(list(rows), schema=DOCUMENTS)}


def index(*rows: tuple[str, str, int]) -> pa.Table:
    place = {"target": "t", "kind": "text"}
    content = [{**place, "document": name, "entity_type": kind, "fingerprint": value} for name, kind, value in rows]
    return pa.Table.from_pylist(content, schema=INDEX)


@pytest.fixture
def writer(tmp_path: Path) -> RunWriter:
    return RunWriter.begun(tmp_path / "run", MANIFEST)


def test_what_is_written_is_read_back_in_the_order_of_the_parts(writer: RunWriter) -> None:
    for part in ("00000002", "00000000", "00000001"):
        writer.write_part(part, documents(document(f"{part}.txt")))
    writer.write_manifest({"status": "finished"})
    writer.close()
    run = load_run(writer.path)
    names = [name for table in run.documents() for name in table["document"].to_pylist()]
    assert names == ["00000000.txt", "00000001.txt", "00000002.txt"]
    assert run.manifest["status"] == "finished"
    assert list(run.findings()) == [] and run.distinct(["entity_type"]).num_rows == 0


@pytest.mark.skipif(os.name != "posix", reason="modes are those of POSIX")
def test_folders_are_0700_and_files_0600(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        writer = RunWriter.begun(tmp_path / "run", MANIFEST)
        writer.write_part("00000000", documents(document("a")))
        writer.close()
    finally:
        os.umask(old)
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in [writer.path, *writer.path.rglob("*")]}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}


def test_a_part_that_fails_half_way_leaves_nothing(writer: RunWriter, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(table: pa.Table, out: Any, **options: Any) -> None:
        out.write(b"PAR1 half of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pq, "write_table", fail)
    with pytest.raises(RunError, match="no space is left"):
        writer.write_part("00000000", documents(document("a")))
    writer.close()
    assert list((writer.path / "documents").iterdir()) == []
    assert list(load_run(writer.path).documents()) == []


def test_a_manifest_that_cannot_be_written_is_an_error_of_the_run(
    writer: RunWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(source: object, target: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(RunError, match="no space is left"):
        writer.write_manifest({"status": "finished"})
    monkeypatch.undo()
    writer.close()
    assert load_run(writer.path).manifest["status"] == "running"
    assert not list(writer.path.glob("*.partial"))


def test_a_replaced_file_keeps_its_old_content_when_the_writing_fails(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    file.write_bytes(b"old")
    with pytest.raises(ValueError, match="half"), replacing(file) as out:
        out.write(b"new, but")
        raise ValueError("half")
    assert file.read_bytes() == b"old" and list(tmp_path.iterdir()) == [file]
    with replacing(file) as out:
        out.write(b"new")
    assert file.read_bytes() == b"new"


def test_a_second_writer_is_refused_and_changes_nothing(writer: RunWriter) -> None:
    writer.write_part("00000000", documents(document("a")))
    before = {path: path.read_bytes() for path in writer.path.rglob("*") if path.is_file()}
    with pytest.raises(UsageError, match="already holds something"):
        RunWriter.begun(writer.path, {**MANIFEST, "id": "2"})
    assert {path: path.read_bytes() for path in writer.path.rglob("*") if path.is_file()} == before
    writer.close()


def test_two_writers_that_both_saw_an_empty_folder_cannot_both_have_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("pii_scan.findings.run_writer.check_unused", lambda folder: None)
        first = RunWriter.begun(tmp_path / "run", MANIFEST)
        with pytest.raises(UsageError, match="another pii-scan is at work"):
            RunWriter.begun(tmp_path / "run", MANIFEST)
    first.close()
    with pytest.raises(UsageError, match="already holds something"):
        RunWriter.begun(tmp_path / "run", MANIFEST)


def test_a_folder_that_is_a_file_is_a_wrong_call(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    for path in (tmp_path / "file", tmp_path / "file" / "run"):
        with pytest.raises(UsageError):
            RunWriter.begun(path, MANIFEST)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": 1}, "another version"),
        ({"format": None}, "another version"),
        ({"targets": ...}, "'targets' is missing"),
    ],
)
def test_a_manifest_of_another_version_or_with_gaps_is_refused(
    writer: RunWriter, change: dict[str, Any], said: str
) -> None:
    writer.close()
    manifest = {**json.loads((writer.path / "run.json").read_text()), **change}
    kept = {key: value for key, value in manifest.items() if value is not ...}
    (writer.path / "run.json").write_text(json.dumps(kept), encoding="utf-8")
    with pytest.raises(RunError, match=said):
        load_run(writer.path)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"null", b'"x"'])
def test_a_folder_without_a_manifest_is_no_run(writer: RunWriter, content: bytes) -> None:
    writer.close()
    (writer.path / "run.json").write_bytes(content)
    with pytest.raises(RunError):
        load_run(writer.path)
    with pytest.raises(RunError, match="is not a run folder"):
        load_run(writer.path / "nowhere")


@pytest.mark.parametrize("name", TABLES)
def test_a_run_without_one_of_its_tables_does_not_look_clean(writer: RunWriter, name: str) -> None:
    writer.close()
    shutil.rmtree(writer.path / name)
    with pytest.raises(RunError, match="is not whole"):
        load_run(writer.path)


@pytest.mark.parametrize(
    "table",
    [
        pa.table({"a": [1]}),
        pa.table({name: [1] for name in PROBLEMS.names}),
        pa.table({name: pa.nulls(1, pa.string()) for name in PROBLEMS.names}),
        pa.table({name: [["x"]] for name in PROBLEMS.names}),
    ],
    ids=["other columns", "other types", "nulls", "lists"],
)
def test_a_foreign_table_is_refused(writer: RunWriter, table: pa.Table) -> None:
    writer.close()
    pq.write_table(table, writer.path / "problems" / "00000000.parquet")
    with pytest.raises(RunError, match="problems/00000000"):
        list(load_run(writer.path).problems())


@pytest.mark.parametrize("cut", [0, 3, 100, -1])
def test_a_damaged_part_is_refused_and_never_read_as_empty(writer: RunWriter, cut: int) -> None:
    writer.write_part("00000000", documents(document("a")))
    writer.close()
    file = writer.path / "documents" / "00000000.parquet"
    file.write_bytes(file.read_bytes()[:cut])
    with pytest.raises(RunError, match="cannot be read"):
        list(load_run(writer.path).documents())


def test_slices_of_one_file_are_one_document(writer: RunWriter) -> None:
    writer.write_part("00000000", documents(document("a.csv")))
    for number, status in enumerate(("read", "unread", "read")):
        writer.write_part(
            f"00000001-{number:05d}", documents(document("b.csv", status, 30, 0 if status == "unread" else 10))
        )
    writer.write_part("00000002", documents(document("c.csv")))
    writer.close()
    rows = [row for table in load_run(writer.path).documents() for row in table.to_pylist()]
    assert [(row["document"], row["status"], row["size_bytes"], row["read_bytes"]) for row in rows] == [
        ("a.csv", "read", 10, 10), ("b.csv", "partly_read", 30, 20), ("c.csv", "read", 10, 10),
    ]  # fmt: skip


def test_members_that_slices_of_a_file_met_stay_documents_of_their_own(writer: RunWriter) -> None:
    writer.write_part("00000000-00000", documents(document("a.pst!1"), document("a.pst!2"), document("a.pst", read=4)))
    writer.write_part("00000000-00001", documents(document("a.pst!3", "unread"), document("a.pst", read=6)))
    writer.close()
    rows = [row for table in load_run(writer.path).documents() for row in table.to_pylist()]
    found = {row["document"]: (row["status"], row["read_bytes"]) for row in rows}
    assert len(rows) == 4
    assert found == {"a.pst!1": ("read", 10), "a.pst!2": ("read", 10), "a.pst!3": ("unread", 10), "a.pst": ("read", 10)}


def test_two_files_that_look_the_same_once_masked_stay_two_documents(writer: RunWriter) -> None:
    same = [document("###########.txt"), document("###########.txt", "unread", 20, 0)]
    writer.write_part("00000000", documents(*same))
    writer.write_part("00000001", documents(*same))
    writer.close()
    rows = [row for table in load_run(writer.path).documents() for row in table.to_pylist()]
    assert [row["status"] for row in rows] == ["read", "unread"] * 2


def test_distinct_values_are_counted_across_parts_and_by_category(writer: RunWriter) -> None:
    kinds = {"EMAIL_ADDRESS": "email", "NO_FODSELSNUMMER": "national_id", "NO_D_NUMMER": "national_id"}
    given = [("a", "EMAIL_ADDRESS", 1), ("a", "NO_FODSELSNUMMER", 2), ("a", "NO_D_NUMMER", 3)]
    finding = {
        "target": "t",
        "document": "a",
        "kind": "text",
        "count": 1,
        "distinct": 1,
        "score": 1.0,
        "synthetic": False,
        "recognizer": "r",
        "reasons": "",
        "masked": "#",
    }
    table = pa.Table.from_pylist(
        [{**finding, "entity_type": kind, "category": category} for kind, category in kinds.items()], schema=FINDINGS
    )
    writer.write_part("00000000", {"findings": table, "index": index(*given)})
    writer.write_part("00000001", {"findings": table, "index": index(*given, ("b", "EMAIL_ADDRESS", 9))})
    writer.close()
    run = load_run(writer.path)
    assert run.distinct(["category"]).to_pylist() == [
        {"category": "email", "distinct": 2}, {"category": "national_id", "distinct": 2},
    ]  # fmt: skip
    assert run.distinct(["document", "entity_type"]).num_rows == 4


def test_no_table_has_a_column_for_values() -> None:
    assert store.TABLES is TABLES
    assert not {"value", "text", "match"} & {name for schema in TABLES.values() for name in schema.names}


@pytest.mark.parametrize("header", [None, "epost"])
def test_places_without_a_name_are_counted_across_parts(writer: RunWriter, header: str | None) -> None:
    """Null keys: what grouping leaves under them once ended the process when the parts were joined."""
    for part in range(4):
        rows = index(*((f"d{part}", "EMAIL_ADDRESS", number) for number in range(300)))
        names = pa.array([header, None, None] * 100, pa.string()).dictionary_encode().cast(INDEX.field("header").type)
        rows = rows.set_column(rows.schema.get_field_index("header"), INDEX.field("header"), names)
        writer.write_part(f"0000000{part}", {"index": rows})
    writer.close()
    found = load_run(writer.path).distinct(["header", "sheet", "entity_type"]).to_pylist()
    counts = {row["header"]: row["distinct"] for row in found}
    assert counts == ({"epost": 100, None: 200} if header else {None: 300})


def test_what_is_little_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = RunWriter.begun(tmp_path / "run", MANIFEST)
    for number in range(3):
        writer.write_part(f"{number:08d}", documents(document(f"{number}.txt")))
    writer.close()
    for kept in (store.KEPT_BYTES, 1):
        monkeypatch.setattr(store, "KEPT_BYTES", kept)
        run = load_run(tmp_path / "run")
        first, opened = [table.to_pylist() for table in run.documents()], []
        file = pq.ParquetFile
        with monkeypatch.context() as patched:
            patched.setattr(pq, "ParquetFile", lambda path, seen=opened, made=file: seen.append(path) or made(path))
            assert [table.to_pylist() for table in run.documents()] == first
        assert [row["document"] for (rows,) in [first] for row in rows] == ["0.txt", "1.txt", "2.txt"]
        assert len(opened) == (0 if kept > 1 else 3)


@given(st.lists(st.integers(0, 7), min_size=1, max_size=12), st.integers(1, 9))
def test_small_tables_come_together_in_their_order_and_large_ones_are_not_cut(sizes: list[int], most: int) -> None:
    words = [[f"{at}-{row}" for row in range(size)] for at, size in enumerate(sizes)]
    tables = [pa.table({"word": pa.array(some, pa.string()).dictionary_encode()}) for some in words]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(store, "READ_ROWS", most)
        got = list(store._together(tables))
    assert [word for table in got for word in table["word"].to_pylist()] == [word for some in words for word in some]
    assert all(table.num_rows <= max(most, *sizes) for table in got)
    assert all(a.num_rows + b.num_rows > most or b.num_rows > most for a, b in itertools.pairwise(got))
    assert all(table["word"].num_chunks <= 1 for table in got)


def test_rows_at_hand_are_those_of_the_files(writer: RunWriter) -> None:
    for part in ("00000002", "00000001-00001", "00000000", "00000001-00000"):
        found = index((f"{part}.csv", "PHONE_NUMBER", 1), ("x", "EMAIL_ADDRESS" if "-" in part else "IP_ADDRESS", 2))
        writer.write_part(part, {**documents(document("a.csv" if "-" in part else part)), "index": found})
    writer.close()
    assert writer.written is not None
    at_hand, read = load_run(writer.path, writer.written), load_run(writer.path)
    for kind in ("documents", "index", "findings"):
        both = [[row for table in getattr(run, kind)() for row in table.to_pylist()] for run in (at_hand, read)]
        assert both[0] == both[1] and bool(both[0]) == (kind != "findings")
    assert at_hand.distinct(["entity_type"]) == read.distinct(["entity_type"])


def test_rows_at_hand_that_no_scan_makes_are_refused(writer: RunWriter) -> None:
    writer.write_part("00000000", documents(document("a.csv", size=-1)))
    writer.close()
    for written in (writer.written, None):
        with pytest.raises(RunError):
            list(load_run(writer.path, written).documents())
