"""The XML of OpenDocument files as lines, pages and cells (ISO/IEC 26300-1: 5 text, 9 tables, 10 graphics, 14 notes).

One reader for all kinds, packed or flat. A table of a spreadsheet goes out by column, any other as lines with tabs
between the cells. Repeated rows and columns are counted and never expanded.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from pii_scan.errors import DocumentError
from pii_scan.extract.limits import Budget, Spool
from pii_scan.extract.office_text import OVERLAP, PartTexts, Reader, TextLines, batch_chars
from pii_scan.extract.open_document_cells import Cell, Sheet
from pii_scan.model import (
    ChunkBatch,
    Document,
    DocumentRef,
    Limits,
    LineOrigin,
    PageOrigin,
    Problem,
    ProblemCode,
    Stage,
)

Item = ChunkBatch | Document | Problem

_PARAGRAPHS = frozenset({"p", "h"})
_ASIDE = {  # elements whose text is of another part
    "annotation": "comments",
    "note-body": "footnotes",
    "tracked-changes": "tracked changes",
    "notes": "notes",
    "header": "header", "header-left": "header", "header-first": "header",
    "footer": "footer", "footer-left": "footer", "footer-first": "footer",
    "meta": "properties",
    "scripts": "macros",
    "content-validations": "settings",
    "forms": "form fields",
    "styles": "styles", "automatic-styles": "styles", "font-face-decls": "styles", "settings": "styles",
    "master-styles": "master",
}  # fmt: skip
_VALUES = frozenset(  # attributes that hold text
    "string-value current-value label help-text author-name title comment user-name table-name description "
    "connect-resource command".split()
)
_INLINE_ALONE = frozenset({"title", "desc", "note"})
_FORM_VALUES = frozenset({"value", "current-value", "label"})
_HREFS = frozenset({"href", "location", "target-location"})
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:|//|www\.", re.IGNORECASE)
_MAX_SPACES = 1000
_TICKS = 16


class OpenDocumentReader(Reader):
    """Reads one part. `label` names an embedded object; `styles`: it is that of the styles and master pages."""

    def __init__(
        self, ref: DocumentRef, limits: Limits, label: str = "", *, styles: bool = False, budget: Budget | None = None
    ) -> None:
        super().__init__(limits)
        self._ref, self._limits, self._label, self._budget = ref, limits, label, budget
        self._asides: list[str] = ["master"] if styles else []
        self._lines: dict[str, TextLines] = {}
        self._texts = PartTexts(limits)
        self._out: list[Item] = []
        self._open: list[list[str]] = []
        self._open_chars = 0
        self._spill = batch_chars(limits)
        self._loose: list[str] = []
        self._rows: list[list[list[str]]] = []
        self._page = 0
        self._on_page = False
        self._in_sheets = False
        self._tables = 0
        self._sheet: Sheet | None = None
        self._cell: Cell | None = None
        self._field = ""
        self._binary: Spool | None = None
        self._carry = ""
        self._pictures = 0
        self._ticks = 0

    # what was read

    def ready(self) -> Iterator[Item]:
        """What is full, and what is finished."""
        yield from self._finished()
        for label, lines in self._lines.items():
            for batch in lines.ready():
                yield self._placed(label, batch)
        yield from self._texts.ready()
        self._ticks += 1
        if self._sheet is not None and self._ticks % _TICKS == 0:
            yield from self._sheet.columns.ready()

    def rest(self) -> Iterator[Item]:
        """All that is left."""
        while self._open:
            self._end_paragraph()
        if self._sheet is not None:
            self._out += self._sheet.columns.rest()
            self._sheet = None
        self._end_page()
        if self._binary is not None:
            self._binary.close()
            self._binary = None
        yield from self._finished()
        for label, lines in self._lines.items():
            for batch in lines.rest():
                yield self._placed(label, batch)
        yield from self._texts.rest()

    def _finished(self) -> Iterator[Item]:
        out, self._out = self._out, []
        yield from out

    def _placed(self, label: str, batch: ChunkBatch) -> ChunkBatch:
        if label == "" and self._on_page and isinstance(batch.origin, LineOrigin):
            return ChunkBatch(batch.texts, PageOrigin(self._page))
        return batch

    def _named(self, label: str) -> str:
        parts = [self._label, self._sheet.name if self._sheet is not None else "", label]
        if self._on_page and label == "notes":
            parts.insert(1, f"slide {self._page}")
        return ": ".join(part for part in parts if part)

    def _sink(self) -> TextLines:
        label = self._named(self._asides[-1] if self._asides else "")
        if label not in self._lines:
            self._lines[label] = TextLines(label, self._limits)
        return self._lines[label]

    # elements

    def _begin(self, tag: str, attrs: dict[str, str]) -> None:
        if self._is_aside(tag):
            self._asides.append(_ASIDE[tag])
            if tag == "annotation":
                self._open.append([])
        elif tag in _PARAGRAPHS:
            self._open.append([])
        elif tag == "binary-data":
            self._binary, self._carry = Spool(self._limits.spool_bytes), ""
        elif tag == "page" and "presentation" in self.stack or tag == "page" and "drawing" in self.stack:
            self._page += 1
            self._on_page = True
        elif tag == "spreadsheet":
            self._in_sheets = True
        else:
            self._begin_inline(tag, attrs)
            self._begin_table(tag, attrs)
        if attrs:
            self._attributes(tag, attrs)

    def _is_aside(self, tag: str, closed: bool = False) -> bool:
        """The element holds text of another part; `meta` is also the name of an element within paragraphs."""
        outer = self.stack if closed else self.stack[:-1]
        return tag in _ASIDE and (
            tag not in ("meta", "settings", "styles") or outer[-1:] == ["document"] or outer[-1:] == [f"document-{tag}"]
        )

    def _begin_inline(self, tag: str, attrs: dict[str, str]) -> None:
        if tag == "s":
            count = _local(attrs, "c")
            self._put(" " * min(int(count) if count.isdecimal() and len(count) < 9 else 1, _MAX_SPACES))
        elif tag == "tab":
            self._put("\t")
        elif tag == "line-break":
            self._put("\n")
        elif tag in _INLINE_ALONE:
            self._put(" ")

    def _begin_table(self, tag: str, attrs: dict[str, str]) -> None:
        if tag == "table":
            self._tables += 1
            if self._in_sheets and self._tables == 1 and not self._asides:
                name = _local(attrs, "name")
                self._texts.add(self._named("sheet names"), name)
                self._sheet = Sheet(f"{self._label}: {name}" if self._label else name, self._limits)
        elif self._sheet is not None and self._tables == 1 and not self._asides:
            if tag == "table-row":
                self._sheet.begin_row(_local(attrs, "number-rows-repeated"))
            elif tag in ("table-cell", "covered-table-cell"):
                self._cell = Cell(attrs)
        elif tag == "table-row":
            self._rows.append([])
        elif tag in ("table-cell", "covered-table-cell") and self._rows:
            self._rows[-1].append([])

    def _close(self, tag: str) -> None:
        if tag in _PARAGRAPHS:
            self._end_paragraph()
        elif tag == "binary-data":
            self._end_binary()
        elif tag in _INLINE_ALONE:
            self._put(" ")
        self._end_loose(tag)
        if self._is_aside(tag, closed=True) and self._asides:
            if tag == "annotation":
                self._end_annotation()
            self._asides.pop()
        elif tag == "page" and self._on_page:
            self._end_page()
        elif tag == "spreadsheet":
            self._in_sheets = False
        elif tag in ("table", "table-row", "table-cell", "covered-table-cell"):
            self._end_table(tag)

    def _end_table(self, tag: str) -> None:
        if tag == "table":
            self._tables = max(self._tables - 1, 0)
            if self._sheet is not None and self._tables == 0:
                self._out += self._sheet.columns.rest()
                self._sheet = None
        elif self._sheet is not None and self._tables == 1 and not self._asides:
            if tag == "table-row":
                self._sheet.end_row()
            elif self._cell is not None:
                for label, text in self._sheet.end_cell(self._cell):
                    self._texts.add(label, text)
                self._cell = None
        elif tag == "table-row" and self._rows:
            row = self._rows.pop()
            self._emit("\t".join("\n".join(cell) for cell in row))

    # text

    def _chars(self, data: str) -> None:
        if self._binary is not None:
            self._decode(data)
        elif self._open:
            self._put(" ".join(data.split("\n")))
        elif self._asides[-1:] != ["styles"] or not data.isspace():
            self._loose.append(data)

    def _put(self, text: str) -> None:
        if not self._open:
            return
        self._open[-1].append(text)
        self._open_chars += len(text)
        if self._open_chars > self._spill:  # an overlong paragraph goes out in lines that overlap
            line = "".join(self._open[-1])
            self._emit(line)
            self._open[-1][:] = [line[-OVERLAP:]]
            self._open_chars = OVERLAP

    def _emit(self, line: str) -> None:
        if self._asides[-1:] == ["styles"]:
            return
        if self._cell is not None and not self._asides:
            self._cell.texts.append(line)
        elif self._rows and self._rows[-1]:
            self._rows[-1][-1].append(line)
        else:
            self._sink().add(line)

    def _end_paragraph(self) -> None:
        if not self._open:
            return
        line = "".join(self._open.pop())
        if not self._open:
            self._open_chars = 0
        if self._open and self._asides[-1:] == ["comments"]:
            self._open[-1].append(line + "\n")  # the paragraphs of a comment stay together
        elif line.strip() or not self._open:
            self._emit(line)

    def _end_annotation(self) -> None:
        text = "".join(self._open.pop()).strip() if self._open else ""
        if not text:
            return
        if self._cell is not None and self._sheet is not None:
            self._texts.add(f"{self._sheet.name}: comments {self._sheet.place()}", text)
        elif self._on_page:
            self._texts.add(f"slide {self._page}: comments", text)
        else:
            self._sink().add(text)

    def _end_loose(self, tag: str) -> None:
        if tag in ("creator", "date", "sender-initials", "creator-initials") and self._asides[-1:] == ["comments"]:
            self._put("\n")
        if not self._loose or self._open:
            return
        text = "".join(self._loose).strip()
        self._loose.clear()
        if not text or self._asides[-1:] == ["styles"]:
            return
        if self._asides[-1:] == ["properties"]:
            self._texts.add(self._named(f"properties: {tag}"), f"{self._field}: {text}" if self._field else text)
            self._field = ""
        elif self._cell is not None and not self._asides:
            self._texts.add(f"{self._sheet.name if self._sheet else ''}: drawing", text)
        else:
            self._sink().add(text)

    def _attributes(self, tag: str, attrs: dict[str, str]) -> None:
        """Links, and the attributes that hold text a reader sees or typed."""
        if self._asides[-1:] == ["styles"]:
            return
        form = "forms" in self.stack
        for key, value in attrs.items():
            name = key.rpartition(":")[2]
            if name in _HREFS and _SCHEME.match(value):
                self._texts.add(self._named("hyperlinks"), value)
            elif tag == "user-defined" and name == "name":
                self._field = value
            elif tag == "named-range" and name == "name":
                self._texts.add(self._named("defined names"), value)
            elif (name in _VALUES or (form and name in _FORM_VALUES)) and self._cell is None:
                self._texts.add(self._named("fields"), value)
            elif tag == "change-track-table-cell" and name in ("value", "date-value"):
                self._texts.add(self._named("tracked changes"), value)

    # pages and pictures

    def _end_page(self) -> None:
        """Gives out the lines of a page, so that the next begins anew."""
        if not self._on_page:
            return
        lines = self._lines.pop("", None) or self._lines.pop(self._label, None)
        if lines is not None:
            self._out += [self._placed("", batch) for batch in lines.rest()]
        self._on_page = False

    def _decode(self, data: str) -> None:
        assert self._binary is not None
        text = self._carry + "".join(data.split())
        whole = len(text) // 4 * 4
        self._carry = text[whole:]
        try:
            piece = base64.b64decode(text[:whole])
        except (binascii.Error, ValueError):
            self._out.append(Problem(self._ref, Stage.EXTRACT, ProblemCode.CORRUPT, "a picture cannot be decoded"))
            return
        if self._budget is not None:
            self._budget.take_bytes(len(piece))
        if self._binary.size + len(piece) > self._limits.max_member_bytes:
            raise DocumentError("limit", f"a picture expands to more than {self._limits.max_member_bytes} bytes")
        self._binary.write(piece)

    def _end_binary(self) -> None:
        if self._binary is None:
            return
        self._pictures += 1
        size = self._binary.size
        ref = self._ref.member(f"{self._label or 'file'} {self._pictures}", size)
        self._out.append(Document(ref, self._binary.finish()))
        self._binary = None


def _local(attrs: dict[str, str], name: str) -> str:
    """An attribute by its name without prefix."""
    return next((value for key, value in attrs.items() if key.rpartition(":")[2] == name), "")
