"""The fixture `read`: bytes through `dispatch.extract`, and what came out of them by document."""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from pii_scan.extract import dispatch
from pii_scan.extract.purview import ExportedItem, ExportedItems
from pii_scan.model import Document, DocumentRef, Limits, Problem


@dataclass
class Result:
    """What a walk gave."""

    texts: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    batches: list[dispatch.Extracted] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    exported: list[ExportedItem] = field(default_factory=list)
    done: dict[str, dispatch.DocumentDone] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)

    @property
    def codes(self) -> list[tuple[str, str]]:
        return [(problem.ref.display, str(problem.code)) for problem in self.problems]

    def text(self, document: str) -> str:
        return "\n".join(self.texts[document])

    @property
    def all_text(self) -> str:
        return "\n".join("\n".join(texts) for texts in self.texts.values())


def walk(data: bytes, name: str = "x", limits: Limits | None = None) -> Result:
    result = Result()
    document = Document(DocumentRef("data", name, None, len(data)), io.BytesIO(data))
    for item in dispatch.extract(document, limits or Limits()):
        if isinstance(item, dispatch.Extracted):
            result.batches.append(item)
            result.texts[item.ref.display] += [text for text in item.batch.texts.to_pylist() if text is not None]
        elif isinstance(item, Problem):
            result.problems.append(item)
        elif isinstance(item, ExportedItems):
            result.exported += item.items
        else:
            assert item.ref.display not in result.done, "one DocumentDone for each document"
            result.done[item.ref.display] = item
            result.order.append(item.ref.display)
    assert result.order[-1] == document.ref.display
    return result


Read = Callable[..., Result]


@pytest.fixture(scope="session")
def read() -> Read:
    return walk
