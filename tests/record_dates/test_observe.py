"""Documents through the readers: the months of their dated records, exactly, in every shape that data come in."""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections import Counter
from datetime import UTC, date, datetime
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pyarrow as pa
import pytest
from dated import AS_OF, expected, in_data, months, of_batches, refs_and_months, shown
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from pii_scan.extract.dispatch import slices
from pii_scan.model import ChunkBatch, ColumnOrigin, Document, DocumentRef, Limits, LineOrigin, PageOrigin, PartOrigin
from pii_scan.record_dates.observe import RecordDates

DAYS = st.lists(st.dates(date(2001, 9, 10), AS_OF), min_size=3, max_size=60)
FORMS = ("%Y-%m-%d", "%d.%m.%Y", "%Y%m%d", "%Y-%m-%dT05:06:07Z", "%d.%m.%Y 05:06", "%Y/%m/%d")
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def cells(texts: list[str | None], header: str = "dato", sheet: str = "", column: int = 1) -> ChunkBatch:
    return ChunkBatch(pa.array(texts, pa.string()), ColumnOrigin(column, header, sheet))


def unix(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp())


def table(days: list[date], form: str, header: str = "opprettet") -> str:
    rows = [f"{n};Kari {n};{day.strftime(form)};{68050000 + n}" for n, day in enumerate(days)]
    return "\n".join([f"nr;navn;{header};telefon", *rows]) + "\n"


# tables


@settings(deadline=None, max_examples=40)
@given(DAYS, st.sampled_from(FORMS), st.sampled_from(["dato", "created_time", "Fakturadato", "Entry Date"]))
def test_a_table_gives_the_months_of_its_dates(days: list[date], form: str, header: str) -> None:
    assert in_data("liste.csv", table(days, form, header)) == expected(days)


@settings(deadline=None, max_examples=30)
@given(DAYS, st.sampled_from(["%d/%m/%Y", "%m/%d/%Y"]))
def test_a_column_tells_day_from_month(days: list[date], form: str) -> None:
    days = [*days, date(2020, 3, 31)]
    assert in_data("liste.csv", table(days, form)) == expected(days)


@settings(deadline=None, max_examples=20)
@given(DAYS, st.sampled_from([1, 10**3, 10**6]))
def test_unix_time(days: list[date], unit: int) -> None:
    rows = "".join(f"{unix(day) * unit},page_view\n" for day in days)
    assert in_data("events.csv", f"event_timestamp,event_name\n{rows}") == expected(days)


@settings(deadline=None, max_examples=15)
@given(DAYS)
def test_a_workbook(days: list[date]) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["navn", "kursdato", "fødselsdato"])
    for day in days:
        sheet.append(["Kari", day, date(1980, 1, 2)])
    out = io.BytesIO()
    book.save(out)
    assert in_data("liste.xlsx", out.getvalue()) == expected(days)


@settings(deadline=None)
@given(DAYS, st.integers(1, 7))
def test_batches_give_the_same_as_the_whole(days: list[date], size: int) -> None:
    texts: list[str | None] = [*(day.isoformat() for day in days), None, ""]
    parts = [cells(texts[at : at + size]) for at in range(0, len(texts), size)]
    assert of_batches(parts) == of_batches([cells(texts)]) == expected(days)


def test_slices_give_the_same_as_the_whole() -> None:
    rng = random.Random(1)
    days = [date.fromordinal(rng.randint(date(2015, 1, 1).toordinal(), AS_OF.toordinal())) for _ in range(20_000)]
    data = table(days, "%d.%m.%Y").encode()
    parts = slices(Document(DocumentRef("t", "a.csv", None, len(data)), io.BytesIO(data)), Limits(), 100_000)
    assert len(parts) > 3
    total: Counter[str] = Counter()
    for part in parts:
        for month in refs_and_months("a.csv", data, part=part)["a.csv"]:
            total[f"{month.month:%Y-%m}"] += month.records
    assert dict(total) == expected(days)


def test_a_part_of_an_array_is_read_where_it_begins() -> None:
    array = pa.array(["2001-01-01", "2020-02-02", None, "2020-03-03"], pa.large_string()).slice(1)
    assert of_batches([ChunkBatch(array, ColumnOrigin(1, "dato"))]) == {"2020-02": 1, "2020-03": 1}


@pytest.mark.parametrize("header", ["fødselsdato", "Date of birth", "forfallsdato", "Due Date", "valid_to", "kode", ""])
def test_columns_that_hold_other_dates_are_not_read(header: str) -> None:
    assert of_batches([cells(["2020-01-02"] * 9, header)]) == {}


