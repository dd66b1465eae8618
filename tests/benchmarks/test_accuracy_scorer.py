"""The accuracy benchmark counts as a hand does, reads marks exactly, and says which tool could not be run."""

from __future__ import annotations

import importlib
import json
import stat
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


def load(name: str) -> Any:
    sys.path.insert(0, str(BENCHMARKS))
    try:
        return importlib.import_module(f"accuracy.{name}")
    finally:
        sys.path.remove(str(BENCHMARKS))


markup, corpus, scorer, generated, peers, run = map(
    load, ("markup", "corpus", "scorer", "generated", "peers", "run")
)  # fmt: skip


def unit(marked: str) -> Any:
    text, truths = markup.parse(marked)
    return corpus.Unit("toy.txt", text, tuple(truths))


def found(text: str, *values: tuple[str, str]) -> list[Any]:
    """Findings of values that stand once in the text."""
    return [corpus.Finding(kind, text.index(value), text.index(value) + len(value)) for kind, value in values]


def test_a_toy_example_is_counted_as_by_hand() -> None:
    one = unit(
        "a ⟦PHONE_NUMBER:68051234⟧ b ⟦PHONE_NUMBER:68055678⟧ c ⟦PHONE_NUMBER:68059012⟧ d ⟦EMAIL_ADDRESS:a@example.no⟧"
    )
    findings = found(
        one.text,
        ("PHONE_NUMBER", "68051234"),  # exact
        ("PHONE_NUMBER", "8055678 c"),  # shares 7 of 10: right, not exact
        ("PHONE_NUMBER", "90"),  # shares 2 of 8: wrong, and the third number missed
        ("IP_ADDRESS", "a@example.no"),  # wrong type, and the address missed
    )
    result = scorer.compare([one], [findings])
    phone = result.scores["PHONE_NUMBER"]
    assert (phone.truths, phone.right, phone.exact, phone.false) == (3, 2, 1, 1)
    assert phone.precision == pytest.approx(2 / 3) and phone.recall == pytest.approx(2 / 3)
    assert phone.f(1) == pytest.approx(2 / 3) and phone.f(2) == pytest.approx(2 / 3)
    assert result.scores["IP_ADDRESS"].false == 1 and result.scores["EMAIL_ADDRESS"].recall == 0
    total = result.total()
    assert (total.truths, total.right, total.false) == (4, 2, 2)
    assert total.precision == 0.5 and total.recall == 0.5
    assert len(result.misses) == 2 and len(result.wrong) == 2


def test_f2_weighs_recall_four_times() -> None:
    score = scorer.Score(truths=10, right=8, exact=8, false=8)
    assert (score.precision, score.recall) == (0.5, 0.8)
    assert score.f(1) == pytest.approx(2 * 0.5 * 0.8 / 1.3)
    assert score.f(2) == pytest.approx(5 * 0.5 * 0.8 / (4 * 0.5 + 0.8))


def test_nothing_to_find_and_nothing_found_is_no_error() -> None:
    empty = scorer.Score()
    assert (empty.precision, empty.recall, empty.f(2)) == (0, 0, 0)
    assert run.score_row("X", empty)[5:7] == ["–", "–"]


def test_half_of_the_union_is_enough_and_less_is_not() -> None:
    one = unit("⟦X:abcdefgh⟧ijkl")
    for end, right in ((4, 1), (3, 0), (12, 1)):
        assert scorer.compare([one], [[corpus.Finding("X", 0, end)]]).scores["X"].right == right


def test_a_core_is_right_up_to_the_whole_and_a_second_finding_in_it_is_tolerated() -> None:
    one = unit("har ⟦HEALTH:fått diagnosen ⟦diabetes⟧ type 2⟧ nå")
    for value in ("diabetes", "diabetes type 2", "fått diagnosen diabetes type 2", "diagnosen diabetes"):
        score = scorer.compare([one], [found(one.text, ("HEALTH", value))]).scores["HEALTH"]
        assert (score.right, score.exact, score.false) == (1, 1, 0)
    apart = scorer.compare([one], [found(one.text, ("HEALTH", "diabetes"), ("HEALTH", "type 2"))]).scores["HEALTH"]
    assert (apart.right, apart.false) == (1, 0)
    alone = scorer.compare([one], [found(one.text, ("HEALTH", "fått"))]).scores["HEALTH"]
    assert (alone.right, alone.false) == (0, 1)


def test_a_second_finding_on_a_plain_truth_is_false() -> None:
    one = unit("⟦X:abcdef⟧")
    score = scorer.compare([one], [[corpus.Finding("X", 0, 6), corpus.Finding("X", 0, 5)]]).scores["X"]
    assert (score.right, score.exact, score.false) == (1, 1, 1)


