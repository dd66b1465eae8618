"""What services give when data are taken out: Purview, Microsoft 365's audit log, Facebook, Google Takeout."""

from __future__ import annotations

import csv
import html as html_text
import io
import json
import random
import zipfile
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from text_family import cells, places, run

from pii_scan.extract import cell_json, coordinates, tabular
from pii_scan.extract import json as json_reader
from pii_scan.model import ColumnOrigin


def audit_log(rows: list[dict[str, Any]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["CreationDate", "UserIds", "Operations", "AuditData"])
    for number, row in enumerate(rows):
        writer.writerow([f"2026-01-05T10:{number:02d}:00.0000000Z", row["UserId"], "FileAccessed", json.dumps(row)])
    return out.getvalue().encode("utf-8-sig")


ROW = {
    "Id": "8c9f", "UserId": "ola@example.no", "ClientIP": "192.0.2.7", "SourceFileName": "L\u00f8nn K\u00e5re.xlsx",
    "ExtendedProperties": [{"Name": "extra", "Value": json.dumps({"mottaker": "\u00c5se S\u00f8rb\u00f8"})}],
    "ObjectId": "C:\\navn\\fil",
}  # fmt: skip


def test_the_json_column_of_an_audit_log_is_decoded_in_its_cell() -> None:
    batches, problems = run(tabular.extract, audit_log([{**ROW, "Id": str(n)} for n in range(20)]))
    assert problems == []
    found = cells(batches)
    for row in range(2, 22):
        assert "L\u00f8nn K\u00e5re.xlsx" in found[row, 4] and "\u00c5se S\u00f8rb\u00f8" in found[row, 4]
        assert "ola@example.no" in found[row, 4] and "C:\\navn\\fil" in found[row, 4]
    headers = {batch.origin.header for batch in batches if isinstance(batch.origin, ColumnOrigin)}
    assert "AuditData" in headers


@given(st.lists(st.one_of(st.none(), st.text('{[\\u00e5n"ab\u00f8 ', max_size=14)), max_size=20), st.booleans())
def test_cells_keep_their_places_and_others_their_text(texts: list[str | None], wide: bool) -> None:
    kind = pa.large_string() if wide else pa.string()
    made = cell_json.decoded(pa.array(["x", *texts, "y"], kind).slice(1, len(texts)))
    made.validate(full=True)
    assert made.type == kind and len(made) == len(texts)
    for before, after in zip(texts, made.to_pylist(), strict=True):
        if before is None or before[:1] not in ("{", "[") or "\\" not in before:
            assert after == before


@given(
    st.recursive(
        st.text('ab\u00e6\u00f8\u00e5\U0001f600"{}[],:\n ', max_size=20),
        lambda inner: st.lists(inner, max_size=3),
        max_leaves=8,
    )
)
def test_every_text_in_json_stands_in_its_cell(value: Any) -> None:
    texts: list[str] = []

    def collect(part: Any) -> None:
        for inner in part if isinstance(part, list) else []:
            collect(inner)
        if isinstance(part, str):
            texts.append(part)

    collect([value])
    made = cell_json.decoded(pa.array([json.dumps([value])])).to_pylist()[0]
    for text in texts:
        if text.isprintable() and "\\" not in text:
            assert text in made


# Purview


def test_a_purview_export_is_read_by_what_it_is_made_of(read: Any) -> None:
    report = "Item Identity,Subject/Title,Sender or Created by,Original Path,Location\n" + "".join(
        f"id{i},Sak {i},fra{i}@example.no,kari@example.no/Innboks/{i},kari@example.no\n" for i in range(5)
    )
    transcript = "<html><body><div>Ola Nordmann: ring 68 05 00 02</div></body></html>"
    mail = b"From: a@example.no\r\nTo: b@example.no\r\nSubject: x\r\n\r\nHei\r\n"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("Items_0_2026.csv", report.encode("utf-8-sig"))
        archive.writestr("Export Summary 2026.csv", "Key,Value\nCustodian,kari@example.no\nItems,5\n")
        archive.writestr("Exchange/kari@example.no/Teams/19_abc.html", transcript)
        archive.writestr("Exchange/kari@example.no/Innboks/1.eml", mail)
    result = read(out.getvalue(), "Reports.zip")
    assert result.problems == []
    assert "kari@example.no/Innboks/3" in result.text("Reports.zip!Items_0_2026.csv")
    assert "kari@example.no" in result.text("Reports.zip!Export Summary 2026.csv")
    assert "68 05 00 02" in result.text("Reports.zip!Exchange/kari@example.no/Teams/19_abc.html")


# Facebook


def as_facebook_writes(value: Any) -> bytes:
    """UTF-8 bytes as if they were Latin-1 characters, escaped."""
    return json.dumps(json.loads(json.dumps(value, ensure_ascii=False).encode().decode("latin-1"))).encode()


def test_facebook_messages_are_repaired_in_their_place(read: Any) -> None:
    value = {
        "participants": [{"name": "K\u00e5re \u00d8deg\u00e5rd"}],
        "messages": [{"content": "\u00c6sj, l\u00f8rdag \U0001f600"}],
    }
    data = as_facebook_writes(value)
    assert b"\\u00c3\\u00a5" in data
    result = read(data, "message_1.json")
    assert result.problems == []
    for expected in ("K\u00e5re \u00d8deg\u00e5rd", "\u00c6sj, l\u00f8rdag \U0001f600"):
        assert expected in result.all_text


def test_escapes_that_spell_no_utf_8_stay_what_they_are(read: Any) -> None:
    assert "K\u00e5re" in read(b'{"name": "K\\u00e5re", "b": "\\u00c3x"}', "a.json").all_text


# Google


LOCATION = b"""{"locations": [{
  "latitudeE7": 599138690, "longitudeE7": -107522450, "accuracy": 20, "deviceTag": 123456789,
  "note": "K\\u00e5re", "source": "WIFI"}, {"latitudeE7" : -5, "longitudeE7" : 1800000000}]}
"""


def test_locations_are_decimals_and_other_numbers_stay(read: Any) -> None:
    text = read(LOCATION, "Records.json").all_text
    for expected in ("59.9138690", "-10.7522450", "123456789", "-0.0000005", "180.0000000", "K\u00e5re"):
        assert expected in text
    assert "599138690" not in text
    batches, _ = run(json_reader.extract, LOCATION)
    assert places(batches, "59.9138690") == [(2, 17)]
    assert places(batches, "K\u00e5re") == [(3, 12)] and places(batches, "WIFI") == [(3, 35)]


@given(st.integers(-1_800_000_000, 1_800_000_000))
def test_every_coordinate_keeps_its_value(number: int) -> None:
    made = coordinates.decimals(b'{"latE7":%d}' % number)
    assert made is not None
    assert round(float(made.text[9:-1]) * 10_000_000) == number
    assert len(made.source) == len(made.text)


ACTIVITY = [{"title": "S\u00f8kte etter K\u00e5re", "titleUrl": "https://x.no/?q=ola%40example.no"}]
PAGE = (
    '<html><body><div class="mdl-grid">S&oslash;kte etter<br>'
    '<a href="https://x.no/?q=ola@example.no">K\u00e5re</a></div></body></html>'
)
MAIL = (
    "From 1790@xxx Mon Jan 05 10:00:00 +0000 2026\r\nX-GM-THRID: 1790\r\nX-Gmail-Labels: Innboks\r\n"
    "From: ola@example.no\r\n\r\nHei K\u00e5re\r\n"
)
CARD = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:K\u00e5re Nordmann\r\nEMAIL:kare@example.no\r\nEND:VCARD\r\n"
EVENT = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nATTENDEE:mailto:ola@example.no\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("MyActivity.json", json.dumps(ACTIVITY), "ola@example.no"), ("MyActivity.html", PAGE, "S\u00f8kte etter"),
        ("alle.mbox", MAIL, "Hei K\u00e5re"), ("kontakter.vcf", CARD, "kare@example.no"),
        ("kalender.ics", EVENT, "ola@example.no"),
    ],
)  # fmt: skip
def test_what_google_takeout_holds_is_read(read: Any, name: str, data: str, expected: str) -> None:
    result = read(data.encode(), name)
    assert result.problems == [] and expected in result.all_text


