"""The public detector: the table it promises, and what it must never find."""

from __future__ import annotations

import random
from datetime import date

import numpy as np
import pyarrow as pa
import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

import pii_scan
from pii_scan.detect import engine
from pii_scan.detect.detector import DEFAULT_MIN_SCORE, DETECTIONS, Detector
from pii_scan.detect.rules import FLAGS, load_rules

AS_OF = date(2026, 11, 22)
QUIET = settings(deadline=None, derandomize=True, database=None)
VALUES = [example.match for rule in load_rules() for example in rule.examples]
PIECES = [
    *VALUES,
    "fnr ",
    "konto ",
    "tlf: ",
    "KID ",
    "ordre ",
    "\n",
    " ",
    "; ",
    "æøå ",
    "😀",
    "１",
    "\u00a0",
    "x",
    ", ",
]
lines = st.lists(st.sampled_from(PIECES), max_size=8).map("".join)


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector(as_of=AS_OF)


@pytest.fixture(scope="module")
def everything() -> Detector:
    return Detector(as_of=AS_OF, min_score=0.0, resolve=False)


def generated(count: int, seed: int = 5) -> list[str]:
    chance = random.Random(seed)
    return ["".join(chance.choice(PIECES) for _ in range(chance.randint(0, 9))) for _ in range(count)]


def test_it_is_the_one_of_the_package():
    assert pii_scan.Detector is Detector


def test_the_table_has_the_promised_columns(detector):
    for texts in (["fnr 158880 10030"], [], [""]):
        table = detector.detect_texts(texts)
        assert table.schema == DETECTIONS
        assert table.column_names == ["text", "start", "end", "entity_type", "score", "synthetic", "recognizer"]
        assert all(table.schema.field(name).type == pa.int64() for name in ("text", "start", "end"))


def test_a_row_says_where_what_how_sure_and_by_which_rule(detector):
    (row,) = detector.detect_texts(["intet her", "fødselsnr 158880 10030!"]).to_pylist()
    assert (row["text"], row["start"], row["end"]) == (1, 10, 22)
    assert (row["entity_type"], row["recognizer"], row["synthetic"]) == ("NO_FODSELSNUMMER", "no.fodselsnummer", True)
    assert row["score"] == pytest.approx(1.0)


@settings(QUIET, max_examples=80)
@given(st.lists(lines, max_size=6))
def test_offsets_are_code_points_half_open_and_hold_what_a_pattern_of_the_rule_matches(everything, texts):
    rules = {rule.id: rule for rule in everything.rules}
    rows = everything.detect_texts(texts).to_pylist()
    assert [(row["text"], row["start"]) for row in rows] == sorted((row["text"], row["start"]) for row in rows)
    for row in rows:
        text = texts[row["text"]]
        assert 0 <= row["start"] < row["end"] <= len(text)
        assert 0 < row["score"] <= 1
        patterns = rules[row["recognizer"]].patterns
        assert not patterns or any(
            (row["start"], row["end"]) == found.span()
            for pattern in patterns
            for found in regex.finditer(pattern.regex, text, FLAGS)
        )
        assert row["entity_type"] == rules[row["recognizer"]].entity_type


@settings(QUIET, max_examples=80)
@given(st.lists(lines, max_size=6))
def test_by_default_one_type_is_kept_for_each_span_and_none_below_the_threshold(detector, everything, texts):
    rows = detector.detect_texts(texts).to_pylist()
    for before, after in zip(rows, rows[1:], strict=False):
        assert before["text"] < after["text"] or before["end"] <= after["start"]
    assert all(np.float32(row["score"]) >= np.float32(DEFAULT_MIN_SCORE) for row in rows)
    assert {tuple(row.values()) for row in rows} <= {
        tuple(row.values()) for row in everything.detect_texts(texts).to_pylist()
    }


TEXTS = generated(60)


