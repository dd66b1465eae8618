from __future__ import annotations

from contract_cases import DAY, TEXT, contract, file

from pii_scan.contract.comments import comments_in, forgive
from pii_scan.contract.judge import judge
from pii_scan.contract.model import Contracts
from pii_scan.contract.observed import FileSeen

EMAIL, PHONE = "EMAIL_ADDRESS", "PHONE_NUMBER"


def code(**more: str) -> FileSeen:
    """An address on line 2 and on line 3."""
    return file("a.py", found={(TEXT, EMAIL): 2}, **{"media_type": "text/plain", **more})


def left(seen: FileSeen, text: str, contracts: Contracts | None = None) -> tuple[int, list[tuple[int, int]]]:
    """(detections that are still a violation, (line, count) of each comment)."""
    contracts = contracts or Contracts(())
    allowed = forgive({seen.name: seen}, contracts, lambda name: text)
    found = judge({seen.name: seen}, contracts, DAY)
    return sum(one.count for one in found), [(one.line, one.count) for one in allowed]


def test_a_comment_allows_its_own_line_and_one_alone_the_next() -> None:
    assert left(code(), f"\nx  # pii-scan: allow {EMAIL} our own\ny") == (1, [(2, 1)])
    assert left(code(), f"\n# pii-scan: allow {EMAIL} our own\ny") == (1, [(2, 1)])
    assert left(code(), f"// pii-scan: allow {EMAIL} our own\nx\ny") == (1, [(1, 1)])


def test_a_category_or_several_names_may_be_allowed() -> None:
    assert left(code(), "\nx # pii-scan: allow email our own\n")[0] == 1
    assert left(code(), f"\nx # pii-scan: allow {PHONE},{EMAIL} our own\n") == (1, [(2, 0), (2, 1)])


def test_what_is_no_comment_allows_nothing() -> None:
    for text in (f"pii-scan: allow {EMAIL}", "pii-scan: allow", f"pii-scan allow {EMAIL} why", "allow EMAIL_ADDRESS x"):
        assert comments_in(text) == []
    assert left(code(), f"\nx # pii-scan: allow {PHONE} our own") == (2, [(2, 0)])
    assert left(code(), f"\n\n\n\nx # pii-scan: allow {EMAIL} our own") == (2, [(5, 0)])


def test_data_cannot_allow_itself() -> None:
    text = f"\nx # pii-scan: allow {EMAIL} our own"
    assert left(code(media_type="text/csv"), text) == (2, [])
    assert left(code(media_type="application/json"), text) == (2, [])
    mine = {"files": ("a.py",)}
    assert left(code(), text, contract(**mine)) == (2, [])
    assert left(code(), text, contract(comments=True, **mine)) == (1, [(2, 1)])


def test_every_comment_is_said_also_where_it_does_nothing() -> None:
    seen = code()
    allowed = forgive({"a.py": seen}, Contracts(()), lambda name: "# pii-scan: allow health old\nx")
    assert [(one.file, one.line, one.name, one.count) for one in allowed] == [("a.py", 1, "health", 0)]


def test_a_file_that_cannot_be_had_has_no_comments() -> None:
    assert forgive({"a.py": code()}, Contracts(()), lambda name: None) == ()
