"""Person names at work beside the rules: as one stand-in rule without patterns, whose findings are like any other."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pii_scan.detect.cell_bytes import text_offsets
from pii_scan.detect.context import plain_header
from pii_scan.detect.engine import Detections, no_detections
from pii_scan.detect.names.glance import LOOKED_AT, each_may_hold_a_name, may_hold_a_name, several_words, wordlike
from pii_scan.detect.validators import UNSURE

if TYPE_CHECKING:
    from pii_scan.detect.names.columns import Fresh, NameColumn
    from pii_scan.detect.names.model import NameModel
    from pii_scan.detect.names.own_list import OwnNames
    from pii_scan.detect.names.tagger import Mentioned, NameTagger
    from pii_scan.detect.names.tokens import Hashes

_APART = "\n \n"
"""Between texts that stand each for itself: two line ends, so that what is beside a word is never of another text."""
IN_COLUMN = 4
"""What stands for the column in place of a name's strength as the number of the pattern."""


class NameFinder:
    """Names in texts and columns, as detections of rule `number`."""

    def __init__(self, number: int, own: OwnNames | None = None) -> None:
        """`own`: names of the user's."""
        self._number = number
        self._own = own

    @functools.cached_property
    def model(self) -> NameModel:
        """Loaded when the first text is looked at."""
        from pii_scan.detect.names.model import built_in_model

        if self._own is None:
            return built_in_model()
        from pii_scan.detect.names.own_list import with_own_names

        return with_own_names(built_in_model(), self._own)

    @functools.cached_property
    def _tagger(self) -> NameTagger:
        from pii_scan.detect.names.tagger import NameTagger

        return NameTagger(self.model)

    @property
    def most_together(self) -> int:
        """Bytes of text below which the texts of one look are never cut."""
        from pii_scan.detect.names.tokens import MAX_CHARACTERS

        return MAX_CHARACTERS

    def own_words(self, texts: Sequence[str]) -> Iterable[tuple[int, int, int]]:
        """(text, start, end) in code points of the words of the user's lists in `texts`, which are no prose."""
        if self._own is None:
            return ()
        from pii_scan.detect.names.own_list import own_words

        return own_words(texts, self._own_hashes, self.model.lists)

    def in_labels(self, labels: Sequence[str]) -> Sequence[Sequence[tuple[int, int]]]:
        """Spans, in code points, of names in each of `labels`: names of files and folders."""
        from pii_scan.detect.names.labels import label_names, several_words

        some = [number for number, label in enumerate(labels) if several_words(label)]
        found: list[Sequence[tuple[int, int]]] = [()] * len(labels)
        if some:
            for number, spans in zip(some, label_names([labels[n] for n in some], self.model.lists), strict=True):
                found[number] = spans
        return found

    @functools.cached_property
    def _own_hashes(self) -> Hashes:
        from pii_scan.detect.names.own_list import own_hashes

        assert self._own is not None
        return own_hashes(self._own)

    def in_texts(self, texts: pa.Array, *, cells: bool = False) -> Detections:
        """Names in running texts, of which each stands for itself."""
        return self.tagged(texts, cells=cells) if worth_a_look(texts) else no_detections()

    def tagged(self, texts: pa.Array, mentioned: Mentioned | None = None, *, cells: bool = False) -> Detections:
        """Names in texts that may hold some. With `mentioned` they are of one document, else each stands for itself."""
        joined, start = _joined(texts, "\n" if mentioned is not None else _APART)
        apart = None if mentioned is not None or len(texts) == 1 else start
        found = self._tagger.find_in(joined, mentioned, apart, cells=cells)
        if not len(found):
            return no_detections()
        text = np.searchsorted(start, found.start, side="right") - 1
        return self._made(text, found.start - start[text], found.end - start[text], found.strength, found.score)

    def fresh(self, batches: Sequence[pa.Array]) -> Sequence[Fresh]:
        """What the first batch of each of some columns shows."""
        from pii_scan.detect.names.columns import fresh

        return fresh(batches, self.model)

    def in_cells(self, cells: pa.Array, column: NameColumn | None, first: Fresh | None = None) -> Detections:
        """Names that fill cells, where the column holds names; else those inside longer cells."""
        if column is not None:
            which, score = column.detect(cells, first)
            if len(which):
                length = np.diff(text_offsets(cells))[which]
                return self._made(which, np.zeros(len(which), np.int64), length, np.full(len(which), IN_COLUMN), score)
        bounds = text_offsets(cells)
        long = np.flatnonzero(several_words(_data(cells), bounds - bounds[0]))
        if not len(long):
            return no_detections()
        return self._in_long_cells(cells.take(pa.array(long)), long)

    def _in_long_cells(self, cells: pa.Array, numbers: npt.NDArray[np.int64]) -> Detections:
        """Of cells that are alike, only one is looked at, if it may hold a name at all."""
        from pii_scan.detect.names.cells import may_hold_names

        encoded = cells.dictionary_encode()
        some = np.flatnonzero(may_hold_names(encoded.dictionary, self.model.lists))
        if not len(some):
            return no_detections()
        found = self.in_texts(encoded.dictionary.take(pa.array(some)), cells=True)
        if not len(found):
            return found
        found = dataclasses.replace(found, text=some[found.text])
        found = found.repeated(encoded.indices.to_numpy(zero_copy_only=False), len(encoded.dictionary))
        return dataclasses.replace(found, text=numbers[found.text])

    def _made(
        self, text: npt.NDArray[np.int64], start: npt.NDArray[np.int64], end: npt.NDArray[np.int64],
        strength: npt.NDArray[np.generic], score: npt.NDArray[np.float32],
    ) -> Detections:  # fmt: skip
        n = len(text)
        return Detections(
            text.astype(np.int64), start.astype(np.int64), end.astype(np.int64), np.full(n, self._number, np.int16),
            strength.astype(np.int16), np.full(n, UNSURE, np.uint8), np.full(n, -1, np.int32),
            score.astype(np.float32), np.zeros(n, np.int16),
        )  # fmt: skip


