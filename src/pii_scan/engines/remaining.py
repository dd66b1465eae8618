"""What of a walk is left to read: neither done in an earlier sitting of this run, nor unchanged since an earlier run.

A run that is taken up again makes the parts that an uninterrupted one would have made. Where the targets have changed
meanwhile, parts that still hold stay, and what is not in them is read into further parts.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from pii_scan.engines.group import Group, Part, sliced
from pii_scan.engines.marks import Marks
from pii_scan.findings.earlier import Earlier, complete
from pii_scan.findings.run_writer import RunWriter
from pii_scan.findings.schema import TABLES
from pii_scan.findings.state import Found, Unit
from pii_scan.model import Item, Slice, WorkUnit

Grouped = Callable[..., Iterator[Group]]
"""`engines.scan.grouped`."""


@dataclass(slots=True)
class _Making:
    """A part that is being made: its units, and which of them are taken over, by position."""

    units: list[Unit]
    taken: dict[int, tuple[Found, str]] = field(default_factory=dict)
    """With what their target is called now."""


class Remaining:
    """Chooses what an engine has to read, and writes what it has read."""

    def __init__(self, writer: RunWriter, marks: Marks, grouped: Grouped, since: Earlier | None) -> None:
        """`since`: the earlier run whose findings of unchanged documents are taken over."""
        self._writer = writer
        self._state = writer.state
        self._marks = marks
        self._grouped = grouped
        self._since = since
        self._making: dict[str, _Making] = {}
        self._met: dict[str, set[int]] = defaultdict(set)
        self.taken = 0
        """Documents whose findings were taken over."""
        self.dropped: set[int] = set()
        """Places of documents that were done, and have changed or vanished since."""

    def groups(self, walk: Iterable[Item]) -> Iterator[Group]:
        """The groups of the walk that are to be read, without what need not be."""
        before = self._state.parts()
        if not before:
            for group in self._grouped(walk):
                yield from self._offered(group, self._units(group))
            return
        numbers = {_number(part) for part in before}
        groups = self._grouped(walk)
        for group in groups:
            units = self._units(group)
            if self._is_done(group, units):
                continue
            if self._is_untouched(group, units, numbers):
                yield from self._offered(group, units)
                continue
            items = itertools.chain(group.items, (item for other in groups for item in other.items))
            start = max(*numbers, _number(group.part)) + 1
            for part in self._grouped((item for item in items if not self._has(self._marks.unit(item))), start):
                numbers.add(_number(part.part))
                yield from self._offered(part, self._units(part))
        self._drop_stale(before, max(*numbers, 0) + 1)

    def _units(self, group: Group) -> list[Unit]:
        return [self._marks.unit(item) for item in group.items]

    def _is_done(self, group: Group, units: Sequence[Unit]) -> bool:
        """Whether the part of a group is there, with just these documents in this state."""
        if group.plan:
            return self._has(units[0])
        if not _alike(self._state.units(group.part), units):
            return False
        self._met[group.part].update(range(len(units)))
        return True

    def _is_untouched(self, group: Group, units: Sequence[Unit], numbers: set[int]) -> bool:
        """Whether an uninterrupted run would still have to read all of a group under its number."""
        found = [one for unit in units for one in self._found(unit)]
        if group.plan:
            return {_number(one.part) for one in found} == numbers & {_number(group.part)}
        return not found and _number(group.part) not in numbers

    def _has(self, unit: Unit) -> bool:
        found = self._found(unit)
        if not complete(found):
            return False
        for one in found:
            self._met[one.part].add(one.number)
        return True

    def _found(self, unit: Unit) -> list[Found]:
        return [one for one in self._state.at(unit.place) if one.unit.state == unit.state]

    def _offered(self, group: Group, units: list[Unit]) -> Iterator[Group]:
        """The group, as far as it is to be read."""
        if group.plan:
            begun = self._found(units[0])
            if begun:  # some slices are done; whether they still fit shows when it is cut again
                group.part = begun[0].part.partition("-")[0]
                for one in begun:
                    self._met[one.part].add(one.number)
            elif self._is_taken(group, units[0]):
                return
            self._making[group.part] = _Making(units)
            yield group
            return
        taken = {}
        for position, unit in enumerate(units if self._since else ()):
            found = self._unchanged(unit)
            if len(found) == 1 and not found[0].unit.slices:
                taken[position] = found[0], group.items[position].ref.target
        making = self._making[group.part] = _Making(units, taken)
        self.taken += len(taken)
        left = [item for position, item in enumerate(group.items) if position not in making.taken]
        if left:
            yield Group(group.part, left)
        else:
            self.write(Part(group.part, {}, {}))

    def _unchanged(self, unit: Unit) -> list[Found]:
        return self._since.unchanged(unit) if self._since is not None else []

    def _is_taken(self, group: Group, unit: Unit) -> bool:
        """Takes over a large document, as a whole or in its slices."""
        found = self._unchanged(unit)
        for number, one in enumerate(found):
            name = f"{group.part}-{number:05d}" if one.unit.slices else group.part
            mark = unit._replace(plan=one.unit.plan, slices=one.unit.slices)
            self._making[name] = _Making([mark], {0: (one, group.items[0].ref.target)})
            self.write(Part(name, {}, {}))
        self.taken += bool(found)
        return bool(found)

    def split(self, group: Group, slices: Sequence[WorkUnit]) -> list[Group]:
        """As `engines.group.sliced`, without the slices that are done. All are read again where they do not fit what is
        done.
        """
        parts: list[Slice] = [unit.slice for unit in slices if unit.slice is not None]
        unit = self._making.pop(group.part).units[0]
        if slices:
            plan = self._marks.plan(slices[0].ref.target, parts)
            unit = unit._replace(plan=plan, slices=len(slices))
        done = {one.part: one.unit for one in self._found(unit)}
        if any((one.plan, one.slices) != (unit.plan, unit.slices) for one in done.values()):
            self._writer.commit(gone=list(done))
            done = {}
        left = [part for part in sliced(group, slices) if part.part not in done]
        for part in left:
            self._making[part.part] = _Making([unit])
        return left

    def write(self, part: Part) -> None:
        """Puts the rows of a part in order, with those that are taken over, and writes them."""
        making = self._making.pop(part.name)
        taken = {}
        for position, (found, target) in making.taken.items():
            assert self._since is not None
            taken[position] = self._since.rows(found, target)
        read = [position for position in range(len(making.units)) if position not in taken]
        tables, counts = {}, []
        for name in TABLES:
            rows = part.counts.get(name, [0] * len(read))
            table = part.tables.get(name, _EMPTY[name])
            if taken:
                own = dict(zip(read, rows, strict=True))
                rows = [own[at] if at in own else taken[at][name].num_rows for at in range(len(making.units))]
                table = _merged(table, own, {at: tables_of[name] for at, tables_of in taken.items()})
            counts.append(rows)
            tables[name] = table
        units = [unit._replace(rows=rows) for unit, rows in zip(making.units, zip(*counts, strict=True), strict=True)]
        said = {name: part.tables[name].to_pylist() for name in _MORE if name in part.tables}
        self._writer.write_part(part.name, tables, _sound(units, tables), {k: v for k, v in said.items() if v})

    def _drop_stale(self, before: Sequence[str], number: int) -> None:
        """Removes what is done of documents that have changed or are no longer there."""
        own, gone = Earlier(self._writer.path, self._state), []
        for part in before:
            units, met = self._state.units(part), self._met.get(part, set())
            if not units or len(met) == len(units):
                continue
            self.dropped |= {unit.place for at, unit in enumerate(units) if at not in met}
            gone.append(part)
            if met:
                kept = [own.rows(Found(part, at, units[at])) for at in sorted(met)]
                tables = {name: _joined([rows[name] for rows in kept]) for name in TABLES}
                self._writer.write_part(f"{number:08d}", tables, [units[at] for at in sorted(met)], hold=True)
                number += 1
        if gone:
            self._writer.commit(gone)


_EMPTY = {name: schema.empty_table() for name, schema in TABLES.items()}
_MORE = ("samples", "times")
"""What goes into the manifest and no part."""


def _number(part: str) -> int:
    return int(part.partition("-")[0])


def _alike(done: Sequence[Unit], units: Sequence[Unit]) -> bool:
    return [(one.place, one.state) for one in done] == [(one.place, one.state) for one in units]


def _sound(units: Sequence[Unit], tables: dict[str, pa.Table]) -> list[Unit]:
    """The units; those that were not wholly read are not settled."""
    names = list(TABLES)
    problems, documents = names.index("problems"), names.index("documents")
    status, at, sound = tables["documents"].column("status").to_pylist(), 0, []
    if not tables["problems"].num_rows and set(status) <= {"read"}:
        return list(units)  # of most parts
    for unit in units:
        own = status[at : at + unit.rows[documents]]
        at += len(own)
        whole = not unit.rows[problems] and all(one == "read" for one in own)
        sound.append(unit if whole or not unit.settled else unit._replace(settled=False))
    return sound


def _merged(read: pa.Table, counts: dict[int, int], taken: dict[int, pa.Table]) -> pa.Table:
    """Rows that were read and rows that are taken over, in the order of their positions."""
    pieces, at = [], 0
    for position in sorted([*counts, *taken]):
        if position in taken:
            pieces.append(taken[position])
        else:
            pieces.append(read.slice(at, counts[position]))
            at += counts[position]
    return _joined(pieces)


def _joined(pieces: Sequence[pa.Table]) -> pa.Table:
    """The rows of all; without words that only rows left out had."""
    schema = pieces[0].schema
    plain = pa.schema([
        pa.field(entry.name, entry.type.value_type) if pa.types.is_dictionary(entry.type) else entry
        for entry in schema
    ])  # fmt: skip
    return pa.concat_tables([piece.cast(plain) for piece in pieces]).combine_chunks().cast(schema)
