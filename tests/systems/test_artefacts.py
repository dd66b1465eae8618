"""Every built-in profile knows an artefact of its system, read as it is read in a scan, and none knows a near miss."""

from __future__ import annotations

import io

import pytest
from systems.artefacts import MADE, NEAR_MISSES

from pii_scan.extract.dispatch import DocumentDone, Extracted, extract
from pii_scan.model import Document, DocumentRef, Limits
from pii_scan.systems.attribution import Attribution
from pii_scan.systems.profiles import profiles

ATTRIBUTION = Attribution(profiles())
CASES = [(id, path, content) for id, made in MADE.items() for path, content in made]

Told = dict[str, tuple[str | None, tuple[str, ...]]]


def told(path: str, content: bytes, attribution: Attribution = ATTRIBUTION) -> Told:
    """The system of a document and of each that it holds, with the signals, by what is shown of their names."""
    out: Told = {}
    for piece in extract(Document(DocumentRef("data", path), io.BytesIO(content)), Limits()):
        if isinstance(piece, Extracted):
            attribution.observe(piece.ref, piece.batch)
        elif isinstance(piece, DocumentDone):
            out[piece.ref.display] = attribution.finish(piece.ref, piece.media_type)
    return out


@pytest.mark.parametrize(("id", "path", "content"), CASES, ids=[f"{id}: {path}" for id, path, _ in CASES])
def test_an_artefact_is_known_by_its_signals(id: str, path: str, content: bytes) -> None:
    found = told(path, content)
    own = found[path]
    if own[0] is None:  # a compressed file is known by what is in it
        [own] = [one for name, one in found.items() if name != path and one[0] is not None]
    assert own[0] == id
    assert own[1] and all(own[1])


def test_every_profile_has_an_artefact() -> None:
    assert set(MADE) == set(profiles().by_id)


@pytest.mark.parametrize(("path", "content"), NEAR_MISSES, ids=[path for path, _ in NEAR_MISSES])
def test_a_near_miss_is_from_no_system(path: str, content: bytes) -> None:
    assert told(path, content) == dict.fromkeys(told(path, content), (None, ()))
