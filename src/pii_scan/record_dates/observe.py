"""How old the records of a document are: dates in its data first, then in its name, then the time of the file.

Within the data, what is nearest to the records decides: the date of a message; columns of a table; keys of JSON, XML
and calendars, or time stamps of lines; the date that a letter bears; what the file says of itself; then the date of the
message that the document is attached to. Which columns, keys and parts hold a record's
date is in `configs/record_dates.yaml`. Keeps months and counts, never a text.
"""

from __future__ import annotations

import email.utils
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pii_scan.model import ChunkBatch, ColumnOrigin, DocumentRef, LineOrigin, PageOrigin, PartOrigin
from pii_scan.record_dates.forms import read_days
from pii_scan.record_dates.keyed import values_under_keys
from pii_scan.record_dates.labels import HEAD_BYTES, labelled_day
from pii_scan.record_dates.lines import line_days
from pii_scan.record_dates.names import months_of_name
from pii_scan.record_dates.tally import NO_DAY, Days, Month, Tally, number_of
from pii_scan.record_dates.words import sort_of, words

__all__ = ["Month", "RecordDates"]

K = TypeVar("K")

MAX_COLUMNS = 4096
"""Dated columns, and dated keys, of one document; more are not read."""
MIN_SHARE = 0.5
"""Share of the filled cells of a column that must be dates."""
MIN_LINES = 0.1
"""Share of the lines that must have a time stamp: traces of errors run over many lines."""
_UNKNOWN_TIMES = {date(1970, 1, 1), date(1980, 1, 1)}
"""What archives write where they know no time: the epochs of Unix and of DOS."""


class _Column:
    """One dated column or key while it is read."""

    __slots__ = ("filled", "read", "sort", "tallies")

    def __init__(self, sort: int, last_day: int) -> None:
        self.sort = sort
        self.filled = 0
        self.read = [0, 0]
        self.tallies = (Tally(last_day), Tally(last_day))

    def add(self, days: tuple[Days, Days], filled: int) -> None:
        self.filled += filled
        for number, reading in enumerate(days):
            self.read[number] += int((reading != NO_DAY).sum())
            self.tallies[number].add(reading)

    def result(self) -> Tally | None:
        """By the reading that more of the cells allow, the day first where both do; None: it is no column of dates."""
        month_first = self.read[1] > self.read[0]
        if self.read[month_first] < MIN_SHARE * self.filled:
            return None
        return self.tallies[month_first]


@dataclass(slots=True)
class _State:
    """What one document has shown so far."""

    message: Tally
    lines: Tally
    columns: dict[tuple[str, int, str], _Column] = field(default_factory=dict)
    keys: dict[str, _Column] = field(default_factory=dict)
    line_count: int = 0
    own: int = NO_DAY
    """The youngest day among the properties of the file."""
    head: int = HEAD_BYTES
    """Bytes of running text in which a label is still looked for."""
    label: int = NO_DAY
    """The day that the document bears."""
    has_cells: bool = False


