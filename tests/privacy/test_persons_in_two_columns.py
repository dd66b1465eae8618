"""A table of first names and surnames holds as many persons as rows, by whichever column one counts."""

from __future__ import annotations

from pathlib import Path

from pii_scan.engines.scan import scan
from pii_scan.inventory.persons import persons


def test_a_pair_of_columns_counts_as_one_person(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    pairs = [(first, last) for first in ("Kari", "Ola", "Åse", "Per") for last in ("Hansen", "Berg", "Lunde")]
    rows = "".join(f"{last};{town};{first}\n" for (first, last), town in zip(pairs, ["Moss", "Bodø"] * 6, strict=True))
    (folder / "deltakere.csv").write_text(f"etternavn;by;fornavn\n{rows}", "utf-8")
    (folder / "notat.txt").write_text("Møtet ble ledet av Kari Berg i går kveld, og hun var fornøyd.\n", "utf-8")
    run = scan([folder], out=tmp_path / "run")
    assert persons(run).by_type == {"PERSON": 12}
    rows_found = [row for table in run.findings() for row in table.to_pylist() if row["kind"] == "cell"]
    assert sorted({row["column"] for row in rows_found}) == [1, 3]
    assert len(rows_found) == 24
