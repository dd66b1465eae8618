"""How a delimited text file is written: delimiter, quotes, header. And the tolerant record reader used to tell.

Works on UTF-8 bytes. Does not read files; `tabular` and `split` do.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import lru_cache

from pii_scan.extract.records import MAX_QUOTED_BYTES, stray_share

SNIFF_RECORDS = 200
_DELIMITERS = (";", ",", "\t", "|")
_MAX_PREAMBLE = 20
_MIN_SHARE = 0.8
_SEP_LINE = re.compile(rb"\"?sep=([\t -/:-@\[-`{-~])\"?[ \t]*\r?\n", re.IGNORECASE)
_DATA = re.compile(
    rb"@|\d{5}|\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|\A[\s\d.,:+%/()-]+\Z|\A(?:true|false|null|none)\Z",
    re.IGNORECASE,
)
_HEADER_WORD = re.compile(
    r"navn|name|\bid\b|_id|id_|nummer|number|\bnr\b|adresse|address|e-?post|e-?mail|mail|telefon|phone|mobil|tlf|dato|date|"
    r"post(?:nr|sted|kode)|zip|city|\bby\b|sted|land|country|kommune|alder|age|kj[øo]nn|sex|gender|f[øo]dsel|fnr|personnr|"
    r"konto|account|bel[øo]p|amount|type|status|kode|code|tittel|title|kategori|category|beskrivelse|description|"
    r"kommentar|comment|rolle|role|avdeling|department|bruker|user|kunde|customer|ansatt|employee|col(?:umn)?_?\d|kolonne",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one file is written."""

    delimiter: str
    quote: str = '"'
    """Empty where fields are never quoted."""
    escape: bool = False
    """A backslash makes the next byte ordinary."""
    columns: int = 0
    header: tuple[str, ...] = ()
    skip: int = 0
    """Records before the header, or before the data where there is no header: `sep=`, titles."""

    def to_json(self, line: int) -> str:
        """For `model.Slice.layout`; `line` is the physical line at which the slice begins."""
        return json.dumps({**asdict(self), "line": line})

    @staticmethod
    def from_json(text: str) -> tuple[Dialect, int]:
        """What `to_json` wrote."""
        values = json.loads(text)
        line = int(values.pop("line"))
        return Dialect(**{**values, "header": tuple(values["header"])}), line


_Pattern = re.Pattern[bytes]


@lru_cache(maxsize=32)
def _field(delimiter: bytes, quote: bytes, escape: bool) -> tuple[_Pattern, _Pattern, _Pattern]:
    """Patterns of a quoted field with what must follow, of one not closed, and of a bare one. Each reads bytes once."""
    d, q = re.escape(delimiter), re.escape(quote or b"\xff")
    inner = rb"[^" + q + rb"\\]|" + q + q + rb"|\\[\x00-\xff]" if escape else rb"[^" + q + rb"]|" + q + q
    bare = rb"(?:[^" + d + rb"\n\\]|\\[\x00-\xff]|\\)*+" if escape else rb"[^" + d + rb"\n]*+"
    quoted = re.compile(q + rb"((?:" + inner + rb")*+)" + q + rb"(?=" + d + rb"|\r?\n|\r?\Z)", re.DOTALL)
    unclosed = re.compile(q + rb"(?:" + inner + rb")*+\\?\Z", re.DOTALL)
    return quoted, unclosed, re.compile(bare)


def read_records(
    text: bytes, dialect: Dialect, *, final: bool = True, start: int = 0
) -> Iterator[tuple[int, int, list[bytes]]]:
    """The records of a text as (begin, end, cells), tolerant: a stray or unclosed quote is an ordinary byte.

    `final`: the text is complete; else a record that may go on after the text is not given.
    """
    delimiter, quote = dialect.delimiter.encode("latin-1"), dialect.quote.encode()
    plain = not dialect.escape
    position, size = start, len(text)
    while position < size:
        end = text.find(b"\n", position) + 1
        if end == 0:
            if not final:
                return
            end = size
        if plain and (not quote or text.find(quote, position, end) < 0):
            yield position, end, _line(text, position, end).split(delimiter)
            position = end
            continue
        found = _record(text, position, dialect, final)
        if found is None:
            return
        yield position, found[0], found[1]
        position = found[0]


def _line(text: bytes, start: int, end: int) -> bytes:
    line = text[start:end]
    if line.endswith(b"\n"):
        line = line[:-1]
    return line.removesuffix(b"\r")


def _record(text: bytes, position: int, dialect: Dialect, final: bool) -> tuple[int, list[bytes]] | None:
    """End and cells of the record at `position`; None where it may go on after the text."""
    delimiter, quote = dialect.delimiter.encode("latin-1"), dialect.quote.encode()
    quoted, unclosed, bare = _field(delimiter, quote, dialect.escape)
    size = len(text)
    cells: list[bytes] = []
    while True:
        match = None
        if quote and text.startswith(quote, position):
            bound = min(size, position + MAX_QUOTED_BYTES)
            match = quoted.match(text, position, bound)
            if match is not None and match.end() == bound < size:
                match = None  # what follows the quote was not looked at
            may_go_on = not final and bound == size
            if may_go_on and (match.end() == size if match else unclosed.match(text, position)):
                return None
        if match is not None:
            cell, position = match[1].replace(quote + quote, quote), match.end()
            if text.startswith(b"\r", position):
                position += 1
        else:
            match = bare.match(text, position)
            assert match is not None  # the pattern matches the empty string
            cell, position = match[0], match.end()
            if text.startswith(b"\n", position):
                cell = cell.removesuffix(b"\r")
        cells.append(_unescaped(cell) if dialect.escape else cell)
        if text.startswith(delimiter, position):
            position += 1
        elif position < size:
            return position + 1, cells  # a line feed
        else:
            return (position, cells) if final else None