class RecordDates:
    """Watches the texts of documents go by. Documents may interleave; each is to be finished."""

    def __init__(self, as_of: date) -> None:
        """Dates after `as_of`, and before 1970, are no dates of records."""
        self._as_of = as_of
        self._last_day = number_of(as_of)
        self._states: dict[DocumentRef, _State] = {}

    def asks_for(self, header: str) -> bool:
        """Whether a column of this name may say how old its rows are."""
        return bool(header) and sort_of(header) >= 0

    def observe(self, ref: DocumentRef, batch: ChunkBatch) -> None:
        """Takes note of the dates in a batch of the document."""
        state = self._states.get(ref)
        if state is None:
            state = self._states[ref] = _State(Tally(self._last_day), Tally(self._last_day))
        origin = batch.origin
        if isinstance(origin, ColumnOrigin):
            self._cells(state, batch.texts, origin)
        elif isinstance(origin, LineOrigin):
            if not state.has_cells and not state.message:
                self._text(state, batch.texts, origin)
                self._label(state, batch.texts)
        elif isinstance(origin, PageOrigin):
            self._label(state, batch.texts)
        elif isinstance(origin, PartOrigin):
            self._parts(state, batch.texts, origin)

    def finish(self, ref: DocumentRef) -> list[Month]:
        """The months that the records of the document are from, oldest first; forgets the document and its members.

        All of one basis: `data` where its data are dated, else `name`, else `file`; empty where nothing is known.
        """
        state = self.forget(ref)
        for tally in self._in_data(state) if state is not None else ():
            if tally:
                return tally.months("data")
        around = ref.parent
        while around is not None:
            outer = self._states.get(around)
            if outer is not None and outer.message:
                return outer.message.months("data")
            around = around.parent
        return months_of_name(ref.display, self._as_of) or self._of_file(ref)

    def forget(self, ref: DocumentRef) -> _State | None:
        """Drops what is known of the document and its members."""
        state = self._states.pop(ref, None)
        if ref.parent is None and self._states:  # members that were never finished
            self._states = {other: one for other, one in self._states.items() if other.top != ref}
        return state

    # the parts of a document

    def _cells(self, state: _State, cells: pa.Array, origin: ColumnOrigin) -> None:
        state.has_cells = True
        if not self.asks_for(origin.header):
            return
        sort = sort_of(origin.header)
        key = (origin.sheet, origin.column, origin.header)
        column = self._column(state.columns, key, sort)
        if column is None:
            return
        data, starts, lengths = _buffers(cells)
        filled = lengths > 0
        column.add(read_days(data, starts[filled], lengths[filled], self._as_of.year), int(filled.sum()))

    def _text(self, state: _State, texts: pa.Array, origin: LineOrigin) -> None:
        data, starts, lengths = _buffers(texts)
        for start, length in zip(starts.tolist(), lengths.tolist(), strict=True):
            block = data[start : start + length]
            owned = length if origin.owned_bytes is None else origin.owned_bytes
            self._keyed(state, block, owned)
            days, lines = line_days(block, owned, _is_continued(origin))
            state.lines.add(days)
            state.line_count += lines

    def _label(self, state: _State, texts: pa.Array) -> None:
        if state.label != NO_DAY or state.head <= 0:
            return
        data, starts, lengths = _buffers(texts)
        for start, length in zip(starts.tolist(), lengths.tolist(), strict=True):
            head = data[start : start + min(length, state.head)].tobytes().decode("utf-8", "replace")
            state.head -= length
            state.label = labelled_day(head, self._last_day)
            if state.label != NO_DAY or state.head <= 0:
                return

    def _keyed(self, state: _State, block: npt.NDArray[np.uint8], owned: int) -> None:
        found = values_under_keys(block, owned)
        for number, name in enumerate(found.names):
            sort = sort_of(name)
            column = self._column(state.keys, name, sort) if sort >= 0 else None
            if column is not None:
                mine = found.key == number
                days = read_days(block, found.start[mine], found.length[mine], self._as_of.year)
                column.add(days, int(mine.sum()))

    def _parts(self, state: _State, texts: pa.Array, origin: PartOrigin) -> None:
        known = words()
        for number, part in enumerate(origin.parts):
            if _is_one_of(part, known.file_parts):
                state.own = max(state.own, self._single(texts[number].as_py()))
            elif not state.message and _is_one_of(part, known.message_parts):
                state.message.add(np.array([self._single(texts[number].as_py())], np.int64))

    def _single(self, text: str | None) -> int:
        """The day that a header or a property gives; `NO_DAY` for none, and for one after `as_of`."""
        text = (text or "").strip().removeprefix("D:")  # as PDF writes it (ISO 32000-1, 7.9.4)
        day = NO_DAY
        if text[:1].isdigit():
            data = np.frombuffer((text[:14] if text[:14].isdigit() else text).encode("utf-8", "replace"), np.uint8)
            day = int(read_days(data, np.zeros(1, np.int64), np.array([len(data)]), self._as_of.year).day_first[0])
        if day == NO_DAY:
            try:
                day = number_of(email.utils.parsedate_to_datetime(text[:200]).date())
            except (ValueError, TypeError, IndexError, OverflowError):
                return NO_DAY
        return day if day <= self._last_day else NO_DAY

    def _column(self, columns: dict[K, _Column], key: K, sort: int) -> _Column | None:
        column = columns.get(key)
        if column is None and len(columns) < MAX_COLUMNS:
            column = columns[key] = _Column(sort, self._last_day)
        return column

    # the end of a document

    def _in_data(self, state: _State) -> Iterator[Tally]:
        """The sources of dates within the data, the nearest to the records first."""
        yield state.message
        yield self._of_tables(state)
        if not state.has_cells:
            keyed = self._best(self._by_sort(state.keys.values(), add=True))
            is_log = state.lines.records >= MIN_LINES * state.line_count
            yield state.lines if is_log and state.lines.records > keyed.records else keyed
        for day in (NO_DAY if state.has_cells else state.label, state.own):  # a title says when a table was printed
            tally = Tally(self._last_day)
            tally.add(np.array([day], np.int64))
            yield tally

    def _of_tables(self, state: _State) -> Tally:
        """The records of all tables: of each, the cells of its best column."""
        tables: dict[str, list[_Column]] = {}
        for (sheet, _, _), column in state.columns.items():
            tables.setdefault(sheet, []).append(column)
        total = Tally(self._last_day)
        for columns in tables.values():
            total.merge(self._best(self._by_sort(columns, add=False)))
        return total

    def _by_sort(self, columns: Iterable[_Column], *, add: bool) -> dict[int, Tally]:
        """Sort of date to its records: of all its columns together (`add`), or of the fullest."""
        out: dict[int, Tally] = {}
        for column in columns:
            tally = column.result()
            if not tally:
                continue
            known = out.get(column.sort)
            if known is None or not add and tally.records > known.records:
                out[column.sort] = tally
            elif add:
                known.merge(tally)
        return out

    def _best(self, by_sort: dict[int, Tally]) -> Tally:
        """The first sort of date that at least half as many records have as the fullest; `period` only alone."""
        order = words().sorts
        if len(by_sort) > 1:
            by_sort.pop(order.index("period"), None)
        most = max((tally.records for tally in by_sort.values()), default=0)
        for number in range(len(order)):
            tally = by_sort.get(number)
            if tally is not None and 2 * tally.records >= most:
                return tally
        return Tally(self._last_day)

    def _of_file(self, ref: DocumentRef) -> list[Month]:
        """The time of the document, else of what it lies in."""
        at: DocumentRef | None = ref
        while at is not None:
            day = _day_of(at.modified_at)
            if day is not None and date(1970, 1, 1) < day <= self._as_of and day not in _UNKNOWN_TIMES:
                return [Month(day.replace(day=1), "file", 1, day, day)]
            at = at.parent
        return []


