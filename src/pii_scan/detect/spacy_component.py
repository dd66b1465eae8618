"""pii-scan as a component of spaCy pipelines: `nlp.add_pipe("pii_scan")` puts what it finds into `doc.spans`.

Found by spaCy through the entry point `spacy_factories`. Imports spaCy, so import it only where it is used. Needs no
model and makes no network connection.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.util import minibatch

from pii_scan.detect.detector import DEFAULT_MIN_SCORE, Detector

KEY = "pii_scan"
"""Of the group in `doc.spans`, of the factory, and of the extension that holds all that is known of a span."""
BATCH = 256
"""Texts looked at together, where spaCy does not say."""


_KEPT = "pii_scan_kept"
"""Extension that holds what was found on the tokens of a span, counted from its start, so that it survives when spaCy
puts documents together."""


def _found(span: Span) -> list[dict[str, Any]]:
    """What lies in the span and has its label, as `Detector.detect_texts` gives it."""
    at = span.start_char
    return [
        {**row, "start": row["start"] + at, "end": row["end"] + at}
        for row in getattr(span._, _KEPT)
        if row["entity_type"] == span.label_
    ]


def _surest(span: Span) -> dict[str, Any]:
    return max(_found(span), key=lambda row: row["score"], default={})


def _register_attributes() -> None:
    Span.set_extension(_KEPT, default=[], force=True)
    Span.set_extension(KEY, getter=_found, force=True)
    Span.set_extension("pii_score", getter=lambda span: _surest(span).get("score"), force=True)
    Span.set_extension("pii_recognizer", getter=lambda span: _surest(span).get("recognizer"), force=True)


class PiiComponent:
    """Marks personal data in each Doc; changes neither tokens nor entities.

    A span for each finding, with its entity type as label and its recognizer as id. Spans lie on whole tokens: where a
    finding ends inside one, the span is the wider. `span._.pii_scan` has what lies in it exactly, as
    `Detector.detect_texts` gives it: one mapping a finding, with `start` and `end` in characters of `doc.text`,
    `entity_type`, `score`, `synthetic`, `recognizer`; `span._.pii_score` and `span._.pii_recognizer` are the surest's.
    """

    def __init__(self, only: Sequence[str], min_score: float, as_of: str) -> None:
        """`only`: entity types, all when empty. `min_score`: 0..1. `as_of`: ISO date, today when empty. Raises
        RuleError for a type that does not exist.
        """
        self._options = (tuple(only), min_score, as_of)
        self._start()

    def _start(self) -> None:
        from datetime import date

        only, min_score, as_of = self._options
        day = date.fromisoformat(as_of) if as_of else None
        self._detector = Detector(only=only, min_score=min_score, as_of=day)

    def __getstate__(self) -> tuple[tuple[str, ...], float, str]:
        """Compiled rules do not travel to other processes: they are made anew there."""
        return self._options

    def __setstate__(self, options: tuple[tuple[str, ...], float, str]) -> None:
        self._options = options
        self._start()

    def __call__(self, doc: Doc) -> Doc:
        """Marks one Doc."""
        return next(self._marked([doc]))

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = BATCH) -> Iterator[Doc]:
        """Marks Docs, `batch_size` of them at a time."""
        for docs in minibatch(stream, size=batch_size):
            yield from self._marked(list(docs))

    def _marked(self, docs: list[Doc]) -> Iterator[Doc]:
        found: list[list[dict[str, Any]]] = [[] for _ in docs]
        for row in self._detector.detect_texts([doc.text for doc in docs]).to_pylist():
            found[row.pop("text")].append(row)
        for doc, rows in zip(docs, found, strict=True):
            _mark(doc, rows)
            yield doc


def _mark(doc: Doc, rows: list[dict[str, Any]]) -> None:
    spans: list[Span] = []
    kept: dict[tuple[int, int], list[dict[str, Any]]] = {}
    for row in rows:
        start, end = row["start"], row["end"]
        span = doc.char_span(
            start, end, label=row["entity_type"], span_id=row["recognizer"], alignment_mode="expand"
        )  # fmt: skip
        own = {**row, "start": start - span.start_char, "end": end - span.start_char}
        kept.setdefault((span.start, span.end), []).append(own)
        spans.append(span)
    for span in spans:
        setattr(span._, _KEPT, kept[span.start, span.end])
    doc.spans[KEY] = spans


@Language.factory(KEY, default_config={"only": [], "min_score": DEFAULT_MIN_SCORE, "as_of": ""}, assigns=["doc.spans"])
def make_component(nlp: Language, name: str, only: list[str], min_score: float, as_of: str) -> PiiComponent:
    """The factory that spaCy calls."""
    _register_attributes()
    return PiiComponent(only, min_score, as_of)
