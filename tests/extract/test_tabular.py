from __future__ import annotations

import csv
import io

import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from text_family import SMALL, cells, lines_text, places, run

from pii_scan.extract import cell_json, percent, tabular
from pii_scan.extract.dialect import Dialect
from pii_scan.model import Limits

cell_text = st.text(
    st.one_of(
        st.sampled_from("abcøå 0123,;|\t\"'\n\\@"),
        st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff"),
    ),
    max_size=12,
)


def written(rows: list[list[str]], **dialect: object) -> str:
    out = io.StringIO()
    csv.writer(out, **dialect).writerows(rows)  # type: ignore[arg-type]
    return out.getvalue()


def expected(rows: list[list[str]], first_row: int) -> dict[tuple[int, int], str]:
    return {(first_row + r, c + 1): meant(cell) for r, row in enumerate(rows) for c, cell in enumerate(row) if cell}


def meant(cell: str) -> str:
    """A cell with its escapes decoded, as those of JSON and of percent-encoding are."""
    decoded: str = percent.decode_cells(cell_json.decoded(pa.array([cell]))).to_pylist()[0]
    return decoded


@settings(max_examples=150, deadline=None)
@given(
    st.integers(2, 5).flatmap(lambda n: st.lists(st.lists(cell_text, min_size=n, max_size=n), min_size=4, max_size=12)),
    st.sampled_from(",;\t|"),
    st.sampled_from(["\r\n", "\n"]),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_every_cell_is_found_at_its_row_and_column(
    rows: list[list[str]], delimiter: str, end: str, quoting: int, encoding: str
) -> None:
    header = [f"navn_{i}" for i in range(len(rows[0]))]
    content = written([header, *rows], delimiter=delimiter, lineterminator=end, quoting=quoting)
    found = tabular.sniff_head(content.encode(encoding))[1]
    assume(found is not None and found.delimiter == delimiter and not found.escape and found.quote == '"')
    assert found is not None and found.header == tuple(header)
    for limits in (Limits(), SMALL):
        batches, problems = run(tabular.extract, content.encode(encoding), limits)
        assert not problems
        assert cells(batches) == expected(rows, 2)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300), st.integers(0, 40))
def test_nothing_of_a_spoilt_table_is_lost(spoil: bytes, at: int) -> None:
    rows = [f"{i};Navn {i};kari{i}@example.no" for i in range(60)]
    raw = "\n".join(["id;navn;epost", *rows[:at]]).encode() + b"\n" + spoil + b"\n" + "\n".join(rows[at:]).encode()
    batches, _ = run(tabular.extract, raw, Limits(max_value_bytes=16384))
    text = "\n".join(value for batch in batches for value in batch.texts.to_pylist())
    for i in range(60):
        assert f"kari{i}@example.no" in text


