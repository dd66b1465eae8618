"""Holds rules to their examples, in the engine and in Presidio. The test suite and `pii-scan rules check` run the
same.
"""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pii_scan.detect.ask import ExpressionTimeout, search_each_text
from pii_scan.detect.cell_bytes import laid_out
from pii_scan.detect.detector import Detector
from pii_scan.detect.expression import CannotCompile, read_expression
from pii_scan.detect.patterns import PatternSet, compiled
from pii_scan.detect.rules import FLAGS, MIN_EXAMPLES, Example, Rule

_MEASURED_BYTES = 500_000


def check_rules(rules: Sequence[Rule], as_of: date | None = None) -> list[str]:
    """What does not hold, one line each: examples missed, counter-examples found, engines that differ."""
    as_of = as_of or datetime.now(tz=UTC).date()
    detector = Detector(rules, as_of=as_of)
    failures: list[str] = []
    for rule in rules:
        if min(len(rule.examples), len(rule.counter_examples)) < MIN_EXAMPLES:
            failures.append(f"{rule.id}: needs at least {MIN_EXAMPLES} examples and {MIN_EXAMPLES} counter_examples")
    everything = [(rule, example) for rule in rules for example in (*rule.examples, *rule.counter_examples)]
    for (rule, example), rows in zip(everything, _found(detector, everything), strict=True):
        failures.extend(_example_failures(rule, example, rows))
    failures.extend(_differences(rules, as_of))
    return failures


def slow_patterns(rules: Sequence[Rule]) -> list[str]:
    """One line for each written form that cannot be compiled with the others: why, and the time that it takes, measured
    on the examples of `rules`.
    """
    slow, joint = list[tuple[str, str, str]](), list[str]()
    for rule in rules:
        for pattern in rule.patterns:
            try:
                read_expression(pattern.regex, FLAGS)
                joint.append(pattern.regex)
            except CannotCompile as reason:
                slow.append((f"{rule.id}: written form {pattern.name!r}", pattern.regex, str(reason)))
    if not slow:
        return []
    texts = [example.text for rule in rules for example in (*rule.examples, *rule.counter_examples)]
    size = max(sum(len(text.encode()) for text in texts), 1)
    buffer, _ = laid_out(pa.array(texts * -(-_MEASURED_BYTES // size), pa.large_string()))
    together = PatternSet([(expression, FLAGS) for expression in sorted(set(joint))])
    together.scan(buffer)  # automata are made as texts are met
    usual = _seconds(lambda: together.scan(buffer))
    said = []
    for place, expression, why in slow:
        seconds = _seconds(functools.partial(search_each_text, buffer, compiled(expression, FLAGS)))
        cost = "takes too long to be measured" if math.isinf(seconds) else f"takes {_milliseconds(seconds, buffer)}"
        others = f"the {len(set(joint))} that are compiled take {_milliseconds(usual, buffer)} together"
        said.append(f"{place} cannot be compiled ({why}): searched for text by text, it {cost}; {others}")
    return said


def _seconds(work: Callable[[], object]) -> float:
    """Of the processor; infinite where an expression is given up."""
    begin = time.process_time()
    try:
        work()
    except ExpressionTimeout:
        return math.inf
    return time.process_time() - begin


def _milliseconds(seconds: float, buffer: npt.NDArray[np.uint8]) -> str:
    return f"{1000 * seconds / (len(buffer) / 1e6):.3g} ms a MB"


def _found(detector: Detector, everything: Sequence[tuple[Rule, Example]]) -> list[list[dict[str, Any]]]:
    """What the engine finds in each example: those outside of columns in one go, each for itself."""
    found: list[list[dict[str, Any]]] = [[] for _ in everything]
    plain = [i for i, (_, example) in enumerate(everything) if not example.header]
    for row in detector.detect_texts([everything[i][1].text for i in plain]).to_pylist():
        found[plain[row["text"]]].append(row)
    for i, (_, example) in enumerate(everything):
        if example.header:
            found[i] = detector.detect_texts([example.text], example.header).to_pylist()
    return found


def _example_failures(rule: Rule, example: Example, rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    found = [example.text[row["start"] : row["end"]] for row in rows if row["entity_type"] == rule.entity_type]
    if example.match is None and found:
        yield f"{rule.id}: finds something in the counter-example {example.text!r} ({example.why})"
    elif example.match is not None and found != [example.match]:
        yield f"{rule.id}: finds {found or 'nothing'} in {example.text!r}, not {example.match!r}"


def _differences(rules: Sequence[Rule], as_of: date) -> Iterator[str]:
    """Examples on which the engine and Presidio, given the same rules, differ."""
    from pii_scan.detect.presidio_bridge import LANGUAGE, analyzer_engine

    detector = Detector(rules, as_of=as_of, min_score=0.0, resolve=False)
    analyzer = analyzer_engine(rules, as_of=as_of)
    asked = [  # Presidio knows no columns
        (rule, example) for rule in rules for example in (*rule.examples, *rule.counter_examples) if not example.header
    ]
    for (rule, example), rows in zip(asked, _found(detector, asked), strict=True):
        ours = {(row["entity_type"], row["start"], row["end"], round(row["score"], 3)) for row in rows}
        theirs = {
            (result.entity_type, result.start, result.end, round(result.score, 3))
            for result in analyzer.analyze(text=example.text, language=LANGUAGE)
        }
        if ours != theirs:
            yield f"{rule.id}: the engine and Presidio differ on {example.text!r}"
