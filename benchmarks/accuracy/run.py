"""Accuracy of pii-scan on a corpus of invented text, on text that holds nobody, and beside other tools."""

from __future__ import annotations

import argparse
import datetime as dt
import re
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from measuring import surroundings, table

from accuracy import generated, peers
from accuracy.corpus import Finding, Unit, columns, lines, load
from accuracy.scorer import Comparison, Score, compare

if TYPE_CHECKING:
    from pii_scan import Detector

_HEADER = ["type", "marked", "found", "right", "exact", "precision", "recall", "F1", "F2"]
_NATIONAL = frozenset({"NO_FODSELSNUMMER", "NO_D_NUMMER"})
_UNMARKED = "PERSON"
"""Names of persons have no marks in the corpus: outside of files that hold nobody they cannot be scored."""
_COLUMN_HEADERS = ("id", "ordrenr", "")
_LINES_A_FILE = 200
_DIGIT = re.compile(r"\d")
_SHOWN = 15
"""False findings listed of each type in text that holds nobody."""
_Show = Callable[[str, list[str], list[list[str]]], None]


def detect(detector: Detector, units: Sequence[Unit]) -> list[list[Finding]]:
    """What pii-scan says about each unit: cells a column at a time under its header, as a scan does."""
    found: list[list[Finding]] = [[] for _ in units]
    texts = [place for place, unit in enumerate(units) if unit.header is None]
    tables: dict[str, dict[int, str]] = {}
    for unit in units:
        if unit.header is not None:
            tables.setdefault(unit.document, {})[unit.column] = unit.header
    for places in [texts, *columns(units).values()]:
        header = units[places[0]].header if places else None
        table = tuple(tables.get(units[places[0]].document, {}).values()) if places else ()
        table_of = detector.detect_texts([units[place].text for place in places], header, table)
        names = ("text", "entity_type", "start", "end")
        for text, kind, start, end in zip(*(table_of.column(name).to_pylist() for name in names), strict=True):
            found[places[text]].append(Finding(kind, start, end))
    return found


def marked_types(found: Sequence[Sequence[Finding]]) -> list[list[Finding]]:
    """The findings of types that the corpus marks."""
    return [[finding for finding in one if finding.entity_type != _UNMARKED] for one in found]


def names_line(units: Sequence[Unit], found: Sequence[Sequence[Finding]]) -> str:
    """How many names are found: false ones in the files that hold nobody, elsewhere without a truth to hold them to."""
    nobody = [unit.document.startswith("negative/") for unit in units]
    counts = [sum(finding.entity_type == _UNMARKED for finding in one) for one in found]
    false = sum(count for count, empty in zip(counts, nobody, strict=True) if empty)
    return (
        f"names of persons, which are not marked: {sum(counts)}, of them {false} (false) in the files that hold nobody"
    )


def score_row(name: str, score: Score) -> list[str]:
    """One row of the table of types; a share without anything to share is a dash."""
    found = score.right + score.false
    return [
        name,
        str(score.truths),
        str(found),
        str(score.right),
        f"{score.exact / score.right:.0%}" if score.right else "–",
        f"{score.precision:.1%}" if found else "–",
        f"{score.recall:.1%}" if score.truths else "–",
        f"{score.f(1):.3f}",
        f"{score.f(2):.3f}",
    ]


def by_type(comparison: Comparison) -> list[list[str]]:
    """A row for every type, most frequent first, and one for all."""
    ordered = sorted(comparison.scores.items(), key=lambda item: (-item[1].truths, item[0]))
    return [*(score_row(name, score) for name, score in ordered), score_row("all", comparison.total())]


def listing(units: Sequence[Unit], comparison: Comparison) -> list[str]:
    """Every miss and every false finding, one a line, by type; the text is invented, so it is shown."""
    rows = [
        *(("miss", truth.types[0], place, truth.start, truth.end) for place, truth in comparison.misses),
        *(("false", found.entity_type, place, found.start, found.end) for place, found in comparison.wrong),
    ]
    out = []
    for what, kind, place, start, end in sorted(rows, key=lambda row: (row[1], row[0], row[2], row[3])):
        unit = units[place]
        where = f"{unit.document}:{unit.line_of(start)}"
        header = f" [{unit.header}]" if unit.header is not None else ""
        around = unit.text[max(start - 40, 0) : end + 25] if unit.header is None else ""
        out.append(f"{kind}\t{what}\t{where}{header}\t{unit.text[start:end]!r}\t{around!r}")
    return out


