"""Builds Office Open XML packages part by part for tests, and reads back what an extractor yields."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from pii_scan.errors import DocumentError
from pii_scan.model import ChunkBatch, ColumnOrigin, Document, DocumentRef, Limits, LineOrigin, PartOrigin, Problem

RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
S = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
SYNTHETIC = "15888010030"

Extract = Callable[[Document, Limits], Iterator[ChunkBatch | Document | Problem]]


def relationships(*links: tuple[str, str, str]) -> str:
    """A .rels part of (id, kind, target); a target with a colon is outside."""
    rows = ""
    for name, kind, target in links:
        mode = ' TargetMode="External"' if ":" in target else ""
        rows += f'<Relationship Id="{name}" Type="{OFFICE}/{kind}" Target="{target}"{mode}/>'
    return f'<Relationships xmlns="{RELS}">{rows}</Relationships>'


def package(parts: dict[str, str | bytes], main: str) -> bytes:
    """A package of these parts, with content types and the link to the main part."""
    types = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
    whole = {
        "[Content_Types].xml": types,
        "_rels/.rels": relationships(("rId1", "officeDocument", main)),
        **parts,
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in whole.items():
            archive.writestr(name, data)
    return out.getvalue()


@dataclass
class Yielded:
    """What an extractor gave, sorted for asserts."""

    batches: list[ChunkBatch] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    documents: dict[str, bytes] = field(default_factory=dict)
    error: DocumentError | None = None

    @property
    def text(self) -> str:
        return "\n".join(text for batch in self.batches for text in batch.texts.to_pylist() if text)

    @property
    def parts(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for batch in self.batches:
            origin = batch.origin
            if isinstance(origin, PartOrigin):
                for name, text in zip(origin.parts, batch.texts.to_pylist(), strict=True):
                    found[name] = found.get(name, "") + text + "\n"
            elif isinstance(origin, LineOrigin):
                found[origin.part] = found.get(origin.part, "") + batch.texts[0].as_py()
        return found

    def cells(self, column: int, header: str | None = None, sheet: str | None = None) -> dict[int, str]:
        """Row number to text of one column."""
        found: dict[int, str] = {}
        for batch in self.batches:
            origin = batch.origin
            if isinstance(origin, ColumnOrigin) and origin.column == column and header in (None, origin.header):
                if sheet in (None, origin.sheet):
                    assert origin.rows is not None and len(origin.rows) == len(batch.texts)
                    found.update(zip(origin.rows.tolist(), batch.texts.to_pylist(), strict=True))
        return found


def read(extract: Extract, data: bytes, limits: Limits | None = None) -> Yielded:
    """Runs an extractor over bytes; a DocumentError is kept, not raised."""
    found = Yielded()
    document = Document(DocumentRef("test", "file"), io.BytesIO(data))
    try:
        for item in extract(document, limits or Limits()):
            if isinstance(item, ChunkBatch):
                item.texts.validate(full=True)
                found.batches.append(item)
            elif isinstance(item, Problem):
                found.problems.append(item)
            else:
                found.documents[item.ref.path] = item.content.read()
    except DocumentError as error:
        found.error = error
    return found


def mutants(data: bytes, count: int = 200) -> Iterator[bytes]:
    """The data with a few random bytes changed, or cut short. The same ones in each run."""
    chance = random.Random(20261122)
    for _ in range(count):
        changed = bytearray(data)
        for _ in range(chance.randint(1, 8)):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        yield bytes(changed[: chance.randrange(len(changed))] if chance.random() < 0.2 else changed)
