"""One unit of work through the flow, in this process: whose hits are whose, what becomes of trouble, what is kept."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import pytest
from scanning import KEY

from pii_scan import pipeline as module
from pii_scan.detect.ask import ExpressionTimeout
from pii_scan.errors import DocumentError
from pii_scan.extract.dispatch import DocumentDone, Extracted
from pii_scan.extract.text import lines_batch
from pii_scan.model import (
    ChunkBatch,
    ColumnOrigin,
    Document,
    DocumentRef,
    Limits,
    Problem,
    ProblemCode,
    Stage,
    WorkUnit,
)
from pii_scan.pipeline import Pipeline
from pii_scan.settings import Settings

FNR, EMAIL = "11837533335", "kari@example.no"
SUFFIX = re.compile(r"~[0-9a-f]{6}(?=!|$)")
Pieces = list[Extracted | Problem | DocumentDone]


def shape(name: str) -> str:
    """A document's name without the suffixes that tell masked names apart."""
    return SUFFIX.sub("", name)


class Memory:
    """Documents in memory as a source."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.problem: Problem | None = None

    def list_documents(self) -> Iterator[DocumentRef]:
        return iter([self.ref(name) for name in self.files])

    def ref(self, name: str) -> DocumentRef:
        return DocumentRef("t", name, None, len(self.files.get(name, b"")), 1e9)

    @contextmanager
    def open(self, ref: DocumentRef) -> Iterator[Document]:
        if ref.path not in self.files:
            raise DocumentError("vanished", "the file is no longer there")
        yield Document(ref, io.BytesIO(self.files[ref.path]))

    def changed(self, ref: DocumentRef, document: Document) -> Problem | None:
        return self.problem


def make(source: Memory, **settings: Any) -> Pipeline:
    given: dict[str, Any] = {"rules": (), "only": (), "min_score": 0.4, "limits": Limits(), **settings}
    return Pipeline(Settings(KEY, "2026-11-22", **given), {"t": source})


def collect(pieces: Iterator[dict[str, pa.Table]]) -> dict[str, list[dict[str, Any]]]:
    out: dict[str, list[dict[str, Any]]] = {"findings": [], "index": [], "documents": [], "problems": [], "dates": []}
    for piece in pieces:
        for name, table in piece.items():
            out[name] += table.to_pylist()
    return out


def scan(source: Memory, name: str = "a.txt", **settings: Any) -> dict[str, list[dict[str, Any]]]:
    return collect(make(source, **settings).run(WorkUnit(source.ref(name)), lambda: None))


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[DocumentRef], Pieces]], Memory]:
    """Lets a test say what comes out of the document `a.txt`."""

    def say(pieces: Callable[[DocumentRef], Pieces]) -> Memory:
        monkeypatch.setattr(module, "extract", lambda document, limits: iter(pieces(document.ref)))
        return Memory({"a.txt": b"x"})

    return say


def done(ref: DocumentRef, touched: bool = True) -> DocumentDone:
    return DocumentDone(ref, "text/plain", 5 if touched else 0, touched)


def text(ref: DocumentRef, content: str, first_line: int = 1) -> Extracted:
    return Extracted(ref, lines_batch(content, first_line=first_line))


def test_a_document_gives_its_findings_and_one_row() -> None:
    out = scan(Memory({"a.txt": f"x\nfnr {FNR}\n".encode()}))
    assert [(row["entity_type"], row["row"], row["column"]) for row in out["findings"]] == [("NO_FODSELSNUMMER", 2, 5)]
    (row,) = out["documents"]
    assert (row["document"], row["status"], row["read_bytes"], row["container"]) == ("a.txt", "read", 18, False)
    assert out["problems"] == [] and len(out["index"]) == 1


def test_a_document_that_cannot_be_opened_is_a_problem_and_a_row() -> None:
    out = scan(Memory({}))
    assert [(row["stage"], row["code"]) for row in out["problems"]] == [("source", "vanished")]
    assert [(row["document"], row["status"], row["read_bytes"]) for row in out["documents"]] == [("a.txt", "unread", 0)]


def test_text_after_a_member_belongs_to_the_container_again(given: Any) -> None:
    """The member has personal data in its name and no text, as an attached image has."""

    def pieces(ref: DocumentRef) -> Pieces:
        member = ref.member(f"fnr {FNR}.png")
        trouble = Problem(member, Stage.EXTRACT, ProblemCode.UNSUPPORTED, "image (png) is not read yet")
        return [text(ref, EMAIL), trouble, done(member, False), text(ref, f"\n{EMAIL}", 5), done(ref)]

    out = scan(given(pieces))
    found = {(shape(row["document"]), row["entity_type"], row["row"]) for row in out["findings"]}
    assert found == {
        ("a.txt", "EMAIL_ADDRESS", 1),
        ("a.txt", "EMAIL_ADDRESS", 6),
        ("a.txt!fnr ###########.png", "NO_FODSELSNUMMER", None),
    }
    assert {shape(row["document"]) for row in out["index"]} == {"a.txt", "a.txt!fnr ###########.png"}


def test_the_rest_of_a_crowded_container_is_not_lost_when_a_member_follows(given: Any) -> None:
    def pieces(ref: DocumentRef) -> Pieces:
        column = ChunkBatch(pa.array([EMAIL] * 1200, pa.large_string()), ColumnOrigin(1))
        return [Extracted(ref, column), done(ref.member(f"fnr {FNR}.png")), done(ref)]

    out = scan(given(pieces))
    assert sum(row["count"] for row in out["findings"] if row["document"] == "a.txt") == 1200


def test_members_that_look_alike_once_masked_keep_their_own_status(given: Any) -> None:
    def pieces(ref: DocumentRef) -> Pieces:
        good, bad, locked = (ref.member(f"{number}.txt") for number in (FNR, "43897703077", "10499309231"))
        return [
            text(good, "x"), done(good),
            Problem(bad, Stage.EXTRACT, ProblemCode.CORRUPT, "broken"), done(bad, False),
            Problem(locked, Stage.EXTRACT, ProblemCode.ENCRYPTED, "the member has a password"),
            done(ref),
        ]  # fmt: skip

    out = scan(given(pieces))
    members = [row["status"] for row in out["documents"] if shape(row["document"]) == "a.txt!###########.txt"]
    assert sorted(members) == ["read", "unread", "unread"]


def test_personal_data_in_a_name_is_a_finding_of_the_document() -> None:
    name = f"mappe/fnr_{FNR}.txt"
    out = scan(Memory({name: b"ingenting"}), name)
    (row,) = out["findings"]
    assert (shape(row["document"]), row["kind"], row["part"]) == ("mappe/fnr_###########.txt", "part", "name")


@pytest.mark.parametrize("code", [ProblemCode.CHANGED, ProblemCode.TRUNCATED])
def test_a_file_that_changed_while_it_was_read_is_not_wholly_read(code: ProblemCode) -> None:
    source = Memory({"a.txt": b"x"})
    source.problem = Problem(source.ref("a.txt"), Stage.SOURCE, code, "the file changed while it was scanned")
    out = scan(source)
    assert [row["status"] for row in out["documents"]] == ["partly_read"]
    assert [row["code"] for row in out["problems"]] == [code.value]


def test_a_rule_that_takes_too_long_on_a_text_is_a_problem_and_the_next_text_is_read(
    given: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = given(lambda ref: [text(ref, "slow"), text(ref, EMAIL), done(ref)])
    made = make(source)
    candidates = made._detector.engine.candidates

    def slow(texts: pa.Array, header: str = "", **options: bool) -> Any:
        if texts[0].as_py() == "slow":
            raise ExpressionTimeout
        return candidates(texts, header, **options)

    monkeypatch.setattr(made._detector.engine, "candidates", slow)
    out = collect(made.run(WorkUnit(source.ref("a.txt")), lambda: None))
    assert [(row["stage"], row["code"]) for row in out["problems"]] == [("detect", "limit")]
    assert [row["entity_type"] for row in out["findings"]] == ["EMAIL_ADDRESS"]
    assert [row["status"] for row in out["documents"]] == ["partly_read"]


def test_the_first_hits_are_handed_over_before_the_document_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes next may end the process."""

    def extract(document: Document, limits: Limits) -> Iterator[Extracted]:
        yield text(document.ref, EMAIL)
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "extract", extract)
    source = Memory({"a.txt": b"x"})
    pieces = make(source).run(WorkUnit(source.ref("a.txt")), lambda: None)
    assert next(pieces)["findings"].num_rows == 1
    with pytest.raises(KeyboardInterrupt):
        next(pieces)


