"""Throughput of pii-scan against presidio-analyzer on the same lines: in one run, in turns, equality first.

Two Presidio sides: (a) `stock`, its default English recognizers with a blank spaCy pipeline; (b) `same rules`,
pii-scan's rules as Presidio recognizers without spaCy, its fastest. Names of persons are outside of the comparison: the
detector is timed and held to equality on the shared rules alone. The whole scan looks for names too, beside what
Presidio's sides do.
"""

from __future__ import annotations

import argparse
import datetime as dt
import functools
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from corpora import DENSITIES, SEED, kinds, write_corpus
from measuring import Spread, Timing, rate, surroundings, table, timed

if TYPE_CHECKING:
    from presidio_analyzer import AnalyzerEngine

    from pii_scan import Detector

Found = set[tuple[int, str, int, int, float]]
"""Line, type, start, end and score to three decimals."""


@dataclass(frozen=True, slots=True)
class Side:
    """One thing that is timed, and how many bytes it goes through each time."""

    name: str
    size_bytes: int
    work: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Corpus:
    """One corpus on disk, its lines in memory, and the sample for the slow side."""

    name: str
    path: Path
    lines: pa.LargeStringArray
    sample: list[str]


def offline_suffix_list() -> None:
    """Keeps Presidio's e-mail recognizer from downloading the public suffix list."""
    import tldextract

    tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


def stock_analyzer() -> AnalyzerEngine:
    """Presidio's default English recognizers; a blank spaCy pipeline keeps it from downloading a model."""
    import spacy
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

    offline_suffix_list()
    engine: Any = SpacyNlpEngine(models=[{"lang_code": "en", "model_name": "blank"}])
    engine.nlp = {"en": spacy.blank("en")}
    return AnalyzerEngine(nlp_engine=engine, supported_languages=["en"])


