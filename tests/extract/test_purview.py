"""Reports of Purview exports: which columns say what, in every spelling, and what is no report."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_scan.extract import purview
from pii_scan.extract.purview import ExportedItem
from pii_scan.model import Document, DocumentRef, Slice

OLA = "ola@example.no"
CLASSIC = "Item Identity,Document ID,Original Path,Location Name,Target Path\r\n"
ROW = f'a,1,{OLA}\\Innboks,{OLA} (Primary),"C:\\x\\Exchange\\{OLA} (Primary)\\Innboks\\Sak, 1.msg"\r\n'
ITEM = ExportedItem(f"exchange/{OLA} (primary)/innboks/sak, 1.msg", "", f"{OLA}\\Innboks", OLA)


def items(data: bytes, part: Slice | None = None) -> list[ExportedItem]:
    document = Document(DocumentRef("t", "Results.csv"), io.BytesIO(data), "text/csv", slice=part)
    return [item for some in purview.items(document) for item in some.items]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_classic_report_says_where_an_item_lay(encoding: str) -> None:
    assert items((CLASSIC + ROW).encode(encoding)) == [ITEM]


@pytest.mark.parametrize(
    "header",
    [
        "Immutable ID;Compound path;Location name;Export native path;Email message ID",
        "Immutable_ID;Compound_path;Location_name;Export_native_path;Email_message_ID",
        " immutable id ; COMPOUND PATH; Location_Name;target  path;Internet Message Id",
        "Compliance item ID\tOriginal path\tCustodian\tTarget path\tInternetMessageId",
    ],
)
def test_headers_are_known_in_the_spellings_of_each_report(header: str) -> None:
    delimiter = "\t" if "\t" in header else ";"
    row = delimiter.join(["1", "Innboks/2026", OLA, "Items.1.001.zip/Kari/a.msg", "<1@x.example.no>"])
    assert items(f"{header}\n{row}\n".encode()) == [
        ExportedItem("kari/a.msg", "mail:1@x.example.no", "Innboks/2026", OLA)
    ]


def test_a_location_that_only_names_the_service_is_no_owner() -> None:
    data = "Immutable ID,Target path,Original path,Location\n1,a/b.msg,Innboks,Exchange\n"
    assert [item.owner for item in items(data.encode())] == [""]


@pytest.mark.parametrize(
    "data",
    ["Navn,Original Path,Target Path\na,b,c\n", "Document ID,Location\n1,Oslo\n", "x\n", "", "a;b\rc;d\r", 'a;"b\r'],
)
def test_other_tables_are_no_reports(data: str) -> None:
    assert items(data.encode()) == []


@given(st.integers(1, 60), st.integers(1, 59))
@settings(deadline=None, max_examples=20)
def test_slices_give_every_row_once(rows: int, cut: int) -> None:
    lines = [ROW.replace("a,1", f"a{n},{n}").replace("Sak, 1", f"Sak {n}").encode() for n in range(rows)]
    data = CLASSIC.encode() + b"".join(lines)
    at = len(CLASSIC) + sum(map(len, lines[: min(cut, rows)]))
    parts = [Slice(0, at, 1, "utf-8"), Slice(at, len(data), 2 + cut, "utf-8")]
    found = [item for part in parts for item in items(data, part)]
    assert found == items(data) and len(found) == rows


def test_a_row_that_is_too_long_for_the_reader_costs_no_other(read: Any) -> None:
    data = CLASSIC + ROW + f"b,2,{'x' * 200_000},k,c\r\n" + ROW
    result = read(data.encode(), "Results.csv")
    assert result.problems == [] and result.exported == [ITEM, ITEM]


@given(st.binary(max_size=300))
@settings(deadline=None)
def test_no_bytes_raise(tail: bytes) -> None:
    for item in items(CLASSIC.encode() + tail):
        assert item.path or item.identity


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        ("sak/Exchange/kari@example.no.pst", ("kari@example.no", False)),
        ("sak/Exchange/kari@example.no.001.pst", ("kari@example.no", False)),
        ("sak/Exchange/kari@example.no (Primary)/Inbox/a.msg", ("kari@example.no", False)),
        ("sak/Exchange/Kari Nordmann (Archive)/Inbox/a.msg", ("Kari Nordmann", False)),
        ("kari@example.no/Innboks/a.eml", ("kari@example.no", False)),
        ("sak/SharePoint/hr/a.docx", ("hr", True)),
        ("server/Exchange/logger/a.txt", ("", False)),
        ("prosjekt/Teams/a/b.docx", ("", False)),
        ("innboks/kari@example.no.txt", ("", False)),
    ],
)
def test_the_owner_by_the_path(path: str, owner: tuple[str, bool]) -> None:
    assert purview.owner_of(DocumentRef("t", path)) == owner


def test_a_document_outside_of_an_export_has_no_path_in_one() -> None:
    assert purview.path_of(DocumentRef("t", "avdeling/kari/a.msg")) == ""
    package = DocumentRef("t", "funn/Items.1.001.zip")
    assert purview.path_of(package.member("Kari/A.msg")) == "kari/a.msg" and purview.path_of(package) == ""