def test_a_column_is_judged_with_its_header_as_words(given: Any) -> None:
    def pieces(ref: DocumentRef) -> Pieces:
        cells = pa.array(["83534621992", "ingenting"], pa.large_string())
        return [Extracted(ref, ChunkBatch(cells, ColumnOrigin(1, header, first_row=2))) for header in ("konto_nr", "")]

    out = scan(given(pieces))
    assert [(row["entity_type"], row["header"], row["row"]) for row in out["findings"]] == [
        ("NO_BANK_ACCOUNT", "konto_nr", 2)
    ]


def test_planning_a_large_file_shows_signs_of_life() -> None:
    """A worker that is silent for `stall_seconds` is ended; looking through a very large file takes longer."""
    source = Memory({"a.txt": b"linje uten noe\n" * (2 << 20)})
    beats: list[int] = []

    def beat() -> None:
        beats.append(1)

    slices = make(source).plan(WorkUnit(source.ref("a.txt")), 8 << 20, beat)
    assert len(slices) == 4
    assert len(beats) >= 6
    assert make(source).plan(WorkUnit(source.ref("gone.txt")), 8 << 20, beat) == []


def test_a_problem_met_outside_becomes_a_row_of_each_kind() -> None:
    source = Memory({})
    ref = DocumentRef("t", f"fnr {FNR}.txt", None, 7)
    tables = make(source).record(Problem(ref, Stage.EXTRACT, ProblemCode.CRASH, "the worker ended"))
    assert shape(tables["problems"].to_pylist()[0]["document"]) == "fnr ###########.txt"
    row = tables["documents"].to_pylist()[0]
    assert (shape(row["document"]), row["status"], row["size_bytes"]) == ("fnr ###########.txt", "unread", 7)


