"""How old the records are that hold a category in a system: the months of each document, and its occurrences shared
out over them.

Of each document only the best basis counts: the time of a file says nothing of records that are dated themselves.
Memory grows with the documents that have findings and their months, never with the number of findings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pii_scan.inventory.holdings import Ages
from pii_scan.inventory.rollup import FinishedRun, Rollup, document_keys, plain

BASES = ("data", "name", "file")
"""Best first."""
_PAIRS = 1 << 20
"""Documents times months that are shared out at a time."""
_MAX_RECORDS = 1 << 31
"""Records of one document beyond which they are counted in units, so that products stay within 64 bits."""
_EPOCH = date(1970, 1, 1)
_SHARED = ["group", "basis", "month"]

Ints = npt.NDArray[np.int64]


def ages_of(run: FinishedRun, found: pa.Table) -> dict[tuple[str, str], Ages]:
    """The ages of each (system, category) in `found`, which has one row for each document and category with columns
    target, document, system, category, count (plain texts and whole numbers).

    Those without a dated document have `Ages()`.
    """
    if not found.num_rows:
        return {}
    keys = document_keys(found)
    documents = pc.unique(keys)
    names, group = _groups(found)
    months = _Months(run, documents)
    document = pc.index_in(keys, documents).to_numpy().astype(np.int64)
    count = found.column("count").to_numpy().astype(np.int64)
    by_month = _shared_out(months, document, group, count)
    bounds = _bounds(months, document, group)
    return {name: _ages(by_month.get(number, {}), bounds.get(number)) for number, name in enumerate(names)}


def _groups(found: pa.Table) -> tuple[list[tuple[str, str]], Ints]:
    """The pairs of system and category, and the number of the pair of each row."""
    joined = pc.binary_join_element_wise(found.column("system"), found.column("category"), "\0")
    distinct = pc.unique(joined)
    names = [tuple(name.split("\0", 1)) for name in distinct.to_pylist()]
    return [(system, category) for system, category in names], pc.index_in(joined, distinct).to_numpy().astype(np.int64)


class _Months:
    """The dated months of documents, each by its best basis alone; those of one document stand together, oldest
    first.
    """

    def __init__(self, run: FinishedRun, documents: pa.Array) -> None:
        """`documents`: the keys of those that are wanted; they are numbered as they stand there."""
        rollup = Rollup(["number", "basis", "month"], {"records": "sum", "oldest": "min", "youngest": "max"})
        for table in run.dates():
            part = plain(table, table.column_names)
            number = pc.index_in(document_keys(part), documents)
            basis = pc.index_in(part.column("basis"), pa.array(BASES))
            part = part.set_column(part.schema.get_field_index("basis"), "basis", basis)
            part = part.append_column("number", number)
            part = part.filter(pc.and_(pc.is_valid(number), pc.is_valid(basis)))
            if part.num_rows:
                rollup.add(part.select(["number", "basis", "month", "records", "oldest", "youngest"]))
        table = rollup.result()
        columns = ("number", "basis", "month", "records", "oldest", "youngest")
        number, basis, month, records, oldest, youngest = (
            np.zeros(0, np.int64) if table is None else _whole(table.column(name)) for name in columns
        )
        best = np.full(len(documents), len(BASES))
        np.minimum.at(best, number, basis)
        kept = np.flatnonzero((basis == best[number]) & (records > 0))
        kept = kept[np.lexsort((month[kept], number[kept]))]
        self.basis, self.month, self.records = basis[kept], month[kept], records[kept]
        self.oldest, self.youngest = oldest[kept], youngest[kept]
        self.start = np.searchsorted(number[kept], np.arange(len(documents) + 1))
        """Where the months of each document begin, and where the last one's end."""

    def pairs(self, document: Ints) -> tuple[Ints, Ints]:
        """For each of the documents each of its months: (position in `document`, position of the month)."""
        size = self.start[document + 1] - self.start[document]
        row = np.repeat(np.arange(len(document)), size)
        within = np.arange(len(row)) - np.repeat(np.cumsum(size) - size, size)
        return row, np.asarray(self.start[document][row] + within, np.int64)