def test_damaged_exports_raise_nothing(read: Any) -> None:
    rng = random.Random(8)
    for data, name in [
        (LOCATION, "Records.json"),
        (audit_log([ROW] * 4), "audit.csv"),
        (as_facebook_writes(ROW), "m.json"),
    ]:
        for number in range(200):
            broken = bytearray(data)
            for _ in range(rng.randrange(1, 5)):
                broken[rng.randrange(len(data))] = rng.randrange(256)
            result = read(bytes(broken), name)
            assert result.problems or result.all_text
            assert not any("Error" in problem.detail for problem in result.problems), number


# Markup in strings


WORDS = st.text('ab\u00e6\u00f8 1<&"\\', min_size=1, max_size=8)


@given(st.lists(st.tuples(WORDS, st.sampled_from(["<br>", "</p><p>", "</div>\n<div>"])), min_size=1, max_size=5))
def test_markup_in_a_string_is_text_at_its_place(parts: list[tuple[str, str]]) -> None:
    content = "<p>" + "".join(html_text.escape(word) + tag for word, tag in parts) + "</p>"
    data = json.dumps({"a": 1, "body": {"contentType": "html", "content": content}, "b": "x < y"}).encode()
    batches, problems = run(json_reader.extract, data)
    assert problems == []
    text = "\n".join(text for batch in batches for text in batch.texts.to_pylist())
    for word, _ in parts:
        assert word in text
    assert "<p>" not in text and "<br>" not in text and '"x < y"' in text
    (place,) = places(batches, '"b": "x < y"')
    assert place == (1, data.index(b'"b"') + 1)


def test_what_tags_hold_in_their_attributes_is_read_too() -> None:
    link = '<a href="mailto:ola@example.no" title="K&aring;re">skriv</a>'
    data = json.dumps([{"content": link}, {"content": "ring&nbsp;68&nbsp;05&nbsp;00&nbsp;01"}], indent=1).encode()
    batches, _ = run(json_reader.extract, data)
    text = "\n".join(text for batch in batches for text in batch.texts.to_pylist())
    assert "K\u00e5re" in text and '"skriv"' in text
    assert places(batches, "ola@example.no") == [(3, data.split(b"\n")[2].index(b"ola@") + 1)]
    assert places(batches, "68 05 00 01") == [(6, data.split(b"\n")[5].index(b"68&") + 1)]


def test_markup_that_is_escaped_as_json_or_never_ends_is_read() -> None:
    for data in (
        b'{"content": "\\u003cp\\u003eHei\\u003c/p\\u003e\\u003cp\\u003eK\\u0026aring;re", "b": "etter"}',
        '{"content": "<div>Hei<script>K\u00e5re", "b": "etter"}'.encode(),
        '{"content": "<p><!-- K\u00e5re", "b": "etter"}'.encode(),
    ):
        batches, problems = run(json_reader.extract, data)
        text = "\n".join(text for batch in batches for text in batch.texts.to_pylist())
        assert problems == [] and "K\u00e5re" in text and '"b": "etter"' in text