@pytest.mark.parametrize("moment", [-1e18, 1e18, -1.5, 253402300800.0])
def test_dates_that_no_calendar_has_cost_nothing(moment: float) -> None:
    source = Memory({"a.txt": b"x"})
    ref = DocumentRef("t", "a.txt", None, 1, moment)
    (row,) = collect(make(source).run(WorkUnit(ref), lambda: None))["documents"]
    assert row["status"] == "read"


def test_children_are_counted_once_a_document_and_grown_ups_and_test_numbers_are_not() -> None:
    lines = ["navn;fødselsdato;fnr", "Ida;2016-03-02;" + FNR, "Ola;2012-05-07;", "Ida;2016-03-02;", "Kari;1980-01-01;"]
    out = scan(Memory({"barn.csv": "\n".join(lines).encode()}), "barn.csv")
    (row,) = out["documents"]
    assert (row["under_13"], row["under_18"]) == (1, 2)


def test_users_that_a_directory_calls_minors_are_under_18() -> None:
    lines = ["userPrincipalName,ageGroup,legalAgeGroupClassification", "a@example.no,Minor,minorWithParentalConsent",
             "b@example.no,Adult,Adult", "c@example.no,Minor,minorWithoutParentalConsent"]  # fmt: skip
    (row,) = scan(Memory({"brukere.csv": "\n".join(lines).encode()}), "brukere.csv")["documents"]
    assert (row["under_13"], row["under_18"]) == (0, 2)


def test_what_nothing_tells_is_from_the_system_of_what_it_lies_in() -> None:
    invoice = (
        '<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"><cbc:CustomizationID xmlns:cbc="c">'
        "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0</cbc:CustomizationID>"
        '<cbc:EmbeddedDocumentBinaryObject xmlns:cbc="c" mimeCode="text/csv" filename="liste.csv">'
        f"{base64.b64encode(b'navn;e-post').decode()}</cbc:EmbeddedDocumentBinaryObject></Invoice>"
    )
    out = scan(Memory({"a.xml": invoice.encode(), "b.csv": b"a;b\n"}), "a.xml")
    systems = {row["document"]: (row["system"], row["signals"]) for row in out["documents"]}
    assert systems["a.xml"][0] == "accounting.ehf" and systems["a.xml"][1]
    assert systems["a.xml!liste.csv"] == ("accounting.ehf", "within a document from this system")
    out = scan(Memory({"b.csv": b"a;b\n"}), "b.csv")
    assert [(row["system"], row["signals"]) for row in out["documents"]] == [("unassigned", None)]