@pytest.mark.parametrize("quote", ['"', "'"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_dialects_are_told_apart(delimiter: str, quote: str) -> None:
    rows = [["Kari, nr; 1", "kari@example.no", "15888010030"], ["Ola | x", "", "1\n2"], [f"a{quote}b", "c", "d"]] * 3
    content = written([["navn", "epost", "fnr"], *rows], delimiter=delimiter, quotechar=quote, quoting=csv.QUOTE_ALL)
    batches, _ = run(tabular.extract, content.encode())
    assert cells(batches) == expected(rows, 2)


@pytest.mark.parametrize("quoting", [csv.QUOTE_ALL, csv.QUOTE_NONE])
def test_backslash_escapes_are_undone(quoting: int) -> None:
    rows = [['Kari "K"', "a,b"], ["Ola", 'c"d'], ["e", "f"]] * 4
    content = written([["navn", "by"], *rows], doublequote=False, escapechar="\\", quoting=quoting)
    assert cells(run(tabular.extract, content.encode())[0]) == expected(rows, 2)


@pytest.mark.parametrize("encoding", ["cp1252", "cp865", "mac-roman"])
def test_legacy_encodings_are_read(encoding: str) -> None:
    content = "navn;sted\n" + "Kåre Sæther;Tromsø på øya\n" * 5
    assert cells(run(tabular.extract, content.encode(encoding))[0])[6, 1] == "Kåre Sæther"


def test_header_is_row_one_and_is_scanned_too() -> None:
    batches, _ = run(tabular.extract, b"navn,fnr\nKari,15888010030\nOla,15888010030\n")
    assert lines_text(batches[:1]) == b"navn,fnr\n"
    assert [batch.origin.header for batch in batches[1:]] == ["navn", "fnr"]  # type: ignore[union-attr]
    assert cells(batches)[2, 2] == "15888010030"


@pytest.mark.parametrize(
    "first", ["Kari,15888010030", "kari@example.no,Oslo", "Kari,2020-01-31", ",", "Kari,12", "Kari,01.02.1980"]
)
def test_a_data_row_is_never_taken_for_a_header(first: str) -> None:
    batches, _ = run(tabular.extract, f"{first}\nOla,12345\nPer,12346\n".encode())
    assert cells(batches).get((1, 1), "") == first.split(",")[0]


def test_sep_line_titles_and_header_count_as_rows() -> None:
    rows = "".join(f"Kari;{i};15888010030\n" for i in range(9))
    batches, _ = run(tabular.extract, f"sep=;\nnavn;nr;fnr\n{rows}".encode())
    assert cells(batches)[3, 3] == "15888010030"
    batches, _ = run(tabular.extract, f"Uttrekk fra personal\n\nnavn;nr;fnr\n{rows}".encode())
    assert cells(batches)[4, 3] == "15888010030"
    assert lines_text(batches[:1]) == b"Uttrekk fra personal\n\nnavn;nr;fnr\n"
    assert batches[1].origin.header == "navn"  # type: ignore[union-attr]


def test_extra_and_missing_cells_keep_their_rows() -> None:
    body = [b"a,1", b"b,2,extra@example.no", b"c", b"", b'"d\nd",4', b"e,5", *[b"x,6"] * 6]
    batches, _ = run(tabular.extract, b"navn,nr\n" + b"\n".join(body * 20) + b"\n")
    found = cells(batches)
    assert found[3, 3] == "extra@example.no" and found[4, 1] == "c" and found[6, 1] == "d\nd" and found[7, 2] == "5"
    assert found[7 + 12 * 19, 2] == "5"
    assert {batch.origin.header for batch in batches if getattr(batch.origin, "column", 0) == 3} == {""}  # type: ignore[union-attr]


def test_an_unbalanced_quote_does_not_swallow_the_rows_after_it() -> None:
    rows = [f"Navn{i},{i},by{i}" for i in range(5000)]
    rows[10] = '"Navn10,10,by10'
    batches, _ = run(tabular.extract, ("navn,nr,sted\n" + "\n".join(rows)).encode())
    found = cells(batches)
    assert found[12, 1] == '"Navn10' and found[13, 1] == "Navn11" and found[5001, 3] == "by4999"


def test_two_far_quotes_do_not_swallow_the_rows_between() -> None:
    rows = [f"Navn{i},{i},by{i}" for i in range(20000)]
    rows[10], rows[15000] = '"Navn10,10,by10', 'Navn15000,15000,by15000"'
    found = cells(run(tabular.extract, ("navn,nr,sted\n" + "\n".join(rows)).encode())[0])
    assert found[13, 1] == "Navn11" and found[20001, 3] == "by19999"


def test_inch_signs_are_ordinary() -> None:
    found = cells(run(tabular.extract, b'vare,sted\nRack 19" lang,Oslo\nRack 5",Bergen\n"x ""y""",Moss\n' * 9)[0])
    assert found[2, 1] == 'Rack 19" lang' and found[3, 1] == 'Rack 5"' and found[4, 1] == 'x "y"'


def test_duplicate_headers_are_kept_apart() -> None:
    batches, _ = run(tabular.extract, b"navn,navn\nKari,Nordmann\nOla,Nordmann\n")
    assert cells(batches)[2, 2] == "Nordmann"


def test_wide_tables_and_old_macintosh_line_ends_are_read() -> None:
    wide = "\n".join([",".join(f"kol_{i}" for i in range(3000)), *[",".join(str(i) for i in range(3000))] * 4])
    found = cells(run(tabular.extract, wide.encode())[0])
    assert found[5, 3000] == "2999"
    assert cells(run(tabular.extract, b"navn;nr\rKari;1\rOla;2\r")[0])[3, 1] == "Ola"


def test_a_line_too_long_for_a_record_is_read_as_text() -> None:
    content = "navn,nr\n" + "Kari,1\n" * 3000 + "x " * 20000 + "slutt@example.no\n" + "Ola,2\n" * 3000
    for limit in (4096, 16384):
        batches, _ = run(tabular.extract, content.encode(), Limits(max_value_bytes=limit))
        assert [line for line, _ in places(batches, "slutt@example.no")] == [3002]
        assert cells(batches)[6002, 1] == "Ola"


def test_cells_with_line_breaks_and_long_cells_are_whole() -> None:
    rows = [["Kari", "linje\n" * 500 + "slutt"], ["Ola", "x" * 100_000], ["Per", "y"]] * 5
    content = written([["navn", "tekst"], *rows])
    assert cells(run(tabular.extract, content.encode())[0]) == expected(rows, 2)


def test_what_is_no_table_is_read_as_text() -> None:
    content = "Dette er en tekst.\nMed to linjer, av og til komma, men ingen tabell\nkari@example.no\n"
    assert lines_text(run(tabular.extract, content.encode())[0]) == content.encode()


def test_tables_are_told_by_content_or_name() -> None:
    table = b"navn;fnr;sted\n" + b"Kari;15888010030;Oslo\n" * 4
    assert tabular.looks_like_table(table, "x.txt")
    assert tabular.looks_like_table(b"Kari,Oslo\nOla,Bergen\n", "x.csv")
    assert not tabular.looks_like_table(b"Kari,Oslo\nOla,Bergen\n", "x.txt")
    assert not tabular.looks_like_table(b"en kolonne\nto\ntre\n", "x.csv")
    assert not tabular.looks_like_table(b"Hei, Kari.\nDette er, som du vet, en tekst.\nHa det, Ola.\n", "x.txt")
    assert not tabular.looks_like_table(b"int a;\nint b;\nreturn a;\n", "x.c")
    assert not tabular.looks_like_table(b"", "x.csv")


@settings(deadline=None)
@given(
    st.lists(st.lists(st.text("abcæ %@\\1", max_size=6), min_size=3, max_size=3), min_size=1, max_size=20),
    st.booleans(),
)
def test_small_tables_are_read_as_large_ones(rows: list[list[str]], ended: bool) -> None:
    block = "\n".join(map(";".join, rows)).encode() + b"\n" * ended
    dialect = Dialect(";", columns=3, header=("a", "b", "c"))
    small = tabular._Reader(dialect, Limits(), 2, 2, 0)._small(block)
    large = tabular._Reader(dialect, Limits(), 2, 2, 0)._fast(block, len(rows))
    assert small is not None and large is not None
    assert [(one.origin, one.texts.to_pylist()) for one in small] == [
        (one.origin, one.texts.to_pylist()) for one in large
    ]