def _whole(column: pa.ChunkedArray) -> Ints:
    if pa.types.is_date32(column.type):
        column = column.cast(pa.int32())
    return np.asarray(column.to_numpy(), np.int64)


def _slices(months: _Months, document: Ints) -> Iterator[slice]:
    """Cuts the rows into runs that make about `_PAIRS` pairs."""
    ends = np.cumsum(months.start[document + 1] - months.start[document])
    at = 0
    while at < len(document):
        before = int(ends[at - 1]) if at else 0
        end = max(int(np.searchsorted(ends, before + _PAIRS, side="right")), at + 1)
        yield slice(at, end)
        at = end


def _shared_out(months: _Months, document: Ints, group: Ints, count: Ints) -> dict[int, dict[str, dict[date, int]]]:
    """Group to basis to month to occurrences."""
    rollup = Rollup(_SHARED, {"count": "sum"})
    for part in _slices(months, document):
        row, at = months.pairs(document[part])
        if not len(row):
            continue
        shares = share(count[part], row, months.records[at])
        columns = {"group": group[part][row], "basis": months.basis[at], "month": months.month[at], "count": shares}
        rollup.add(pa.table({name: values[shares > 0] for name, values in columns.items()}))
    out: dict[int, dict[str, dict[date, int]]] = {}
    table = rollup.result()
    for entry in [] if table is None else table.sort_by([(name, "ascending") for name in _SHARED]).to_pylist():
        months_of = out.setdefault(entry["group"], {}).setdefault(BASES[entry["basis"]], {})
        months_of[_day(entry["month"])] = entry["count"]
    return out


def share(count: Ints, row: Ints, records: Ints) -> Ints:
    """Shares `count` out in proportion to `records`, by the method of the largest remainder; of equal remainders the
    first comes first. Pair i is of the count `row[i]`; rows ascend.

    >>> share(np.array([5, 1]), np.array([0, 0, 0, 1]), np.array([1, 1, 1, 7])).tolist()
    [2, 2, 1, 1]
    """
    total = np.bincount(row, records, len(count)).astype(np.int64)
    unit = np.maximum(-(-total // _MAX_RECORDS), 1)[row]
    records = np.maximum(records // unit, 1)
    total = np.zeros(len(count), np.int64)
    np.add.at(total, row, records)
    whole, rest = np.divmod(count, np.maximum(total, 1))
    product = rest[row] * records
    shares = whole[row] * records + product // total[row]
    given = np.zeros(len(count), np.int64)
    np.add.at(given, row, shares)
    order = np.lexsort((np.arange(len(row)), -(product % total[row]), row))
    first = np.searchsorted(row, np.arange(len(count)))
    place = np.arange(len(row)) - first[row]
    shares[order] += place < (count - given)[row]
    return np.asarray(shares, np.int64)


def _bounds(months: _Months, document: Ints, group: Ints) -> dict[int, tuple[date, date, str]]:
    """Group to its oldest and youngest day and its best basis."""
    begin, end = months.start[document], months.start[document + 1]
    dated = end > begin
    if not dated.any():
        return {}
    begin, end, group = begin[dated], end[dated], group[dated]
    days = {"oldest": months.oldest[begin], "youngest": months.youngest[end - 1]}
    table = pa.table({"group": group, "basis": months.basis[begin], **days})
    sums = [("basis", "min"), ("oldest", "min"), ("youngest", "max")]
    return {
        entry["group"]: (_day(entry["oldest_min"]), _day(entry["youngest_max"]), BASES[entry["basis_min"]])
        for entry in table.group_by(["group"]).aggregate(sums).to_pylist()
    }


def _ages(by_month: Mapping[str, Mapping[date, int]], bounds: tuple[date, date, str] | None) -> Ages:
    return Ages() if bounds is None else Ages(*bounds, by_month)


def _day(number: int) -> date:
    return _EPOCH + timedelta(days=number)