def test_an_optional_truth_counts_neither_way() -> None:
    one = unit("⟦?X:abcdef⟧ og mer")
    for findings in ([], [corpus.Finding("X", 0, 6)], [corpus.Finding("X", 2, 4)]):
        score = scorer.compare([one], [findings]).total()
        assert (score.truths, score.right, score.false) == (0, 0, 0)
    assert scorer.compare([one], [[corpus.Finding("Y", 0, 6)]]).scores["Y"].false == 1


def test_either_of_two_types_is_right_and_counted_under_the_first() -> None:
    one = unit("⟦A|B:abcdef⟧")
    for kind in "AB":
        result = scorer.compare([one], [[corpus.Finding(kind, 0, 6)]])
        assert result.scores["A"].right == 1 and result.total().false == 0


def test_only_the_asked_types_are_scored() -> None:
    one = unit("⟦A:abc⟧ ⟦B:def⟧")
    result = scorer.compare([one], [[corpus.Finding("B", 0, 3), corpus.Finding("A", 4, 7)]], frozenset({"A"}))
    score = result.total()
    assert (score.truths, score.right, score.false) == (1, 0, 1)


@given(st.lists(st.tuples(st.text("ab \n", max_size=5), st.text("cdé", min_size=1, max_size=5)), max_size=6))
def test_marks_come_out_as_they_went_in(parts: list[tuple[str, str]]) -> None:
    marked = "".join(f"{before}⟦T:{value}⟧" for before, value in parts)
    text, truths = markup.parse(marked)
    assert text == "".join(before + value for before, value in parts)
    assert [text[truth.start : truth.end] for truth in truths] == [value for _, value in parts]


@pytest.mark.parametrize(
    "wrong", ["⟦X:a", "a⟧", "⟦:a⟧", "⟦x:a⟧", "⟦X:⟧", "⟦X: ⟧", "⟦a⟧", "⟦X:a⟦b⟦c⟧⟧⟧", "⟦X:⟦a⟧⟦b⟧⟧", "⟦X:⟦⟧a⟧"]
)
def test_marks_that_cannot_be_read_are_refused_with_their_line(wrong: str) -> None:
    with pytest.raises(markup.MarkupError, match="line 2$"):
        markup.parse(f"\n{wrong}")