@pytest.mark.parametrize(
    "values",
    [["68050000", "92010203", "47111213"], ["10203040", "99887766", "20209999"], ["0150", "2019", "7010"],
     ["1.2.3", "2.19.1", "10.0.1"], ["192.0.2.1", "10.1.2.19", "198.51.100.7"], ["kl. 12", "i går", "-"]],
    ids=["telephone", "numbers of eight digits", "postcodes", "versions", "IP addresses", "words"],
)  # fmt: skip
def test_other_values_under_a_date_header_are_no_dates(values: list[str]) -> None:
    assert of_batches([cells(list(values))]) == {}


def test_a_column_of_which_few_cells_are_dates_is_none() -> None:
    assert of_batches([cells(["2020-01-02", "se vedlegg", "ukjent", "se over"])]) == {}
    assert of_batches([cells(["2020-01-02", "2020-01-03", "ukjent", None])]) == {"2020-01": 2}


def test_dates_to_come_and_sentinels_are_left_out() -> None:
    texts: list[str | None] = ["2026-11-30", "2026-12-01", "9999-12-31", "1900-01-01", "1969-12-31", "1970-01-01"]
    assert of_batches([cells(texts)]) == {"1970-01": 1, "2026-11": 1}


def test_of_several_dated_columns_one_counts() -> None:
    both = [cells(["2019-01-01"] * 4, "Sign Up"), cells(["2024-01-01"] * 4, "Last Active", column=2)]
    assert of_batches(both) == of_batches(both[::-1]) == {"2024-01": 4}
    seldom = [cells(["2019-01-01"] * 4, "opprettet"), cells(["2024-01-01", None, None, None], "avsluttet", column=2)]
    assert of_batches(seldom) == {"2019-01": 4}
    period = [cells(["2019-01-01"], "dato"), cells(["2024-01-01"] * 9, "startdato", column=2)]
    assert of_batches(period) == {"2019-01": 1}


def test_each_table_of_a_document_counts() -> None:
    assert of_batches([cells(["2019-01-01"], sheet="a"), cells(["2020-01-01"] * 2, "created", "b")]) == {
        "2019-01": 1, "2020-01": 2,
    }  # fmt: skip


# keys and elements


@settings(deadline=None, max_examples=30)
@given(DAYS, st.sampled_from(["date", "epoch", "milliseconds", "moment", "words"]), st.booleans())
def test_json_and_json_lines(days: list[date], form: str, lines: bool) -> None:
    values = {
        "date": ("event_date", lambda d: f"{d:%Y%m%d}"), "epoch": ("timestamp", unix),
        "milliseconds": ("timestamp_ms", lambda d: unix(d) * 1000),
        "moment": ("createdDateTime", lambda d: f"{d}T05:06:07Z"),
        "words": ("date", lambda d: f"Wed, {d.day:02} {MONTHS[d.month - 1]} {d.year} 05:06:07 +0000"),
    }  # fmt: skip
    key, write = values[form]
    records = [
        {"navn": "Kåre", key: write(day), "birthDate": "1980-01-02T00:00:00Z", "antall": 20200101} for day in days
    ]
    if lines:
        assert in_data("a.jsonl", "\n".join(json.dumps(record) for record in records) + "\n") == expected(days)
    else:
        assert in_data("a.json", json.dumps({"messages": records}, indent=1)) == expected(days)


@settings(deadline=None, max_examples=20)
@given(st.lists(st.dates(date(2001, 9, 10), AS_OF), min_size=20, max_size=120), st.integers(3000, 9000))
def test_a_long_line_that_is_cut_gives_each_record_once(days: list[date], limit: int) -> None:
    records = [{"kommentar": "x y " * (n % 9), "created": f"{day}T05:06:07Z"} for n, day in enumerate(days)]
    assert in_data("a.json", json.dumps(records), Limits(max_value_bytes=limit)) == expected(days)
    elements = "".join(
        f"<post n='{n}'><dato>{day}</dato><t>{'ord ' * (n % 9)}</t></post>" for n, day in enumerate(days)
    )
    assert in_data("a.xml", f"<r>{elements}</r>", Limits(max_value_bytes=limit)) == expected(days)