def _unescaped(cell: bytes) -> bytes:
    return re.sub(rb"\\([\x00-\xff])", rb"\1", cell) if b"\\" in cell else cell


def sniff(head: bytes, *, whole: bool = False) -> Dialect | None:
    """The dialect of a delimited text that begins with `head` (UTF-8), or None where it is not a table.

    `whole`: `head` is all of the text. A table has two columns at least, and four of five records have as many cells.
    """
    forced = _SEP_LINE.match(head)
    candidates = (forced[1].decode("latin-1"),) if forced else _DELIMITERS
    start = forced.end() if forced else 0
    best: tuple[float, Dialect, list[list[bytes]]] | None = None
    for delimiter in candidates:
        if delimiter.encode() not in head:
            continue
        for trial in _trials(head, delimiter):
            rows = _rows(head, trial, whole, start)
            share, columns = _consistency(rows)
            score = share + min(columns, 50) / 1000 - _misfit(head[start:], trial)
            if columns >= 2 and share >= _MIN_SHARE and (best is None or score > best[0] + 1e-6):
                best = (score, Dialect(delimiter, trial.quote, trial.escape, columns), rows)
    if best is None:
        return None
    return _with_header(best[1], best[2], 1 if forced else 0)


def _trials(head: bytes, delimiter: str) -> Iterator[Dialect]:
    yield Dialect(delimiter)
    if b"'" in head and _fields_quoted(head, delimiter, b"'") > _fields_quoted(head, delimiter, b'"'):
        yield Dialect(delimiter, "'")
        if b"\\'" in head or b"\\" + delimiter.encode() in head:
            yield Dialect(delimiter, "'", True)
    if b'\\"' in head or b"\\" + delimiter.encode() in head or b"\\\n" in head:
        yield Dialect(delimiter, '"', True)


def _fields_quoted(head: bytes, delimiter: str, quote: bytes) -> int:
    d = re.escape(delimiter.encode())
    pattern = rb"(?:^|" + d + rb")" + quote + rb"[^" + quote + rb"\n]*+" + quote + rb"(?=" + d + rb"|\r?$)"
    return len(re.findall(pattern, head, re.MULTILINE))


def _rows(head: bytes, dialect: Dialect, whole: bool, start: int) -> list[list[bytes]]:
    delimiter, quote = dialect.delimiter.encode("latin-1"), dialect.quote.encode()
    if not dialect.escape and (not quote or quote not in head):
        lines = head[start:].split(b"\n", SNIFF_RECORDS)
        last = lines.pop()
        if whole and last and len(lines) < SNIFF_RECORDS:
            lines.append(last)
        return [line.removesuffix(b"\r").split(delimiter) for line in lines]
    rows = []
    for _, _, cells in read_records(head, dialect, final=whole, start=start):
        rows.append(cells)
        if len(rows) >= SNIFF_RECORDS:
            break
    return rows


def _consistency(rows: list[list[bytes]]) -> tuple[float, int]:
    """Share of records with the usual number of cells, and that number."""
    body = [len(row) for row in rows if row != [b""]]
    counts = Counter(body)
    columns = max((n for n in counts if n > 1), key=lambda n: (counts[n], n), default=0)
    if not columns:
        return 0.0, 0
    lead = body.index(columns)
    if lead <= _MAX_PREAMBLE and len(body) - lead >= 3:
        body = body[lead:]  # titles above the table
    return body.count(columns) / len(body), columns


def _misfit(head: bytes, trial: Dialect) -> float:
    """How badly the quotes fit the dialect, 0 for well."""
    quote, delimiter = trial.quote.encode(), trial.delimiter.encode("latin-1")
    if quote not in head:
        return 0.0 if quote != b"'" else -0.01
    if trial.escape:
        head = re.sub(rb"\\[\x00-\xff]", b"xx", head)
    fit = stray_share(head, quote, delimiter)
    return fit if quote != b"'" or fit else -0.01  # single quotes are tried only where they look like quotes


def _with_header(dialect: Dialect, rows: list[list[bytes]], skip: int) -> Dialect:
    lead = next(i for i, row in enumerate(rows) if len(row) == dialect.columns)
    if lead > _MAX_PREAMBLE or len(rows) - lead < 2:
        lead = 0
    skip += lead
    first, rest = rows[lead], [row for row in rows[lead + 1 :] if len(row) == dialect.columns]
    if len(first) == dialect.columns and _is_header(first, rest):
        return replace(dialect, skip=skip, header=tuple(cell.decode("utf-8", "replace").strip() for cell in first))
    return replace(dialect, skip=skip)


def _is_header(first: list[bytes], rest: list[list[bytes]]) -> bool:
    """Whether the first record names the columns. In doubt it is data: a header is scanned too, but gives context."""
    stripped = [cell.strip() for cell in first]
    if any(_DATA.search(cell) or len(cell) > 120 or b"\n" in cell for cell in stripped):
        return False
    if sum(1 for cell in stripped if not cell) > (1 if len(stripped) > 2 else 0):
        return False
    names = [cell.decode("utf-8", "replace") for cell in stripped]
    if any(_HEADER_WORD.search(name) for name in names):
        return True
    for i, cell in enumerate(stripped):
        below = [row[i].strip() for row in rest[:100] if row[i].strip()]
        if cell and len(below) >= 2 and sum(1 for value in below if _DATA.search(value)) >= 0.7 * len(below):
            return True
    return False