class NamesOfDocument:
    """The names of one document while it is read: its parts count for each other."""

    def __init__(self, finder: NameFinder) -> None:
        self._finder = finder
        self._columns: dict[tuple[str, tuple[str, int]], NameColumn] = {}

    @functools.cached_property
    def _mentioned(self) -> Mentioned:
        from pii_scan.detect.names.tagger import Mentioned

        return Mentioned()

    def in_texts(self, texts: pa.Array) -> Detections:
        """Names in running text."""
        if not worth_a_look(texts):  # then nothing more is loaded
            return no_detections()
        return self._finder.tagged(texts, self._mentioned)

    def in_cells(self, cells: pa.Array, header: str, place: tuple[str, int], first: Fresh | None = None) -> Detections:
        """Names in a batch of cells of one column; `place`: its sheet and number; `first`: what they show if they are
        its first.
        """
        return self._finder.in_cells(cells, self._column(cells, header, place), first)

    def _column(self, cells: pa.Array, header: str, place: tuple[str, int]) -> NameColumn | None:
        """What is known of the column; None until there are cells without digits at the beginning of a batch."""
        column = self._columns.get((header, place))
        if column is None:
            first = cells.slice(0, LOOKED_AT)
            bounds = text_offsets(first)
            if not wordlike(_data(first), bounds - bounds[0]).any():
                return None
            from pii_scan.detect.names.columns import NameColumn

            column = self._columns[header, place] = NameColumn(plain_header(header), self._finder.model)
        return column


def worth_a_look(texts: pa.Array) -> bool:
    """Whether the bytes of some texts say that a name may be among them; loads nothing of the model."""
    return bool(len(texts)) and may_hold_a_name(_data(texts))


def worth_looks(texts: pa.Array) -> list[bool]:
    """`worth_a_look` of each of some texts."""
    bounds = text_offsets(texts)
    found: list[bool] = each_may_hold_a_name(_data(texts), bounds - bounds[0]).tolist()
    return found


def _data(texts: pa.Array) -> npt.NDArray[np.uint8]:
    """The UTF-8 of all texts, one behind the other."""
    bounds = text_offsets(texts)
    return np.frombuffer(texts.buffers()[2] or b"", np.uint8)[int(bounds[0]) : int(bounds[-1])]


def _joined(texts: pa.Array, between: str) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """(the UTF-8 of all texts; where in it each begins). A null is empty."""
    texts = texts.fill_null("") if texts.null_count else texts
    bounds = np.asarray(text_offsets(texts), np.int64)
    start = bounds[:-1] - bounds[0] + np.arange(len(texts)) * len(between)
    if len(texts) == 1:
        return _data(texts), start
    rows = pa.LargeListArray.from_arrays(pa.array([0, len(texts)], pa.int64()), texts)
    joined = pc.binary_join(rows, pa.scalar(between, texts.type))[0].as_buffer()
    return np.frombuffer(joined, np.uint8), start
