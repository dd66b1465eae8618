"""National numbers that a table keeps in two columns: the date of birth, and under «personnummer» the five digits that
complete it (the individual number and the control digits).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pii_scan.detect import notes
from pii_scan.detect.columns import MIN_CELLS, MIN_SHARE, ColumnRules
from pii_scan.detect.engine import Detections, no_detections
from pii_scan.detect.validators import JUDGEMENT, VALID

SCORE = 0.85
_FORMS = (
    r"^\s*(?P<d>[0-9]{2})[. /-]?(?P<m>[0-9]{2})[. /-]?(?:19|20)?(?P<y>[0-9]{2})\s*$",
    r"^\s*(?P<d>[0-9]{1,2})[./-] ?(?P<m>[0-9]{1,2})[./-] ?(?:19|20)?(?P<y>[0-9]{2})\s*$",
    r"^\s*(?:19|20)(?P<y>[0-9]{2})[-/.]?(?P<m>[01][0-9])[-/.]?(?P<d>[0-3][0-9])(?:[T ]00:00:00(?:\.0+)?)?\s*$",
)
"""Dates as Norwegians write them, without and with zeros before single digits, and ISO 8601's."""
_LOOKED_AT = 256
"""Cells, spread over a batch, that say which form a column has: its first may be empty or odd."""
_MONTHS = ((r"^(..)0", r"\18"), (r"^(..)1", r"\19"))
"""A test person's number has its month and 80 (Skatteetaten), where the column of dates has the month itself."""
_SHORTEST_DATE = 6
_SHORTEST_REST = 4
_REST = r"^\s*[0-9]{4,5}\s*$"


class SplitNumbers:
    """Remembers the columns of the rows that one document is at, for the one that may complete dates in them."""

    def __init__(self, rules: ColumnRules) -> None:
        self._rules = rules
        self._columns: list[pa.Array] = []
        self._place: tuple[str, int] | None = None

    def complete(self, cells: pa.Array, header: str, sheet: str, first_row: int) -> Detections:
        """The cells that, behind the dates of the same rows, make valid national numbers: whole cells of this column.

        `first_row` tells batches of the same rows from others.
        """
        place = (sheet, first_row)
        if self._place != place:
            self._columns, self._place = [], place
        if self._rules.names_national(header) and len(fit := _rests(cells)) >= MIN_CELLS:
            dates = next((found for found in map(_digits_of_dates, reversed(self._columns)) if found is not None), None)
            if dates is not None and len(dates) == len(cells):
                return self._joined(dates, cells, fit)
        self._columns.append(cells)  # whether they are dates is asked when there is something to complete them
        return no_detections()

    def _joined(self, dates: pa.Array, cells: pa.Array, fit: npt.NDArray[np.int64]) -> Detections:
        """`fit`: the rows whose cells may complete a date."""
        rest = pc.utf8_lpad(pc.utf8_trim_whitespace(cells.take(pa.array(fit))), 5, "0")
        dates = dates.take(pa.array(fit))
        found = Detections.joined([self._valid(days, rest) for days in (dates, _of_test_persons(dates))])
        _, first = np.unique(found.text, return_index=True)
        if len(first) < MIN_CELLS or len(first) < MIN_SHARE * len(fit):
            return no_detections()
        found = found.take(first)
        row = fit[found.text]
        percent = round(100 * len(first) / len(fit))
        return Detections(
            row, np.zeros(len(first), np.int64), _lengths(cells)[row], found.rule, found.pattern, found.verdict,
            np.full(len(first), -1, np.int32), np.full(len(first), SCORE, np.float32),
            np.full(len(first), notes.note(notes.COMPLETED, percent), np.int16),
        )  # fmt: skip

    def _valid(self, dates: pa.Array, rest: pa.Array) -> Detections:
        whole = pc.binary_join_element_wise(dates.cast(rest.type), rest, pa.scalar("", rest.type))
        found = self._rules.engine.candidates(whole)
        return found.take(np.flatnonzero(self._rules.national[found.rule] & (found.verdict & JUDGEMENT == VALID)))


def _rests(cells: pa.Array) -> npt.NDArray[np.int64]:
    """The rows whose cells may be what completes a date."""
    long = np.flatnonzero(_lengths(cells) >= _SHORTEST_REST)
    if len(long) < MIN_CELLS:
        return long
    fits = pc.fill_null(pc.match_substring_regex(cells.take(pa.array(long)), _REST), False)
    return np.asarray(long[fits.to_numpy(zero_copy_only=False)], np.int64)


def _of_test_persons(dates: pa.Array) -> pa.Array:
    """The same days with the month as test persons have it."""
    for pattern, month in _MONTHS:
        dates = pc.replace_substring_regex(dates, pattern, month)
    return dates


def _digits_of_dates(cells: pa.Array) -> pa.Array | None:
    """Ddmmyy of each cell that is such a date, null elsewhere; None unless most cells that are not empty are."""
    lengths = _lengths(cells)
    least = max(MIN_CELLS, MIN_SHARE * (lengths > 0).sum())
    long = np.flatnonzero(lengths >= _SHORTEST_DATE)
    if len(long) < least:
        return None
    some = cells.take(pa.array(long[:: -(-len(long) // _LOOKED_AT)]))
    counts = [pc.sum(pc.match_substring_regex(some, form)).as_py() or 0 for form in _FORMS]
    if not any(counts):
        return None
    parts = pc.extract_regex(cells, _FORMS[counts.index(max(counts))])
    if len(parts) - parts.null_count < least:
        return None
    day, month, year = (pc.struct_field(parts, name) for name in "dmy")
    padded = [pc.utf8_lpad(piece, 2, "0") for piece in (day, month, year)]
    digits = pc.binary_join_element_wise(*padded, pa.scalar("", padded[0].type))
    return pc.if_else(parts.is_valid(), digits, pa.scalar(None, digits.type))


def _lengths(cells: pa.Array) -> npt.NDArray[np.int64]:
    return np.asarray(pc.fill_null(pc.binary_length(cells), 0).to_numpy(zero_copy_only=False), np.int64)