@settings(deadline=None, max_examples=20)
@given(DAYS)
def test_saf_t_counts_its_transactions(days: list[date]) -> None:
    lines = "".join(
        f"<n1:Transaction><n1:TransactionID>{n}</n1:TransactionID><n1:TransactionDate>{day}</n1:TransactionDate>"
        f"<n1:Description>x</n1:Description></n1:Transaction>" for n, day in enumerate(days)
    )  # fmt: skip
    head = (
        "<n1:AuditFileDateCreated>2026-01-02</n1:AuditFileDateCreated><n1:SelectionCriteria>"
        "<n1:SelectionStartDate>2025-01-01</n1:SelectionStartDate><n1:SelectionEndDate>2025-12-31</n1:SelectionEndDate>"
        "</n1:SelectionCriteria>"
    )
    data = f'<?xml version="1.0"?><n1:AuditFile xmlns:n1="urn:x">{head}{lines}</n1:AuditFile>'
    assert in_data("saft.xml", data) == expected(days)
    assert in_data("saft.xml", f'<n1:AuditFile xmlns:n1="urn:x">{head}</n1:AuditFile>') == {"2026-01": 1}


@pytest.mark.parametrize(
    ("name", "data", "found"),
    [
        ("ehf.xml", "<Invoice xmlns:cbc='u'><cbc:IssueDate>2020-03-04</cbc:IssueDate><cbc:DueDate>2020-04-04"
         "</cbc:DueDate></Invoice>", {"2020-03": 1}),
        ("wxr.xml", "<rss xmlns:wp='u'><item><pubDate>Wed, 04 Mar 2020 05:06:07 +0000</pubDate></item></rss>",
         {"2020-03": 1}),
        ("wxr.xml", "<rss xmlns:wp='u'><wp:post_date><![CDATA[2020-03-04 05:06:07]]></wp:post_date></rss>",
         {"2020-03": 1}),
        ("a.xml", "<log><entry date='2020-03-04' valid_to='2021-01-01'>x</entry></log>", {"2020-03": 1}),
        ("amelding.xml", "<melding><leveringstidspunkt>2020-03-04T05:06:07</leveringstidspunkt><kalendermaaned>2020-02"
         "</kalendermaaned><startdato>2005-01-01</startdato><foedselsdato>1980-01-01</foedselsdato></melding>",
         {"2020-02": 1, "2020-03": 1}),
        ("trail.json", '{"Records": [{"eventTime": "2020-03-04T05:06:07Z", "userName": "x"}]}', {"2020-03": 1}),
        ("postmark.json", '{"Messages":[{"ReceivedAt":"2020-03-04T05:06:07.123-05:00","Status":"Sent"}]}',
         {"2020-03": 1}),
        ("a.ics", "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;TZID=Europe/Oslo:20200304T050607\r\n"
         "DTSTAMP:20200101T000000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n", {"2020-03": 1}),
        ("a.vcf", "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Kari\r\nBDAY:19800102\r\nEND:VCARD\r\n", {}),
        ("person.json", '{"birthDate": "1980-01-02", "dateOfBirth":"1980-01-02T00:00:00Z", "expires": "2020-01-01"}',
         {}),
        ("person.xml", "<p><foedselsdato>1980-01-02</foedselsdato><kode>20200101</kode></p>", {}),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 20 else "",
)  # fmt: skip
def test_exports_of_systems(name: str, data: str, found: dict[str, int]) -> None:
    assert in_data(name, data) == found


# lines


@settings(deadline=None, max_examples=30)
@given(DAYS, st.integers(0, 7), st.integers(64, 5000))
def test_lines_of_a_log(days: list[date], form: int, block: int) -> None:
    forms = [
        lambda d: (
            f'192.0.2.7 - - [{d.day:02}/{MONTHS[d.month - 1]}/{d.year}:00:00:38 +0000] "GET /a-b-c HTTP/1.1" 200 1'
        ),
        lambda d: f"{d} 06:00:12,345 INFO  kurs - ok",
        lambda d: f"{d:%Y/%m/%d} 05:06:07 [error] 12#12: ok",
        lambda d: f"{MONTHS[d.month - 1]} {d.day:2} {d.year} 00:00:38 vert tjeneste: ok",
        lambda d: f"[Wed {MONTHS[d.month - 1]} {d.day:02} 14:32:52.123456 {d.year}] [error] ok",
        lambda d: f"{d:%d.%m.%Y}, 05:06 - Kari: hei",
        lambda d: f"https {d}T05:06:07.123Z app/x 192.0.2.1:443",
        lambda d: f"{unix(d)}.123  12 192.0.2.1 TCP_MISS/200",
    ]
    lines = "".join(f"{forms[form](day)}\n" for day in days)
    assert in_data("a.log", lines, Limits(max_value_bytes=4 * block)) == expected(days)


def test_a_line_is_one_record_of_its_first_stamp() -> None:
    line = "2020-03-04 05:06:07 bestilt 2021-01-01 10:00:00, endret 2022-01-01 10:00:00\n"
    assert in_data("a.log", line * 3) == {"2020-03": 3}


def test_traces_run_over_many_lines() -> None:
    trace = "2020-03-04 05:06:07 ERROR feil\n" + "    at no.example.Kurs.les(Kurs.java:12)\n" * 8
    assert in_data("a.log", trace * 5) == {"2020-03": 5}


@pytest.mark.parametrize(
    "text",
    [
        "deltaker født 1980-01-02 00:00:00 er registrert", "Kari, fødselsdato: 02.01.1980 00:00",
        "frist 2020-03-04 12:00:00", "gyldig til 2020-03-04 12:00:00", "versjon 2.12.2019.1 12:00",
        "fra 192.0.2.1:80 til 10.12.20.19:443", "ring 68 05 00 00 eller 92 01 02 03", "kode 20200304", "0150 Oslo 2019",
        "møte 2020-03-04", '  "1980-01-02T00:00:00Z",', f"{'x' * 250} 2020-03-04 05:06:07",
    ],
)  # fmt: skip
def test_lines_without_a_time_stamp_of_their_own(text: str) -> None:
    assert in_data("a.txt", f"{text}\n" * 4) == {}


def test_prose_that_mentions_a_time_is_no_log() -> None:
    assert in_data("a.txt", "Møtet var\n2020-03-04 12:00:00\n" + "og så gikk vi hjem igjen\n" * 30) == {}


TOKENS = [
    '"', '":', '": "', "<", ">", "</", "<![CDATA[", "]]>", "='", "\n", "\r\n", " ", ":", "created", "dato", "DTSTART",
    "2020-03-04", "T05:06:07Z", "04.03.2020", "1583298000.123", "[06/Feb/2020:00:00:38", "Feb  6 2020 00:00:38", "født",
    "20200304", "Wed, 04 Mar 2020", "ø", "\0", "2020-", "/", ".", "::", "99:99:99", "x" * 60,
]  # fmt: skip


@settings(deadline=None)
@given(st.lists(st.sampled_from(TOKENS), max_size=60), st.data())
def test_any_text_is_read_and_its_pieces_too(tokens: list[str], data: st.DataObject) -> None:
    text = "".join(tokens)
    owned = data.draw(st.none() | st.integers(0, len(text.encode())))
    batch = ChunkBatch(pa.array([text], pa.large_string()), LineOrigin(owned_bytes=owned))
    found = of_batches([batch])
    if owned is not None:
        whole = of_batches([ChunkBatch(batch.texts, LineOrigin())])
        assert sum(found.values()) <= max(sum(whole.values()), 1)


# mail, office files, PDF


def test_a_message_is_of_its_date_whatever_it_quotes() -> None:
    head = "From: a@example.no\r\nTo: b@example.no\r\nDate: Wed, 04 Mar 2020 23:30:00 -0500\r\nSubject: x\r\n"
    quoted = "2011-01-01 05:06:07 en linje\r\n" * 5
    assert in_data("a.eml", f"{head}\r\n{quoted}") == {"2020-03": 1}
    assert in_data("a.eml", f"{head}\r\n".replace("Wed, 04 Mar 2020 23:30:00 -0500", "i går") + "hei\r\n") == {}


def test_properties_of_a_file_are_one_record_of_the_youngest() -> None:
    parts = ("properties: created", "properties: creator", "properties: modified", "properties: keywords")
    texts = ["2013-12-23T23:15:00Z", "2019-01-01", "2020-03-04T05:06:07Z", "2021-01-01"]
    assert of_batches([ChunkBatch(pa.array(texts, pa.large_string()), PartOrigin(parts))]) == {"2020-03": 1}
    pdf = [ChunkBatch(pa.array(["D:20200304050607+01'00'"], pa.large_string()), PartOrigin(("properties: ModDate",)))]
    assert of_batches(pdf) == {"2020-03": 1}
    assert of_batches([*pdf, cells(["2019-05-06"])]) == {"2019-05": 1}


def test_a_letter_is_one_record_of_the_date_that_it_bears() -> None:
    text = "Fakturadato: 04.03.2020\nKari, født 01.02.1980\nDato: 01.01.2019\n"
    assert in_data("brev.txt", text) == {"2020-03": 1}
    page = ChunkBatch(pa.array(["Kurs AS", "", text], pa.large_string()), PageOrigin())
    properties = ChunkBatch(pa.array(["D:20210101"], pa.large_string()), PartOrigin(("properties: ModDate",)))
    assert of_batches([page, properties]) == {"2020-03": 1}


def test_the_date_of_a_list_is_not_that_of_its_rows() -> None:
    title = ChunkBatch(pa.array(["Kundeliste, dato 04.03.2020\n"], pa.large_string()), LineOrigin())
    assert of_batches([title, cells(["Kari", "Ola"], "navn")]) == {}


def test_a_label_in_a_log_does_not_hide_its_lines() -> None:
    lines = "2020-03-04 05:06:07 kurs ok\n" * 9 + "DTSTART:20190101T000000Z\ndato: 01.01.2018\n"
    assert in_data("a.log", lines) == {"2020-03": 9}


def test_what_a_message_brings_has_its_date_where_it_has_none_of_its_own() -> None:
    message = MIMEMultipart()
    message["From"], message["Date"] = "a@example.no", "Wed, 04 Mar 2020 05:06:07 +0100"
    message.attach(MIMEText("hei"))
    attachments = {"2015.csv": b"navn;sted\nKari;Moss\nOla;Moss\nPer;Moss\n", "b.csv": table(
        [date(2019, 1, 1)] * 3, "%d.%m.%Y").encode()}  # fmt: skip
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("inni.txt", "hei hei\n")
    for name, data in {**attachments, "c.zip": packed.getvalue()}.items():
        part = MIMEApplication(data)
        part.add_header("Content-Disposition", "attachment", filename=name)
        message.attach(part)
    found = refs_and_months("post 2011.eml", message.as_bytes(), modified_at=1.7e9)
    assert {name: shown(each) for name, each in found.items()} == {
        "post 2011.eml": {"2020-03": 1}, "post 2011.eml!2015.csv": {"2020-03": 1},
        "post 2011.eml!b.csv": {"2019-01": 3},
        "post 2011.eml!c.zip": {"2020-03": 1}, "post 2011.eml!c.zip!inni.txt": {"2020-03": 1},
    }  # fmt: skip


# names and files


def test_a_name_comes_before_the_time_of_the_file() -> None:
    (found,) = months("brev mars 2019.txt", "hei\n", modified_at=1_600_000_000.0)
    assert (found.basis, found.records, found.month) == ("name", 1, date(2019, 3, 1))


def test_the_time_of_a_file_is_the_last_resort() -> None:
    (found,) = months("brev.txt", "hei\n", modified_at=datetime(2019, 3, 4, tzinfo=UTC).timestamp())
    assert (found.basis, found.records, found.oldest, found.youngest) == ("file", 1, date(2019, 3, 4), date(2019, 3, 4))
    assert months("brev.txt", "hei\n") == []
    assert months("brev.txt", "hei\n", modified_at=1e300) == []
    assert months("brev.txt", "hei\n", modified_at=datetime(2027, 1, 1, tzinfo=UTC).timestamp()) == []


def test_a_member_without_a_time_has_that_of_what_it_lies_in() -> None:
    outer = DocumentRef("t", "a.zip", None, 1, datetime(2019, 3, 4, tzinfo=UTC).timestamp())
    for modified_at in (None, 0.0, datetime(1980, 1, 1, tzinfo=UTC).timestamp()):
        (found,) = RecordDates(AS_OF).finish(outer.member("x.txt", 1, modified_at))
        assert found.oldest == date(2019, 3, 4)
    own = datetime(2018, 1, 2, tzinfo=UTC).timestamp()
    assert RecordDates(AS_OF).finish(outer.member("x.txt", 1, own))[0].oldest == date(2018, 1, 2)


def test_documents_that_interleave_are_told_apart_and_forgotten() -> None:
    dates = RecordDates(AS_OF)
    outer = DocumentRef("t", "a.zip")
    inner = outer.member("b.csv")
    dates.observe(outer, cells(["2019-01-01"]))
    dates.observe(inner, cells(["2020-01-01"]))
    dates.observe(outer, cells(["2019-01-02"]))
    assert [month.records for month in dates.finish(inner)] == [1]
    assert [month.records for month in dates.finish(outer)] == [2]
    assert dates.finish(outer) == []


def test_members_that_were_never_finished_are_forgotten_with_the_outermost() -> None:
    dates = RecordDates(AS_OF)
    outer, other = DocumentRef("t", "a.zip"), DocumentRef("t", "b.csv")
    dates.observe(outer.member("c.csv"), cells(["2019-01-01"]))
    dates.observe(other, cells(["2020-01-01"]))
    dates.finish(outer)
    assert dates.finish(outer.member("c.csv")) == []
    assert [month.records for month in dates.finish(other)] == [1]