def arrays() -> dict[str, object]:
    padded = pa.array(["fnr 11837533335", *TEXTS, "æ fnr 11837533335"])
    return {
        "tuple": tuple(TEXTS),
        "string": pa.array(TEXTS, pa.string()),
        "large string": pa.array(TEXTS, pa.large_string()),
        "slice": padded.slice(1, len(TEXTS)),
        "large slice": padded.cast(pa.large_string()).slice(1, len(TEXTS)),
        "slice of a slice": padded.slice(1).slice(0, len(TEXTS)),
        "dictionary": pa.array(TEXTS).dictionary_encode(),
        "string view": pa.array(TEXTS).cast(pa.string_view()),
        "chunks": pa.chunked_array([TEXTS[:7], [], TEXTS[7:8], TEXTS[8:]]),
        "one chunk": pa.chunked_array([TEXTS]),
        "chunks of slices": pa.chunked_array([padded.slice(1, 9), padded.slice(10, len(TEXTS) - 9)]),
        "chunks of dictionaries": pa.chunked_array([pa.array(TEXTS).dictionary_encode()]),
    }


@pytest.mark.parametrize("form", arrays())
def test_every_form_of_texts_gives_the_same(detector, form):
    assert detector.detect_texts(arrays()[form]).equals(detector.detect_texts(TEXTS))


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_nulls_are_empty_texts(detector, kind):
    with_nulls = [text if i % 3 else None for i, text in enumerate(TEXTS)]
    expected = detector.detect_texts([text or "" for text in with_nulls])
    assert detector.detect_texts(with_nulls).equals(expected)
    assert detector.detect_texts(pa.array(with_nulls, kind)).equals(expected)
    assert detector.detect_texts(pa.array([None, *with_nulls, None], kind).slice(1, len(TEXTS))).equals(expected)


def test_a_null_with_bytes_behind_it_is_empty(detector):
    whole = pa.array(["fnr 11837533335", "fnr 11837533335", "x"])
    hidden = pa.StringArray.from_buffers(3, whole.buffers()[1], whole.buffers()[2], pa.py_buffer(b"\x05"))
    assert hidden.to_pylist() == ["fnr 11837533335", None, "x"]
    assert detector.detect_texts(hidden)["text"].to_pylist() == [0]


@pytest.mark.parametrize(
    "texts",
    [
        [], [""], ["", ""], [None], [None, None], pa.array([], pa.string()), pa.array([], pa.large_string()),
        pa.chunked_array([], pa.string()), pa.chunked_array([[]], pa.string()), pa.nulls(3, pa.string()), pa.nulls(0),
        pa.nulls(3), pa.array(["fnr 11837533335"]).slice(1), pa.array(["", "fnr 11837533335"]).slice(0, 1),
    ],
)  # fmt: skip
def test_nothing_in_gives_an_empty_table(detector, texts):
    assert detector.detect_texts(texts).equals(DETECTIONS.empty_table())


@pytest.mark.parametrize("size", [1, 7, 64, 300])
def test_texts_cut_into_any_groups_give_the_same(everything, monkeypatch, size):
    expected = everything.detect_texts(TEXTS)
    monkeypatch.setattr(engine, "GROUP_BYTES", size)
    assert everything.detect_texts(TEXTS).equals(expected)
    assert everything.detect_texts(pa.array(["x", *TEXTS]).slice(1)).equals(expected)


@settings(QUIET, max_examples=60)
@given(st.lists(lines, max_size=8))
def test_each_text_gives_what_it_gives_alone(everything, texts):
    together = [(row.pop("text"), row) for row in everything.detect_texts(texts).to_pylist()]
    alone = []
    for number, text in enumerate(texts):
        for row in everything.detect_texts([text]).to_pylist():
            row.pop("text")
            alone.append((number, row))
    assert together == alone


def test_many_texts_and_one_long_text():
    detector = Detector(as_of=AS_OF, only=["NO_FODSELSNUMMER"])
    many = detector.detect_texts(["fnr 11837533335", "", "intet"] * 100_000)
    assert many["text"].to_numpy().tolist() == list(range(0, 300_000, 3))
    long = detector.detect_texts(["æ " * 1_500_000 + "fnr 11837533335"])
    assert long.select(["start", "end"]).to_pylist() == [{"start": 3_000_004, "end": 3_000_015}]


def test_the_same_call_gives_the_same(detector):
    assert detector.detect_texts(TEXTS).equals(Detector(as_of=AS_OF).detect_texts(TEXTS))


def test_the_day_decides_which_numbers_exist():
    text = "fnr 30908299902"  # synthetic, by the rule of 2032
    assert Detector(as_of=AS_OF).detect_texts([text]).num_rows == 0
    assert Detector(as_of=date(2083, 1, 1)).detect_texts([text]).num_rows == 1


