"""XML as text with its markup: element names stand beside the values, as context; positions are those of the file.

Expands nothing but predefined and numeric character references. Well-formedness is checked beside the reading and
never stops it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.parsers import expat

import numpy as np

from pii_scan.extract import charset, percent, xml_attachments
from pii_scan.extract.references import composed, resolve
from pii_scan.extract.text import (
    BLOCK_BYTES,
    Piece,
    decoded_batch,
    mapped_batch,
    piece_batch,
    pieces,
    read_head,
    segments,
)
from pii_scan.model import ChunkBatch, Document, Limits, Problem, ProblemCode, Stage

_DECLARED = re.compile(rb"<\?xml[^>]{0,400}?\bencoding\s*=\s*[\"']([A-Za-z0-9._:-]{1,40})[\"']")
_OPAQUE = re.compile(rb"<!--|<!\[CDATA\[")


def extract(document: Document, limits: Limits) -> Iterator[ChunkBatch | Document | Problem]:
    """The text of an XML document, one text a batch, then what an invoice carries in base64, as members; Problems
    where it is not well-formed or declares entities.
    """
    stream = document.content
    head = read_head(stream)
    declared = _DECLARED.search(head[:1024])
    encoding = charset.declared_or_detected(declared[1].decode("ascii") if declared else None, head)
    check = _Check(limits)
    block_bytes = max(min(BLOCK_BYTES, limits.max_value_bytes // 4), 64)
    for piece in pieces(check.watch(segments(stream, encoding, None, block_bytes, old_mac=False)), 1, block_bytes):
        yield _batch(piece)
    problem = check.finish()
    if problem is not None:
        yield Problem(document.ref, Stage.EXTRACT, *problem)
    yield from xml_attachments.members(document.ref, stream, limits)


def _batch(piece: Piece) -> ChunkBatch:
    if b"&" not in piece.text:
        return decoded_batch(piece)
    text, marks = resolve(piece.text, html_rules=False)
    decoded = percent.decode(text)
    if decoded is not None:
        text, marks = decoded.text, composed(decoded.marks(), marks, len(decoded.text))
    return piece_batch(piece) if text == piece.text else mapped_batch(piece, text, marks)


class _EntityError(Exception):
    """The document type declares an entity."""


class _Check:
    """Well-formedness, checked by expat while the text goes by. No handler makes text; nothing external is opened."""

    def __init__(self, limits: Limits) -> None:
        self._parser: expat.XMLParserType | None = expat.ParserCreate("utf-8")
        self._parser.EntityDeclHandler = _refuse
        self._parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        self._limit = limits.max_xml_depth
        self._depth = 0
        self._tail = b""
        self._closer = b""
        """What ends the comment or CDATA section that the last block ended in."""
        self._problem: tuple[ProblemCode, str] | None = None

    def watch(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """Hands the blocks on."""
        for block in blocks:
            self._feed(block)
            yield block

    def finish(self) -> tuple[ProblemCode, str] | None:
        """Code and detail of the first thing that was wrong."""
        self._parse(b"", True)
        return self._problem

    def _feed(self, block: bytes) -> None:
        if self._parser is None:
            return
        if self._deepest(block) > self._limit:
            self._stop(ProblemCode.LIMIT, f"elements nested deeper than {self._limit}; not checked further")
            return
        self._parse(block, False)

    def _parse(self, block: bytes, final: bool) -> None:
        if self._parser is None:
            return
        try:
            self._parser.Parse(block, final)
        except _EntityError:
            self._stop(ProblemCode.LIMIT, "entity declarations are not expanded")
        except expat.ExpatError as error:
            line = int(error.lineno)
            if final:
                self._stop(ProblemCode.TRUNCATED, "XML ends before its root element does")
            else:
                self._stop(ProblemCode.CORRUPT, f"XML is not well-formed at line {line}")

    def _stop(self, code: ProblemCode, detail: str) -> None:
        self._problem, self._parser = (code, detail), None

    def _deepest(self, block: bytes) -> int:
        """The depth of elements reached in the block, by counting tags: expat holds memory for each open element."""
        tags = self._without_opaque(self._tail + block)
        data = np.frombuffer(tags, np.uint8)
        first, second = data[:-1], data[1:]
        bracket = first == ord("<")
        opens = bracket & (second != ord("/")) & (second != ord("!")) & (second != ord("?"))
        closes = (bracket & (second == ord("/"))) | ((first == ord("/")) & (second == ord(">")))
        depth = np.cumsum(opens.astype(np.int8) - closes.astype(np.int8), dtype=np.int64) + self._depth
        if not len(depth):
            return self._depth
        self._depth = max(int(depth[-1]), 0)
        # A self-closing tag counts as one level before it is closed.
        return int(depth.max()) - 1

    def _without_opaque(self, text: bytes) -> bytes:
        """The text without comments and CDATA sections, in which tags are no tags.

        What the block's end may have parted is kept for the next: a mark, or the two bytes that open or close a tag.
        """
        kept: list[bytes] = []
        at = 0
        while True:
            if self._closer:
                end = text.find(self._closer, at)
                if end < 0:
                    self._tail = text[max(at, len(text) - 2) :]
                    return b"".join(kept)
                at, self._closer = end + 3, b""
            match = _OPAQUE.search(text, at)
            if match is None:
                break
            kept.append(text[at : match.start()])
            at, self._closer = match.end(), b"-->" if match[0] == b"<!--" else b"]]>"
        parted = text.rfind(b"<", max(at, len(text) - len(b"<![CDATA")))
        self._tail = text[max(at, len(text) - 1) :] if parted < 0 else text[parted:]
        kept.append(text[at:] if parted < 0 else text[at:parted])
        return b"".join(kept)


def _refuse(*_: object) -> None:
    raise _EntityError
