from __future__ import annotations

from pii_scan.document_rows import DocumentRows
from pii_scan.findings.names import NameMasker
from pii_scan.model import DocumentRef, Problem, ProblemCode, Stage

REF = DocumentRef("t", "a.zip").member("b.txt")


def rows(*stages: Stage) -> list[str]:
    made = DocumentRows(NameMasker(lambda names: [[] for _ in names]), b"k" * 32)
    for stage in stages:
        made.problem(Problem(REF, stage, ProblemCode.ENCRYPTED, "a password is needed"))
    return [row["stage"] for row in made.rows()["problems"]]


def test_members_of_one_name_that_cannot_be_read_are_a_problem_each() -> None:
    assert rows(Stage.EXTRACT, Stage.EXTRACT) == ["extract", "extract"]


def test_what_a_source_says_again_after_its_reader_is_one_problem() -> None:
    assert rows(Stage.EXTRACT, Stage.SOURCE) == ["extract"]
    assert rows(Stage.SOURCE) == ["source"]
