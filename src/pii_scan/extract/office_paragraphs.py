"""Paragraphs and table rows out of the XML of documents, slides, comments, charts and other parts.

Serves WordprocessingML and DrawingML alike (ECMA-376 part 1, 17 and 21), and any other XML with `all_text`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import numpy as np

from pii_scan.extract.office_text import OVERLAP, SURROGATES, Reader, TextLines, batch_chars, batch_of
from pii_scan.model import ChunkBatch, Limits, PartOrigin

_TEXT_TAGS = frozenset({"t", "delText", "instrText", "delInstrText"})
_NUMBERS_ONLY = frozenset(  # layout numbers that are element text; they would only look like identifiers
    "posOffset pctPosHOffset pctPosVOffset pctWidth pctHeight align formatCode idx order".split()
)
_NAMES = frozenset("author initials displayName userId userName providerId name user email lastEditedBy".split())
_TEXT_ATTRS = frozenset(
    "descr title alt string displayText instr tooltip prompt promptTitle error errorTitle display connection command "
    "url sourceFile description caption comment".split()
)
_CARRIERS = frozenset(  # elements of a document text that have such attributes
    "docPr cNvPr textpath shape ins del moveFrom moveTo comment fldSimple hyperlink hlinkClick hlinkHover listItem "
    "imagedata cellIns cellDel rPrChange pPrChange tblPrChange sectPrChange".split()
)
_VALUED = frozenset(  # elements whose `val` was typed by someone: variables, tags, fields of a form, mail merge
    "docVar tag alias listEntry statusText helpText connectString query mailSubject".split()
)
_NAMED_BY_PROGRAM = frozenset({"cNvPr", "docPr", "cSld", "compatSetting"})
_DELETIONS = frozenset({"del", "moveFrom"})
_INSERTIONS = frozenset({"ins", "moveTo"})
_NORMAL, _INSERTED, _DELETED = 0, 1, 2


class Paragraphs(Reader):
    """Writes a part as lines: one for each paragraph and each line break in one; a table row has tabs between cells.

    What a tracked deletion took away follows its paragraph on the same line, after a tab. Alternate content is read
    once where its versions say the same. `all_text` reads the text of every element, else of text runs only.
    """

    def __init__(self, limits: Limits, lines: TextLines, all_text: bool) -> None:
        super().__init__(limits)
        self._lines = lines
        self._all = all_text
        self._spill = batch_chars(limits)
        self._open: list[list[tuple[str, int]]] = []  # paragraphs, nested where a text box stands in one
        self._open_chars = 0
        self._loose: list[str] = []
        self._rows: list[list[list[str]]] = []  # rows > cells > paragraphs, nested as tables are
        self._row_chars = 0
        self._changes = [0, 0, 0]  # depth of changes by kind
        self._alternates: list[set[str]] = []
        self._choices: list[int] = []
        self._fallbacks = 0
        self._names: dict[str, None] = {}
        self.authors_by_id: dict[str, str] = {}
        self._starts: dict[str, Callable[[], None]] = {
            "p": self._start_paragraph,
            "tab": self._tab,
            "ptab": lambda: self._put("\t"),
            "br": lambda: self._put("\n"),
            "cr": lambda: self._put("\n"),
            "noBreakHyphen": lambda: self._put("-"),
            "fldChar": lambda: self._put(" "),
            "tr": lambda: self._rows.append([]),
            "tc": lambda: self._rows[-1].append([]) if self._rows else None,
            "AlternateContent": lambda: self._alternates.append(set()),
            "Choice": lambda: self._choices.append(len(self._open[-1]) if self._open else -1),
            "Fallback": self._start_fallback,
        }
        self._ends: dict[str, Callable[[], None]] = {
            "p": lambda: self._end_paragraph(keep_blank=True),
            "tr": self._end_row,
            "AlternateContent": self._end_alternates,
            "Choice": self._end_choice,
            "Fallback": self._end_fallback,
        }

    def _begin(self, tag: str, attrs: dict[str, str]) -> None:
        if tag in _DELETIONS:
            self._changes[_DELETED] += 1
        elif tag in _INSERTIONS:
            self._changes[_INSERTED] += 1
        if attrs and (self._all or tag in _CARRIERS):
            self._attributes(attrs)
        if tag in _VALUED or (tag == "default" and self.stack[-2:-1] == ["textInput"]):
            self._typed(attrs)
        if tag in ("cm", "comment", "threadedComment") and self.authors_by_id:
            self._emit(self.authors_by_id.get(attrs.get("authorId", ""), ""))
        action = self._starts.get(tag)
        if action:
            action()

    def _close(self, tag: str) -> None:
        if tag in _DELETIONS:
            self._changes[_DELETED] -= 1
        elif tag in _INSERTIONS:
            self._changes[_INSERTED] -= 1
        action = self._ends.get(tag)
        if action:
            action()
        if self._loose and not self._open:
            loose = "".join(self._loose).strip()
            self._loose.clear()
            if loose:
                self._emit(loose)

    def _chars(self, data: str) -> None:
        tag = self.stack[-1]
        if tag in _TEXT_TAGS:
            self._put(data.replace("\n", " "))
        elif self._all and tag not in _NUMBERS_ONLY:
            self._put(data)

    def name_texts(self, label: str) -> Iterator[ChunkBatch]:
        """Who wrote comments and changes, and other names; to be called at the end of the part."""
        if self._names:
            name = f"{label}: names" if label else "names"
            text = SURROGATES.sub("?", "\n".join(self._names))
            for at in range(0, len(text), self._spill):
                yield batch_of([text[at : at + self._spill]], PartOrigin((name,)))

    def _attributes(self, attrs: dict[str, str]) -> None:
        for name, value in attrs.items():
            key = self._local[name]
            if key in _TEXT_ATTRS and value.strip():
                if self._open:
                    self._put(f" {value} ")
                else:
                    self._emit(value)
            elif key == "name" and (not self._all or self.stack[-1] in _NAMED_BY_PROGRAM):
                continue
            elif key in _NAMES and value.strip():
                self._names[value] = None

    def _typed(self, attrs: dict[str, str]) -> None:
        """What was typed into the `val` of an element; within a paragraph it must not stand between its words."""
        for name, value in attrs.items():
            if self._local[name] == "val" and value.strip():
                if self._open:
                    self._names[value] = None
                else:
                    self._emit(value)

    def _put(self, data: str) -> None:
        if not self._open:
            self._loose.append(data)
            return
        kind = _DELETED if self._changes[_DELETED] else _INSERTED if self._changes[_INSERTED] else _NORMAL
        self._open[-1].append((data, kind))
        self._open_chars += len(data)
        if self._open_chars > self._spill:  # an overlong paragraph goes out in lines that overlap
            text = _line_of(self._open[-1])
            self._emit(text)
            self._open[-1][:] = [(text[-OVERLAP:], _NORMAL)]
            self._open_chars = OVERLAP

    def _emit(self, line: str) -> None:
        for seen in self._alternates:
            if self._fallbacks:
                if line in seen:
                    return
            else:
                seen.add(line)
        if not (self._rows and self._rows[-1]):
            self._lines.add(line)
            return
        self._rows[-1][-1].append(line)
        self._row_chars += len(line)
        if self._row_chars > self._spill:  # a table that holds half the document
            for row in self._rows:
                self._lines.add(_row_text(row))
                row[:] = [[]]
            self._row_chars = 0

    def _start_paragraph(self) -> None:
        self._open.append([])

    def _end_paragraph(self, keep_blank: bool) -> None:
        if not self._open:
            return
        line = _line_of(self._open.pop())
        if not self._open:
            self._open_chars = 0
        if keep_blank or line.strip():
            self._emit(line)

    def _tab(self) -> None:
        if len(self.stack) < 2 or self.stack[-2] != "tabs":  # not the definition of a tab stop
            self._put("\t")

    def _end_row(self) -> None:
        if self._rows:
            row = self._rows.pop()
            if not self._rows:
                self._row_chars = 0
            self._emit(_row_text(row))

    def _end_alternates(self) -> None:
        self._alternates.pop()

    def _end_choice(self) -> None:
        at = self._choices.pop() if self._choices else -1
        if at >= 0 and self._open and self._alternates:
            self._alternates[-1].add("".join(text for text, _ in self._open[-1][at:]))

    def _start_fallback(self) -> None:
        self._fallbacks += 1
        self._open.append([])

    def _end_fallback(self) -> None:
        self._end_paragraph(keep_blank=False)
        self._fallbacks = max(self._fallbacks - 1, 0)


def _row_text(row: list[list[str]]) -> str:
    return "\t".join("\n".join(cell) for cell in row)


def _line_of(runs: list[tuple[str, int]]) -> str:
    """A paragraph as it reads now, and behind a tab the words as they were before each tracked deletion."""
    now = "".join(text for text, kind in runs if kind != _DELETED)
    if all(kind != _DELETED for _, kind in runs):
        return now
    before = [(text, kind) for text, kind in runs if kind != _INSERTED]
    old = "".join(text for text, _ in before)
    deleted = np.repeat([kind == _DELETED for _, kind in before], [len(text) for text, _ in before])
    words = [m.group() for m in re.finditer(r"\S+(?: (?=\d)\S+)*", old) if deleted[m.start() : m.end()].any()]
    return "\t".join([now, *words])