def nobody_rows(detector: Detector, size_mb: float, seed: int) -> tuple[list[list[str]], list[str]]:
    """False findings a megabyte (10^6 bytes) in text that holds nobody; and some of each type, one a line.

    Every digit is shown as 9: a number drawn at random may by chance be some person's.
    """
    library = generated.standard_library()
    size = int(size_mb * 1e6)
    kinds = {
        "source code, generated": generated.source_code(size, seed),
        "product catalogues, generated": generated.catalogue(size, seed),
        f"standard library of this Python ({library.left_out} files that name somebody left out)": library.texts,
    }
    rows: list[list[str]] = []
    shown: list[str] = []
    for name, texts in kinds.items():
        units = [Unit(name, text) for text in texts]
        size = sum(len(text.encode()) for text in texts)
        comparison = compare(units, detect(detector, units))
        counts = Counter(finding.entity_type for _, finding in comparison.wrong)
        rows.append([name, f"{size / 1e6:.2f}", *_per_megabyte(counts, size)])
        lines_of = listing(units, comparison)
        for kind in counts:
            some = [line for line in lines_of if line.startswith(f"{kind}\t")][:_SHOWN]
            shown += [_DIGIT.sub("9", line) for line in some]
    return rows, shown


def _per_megabyte(counts: Counter[str], size_bytes: int) -> list[str]:
    types = ", ".join(f"{name} {count}" for name, count in counts.most_common()) or "none"
    return [str(counts.total()), f"{counts.total() / (size_bytes / 1e6):.2f}", types]


def number_rows(detector: Detector, seed: int) -> list[list[str]]:
    """Fødselsnummer among 20,000 lines of numbers of things: one file, and the same in files of 200 lines."""
    unit, labelled = generated.numbers(seed)
    rows = []
    for name, units in (("one file", [unit]), ("files of 200 lines", generated.in_files(unit, _LINES_A_FILE))):
        comparison = compare(units, detect(detector, units), _NATIONAL)
        score = comparison.scores["NO_FODSELSNUMMER"]
        missed = {(place, truth.start) for place, truth in comparison.misses}
        order = [(place, truth.start) for place, one in enumerate(units) for truth in one.truths]
        recalls = [
            sum(key not in missed for key, named in zip(order, labelled, strict=True) if named is wanted)
            / max(labelled.count(wanted), 1)
            for wanted in (True, False)
        ]
        false_d = comparison.scores["NO_D_NUMMER"].false
        shares = [f"{share:.1%}" for share in (score.precision, score.recall, *recalls)]
        rows.append([name, str(score.truths), str(score.right), str(score.false), str(false_d), *shares])
    return rows


def column_rows(detector: Detector, rows: int, seed: int) -> list[list[str]]:
    """Findings in a column of random numbers of eleven digits under each header."""
    cells = generated.random_column(rows, seed)
    out = []
    for header in _COLUMN_HEADERS:
        found = detector.detect(cells, header)
        counts = Counter(detector.rules[rule].entity_type for rule in found.rule.tolist())
        others = ", ".join(f"{name} {count}" for name, count in counts.most_common() if name not in _NATIONAL)
        out.append([repr(header), *(str(counts[name]) for name in sorted(_NATIONAL, reverse=True)), others or "none"])
    return out


def peer_rows(
    units: Sequence[Unit], ours: Sequence[Sequence[Finding]], folder: Path
) -> tuple[list[list[str]], list[str]]:
    """For each peer its types, ours beside them on the same truths; and one line a peer that could not be run."""
    rows: list[list[str]] = []
    failures: list[str] = []
    for peer in peers.PEERS:
        try:
            theirs = peers.findings(peer, folder, units)
        except peers.PeerFailure as failure:
            failures.append(str(failure))
            continue
        sides = [compare(units, findings, peer.claims) for findings in (theirs, ours)]
        for name in [*sorted(peer.claims), "all it claims"]:
            scores = [side.total() if name not in peer.claims else side.scores[name] for side in sides]
            cells = [f"{s.precision:.1%} / {s.recall:.1%} / {s.f(2):.3f}" if s.truths else "–" for s in scores]
            rows.append([peer.name, name, str(scores[0].truths), *cells])
    return rows, failures