def _is_one_of(part: str, names: tuple[str, ...]) -> bool:
    """Whether a part has one of the names, with a number or a label after it or without."""
    return any(part == name or part.startswith(f"{name} ") for name in names)


def _day_of(seconds: float | None) -> date | None:
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, tz=UTC).date()
    except (ValueError, OverflowError, OSError):
        return None


def _is_continued(origin: LineOrigin) -> bool:
    """Whether the first line of the batch began in an earlier one."""
    if origin.source_map is None:
        return False
    _, columns = origin.source_map.lines_and_columns(np.zeros(1, np.int64))
    return bool(columns[0] > 1)


def _buffers(texts: pa.Array) -> tuple[npt.NDArray[np.uint8], Days, Days]:
    """The bytes of an array of texts, and where each begins and how long it is; a null is an empty one."""
    width = np.int64 if pa.types.is_large_string(texts.type) else np.int32
    _, offsets, data = texts.buffers()
    if not len(texts) or data is None:
        empty = np.zeros(len(texts), np.int64)
        return np.zeros(1, np.uint8), empty, empty
    bounds = np.frombuffer(offsets, width)[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)
    starts, lengths = bounds[:-1], np.diff(bounds)
    if texts.null_count:
        lengths = np.where(texts.is_valid().to_numpy(zero_copy_only=False), lengths, 0)
    raw = np.frombuffer(data, np.uint8)
    return (raw if len(raw) else np.zeros(1, np.uint8)), starts, lengths