def test_a_table_takes_its_truth_from_the_sidecar_and_from_marks(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(
        "epost;notat\na@example.no;ring ⟦PHONE_NUMBER:68051234⟧\n;ingen\n", encoding="utf-8"
    )
    sidecar = {"delimiter": ";", "columns": {"epost": "EMAIL_ADDRESS"}}
    (tmp_path / "t.truth.json").write_text(json.dumps(sidecar), encoding="utf-8")
    units = corpus.load(tmp_path)
    seen = [(u.header, u.row, u.column, u.text, [t.types[0] for t in u.truths]) for u in units]
    assert seen == [
        (None, 0, 0, "epost;notat", []),
        ("epost", 1, 0, "a@example.no", ["EMAIL_ADDRESS"]),
        ("notat", 1, 1, "ring 68051234", ["PHONE_NUMBER"]),
        ("notat", 2, 1, "ingen", []),
    ]
    assert corpus.columns(units) == {("t.csv", 0): [1], ("t.csv", 1): [2, 3]}
    assert corpus.lines(units) == (3, 2)
    (tmp_path / "t.truth.json").write_text(json.dumps({**sidecar, "columns": {"fnr": "X"}}), encoding="utf-8")
    with pytest.raises(markup.MarkupError, match="fnr"):
        corpus.load(tmp_path)


def test_cells_are_detected_under_their_header_and_texts_as_a_whole() -> None:
    class Spy:
        calls: list[tuple[list[str], str | None, tuple[str, ...]]] = []

        def detect_texts(self, texts: list[str], header: str | None, table: tuple[str, ...]) -> Any:
            import pyarrow as pa

            self.calls.append((texts, header, table))
            rows = [(i, "X", 0, len(text)) for i, text in enumerate(texts)]
            names = ("text", "entity_type", "start", "end")
            return pa.table([pa.array(column) for column in zip(*rows, strict=True)], names=names)

    units = [
        corpus.Unit("a.txt", "a\nb"),
        corpus.Unit("t.csv", "c", (), "h", 1),
        corpus.Unit("t.csv", "dd", (), "h", 2),
    ]
    assert run.detect(Spy(), units) == [[("X", 0, 3)], [("X", 0, 1)], [("X", 0, 2)]]
    assert Spy.calls == [(["a\nb"], None, ()), (["c", "dd"], "h", ("h",))]


def test_generated_text_is_the_same_for_a_seed() -> None:
    for make in (generated.source_code, generated.catalogue):
        first, again, other = make(40_000, 1), make(40_000, 1), make(40_000, 2)
        assert first == again != other
        assert sum(len(text.encode()) for text in first) >= 40_000


def test_the_persons_among_numbers_are_of_the_test_series() -> None:
    text, named = generated.numbers(7)
    assert text.text.count("\n") == generated.NUMBER_LINES
    assert len(text.truths) == len(named) == generated.PERSONS and sum(named) == generated.PERSONS / 2
    for truth in text.truths:
        digits = text.text[truth.start : truth.end].replace(" ", "")
        assert len(digits) == 11 and 81 <= int(digits[2:4]) <= 92
    files = generated.in_files(text, 200)
    assert "".join(one.text for one in files) == text.text
    values = [one.text[truth.start : truth.end] for one in files for truth in one.truths]
    assert values == [text.text[truth.start : truth.end] for truth in text.truths]


def test_the_random_column_has_eleven_digits_in_every_row() -> None:
    column = generated.random_column(1000, 3).to_pylist()
    assert {len(cell) for cell in column} == {11} and len(set(column)) == 1000


def test_peers_claim_only_types_that_we_have() -> None:
    known = {truth.types[0] for one in corpus.load() for truth in one.truths}
    assert all(peer.claims <= known for peer in peers.PEERS)
    assert len({peer.name for peer in peers.PEERS}) == len(peers.PEERS)
    assert all("==" in peer.requirement for peer in peers.PEERS)


def program(path: Path, script: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!{sys.executable}\n{script}", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


UNITS = [
    corpus.Unit("a.txt", "ingen\nkari@x.no kari@x.no\n"),
    corpus.Unit("t.csv", "id;epost"),
    corpus.Unit("t.csv", "7", (), "id", 1, 0),
    corpus.Unit("t.csv", "ola@x.no", (), "epost", 1, 1),
]


def test_a_library_peer_gets_texts_then_columns_and_answers_in_that_order(tmp_path: Path) -> None:
    script = (
        "import json, sys\ntask = json.load(sys.stdin)\n"
        "cells = [cell for column in task['columns'] for cell in column['cells']]\n"
        "json.dump([[['PHONE_NUMBER', 0, len(t)], ['US_SSN', 0, 1]] for t in task['texts'] + cells], sys.stdout)\n"
    )
    program(tmp_path / "presidio" / "bin" / "python", script)
    answers = peers.findings(peers.PEERS[0], tmp_path, UNITS)
    assert answers == [[("PHONE_NUMBER", 0, len(one.text))] for one in UNITS]


def test_a_file_peers_findings_are_looked_up_in_the_line_that_it_names(tmp_path: Path) -> None:
    program(tmp_path / "ferret" / "bin" / "python", "")
    rows = [("00000.txt", 2, "kari@x.no"), ("00000.txt", 2, "kari@x.no"), ("00001.csv", 2, "ola@x.no")]
    results = [
        {"filename": f, "line_number": n, "text": t, "type": "BUSINESS", "validator": "email"} for f, n, t in rows
    ]
    results.append({**results[0], "validator": "vin"})
    program(tmp_path / "ferret" / "bin" / "ferret-scan", f"print({json.dumps({'results': results})!r})")
    peer = next(peer for peer in peers.PEERS if peer.name == "ferret-scan")
    assert peers.findings(peer, tmp_path, UNITS) == [
        [("EMAIL_ADDRESS", 6, 15), ("EMAIL_ADDRESS", 16, 25)], [], [], [("EMAIL_ADDRESS", 0, 8)],
    ]  # fmt: skip


def test_a_peer_that_is_missing_or_fails_is_named_not_left_out(tmp_path: Path) -> None:
    with pytest.raises(peers.PeerFailure, match="^presidio: not installed"):
        peers.findings(peers.PEERS[0], tmp_path, UNITS)
    program(tmp_path / "presidio" / "bin" / "python", "import sys\nsys.exit('no model')\n")
    with pytest.raises(peers.PeerFailure, match="^presidio: exit code 1, no model"):
        peers.findings(peers.PEERS[0], tmp_path, UNITS)
    rows, failures = run.peer_rows(UNITS, [[] for _ in UNITS], tmp_path)
    assert not rows and len(failures) == len(peers.PEERS)


@pytest.mark.parametrize("module", [run, peers])
def test_both_programs_have_help(module: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        module.main(["--help"])
    assert ended.value.code == 0
    assert "usage" in capsys.readouterr().out


def test_lists_of_findings_in_random_text_show_no_digit() -> None:
    class Everything:
        def detect_texts(self, texts: list[str], header: str | None, table: tuple[str, ...]) -> Any:
            import pyarrow as pa

            columns = [range(len(texts)), ["X"] * len(texts), [0] * len(texts), [500] * len(texts)]
            arrays = [pa.array(list(column)) for column in columns]
            return pa.table(arrays, names=("text", "entity_type", "start", "end"))

    rows, shown = run.nobody_rows(Everything(), 0.05, 1)
    assert len(rows) == 3 and shown
    assert not any(digit in line for line in shown for digit in "12345678")