def make_corpus(folder: Path, kind: str, density: str, size_bytes: int, sample_lines: int, seed: int) -> Corpus:
    """Writes the corpus and reads it back as lines; the sample is spread evenly over it."""
    path = folder / f"{kind}.{density}.{'csv' if kind == 'csv' else 'txt'}"
    write_corpus(path, kind, density, size_bytes, seed)
    lines = path.read_text(encoding="utf-8").splitlines()[1 if kind == "csv" else 0 :]
    step = max(len(lines) // sample_lines, 1)
    return Corpus(f"{kind}.{density}", path, pa.array(lines, pa.large_string()), lines[::step][:sample_lines])


def differences(sample: list[str], detector: Detector, analyzer: AnalyzerEngine) -> tuple[Found, Found]:
    """What only pii-scan and what only Presidio finds in the sample."""
    columns = detector.detect_texts(sample).select(["text", "entity_type", "start", "end", "score"]).to_pydict()
    rows = zip(*columns.values(), strict=True)
    ours: Found = {(line, kind, start, end, round(score, 3)) for line, kind, start, end, score in rows}
    theirs: Found = {
        (number, found.entity_type, found.start, found.end, round(float(found.score), 3))
        for number, line in enumerate(sample)
        for found in analyzer.analyze(text=line, language="nb")
    }
    return ours - theirs, theirs - ours


def scan_command(path: Path, out: Path, jobs: int) -> list[str]:
    """The whole program on one file."""
    arguments = ["scan", str(path), "--out", str(out), "--jobs", str(jobs), "--quiet", "--allow-incomplete"]
    return [sys.executable, "-m", "pii_scan", *arguments]


def run_scan(path: Path, jobs: int) -> None:
    """Scans into a folder that is removed again. Raises CalledProcessError when the scan fails."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(scan_command(path, Path(folder) / "run", jobs), check=True, stdout=subprocess.DEVNULL)


def analyze_lines(analyzer: AnalyzerEngine, lines: list[str], language: str) -> None:
    """One call a line: Presidio's cost grows faster than the text, so longer texts would not favour it."""
    for line in lines:
        analyzer.analyze(text=line, language=language)


def sides(corpus: Corpus, detector: Detector, engines: dict[str, AnalyzerEngine], jobs: int) -> list[Side]:
    """What is timed on one corpus, in the order of each round; `jobs` 0 leaves the whole program out."""
    size = corpus.path.stat().st_size
    sampled = sum(len(line.encode()) + 1 for line in corpus.sample)
    found = [Side("detector", size, lambda: detector.detect_texts(corpus.lines))]
    if jobs:
        found.append(Side("scan", size, lambda: run_scan(corpus.path, jobs)))
    for name, analyzer in engines.items():
        language = "en" if name == "stock" else "nb"
        found.append(Side(name, sampled, functools.partial(analyze_lines, analyzer, corpus.sample, language)))
    return found


def measure(corpus_sides: list[Side], rounds: int) -> dict[str, list[Timing]]:
    """Times every side once a round, after one round that is not counted."""
    timings: dict[str, list[Timing]] = {side.name: [] for side in corpus_sides}
    for number in range(rounds + 1):
        for side in corpus_sides:
            timing = timed(side.work)
            if number:
                timings[side.name].append(timing)
    return timings


def rows_of(corpus: Corpus, corpus_sides: list[Side], timings: dict[str, list[Timing]]) -> list[list[str]]:
    """One table row for each pair of a side of ours and a side of Presidio's."""
    sizes = {side.name: side.size_bytes for side in corpus_sides}
    cpu = {name: [rate(sizes[name], t.cpu_seconds) for t in times] for name, times in timings.items()}
    wall = {name: [rate(sizes[name], t.wall_seconds) for t in times] for name, times in timings.items()}
    rows = []
    for ours in (name for name in ("detector", "scan") if name in sizes):
        for theirs in (name for name in ("stock", "same rules") if name in sizes):
            ratio_cpu = Spread.of([a / b for a, b in zip(cpu[ours], cpu[theirs], strict=True)])
            ratio_wall = Spread.of([a / b for a, b in zip(wall[ours], wall[theirs], strict=True)])
            speeds = (str(Spread.of(cpu[ours])), str(Spread.of(cpu[theirs])))
            rows.append([corpus.name, ours, theirs, *speeds, str(ratio_cpu), str(ratio_wall)])
    return rows


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--size-mb", type=float, default=4.0, help="corpus for pii-scan, 10^6 bytes (default 4)")
    parser.add_argument("--lines", type=int, default=300, help="lines of it for Presidio (default 300)")
    parser.add_argument("--rounds", type=int, default=5, help="counted rounds (default 5)")
    parser.add_argument("--kinds", nargs="+", choices=sorted(kinds()), default=["prose", "csv"])
    parser.add_argument("--densities", nargs="+", choices=list(DENSITIES), default=list(DENSITIES))
    parser.add_argument("--jobs", type=int, default=1, help="workers of the whole scan; 0: detector only (default 1)")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--markdown", action="store_true", help="print tables in Markdown")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """The command line: exit code 1, and no speeds, when the findings differ."""
    from pii_scan import Detector
    from pii_scan.detect.presidio_bridge import analyzer_engine
    from pii_scan.detect.rules import load_rules

    options = parse(arguments)
    today = dt.datetime.now(tz=dt.UTC).date()
    shared = load_rules()
    reference = Detector(shared, resolve=False, min_score=0.0, as_of=today)
    engines = {"stock": stock_analyzer(), "same rules": analyzer_engine(shared, as_of=today)}
    detector = Detector(shared, as_of=today)
    rows, gates, differ = [], [], False
    with tempfile.TemporaryDirectory() as folder:
        for kind in options.kinds:
            for density in options.densities:
                size = int(options.size_mb * 1e6)
                corpus = make_corpus(Path(folder), kind, density, size, options.lines, options.seed)
                only_ours, only_theirs = differences(corpus.sample, reference, engines["same rules"])
                gates.append([corpus.name, str(len(corpus.sample)), str(len(only_ours)), str(len(only_theirs))])
                for line, entity_type, start, end, score in sorted(only_ours ^ only_theirs)[:10]:
                    print(f"differs: {corpus.name} line {line} {entity_type} {start}-{end} {score}", file=sys.stderr)
                if only_ours or only_theirs:
                    differ = True
                    continue
                corpus_sides = sides(corpus, detector, engines, options.jobs)
                rows += rows_of(corpus, corpus_sides, measure(corpus_sides, options.rounds))
    report(gates, rows, options)
    return 1 if differ else 0


def report(gates: list[list[str]], rows: list[list[str]], options: argparse.Namespace) -> None:
    """Prints where the figures come from, the equality gate, and the figures."""
    print("\n".join(f"- {line}" for line in surroundings(options.seed)))
    print(f"- {options.size_mb} MB for pii-scan, {options.lines} lines for Presidio, {options.rounds} rounds in turns")
    print("\nEquality (findings that only one side has):\n")
    print(table(["corpus", "lines", "only pii-scan", "only Presidio"], gates, markdown=options.markdown))
    print("\nSpeed, MB per CPU second, and ratio: median (minimum to maximum):\n")
    header = ["corpus", "pii-scan", "Presidio", "MB/s", "MB/s Presidio", "ratio CPU", "ratio wall"]
    print(table(header, rows, markdown=options.markdown))


if __name__ == "__main__":
    sys.exit(main())