def test_only_and_rules_choose_what_is_looked_for():
    text = ["kari@example.no 11837533335"]
    assert Detector(only=["EMAIL_ADDRESS"], as_of=AS_OF).detect_texts(text)["entity_type"].to_pylist() == [
        "EMAIL_ADDRESS"
    ]
    assert Detector(rules=[], as_of=AS_OF).detect_texts(text).num_rows == 0


def test_a_header_speaks_for_every_cell_without_words_of_its_own(detector):
    assert detector.detect_texts(["83534621992"]).num_rows == 0
    found = detector.detect_texts(["83534621992", "KID 83534621992"], header="Kontonummer")
    assert found["text"].to_pylist() == [0]


# --- near misses in business text -------------------------------------------------------------------------------------

NOTHING = {
    "order number": "Ordrenr. 4500123987 er bekreftet og sendes i uke 48",
    "KID by its label": "KID: 00234567890123 forfaller 15.12.2026",
    "KID of eleven digits": "KID 11837533336",
    "invoice number": "Faktura nr. 202600418733 av 03.11.2026",
    "EAN-13": "EAN 7038010055720, Tine melk 1 l",
    "EAN-13 alone": "7038010055720",
    "GTIN-14": "GTIN 17038010055727",
    "ISBN-13": "ISBN 978-82-02-41265-3",
    "ISBN-10": "ISBN 82-02-41265-9",
    "date in Norwegian": "Møtet er 22.11.2026 kl. 12.30",
    "dates in a row": "01.02.2026 03.04.2026 05.06.2026",
    "ISO date": "2026-11-22T10:15:30.123456+01:00",
    "compact date": "20261122",
    "date and time, compact": "20261122101530",
    "a range of dates": "22.11.2026-24.11.2026",
    "amount with spaces": "Sum kr 45 000 000,00 inkl. mva.",
    "amount with dots": "NOK 12.345.678,90",
    "amount behind": "22 334 455 kr",
    "negative amount": "Saldo: -22 334 455,50",
    "amounts in columns": "22 334 455,00   41 223 344,50",
    "percent": "12,345678 %",
    "version": "Versjon 10.2.13.4 (bygg 20261122)",
    "version of a browser": "Chrome/129.0.6668.100 Safari/537.36",
    "semantic version": "numpy==2.1.3.post1",
    "UUID": "550e8400-e29b-41d4-a716-446655440000",
    "UUID of digits": "12345678-1234-5678-1234-567812345678",
    "hex": "0x11837533335a",
    "SHA-256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "hash of digits": "commit 11837533335abcdef0123456789",
    "epoch seconds": "ts=1763809200",
    "epoch milliseconds": '{"ts": 1763809200123}',
    "time": "kl. 12:30:45",
    "times": "08:00-16:00, 12:30:15:22",
    "section": "Jf. punkt 4.2.1.3 og § 12-3",
    "short number": "Ring 116 117 eller 02800",
    "year range": "2023-2026",
    "decimal": "59.91386880000",
    "file name": "IMG_20261122_101530.jpg",
    "package path": "org/springframework/boot/2.7.18",
    "dimension": "1200x800x600 mm",
    "tracking number": "Sporing 370722760000123456",
    "handle": "@fjordlys på Instagram",
    "double at": "kari@@example.no",
    "retina image": "logo@2x.png",
    "CSS": "@media (min-width: 1024px)",
    "loopback": "http://127.0.0.1:8000/ og ::1",
    "scope operator": "std::vector<int>::iterator",
    "float export": "1.1837533335E+10",
    "tax rate table": "25 15 12 11 10 06 05",
    "part number": "Art.nr 4550-1234-99",
    "case number": "Sak 2026/12345-7",
    "area": "Areal 68 051 234 m2",
    "eleven digits with a wrong control digit": "fnr 11837533336",
    "all zeros": "fnr 00000000000",
    "account with a wrong control digit": "Kontonr 4999.20.59192",
    "IBAN with wrong check digits": "IBAN NO22 4999 2059 191",
    "organisation number with a wrong control digit": "Org.nr. 370 749 249",
    "card with a wrong control digit": "Kort 4111 1111 1111 1112",
}


@pytest.mark.parametrize("name", NOTHING)
def test_near_misses_give_nothing(detector, name):
    assert detector.detect_texts([NOTHING[name]]).to_pylist() == []