def peer_nobody_rows(detector: Detector, folder: Path, size_mb: float, seed: int) -> list[list[str]]:
    """False findings a megabyte of each peer, and of pii-scan for the same types."""
    rows = []
    size = int(size_mb * 1e6)
    for name, texts in (
        ("source code", generated.source_code(size, seed)),
        ("catalogues", generated.catalogue(size, seed)),
    ):
        units = [Unit(name, text) for text in texts]
        written = sum(len(text.encode()) for text in texts)
        ours = detect(detector, units)
        for peer in peers.PEERS:
            try:
                found = peers.findings(peer, folder, units)
            except peers.PeerFailure as failure:
                rows.append([name, peer.name, str(failure), "–", "–"])
                continue
            theirs = Counter(finding.entity_type for one in found for finding in one)
            same = sum(finding.entity_type in peer.claims for one in ours for finding in one)
            _, per_mb, kinds = _per_megabyte(theirs, written)
            rows.append([name, peer.name, per_mb, f"{same / (written / 1e6):.2f}", kinds])
    return rows


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", action="store_true", help="also run the other tools (first: accuracy/peers.py)")
    parser.add_argument("--peer-folder", type=Path, default=peers.DEFAULT_FOLDER, help="where their environments are")
    parser.add_argument("--peer-mb", type=float, default=0.5, help="size of each generated text for them (default 0.5)")
    parser.add_argument("--size-mb", type=float, default=2.0, help="size of each generated text (default 2)")
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the random column (default 1,000,000)")
    parser.add_argument("--corpus-only", action="store_true", help="the corpus, and nothing generated")
    parser.add_argument("--as-written", action="store_true", help="leave the domains example.no, .com and .org as such")
    parser.add_argument("--misses", type=Path, help="write every miss and false finding here")
    parser.add_argument("--seed", type=int, default=generated.SEED)
    parser.add_argument("--markdown", action="store_true", help="print tables in Markdown")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """The command line."""
    from pii_scan import Detector

    options = parse(arguments)
    units = load(lifelike=not options.as_written)
    detector = Detector(as_of=dt.datetime.now(tz=dt.UTC).date())
    ours = detect(detector, units)
    comparison = compare(units, marked_types(ours))
    if options.misses:
        options.misses.write_text("".join(f"{line}\n" for line in listing(units, comparison)), encoding="utf-8")
    filled, unmarked = lines(units)
    print("\n".join(f"- {line}" for line in surroundings(options.seed)))
    negative = sum(units[place].document.startswith("negative/") for place, _ in comparison.wrong)
    print(f"- corpus: {filled:,} lines and rows, {unmarked:,} of them without a mark")
    print(f"- false findings: {len(comparison.wrong)}, of them {negative} in the files that hold nobody")
    print(f"- {names_line(units, ours)}")

    def show(title: str, header: list[str], rows: list[list[str]]) -> None:
        print(f"\n{title}:\n")
        print(table(header, rows, markdown=options.markdown), flush=True)

    show("Corpus, by type", _HEADER, by_type(comparison))
    if not options.corpus_only:
        _show_generated(detector, options, show)
    if options.peers:
        _show_peers(detector, units, ours, options, show)
    return 0


def _show_generated(detector: Detector, options: argparse.Namespace, show: _Show) -> None:
    header = ["text", "MB", "findings (names too)", "a MB", "types"]
    rows, shown = nobody_rows(detector, options.size_mb, options.seed)
    show("Text that holds nobody", header, rows)
    if options.misses:
        with options.misses.open("a", encoding="utf-8") as out:
            out.writelines(f"{line}\n" for line in shown)
    header = ["20,000 lines as", "fnr", "right", "false fnr", "false D", "precision", "recall", "named", "bare"]
    show("Fødselsnummer among numbers of things", header, number_rows(detector, options.seed))
    header = ["header", "NO_FODSELSNUMMER", "NO_D_NUMMER", "others"]
    title = f"A column of {options.rows:,} random numbers of eleven digits: findings"
    show(title, header, column_rows(detector, options.rows, options.seed))


def _show_peers(
    detector: Detector,
    units: Sequence[Unit],
    ours: Sequence[Sequence[Finding]],
    options: argparse.Namespace,
    show: _Show,
) -> None:
    settings = [[peer.name, peer.requirement, peer.settings] for peer in peers.PEERS]
    show("Peers", ["peer", "version", "settings"], settings)
    rows, failures = peer_rows(units, ours, options.peer_folder)
    header = ["peer", "type", "marked", "peer: precision / recall / F2", "pii-scan"]
    show("Corpus, side by side on the types that the peer claims", header, rows)
    for failure in failures:
        print(f"\nNot run: {failure}")
    if not options.corpus_only:
        nobody = peer_nobody_rows(detector, options.peer_folder, options.peer_mb, options.seed)
        header = ["text that holds nobody", "peer", "its findings a MB", "pii-scan, same types", "types"]
        show("False findings a megabyte, side by side", header, nobody)


if __name__ == "__main__":
    sys.exit(main())
