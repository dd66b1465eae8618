"""Large objects of PostgreSQL: values in no table, to which columns refer by number. One document holds all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pii_scan.errors import DocumentError
from pii_scan.model import LargeValue, Need, ProblemCode, Sampled, Slice, TableColumn, TableRows
from pii_scan.sources.sql.names import TableName
from pii_scan.sources.sql.postgresql_session import Session
from pii_scan.sources.sql.tables import Options, Retrying

NAME = TableName("pg_catalog", "pg_largeobject")
_NUMBERS = "SELECT oid::int8 AS oid FROM pg_catalog.pg_largeobject_metadata ORDER BY oid"
_PIECE = 1 << 20


class LargeObjects:
    """All of a database. The number of an object (its oid) stands for a row."""

    def __init__(self, session: Session, options: Options, retrying: Retrying) -> None:
        self._session = session
        self._options = options
        self._retrying = retrying
        self.columns: Sequence[TableColumn] = [TableColumn("data", "", False, False)]
        self.key: Sequence[int] = ()
        self.remarks: Sequence[tuple[str, str]] = []
        self.sampled: Sampled | None = None

    def spare(self, needs: Mapping[int, Need]) -> None:
        """Nothing: all is fetched."""

    def plan(self, slice_bytes: int) -> list[Slice]:
        """[]: they are read in one unit."""
        return []

    def read(self, part: Slice | None) -> Iterator[TableRows | LargeValue | tuple[ProblemCode, str]]:
        """Each object a piece at a time. Those that may not be read are counted. Raises DocumentError."""
        found = self._retrying(lambda: self._session.query(_NUMBERS))
        numbers = found.column(0).to_pylist()
        wanted = numbers[: self._options.sample] if self._options.sample else numbers
        refused = 0
        for number in wanted:
            try:
                first = self._piece(number, 0)
            except DocumentError as error:
                if error.code != ProblemCode.PERMISSION:
                    raise
                refused += 1
            else:
                if first:
                    yield LargeValue(number, 0, self._pieces(number, first), False)
        if refused:
            yield ProblemCode.PERMISSION, f"no right to read {refused} large objects"
        if len(wanted) < len(numbers):
            self.sampled = Sampled(len(wanted), len(numbers), False)
        if self._session.later:
            yield ProblemCode.CHANGED, "the connection was lost: some objects are read as they were later in the scan"

    def _pieces(self, number: int, first: bytes) -> Iterator[bytes]:
        piece, start = first, 0
        while piece:
            yield piece
            start += len(piece)
            piece = self._piece(number, start) if len(piece) == _PIECE else b""

    def _piece(self, number: int, start: int) -> bytes:
        sql = f"SELECT pg_catalog.lo_get({number}::oid, {start}, {_PIECE}) AS piece"
        found = self._retrying(lambda: self._session.query(sql))
        return bytes(found.column(0)[0].as_py() or b"")
